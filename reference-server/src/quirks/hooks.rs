//! Where a quirk takes hold: on the way in, on the way out, in the store, or in the middle.

use super::edit;
use super::keeping::{Change, Keeping};
use super::{Quirk, Quirks};
use crate::object::StoredObject;
use crate::store::Transaction;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Tag, Writer};
use kmipspec_protocol::version::Version;
use std::borrow::Cow;

/// How a quirk is done.
#[derive(Debug)]
pub(super) enum Fault {
    /// A field of the request's header, or of its batch items, is not looked at.
    IgnoresOfMessage(Tag),
    /// A field of an operation's request is not looked at.
    IgnoresField(Operation, Tag),
    /// An attribute in an operation's request is not looked at.
    IgnoresAttribute(Operation, Tag),
    /// The request (a Request Message) is taken for another one.
    Mistakes(fn(&mut Item)),
    /// The answer (a Response Message) to a request of a version is another one.
    Answers(fn(Version, &mut Item)),
    /// What the server tells a client of a version (a Request Message) is something else.
    Pushes(fn(Version, &mut Item)),
    /// An object is stored otherwise; the one before it comes first.
    Keeps(fn(Option<&StoredObject>, &mut StoredObject)),
    /// An attribute is never kept.
    Loses(Tag),
    /// An operation that says Success and does nothing.
    Polite(Operation),
    /// The server's own code asks for it, in these operations only; none: in any.
    Inside(&'static [Operation]),
    /// The same, of clients that it does not let in, or does not know.
    Strangers,
    /// The same, of what is sent with an Authentication.
    Credentials,
    /// Another client than the owner may do it with every object.
    Opens(Operation),
}

impl Quirk {
    /// Whether anything might be otherwise in an exchange, here as a server without faults had it, if the server had this one.
    pub fn concerns(&self, sent: &[u8], received: &[u8], limits: &Limits) -> bool {
        let asks_for = |operations: &[Operation]| {
            let doc = Doc::lenient(sent, limits);
            let Some(request) = doc.root().map(Item::from_ref) else { return false };
            request.items().iter().filter_map(edit::operation).any(|operation| operations.contains(&operation))
        };
        match &self.fault {
            Fault::Keeps(_) | Fault::Inside([]) => true,
            // An attribute is seen where it is named.
            Fault::Loses(tag) => [sent, received].into_iter().any(|message| edit::mentions(message, *tag, limits)),
            Fault::Inside(operations) => asks_for(operations),
            Fault::Polite(operation) => asks_for(&[*operation]),
            Fault::Strangers => received.is_empty() || edit::refuses_to_know(received, limits),
            Fault::Credentials => edit::mentions(sent, tag::AUTHENTICATION, limits),
            Fault::Opens(operation) => asks_for(&[*operation]) && edit::has_failed(received, limits),
            Fault::Answers(_) => self.answered(sent, received, limits).is_some_and(|given| given != received),
            Fault::Pushes(_) => self.pushed(received, limits).is_some_and(|told| told != received),
            _ => self.misread(sent, limits).is_some_and(|understood| understood != sent),
        }
    }

    /// The request as the server understands it; none where it understands it well.
    fn misread(&self, message: &[u8], limits: &Limits) -> Option<Vec<u8>> {
        let change = |request: &mut Item| match &self.fault {
            Fault::IgnoresOfMessage(tag) => edit::drop_of_message(request, *tag),
            Fault::IgnoresField(operation, tag) => {
                edit::payloads(request, Some(*operation), |payload| edit::drop_child(payload, *tag));
            }
            Fault::IgnoresAttribute(operation, tag) => {
                edit::payloads(request, Some(*operation), |payload| edit::drop_attribute(payload, *tag));
            }
            Fault::Mistakes(mistake) => mistake(request),
            Fault::Answers(_)
            | Fault::Pushes(_)
            | Fault::Keeps(_)
            | Fault::Loses(_)
            | Fault::Polite(_)
            | Fault::Inside(_)
            | Fault::Strangers
            | Fault::Credentials
            | Fault::Opens(_) => {}
        };
        // What is damaged is left to the server.
        let doc = Doc::strict(message, limits).ok()?;
        let mut request = doc.root().map(Item::from_ref)?;
        change(&mut request);
        Some(request.encode())
    }

