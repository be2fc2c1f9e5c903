//! Answers to Query: what a server says of itself is its own, that it says it is not.

use super::case::Node;
use super::compare::{Comparison, Difference};
use super::variation::Variation;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::operation_row;
use kmipspec_protocol::ttlv::{ItemRef, Tag};

/// Fields a case shows that the answer must have too, with whatever content.
const NEEDED: [Tag; 8] = [
    tag::RNG_PARAMETERS,
    tag::PROFILE_INFORMATION,
    tag::VALIDATION_INFORMATION,
    tag::CAPABILITY_INFORMATION,
    tag::CLIENT_REGISTRATION_METHOD,
    tag::DEFAULTS_INFORMATION,
    tag::PROTECTION_STORAGE_MASK,
    tag::PROTECTION_STORAGE_MASKS,
];

/// Holds the payload of an answer to Query against the published one.
pub(super) fn compare(comparison: &mut Comparison<'_>, expected: &Node, actual: ItemRef<'_>) -> Result<(), Difference> {
    for list in [tag::OPERATION, tag::OBJECT_TYPE] {
        let shown = expected.children.iter().filter(|c| c.tag == list);
        let told = actual.children().filter(|c| c.tag() == list).count();
        let shown = shown.count();
        if shown > 0 && told == 0 {
            return Err(Difference::missing(actual, list));
        }
        if shown != told {
            comparison.used(Variation::Query);
        }
    }
    for needed in NEEDED {
        if expected.child(needed).is_some() && actual.child(needed).is_none() {
            return Err(Difference::missing(actual, needed));
        }
    }
    let layout = operation_row(Operation::QUERY.0).and_then(|row| row.layout(comparison.version()));
    let fields = layout.and_then(|l| l.response).unwrap_or_default();
    for field in actual.children() {
        let known = fields.iter().any(|f| f.tags.contains(&field.tag()));
        if !known && expected.child(field.tag()).is_none() {
            return Err(Difference::unexpected(field));
        }
    }
    Ok(())
}
