//! A server's first messages, taken apart as the bytes arrive. Everything is bounded; nothing is believed.

use super::observation::Stranger;

/// What a server sends in one flight at most; chains of certificates are the longest part.
const MOST: usize = 256 << 10;

/// The protocol of the first bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing came yet, or too little to tell.
    #[default]
    Open,
    /// Records of SSL 3.0 and later.
    Records,
    /// A record of SSL 2.0.
    Ssl2,
    /// None of these.
    Other,
}

/// The fields of a ServerHello that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// The version selected: of `supported_versions`, where that is there.
    pub version: u16,
    /// The suite selected.
    pub suite: u16,
    /// The compression method selected.
    pub compression: u8,
    /// Numbers of the extensions.
    pub extensions: Vec<u16>,
}

/// What came so far.
#[derive(Debug, Default)]
pub struct Flight {
    kind: Kind,
    /// Bytes of which no whole record is made yet.
    raw: Vec<u8>,
    /// Handshake bytes of which no whole message is made yet.
    messages: Vec<u8>,
    /// Bytes received.
    pub received: usize,
    /// The first of them.
    pub first: Vec<u8>,
    /// ServerHello, or HelloRetryRequest.
    pub hello: Option<ServerHello>,
    /// The chain, each in DER; the server's own first.
    pub certificates: Vec<Vec<u8>>,
    /// ServerKeyExchange.
    pub key_exchange: Option<Vec<u8>>,
    /// A CertificateRequest came.
    pub certificate_request: bool,
    /// ServerHelloDone came.
    pub done: bool,
    /// The last alert: level and code.
    pub alert: Option<(u8, u8)>,
    /// The kinds of cipher in a SERVER-HELLO of SSL 2.0.
    pub ssl2: Option<Vec<u32>>,
    /// The code of an ERROR of SSL 2.0.
    pub ssl2_error: Option<u16>,
    /// What is wrong with it.
    pub malformed: Option<&'static str>,
}

impl Flight {
    /// Whether the first bytes are those of SSL or TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self.kind, Kind::Records | Kind::Ssl2)
    }

    /// Whether the first bytes are those of something else.
    pub fn is_other(&self) -> bool {
        self.kind == Kind::Other
    }

    /// Whether nothing that comes later can change the answer.
    pub fn is_over(&self) -> bool {
        self.malformed.is_some()
            || self.kind == Kind::Other
            || self.done
            || self.ssl2.is_some()
            || self.ssl2_error.is_some()
            || self.alert.is_some_and(|(level, code)| level != 1 || code == 0)
    }

    /// Takes what arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.received = self.received.saturating_add(bytes.len());
        let room = 64_usize.saturating_sub(self.first.len());
        self.first.extend(bytes.iter().take(room));
        if self.received > MOST {
            self.malformed = Some("more than 256 KiB before the end of the first flight");
        }
        if self.is_over() {
            return;
        }
        self.raw.extend(bytes);
        if self.kind == Kind::Open {
            self.kind = kind_of(&self.raw);
        }
        match self.kind {
            Kind::Records => while !self.is_over() && self.record() {},
            Kind::Ssl2 => self.ssl2_record(),
            Kind::Open | Kind::Other => {}
        }
    }

    /// Takes one whole record away; says whether there was one.
    fn record(&mut self) -> bool {
        let Some((head, rest)) = self.raw.split_first_chunk::<5>() else { return false };
        let [content, major, _, high, low] = *head;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if major != 3 || !(20..=24).contains(&content) {
            self.malformed = Some("a record that is none of TLS");
            return false;
        }
        if length > (16 << 10) + 2048 {
            self.malformed = Some("a record longer than TLS allows");
            return false;
        }
        let Some(body) = rest.get(..length) else { return false };
        let body = body.to_vec();
        self.raw.drain(..length.saturating_add(5).min(self.raw.len()));
        match content {
            21 => match body.as_slice() {
                [level, code] => self.alert = Some((*level, *code)),
                _ => self.malformed = Some("an alert that is not two bytes long"),
            },
            22 => {
                self.messages.extend(body);
                while self.message() {}
            }
            // What follows a ServerHello of TLS 1.3 is encrypted.
            _ => {}
        }
        true
    }

    /// Takes one whole handshake message away; says whether there was one.
    fn message(&mut self) -> bool {
        let Some((head, rest)) = self.messages.split_first_chunk::<4>() else { return false };
        let [kind, a, b, c] = *head;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let Some(body) = rest.get(..length) else { return false };
        let body = body.to_vec();
        self.messages.drain(..length.saturating_add(4).min(self.messages.len()));
        match kind {
            2 if self.hello.is_none() => match server_hello(&body) {
                Some(hello) => self.hello = Some(hello),
                None => self.malformed = Some("a ServerHello that cannot be read"),
            },
            11 => match chain(&body) {
                Some(chain) => self.certificates = chain,
                None => self.malformed = Some("a Certificate message that cannot be read"),
            },
            12 => self.key_exchange = Some(body),
            13 => self.certificate_request = true,
            14 => self.done = true,
            _ => {}
        }
        true
    }

    /// The one record of SSL 2.0 that a server answers with.
    fn ssl2_record(&mut self) {
        let Some((head, rest)) = self.raw.split_first_chunk::<2>() else { return };
        let length = usize::from(u16::from_be_bytes(*head) & 0x7FFF);
        let Some(body) = rest.get(..length) else { return };
        match body {
            [0, high, low] => self.ssl2_error = Some(u16::from_be_bytes([*high, *low])),
            [4, _hit, _kind, _v1, _v2, c1, c2, s1, s2, _i1, _i2, rest @ ..] => {
                let certificate = usize::from(u16::from_be_bytes([*c1, *c2]));
                let specs = usize::from(u16::from_be_bytes([*s1, *s2]));
                let of = |from: usize, length: usize| rest.get(from..from.saturating_add(length));
                match (of(0, certificate), of(certificate, specs)) {
                    (Some(own), Some(specs)) => {
                        if !own.is_empty() {
                            self.certificates = vec![own.to_vec()];
                        }
                        let kinds = specs.chunks_exact(3).filter_map(|kind| match kind {
                            [a, b, c] => Some(u32::from_be_bytes([0, *a, *b, *c])),
                            _ => None,
                        });
                        self.ssl2 = Some(kinds.collect());
                    }
                    _ => self.malformed = Some("a SERVER-HELLO of SSL 2.0 that cannot be read"),
                }
            }
            _ => self.malformed = Some("a message of SSL 2.0 that is neither SERVER-HELLO nor ERROR"),
        }
    }
}

