//! The three ways in which clients become known: a package, a bootstrap certificate, a tenant identifier.

use crate::served::{Client, Served, create, identifiers, kmipspec, locate, of};
use kmipspec::client::session::Connections;
use kmipspec::client::{Identity, Pool, Session, Target, Trust};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, Value};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Result reason.
const PERMISSION_DENIED: u32 = 0x0C;

/// A server with a registry.
struct Office {
    _served: Served,
    folder: PathBuf,
    address: String,
}

impl Office {
    fn open(folder: &Path) -> Self {
        let text = |name: &str| folder.join(name).to_str().expect("text").to_owned();
        let flags = ["--cert-dir", &text("server"), "--ready-file", &text("ready"), "--registry", &text("registry")];
        let served = Served::start(&flags);
        let ready: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("ready")).expect("there")).expect("JSON");
        let address = ready["address"].as_str().expect("an address").to_owned();
        Self { _served: served, folder: folder.to_owned(), address }
    }

    /// `kmipspec enroll`; whether it succeeded.
    fn enroll(&self, name: &str, flags: &[&str]) -> bool {
        let mut command = kmipspec();
        command.arg("enroll").arg(name).arg("--registry").arg(self.folder.join("registry")).args(flags);
        if !flags.contains(&"--approve") {
            command.arg("--ca").arg(self.folder.join("server/ca.pem")).args(["--address", &self.address]);
            command.arg("--package").arg(self.folder.join(name));
        }
        command.output().expect("ran").status.success()
    }

    /// A file of a package.
    fn file(&self, name: &str, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(name).join(file)).expect("in the package")
    }

    /// A client with what its package has.
    fn client(&self, name: &str) -> Client {
        self.with(&self.file(name, "client.pem"), &self.file(name, "client.key.pem"))
    }

    fn with(&self, certificate: &str, key: &str) -> Client {
        let ca = std::fs::read(self.folder.join("server/ca.pem")).expect("there");
        let identity = Identity::with_certificate("own", certificate, key);
        let target = Target::new(&self.address, None, &Trust::Ca(ca), [identity]).expect("a target");
        let session = Session::new(Arc::new(target), Arc::new(Pool::default()), Connections::Shared);
        Client { session, identity: "own" }
    }
}

/// Registers a public key and has it certified: the certificate, PEM.
async fn certificate(client: &mut Client, key: &KeyPair) -> Result<String, u32> {
    let attribute =
        |name: &str, value: Item| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
    let name: String = key.public_key_raw().iter().skip(1).take(8).map(|byte| format!("{byte:02x}")).collect();
    let attributes = vec![
        attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 2)),
        attribute(
            "Name",
            Item::structure(
                tag::ATTRIBUTE_VALUE,
                vec![Item::text(tag::NAME_VALUE, name), Item::enumeration(tag::NAME_TYPE, 1)],
            ),
        ),
    ];
    let block = vec![
        // X.509
        Item::enumeration(tag::KEY_FORMAT_TYPE, 5),
        Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, key_info(key))]),
        Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 0x1A),
        Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 256),
    ];
    let public = vec![
        Item::enumeration(tag::OBJECT_TYPE, 3),
        Item::structure(tag::TEMPLATE_ATTRIBUTE, attributes),
        Item::structure(tag::PUBLIC_KEY, vec![Item::structure(tag::KEY_BLOCK, block)]),
    ];
    let id = identifiers(&client.one(Operation::REGISTER, public).await?).pop().expect("an identifier");
    // X.509
    let kind = attribute("Certificate Type", Item::enumeration(tag::ATTRIBUTE_VALUE, 1));
    let kind = Item::structure(tag::TEMPLATE_ATTRIBUTE, vec![kind]);
    let certified =
        client.batch(false, vec![(Operation::CERTIFY, [of(&id), vec![kind]].concat()), (Operation::GET, vec![])]).await;
    let certified = certified.expect("an answer");
    certified.first().expect("two items").clone()?;
    let got = certified.get(1).expect("two items").clone()?;
    let value = got.child(tag::CERTIFICATE).and_then(|c| c.child(tag::CERTIFICATE_VALUE)).and_then(Item::value);
    let Some(Value::ByteString(der)) = value else { panic!("no certificate: {got:?}") };
    Ok(pem(der))
}

/// Subject Public Key Info.
fn key_info(key: &KeyPair) -> Vec<u8> {
    let begin = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    [&begin[..], key.public_key_raw()].concat()
}

/// PEM of a certificate.
fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, chunk) in der.chunks(3).enumerate() {
        if place > 0 && place % 16 == 0 {
            text.push('\n');
        }
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * at) & 63).expect("six bits");
            text.push(if at <= chunk.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text + "\n-----END CERTIFICATE-----\n"
}

