//! Target files: the peer as the user describes it, in YAML.
//!
//! ```yaml
//! address: kms.example:5696
//! ca: ca.pem                       # paths are relative to the file
//! server-name: kms.internal        # where the certificate names another host
//! identities:
//!   alice: {cert: alice.pem, key: alice.key}
//!   bob: {cert: bob.pem, key: bob.key, username: bob, password: secret}
//!   carol: {cert: carol.pem, key: carol.key, username: carol, password: secret, withhold-password: true}
//!   expired: {cert: expired.pem, key: expired.key}   # by this name a case asks for it
//! encoding: xml                    # ttlv (raw, the default); https, xml or json over HTTPS
//! http-path: /kmip                 # of KMIP over HTTPS
//! timeouts: {connect: 5s, exchange: 10s}
//! supports:                        # over and above what Query and Discover Versions say
//!   versions: "1.0..=1.4"
//!   without-operations: [Archive]
//! listener: {address: 127.0.0.1:5697, cert: client.pem, key: client.key, ca: ca.pem}   # where it tells alice of changes
//! disabled:
//!   - case: operations.locate.*
//!     because: takes minutes on this appliance
//! ```

use super::data_file::{self, DataFileError};
use crate::client::Encoding;
use crate::client::target::{DisabledCase, IdentityFile, ListenerFile, Supports, TargetFile};
use crate::scenario::diagnostic::{Diagnostic, did_you_mean};
use crate::scenario::fields::{Fields, text};
use crate::scenario::node::Node;
use kmipspec_protocol::registry::{Enumeration, ObjectType, Operation};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reads one.
pub fn load(path: &Path) -> Result<TargetFile, DataFileError> {
    let root = data_file::read(path)?;
    let mut errors = Vec::new();
    match read(&root, &mut errors) {
        Some(file) if errors.is_empty() => Ok(file),
        _ => Err(DataFileError::Invalid(errors)),
    }
}

fn read(root: &Node, errors: &mut Vec<Diagnostic>) -> Option<TargetFile> {
    let mut f = Fields::of(root, "a target file", errors)?;
    let path = |t: Option<String>| t.map(PathBuf::from);
    let mut file = TargetFile {
        address: f.require("address", errors).and_then(|n| text(n, "address", errors)).unwrap_or_default(),
        ca: path(f.text("ca", errors)),
        server_name: f.text("server-name", errors),
        insecure: f.flag("insecure", errors),
        encoding: encoding(&mut f, errors),
        http_path: f.text("http-path", errors),
        ..TargetFile::default()
    };
    if let Some(node) = f.take("identities") {
        file.identities = identities(node, errors);
    }
    if let Some(mut limits) = f.take("timeouts").and_then(|n| Fields::of(n, "`timeouts`", errors)) {
        file.connect_timeout = duration(&mut limits, "connect", errors);
        file.exchange_timeout = duration(&mut limits, "exchange", errors);
        limits.finish(errors);
    }
    if let Some(node) = f.take("supports") {
        file.supports = supports(node, errors).unwrap_or_default();
    }
    if let Some(node) = f.take("listener") {
        file.listener = listener(node, errors);
    }
    for node in f.take("disabled").map_or(&[][..], |n| list(n, "disabled", errors)) {
        file.disabled.extend(disabled(node, errors));
    }
    f.finish(errors);
    Some(file)
}

