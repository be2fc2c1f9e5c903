//! Fresh members of groups that have none left: made on the fly, where the server's policy says so (1.1 §4.9, 1.4 §4.9, 2.1 §6.1.28).

use crate::attributes::{Attribute, AttributeKey};
use crate::context::Context;
use crate::creation::{self, Origin};
use crate::cryptography::algorithm;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::operations::create::key_length;
use crate::replacement;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};

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
    let mut key = vec![0; bytes];
    if !context.config.random.fill(&mut key) {
        return Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the random generator gave nothing"));
    }
    let mut attributes: Vec<Attribute> = replacement::attributes(context, like, None, Vec::new())?;
    attributes.retain(|attribute| attribute.key != AttributeKey::Standard(tag::NAME));
    let material = ManagedObject::symmetric_key(algorithm, length, key);
    let made = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    // The answer of Locate tells of it, in its place.
    context.references.returned.pop();
    Ok(Some(made))
}
