//! Import: an object as another server exported it, with its identifier and all its attributes (1.4 §4.41, 2.1 §6.1.25).

use super::register::told;
use crate::attributes::{Attribute, AttributeKey, admit, invalid_value};
use crate::context::Context;
use crate::creation;
use crate::delivery;
use crate::failure::{Failure, Outcome};
use crate::key_wrapping;
use crate::object::StoredObject;
use crate::shell;
use kmipspec_protocol::message::UniqueIdentifier;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::import::{Request, Response};
use kmipspec_protocol::registry::{KeyWrapType, ResultReason, State, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Attributes are taken as given, those of the server, too: state, dates, digests. What an object must have and is not given
/// is set as for a new one.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let UniqueIdentifier::Text(id) = &request.unique_identifier else {
        return Err(Failure::invalid_field("the Unique Identifier of an imported object is a text"));
    };
    let id = id.clone().into_owned();
    // Versions of 1.x could not tell of one that ends so (1.4 §9.1.1.4).
    if id.is_empty() || id.ends_with('\0') {
        return Err(Failure::invalid_field("the Unique Identifier is empty, or ends in a null character"));
    }
    let replaced = replaced(context, &id, request.replace_existing == Some(true))?;
    let Some(object_type) = request.object.object_type() else {
        return Err(Failure::wrong_type(version, "the object is of no type"));
    };
    if request.object_type.is_some_and(|stated| stated != object_type) {
        return Err(Failure::invalid_field("the object is not of the Object Type stated"));
    }
    let attributes = creation::admit_all(&request.attributes, version)?;
    // 1.4 §4.41 requires Attribute, and repeats it; of 2.x one structure is required, which reading sees to.
    if version < Version::V2_0 && attributes.is_empty() {
        return Err(Failure::invalid_message("the request has no Attribute"));
    }
    for (tag, own) in [
        (tag::UNIQUE_IDENTIFIER, Item::text(tag::UNIQUE_IDENTIFIER, id.as_str())),
        (tag::OBJECT_TYPE, Item::enumeration(tag::OBJECT_TYPE, object_type.0)),
    ] {
        if attributes.iter().any(|a| a.key == AttributeKey::Standard(tag) && a.value != own) {
            return Err(invalid_value(version, "an attribute says otherwise than the request itself"));
        }
    }
    let Some(parsed) = request.object.decode(context.reading) else {
        return Err(Failure::invalid_message("the object itself is missing"));
    };
    let parsed = parsed?;
    let mut told = told(&parsed, version)?;
    let Some(material) = request.object.known(&parsed, context.reading) else {
        return Err(Failure::wrong_type(version, "the object is of no type"));
    };
    let material = unwrapped(context, material, request.key_wrap_type, &mut told)?;
    let destroyed = is_destroyed(&attributes);
    if destroyed {
        shell::keep(context, &id, &material);
    } else {
        shell::forget(context, &id);
    }
    creation::import(context, &id, replaced.as_deref(), material, attributes, told, destroyed)?;
    Response { unique_identifier: id.into() }.encode(response, version);
    Ok(())
}

/// The object that has the identifier already: it must be allowed to be replaced, and be this client's.
fn replaced(context: &Context<'_>, id: &str, replace: bool) -> Outcome<Option<std::sync::Arc<StoredObject>>> {
    let Some(there) = context.transaction.object(id) else { return Ok(None) };
    if !replace && !context.quirk("import-always-replaces") {
        return Err(Failure::new(
            ResultReason::OBJECT_ALREADY_EXISTS,
            "an object has this Unique Identifier, and Replace Existing is not true",
        ));
    }
    if there.owner != context.client {
        return Err(Failure::permission_denied());
    }
    Ok(Some(there))
}

/// The object as it is stored: as provided, or unwrapped where that is asked for, which then must be possible.
fn unwrapped(
    context: &mut Context<'_>,
    material: ManagedObject,
    kind: Option<KeyWrapType>,
    told: &mut Vec<Attribute>,
) -> Outcome<ManagedObject> {
    match kind {
        None | Some(KeyWrapType::AS_REGISTERED) => Ok(material),
        Some(KeyWrapType::NOT_WRAPPED) if !material.is_wrapped() => Ok(material),
        Some(KeyWrapType::NOT_WRAPPED) => {
            let (plain, attributes) = key_wrapping::unwrap(context, &material)?;
            told.extend(admit(attributes, context.version)?);
            Ok(plain)
        }
        Some(_) => Err(delivery::unknown_wrap_type(context.version)),
    }
}

/// Whether the attributes are those of a destroyed object.
fn is_destroyed(attributes: &[Attribute]) -> bool {
    let gone = [State::DESTROYED, State::DESTROYED_COMPROMISED].map(|state| Item::enumeration(tag::STATE, state.0));
    attributes.iter().any(|attribute| gone.contains(&attribute.value))
}
