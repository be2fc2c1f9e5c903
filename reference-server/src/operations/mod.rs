//! What the server does for each operation: one file, one row. An operation without a row is Operation Not Supported, and Query does not name it.

mod activate;
mod add_attribute;
mod adjust_attribute;
mod archive;
mod cancel;
mod certify;
mod check;
mod create;
mod create_credential;
mod create_group;
mod create_key_pair;
mod create_split_key;
mod create_user;
mod deactivate;
mod decrypt;
mod delegated_login;
mod delete_attribute;
mod derive_key;
mod destroy;
mod discover_versions;
mod encrypt;
mod export;
mod get;
mod get_attribute_list;
mod get_attributes;
mod get_constraints;
mod get_usage_allocation;
mod hash;
mod import;
mod interop;
mod join_split_key;
mod locate;
mod log;
mod login;
mod logout;
mod mac;
mod mac_verify;
mod modify_attribute;
mod obliterate;
mod obtain_lease;
mod ping;
mod pkcs_11;
mod poll;
mod process;
mod query;
mod query_asynchronous_requests;
mod re_certify;
mod re_key;
mod re_key_key_pair;
mod re_provision;
mod recover;
mod register;
mod revoke;
mod rng_retrieve;
mod rng_seed;
mod set_attribute;
mod set_constraints;
mod set_defaults;
mod set_endpoint_role;
mod sign;
mod signature_verify;
mod validate;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::message::Reading;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits, Writer};
use kmipspec_protocol::version::Version;

/// Reads a Request Payload, does the work, writes what is inside the Response Payload.
pub(crate) type Run = fn(&mut Context<'_>, ItemRef<'_>, &mut Writer) -> Outcome<()>;

/// One operation.
pub(crate) struct Row {
    /// Its number.
    pub(crate) operation: Operation,
    /// Its work.
    pub(crate) run: Run,
}

/// Every operation served, in the order of their numbers.
pub(crate) const OPERATIONS: &[Row] = &[
    Row { operation: Operation::CREATE, run: create::run },
    Row { operation: Operation::CREATE_KEY_PAIR, run: create_key_pair::run },
    Row { operation: Operation::REGISTER, run: register::run },
    Row { operation: Operation::RE_KEY, run: re_key::run },
    Row { operation: Operation::DERIVE_KEY, run: derive_key::run },
    Row { operation: Operation::CERTIFY, run: certify::run },
    Row { operation: Operation::RE_CERTIFY, run: re_certify::run },
    Row { operation: Operation::LOCATE, run: locate::run },
    Row { operation: Operation::CHECK, run: check::run },
    Row { operation: Operation::GET, run: get::run },
    Row { operation: Operation::GET_ATTRIBUTES, run: get_attributes::run },
    Row { operation: Operation::GET_ATTRIBUTE_LIST, run: get_attribute_list::run },
    Row { operation: Operation::ADD_ATTRIBUTE, run: add_attribute::run },
    Row { operation: Operation::MODIFY_ATTRIBUTE, run: modify_attribute::run },
    Row { operation: Operation::DELETE_ATTRIBUTE, run: delete_attribute::run },
    Row { operation: Operation::OBTAIN_LEASE, run: obtain_lease::run },
    Row { operation: Operation::GET_USAGE_ALLOCATION, run: get_usage_allocation::run },
    Row { operation: Operation::ACTIVATE, run: activate::run },
    Row { operation: Operation::REVOKE, run: revoke::run },
    Row { operation: Operation::DESTROY, run: destroy::run },
    Row { operation: Operation::ARCHIVE, run: archive::run },
    Row { operation: Operation::RECOVER, run: recover::run },
    Row { operation: Operation::VALIDATE, run: validate::run },
    Row { operation: Operation::QUERY, run: query::run },
    Row { operation: Operation::CANCEL, run: cancel::run },
    Row { operation: Operation::POLL, run: poll::run },
    Row { operation: Operation::RE_KEY_KEY_PAIR, run: re_key_key_pair::run },
    Row { operation: Operation::DISCOVER_VERSIONS, run: discover_versions::run },
    Row { operation: Operation::ENCRYPT, run: encrypt::run },
    Row { operation: Operation::DECRYPT, run: decrypt::run },
    Row { operation: Operation::SIGN, run: sign::run },
    Row { operation: Operation::SIGNATURE_VERIFY, run: signature_verify::run },
    Row { operation: Operation::MAC, run: mac::run },
    Row { operation: Operation::MAC_VERIFY, run: mac_verify::run },
    Row { operation: Operation::RNG_RETRIEVE, run: rng_retrieve::run },
    Row { operation: Operation::RNG_SEED, run: rng_seed::run },
    Row { operation: Operation::HASH, run: hash::run },
    Row { operation: Operation::CREATE_SPLIT_KEY, run: create_split_key::run },
    Row { operation: Operation::JOIN_SPLIT_KEY, run: join_split_key::run },
    Row { operation: Operation::IMPORT, run: import::run },
    Row { operation: Operation::EXPORT, run: export::run },
    Row { operation: Operation::LOG, run: log::run },
    Row { operation: Operation::ADJUST_ATTRIBUTE, run: adjust_attribute::run },
    Row { operation: Operation::LOGIN, run: login::run },
    Row { operation: Operation::LOGOUT, run: logout::run },
    Row { operation: Operation::DELEGATED_LOGIN, run: delegated_login::run },
    Row { operation: Operation::SET_ATTRIBUTE, run: set_attribute::run },
    Row { operation: Operation::SET_ENDPOINT_ROLE, run: set_endpoint_role::run },
    Row { operation: Operation::PKCS_11, run: pkcs_11::run },
    Row { operation: Operation::INTEROP, run: interop::run },
    Row { operation: Operation::RE_PROVISION, run: re_provision::run },
    Row { operation: Operation::SET_DEFAULTS, run: set_defaults::run },
    Row { operation: Operation::SET_CONSTRAINTS, run: set_constraints::run },
    Row { operation: Operation::GET_CONSTRAINTS, run: get_constraints::run },
    Row { operation: Operation::QUERY_ASYNCHRONOUS_REQUESTS, run: query_asynchronous_requests::run },
    Row { operation: Operation::PROCESS, run: process::run },
    Row { operation: Operation::PING, run: ping::run },
    Row { operation: Operation::CREATE_GROUP, run: create_group::run },
    Row { operation: Operation::OBLITERATE, run: obliterate::run },
    Row { operation: Operation::CREATE_USER, run: create_user::run },
    Row { operation: Operation::CREATE_CREDENTIAL, run: create_credential::run },
    Row { operation: Operation::DEACTIVATE, run: deactivate::run },
];

