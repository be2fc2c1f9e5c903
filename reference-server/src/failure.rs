//! Why an operation did not succeed: what becomes Result Reason and Result Message.

use kmipspec_protocol::message::DecodeError;
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::version::Version;
use std::borrow::Cow;

/// The result of a step of an operation.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// One failed batch item, or a refused message.
#[derive(Clone, Debug)]
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

    /// The same failure of an operation that lists Item Not Found at 2.x, too, where others have Object Not Found.
    pub(crate) fn into_item_not_found(self) -> Self {
        match self.reason {
            ResultReason::OBJECT_NOT_FOUND => Self { reason: ResultReason::ITEM_NOT_FOUND, ..self },
            _ => self,
        }
    }

    /// What was destroyed is no longer found at 1.x (as published: TC-314); 2.x has Object Destroyed.
    pub(crate) fn gone(version: Version) -> Self {
        Self::by_version(
            version,
            ResultReason::ITEM_NOT_FOUND,
            ResultReason::OBJECT_DESTROYED,
            "the object has been destroyed",
        )
    }

    /// A destroyed object is there, but not for this: Permission Denied at 1.x.
    pub(crate) fn destroyed(version: Version, message: &'static str) -> Self {
        Self::by_version(version, ResultReason::PERMISSION_DENIED, ResultReason::OBJECT_DESTROYED, message)
    }

    /// The Object Type is unknown, or none that the request can have: Invalid Field at 1.x.
    pub(crate) fn wrong_type(version: Version, message: &'static str) -> Self {
        Self::by_version(version, ResultReason::INVALID_FIELD, ResultReason::INVALID_OBJECT_TYPE, message)
    }

    /// The state, or a date, does not allow it: published cases of 2.0 have Permission Denied (AKLC-M-3-20, CS-AC-M-8-20), those of
    /// 2.1 Wrong Key Lifecycle State.
    pub(crate) fn wrong_state(version: Version, message: &'static str) -> Self {
        let reason = match version {
            version if version < Version::V2_1 => ResultReason::PERMISSION_DENIED,
            _ => ResultReason::WRONG_KEY_LIFECYCLE_STATE,
        };
        Self::new(reason, message)
    }

    /// The client may see the object, but not do this.
    pub(crate) fn permission_denied() -> Self {
        Self::new(ResultReason::PERMISSION_DENIED, "not allowed to this client")
    }

    /// Something in the server itself went wrong.
    pub(crate) fn internal(version: Version, message: &'static str) -> Self {
        Self::by_version(version, ResultReason::GENERAL_FAILURE, ResultReason::INTERNAL_SERVER_ERROR, message)
    }
}

/// A payload that is not what its table says (1.4 §11.1): an unknown field is an Invalid Field, the rest an Invalid Message.
impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::new(error.reason(), error.to_string())
    }
}
