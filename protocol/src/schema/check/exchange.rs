//! A response beside its request.

use super::encoding::hex;
use super::{Check, Context, stated_version};
use crate::registry::{Operation, ResultReason, ResultStatus, tag};
use crate::schema::rules::{
    BATCH_ITEM_ID_ECHOED, BATCH_ITEM_ID_UNASKED, ENUMERATION_VALUE, ENUMERATION_VERSION, OPERATION_ECHOED,
    OPERATION_PRESENT, RESPONSE_COUNT, RESPONSE_ORDER, RESPONSE_VERSION, VALUE_GONE,
};
use crate::ttlv::{ItemRef, ItemType};
use crate::version::{ProtocolVersion, Version};
use std::collections::HashMap;

/// The parts of a batch item that its answer repeats.
#[derive(Clone, Copy)]
struct Asked<'r> {
    operation: Option<u32>,
    id: Option<&'r [u8]>,
}

impl<'d> Check<'d> {
    /// Rules that need the request.
    pub(super) fn exchange(&mut self, cx: &Context<'_>, stated: Option<ProtocolVersion>) {
        let asked_version = cx.request.and_then(|r| stated_version(r.root()?)).unwrap_or(cx.version.into());
        if let Some(stated) = stated
            && stated != asked_version
            && let Some(version) = self.top(tag::RESPONSE_HEADER).next().and_then(|h| h.child(tag::PROTOCOL_VERSION))
        {
            self.report(&RESPONSE_VERSION, version, asked_version.to_string(), stated.to_string());
        }
        // Of a request with faults in its encoding nobody can say how its receiver read it; the operation it may have read.
        let Some(request) = cx.request.and_then(|r| r.root()) else { return };
        if cx.request.is_some_and(|r| !r.diags().is_empty()) {
            let operations = request.children().filter_map(|item| item.child(tag::OPERATION)?.as_u32());
            let asked: Vec<u32> = operations.collect();
            let answers: Vec<ItemRef<'d>> = self.top(tag::BATCH_ITEM).filter_map(|b| b.child(tag::OPERATION)).collect();
            let named = answers.into_iter().filter(|got| got.as_u32().is_some_and(|code| asked.contains(&code)));
            named.for_each(|got| self.may_name(got));
            return;
        }
        let asked: Vec<Asked<'_>> = request
            .children()
            .filter(|c| c.tag() == tag::BATCH_ITEM)
            .map(|b| Asked {
                // An item of another type names no operation.
                operation: b.child(tag::OPERATION).filter(|o| o.ty() == ItemType::ENUMERATION).and_then(|o| o.as_u32()),
                id: b.child(tag::UNIQUE_BATCH_ITEM_ID).and_then(|i| i.as_bytes()),
            })
            .collect();
        let answers: Vec<ItemRef<'d>> = self.top(tag::BATCH_ITEM).filter(|b| self.whole(*b)).collect();
        if let [only] = answers[..]
            && refuses_message(only, asked.len(), self.version)
        {
            return;
        }
        if let Some(extra) = answers.get(asked.len()) {
            let expected = format!("at most {} batch items, as in the request", asked.len());
            self.report(&RESPONSE_COUNT, *extra, expected, answers.len().to_string());
        }
        let by_id: HashMap<&[u8], usize> = asked.iter().enumerate().filter_map(|(i, a)| Some((a.id?, i))).collect();
        let mut latest = 0;
        for (position, answer) in answers.into_iter().enumerate() {
            let id = answer.child(tag::UNIQUE_BATCH_ITEM_ID);
            let bytes = id.and_then(|i| i.as_bytes());
            // Should the client have used an id twice, its position tells the two apart.
            let here = bytes.is_some() && asked.get(position).is_some_and(|a| a.id == bytes);
            let matched = if here { Some(position) } else { bytes.and_then(|i| by_id.get(i)).copied() };
            if let Some(index) = matched {
                if index < latest {
                    let expected = "the order of the request's items";
                    self.report(
                        &RESPONSE_ORDER,
                        answer,
                        expected,
                        format!("the answer to item {index} after that to {latest}"),
                    );
                }
                latest = latest.max(index);
            }
            let Some(asked) = asked.get(matched.unwrap_or(position)) else { continue };
            self.answer(answer, id, *asked);
        }
    }

    /// One answer beside its question.
    fn answer(&mut self, answer: ItemRef<'d>, id: Option<ItemRef<'d>>, asked: Asked<'_>) {
        match (asked.id, id) {
            (Some(want), None) => {
                self.report_missing(&BATCH_ITEM_ID_ECHOED, answer, "UniqueBatchItemID", hex(want));
            }
            (Some(want), Some(id)) if id.as_bytes() != Some(want) => {
                self.report(&BATCH_ITEM_ID_ECHOED, id, hex(want), hex(id.raw()));
            }
            (None, Some(id)) => {
                self.report(&BATCH_ITEM_ID_UNASKED, id, "absent, as in the request", hex(id.raw()));
            }
            _ => {}
        }
        let Some(want) = asked.operation else { return };
        let name = |code: u32| Operation(code).name().map_or_else(|| format!("0x{code:08X}"), str::to_owned);
        match answer.child(tag::OPERATION) {
            None => self.report_missing(&OPERATION_PRESENT, answer, "Operation", name(want)),
            Some(got) => {
                // Poll is answered as the operation polled for would be; the text leaves open which of the two is named.
                if let Some(code) = got.as_u32()
                    && code != want
                    && want != Operation::POLL.0
                {
                    self.report(&OPERATION_ECHOED, got, name(want), name(code));
                }
                // The answer has to name the operation that was asked for, whichever versions have it.
                if got.as_u32() == Some(want) {
                    self.may_name(got);
                }
            }
        }
    }

    /// The operation of an answer is that of the request, whatever it is.
    fn may_name(&mut self, operation: ItemRef<'d>) {
        if operation.as_u32().is_none_or(|code| !Operation::TABLE.valid(code, self.version)) {
            let of_the_number = [ENUMERATION_VALUE.id, ENUMERATION_VERSION.id, VALUE_GONE.id];
            self.found.retain(|v| v.offset != operation.offset() || !of_the_number.contains(&v.rule.id));
        }
    }
}

/// Result Reasons of 1.x that a server gives to a message before it looks at an item: it cannot be parsed (1.4 §11.1), nobody
/// may send it (§6.6), it has a critical extension, for which the entire message is to be rejected (§6.16), or the answer
/// to all of it is too long (§6.3).
const OF_MESSAGES: &[ResultReason] = &[
    ResultReason::INVALID_MESSAGE,
    ResultReason::AUTHENTICATION_NOT_SUCCESSFUL,
    ResultReason::FEATURE_NOT_SUPPORTED,
    ResultReason::RESPONSE_TOO_LARGE,
];

/// Whether the only answer refuses the message as a whole: a failed item without Operation, as 1.x §11.1 asks for when a
/// message cannot be parsed or has another major version. 2.x does not say which Result Reason such an answer has.
fn refuses_message(answer: ItemRef<'_>, asked: usize, version: Version) -> bool {
    let value = |t| answer.child(t).and_then(|i: ItemRef<'_>| i.as_u32());
    let failed = value(tag::RESULT_STATUS) == Some(ResultStatus::OPERATION_FAILED.0);
    let reason = value(tag::RESULT_REASON).map(ResultReason);
    let of_message = version >= Version::V2_0 || asked != 1 || reason.is_some_and(|r| OF_MESSAGES.contains(&r));
    failed && of_message && answer.child(tag::OPERATION).is_none()
}
