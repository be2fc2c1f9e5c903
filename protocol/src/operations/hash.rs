//! Hash (1.2): data goes in, its digest comes out, at once or in parts; no key is involved.

use super::Failure;
use crate::attributes::CryptographicParameters;
use crate::message::{Data, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.37"), kmip(V1_3, "4.37"), kmip(V1_4, "4.37"), kmip(V2_0, "6.1.23"), kmip(V2_1, "6.1.24"),
    kmip(V3_0, "6.1.28"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0204", "the cryptography of the hash failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E1-0205", "no operation in progress has that Correlation Value", V1_3, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E2-Hash-2.0", "the cryptography failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-Hash-2.0", "no operation in progress has that Correlation Value", V2_0, V2_1, ResultReason::INVALID_CORRELATION_VALUE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The Hashing Algorithm.
        cryptographic_parameters: CryptographicParameters = CRYPTOGRAPHIC_PARAMETERS,
        /// What to hash; required at 1.2, later left out of a part that has none.
        data: Option<Data<'d>> = DATA needed_until V1_2,
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
        /// The digest; required at 1.2, later with the last part.
        data: Option<Data<'d>> = DATA needed_until V1_2,
        /// To go on with, when more parts are to come.
        correlation_value: Option<Cow<'d, [u8]>> = CORRELATION_VALUE since V1_3,
    }
}
