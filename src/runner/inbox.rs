//! What the peer tells us at our listener: answered at once, as a client answers (1.4 §5, 2.1 §6.2), and kept until a case asks
//! for it.

use super::message::{self, operation_of};
use crate::client::listener::Answers;
use kmipspec_protocol::registry::{ObjectType, Operation, QueryFunction, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Things told that are kept at most; the oldest goes when there is one too many.
const KEPT: usize = 4_096;
/// Bytes of messages that are kept at most, in all.
const KEPT_BYTES: usize = 64 << 20;
/// Batch items of one message that are answered.
const ITEMS: usize = 256;
/// What a client does when a server asks.
const OURS: [Operation; 4] = [Operation::DISCOVER_VERSIONS, Operation::QUERY, Operation::NOTIFY, Operation::PUT];

/// One Notify or Put.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Counts what came, from 1.
    pub(super) number: u64,
    /// The version of the message; none if it was never published.
    pub(super) version: Option<Version>,
    /// The operation.
    pub(super) operation: Operation,
    /// The object it is about.
    pub(super) unique_identifier: String,
    /// Its place among the batch items of the message.
    pub(super) index: usize,
    /// The message, exactly.
    pub(super) message: Arc<[u8]>,
    /// Our answer, exactly.
    pub(super) answer: Arc<[u8]>,
}

/// Everything told that no case has asked for yet.
#[derive(Debug)]
pub(super) struct Inbox {
    /// The versions of the run, best first.
    versions: Vec<Version>,
    state: Mutex<State>,
    /// Changes whenever something comes.
    came: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    told: VecDeque<Told>,
    bytes: usize,
    number: u64,
    trouble: Option<String>,
}

