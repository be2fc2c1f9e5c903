//! Deliberate faults, off by default: they show that a suite finds them.

use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// The faults that are switched on.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    /// Operations that say Success and do nothing: the answer holds the identifiers of the request, and where there are none one
    /// that nobody has.
    pub only_polite: Vec<Operation>,
}

impl Quirks {
    /// The payload of an operation that is only polite; none for one that does its work.
    pub(crate) fn polite(&self, operation: Operation, request: ItemRef<'_>) -> Option<Vec<u8>> {
        if !self.only_polite.contains(&operation) {
            return None;
        }
        let mut writer = Writer::new();
        let mut named = request.children().filter(|field| field.tag() == tag::UNIQUE_IDENTIFIER).peekable();
        if named.peek().is_none() {
            writer.item(&Item::text(tag::UNIQUE_IDENTIFIER, "00000000-0000-4000-8000-000000000000"));
        }
        for field in named {
            writer.copy(field);
        }
        Some(writer.finish())
    }
}
