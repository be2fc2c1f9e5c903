//! TLS to the peer, and of the peer to our listener; with `trial.rs` the only file of the harness that names rustls. OpenSSL is
//! `legacy.rs`.

use super::failure::{Alert, ConnectError, is_closed, is_tls_record, looks_like};
use super::identity::{CertificatePem, Identity};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// An established TLS connection.
pub type Stream = tokio_rustls::client::TlsStream<Tap>;

/// The same with a peer that came to us.
pub type Accepted = tokio_rustls::server::TlsStream<TcpStream>;

/// How the server's certificate is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Only chains that end in one of these certificates (PEM); the system's authorities play no part.
    Ca(Vec<u8>),
    /// Any certificate and any name; for laboratories.
    Insecure,
}

/// A client configuration ready to make connections as one identity.
#[derive(Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
    server_name: ServerName<'static>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

/// What is wrong with the certificates, keys or names the user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// The CA file holds no certificate.
    NoCa,
    /// A certificate of the CA file cannot be an anchor of trust.
    BadCa(String),
    /// The client's certificate file holds no certificate.
    NoCertificate {
        /// The identity.
        identity: String,
    },
    /// The client's key file holds no private key.
    NoKey {
        /// The identity.
        identity: String,
    },
    /// Certificate and key cannot be used (wrong kind of key, or not a pair).
    BadPair {
        /// The identity.
        identity: String,
        /// What the TLS library says.
        detail: String,
    },
    /// Certificate, key or CA of our listener cannot be used.
    Listener(String),
    /// Neither a DNS name nor an IP address.
    BadServerName(String),
    /// The TLS library refuses these settings.
    Setup(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCa => f.write_str("the CA file holds no PEM certificate"),
            Self::BadCa(detail) => write!(f, "a certificate of the CA file cannot be trusted: {detail}"),
            Self::NoCertificate { identity } => write!(f, "identity {identity}: no PEM certificate in its file"),
            Self::NoKey { identity } => write!(f, "identity {identity}: no PEM private key in its file"),
            Self::BadPair { identity, detail } => {
                write!(f, "identity {identity}: certificate and key cannot be used: {detail}")
            }
            Self::Listener(detail) => write!(f, "listener: {detail}"),
            Self::Setup(detail) => write!(f, "the TLS library refuses its settings: {detail}"),
            Self::BadServerName(name) => write!(f, "{name:?} is neither a DNS name nor an IP address"),
        }
    }
}

impl std::error::Error for TlsError {}

impl Connector {
    /// A connector for one identity. Sessions are never resumed: every connection shows the identity anew.
    pub fn new(trust: &Trust, identity: &Identity, server_name: &str) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| TlsError::BadCa(e.to_string()))?;
        let builder = match trust {
            Trust::Ca(pem) => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Pinned::new(pem, provider)?))
            }
            Trust::Insecure => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAnyServer { provider }))
            }
        };
        let mut config = match &identity.certificate {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let identity = || identity.name.clone();
                let chain: Vec<CertificateDer<'static>> =
                    CertificateDer::pem_slice_iter(&pem.chain).filter_map(Result::ok).collect();
                if chain.is_empty() {
                    return Err(TlsError::NoCertificate { identity: identity() });
                }
                let key =
                    PrivateKeyDer::from_pem_slice(&pem.key).map_err(|_| TlsError::NoKey { identity: identity() })?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|e| TlsError::BadPair { identity: identity(), detail: e.to_string() })?
            }
        };
        config.resumption = Resumption::disabled();
        let server_name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| TlsError::BadServerName(server_name.to_owned()))?;
        Ok(Self { config: Arc::new(config), server_name })
    }

    /// Shakes hands over an open socket. The caller bounds the time.
    pub async fn handshake(&self, socket: TcpStream) -> Result<Stream, ConnectError> {
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.config));
        connector
            .connect(self.server_name.clone(), Tap::new(socket))
            .into_fallible()
            .await
            .map_err(|(error, tap)| handshake_error(&error, &tap.first))
    }
}

/// The other end: takes connections of peers that show a certificate of one of these authorities.
#[derive(Clone)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    /// The same for those without a certificate, too.
    open: Arc<ServerConfig>,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Shows this certificate, and takes those who show one of a CA (PEM).
    pub fn new(own: &CertificatePem, ca: &[u8]) -> Result<Self, TlsError> {
        let wrong = |what: &str, detail: &dyn fmt::Display| TlsError::Listener(format!("{what}: {detail}"));
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca).filter_map(Result::ok) {
            roots.add(certificate).map_err(|e| wrong("a certificate of `ca` cannot be trusted", &e))?;
        }
        if roots.is_empty() {
            return Err(TlsError::Listener("the file of `ca` holds no PEM certificate".to_owned()));
        }
        let roots = Arc::new(roots);
        let verifier = |anybody: bool| {
            let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
            let builder = if anybody { builder.allow_unauthenticated() } else { builder };
            builder.build().map_err(|e| wrong("`ca` cannot be used", &e))
        };
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&own.chain).filter_map(Result::ok).collect();
        if chain.is_empty() {
            return Err(TlsError::Listener("the file of `cert` holds no PEM certificate".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&own.key)
            .map_err(|_| TlsError::Listener("the file of `key` holds no PEM private key".to_owned()))?;
        let config = |anybody: bool| {
            ServerConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .map_err(|e| wrong("TLS cannot be set up", &e))?
                .with_client_cert_verifier(verifier(anybody)?)
                .with_single_cert(chain.clone(), key.clone_key())
                .map_err(|e| wrong("`cert` and `key` cannot be used", &e))
        };
        Ok(Self { config: Arc::new(config(false)?), open: Arc::new(config(true)?) })
    }

    /// The same for those without a certificate, too.
    pub fn for_anybody(self) -> Self {
        Self { config: Arc::clone(&self.open), ..self }
    }

    /// Shakes hands over a socket that was opened to us. The caller bounds the time.
    pub async fn handshake(&self, socket: TcpStream) -> io::Result<Accepted> {
        let mut first = [0; 8];
        let count = socket.peek(&mut first).await?;
        let first = first.get(..count).unwrap_or_default();
        if !is_tls_record(first) {
            let looks = looks_like(first).map(|what| format!(", it looks like {what}")).unwrap_or_default();
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("what came is not TLS{looks}")));
        }
        tokio_rustls::TlsAcceptor::from(Arc::clone(&self.config)).accept(socket).await
    }
}

