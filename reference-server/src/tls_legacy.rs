//! The only file here that names OpenSSL (feature `legacy-tls`): TLS 1.0, and static RSA at TLS 1.2, for clients that have nothing newer.
//! Who is let in is decided as for rustls, by the same code.

use crate::certificates::{CertificateSet, Identity};
use crate::config::ClientAuthentication;
use crate::dispatch::Core;
use crate::tls::{ClientJudge, TlsError};
use crate::tls_preset::TlsPreset;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509StoreContextRef, X509VerifyResult};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connection whose handshake is done.
pub(crate) type TlsStream = tokio_openssl::SslStream<TcpStream>;

/// Turns accepted sockets into TLS connections.
#[derive(Clone)]
pub(crate) struct Acceptor(SslContext);

/// The version and suites of a preset, by the names that OpenSSL has for them.
const fn terms(preset: TlsPreset) -> Option<(SslVersion, &'static str)> {
    match preset {
        TlsPreset::Basic10 => Some((SslVersion::TLS1, "AES128-SHA")),
        TlsPreset::Tls12 => Some((SslVersion::TLS1_2, "AES256-SHA256:AES128-SHA256")),
        TlsPreset::Default | TlsPreset::Strict21 | TlsPreset::SuiteB128 | TlsPreset::SuiteB192 => None,
    }
}

impl Acceptor {
    /// From the server's own certificate, which must be RSA, and the CA that client certificates must come from.
    pub(crate) fn new(set: &CertificateSet, core: &Arc<Core>) -> Result<Self, TlsError> {
        let config = core.config();
        let (version, suites) = terms(config.tls).ok_or(TlsError::NotBuilt(config.tls))?;
        let judge = ClientJudge::new(set, core)?;
        let identities = std::iter::once(&set.server).chain(&set.alternative);
        let (chain, key) =
            identities.filter_map(|i| rsa(i).transpose()).next().ok_or(TlsError::NoRsa(config.tls))??;
        let asks = match config.client_authentication {
            ClientAuthentication::Required if !config.quirks.asks_for_no_certificate() => {
                SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT
            }
            ClientAuthentication::Required | ClientAuthentication::Optional => SslVerifyMode::PEER,
        };
        let trusted = X509::stack_from_pem(set.ca.as_bytes()).map_err(setup)?;
        context(version, suites, &chain, &key, trusted)
            .map(|mut builder| {
                builder.set_verify_callback(asks, move |good, asked| verdict(&judge, good, asked));
                Self(builder.build())
            })
            .map_err(setup)
    }

    /// Does the handshake; the error is for the log only, the peer got its alert.
    pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<TlsStream> {
        let mut stream = TlsStream::new(Ssl::new(&self.0)?, socket)?;
        let result = Pin::new(&mut stream).accept().await;
        if let Err(error) = result {
            dismiss(stream.get_mut()).await;
            return Err(io::Error::other(error));
        }
        Ok(stream)
    }
}

/// What OpenSSL says of a set-up.
fn setup(error: ErrorStack) -> TlsError {
    TlsError::OpenSsl(error.to_string())
}

/// Everything but who is let in.
fn context(
    version: SslVersion,
    suites: &str,
    chain: &[X509],
    key: &PKey<Private>,
    trusted: Vec<X509>,
) -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_server())?;
    // Whatever the system's own settings forbid: what is spoken here is forbidden nearly everywhere.
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    builder.set_cipher_list(&format!("{suites}:@SECLEVEL=0"))?;
    builder
        .set_options(SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE);
    // Answers are written from a buffer that may move while the socket is full.
    builder.set_mode(SslMode::ACCEPT_MOVING_WRITE_BUFFER | SslMode::ENABLE_PARTIAL_WRITE | SslMode::NO_AUTO_CHAIN);
    // Without one, a client with a certificate cannot resume its session.
    builder.set_session_id_context(b"kmipspec")?;
    if let Some((own, issuers)) = chain.split_first() {
        builder.set_certificate(own)?;
        for issuer in issuers {
            builder.add_extra_chain_cert(issuer.clone())?;
        }
    }
    builder.set_private_key(key)?;
    builder.check_private_key()?;
    let mut store = X509StoreBuilder::new()?;
    for authority in trusted {
        store.add_cert(authority)?;
    }
    builder.set_verify_cert_store(store.build())?;
    Ok(builder)
}

/// A chain and its key.
type Own = (Vec<X509>, PKey<Private>);

/// The chain and key of an identity whose key is RSA.
fn rsa(identity: &Identity) -> Result<Option<Own>, TlsError> {
    let key = PKey::private_key_from_pem(identity.key.as_bytes()).map_err(setup)?;
    if key.id() != Id::RSA {
        return Ok(None);
    }
    Ok(Some((X509::stack_from_pem(identity.certificate.as_bytes()).map_err(setup)?, key)))
}

/// What becomes of a client's certificate. OpenSSL asks for each certificate of the chain and for each fault of its own; the judge
/// decides, and OpenSSL's fault, where it found one too, chooses the alert.
fn verdict(judge: &ClientJudge, good: bool, asked: &mut X509StoreContextRef) -> bool {
    let chain: Vec<Vec<u8>> =
        asked.chain().into_iter().flatten().filter_map(|certificate| certificate.to_der().ok()).collect();
    if judge.admits(&chain) {
        asked.set_error(X509VerifyResult::OK);
        return true;
    }
    if good && asked.error_depth() == 0 {
        // A list of revoked certificates, for example, only the judge has.
        asked.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
        return false;
    }
    good
}

/// Closes after an alert. What the peer is still sending is read first: a socket closed on unread bytes is reset, and that takes the
/// alert away from a peer that has not read it yet.
async fn dismiss(socket: &mut TcpStream) {
    let ending = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut socket.take(MOST_DROPPED), &mut tokio::io::sink()).await
    };
    // It was refused already: how it takes that is its own affair.
    let _ = timeout(LINGER, ending).await;
}

/// How long a peer that was refused is read.
const LINGER: Duration = Duration::from_secs(1);
/// How many of its bytes.
const MOST_DROPPED: u64 = 64 << 10;

/// The certificate that the client showed, DER.
pub(crate) fn client_certificate(stream: &TlsStream) -> Option<Arc<[u8]>> {
    stream.ssl().peer_certificate()?.to_der().ok().map(Arc::from)
}
