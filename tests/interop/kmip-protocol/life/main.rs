//! A task for `kmipspec client` with the client of the crate kmip-protocol: a key is created, found, read and destroyed. The connection
//! is rustls of today, as the TLS of the crate is of 2021. Each request has the version that its operation came with: 1.0, or 1.1.
//!
//! Ends with 1 at the first call that fails.

use kmip_protocol::client::{Client, ClientBuilder};
use kmip_protocol::types::common::{
    AttributeName, CryptographicAlgorithm, CryptographicUsageMask, KeyMaterial, ObjectType,
};
use kmip_protocol::types::request::{
    Attribute, ProtocolVersion, ProtocolVersionMajor, ProtocolVersionMinor, RequestPayload, TemplateAttribute,
};
use kmip_protocol::types::response::{ManagedObject, ResponsePayload};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::error::Error;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

type Connection = StreamOwned<ClientConnection, TcpStream>;

/// Its client on a connection that is not its own.
fn connect() -> Result<Client<Connection>, Box<dyn Error>> {
    let told = |name: &str| std::env::var(name).map_err(|why| format!("{name}: {why}"));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(told("KMIP_CA")?)?)?;
    let (certificate, key) =
        (CertificateDer::from_pem_file(told("KMIP_CERT")?)?, PrivateKeyDer::from_pem_file(told("KMIP_KEY")?)?);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)?;
    let tls = ClientConnection::new(Arc::new(config), ServerName::try_from(told("KMIP_HOST")?)?)?;
    let socket = TcpStream::connect(format!("{}:{}", told("KMIP_HOST")?, told("KMIP_PORT")?))?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(ClientBuilder::new(StreamOwned::new(tls, socket)).build())
}

fn life() -> Result<(), Box<dyn Error>> {
    let client = connect()?;
    let version = |minor| ProtocolVersion(ProtocolVersionMajor(1), ProtocolVersionMinor(minor));
    client.do_request(RequestPayload::DiscoverVersions(vec![version(2), version(1), version(0)]))?;
    client.query()?;
    let attributes = vec![
        Attribute::CryptographicAlgorithm(CryptographicAlgorithm::AES),
        Attribute::CryptographicLength(256),
        Attribute::CryptographicUsageMask(CryptographicUsageMask::Encrypt),
        Attribute::Name("kmip-protocol-life".into()),
    ];
    let create = RequestPayload::Create(ObjectType::SymmetricKey, TemplateAttribute::unnamed(attributes));
    let ResponsePayload::Create(created) = client.do_request(create)? else { return Err("no Create".into()) };
    let id = created.unique_identifier;
    let name = vec![Attribute::Name("kmip-protocol-life".into())];
    let ResponsePayload::Locate(_) = client.do_request(RequestPayload::Locate(name))? else {
        return Err("no Locate".into());
    };
    let got = client.get_key(&id)?;
    let ManagedObject::SymmetricKey(key) = got.cryptographic_object else { return Err("no symmetric key".into()) };
    let KeyMaterial::Bytes(bytes) = key.key_block.key_value.key_material else { return Err("no bytes".into()) };
    if bytes.len() != 32 {
        return Err(format!("{} bytes", bytes.len()).into());
    }
    let names = ["Object Type", "State"].map(|name| AttributeName(name.to_owned())).to_vec();
    // Of all attributes its reader makes a stack overflow.
    let names = if std::env::args().any(|argument| argument == "all") { None } else { Some(names) };
    client.do_request(RequestPayload::GetAttributes(Some(id.clone()), names))?;
    client.destroy_key(&id)?;
    Ok(())
}

fn main() {
    if let Err(why) = life() {
        eprintln!("{why}");
        std::process::exit(1);
    }
}
