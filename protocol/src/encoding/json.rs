//! The JSON encoding (Additional Message Encodings 1.0 §4): every item an object of `tag`, `type` and `value`.
//!
//! Reading goes over a generic tree, because `type` may follow the `value` it explains. Its depth is checked before
//! anything is parsed, so the recursion of the parser and of dropping the tree has a bound of our own.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::lexical::{self, ValueError};
use super::names::{Scopes, Vocabulary, mask_bits, tag_name, tag_of, walk};
use super::xml::clip;
use crate::ttlv::{Diag, Doc, Item, ItemType, Limits, Tag, Value};

/// Arrays and objects inside each other that the parser underneath takes; an item takes two.
const MAX_NESTING: usize = 127;

/// The deepest level (the root is 0) that can be read, and so be written.
const MAX_LEVEL: usize = (MAX_NESTING - 1) / 2;

/// Numbers from here on do not survive as JSON numbers (§4.1.6.5).
const FIRST_UNSAFE: u64 = 1 << 52;

/// Why JSON could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON.
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the JSON reader says.
        what: String,
    },
    /// An item that is no object, has an unknown or repeated property, no tag, or an array where a value should be.
    Shape {
        /// JSON pointer (RFC 6901) of the item.
        path: String,
        /// What is wrong.
        what: Shape,
    },
    /// No tag has that name.
    UnknownTag {
        /// JSON pointer of the item.
        path: String,
        /// The name.
        name: String,
    },
    /// No type has that name.
    UnknownType {
        /// JSON pointer of the item.
        path: String,
        /// The name.
        name: String,
    },
    /// A value that is not one of its type.
    Value {
        /// JSON pointer of the item.
        path: String,
        /// The item's tag.
        tag: Tag,
        /// The item's type.
        ty: ItemType,
        /// The value, cut after 80 characters.
        text: String,
        /// Why.
        why: ValueError,
    },
    /// Nested deeper than the limit. The offset is into the text when reading, into the message when writing.
    TooDeep {
        /// Where.
        at: usize,
        /// The deepest level there may be; the root is 0.
        limit: usize,
    },
    /// More items than the limit.
    TooManyItems {
        /// The limit.
        limit: usize,
    },
    /// A longer text than the limit.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The message to be written is malformed, and JSON has no place for that.
    Malformed(Diag),
    /// There is no message to be written.
    Empty,
}

/// What is wrong with the outline of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Not an object.
    NotAnObject,
    /// A property other than `tag`, `name`, `type` and `value`.
    UnknownProperty(String),
    /// A property for the second time.
    Repeated(String),
    /// `tag`, `name` or `type` is not a string.
    NotAString(String),
    /// No `tag`.
    NoTag,
    /// No `value` in an item that is no Structure.
    NoValue,
    /// The `value` of a Structure is neither an array nor null.
    NotAnArray,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("an item has to be an object"),
            Self::UnknownProperty(p) => write!(f, "property {p:?} is not one of tag, name, type and value"),
            Self::Repeated(p) => write!(f, "property {p:?} stands there twice"),
            Self::NotAString(p) => write!(f, "property {p:?} has to be a string"),
            Self::NoTag => f.write_str("no tag"),
            Self::NoValue => f.write_str("no value"),
            Self::NotAnArray => f.write_str("the value of a Structure has to be an array or null"),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column, what } => write!(f, "line {line}, column {column}: {what}"),
            Self::Shape { path, what } => write!(f, "{}: {what}", place(path)),
            Self::UnknownTag { path, name } => write!(f, "{}: no tag is called {name:?}", place(path)),
            Self::UnknownType { path, name } => write!(f, "{}: no item type is called {name:?}", place(path)),
            Self::Value { path, tag, ty, text, why } => {
                let name = tag_name(*tag).unwrap_or("item");
                write!(f, "{}: {text} as {ty} of {name} ({tag}): {why}", place(path))
            }
            Self::TooDeep { at, limit } => write!(f, "offset {at}: items are nested deeper than {limit} levels"),
            Self::TooManyItems { limit } => write!(f, "more than {limit} items"),
            Self::TooLarge { limit } => write!(f, "the text is longer than {limit} bytes"),
            Self::Malformed(fault) => write!(f, "JSON cannot hold a malformed message: {fault}"),
            Self::Empty => f.write_str("there is no message"),
        }
    }
}

impl std::error::Error for JsonError {}

fn place(path: &str) -> &str {
    if path.is_empty() { "the root" } else { path }
}

