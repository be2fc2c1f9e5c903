//! Who may do what with an object: its owner everything, others what the default operation policy opens (1.4 §3.18.2; 2.x leaves it to the server).

use crate::object::StoredObject;
use kmipspec_protocol::registry::{ObjectType, Operation};

/// Whether this client may use this operation on this object.
pub(crate) fn allowed(object: &StoredObject, client: &str, operation: Operation) -> bool {
    object.owner == client || (is_public(object.object_type) && open_to_all(operation))
}

/// Whether this client may know that the object exists.
pub(crate) fn visible(object: &StoredObject, client: &str) -> bool {
    object.owner == client || is_public(object.object_type)
}

/// Public objects of the default policy: certificates, public keys, templates.
fn is_public(object_type: ObjectType) -> bool {
    matches!(object_type, ObjectType::CERTIFICATE | ObjectType::PUBLIC_KEY | ObjectType::TEMPLATE)
}

/// What the default policy lets everybody do with public objects.
fn open_to_all(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::LOCATE
            | Operation::CHECK
            | Operation::GET
            | Operation::GET_ATTRIBUTES
            | Operation::GET_ATTRIBUTE_LIST
            | Operation::OBTAIN_LEASE
            | Operation::VALIDATE
    )
}
