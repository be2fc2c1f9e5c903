//! Query: what this server can do, at the version of the request (1.0 §4.24, 1.4 §4.25, 2.1 §6.1.40).

use super::served;
use crate::client_log;
use crate::context::Context;
use crate::defaults;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::message::AnyItem;
use kmipspec_protocol::operations::create::ProtectionStorageMasks;
use kmipspec_protocol::operations::information::{CapabilityInformation, ProfileInformation, ValidationInformation};
use kmipspec_protocol::operations::query::{ExtensionInformation, Request, Response};
use kmipspec_protocol::registry::{
    ClientRegistrationMethod, ObjectType, ProfileName, ProtectionStorageMask, QueryFunction, ValidationAuthorityType,
    ValidationType, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemRef, ItemType, Writer};
use kmipspec_protocol::version::Version;

/// Object types that Register takes, and those of 3.0 that have operations of their own; versions leave out what they do not have.
const OBJECT_TYPES: [ObjectType; 16] = [
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
    ObjectType::USER,
    ObjectType::GROUP,
    ObjectType::PASSWORD_CREDENTIAL,
    ObjectType::DEVICE_CREDENTIAL,
    ObjectType::ONE_TIME_PASSWORD_CREDENTIAL,
    ObjectType::HASHED_PASSWORD_CREDENTIAL,
];

/// Answers are in the order of the response table, whatever the order of the questions.
/// Nothing to say to a question (no application namespaces, no extensions, no attestation …) is nothing in the answer.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let asked = request.query_functions;
    let version_2 = version >= Version::V2_0;
    if asked.is_empty() {
        return Err(Failure::invalid_message("no Query Function is given"));
    }
    if let Some(unknown) = asked.iter().find(|function| !function.exists(version)) {
        return Err(Failure::invalid_field(format!("unknown Query Function 0x{:08X}", unknown.0)));
    }
    let mut answer = Response::default();
    for function in &asked {
        match *function {
            QueryFunction::QUERY_OPERATIONS => answer.operations = served(version).map(|row| row.operation).collect(),
            QueryFunction::QUERY_OBJECTS => answer.object_types = object_types(version),
            QueryFunction::QUERY_SERVER_INFORMATION => {
                answer.vendor_identification = Some(context.config.vendor_identification.as_str().into());
                answer.server_information = Some(AnyItem::Owned(server_information(context)));
            }
            QueryFunction::QUERY_APPLICATION_NAMESPACES => {
                let namespaces = context.config.application_namespaces.iter();
                answer.application_namespaces = namespaces.map(|name| name.as_str().into()).collect();
            }
            QueryFunction::QUERY_EXTENSION_LIST => answer.extension_information = extensions(false, version),
            QueryFunction::QUERY_EXTENSION_MAP => answer.extension_information = extensions(true, version),
            QueryFunction::QUERY_ATTESTATION_TYPES => {
                answer.attestation_types =
                    context.config.attestation.as_ref().map(|rules| rules.types.clone()).unwrap_or_default();
            }
            QueryFunction::QUERY_RNGS => {
                answer.rng_parameters = vec![context.config.random.parameters()];
            }
            QueryFunction::QUERY_PROFILES => answer.profile_information = profiles(version),
            QueryFunction::QUERY_VALIDATIONS => answer.validation_information = vec![validation()],
            QueryFunction::QUERY_CAPABILITIES => {
                answer.capability_information = vec![CapabilityInformation {
                    attestation_capability: Some(context.config.attestation.is_some()),
                    ..CAPABILITIES
                }];
            }
            QueryFunction::QUERY_CLIENT_REGISTRATION_METHODS => {
                // Client certificates are made by the server before any client asks. Registered bootstrap certificates get
                // another one, over a key of the server's (Re-Provision alone), over the client's (a Certificate Request, a
                // public key), or of the client's own (Re-Provision with a Certificate).
                let methods = &mut answer.client_registration_methods;
                methods.push(ClientRegistrationMethod::SERVER_PRE_GENERATED);
                if context.config.registry.is_some() {
                    methods.extend(version_2.then_some(ClientRegistrationMethod::SERVER_ON_DEMAND));
                    methods.push(ClientRegistrationMethod::CLIENT_GENERATED);
                    methods.extend(version_2.then_some(ClientRegistrationMethod::CLIENT_REGISTERED));
                }
            }
            QueryFunction::QUERY_STORAGE_PROTECTION_MASKS => {
                answer.protection_storage_masks =
                    Some(ProtectionStorageMasks { masks: vec![ProtectionStorageMask::SOFTWARE] });
            }
            _ => {}
        }
    }
    let defaults = defaults::kept(context).filter(|_| asked.contains(&QueryFunction::QUERY_DEFAULTS_INFORMATION));
    answer.defaults_information = defaults::told(defaults.as_ref(), version)?;
    if let (Some(told), Some(groups)) = (&mut answer.defaults_information, &request.object_groups) {
        told.object_defaults.retain(|one| {
            one.object_groups
                .as_ref()
                .is_none_or(|of| of.object_groups.iter().any(|g| groups.object_groups.contains(g)))
        });
    }
    answer.encode(response, version);
    Ok(())
}

