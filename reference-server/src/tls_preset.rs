//! Which versions and suites of TLS the server speaks: one preset for each authentication suite that rustls can meet.

/// A preset. Those with static RSA suites or TLS 1.0 (basic-1.0, tls12-1.x) are beyond rustls.
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
}
