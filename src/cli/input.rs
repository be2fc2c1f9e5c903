//! Messages from files and pipes, in any of the forms people have them in, to TTLV bytes.

use super::args::Form;
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::Limits;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// Why input is no message.
#[derive(Debug)]
pub(super) enum InputError {
    /// The system would not give it.
    Io(io::Error),
    /// Not text, where text was called for.
    NotText,
    /// Not hexadecimal.
    Hex {
        /// Line, from 1.
        line: usize,
        /// The word that is none.
        word: String,
    },
    /// An odd number of digits.
    HalfByte,
    /// Not the XML encoding.
    Xml(xml::XmlError),
    /// Not the JSON encoding.
    Json(json::JsonError),
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => e.fmt(f),
            Self::NotText => f.write_str("not text; say --from binary if it is TTLV"),
            Self::Hex { line, word } => write!(f, "line {line}: {word:?} is not hexadecimal"),
            Self::HalfByte => f.write_str("an odd number of hexadecimal digits"),
            Self::Xml(e) => e.fmt(f),
            Self::Json(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for InputError {}

/// All of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map_err(InputError::Io)?;
    } else {
        bytes = std::fs::read(path).map_err(InputError::Io)?;
    }
    Ok(bytes)
}

/// TTLV bytes of a message in the form told, or in the one its first bytes show.
pub(super) fn to_ttlv(bytes: Vec<u8>, form: Option<Form>) -> Result<Vec<u8>, InputError> {
    let form = form.unwrap_or_else(|| guess(&bytes));
    if form == Form::Binary {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| InputError::NotText)?;
    match form {
        Form::Binary => Ok(text.into_bytes()),
        Form::Xml => xml::read(&text, &Limits::default()).map(|item| item.encode()).map_err(InputError::Xml),
        Form::Json => json::read(&text, &Limits::default()).map(|item| item.encode()).map_err(InputError::Json),
        Form::Hex | Form::Dump => unhex(&text),
    }
}

/// Text begins with `<`, `{` or a digit; TTLV has zero bytes within its first eight.
fn guess(bytes: &[u8]) -> Form {
    let text = std::str::from_utf8(bytes).ok().filter(|t| !t.contains('\0'));
    match text.and_then(|t| t.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).chars().next()) {
        Some('<') => Form::Xml,
        Some('{' | '[') => Form::Json,
        Some(_) => Form::Hex,
        None => Form::Binary,
    }
}

/// Hexadecimal as people write it: blanks and `|` between bytes, `#` comments, `0x`, and the offsets our reports print.
fn unhex(text: &str) -> Result<Vec<u8>, InputError> {
    let mut out: Vec<u8> = Vec::new();
    let mut half: Option<u8> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("");
        let mut words: Vec<&str> =
            line.split(|c: char| c.is_whitespace() || c == '|').filter(|w| !w.is_empty()).collect();
        if words.first().is_some_and(|w| is_offset(w, out.len())) && words.iter().skip(1).all(|w| w.len() == 2) {
            words.remove(0);
        }
        for word in words {
            let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
            for c in digits.chars() {
                let digit = c.to_digit(16).and_then(|d| u8::try_from(d).ok());
                let Some(digit) = digit else { return Err(InputError::Hex { line: n + 1, word: word.to_owned() }) };
                half = match half {
                    None => Some(digit),
                    Some(high) => {
                        out.push(high << 4 | digit);
                        None
                    }
                };
            }
        }
    }
    if half.is_some() { Err(InputError::HalfByte) } else { Ok(out) }
}

/// Whether a word at the beginning of a line is the offset of what follows it.
fn is_offset(word: &str, so_far: usize) -> bool {
    let word = word.strip_suffix(':').unwrap_or(word);
    word.len() >= 4 && usize::from_str_radix(word, 16).is_ok_and(|n| n == so_far)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_in_the_ways_people_have_it() {
        let bytes = vec![0x42, 0x00, 0x20, 0x02, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 0];
        for text in [
            "42 00 20 | 02 | 00 00 00 04 | 00 00 00 08 00 00 00 00",
            "420020020000000400000008 00000000",
            "0x42 0x00 0x20 0x02 00000004  # Integer\n00000008 00000000\n",
            "    0000  42 00 20 02 00 00 00 04  00 00 00 08 00 00 00 00\n",
            "0000: 42 00 20 02 00 00 00 04\n0008: 00 00 00 08 00 00 00 00\n",
        ] {
            let read = unhex(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(read, bytes, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_hex_has_a_line() {
        assert_eq!(unhex("42 00\n20 zz").map_err(|e| e.to_string()), Err("line 2: \"zz\" is not hexadecimal".into()));
        assert_eq!(unhex("42 0").map_err(|e| e.to_string()), Err("an odd number of hexadecimal digits".into()));
    }

    #[test]
    fn the_form_is_told_from_the_first_bytes() {
        assert_eq!(guess(b"  <RequestMessage>"), Form::Xml);
        assert_eq!(guess(b"\xef\xbb\xbf<RequestMessage>"), Form::Xml);
        assert_eq!(guess(b"{\"tag\": 1}"), Form::Json);
        assert_eq!(guess(b"42 00 78"), Form::Hex);
        assert_eq!(guess(&[0x42, 0, 0x78, 1, 0, 0, 0, 0]), Form::Binary);
        assert_eq!(guess(b""), Form::Binary);
    }
}
