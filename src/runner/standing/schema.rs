//! The schema checker's rules as standing rules.

use super::StandingRule;
use crate::runner::verdict::Level;
use kmipspec_protocol::schema::{self, Context, RULES, Violation};
use kmipspec_protocol::ttlv::Doc;
use kmipspec_protocol::version::Version;

/// Rules that only a request can break: an answer never puts them to the test.
const OF_REQUESTS: [&str; 3] =
    ["schema.authentication-credential", "schema.batch-item-id-required", "schema.batch-option"];

/// Every rule of the checker that an answer can break.
pub(super) fn rules() -> impl Iterator<Item = StandingRule> {
    RULES.iter().filter(|r| !OF_REQUESTS.contains(&r.id)).map(|r| StandingRule {
        id: r.id,
        level: level(r.level),
        statement: r.statement,
    })
}

/// The sections stated for a version; where none is, those of the nearest version before it.
pub(super) fn spec_at(id: &str, version: Version) -> Vec<String> {
    let Some(rule) = RULES.iter().find(|r| r.id == id) else { return Vec::new() };
    let nearest = rule.spec.iter().map(|s| s.version).filter(|v| *v <= version).max();
    rule.spec.iter().filter(|s| Some(s.version) == nearest).map(ToString::to_string).collect()
}

/// Whether the rule's sections name this version; where they do not, it is only heard of when it is broken.
pub(super) fn stands_at(id: &str, version: Version) -> bool {
    RULES.iter().any(|r| r.id == id && r.spec.iter().any(|s| s.version == version))
}

/// Whether it is one of the checker's.
pub(super) fn has(id: &str) -> bool {
    RULES.iter().any(|r| r.id == id)
}

/// What the checker has against an answer.
pub(super) fn violations(response: &Doc<'_>, request: &Doc<'_>, version: Version) -> Vec<Violation> {
    schema::check_response(response, &Context { version, request: Some(request) })
}

/// What the checker has against a request of the server.
pub(super) fn violations_of_request(request: &Doc<'_>, version: Version) -> Vec<Violation> {
    schema::check_request(request, version)
}

/// The level of a rule of the checker, as the runner says it.
pub(crate) fn level(level: schema::Level) -> Level {
    match level {
        schema::Level::May => Level::May,
        schema::Level::Should => Level::Should,
        schema::Level::Shall => Level::Shall,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_requests_are_rules() {
        for id in OF_REQUESTS {
            assert!(has(id), "{id}");
            assert!(rules().all(|r| r.id != id), "{id}");
        }
        assert_eq!(rules().count() + OF_REQUESTS.len(), RULES.len());
    }
}
