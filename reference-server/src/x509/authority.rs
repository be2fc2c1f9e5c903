//! The issuing authority: the CA that Certify and Re-certify sign with. Its keys, certificates and last serial number are records
//! of the store, so they last as long as the objects do.

use super::issue::{Contents, FOR_EVER, Issuer, key_identifier, signed, to_be_signed};
use super::key_usage::{CRL_SIGN, KEY_CERT_SIGN};
use super::subject_name;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::random::Random;
use crate::store::Transaction;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256, VerificationAlgorithm,
};
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{CertificateType, CryptographicAlgorithm, KeyFormatType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Value};
use x509_cert::der::asn1::{Any, Null, ObjectIdentifier};
use x509_cert::der::{Decode, Error};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The table of the authority's own records.
const TABLE: &str = "issuing-authority";
/// The table of what was issued: serial number to Unique Identifier.
const ISSUED: &str = "issued-certificates";
/// Both kinds.
const KINDS: [Kind; 2] = [Kind::Rsa, Kind::Ec];

/// RSA keys are certified with RSA and others with ECDSA: who holds the one can verify it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RSA of 2048 bits, PKCS#1 v1.5 with SHA-256.
    Rsa,
    /// P-256, ECDSA with SHA-256.
    Ec,
}

impl Kind {
    /// The kind for a key.
    pub(crate) fn of(key: &SubjectPublicKeyInfoOwned) -> Self {
        if key.algorithm.oid == ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1") { Self::Rsa } else { Self::Ec }
    }

    /// Its name in records and certificates.
    fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ec => "EC",
        }
    }

    /// How signatures of the kind are named.
    fn algorithm(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Rsa => AlgorithmIdentifierOwned {
                oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
                parameters: Some(Any::from(Null)),
            },
            Self::Ec => {
                AlgorithmIdentifierOwned { oid: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), parameters: None }
            }
        }
    }
}

/// A key that signs.
#[derive(Debug)]
enum Key {
    /// RSA.
    Rsa(rsa::KeyPair),
    /// ECDSA.
    Ec(EcdsaKeyPair),
}

/// One of the two authorities.
#[derive(Debug)]
pub(crate) struct Authority {
    /// Name and algorithm.
    issuer: Issuer,
    /// The private key.
    key: Key,
}

/// A certificate that was made.
#[derive(Debug)]
pub(crate) struct Issued {
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// Its serial number.
    serial: Vec<u8>,
}

impl Authority {
    /// The authority of a kind; made when it is first needed.
    pub(crate) fn open(context: &mut Context<'_>, kind: Kind) -> Outcome<Self> {
        let there = record(context.transaction, &format!("{} key", kind.name()))
            .zip(record(context.transaction, &format!("{} certificate", kind.name())));
        let (key, certificate) = match there {
            Some(there) => there,
            None => Self::create(context, kind)?,
        };
        let certificate = x509_cert::Certificate::from_der(&certificate).map_err(unmade)?;
        let key = Key::read(kind, &key).ok_or_else(failed)?;
        let issuer = Issuer {
            name: certificate.tbs_certificate.subject,
            key_identifier: Some(key_identifier(&certificate.tbs_certificate.subject_public_key_info)),
            algorithm: kind.algorithm(),
        };
        Ok(Self { issuer, key })
    }

    /// Makes key and certificate. The certificate is valid at all times: the server's clock may be moved.
    fn create(context: &mut Context<'_>, kind: Kind) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let pkcs_8 = Key::generate(kind, context.config.random.as_ref()).ok_or_else(failed)?;
        let key = Key::read(kind, &pkcs_8).ok_or_else(failed)?;
        let public_key = key.public().ok_or_else(failed)?;
        let name = format!("kmipspec issuing CA ({})", kind.name());
        let name = subject_name::common(Some("kmipspec"), &name).map_err(unmade)?;
        let issuer = Issuer { name: name.clone(), key_identifier: None, algorithm: kind.algorithm() };
        let contents = Contents {
            subject: name,
            public_key,
            not_before: 0,
            not_after: FOR_EVER,
            authority: true,
            key_usage: KEY_CERT_SIGN | CRL_SIGN,
            extensions: Vec::new(),
        };
        let made = Self { issuer, key }.sign(context, &contents)?;
        let algorithm = match kind {
            Kind::Rsa => (CryptographicAlgorithm::RSA, 2_048),
            Kind::Ec => (CryptographicAlgorithm::ECDSA, 256),
        };
        let object = ManagedObject::private_key(KeyFormatType::PKCS_8, algorithm.0, algorithm.1, pkcs_8.as_slice());
        put(context.transaction, &format!("{} key", kind.name()), object.into_item());
        let object = ManagedObject::certificate(CertificateType::X_509, made.certificate.as_slice());
        put(context.transaction, &format!("{} certificate", kind.name()), object.into_item());
        Ok((pkcs_8, made.certificate))
    }

