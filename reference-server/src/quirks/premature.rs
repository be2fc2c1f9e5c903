//! Quirks of servers that look at a request before they know who sent it.

use super::{Quirks, edit};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::Limits;

/// Which reasons such a server gives although the client is not who it says.
const FIRST: [(&str, &[ResultReason]); 5] = [
    ("auth-object-first", &[ResultReason::ITEM_NOT_FOUND, ResultReason::OBJECT_NOT_FOUND]),
    ("auth-permission-first", &[ResultReason::PERMISSION_DENIED, ResultReason::WRONG_KEY_LIFECYCLE_STATE]),
    ("auth-field-first", &[ResultReason::INVALID_MESSAGE]),
    ("auth-operation-first", &[ResultReason::OPERATION_NOT_SUPPORTED]),
    ("auth-size-first", &[ResultReason::RESPONSE_TOO_LARGE]),
];

impl Quirks {
    /// What is answered to a request of so many items whose sender is not who it says, in place of that: `done` does the request
    /// all the same, and gives its answer; `rejected` says whether its header is reason enough not to.
    pub(crate) fn premature<H>(
        &self,
        items: usize,
        limits: &Limits,
        rejected: impl FnOnce() -> bool,
        done: impl FnOnce() -> (Vec<u8>, H),
    ) -> Option<(Vec<u8>, H)> {
        if self.none() {
            return None;
        }
        if self.has("auth-after-batch") {
            done();
            return None;
        }
        if self.has("auth-options-first") {
            return rejected().then(done);
        }
        let (_, reasons) = FIRST.iter().find(|(name, _)| self.has(name))?;
        // What would succeed is not to be done: only a refusal can come first.
        let (answer, horizon) = (items == 1).then(done)?;
        edit::reason(&answer, limits).is_some_and(|reason| reasons.contains(&reason)).then_some((answer, horizon))
    }
}
