//! ClientHello, written by hand: SSL 2.0, SSL 3.0, TLS 1.0 to 1.3, with anything offered.

use super::version::TlsVersion;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The base point of P-256 (SEC 2 §2.4.2), uncompressed: a public key as good as any, since nothing is ever decrypted with it.
const P256_BASE: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/// Every group that is or was in use: servers must find one they know.
const GROUPS: &[u16] = &[
    29, 23, 24, 25, 30, // x25519, P-256, P-384, P-521, x448
    26, 27, 28, 31, 32, 33, // Brainpool for TLS 1.2 and for 1.3
    256, 257, 258, 259, 260, // ffdhe2048 to ffdhe8192
    22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, // the curves of RFC 4492
];

/// Every signature scheme that is or was in use.
const SIGNATURES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x081A, 0x081B, 0x081C,
    0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0502, 0x0602, 0x0302, 0x0202, 0x0101, 0xEEEE,
    0xEFEF, 0xEDED,
];

/// A ClientHello of SSL 3.0 to TLS 1.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version of the record.
    pub record_version: u16,
    /// `client_version`, the legacy one in TLS 1.3.
    pub client_version: u16,
    /// Suites, in order.
    pub suites: Vec<u16>,
    /// Compression methods, in order.
    pub compression: Vec<u8>,
    /// Extensions; none in SSL 3.0.
    pub extensions: Option<Extensions>,
}

/// The extensions that matter to the choice of version and suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Name of the host, where it is no address.
    pub server_name: Option<String>,
    /// `supported_versions`; empty leaves the extension out.
    pub versions: Vec<u16>,
    /// `supported_groups`.
    pub groups: Vec<u16>,
    /// `signature_algorithms`; empty leaves the extension out.
    pub signatures: Vec<u16>,
    /// Groups with a key share; only x25519 and P-256 can be.
    pub key_shares: Vec<u16>,
    /// `extended_master_secret`.
    pub extended_master_secret: bool,
    /// `renegotiation_info`, empty.
    pub renegotiation_info: bool,
}

impl Hello {
    /// Offers these suites at one version, and whatever else helps a server to take them.
    pub fn offering(version: TlsVersion, suites: &[u32], server_name: Option<&str>) -> Self {
        let is_13 = version == TlsVersion::Tls13;
        let extensions = Extensions {
            server_name: server_name.map(str::to_owned),
            versions: if is_13 { vec![TlsVersion::Tls13.code()] } else { Vec::new() },
            groups: GROUPS.to_vec(),
            signatures: if version >= TlsVersion::Tls12 { SIGNATURES.to_vec() } else { Vec::new() },
            key_shares: if is_13 { vec![29, 23] } else { Vec::new() },
            extended_master_secret: !is_13,
            renegotiation_info: !is_13,
        };
        let ssl3 = version == TlsVersion::Ssl3;
        Self {
            record_version: if ssl3 { TlsVersion::Ssl3.code() } else { TlsVersion::Tls10.code() },
            client_version: version.min(TlsVersion::Tls12).code(),
            suites: suites.iter().filter_map(|code| u16::try_from(*code).ok()).collect(),
            compression: vec![0],
            extensions: (!ssl3).then_some(extensions),
        }
    }

    /// Offers every version from TLS 1.0 to 1.3 at once.
    pub fn offering_all_versions(suites: &[u32], server_name: Option<&str>) -> Self {
        let mut hello = Self::offering(TlsVersion::Tls13, suites, server_name);
        if let Some(extensions) = &mut hello.extensions {
            extensions.versions =
                TlsVersion::ALL.iter().rev().map(|v| v.code()).filter(|code| *code > 0x0300).collect();
            extensions.extended_master_secret = true;
            extensions.renegotiation_info = true;
        }
        hello
    }

    /// The record.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend(self.client_version.to_be_bytes());
        body.extend(random());
        // TLS 1.3 in middlebox compatibility mode has a session ID (RFC 8446 D.4).
        let is_13 = self.extensions.as_ref().is_some_and(|e| e.versions.contains(&TlsVersion::Tls13.code()));
        vector8(&mut body, if is_13 { random() } else { Vec::new() });
        vector16(&mut body, numbers(&self.suites));
        vector8(&mut body, self.compression.clone());
        if let Some(extensions) = &self.extensions {
            let mut list = extensions.encode();
            // Some load balancers hang on hellos of 256 to 511 bytes (RFC 7685).
            let length = body.len() + 2 + list.len() + 4;
            if (256..512).contains(&length) {
                extension(&mut list, 21, vec![0; 512_usize.saturating_sub(length + 4)]);
            }
            vector16(&mut body, list);
        }
        let mut message = vec![1, 0];
        vector16(&mut message, body);
        let mut record = vec![22];
        record.extend(self.record_version.to_be_bytes());
        vector16(&mut record, message);
        record
    }
}

