//! Makes TLS of accepted sockets: by rustls, or, for presets that are older than it, by OpenSSL. Who the client is comes out the same.

use crate::certificates::CertificateSet;
use crate::dispatch::Core;
use crate::tls::{self, TlsError};
#[cfg(feature = "legacy-tls")]
use crate::tls_legacy;
use crate::tls_preset::TlsPreset;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Turns accepted sockets into TLS connections.
#[derive(Clone)]
pub(crate) enum Acceptor {
    /// TLS 1.2 and 1.3.
    Rustls(tls::Acceptor),
    /// TLS 1.0, and static RSA.
    #[cfg(feature = "legacy-tls")]
    OpenSsl(tls_legacy::Acceptor),
}

/// A connection whose handshake is done.
pub(crate) enum Channel {
    /// By rustls.
    Rustls(Box<tls::TlsStream>),
    /// By OpenSSL.
    #[cfg(feature = "legacy-tls")]
    OpenSsl(Box<tls_legacy::TlsStream>),
}

/// Whether this build speaks a preset: asked before anything is made or written.
pub(crate) fn check(preset: TlsPreset) -> Result<(), TlsError> {
    if preset.is_legacy() && !cfg!(feature = "legacy-tls") { Err(TlsError::NotBuilt(preset)) } else { Ok(()) }
}

impl Acceptor {
    /// From the server's own certificate and the CA that client certificates must come from.
    /// A certificate that Re-Provision made somebody's is as good.
    pub(crate) fn new(set: &CertificateSet, core: &Arc<Core>) -> Result<Self, TlsError> {
        check(core.config().tls)?;
        #[cfg(feature = "legacy-tls")]
        if core.config().tls.is_legacy() {
            return tls_legacy::Acceptor::new(set, core).map(Self::OpenSsl);
        }
        tls::Acceptor::new(set, core).map(Self::Rustls)
    }

    /// Does the handshake; the error is for the log only, the peer got its alert.
    pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<Channel> {
        match self {
            Self::Rustls(acceptor) => Ok(Channel::Rustls(Box::new(acceptor.accept(socket).await?))),
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(acceptor) => Ok(Channel::OpenSsl(Box::new(acceptor.accept(socket).await?))),
        }
    }
}

impl Channel {
    /// The certificate that the client showed, DER.
    pub(crate) fn client_certificate(&self) -> Option<Arc<[u8]>> {
        match self {
            Self::Rustls(stream) => tls::client_certificate(stream),
            #[cfg(feature = "legacy-tls")]
            Self::OpenSsl(stream) => tls_legacy::client_certificate(stream),
        }
    }
}

/// What the TLS channel says of the client: the common name of its certificate.
///
/// None without a common name in it: then only a Credential can tell who it is (UG 2.1 §3.1).
pub(crate) fn common_name(certificate: &[u8]) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}
