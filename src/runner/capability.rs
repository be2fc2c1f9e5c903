//! What the peer can do, by its own word (Query, Discover Versions) and the target file's.

use super::execute::now;
use super::message::{self, Answer, name_or_number};
use super::sanity::{QueryAnswer, SanityError, authentication_of, query};
use crate::client::session::Options;
use crate::client::{Session, Target};
use crate::runner::event::Fate;
use kmipspec_protocol::registry::{ObjectType, Operation, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Value};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::{BTreeMap, BTreeSet};

/// What the peer supports at one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// Operations Query names; `None` when it names none at all, or there is no Query.
    pub advertised: Option<BTreeSet<u32>>,
    /// Object types Query names.
    pub advertised_objects: Option<BTreeSet<u32>>,
}

/// What the peer supports.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// Versions at which it can be tested, with what it supports there.
    pub versions: BTreeMap<Version, Support>,
    /// Why the other versions that were asked for cannot be tested.
    pub unsupported: BTreeMap<Version, String>,
    /// The answer to Discover Versions; `None` when the peer has no such operation.
    pub discovered: Option<Vec<ProtocolVersion>>,
    /// Vendor Identification.
    pub vendor: Option<String>,
    /// Seconds by which the peer's clock is ahead of ours, as its first answer has it: no sentence asks for a right clock.
    pub clock_ahead: i64,
    with_operations: BTreeSet<u32>,
    without_operations: BTreeSet<u32>,
    with_objects: BTreeSet<u32>,
    without_objects: BTreeSet<u32>,
    features: BTreeSet<String>,
}

/// The feature of a connection that carries messages without HTTP, and so in both directions.
const RAW: &str = "raw";

/// The feature of a peer that takes messages by HTTPS where the run speaks to it.
pub(super) const HTTPS: &str = "https";

/// The feature of a target whose server tells us of changes, at a listener of ours.
pub const LISTENER: &str = "listener";

/// What a case needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs<'a> {
    /// Operations.
    pub operations: &'a [Operation],
    /// Object types.
    pub objects: &'a [ObjectType],
    /// Client identities.
    pub identities: &'a [String],
    /// What else the target file has to declare.
    pub features: &'a [String],
    /// Client identities whose passwords have to be known.
    pub passwords: &'a [String],
}

impl Capabilities {
    /// Whether Query names an operation at a version; `None` when it names nothing.
    pub fn advertises(&self, version: Version, operation: Operation) -> Option<bool> {
        Some(self.versions.get(&version)?.advertised.as_ref()?.contains(&operation.0))
    }

    /// Why a case cannot run, if so.
    pub fn missing(&self, target: &Target, version: Version, needs: Needs<'_>) -> Option<String> {
        if let Some(why) = self.unsupported.get(&version) {
            return Some(format!("KMIP {version} is not supported: {why}"));
        }
        let Some(support) = self.versions.get(&version) else {
            return Some(format!("KMIP {version} was not asked for"));
        };
        let lacks = |listed: &Option<BTreeSet<u32>>, with: &BTreeSet<u32>, without: &BTreeSet<u32>, number: u32| {
            without.contains(&number)
                || !with.contains(&number) && listed.as_ref().is_some_and(|l| !l.contains(&number))
        };
        for operation in needs.operations {
            if lacks(&support.advertised, &self.with_operations, &self.without_operations, operation.0) {
                let name = name_or_number(operation.name(), operation.0);
                let told = self.without_operations.contains(&operation.0);
                let why = if told { "the target file says so" } else { "Query does not name it" };
                return Some(format!("{name} is not supported: {why}"));
            }
        }
        for object in needs.objects {
            if lacks(&support.advertised_objects, &self.with_objects, &self.without_objects, object.0) {
                let name = name_or_number(object.name(), object.0);
                let told = self.without_objects.contains(&object.0);
                let why = if told { "the target file says so" } else { "Query does not name them" };
                return Some(format!("{name} objects are not supported: {why}"));
            }
        }
        if let Some(identity) = needs.identities.iter().find(|i| target.identity(i).is_none()) {
            return Some(format!("no client identity `{identity}` is configured"));
        }
        let known = |name: &str| target.identity(name).is_some_and(|i| i.password.is_some());
        if let Some(identity) = needs.passwords.iter().find(|name| !known(name)) {
            return Some(format!("no user name and password are configured for client identity `{identity}`"));
        }
        // Known from how the run is made, not from the target file.
        if target.encoding.is_http() && needs.features.iter().any(|f| f == RAW) {
            return Some("it takes a raw TLS connection, and this run speaks HTTPS".to_owned());
        }
        if target.listener.is_none() && needs.features.iter().any(|f| f == LISTENER) {
            return Some("the target file has no `listener` at which the server would tell of changes".to_owned());
        }
        let known = |f: &str| f == RAW || f == LISTENER || f == HTTPS && target.encoding.is_http();
        let feature = needs.features.iter().filter(|f| !known(f)).find(|f| !self.features.contains(*f));
        feature.map(|f| format!("the target is not said to have `{f}`"))
    }
}

