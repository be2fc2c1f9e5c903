//! What clients said themselves: a server that gives back what it was given breaks no rule by that.
//!
//! No sentence has a server look through an object for values that nobody has assigned before it keeps it.

use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::Violation;
use kmipspec_protocol::ttlv::{Doc, ItemType};
use std::collections::BTreeMap;

/// Values that a conversation has heard of from clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Of enumerations and masks, each with the oldest version it was said at.
    numbers: BTreeMap<u32, [i32; 2]>,
    /// Whether a text had a null character at its end.
    null: bool,
}

impl Said {
    /// Notes a request.
    pub(super) fn note(&mut self, request: &Doc<'_>) {
        let version = version(request);
        for item in request.items() {
            let number = match item.ty() {
                ItemType::ENUMERATION => item.as_u32(),
                ItemType::INTEGER => item.as_i32().map(i32::cast_unsigned),
                ty => {
                    self.null |= ty.is_text() && item.raw().ends_with(&[0]);
                    None
                }
            };
            if let Some(number) = number {
                let oldest = self.numbers.entry(number).or_insert(version);
                *oldest = version.min(*oldest);
            }
        }
    }

    /// Whether a rule is broken by what a client said. What the server says for itself it answers for.
    pub(super) fn excuses(&self, violation: &Violation, answer: &Doc<'_>) -> bool {
        let item = answer.items().find(|item| item.offset() == violation.offset);
        let own = [tag::RESULT_STATUS, tag::RESULT_REASON, tag::OPERATION];
        let Some(item) = item.filter(|item| !own.contains(&item.tag())) else { return false };
        let number = item.as_u32().or(item.as_i32().map(i32::cast_unsigned));
        let said = number.and_then(|number| self.numbers.get(&number));
        match violation.rule.id {
            "schema.enumeration-value" | "schema.mask-bits" | "schema.value-gone" => said.is_some(),
            // What a newer client said is not for an older one, but what a client of this version said is.
            "schema.enumeration-version" => said.is_some_and(|oldest| *oldest <= version(answer)),
            "ttlv.text-null" => self.null,
            _ => false,
        }
    }
}

/// The version that a message states; the newest there can be where it states none.
fn version(message: &Doc<'_>) -> [i32; 2] {
    [tag::PROTOCOL_VERSION_MAJOR, tag::PROTOCOL_VERSION_MINOR].map(|tag| {
        let stated = message.items().find(|item| item.tag() == tag);
        stated.and_then(|item| item.as_i32()).unwrap_or(i32::MAX)
    })
}
