//! `vectors/tls/client-hellos.yaml`: what well-known clients offer.

use super::hello::{Extensions, Hello};
use super::suite;
use super::version::TlsVersion;
use crate::scenario::diagnostic::{Diagnostic, Source};
use crate::scenario::fields::{Fields, text};
use crate::scenario::node::{Node, number};
use crate::scenario::parse;
use std::sync::{Arc, OnceLock};

/// The file, as it is in the repository.
const FILE: &str = "vectors/tls/client-hellos.yaml";

/// Its text.
const TEXT: &str = include_str!("../../vectors/tls/client-hellos.yaml");

/// A client, and what it offers.
#[derive(Clone, Debug)]
pub(super) struct ClientHello {
    /// Its name, with the version.
    pub(super) name: String,
    /// The versions it takes.
    pub(super) versions: Vec<u16>,
    /// All it offers; without the name of a host.
    hello: Hello,
}

impl ClientHello {
    /// Its hello to a host of this name.
    pub(super) fn to(&self, server_name: Option<&str>) -> Hello {
        let mut hello = self.hello.clone();
        if let Some(extensions) = &mut hello.extensions {
            extensions.server_name = server_name.map(str::to_owned);
        }
        hello
    }
}

/// Every client, in the order of the file. The file is part of the program, and a test reads it.
pub(super) fn clients() -> &'static [ClientHello] {
    static CLIENTS: OnceLock<Vec<ClientHello>> = OnceLock::new();
    CLIENTS.get_or_init(|| read().0)
}

/// Reads the file; with what is wrong in it.
fn read() -> (Vec<ClientHello>, Vec<Diagnostic>) {
    let source = Arc::new(Source { file: FILE.to_owned(), text: TEXT.to_owned() });
    let mut errors = Vec::new();
    let clients = match parse::parse(&source) {
        Ok(root) => root.list().unwrap_or_default().iter().filter_map(|node| client(node, &mut errors)).collect(),
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    };
    (clients, errors)
}

/// One client.
fn client(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<ClientHello> {
    let mut f = Fields::of(node, "a client", errors)?;
    let name = f.require("name", errors).and_then(|n| text(n, "name", errors))?;
    f.require("source", errors);
    let versions: Vec<u16> = all(&mut f, "versions", errors, |t| TlsVersion::from_name(t).map(TlsVersion::code));
    let number16 = |t: &str| number(t).and_then(|n| u16::try_from(n).ok());
    let is_13 = versions.contains(&TlsVersion::Tls13.code());
    let extensions = Extensions {
        server_name: None,
        versions: if is_13 { versions.clone() } else { Vec::new() },
        groups: all(&mut f, "groups", errors, number16),
        signatures: all(&mut f, "signatures", errors, number16),
        key_shares: all(&mut f, "key-shares", errors, number16),
        extended_master_secret: f.flag("extended-master-secret", errors),
        renegotiation_info: f.flag("renegotiation-info", errors),
    };
    let suites = all(&mut f, "suites", errors, |t| suite::by_name(t).and_then(|suite| u16::try_from(suite.code).ok()));
    f.finish(errors);
    let newest = versions.iter().copied().max()?.min(TlsVersion::Tls12.code());
    let hello = Hello {
        record_version: TlsVersion::Tls10.code(),
        client_version: newest,
        suites,
        compression: vec![0],
        extensions: Some(extensions),
    };
    Some(ClientHello { name, versions, hello })
}

/// A list, each entry read in one way.
fn all(
    f: &mut Fields<'_>,
    key: &'static str,
    errors: &mut Vec<Diagnostic>,
    read: impl Fn(&str) -> Option<u16>,
) -> Vec<u16> {
    let mut out = Vec::new();
    for n in f.require(key, errors).and_then(Node::list).unwrap_or_default() {
        match n.text().and_then(&read) {
            Some(value) => out.push(value),
            None => errors.push(Diagnostic::new(&n.place, format!("not known in `{key}`"))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let (clients, errors) = read();
        assert!(errors.is_empty(), "{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        let names: Vec<&str> = clients.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["OpenSSL 3.0", "Go 1.26", "Java 17", "rustls 0.23", "vCenter 6.5", "vCenter 8"]);
        assert!(clients.iter().all(|c| c.hello.suites.len() >= 4));
    }
}