/// TLS version and suite, for people: `TLSv1.3 TLS13_AES_256_GCM_SHA384`.
pub fn describe(stream: &Stream) -> Option<String> {
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version()?;
    let suite = connection.negotiated_cipher_suite()?.suite();
    let version = version.as_str().map_or_else(|| format!("{version:?}"), str::to_owned).replace('_', ".");
    Some(format!("{version} {}", suite.as_str().unwrap_or("unnamed suite")))
}

/// The certificate (DER) of a peer that came to us.
pub fn certificate_of(stream: &Accepted) -> Option<&[u8]> {
    stream.get_ref().1.peer_certificates()?.first().map(AsRef::as_ref)
}

/// The alert behind a failed read or write; in TLS 1.3 a refused client certificate shows up only there.
pub fn alert_of(error: &io::Error) -> Option<Alert> {
    match tls_error(error)? {
        rustls::Error::AlertReceived(description) => Some(Alert(u8::from(*description))),
        _ => None,
    }
}

/// What the TLS library has against the peer, when a failed read or write was its doing.
pub fn protocol_error_of(error: &io::Error) -> Option<String> {
    tls_error(error).map(ToString::to_string)
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>()
}

/// A client certificate with its key, ready to be shown.
pub(super) fn certified(
    pem: &CertificatePem,
    identity: &str,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let identity = || identity.to_owned();
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem.chain).filter_map(Result::ok).collect();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { identity: identity() });
    }
    let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(|_| TlsError::NoKey { identity: identity() })?;
    let certified = CertifiedKey::from_der(chain, key, provider);
    certified.map(Arc::new).map_err(|e| TlsError::BadPair { identity: identity(), detail: e.to_string() })
}

/// Judges a server's chain (DER), its own certificate first, that another library was shown.
#[cfg(feature = "legacy-tls")]
pub(super) fn judge_chain(trust: &Trust, chain: &[Vec<u8>], server_name: &str) -> Result<(), ConnectError> {
    let Trust::Ca(pem) = trust else { return Ok(()) };
    let bad = |detail: String| ConnectError::Certificate(detail);
    let judge = Pinned::new(pem, Arc::new(ring::default_provider())).map_err(|e| bad(e.to_string()))?;
    let name = ServerName::try_from(server_name.to_owned()).map_err(|e| bad(e.to_string()))?;
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let (own, issuers) = chain.split_first().ok_or_else(|| bad("none was shown".to_owned()))?;
    match judge.verify_server_cert(own, issuers, &name, &[], UnixTime::now()) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(detail)) => Err(bad(detail.to_string())),
        Err(other) => Err(bad(other.to_string())),
    }
}

pub(super) fn handshake_error(error: &io::Error, first: &[u8]) -> ConnectError {
    if !first.is_empty() && !is_tls_record(first) {
        return ConnectError::NotTls { looks_like: looks_like(first), first: first.to_vec() };
    }
    match tls_error(error) {
        Some(rustls::Error::AlertReceived(description)) => ConnectError::Alert(Alert(u8::from(*description))),
        Some(rustls::Error::InvalidCertificate(detail)) => ConnectError::Certificate(detail.to_string()),
        Some(other) => ConnectError::Protocol(other.to_string()),
        None if is_closed(error.kind()) => ConnectError::Closed { after: first.len() },
        None => ConnectError::Socket(error.kind()),
    }
}

/// A socket that remembers the first bytes the peer sent, to tell what it is when it is not TLS.
#[derive(Debug)]
pub struct Tap {
    socket: TcpStream,
    first: Vec<u8>,
}

impl Tap {
    /// Over this socket.
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, first: Vec::new() }
    }

    /// The first bytes that came.
    pub(super) fn first(&self) -> &[u8] {
        &self.first
    }
}

/// How many first bytes are remembered.
const TAP: usize = 32;

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        let left = TAP.saturating_sub(this.first.len());
        if left > 0 && matches!(polled, Poll::Ready(Ok(()))) {
            this.first.extend(buf.filled().iter().skip(before).take(left));
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

/// Chains must end in the given certificates; one of these shown by the server itself is taken as it is, whatever its
/// name: appliances come with certificates signed by themselves.
#[derive(Debug)]
pub(super) struct Pinned {
    certificates: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

impl Pinned {
    pub(super) fn new(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|e| TlsError::BadCa(e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(TlsError::NoCa);
        }
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|e| TlsError::BadCa(e.to_string()))?;
        Ok(Self { certificates, chains })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificates.iter().any(|pinned| pinned.as_ref() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
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

/// Takes any server certificate, but still demands that the server holds its key.
#[derive(Debug)]
pub(super) struct AcceptAnyServer {
    /// Verifies signatures.
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
