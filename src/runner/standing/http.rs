//! What a response by HTTP has to say beside the message (Additional Message Encodings 1.0 §2, Profiles 2.1 §5.3.2).

use super::StandingRule;
use crate::client::https::Head;
use crate::runner::verdict::Level;
use kmipspec_protocol::version::Version;

const STATUS: &str = "http.status";
const CONTENT_LENGTH: &str = "http.content-length";
const CACHE_CONTROL: &str = "http.cache-control";
const CONTENT_TYPE: &str = "http.content-type";

/// The rules. Caching has to be forbidden, and the example of Profiles 2.1 §5.3.3.1 does not: it fails nobody.
pub(super) const RULES: [StandingRule; 4] = [
    StandingRule {
        id: STATUS,
        level: Level::Shall,
        statement: "A KMIP response, also one that says that something failed, comes with HTTP status 200.",
    },
    StandingRule { id: CONTENT_LENGTH, level: Level::Shall, statement: "An HTTP response says how long its body is." },
    StandingRule {
        id: CONTENT_TYPE,
        level: Level::Shall,
        statement: "An HTTP response has the Content-Type of the encoding it is in.",
    },
    StandingRule { id: CACHE_CONTROL, level: Level::Should, statement: "An HTTP response forbids caching." },
];

/// One rule broken by a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) field: &'static str,
    pub(super) expected: &'static str,
    pub(super) actual: String,
}

/// Whether it is one of these.
pub(super) fn has(id: &str) -> bool {
    RULES.iter().any(|rule| rule.id == id)
}

/// Where the standard says so. Profiles 1.3, 1.4, 2.0 and 3.0 have not been read: nothing is held against anybody there.
pub(super) fn spec_at(version: Version) -> Vec<String> {
    let text = match version {
        Version::V1_0 | Version::V1_1 | Version::V1_2 => "KMIP Additional Message Encodings 1.0 §2.5",
        Version::V2_1 => "KMIP Profiles 2.1 §5.3.2",
        _ => return Vec::new(),
    };
    vec![text.to_owned()]
}

/// What is wrong with a response.
pub(super) fn broken(head: &Head) -> Vec<Broken> {
    let mut found = Vec::new();
    if head.status != 200 {
        let actual = format!("{} with a KMIP message", head.status);
        found.push(Broken { rule: STATUS, field: "HTTP status", expected: "200", actual });
    }
    if head.content_length.is_none() {
        let expected = "the length of the body in octets";
        found.push(Broken { rule: CONTENT_LENGTH, field: "Content-Length", expected, actual: "not there".to_owned() });
    }
    if !head.says_its_type() {
        let actual = head.content_type.clone().map_or_else(|| "not there".to_owned(), |value| format!("{value:?}"));
        found.push(Broken { rule: CONTENT_TYPE, field: "Content-Type", expected: head.media_type, actual });
    }
    let forbids = |value: &String| value.split(',').any(|part| part.trim().eq_ignore_ascii_case("no-cache"));
    if !head.cache_control.as_ref().is_some_and(forbids) {
        let actual = head.cache_control.clone().map_or_else(|| "not there".to_owned(), |value| format!("{value:?}"));
        found.push(Broken { rule: CACHE_CONTROL, field: "Cache-Control", expected: "no-cache", actual });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::document;

    #[test]
    fn what_fails_a_server_can_be_looked_up() {
        for version in Version::ALL {
            for section in spec_at(version) {
                let citation = section.strip_prefix("KMIP ").expect("a document");
                assert_eq!(document::unknown(citation, std::iter::once(version).collect()), None, "at {version}");
            }
        }
    }

    #[test]
    fn a_body_under_another_name_breaks_one_rule() {
        let head = |content_type: Option<&str>| Head {
            status: 200,
            content_length: Some(8),
            cache_control: Some("no-cache".to_owned()),
            content_type: content_type.map(str::to_owned),
            media_type: "text/xml",
        };
        assert_eq!(broken(&head(Some("Text/XML; charset=utf-8"))), []);
        for wrong in [Some("application/xml"), None] {
            let rules: Vec<&str> = broken(&head(wrong)).iter().map(|b| b.rule).collect();
            assert_eq!(rules, [CONTENT_TYPE], "{wrong:?}");
        }
    }
}