fn identities(node: &Node, errors: &mut Vec<Diagnostic>) -> BTreeMap<String, IdentityFile> {
    let Some(entries) = node.map() else {
        errors.push(Diagnostic::new(&node.place, "`identities` is a map of names"));
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for entry in entries {
        let Some(mut f) = Fields::of(&entry.value, "an identity", errors) else { continue };
        let identity = IdentityFile {
            cert: f.text("cert", errors).map(PathBuf::from),
            key: f.text("key", errors).map(PathBuf::from),
            username: f.text("username", errors),
            password: f.text("password", errors),
            withhold_password: f.flag("withhold-password", errors),
        };
        f.finish(errors);
        all.insert(entry.key.clone(), identity);
    }
    all
}

fn listener(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<ListenerFile> {
    let mut f = Fields::of(node, "`listener`", errors)?;
    let mut field = |key| f.require(key, errors).and_then(|n| text(n, key, errors)).unwrap_or_default();
    let listener = ListenerFile {
        address: field("address"),
        cert: field("cert").into(),
        key: field("key").into(),
        ca: field("ca").into(),
    };
    f.finish(errors);
    Some(listener)
}

fn supports(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Supports> {
    let mut f = Fields::of(node, "`supports`", errors)?;
    let mut codes = |key, table, errors: &mut Vec<Diagnostic>| match f.take(key) {
        Some(node) => values(node, key, table, errors),
        None => Vec::new(),
    };
    let operations = codes("operations", Operation::TABLE, errors);
    let without_operations = codes("without-operations", Operation::TABLE, errors);
    let objects = codes("objects", ObjectType::TABLE, errors);
    let without_objects = codes("without-objects", ObjectType::TABLE, errors);
    let supports = Supports {
        versions: f.versions("versions", errors).map(|set| set.iter().collect()),
        operations: operations.into_iter().map(Operation).collect(),
        without_operations: without_operations.into_iter().map(Operation).collect(),
        objects: objects.into_iter().map(ObjectType).collect(),
        without_objects: without_objects.into_iter().map(ObjectType).collect(),
        features: f.texts("features", errors),
    };
    f.finish(errors);
    Some(supports)
}

/// Names of an enumeration to codes.
fn values(node: &Node, key: &str, table: &Enumeration, errors: &mut Vec<Diagnostic>) -> Vec<u32> {
    let mut codes = Vec::new();
    for node in list(node, key, errors) {
        let Some(name) = text(node, key, errors) else { continue };
        match table.named(&name) {
            Some(value) => codes.push(value.code),
            None => {
                let message = format!("`{name}` is no {} of KMIP", table.name);
                let help = did_you_mean(&name, table.values.iter().map(|v| v.xml_name));
                errors.push(Diagnostic::new(&node.place, message).with_help(help));
            }
        }
    }
    codes
}

fn disabled(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<DisabledCase> {
    let mut f = Fields::of(node, "an entry of `disabled`", errors)?;
    let case = f.require("case", errors).and_then(|n| text(n, "case", errors));
    let because = f.require("because", errors).and_then(|n| text(n, "because", errors));
    f.finish(errors);
    Some(DisabledCase { case: case?, because: because? })
}

fn list<'n>(node: &'n Node, what: &str, errors: &mut Vec<Diagnostic>) -> &'n [Node] {
    node.list().unwrap_or_else(|| {
        errors.push(Diagnostic::new(&node.place, format!("`{what}` is a list, not {}", node.kind_name())));
        &[]
    })
}

fn encoding(f: &mut Fields<'_>, errors: &mut Vec<Diagnostic>) -> Option<Encoding> {
    let node = f.take("encoding")?;
    let name = text(node, "encoding", errors)?;
    Encoding::from_name(&name).or_else(|| {
        let names = Encoding::ALL.map(Encoding::name);
        let message = format!("`encoding` is one of {}, not `{name}`", names.join(", "));
        errors.push(Diagnostic::new(&node.place, message).with_help(did_you_mean(&name, names)));
        None
    })
}

fn duration(f: &mut Fields<'_>, key: &'static str, errors: &mut Vec<Diagnostic>) -> Option<Duration> {
    let node = f.take(key)?;
    let t = text(node, key, errors)?;
    parse_duration(&t).or_else(|| {
        errors.push(Diagnostic::new(&node.place, format!("`{key}` is a time such as 10s, 500ms or 2m, not `{t}`")));
        None
    })
}

/// `10s`, `500ms`, `2m`, or a bare number of seconds; longer than nothing.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number: f64 = number.parse().ok()?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::version::Version;

    fn loaded(text: &str) -> Result<TargetFile, String> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("target.yaml");
        std::fs::write(&path, text).expect("written");
        load(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn a_listener_is_whole_or_an_error() {
        let file =
            loaded("address: kms\nlistener: {address: \"127.0.0.1:5697\", cert: c.pem, key: c.key, ca: ca.pem}\n");
        let listener = file.expect("a target file").listener.expect("a listener");
        assert_eq!((listener.address.as_str(), listener.ca), ("127.0.0.1:5697", PathBuf::from("ca.pem")));
        let error = loaded("address: kms\nlistener: {adress: a, cert: c.pem}\n").expect_err("no listener");
        for part in
            ["`listener` has no `address`", "`listener` has no `key`", "`listener` has no `ca`", "unknown key `adress`"]
        {
            assert!(error.contains(part), "{part:?} is missing in\n{error}");
        }
        let error = loaded("address: kms\nlistener: 127.0.0.1:5697\n").expect_err("a scalar");
        assert!(error.contains("`listener` is a map"), "{error}");
    }

    #[test]
    fn everything_a_file_can_say() {
        let file = loaded(
            "address: kms.example:5697\nca: ca.pem\nserver-name: kms.internal\ninsecure: false\n\
             identities:\n  alice: {cert: a.pem, key: a.key}\n  bob: {username: bob, password: \"1234\", withhold-password: true}\n\
             encoding: json\nhttp-path: /kms\ntimeouts: {connect: 500ms, exchange: 2m}\n\
             supports: {versions: 1.2..=1.4, operations: [Re-key], without-objects: [Template], features: [http]}\n\
             disabled: [{case: operations.locate.*, because: slow}]\n",
        )
        .expect("sound");
        assert_eq!(file.address, "kms.example:5697");
        assert_eq!(file.identities.get("bob").and_then(|b| b.password.as_deref()), Some("1234"));
        let withheld = |name: &str| file.identities.get(name).map(|i| i.withhold_password);
        assert_eq!((withheld("alice"), withheld("bob")), (Some(false), Some(true)));
        assert_eq!((file.encoding, file.http_path.as_deref()), (Some(Encoding::Json), Some("/kms")));
        assert_eq!(file.connect_timeout, Some(Duration::from_millis(500)));
        assert_eq!(file.exchange_timeout, Some(Duration::from_secs(120)));
        assert_eq!(file.supports.versions, Some(vec![Version::V1_2, Version::V1_3, Version::V1_4]));
        assert_eq!(file.supports.operations.iter().map(|o| o.name()).collect::<Vec<_>>(), [Some("ReKey")]);
        assert_eq!(file.disabled, [DisabledCase { case: "operations.locate.*".into(), because: "slow".into() }]);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let error = loaded(
            "adress: kms\nca: [x]\nencoding: jsn\ntimeouts: {connect: soon}\nsupports: {operations: [Creat]}\ndisabled: [{case: a}]\n",
        )
        .expect_err("six mistakes");
        for part in [
            ":1:1: a target file has no `address`",
            "unknown key `adress`",
            "did you mean `address`?",
            ":2:5: `ca` is a scalar, not a list",
            "`encoding` is one of ttlv, https, xml, json, not `jsn`",
            "did you mean `json`?",
            "`connect` is a time such as 10s",
            "`Creat` is no Operation of KMIP",
            "did you mean `Create`?",
            "has no `because`",
        ] {
            assert!(error.contains(part), "{part:?} is missing in\n{error}");
        }
    }
}
