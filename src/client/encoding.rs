//! How messages travel: as bytes on the connection, or as HTTP bodies in one of three encodings (Profiles 2.1 §5.3 to §5.5,
//! Additional Message Encodings 1.0). Everything beyond this module sees TTLV.

use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::{Doc, Limits, frame_len};
use std::fmt;

/// The path of KMIP over HTTPS (Additional Message Encodings 1.0 §2.1).
pub const DEFAULT_HTTP_PATH: &str = "/kmip";

/// How messages are written, and what carries them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// TTLV, straight over TLS.
    #[default]
    Ttlv,
    /// TTLV in HTTPS.
    Https,
    /// XML in HTTPS.
    Xml,
    /// JSON in HTTPS.
    Json,
}

impl Encoding {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Ttlv, Self::Https, Self::Xml, Self::Json];

    /// The name in reports, target files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttlv => "ttlv",
            Self::Https => "https",
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The one with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }

    /// Whether HTTP carries it.
    pub const fn is_http(self) -> bool {
        !matches!(self, Self::Ttlv)
    }

    /// For people.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Ttlv => "raw TTLV",
            Self::Https => "TTLV over HTTPS",
            Self::Xml => "XML over HTTPS",
            Self::Json => "JSON over HTTPS",
        }
    }

    /// The Content-Type of its bodies.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Ttlv | Self::Https => "application/octet-stream",
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }

    /// A message as it is sent. A body is a whole message, and XML and JSON can only say what is sound TTLV.
    pub fn body(self, message: &[u8]) -> Result<Vec<u8>, Unsayable> {
        let text = match self {
            Self::Ttlv => return Ok(message.to_vec()),
            Self::Https => {
                let whole = message.first_chunk::<8>().map(|header| frame_len(header, usize::MAX));
                return match whole {
                    Some(Ok(size)) if size == message.len() => Ok(message.to_vec()),
                    _ => Err(self.unsayable("they are not one whole message".to_owned())),
                };
            }
            Self::Xml | Self::Json => {
                let doc = Doc::strict(message, &Limits::default())
                    .map_err(|e| self.unsayable(format!("no sound TTLV: {e}")))?;
                match self {
                    Self::Json => json::write(&doc).map_err(|e| self.unsayable(e.to_string()))?,
                    _ => xml::write(&doc).map_err(|e| self.unsayable(e.to_string()))?,
                }
            }
        };
        match self.message(text.as_bytes(), usize::MAX) {
            Ok(back) if back == message => Ok(text.into_bytes()),
            Ok(_) => Err(self.unsayable("read back, the text stands for other bytes".to_owned())),
            Err(why) => Err(self.unsayable(why)),
        }
    }

    /// TTLV of a body of at most `limit` bytes; raw TTLV and TTLV in HTTPS are what they are.
    pub fn message(self, body: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        let limits = Limits { max_size: limit, ..Limits::default() };
        let text = || {
            let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
            std::str::from_utf8(body).map_err(|e| format!("the body is not UTF-8 from byte {} on", e.valid_up_to()))
        };
        match self {
            Self::Ttlv | Self::Https => Ok(body.to_vec()),
            Self::Xml => {
                let item = xml::read(text()?, &limits);
                item.map(|i| i.encode()).map_err(|e| format!("the body is no KMIP message in XML: {e}"))
            }
            Self::Json => {
                let item = json::read(text()?, &limits);
                item.map(|i| i.encode()).map_err(|e| format!("the body is no KMIP message in JSON: {e}"))
            }
        }
    }

    fn unsayable(self, why: String) -> Unsayable {
        Unsayable { encoding: self, why }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Bytes that have no form in an encoding: damaged on purpose, or with a value that its text cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsayable {
    /// The encoding.
    pub encoding: Encoding,
    /// Why not.
    pub why: String,
}

impl fmt::Display for Unsayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let carrier = match self.encoding {
            Encoding::Ttlv => "raw TTLV",
            Encoding::Https => "an HTTP body",
            Encoding::Xml => "XML",
            Encoding::Json => "JSON",
        };
        write!(f, "{carrier} cannot carry these bytes: {}", self.why)
    }
}

impl std::error::Error for Unsayable {}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::ttlv::Item;

    #[test]
    fn sound_messages_have_every_form_and_damaged_ones_do_not() {
        let message = Item::structure(tag::REQUEST_MESSAGE, vec![Item::text(tag::UNIQUE_IDENTIFIER, "a < b")]).encode();
        for encoding in Encoding::ALL {
            let body = encoding.body(&message).expect("it has a form");
            assert_eq!(encoding.message(&body, 1 << 20), Ok(message.clone()), "{encoding}");
            assert_eq!(Encoding::from_name(encoding.name()), Some(encoding));
        }
        let mut dirty = message.clone();
        *dirty.last_mut().expect("not empty") = 1;
        for encoding in [Encoding::Xml, Encoding::Json] {
            assert!(encoding.body(&dirty).is_err(), "{encoding} has no padding");
        }
        assert_eq!(Encoding::Https.body(&dirty).as_deref(), Ok(dirty.as_slice()));
        let cut = message.get(..message.len() - 1).expect("not empty");
        for encoding in [Encoding::Https, Encoding::Xml, Encoding::Json] {
            assert!(encoding.body(cut).is_err(), "{encoding} of half a message");
        }
        let control = Item::structure(tag::REQUEST_MESSAGE, vec![Item::text(tag::UNIQUE_IDENTIFIER, "\u{1}")]).encode();
        let error = Encoding::Xml.body(&control).expect_err("XML has no such character");
        assert!(error.to_string().starts_with("XML cannot carry these bytes: "), "{error}");
    }
}
