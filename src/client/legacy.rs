//! Handshakes that rustls cannot do, by the system's OpenSSL (feature `legacy-tls`): TLS 1.0 and 1.1, static RSA, CBC, and whatever else
//! it has. The only file of the harness that names OpenSSL; certificates of servers are judged as everywhere else.

use super::failure::{Alert, ConnectError, is_closed, is_tls_record, looks_like};
use super::identity::{CertificatePem, Identity};
use super::tls::{Tap, TlsError, Trust, judge_chain};
use super::trial::{Completed, Terms};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    self, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// Every suite at every level of security.
const ALL: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// SSL_OP_LEGACY_SERVER_CONNECT, which the wrapper has no name for: servers without RFC 5746 are looked at, too.
const LEGACY_SERVER_CONNECT: u64 = 0x4;

/// A suite that OpenSSL has switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    /// Its own name for it.
    name: &'static str,
    /// Whether TLS 1.2 or 1.3 is needed for it.
    since: u16,
}

/// The versions that OpenSSL speaks, by their numbers.
fn version(code: u16) -> Option<SslVersion> {
    match code {
        0x0301 => Some(SslVersion::TLS1),
        0x0302 => Some(SslVersion::TLS1_1),
        0x0303 => Some(SslVersion::TLS1_2),
        0x0304 => Some(SslVersion::TLS1_3),
        _ => None,
    }
}

/// Whether it can be tried, by number of version and suite. Keys known beforehand (PSK) are not to be had; that is for the caller to know.
pub fn can_try(version_code: u16, suite: u16) -> bool {
    let Some(known) = known().get(&suite) else { return false };
    let is_13 = known.since == 0x0304;
    version(version_code).is_some() && version_code >= known.since && is_13 == (version_code == 0x0304)
}

/// The suites that this OpenSSL has switched on, by number.
fn known() -> &'static BTreeMap<u16, Known> {
    static KNOWN: OnceLock<BTreeMap<u16, Known>> = OnceLock::new();
    // A library that cannot say so has none.
    KNOWN.get_or_init(|| list().unwrap_or_default())
}

/// Asks for the name of every number, and whether a connection can be made with it.
fn list() -> Result<BTreeMap<u16, Known>, ErrorStack> {
    let asked = Ssl::new(&SslContext::builder(SslMethod::tls_client())?.build())?;
    let numbers: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_be_bytes).collect();
    let mut trial = SslContext::builder(SslMethod::tls_client())?;
    let mut known = BTreeMap::new();
    for suite in asked.bytes_to_cipher_list(&numbers, false)?.suites {
        let name = suite.name();
        let (since, usable) = match suite.version() {
            "TLSv1.3" => (0x0304, trial.set_ciphersuites(name).is_ok()),
            "TLSv1.2" => (0x0303, trial.set_cipher_list(&format!("{name}:@SECLEVEL=0")).is_ok()),
            _ => (0x0301, trial.set_cipher_list(&format!("{name}:@SECLEVEL=0")).is_ok()),
        };
        if usable {
            known.insert(u16::from_be_bytes(suite.protocol_id()), Known { name, since });
        }
    }
    Ok(known)
}

/// Makes handshakes on the same terms. None resumes another: what a second connection gets is seen by rustls alone.
pub struct LegacyTrial {
    context: SslContext,
    trust: Trust,
    server_name: String,
}

impl LegacyTrial {
    /// For a server of this name, as this identity.
    pub fn new(terms: Terms, trust: &Trust, identity: &Identity, server_name: &str) -> Result<Self, TlsError> {
        let setup = |e: ErrorStack| TlsError::Setup(e.to_string());
        let mut builder = context(terms).map_err(setup)?;
        if let Some(pem) = &identity.certificate {
            show(&mut builder, pem)
                .map_err(|e| TlsError::BadPair { identity: identity.name.clone(), detail: e.to_string() })?;
        }
        Ok(Self { context: builder.build(), trust: trust.clone(), server_name: server_name.to_owned() })
    }

    /// Shakes hands, says goodbye, and reads to the end. The caller bounds the time.
    pub async fn shake(&self, socket: TcpStream) -> Result<Completed, ConnectError> {
        let begin = || {
            let mut ssl = Ssl::new(&self.context)?;
            if self.server_name.parse::<IpAddr>().is_err() {
                ssl.set_hostname(&self.server_name)?;
            }
            SslStream::new(ssl, Tap::new(socket))
        };
        let mut stream = begin().map_err(|e| ConnectError::Protocol(e.to_string()))?;
        if let Err(error) = Pin::new(&mut stream).connect().await {
            return Err(handshake_error(&error, stream.get_ref().first()));
        }
        let completed = completed(stream.ssl());
        if self.trust != Trust::Insecure {
            judge_chain(&self.trust, &completed.chain, &self.server_name)?;
        }
        // What goes wrong from here on is told by reading.
        let _ = stream.shutdown().await;
        let mut rest = [0; 4096];
        loop {
            let error = match stream.read(&mut rest).await {
                Ok(0) => return Ok(completed),
                Ok(_) => continue,
                Err(e) => e,
            };
            return match of_reading(&error) {
                // Many servers close without a goodbye; before TLS 1.3 they have had their say when the handshake is over.
                ConnectError::Closed { .. } => Ok(completed),
                told => Err(told),
            };
        }
    }
}

