//! Who may come in and do what, in the file of `serve --config`: the keys `users`, `policies` and `attestation`.
//!
//! ```yaml
//! users:
//!   - name: carol
//!     password: secret
//!     groups: [operators]
//!     devices: [{serial-number: SN-1, machine-identifier: M-1, password: secret}]
//!     one-time-password: {secret: 3132333435363738393031323334353637383930, counter: 0}   # or seconds: 30; digits, hash
//! policies:                        # what Operation Policy Name names
//!   - name: team
//!     rules: [{groups: [operators], operations: [Locate, Get], objects: [SymmetricKey]}]   # what is left out: all
//! attestation: {operations: [Get], types: [TPMQuote], key: 6b6579}
//! ```

use crate::runner::data_file::DataFileError;
use crate::scenario::build::hex;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::fields::{Fields, text};
use crate::scenario::names;
use crate::scenario::node::{Entry, Node, number};
use kmipspec_protocol::registry::{AttestationType, HashingAlgorithm, ObjectType, Operation, tag};
use kmipspec_protocol::ttlv::Tag;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::users::{Device, MovingFactor, OneTimePassword, User};
use kmipspec_reference_server::{Attestation, OperationPolicy, PolicyRule};

/// The keys.
pub(super) const KEYS: [&str; 3] = ["users", "policies", "attestation"];

/// What the keys come to.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// Whom a Credential may name.
    pub(super) users: Vec<User>,
    /// What an Operation Policy Name may name.
    pub(super) policies: Vec<OperationPolicy>,
    /// Operations that need an attestation.
    pub(super) attestation: Option<Attestation>,
}

/// Reads the keys that are there.
pub(super) fn read(entries: &[Entry]) -> Result<Access, DataFileError> {
    let mut access = Access::default();
    let mut errors = Vec::new();
    for Entry { key, value, .. } in entries {
        match key.as_str() {
            "users" => access.users = list(value, "users", &mut errors, user),
            "policies" => access.policies = list(value, "policies", &mut errors, policy),
            _ => access.attestation = attestation(value, &mut errors),
        }
    }
    if errors.is_empty() { Ok(access) } else { Err(DataFileError::Invalid(errors)) }
}

/// Each element of a list.
fn list<T>(
    node: &Node,
    what: &str,
    errors: &mut Vec<Diagnostic>,
    each: impl Fn(&Node, &mut Vec<Diagnostic>) -> Option<T>,
) -> Vec<T> {
    match node.list() {
        Some(list) => list.iter().filter_map(|node| each(node, errors)).collect(),
        None => {
            errors.push(Diagnostic::new(&node.place, format!("`{what}` is a list, not {}", node.kind_name())));
            Vec::new()
        }
    }
}

