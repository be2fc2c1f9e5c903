//! Requests of which it is only asked whether the server takes them.

use super::Outcome;
use super::limit::Not;
use crate::client::Session;
use crate::client::session::Options;
use crate::runner::event::{Exchange, Fate};
use crate::runner::message::{self, Answer};
use crate::runner::sanity::authentication_of;
use crate::runner::{Stop, cleanup};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, NameType, ObjectType, Operation, QueryFunction, ResultStatus, tag,
};
use kmipspec_protocol::schema::attribute_row;
use kmipspec_protocol::ttlv::{Item, ItemRef, Tag};
use kmipspec_protocol::version::Version;

/// A tag that is left to vendors (2.1 §11.58), for what a message is filled up with.
const FILLING: Tag = Tag(0x54_0001);

/// What makes a message large.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filling {
    /// A Message Extension to Query.
    Extension,
    /// The Name that Locate looks for.
    Name,
}

/// A session that asks.
pub(super) struct Asking {
    session: Session,
    identity: String,
    version: Version,
    stop: Stop,
}

impl Asking {
    /// One that asks at a version.
    pub(super) fn new(session: Session, version: Version, stop: Stop) -> Self {
        let identity = session.target().default_identity().to_owned();
        Self { session, identity, version, stop }
    }

    /// A Query.
    pub(super) async fn query(&mut self) -> Result<(), Not> {
        let bytes = self.query_bytes();
        self.all_done(bytes, 1).await
    }

    /// Its message.
    pub(super) fn query_bytes(&self) -> Vec<u8> {
        self.message(Vec::new(), vec![little()])
    }

    /// A Query with this Time Stamp, in seconds since 1970.
    pub(super) async fn stamped(&mut self, time: i64) -> Result<(), Not> {
        let stamp = vec![Item::date_time(tag::TIME_STAMP, time)];
        let bytes = self.message(stamp, vec![little()]);
        self.all_done(bytes, 1).await
    }

    /// A request of so many bytes, or a few less, that asks for nothing much.
    pub(super) async fn sized(&mut self, bytes: u64, filling: Filling) -> Result<(), Not> {
        let filled = |size: usize| {
            let item = match filling {
                Filling::Extension => with(little(), extension(size)),
                Filling::Name => {
                    let name = vec![
                        Item::text(tag::NAME_VALUE, "n".repeat(size)),
                        Item::enumeration(tag::NAME_TYPE, NameType::UNINTERPRETED_TEXT_STRING.0),
                    ];
                    let named = self.attributes(tag::ATTRIBUTES, vec![Item::structure(tag::NAME, name)]);
                    message::batch_item(Operation::LOCATE, None, named)
                }
            };
            self.message(Vec::new(), vec![item])
        };
        let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
        let bytes = filled(wanted.saturating_sub(filled(0).len()));
        self.all_done(bytes, 1).await
    }

    /// A batch of so many Queries.
    pub(super) async fn batch(&mut self, items: u64) -> Result<(), Not> {
        let count = usize::try_from(items).unwrap_or(usize::MAX);
        let bytes = self.message(Vec::new(), (0..items).map(numbered).collect());
        self.all_done(bytes, count).await
    }

    /// Makes objects of one Object Group, counts those that Locate tells of, and removes them.
    pub(super) async fn located(&mut self, objects: u64) -> Outcome {
        let group = format!("kmipspec-measure-{:x}", std::process::id());
        let mut made = Vec::new();
        let mut why = None;
        while why.is_none() && (made.len() as u64) < objects {
            match self.make(&group, &made).await {
                Ok(id) => made.push(id),
                Err(not) => why = Some(not.to_string()),
            }
        }
        let found = match why {
            None => self.locate(&group).await.map_err(|not| not.to_string()),
            Some(why) => Err(format!("object {} of {objects} could not be made: {why}", made.len() + 1)),
        };
        let found = found.map(|ids| ids.len() as u64);
        let mut left = Vec::new();
        for id in &made {
            if let Err(why) = cleanup::remove(&mut self.session, &self.identity, self.version, id).await {
                left.push(format!("{id} ({why})"));
            }
            self.session.take_transcript();
        }
        if !left.is_empty() {
            let why = format!("{} objects could not be removed: {}", left.len(), left.join(", "));
            return Outcome::NotMeasured { why };
        }
        match found {
            Ok(found) if found < made.len() as u64 => {
                Outcome::Limit { taken: found, not_taken: found + 1, how: format!("{} objects were there", made.len()) }
            }
            Ok(_) => Outcome::NoLimit { up_to: objects },
            Err(why) => Outcome::NotMeasured { why },
        }
    }

    /// Creates a key in a group that has these so far; its Unique Identifier. Where the answer was lost, the group tells whether it
    /// was made: asked once more without a look, the server would keep one that nobody removes.
    async fn make(&mut self, group: &str, made: &[String]) -> Result<String, Not> {
        let bytes = self.creation(group);
        let exchange = match self.once(bytes.clone()).await {
            Err(_) if self.session.reuse_failed() && !self.stop.is_asked() => {
                if let Some(id) = self.locate(group).await?.into_iter().find(|id| !made.contains(id)) {
                    return Ok(id);
                }
                self.once(bytes).await?
            }
            exchange => exchange?,
        };
        let doc = message::tree(&exchange.received);
        let id = doc.items().find(|item| item.tag() == tag::UNIQUE_IDENTIFIER).and_then(ItemRef::as_text);
        id.map(str::to_owned).ok_or_else(|| Not::Taken("Create was answered without a Unique Identifier".to_owned()))
    }

