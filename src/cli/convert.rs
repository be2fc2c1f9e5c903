//! A message in one of the forms `decode` and `encode` write.

use super::args::{Form, View};
use crate::report::text::hex;
use kmipspec_protocol::encoding::{dump, json, xml};
use kmipspec_protocol::ttlv::Doc;
use kmipspec_protocol::version::Version;
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

/// The message in a form that can be read back.
pub(super) fn form(doc: &Doc<'_>, form: Form) -> Result<Vec<u8>, ConvertError> {
    Ok(match form {
        Form::Binary => doc.bytes().to_vec(),
        Form::Hex => line(hex(doc.bytes())),
        Form::Xml => line(xml::write(doc).map_err(ConvertError::Xml)?),
        Form::Json => line(json::write(doc).map_err(ConvertError::Json)?),
    })
}

/// The message as `decode` shows it.
pub(super) fn view(doc: &Doc<'_>, view: View, version: Option<Version>) -> Result<Vec<u8>, ConvertError> {
    let options = dump::Options { version, ..dump::Options::default() };
    match view {
        View::Dump => Ok(line(dump::annotated(doc, &options))),
        View::Tree => Ok(line(dump::tree(doc, &options))),
        View::Hex => form(doc, Form::Hex),
        View::Binary => form(doc, Form::Binary),
        View::Xml => form(doc, Form::Xml),
        View::Json => form(doc, Form::Json),
    }
}

/// Text ends with exactly one line end.
fn line(mut text: String) -> Vec<u8> {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text.into_bytes()
}
