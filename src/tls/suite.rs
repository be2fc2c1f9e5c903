//! What a cipher suite is made of. The table is `suite_table.rs`, made by `cargo xtask tables`.

use super::suite_table::{SSL2, SUITES};
use super::version::TlsVersion;

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its number: two bytes, in SSL 2.0 three.
    pub code: u32,
    /// The name of the IANA registry.
    pub name: &'static str,
    /// How keys are agreed: `RSA`, `ECDHE`, `PSK`; `any` in TLS 1.3, where the suite does not say.
    pub key_exchange: &'static str,
    /// How the server proves who it is: `RSA`, `ECDSA`, `DSS`, `PSK`, `anonymous`; `any` in TLS 1.3.
    pub authentication: &'static str,
    /// The cipher with its mode; `NULL` for none.
    pub cipher: &'static str,
    /// Bits of the cipher's key.
    pub bits: u16,
    /// The message authentication code, or `AEAD` where the cipher has its own.
    pub mac: &'static str,
    /// The oldest version it is defined for.
    pub since: TlsVersion,
    /// The newest one.
    pub until: TlsVersion,
}

/// One row, in the order of the table's columns.
#[expect(clippy::too_many_arguments, reason = "the columns of a table")]
pub(super) const fn row(
    code: u32,
    name: &'static str,
    key_exchange: &'static str,
    authentication: &'static str,
    cipher: &'static str,
    bits: u16,
    mac: &'static str,
    since: TlsVersion,
    until: TlsVersion,
) -> Suite {
    Suite { code, name, key_exchange, authentication, cipher, bits, mac, since, until }
}

impl Suite {
    /// Nobody proves who they are.
    pub fn is_anonymous(&self) -> bool {
        matches!(self.authentication, "anonymous" | "none")
    }

    /// Nothing is encrypted.
    pub fn is_null(&self) -> bool {
        self.cipher == "NULL"
    }

    /// Weakened for export, or a key of 40 or 56 bits.
    pub fn is_weak(&self) -> bool {
        self.name.contains("EXPORT") || (!self.is_null() && self.bits <= 56)
    }

    /// Whether it is defined for a version.
    pub fn is_of(&self, version: TlsVersion) -> bool {
        (self.since..=self.until).contains(&version)
    }
}

/// The suite with this number: of SSL 2.0 for that version, of the others else.
pub fn by_code(version: TlsVersion, code: u32) -> Option<&'static Suite> {
    let table = if version == TlsVersion::Ssl2 { SSL2 } else { SUITES };
    table.binary_search_by_key(&code, |suite| suite.code).ok().and_then(|at| table.get(at))
}

/// The suite with this name.
pub fn by_name(name: &str) -> Option<&'static Suite> {
    SUITES.iter().chain(SSL2).find(|suite| suite.name == name)
}

/// Its name, or its number where the table has none.
pub fn suite_name(version: TlsVersion, code: u32) -> String {
    by_code(version, code).map_or_else(|| format!("0x{code:04X}"), |suite| suite.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_null_or_anonymous() {
        let of = |test: fn(&Suite) -> bool| SUITES.iter().filter(|s| test(s)).count();
        // Counted by hand from names: `NULL` as cipher, `anon`, `EXPORT`, `DES40`, `_DES_CBC`, `RC4_56`, `RC2_CBC_56`.
        let named = |parts: &[&str]| SUITES.iter().filter(|s| parts.iter().any(|p| s.name.contains(p))).count();
        assert_eq!(of(Suite::is_null), named(&["WITH_NULL", "TLS_SHA256_SHA256", "TLS_SHA384_SHA384"]));
        assert_eq!(of(Suite::is_anonymous), named(&["anon", "TLS_NULL_"]));
        assert_eq!(of(Suite::is_weak), named(&["EXPORT", "DES40", "WITH_DES_CBC", "RC4_56", "RC2_CBC_56"]));
    }

    #[test]
    fn suites_are_found_by_code_and_name() {
        assert_eq!(by_code(TlsVersion::Tls12, 0x2F).map(|s| s.name), Some("TLS_RSA_WITH_AES_128_CBC_SHA"));
        assert_eq!(by_code(TlsVersion::Ssl2, 0x0700C0).map(|s| s.name), Some("SSL_CK_DES_192_EDE3_CBC_WITH_MD5"));
        assert_eq!(by_name("TLS_AES_256_GCM_SHA384").map(|s| s.code), Some(0x1302));
        assert_eq!(by_code(TlsVersion::Tls12, 0x0A0A), None);
    }
}