/// Any JSON value, with every property of an object, also repeated ones.
#[derive(Debug)]
enum Json {
    Null,
    Bool(bool),
    Integer(i128),
    Fraction,
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// For messages.
    fn show(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(v) => v.to_string(),
            Self::Integer(v) => v.to_string(),
            Self::Fraction => "a number with a fraction".to_owned(),
            Self::Text(v) => format!("{:?}", clip(v)),
            Self::Array(_) => "an array".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, v: bool) -> Result<Json, E> {
                Ok(Json::Bool(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Json, E> {
                Ok(Json::Integer(v.into()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Json, E> {
                Ok(Json::Integer(v.into()))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
                Ok(Json::Fraction)
            }
            fn visit_str<E>(self, v: &str) -> Result<Json, E> {
                Ok(Json::Text(v.to_owned()))
            }
            fn visit_string<E>(self, v: String) -> Result<Json, E> {
                Ok(Json::Text(v))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(Json::Array(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Json::Object(all))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Reads one message.
pub fn read(text: &str, limits: &Limits) -> Result<Item, JsonError> {
    if text.len() > limits.max_size {
        return Err(JsonError::TooLarge { limit: limits.max_size });
    }
    check_outline(text, limits)?;
    let root: Json = serde_json::from_str(text).map_err(|e| JsonError::Syntax {
        line: e.line(),
        column: e.column(),
        what: e.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    })?;
    Reading::default().read(root, limits)
}

/// Finds brackets that stand too deep, and more values than there can be items for, before any memory goes into them.
fn check_outline(text: &str, limits: &Limits) -> Result<(), JsonError> {
    let limit = limits.max_depth.min(MAX_LEVEL);
    let (mut depth, mut quoted, mut escaped, mut commas) = (0usize, false, false, 0usize);
    for (at, c) in text.bytes().enumerate() {
        match c {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > (2 * limit + 1).min(MAX_NESTING) {
                    return Err(JsonError::TooDeep { at, limit });
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            // At most three between the properties of an item, and one behind it.
            b',' if !quoted => {
                commas += 1;
                if commas > limits.max_items.saturating_mul(4) {
                    return Err(JsonError::TooManyItems { limit: limits.max_items });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A structure whose items are being read.
struct Open {
    item: Item,
    rest: std::vec::IntoIter<Json>,
    /// Index of the item that `rest` gave last, from 1.
    count: usize,
}

#[derive(Default)]
struct Reading {
    open: Vec<Open>,
    scopes: Scopes,
    items: usize,
}

impl Reading {
    fn read(mut self, root: Json, limits: &Limits) -> Result<Item, JsonError> {
        let mut next = root;
        loop {
            self.items += 1;
            if self.items > limits.max_items {
                return Err(JsonError::TooManyItems { limit: limits.max_items });
            }
            let mut done = self.item(next)?;
            // Gives finished items to their structures until one has more to read.
            loop {
                if let Some(item) = done.take() {
                    match self.open.last_mut() {
                        Some(parent) => parent.item.push(item),
                        None => return Ok(item),
                    }
                }
                let Some(parent) = self.open.last_mut() else { return Err(JsonError::Empty) };
                if let Some(child) = parent.rest.next() {
                    parent.count += 1;
                    next = child;
                    break;
                }
                done = self.open.pop().map(|o| o.item);
            }
        }
    }

    /// A leaf, or `None` after opening a structure.
    fn item(&mut self, json: Json) -> Result<Option<Item>, JsonError> {
        let Json::Object(properties) = json else { return Err(self.shape(Shape::NotAnObject)) };
        let (mut tag, mut ty, mut value, mut name) = (None, None, None, None);
        for (key, property) in properties {
            let slot = match key.as_str() {
                "tag" => &mut tag,
                "name" => &mut name,
                "type" => &mut ty,
                "value" => {
                    if value.replace(property).is_some() {
                        return Err(self.shape(Shape::Repeated(key)));
                    }
                    continue;
                }
                _ => return Err(self.shape(Shape::UnknownProperty(clip(&key)))),
            };
            let Json::Text(text) = property else { return Err(self.shape(Shape::NotAString(key))) };
            if slot.replace(text).is_some() {
                return Err(self.shape(Shape::Repeated(key)));
            }
        }
        let tag = tag.ok_or_else(|| self.shape(Shape::NoTag))?;
        let tag = tag_of(&tag).ok_or_else(|| JsonError::UnknownTag { path: self.path(), name: clip(&tag) })?;
        let ty = match ty {
            None => ItemType::STRUCTURE,
            Some(ty) => {
                ItemType::from_name(&ty).ok_or_else(|| JsonError::UnknownType { path: self.path(), name: clip(&ty) })?
            }
        };
        let level = self.open.len();
        if ty == ItemType::STRUCTURE {
            let items = match value {
                None | Some(Json::Null) => Vec::new(),
                Some(Json::Array(items)) => items,
                Some(_) => return Err(self.shape(Shape::NotAnArray)),
            };
            self.scopes.enter(level);
            self.open.push(Open { item: Item::structure(tag, Vec::new()), rest: items.into_iter(), count: 0 });
            return Ok(None);
        }
        let value = value.ok_or_else(|| self.shape(Shape::NoValue))?;
        let governing = self.scopes.governs(level, tag);
        let item = leaf(tag, ty, &value, || Vocabulary::of(governing)).map_err(|why| JsonError::Value {
            path: self.path(),
            tag,
            ty,
            text: value.show(),
            why,
        })?;
        if let Json::Text(text) = &value {
            self.scopes.saw(level, tag, text);
        }
        Ok(Some(item))
    }

    fn shape(&self, what: Shape) -> JsonError {
        JsonError::Shape { path: self.path(), what }
    }

    /// Where the item being read stands.
    fn path(&self) -> String {
        self.open.iter().map(|o| format!("/value/{}", o.count.saturating_sub(1))).collect()
    }
}

/// The item for a value (§4.1.6.3 to §4.1.6.12).
fn leaf(
    tag: Tag,
    ty: ItemType,
    value: &Json,
    vocabulary: impl FnOnce() -> Option<Vocabulary>,
) -> Result<Item, ValueError> {
    Ok(match (ty, value) {
        (ItemType::INTEGER, Json::Integer(v)) => Item::integer(tag, i32::try_from(*v).map_err(number)?),
        (ItemType::INTEGER, Json::Text(text)) => Item::integer(tag, mask_bits(vocabulary(), text.split('|'))?),
        (ItemType::LONG_INTEGER, _) => Item::long_integer(tag, long(value)?),
        (ItemType::BIG_INTEGER, Json::Integer(v)) => Item::big_integer(tag, minimal(*v)),
        (ItemType::BIG_INTEGER, Json::Text(text)) => {
            let digits = text.strip_prefix("0x").filter(|d| !d.is_empty()).ok_or(ValueError::NotANumber)?;
            Item::big_integer(tag, lexical::unhex(digits).ok_or(ValueError::NotHex)?)
        }
        (ItemType::ENUMERATION, Json::Integer(v)) => Item::enumeration(tag, u32::try_from(*v).map_err(number)?),
        (ItemType::ENUMERATION, Json::Text(text)) => {
            let list = vocabulary();
            let code = match lexical::prefixed(text, 8) {
                Some(code) => u32::try_from(code).ok(),
                None => list.and_then(|l| l.code(text)),
            };
            Item::enumeration(tag, code.ok_or(ValueError::UnknownName(list.map(Vocabulary::title)))?)
        }
        (ItemType::BOOLEAN, Json::Bool(v)) => Item::boolean(tag, *v),
        (ItemType::BOOLEAN, Json::Text(text)) => match lexical::prefixed(text, 16) {
            Some(0) => Item::boolean(tag, false),
            Some(1) => Item::boolean(tag, true),
            _ => return Err(ValueError::NotABoolean),
        },
        (ItemType::TEXT_STRING, Json::Text(text)) => Item::text(tag, text.as_str()),
        (ItemType::IDENTIFIER, Json::Text(text)) => Item::leaf(tag, Value::Identifier(text)),
        (ItemType::REFERENCE, Json::Text(text)) => Item::leaf(tag, Value::Reference(text)),
        (ItemType::NAME_REFERENCE, Json::Text(text)) => Item::leaf(tag, Value::NameReference(text)),
        (ItemType::BYTE_STRING, Json::Text(text)) => Item::bytes(tag, lexical::unhex(text).ok_or(ValueError::NotHex)?),
        (ItemType::DATE_TIME, Json::Text(text)) => {
            let hex = || lexical::prefixed(text, 16).map(u64::cast_signed);
            Item::date_time(tag, lexical::parse_date_time(text).or_else(hex).ok_or(ValueError::NotADate)?)
        }
        (ItemType::INTERVAL, Json::Integer(v)) => Item::interval(tag, u32::try_from(*v).map_err(number)?),
        (ItemType::INTERVAL, Json::Text(text)) => {
            let v = lexical::prefixed(text, 8).and_then(|v| u32::try_from(v).ok());
            Item::interval(tag, v.ok_or(ValueError::NotANumber)?)
        }
        // UNCLEAR: the text is older than Date-Time Extended; it is treated as a Long Integer, and a date is read too.
        (ItemType::DATE_TIME_EXTENDED, Json::Text(text)) if !text.starts_with("0x") => {
            Item::date_time_extended(tag, lexical::parse_date_time_extended(text).ok_or(ValueError::NotADate)?)
        }
        (ItemType::DATE_TIME_EXTENDED, _) => Item::date_time_extended(tag, long(value)?),
        _ => return Err(ValueError::WrongKind),
    })
}

fn number(_: std::num::TryFromIntError) -> ValueError {
    ValueError::NotANumber
}

fn long(value: &Json) -> Result<i64, ValueError> {
    match value {
        Json::Integer(v) => i64::try_from(*v).map_err(number),
        Json::Text(text) => lexical::prefixed(text, 16).map(u64::cast_signed).ok_or(ValueError::NotANumber),
        Json::Null | Json::Bool(_) | Json::Fraction | Json::Array(_) | Json::Object(_) => Err(ValueError::WrongKind),
    }
}

/// Two's complement in 8 bytes where that is enough, else in 16.
fn minimal(value: i128) -> Vec<u8> {
    match i64::try_from(value) {
        Ok(short) => short.to_be_bytes().to_vec(),
        Err(_) => value.to_be_bytes().to_vec(),
    }
}

/// Writes a message, one item a line. What JSON cannot hold is an error.
pub fn write(doc: &Doc<'_>) -> Result<String, JsonError> {
    if let Some(fault) = doc.diags().first() {
        return Err(JsonError::Malformed(*fault));
    }
    let root = doc.root().ok_or(JsonError::Empty)?;
    let mut out = String::with_capacity(doc.bytes().len().saturating_mul(4));
    let mut scopes = Scopes::default();
    // Of every open structure: whether an item is already in it.
    let mut open: Vec<bool> = Vec::new();
    for (level, item) in walk(root) {
        while open.len() > level {
            end(&mut out, &mut open);
        }
        if level > MAX_LEVEL || level == MAX_LEVEL && item.ty() == ItemType::STRUCTURE {
            return Err(JsonError::TooDeep { at: item.offset(), limit: MAX_LEVEL });
        }
        if let Some(filled) = open.last_mut() {
            out.push_str(if *filled { ",\n" } else { "\n" });
            *filled = true;
        }
        indent(&mut out, level);
        out.push_str("{\"tag\":\"");
        match tag_name(item.tag()) {
            Some(name) => out.push_str(name),
            None => out.push_str(&item.tag().to_string()),
        }
        out.push('"');
        if item.ty() == ItemType::STRUCTURE {
            out.push_str(",\"value\":[");
            if item.subtree_end() > item.index() + 1 {
                scopes.enter(level);
                open.push(false);
            } else {
                out.push_str("]}");
            }
            continue;
        }
        // A document without faults has a value in every leaf and no tails.
        let Some(value) = item.value() else { continue };
        let governing = scopes.governs(level, item.tag());
        out.push_str(",\"type\":\"");
        out.push_str(item.ty().name().unwrap_or_default());
        out.push_str("\",\"value\":");
        out.push_str(&written(value, || Vocabulary::of(governing)));
        out.push('}');
        scopes.saw(level, item.tag(), item.as_text().unwrap_or_default());
    }
    while !open.is_empty() {
        end(&mut out, &mut open);
    }
    out.push('\n');
    Ok(out)
}

fn indent(out: &mut String, level: usize) {
    out.extend(std::iter::repeat_n("  ", level));
}

fn end(out: &mut String, open: &mut Vec<bool>) {
    if open.pop().is_some() {
        out.push('\n');
        indent(out, open.len());
        out.push_str("]}");
    }
}

/// The JSON of a value.
fn written(value: Value<'_>, vocabulary: impl FnOnce() -> Option<Vocabulary>) -> String {
    match value {
        Value::Structure => "null".to_owned(),
        Value::Integer(v) => match vocabulary().and_then(|l| l.mask_names(v.cast_unsigned(), '|')) {
            Some(names) => quoted(&names),
            None => v.to_string(),
        },
        Value::LongInteger(v) | Value::DateTimeExtended(v) => {
            if v.unsigned_abs() < FIRST_UNSAFE {
                v.to_string()
            } else {
                format!("\"0x{v:016X}\"")
            }
        }
        Value::BigInteger(v) => format!("\"0x{}\"", lexical::hex(v)),
        Value::Enumeration(v) => match vocabulary().and_then(|l| l.name(v)) {
            Some(name) => quoted(name),
            None => format!("\"0x{v:08X}\""),
        },
        Value::Boolean(v) => v.to_string(),
        Value::TextString(v) | Value::Identifier(v) | Value::Reference(v) | Value::NameReference(v) => quoted(v),
        Value::ByteString(v) => quoted(&lexical::hex(v)),
        Value::DateTime(v) => quoted(&lexical::date_time(v).unwrap_or_else(|| format!("0x{v:016X}"))),
        Value::Interval(v) => v.to_string(),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::tag;

    fn one(json: &str) -> Result<Item, JsonError> {
        read(json, &Limits::default())
    }

    /// The forms of §4.1.6, in our own arrangement.
    #[test]
    fn the_forms_of_the_text() {
        for (tag_name, ty, value, item) in [
            (
                "0x420001",
                "DateTime",
                r#""2001-01-01T10:00:00+10:00""#,
                Item::date_time(tag::ACTIVATION_DATE, 978_307_200),
            ),
            ("ArchiveDate", "DateTime", r#""0x000000003a505520""#, Item::date_time(tag::ARCHIVE_DATE, 0x3a50_5520)),
            ("BatchCount", "Integer", "10", Item::integer(tag::BATCH_COUNT, 10)),
            ("BatchCount", "Integer", r#""0xFFFFFFFF""#, Item::integer(tag::BATCH_COUNT, -1)),
            (
                "CryptographicUsageMask",
                "Integer",
                r#""Encrypt|Decrypt|CertificateSign""#,
                Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 0x100c),
            ),
            (
                "CryptographicUsageMask",
                "Integer",
                r#""CertificateSign|0x00000004|0x0000008""#,
                Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 0x100c),
            ),
            ("0x540001", "LongInteger", r#""0xfffffffffffffffe""#, Item::long_integer(Tag(0x540001), -2)),
            ("0x540001", "LongInteger", "-2", Item::long_integer(Tag(0x540001), -2)),
            (
                "UsageLimitsCount",
                "LongInteger",
                r#""0x1000000000000000""#,
                Item::long_integer(tag::USAGE_LIMITS_COUNT, 1 << 60),
            ),
            ("P", "BigInteger", "0", Item::big_integer(tag::P, [0])),
            ("P", "BigInteger", "-1", Item::big_integer(tag::P, [0xff])),
            (
                "P",
                "BigInteger",
                "18446744073709551615",
                Item::big_integer(tag::P, [0, 255, 255, 255, 255, 255, 255, 255, 255]),
            ),
            ("P", "BigInteger", r#""0x0000000000000000""#, Item::big_integer(tag::P, [0])),
            ("ObjectType", "Enumeration", "2", Item::enumeration(tag::OBJECT_TYPE, 2)),
            ("ObjectType", "Enumeration", r#""0x00000002""#, Item::enumeration(tag::OBJECT_TYPE, 2)),
            ("ObjectType", "Enumeration", r#""SymmetricKey""#, Item::enumeration(tag::OBJECT_TYPE, 2)),
            ("BatchOrderOption", "Boolean", "true", Item::boolean(tag::BATCH_ORDER_OPTION, true)),
            ("BatchOrderOption", "Boolean", r#""0x0000000000000001""#, Item::boolean(tag::BATCH_ORDER_OPTION, true)),
            ("AttributeName", "TextString", r#""a\u0000\n""#, Item::text(tag::ATTRIBUTE_NAME, "a\0\n")),
            ("MACSignature", "ByteString", r#""C50F77""#, Item::bytes(tag::MAC_SIGNATURE, [0xc5, 0x0f, 0x77])),
            ("Offset", "Interval", "27", Item::interval(tag::OFFSET, 27)),
            ("Offset", "Interval", r#""0x0000001b""#, Item::interval(tag::OFFSET, 27)),
        ] {
            let json = format!(r#"{{"tag":"{tag_name}","name":"any","value":{value},"type":"{ty}"}}"#);
            assert_eq!(one(&json), Ok(item), "{json}");
        }
        for empty in [r#"{"tag":"P"}"#, r#"{"tag":"P","value":null}"#, r#"{"tag":"P","type":"Structure","value":[]}"#] {
            assert_eq!(one(empty), Ok(Item::structure(tag::P, vec![])), "{empty}");
        }
    }

    #[test]
    fn what_is_not_a_message_has_a_place() {
        let at = |path: &str, what| Err(JsonError::Shape { path: path.to_owned(), what });
        assert_eq!(one("[]"), at("", Shape::NotAnObject));
        assert_eq!(one("{}"), at("", Shape::NoTag));
        assert_eq!(
            one(r#"{"tag":"P","value":[{"tag":"P"},{"tag":"P","value":[1]}]}"#),
            at("/value/1/value/0", Shape::NotAnObject)
        );
        assert_eq!(one(r#"{"tag":"P","value":{}}"#), at("", Shape::NotAnArray));
        assert_eq!(one(r#"{"tag":"P","tag":"P"}"#), at("", Shape::Repeated("tag".into())));
        assert_eq!(one(r#"{"tag":"P","value":[],"value":null}"#), at("", Shape::Repeated("value".into())));
        assert_eq!(one(r#"{"tag":"P","values":[]}"#), at("", Shape::UnknownProperty("values".into())));
        assert_eq!(one(r#"{"tag":1}"#), at("", Shape::NotAString("tag".into())));
        assert_eq!(one(r#"{"tag":"P","type":"Integer"}"#), at("", Shape::NoValue));
        assert_eq!(
            one(r#"{"tag":"NoSuch"}"#),
            Err(JsonError::UnknownTag { path: String::new(), name: "NoSuch".into() })
        );
        assert_eq!(
            one(r#"{"tag":"P","type":"Int","value":1}"#),
            Err(JsonError::UnknownType { path: String::new(), name: "Int".into() })
        );
        assert!(matches!(one("{\"tag\":\n1e}"), Err(JsonError::Syntax { line: 2, .. })));
        assert!(matches!(one(r#"{"tag":"P"} x"#), Err(JsonError::Syntax { line: 1, .. })));
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for (ty, value, why) in [
            ("Integer", "2147483648", ValueError::NotANumber),
            ("Integer", "1.0", ValueError::WrongKind),
            ("Integer", r#""10""#, ValueError::UnknownName(None)),
            ("Integer", "true", ValueError::WrongKind),
            ("LongInteger", "9223372036854775808", ValueError::NotANumber),
            ("LongInteger", "null", ValueError::WrongKind),
            ("BigInteger", r#""00""#, ValueError::NotANumber),
            ("BigInteger", r#""0x0""#, ValueError::NotHex),
            ("BigInteger", r#""0x""#, ValueError::NotANumber),
            ("Enumeration", "-1", ValueError::NotANumber),
            ("Enumeration", r#""NoSuch""#, ValueError::UnknownName(None)),
            ("Boolean", "1", ValueError::WrongKind),
            ("Boolean", r#""0x2""#, ValueError::NotABoolean),
            ("TextString", "1", ValueError::WrongKind),
            ("ByteString", r#""abc""#, ValueError::NotHex),
            ("DateTime", "1", ValueError::WrongKind),
            ("DateTime", r#""2001""#, ValueError::NotADate),
            ("Interval", "-1", ValueError::NotANumber),
            ("DateTimeExtended", r#""x""#, ValueError::NotADate),
        ] {
            let json = format!(r#"{{"tag":"P","type":"{ty}","value":{value}}}"#);
            let refused = matches!(one(&json), Err(JsonError::Value { why: w, .. }) if w == why);
            assert!(refused, "{json}: {:?}", one(&json));
        }
    }

    #[test]
    fn limits_hold_and_say_so() {
        let limits = Limits { max_size: 100, max_items: 3, max_depth: 2, ..Limits::default() };
        assert_eq!(read(&" ".repeat(101), &limits), Err(JsonError::TooLarge { limit: 100 }));
        let many = r#"{"tag":"P","value":[{"tag":"P"},{"tag":"P"},{"tag":"P"}]}"#;
        assert_eq!(read(many, &limits), Err(JsonError::TooManyItems { limit: 3 }));
        assert_eq!(read("[1,1,1,1,1,1,1,1,1,1,1,1,1,1]", &limits), Err(JsonError::TooManyItems { limit: 3 }));
        assert_eq!(read("[[[[[[", &limits), Err(JsonError::TooDeep { at: 5, limit: 2 }));
        assert!(
            matches!(read("\"[[[[[[[\\\"[[\"", &limits), Err(JsonError::Shape { .. })),
            "brackets in a text do not nest"
        );
    }
}
