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
pub use row::{Failure, Row, row};

/// Every operation that has a typed payload, in the order of their codes.
pub static OPERATIONS: &[Row] = &[
    Row { operation: Operation::CREATE, name: "create", spec: create::SPEC, failures: create::FAILURES },
    Row {
        operation: Operation::CREATE_KEY_PAIR,
        name: "create_key_pair",
        spec: create_key_pair::SPEC,
        failures: create_key_pair::FAILURES,
    },
    Row { operation: Operation::REGISTER, name: "register", spec: register::SPEC, failures: register::FAILURES },
    Row { operation: Operation::LOCATE, name: "locate", spec: locate::SPEC, failures: locate::FAILURES },
    Row { operation: Operation::CHECK, name: "check", spec: check::SPEC, failures: check::FAILURES },
    Row { operation: Operation::GET, name: "get", spec: get::SPEC, failures: get::FAILURES },
    Row {
        operation: Operation::GET_ATTRIBUTES,
        name: "get_attributes",
        spec: get_attributes::SPEC,
        failures: get_attributes::FAILURES,
    },
    Row {
        operation: Operation::GET_ATTRIBUTE_LIST,
        name: "get_attribute_list",
        spec: get_attribute_list::SPEC,
        failures: get_attribute_list::FAILURES,
    },
    Row {
        operation: Operation::ADD_ATTRIBUTE,
        name: "add_attribute",
        spec: add_attribute::SPEC,
        failures: add_attribute::FAILURES,
    },
    Row {
        operation: Operation::MODIFY_ATTRIBUTE,
        name: "modify_attribute",
        spec: modify_attribute::SPEC,
        failures: modify_attribute::FAILURES,
    },
    Row {
        operation: Operation::DELETE_ATTRIBUTE,
        name: "delete_attribute",
        spec: delete_attribute::SPEC,
        failures: delete_attribute::FAILURES,
    },
    Row { operation: Operation::ACTIVATE, name: "activate", spec: activate::SPEC, failures: activate::FAILURES },
    Row { operation: Operation::REVOKE, name: "revoke", spec: revoke::SPEC, failures: revoke::FAILURES },
    Row { operation: Operation::DESTROY, name: "destroy", spec: destroy::SPEC, failures: destroy::FAILURES },
    Row { operation: Operation::QUERY, name: "query", spec: query::SPEC, failures: query::FAILURES },
    Row {
        operation: Operation::DISCOVER_VERSIONS,
        name: "discover_versions",
        spec: discover_versions::SPEC,
        failures: discover_versions::FAILURES,
    },
    Row {
        operation: Operation::SET_ATTRIBUTE,
        name: "set_attribute",
        spec: set_attribute::SPEC,
        failures: set_attribute::FAILURES,
    },
];
