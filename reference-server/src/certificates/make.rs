//! Makes the identities of one kind of key.

use super::{CLIENTS, CertificateError, Identity, RSA_CLIENT, SERVERS};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use std::sync::OnceLock;
use time::{Duration, OffsetDateTime};

/// The kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// P-256.
    Ec,
    /// P-384.
    EcP384,
    /// RSA of 2048 bits.
    Rsa,
}

/// What is made for one kind.
#[derive(Debug)]
pub(super) struct Made {
    /// The CA's certificate, PEM.
    pub(super) ca: String,
    /// What the CA has revoked, PEM.
    pub(super) crl: String,
    /// In the order of [`SERVERS`].
    pub(super) servers: Vec<Identity>,
    /// Of [`CLIENTS`], in its order.
    pub(super) clients: Vec<Identity>,
}

/// A CA, another that nobody trusts, and every identity; of those, the client with an RSA key only where `rsa` says so, as its key
/// takes longer than all others. `prefix` goes before the names of identities; `names` are further ones of the server.
pub(super) fn set(
    kind: KeyKind,
    prefix: &str,
    rsa: bool,
    names: &[String],
    now: OffsetDateTime,
) -> Result<Made, CertificateError> {
    let mut keys = Keys { kind, shared: None };
    let (ca, issuer) = authority(&format!("kmipspec test CA{}", kind.label()), &mut keys, now)?;
    let (_, foreign) = authority(&format!("kmipspec foreign CA{}", kind.label()), &mut keys, now)?;
    let between = intermediate(&format!("kmipspec intermediate CA{}", kind.label()), &keys, now, &issuer)?;
    let crl = revoked(&issuer, now)?;
    let authorities = Authorities { own: issuer, between, foreign };
    let mut made = Made { ca, crl, servers: Vec::new(), clients: Vec::new() };
    for (name, _) in SERVERS {
        let mut params = leaf("localhost", name, now, &ExtendedKeyUsagePurpose::ServerAuth);
        if name != "server-no-san" {
            let own = ["localhost", "127.0.0.1", "::1"].into_iter().chain(names.iter().map(String::as_str));
            params.subject_alt_names = own.map(alternative_name).collect::<Result<_, _>>()?;
        }
        made.servers.push(sign(prefix, name, params, &mut keys, &authorities)?);
    }
    for name in CLIENTS.map(|(name, _)| name).into_iter().filter(|name| rsa || *name != RSA_CLIENT) {
        let mut params = leaf(name, name, now, &ExtendedKeyUsagePurpose::ClientAuth);
        if !matches!(name, "no-san" | "no-cn") {
            params.subject_alt_names = vec![SanType::DnsName(format!("{name}.client.example").try_into()?)];
        }
        made.clients.push(sign(prefix, name, params, &mut keys, &authorities)?);
    }
    Ok(made)
}

/// An address where it reads as one, else a DNS name.
fn alternative_name(name: &str) -> Result<SanType, CertificateError> {
    match name.parse() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(name.try_into()?)),
    }
}

impl KeyKind {
    /// What goes behind the name of a CA, so that the two can be told apart.
    fn label(self) -> &'static str {
        match self {
            Self::Ec | Self::EcP384 => "",
            Self::Rsa => " (RSA)",
        }
    }
}

/// Where keys come from.
#[derive(Debug)]
struct Keys {
    /// Their kind.
    kind: KeyKind,
    /// An RSA key, PKCS#8, for identities that do not need one of their own.
    shared: Option<Vec<u8>>,
}

impl Keys {
    /// The key that a name promises, of whatever kind the others are.
    fn named(&mut self, name: &str) -> Result<KeyPair, CertificateError> {
        match name {
            "server" | "alice" | "bob" => self.own(),
            RSA_CLIENT if self.kind != KeyKind::Rsa => one_rsa(),
            "ec-key" => Ok(KeyPair::generate()?),
            _ => self.any(),
        }
    }

    /// A key of one's own.
    fn own(&self) -> Result<KeyPair, CertificateError> {
        match self.kind {
            KeyKind::Ec => Ok(KeyPair::generate()?),
            KeyKind::EcP384 => Ok(KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?),
            KeyKind::Rsa => rsa(&new_rsa().ok_or(CertificateError::Key)?),
        }
    }

    /// A key that others may have, too, where making one takes long.
    fn any(&mut self) -> Result<KeyPair, CertificateError> {
        if self.kind != KeyKind::Rsa {
            return self.own();
        }
        if self.shared.is_none() {
            self.shared = new_rsa();
        }
        rsa(self.shared.as_deref().ok_or(CertificateError::Key)?)
    }
}

