//! Fresh members of groups that have none left: made on the fly, where the server's policy says so (1.1 §4.9, 1.4 §4.9, 2.1 §6.1.28).

use crate::attributes::{Attribute, AttributeKey};
use crate::context::Context;
use crate::creation::{self, Origin};
use crate::cryptography::algorithm;
use crate::failure::Outcome;
use crate::object::StoredObject;
use crate::replacement;
use crate::symmetric_key::key_length;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, tag};

/// One more key like a member of the group that the client has: algorithm, length, and every attribute that it could give to a
/// new object, but for the Name. Nothing where the member is no symmetric key, or the client comes with a Ticket, which may not
/// let it make anything.
pub(crate) fn make(context: &mut Context<'_>, like: &StoredObject) -> Outcome<Option<String>> {
    if like.object_type != ObjectType::SYMMETRIC_KEY || like.owner != context.client || context.identity.grant.is_some()
    {
        return Ok(None);
    }
    let Some(algorithm) = algorithm(like) else { return Ok(None) };
    let Some(length) = like.integer(tag::CRYPTOGRAPHIC_LENGTH) else { return Ok(None) };
    let Some(bytes) = key_length(algorithm, length) else { return Ok(None) };
    let key = context.random(bytes)?;
    let mut attributes: Vec<Attribute> = replacement::attributes(context, like, None, Vec::new())?;
    attributes.retain(|attribute| attribute.key != AttributeKey::Standard(tag::NAME));
    let material = ManagedObject::symmetric_key(algorithm, length, key);
    let made = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    // The answer of Locate tells of it, in its place.
    context.references.returned.pop();
    Ok(Some(made))
}
