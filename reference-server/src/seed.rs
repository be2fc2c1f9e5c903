//! Objects that are there from the start: registered like any other, then given the identifier, state and dates they are to have.

use crate::attributes::{Attribute, AttributeKey, rule};
use crate::config::Config;
use crate::context::{Context, References};
use crate::digest;
use crate::failure::{Failure, Outcome};
use crate::grant::Permit;
use crate::identity::Identity;
use crate::lifecycle;
use crate::object::StoredObject;
use crate::operations;
use crate::peer::Peer;
use crate::prepared::Prepared;
use crate::services::Services;
use crate::store::{Horizon, Store, Transaction};
use kmipspec_protocol::message::Reading;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{Operation, State, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use kmipspec_protocol::version::Version;
use std::fmt;

/// An object to begin with. One whose identifier is there already (in a state file) is left as it is.
#[derive(Clone, Debug)]
pub struct SeedObject {
    /// Unique Identifier.
    pub id: String,
    /// Identity of the owner: a certificate's common name, or a user.
    pub owner: String,
    /// The version whose rules it is registered by: 2.1, or 1.4 for what 2.0 took away.
    pub version: Version,
    /// The object.
    pub material: ManagedObject,
    /// Its attributes. Those that only a server sets (State, Initial Date, …) are taken as they are.
    pub attributes: Vec<Attribute>,
}

/// Why an object cannot be there from the start.
#[derive(Debug)]
pub struct SeedError {
    /// Its Unique Identifier.
    id: String,
    /// What the server would tell a client who registers it.
    message: String,
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "make the object {}: {}", self.id, self.message)
    }
}

impl std::error::Error for SeedError {}

/// Makes all that are not there yet, or none.
pub(crate) fn plant(config: &Config, services: &Services, store: &dyn Store) -> Result<Horizon, SeedError> {
    let mut transaction = store.begin();
    for seed in &config.objects {
        if transaction.object(&seed.id).is_none() {
            let refused = |failure: Failure| SeedError { id: seed.id.clone(), message: failure.message.into_owned() };
            one(seed, config, services, transaction.as_mut()).map_err(refused)?;
        }
    }
    Ok(transaction.commit())
}

/// Makes those of the client who asks that are not there any more.
pub(crate) fn replant(context: &mut Context<'_>) -> Outcome<()> {
    for seed in context.config.objects.iter().filter(|seed| seed.owner == context.client) {
        if context.transaction.object(&seed.id).is_none() {
            one(seed, context.config, context.services, context.transaction)?;
        }
    }
    Ok(())
}

/// Makes one.
fn one(
    seed: &SeedObject,
    config: &Config,
    services: &Services,
    transaction: &mut dyn Transaction,
) -> Result<(), Failure> {
    let version = seed.version;
    let (given, set): (Vec<&Attribute>, Vec<&Attribute>) =
        seed.attributes.iter().partition(|attribute| match &attribute.key {
            AttributeKey::Standard(tag) => rule(*tag, version).is_some_and(|rule| rule.client_sets()),
            AttributeKey::Custom { .. } => true,
        });
    let container = if version < Version::V2_0 { tag::TEMPLATE_ATTRIBUTE } else { tag::ATTRIBUTES };
    let fields = vec![
        Item::enumeration(tag::OBJECT_TYPE, seed.material.object_type().0),
        Item::structure(container, given.into_iter().map(|attribute| attribute.clone().to_item(version)).collect()),
        seed.material.item().clone(),
    ];
    let mut references = References::default();
    let now = config.clock.now();
    let identity = Identity::named(config, &seed.owner);
    let mut prepared = Prepared::default();
    let mut context = Context {
        config,
        reading: Reading::from(version),
        version,
        client: &identity.name,
        identity: &identity,
        permit: Permit::new(None, Operation::REGISTER)?,
        operation: Operation::REGISTER,
        now,
        transaction,
        services,
        peer: &Peer::default(),
        prepared: &mut prepared,
        instead: None,
        references: &mut references,
    };
    operations::perform(&mut context, Operation::REGISTER, fields)?;
    let made = references.returned.last().and_then(|(_, id)| transaction.object(id));
    let made = made.ok_or_else(|| Failure::internal(version, "what was registered is not there"))?;
    transaction.remove(&made.id);
    let mut object = StoredObject::clone(&made);
    object.id.clone_from(&seed.id);
    object.set(Item::text(tag::UNIQUE_IDENTIFIER, seed.id.as_str()));
    object.set(Item::bytes(tag::SHORT_UNIQUE_IDENTIFIER, digest::short_identifier(&seed.id)));
    let state = set.iter().find_map(|attribute| match (&attribute.key, attribute.value.value()) {
        (AttributeKey::Standard(tag::STATE), Some(Value::Enumeration(state))) => Some(State(state)),
        _ => None,
    });
    if let Some(state) = state {
        bring(&mut object, state, now);
    }
    for attribute in set {
        match &attribute.key {
            AttributeKey::Standard(tag::STATE) => {}
            _ => object.set(attribute.value.clone()),
        }
    }
    lifecycle::settle(&mut object, now);
    transaction.put(object);
    Ok(())
}

/// Brings an object into a state, with the dates that go with it where none are given.
fn bring(object: &mut StoredObject, state: State, now: i64) {
    let given = |object: &StoredObject, tag| object.date(tag);
    if matches!(state, State::ACTIVE | State::DEACTIVATED) {
        lifecycle::activate(object, given(object, tag::ACTIVATION_DATE).unwrap_or(now));
    }
    match state {
        State::DEACTIVATED => {
            lifecycle::deactivate(object, given(object, tag::DEACTIVATION_DATE).unwrap_or(now));
        }
        State::COMPROMISED | State::DESTROYED_COMPROMISED => lifecycle::compromise(object, now, None),
        _ => {}
    }
    if matches!(state, State::DESTROYED | State::DESTROYED_COMPROMISED) {
        lifecycle::destroy(object, now);
    }
    if object.state().is_some() {
        object.set(Item::enumeration(tag::STATE, state.0));
    }
}
