//! Rules that hold for every answer, whatever the scenario: reported once per version under their own id.

mod capability;
mod http;
mod schema;
mod watch;

pub use capability::{ACCEPTED_BUT_NOT_ADVERTISED, ADVERTISED_BUT_REFUSED};
pub(crate) use http::{
    Broken as HttpBroken, broken as http_response, broken_by_request as http_request, spec_at as http_spec_at,
};
pub(crate) use schema::level;
pub(crate) use watch::without_indices;
pub(super) use watch::{Reported, SANITY, Standing, request_version};

use super::verdict::Level;
use kmipspec_protocol::version::Version;

/// One such rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandingRule {
    /// Stable id: `schema.field-order`, `ttlv.padding`.
    pub id: &'static str,
    /// How strongly the standard words it.
    pub level: Level,
    /// The rule in our words.
    pub statement: &'static str,
}

/// Every standing rule: those of the schema checker, then those about capabilities and about HTTP.
pub fn rules() -> impl Iterator<Item = StandingRule> {
    schema::rules().chain(capability::RULES).chain(http::RULES.iter().copied())
}

/// Rules about requests by HTTP, which no run puts to the test, and `kmipspec observe` looks at.
pub fn rules_of_requests() -> impl Iterator<Item = StandingRule> {
    http::OF_REQUESTS.iter().copied()
}

/// The suite of a rule: `schema` for those of the checker, `http` and `capability` for the others.
pub fn suite(id: &str) -> &'static str {
    if schema::has(id) {
        "schema"
    } else if http::has(id) {
        "http"
    } else {
        "capability"
    }
}

/// Where the standard says so, ready to print.
pub fn spec_at(id: &str, version: Version) -> Vec<String> {
    if schema::has(id) {
        schema::spec_at(id, version)
    } else if http::has(id) {
        http::spec_at(version)
    } else {
        capability::spec_at(id, version)
    }
}

/// The versions at which a rule that is kept is a pass.
pub fn stands_at(id: &str, version: Version) -> bool {
    if http::has(id) { !http::spec_at(version).is_empty() } else { !schema::has(id) || schema::stands_at(id, version) }
}
