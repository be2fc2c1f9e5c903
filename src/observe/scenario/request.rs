//! A request in the language of scenarios. What this cannot say comes to bytes in hexadecimal: whoever calls holds the result
//! against the message.

use super::known::Known;
use super::yaml::Yaml;
use crate::scenario::names;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Attributes in the notation of all versions, types as the tables have them.
    Common,
    /// As it is on the wire, with the type of each value.
    Verbatim,
}

/// Writes requests of one version.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) version: Version,
    pub(super) form: Form,
    pub(super) known: &'a Known,
}

/// The parts of a step that say what is sent.
#[derive(Debug)]
pub(super) struct Parts {
    /// Fields of the header; those that are made by themselves are left out.
    pub(super) header: Vec<(String, Yaml)>,
    /// Batch items.
    pub(super) send: Vec<Yaml>,
}

impl Writer<'_> {
    /// A Request Message; none where it has no form.
    pub(super) fn message(&self, message: &Item) -> Option<Parts> {
        let (header, items) = message.items().split_first()?;
        let shaped = message.tag == tag::REQUEST_MESSAGE && header.tag == tag::REQUEST_HEADER;
        if !shaped || items.is_empty() || items.iter().any(|item| item.tag != tag::BATCH_ITEM) {
            return None;
        }
        let mut fields = Vec::new();
        for item in header.items() {
            match (item.tag, item.value()) {
                (tag::BATCH_COUNT, Some(Value::Integer(n))) if usize::try_from(n) == Ok(items.len()) => {}
                (tag::PROTOCOL_VERSION, _) => {
                    let number = |of| match item.child(of)?.value()? {
                        Value::Integer(n) => Some(n),
                        _ => None,
                    };
                    let (major, minor) = (number(tag::PROTOCOL_VERSION_MAJOR)?, number(tag::PROTOCOL_VERSION_MINOR)?);
                    if (major, minor) != (self.version.major(), self.version.minor()) {
                        fields.push(("ProtocolVersion".to_owned(), Yaml::Text(format!("{major}.{minor}"))));
                    }
                }
                (tag::TIME_STAMP, _) => fields.push(("TimeStamp".to_owned(), Yaml::Plain("now".to_owned()))),
                _ => Yaml::add(&mut fields, self.key(item.tag), self.value(item, item.tag)?),
            }
        }
        let send = items.iter().map(|item| self.batch_item(item, items.len() > 1)).collect::<Option<_>>()?;
        Some(Parts { header: fields, send })
    }

    fn batch_item(&self, item: &Item, many: bool) -> Option<Yaml> {
        let Some(Value::Enumeration(code)) = item.child(tag::OPERATION)?.value() else { return None };
        let row = schema::operation_row(code).filter(|row| row.versions.contains(self.version));
        let operation = row.map_or_else(|| format!("0x{code:08X}"), |row| row.xml_name.to_owned());
        let payload = match item.child(tag::REQUEST_PAYLOAD) {
            None => Yaml::Plain("absent".to_owned()),
            Some(payload) => Yaml::Map(self.fields(payload)?),
        };
        let mut more = Vec::new();
        for field in item.items() {
            if !matches!(field.tag, tag::OPERATION | tag::REQUEST_PAYLOAD) {
                Yaml::add(&mut more, self.key(field.tag), self.value(field, field.tag)?);
            }
        }
        // Several get an identifier each by themselves.
        if many && item.child(tag::UNIQUE_BATCH_ITEM_ID).is_none() {
            more.push(("UniqueBatchItemID".to_owned(), Yaml::Plain("absent".to_owned())));
        }
        let mut entries = vec![(operation, payload)];
        if !more.is_empty() {
            entries.push(("item".to_owned(), Yaml::Map(more)));
        }
        Some(Yaml::Map(entries))
    }

    /// What is in a structure. Messages of more levels than a limit are not written in this way.
    fn fields(&self, of: &Item) -> Option<Vec<(String, Yaml)>> {
        let mut out = Vec::new();
        for item in of.items() {
            if self.form == Form::Common {
                if let Some((key, attributes)) = self.container(item) {
                    Yaml::add(&mut out, key, Yaml::Map(attributes));
                    continue;
                }
                if item.tag == tag::ATTRIBUTE
                    && let Some((name, value)) = self.attribute(item)
                {
                    // Locate has any number, other operations have one.
                    let several = of.items().iter().filter(|i| i.tag == tag::ATTRIBUTE).count() > 1;
                    let key = if several { "Attributes" } else { "Attribute" };
                    match out.iter_mut().find(|(there, _)| there == key) {
                        Some((_, Yaml::Map(entries))) => Yaml::add(entries, name, value),
                        _ => out.push((key.to_owned(), Yaml::entry(name, value))),
                    }
                    continue;
                }
            }
            if item.tag == tag::ATTRIBUTE_NAME
                && of.tag != tag::ATTRIBUTE
                && let Some(Value::TextString(name)) = item.value()
            {
                Yaml::add(&mut out, "AttributeName".to_owned(), attribute_name(name));
                continue;
            }
            Yaml::add(&mut out, self.key(item.tag), self.value(item, item.tag)?);
        }
        Some(out)
    }

    /// Template-Attribute of 1.x and its siblings: the common key, and what is in it.
    fn container(&self, item: &Item) -> Option<(String, Vec<(String, Yaml)>)> {
        let key = match item.tag {
            tag::TEMPLATE_ATTRIBUTE => "Attributes",
            tag::COMMON_TEMPLATE_ATTRIBUTE => "CommonAttributes",
            tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE => "PrivateKeyAttributes",
            tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE => "PublicKeyAttributes",
            _ => return None,
        };
        let mut out = Vec::new();
        for attribute in item.items() {
            let (name, value) = self.attribute(attribute)?;
            Yaml::add(&mut out, name, value);
        }
        Some((key.to_owned(), out))
    }

    /// An Attribute of 1.x: its common name and its value.
    fn attribute(&self, item: &Item) -> Option<(String, Yaml)> {
        let Some(Value::TextString(name)) = item.child(tag::ATTRIBUTE_NAME)?.value() else { return None };
        let value = item.child(tag::ATTRIBUTE_VALUE)?;
        if name.starts_with("x-") || name.starts_with("y-") {
            return Some((name.to_owned(), self.value(value, tag::ATTRIBUTE_VALUE)?));
        }
        let row = schema::attribute_named(name).filter(|row| row.name == name)?;
        if row.tag == tag::NAME
            && let [name, kind] = value.items()
            && matches!(kind.value(), Some(Value::Enumeration(1)))
        {
            return Some((row.xml_name.to_owned(), self.text(name)?));
        }
        Some((row.xml_name.to_owned(), self.value(value, row.tag)?))
    }

    /// The name of a tag, or its number where this version has no name for it.
    fn key(&self, tag: Tag) -> String {
        let name = names::tag_name(tag);
        if names::known_tag(&name, self.version) == Some(tag) { name } else { format!("0x{:06X}", tag.0) }
    }

    /// The value of an item, as one with that tag is written.
    fn value(&self, item: &Item, tag: Tag) -> Option<Yaml> {
        if let Body::Items(_) = item.body {
            return Some(Yaml::Map(self.fields(item)?));
        }
        if let Some(name) = self.known.name_of(item) {
            return Some(Yaml::Text(format!("${name}")));
        }
        let scalar = match item.ty {
            ty if ty.is_text() => self.text(item)?,
            _ => scalar(tag, item.value()?, self.version),
        };
        let leaf = |ty: &&ItemType| **ty != ItemType::STRUCTURE;
        let types: Vec<&ItemType> = names::types(tag, self.version).iter().filter(leaf).collect();
        if self.form == Form::Common && types == [&item.ty] {
            return Some(scalar);
        }
        Some(Yaml::entry(item.ty.name()?, scalar))
    }

    /// A text; a Name that this conversation gives is one of the run that replays it.
    fn text(&self, item: &Item) -> Option<Yaml> {
        let (Value::TextString(text) | Value::Identifier(text) | Value::Reference(text) | Value::NameReference(text)) =
            item.value()?
        else {
            return None;
        };
        match (self.known.is_given(item), Yaml::literal(text)) {
            (true, Yaml::Text(text)) => Some(Yaml::Text(format!("{RUN}{text}"))),
            (_, text) => Some(text),
        }
    }
}

