//! Handshakes for their own sake: with one version, one suite or one kind of key, to see whether they come to their end. Names rustls,
//! as `tls.rs` does.

use super::failure::{ConnectError, is_closed};
use super::identity::Identity;
use super::tls::{AcceptAnyServer, Pinned, Tap, TlsError, Trust, certified, handshake_error};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption, Tls12Resumption};
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, HandshakeKind, ProtocolVersion, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a trial is held to; everything the library can do by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// This version alone, by its number.
    pub version: Option<u16>,
    /// This suite alone, by its number.
    pub suite: Option<u16>,
    /// Servers with this kind of key alone.
    pub key: Option<KeyKind>,
    /// Sessions may be resumed, in this way.
    pub resuming: Option<Resuming>,
}

/// A kind of key of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// ECDSA and EdDSA.
    Ec,
}

/// How sessions may be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resuming {
    /// By session ID (TLS 1.2).
    SessionId,
    /// By ticket where the server gives one (TLS 1.2), by PSK (TLS 1.3).
    Ticket,
}

/// What a handshake that came to its end showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The version, by its number.
    pub version: u16,
    /// The suite, by its number.
    pub suite: u16,
    /// The server's chain, each in DER.
    pub chain: Vec<Vec<u8>>,
    /// Whether a session was resumed.
    pub resumed: bool,
}

/// Makes handshakes on the same terms; those that may resume share their sessions.
pub struct Trial {
    config: Arc<ClientConfig>,
    server_name: ServerName<'static>,
    asked: Arc<Asked>,
}

/// The suites of a version that can be tried, by their numbers.
pub fn can_try(version: u16, suite: u16) -> bool {
    ring::ALL_CIPHER_SUITES.iter().any(|s| u16::from(s.suite()) == suite && u16::from(s.version().version) == version)
}

impl Trial {
    /// For a server of this name, as this identity.
    pub fn new(terms: Terms, trust: &Trust, identity: &Identity, server_name: &str) -> Result<Self, TlsError> {
        let mut provider = ring::default_provider();
        provider.cipher_suites.retain(|s| {
            terms.suite.is_none_or(|suite| u16::from(s.suite()) == suite)
                && terms.version.is_none_or(|version| u16::from(s.version().version) == version)
        });
        let provider = Arc::new(provider);
        let setup = |e: rustls::Error| TlsError::Setup(e.to_string());
        let versions: Vec<_> = [&rustls::version::TLS13, &rustls::version::TLS12]
            .into_iter()
            .filter(|v| provider.cipher_suites.iter().any(|s| s.version().version == v.version))
            .collect();
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)
            .map_err(setup)?;
        let inner: Arc<dyn ServerCertVerifier> = match trust {
            Trust::Ca(pem) => Arc::new(Pinned::new(pem, Arc::clone(&provider))?),
            Trust::Insecure => Arc::new(AcceptAnyServer { provider: Arc::clone(&provider) }),
        };
        let key = identity.certificate.as_ref().map(|pem| certified(pem, &identity.name, &provider)).transpose()?;
        let asked = Arc::new(Asked { key, asked: AtomicBool::new(false) });
        let mut config = builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(OneKind { inner, kind: terms.key }))
            .with_client_cert_resolver(Arc::clone(&asked) as Arc<dyn ResolvesClientCert>);
        config.resumption = match terms.resuming {
            None => Resumption::disabled(),
            Some(Resuming::SessionId) => {
                Resumption::in_memory_sessions(4).tls12_resumption(Tls12Resumption::SessionIdOnly)
            }
            Some(Resuming::Ticket) => Resumption::in_memory_sessions(4),
        };
        let server_name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| TlsError::BadServerName(server_name.to_owned()))?;
        Ok(Self { config: Arc::new(config), server_name, asked })
    }

    /// Whether a server has asked for a certificate so far.
    pub fn was_asked(&self) -> bool {
        self.asked.asked.load(Ordering::Relaxed)
    }

    /// Shakes hands, says goodbye, and reads to the end: in TLS 1.3 a client that is refused hears of it only then.
    /// The caller bounds the time.
    pub async fn shake(&self, socket: TcpStream) -> Result<Completed, ConnectError> {
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.config));
        let mut stream = connector
            .connect(self.server_name.clone(), Tap::new(socket))
            .into_fallible()
            .await
            .map_err(|(error, tap)| handshake_error(&error, tap.first()))?;
        let (_, connection) = stream.get_ref();
        let completed = Completed {
            version: connection.protocol_version().map_or(0, u16::from),
            suite: connection.negotiated_cipher_suite().map_or(0, |s| u16::from(s.suite())),
            chain: connection.peer_certificates().unwrap_or_default().iter().map(|c| c.to_vec()).collect(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        };
        // What goes wrong from here on is told by reading.
        let _ = stream.shutdown().await;
        let mut rest = [0; 4096];
        loop {
            match stream.read(&mut rest).await {
                Ok(0) => return Ok(completed),
                Ok(_) => {}
                // Many servers close without a goodbye.
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(completed),
                // Before TLS 1.3 the server has had its say when the handshake is over.
                Err(e) if is_closed(e.kind()) && completed.version == u16::from(ProtocolVersion::TLSv1_2) => {
                    return Ok(completed);
                }
                // The handshake had begun, at least.
                Err(e) => return Err(handshake_error(&e, &[22, 3])),
            }
        }
    }
}

/// Shows a certificate where there is one, and remembers that it was asked to.
#[derive(Debug)]
struct Asked {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

/// Verifies as another does, but takes signatures of one kind of key only.
#[derive(Debug)]
struct OneKind {
    inner: Arc<dyn ServerCertVerifier>,
    kind: Option<KeyKind>,
}

impl ServerCertVerifier for OneKind {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let is_rsa = |scheme: &SignatureScheme| scheme.as_str().is_some_and(|name| name.starts_with("RSA"));
        let mut schemes = self.inner.supported_verify_schemes();
        schemes.retain(|scheme| self.kind.is_none_or(|kind| is_rsa(scheme) == (kind == KeyKind::Rsa)));
        schemes
    }
}
