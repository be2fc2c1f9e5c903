//! Users and groups of 3.0, and how a user's credentials are checked. Their tables are second-hand; what is done with them
//! is ours: no text we have says it.

use crate::attributes::{Attribute, AttributeKey, admit, value_of};
use crate::auth;
use crate::context::Context;
use crate::creation;
use crate::failure::{Failure, Outcome};
use crate::identity::Identity;
use crate::lifecycle;
use crate::object::StoredObject;
use crate::store::{Horizon, Store, Transaction};
use crate::user_credentials::{self, Verdict};
use kmipspec_protocol::attributes::{Attributes, Template};
use kmipspec_protocol::message::Credential;
use kmipspec_protocol::registry::{NameType, ObjectType, ResultReason, State, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use std::ops::ControlFlow;
use std::sync::Arc;

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
    let mut attributes = creation::requested_attributes(context, Some(&template))?;
    if value_of(&attributes, tag::ACTIVATION_DATE).is_none() {
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

/// Records of what a credential must remember: the last counter, time step or time, by its Unique Identifier.
pub(crate) const REMEMBERED: &str = "credential";

/// The identity that a credential proves, where it names a user who was created here, and what must be saved before anybody
/// is told; none where it names nobody of these, which is then for the server's settings to judge.
///
/// The identity is made of the Unique Identifier, so that nobody becomes the owner of another's objects by being named
/// like a certificate; its groups likewise.
pub(crate) fn authenticate(
    store: &dyn Store,
    credential: &Credential<'_>,
    now: i64,
) -> Outcome<Option<(Identity, Horizon)>> {
    let mut transaction = store.begin();
    let Some(user) = user_of(transaction.as_ref(), credential) else { return Ok(None) };
    if lifecycle::state_at(&user, now) != Some(State::ACTIVE) || !proves(transaction.as_mut(), &user, credential, now) {
        return Err(auth::refused());
    }
    let groups = user.instances(&AttributeKey::Standard(tag::GROUP_LINK)).filter_map(|link| match link.value.value() {
        Some(Value::Reference(id)) => Some(format!("group:{id}")),
        _ => None,
    });
    let identity = Identity { name: format!("user:{}", user.id), groups: groups.collect(), grant: None };
    Ok(Some((identity, transaction.commit())))
}

/// The user that a credential names; a device is found by what tells it apart.
fn user_of(transaction: &dyn Transaction, credential: &Credential<'_>) -> Option<Arc<StoredObject>> {
    let name = match credential {
        Credential::UsernameAndPassword(credential) => &credential.username,
        Credential::OneTimePassword(credential) => &credential.username,
        Credential::HashedPassword(credential) => &credential.username,
        Credential::Device(_) => return user_of_device(transaction, credential),
        _ => return None,
    };
    let named = transaction.named(NameType::UNINTERPRETED_TEXT_STRING.0, name);
    named.iter().filter_map(|id| transaction.object(id)).find(|object| object.object_type == ObjectType::USER)
}

/// The user who links to a credential of this device.
fn user_of_device(transaction: &dyn Transaction, credential: &Credential<'_>) -> Option<Arc<StoredObject>> {
    let mut found = None;
    transaction.each(&mut |object| {
        let fits = object.object_type == ObjectType::USER
            && linked(transaction, object).iter().any(|stored| {
                stored.object_type == ObjectType::DEVICE_CREDENTIAL
                    && user_credentials::compare(stored, credential, None, 0) == Verdict::Right
            });
        if fits {
            found = Some(Arc::clone(object));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}

/// The credentials that a user links to.
fn linked(transaction: &dyn Transaction, user: &StoredObject) -> Vec<Arc<StoredObject>> {
    let links =
        user.instances(&AttributeKey::Standard(tag::CREDENTIAL_LINK)).filter_map(|link| match link.value.value() {
            Some(Value::Reference(id)) => transaction.object(id),
            _ => None,
        });
    links.collect()
}

/// Whether the credential of the request is right: one of the user's Active credentials says so, and none that knows better
/// says otherwise: a one time password beside a password must both be right.
fn proves(transaction: &mut dyn Transaction, user: &StoredObject, credential: &Credential<'_>, now: i64) -> bool {
    let (mut right, mut remembered) = (Vec::new(), Vec::new());
    for stored in linked(transaction, user) {
        if lifecycle::state_at(&stored, now) != Some(State::ACTIVE) || stored.archived {
            continue;
        }
        let last = transaction.record(REMEMBERED, &stored.id).and_then(|bytes| (*bytes).try_into().ok());
        match user_credentials::compare(&stored, credential, last.map(u64::from_be_bytes), now) {
            Verdict::Right => right.push(stored.object_type),
            Verdict::RightAt(number) => {
                right.push(stored.object_type);
                remembered.push((stored.id.clone(), number));
            }
            Verdict::Wrong | Verdict::Unrelated => {}
        }
    }
    let has = |kind| right.contains(&kind);
    let proven = match credential {
        Credential::OneTimePassword(given) => {
            has(ObjectType::ONE_TIME_PASSWORD_CREDENTIAL)
                && (given.password.is_none() || has(ObjectType::PASSWORD_CREDENTIAL))
        }
        Credential::Device(given) => {
            has(ObjectType::DEVICE_CREDENTIAL) && (given.password.is_none() || has(ObjectType::PASSWORD_CREDENTIAL))
        }
        _ => !right.is_empty(),
    };
    if proven {
        for (id, number) in remembered {
            transaction.put_record(REMEMBERED, &id, Some(&number.to_be_bytes()));
        }
    }
    proven
}