impl Inbox {
    /// An empty one, for a run at these versions.
    pub(super) fn new(versions: &[Version]) -> Self {
        let mut versions = versions.to_vec();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        Self { versions, state: Mutex::default(), came: watch::Sender::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the latest thing told.
    pub(super) fn latest(&self) -> u64 {
        self.state().number
    }

    /// Changes whenever something comes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.came.subscribe()
    }

    /// What was told of an object by an operation after a number, oldest first.
    pub(super) fn about(&self, operation: Operation, unique_identifier: &str, after: u64) -> Vec<Told> {
        let fits = |t: &&Told| t.number > after && t.operation == operation && t.unique_identifier == unique_identifier;
        self.state().told.iter().filter(fits).cloned().collect()
    }

    /// Forgets what was told of an object by an operation up to a number.
    pub(super) fn forget(&self, operation: Operation, unique_identifier: &str, up_to: u64) {
        let state = &mut *self.state();
        state.told.retain(|t| t.number > up_to || t.operation != operation || t.unique_identifier != unique_identifier);
        state.bytes = state.told.iter().map(|t| t.message.len()).sum();
    }

    /// The last thing that went wrong with a connection to us.
    pub(super) fn last_trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// Keeps what a message tells.
    fn keep(&self, told: Vec<Told>) {
        if told.is_empty() {
            return;
        }
        let number = {
            let state = &mut *self.state();
            for mut told in told {
                state.number += 1;
                told.number = state.number;
                state.bytes = state.bytes.saturating_add(told.message.len());
                state.told.push_back(told);
            }
            while state.told.len() > KEPT || state.bytes > KEPT_BYTES {
                let Some(oldest) = state.told.pop_front() else { break };
                state.bytes = state.bytes.saturating_sub(oldest.message.len());
            }
            state.number
        };
        self.came.send_replace(number);
    }

    /// The payload of the answer to a question of the server: to all but Query and Discover Versions there is none.
    fn payload(&self, operation: Operation, asked: Option<ItemRef<'_>>, version: Option<Version>) -> Option<Item> {
        let fields = match operation {
            Operation::DISCOVER_VERSIONS => self.common_versions(asked),
            Operation::QUERY => queried(asked, version.unwrap_or(Version::V1_3)),
            _ => return None,
        };
        Some(Item::structure(tag::RESPONSE_PAYLOAD, fields))
    }

    /// The versions of the run that the server has, too; all where it names none (2.1 §6.2.1).
    fn common_versions(&self, asked: Option<ItemRef<'_>>) -> Vec<Item> {
        let named = asked.into_iter().flat_map(ItemRef::children).filter(|i| i.tag() == tag::PROTOCOL_VERSION);
        let named: Vec<ProtocolVersion> = named.filter_map(ProtocolVersion::of).take(ITEMS).collect();
        let ours = self.versions.iter().copied().map(ProtocolVersion::from);
        ours.filter(|v| named.is_empty() || named.contains(v)).map(version_item).collect()
    }

    /// The answer to a batch item.
    fn answer_item(&self, item: ItemRef<'_>, version: Option<Version>) -> Item {
        let mut fields = Vec::new();
        let operation = operation_of(item);
        fields.extend(operation.map(|o| Item::enumeration(tag::OPERATION, o.0)));
        fields.extend(item.child(tag::UNIQUE_BATCH_ITEM_ID).map(Item::from_ref));
        match operation.filter(|o| OURS.contains(o)) {
            Some(operation) => {
                fields.push(Item::enumeration(tag::RESULT_STATUS, ResultStatus::SUCCESS.0));
                fields.extend(self.payload(operation, item.child(tag::REQUEST_PAYLOAD), version));
            }
            None => fields.extend([
                Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
                Item::enumeration(tag::RESULT_REASON, ResultReason::OPERATION_NOT_SUPPORTED.0),
                Item::text(tag::RESULT_MESSAGE, "a client that is only told of changes"),
            ]),
        }
        Item::structure(tag::BATCH_ITEM, fields)
    }
}

impl Answers for Inbox {
    fn answer(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let doc = message::tree(bytes);
        let root = doc.root().filter(|root| root.tag() == tag::REQUEST_MESSAGE)?;
        let stated = ProtocolVersion::of(root.child(tag::REQUEST_HEADER)?.child(tag::PROTOCOL_VERSION)?)?;
        let version = stated.known();
        let items: Vec<ItemRef<'_>> = message::batch_items(&doc).take(ITEMS).collect();
        let mut header = vec![version_item(stated), Item::date_time(tag::TIME_STAMP, super::now())];
        // 3.0 counts no batch items.
        if version.is_none_or(|v| v < Version::V3_0) {
            header.push(Item::integer(tag::BATCH_COUNT, i32::try_from(items.len()).unwrap_or(i32::MAX)));
        }
        let mut answer = vec![Item::structure(tag::RESPONSE_HEADER, header)];
        answer.extend(items.iter().map(|item| self.answer_item(*item, version)));
        let answer: Arc<[u8]> = Item::structure(tag::RESPONSE_MESSAGE, answer).encode().into();
        let whole: Arc<[u8]> = bytes.into();
        let told = items.iter().enumerate().filter_map(|(index, item)| {
            let operation = operation_of(*item).filter(|o| [Operation::NOTIFY, Operation::PUT].contains(o))?;
            let about = item.child(tag::REQUEST_PAYLOAD)?.child(tag::UNIQUE_IDENTIFIER)?.as_text()?.to_owned();
            let (message, answer) = (Arc::clone(&whole), Arc::clone(&answer));
            Some(Told { number: 0, version, operation, unique_identifier: about, index, message, answer })
        });
        self.keep(told.collect());
        Some(answer.to_vec())
    }

