//! Which versions and suites of TLS the server speaks: one preset for each authentication suite.

/// A preset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsPreset {
    /// TLS 1.3 and 1.2 with every suite that rustls has.
    #[default]
    Default,
    /// Basic Authentication Suite of Profiles 2.1 §3.1: TLS 1.3 with its two suites of 256 bits, and nothing else. TLS 1.2 only
    /// should be there, and would need static RSA.
    Strict21,
    /// Suite B minLOS_128 (Suite B Profile 1.0 §2.1): TLS 1.2, ECDHE_ECDSA with AES-128 GCM.
    SuiteB128,
    /// Suite B minLOS_192 (Suite B Profile 1.0 §4.1): TLS 1.2, ECDHE_ECDSA with AES-256 GCM, and P-384 alone.
    SuiteB192,
    /// Basic Authentication Suite of Profiles 1.0 and 1.1 §3.1: TLS 1.0 with static RSA and AES-128 CBC, and nothing else.
    Basic10,
    /// TLS 1.2 Authentication Suite of Profiles 1.0 to 1.4 §3.2: TLS 1.2 with its two mandatory suites of static RSA, and nothing else.
    Tls12,
}

impl TlsPreset {
    /// What `serve --tls` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Strict21 => "strict-2.1",
            Self::SuiteB128 => "suite-b-128",
            Self::SuiteB192 => "suite-b-192",
            Self::Basic10 => "basic-1.0",
            Self::Tls12 => "tls12-1.x",
        }
    }

    /// Whether it is beyond rustls, and OpenSSL speaks it (feature `legacy-tls`). It needs a server certificate with an RSA key.
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Basic10 | Self::Tls12)
    }
}
