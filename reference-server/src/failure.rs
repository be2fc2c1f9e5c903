//! Why an operation did not succeed: what becomes Result Reason and Result Message.

use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::FieldError;
use kmipspec_protocol::version::Version;
use std::borrow::Cow;

/// The result of a step of an operation.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// One failed batch item, or a refused message.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Result Reason.
    pub(crate) reason: ResultReason,
    /// Result Message, for people.
    pub(crate) message: Cow<'static, str>,
    /// A Response Payload that goes with the failure (only Check has one), encoded.
    pub(crate) payload: Option<Vec<u8>>,
}

impl Failure {
    /// One reason at every version.
    pub(crate) fn new(reason: ResultReason, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: message.into(), payload: None }
    }

    /// 1.x names reasons per operation and condition (§11); 2.x has finer reasons of its own (§6, lists per operation).
    pub(crate) fn by_version(
        version: Version,
        before_2: ResultReason,
        from_2: ResultReason,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(if version < Version::V2_0 { before_2 } else { from_2 }, message)
    }

    /// The request is not what the message format allows: a field is missing, doubled, misplaced or of another type.
    pub(crate) fn invalid_message(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResultReason::INVALID_MESSAGE, message)
    }

    /// A field's value is not one the operation takes.
    pub(crate) fn invalid_field(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResultReason::INVALID_FIELD, message)
    }

    /// 1.x calls it Item Not Found in every operation, 2.x Object Not Found.
    pub(crate) fn not_found(version: Version) -> Self {
        Self::by_version(
            version,
            ResultReason::ITEM_NOT_FOUND,
            ResultReason::OBJECT_NOT_FOUND,
            "no object with this unique identifier",
        )
    }

    /// The same, for a client that may see the object but not do this.
    pub(crate) fn permission_denied() -> Self {
        Self::new(ResultReason::PERMISSION_DENIED, "not allowed to this client")
    }

    /// Something in the server itself went wrong.
    pub(crate) fn internal(version: Version, message: &'static str) -> Self {
        Self::by_version(version, ResultReason::GENERAL_FAILURE, ResultReason::INTERNAL_SERVER_ERROR, message)
    }
}

/// 1.x §11.1 (2.x alike): a doubled field, a missing one or one of another type make the message invalid.
/// An item the operation does not know at this version is an invalid field; the caller has taken out what may be ignored.
impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::Unexpected { tag, .. } if !known_request_field(tag) => {
                Self::invalid_field(format!("unknown field: {error}"))
            }
            _ => Self::invalid_message(error.to_string()),
        }
    }
}

/// Whether any version has this tag: then it is a known field in a wrong place, otherwise an unknown field.
fn known_request_field(tag: kmipspec_protocol::ttlv::Tag) -> bool {
    kmipspec_protocol::registry::tag_row(tag).is_some()
}