    fn trouble(&self, why: String) {
        self.state().trouble = Some(why);
    }
}

/// What a server that asks is told of us: what we do, that we can hold every object, and who we are.
fn queried(asked: Option<ItemRef<'_>>, version: Version) -> Vec<Item> {
    let functions: Vec<u32> =
        asked.into_iter().flat_map(ItemRef::children).filter_map(ItemRef::as_u32).take(ITEMS).collect();
    let asks = |function: QueryFunction| functions.contains(&function.0);
    let mut fields = Vec::new();
    if asks(QueryFunction::QUERY_OPERATIONS) {
        fields.extend(OURS.iter().filter(|o| o.exists(version)).map(|o| Item::enumeration(tag::OPERATION, o.0)));
    }
    if asks(QueryFunction::QUERY_OBJECTS) {
        let all = ObjectType::TABLE.values.iter().map(|row| ObjectType(row.code)).filter(|o| o.exists(version));
        fields.extend(all.map(|o| Item::enumeration(tag::OBJECT_TYPE, o.0)));
    }
    if asks(QueryFunction::QUERY_SERVER_INFORMATION) {
        fields.push(Item::text(tag::VENDOR_IDENTIFICATION, "kmipspec"));
    }
    fields
}

fn version_item(version: ProtocolVersion) -> Item {
    let numbers = vec![
        Item::integer(tag::PROTOCOL_VERSION_MAJOR, version.major),
        Item::integer(tag::PROTOCOL_VERSION_MINOR, version.minor),
    ];
    Item::structure(tag::PROTOCOL_VERSION, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::schema::{Context, check_request, check_response};
    use kmipspec_protocol::ttlv::{Doc, Limits};

    fn ask(version: Version, operation: Operation, payload: Vec<Item>) -> Vec<u8> {
        message::request(version, None, operation, payload)
    }

    fn about(id: &str) -> Vec<Item> {
        vec![Item::text(tag::UNIQUE_IDENTIFIER, id)]
    }

    #[test]
    fn answers_are_sound_and_what_is_told_is_kept_until_it_is_forgotten() {
        let inbox = Inbox::new(&[Version::V1_4, Version::V2_1]);
        for version in [Version::V1_0, Version::V1_4, Version::V2_1] {
            for (operation, payload) in [
                (Operation::NOTIFY, about("a")),
                (Operation::PUT, about("a")),
                (Operation::QUERY, [1, 2, 3].map(|f| Item::enumeration(tag::QUERY_FUNCTION, f)).to_vec()),
                (Operation::GET, about("a")),
            ] {
                let request = ask(version, operation, payload);
                let answer = inbox.answer(&request).expect("an answer");
                let (asked, answered) = (Doc::lenient(&request, &Limits::default()), message::tree(&answer));
                let found = check_response(&answered, &Context { version, request: Some(&asked) });
                assert!(found.is_empty(), "{operation:?} at {version}: {found:?}");
                assert_eq!(message::Answer::read(&answered).succeeded(), operation != Operation::GET);
            }
        }
        let told = inbox.about(Operation::NOTIFY, "a", 0);
        assert_eq!(told.iter().map(|t| t.number).collect::<Vec<_>>(), [1, 3, 5], "Put counts, too");
        assert_eq!(inbox.about(Operation::NOTIFY, "a", 3).len(), 1);
        assert!(inbox.about(Operation::NOTIFY, "b", 0).is_empty());
        inbox.forget(Operation::NOTIFY, "a", 3);
        assert_eq!(inbox.about(Operation::NOTIFY, "a", 0).len(), 1);
        assert_eq!(inbox.about(Operation::PUT, "a", 0).len(), 3);
        assert_eq!(inbox.latest(), 6);
    }

    #[test]
    fn the_versions_of_the_run_are_offered_best_first() {
        let inbox = Inbox::new(&[Version::V1_2, Version::V1_4, Version::V2_1]);
        let discovered = |named: &[Version]| -> Vec<ProtocolVersion> {
            let payload = named.iter().map(|v| version_item(ProtocolVersion::from(*v))).collect();
            let request = ask(Version::V2_1, Operation::DISCOVER_VERSIONS, payload);
            let found = check_request(&message::tree(&request), Version::V2_1);
            assert!(found.is_empty(), "{found:?}");
            let answer = inbox.answer(&request).expect("an answer");
            let doc = message::tree(&answer);
            let payload = message::batch_items(&doc).next().and_then(|i| i.child(tag::RESPONSE_PAYLOAD));
            payload.into_iter().flat_map(ItemRef::children).filter_map(ProtocolVersion::of).collect()
        };
        let of = |all: &[Version]| all.iter().copied().map(ProtocolVersion::from).collect::<Vec<_>>();
        assert_eq!(discovered(&[]), of(&[Version::V2_1, Version::V1_4, Version::V1_2]));
        assert_eq!(discovered(&[Version::V1_0, Version::V1_4]), of(&[Version::V1_4]));
        assert_eq!(discovered(&[Version::V1_0]), of(&[]));
    }

    #[test]
    fn what_is_no_request_is_not_answered_and_nothing_is_kept_without_end() {
        let inbox = Inbox::new(&[Version::V1_4]);
        let response = Item::structure(tag::RESPONSE_MESSAGE, Vec::new()).encode();
        let headless = Item::structure(tag::REQUEST_MESSAGE, Vec::new()).encode();
        for bytes in [&[][..], b"\x42\x00\x78\x01\xff\xff\xff\xff", &response, &headless] {
            assert!(inbox.answer(bytes).is_none(), "{bytes:02x?}");
        }
        let whole = ask(Version::V1_4, Operation::NOTIFY, about("a"));
        for end in 0..whole.len() {
            let _ = inbox.answer(&whole[..end]);
        }
        for _ in 0..KEPT + 10 {
            inbox.answer(&whole).expect("an answer");
        }
        assert_eq!(inbox.state().told.len(), KEPT);
        assert_eq!(inbox.state().bytes, KEPT * whole.len());
    }
}
