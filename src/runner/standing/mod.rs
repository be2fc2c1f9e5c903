//! Rules that hold for every answer, whatever the scenario: reported once per version under their own id.

mod capability;
mod schema;
mod watch;

pub use capability::{ACCEPTED_BUT_NOT_ADVERTISED, ADVERTISED_BUT_REFUSED};
pub(super) use watch::{Reported, SANITY, Standing, request_version};

use super::verdict::Level;
use kmipspec_protocol::version::Version;

/// One such rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandingRule {
    /// Stable id: `schema.field-order`.
    pub id: &'static str,
    /// How strongly the standard words it.
    pub level: Level,
    /// The rule in our words.
    pub statement: &'static str,
}

/// Every standing rule: those of the schema checker, then those about capabilities.
pub fn rules() -> impl Iterator<Item = StandingRule> {
    schema::rules().chain(capability::RULES)
}

/// Where the standard says so, ready to print.
pub fn spec_at(id: &str, version: Version) -> Vec<String> {
    let of_schema = schema::spec_at(id, version);
    if of_schema.is_empty() { capability::spec_at(id, version) } else { of_schema }
}
