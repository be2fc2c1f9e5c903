//! Opaque Object (1.4 §2.2.8, 2.1 §2.3).

use crate::message::structure;
use crate::registry::OpaqueDataType;
use std::borrow::Cow;

structure! {
    /// Data that the server does not look into.
    pub struct OpaqueObject<'d> {
        /// The standard defines no type; vendors may.
        opaque_data_type: OpaqueDataType = OPAQUE_DATA_TYPE,
        /// The data.
        opaque_data_value: Cow<'d, [u8]> = OPAQUE_DATA_VALUE,
    }
}
