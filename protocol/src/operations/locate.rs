//! Locate: identifiers of the objects that have these attributes.

use super::Failure;
use crate::attributes::Attributes;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::ResultReason;
use crate::registry::{ObjectClassMask, ObjectGroupMember, StorageStatusMask};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.8"), kmip(V1_1, "4.9"), kmip(V1_2, "4.9"), kmip(V1_3, "4.9"), kmip(V1_4, "4.9"), kmip(V2_0, "6.1.27"),
    kmip(V2_1, "6.1.28"), kmip(V3_0, "6.1.32"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E1-0060", "unknown attribute, or a template that does not exist", V1_0, V1_4, ResultReason::INVALID_FIELD),
    Failure::new("E2-Locate-2.0", "an attribute the server does not know", V2_0, V2_1, ResultReason::INVALID_ATTRIBUTE),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// How many identifiers to return at most.
        maximum_items: Option<i32> = MAXIMUM_ITEMS,
        /// How many to skip first.
        offset_items: Option<i32> = OFFSET_ITEMS since V1_3,
        /// On-line, archived, or both; on-line only if omitted.
        storage_status_mask: Option<StorageStatusMask> = STORAGE_STATUS_MASK,
        /// Objects of users, of the system, or both.
        object_class_mask: Option<ObjectClassMask> = OBJECT_CLASS_MASK since V3_0,
        /// Fresh or default members of a group.
        object_group_member: Option<ObjectGroupMember> = OBJECT_GROUP_MEMBER since V1_1 until V2_1,
        /// All of them have to match: repeated Attribute at 1.x, Attributes at 2.x.
        attributes: Attributes<'d> = ATTRIBUTES,
    }
}

structure! {
    /// Response payload.
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// How many match, whatever Maximum Items says.
        located_items: Option<i32> = LOCATED_ITEMS since V1_3,
        /// The objects; a single one becomes the ID Placeholder.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
    }
}
