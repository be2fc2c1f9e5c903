//! The XML encoding (Additional Message Encodings 1.0 §6): text -> elements -> items, and back.
//!
//! The two steps of reading are apart so that the published test cases, whose values may be placeholders such as
//! `$UNIQUE_IDENTIFIER_0`, can be read with the same code: see [`to_items`] and [`super::case_file`]. The writer refuses
//! what XML cannot hold, so what it writes always reads back as the same bytes.

use std::fmt;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::lexical::{self, ValueError};
use super::names::{Scopes, Vocabulary, mask_bits, tag_name, tag_of, walk};
use crate::ttlv::{Diag, Doc, Item, ItemType, Limits, Tag, Value};

/// One element as it is written, its value not yet understood. A list of them has parents before their children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The tag, from the element's name or its `tag` attribute.
    pub tag: Tag,
    /// The type; Structure where none is written.
    pub ty: ItemType,
    /// The text of the `value` attribute; `None` for a Structure.
    pub value: Option<String>,
    /// Number of elements around it.
    pub level: usize,
    /// Offset of its `<` in the text.
    pub at: usize,
}

/// A leaf about to be understood, for whoever resolves placeholders.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    /// The tag of the element.
    pub tag: Tag,
    /// The type of the element.
    pub ty: ItemType,
    /// The text of its `value` attribute.
    pub text: &'a str,
    /// The tag whose names apply: for a 1.x Attribute Value that of the attribute, else the element's own.
    pub governing: Tag,
}

impl Leaf<'_> {
    /// The item that the text says by the rules of the encoding.
    pub fn understand(&self) -> Result<Item, ValueError> {
        leaf(self.tag, self.ty, self.text, Vocabulary::of(self.governing))
    }
}

/// Why XML could not be read or written. Offsets are into the text when reading, into the message when writing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlError {
    /// Not well-formed XML.
    Syntax {
        /// Where.
        at: usize,
        /// What the XML reader says.
        what: String,
    },
    /// A character that XML 1.0 does not have.
    Character {
        /// Where: the element when reading, the item when writing.
        at: usize,
        /// The character's code.
        code: u32,
    },
    /// A document type or a processing instruction; neither has a place in a message.
    Declaration {
        /// Where.
        at: usize,
    },
    /// An encoding declaration other than UTF-8.
    Encoding {
        /// Where.
        at: usize,
    },
    /// Text between the elements.
    Text {
        /// Where.
        at: usize,
    },
    /// An element whose name is no tag.
    UnknownTag {
        /// Where.
        at: usize,
        /// The name.
        name: String,
    },
    /// A `type` that no version defines.
    UnknownType {
        /// Where.
        at: usize,
        /// The name.
        name: String,
    },
    /// An attribute other than `tag`, `name`, `type` and `value`, or one of them twice.
    UnknownAttribute {
        /// Where.
        at: usize,
        /// The name.
        name: String,
    },
    /// A Structure with a value, or a leaf without one.
    ValueMisplaced {
        /// Where.
        at: usize,
    },
    /// An element inside a leaf.
    ChildOfLeaf {
        /// Where.
        at: usize,
    },
    /// A value that is not one of its type.
    Value {
        /// Where.
        at: usize,
        /// The element's tag.
        tag: Tag,
        /// The element's type.
        ty: ItemType,
        /// The value, cut after 80 characters.
        text: String,
        /// Why.
        why: ValueError,
    },
    /// No element at all.
    Empty,
    /// A second root element.
    SecondRoot {
        /// Where.
        at: usize,
    },
    /// Elements nested deeper than the limit.
    TooDeep {
        /// Where.
        at: usize,
        /// The limit.
        limit: usize,
    },
    /// More elements than the limit.
    TooManyItems {
        /// Where.
        at: usize,
        /// The limit.
        limit: usize,
    },
    /// A longer text than the limit.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The message to be written is malformed, and XML has no place for that.
    Malformed(Diag),
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { at, what } => write!(f, "offset {at}: not well-formed XML: {what}"),
            Self::Character { at, code } => write!(f, "offset {at}: XML cannot hold the character U+{code:04X}"),
            Self::Declaration { at } => {
                write!(f, "offset {at}: document types and processing instructions are refused")
            }
            Self::Encoding { at } => write!(f, "offset {at}: the text is UTF-8, its declaration says otherwise"),
            Self::Text { at } => write!(f, "offset {at}: text between elements"),
            Self::UnknownTag { at, name } => write!(f, "offset {at}: no tag is called {name:?}"),
            Self::UnknownType { at, name } => write!(f, "offset {at}: no item type is called {name:?}"),
            Self::UnknownAttribute { at, name } => {
                write!(f, "offset {at}: attribute {name:?} is not one of tag, name, type and value, each once")
            }
            Self::ValueMisplaced { at } => write!(f, "offset {at}: a leaf needs a value, a Structure has none"),
            Self::ChildOfLeaf { at } => write!(f, "offset {at}: an element inside an item that is no Structure"),
            Self::Value { at, tag, ty, text, why } => {
                let name = tag_name(*tag).unwrap_or("TTLV");
                write!(f, "offset {at}: {text:?} as {ty} of {name} ({tag}): {why}")
            }
            Self::Empty => f.write_str("offset 0: no element"),
            Self::SecondRoot { at } => write!(f, "offset {at}: a second root element"),
            Self::TooDeep { at, limit } => write!(f, "offset {at}: elements are nested deeper than {limit}"),
            Self::TooManyItems { at, limit } => write!(f, "offset {at}: more than {limit} elements"),
            Self::TooLarge { limit } => write!(f, "offset {limit}: the text is longer than {limit} bytes"),
            Self::Malformed(fault) => write!(f, "XML cannot hold a malformed message: {fault}"),
        }
    }
}

