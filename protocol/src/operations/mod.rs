//! Layer 3, one file per operation: payloads, sections, failures. To add one: its file, and one row here.

pub mod activate;
pub mod add_attribute;
pub mod adjust_attribute;
pub mod archive;
pub mod cancel;
pub mod certify;
pub mod check;
pub mod create;
pub mod create_credential;
pub mod create_group;
pub mod create_key_pair;
pub mod create_split_key;
pub mod create_user;
pub mod deactivate;
pub mod decrypt;
pub mod delegated_login;
pub mod delete_attribute;
pub mod derive_key;
pub mod destroy;
pub mod discover_versions;
pub mod encrypt;
pub mod export;
pub mod get;
pub mod get_attribute_list;
pub mod get_attributes;
pub mod get_constraints;
pub mod get_usage_allocation;
pub mod hash;
pub mod import;
pub mod information;
pub mod interop;
pub mod join_split_key;
pub mod lists;
pub mod locate;
pub mod log;
pub mod login;
pub mod logout;
pub mod mac;
pub mod mac_verify;
pub mod modify_attribute;
pub mod notify;
pub mod obliterate;
pub mod obtain_lease;
pub mod ping;
pub mod pkcs_11;
pub mod poll;
pub mod process;
pub mod put;
pub mod query;
pub mod query_asynchronous_requests;
pub mod re_certify;
pub mod re_key;
pub mod re_key_key_pair;
pub mod re_provision;
pub mod recover;
pub mod register;
pub mod revoke;
pub mod rng_retrieve;
pub mod rng_seed;
mod row;
pub mod set_attribute;
pub mod set_constraints;
pub mod set_defaults;
pub mod set_endpoint_role;
pub mod sign;
pub mod signature_verify;
#[cfg(test)]
mod tests;
pub mod validate;

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
    operation!(RE_KEY, re_key),
    operation!(DERIVE_KEY, derive_key),
    operation!(CERTIFY, certify),
    operation!(RE_CERTIFY, re_certify),
    operation!(LOCATE, locate),
    operation!(CHECK, check),
    operation!(GET, get),
    operation!(GET_ATTRIBUTES, get_attributes),
    operation!(GET_ATTRIBUTE_LIST, get_attribute_list),
    operation!(ADD_ATTRIBUTE, add_attribute),
    operation!(MODIFY_ATTRIBUTE, modify_attribute),
    operation!(DELETE_ATTRIBUTE, delete_attribute),
    operation!(OBTAIN_LEASE, obtain_lease),
    operation!(GET_USAGE_ALLOCATION, get_usage_allocation),
    operation!(ACTIVATE, activate),
    operation!(REVOKE, revoke),
    operation!(DESTROY, destroy),
    operation!(ARCHIVE, archive),
    operation!(RECOVER, recover),
    operation!(VALIDATE, validate),
    operation!(QUERY, query),
    operation!(CANCEL, cancel),
    operation!(POLL, poll),
    operation!(NOTIFY, notify),
    operation!(PUT, put),
    operation!(RE_KEY_KEY_PAIR, re_key_key_pair),
    operation!(DISCOVER_VERSIONS, discover_versions),
    operation!(ENCRYPT, encrypt),
    operation!(DECRYPT, decrypt),
    operation!(SIGN, sign),
    operation!(SIGNATURE_VERIFY, signature_verify),
    operation!(MAC, mac),
    operation!(MAC_VERIFY, mac_verify),
    operation!(RNG_RETRIEVE, rng_retrieve),
    operation!(RNG_SEED, rng_seed),
    operation!(HASH, hash),
    operation!(CREATE_SPLIT_KEY, create_split_key),
    operation!(JOIN_SPLIT_KEY, join_split_key),
    operation!(IMPORT, import),
    operation!(EXPORT, export),
    operation!(LOG, log),
    operation!(LOGIN, login),
    operation!(LOGOUT, logout),
    operation!(DELEGATED_LOGIN, delegated_login),
    operation!(ADJUST_ATTRIBUTE, adjust_attribute),
    operation!(SET_ATTRIBUTE, set_attribute),
    operation!(SET_ENDPOINT_ROLE, set_endpoint_role),
    operation!(PKCS_11, pkcs_11),
    operation!(INTEROP, interop),
    operation!(RE_PROVISION, re_provision),
    operation!(SET_DEFAULTS, set_defaults),
    operation!(SET_CONSTRAINTS, set_constraints),
    operation!(GET_CONSTRAINTS, get_constraints),
    operation!(QUERY_ASYNCHRONOUS_REQUESTS, query_asynchronous_requests),
    operation!(PROCESS, process),
    operation!(PING, ping),
    operation!(CREATE_GROUP, create_group),
    operation!(OBLITERATE, obliterate),
    operation!(CREATE_USER, create_user),
    operation!(CREATE_CREDENTIAL, create_credential),
    operation!(DEACTIVATE, deactivate),
];