/// Versions and suites of the terms, and no other demand on the server than that.
fn context(terms: Terms) -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_security_level(0);
    let only = terms.version.and_then(version);
    builder.set_min_proto_version(Some(only.unwrap_or(SslVersion::TLS1)))?;
    builder.set_max_proto_version(only)?;
    match terms.suite.and_then(|suite| known().get(&suite)) {
        Some(Known { name, since: 0x0304 }) => builder.set_ciphersuites(name)?,
        Some(Known { name, .. }) => builder.set_cipher_list(&format!("{name}:@SECLEVEL=0"))?,
        None => builder.set_cipher_list(ALL)?,
    }
    builder.set_options(SslOptions::from_bits_retain(LEGACY_SERVER_CONNECT));
    builder.set_mode(SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    // The chain is looked at when it is whole.
    builder.set_verify(SslVerifyMode::NONE);
    Ok(builder)
}

/// Shows a certificate to servers that ask for one.
fn show(builder: &mut SslContextBuilder, pem: &CertificatePem) -> Result<(), ErrorStack> {
    let chain = X509::stack_from_pem(&pem.chain)?;
    if let Some((own, issuers)) = chain.split_first() {
        builder.set_certificate(own)?;
        for issuer in issuers {
            builder.add_extra_chain_cert(issuer.clone())?;
        }
    }
    let key = PKey::private_key_from_pem(&pem.key)?;
    builder.set_private_key(&key)?;
    builder.check_private_key()
}

/// What a handshake that is over shows.
fn completed(ssl: &ssl::SslRef) -> Completed {
    let number = |version: SslVersion| (0x0301..=0x0304).find(|code| self::version(*code) == Some(version));
    Completed {
        version: ssl.version2().and_then(number).unwrap_or(0),
        suite: ssl.current_cipher().map_or(0, |suite| u16::from_be_bytes(suite.protocol_id())),
        chain: ssl.peer_cert_chain().into_iter().flatten().filter_map(|c| c.to_der().ok()).collect(),
        resumed: ssl.session_reused(),
    }
}

/// Why a handshake failed.
fn handshake_error(error: &ssl::Error, first: &[u8]) -> ConnectError {
    if !first.is_empty() && !is_tls_record(first) {
        return ConnectError::NotTls { looks_like: looks_like(first), first: first.to_vec() };
    }
    match of_library(error) {
        ConnectError::Closed { .. } => ConnectError::Closed { after: first.len() },
        other => other,
    }
}

/// Why reading failed.
fn of_reading(error: &io::Error) -> ConnectError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ssl::Error>()) {
        Some(error) => of_library(error),
        None => of_socket(error),
    }
}

/// ERR_LIB_SSL.
const LIBRARY: i32 = 20;
/// SSL_AD_REASON_OFFSET: what is above it is an alert of the peer.
const ALERTS: i32 = 1000;
/// SSL_R_UNEXPECTED_EOF_WHILE_READING, since OpenSSL 3.0.
const UNEXPECTED_END: i32 = 294;

/// What the library's error says of the peer.
fn of_library(error: &ssl::Error) -> ConnectError {
    if let Some(error) = error.io_error() {
        return of_socket(error);
    }
    let Some(stack) = error.ssl_error() else { return ConnectError::Closed { after: 0 } };
    for error in stack.errors().iter().filter(|e| e.library_code() == LIBRARY) {
        if let Some(alert) = error.reason_code().checked_sub(ALERTS).and_then(|code| u8::try_from(code).ok()) {
            return ConnectError::Alert(Alert(alert));
        }
        if error.reason_code() == UNEXPECTED_END {
            return ConnectError::Closed { after: 0 };
        }
    }
    let reason = stack.errors().iter().find_map(openssl::error::Error::reason);
    ConnectError::Protocol(reason.unwrap_or("OpenSSL does not say why").to_owned())
}

/// What the socket's error says of the peer.
fn of_socket(error: &io::Error) -> ConnectError {
    if is_closed(error.kind()) { ConnectError::Closed { after: 0 } } else { ConnectError::Socket(error.kind()) }
}