impl std::error::Error for XmlError {}

/// Reads one message.
pub fn read(text: &str, limits: &Limits) -> Result<Item, XmlError> {
    let elements = elements(text, limits)?;
    let mut roots = elements.iter().filter(|e| e.level == 0);
    let (first, second) = (roots.next(), roots.next());
    if first.is_none() {
        return Err(XmlError::Empty);
    }
    if let Some(extra) = second {
        return Err(XmlError::SecondRoot { at: extra.at });
    }
    to_items(&elements, &mut |_| None)?.pop().ok_or(XmlError::Empty)
}

/// The elements of a text, values as written; there may be several roots. `max_size` limits the text.
pub fn elements(text: &str, limits: &Limits) -> Result<Vec<Element>, XmlError> {
    Source { limits, wrappers: &[], commentary: false }.read(text)
}

/// What a text may hold beside messages.
pub(super) struct Source<'a> {
    pub(super) limits: &'a Limits,
    /// Elements that only hold others together.
    pub(super) wrappers: &'a [&'a str],
    /// Whether text between elements is passed over.
    pub(super) commentary: bool,
}

/// Attributes an element may have before it is refused unread; four have a meaning.
const MAX_ATTRIBUTES: usize = 16;

impl Source<'_> {
    pub(super) fn read(&self, text: &str) -> Result<Vec<Element>, XmlError> {
        if text.len() > self.limits.max_size {
            return Err(XmlError::TooLarge { limit: self.limits.max_size });
        }
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut elements: Vec<Element> = Vec::new();
        // Of every open element: whether it is a wrapper, a structure or a leaf.
        let mut open: Vec<Kind> = Vec::new();
        let mut wrappers = 0;
        loop {
            let at = offset(reader.buffer_position());
            let event = reader
                .read_event()
                .map_err(|e| XmlError::Syntax { at: offset(reader.error_position()), what: e.to_string() })?;
            match event {
                Event::Start(start) => {
                    if open.last() == Some(&Kind::Leaf) {
                        return Err(XmlError::ChildOfLeaf { at });
                    }
                    if wrappers == open.len() && self.wrappers.contains(&start.local_name().as_ref()) {
                        open.push(Kind::Wrapper);
                        wrappers += 1;
                        continue;
                    }
                    let level = open.len() - wrappers;
                    let element = element(&start, level, at)?;
                    if elements.len() >= self.limits.max_items {
                        return Err(XmlError::TooManyItems { at, limit: self.limits.max_items });
                    }
                    if element.value.is_none() && level >= self.limits.max_depth {
                        return Err(XmlError::TooDeep { at, limit: self.limits.max_depth });
                    }
                    open.push(if element.value.is_none() { Kind::Structure } else { Kind::Leaf });
                    elements.push(element);
                }
                Event::End(_) => {
                    if open.pop() == Some(Kind::Wrapper) {
                        wrappers -= 1;
                    }
                }
                Event::Text(t) => {
                    let blank = t.bytes().all(|c| c.is_ascii_whitespace());
                    if !blank && !self.commentary {
                        return Err(XmlError::Text { at });
                    }
                }
                Event::CData(_) | Event::GeneralRef(_) => {
                    if !self.commentary {
                        return Err(XmlError::Text { at });
                    }
                }
                Event::Decl(decl) => {
                    let utf8 = match decl.encoding() {
                        None => true,
                        Some(Ok(name)) => name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii"),
                        Some(Err(_)) => false,
                    };
                    if !utf8 {
                        return Err(XmlError::Encoding { at });
                    }
                }
                Event::Comment(_) => {}
                Event::PI(_) | Event::DocType(_) => return Err(XmlError::Declaration { at }),
                Event::Empty(_) => {} // expanded
                Event::Eof if open.is_empty() => return Ok(elements),
                Event::Eof => {
                    return Err(XmlError::Syntax { at, what: "the text ends inside an element".to_owned() });
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Wrapper,
    Structure,
    Leaf,
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// One start tag.
fn element(start: &BytesStart<'_>, level: usize, at: usize) -> Result<Element, XmlError> {
    let (mut tag, mut ty, mut value, mut named) = (None, None, None, false);
    for (count, attribute) in start.attributes().with_checks(false).enumerate() {
        let attribute = attribute.map_err(|e| XmlError::Syntax { at, what: e.to_string() })?;
        let key = attribute.key.as_ref();
        // Namespace declarations and attributes of other namespaces say nothing here.
        if (key == "xmlns" || key.contains(':')) && count < MAX_ATTRIBUTES {
            continue;
        }
        let unknown = || XmlError::UnknownAttribute { at, name: clip(key) };
        let text = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|e| XmlError::Syntax { at, what: e.to_string() })?;
        let fresh = match key {
            "tag" => tag.replace(text).is_none(),
            "type" => ty.replace(text).is_none(),
            "value" => value.replace(text.into_owned()).is_none(),
            "name" => !std::mem::replace(&mut named, true),
            _ => false,
        };
        if !fresh || count >= MAX_ATTRIBUTES {
            return Err(unknown());
        }
    }
    let local = start.local_name();
    let name = match (local.as_ref(), &tag) {
        ("TTLV", Some(tag)) => tag.as_ref(),
        (_, Some(_)) => return Err(XmlError::UnknownAttribute { at, name: "tag".to_owned() }),
        (name, None) => name,
    };
    let tag = tag_of(name).ok_or_else(|| XmlError::UnknownTag { at, name: clip(name) })?;
    let ty = match ty {
        None => ItemType::STRUCTURE,
        Some(name) => ItemType::from_name(&name).ok_or_else(|| XmlError::UnknownType { at, name: clip(&name) })?,
    };
    if (ty == ItemType::STRUCTURE) == value.is_some() {
        return Err(XmlError::ValueMisplaced { at });
    }
    if let Some(c) = value.as_deref().and_then(foreign_character) {
        return Err(XmlError::Character { at, code: u32::from(c) });
    }
    Ok(Element { tag, ty, value, level, at })
}

/// The first character that XML 1.0 does not have (its §2.2), not even as a reference.
fn foreign_character(text: &str) -> Option<char> {
    text.chars()
        .find(|c| matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// At most 80 characters, for messages.
pub(super) fn clip(text: &str) -> String {
    let mut out: String = text.chars().take(80).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// Decides what a leaf's text stands for; `None` leaves it to the rules of the encoding.
pub type Resolve<'a> = dyn FnMut(&Leaf<'_>) -> Option<Item> + 'a;

/// Items for elements, one for each root.
pub fn to_items(elements: &[Element], resolve: &mut Resolve<'_>) -> Result<Vec<Item>, XmlError> {
    let mut roots = Vec::new();
    let mut open: Vec<Item> = Vec::new();
    let mut scopes = Scopes::default();
    for e in elements {
        while open.len() > e.level {
            close(&mut open, &mut roots);
        }
        match &e.value {
            None => {
                scopes.enter(open.len());
                open.push(Item::structure(e.tag, Vec::new()));
            }
            Some(text) => {
                let leaf = Leaf { tag: e.tag, ty: e.ty, text, governing: scopes.governs(open.len(), e.tag) };
                let item = match resolve(&leaf) {
                    Some(item) => item,
                    None => leaf.understand().map_err(|why| XmlError::Value {
                        at: e.at,
                        tag: e.tag,
                        ty: e.ty,
                        text: clip(text),
                        why,
                    })?,
                };
                scopes.saw(open.len(), e.tag, text);
                match open.last_mut() {
                    Some(parent) => parent.push(item),
                    None => roots.push(item),
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    Ok(roots)
}

fn close(open: &mut Vec<Item>, roots: &mut Vec<Item>) {
    if let Some(done) = open.pop() {
        match open.last_mut() {
            Some(parent) => parent.push(done),
            None => roots.push(done),
        }
    }
}

/// The item for the text of a leaf (§6.1.6.3 to §6.1.6.12). White space around values other than text does not count.
fn leaf(tag: Tag, ty: ItemType, text: &str, vocabulary: Option<Vocabulary>) -> Result<Item, ValueError> {
    let word = text.trim_matches([' ', '\t', '\r', '\n']);
    let number = ValueError::NotANumber;
    Ok(match ty {
        ItemType::INTEGER => Item::integer(
            tag,
            match word.parse() {
                Ok(value) => value,
                Err(_) if word.bytes().all(|c| c.is_ascii_digit() || c == b'-') => return Err(number),
                Err(_) => mask_bits(vocabulary, word.split_ascii_whitespace())?,
            },
        ),
        ItemType::LONG_INTEGER => Item::long_integer(tag, long(word).ok_or(number)?),
        ItemType::BIG_INTEGER => {
            let bytes = lexical::unhex(word).filter(|b| !b.is_empty()).ok_or(ValueError::NotHex)?;
            Item::big_integer(tag, bytes)
        }
        ItemType::ENUMERATION => {
            let code = match lexical::prefixed(word, 8) {
                Some(code) => u32::try_from(code).ok(),
                None => vocabulary.and_then(|v| v.code(word)),
            };
            Item::enumeration(tag, code.ok_or(ValueError::UnknownName(vocabulary.map(Vocabulary::title)))?)
        }
        ItemType::BOOLEAN => match word {
            "true" | "1" => Item::boolean(tag, true),
            "false" | "0" => Item::boolean(tag, false),
            _ => return Err(ValueError::NotABoolean),
        },
        ItemType::TEXT_STRING => Item::text(tag, text),
        ItemType::IDENTIFIER => Item::leaf(tag, Value::Identifier(text)),
        ItemType::REFERENCE => Item::leaf(tag, Value::Reference(text)),
        ItemType::NAME_REFERENCE => Item::leaf(tag, Value::NameReference(text)),
        ItemType::BYTE_STRING => Item::bytes(tag, lexical::unhex(word).ok_or(ValueError::NotHex)?),
        ItemType::DATE_TIME => {
            let hex = || lexical::prefixed(word, 16).map(u64::cast_signed);
            Item::date_time(tag, lexical::parse_date_time(word).or_else(hex).ok_or(ValueError::NotADate)?)
        }
        ItemType::INTERVAL => Item::interval(
            tag,
            match word.parse() {
                Ok(value) => value,
                Err(_) => lexical::prefixed(word, 8).and_then(|v| u32::try_from(v).ok()).ok_or(number)?,
            },
        ),
        // UNCLEAR: the text is older than Date-Time Extended; microseconds are written, and a date is read as well.
        ItemType::DATE_TIME_EXTENDED => {
            Item::date_time_extended(tag, long(word).or_else(|| lexical::parse_date_time_extended(word)).ok_or(number)?)
        }
        _ => return Err(ValueError::NoSuchType),
    })
}

fn long(word: &str) -> Option<i64> {
    word.parse().ok().or_else(|| lexical::prefixed(word, 16).map(u64::cast_signed))
}

/// Writes a message, two blanks more for every level. What XML cannot hold is an error.
pub fn write(doc: &Doc<'_>) -> Result<String, XmlError> {
    if let Some(fault) = doc.diags().first() {
        return Err(XmlError::Malformed(*fault));
    }
    let root = doc.root().ok_or(XmlError::Empty)?;
    let mut out = String::with_capacity(doc.bytes().len().saturating_mul(4));
    // Names of the open structures, so that they can be closed.
    let mut open: Vec<&'static str> = Vec::new();
    let mut scopes = Scopes::default();
    for (level, item) in walk(root) {
        while open.len() > level {
            end(&mut out, &mut open);
        }
        indent(&mut out, level);
        let name = tag_name(item.tag());
        out.push('<');
        out.push_str(name.unwrap_or("TTLV"));
        if name.is_none() {
            attribute(&mut out, "tag", &item.tag().to_string());
        }
        if item.ty() == ItemType::STRUCTURE {
            if item.subtree_end() > item.index() + 1 {
                scopes.enter(level);
                open.push(name.unwrap_or("TTLV"));
                out.push_str(">\n");
            } else {
                out.push_str("/>\n");
            }
            continue;
        }
        // A document without faults has a value in every leaf and no tails.
        let Some(value) = item.value() else { continue };
        if let Some(c) = item.as_text().and_then(foreign_character) {
            return Err(XmlError::Character { at: item.offset(), code: u32::from(c) });
        }
        attribute(&mut out, "type", item.ty().name().unwrap_or_default());
        let governing = scopes.governs(level, item.tag());
        attribute(&mut out, "value", &written(value, || Vocabulary::of(governing)));
        out.push_str("/>\n");
        scopes.saw(level, item.tag(), item.as_text().unwrap_or_default());
    }
    while !open.is_empty() {
        end(&mut out, &mut open);
    }
    Ok(out)
}

fn indent(out: &mut String, level: usize) {
    // Deeper levels would make the output grow with the square of the depth.
    out.extend(std::iter::repeat_n("  ", level.min(64)));
}

fn end(out: &mut String, open: &mut Vec<&'static str>) {
    if let Some(name) = open.pop() {
        indent(out, open.len());
        out.push_str("</");
        out.push_str(name);
        out.push_str(">\n");
    }
}

/// ` name="value"`. White space other than the blank is written as a reference: a reader turns it into blanks otherwise
/// (XML 1.0 §3.3.3).
fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The text of a value.
fn written(value: Value<'_>, vocabulary: impl FnOnce() -> Option<Vocabulary>) -> String {
    match value {
        Value::Structure => String::new(),
        Value::Integer(v) => {
            vocabulary().and_then(|l| l.mask_names(v.cast_unsigned(), ' ')).unwrap_or_else(|| v.to_string())
        }
        Value::LongInteger(v) | Value::DateTimeExtended(v) => v.to_string(),
        Value::BigInteger(v) | Value::ByteString(v) => lexical::hex(v),
        Value::Enumeration(v) => {
            vocabulary().and_then(|l| l.name(v)).map_or_else(|| format!("0x{v:08X}"), str::to_owned)
        }
        Value::Boolean(v) => v.to_string(),
        Value::TextString(v) | Value::Identifier(v) | Value::Reference(v) | Value::NameReference(v) => v.to_owned(),
        Value::DateTime(v) => lexical::date_time(v).unwrap_or_else(|| format!("0x{v:016X}")),
        Value::Interval(v) => v.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::tag;

    fn one(xml: &str) -> Result<Item, XmlError> {
        read(xml, &Limits::default())
    }

    /// The examples of §6.1.6, in our own arrangement, with what is written for them.
    #[test]
    fn the_forms_of_the_text() {
        let t = |tag: &str| tag_of(tag).expect("a tag");
        for (xml, item) in [
            (
                r#"<TTLV tag="0x420001" name="ActivationDate" type="DateTime" value="2001-01-01T10:00:00+10:00"/>"#,
                Item::date_time(t("0x420001"), 978_307_200),
            ),
            (
                r#"<ActivationDate xmlns="urn:oasis:tc:kmip:xmlns" type="DateTime" value="2001-01-01T00:00:00Z"/>"#,
                Item::date_time(tag::ACTIVATION_DATE, 978_307_200),
            ),
            (
                r#"<k:IVCounterNonce xmlns:k="urn:oasis:tc:kmip:xmlns" type="ByteString" value="a1b2c3d4"/>"#,
                Item::bytes(tag::IV_COUNTER_NONCE, [0xa1, 0xb2, 0xc3, 0xd4]),
            ),
            (
                r#"<PrivateKeyTemplateAttribute type="Structure"/>"#,
                Item::structure(t("PrivateKeyTemplateAttribute"), vec![]),
            ),
            (
                r#"<PrivateKeyTemplateAttribute> <!-- nothing --> </PrivateKeyTemplateAttribute>"#,
                Item::structure(t("PrivateKeyTemplateAttribute"), vec![]),
            ),
            (
                r#"<TTLV tag="UniqueIdentifier" type="TextString" value="a&#10;&lt;"/>"#,
                Item::text(tag::UNIQUE_IDENTIFIER, "a\n<"),
            ),
            ("<UniqueIdentifier type='TextString' value=' a\n\tb '/>", Item::text(tag::UNIQUE_IDENTIFIER, " a  b ")),
            (r#"<BatchCount type="Integer" value="10"/>"#, Item::integer(tag::BATCH_COUNT, 10)),
            (r#"<BatchCount type="Integer" value="0xffffffff"/>"#, Item::integer(tag::BATCH_COUNT, -1)),
            (
                r#"<CryptographicUsageMask type="Integer" value="0x0000100c"/>"#,
                Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 0x100c),
            ),
            (
                r#"<CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>"#,
                Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 12),
            ),
            (
                r#"<CryptographicUsageMask type="Integer" value=" CertificateSign  0x00000004 0x0000008"/>"#,
                Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 0x100c),
            ),
            (r#"<TTLV tag="0x540001" type="LongInteger" value="-2"/>"#, Item::long_integer(Tag(0x540001), -2)),
            (r#"<P type="BigInteger" value="80"/>"#, Item::big_integer(tag::P, [0x80])),
            (r#"<ObjectType type="Enumeration" value="0x00000002"/>"#, Item::enumeration(tag::OBJECT_TYPE, 2)),
            (r#"<ObjectType type="Enumeration" value="SymmetricKey"/>"#, Item::enumeration(tag::OBJECT_TYPE, 2)),
            (r#"<BatchOrderOption type="Boolean" value="true"/>"#, Item::boolean(tag::BATCH_ORDER_OPTION, true)),
            (r#"<BatchOrderOption type="Boolean" value="0"/>"#, Item::boolean(tag::BATCH_ORDER_OPTION, false)),
            (r#"<Offset type="Interval" value="4294967295"/>"#, Item::interval(tag::OFFSET, u32::MAX)),
            (
                r#"<TimeStamp type="DateTimeExtended" value="1970-01-01T00:00:01.5Z"/>"#,
                Item::date_time_extended(tag::TIME_STAMP, 1_500_000),
            ),
        ] {
            assert_eq!(one(xml), Ok(item), "{xml}");
        }
    }

    #[test]
    fn what_is_not_a_message_has_a_place() {
        let structure = "<Attributes>";
        let at = structure.len();
        let value = |text: &str, tag, ty, why| XmlError::Value { at, tag, ty, text: text.to_owned(), why };
        for (inside, error) in [
            ("<NoSuch/>", XmlError::UnknownTag { at, name: "NoSuch".into() }),
            ("<x540001 type='Integer' value='1'/>", XmlError::UnknownTag { at, name: "x540001".into() }),
            ("<TTLV/>", XmlError::UnknownTag { at, name: "TTLV".into() }),
            ("<BatchCount tag='0x420001'/>", XmlError::UnknownAttribute { at, name: "tag".into() }),
            ("<BatchCount type='Int' value='1'/>", XmlError::UnknownType { at, name: "Int".into() }),
            ("<BatchCount type='Integer' val='1'/>", XmlError::UnknownAttribute { at, name: "val".into() }),
            (
                "<BatchCount type='Integer' value='1' value='2'/>",
                XmlError::UnknownAttribute { at, name: "value".into() },
            ),
            ("<BatchCount type='Integer'/>", XmlError::ValueMisplaced { at }),
            ("<Attributes value='1'/>", XmlError::ValueMisplaced { at }),
            ("<BatchCount type='Integer' value='1'><P/></BatchCount>", XmlError::ChildOfLeaf { at: at + 37 }),
            ("text", XmlError::Text { at }),
            ("<![CDATA[ ]]>", XmlError::Text { at }),
            ("&amp;", XmlError::Text { at }),
            ("<?php ?>", XmlError::Declaration { at }),
            ("<P type='TextString' value='&#1;'/>", XmlError::Character { at, code: 1 }),
            ("<P type='TextString' value='\u{ffff}'/>", XmlError::Character { at, code: 0xffff }),
            (
                "<BatchCount type='Integer' value='2147483648'/>",
                value("2147483648", tag::BATCH_COUNT, ItemType::INTEGER, ValueError::NotANumber),
            ),
            (
                "<BatchCount type='Integer' value=''/>",
                value("", tag::BATCH_COUNT, ItemType::INTEGER, ValueError::NotANumber),
            ),
            (
                "<BatchCount type='Integer' value='ten'/>",
                value("ten", tag::BATCH_COUNT, ItemType::INTEGER, ValueError::UnknownName(None)),
            ),
            (
                "<ObjectType type='Enumeration' value='Key'/>",
                value("Key", tag::OBJECT_TYPE, ItemType::ENUMERATION, ValueError::UnknownName(Some("Object Type"))),
            ),
            ("<P type='BigInteger' value=''/>", value("", tag::P, ItemType::BIG_INTEGER, ValueError::NotHex)),
            ("<P type='ByteString' value='0x00'/>", value("0x00", tag::P, ItemType::BYTE_STRING, ValueError::NotHex)),
            (
                "<Offset type='Interval' value='-1'/>",
                value("-1", tag::OFFSET, ItemType::INTERVAL, ValueError::NotANumber),
            ),
            (
                "<TimeStamp type='DateTime' value='today'/>",
                value("today", tag::TIME_STAMP, ItemType::DATE_TIME, ValueError::NotADate),
            ),
            ("<P type='Boolean' value='True'/>", value("True", tag::P, ItemType::BOOLEAN, ValueError::NotABoolean)),
        ] {
            assert_eq!(one(&format!("{structure}{inside}</Attributes>")), Err(error), "{inside}");
        }
        assert_eq!(one(""), Err(XmlError::Empty));
        assert_eq!(one("<P/><Q/>"), Err(XmlError::SecondRoot { at: 4 }));
        assert_eq!(one("<?xml version='1.0' encoding='latin1'?><P/>"), Err(XmlError::Encoding { at: 0 }));
        let bomb = "<!DOCTYPE P [<!ENTITY a 'aaaa'>]><P type='TextString' value='&a;'/>";
        assert_eq!(one(bomb), Err(XmlError::Declaration { at: 0 }));
        for broken in [
            "<P",
            "<P>",
            "<P></Q>",
            "<P type=Integer/>",
            "<P type='TextString' value='&a;'/>",
            "<P type='TextString' value='&#0;'/>",
        ] {
            assert!(matches!(one(broken), Err(XmlError::Syntax { .. })), "{broken}: {:?}", one(broken));
        }
    }

    #[test]
    fn limits_hold_and_say_so() {
        let limits = Limits { max_size: 100, max_items: 3, ..Limits::default() };
        assert_eq!(read(&" ".repeat(101), &limits), Err(XmlError::TooLarge { limit: 100 }));
        assert_eq!(read("<P><P/><P/><P/></P>", &limits), Err(XmlError::TooManyItems { at: 11, limit: 3 }));
        let many: String = (0..100_000).map(|n| format!(" x:a{n}='1'")).collect();
        assert!(matches!(one(&format!("<P{many}/>")), Err(XmlError::UnknownAttribute { at: 0, .. })));
    }

    #[test]
    fn malformed_messages_are_refused_by_the_writer() {
        let limits = Limits::default();
        let good = Item::structure(tag::ATTRIBUTES, vec![Item::text(tag::COMMENT, "abc")]).encode();
        assert!(write(&Doc::lenient(&good, &limits)).is_ok());
        for (at, byte) in [(15, 9), (19, 1), (16, 0xff), (11, 0x20), (8, 0x41)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(matches!(write(&Doc::lenient(&bad, &limits)), Err(XmlError::Malformed(_))), "byte {at}");
        }
        let nul = Item::structure(tag::ATTRIBUTES, vec![Item::text(tag::COMMENT, "a\0c")]).encode();
        assert_eq!(write(&Doc::lenient(&nul, &limits)), Err(XmlError::Character { at: 8, code: 0 }));
        assert!(matches!(write(&Doc::lenient(&[], &limits)), Err(XmlError::Malformed(_))));
    }
}
