//! What an operation works with: the request's version and client, the clock, the transaction, and the identifiers of the batch so far.

use crate::access;
use crate::config::Config;
use crate::cryptography;
use crate::failure::{Failure, Outcome};
use crate::federation;
use crate::grant::Permit;
use crate::hold;
use crate::identity::Identity;
use crate::lifecycle;
use crate::object::StoredObject;
use crate::peer::Peer;
use crate::prepared::Prepared;
use crate::principals;
use crate::respond::ItemResult;
use crate::services::Services;
use crate::shell;
use crate::split_key;
use crate::store::{Horizon, Transaction};
use crate::streams::Before;
use kmipspec_protocol::message::{Data, Reading, UniqueIdentifier};
use kmipspec_protocol::registry::{self, NameType, Operation, ResultReason, UniqueIdentifier as Which, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::borrow::Cow;
use std::sync::Arc;

/// Tables whose records belong to objects, by identifier.
const OF_OBJECTS: [&str; 4] = [shell::TABLE, hold::TABLE, principals::REMEMBERED, split_key::FIELDS];

/// Unique Identifiers that later items of the same batch may mean without naming them.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    /// The ID Placeholder (1.4 §4, 2.1 §6): set by operations that make or find one object, emptied by others.
    pub(crate) placeholder: Option<String>,
    /// Whether the batch is done in order: otherwise the placeholder cannot be used.
    pub(crate) ordered: bool,
    /// Every identifier returned so far, in order, with the operation that returned it (2.1 §11.58, §4.58).
    pub(crate) returned: Vec<(Operation, String)>,
    /// Data that cryptographic operations gave so far, in order (2.1 §11.13).
    pub(crate) data: Vec<(Operation, Vec<u8>)>,
    /// How each stream was before the batch changed it, in order.
    pub(crate) streams: Vec<Before>,
    /// Asynchronous Correlation Values whose results the response tells for good.
    pub(crate) told: Vec<Vec<u8>>,
    /// What must be saved before those are told.
    pub(crate) horizon: Horizon,
}

/// What an operation works with.
pub(crate) struct Context<'a> {
    /// Settings.
    pub(crate) config: &'a Config,
    /// The version whose rules apply, and what happens to fields it does not have.
    pub(crate) reading: Reading,
    /// The version alone.
    pub(crate) version: Version,
    /// Who is asking, by name.
    pub(crate) client: &'a str,
    /// Who is asking, and what is known of it.
    pub(crate) identity: &'a Identity,
    /// What its ticket still allows, if it came with one.
    pub(crate) permit: Permit<'a>,
    /// The operation being done.
    pub(crate) operation: Operation,
    /// When the message arrived, seconds since 1970: one time for the whole batch.
    pub(crate) now: i64,
    /// The store.
    pub(crate) transaction: &'a mut dyn Transaction,
    /// What lives beside the store.
    pub(crate) services: &'a Services,
    /// The connection the request came by.
    pub(crate) peer: &'a Peer,
    /// What was done before the transaction began.
    pub(crate) prepared: &'a mut Prepared,
    /// Poll: the operation and the result that are answered in place of its own.
    pub(crate) instead: Option<(Operation, ItemResult)>,
    /// Identifiers of the batch.
    pub(crate) references: &'a mut References,
}