/// The RSA key of the client that has one among others that have none: one for the process, as making it takes long.
fn one_rsa() -> Result<KeyPair, CertificateError> {
    static KEY: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    rsa(KEY.get_or_init(new_rsa).as_deref().ok_or(CertificateError::Key)?)
}

/// A new RSA key, PKCS#8.
fn new_rsa() -> Option<Vec<u8>> {
    let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
    Some(der.as_ref().to_vec())
}

/// An RSA key as the generator of certificates wants it.
fn rsa(pkcs_8: &[u8]) -> Result<KeyPair, CertificateError> {
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs_8), &PKCS_RSA_SHA256)?)
}

/// A self-signed CA: certificate and what signs with it.
fn authority(
    name: &str,
    keys: &mut Keys,
    now: OffsetDateTime,
) -> Result<(String, Issuer<'static, KeyPair>), CertificateError> {
    let key = keys.own()?;
    let mut params = named(name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

/// A CA below another: certificate and what signs with it.
fn intermediate(
    name: &str,
    keys: &Keys,
    now: OffsetDateTime,
    above: &Issuer<'static, KeyPair>,
) -> Result<(String, Issuer<'static, KeyPair>), CertificateError> {
    // An RSA key of its own would cost a second at every start, and a chain of both kinds is one, too.
    let key = if keys.kind == KeyKind::Rsa { KeyPair::generate()? } else { keys.own()? };
    let mut params = named(name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, above)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

/// The serial number of what is revoked.
const REVOKED_SERIAL: u64 = 0x7265_766f_6b65;

/// The list of revoked certificates: it has one.
fn revoked(issuer: &Issuer<'static, KeyPair>, now: OffsetDateTime) -> Result<String, CertificateError> {
    let list = CertificateRevocationListParams {
        this_update: now - Duration::days(1),
        next_update: now + Duration::days(3650),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(REVOKED_SERIAL),
            revocation_time: now - Duration::hours(1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.pem()?)
}

/// Who signs what.
struct Authorities {
    /// The CA of the set.
    own: Issuer<'static, KeyPair>,
    /// The one below it, and its certificate.
    between: (String, Issuer<'static, KeyPair>),
    /// The one nobody trusts.
    foreign: Issuer<'static, KeyPair>,
}

/// What an identity is for, out of its name.
fn flaw(name: &str) -> &str {
    name.trim_start_matches("server-")
}

/// An end-entity certificate's parameters, with the flaw that its name tells.
fn leaf(subject: &str, name: &str, now: OffsetDateTime, usage: &ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = named(subject, now);
    params.is_ca = IsCa::ExplicitNoCa;
    // Key encipherment is what static RSA suites of old clients ask for; nothing else looks at it.
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = match (flaw(name), usage) {
        ("no-eku", _) => Vec::new(),
        ("wrong-eku", ExtendedKeyUsagePurpose::ServerAuth) => vec![ExtendedKeyUsagePurpose::ClientAuth],
        ("wrong-eku", _) => vec![ExtendedKeyUsagePurpose::ServerAuth],
        (_, usage) => vec![usage.clone()],
    };
    if name == "server" {
        // To its clients' own listeners it is the client (1.4 §5.1).
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    match flaw(name) {
        "expired" => (params.not_before, params.not_after) = (now - Duration::days(30), now - Duration::days(1)),
        "not-yet-valid" => params.not_before = now + Duration::days(365),
        "revoked" => params.serial_number = Some(SerialNumber::from(REVOKED_SERIAL)),
        "no-cn" => {
            params.distinguished_name.remove(DnType::CommonName);
        }
        _ => {}
    }
    params
}

/// Subject and validity: a day back, so a slow clock does not hurt, ten years ahead.
fn named(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "kmipspec");
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(3650);
    params.serial_number = None::<SerialNumber>;
    params
}

/// Makes a key and has its certificate signed by whom its name tells.
fn sign(
    prefix: &str,
    name: &str,
    params: CertificateParams,
    keys: &mut Keys,
    authorities: &Authorities,
) -> Result<Identity, CertificateError> {
    let key = keys.named(name)?;
    let certificate = match flaw(name) {
        "self-signed" => params.self_signed(&key)?.pem(),
        "foreign-ca" => params.signed_by(&key, &authorities.foreign)?.pem(),
        "chain" => params.signed_by(&key, &authorities.between.1)?.pem() + &authorities.between.0,
        _ => params.signed_by(&key, &authorities.own)?.pem(),
    };
    Ok(Identity { name: format!("{prefix}{name}"), certificate, key: key.serialize_pem() })
}
