//! The gateway: operations and objects this server has not are another server's, and so is the answer.
//!
//! A batch is cut where the server that does it changes; each piece travels whole, so that Stop, Continue and the ID Placeholder
//! work inside it. A batch that is to be undone is never forwarded: nobody could undo what another server has done.

use super::copies::Terms;
use super::line::Caller;
use crate::auth::Shown;
use crate::dispatch::Core;
use crate::failure::Failure;
use crate::operations;
use crate::peer::Peer;
use crate::respond::{self, ItemResult, ResponseHeader, ResponseItem};
use crate::store::{Horizon, Transaction};
use kmipspec_protocol::message::RequestMessage;
use kmipspec_protocol::registry::{BatchErrorContinuationOption, Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, ItemType, Limits};
use kmipspec_protocol::version::Version;
use std::sync::Arc;

/// The table with the client for whom an object was made at another server, by identifier.
const FORWARDED: &str = "federation-forwarded";

/// Forwards requests.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// The other servers, in the order they were given.
    pub(crate) callers: Vec<Arc<Caller>>,
}

/// Where a batch item is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Here.
    Here,
    /// At another server.
    There(usize),
    /// Here if something is found, else there.
    Ask(usize),
    /// Where the one before it is done.
    Follows,
}

/// Consecutive items that are done in one place.
struct Piece {
    /// Where.
    side: Side,
    /// A message of their own.
    message: Vec<u8>,
    /// Operation and Unique Batch Item ID of each.
    items: Vec<(Option<Operation>, Option<Vec<u8>>)>,
}

/// A batch cut to pieces.
struct Plan {
    /// The pieces, in order.
    pieces: Vec<Piece>,
    /// Who asks.
    shown: Shown,
    /// The name of who asks.
    client: String,
    /// Version of the answer.
    version: Version,
    /// Whether the first failure ends the batch.
    stops: bool,
}

/// Operations without Unique Identifier that mean no object of before.
const MAKING: [Operation; 12] = [
    Operation::CREATE,
    Operation::CREATE_KEY_PAIR,
    Operation::REGISTER,
    Operation::IMPORT,
    Operation::QUERY,
    Operation::DISCOVER_VERSIONS,
    Operation::RNG_RETRIEVE,
    Operation::RNG_SEED,
    Operation::HASH,
    Operation::POLL,
    Operation::CANCEL,
    Operation::PING,
];

/// What may be done with a copy only where it came from.
const CHANGING: [Operation; 10] = [
    Operation::ACTIVATE,
    Operation::REVOKE,
    Operation::DESTROY,
    Operation::ADD_ATTRIBUTE,
    Operation::MODIFY_ATTRIBUTE,
    Operation::DELETE_ATTRIBUTE,
    Operation::SET_ATTRIBUTE,
    Operation::ADJUST_ATTRIBUTE,
    Operation::RE_KEY,
    Operation::RE_KEY_KEY_PAIR,
];

