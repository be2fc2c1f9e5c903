//! Get: the object itself.

use super::Failure;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::{AnyObject, KeyWrappingSpecification};
use crate::registry::ResultReason;
use crate::registry::{KeyCompressionType, KeyFormatType, KeyWrapType, ObjectType};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.10"), kmip(V1_1, "4.11"), kmip(V1_2, "4.11"), kmip(V1_3, "4.11"), kmip(V1_4, "4.11"),
    kmip(V2_0, "6.1.19"), kmip(V2_1, "6.1.19"), kmip(V3_0, "6.1.23"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0065", "the object does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0066", "the wrapping key does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0067", "Encryption Key Information names something that is not a key", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0068", "Encryption Key Information names a key that may not wrap", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0069", "MAC/Signature Key Information names something that is not a key", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0070", "MAC/Signature Key Information names a key that may not MAC or sign", V1_0, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0071", "not available in the Key Format Type or Key Compression Type asked for", V1_0, V1_4, ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED),
    Failure::new("E1-0071", "not available in the Key Format Type or Key Compression Type asked for", V1_0, V1_4, ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED),
    Failure::new("E1-0072", "the server holds attributes only, no object (and it is no Template)", V1_0, V1_4, ResultReason::ILLEGAL_OPERATION),
    Failure::new("E1-0073", "the key has no Cryptographic Parameters like those of the wrapping request", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0074", "the object is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0075", "not available in the Encoding Option asked for", V1_1, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0076", "No Encoding asked for while attributes are to be wrapped too", V1_1, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0077", "unsupported Key Wrap Type", V1_4, V1_4, ResultReason::KEY_WRAP_TYPE_NOT_SUPPORTED),
    Failure::new("E1-0078", "the object is Sensitive (and not asked for in wrapped form)", V1_4, V1_4, ResultReason::SENSITIVE),
    Failure::new("E1-0079", "the object is not Extractable", V1_4, V1_4, ResultReason::NOT_EXTRACTABLE),
    Failure::new("E2-Get-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Get-2.0", "the wrapping key does not exist", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_NOT_FOUND),
    Failure::new("E2-Get-2.0", "the wrapping key is destroyed", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_DESTROYED),
    Failure::new("E2-Get-2.0", "the wrapping key is archived", V2_0, V2_1, ResultReason::WRAPPING_OBJECT_ARCHIVED),
    Failure::new("E2-Get-2.0", "the wrapping key may not wrap", V2_0, V2_1, ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK),
    Failure::new("E2-Get-2.0", "the object named for wrapping is no key", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Get-2.0", "not to be had in that Key Format Type", V2_0, V2_1, ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Get-2.0", "not to be had in that Key Compression Type", V2_0, V2_1, ResultReason::KEY_COMPRESSION_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Get-2.0", "not to be had in that Key Wrap Type", V2_0, V2_1, ResultReason::KEY_WRAP_TYPE_NOT_SUPPORTED),
    Failure::new("E2-Get-2.0", "the wrapping parameters do not fit the key", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-Get-2.0", "not to be had in that Encoding Option", V2_0, V2_1, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E2-Get-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-Get-2.0", "the object is Sensitive and not asked for in wrapped form", V2_0, V2_1, ResultReason::SENSITIVE),
    Failure::new("E2-Get-2.0", "the object is not Extractable", V2_0, V2_1, ResultReason::NOT_EXTRACTABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// The format wanted; that of the registration, or Raw, if omitted.
        key_format_type: Option<KeyFormatType> = KEY_FORMAT_TYPE,
        /// Whether an object registered wrapped is wanted as it was.
        key_wrap_type: Option<KeyWrapType> = KEY_WRAP_TYPE since V1_4,
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
        /// The object.
        object: AnyObject<'d> = SYMMETRIC_KEY,
    }
}