impl Extensions {
    fn encode(&self) -> Vec<u8> {
        let mut list = Vec::new();
        if let Some(name) = &self.server_name {
            let mut entry = vec![0];
            vector16(&mut entry, name.as_bytes().to_vec());
            let mut names = Vec::new();
            vector16(&mut names, entry);
            extension(&mut list, 0, names);
        }
        if !self.groups.is_empty() {
            extension(&mut list, 11, vec![3, 0, 1, 2]);
            extension(&mut list, 10, vectored(numbers(&self.groups)));
        }
        if !self.signatures.is_empty() {
            extension(&mut list, 13, vectored(numbers(&self.signatures)));
        }
        if self.extended_master_secret {
            extension(&mut list, 23, Vec::new());
        }
        if self.renegotiation_info {
            extension(&mut list, 0xFF01, vec![0]);
        }
        if !self.versions.is_empty() {
            let mut versions = Vec::new();
            vector8(&mut versions, numbers(&self.versions));
            extension(&mut list, 43, versions);
            extension(&mut list, 45, vec![1, 1]);
            let mut shares = Vec::new();
            for group in &self.key_shares {
                shares.extend(group.to_be_bytes());
                vector16(&mut shares, public_key(*group));
            }
            extension(&mut list, 51, vectored(shares));
        }
        list
    }
}

/// The CLIENT-HELLO of SSL 2.0 with these kinds of cipher.
pub fn ssl2_hello(kinds: &[u32]) -> Vec<u8> {
    let mut specs = Vec::new();
    for kind in kinds {
        specs.extend(kind.to_be_bytes().into_iter().skip(1));
    }
    let challenge: Vec<u8> = random().into_iter().take(16).collect();
    let mut body = vec![1, 0, 2];
    body.extend(length16(specs.len()));
    body.extend([0, 0]);
    body.extend(length16(challenge.len()));
    body.extend(specs);
    body.extend(challenge);
    let [high, low] = length16(body.len());
    let mut record = vec![0x80 | high, low];
    record.extend(body);
    record
}

/// A public key of a group; x25519 has its base point, too.
fn public_key(group: u16) -> Vec<u8> {
    if group == 23 {
        let digits = P256_BASE.as_bytes().chunks(2);
        return digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    }
    let mut key = vec![0; 32];
    if let Some(first) = key.first_mut() {
        *first = 9;
    }
    key
}

/// 32 bytes that differ from call to call; nothing here is secret.
fn random() -> Vec<u8> {
    (0..4).flat_map(|_| RandomState::new().build_hasher().finish().to_be_bytes()).collect()
}

fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// A length that our own lists never exceed.
fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

fn vector8(out: &mut Vec<u8>, bytes: Vec<u8>) {
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend(bytes);
}

fn vector16(out: &mut Vec<u8>, bytes: Vec<u8>) {
    out.extend(length16(bytes.len()));
    out.extend(bytes);
}

fn vectored(bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    vector16(&mut out, bytes);
    out
}

fn extension(list: &mut Vec<u8>, kind: u16, body: Vec<u8>) {
    list.extend(kind.to_be_bytes());
    vector16(list, body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_as_the_rfcs_lay_it_out() {
        let hello = Hello::offering(TlsVersion::Ssl3, &[0x0A, 0x2F], None).encode();
        let head: Vec<u8> = hello.iter().copied().take(11).collect();
        // Record, handshake of 44 bytes, version; then random, session ID, suites, compression.
        assert_eq!(head, [22, 3, 0, 0, 47, 1, 0, 0, 43, 3, 0]);
        assert_eq!(hello.get(43..), Some([0, 0, 4, 0, 0x0A, 0, 0x2F, 1, 0].as_slice()));
        let record = Hello::offering(TlsVersion::Tls12, &[0x2F], Some("kms.example")).encode();
        assert_eq!(record.len(), usize::from(u16::from_be_bytes([record[3], record[4]])) + 5);
        assert!(!(256..512).contains(&(record.len() - 9)), "{}", record.len());
        assert_eq!(public_key(23).len(), 65);
    }

    #[test]
    fn the_hello_of_ssl_2_has_kinds_of_three_bytes() {
        let hello = ssl2_hello(&[0x010080, 0x0700C0]);
        let head: Vec<u8> = hello.iter().copied().take(17).collect();
        assert_eq!(head, [0x80, 31, 1, 0, 2, 0, 6, 0, 0, 0, 16, 1, 0, 0x80, 7, 0, 0xC0]);
        assert_eq!(hello.len(), 33);
    }
}