impl Gateway {
    /// The answer to a message of which something is to be forwarded; none: all is done here.
    pub(crate) async fn answer(&self, core: &Core, message: &[u8], peer: &Peer) -> Option<(Vec<u8>, Horizon)> {
        let plan = self.plan(core, message, peer)?;
        let mut horizon = plan.shown.horizon;
        let (mut header, mut answered) = (None, Vec::new());
        for piece in &plan.pieces {
            let bytes = match piece.side {
                Side::There(at) => self.forward(core, at, piece, &plan, &mut horizon).await,
                _ => {
                    let (bytes, rests_on) = core.again(&piece.message, peer, &plan.shown);
                    horizon = horizon.max(rests_on);
                    bytes
                }
            };
            let items = Doc::strict(&bytes, &Limits::default()).ok().and_then(|doc| Some(Item::from_ref(doc.root()?)));
            let items = items.map(|root| root.items().to_vec()).unwrap_or_default();
            let mut items = items.into_iter();
            header = header.or(items.next());
            let before = answered.len();
            answered.extend(items);
            let failed = Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0);
            let fails = |item: &Item| item.child(tag::RESULT_STATUS) == Some(&failed);
            if plan.stops && answered.iter().skip(before).any(fails) {
                break;
            }
        }
        let mut header = header?;
        let count = i32::try_from(answered.len()).unwrap_or(i32::MAX);
        for field in header.items_mut().into_iter().flatten().filter(|field| field.tag == tag::BATCH_COUNT) {
            *field = Item::integer(tag::BATCH_COUNT, count);
        }
        answered.insert(0, header);
        Some((Item::structure(tag::RESPONSE_MESSAGE, answered).encode(), horizon))
    }

    /// Sends a piece on; an answer of our own when there is none.
    async fn forward(&self, core: &Core, at: usize, piece: &Piece, plan: &Plan, horizon: &mut Horizon) -> Vec<u8> {
        let Some(caller) = self.callers.get(at) else { return Vec::new() };
        match caller.exchange(&piece.message, &core.config().limits).await {
            Ok(bytes) => {
                tracing::debug!(link = caller.link.name, client = plan.client, "forwarded");
                *horizon = (*horizon).max(remember(core, &bytes, &plan.client));
                bytes
            }
            Err(error) => {
                tracing::warn!(link = caller.link.name, %error, "a request could not be forwarded");
                let failure = Failure::internal(plan.version, "the server that this is forwarded to cannot be reached");
                let items: Vec<ResponseItem<'_>> = piece
                    .items
                    .iter()
                    .take(if plan.stops { 1 } else { usize::MAX })
                    .map(|(operation, id)| ResponseItem {
                        operation: *operation,
                        id: id.as_deref(),
                        result: ItemResult::Failed(failure.clone()),
                    })
                    .collect();
                respond::message(&ResponseHeader::new(plan.version, core.config().clock.now()), &items)
            }
        }
    }

    /// Cuts a batch; none when nothing of it is forwarded, or nobody who may have things forwarded asks.
    fn plan(&self, core: &Core, message: &[u8], peer: &Peer) -> Option<Plan> {
        let doc = Doc::strict(message, core.limits()).ok()?;
        let request = RequestMessage::decode_for(&doc, &core.config().versions).ok()?;
        let continuation = request.header.batch_error_continuation();
        if continuation == BatchErrorContinuationOption::UNDO {
            return None;
        }
        let version = request.reading.version;
        let items: Vec<ItemRef<'_>> = doc.root()?.children().filter(|item| item.tag() == tag::BATCH_ITEM).collect();
        let sides: Vec<Side> = {
            let transaction = core.store().begin();
            items.iter().map(|item| self.side(transaction.as_ref(), *item, version)).collect()
        };
        if sides.iter().all(|side| matches!(side, Side::Here | Side::Follows)) {
            return None;
        }
        let shown = core.authenticate(&request, peer).ok()?;
        let identity = core.admitted(&request, shown.identity.clone(), peer).ok()?;
        // A ticket that allows some objects only says nothing of those of another server.
        let restricted = identity.name.is_empty() || identity.grant.is_some();
        let header = doc.root()?.child(tag::REQUEST_HEADER).map(Item::from_ref)?;
        let mut pieces: Vec<(Side, Vec<ItemRef<'_>>)> = Vec::new();
        for (item, side) in items.into_iter().zip(sides) {
            let side = match side {
                Side::Follows => pieces.last().map_or(Side::Here, |(before, _)| *before),
                Side::There(_) | Side::Ask(_) if restricted => Side::Here,
                Side::There(at) if self.is_for(core, at, &identity.name, item) => Side::There(at),
                Side::Ask(at) if self.is_for(core, at, &identity.name, item) => {
                    let (answer, _) = core.again(&piece_message(&header, &[item], false), peer, &shown);
                    if found_nothing(&answer) { Side::There(at) } else { Side::Here }
                }
                _ => Side::Here,
            };
            match pieces.last_mut() {
                Some((before, together)) if *before == side => together.push(item),
                _ => pieces.push((side, vec![item])),
            }
        }
        let pieces = pieces.into_iter().map(|(side, items)| Piece {
            side,
            message: piece_message(&header, &items, side != Side::Here),
            items: items.iter().map(|item| (operation(*item), id(*item))).collect(),
        });
        let stops = continuation != BatchErrorContinuationOption::CONTINUE;
        Some(Plan { pieces: pieces.collect(), shown, client: identity.name, version, stops })
    }

    /// Whether the link forwards for a client, and what the item means was not made there for another one.
    fn is_for(&self, core: &Core, at: usize, client: &str, item: ItemRef<'_>) -> bool {
        let Some(caller) = self.callers.get(at) else { return false };
        let transaction = core.store().begin();
        let mine = |id: &str| transaction.record(FORWARDED, id).is_none_or(|owner| owner.as_ref() == client.as_bytes());
        let clients = &caller.link.clients;
        (clients.is_empty() || clients.iter().any(|name| name == client)) && identifiers(item).all(mine)
    }

    /// Where an item belongs.
    fn side(&self, transaction: &dyn Transaction, item: ItemRef<'_>, version: Version) -> Side {
        let Some(operation) = operation(item) else { return Side::Here };
        let listed = self.callers.iter().position(|caller| caller.link.operations.contains(&operation));
        if let Some(at) = listed {
            return Side::There(at);
        }
        if operation.exists(version) && operations::row(operation, version).is_none() {
            return Side::There(0);
        }
        if operation == Operation::LOCATE {
            return Side::Ask(0);
        }
        if MAKING.contains(&operation) {
            return Side::Here;
        }
        let mut ids = identifiers(item).peekable();
        if ids.peek().is_none() {
            return Side::Follows;
        }
        for id in ids {
            if transaction.object(id).is_none() {
                return Side::There(0);
            }
            let source = Terms::of(transaction, id).filter(|terms| terms.read_only && CHANGING.contains(&operation));
            let at = source.and_then(|terms| self.callers.iter().position(|c| c.link.name == terms.source));
            if let Some(at) = at {
                return Side::There(at);
            }
        }
        Side::Here
    }
}

