//! The Rust crate kmip-protocol against our server: its requests, its reading of the answers. The connection is ours, as the TLS of
//! its client is of 2021 and knows no addresses in certificates.

use crate::peer::Server;
use kmip_protocol::types::common::RevocationReasonCode;
use kmip_protocol::types::common::{
    CryptographicAlgorithm, CryptographicParameters, CryptographicUsageMask, Data, DataLength, HashingAlgorithm,
    KeyMaterial, PaddingMethod, UniqueIdentifier,
};
use kmip_protocol::types::request::{
    Attribute, CommonTemplateAttribute, PrivateKeyTemplateAttribute, PublicKeyTemplateAttribute, QueryFunction,
    RequestPayload, RevocationReason,
};
use kmip_protocol::types::response::{ManagedObject, ResponseMessage, ResponsePayload, ResultReason, ResultStatus};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// A connection to the server.
struct Client(StreamOwned<ClientConnection, TcpStream>);

impl Client {
    /// Sends a request as the crate writes it; gives the payload of the answer as the crate reads it, or the reason of the refusal.
    fn ask(&mut self, request: RequestPayload) -> Result<ResponsePayload, ResultReason> {
        let message = kmip_protocol::request::to_vec(request, None).expect("a request");
        self.0.write_all(&message).expect("sent");
        let mut answer = vec![0; 8];
        self.0.read_exact(&mut answer).expect("a header");
        let length = u32::from_be_bytes([answer[4], answer[5], answer[6], answer[7]]);
        answer.resize(8 + usize::try_from(length).expect("a length"), 0);
        self.0.read_exact(&mut answer[8..]).expect("an answer");
        let mut answer: ResponseMessage =
            kmip_protocol::response::from_slice(&answer).expect("an answer the crate can read");
        let item = answer.batch_items.pop().expect("a batch item");
        match (item.result_status, item.payload, item.result_reason) {
            (ResultStatus::Success, Some(payload), _) => Ok(payload),
            (_, _, Some(reason)) => Err(reason),
            other => panic!("neither payload nor reason: {other:?}"),
        }
    }
}

/// A client on a connection of its own.
fn connect(server: &Server) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.field("ca")).expect("a CA")).expect("a CA");
    let certificate = CertificateDer::from_pem_file(server.field("cert")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(server.field("key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .expect("an identity");
    let address = server.field("address");
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    let tls = ClientConnection::new(Arc::new(config), name).expect("a connection");
    Client(StreamOwned::new(tls, TcpStream::connect(address).expect("the server listens")))
}

/// The bytes of a key that Get gave.
fn bytes(object: ManagedObject) -> Vec<u8> {
    let block = match object {
        ManagedObject::PrivateKey(key) => key.key_block,
        ManagedObject::PublicKey(key) => key.key_block,
        ManagedObject::SymmetricKey(key) => key.key_block,
        other => panic!("no key: {other:?}"),
    };
    match block.key_value.key_material {
        KeyMaterial::Bytes(bytes) => bytes,
        other => panic!("no bytes: {other:?}"),
    }
}

/// The payload of this kind, or a panic that says what came.
macro_rules! payload {
    ($answer:expr, $kind:ident) => {
        match $answer {
            Ok(ResponsePayload::$kind(payload)) => payload,
            other => panic!("{}: {other:?}", stringify!($kind)),
        }
    };
}

#[test]
fn its_client_gets_what_it_asks_of_our_server() {
    let server = Server::ours();
    let mut client = connect(&server);
    let told = payload!(client.ask(RequestPayload::Query(vec![QueryFunction::QueryOperations])), Query);
    assert!(told.operations.is_some_and(|o| o.len() > 10), "operations in Query");

    let pair = RequestPayload::CreateKeyPair(
        Some(CommonTemplateAttribute::unnamed(vec![
            Attribute::CryptographicAlgorithm(CryptographicAlgorithm::RSA),
            Attribute::CryptographicLength(2048),
        ])),
        Some(PrivateKeyTemplateAttribute::unnamed(vec![
            Attribute::Name("kmip-protocol-private".into()),
            Attribute::CryptographicUsageMask(CryptographicUsageMask::Sign),
        ])),
        Some(PublicKeyTemplateAttribute::unnamed(vec![
            Attribute::Name("kmip-protocol-public".into()),
            Attribute::CryptographicUsageMask(CryptographicUsageMask::Verify),
        ])),
    );
    let pair = payload!(client.ask(pair), CreateKeyPair);
    let (private, public) = (pair.private_key_unique_identifier, pair.public_key_unique_identifier);
    let activated = payload!(client.ask(RequestPayload::Activate(Some(private.clone()))), Activate);
    assert_eq!(activated.unique_identifier, private);
    let parameters = CryptographicParameters::default()
        .with_padding_method(PaddingMethod::PKCS1_v1_5)
        .with_hashing_algorithm(HashingAlgorithm::SHA256)
        .with_cryptographic_algorithm(CryptographicAlgorithm::RSA);
    let data = b"signed by the server";
    let sign = RequestPayload::Sign(Some(private.clone()), Some(parameters), Data(data.to_vec()));
    let signed = payload!(client.ask(sign), Sign);
    let get = |id: &UniqueIdentifier| RequestPayload::Get(Some(id.clone()), None, None, None);
    let key = payload!(client.ask(get(&public)), Get);
    verify(&bytes(key.cryptographic_object), data, &signed.signature_data);

    let mut random = || payload!(client.ask(RequestPayload::RNGRetrieve(DataLength(32))), RNGRetrieve).data;
    let (one, other) = (random(), random());
    assert!(one.len() == 32 && other.len() == 32 && one != other, "random bytes");

    let renamed = Attribute::Name("kmip-protocol-renamed".into());
    payload!(client.ask(RequestPayload::ModifyAttribute(Some(private.clone()), renamed)), ModifyAttribute);
    let mut named = |name: &str| {
        payload!(client.ask(RequestPayload::Locate(vec![Attribute::Name(name.into())])), Locate).unique_identifiers
    };
    assert_eq!(named("kmip-protocol-renamed"), std::slice::from_ref(&private), "a modified name is found");
    assert!(named("kmip-protocol-private").is_empty(), "the former name is not");

    let reason = RevocationReason(RevocationReasonCode::CessationOfOperation, None);
    payload!(client.ask(RequestPayload::Revoke(Some(private.clone()), reason, None)), Revoke);
    for id in [&private, &public] {
        payload!(client.ask(RequestPayload::Destroy(Some(id.clone()))), Destroy);
    }
    assert_eq!(client.ask(get(&private)).expect_err("it is destroyed"), ResultReason::ItemNotFound);
}

/// RSA PKCS#1 v1.5 with SHA-256, checked by a library that made neither key nor signature.
fn verify(public: &[u8], data: &[u8], signature: &[u8]) {
    let key = rustls::crypto::ring::default_provider();
    let algorithm = key
        .signature_verification_algorithms
        .all
        .iter()
        .find(|a| a.signature_alg_id() == rustls_pki_types::alg_id::RSA_PKCS1_SHA256)
        .expect("ring has it");
    algorithm.verify_signature(public, data, signature).expect("the signature is right");
}
