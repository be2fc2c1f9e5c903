//! The certificate matrix: each kind of client certificate, and none, against Query, Discover Versions, Create and Get.
//!
//! What has to come of it stands in the Profiles: 2.1 §3.1.3 has mutual authentication by TLS for all operations, so who cannot
//! be authenticated gets no Success at 2.1. The Profiles before it were not read, and there what comes back is recorded.
//! Refused is an alert, a closed connection or a failed operation: in TLS 1.3 the alert comes after the client's handshake,
//! in place of an answer. A kind that the target file has no identity for is skipped.

use super::text::Head;
use crate::client::{ALICE, BOB};
use kmipspec_protocol::schema::operation_named;
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// What is to become of a client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is a client like any other.
    Served,
    /// Nothing says that a server must take such a certificate.
    Perhaps,
    /// It is not authenticated: by the Profile's own words.
    Refused,
    /// The same by advice: of the certificate's own standard, or of the Usage Guide.
    Advised,
    /// Nothing says what becomes of it.
    Open,
}

/// One kind: the identity of the target file, what the word `certificate` stands for, what is to come of it, and why.
struct Kind {
    identity: &'static str,
    shown: &'static str,
    fate: Fate,
    because: &'static str,
}

/// Every kind.
const KINDS: [Kind; 15] = [
    Kind { identity: ALICE, shown: "a good certificate", fate: Fate::Served, because: "" },
    Kind { identity: BOB, shown: "another good certificate", fate: Fate::Served, because: "" },
    Kind { identity: "anonymous", shown: "no certificate", fate: Fate::Refused, because: NONE },
    Kind {
        identity: "foreign-ca",
        shown: "a certificate of a CA the server does not trust",
        fate: Fate::Refused,
        because: PATH,
    },
    Kind {
        identity: "self-signed",
        shown: "a certificate that its own key signed",
        fate: Fate::Refused,
        because: PATH,
    },
    Kind { identity: "expired", shown: "a certificate that has expired", fate: Fate::Refused, because: PATH },
    Kind {
        identity: "not-yet-valid",
        shown: "a certificate that is not yet valid",
        fate: Fate::Refused,
        because: PATH,
    },
    Kind {
        identity: "revoked",
        shown: "a certificate that the server was told is revoked",
        fate: Fate::Advised,
        because: REVOKED,
    },
    Kind {
        identity: "wrong-eku",
        shown: "a certificate for server authentication alone",
        fate: Fate::Advised,
        because: USAGE,
    },
    Kind { identity: "no-eku", shown: "a certificate without extended key usage", fate: Fate::Perhaps, because: "" },
    Kind { identity: "no-san", shown: "a certificate without alternative name", fate: Fate::Perhaps, because: "" },
    Kind {
        identity: "no-cn",
        shown: "a certificate without any name of a client",
        fate: Fate::Open,
        because: NAMELESS,
    },
    Kind {
        identity: "chain",
        shown: "a certificate of an intermediate CA, and that behind it",
        fate: Fate::Perhaps,
        because: "",
    },
    Kind { identity: "ec-key", shown: "a certificate of an EC key", fate: Fate::Perhaps, because: "" },
    Kind { identity: "rsa-key", shown: "a certificate of an RSA key", fate: Fate::Perhaps, because: "" },
];

const NONE: &str = "Profiles 2.1 §3.1.3: mutual authentication by TLS for all operations, and who shows nothing is not authenticated; \
                    the Profiles before it were not read and are recorded";
const PATH: &str = "Profiles 2.1 §3.1.3: mutual authentication by TLS for all operations, and who shows a certificate without a valid \
                    path (RFC 5280 §6.1.3) is not authenticated; the Profiles before it were not read and are recorded";
const REVOKED: &str = "RFC 5280 §6.1.3 has a revoked certificate without valid path, and the target file says that it is; but whether \
                       a server asks for revocations no Profile says";
const USAGE: &str =
    "RFC 5280 §4.2.1.12: a certificate with the extension is to be used for its purposes alone; no Profile names it";
const NAMELESS: &str = "Usage Guide 2.1 §3.1: without any identity the server refuses; how it gets one is out of scope of Profiles 2.1 §3.1.3";
const GOOD: &str = "no sentence says which certificates a server has to take beside those it was set up for";
const PLAIN: &str = "a client that the server was set up for can use its operations";

/// Operations of the matrix: name for ids, operation, payload.
const OPERATIONS: [(&str, &str, &str); 4] = [
    ("query", "Query", "{Query: {QueryFunction: QueryOperations}}"),
    ("discover-versions", "Discover Versions", "{DiscoverVersions: {}}"),
    (
        "create",
        "Create",
        "{Create: {ObjectType: SymmetricKey, Attributes: {CryptographicAlgorithm: AES, CryptographicLength: 128, \
         CryptographicUsageMask: [Encrypt, Decrypt]}}}",
    ),
    ("get", "Get", "{Get: {UniqueIdentifier: $public}}"),
];

