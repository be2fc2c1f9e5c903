//! Import (1.4): an object as another server exported it, under the identifier it had there.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::AnyObject;
use crate::registry::{KeyWrapType, ObjectType, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_4, "4.41"), kmip(V2_0, "6.1.24"), kmip(V2_1, "6.1.25"), kmip(V3_0, "6.1.29"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0239", "the Unique Identifier is taken and Replace Existing is not true", V1_4, V1_4, ResultReason::OBJECT_ALREADY_EXISTS),
    Failure::new("E1-0240", "unknown Object Type", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0241", "Object Type is not that of the object sent along", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0242", "an attribute has a wrong value", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0243", "the Name is taken by another object", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0244", "more instances of a multi-instance attribute than the server holds", V1_4, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0245", "Application Data left out for an Application Namespace the server cannot make data for", V1_4, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0246", "No Encoding asked for while attributes are to be wrapped too", V1_4, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0247", "a field the server does not support", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E2-Import-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-Import-2.0", "a second instance of an attribute that has one", V2_0, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-Import-2.0", "it cannot be unwrapped in that Encoding Option", V2_0, V2_1, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E2-Import-2.0", "the object cannot have the attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-Import-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-Import-2.0", "Object Type is not that of the object sent along", V2_0, V2_1, ResultReason::INVALID_FIELD),
    Failure::new("E2-Import-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-Import-2.0", "the Unique Identifier is taken and Replace Existing is not true", V2_0, V2_1, ResultReason::OBJECT_ALREADY_EXISTS),
    Failure::new("E2-Import-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-Import-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The identifier it is to have.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// What it is; required at 2.x.
        object_type: Option<ObjectType> = OBJECT_TYPE since V2_0 needed_since V2_0,
        /// Whether an object with that identifier is to be replaced.
        replace_existing: Option<bool> = REPLACE_EXISTING,
        /// Whether a wrapped key stays wrapped.
        key_wrap_type: Option<KeyWrapType> = KEY_WRAP_TYPE,
        /// Its attributes: repeated Attribute at 1.4, Attributes at 2.x.
        attributes: Attributes<'d> = ATTRIBUTES,
        /// The object.
        object: AnyObject<'d> = SYMMETRIC_KEY,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The object, under the identifier asked for.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
    }
}
