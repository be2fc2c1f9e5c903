//! The checker over any tree, as request, as response and as the answer to what stands before it.

use kmipspec_protocol::schema::{Context, MAX_VIOLATIONS, Violation, check_request, check_response};
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// Bounds of this target.
const LIMITS: Limits = Limits { max_size: 1 << 16, max_depth: 32, max_items: 4096, leaf_root: true };

/// Checks one input: one message, or a request and what might be its response.
///
/// # Panics
///
/// `P1` when a message has two verdicts, `P2` when there are more violations than are kept, or one points outside the message.
pub fn schema_check(input: &[u8]) {
    let first = Doc::lenient(input, &LIMITS);
    let version = ProtocolVersion::stated(&first).and_then(ProtocolVersion::known).unwrap_or(Version::V2_1);
    let alone = || check_response(&first, &Context { version, request: None });
    for (once, again) in [(check_request(&first, version), check_request(&first, version)), (alone(), alone())] {
        sound(&once, &again, input.len());
    }
    if first.trailing().is_empty() {
        return;
    }
    let second = Doc::lenient(first.trailing(), &LIMITS);
    // The request as it was sent: without what follows it.
    let end = input.len().saturating_sub(first.trailing().len());
    let request = Doc::lenient(input.get(..end).unwrap_or_default(), &LIMITS);
    let answered = || check_response(&second, &Context { version, request: Some(&request) });
    sound(&answered(), &answered(), second.bytes().len());
}

/// Two runs agree, and every violation has a place.
fn sound(once: &[Violation], again: &[Violation], size: usize) {
    assert_eq!(once, again, "P1: the same message has two verdicts");
    assert!(once.len() <= MAX_VIOLATIONS, "P2: {} violations", once.len());
    for violation in once {
        assert!(violation.offset <= size, "P2: {} at {} of {size} bytes", violation.rule.id, violation.offset);
        // What is not there has no path.
        let told = !violation.expected.is_empty() || !violation.actual.is_empty();
        assert!(told, "P2: {} says nothing", violation.rule.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes(input in prop::collection::vec(any::<u8>(), 0..200)) {
            schema_check(&input);
        }
    }
}
