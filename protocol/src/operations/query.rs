//! Query: what the server can do.

use super::Failure;
use super::create::ProtectionStorageMasks;
use super::information::{
    CapabilityInformation, DefaultsInformation, ProfileInformation, RNGParameters, ValidationInformation,
};
use super::lists::ObjectGroups;
use crate::message::{AnyItem, structure};
use crate::registry::ResultReason;
use crate::registry::{AttestationType, ClientRegistrationMethod, ObjectType, Operation, QueryFunction};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::{V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, V3_0};
use std::borrow::Cow;

/// Where the standard has it.
#[rustfmt::skip]
pub const SPEC: &[SpecRef] = &[
    kmip(V1_0, "4.24"), kmip(V1_1, "4.25"), kmip(V1_2, "4.25"), kmip(V1_3, "4.25"), kmip(V1_4, "4.25"),
    kmip(V2_0, "6.1.37"), kmip(V2_1, "6.1.40"), kmip(V3_0, "6.1.45"),
];

/// When it fails, and how: the conditions of 1.x, and for 2.x, which lists reasons without conditions, our reading of them.
#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    Failure::new("E2-Query-2.1", "a group the server does not have", V2_1, V2_1, ResultReason::UNKNOWN_OBJECT_GROUP),
];

structure! {
    /// Request payload.
    pub struct Request<'d> in REQUEST_PAYLOAD {
        /// What is asked, one or more.
        query_functions: Vec<QueryFunction> = QUERY_FUNCTION,
        /// The groups that Query Defaults is about.
        object_groups: Option<ObjectGroups<'d>> = OBJECT_GROUPS since V2_1 until V2_1,
    }
}

structure! {
    /// Response payload: what was asked for, in this order.
    #[derive(Default)]
    pub struct Response<'d> in RESPONSE_PAYLOAD {
        /// Query Operations.
        operations: Vec<Operation> = OPERATION,
        /// Query Objects.
        object_types: Vec<ObjectType> = OBJECT_TYPE,
        /// Query Server Information: who made it.
        vendor_identification: Option<Cow<'d, str>> = VENDOR_IDENTIFICATION,
        /// Query Server Information: a structure; its content was the vendor's until 2.0.
        server_information: Option<AnyItem<'d>> = SERVER_INFORMATION,
        /// Query Application Namespaces.
        application_namespaces: Vec<Cow<'d, str>> = APPLICATION_NAMESPACE,
        /// Query Extension List, Query Extension Map.
        extension_information: Vec<ExtensionInformation<'d>> = EXTENSION_INFORMATION since V1_1,
        /// Query Attestation Types.
        attestation_types: Vec<AttestationType> = ATTESTATION_TYPE since V1_2,
        /// Query RNGs.
        rng_parameters: Vec<RNGParameters> = RNG_PARAMETERS since V1_3,
        /// Query Profiles.
        profile_information: Vec<ProfileInformation<'d>> = PROFILE_INFORMATION since V1_3,
        /// Query Validations.
        validation_information: Vec<ValidationInformation<'d>> = VALIDATION_INFORMATION since V1_3,
        /// Query Capabilities.
        capability_information: Vec<CapabilityInformation> = CAPABILITY_INFORMATION since V1_3,
        /// Query Client Registration Methods.
        client_registration_methods: Vec<ClientRegistrationMethod> = CLIENT_REGISTRATION_METHOD since V1_3,
        /// Query Defaults Information.
        defaults_information: Option<DefaultsInformation<'d>> = DEFAULTS_INFORMATION since V2_0,
        // UNCLEAR: the tables of 2.0 and 2.1 require Protection Storage Masks in every response; read as "if asked for".
        /// Query Storage Protection Masks.
        protection_storage_masks: Option<ProtectionStorageMasks> = PROTECTION_STORAGE_MASKS since V2_0,
        // UNCLEAR: nothing we have of 3.0 says what is in it.
        /// Query Credential Information.
        credential_information: Option<AnyItem<'d>> = CREDENTIAL_INFORMATION since V3_0,
    }
}

structure! {
    /// Extension Information (1.1; 1.4 §2.1.9, 2.1 §7.13): a tag of the vendor's own.
    pub struct ExtensionInformation<'d> {
        /// Its name.
        extension_name: Cow<'d, str> = EXTENSION_NAME,
        /// The tag, 540000 to 54FFFF.
        extension_tag: Option<i32> = EXTENSION_TAG,
        /// The item type.
        extension_type: Option<AnyItem<'d>> = EXTENSION_TYPE,
        /// Whether it is an enumeration of the vendor's.
        extension_enumeration: Option<i32> = EXTENSION_ENUMERATION since V2_0,
        /// Whether it is an attribute.
        extension_attribute: Option<bool> = EXTENSION_ATTRIBUTE since V2_0,
        /// The tag of the structure it stands in.
        extension_parent_structure_tag: Option<i32> = EXTENSION_PARENT_STRUCTURE_TAG since V2_0,
        /// What it is for.
        extension_description: Option<Cow<'d, str>> = EXTENSION_DESCRIPTION since V2_0,
    }
}