/// Server Information: the fields that 2.0 has for it (2.1 §7.37), then the latest messages that the client wrote with Log.
/// Before 2.0 it is the vendor's own, and empty here.
fn server_information(context: &Context<'_>) -> Item {
    let mut fields = Vec::new();
    if context.version >= Version::V2_0 {
        let set = &context.config.server_information;
        fields.push(Item::text(tag::SERVER_NAME, set.name.as_deref().unwrap_or("kmipspec")));
        fields.extend(set.serial_number.as_deref().map(|number| Item::text(tag::SERVER_SERIAL_NUMBER, number)));
        fields.push(Item::text(tag::SERVER_VERSION, env!("CARGO_PKG_VERSION")));
        fields.push(Item::text(tag::PRODUCT_NAME, "kmipspec reference server"));
        fields.extend(set.cluster.as_deref().map(|cluster| Item::text(tag::CLUSTER_INFO, cluster)));
        let endpoints = set.failover_endpoints.iter();
        fields.extend(endpoints.map(|endpoint| Item::text(tag::ALTERNATE_FAILOVER_ENDPOINTS, endpoint.as_str())));
        fields.extend(client_log::of_client(context));
    }
    Item::structure(tag::SERVER_INFORMATION, fields)
}

/// What this server was validated against (1.4 §2.1.20): by no authority, only by the published cases its own tests run.
fn validation() -> ValidationInformation<'static> {
    ValidationInformation {
        validation_authority_type: ValidationAuthorityType::UNSPECIFIED,
        validation_authority_country: None,
        validation_authority_uri: None,
        validation_version_major: 0,
        validation_version_minor: Some(1),
        validation_type: ValidationType::SOFTWARE,
        validation_level: 0,
        validation_certificate_identifier: None,
        validation_certificate_uri: None,
        validation_vendor_uri: None,
        validation_profiles: Vec::new(),
    }
}

/// The extensions of this server: names alone for the list, with tag and type for the map (1.4 §2.1.9).
fn extensions(mapped: bool, version: Version) -> Vec<ExtensionInformation<'static>> {
    // An Integer until 1.4, an Enumeration from 2.0 on.
    let text = match version < Version::V2_0 {
        true => Item::integer(tag::EXTENSION_TYPE, ItemType::TEXT_STRING.0.into()),
        false => Item::enumeration(tag::EXTENSION_TYPE, ItemType::TEXT_STRING.0.into()),
    };
    vec![ExtensionInformation {
        extension_name: "Log Entry".into(),
        extension_tag: mapped.then(|| client_log::LOG_ENTRY.0.cast_signed()),
        extension_type: mapped.then(|| AnyItem::Owned(text)),
        extension_enumeration: None,
        extension_attribute: None,
        extension_parent_structure_tag: mapped.then(|| tag::SERVER_INFORMATION.0.cast_signed()),
        extension_description: mapped.then(|| "a message that the client wrote with Log".into()),
    }]
}

/// Object types that a version has and Register takes.
fn object_types(version: Version) -> Vec<ObjectType> {
    OBJECT_TYPES.into_iter().filter(|kind| kind.exists(version)).collect()
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
    PROFILES.into_iter().filter(|profile| profile.exists(version)).map(ProfileInformation::new).collect()
}

/// Capability Information (1.4 §2.1.21): each field says whether something can be done; versions leave out what they do not have.
const CAPABILITIES: CapabilityInformation = CapabilityInformation {
    streaming_capability: Some(true),
    asynchronous_capability: Some(true),
    attestation_capability: Some(false),
    batch_undo_capability: Some(true),
    batch_continue_capability: Some(true),
    unwrap_mode: None,
    destroy_action: None,
    shredding_algorithm: None,
    rng_mode: None,
    quantum_safe_capability: None,
};
