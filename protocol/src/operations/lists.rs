//! Structures that are lists of one thing: Objects, Operations (2.0), Object Groups, Object Types (2.1).

use crate::message::{UniqueIdentifier, structure};
use crate::registry::{ObjectType, Operation};
use std::borrow::Cow;

structure! {
    /// Objects (2.0; 2.1 §7.21).
    pub struct Objects<'d> {
        /// Their identifiers.
        unique_identifiers: Vec<UniqueIdentifier<'d>> = UNIQUE_IDENTIFIER,
    }
}

structure! {
    /// Operations (2.0; 2.1 §7.25).
    pub struct Operations {
        /// The operations.
        operations: Vec<Operation> = OPERATION,
    }
}

structure! {
    /// Object Groups (2.1 §7.23).
    pub struct ObjectGroups<'d> {
        /// Their names.
        object_groups: Vec<Cow<'d, str>> = OBJECT_GROUP,
    }
}

structure! {
    /// Object Types (2.1 §7.24).
    pub struct ObjectTypes {
        /// The types.
        object_types: Vec<ObjectType> = OBJECT_TYPE,
    }
}
