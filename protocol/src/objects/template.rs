//! Template, 1.x only (1.4 §2.2.6; deprecated in 1.3).

use crate::attributes::Attributes;
use crate::message::structure;

structure! {
    /// Attributes under a name, for other objects to be made with.
    pub struct Template<'d> {
        /// The attributes.
        attributes: Attributes<'d> = ATTRIBUTES,
    }
}
