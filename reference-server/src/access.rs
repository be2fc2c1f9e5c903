//! Who may do what with an object: its owner everything, others what its operation policy opens (1.4 §3.18; 2.x leaves it to the server).

use crate::config::Config;
use crate::identity::Identity;
use crate::object::StoredObject;
use kmipspec_protocol::registry::{ObjectType, Operation, tag};
use kmipspec_protocol::ttlv::Value;

/// A named policy: its rules open operations to others than the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationPolicy {
    /// What an Operation Policy Name names.
    pub name: String,
    /// Any one of them opens an operation.
    pub rules: Vec<PolicyRule>,
}

/// What a policy opens, to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// Of which object types; all if empty.
    pub object_types: Vec<ObjectType>,
    /// Which operations; all if empty.
    pub operations: Vec<Operation>,
    /// To the members of these groups; to everybody if empty.
    pub groups: Vec<String>,
}

impl PolicyRule {
    /// Whether the rule is about this client, type and operation.
    fn opens(&self, object_type: ObjectType, identity: &Identity, operation: Operation) -> bool {
        (self.object_types.is_empty() || self.object_types.contains(&object_type))
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && (self.groups.is_empty() || self.groups.iter().any(|group| identity.groups.contains(group)))
    }
}

/// Whether this client may use this operation on this object.
pub(crate) fn allowed(config: &Config, object: &StoredObject, identity: &Identity, operation: Operation) -> bool {
    object.owner == identity.name
        || config.quirks.has("access-ignores-owner")
        || config.quirks.opens(operation)
        || opened(config, object, identity, operation)
}

/// Whether this client may know that the object exists: to whom nothing is open, it is not there.
pub(crate) fn visible(config: &Config, object: &StoredObject, identity: &Identity) -> bool {
    allowed(config, object, identity, Operation::LOCATE)
        || READING.iter().any(|operation| allowed(config, object, identity, *operation))
}

/// Whether the object's policy opens an operation to a client that is not its owner. A policy nobody has configured opens nothing.
fn opened(config: &Config, object: &StoredObject, identity: &Identity, operation: Operation) -> bool {
    let name = match object.value(tag::OPERATION_POLICY_NAME) {
        // 1.4 §3.18.2.3: the policy named in a template is for what is made of it, its own is the default one.
        Some(Value::TextString(name)) if object.object_type != ObjectType::TEMPLATE => name,
        _ => "default",
    };
    match config.policies.iter().find(|policy| policy.name == name) {
        Some(policy) => policy.rules.iter().any(|rule| rule.opens(object.object_type, identity, operation)),
        // The default policy lets everybody read certificates and public keys; templates here are the public ones.
        None if name == "default" => is_public(object.object_type) && READING.contains(&operation),
        // The text has public templates only (1.4 Table 95); here the name opens other objects to readers as well.
        None if name == "public" => READING.contains(&operation),
        None => false,
    }
}

/// Public objects of the default policy: certificates, public keys, templates.
fn is_public(object_type: ObjectType) -> bool {
    matches!(object_type, ObjectType::CERTIFICATE | ObjectType::PUBLIC_KEY | ObjectType::TEMPLATE)
}

/// What the default policy lets everybody do with public objects.
const READING: [Operation; 7] = [
    Operation::LOCATE,
    Operation::CHECK,
    Operation::GET,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::OBTAIN_LEASE,
    Operation::VALIDATE,
];

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::ttlv::Item;

    fn key_of_alice(policy: Option<&str>) -> StoredObject {
        let mut object = StoredObject::new("1", ObjectType::SYMMETRIC_KEY, "alice");
        if let Some(policy) = policy {
            object.set(Item::text(tag::OPERATION_POLICY_NAME, policy));
        }
        object
    }

    fn client(name: &str, group: &str) -> Identity {
        Identity { name: name.to_owned(), groups: vec![group.to_owned()], grant: None }
    }

    #[test]
    fn a_policy_opens_operations_to_groups_and_public_opens_reading_to_all() {
        let rule = PolicyRule {
            object_types: vec![ObjectType::SYMMETRIC_KEY],
            operations: vec![Operation::GET, Operation::DESTROY],
            groups: vec!["operators".to_owned()],
        };
        let policies = vec![OperationPolicy { name: "team".to_owned(), rules: vec![rule] }];
        let config = Config { policies, ..Config::default() };
        let (operator, guest) = (client("bob", "operators"), client("carol", "guests"));
        let team = key_of_alice(Some("team"));
        assert!(allowed(&config, &team, &operator, Operation::DESTROY));
        assert!(!allowed(&config, &team, &operator, Operation::REVOKE));
        assert!(visible(&config, &team, &operator) && !visible(&config, &team, &guest));
        assert!(allowed(&config, &team, &client("alice", ""), Operation::REVOKE));
        let public = key_of_alice(Some("public"));
        assert!(allowed(&config, &public, &guest, Operation::GET));
        assert!(!allowed(&config, &public, &guest, Operation::DESTROY));
        for hidden in [key_of_alice(None), key_of_alice(Some("default")), key_of_alice(Some("unheard of"))] {
            assert!(!visible(&config, &hidden, &guest));
        }
    }
}