impl Context<'_> {
    /// The object that a request means: by its text, by a reference into the batch (2.1 §4.58), or by the ID Placeholder.
    pub(crate) fn unique_identifier(&self, given: Option<&UniqueIdentifier<'_>>) -> Outcome<String> {
        match given {
            Some(UniqueIdentifier::Text(text) | UniqueIdentifier::Reference(text)) => Ok(text.clone().into_owned()),
            Some(UniqueIdentifier::NameReference(name)) => self.by_name(name),
            Some(UniqueIdentifier::Placeholder(which)) => self.by_operation(*which),
            Some(UniqueIdentifier::Integer(index)) => self.by_index(*index),
            None => self.placeholder(),
        }
    }

    /// 3.0: the one object of this client that has the Name.
    fn by_name(&self, name: &str) -> Outcome<String> {
        let mut named = self.transaction.named(NameType::UNINTERPRETED_TEXT_STRING.0, name).into_iter().filter(|id| {
            self.transaction
                .object(id)
                .is_some_and(|object| access::allowed(self.config, &object, self.identity, self.operation))
        });
        named.next().ok_or_else(|| Failure::not_found(self.version))
    }

    /// The ID Placeholder, where it may be used.
    fn placeholder(&self) -> Outcome<String> {
        match &self.references.placeholder {
            Some(id) if self.references.ordered => Ok(id.clone()),
            Some(_) => Err(Failure::by_version(
                self.version,
                ResultReason::ITEM_NOT_FOUND,
                ResultReason::OBJECT_NOT_FOUND,
                "the ID Placeholder needs Batch Order Option true",
            )),
            None => Err(Failure::by_version(
                self.version,
                ResultReason::ITEM_NOT_FOUND,
                ResultReason::OBJECT_NOT_FOUND,
                "no unique identifier given and the ID Placeholder is empty",
            )),
        }
    }

    /// The identifier most recently returned by the operation that a Unique Identifier Enumeration names.
    fn by_operation(&self, which: Which) -> Outcome<String> {
        let operation = match which {
            Which::ID_PLACEHOLDER => return self.placeholder(),
            Which::CREATE_KEY_PAIR_PRIVATE_KEY => return self.of_pair(Operation::CREATE_KEY_PAIR, 2),
            Which::CREATE_KEY_PAIR_PUBLIC_KEY => return self.of_pair(Operation::CREATE_KEY_PAIR, 1),
            Which::RE_KEY_KEY_PAIR_PRIVATE_KEY => return self.of_pair(Operation::RE_KEY_KEY_PAIR, 2),
            Which::RE_KEY_KEY_PAIR_PUBLIC_KEY => return self.of_pair(Operation::RE_KEY_KEY_PAIR, 1),
            Which::CREATE => Operation::CREATE,
            Which::LOCATE => Operation::LOCATE,
            Which::REGISTER => Operation::REGISTER,
            Which::CERTIFY => Operation::CERTIFY,
            Which::DERIVE_KEY => Operation::DERIVE_KEY,
            Which::IMPORT => Operation::IMPORT,
            Which::RE_KEY => Operation::RE_KEY,
            Which::RE_CERTIFY => Operation::RE_CERTIFY,
            _ => return Err(Failure::invalid_field("this Unique Identifier enumeration is not supported")),
        };
        let found = self.references.returned.iter().rev().find(|(by, _)| *by == operation);
        found.map(|(_, id)| id.clone()).ok_or_else(|| Failure::not_found(self.version))
    }

    /// One of the two identifiers an operation returned last: the private key came first.
    fn of_pair(&self, operation: Operation, back: usize) -> Outcome<String> {
        let mut found = self.references.returned.iter().rev().filter(|(by, _)| *by == operation);
        let found = found.nth(back.saturating_sub(1));
        found.map(|(_, id)| id.clone()).ok_or_else(|| Failure::not_found(self.version))
    }

    /// The nth identifier of the response so far; a negative index counts back from the current item.
    fn by_index(&self, index: i32) -> Outcome<String> {
        let found = nth(&self.references.returned, index).map(|(_, id)| id.clone());
        found.ok_or_else(|| Failure::not_found(self.version))
    }

    /// The data that a request means: its bytes, none when there are none, or what an operation of the same batch gave
    /// (2.1 §7.9): the latest of that operation, or the nth, backwards when negative.
    pub(crate) fn data<'d>(&self, given: Option<&'d Data<'_>>) -> Outcome<Cow<'d, [u8]>> {
        let gave = &self.references.data;
        let found = match given {
            None => return Ok(Cow::Borrowed(&[])),
            Some(Data::Bytes(bytes)) => return Ok(Cow::Borrowed(bytes)),
            Some(Data::Placeholder(which)) => {
                let operation = match *which {
                    registry::Data::DECRYPT => Operation::DECRYPT,
                    registry::Data::ENCRYPT => Operation::ENCRYPT,
                    registry::Data::HASH => Operation::HASH,
                    registry::Data::MAC_MAC_DATA => Operation::MAC,
                    registry::Data::RNG_RETRIEVE => Operation::RNG_RETRIEVE,
                    registry::Data::SIGN_SIGNATURE_DATA => Operation::SIGN,
                    _ => return Err(Failure::invalid_field("this Data enumeration is not supported")),
                };
                gave.iter().rev().find(|(by, _)| *by == operation)
            }
            Some(Data::Integer(index)) => nth(gave, *index),
        };
        let found = found.map(|(_, data)| Cow::Owned(data.clone()));
        found.ok_or_else(|| Failure::invalid_field("no operation of this batch gave such data"))
    }

    /// Notes the data that the response carries.
    pub(crate) fn gave(&mut self, data: &[u8]) {
        if self.version >= Version::V2_0 {
            self.references.data.push((self.operation, data.to_vec()));
        }
    }

    /// So many random bytes.
    pub(crate) fn random(&self, length: usize) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; length];
        match self.config.random.fill(&mut bytes) {
            true => Ok(bytes),
            false => Err(cryptography::failed("the random generator gave nothing")),
        }
    }

    /// The object, brought to the state its dates give it now. Another tenant's is as if it were not there.
    pub(crate) fn any_object(&mut self, id: &str) -> Outcome<Arc<StoredObject>> {
        let allowed = |object: &StoredObject| access::allowed(self.config, object, self.identity, self.operation);
        let tells = self.quirk("access-tells-what-exists") && self.operation != Operation::GET;
        let visible = |object: &Arc<StoredObject>| {
            tells || allowed(object) || access::visible(self.config, object, self.identity)
        };
        let object = self.transaction.object(id).filter(visible);
        let object = object.ok_or_else(|| Failure::not_found(self.version))?;
        if !allowed(&object) {
            return Err(Failure::permission_denied());
        }
        self.permit.object(&object)?;
        federation::check(self, id)?;
        let settled = lifecycle::state_at(&object, self.now) == object.state();
        if settled || self.quirk("dates-are-not-obeyed") {
            return Ok(object);
        }
        let mut settled = StoredObject::clone(&object);
        lifecycle::settle(&mut settled, self.now);
        settled.set(Item::date_time(tag::LAST_CHANGE_DATE, self.now));
        self.transaction.put(settled);
        self.transaction.object(id).ok_or_else(|| Failure::not_found(self.version))
    }

    /// The object, which must not be archived.
    pub(crate) fn object(&mut self, id: &str) -> Outcome<Arc<StoredObject>> {
        let object = self.any_object(id)?;
        if object.archived {
            return Err(Failure::new(ResultReason::OBJECT_ARCHIVED, "the object is archived; Recover brings it back"));
        }
        Ok(object)
    }

    /// Whether a quirk is on.
    pub(crate) fn quirk(&self, name: &str) -> bool {
        self.config.quirks.has(name)
    }

    /// Stores a changed object; its Last Change Date becomes now (1.4 §3.38).
    pub(crate) fn save(&mut self, mut object: StoredObject) {
        object.set(Item::date_time(tag::LAST_CHANGE_DATE, self.now));
        self.services.rotation.note(&object);
        self.transaction.put(object);
    }

    /// An object is gone for good, with all that was noted about it: later items of the batch cannot mean it.
    pub(crate) fn erase(&mut self, id: &str) {
        self.transaction.remove(id);
        for table in OF_OBJECTS {
            self.transaction.put_record(table, id, None);
        }
        if self.references.placeholder.as_deref() == Some(id) {
            self.references.placeholder = None;
        }
    }

    /// Notes an identifier that the response carries, and makes it the ID Placeholder.
    pub(crate) fn returned(&mut self, id: &str) {
        self.references.placeholder = Some(id.to_owned());
        self.references.returned.push((self.operation, id.to_owned()));
    }
}

/// What stands at a place: counted from the first on by 0, 1, …, from the last back by −1, −2, ….
fn nth<T>(all: &[T], index: i32) -> Option<&T> {
    let place = match usize::try_from(index) {
        Ok(place) => place,
        Err(_) => all.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    all.get(place)
}
