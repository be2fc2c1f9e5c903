//! What requests and responses by HTTP have to say beside the message (Additional Message Encodings 1.0 §2, Profiles 2.1 §5.3.2).

use super::StandingRule;
use crate::client::https::Head;
use crate::client::passing::RequestHead;
use crate::runner::verdict::Level;
use kmipspec_protocol::version::Version;

const STATUS: &str = "http.status";
const CONTENT_LENGTH: &str = "http.content-length";
const CACHE_CONTROL: &str = "http.cache-control";
const CONTENT_TYPE: &str = "http.content-type";

/// The rules. Caching has to be forbidden, and the example of Profiles 2.1 §5.3.3.1 does not: it fails nobody.
pub(super) static RULES: [StandingRule; 4] = [
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

/// The rules about requests, which no run puts to the test.
pub(super) static OF_REQUESTS: [StandingRule; 3] = [
    StandingRule { id: "http.request-method", level: Level::Shall, statement: "A KMIP request uses the method POST." },
    StandingRule {
        id: "http.request-content-length",
        level: Level::Shall,
        statement: "An HTTP request says how long its body is.",
    },
    StandingRule {
        id: "http.request-cache-control",
        level: Level::Should,
        statement: "An HTTP request forbids caching.",
    },
];

/// One rule broken by a head.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Broken {
    pub(crate) rule: &'static StandingRule,
    pub(crate) field: &'static str,
    pub(crate) expected: &'static str,
    pub(crate) actual: String,
}

/// Whether it is one of these.
pub(super) fn has(id: &str) -> bool {
    RULES.iter().chain(&OF_REQUESTS).any(|rule| rule.id == id)
}

/// Where the standard says so. Profiles 1.3, 1.4, 2.0 and 3.0 have not been read: nothing is held against anybody there.
pub(crate) fn spec_at(version: Version) -> Vec<String> {
    let text = match version {
        Version::V1_0 | Version::V1_1 | Version::V1_2 => "KMIP Additional Message Encodings 1.0 §2.5",
        Version::V2_1 => "KMIP Profiles 2.1 §5.3.2",
        _ => return Vec::new(),
    };
    vec![text.to_owned()]
}

/// What is wrong with a response.
pub(crate) fn broken(head: &Head) -> Vec<Broken> {
    let [status, length, content_type, caching] = &RULES;
    let mut found = Vec::new();
    if head.status != 200 {
        let actual = format!("{} with a KMIP message", head.status);
        found.push(Broken { rule: status, field: "HTTP status", expected: "200", actual });
    }
    found.extend(without_length(length, head.content_length));
    if !head.says_its_type() {
        let actual = quoted(head.content_type.as_ref());
        found.push(Broken { rule: content_type, field: "Content-Type", expected: head.media_type, actual });
    }
    found.extend(cached(caching, head.cache_control.as_ref()));
    found
}

/// What is wrong with a request.
pub(crate) fn broken_by_request(head: &RequestHead) -> Vec<Broken> {
    let [method, length, caching] = &OF_REQUESTS;
    let mut found = Vec::new();
    if head.method != "POST" {
        let actual = quoted(Some(&head.method));
        found.push(Broken { rule: method, field: "HTTP method", expected: "POST", actual });
    }
    found.extend(without_length(length, head.content_length));
    found.extend(cached(caching, head.cache_control.as_ref()));
    found
}

fn without_length(rule: &'static StandingRule, length: Option<u64>) -> Option<Broken> {
    let expected = "the length of the body in octets";
    let actual = || "not there".to_owned();
    length.is_none().then(|| Broken { rule, field: "Content-Length", expected, actual: actual() })
}

fn cached(rule: &'static StandingRule, said: Option<&String>) -> Option<Broken> {
    let forbids = |value: &String| value.split(',').any(|part| part.trim().eq_ignore_ascii_case("no-cache"));
    let actual = || quoted(said);
    (!said.is_some_and(forbids)).then(|| Broken {
        rule,
        field: "Cache-Control",
        expected: "no-cache",
        actual: actual(),
    })
}

fn quoted(value: Option<&String>) -> String {
    value.map_or_else(|| "not there".to_owned(), |value| format!("{value:?}"))
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
            let rules: Vec<&str> = broken(&head(wrong)).iter().map(|b| b.rule.id).collect();
            assert_eq!(rules, [CONTENT_TYPE], "{wrong:?}");
        }
    }

    #[test]
    fn a_request_by_http_has_rules_of_its_own() {
        let head = |method: &str, content_length, cache_control: Option<&str>| {
            let cache_control = cache_control.map(str::to_owned);
            let head = RequestHead { method: method.to_owned(), content_length, cache_control };
            broken_by_request(&head).iter().map(|b| b.rule.id).collect::<Vec<_>>()
        };
        assert_eq!(head("POST", Some(8), Some("No-Cache, no-store")), Vec::<&str>::new());
        assert_eq!(head("PUT", Some(8), Some("no-cache")), ["http.request-method"]);
        assert_eq!(head("POST", None, None), ["http.request-content-length", "http.request-cache-control"]);
    }
}
