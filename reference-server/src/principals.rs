//! Users and groups of 3.0, and how a user's credentials are checked. Their tables are second-hand; what is done with them
//! is ours: no text we have says it.

use crate::attributes::{Attribute, AttributeKey, admit};
use crate::context::Context;
use crate::creation;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::attributes::{Attributes, Template};
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, Value};

/// Makes a user or a group.
pub(crate) fn create(context: &mut Context<'_>, kind: ObjectType, attributes: Attributes<'_>) -> Outcome<String> {
    let attributes = requested(context, attributes)?;
    for link in &attributes {
        check_link(context, link)?;
    }
    creation::create_bare(context, kind, attributes)
}

/// The attributes asked for. Nothing activates a user but its date: without one it is Active at once.
pub(crate) fn requested(context: &mut Context<'_>, attributes: Attributes<'_>) -> Outcome<Vec<Attribute>> {
    let template = Template { names: Vec::new(), attributes };
    let mut attributes = creation::requested_attributes(context, &template)?;
    let active = AttributeKey::Standard(tag::ACTIVATION_DATE);
    if !attributes.iter().any(|a| a.key == active) {
        attributes.push(Attribute::standard(Item::date_time(tag::ACTIVATION_DATE, context.now)));
    }
    admit(attributes, context.version)
}

/// A Credential Link leads to a credential, a Group Link to a group; both are there for this client.
fn check_link(context: &mut Context<'_>, link: &Attribute) -> Outcome<()> {
    let wanted: fn(ObjectType) -> bool = match link.key {
        AttributeKey::Standard(tag::CREDENTIAL_LINK) => is_credential,
        AttributeKey::Standard(tag::GROUP_LINK) => |kind| kind == ObjectType::GROUP,
        _ => return Ok(()),
    };
    let Some(Value::Reference(id)) = link.value.value() else {
        return Err(Failure::invalid_field("a link of a user is a Reference"));
    };
    let id = id.to_owned();
    if wanted(context.object(&id)?.object_type) {
        return Ok(());
    }
    Err(Failure::new(ResultReason::INVALID_OBJECT_TYPE, "the link leads to an object of another type"))
}

/// Whether objects of this type can be the credential of a user.
pub(crate) fn is_credential(kind: ObjectType) -> bool {
    matches!(
        kind,
        ObjectType::PASSWORD_CREDENTIAL
            | ObjectType::DEVICE_CREDENTIAL
            | ObjectType::ONE_TIME_PASSWORD_CREDENTIAL
            | ObjectType::HASHED_PASSWORD_CREDENTIAL
            | ObjectType::CERTIFICATE
    )
}
