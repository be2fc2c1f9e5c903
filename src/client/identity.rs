//! Client identities: who a step of a scenario speaks as.

use std::fmt;

/// The identity used where a step names none.
pub const ALICE: &str = "alice";
/// A second client, with no rights on what alice owns.
pub const BOB: &str = "bob";
/// No client certificate at all.
pub const ANONYMOUS: &str = "anonymous";
/// A certificate of the right CA whose validity has ended.
pub const EXPIRED: &str = "expired";
/// A certificate of a CA the server does not know.
pub const FOREIGN_CA: &str = "foreign-ca";

/// What a client shows the server: a certificate with its key, or nothing; and a password where the server wants one.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name scenarios use: `alice`.
    pub name: String,
    /// Certificate chain and private key; `None` shows no certificate.
    pub certificate: Option<CertificatePem>,
    /// User name and password for Credential (1.0 §2.1.2), where the server is configured with one.
    pub password: Option<Password>,
    /// Whether the password stays at home but where a case asks for it; otherwise it goes with every request.
    pub withholds_password: bool,
}

/// A certificate chain and its key, both in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificatePem {
    /// The client's certificate first, then its issuers.
    pub chain: Vec<u8>,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key: Vec<u8>,
}

/// User name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// Username of Credential.
    pub username: String,
    /// Password of Credential.
    pub password: String,
}

impl Identity {
    /// A client that shows no certificate.
    pub fn anonymous() -> Self {
        Self { name: ANONYMOUS.to_owned(), certificate: None, password: None, withholds_password: false }
    }

    /// A client with a certificate.
    pub fn with_certificate(name: impl Into<String>, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            certificate: Some(CertificatePem { chain: chain.into(), key: key.into() }),
            password: None,
            withholds_password: false,
        }
    }

    /// The same with a password that goes out only where a case asks for it.
    #[must_use]
    pub fn knowing(self, username: impl Into<String>, password: impl Into<String>) -> Self {
        let password = Password { username: username.into(), password: password.into() };
        Self { password: Some(password), withholds_password: true, ..self }
    }
}

/// Names the identity and what it has; keys and passwords stay out of logs.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.name)
            .field("certificate", &self.certificate.is_some())
            .field("password", &self.password.is_some())
            .finish()
    }
}
