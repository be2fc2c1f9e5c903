//! Query: what this server can do, at the version of the request (1.0 §4.24, 1.4 §4.25, 2.1 §6.1.40).

use super::served;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::message::AnyItem;
use kmipspec_protocol::operations::create::ProtectionStorageMasks;
use kmipspec_protocol::operations::information::{CapabilityInformation, ProfileInformation};
use kmipspec_protocol::operations::query::{Request, Response};
use kmipspec_protocol::registry::{
    ClientRegistrationMethod, ObjectType, ProfileName, ProtectionStorageMask, QueryFunction, enumeration_for, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Object types that Register takes; versions leave out what they do not have.
const OBJECT_TYPES: [ObjectType; 10] = [
    ObjectType::CERTIFICATE,
    ObjectType::SYMMETRIC_KEY,
    ObjectType::PUBLIC_KEY,
    ObjectType::PRIVATE_KEY,
    ObjectType::SPLIT_KEY,
    ObjectType::TEMPLATE,
    ObjectType::SECRET_DATA,
    ObjectType::OPAQUE_OBJECT,
    ObjectType::PGP_KEY,
    ObjectType::CERTIFICATE_REQUEST,
];

/// Answers are in the order of the response table, whatever the order of the questions.
/// Nothing to say to a question (no application namespaces, no extensions, no attestation …) is nothing in the answer.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let asked = request.query_functions;
    if asked.is_empty() {
        return Err(Failure::invalid_message("no Query Function is given"));
    }
    let known = enumeration_for(tag::QUERY_FUNCTION);
    if let Some(unknown) = asked.iter().find(|f| known.is_some_and(|names| !names.valid(f.0, version))) {
        return Err(Failure::invalid_field(format!("unknown Query Function 0x{:08X}", unknown.0)));
    }
    let mut answer = Response::default();
    for function in asked {
        match function {
            QueryFunction::QUERY_OPERATIONS => answer.operations = served(version).map(|row| row.operation).collect(),
            QueryFunction::QUERY_OBJECTS => answer.object_types = object_types(version),
            QueryFunction::QUERY_SERVER_INFORMATION => {
                answer.vendor_identification = Some(context.config.vendor_identification.as_str().into());
                answer.server_information = Some(AnyItem::Owned(Item::structure(tag::SERVER_INFORMATION, Vec::new())));
            }
            QueryFunction::QUERY_RNGS => {
                answer.rng_parameters = vec![context.config.random.parameters()];
            }
            QueryFunction::QUERY_PROFILES => answer.profile_information = profiles(version),
            QueryFunction::QUERY_CAPABILITIES => {
                answer.capability_information = vec![CAPABILITIES];
            }
            QueryFunction::QUERY_CLIENT_REGISTRATION_METHODS => {
                // Client certificates are made by the server before any client asks.
                answer.client_registration_methods = vec![ClientRegistrationMethod::SERVER_PRE_GENERATED];
            }
            QueryFunction::QUERY_STORAGE_PROTECTION_MASKS => {
                answer.protection_storage_masks =
                    Some(ProtectionStorageMasks { masks: vec![ProtectionStorageMask::SOFTWARE] });
            }
            _ => {}
        }
    }
    answer.encode(response, version);
    Ok(())
}

/// Object types that a version has and Register takes.
fn object_types(version: Version) -> Vec<ObjectType> {
    let names = enumeration_for(tag::OBJECT_TYPE);
    OBJECT_TYPES.into_iter().filter(|kind| names.is_none_or(|names| names.valid(kind.0, version))).collect()
}

/// Profiles whose published test cases this server passes, as far as the version has a name for them.
const PROFILES: [ProfileName; 18] = [
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER_KMIP_V1_0,
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER_KMIP_V1_1,
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER_KMIP_V1_2,
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER_KMIP_V1_3,
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER_KMIP_V1_4,
    ProfileName::SYMMETRIC_KEY_LIFECYCLE_SERVER,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER_KMIP_V1_0,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER_KMIP_V1_1,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER_KMIP_V1_2,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER_KMIP_V1_3,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER_KMIP_V1_4,
    ProfileName::SYMMETRIC_KEY_FOUNDRY_SERVER,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER_KMIP_V1_0,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER_KMIP_V1_1,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER_KMIP_V1_2,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER_KMIP_V1_3,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER_KMIP_V1_4,
    ProfileName::OPAQUE_MANAGED_OBJECT_STORE_SERVER,
];

/// Profile Information (1.4 §2.1.19): the name alone.
fn profiles(version: Version) -> Vec<ProfileInformation<'static>> {
    let names = enumeration_for(tag::PROFILE_NAME);
    let known = PROFILES.into_iter().filter(|profile| names.is_none_or(|names| names.valid(profile.0, version)));
    known.map(ProfileInformation::new).collect()
}

/// Capability Information (1.4 §2.1.21): each field says whether something can be done; versions leave out what they do not have.
const CAPABILITIES: CapabilityInformation = CapabilityInformation {
    streaming_capability: Some(false),
    asynchronous_capability: Some(false),
    attestation_capability: Some(false),
    batch_undo_capability: Some(true),
    batch_continue_capability: Some(true),
    unwrap_mode: None,
    destroy_action: None,
    shredding_algorithm: None,
    rng_mode: None,
    quantum_safe_capability: None,
};
