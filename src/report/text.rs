//! Small pieces of text that several reports share.

use kmipspec_protocol::version::Version;
use std::fmt::Write as _;
use std::time::Duration;

/// What a peer sent, safe to print: control characters become escapes, so that no peer can steer a terminal or break
/// an XML file; line breaks stay where `multiline` allows them.
pub fn printable(text: &str, multiline: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let keep = match c {
            '\n' => multiline,
            '\u{fffe}' | '\u{ffff}' => false,
            // Marks that reorder what follows can make a report say something else than it does.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => false,
            c => !c.is_control(),
        };
        if keep {
            out.push(c);
        } else {
            out.extend(c.escape_default());
        }
    }
    out
}

/// `1.0, 1.1, 2.0`, in order and each once.
pub fn version_list(versions: impl IntoIterator<Item = Version>) -> String {
    let mut versions: Vec<Version> = versions.into_iter().collect();
    versions.sort();
    versions.dedup();
    versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")
}

/// `12 failures`, `1 failure`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A duration for people: `1.24 s`, `310 ms`.
pub fn duration(d: Duration) -> String {
    if d >= Duration::from_secs(1) {
        format!("{:.2} s", d.as_secs_f64())
    } else if d >= Duration::from_millis(1) {
        format!("{} ms", d.as_millis())
    } else {
        format!("{} µs", d.as_micros())
    }
}

/// Lower-case hexadecimal without spaces.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\r\nc", false), "a\\u{1b}[31mb\\r\\nc");
        assert_eq!(printable("a\nb\0", true), "a\nb\\u{0}");
        assert_eq!(printable("x\u{202e}y", true), "x\\u{202e}y");
        assert_eq!(printable("Größe 鍵", true), "Größe 鍵");
    }

    #[test]
    fn versions_come_in_order() {
        assert_eq!(version_list([Version::V2_0, Version::V1_0, Version::V2_0]), "1.0, 2.0");
    }
}
