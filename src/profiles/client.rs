//! What a client shows of the profiles of clients by what it asks: read from conversations, not from cases. What it did not ask
//! for says nothing, since a client need not use all that it has; so nothing is ever not met here.

use super::catalogue::{Catalogue, Profile, Requirement, Requirements};
use super::data::{Role, What};
use super::facts::attribute;
use super::judge::{Judgement, Published, State};
use super::verdict::{self, Judged};
use kmipspec_protocol::attributes::AttributeKey;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Limits};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for, by version.
#[derive(Debug, Default)]
pub struct Asked {
    versions: BTreeMap<Version, Seen>,
    /// Answers that a client has, by conversation: that it goes on behind one shows that it can read it.
    read: BTreeMap<usize, (Version, BTreeSet<u32>)>,
}

/// What was asked for at one version; each with the first conversation that shows it.
#[derive(Debug, Default)]
struct Seen {
    operations: BTreeMap<u32, usize>,
    attributes: BTreeMap<u32, usize>,
    tags: BTreeMap<u32, usize>,
    values: BTreeMap<(u32, u32), usize>,
    encodings: BTreeMap<&'static str, usize>,
}

impl Asked {
    /// A sound request of a conversation, and what it was answered.
    pub fn note(
        &mut self,
        conversation: usize,
        version: Version,
        encoding: &'static str,
        request: &[u8],
        answer: Option<&[u8]>,
    ) {
        let doc = Doc::lenient(request, &Limits::default());
        let Some(message) = doc.root().filter(|root| root.tag() == tag::REQUEST_MESSAGE) else { return };
        if let Some((version, tags)) = self.read.remove(&conversation) {
            let seen = self.versions.entry(version).or_default();
            tags.into_iter().for_each(|tag| first(&mut seen.tags, tag, conversation));
        }
        let seen = self.versions.entry(version).or_default();
        first(&mut seen.encodings, encoding, conversation);
        for item in message.descendants() {
            first(&mut seen.tags, item.tag().0, conversation);
            if let Some(code) = item.as_u32().filter(|_| item.ty() == ItemType::ENUMERATION) {
                first(&mut seen.values, (item.tag().0, code), conversation);
            }
            for named in attributes(item) {
                first(&mut seen.attributes, named, conversation);
            }
        }
        for item in message.children().filter(|item| item.tag() == tag::BATCH_ITEM) {
            if let Some(operation) = item.child(tag::OPERATION).and_then(ItemRef::as_u32) {
                first(&mut seen.operations, operation, conversation);
            }
        }
        if let Some(answer) = answer {
            let doc = Doc::lenient(answer, &Limits::default());
            self.read.insert(conversation, (version, doc.items().map(|item| item.tag().0).collect()));
        }
    }

    /// A conversation is over: nobody went on behind its last answer.
    pub fn ended(&mut self, conversation: usize) {
        self.read.remove(&conversation);
    }

    /// The profiles of clients at the versions that were spoken.
    pub fn judge(&self, catalogue: &Catalogue) -> Vec<Judged> {
        let spoken = |profile: &Profile| self.versions.get(&profile.version).map(|seen| (profile.clone(), seen));
        let profiles = catalogue.profiles();
        let of_clients = profiles.iter().filter(|profile| profile.entry.role == Role::Client);
        of_clients.filter_map(spoken).map(|(profile, seen)| seen.judge(catalogue, &profile)).collect()
    }

    /// Those of which something was shown that is their own, and not of the baseline that most stand on.
    pub fn shown(&self, catalogue: &Catalogue) -> Vec<Judged> {
        let own = |one: &Judgement| one.state == State::Met && one.requirement.from.is_none();
        self.judge(catalogue).into_iter().filter(|judged| judged.requirements.iter().any(own)).collect()
    }
}

/// Keeps the first conversation that shows a thing.
fn first<K: Ord>(all: &mut BTreeMap<K, usize>, what: K, conversation: usize) {
    all.entry(what).or_insert(conversation);
}

/// The attributes that an item of a request names: as one, by its name, or as a field that is an attribute as well.
fn attributes(item: ItemRef<'_>) -> Vec<u32> {
    let standard = |key: AttributeKey| match key {
        AttributeKey::Standard(tag) => Some(tag.0),
        AttributeKey::Custom { .. } => None,
    };
    match item.tag() {
        tag::ATTRIBUTE => attribute(item).and_then(|(key, _)| standard(key)).into_iter().collect(),
        tag::ATTRIBUTE_NAME => {
            item.as_text().and_then(|name| standard(AttributeKey::from_v1_name(name))).into_iter().collect()
        }
        tag::ATTRIBUTE_REFERENCE => item.as_u32().into_iter().collect(),
        tag::ATTRIBUTES | tag::NEW_ATTRIBUTE | tag::CURRENT_ATTRIBUTE => item.children().map(|i| i.tag().0).collect(),
        tag @ (tag::UNIQUE_IDENTIFIER | tag::OBJECT_TYPE | tag::LEASE_TIME) => vec![tag.0],
        _ => Vec::new(),
    }
}

impl Seen {
    fn judge(&self, catalogue: &Catalogue, profile: &Profile) -> Judged {
        let mut demanded = catalogue.requirements(profile);
        if demanded.all.iter().all(|requirement| requirement.recommended) {
            let what = What::Unread("it demands nothing that a message could show".to_owned());
            demanded.all.push(Requirement { what, from: None, recommended: false });
        }
        let requirements = demanded.all.iter().map(|requirement| self.one(requirement)).collect();
        let published = self.published(&demanded);
        verdict::judged(profile, demanded, requirements, published)
    }

