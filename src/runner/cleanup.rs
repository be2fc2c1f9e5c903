//! Removes what a case made on the peer, and nothing else: Destroy, or Revoke and then Destroy.

use super::message::{self, Answer};
use super::sanity::authentication_of;
use crate::client::Session;
use crate::client::session::Options;
use crate::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, ResultReason, RevocationReasonCode, tag};
use kmipspec_protocol::ttlv::{Item, ItemType};
use kmipspec_protocol::version::Version;

/// Removes one object. `Err` says what the peer answered instead.
pub(super) async fn remove(
    session: &mut Session,
    identity: &str,
    version: Version,
    unique_identifier: &str,
) -> Result<(), String> {
    let first = destroy(session, identity, version, unique_identifier).await?;
    if is_gone(&first) {
        return Ok(());
    }
    // An archived object has to be brought back first (1.0 §4.22), an active one taken out of use (1.0 §4.20).
    if first.reason == Some(ResultReason::OBJECT_ARCHIVED) {
        send(session, identity, version, Operation::RECOVER, vec![identifier(version, unique_identifier)]).await?;
    }
    let reason = Item::structure(
        tag::REVOCATION_REASON,
        vec![Item::enumeration(tag::REVOCATION_REASON_CODE, RevocationReasonCode::CESSATION_OF_OPERATION.0)],
    );
    send(session, identity, version, Operation::REVOKE, vec![identifier(version, unique_identifier), reason]).await?;
    let second = destroy(session, identity, version, unique_identifier).await?;
    if is_gone(&second) { Ok(()) } else { Err(format!("Destroy was answered {}", second.describe())) }
}

/// Destroyed now, or not there (any more).
fn is_gone(answer: &Answer) -> bool {
    let gone = [ResultReason::ITEM_NOT_FOUND, ResultReason::OBJECT_NOT_FOUND, ResultReason::OBJECT_DESTROYED];
    answer.succeeded() || answer.reason.is_some_and(|r| gone.contains(&r))
}

async fn destroy(
    session: &mut Session,
    identity: &str,
    version: Version,
    unique_identifier: &str,
) -> Result<Answer, String> {
    send(session, identity, version, Operation::DESTROY, vec![identifier(version, unique_identifier)]).await
}

async fn send(
    session: &mut Session,
    identity: &str,
    version: Version,
    operation: Operation,
    payload: Vec<Item>,
) -> Result<Answer, String> {
    let authentication = authentication_of(session, identity);
    let bytes = message::request(version, authentication.as_ref(), operation, payload);
    let place = session.exchange_again(Options::new("cleanup", identity), bytes).await;
    match session.transcript().get(place) {
        Some(exchange) if exchange.fate == Fate::Answered => Ok(Answer::read(&message::tree(&exchange.received))),
        Some(exchange) => Err(format!("no answer: {:?}", exchange.fate)),
        None => Err("no answer".to_owned()),
    }
}

/// Unique Identifier: text, at 3.0 a type of its own.
fn identifier(version: Version, unique_identifier: &str) -> Item {
    let ty = if version < Version::V3_0 { ItemType::TEXT_STRING } else { ItemType::IDENTIFIER };
    Item::text_of(tag::UNIQUE_IDENTIFIER, ty, unique_identifier)
}
