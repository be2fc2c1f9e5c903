//! Export (1.4): an object with all its attributes, for another server.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::{AnyObject, KeyWrappingSpecification};
use crate::registry::{KeyCompressionType, KeyFormatType, KeyWrapType, ObjectType, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_4, "4.40"), kmip(V2_0, "6.1.18"), kmip(V2_1, "6.1.18"), kmip(V3_0, "6.1.22"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0228", "the object does not exist", V1_4, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0229", "the wrapping key does not exist", V1_4, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0230", "Encryption Key Information names something that is not a key", V1_4, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0231", "Encryption Key Information names a key that may not wrap", V1_4, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0232", "MAC/Signature Key Information names something that is not a key", V1_4, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0233", "MAC/Signature Key Information names a key that may not MAC or sign", V1_4, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0234", "not available in the Key Format Type or Key Compression Type asked for", V1_4, V1_4, ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED),
    Failure::new("E1-0234", "not available in the Key Format Type or Key Compression Type asked for", V1_4, V1_4, ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED),
    Failure::new("E1-0235", "the key has no Cryptographic Parameters like those of the wrapping request", V1_4, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0236", "not available in the Encoding Option asked for", V1_4, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0237", "No Encoding asked for while attributes are to be wrapped too", V1_4, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0238", "unsupported Key Wrap Type", V1_4, V1_4, ResultReason::KEY_WRAP_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Export-2.0", "the wrapping parameters do not fit the key", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-Export-2.0", "not to be had in that Encoding Option", V2_0, V2_1, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E2-Export-2.0", "the wrapping key may not wrap", V2_0, V2_1, ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK),
    Failure::new("E2-Export-2.0", "the object named for wrapping is no key", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Export-2.0", "not to be had in that Key Compression Type", V2_0, V2_1, ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Export-2.0", "not to be had in that Key Format Type", V2_0, V2_1, ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Export-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-Export-2.0", "not to be had in that Key Wrap Type", V2_0, V2_1, ResultReason::KEY_WRAP_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Export-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Export-2.0", "the wrapping key is archived", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_ARCHIVED),
    Failure::new("E2-Export-2.0", "the wrapping key is destroyed", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_DESTROYED),
    Failure::new("E2-Export-2.0", "the wrapping key does not exist", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_NOT_FOUND),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// The format wanted.
        key_format_type: Option<KeyFormatType> = KEY_FORMAT_TYPE,
        /// Whether an object registered wrapped is wanted as it was.
        key_wrap_type: Option<KeyWrapType> = KEY_WRAP_TYPE,
        /// For elliptic curve public keys.
        key_compression_type: Option<KeyCompressionType> = KEY_COMPRESSION_TYPE,
        /// How to wrap it on the way out.
        key_wrapping_specification: Option<KeyWrappingSpecification<'d>> = KEY_WRAPPING_SPECIFICATION,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// What it is.
        object_type: ObjectType = OBJECT_TYPE,
        /// Which one it is.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// All of its attributes: repeated Attribute at 1.4, Attributes at 2.x.
        attributes: Attributes<'d> = ATTRIBUTES,
        /// The object.
        object: AnyObject<'d> = SYMMETRIC_KEY,
    }
}
