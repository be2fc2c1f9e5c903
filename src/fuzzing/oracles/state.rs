//! O11: the state of an object goes only where the standard lets it go, and says what may be done with it.

use super::{Pair, name_of};
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::registry::{Operation, RevocationReasonCode, State, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef};
use std::collections::BTreeMap;

/// What is known of each object's state.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    /// By Unique Identifier.
    of: BTreeMap<String, Known>,
    /// Whether something was said that undoes what was seen.
    excused: bool,
}

/// What is known of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    /// The State that was last told, or follows from an operation.
    state: Option<State>,
}

/// Operations that make an object under the identifier of their answer, which may have been another's before.
const MAKING: [Operation; 12] = [
    Operation::CREATE,
    Operation::REGISTER,
    Operation::IMPORT,
    Operation::RE_KEY,
    Operation::DERIVE_KEY,
    Operation::CERTIFY,
    Operation::RE_CERTIFY,
    Operation::CREATE_SPLIT_KEY,
    Operation::JOIN_SPLIT_KEY,
    Operation::CREATE_CREDENTIAL,
    Operation::CREATE_USER,
    Operation::CREATE_GROUP,
];

/// What needs an Active object: these protect (1.4 §3.22, 2.1 §4.57).
const PROTECTING: [Operation; 3] = [Operation::ENCRYPT, Operation::SIGN, Operation::MAC];

/// What hands out or uses the material, which a destroyed object has no more.
const USING: [Operation; 8] = [
    Operation::GET,
    Operation::ENCRYPT,
    Operation::DECRYPT,
    Operation::SIGN,
    Operation::SIGNATURE_VERIFY,
    Operation::MAC,
    Operation::MAC_VERIFY,
    Operation::ACTIVATE,
];

impl States {
    /// A test bracket of Interop undoes what was done.
    pub(super) fn excuse(&mut self, request: &Doc<'_>) {
        let interop = |item: ItemRef<'_>| item.tag() == tag::OPERATION && item.as_u32() == Some(Operation::INTEROP.0);
        self.excused |= request.items().any(interop);
    }

    /// Looks at one answer.
    pub(super) fn look(&mut self, pair: &Pair<'_, '_>) -> Vec<Finding> {
        let (Some(code), true, Some(given)) = (pair.operation(), pair.succeeded(), pair.given()) else {
            return Vec::new();
        };
        let operation = Operation(code);
        if self.excused || operation == Operation::LOCATE {
            return Vec::new();
        }
        let Some(id) = given.child(tag::UNIQUE_IDENTIFIER).and_then(|id| id.as_text()) else { return Vec::new() };
        let mut found = Vec::new();
        let mut report = |place: &str, detail: String| {
            let place = place.to_owned();
            found.push(Finding { oracle: Oracle::O11, operation: name_of(Some(code)), place, detail });
        };
        let known = self.of.entry(id.to_owned()).or_default();
        if MAKING.contains(&operation) {
            *known = Known::default();
        }
        match known.state {
            Some(State::DESTROYED | State::DESTROYED_COMPROMISED) if USING.contains(&operation) => {
                report("use after Destroy", format!("{id} was destroyed"));
            }
            Some(state @ (State::DEACTIVATED | State::COMPROMISED)) if PROTECTING.contains(&operation) => {
                report("use after Revoke", format!("{id} was {state}"));
            }
            _ => {}
        }
        if let Some(told) = told(given) {
            if let Some(before) = known.state.filter(|before| !may_become(*before, told)) {
                report("transition", format!("{id} was {before} and is {told}"));
            }
            known.state = Some(told);
        }
        match operation {
            Operation::DESTROY => {
                let compromised = matches!(known.state, Some(State::COMPROMISED | State::DESTROYED_COMPROMISED));
                known.state = Some(if compromised { State::DESTROYED_COMPROMISED } else { State::DESTROYED });
            }
            Operation::REVOKE => known.state = revoked(pair, known.state),
            _ => {}
        }
        found
    }
}

/// The State that an answer tells, in either form of attributes.
fn told(given: ItemRef<'_>) -> Option<State> {
    let of_v2 = || given.child(tag::ATTRIBUTES)?.child(tag::STATE)?.as_u32();
    let mut of_v1 = given.children().filter(|item| item.tag() == tag::ATTRIBUTE);
    let named = of_v1.find(|item| item.child(tag::ATTRIBUTE_NAME).and_then(|n| n.as_text()) == Some("State"));
    of_v2().or_else(|| named?.child(tag::ATTRIBUTE_VALUE)?.as_u32()).map(State)
}