    /// The answer as the server gives it; none where it gives it well.
    fn answered(&self, message: &[u8], answer: &[u8], limits: &Limits) -> Option<Vec<u8>> {
        let Fault::Answers(change) = self.fault else { return None };
        let asked = Doc::lenient(message, limits);
        let message = asked.root().map(Item::from_ref)?;
        let version = edit::version(&message)?;
        let given = Doc::lenient(answer, limits);
        let mut given = given.root().map(Item::from_ref)?;
        change(version, &mut given);
        Some(given.encode())
    }

    /// What the server tells a client, as it tells it; none where it tells it well, or the message tells nothing.
    fn pushed(&self, message: &[u8], limits: &Limits) -> Option<Vec<u8>> {
        let Fault::Pushes(change) = self.fault else { return None };
        let told = Doc::lenient(message, limits);
        let mut told = told.root().filter(|root| root.tag() == tag::REQUEST_MESSAGE).map(Item::from_ref)?;
        let tells = |item: &Item| matches!(edit::operation(item), Some(Operation::NOTIFY | Operation::PUT));
        if !told.items().iter().any(tells) {
            return None;
        }
        change(edit::version(&told)?, &mut told);
        Some(told.encode())
    }
}

impl Quirks {
    /// What the server tells a client, as it tells it.
    pub(crate) fn pushed(&self, message: Vec<u8>, limits: &Limits) -> Vec<u8> {
        self.on.iter().fold(message, |message, quirk| quirk.pushed(&message, limits).unwrap_or(message))
    }

    /// The request as the server understands it.
    pub(crate) fn understood<'m>(&self, message: &'m [u8], limits: &Limits) -> Cow<'m, [u8]> {
        self.on
            .iter()
            .fold(Cow::Borrowed(message), |message, quirk| quirk.misread(&message, limits).map_or(message, Cow::Owned))
    }

    /// The answer as the server gives it.
    pub(crate) fn given(&self, message: &[u8], answer: Vec<u8>, limits: &Limits) -> Vec<u8> {
        self.on.iter().fold(answer, |answer, quirk| quirk.answered(message, &answer, limits).unwrap_or(answer))
    }

    /// A transaction that keeps objects as the server does.
    pub(crate) fn keeping<'t>(&self, transaction: Box<dyn Transaction + 't>) -> Box<dyn Transaction + 't> {
        let changes = self.on.iter().filter_map(|quirk| match quirk.fault {
            Fault::Keeps(change) => Some(Change::By(change)),
            Fault::Loses(tag) => Some(Change::Loses(tag)),
            _ => None,
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() { transaction } else { Box::new(Keeping::new(transaction, changes)) }
    }

    /// Whether the operation is open to everybody.
    pub(crate) fn opens(&self, operation: Operation) -> bool {
        self.on.iter().any(|quirk| matches!(quirk.fault, Fault::Opens(open) if open == operation))
    }

    /// Whether the operation is only polite.
    pub(crate) fn is_polite(&self, operation: Operation) -> bool {
        self.on.iter().any(|quirk| matches!(quirk.fault, Fault::Polite(polite) if polite == operation))
    }

    /// The payload of an operation that is only polite; none for one that does its work.
    pub(crate) fn polite(&self, operation: Operation, request: ItemRef<'_>) -> Option<Vec<u8>> {
        if !self.is_polite(operation) {
            return None;
        }
        let mut writer = Writer::new();
        // What is wrong with the name of the object in the request must not be wrong with the answer.
        let named = request.child(tag::UNIQUE_IDENTIFIER).and_then(ItemRef::as_text);
        let named = Item::text(tag::UNIQUE_IDENTIFIER, named.unwrap_or("00000000-0000-4000-8000-000000000000"));
        writer.structure(tag::RESPONSE_PAYLOAD, |payload| payload.item(&named));
        Some(writer.finish())
    }
}
