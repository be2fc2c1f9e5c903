//! The only file here that names rustls: TLS 1.2 and 1.3, and who is let in by client certificate, for `tls_legacy.rs` as well.

use crate::certificates::{CertificateSet, Identity};
use crate::channel::Standing;
use crate::config::ClientAuthentication;
use crate::dispatch::Core;
use crate::quirks::Quirks;
use crate::tls_preset::TlsPreset;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{self, cipher_suite, kx_group};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    SignatureScheme, SupportedProtocolVersion,
};
use std::fmt;
use std::sync::{Arc, Weak};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A connection whose handshake is done.
pub(crate) type TlsStream = tokio_rustls::server::TlsStream<TcpStream>;

/// Why there is no listener.
#[derive(Debug)]
pub enum TlsError {
    /// A PEM text could not be read.
    Pem(rustls::pki_types::pem::Error),
    /// The library refused the set-up.
    Setup(rustls::Error),
    /// Neither a DNS name nor an IP address.
    Name(String),
    /// No verifier can be made of the CA.
    Verifier(rustls::server::VerifierBuilderError),
    /// This build does not speak the preset.
    NotBuilt(TlsPreset),
    /// The preset has suites of static RSA alone, and the server no RSA key.
    #[cfg(feature = "legacy-tls")]
    NoRsa(TlsPreset),
    /// OpenSSL refused the set-up.
    #[cfg(feature = "legacy-tls")]
    OpenSsl(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(e) => write!(f, "read a PEM text: {e}"),
            Self::Setup(e) => write!(f, "set up TLS: {e}"),
            Self::Name(name) => write!(f, "set up TLS: {name:?} is neither a DNS name nor an IP address"),
            Self::Verifier(e) => write!(f, "set up client authentication: {e}"),
            Self::NotBuilt(preset) => write!(
                f,
                "set up TLS: {} is older than this build speaks; it needs OpenSSL: cargo build --release --features legacy-tls",
                preset.name()
            ),
            #[cfg(feature = "legacy-tls")]
            Self::NoRsa(preset) => write!(
                f,
                "set up TLS: {} needs a server certificate with an RSA key: --certificates rsa, or --cert and --key",
                preset.name()
            ),
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(e) => write!(f, "set up TLS by OpenSSL: {e}"),
        }
    }
}

impl std::error::Error for TlsError {}

/// Turns accepted sockets into TLS connections.
#[derive(Clone)]
pub(crate) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// From the server's own certificate and the CA that client certificates must come from.
    pub(crate) fn new(set: &CertificateSet, core: &Arc<Core>) -> Result<Self, TlsError> {
        let preset = core.config().tls;
        let provider = Arc::new(provider(preset));
        let admitting = Admitting::new(set, core, &provider)?;
        let shown = Shown {
            first: certified(&set.server, &provider)?,
            alternative: set.alternative.as_ref().map(|identity| certified(identity, &provider)).transpose()?,
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions(preset))
            .map_err(TlsError::Setup)?
            .with_client_cert_verifier(Arc::new(admitting))
            .with_cert_resolver(Arc::new(shown));
        // One ticket is enough for a client that resumes; each costs every other client a record.
        config.send_tls13_tickets = 1;
        // Raw TTLV has no name in ALPN: a client that names protocols at all has to name HTTP (RFC 7301).
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Does the handshake; the error is for the log only, the peer got its alert.
    pub(crate) async fn accept(&self, socket: TcpStream) -> std::io::Result<TlsStream> {
        self.0.accept(socket).await
    }
}