/// What a Revoke that was done makes of an object (1.4 §4.20); not known where the reason is none of the standard's.
fn revoked(pair: &Pair<'_, '_>, before: Option<State>) -> Option<State> {
    let reason = pair.asked()?.child(tag::REVOCATION_REASON)?.child(tag::REVOCATION_REASON_CODE)?.as_u32()?;
    match (RevocationReasonCode(reason), before) {
        (_, Some(State::DESTROYED | State::DESTROYED_COMPROMISED)) => None,
        (RevocationReasonCode::KEY_COMPROMISE | RevocationReasonCode::CA_COMPROMISE, _) => Some(State::COMPROMISED),
        (_, Some(State::COMPROMISED)) => Some(State::COMPROMISED),
        (code, _) if code.name().is_some() => Some(State::DEACTIVATED),
        _ => None,
    }
}

/// Whether a State can follow another, with others between them (1.4 §3.22, figure 1).
fn may_become(before: State, after: State) -> bool {
    let reach: &[State] = match before {
        State::PRE_ACTIVE => return true,
        State::ACTIVE => &[State::DEACTIVATED, State::COMPROMISED, State::DESTROYED, State::DESTROYED_COMPROMISED],
        State::DEACTIVATED => &[State::COMPROMISED, State::DESTROYED, State::DESTROYED_COMPROMISED],
        State::COMPROMISED | State::DESTROYED => &[State::DESTROYED_COMPROMISED],
        State::DESTROYED_COMPROMISED => &[],
        _ => return true,
    };
    before == after || reach.contains(&after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use crate::fuzzing::oracles::{Conversation, Exchange};
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version::V1_4;

    fn found(steps: &[(Operation, Vec<Item>, Vec<Item>)]) -> Vec<(Oracle, String)> {
        let mut conversation = Conversation::default();
        let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k1");
        let mut all = Vec::new();
        for (operation, asked, told) in steps {
            let payload = |more: &Vec<Item>| [vec![id()], more.clone()].concat();
            let request = request(V1_4, *operation, payload(asked));
            let answer = answer(V1_4, vec![ok(*operation, payload(told))]);
            let seen = conversation.look(&Exchange { request: &request, answer: &answer, who: Some("alice") });
            all.extend(seen.into_iter().filter(|f| f.oracle == Oracle::O11).map(|f| (f.oracle, f.place)));
        }
        all
    }

    fn state(state: State) -> Vec<Item> {
        let attribute =
            vec![Item::text(tag::ATTRIBUTE_NAME, "State"), Item::enumeration(tag::ATTRIBUTE_VALUE, state.0)];
        vec![Item::structure(tag::ATTRIBUTE, attribute)]
    }

    #[test]
    fn use_after_destroy_is_seen_and_attributes_are_not_use() {
        let destroy = (Operation::DESTROY, vec![], vec![]);
        let get = (Operation::GET, vec![], vec![]);
        let attributes = (Operation::GET_ATTRIBUTES, vec![], state(State::DESTROYED));
        assert_eq!(found(&[get.clone(), destroy.clone()]), []);
        assert_eq!(found(&[destroy.clone(), attributes]), []);
        assert_eq!(found(&[destroy.clone(), get.clone()]), [(Oracle::O11, "use after Destroy".to_owned())]);
        let again = (Operation::CREATE, vec![], vec![]);
        assert_eq!(found(&[destroy.clone(), again, get.clone()]), []);
        let interop = (Operation::INTEROP, vec![], vec![]);
        assert_eq!(found(&[destroy, interop, get]), []);
    }

    #[test]
    fn a_state_does_not_go_back() {
        let told = |s| (Operation::GET_ATTRIBUTES, vec![], state(s));
        assert_eq!(found(&[told(State::PRE_ACTIVE), told(State::ACTIVE), told(State::COMPROMISED)]), []);
        let back = found(&[told(State::DEACTIVATED), told(State::ACTIVE)]);
        assert_eq!(back, [(Oracle::O11, "transition".to_owned())]);
    }

    #[test]
    fn what_was_revoked_protects_no_more() {
        let code = Item::enumeration(tag::REVOCATION_REASON_CODE, RevocationReasonCode::KEY_COMPROMISE.0);
        let revoke = (Operation::REVOKE, vec![Item::structure(tag::REVOCATION_REASON, vec![code])], vec![]);
        let (encrypt, decrypt) = ((Operation::ENCRYPT, vec![], vec![]), (Operation::DECRYPT, vec![], vec![]));
        assert_eq!(found(&[revoke.clone(), decrypt]), []);
        assert_eq!(found(&[revoke, encrypt]), [(Oracle::O11, "use after Revoke".to_owned())]);
    }
}
