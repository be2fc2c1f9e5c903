//! Create Credential (3.0, second-hand): what a user will prove its identity with.

use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin};
use crate::failure::{Failure, Outcome};
use crate::principals;
use kmipspec_protocol::objects::{ManagedObject, Object};
use kmipspec_protocol::operations::create_credential::{Request, Response};
use kmipspec_protocol::registry::{CredentialType, ObjectType};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Credential Type says which of the objects must be there.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let object = request.object.ok_or_else(|| Failure::invalid_message("the credential itself is missing"))?;
    if object.object_type() != object_type(request.credential_type) {
        return Err(Failure::invalid_field("the object is no credential of this Credential Type"));
    }
    let Some(parsed) = object.decode(context.reading) else { return Err(Failure::invalid_message("no object")) };
    let told = match &parsed? {
        Object::Certificate(object) => certificate::attributes(object.certificate_type, &object.certificate_value),
        Object::PasswordCredential(object) if object.password.is_none() && object.salted_password.is_none() => {
            return Err(Failure::invalid_field("a Password Credential needs a password, in the clear or salted"));
        }
        _ => Vec::new(),
    };
    let attributes = principals::requested(context, request.attributes)?;
    let material = ManagedObject::new(object.0.into_item());
    let material = material.ok_or_else(|| Failure::invalid_message("the object is of no type"))?;
    let id = creation::create(context, material, attributes, told, Origin::Registered)?;
    Response { unique_identifier: id.into() }.encode(response, context.version);
    Ok(())
}

/// The object that a Credential Type calls for; none for types that no object can be made of.
fn object_type(credential: CredentialType) -> Option<ObjectType> {
    match credential {
        CredentialType::PASSWORD => Some(ObjectType::PASSWORD_CREDENTIAL),
        CredentialType::DEVICE => Some(ObjectType::DEVICE_CREDENTIAL),
        CredentialType::ONE_TIME_PASSWORD => Some(ObjectType::ONE_TIME_PASSWORD_CREDENTIAL),
        CredentialType::HASHED_PASSWORD => Some(ObjectType::HASHED_PASSWORD_CREDENTIAL),
        CredentialType::CERTIFICATE => Some(ObjectType::CERTIFICATE),
        _ => None,
    }
}
