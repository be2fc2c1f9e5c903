//! Whom the server knows: users, what each proves itself with, and the groups they are in.

use kmipspec_protocol::registry::HashingAlgorithm;

/// Somebody a Credential can name (1.4 §2.1.2, 2.1 §9.11). The common name of a client certificate names a user, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Username: the owner of what this user creates.
    pub name: String,
    /// Password, for the credentials Username and Password, Hashed Password, and One Time Password when it has one.
    pub password: Option<String>,
    /// Groups that operation policies name.
    pub groups: Vec<String>,
    /// Devices that act as this user.
    pub devices: Vec<Device>,
    /// What its one-time passwords come from.
    pub one_time_password: Option<OneTimePassword>,
}

impl User {
    /// A user with a password and nothing else.
    pub fn with_password(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: Some(password.into()), ..Self::default() }
    }
}

/// A device: each field that is set must be named by the Credential, and be the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Device Serial Number.
    pub serial_number: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Device Identifier.
    pub identifier: Option<String>,
    /// Network Identifier.
    pub network_identifier: Option<String>,
    /// Machine Identifier.
    pub machine_identifier: Option<String>,
    /// Media Identifier.
    pub media_identifier: Option<String>,
}

/// A generator of one-time passwords: the standard leaves the algorithm open, these are RFC 4226 and RFC 6238.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimePassword {
    /// The secret both sides share.
    pub secret: Vec<u8>,
    /// By count or by time.
    pub moving_factor: MovingFactor,
    /// Length of a password, 6 to 8.
    pub digits: u32,
    /// SHA-1, SHA-256 or SHA-512.
    pub hashing_algorithm: HashingAlgorithm,
}

/// What makes one password different from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovingFactor {
    /// RFC 4226: a counter that begins here; passwords of the next ten counts are taken.
    Counter(u64),
    /// RFC 6238: steps of so many seconds since 1970; the step before and the one after are taken as well.
    Seconds(u32),
}