/// The row of an operation, if the version has it and this server does it.
pub(crate) fn row(operation: Operation, version: Version) -> Option<&'static Row> {
    served(version).find(|row| row.operation == operation)
}

/// Does an operation on behalf of another one and gives its Response Payload. What a failed one changed is undone.
/// The payloads are those of 2.1 at most: an identifier in them is a Text String, also when the request is one of 3.0.
pub(crate) fn perform(context: &mut Context<'_>, operation: Operation, fields: Vec<Item>) -> Outcome<Item> {
    let unknown = || Failure::internal(context.version, "an operation that another is made of is not served");
    let row = row(operation, context.version).ok_or_else(unknown)?;
    let broken = |_| Failure::internal(context.version, "a payload of our own cannot be read");
    let bytes = Item::structure(tag::REQUEST_PAYLOAD, fields).encode();
    let doc = Doc::strict_owned(bytes, &Limits::default()).map_err(broken)?;
    let payload = doc.root().ok_or_else(unknown)?;
    let savepoint = context.transaction.savepoint();
    let outer = std::mem::replace(&mut context.operation, operation);
    let (version, reading) = (context.version, context.reading);
    context.version = version.min(Version::V2_1);
    context.reading = Reading { version: context.version, ..reading };
    let mut writer = Writer::new();
    let done = (row.run)(context, payload, &mut writer);
    context.operation = outer;
    (context.version, context.reading) = (version, reading);
    if let Err(failure) = done {
        context.transaction.roll_back(savepoint);
        return Err(failure);
    }
    let doc = Doc::strict_owned(writer.finish(), &Limits::default())
        .map_err(|_| Failure::internal(context.version, "an answer of our own cannot be read"))?;
    Item::from_doc(&doc).pop().ok_or_else(|| Failure::internal(context.version, "an operation had no answer"))
}

/// The operations served at a version.
pub(crate) fn served(version: Version) -> impl Iterator<Item = &'static Row> {
    OPERATIONS.iter().filter(move |row| row.operation.exists(version))
}
