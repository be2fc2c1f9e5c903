//! Layer 3, one file per operation: payloads, sections, failures. To add one: its file, and one row here.

pub mod activate;
pub mod add_attribute;
pub mod check;
pub mod create;
pub mod create_key_pair;
pub mod delete_attribute;
pub mod destroy;
pub mod discover_versions;
pub mod get;
pub mod get_attribute_list;
pub mod get_attributes;
pub mod locate;
pub mod modify_attribute;
pub mod query;
pub mod register;
pub mod revoke;
mod row;
pub mod set_attribute;
#[cfg(test)]
mod tests;

use crate::registry::Operation;
pub use row::{Failure, Rewrite, Row, row};

/// A row: the code, and the module that has everything else.
macro_rules! operation {
    ($code:ident, $module:ident) => {
        Row {
            operation: Operation::$code,
            name: stringify!($module),
            spec: $module::SPEC,
            failures: $module::FAILURES,
            rewrite_request: |item, reading, w| Ok($module::Request::decode(item, reading)?.encode(w, reading.version)),
            rewrite_response: |item, reading, w| {
                Ok($module::Response::decode(item, reading)?.encode(w, reading.version))
            },
        }
    };
}

/// Every operation that has a typed payload, in the order of their codes.
pub static OPERATIONS: &[Row] = &[
    operation!(CREATE, create),
    operation!(CREATE_KEY_PAIR, create_key_pair),
    operation!(REGISTER, register),
    operation!(LOCATE, locate),
    operation!(CHECK, check),
    operation!(GET, get),
    operation!(GET_ATTRIBUTES, get_attributes),
    operation!(GET_ATTRIBUTE_LIST, get_attribute_list),
    operation!(ADD_ATTRIBUTE, add_attribute),
    operation!(MODIFY_ATTRIBUTE, modify_attribute),
    operation!(DELETE_ATTRIBUTE, delete_attribute),
    operation!(ACTIVATE, activate),
    operation!(REVOKE, revoke),
    operation!(DESTROY, destroy),
    operation!(QUERY, query),
    operation!(DISCOVER_VERSIONS, discover_versions),
    operation!(SET_ATTRIBUTE, set_attribute),
];