/// Alice registers what the default policy shows to everybody, so that only the certificate can keep others from it.
const PUBLIC: &str = "  - {name: public key, setup: true, send: [{Register: {ObjectType: PublicKey, Attributes: \
                      {CryptographicAlgorithm: ECDSA, CryptographicLength: 256, CryptographicUsageMask: [Verify]}, PublicKey: \
                      {KeyBlock: {KeyFormatType: X_509, KeyValue: {KeyMaterial: \
                      \"3059301306072a8648ce3d020106082a8648ce3d03010703420004c1ba0875ca01123424a82d73fb8e888c4f2c35c1ad99b1b77968f74e47ce0a2f\
                      496107b5c23f9ac53a532d5b4592e1d3c6edcab96fb9398fb519799c91dbd037\"}, CryptographicAlgorithm: ECDSA, \
                      CryptographicLength: 256}}}}], expect: [{payload: {UniqueIdentifier: {bind: public}}}]}\n";

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    KINDS.iter().flat_map(|kind| OPERATIONS.iter().filter_map(move |operation| case(kind, *operation))).collect()
}

/// One case.
fn case(kind: &Kind, (id, name, send): (&str, &str, &str)) -> Option<String> {
    let operation = operation_named(name)?;
    let versions: Vec<Version> =
        Version::WITH_TEXT.into_iter().filter(|version| operation.versions.contains(*version)).collect();
    // Who has no name is refused what is done in somebody's name.
    let fate = match kind.fate {
        Fate::Open if id == "create" => Fate::Advised,
        // What Get shows of the other's public key is the server's policy.
        Fate::Served if id == "get" && kind.identity != ALICE => Fate::Perhaps,
        Fate::Perhaps if id == "get" => Fate::Open,
        fate => fate,
    };
    let title = match fate {
        Fate::Served => format!("{name} with {} is served", kind.shown),
        Fate::Refused | Fate::Advised => format!("{name} with {} is refused", kind.shown),
        Fate::Perhaps | Fate::Open => format!("What {name} with {} comes to is recorded", kind.shown),
    };
    let level = match fate {
        Fate::Served | Fate::Refused => "SHALL",
        Fate::Advised => "SHOULD",
        Fate::Perhaps | Fate::Open => "MAY",
    };
    let head = Head {
        id: format!("access.certificate.{}.{id}", if kind.identity == "anonymous" { "none" } else { kind.identity }),
        title,
        spec: versions.iter().map(|v| (*v, vec![section(*v)])).collect(),
        level,
        because: match fate {
            Fate::Served => PLAIN,
            _ if kind.because.is_empty() => GOOD,
            _ => kind.because,
        },
        versions: &versions,
        source: source(kind.identity, id),
        objects: match id {
            "create" => &["SymmetricKey"],
            "get" => &["PublicKey"],
            _ => &[],
        },
    };
    let mut out = head.text();
    if id == "get" {
        out += PUBLIC;
    }
    let _ = writeln!(out, "  - name: {id}\n    as: {}\n    send: [{send}]", kind.identity);
    out += match fate {
        Fate::Served | Fate::Perhaps => "",
        Fate::Refused | Fate::Advised => {
            "    fate: [answered, closed, alert]\n    expect: [{status: OperationFailed, level: {\"..=2.0\": MAY}}]\n"
        }
        Fate::Open => "    fate: [answered, closed, alert]\n    expect: [any]\n",
    };
    Some(out)
}

/// Where the Specification leaves it to the Profiles, or has the Authentication that may come instead.
fn section(version: Version) -> &'static str {
    if version < Version::V2_0 { "8" } else { "9.4" }
}

/// Rules of the ordering table and failures of the field that a cell is about.
fn source(identity: &str, operation: &str) -> &'static [&'static str] {
    match (identity, operation) {
        ("anonymous", "query") => &["AO-12", "AO-13", "field B11"],
        ("anonymous", _) => &["AO-12", "AO-13", "field B11", "field M6"],
        ("foreign-ca" | "self-signed" | "expired", _) => &["AO-13", "field B11", "field B5"],
        ("not-yet-valid" | "revoked", _) => &["AO-13"],
        ("wrong-eku" | "no-eku", _) => &["field B5"],
        ("no-san", _) => &["field B6"],
        ("no-cn", "create") => &["AO-20"],
        ("chain", _) => &["field B13"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_reference_server::certificates::CLIENTS;

    #[test]
    fn every_certificate_the_bundled_server_makes_meets_every_operation() {
        let texts = generate();
        assert_eq!(texts.len(), KINDS.len() * OPERATIONS.len());
        for (name, _) in CLIENTS {
            assert!(KINDS.iter().any(|kind| kind.identity == name), "{name}");
        }
        for kind in KINDS {
            assert!(kind.identity == "anonymous" || CLIENTS.iter().any(|(name, _)| *name == kind.identity));
        }
    }
}
