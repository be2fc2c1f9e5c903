//! Tells from the look of some bytes in which form a message is written, and reads it in any form.

use std::fmt;

use super::json::{self, JsonError};
use super::lexical::unhex;
use super::xml::{self, XmlError};
use crate::ttlv::Limits;

/// A form in which messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// TTLV bytes as they are sent.
    Binary,
    /// TTLV bytes as hexadecimal digits, with or without white space, `0x` and comments.
    Hex,
    /// The XML encoding.
    Xml,
    /// The JSON encoding.
    Json,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Binary, Self::Hex, Self::Xml, Self::Json];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Hex => "hex",
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The form with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// The form that the bytes seem to have; anything that looks like nothing else is binary.
    pub fn detect(bytes: &[u8]) -> Self {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
        match text.first() {
            Some(b'<') => Self::Xml,
            Some(b'{') => Self::Json,
            // A binary message has bytes that are no text within its first header, whatever its tag.
            Some(_) if std::str::from_utf8(text).is_ok_and(|t| digits(t).is_ok_and(|b| !b.is_empty())) => Self::Hex,
            _ => Self::Binary,
        }
    }

    /// The bytes of the message. Binary and hexadecimal may be malformed TTLV; XML and JSON cannot.
    pub fn read(self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, FormatError> {
        let text = || {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(bytes).map_err(|e| FormatError::NotText { at: e.valid_up_to() })
        };
        match self {
            Self::Binary => Ok(bytes.to_vec()),
            Self::Hex => digits(text()?),
            Self::Xml => Ok(xml::read(text()?, limits)?.encode()),
            Self::Json => Ok(json::read(text()?, limits)?.encode()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a message could not be read in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// Not UTF-8.
    NotText {
        /// Offset of the first bad byte.
        at: usize,
    },
    /// Neither a hexadecimal digit nor something that may stand between digits.
    NotHex {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// A digit without its pair.
    OddDigits {
        /// Line of the lone digit, from 1.
        line: usize,
    },
    /// The XML.
    Xml(XmlError),
    /// The JSON.
    Json(JsonError),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText { at } => write!(f, "offset {at}: not UTF-8"),
            Self::NotHex { line, column } => write!(f, "line {line}, column {column}: not a hexadecimal digit"),
            Self::OddDigits { line } => write!(f, "line {line}: a hexadecimal digit without its pair"),
            Self::Xml(e) => e.fmt(f),
            Self::Json(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for FormatError {}

impl From<XmlError> for FormatError {
    fn from(e: XmlError) -> Self {
        Self::Xml(e)
    }
}

impl From<JsonError> for FormatError {
    fn from(e: JsonError) -> Self {
        Self::Json(e)
    }
}

/// Bytes from hexadecimal digits.
///
/// White space, `:`, `,`, `-` and `|` may stand between pairs, `0x` before them; a line may begin with the offset of what
/// follows it, and end in a comment after `#`. So the standard's examples (`42 00 20 | 02 | 00 00 00 04 | ...`), our
/// vectors and our dumps can be pasted as they are.
fn digits(text: &str) -> Result<Vec<u8>, FormatError> {
    let mut out = Vec::with_capacity(text.len() / 2);
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let (mut column, line) = match after_offset(line, out.len()) {
            Some(rest) => (line.chars().count() - rest.chars().count(), rest),
            None => (0, line),
        };
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-' | '|')) {
            let body = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
            match unhex(body) {
                Some(bytes) => out.extend_from_slice(&bytes),
                None => {
                    let skipped = word.len() - body.len();
                    let bad = body.chars().position(|c| !c.is_ascii_hexdigit());
                    return Err(match bad {
                        Some(at) => FormatError::NotHex { line: number + 1, column: column + skipped + at + 1 },
                        None => FormatError::OddDigits { line: number + 1 },
                    });
                }
            }
            // Every separator is one character.
            column += word.chars().count() + 1;
        }
    }
    Ok(out)
}

/// The rest of a line that begins with this offset: one that ends in `:`, or one before nothing but single pairs.
fn after_offset(line: &str, offset: usize) -> Option<&str> {
    let (word, rest) = line.trim_start().split_once([' ', '\t'])?;
    let digits = word.strip_suffix(':').unwrap_or(word);
    let marked = digits.len() < word.len() || rest.split_whitespace().all(|w| w.len() == 2);
    let matches = digits.len() >= 4 && usize::from_str_radix(digits, 16).is_ok_and(|n| n == offset);
    (marked && matches).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(Format::detect(b" \n<RequestMessage/>"), Format::Xml);
        assert_eq!(Format::detect(b"\xEF\xBB\xBF{\"tag\":\"X\"}"), Format::Json);
        assert_eq!(Format::detect(b"42007801 00000000\n"), Format::Hex);
        assert_eq!(Format::detect(b"0x42, 0x00"), Format::Hex);
        assert_eq!(Format::detect(b"42 00 20 | 02 # a tag"), Format::Hex);
        assert_eq!(Format::detect(b"B\x00\x78\x01\x00\x00\x00\x00"), Format::Binary);
        assert_eq!(Format::detect(b"# nothing"), Format::Binary);
        assert_eq!(Format::detect(b""), Format::Binary);
        assert_eq!(Format::detect(b"420"), Format::Binary);
    }

    #[test]
    fn hexadecimal_with_what_stands_between() {
        let limits = Limits::default();
        let read = |text: &str| Format::Hex.read(text.as_bytes(), &limits);
        assert_eq!(read("42 00 20 | 02 | 00:00,0x00-04 # Integer\n"), Ok(vec![0x42, 0, 0x20, 2, 0, 0, 0, 4]));
        let eight = Ok(vec![0x42, 0, 0x20, 2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 0]);
        assert_eq!(read("0000: 42 00 20 02 00 00 00 04\n 0008: 00 00 00 08 00 00 00 00\n"), eight);
        assert_eq!(read("0000  42 00 20 02 00 00 00 04  00 00 00 08 00 00 00 00\n"), eight);
        assert_eq!(read("00000000:  42002002 00000004  # x\n# y\n00000008:  00000008 00000000"), eight);
        assert_eq!(read("00000000 00000008").map(|b| b.len()), Ok(8));
        assert_eq!(read("0000: 0g"), Err(FormatError::NotHex { line: 1, column: 8 }));
        assert_eq!(read("42 0\n"), Err(FormatError::OddDigits { line: 1 }));
        assert_eq!(read("42\n 0g"), Err(FormatError::NotHex { line: 2, column: 3 }));
        assert_eq!(read("42 0xé0"), Err(FormatError::NotHex { line: 1, column: 6 }));
        assert_eq!(Format::Hex.read(b"\xff", &limits), Err(FormatError::NotText { at: 0 }));
    }
}