fn user(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<User> {
    let mut f = Fields::of(node, "a user", errors)?;
    let name = f.require("name", errors).and_then(|n| text(n, "name", errors));
    let password = f.text("password", errors);
    let groups = f.texts("groups", errors);
    let devices = f.take("devices").map_or_else(Vec::new, |n| list(n, "devices", errors, device));
    let one_time_password = f.take("one-time-password").and_then(|n| token(n, errors));
    f.finish(errors);
    Some(User { name: name?, password, groups, devices, one_time_password })
}

fn device(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Device> {
    let mut f = Fields::of(node, "a device", errors)?;
    let device = Device {
        serial_number: f.text("serial-number", errors),
        password: f.text("password", errors),
        identifier: f.text("identifier", errors),
        network_identifier: f.text("network-identifier", errors),
        machine_identifier: f.text("machine-identifier", errors),
        media_identifier: f.text("media-identifier", errors),
    };
    f.finish(errors);
    Some(device)
}

fn token(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<OneTimePassword> {
    let mut f = Fields::of(node, "a one-time password", errors)?;
    let secret = f.require("secret", errors).and_then(|n| bytes(n, "secret", errors));
    let mut count = |key: &'static str, errors: &mut Vec<Diagnostic>| {
        let node = f.take(key)?;
        let found = node.text().and_then(number).and_then(|n| u32::try_from(n).ok());
        if found.is_none() {
            errors.push(Diagnostic::new(&node.place, format!("`{key}` is a number")));
        }
        found
    };
    let (counter, seconds, digits) = (count("counter", errors), count("seconds", errors), count("digits", errors));
    let hash = codes(f.take("hash"), tag::HASHING_ALGORITHM, errors).first().copied();
    f.finish(errors);
    let moving_factor = match (counter, seconds) {
        (Some(counter), None) => MovingFactor::Counter(counter.into()),
        (None, Some(seconds)) => MovingFactor::Seconds(seconds),
        _ => {
            errors.push(Diagnostic::new(&node.place, "a one-time password has either `counter` or `seconds`"));
            return None;
        }
    };
    let hashing_algorithm = hash.map_or(HashingAlgorithm::SHA_1, HashingAlgorithm);
    Some(OneTimePassword { secret: secret?, moving_factor, digits: digits.unwrap_or(6), hashing_algorithm })
}

fn policy(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<OperationPolicy> {
    let mut f = Fields::of(node, "a policy", errors)?;
    let name = f.require("name", errors).and_then(|n| text(n, "name", errors));
    let rules = f.require("rules", errors).map_or_else(Vec::new, |n| list(n, "rules", errors, rule));
    f.finish(errors);
    Some(OperationPolicy { name: name?, rules })
}

fn rule(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<PolicyRule> {
    let mut f = Fields::of(node, "a rule", errors)?;
    let groups = f.texts("groups", errors);
    let operations = codes(f.take("operations"), tag::OPERATION, errors).into_iter().map(Operation).collect();
    let object_types = codes(f.take("objects"), tag::OBJECT_TYPE, errors).into_iter().map(ObjectType).collect();
    f.finish(errors);
    Some(PolicyRule { object_types, operations, groups })
}

fn attestation(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Attestation> {
    let mut f = Fields::of(node, "`attestation`", errors)?;
    let operations = codes(f.require("operations", errors), tag::OPERATION, errors);
    let types = codes(f.require("types", errors), tag::ATTESTATION_TYPE, errors);
    let key = f.require("key", errors).and_then(|n| bytes(n, "key", errors));
    f.finish(errors);
    Some(Attestation {
        operations: operations.into_iter().map(Operation).collect(),
        types: types.into_iter().map(AttestationType).collect(),
        key: key?,
    })
}

/// Bytes in hexadecimal.
fn bytes(node: &Node, what: &str, errors: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    let found = text(node, what, errors)?;
    let found = hex(&found);
    if found.is_none() {
        errors.push(Diagnostic::new(&node.place, format!("`{what}` is hexadecimal")));
    }
    found
}

/// Values of an enumeration, by name.
fn codes(node: Option<&Node>, of: Tag, errors: &mut Vec<Diagnostic>) -> Vec<u32> {
    let Some(node) = node else { return Vec::new() };
    let alone = std::slice::from_ref(node);
    let mut found = Vec::new();
    for node in node.list().unwrap_or(alone) {
        let Some(name) = text(node, &names::tag_name(of), errors) else { continue };
        match names::enum_code(of, &name, Version::V2_1) {
            Ok(code) => found.push(code),
            Err(unknown) => errors.push(Diagnostic::new(&node.place, unknown.message).with_help(unknown.help)),
        }
    }
    found
}

/// A Hashing Algorithm by name: what a flag has.
pub(super) fn parse_hash(name: &str) -> Result<HashingAlgorithm, String> {
    names::enum_code(tag::HASHING_ALGORITHM, name, Version::V2_1)
        .map(HashingAlgorithm)
        .map_err(|unknown| unknown.message)
}

/// Operations by name, separated by commas: what a flag has.
pub(super) fn parse_operation(name: &str) -> Result<Operation, String> {
    names::enum_code(tag::OPERATION, name, Version::V2_1).map(Operation).map_err(|unknown| unknown.message)
}
