//! The printers, which people use on logs of others: what they print is bounded and cannot drive a terminal.

use crate::report::message;
use kmipspec_protocol::encoding::dump::{self, Options};
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// Bounds of this target.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 32, max_items: 4096, leaf_root: true };

/// Bytes of output that a dump is asked to keep to.
const SMALL: usize = 4096;

/// Checks one input.
///
/// # Panics
///
/// `P2` when a dump has control characters in it, or does not keep to its bound; `P1` when it is another one the second time.
pub fn decode_dump(input: &[u8]) {
    let doc = Doc::lenient(input, &LIMITS);
    let version = ProtocolVersion::stated(&doc).and_then(ProtocolVersion::known);
    let whole = Options { version, ..Options::default() };
    let short = Options { version, cover_secrets: true, max_output: SMALL, max_value: 64 };
    for options in [&whole, &short] {
        for print in [dump::annotated, dump::tree] {
            let text = print(&doc, options);
            harmless(&text);
            assert!(text == print(&doc, options), "P1: two dumps of one message");
            // One line may stand behind the bound: at most a name, a type and twice 64 bytes of a value.
            assert!(options.max_output > SMALL || text.len() <= SMALL + 2048, "P2: {} bytes of dump", text.len());
        }
    }
    for line in message::lines(input, version.unwrap_or(Version::V1_4), &[0, 8], false) {
        harmless(&line);
    }
    let (covered, _) = message::covered(input);
    assert!(covered.len() == input.len(), "P2: covering secrets changes the length");
}

/// No control characters but the end of a line.
fn harmless(text: &str) {
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        panic!("P2: U+{:04X} in what is printed", u32::from(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_and_any_text(input in prop::collection::vec(any::<u8>(), 0..200), text in "(?s).{0,20}") {
            decode_dump(&input);
            let mut item = vec![0x42, 0, 0x55, 7];
            item.extend(u32::try_from(text.len()).expect("small").to_be_bytes());
            item.extend(text.as_bytes());
            item.resize(item.len().next_multiple_of(8), 0);
            decode_dump(&item);
        }
    }
}
