//! Register: an object made elsewhere is handed to the server.

use super::Failure;
use super::create::ProtectionStorageMasks;
use crate::attributes::Template;
use crate::message::{UniqueIdentifier, structure};
use crate::objects::AnyObject;
use crate::registry::ObjectType;
use crate::registry::ResultReason;
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.3"), kmip(V1_1, "4.3"), kmip(V1_2, "4.3"), kmip(V1_3, "4.3"), kmip(V1_4, "4.3"), kmip(V2_0, "6.1.39"),
    kmip(V2_1, "6.1.43"), kmip(V3_0, "6.1.48"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0017", "unknown Object Type", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0018", "Object Type is not that of the object sent along", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0019", "a template named in the request does not exist", V1_0, V1_4, ResultReason::ITEM_NOT_FOUND),
    Failure::new("E1-0020", "an attribute has a wrong value", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0021", "the Name is taken by another object", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0022", "more instances of a multi-instance attribute than the server holds", V1_0, V1_4, ResultReason::INDEX_OUT_OF_BOUNDS),
    Failure::new("E1-0023", "Application Data left out for an Application Namespace the server cannot make data for", V1_0, V1_4, ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED),
    Failure::new("E1-0024", "a template named in the request is archived", V1_0, V1_4, ResultReason::OBJECT_ARCHIVED),
    Failure::new("E1-0025", "No Encoding asked for while attributes are to be wrapped too", V1_1, V1_4, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E1-0026", "a Name attribute stands inside the Template being registered", V1_2, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0027", "PKCS#12 without exactly one PKCS#12 Password Link", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E1-0028", "PKCS#12 Password Link leads to something other than Secret Data of type Password", V1_4, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E2-Register-2.0", "the object is of another type than Object Type says, or of one that cannot be registered", V2_0, V2_1, ResultReason::INVALID_OBJECT_TYPE),
    Failure::new("E2-Register-2.0", "an attribute value is not allowed", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE_VALUE),
    Failure::new("E2-Register-2.0", "the server has no such attribute", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
    Failure::new("E2-Register-2.0", "an attribute that only the server sets", V2_0, V2_1, ResultReason::ATTRIBUTE_READ_ONLY),
    Failure::new("E2-Register-2.0", "a second instance of an attribute that has one", V2_0, V2_1, ResultReason::ATTRIBUTE_SINGLE_VALUED),
    Failure::new("E2-Register-2.0", "more instances than the server takes", V2_0, V2_1, ResultReason::SERVER_LIMIT_EXCEEDED),
    Failure::new("E2-Register-2.0", "the Name is taken", V2_0, V2_1, ResultReason::NON_UNIQUE_NAME_ATTRIBUTE),
    Failure::new("E2-Register-2.0", "the PKCS#12 password does not fit", V2_0, V2_1, ResultReason::BAD_PASSWORD),
    Failure::new("E2-Register-2.0", "the Encoding Option does not fit the wrapping", V2_0, V2_1, ResultReason::ENCODING_OPTION_ERROR),
    Failure::new("E2-Register-2.0", "no Protection Storage Mask can be met", V2_0, V2_1, ResultReason::PROTECTION_STORAGE_UNAVAILABLE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What it is.
        object_type: ObjectType = OBJECT_TYPE,
        /// Its attributes: Template-Attribute at 1.x, Attributes at 2.x.
        attributes: Template<'d> = ATTRIBUTES,
        /// The object; the tables of 1.0 and 1.1 do not require it.
        object: Option<AnyObject<'d>> = SYMMETRIC_KEY,
        /// Where it may be kept.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// The new object, which becomes the ID Placeholder.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// Attributes the server set of itself.
        attributes: Option<Template<'d>> = ATTRIBUTES until V1_4,
    }
}
