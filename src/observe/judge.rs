//! Both sides of an exchange held against the tables of the version that it is in.

use super::conversation::Said;
use crate::report::{message, secrets};
use crate::runner::event::Fate;
use crate::runner::standing::{self, HttpBroken};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::{self, Context, Violation};
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The request.
    Client,
    /// The answer.
    Server,
}

impl Side {
    /// `client` or `server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The one at the other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A rule that one side did not keep. What a peer sent is in its texts as it came: escape it before it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Who.
    pub side: Side,
    /// The operations of the request.
    pub operations: Vec<String>,
    /// The version that decides: that of the request.
    pub version: Version,
    /// The rule.
    pub rule: &'static str,
    /// The rule in our words.
    pub statement: &'static str,
    /// What it weighs: only [`Verdict::Fail`] is held against anybody.
    pub verdict: Verdict,
    /// Document, version and section.
    pub spec: Vec<String>,
    /// Path of the item.
    pub path: String,
    /// Its byte offset in the message.
    pub offset: usize,
    /// What the rule asks for.
    pub expected: String,
    /// What stands there.
    pub actual: String,
}

/// What both sides did wrong, who asked first; none where the request names no published version: then nothing can be held
/// against anybody. An answer to nothing is judged by the version that it names itself.
pub fn judge(said: &Said, show_secrets: bool) -> Option<Vec<Breach>> {
    let version = version_of(said)?;
    let request = Doc::lenient(&said.request, &Limits::default());
    let answer = Doc::lenient(&said.answer, &Limits::default());
    let asked = (!said.request.is_empty()).then_some(&request);
    let operations = message::operations(if asked.is_some() { &said.request } else { &said.answer });
    let by = |side, rule, statement, verdict| Breach {
        side,
        operations: operations.clone(),
        version,
        rule,
        statement,
        verdict,
        spec: Vec::new(),
        path: String::new(),
        offset: 0,
        expected: String::new(),
        actual: String::new(),
    };
    let breach = |side, violation: Violation| {
        let Violation { rule, path, offset, expected, actual, table } = violation;
        let mut spec: Vec<String> = table.iter().map(ToString::to_string).collect();
        if spec.is_empty() {
            spec = standing::spec_at(rule.id, version);
        }
        let cover = |text: String| {
            if show_secrets { text } else { secrets::told(&text, &path, &[&said.request, &said.answer]) }
        };
        let base = by(side, rule.id, rule.statement, standing::level(rule.level).not_met());
        Breach { spec, offset, expected: cover(expected), actual: cover(actual), path, ..base }
    };
    let of_head = |side, broken: HttpBroken| {
        let HttpBroken { rule, field, expected, actual } = broken;
        let (spec, base) = (standing::http_spec_at(version), by(side, rule.id, rule.statement, rule.level.not_met()));
        Breach { spec, path: field.to_owned(), expected: expected.to_owned(), actual, ..base }
    };
    let (asks, answers) = (said.asked_by, said.asked_by.other());
    let mut found = Vec::new();
    if asked.is_some() {
        found.extend(schema::check_request(&request, version).into_iter().map(|v| breach(asks, v)));
    }
    // Of versions whose texts on HTTP were not read nothing is held against anybody.
    let heads = said.http.as_ref().filter(|_| !standing::http_spec_at(version).is_empty());
    if let Some(http) = heads {
        found.extend(standing::http_request(&http.request).into_iter().map(|broken| of_head(asks, broken)));
    }
    if said.fate == Fate::Answered {
        let context = Context { version, request: asked };
        found.extend(schema::check_response(&answer, &context).into_iter().map(|v| breach(answers, v)));
        let response = heads.and_then(|http| http.response.as_ref());
        found.extend(response.into_iter().flat_map(standing::http_response).map(|broken| of_head(answers, broken)));
    }
    Some(found)
}

/// The published version that a request names, or an answer to nothing.
pub fn version_of(said: &Said) -> Option<Version> {
    if said.http.as_ref().is_some_and(|http| http.is_unread) {
        return None;
    }
    let (message, header) = match said.request.as_slice() {
        [] => (said.answer.as_slice(), tag::RESPONSE_HEADER),
        request => (request, tag::REQUEST_HEADER),
    };
    ProtocolVersion::in_header(&Doc::lenient(message, &Limits::default()), header).and_then(ProtocolVersion::known)
}

impl Breach {
    /// Whether another is the same: the same rule at the same place of messages of the same operation, whatever number the item
    /// has among its siblings.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.side, self.rule, self.version, &self.operations)
            == (other.side, other.rule, other.version, &other.operations)
            && standing::without_indices(&self.path) == standing::without_indices(&other.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::ttlv::Item;

    fn header(of: kmipspec_protocol::ttlv::Tag, more: Vec<Item>) -> Item {
        let version =
            vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 2)];
        let mut items = vec![Item::structure(tag::PROTOCOL_VERSION, version)];
        items.extend(more);
        items.push(Item::integer(tag::BATCH_COUNT, 1));
        Item::structure(of, items)
    }

    fn said(query: u32, status: u32) -> Said {
        let payload = Item::structure(tag::REQUEST_PAYLOAD, vec![Item::enumeration(tag::QUERY_FUNCTION, query)]);
        let item = vec![Item::enumeration(tag::OPERATION, Operation::QUERY.0), payload];
        let request = vec![header(tag::REQUEST_HEADER, Vec::new()), Item::structure(tag::BATCH_ITEM, item)];
        let answer = vec![
            Item::enumeration(tag::OPERATION, Operation::QUERY.0),
            Item::enumeration(tag::RESULT_STATUS, status),
            Item::structure(tag::RESPONSE_PAYLOAD, Vec::new()),
        ];
        let header = header(tag::RESPONSE_HEADER, vec![Item::date_time(tag::TIME_STAMP, 1)]);
        let answer = Item::structure(tag::RESPONSE_MESSAGE, vec![header, Item::structure(tag::BATCH_ITEM, answer)]);
        Said::by_client(Item::structure(tag::REQUEST_MESSAGE, request).encode(), answer.encode(), 0)
    }

    #[test]
    fn each_side_has_its_own_faults() {
        assert_eq!(judge(&said(1, 0), false), Some(Vec::new()), "nothing is wrong");
        let sides = |said: &Said| -> Vec<(Side, Verdict, &str)> {
            let all = judge(said, false).expect("a version");
            all.into_iter().map(|b| (b.side, b.verdict, b.rule)).collect()
        };
        let wrong = sides(&said(1, 77));
        assert!(wrong.iter().any(|(side, verdict, _)| (*side, *verdict) == (Side::Server, Verdict::Fail)), "{wrong:?}");
        assert!(wrong.iter().all(|(side, ..)| *side == Side::Server), "{wrong:?}");
        let mut unread = said(1, 77);
        unread.fate = Fate::Closed { after: 8 };
        assert_eq!(sides(&unread), [], "what is no whole message is not judged");
        unread.request.clear();
        unread.answer.clear();
        assert_eq!(judge(&unread, false), None);
        let mut turned = said(1, 77);
        turned.asked_by = Side::Server;
        assert!(sides(&turned).iter().all(|(side, ..)| *side == Side::Client), "the client answers");
        let alone = Said { request: Vec::new(), ..said(1, 77) };
        assert!(sides(&alone).iter().any(|(side, ..)| *side == Side::Server), "an answer to nothing is judged, too");
    }
}
