//! Rules about one message as a whole: its root, its batch count, the parts of its batch items.

use super::Check;
use crate::registry::{ResultStatus, tag};
use crate::schema::path::name_of;
use crate::schema::rules::{
    ASYNCHRONOUS_CORRELATION, BATCH_COUNT, BATCH_ITEM_ID_REQUIRED, BATCH_OPTION, MESSAGE_ROOT, PAYLOAD_ON_FAILURE,
    PAYLOAD_REQUIRED, RESULT_MESSAGE, RESULT_REASON, RESULT_REASON_SUCCESS,
};
use crate::schema::{Direction, operation_row};
use crate::ttlv::{ItemRef, ItemType};
use crate::version::Version;

impl<'d> Check<'d> {
    /// Whether the root is the message that was expected; reports it when it is not.
    pub(super) fn root_is_message(&mut self, root: ItemRef<'d>) -> bool {
        let (expected, name) = match self.direction {
            Direction::Request => (tag::REQUEST_MESSAGE, "RequestMessage"),
            Direction::Response => (tag::RESPONSE_MESSAGE, "ResponseMessage"),
        };
        if root.tag() != expected {
            self.report(&MESSAGE_ROOT, root, name, name_of(root));
            return false;
        }
        root.ty() == ItemType::STRUCTURE
    }

    /// Rules that need more than one field.
    pub(super) fn message(&mut self) {
        let Some(root) = self.doc.root().filter(|r| self.trusted(*r)) else { return };
        let header = match self.direction {
            Direction::Request => tag::REQUEST_HEADER,
            Direction::Response => tag::RESPONSE_HEADER,
        };
        let count = self.top(tag::BATCH_ITEM).count();
        let header = self.top(header).next();
        if let Some(stated) = header.and_then(|h| h.child(tag::BATCH_COUNT))
            && self.whole(root)
            && let Some(number) = stated.as_i32()
            && usize::try_from(number).ok() != Some(count)
        {
            self.report(&BATCH_COUNT, stated, count.to_string(), number.to_string());
        }
        let items: Vec<ItemRef<'d>> = self.top(tag::BATCH_ITEM).collect();
        match self.direction {
            Direction::Request => self.request(header, &items),
            Direction::Response => {
                for item in items {
                    if self.whole(item) {
                        self.response_item(item);
                    }
                }
            }
        }
    }

    /// What a request owes to the size of its batch.
    fn request(&mut self, header: Option<ItemRef<'d>>, items: &[ItemRef<'d>]) {
        if let [_] = items
            && let Some(option) = header.and_then(|h| h.child(tag::BATCH_ERROR_CONTINUATION_OPTION))
        {
            self.report(&BATCH_OPTION, option, "absent, as there is one batch item", "present");
        }
        // 3.0 has no Unique Batch Item ID.
        if items.len() > 1 && self.version < Version::V3_0 {
            for item in items {
                if self.whole(*item) && item.child(tag::UNIQUE_BATCH_ITEM_ID).is_none() {
                    self.report_missing(&BATCH_ITEM_ID_REQUIRED, *item, "UniqueBatchItemID", "UniqueBatchItemID");
                }
            }
        }
    }

    /// Whether the answer to a batch item's operation has a table: those to Notify and Put carry no payload (1.0 §5.1,
    /// 2.1 §6.2.2), that to Poll is another operation's, and a vendor's operation is its own.
    fn answer_has_table(&self, item: ItemRef<'d>) -> bool {
        let code = item.child(tag::OPERATION).and_then(|o| o.as_u32());
        code.and_then(operation_row).and_then(|row| row.layout(self.version)).is_some_and(|l| l.response.is_some())
    }

    /// What a response item owes to its Result Status.
    fn response_item(&mut self, item: ItemRef<'d>) {
        let Some(status) = item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()) else { return };
        let reason = item.child(tag::RESULT_REASON);
        let payload = item.child(tag::RESPONSE_PAYLOAD);
        match ResultStatus(status) {
            ResultStatus::SUCCESS => {
                if payload.is_none() && self.answer_has_table(item) {
                    self.report_missing(&PAYLOAD_REQUIRED, item, "ResponsePayload", "ResponsePayload");
                }
                if let Some(reason) = reason
                    && self.version >= Version::V2_0
                {
                    self.report(&RESULT_REASON_SUCCESS, reason, "absent, as the item succeeded", "present");
                }
            }
            ResultStatus::OPERATION_FAILED => {
                if reason.is_none() {
                    self.report_missing(&RESULT_REASON, item, "ResultReason", "ResultReason, as the item failed");
                }
                if let Some(payload) = payload {
                    self.report(&PAYLOAD_ON_FAILURE, payload, "absent, as the item failed", "present");
                }
            }
            ResultStatus::OPERATION_PENDING if item.child(tag::ASYNCHRONOUS_CORRELATION_VALUE).is_none() => {
                let expected = "AsynchronousCorrelationValue, as the item is pending";
                self.report_missing(&ASYNCHRONOUS_CORRELATION, item, "AsynchronousCorrelationValue", expected);
            }
            _ => {}
        }
        if matches!(ResultStatus(status), ResultStatus::SUCCESS | ResultStatus::OPERATION_PENDING)
            && let Some(message) = item.child(tag::RESULT_MESSAGE)
        {
            self.report(&RESULT_MESSAGE, message, "absent, as the item did not fail", "present");
        }
    }
}
