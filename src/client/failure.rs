//! Why no connection came about, told apart by blame, and what a stranger's first bytes look like.

use std::fmt;
use std::io;

/// Why no connection came about. Blames are kept apart: nobody there, not TLS, the peer refused us, we refused the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The host name has no address.
    Unresolved {
        /// The host as given.
        host: String,
    },
    /// Nothing listens on that port.
    Refused,
    /// The network does not lead there, or the socket failed otherwise.
    Socket(io::ErrorKind),
    /// No answer in time.
    TimedOut {
        /// While doing what.
        stage: Stage,
    },
    /// Something answered, but not in TLS.
    NotTls {
        /// What it looks like, if that can be told.
        looks_like: Option<&'static str>,
        /// The first bytes it sent.
        first: Vec<u8>,
    },
    /// The peer ended the handshake with an alert.
    Alert(Alert),
    /// The peer closed the connection during the handshake.
    Closed {
        /// Bytes it had sent before (at most the first 32 are counted).
        after: usize,
    },
    /// The server's certificate is not acceptable to us.
    Certificate(String),
    /// The peer broke the TLS protocol, or shares no version or suite with us.
    Protocol(String),
}

/// A step on the way to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// TCP.
    Connect,
    /// TLS.
    Handshake,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved { host } => write!(f, "the name {host:?} has no address"),
            Self::Refused => f.write_str("connection refused: nothing listens there"),
            Self::Socket(kind) => write!(f, "the connection failed: {kind}"),
            Self::TimedOut { stage: Stage::Connect } => f.write_str("no answer in time while connecting (TCP)"),
            Self::TimedOut { stage: Stage::Handshake } => {
                f.write_str("no answer in time during the TLS handshake (the port is open, but nothing speaks TLS)")
            }
            Self::NotTls { looks_like, first } => {
                f.write_str("the peer does not speak TLS")?;
                if let Some(what) = looks_like {
                    write!(f, ", it looks like {what}")?;
                }
                write!(f, " (it sent {})", first_bytes(first))
            }
            Self::Alert(alert) => write!(f, "the peer refused the TLS handshake with alert {alert}"),
            Self::Closed { after: 0 } => {
                f.write_str("the peer closed the connection before a byte of the TLS handshake")
            }
            Self::Closed { .. } => f.write_str("the peer closed the connection during the TLS handshake"),
            Self::Certificate(detail) => write!(f, "the server's certificate is not acceptable: {detail}"),
            Self::Protocol(detail) => write!(f, "the TLS handshake failed: {detail}"),
        }
    }
}

impl std::error::Error for ConnectError {}

/// A TLS alert (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert(pub u8);

impl Alert {
    /// The name RFC 8446 §6 or RFC 5246 §7.2 gives it.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            21 => "decryption_failed",
            22 => "record_overflow",
            30 => "decompression_failure",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            60 => "export_restriction",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            111 => "certificate_unobtainable",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            114 => "bad_certificate_hash_value",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            120 => "no_application_protocol",
            _ => "unassigned",
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

/// Whether this kind of error means that the other side is gone.
pub(super) fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    matches!(kind, K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::NotConnected)
}

/// A TLS record starts with a content type of 20 to 24 and a major version of 3 (RFC 8446 §5.1).
pub(super) fn is_tls_record(first: &[u8]) -> bool {
    first.first().is_none_or(|t| (20..=24).contains(t)) && first.get(1).is_none_or(|v| *v == 3)
}

/// A guess at a protocol from its first bytes.
pub(super) fn looks_like(first: &[u8]) -> Option<&'static str> {
    const GREETINGS: &[(&[u8], &str)] = &[
        (b"HTTP/", "plain HTTP"),
        (b"GET /", "plain HTTP"),
        (b"POST /", "plain HTTP"),
        (&[0x42, 0x00, 0x78], "KMIP without TLS"),
        (b"<", "plain HTTP (a page)"),
        (b"SSH-", "SSH"),
        (b"220 ", "SMTP or FTP"),
        (&[0x42, 0x00, 0x7B], "KMIP without TLS"),
        (&[0x15, 0x03], "a TLS alert"),
        (&[0x16, 0x03], "a TLS handshake"),
    ];
    GREETINGS.iter().find(|(greeting, _)| first.starts_with(greeting)).map(|(_, name)| *name)
}

/// The first bytes as hex, and as text where they are text.
pub(super) fn first_bytes(bytes: &[u8]) -> String {
    let shown: Vec<u8> = bytes.iter().copied().take(16).collect();
    let hex: Vec<String> = shown.iter().map(|b| format!("{b:02x}")).collect();
    let more = if bytes.len() > shown.len() { " .." } else { "" };
    match std::str::from_utf8(&shown) {
        Ok(text) if !text.chars().any(|c| c.is_control() && c != '\r' && c != '\n') => {
            format!("{}{more}, {text:?}", hex.join(" "))
        }
        _ => format!("{}{more}", hex.join(" ")),
    }
}
