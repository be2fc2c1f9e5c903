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

/// Transitions 3, 5, 8 and 10: the object is compromised. The dates of it are set once and not modified (1.4 §3.29 and §3.30).
pub(crate) fn compromise(object: &mut StoredObject, now: i64, occurred: Option<i64>) {
    let state = match object.state() {
        Some(State::DESTROYED | State::DESTROYED_COMPROMISED) => State::DESTROYED_COMPROMISED,
        _ => State::COMPROMISED,
    };
    if object.state().is_some() {
        object.set(Item::enumeration(tag::STATE, state.0));
    }
    // 1.4 §3.29: when it is not known, it should be the Initial Date.
    let occurred = occurred.or(object.date(tag::INITIAL_DATE)).unwrap_or(now);
    for (tag, date) in [(tag::COMPROMISE_DATE, now), (tag::COMPROMISE_OCCURRENCE_DATE, occurred)] {
        if object.date(tag).is_none() {
            object.set(Item::date_time(tag, date));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn object(state: State, dates: &[(kmipspec_protocol::ttlv::Tag, i64)]) -> StoredObject {
        let mut object = StoredObject::new("", ObjectType::SYMMETRIC_KEY, "");
        object.set(Item::enumeration(tag::STATE, state.0));
        for (tag, date) in dates {
            object.set(Item::date_time(*tag, *date));
        }
        object
    }

    #[test]
    fn dates_reached_move_the_state_and_no_others() {
        let dates = [(tag::ACTIVATION_DATE, 10), (tag::DEACTIVATION_DATE, 20)];
        for (now, expected) in
            [(9, State::PRE_ACTIVE), (10, State::ACTIVE), (19, State::ACTIVE), (20, State::DEACTIVATED)]
        {
            assert_eq!(state_at(&object(State::PRE_ACTIVE, &dates), now), Some(expected), "at {now}");
        }
        let never_activated = object(State::PRE_ACTIVE, &[(tag::DEACTIVATION_DATE, 20)]);
        assert_eq!(
            state_at(&never_activated, 99),
            Some(State::PRE_ACTIVE),
            "no transition from Pre-Active to Deactivated"
        );
        for state in [State::COMPROMISED, State::DESTROYED, State::DESTROYED_COMPROMISED] {
            assert_eq!(state_at(&object(state, &dates), 99), Some(state));
        }
    }

    #[test]
    fn compromise_and_destruction_remember_each_other() {
        for (before, compromised, destroyed) in [
            (State::PRE_ACTIVE, State::COMPROMISED, State::DESTROYED),
            (State::ACTIVE, State::COMPROMISED, State::DESTROYED),
            (State::DEACTIVATED, State::COMPROMISED, State::DESTROYED),
            (State::DESTROYED, State::DESTROYED_COMPROMISED, State::DESTROYED),
            (State::COMPROMISED, State::COMPROMISED, State::DESTROYED_COMPROMISED),
        ] {
            let mut one = object(before, &[]);
            compromise(&mut one, 5, None);
            assert_eq!(one.state(), Some(compromised), "{before:?} compromised");
            assert_eq!(one.date(tag::COMPROMISE_OCCURRENCE_DATE), Some(5), "assumed when not told");
            compromise(&mut one, 7, Some(6));
            assert_eq!(one.date(tag::COMPROMISE_DATE), Some(5), "it was compromised before");
            assert_eq!(one.date(tag::COMPROMISE_OCCURRENCE_DATE), Some(5));
            let mut other = object(before, &[]);
            destroy(&mut other, 6);
            assert_eq!(other.state(), Some(destroyed), "{before:?} destroyed");
            assert!(other.is_destroyed());
        }
    }
}
