//! A KMIP operation done for a function of PKCS#11: same payload, same rules, its failure as a CK_RV.

use super::{
    ARGUMENTS_BAD, ATTRIBUTE_SENSITIVE, ATTRIBUTE_VALUE_INVALID, GENERAL_ERROR, KEY_FUNCTION_NOT_PERMITTED,
    OBJECT_HANDLE_INVALID, TEMPLATE_INCONSISTENT,
};
use crate::context::Context;
use crate::operations;
use kmipspec_protocol::registry::{Operation, ResultReason};
use kmipspec_protocol::ttlv::Item;

/// Does the operation and gives its Response Payload. What a failed one changed is undone.
pub(super) fn operation(context: &mut Context<'_>, operation: Operation, fields: Vec<Item>) -> Result<Item, u32> {
    operations::perform(context, operation, fields).map_err(|failure| {
        tracing::debug!(reason = failure.reason.0, message = %failure.message, "PKCS#11 function refused");
        code(failure.reason)
    })
}

/// The CK_RV that is nearest to a Result Reason.
fn code(reason: ResultReason) -> u32 {
    match reason {
        ResultReason::ITEM_NOT_FOUND
        | ResultReason::OBJECT_NOT_FOUND
        | ResultReason::OBJECT_DESTROYED
        | ResultReason::OBJECT_ARCHIVED => OBJECT_HANDLE_INVALID,
        ResultReason::PERMISSION_DENIED
        | ResultReason::WRONG_KEY_LIFECYCLE_STATE
        | ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK
        | ResultReason::USAGE_LIMIT_EXCEEDED => KEY_FUNCTION_NOT_PERMITTED,
        ResultReason::SENSITIVE | ResultReason::NOT_EXTRACTABLE => ATTRIBUTE_SENSITIVE,
        ResultReason::INVALID_ATTRIBUTE_VALUE | ResultReason::CONSTRAINT_VIOLATION => ATTRIBUTE_VALUE_INVALID,
        ResultReason::NON_UNIQUE_NAME_ATTRIBUTE => TEMPLATE_INCONSISTENT,
        ResultReason::INVALID_FIELD | ResultReason::INVALID_MESSAGE => ARGUMENTS_BAD,
        _ => GENERAL_ERROR,
    }
}

/// A Byte String of a payload.
pub(super) fn bytes(payload: &Item, wanted: kmipspec_protocol::ttlv::Tag) -> Vec<u8> {
    match payload.child(wanted).and_then(Item::value) {
        Some(kmipspec_protocol::ttlv::Value::ByteString(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    }
}