/// What stands before a Name.
pub(super) const RUN: &str = "${run}-";

/// A name in a list of attribute names.
fn attribute_name(name: &str) -> Yaml {
    match schema::attribute_named(name).filter(|row| row.name == name) {
        Some(row) => Yaml::Plain(row.xml_name.to_owned()),
        None if name.starts_with("x-") || name.starts_with("y-") => Yaml::literal(name),
        None => Yaml::entry("TextString", Yaml::literal(name)),
    }
}

/// A value that is no structure, at a version.
pub(super) fn scalar(tag: Tag, value: Value<'_>, version: Version) -> Yaml {
    let known = |name: &String| names::enum_code(tag, name, version).is_ok();
    let word = |code: u32| match names::enum_name(tag, code).filter(known) {
        Some(name) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Yaml::Plain(name),
        Some(name) => Yaml::Text(name),
        None => Yaml::Plain(format!("0x{code:08X}")),
    };
    match value {
        Value::Structure => Yaml::Map(Vec::new()),
        Value::Enumeration(code) => word(code),
        Value::Integer(bits) if names::is_mask(tag) && bits != 0 => {
            let bits = bits.cast_unsigned();
            let each = (0..u32::BITS).map(|at| 1_u32 << at).filter(|bit| bits & bit != 0);
            let words: Vec<Yaml> = each.map(word).collect();
            Yaml::List(words)
        }
        Value::Integer(n) => Yaml::Plain(n.to_string()),
        Value::LongInteger(n) | Value::DateTime(n) | Value::DateTimeExtended(n) => Yaml::Plain(n.to_string()),
        Value::Interval(n) => Yaml::Plain(n.to_string()),
        Value::Boolean(b) => Yaml::Plain(b.to_string()),
        Value::ByteString(bytes) => Yaml::Text(crate::report::text::hex(bytes)),
        Value::BigInteger(bytes) => Yaml::Text(format!("0x{}", crate::report::text::hex(bytes))),
        Value::TextString(text) | Value::Identifier(text) | Value::Reference(text) | Value::NameReference(text) => {
            Yaml::literal(text)
        }
    }
}
