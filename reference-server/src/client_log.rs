//! What clients wrote with Log (2.1 §6.1.29): records of the store, bounded, each client's its own.

use crate::context::Context;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Tag};

/// Table of the records: the key is the number of the entry, so that they sort as they came.
const TABLE: &str = "log";
/// Entries kept, of all clients; the oldest go.
const MOST: usize = 10_000;
/// Characters of an entry that the server's own log shows.
const SHOWN: usize = 1_000;
/// Entries told in one answer to Query.
const TOLD: usize = 16;

/// Writes an entry: who, when, what.
pub(crate) fn add(context: &mut Context<'_>, message: &str) {
    let begins: String = message.chars().take(SHOWN).collect();
    tracing::info!(target: "kmip::log", client = context.client, text = ?begins, "client log");
    let entries = context.transaction.records(TABLE);
    let next = entries.last().and_then(|(key, _)| key.parse::<u64>().ok()).map_or(1, |last| last.saturating_add(1));
    for (key, _) in entries.iter().take((entries.len() + 1).saturating_sub(MOST)) {
        context.transaction.put_record(TABLE, key, None);
    }
    let entry = Item::structure(
        tag::SERVER_INFORMATION,
        vec![
            Item::text(tag::USERNAME, context.client),
            Item::date_time(tag::TIME_STAMP, context.now),
            Item::text(tag::LOG_MESSAGE, message),
        ],
    );
    context.transaction.put_record(TABLE, &format!("{next:020}"), Some(&entry.encode()));
}

/// Tag of a message in Server Information; Query Extension Map tells of it.
pub(crate) const LOG_ENTRY: Tag = Tag(0x54_0010);

/// The latest messages of the client who asks, oldest first, as fields of Server Information.
pub(crate) fn of_client(context: &Context<'_>) -> Vec<Item> {
    let mut latest: Vec<Item> = Vec::new();
    for (_, bytes) in context.transaction.records(TABLE).iter().rev() {
        if latest.len() == TOLD {
            break;
        }
        let Ok(doc) = Doc::strict_owned(bytes.to_vec(), &Limits::default()) else { continue };
        let mine = |root: &Item| root.child(tag::USERNAME) == Some(&Item::text(tag::USERNAME, context.client));
        let entry = Item::from_doc(&doc).pop().filter(mine);
        let message = entry.and_then(|entry| entry.child(tag::LOG_MESSAGE).cloned());
        latest.extend(message.map(|message| message.with_tag(LOG_ENTRY)));
    }
    latest.reverse();
    latest
}

/// Takes away what the client who asks has written.
pub(crate) fn forget(context: &mut Context<'_>) {
    for (key, bytes) in context.transaction.records(TABLE) {
        let Ok(doc) = Doc::strict_owned(bytes.to_vec(), &Limits::default()) else { continue };
        let mine = Item::text(tag::USERNAME, context.client);
        if Item::from_doc(&doc).iter().any(|entry| entry.child(tag::USERNAME) == Some(&mine)) {
            context.transaction.put_record(TABLE, &key, None);
        }
    }
}