    /// The message that creates a key in a group.
    fn creation(&self, group: &str) -> Vec<u8> {
        let group = Item::text(tag::OBJECT_GROUP, group);
        let algorithm = Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, CryptographicAlgorithm::AES.0);
        let length = Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 128);
        // Encrypt and Decrypt.
        let mask = Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 12);
        let attributes = self.attributes(tag::TEMPLATE_ATTRIBUTE, vec![algorithm, length, mask, group]);
        let payload = [vec![Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0)], attributes].concat();
        self.message(Vec::new(), vec![message::batch_item(Operation::CREATE, None, payload)])
    }

    /// The objects of a group that Locate tells of.
    async fn locate(&mut self, group: &str) -> Result<Vec<String>, Not> {
        let payload = self.attributes(tag::ATTRIBUTES, vec![Item::text(tag::OBJECT_GROUP, group)]);
        let bytes = self.message(Vec::new(), vec![message::batch_item(Operation::LOCATE, None, payload)]);
        let exchange = self.done(bytes, 1).await?;
        let doc = message::tree(&exchange.received);
        let ids = doc.items().filter(|item| item.tag() == tag::UNIQUE_IDENTIFIER);
        Ok(ids.map(|id| id.as_text().unwrap_or_default().to_owned()).collect())
    }

    /// Attributes as a payload of this version has them; in 1.x those of Create are in a Template-Attribute.
    fn attributes(&self, container: Tag, items: Vec<Item>) -> Vec<Item> {
        if self.version >= Version::V2_0 {
            return vec![Item::structure(tag::ATTRIBUTES, items)];
        }
        let named = items.into_iter().map(|item| {
            let name = attribute_row(item.tag).map_or("", |row| row.name);
            Item::structure(
                tag::ATTRIBUTE,
                vec![Item::text(tag::ATTRIBUTE_NAME, name), item.with_tag(tag::ATTRIBUTE_VALUE)],
            )
        });
        match container {
            tag::TEMPLATE_ATTRIBUTE => vec![Item::structure(container, named.collect())],
            _ => named.collect(),
        }
    }

    /// A message of this version.
    fn message(&self, header: Vec<Item>, items: Vec<Item>) -> Vec<u8> {
        let authentication = authentication_of(&self.session, &self.identity);
        message::of(self.version, authentication.as_ref(), header, items)
    }

    /// Sends a message that does no harm when it arrives twice, of which so many items have to succeed.
    async fn all_done(&mut self, bytes: Vec<u8>, items: usize) -> Result<(), Not> {
        self.done(bytes, items).await.map(drop)
    }

    /// The same, with what was said.
    async fn done(&mut self, bytes: Vec<u8>, items: usize) -> Result<Exchange, Not> {
        if self.stop.is_asked() {
            return Err(Not::Stopped);
        }
        self.session.exchange_again(Options::new("measure", &self.identity), bytes).await;
        self.outcome(items)
    }

    /// Sends a message of one item that must not arrive twice.
    async fn once(&mut self, bytes: Vec<u8>) -> Result<Exchange, Not> {
        if self.stop.is_asked() {
            return Err(Not::Stopped);
        }
        self.session.exchange(Options::new("measure", &self.identity), bytes).await;
        self.outcome(1)
    }

    /// What came of the message that was sent last: whether so many items succeeded.
    fn outcome(&mut self, items: usize) -> Result<Exchange, Not> {
        let connect = self.session.take_connect_error();
        let Some(exchange) = self.session.take_transcript().pop() else {
            return Err(Not::Taken("no answer".to_owned()));
        };
        if let Some(error) = connect {
            return Err(Not::Taken(error.to_string()));
        }
        answered(&exchange.fate)?;
        let doc = message::tree(&exchange.received);
        let done = message::batch_items(&doc)
            .filter(|item| item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32) == Some(ResultStatus::SUCCESS.0));
        match done.count() {
            count if count == items => Ok(exchange),
            1.. => Err(Not::Taken(format!("not all of {items} items succeeded"))),
            _ => Err(Not::Taken(Answer::read(&doc).describe())),
        }
    }
}

/// A batch item with a Query that has little to tell.
fn little() -> Item {
    message::batch_item(Operation::QUERY, None, little_payload())
}

/// The same with a Unique Batch Item ID.
fn numbered(n: u64) -> Item {
    message::batch_item(Operation::QUERY, Some(&n.to_be_bytes()), little_payload())
}

fn little_payload() -> Vec<Item> {
    vec![Item::enumeration(tag::QUERY_FUNCTION, QueryFunction::QUERY_APPLICATION_NAMESPACES.0)]
}

/// A batch item with a Message Extension behind its payload.
fn with(mut item: Item, extension: Item) -> Item {
    item.push(extension);
    item
}

/// A Message Extension that need not be understood, with so many bytes in it (1.0 §6.16).
fn extension(size: usize) -> Item {
    let fields = vec![
        Item::text(tag::VENDOR_IDENTIFICATION, "kmipspec"),
        Item::boolean(tag::CRITICALITY_INDICATOR, false),
        Item::structure(tag::VENDOR_EXTENSION, vec![Item::bytes(FILLING, vec![0; size])]),
    ];
    Item::structure(tag::MESSAGE_EXTENSION, fields)
}

/// Whether a message came back.
pub(super) fn answered(fate: &Fate) -> Result<(), Not> {
    match fate {
        Fate::Answered => Ok(()),
        fate => Err(Not::Taken(fate.told())),
    }
}
