//! Get Attributes: those named, or all (1.0 §4.11, 1.4 §4.12, 2.1 §6.1.20).

use crate::attributes::{Attribute, AttributeKey, admit_key, order, visible};
use crate::context::Context;
use crate::delivery::check_type;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::get_attributes::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// An attribute that the object does not have is left out of the answer; that is no error. Nor is a name of 1.x that nobody
/// knows: no row of §11 speaks of it, while 2.x lists Invalid Attribute.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let wanted = wanted(request.attributes, version)?;
    let object = context.object(&id).map_err(|failure| not_found(failure, version))?;
    check_type(&object, version)?;
    let attributes: Vec<Attribute> = if wanted.is_empty() {
        in_order(&object).filter_map(|attribute| visible(attribute, version)).collect()
    } else {
        wanted
            .iter()
            .flat_map(|key| object.instances(key))
            .filter_map(|attribute| visible(attribute, version))
            .collect()
    };
    Response { unique_identifier: id.into(), attributes: Some(attributes.into()) }.encode(response, version);
    Ok(())
}

/// At 3.0 an object that is not there is Item Not Found here, as published (BL-M-20-30), and Object Not Found to Get
/// (BL-M-4-30).
fn not_found(failure: Failure, version: Version) -> Failure {
    if version >= Version::V3_0 { failure.into_item_not_found() } else { failure }
}

/// The names given. From 1.1 on one given twice is an invalid message (1.1 §11.13); 1.0 says nothing, there it counts once.
fn wanted(given: Vec<AttributeKey>, version: Version) -> Outcome<Vec<AttributeKey>> {
    let mut keys: Vec<AttributeKey> = Vec::with_capacity(given.len());
    for key in given {
        if version >= Version::V2_0 {
            admit_key(&key, version)?;
        }
        if !keys.contains(&key) {
            keys.push(key);
        } else if version >= Version::V1_1 {
            return Err(Failure::invalid_message("the same attribute is asked for twice"));
        }
    }
    Ok(keys)
}

/// All attributes of an object: standard ones in the order of their table, then custom ones.
pub(crate) fn in_order(object: &StoredObject) -> impl Iterator<Item = &Attribute> {
    let standard =
        order().flat_map(|tag| object.attributes.iter().filter(move |a| a.key == AttributeKey::Standard(tag)));
    standard.chain(object.attributes.iter().filter(|a| matches!(a.key, AttributeKey::Custom { .. })))
}