/// Tells records of TLS and of SSL 2.0 from everything else, as soon as there are bytes enough.
fn kind_of(bytes: &[u8]) -> Kind {
    match bytes {
        [] => Kind::Open,
        [20..=24] => Kind::Open,
        [20..=24, 3, ..] => Kind::Records,
        [high, _, 0 | 4, ..] if *high >= 0x80 => Kind::Ssl2,
        [high] | [high, _] if *high >= 0x80 => Kind::Open,
        _ => Kind::Other,
    }
}

/// A cursor over untrusted bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.u8()?, self.u8()?]))
    }

    fn u24(&mut self) -> Option<usize> {
        Some(u32::from_be_bytes([0, self.u8()?, self.u8()?, self.u8()?]) as usize)
    }
}

/// ServerHello of SSL 3.0 to TLS 1.3; a HelloRetryRequest has the same form (RFC 8446 §4.1.4).
fn server_hello(body: &[u8]) -> Option<ServerHello> {
    let mut r = Reader(body);
    let mut hello = ServerHello { version: r.u16()?, ..ServerHello::default() };
    r.take(32)?;
    let session = usize::from(r.u8()?);
    r.take(session)?;
    hello.suite = r.u16()?;
    hello.compression = r.u8()?;
    if r.0.is_empty() {
        return Some(hello);
    }
    let length = usize::from(r.u16()?);
    let mut list = Reader(r.take(length)?);
    while !list.0.is_empty() {
        let kind = list.u16()?;
        let length = usize::from(list.u16()?);
        let body = list.take(length)?;
        if let (43, [high, low]) = (kind, body) {
            hello.version = u16::from_be_bytes([*high, *low]);
        }
        hello.extensions.push(kind);
    }
    Some(hello)
}

/// Certificate of SSL 3.0 to TLS 1.2.
fn chain(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut r = Reader(body);
    let length = r.u24()?;
    let mut list = Reader(r.take(length)?);
    let mut chain = Vec::new();
    while !list.0.is_empty() {
        let length = list.u24()?;
        chain.push(list.take(length)?.to_vec());
    }
    Some(chain)
}

