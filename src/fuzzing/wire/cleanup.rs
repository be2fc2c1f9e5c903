//! Takes away what inputs made on the server, and nothing else: it stays as small as it was.

use super::peer::{Peer, Played};
use super::requests::{LIMITS, with_password};
use crate::client::Connection;
use crate::fuzzing::oracles::pairs;
use crate::runner::event::Fate;
use crate::runner::message;
use kmipspec_protocol::registry::{Operation, ResultStatus, RevocationReasonCode, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, ItemType};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Operations that make the objects of their answer.
const MAKING: [Operation; 15] = [
    Operation::CREATE,
    Operation::CREATE_KEY_PAIR,
    Operation::REGISTER,
    Operation::RE_KEY,
    Operation::RE_KEY_KEY_PAIR,
    Operation::DERIVE_KEY,
    Operation::CERTIFY,
    Operation::RE_CERTIFY,
    Operation::IMPORT,
    Operation::CREATE_SPLIT_KEY,
    Operation::JOIN_SPLIT_KEY,
    Operation::CREATE_CREDENTIAL,
    Operation::CREATE_USER,
    Operation::CREATE_GROUP,
    Operation::RECOVER,
];

/// What is kept between clients but no object: it is set back.
const SETTING: [Operation; 2] = [Operation::SET_DEFAULTS, Operation::SET_CONSTRAINTS];

/// What has to be taken away.
#[derive(Debug, Default)]
pub(super) struct Traces {
    objects: BTreeSet<(u8, Version, String)>,
    settings: BTreeSet<(u8, Version, u32)>,
    /// Over which that is done, one for each identity.
    connections: [Option<Connection>; 2],
}

impl Traces {
    /// Notes what a script made.
    pub(super) fn note(&mut self, played: &Played, identity_of: impl Fn(usize) -> u8) {
        for step in played.steps.iter().filter(|step| step.fate == Fate::Answered) {
            let (request, answer) = (Doc::lenient(&step.request, &LIMITS), Doc::lenient(&step.answer, &LIMITS));
            let version = version_of(&answer).unwrap_or(Version::V1_2);
            let identity = identity_of(step.step);
            if identity > 1 {
                continue;
            }
            for pair in pairs(&request, &answer).into_iter().filter(|pair| pair.succeeded()) {
                let (Some(operation), Some(given)) = (pair.operation().map(Operation), pair.given()) else { continue };
                if SETTING.contains(&operation) {
                    self.settings.insert((identity, version, operation.0));
                }
                if MAKING.contains(&operation) {
                    let made = given.children().filter(|item| MADE.contains(&item.tag())).filter_map(ItemRef::as_text);
                    self.objects.extend(made.map(|id| (identity, version, id.to_owned())));
                }
            }
        }
    }

    /// How much there is.
    pub(super) fn len(&self) -> usize {
        self.objects.len() + self.settings.len()
    }

    /// Connections that are open for that.
    pub(super) fn connections(&self) -> usize {
        self.connections.iter().flatten().count()
    }

    /// Takes all of it away, as far as that can be done in so much time; how many objects stay.
    pub(super) fn remove(&mut self, peer: &Peer, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut connections = std::mem::take(&mut self.connections);
        let mut stay = 0;
        for (identity, version, operation) in std::mem::take(&mut self.settings) {
            let request = message::request(version, None, Operation(operation), Vec::new());
            let _ = ask(peer, &mut connections, identity, request, until);
        }
        for (identity, version, id) in std::mem::take(&mut self.objects) {
            let ty = if version < Version::V3_0 { ItemType::TEXT_STRING } else { ItemType::IDENTIFIER };
            let name = || Item::text_of(tag::UNIQUE_IDENTIFIER, ty, id.clone());
            let destroy = message::request(version, None, Operation::DESTROY, vec![name()]);
            if ask(peer, &mut connections, identity, destroy.clone(), until) == Some(true) {
                continue;
            }
            let code = RevocationReasonCode::CESSATION_OF_OPERATION.0;
            let reason =
                Item::structure(tag::REVOCATION_REASON, vec![Item::enumeration(tag::REVOCATION_REASON_CODE, code)]);
            let revoke = message::request(version, None, Operation::REVOKE, vec![name(), reason]);
            // What cannot be revoked is gone already, or is nothing that has a state.
            if ask(peer, &mut connections, identity, revoke, until) == Some(true)
                && ask(peer, &mut connections, identity, destroy, until) != Some(true)
            {
                stay += 1;
            }
        }
        self.connections = connections;
        stay
    }
}

/// Where an answer names what was made.
const MADE: [kmipspec_protocol::ttlv::Tag; 3] =
    [tag::UNIQUE_IDENTIFIER, tag::PRIVATE_KEY_UNIQUE_IDENTIFIER, tag::PUBLIC_KEY_UNIQUE_IDENTIFIER];

/// Whether it was done; none where there was no answer.
fn ask(
    peer: &Peer,
    connections: &mut [Option<Connection>; 2],
    identity: u8,
    request: Vec<u8>,
    until: Instant,
) -> Option<bool> {
    if Instant::now() > until {
        return None;
    }
    let name = peer.who(identity)?;
    let slot = connections.get_mut(usize::from(identity))?;
    let request = with_password(request, peer.target.identity(name));
    let kept = slot.take();
    let mut said = |mut connection: Connection| {
        let reply = peer.wait_anyway(connection.exchange(&request, false, Instant::now() + peer.patience()));
        if connection.is_sound() {
            *slot = Some(connection);
        }
        reply
    };
    // One that was kept may have been closed since.
    let kept = kept.map(&mut said).filter(|reply| reply.fate != Fate::Closed { after: 0 });
    let reply = match kept {
        Some(reply) => reply,
        None => said(peer.wait_anyway(peer.target.connect(name)).ok()?),
    };
    let answer = Doc::lenient(&reply.received, &LIMITS);
    let status = answer.root()?.child(tag::BATCH_ITEM)?.child(tag::RESULT_STATUS)?.as_u32()?;
    Some(status == ResultStatus::SUCCESS.0)
}

/// The version that a message states.
pub(super) fn version_of(doc: &Doc<'_>) -> Option<Version> {
    let number = |tag| doc.items().find(|item| item.tag() == tag).and_then(ItemRef::as_i32);
    let (major, minor) = (number(tag::PROTOCOL_VERSION_MAJOR)?, number(tag::PROTOCOL_VERSION_MINOR)?);
    ProtocolVersion { major, minor }.known()
}