    /// Published cases are not looked for; how many there are is known.
    fn published(&self, demanded: &Requirements) -> Published {
        let count = demanded.all.iter().find_map(|r| match r.what {
            What::Tests { count, .. } => count,
            _ => None,
        });
        Published { count, ..Published::default() }
    }

    fn one(&self, requirement: &Requirement) -> Judgement {
        let shown = |place: Option<&usize>, else_: &str| match place {
            Some(conversation) => (State::Met, "it was sent".to_owned(), vec![format!("conversation {conversation}")]),
            None => (State::NotJudged, else_.to_owned(), Vec::new()),
        };
        let unused = "it was not sent, and a client need not use all that it has";
        let (state, because, cases) = match &requirement.what {
            What::Operation(code) => shown(self.operations.get(code), unused),
            What::OneOfOperations(codes) => shown(codes.iter().find_map(|code| self.operations.get(code)), unused),
            What::Attribute(tag) => shown(self.attributes.get(&tag.0), unused),
            What::Field(tag) | What::Message(tag) => {
                shown(self.tags.get(&tag.0), "it was neither sent, nor in an answer behind which the client went on")
            }
            What::Value(tag, code) => shown(self.values.get(&(tag.0, *code)), unused),
            What::Encoding(form) => shown(self.encodings.get(form.as_str()), "nothing was sent in it"),
            What::Unread(why) => (State::NotJudged, why.clone(), Vec::new()),
            What::Tests { .. } => {
                (State::NotJudged, "published cases are not looked for in what is sent".to_owned(), Vec::new())
            }
            What::FromServer(_)
            | What::CustomAttribute
            | What::Length(..)
            | What::CustomType(_)
            | What::CustomValue(_)
            | What::CustomCount(_)
            | What::CustomName(_)
            | What::Batch(_)
            | What::BatchOrder
            | What::Authentication(_)
            | What::Tls(_)
            | What::Words { .. }
            | What::Rules => (State::NotJudged, "it is not looked for in what is sent".to_owned(), Vec::new()),
        };
        Judgement { requirement: requirement.clone(), state, because, cases }
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Standing;
    use super::*;
    use crate::runner::message;
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::ttlv::Item;

    fn judged(asked: &Asked, id: &str) -> Judged {
        let catalogue = Catalogue::builtin().expect("sound files");
        asked.judge(&catalogue).into_iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no {id}"))
    }

    fn states(judged: &Judged, state: State) -> Vec<String> {
        let all = judged.requirements.iter().filter(|one| one.state == state);
        all.map(|one| one.requirement.what.label()).collect()
    }

    #[test]
    fn what_is_asked_for_is_met_and_what_is_not_is_open() {
        let mut asked = Asked::default();
        let get = |version, operation| {
            message::request(version, None, operation, vec![Item::text(tag::UNIQUE_IDENTIFIER, "a")])
        };
        let answer = Item::structure(tag::RESPONSE_MESSAGE, vec![Item::enumeration(tag::RESULT_STATUS, 0)]).encode();
        let version = Version::V2_1;
        asked.note(1, version, "xml", &get(version, Operation::GET), Some(&answer));
        let baseline = judged(&asked, "baseline-client-2.1");
        assert_eq!(baseline.standing, Standing::NotDecided);
        let met = states(&baseline, State::Met);
        for shown in ["Get", "Unique Identifier", "Protocol Version", "Batch Item"] {
            assert!(met.iter().any(|label| label.contains(shown)), "{shown}: {met:?}");
        }
        assert!(!met.iter().any(|label| label.contains("Result Status")), "it may have left at that: {met:?}");
        asked.note(1, version, "xml", &get(version, Operation::DECRYPT), None);
        let met = states(&judged(&asked, "baseline-client-2.1"), State::Met);
        assert!(met.iter().any(|label| label.contains("Result Status")), "it went on: {met:?}");
        assert!(
            states(&judged(&asked, "basic-cryptographic-client-2.1"), State::Met).iter().any(|l| l.contains("Decrypt"))
        );
        assert!(states(&judged(&asked, "xml-client-2.1"), State::Met).iter().any(|label| label.contains("as XML")));
        assert!(!states(&judged(&asked, "json-client-2.1"), State::Met).iter().any(|label| label.contains("as JSON")));
    }

    #[test]
    fn no_client_fails_a_profile_and_none_meets_one_that_says_nothing() {
        let catalogue = Catalogue::builtin().expect("sound files");
        let mut asked = Asked::default();
        for version in Version::ALL {
            let query = vec![Item::enumeration(tag::QUERY_FUNCTION, 1)];
            asked.note(1, version, "ttlv", &message::request(version, None, Operation::QUERY, query), None);
        }
        let all = asked.judge(&catalogue);
        assert!(all.len() > 50, "{}", all.len());
        for one in &all {
            assert!(matches!(one.standing, Standing::NotDecided | Standing::Indicative), "{}", one.line());
            assert!(!one.requirements.is_empty(), "{}", one.line());
        }
        assert!(asked.judge(&Catalogue::default()).is_empty());
        let shown: Vec<String> = asked.shown(&catalogue).into_iter().map(|one| one.id).collect();
        assert_eq!(shown, ["baseline-client-2.1"], "of the others only what they stand on was shown");
    }
}
