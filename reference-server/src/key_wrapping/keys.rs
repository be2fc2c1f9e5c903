//! The keys that wrap and unwrap: which they are, whether they may, and their Cryptographic Parameters.

use crate::context::Context;
use crate::cryptography::hashing::hash_of_hmac;
use crate::cryptography::{Parameters, algorithm};
use crate::failure::{Failure, Outcome};
use crate::key_pair::linked;
use crate::object::StoredObject;
use crate::usage::{self, Purpose};
use kmipspec_protocol::attributes::CryptographicParameters;
use kmipspec_protocol::message::{UniqueIdentifier, to_item};
use kmipspec_protocol::registry::{CryptographicUsageMask, LinkType, ObjectType, ResultReason, tag};
use kmipspec_protocol::version::Version;
use std::sync::Arc;

/// What a key is wanted for, with the usage it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// To encrypt a key.
    Wrap,
    /// To decrypt one.
    Unwrap,
    /// To MAC or sign it.
    Authenticate,
    /// To verify that.
    Verify,
}

/// The key that Encryption Key Information or MAC/Signature Key Information names, if it may be used for the task.
pub(super) fn find(context: &mut Context<'_>, id: &UniqueIdentifier<'_>, task: Task) -> Outcome<Arc<StoredObject>> {
    let id = context.unique_identifier(Some(id)).map_err(|_| missing(context.version))?;
    let mut object = stored(context, &id)?;
    // A private key undoes what its public key did, and the other way round; both name the pair (1.4 §2.1.5).
    let other = match (task, object.object_type) {
        (Task::Unwrap, ObjectType::PUBLIC_KEY) => linked(&object, LinkType::PRIVATE_KEY_LINK),
        (Task::Verify, ObjectType::PRIVATE_KEY) => linked(&object, LinkType::PUBLIC_KEY_LINK),
        (Task::Authenticate, ObjectType::PUBLIC_KEY) => linked(&object, LinkType::PRIVATE_KEY_LINK),
        _ => None,
    };
    if let Some(other) = other {
        object = stored(context, &other)?;
    }
    check(context, &object, task)?;
    Ok(usage::ready(object))
}

/// An object of this client, there and not archived.
fn stored(context: &mut Context<'_>, id: &str) -> Outcome<Arc<StoredObject>> {
    let version = context.version;
    let anybodys = context.transaction.object(id).filter(|_| context.quirk("other-client-may-wrap"));
    let object = anybodys.map_or_else(|| context.any_object(id), Ok).map_err(|_| missing(version))?;
    if object.archived {
        return Err(Failure::by_version(
            version,
            ResultReason::OBJECT_ARCHIVED,
            ResultReason::WRAPPING_OBJECT_ARCHIVED,
            "the wrapping key is archived",
        ));
    }
    Ok(object)
}

/// 1.4 §11.12 and 2.1 §6.1.19.1: no such key.
fn missing(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::WRAPPING_OBJECT_NOT_FOUND,
        "the wrapping key does not exist",
    )
}

/// It is a key, it is there, its state and its Cryptographic Usage Mask allow the task.
fn check(context: &Context<'_>, object: &StoredObject, task: Task) -> Outcome<()> {
    let version = context.version;
    let is_key =
        matches!(object.object_type, ObjectType::SYMMETRIC_KEY | ObjectType::PUBLIC_KEY | ObjectType::PRIVATE_KEY);
    if !is_key {
        return Err(Failure::by_version(
            version,
            ResultReason::ILLEGAL_OPERATION,
            ResultReason::INVALID_OBJECT_TYPE,
            "the object named for wrapping is no key",
        ));
    }
    if object.is_destroyed() || object.material.is_none() {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::WRAPPING_OBJECT_DESTROYED,
            "the wrapping key is destroyed",
        ));
    }
    let private = object.object_type == ObjectType::PRIVATE_KEY;
    let public = object.object_type == ObjectType::PUBLIC_KEY;
    let wanted = match task {
        Task::Wrap => CryptographicUsageMask::WRAP_KEY.0,
        // As published (TC-WRAP-2-14), a key with Wrap Key alone unwraps at 1.x; 2.1 §11 says the two are not the same.
        Task::Unwrap if version < Version::V2_0 => {
            CryptographicUsageMask::UNWRAP_KEY.0 | CryptographicUsageMask::WRAP_KEY.0
        }
        Task::Unwrap => CryptographicUsageMask::UNWRAP_KEY.0,
        Task::Authenticate if private => CryptographicUsageMask::SIGN.0,
        Task::Authenticate => CryptographicUsageMask::MAC_GENERATE.0,
        Task::Verify if public => CryptographicUsageMask::VERIFY.0,
        Task::Verify => CryptographicUsageMask::MAC_VERIFY.0,
    };
    if object.integer(tag::CRYPTOGRAPHIC_USAGE_MASK).unwrap_or(0).cast_unsigned() & wanted == 0 {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK,
            "the Cryptographic Usage Mask of the wrapping key does not allow this",
        ));
    }
    let purpose = match task {
        Task::Wrap | Task::Authenticate => Purpose::Protect,
        Task::Unwrap | Task::Verify => Purpose::Process,
    };
    usage::check_state(object, purpose, context.now, version)
}

/// The Cryptographic Parameters that a Key Wrapping Specification picks: those of the key that match what is given, or its first
/// (1.4 §2.1.6). A MAC needs none: its algorithm says all (Usage Guide 4.21.2).
pub(super) fn parameters(
    object: &StoredObject,
    given: Option<&CryptographicParameters>,
    task: Task,
    version: Version,
) -> Outcome<Parameters> {
    let key = kmipspec_protocol::attributes::AttributeKey::Standard(tag::CRYPTOGRAPHIC_PARAMETERS);
    let mut instances = object.instances(&key);
    let found = match given {
        None => instances.next(),
        Some(given) => {
            let given = to_item(given, tag::CRYPTOGRAPHIC_PARAMETERS, version);
            instances.find(|held| given.items().iter().all(|field| held.value.child(field.tag) == Some(field)))
        }
    };
    match found {
        Some(found) => Ok(Parameters::held(&found.value)),
        None if task == Task::Authenticate && is_mac(object) => Ok(given.map(Parameters::from).unwrap_or_default()),
        None => Err(Failure::by_version(
            version,
            ResultReason::ITEM_NOT_FOUND,
            ResultReason::BAD_CRYPTOGRAPHIC_PARAMETERS,
            "the wrapping key has no such Cryptographic Parameters",
        )),
    }
}

/// Whether the key is one for a MAC of a known hash.
fn is_mac(object: &StoredObject) -> bool {
    algorithm(object).and_then(hash_of_hmac).is_some()
}
