//! KMIP names for a version: tags, enumeration values, operations; unknown ones come with a guess.

use super::diagnostic::did_you_mean;
use super::node::number;
use kmipspec_protocol::registry::{self, Enumeration, TagRow};
use kmipspec_protocol::schema::{self, OperationRow};
use kmipspec_protocol::ttlv::{ItemRef, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;

/// A name that cannot be used: the sentence and a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub message: String,
    /// What may be meant.
    pub help: Option<String>,
}

/// The tag of an XML name, known at that version. A number is taken as it is: that is how unknown tags are sent.
pub fn tag(name: &str, version: Version) -> Result<Tag, Unknown> {
    if name.starts_with("0x") {
        return match number(name).and_then(|n| u32::try_from(n).ok()) {
            Some(n) if n <= 0xFF_FFFF => Ok(Tag(n)),
            _ => Err(Unknown { message: format!("`{name}` is not a tag of three bytes"), help: None }),
        };
    }
    match registry::tag_named(name) {
        Some(row) if row.xml_name == name => known_at(row, version),
        Some(row) => {
            Err(Unknown { message: format!("unknown name `{name}`"), help: Some(format!("write `{}`", row.xml_name)) })
        }
        None => Err(Unknown {
            message: format!("unknown name `{name}`"),
            help: did_you_mean(name, registry::TAGS.iter().map(|t| t.xml_name)),
        }),
    }
}

/// The tag of a name, where that version has it; what to write instead is not looked for, which takes long.
pub fn known_tag(name: &str, version: Version) -> Option<Tag> {
    if name.starts_with("0x") {
        return tag(name, version).ok();
    }
    registry::tag_named(name).filter(|row| row.xml_name == name && row.exists(version)).map(|row| row.tag)
}

/// Whether the newest version has a tag of that name.
pub fn is_tag(name: &str) -> bool {
    known_tag(name, Version::V3_0).is_some()
}

fn known_at(row: &TagRow, version: Version) -> Result<Tag, Unknown> {
    if !row.exists(version) {
        let until = row.until.map_or(String::new(), |u| format!(" to {u}"));
        let message =
            format!("`{}` is not a tag of KMIP {version} (it is one from {}{until})", row.xml_name, row.since);
        let help = Some(format!("to send it all the same write its number, 0x{:06X}", row.tag.0));
        return Err(Unknown { message, help });
    }
    Ok(row.tag)
}

/// The name of a tag, or its number.
pub fn tag_name(tag: Tag) -> String {
    registry::tag_row(tag).map_or_else(|| tag.to_string(), |r| r.xml_name.to_owned())
}

/// The types the registry allows for a tag at a version; empty: any, or not stated.
pub fn types(tag: Tag, version: Version) -> &'static [ItemType] {
    registry::tag_row(tag).map_or(&[], |r| r.types_at(version))
}

/// The code of an enumeration value, known at that version; numbers are taken as they are.
pub fn enum_code(of: Tag, name: &str, version: Version) -> Result<u32, Unknown> {
    if let Some(n) = number(name) {
        return u32::try_from(n)
            .map_err(|_| Unknown { message: format!("`{name}` has more than 32 bits"), help: None });
    }
    let Some(e) = registry::enumeration_for(of) else {
        // An Enumeration without a table of its own holds a tag (Attribute Reference, Extension Enumeration).
        return tag(name, version).map(|t| t.0);
    };
    value_of(e, name, version)
}

fn value_of(e: &'static Enumeration, name: &str, version: Version) -> Result<u32, Unknown> {
    let Some(v) = e.named(name) else {
        return Err(Unknown {
            message: format!("{} has no value `{name}`", e.xml_name),
            help: did_you_mean(name, e.values.iter().map(|v| v.xml_name)),
        });
    };
    if !e.valid(v.code, version) {
        return Err(Unknown {
            message: format!("{} `{name}` is not a value of KMIP {version} (it is one from {})", e.xml_name, v.since),
            help: Some(format!("to send it all the same write its number, 0x{:08X}", v.code)),
        });
    }
    Ok(v.code)
}

/// The value of a mask: names joined by `|` or blanks, or a number.
pub fn mask(of: Tag, names: &[&str], version: Version) -> Result<i32, Unknown> {
    let mut bits = 0u32;
    for name in names.iter().flat_map(|n| n.split(['|', ' '])).filter(|n| !n.is_empty()) {
        bits |= enum_code(of, name, version)?;
    }
    Ok(bits.cast_signed())
}

/// Whether values of this tag are a mask.
pub fn is_mask(of: Tag) -> bool {
    registry::enumeration_for(of).is_some_and(|e| e.mask)
}

