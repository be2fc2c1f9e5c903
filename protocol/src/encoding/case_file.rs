//! Test case files in the XML encoding, as OASIS publishes them: requests and responses in turn under one root, with
//! commentary between them and placeholders such as `$UNIQUE_IDENTIFIER_0` or `$NOW-3600` for values.

use std::fmt;

use super::xml::{Element, Resolve, Source, XmlError, to_items};
use crate::registry::tag;
use crate::ttlv::{Item, ItemType, Limits};

/// The messages of one file, in order, values as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// At least one.
    pub messages: Vec<Message>,
}

/// One message of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sends it.
    pub kind: Kind,
    /// Its elements, parents before their children; the first is the message itself.
    pub elements: Vec<Element>,
}

/// Which of the two messages of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Request Message.
    Request,
    /// Response Message.
    Response,
}

/// Why a file could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseFileError {
    /// The XML.
    Xml(XmlError),
    /// A root that is neither Request Message nor Response Message.
    NotAMessage {
        /// Offset of the element.
        at: usize,
    },
    /// No message at all.
    NoMessages,
}

impl fmt::Display for CaseFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(e) => e.fmt(f),
            Self::NotAMessage { at } => write!(f, "offset {at}: neither RequestMessage nor ResponseMessage"),
            Self::NoMessages => f.write_str("no message in it"),
        }
    }
}

impl std::error::Error for CaseFileError {}

impl From<XmlError> for CaseFileError {
    fn from(e: XmlError) -> Self {
        Self::Xml(e)
    }
}

impl CaseFile {
    /// Reads a file. White space in values is what line breaks in the published listings have left there: a run of it
    /// in a text is one blank, and in hexadecimal none.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, CaseFileError> {
        let source = Source { limits, wrappers: &["KMIP", "KmipTestCase"], commentary: true };
        let mut messages: Vec<Message> = Vec::new();
        for mut element in source.read(text)? {
            if let Some(value) = &mut element.value {
                unwrap_lines(element.ty, value);
            }
            if element.level == 0 {
                let kind = match element.tag {
                    tag::REQUEST_MESSAGE => Kind::Request,
                    tag::RESPONSE_MESSAGE => Kind::Response,
                    _ => return Err(CaseFileError::NotAMessage { at: element.at }),
                };
                messages.push(Message { kind, elements: Vec::new() });
            }
            if let Some(message) = messages.last_mut() {
                message.elements.push(element);
            }
        }
        if messages.is_empty() { Err(CaseFileError::NoMessages) } else { Ok(Self { messages }) }
    }
}

impl Message {
    /// The message, its placeholders filled in by `resolve`.
    pub fn item(&self, resolve: &mut Resolve<'_>) -> Result<Item, XmlError> {
        to_items(&self.elements, resolve)?.pop().ok_or(XmlError::Empty)
    }
}

fn unwrap_lines(ty: ItemType, value: &mut String) {
    if ty.is_text() {
        if value.contains("  ") {
            let mut last = ' ';
            value.retain(|c| {
                let keep = c != ' ' || last != ' ';
                last = c;
                keep
            });
        }
    } else if matches!(ty, ItemType::BYTE_STRING | ItemType::BIG_INTEGER) {
        value.retain(|c| !c.is_ascii_whitespace());
    }
}
