//! RNG Seed (1.2): seed material for the random number generator of the server.

use super::Failure;
use crate::message::{Data, structure};
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_2, "4.36"), kmip(V1_3, "4.36"), kmip(V1_4, "4.36"), kmip(V2_0, "6.1.46"), kmip(V2_1, "6.1.50"),
    kmip(V3_0, "6.1.55"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0203", "seeding the random number generator failed", V1_3, V1_4, ResultReason::CRYPTOGRAPHIC_FAILURE),
    Failure::new("E2-RNGSeed-2.0", "seeding the random number generator failed", V2_0, V2_1, ResultReason::CRYPTOGRAPHIC_FAILURE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// The seed.
        data: Data<'d> = DATA,
    }
}

structure! {
    /// Response payload.
    pub struct Response in RESPONSE_PAYLOAD {
        /// How many bytes of it the server used, none included.
        data_length: i32 = DATA_LENGTH,
    }
}
