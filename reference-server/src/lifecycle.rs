//! The states of an object and what moves it between them (1.4 §3.22, 2.1 §4.57). Dates drive it: see [`settle`].

use crate::object::StoredObject;
use kmipspec_protocol::registry::{ObjectType, State, tag};
use kmipspec_protocol::ttlv::Item;

/// Whether objects of this type have a State: all but templates (1.4 Errata 01 adds opaque objects; 2.x says all).
pub(crate) fn has_state(object_type: ObjectType) -> bool {
    object_type != ObjectType::TEMPLATE
}

/// The state that the dates of an object have brought it to by now.
pub(crate) fn state_at(object: &StoredObject, now: i64) -> Option<State> {
    let mut state = object.state()?;
    let reached = |date| object.date(date).is_some_and(|date| date <= now);
    if state == State::PRE_ACTIVE && reached(tag::ACTIVATION_DATE) {
        state = State::ACTIVE;
    }
    if state == State::ACTIVE && reached(tag::DEACTIVATION_DATE) {
        state = State::DEACTIVATED;
    }
    Some(state)
}

/// Makes transitions 4 and 6 where a date has been reached; true when something changed.
pub(crate) fn settle(object: &mut StoredObject, now: i64) -> bool {
    let Some(state) = state_at(object, now) else { return false };
    if object.state() == Some(state) {
        return false;
    }
    object.set(Item::enumeration(tag::STATE, state.0));
    true
}

/// Transition 4 by Activate: the Activation Date becomes now.
pub(crate) fn activate(object: &mut StoredObject, now: i64) {
    object.set(Item::date_time(tag::ACTIVATION_DATE, now));
    object.set(Item::enumeration(tag::STATE, State::ACTIVE.0));
}

/// Transitions 3, 5, 8 and 10: the object is compromised.
pub(crate) fn compromise(object: &mut StoredObject, now: i64, occurred: Option<i64>) {
    let state = match object.state() {
        Some(State::DESTROYED | State::DESTROYED_COMPROMISED) => State::DESTROYED_COMPROMISED,
        _ => State::COMPROMISED,
    };
    if object.state().is_some() {
        object.set(Item::enumeration(tag::STATE, state.0));
    }
    object.set(Item::date_time(tag::COMPROMISE_DATE, now));
    // 1.4 §3.29: when it is not known, the date of first being told is assumed.
    object.set(Item::date_time(tag::COMPROMISE_OCCURRENCE_DATE, occurred.unwrap_or(now)));
}

/// Transition 6 by Revoke: the Deactivation Date becomes now.
pub(crate) fn deactivate(object: &mut StoredObject, now: i64) {
    object.set(Item::date_time(tag::DEACTIVATION_DATE, now));
    if object.state().is_some() {
        object.set(Item::enumeration(tag::STATE, State::DEACTIVATED.0));
    }
}

/// Transitions 2, 7 and 9: the material goes, the attributes stay.
pub(crate) fn destroy(object: &mut StoredObject, now: i64) {
    let state = match object.state() {
        Some(State::COMPROMISED) => Some(State::DESTROYED_COMPROMISED),
        Some(_) => Some(State::DESTROYED),
        None => None,
    };
    if let Some(state) = state {
        object.set(Item::enumeration(tag::STATE, state.0));
    }
    object.set(Item::date_time(tag::DESTROY_DATE, now));
    object.material = None;
}