/// Asks the peer, at each of the versions wanted. The exchanges stay in the session's transcript.
pub(crate) async fn discover(session: &mut Session, wanted: &[Version]) -> Result<Capabilities, SanityError> {
    let identity = session.target().default_identity().to_owned();
    let mut found = declared(session.target());
    let mut answers = Vec::new();
    let mut no_answer = None;
    for &version in wanted {
        match query(session, &identity, version, false).await {
            Ok(QueryAnswer::Listed(place)) => {
                let received = session.transcript().get(place).map(|e| e.received.as_slice()).unwrap_or_default();
                let doc = message::tree(received);
                found.vendor = found.vendor.or_else(|| vendor(&doc));
                if let (true, Some(theirs)) = (found.versions.is_empty(), time_stamp(&doc)) {
                    found.clock_ahead = theirs.saturating_sub(now());
                }
                found.versions.insert(version, support(&doc));
            }
            Ok(QueryAnswer::NoQuery) => {
                found.versions.insert(version, Support::default());
            }
            Ok(QueryAnswer::Refused { text, authentication }) => answers.push((version, text, authentication)),
            // A peer may hang up on a version it does not know; whatever else goes wrong would go wrong again.
            Err(SanityError::NoAnswer { fate: Fate::Closed { after }, identity, encoding }) => {
                answers.push((version, "the connection was closed instead of an answer".to_owned(), false));
                no_answer = Some(SanityError::NoAnswer { fate: Fate::Closed { after }, identity, encoding });
            }
            Err(error) => return Err(error),
        }
    }
    if found.versions.is_empty() {
        let authentication = answers.iter().any(|(_, _, authentication)| *authentication);
        let all_closed = answers.iter().all(|(_, text, _)| text.starts_with("the connection was closed"));
        if let (true, Some(error)) = (all_closed, no_answer) {
            return Err(error);
        }
        let answers = answers.into_iter().map(|(version, text, _)| (version, text)).collect();
        return Err(SanityError::Refused { answers, authentication });
    }
    found.unsupported = answers.into_iter().map(|(v, text, _)| (v, format!("Query was answered {text}"))).collect();
    discover_versions(session, &identity, &mut found).await;
    Ok(found)
}

/// Discover Versions came with 1.1 (1.1 §4.26); a peer of 1.0, or one without it, is taken at Query's word.
async fn discover_versions(session: &mut Session, identity: &str, found: &mut Capabilities) {
    let candidates: Vec<Version> = found.versions.keys().copied().filter(|v| *v >= Version::V1_1).rev().collect();
    for version in candidates {
        let authentication = authentication_of(session, identity);
        let bytes = message::request(version, authentication.as_ref(), Operation::DISCOVER_VERSIONS, Vec::new());
        let place = session.exchange_again(Options::new("sanity", identity), bytes).await;
        let Some(exchange) = session.transcript().get(place) else { return };
        let doc = message::tree(&exchange.received);
        if Answer::read(&doc).succeeded() {
            found.discovered = Some(listed_versions(&doc));
            return;
        }
    }
}

fn declared(target: &Target) -> Capabilities {
    let supports = &target.supports;
    let mut features: BTreeSet<String> = supports.features.iter().cloned().collect();
    if target.identities().any(|i| i.password.is_some()) {
        features.insert("credential".to_owned());
    }
    Capabilities {
        with_operations: supports.operations.iter().map(|o| o.0).collect(),
        without_operations: supports.without_operations.iter().map(|o| o.0).collect(),
        with_objects: supports.objects.iter().map(|o| o.0).collect(),
        without_objects: supports.without_objects.iter().map(|o| o.0).collect(),
        features,
        ..Capabilities::default()
    }
}

fn support(doc: &Doc<'_>) -> Support {
    let list = |wanted| {
        let numbers: BTreeSet<u32> = message::payload_numbers(doc, wanted).into_iter().collect();
        (!numbers.is_empty()).then_some(numbers)
    };
    Support { advertised: list(tag::OPERATION), advertised_objects: list(tag::OBJECT_TYPE) }
}

/// Time Stamp of the response header.
fn time_stamp(doc: &Doc<'_>) -> Option<i64> {
    match doc.root()?.child(tag::RESPONSE_HEADER)?.child(tag::TIME_STAMP)?.value()? {
        Value::DateTime(seconds) => Some(seconds),
        _ => None,
    }
}

fn vendor(doc: &Doc<'_>) -> Option<String> {
    let payload = message::batch_items(doc).next()?.child(tag::RESPONSE_PAYLOAD)?;
    let text = payload.child(tag::VENDOR_IDENTIFICATION)?.as_text()?;
    let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    (!shown.is_empty()).then_some(shown)
}

fn listed_versions(doc: &Doc<'_>) -> Vec<ProtocolVersion> {
    let payload = message::batch_items(doc).next().and_then(|i| i.child(tag::RESPONSE_PAYLOAD));
    let children = payload.into_iter().flat_map(ItemRef::children).filter(|i| i.tag() == tag::PROTOCOL_VERSION);
    children.filter_map(ProtocolVersion::of).collect()
}
