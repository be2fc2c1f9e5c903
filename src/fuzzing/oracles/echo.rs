//! What clients said themselves: a server that gives back what it was given breaks no rule by that.
//!
//! No sentence has a server look through an object for values that nobody has assigned before it keeps it.

use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::Violation;
use kmipspec_protocol::ttlv::{Doc, ItemType};
use std::collections::BTreeSet;

/// Values that a conversation has heard of from clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Of enumerations and masks.
    numbers: BTreeSet<u32>,
    /// Whether a text had a null character at its end.
    null: bool,
}

impl Said {
    /// Notes a request.
    pub(super) fn note(&mut self, request: &Doc<'_>) {
        for item in request.items() {
            match item.ty() {
                ItemType::ENUMERATION => self.numbers.extend(item.as_u32()),
                ItemType::INTEGER => self.numbers.extend(item.as_i32().map(i32::cast_unsigned)),
                ty if ty.is_text() => self.null |= item.raw().ends_with(&[0]),
                _ => {}
            }
        }
    }

    /// Whether a rule is broken by what a client said. What the server says for itself it answers for.
    pub(super) fn excuses(&self, violation: &Violation, answer: &Doc<'_>) -> bool {
        let item = answer.items().find(|item| item.offset() == violation.offset);
        let own = [tag::RESULT_STATUS, tag::RESULT_REASON, tag::OPERATION];
        let Some(item) = item.filter(|item| !own.contains(&item.tag())) else { return false };
        match violation.rule.id {
            "schema.enumeration-value" => item.as_u32().is_some_and(|value| self.numbers.contains(&value)),
            "schema.mask-bits" => item.as_i32().is_some_and(|value| self.numbers.contains(&value.cast_unsigned())),
            "ttlv.text-null" => self.null,
            _ => false,
        }
    }
}