/// Client Registration Methods of Query.
async fn methods(client: &mut Client) -> Vec<u32> {
    let asked = vec![Item::enumeration(tag::QUERY_FUNCTION, 12)];
    let answer = client.one(Operation::QUERY, asked).await.expect("Query succeeds");
    let told = answer.items().iter().filter(|item| item.tag == tag::CLIENT_REGISTRATION_METHOD);
    told.map(|item| match item.value() {
        Some(Value::Enumeration(method)) => method,
        other => panic!("no enumeration: {other:?}"),
    })
    .collect()
}

/// Whether the client is one like any other: the name of what it made.
async fn works(client: &mut Client, name: &str) -> bool {
    let Some(Ok(made)) =
        client.batch(false, vec![(Operation::CREATE, create(name))]).await.and_then(|mut all| all.pop())
    else {
        return false;
    };
    let located = client.one(Operation::LOCATE, locate(name)).await.expect("Locate succeeds");
    identifiers(&located) == identifiers(&made)
}

#[tokio::test]
async fn a_package_is_all_a_client_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path());
    assert!(office.enroll("tape-library", &[]));
    let told: serde_json::Value =
        serde_json::from_str(&office.file("tape-library", "registration.json")).expect("JSON");
    assert_eq!(told["address"], office.address.as_str());
    let mut client = office.client("tape-library");
    assert!(works(&mut client, "one").await);
    // Pre-generated and, over the client's key, Client Generated.
    assert_eq!(methods(&mut client).await, [2, 4]);
    // What nobody has registered stays outside.
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::default().self_signed(&key).expect("a certificate");
    assert!(!works(&mut office.with(&own.pem(), &key.serialize_pem()), "two").await);
}

#[tokio::test]
async fn a_bootstrap_certificate_becomes_an_issued_one_once_approved() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path());
    assert!(office.enroll("drive", &["--bootstrap", "--needs-approval"]));
    let mut bootstrap = office.client("drive");
    assert_eq!(bootstrap.one(Operation::CREATE, create("early")).await, Err(PERMISSION_DENIED));
    let key = KeyPair::generate().expect("a key");
    assert_eq!(certificate(&mut bootstrap, &key).await, Err(PERMISSION_DENIED), "it waits for approval");
    assert!(!office.enroll("nobody", &["--approve"]));
    assert!(office.enroll("drive", &["--approve"]));
    let key = KeyPair::generate().expect("a key");
    let issued = certificate(&mut bootstrap, &key).await.expect("approved");
    assert!(works(&mut office.with(&issued, &key.serialize_pem()), "one").await);
    // The bootstrap certificate has served.
    assert!(office.client("drive").batch(false, vec![(Operation::CREATE, create("late"))]).await.is_none());
    // The same without approval.
    assert!(office.enroll("other", &["--bootstrap"]));
    let key = KeyPair::generate().expect("a key");
    let issued = certificate(&mut office.client("other"), &key).await.expect("at once");
    let mut other = office.with(&issued, &key.serialize_pem());
    assert!(works(&mut other, "mine").await);
    assert_eq!(identifiers(&other.one(Operation::LOCATE, locate("one")).await.expect("Locate")), [""; 0]);
}

#[tokio::test]
async fn sub_clients_show_the_tenant_identifier_of_their_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path());
    assert!(office.enroll("cloud", &["--tenant", "--approve-sub-clients", "--sub-clients-from", "127.0.0.1"]));
    assert!(office.enroll("far", &["--tenant", "--sub-clients-from", "192.0.2.1"]));
    assert!(works(&mut office.client("cloud"), "of the cloud").await);
    let tenant = |name: &str| {
        let told: serde_json::Value = serde_json::from_str(&office.file(name, "registration.json")).expect("JSON");
        told["tenant"].as_str().expect("a tenant identifier").to_owned()
    };
    let made = |tenant: &str| {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "vm-1");
        params.distinguished_name.push(DnType::OrganizationName, tenant);
        let own = params.self_signed(&key).expect("a certificate");
        office.with(&own.pem(), &key.serialize_pem())
    };
    let mut machine = made(&tenant("cloud"));
    let key = || KeyPair::generate().expect("a key");
    assert_eq!(certificate(&mut machine, &key()).await, Err(PERMISSION_DENIED), "it waits for approval");
    assert!(office.enroll("cloud/vm-1", &["--approve"]));
    let own = key();
    let issued = certificate(&mut machine, &own).await.expect("approved");
    assert!(works(&mut office.with(&issued, &own.serialize_pem()), "of the machine").await);
    // The name is taken; the other tenant's come from elsewhere; a tenant nobody has is none.
    assert_eq!(certificate(&mut made(&tenant("cloud")), &key()).await, Err(PERMISSION_DENIED));
    assert_eq!(certificate(&mut made(&tenant("far")), &key()).await, Err(PERMISSION_DENIED));
    assert!(made("no tenant").batch(false, vec![(Operation::CREATE, create("x"))]).await.is_none());
}
