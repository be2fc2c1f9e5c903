//! The schema checker's rules as standing rules; the checker itself is still to come.

use super::StandingRule;
use kmipspec_protocol::schema::Violation;
use kmipspec_protocol::ttlv::Doc;
use kmipspec_protocol::version::Version;

/// Every rule of the checker.
pub(super) fn rules() -> impl Iterator<Item = StandingRule> {
    std::iter::empty()
}

/// The sections stated for a version; where none is, those of the nearest version before it.
pub(super) fn spec_at(_id: &str, _version: Version) -> Vec<String> {
    Vec::new()
}

/// What the checker has against an answer.
pub(super) fn violations(_response: &Doc<'_>, _request: &Doc<'_>, _version: Version) -> Vec<Violation> {
    Vec::new()
}