/// The row of an operation, known at that version.
pub fn operation(name: &str, version: Version) -> Result<&'static OperationRow, Unknown> {
    match schema::operation_named(name) {
        Some(row) if row.xml_name != name => Err(Unknown {
            message: format!("unknown operation `{name}`"),
            help: Some(format!("write `{}`", row.xml_name)),
        }),
        Some(row) if !row.versions.contains(version) => Err(Unknown {
            message: format!("{name} is not an operation of KMIP {version} (it is one from {})", row.versions.since),
            help: Some(format!("to send it all the same write `0x{:08X}`", row.code)),
        }),
        Some(row) => Ok(row),
        None => Err(Unknown {
            message: format!("unknown operation `{name}`"),
            help: did_you_mean(name, schema::OPERATIONS.iter().map(|o| o.xml_name)),
        }),
    }
}

/// A value in words: `ItemNotFound (0x00000001)`, `"text"`, `00ff (2 bytes)`.
pub fn show(item: ItemRef<'_>) -> String {
    match item.value() {
        Some(v) => show_value(item.tag(), v),
        None => format!("malformed {} of {} bytes", item.ty(), item.raw().len()),
    }
}

/// A value in words.
pub fn show_value(tag: Tag, value: Value<'_>) -> String {
    match value {
        Value::Structure => "a structure".to_owned(),
        Value::Enumeration(n) => match enum_name(tag, n) {
            Some(name) => format!("{name} (0x{n:08X})"),
            None => format!("0x{n:08X}"),
        },
        Value::Integer(n) if is_mask(tag) => show_mask(tag, n.cast_unsigned()),
        Value::Integer(n) => n.to_string(),
        Value::LongInteger(n) => n.to_string(),
        Value::Interval(n) => format!("{n} s"),
        Value::Boolean(b) => b.to_string(),
        Value::TextString(t) | Value::Identifier(t) | Value::Reference(t) | Value::NameReference(t) => format!("{t:?}"),
        Value::ByteString(b) | Value::BigInteger(b) => {
            let shown: String = b.iter().take(32).map(|b| format!("{b:02x}")).collect();
            let more = if b.len() > 32 { "…" } else { "" };
            format!("{shown}{more} ({} bytes)", b.len())
        }
        Value::DateTime(n) => show_date(n, 0),
        Value::DateTimeExtended(n) => show_date(n.div_euclid(1_000_000), n.rem_euclid(1_000_000)),
    }
}

/// The name of an enumeration value, at whatever version it has one.
pub fn enum_name(of: Tag, code: u32) -> Option<String> {
    match registry::enumeration_for(of) {
        Some(e) => e.value(code).map(|v| v.xml_name.to_owned()),
        None => registry::tag_row(Tag(code)).map(|r| r.xml_name.to_owned()),
    }
}

/// `ResponseMessage/BatchItem[0]/ResultStatus`, with names of the registry.
pub fn path(item: ItemRef<'_>) -> String {
    let mut names = Vec::new();
    let mut next = Some(item);
    while let Some(i) = next {
        let siblings = i.parent().map_or(1, |p| p.children().filter(|c| c.tag() == i.tag()).count());
        let name = tag_name(i.tag());
        names.push(if siblings > 1 || name == "BatchItem" {
            let before = i.parent().map_or(0, |p| {
                p.children().take_while(|c| c.offset() < i.offset()).filter(|c| c.tag() == i.tag()).count()
            });
            format!("{name}[{before}]")
        } else {
            name
        });
        next = i.parent();
    }
    names.reverse();
    names.join("/")
}

fn show_mask(tag: Tag, bits: u32) -> String {
    let names: Vec<_> = (0..32)
        .map(|b| 1u32 << b)
        .filter(|b| bits & b != 0)
        .map(|b| enum_name(tag, b).unwrap_or_else(|| format!("0x{b:08X}")))
        .collect();
    format!("[{}] (0x{bits:08X})", names.join(", "))
}

fn show_date(seconds: i64, micros: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(t) if micros == 0 => format!("{t} ({seconds})"),
        Ok(t) => format!("{t} and {micros} µs"),
        Err(_) => seconds.to_string(),
    }
}

/// `Re-key Key Pair` is `re-key-key-pair`, a part of an id: lower case, and `-` for whatever is no letter or digit.
pub fn kebab(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_standard_become_parts_of_ids() {
        assert_eq!(kebab("Re-key Key Pair"), "re-key-key-pair");
        assert_eq!(kebab("PKCS#12 Friendly Name"), "pkcs-12-friendly-name");
        assert_eq!(kebab("X.509 Certificate Issuer"), "x-509-certificate-issuer");
        assert_eq!(kebab("IV/Counter/Nonce"), "iv-counter-nonce");
    }
}
