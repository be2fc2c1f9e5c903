//! Get Attributes: those named, or all (1.0 §4.11, 1.4 §4.12, 2.1 §6.1.20).

use crate::attributes::{Attribute, AttributeKey, decode_name, decode_reference, rules, write_attributes};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::object::ManagedObject;
use kmipspec_protocol::registry::{ResultReason, tag};
use kmipspec_protocol::ttlv::{Cursor, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// An attribute that the object does not have is left out of the answer; that is no error.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    let wanted = wanted(context.version, &mut fields)?;
    fields.finish()?;
    let object = context.object(&id)?;
    response.text(tag::UNIQUE_IDENTIFIER, &id);
    if wanted.is_empty() {
        write_attributes(response, in_order(&object), context.version);
    } else {
        write_attributes(response, wanted.iter().flat_map(|key| object.instances(key)), context.version);
    }
    Ok(())
}

/// Attribute Names (1.x) or Attribute References (2.x). From 1.1 on a name given twice is an invalid message (1.1 §11.13).
fn wanted(version: Version, fields: &mut Cursor<'_>) -> Outcome<Vec<AttributeKey>> {
    let mut keys = Vec::new();
    if version >= Version::V2_0 {
        for reference in fields.many(tag::ATTRIBUTE_REFERENCE) {
            keys.push(decode_reference(reference, version)?);
        }
        return Ok(keys);
    }
    let mut names: Vec<&str> = Vec::new();
    while let Some(name) = fields.opt_text(tag::ATTRIBUTE_NAME)? {
        if names.contains(&name) {
            if version >= Version::V1_1 {
                return Err(Failure::new(ResultReason::INVALID_MESSAGE, "the same Attribute Name is given twice"));
            }
            continue;
        }
        names.push(name);
        // UNCLEAR: no row of §11 says what a name nobody knows is; an attribute that is not there is left out.
        keys.push(decode_name(name, version).unwrap_or(AttributeKey::Custom { vendor: String::new(), name: String::new() }));
    }
    Ok(keys)
}

/// All attributes of an object: standard ones in the order of their table, then custom ones.
pub(crate) fn in_order(object: &ManagedObject) -> impl Iterator<Item = &Attribute> {
    let standard = rules().iter().flat_map(|rule| {
        object.attributes.iter().filter(move |a| a.key == AttributeKey::Standard(rule.tag))
    });
    standard.chain(object.attributes.iter().filter(|a| matches!(a.key, AttributeKey::Custom { .. })))
}