    /// Makes a certificate.
    pub(crate) fn sign(&self, context: &mut Context<'_>, contents: &Contents) -> Outcome<Issued> {
        let serial = next_serial(context)?;
        let tbs = to_be_signed(contents, &self.issuer, &serial).map_err(unmade)?;
        let signature = self.key.sign(&tbs).ok_or_else(failed)?;
        let certificate = signed(&tbs, &self.issuer, &signature).map_err(unmade)?;
        Ok(Issued { certificate, serial })
    }
}

impl Key {
    /// A new key as PKCS#8.
    fn generate(kind: Kind, random: &dyn Random) -> Option<Vec<u8>> {
        match kind {
            Kind::Rsa => {
                if let Some(given) = random.rsa_key(2048) {
                    return Some(given);
                }
                let key = rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
                let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
                Some(der.as_ref().to_vec())
            }
            Kind::Ec => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).ok()?;
                Some(key.as_ref().to_vec())
            }
        }
    }

    /// A key from PKCS#8.
    fn read(kind: Kind, pkcs_8: &[u8]) -> Option<Self> {
        match kind {
            Kind::Rsa => rsa::KeyPair::from_pkcs8(pkcs_8).ok().map(Self::Rsa),
            Kind::Ec => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs_8).ok().map(Self::Ec),
        }
    }

    /// The public half.
    fn public(&self) -> Option<SubjectPublicKeyInfoOwned> {
        match self {
            Self::Rsa(key) => rsa_public_key(key.public_key().as_ref()),
            Self::Ec(key) => public_key(&ECDSA_P256_SHA256_ASN1, key.public_key().as_ref()),
        }
    }

    /// A signature.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Self::Ec(key) => key.sign(&SystemRandom::new(), message).ok().map(|s| s.as_ref().to_vec()),
        }
    }
}

/// An RSA public key of PKCS#1 as SubjectPublicKeyInfo.
fn rsa_public_key(pkcs_1: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, pkcs_1)
}

/// A public key in its own form as SubjectPublicKeyInfo.
fn public_key(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    let der: PublicKeyX509Der<'_> = ParsedPublicKey::new(algorithm, bytes).ok()?.as_der().ok()?;
    SubjectPublicKeyInfoOwned::from_der(der.as_ref()).ok()
}

/// Notes which object holds a certificate: Validate asks, when it gets the certificate by value.
pub(crate) fn note(transaction: &mut dyn Transaction, issued: &Issued, id: &str) {
    let value = record_of(Item::text(tag::UNIQUE_IDENTIFIER, id));
    transaction.put_record(ISSUED, &hexadecimal(&issued.serial), Some(&value));
}

/// The object that holds the issued certificate of a serial number.
pub(crate) fn issued(transaction: &dyn Transaction, serial: &[u8]) -> Option<String> {
    let bytes = transaction.record(ISSUED, &hexadecimal(serial))?;
    item(&bytes)?.value()?.text().map(str::to_owned)
}

/// The authorities' own certificates, as far as they have been needed.
pub(crate) fn certificates(transaction: &dyn Transaction) -> Vec<Vec<u8>> {
    KINDS.into_iter().filter_map(|kind| record(transaction, &format!("{} certificate", kind.name()))).collect()
}

/// A serial number that was never used: random bytes, as certificates should have (CA/Browser Forum BR §7.1), then a counter.
fn next_serial(context: &mut Context<'_>) -> Outcome<Vec<u8>> {
    let last = context.transaction.record(TABLE, "serial");
    let last = match last.as_deref().and_then(item).as_ref().and_then(Item::value) {
        Some(Value::LongInteger(last)) => last,
        _ => 0,
    };
    let next = last.saturating_add(1);
    put(context.transaction, "serial", Item::long_integer(tag::SERIAL_NUMBER, next));
    let mut random = [0_u8; 8];
    if !Random::fill(context.config.random.as_ref(), &mut random) {
        return Err(failed());
    }
    // Positive, and always of the same length.
    random[0] = (random[0] & 0x7f) | 0x40;
    Ok(random.into_iter().chain(next.to_be_bytes()).collect())
}

/// Writes a record.
fn put(transaction: &mut dyn Transaction, key: &str, value: Item) {
    transaction.put_record(TABLE, key, Some(&record_of(value)));
}

/// A record of one item, inside a structure: that is what TTLV begins with.
pub(crate) fn record_of(item: Item) -> Vec<u8> {
    Item::structure(tag::ATTRIBUTES, vec![item]).encode()
}

/// The bytes of the key or certificate in a record.
fn record(transaction: &dyn Transaction, key: &str) -> Option<Vec<u8>> {
    let object = ManagedObject::new(item(&transaction.record(TABLE, key)?)?)?;
    object.material().map(<[u8]>::to_vec)
}

/// The item in such a record.
pub(crate) fn item(bytes: &[u8]) -> Option<Item> {
    let doc = Doc::strict_owned(bytes.to_vec(), &Limits::default()).ok()?;
    doc.root()?.children().next().map(Item::from_ref)
}

/// Bytes as the key of a record.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key cannot be made or used.
fn failed() -> Failure {
    Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the issuing authority cannot sign")
}

/// Something cannot be written as DER.
fn unmade(_: Error) -> Failure {
    Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the certificate cannot be made")
}
