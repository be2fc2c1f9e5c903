//! Batch items with their answers.

use kmipspec_protocol::registry::{ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef};

/// A batch item of a request and the one that answers it.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'r, 'a> {
    /// What was asked.
    pub request: ItemRef<'r>,
    /// What was answered.
    pub answer: ItemRef<'a>,
}

impl<'r, 'a> Pair<'r, 'a> {
    /// The number of the operation, where both name the same.
    pub fn operation(&self) -> Option<u32> {
        let code = self.request.child(tag::OPERATION)?.as_u32()?;
        (self.answer.child(tag::OPERATION)?.as_u32() == Some(code)).then_some(code)
    }

    /// Whether it was done.
    pub fn succeeded(&self) -> bool {
        let status = self.answer.child(tag::RESULT_STATUS).and_then(|status| status.as_u32());
        status == Some(ResultStatus::SUCCESS.0)
    }

    /// Request Payload.
    pub fn asked(&self) -> Option<ItemRef<'r>> {
        self.request.child(tag::REQUEST_PAYLOAD)
    }

    /// Response Payload.
    pub fn given(&self) -> Option<ItemRef<'a>> {
        self.answer.child(tag::RESPONSE_PAYLOAD)
    }
}

/// The pairs of an exchange, by position. None where the answer is to the message as a whole, or of another length than
/// any answer to this batch can have.
pub fn pairs<'r, 'a>(request: &'r Doc<'r>, answer: &'a Doc<'a>) -> Vec<Pair<'r, 'a>> {
    let (asked, answered) = (items(request), items(answer));
    if answered.len() > asked.len() {
        return Vec::new();
    }
    let pairs = asked.into_iter().zip(answered).map(|(request, answer)| Pair { request, answer });
    pairs.collect()
}

/// The batch items of a message: those behind its header. What stands before it a server may pass over, where it takes the message.
pub(super) fn items<'d>(doc: &'d Doc<'d>) -> Vec<ItemRef<'d>> {
    let children = doc.root().into_iter().flat_map(ItemRef::children);
    let children = children.skip_while(|item| ![tag::REQUEST_HEADER, tag::RESPONSE_HEADER].contains(&item.tag()));
    children.filter(|item| item.tag() == tag::BATCH_ITEM).collect()
}
