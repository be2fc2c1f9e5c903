//! PKCS#11 (2.0): a call of the C interface, its parameters as bytes.

use super::Failure;
use crate::message::{DecodeError, FieldValue, Reading, structure};
use crate::registry::{Pkcs11Function, Pkcs11ReturnCode, ResultReason};
use crate::spec_ref::{SpecRef, kmip};
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::Version;
use crate::version::Version::{V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V2_0, "6.1.35"), kmip(V2_1, "6.1.37"), kmip(V3_0, "6.1.42"),
];

/// When it fails, and how: 2.x lists reasons without conditions, which are our reading of them; earlier versions say nothing.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-PKCS_11-2.0", "no session has that Correlation Value", V2_0, V2_1, ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE),
    Failure::new("E2-PKCS_11-2.0", "the PKCS#11 Input Parameters cannot be read", V2_0, V2_1, ResultReason::PKCS_11_CODEC_ERROR),
    Failure::new("E2-PKCS_11-2.0", "the server does not have the function", V2_0, V2_1, ResultReason::PKCS_11_INVALID_FUNCTION),
    Failure::new("E2-PKCS_11-2.0", "the server does not have the interface", V2_0, V2_1, ResultReason::PKCS_11_INVALID_INTERFACE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        // UNCLEAR: 2.1 §7.26 to §7.30 print structures that hold themselves; the published cases have the value alone.
        /// The interface; the newest of PKCS#1one unit of it if omitted.
        interface: Option<Cow<'d, str>> = PKCS_11_INTERFACE,
        /// The function.
        function: Function = PKCS_11_FUNCTION,
        /// Which session; left out of the first call.
        correlation_value: Option<Cow<'d, [u8]>> = CORRELATION_VALUE,
        /// What goes in.
        input_parameters: Option<Cow<'d, [u8]>> = PKCS_11_INPUT_PARAMETERS,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// That of the request.
        interface: Option<Cow<'d, str>> = PKCS_11_INTERFACE,
        /// That of the request.
        function: Function = PKCS_11_FUNCTION,
        /// Which session, for the calls that follow.
        correlation_value: Option<Cow<'d, [u8]>> = CORRELATION_VALUE,
        /// What comes out.
        output_parameters: Option<Cow<'d, [u8]>> = PKCS_11_OUTPUT_PARAMETERS,
        /// The CK_RV.
        return_code: Pkcs11ReturnCode = PKCS_11_RETURN_CODE,
    }
}

/// Which function: one of PKCS#11, or a vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// An Enumeration.
    Standard(Pkcs11Function),
    /// An Integer.
    Vendor(i32),
}

impl<'d> FieldValue<'d> for Function {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if item.ty() == ItemType::INTEGER {
            return FieldValue::read(item, reading).map(Self::Vendor);
        }
        FieldValue::read(item, reading).map(Self::Standard)
    }
    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        match self {
            Self::Standard(function) => function.write(w, tag, version),
            Self::Vendor(function) => function.write(w, tag, version),
        }
    }
}