/// The algorithms of a preset.
fn provider(preset: TlsPreset) -> CryptoProvider {
    let mut provider = ring::default_provider();
    match preset {
        // Those of OpenSSL have rustls for nothing but to look at certificates.
        TlsPreset::Default | TlsPreset::Basic10 | TlsPreset::Tls12 => {}
        TlsPreset::Strict21 => {
            provider.cipher_suites =
                vec![cipher_suite::TLS13_AES_256_GCM_SHA384, cipher_suite::TLS13_CHACHA20_POLY1305_SHA256];
        }
        TlsPreset::SuiteB128 => {
            provider.cipher_suites = vec![cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
            provider.kx_groups = vec![kx_group::SECP256R1, kx_group::SECP384R1];
        }
        TlsPreset::SuiteB192 => {
            provider.cipher_suites = vec![cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384];
            provider.kx_groups = vec![kx_group::SECP384R1];
        }
    }
    provider
}

/// The versions of a preset.
const fn versions(preset: TlsPreset) -> &'static [&'static SupportedProtocolVersion] {
    static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];
    static OLD: [&SupportedProtocolVersion; 1] = [&TLS12];
    match preset {
        TlsPreset::Default | TlsPreset::Basic10 | TlsPreset::Tls12 => &BOTH,
        TlsPreset::Strict21 => &NEW,
        TlsPreset::SuiteB128 | TlsPreset::SuiteB192 => &OLD,
    }
}

/// Verifies client certificates by their chain; those that Re-Provision admitted need none.
#[derive(Debug)]
struct Admitting {
    /// By chain.
    chains: Arc<dyn ClientCertVerifier>,
    /// Knows the others; gone when the server is.
    core: Weak<Core>,
}

impl Admitting {
    /// By the CAs of the set, and by what the server knows of certificates besides.
    fn new(set: &CertificateSet, core: &Arc<Core>, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for authority in chain(&set.ca)? {
            roots.add(authority).map_err(TlsError::Setup)?;
        }
        let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(set.crl.as_bytes()).collect();
        // Other CAs have no list here, and what the CA's own list does not name is good.
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .with_crls(lists.map_err(TlsError::Pem)?)
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status();
        let verifier = match core.config().client_authentication {
            ClientAuthentication::Required if !core.config().quirks.asks_for_no_certificate() => verifier,
            ClientAuthentication::Required | ClientAuthentication::Optional => verifier.allow_unauthenticated(),
        };
        Ok(Self { chains: verifier.build().map_err(TlsError::Verifier)?, core: Arc::downgrade(core) })
    }
}

/// The same verdict on a client's certificate for a handshake that rustls does not do.
#[cfg(feature = "legacy-tls")]
pub(crate) struct ClientJudge(Admitting);

#[cfg(feature = "legacy-tls")]
impl ClientJudge {
    /// By the CAs of the set, and by what the server knows of certificates besides.
    pub(crate) fn new(set: &CertificateSet, core: &Arc<Core>) -> Result<Self, TlsError> {
        Admitting::new(set, core, &Arc::new(ring::default_provider())).map(Self)
    }

    /// Whether a client may come in that shows this chain (DER), its own certificate first.
    pub(crate) fn admits(&self, chain: &[Vec<u8>]) -> bool {
        let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        chain
            .split_first()
            .is_some_and(|(own, issuers)| self.0.verify_client_cert(own, issuers, UnixTime::now()).is_ok())
    }
}

impl ClientCertVerifier for Admitting {
    fn offer_client_auth(&self) -> bool {
        self.chains.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chains.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A client with a certificate of another issuer must not think that it need not try.
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let by_chain = self.chains.verify_client_cert(certificate, intermediates, now);
        let admitted = || self.core.upgrade().is_some_and(|core| matches!(core.standing(certificate), Standing::Of(_)));
        let Err(error) = &by_chain else { return by_chain };
        let tolerated = || self.core.upgrade().is_some_and(|core| tolerates(&core.config().quirks, certificate, error));
        if admitted() || tolerated() { Ok(ClientCertVerified::assertion()) } else { by_chain }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Whether a quirk lets a certificate pass that its chain does not.
fn tolerates(quirks: &Quirks, certificate: &CertificateDer<'_>, error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(error) = error else { return false };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => quirks.has("tls-accepts-expired"),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            quirks.has("tls-accepts-not-yet-valid")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            quirks.has("tls-accepts-wrong-eku")
        }
        CertificateError::Revoked => quirks.has("tls-accepts-revoked"),
        CertificateError::UnknownIssuer => {
            quirks.has("tls-accepts-foreign-ca") || quirks.has("tls-accepts-self-signed") && signs_itself(certificate)
        }
        _ => false,
    }
}