/// Bits of the prime of ephemeral Diffie-Hellman, from a ServerKeyExchange of a DHE suite.
pub fn dh_bits(key_exchange: &[u8]) -> Option<usize> {
    let mut r = Reader(key_exchange);
    let length = usize::from(r.u16()?);
    let prime = r.take(length)?;
    let zeros = prime.iter().take_while(|byte| **byte == 0).count();
    let first = prime.get(zeros)?;
    Some((prime.len() - zeros) * 8 - first.leading_zeros() as usize)
}

/// What a stranger's first bytes are.
pub fn stranger(first: &[u8]) -> Stranger {
    let text = String::from_utf8_lossy(first).to_ascii_uppercase();
    if first.starts_with(&[0x42, 0x00, 0x7B]) {
        Stranger::PlainKmip
    } else if text.starts_with("HTTP/") || text.starts_with("<HTML") || text.starts_with("<!DOCTYPE") {
        Stranger::Http
    } else if text.starts_with("SSH-") {
        Stranger::Ssh
    } else if text.starts_with("220") && text.contains("FTP") {
        Stranger::Ftp
    } else if ["220", "421", "554"].iter().any(|code| text.starts_with(code)) && text.contains("SMTP") {
        Stranger::Smtp
    } else {
        Stranger::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A ServerHello of TLS 1.2 in a record: suite 0x2F, no session, no extensions.
    fn hello() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 0x2F, 0]);
        let mut record = vec![22, 3, 3, 0, 42, 2, 0, 0, 38];
        record.extend(body);
        record
    }

    #[test]
    fn a_server_hello_is_read_whatever_way_it_is_cut() {
        let bytes = hello();
        for cut in 0..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            let mut flight = Flight::default();
            flight.feed(a);
            assert_eq!(flight.hello, None);
            flight.feed(b);
            let hello = flight.hello.expect("whole");
            assert_eq!((hello.version, hello.suite), (0x0303, 0x2F));
        }
    }

    #[test]
    fn a_chain_a_request_and_the_end_of_the_flight_are_seen() {
        let mut messages = vec![11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0];
        messages.extend([12, 0, 0, 4, 0, 2, 0x01, 0xFF, 13, 0, 0, 0, 14, 0, 0, 0]);
        let mut record = vec![22, 3, 3, 0, u8::try_from(messages.len()).expect("short")];
        record.extend(messages);
        let mut flight = Flight::default();
        flight.feed(&hello());
        flight.feed(&record);
        assert_eq!(flight.certificates, [vec![0x30, 0]]);
        assert!(flight.certificate_request && flight.done && flight.is_over());
        assert_eq!(flight.key_exchange.as_deref().and_then(dh_bits), Some(9));
    }

    #[test]
    fn ssl_2_answers_are_read() {
        let mut flight = Flight::default();
        flight.feed(&[0x80, 18, 4, 0, 1, 0, 2, 0, 1, 0, 6, 0, 0, 0x30, 1, 0, 0x80, 7, 0, 0xC0]);
        assert_eq!(flight.ssl2, Some(vec![0x010080, 0x0700C0]));
        let mut flight = Flight::default();
        flight.feed(&[0x80, 3, 0, 0, 1]);
        assert_eq!(flight.ssl2_error, Some(1));
    }

    #[test]
    fn strangers_are_known_by_their_first_bytes() {
        for (bytes, what) in [
            (&b"HTTP/1.1 400 Bad Request"[..], Stranger::Http),
            (b"220 mx.example ESMTP", Stranger::Smtp),
            (b"220 FTP ready", Stranger::Ftp),
            (b"SSH-2.0-x", Stranger::Ssh),
            (&[0x42, 0, 0x7B, 1], Stranger::PlainKmip),
            (b"hello", Stranger::Unknown),
        ] {
            assert_eq!(stranger(bytes), what, "{bytes:?}");
            let mut flight = Flight::default();
            flight.feed(bytes);
            assert!(flight.is_other() && flight.is_over());
        }
    }

    proptest! {
        #[test]
        fn nothing_a_peer_sends_breaks_it(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..8), tls in any::<bool>()) {
            let mut flight = Flight::default();
            if tls {
                flight.feed(&[22, 3, 3]);
            }
            for chunk in chunks {
                flight.feed(&chunk);
            }
        }
    }
}
