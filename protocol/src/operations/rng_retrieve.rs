//! RNG Retrieve (1.2): random bytes.

use super::Failure;
use crate::message::{Data, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.35"), kmip(V1_3, "4.35"), kmip(V1_4, "4.35"), kmip(V2_0, "6.1.45"), kmip(V2_1, "6.1.49"),
    kmip(V3_0, "6.1.54"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0202", "the random number generator failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-RNGRetrieve-2.0", "the random number generator failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
];

structure! {
    /// Request payload.
    pub struct Request in REQUEST_PAYLOAD {
        /// How many bytes.
        data_length: i32 = DATA_LENGTH,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The bytes.
        data: Data<'d> = DATA,
    }
}
