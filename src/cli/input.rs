//! Messages from files and pipes, in any form people have them in, to TTLV bytes.

use super::args::Form;
use crate::exit::Exit;
use kmipspec_protocol::encoding::format::{Format, FormatError};
use kmipspec_protocol::ttlv::Limits;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// Why there is no message.
#[derive(Debug)]
pub(super) enum InputError {
    /// The system would not give it.
    Io(io::Error),
    /// There is nothing.
    Empty,
    /// It is none.
    Format(Format, FormatError),
}

impl InputError {
    /// A missing file is a matter of the command line, the rest of the data.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Io(_) => Exit::Usage,
            Self::Empty | Self::Format(..) => Exit::InvalidData,
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => e.fmt(f),
            Self::Empty => f.write_str("there is no message: nothing but white space"),
            Self::Format(format, e) => write!(f, "read as {format}: {e}"),
        }
    }
}

impl std::error::Error for InputError {}

/// The file in messages.
pub(super) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The message in a file, or on standard input for `-`; the form is told from its look unless it is given.
pub(super) fn read(path: &Path, form: Option<Form>) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map_err(InputError::Io)?;
    } else {
        bytes = std::fs::read(path).map_err(InputError::Io)?;
    }
    if bytes.trim_ascii().is_empty() && form != Some(Form::Binary) {
        return Err(InputError::Empty);
    }
    let format = match form {
        Some(Form::Binary) => Format::Binary,
        Some(Form::Hex) => Format::Hex,
        Some(Form::Xml) => Format::Xml,
        Some(Form::Json) => Format::Json,
        None => detect(&bytes),
    };
    if format == Format::Hex {
        unmark(&mut bytes);
    }
    format.read(&bytes, &Limits::default()).map_err(|e| InputError::Format(format, e))
}

/// Blanks the `>` with which reports mark a line, so that what was copied from one can be read.
fn unmark(bytes: &mut [u8]) {
    for line in bytes.split_mut(|b| *b == b'\n') {
        if let Some(first) = line.iter_mut().find(|b| !b.is_ascii_whitespace()).filter(|b| **b == b'>') {
            *first = b' ';
        }
    }
}

/// Text that is no form at all is meant as hexadecimal: then the first wrong character gets named.
fn detect(bytes: &[u8]) -> Format {
    match Format::detect(bytes) {
        Format::Binary if std::str::from_utf8(bytes).is_ok_and(|t| !t.trim().is_empty() && !t.contains('\0')) => {
            Format::Hex
        }
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_reports_are_blanked() {
        let mut text = *b"  > 00: 42 # a > b\n42\n>42";
        unmark(&mut text);
        assert_eq!(&text, b"    00: 42 # a > b\n42\n 42");
    }

    #[test]
    fn text_that_is_nothing_is_meant_as_hex() {
        assert_eq!(detect(b"42 00 2x"), Format::Hex);
        assert_eq!(detect(b"  > 00000000:  42000201"), Format::Hex);
        assert_eq!(detect(b"<RequestMessage"), Format::Xml);
        assert_eq!(detect(&[0x42, 0, 0x78, 1, 0, 0, 0, 0]), Format::Binary);
        assert_eq!(detect(b""), Format::Binary);
    }
}
