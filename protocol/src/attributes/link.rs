//! Link (1.4 §3.35, 2.1 §4.31): how one object leads to another.

use crate::message::{UniqueIdentifier, structure};
use crate::registry::LinkType;

structure! {
    /// A link.
    pub struct Link<'d> {
        /// What the other object is to this one.
        link_type: LinkType = LINK_TYPE,
        /// The other object.
        linked_object_identifier: UniqueIdentifier<'d> = LINKED_OBJECT_IDENTIFIER,
    }
}