/// Whether subject and issuer are the same.
fn signs_itself(certificate: &CertificateDer<'_>) -> bool {
    x509_parser::parse_x509_certificate(certificate.as_ref()).is_ok_and(|(_, c)| c.subject() == c.issuer())
}

/// A TLS connection that the server opened.
pub(crate) type DialedStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Opens TLS connections to one peer, as the server.
#[derive(Clone)]
pub(crate) struct Dialer {
    /// Whom to trust and who we are.
    config: Arc<ClientConfig>,
    /// Where the peer is.
    address: String,
    /// The name the peer's certificate must carry.
    name: ServerName<'static>,
}

impl Dialer {
    /// As this identity, to a peer whose certificate comes from one of these CAs (PEM) and carries this name; none: the host of
    /// the address.
    pub(crate) fn new(identity: &Identity, ca: &[u8], address: &str, name: Option<&str>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca) {
            roots.add(certificate.map_err(TlsError::Pem)?).map_err(TlsError::Setup)?;
        }
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(TlsError::Pem)?;
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Setup)?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain(&identity.certificate)?, key)
            .map_err(TlsError::Setup)?;
        let name = name.unwrap_or_else(|| host(address)).to_owned();
        let name = ServerName::try_from(name.clone()).map_err(|_| TlsError::Name(name))?;
        Ok(Self { config: Arc::new(config), address: address.to_owned(), name })
    }

    /// Connects and shakes hands; the caller bounds the time.
    pub(crate) async fn dial(&self) -> std::io::Result<DialedStream> {
        let socket = TcpStream::connect(&self.address).await?;
        // A socket that cannot send small messages at once still works.
        let _ = socket.set_nodelay(true);
        TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), socket).await
    }
}

/// The host of an address, without brackets.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The certificate that the client showed, DER.
pub(crate) fn client_certificate(stream: &TlsStream) -> Option<Arc<[u8]>> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    Some(Arc::from(certificate.as_ref()))
}

/// What the server shows to a client.
#[derive(Debug)]
struct Shown {
    /// To everyone, as a rule.
    first: Arc<CertifiedKey>,
    /// RSA, to those who do not verify ECDSA.
    alternative: Option<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // TLS 1.2 names the kind of key in the suite, too; TLS 1.3 in the schemes alone.
        let suites = hello.cipher_suites().iter().map(|suite| u16::from(*suite));
        let ecdsa = hello.signature_schemes().contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            && suites.into_iter().any(|suite| matches!(suite, 0x1301..=0x1303 | 0xc02b | 0xc02c | 0xcca9));
        let alternative = self.alternative.as_ref().filter(|_| !ecdsa);
        Some(Arc::clone(alternative.unwrap_or(&self.first)))
    }
}

/// An identity as the library wants it; key and certificate must belong together.
fn certified(identity: &Identity, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(TlsError::Pem)?;
    let certified = CertifiedKey::from_der(chain(&identity.certificate)?, key, provider).map_err(TlsError::Setup)?;
    Ok(Arc::new(certified))
}

/// The certificates of a PEM text, in their order; at least one.
pub(crate) fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match chain.map_err(TlsError::Pem)? {
        chain if chain.is_empty() => Err(TlsError::Pem(rustls::pki_types::pem::Error::NoItemsFound)),
        chain => Ok(chain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_stands_without_port_and_brackets() {
        assert_eq!((host("[::1]:443"), host("localhost:5697"), host("127.0.0.1:1")), ("::1", "localhost", "127.0.0.1"));
    }
}