/// The operation of a batch item.
fn operation(item: ItemRef<'_>) -> Option<Operation> {
    item.child(tag::OPERATION).and_then(ItemRef::as_u32).map(Operation)
}

/// Its Unique Batch Item ID.
fn id(item: ItemRef<'_>) -> Option<Vec<u8>> {
    item.child(tag::UNIQUE_BATCH_ITEM_ID).and_then(ItemRef::as_bytes).map(<[u8]>::to_vec)
}

/// The identifiers that a request names itself.
fn identifiers(item: ItemRef<'_>) -> impl Iterator<Item = &str> {
    let payload = item.child(tag::REQUEST_PAYLOAD).filter(|payload| payload.ty() == ItemType::STRUCTURE);
    let fields = payload.into_iter().flat_map(ItemRef::children);
    fields.filter(|field| field.tag() == tag::UNIQUE_IDENTIFIER).filter_map(ItemRef::as_text)
}

/// A message with some items of a batch. Credentials and what only this connection can do stay here.
fn piece_message(header: &Item, items: &[ItemRef<'_>], forwarded: bool) -> Vec<u8> {
    let mut header = header.clone();
    if let Some(fields) = header.items_mut() {
        fields.retain(|field| {
            !forwarded
                || !matches!(
                    field.tag,
                    tag::AUTHENTICATION | tag::ASYNCHRONOUS_INDICATOR | tag::ATTESTATION_CAPABLE_INDICATOR
                )
        });
        for field in fields.iter_mut().filter(|field| field.tag == tag::BATCH_COUNT) {
            *field = Item::integer(tag::BATCH_COUNT, i32::try_from(items.len()).unwrap_or(i32::MAX));
        }
    }
    let mut message = vec![header];
    message.extend(items.iter().map(|item| Item::from_ref(*item)));
    Item::structure(tag::REQUEST_MESSAGE, message).encode()
}

/// Whether a Locate succeeded without finding anything.
fn found_nothing(answer: &[u8]) -> bool {
    let Ok(doc) = Doc::strict(answer, &Limits::default()) else { return false };
    let Some(item) = doc.root().and_then(|root| root.child(tag::BATCH_ITEM)) else { return false };
    item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32) == Some(ResultStatus::SUCCESS.0)
        && item.child(tag::RESPONSE_PAYLOAD).is_none_or(|payload| payload.child(tag::UNIQUE_IDENTIFIER).is_none())
}

/// Operations whose answers name objects that were made by them.
const GIVING: [Operation; 10] = [
    Operation::CREATE,
    Operation::CREATE_KEY_PAIR,
    Operation::REGISTER,
    Operation::DERIVE_KEY,
    Operation::CERTIFY,
    Operation::RE_CERTIFY,
    Operation::RE_KEY,
    Operation::RE_KEY_KEY_PAIR,
    Operation::CREATE_SPLIT_KEY,
    Operation::JOIN_SPLIT_KEY,
];

/// Notes for whom objects were made at the other server: to its eyes all of them are this server's.
fn remember(core: &Core, answer: &[u8], client: &str) -> Horizon {
    let Ok(doc) = Doc::strict(answer, &Limits::default()) else { return Horizon::default() };
    let items = doc.root().into_iter().flat_map(ItemRef::children).filter(|item| item.tag() == tag::BATCH_ITEM);
    let made = items.filter(|item| operation(*item).is_some_and(|operation| GIVING.contains(&operation)));
    let fields = made.filter_map(|item| item.child(tag::RESPONSE_PAYLOAD)).flat_map(ItemRef::children);
    let named = fields.filter(|field| {
        matches!(
            field.tag(),
            tag::UNIQUE_IDENTIFIER | tag::PRIVATE_KEY_UNIQUE_IDENTIFIER | tag::PUBLIC_KEY_UNIQUE_IDENTIFIER
        )
    });
    let ids: Vec<&str> = named.filter_map(ItemRef::as_text).collect();
    if ids.is_empty() {
        return Horizon::default();
    }
    let mut transaction = core.store().begin();
    for id in ids {
        transaction.put_record(FORWARDED, id, Some(client.as_bytes()));
    }
    transaction.commit()
}
