//! Sign (1.2): data goes in, a signature comes out, at once or in parts.

use super::Failure;
use crate::attributes::CryptographicParameters;
use crate::message::{Data, UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.31"), kmip(V1_3, "4.31"), kmip(V1_4, "4.31"), kmip(V2_0, "6.1.49"), kmip(V2_1, "6.1.55"),
    kmip(V3_0, "6.1.60"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0178", "no object has that Unique Identifier", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0179", "the object cannot sign", V1_3, V1_4, ResultReason::PERMISSION_DENIED),
    Failure::new("E1-0180", "the cryptography of the signing failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0181", "the object is archived", V1_3, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0182", "the server does not hold the Key Value", V1_3, V1_4, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E1-0183", "no operation in progress has that Correlation Value", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-Sign-2.0", "the Cryptographic Parameters do not fit the key", V2_0, V2_1, ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-Sign-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-Sign-2.0", "the Cryptographic Usage Mask does not allow this use", V2_0, V2_1, ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK),
    Failure::new("E2-Sign-2.0", "no operation in progress has that Correlation Value", V2_0, V2_1, ResultReason::INVALID_CORRELATION_VALUE),
    Failure::new("E2-Sign-2.0", "objects of this type cannot sign", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Sign-2.0", "the server has only the attributes of the object", V2_0, V2_1, ResultReason::KEY_VALUE_NOT_PRESENT),
    Failure::new("E2-Sign-2.0", "no object has that Unique Identifier", V2_0, V2_1, ResultReason::OBJECT_NOT_FOUND),
    Failure::new("E2-Sign-2.0", "the server does not have those Cryptographic Parameters", V2_0, V2_1, ResultReason::UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS),
    Failure::new("E2-Sign-2.0", "no usage is left", V2_0, V2_1, ResultReason::USAGE_LIMIT_EXCEEDED),
    Failure::new("E2-Sign-2.0", "not in this state of the object", V2_0, V2_1, ResultReason::WRONG_KEY_LIFECYCLE_STATE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// Without it the ID Placeholder is meant.
        unique_identifier: Option<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER needed_since V3_0,
        /// How; without them those of the key apply.
        cryptographic_parameters: Option<CryptographicParameters> = CRYPTOGRAPHIC_PARAMETERS,
        /// What to sign; required at 1.2, later left out of a part that has none, or for a digest.
        data: Option<Data<'d>> = DATA needed_until V1_2,
        /// The digest of it, in its place.
        digested_data: Option<Cow<'d, [u8]>> = DIGESTED_DATA since V1_4,
        /// Ties the parts of one stream together.
        correlation_value: Option<Cow<'d, [u8]>> = CORRELATION_VALUE since V1_3,
        /// Whether this is the first part.
        init_indicator: Option<bool> = INIT_INDICATOR since V1_3,
        /// Whether this is the last part.
        final_indicator: Option<bool> = FINAL_INDICATOR since V1_3,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The key.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// The signature; required at 1.2, later with the last part.
        signature_data: Option<Cow<'d, [u8]>> = SIGNATURE_DATA needed_until V1_2,
        /// To go on with, when more parts are to come.
        correlation_value: Option<Cow<'d, [u8]>> = CORRELATION_VALUE since V1_3,
    }
}
