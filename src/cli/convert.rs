//! A message in one of the forms `decode` and `encode` write.

use super::args::Form;
use crate::report::text::{hex, hex_rows};
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::Doc;
use std::fmt;

/// Why a message has no such form.
#[derive(Debug)]
pub(super) enum ConvertError {
    /// XML cannot hold it.
    Xml(xml::XmlError),
    /// JSON cannot hold it.
    Json(json::JsonError),
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(e) => write!(f, "has no XML form: {e}"),
            Self::Json(e) => write!(f, "has no JSON form: {e}"),
        }
    }
}

/// The bytes to write.
pub(super) fn text(doc: &Doc<'_>, form: Form) -> Result<Vec<u8>, ConvertError> {
    Ok(match form {
        Form::Binary => doc.bytes().to_vec(),
        Form::Hex => line(hex(doc.bytes())),
        Form::Xml => line(xml::write(doc).map_err(ConvertError::Xml)?),
        Form::Json => line(json::write(doc).map_err(ConvertError::Json)?),
        Form::Dump => {
            let mut rows = hex_rows(doc.bytes(), usize::MAX);
            rows.extend(doc.diags().iter().map(ToString::to_string));
            line(rows.join("\n"))
        }
    })
}

/// Text ends with exactly one line end.
fn line(mut text: String) -> Vec<u8> {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text.into_bytes()
}
