//! Password Credential (3.0, second-hand): a password, or what can be compared with one.

use crate::message::structure;
use crate::registry::CryptographicAlgorithm;
use std::borrow::Cow;

structure! {
    /// A password in the clear, or salted.
    pub struct PasswordCredential<'d> {
        /// In the clear.
        password: Option<Cow<'d, str>> = PASSWORD,
        /// The salt.
        password_salt: Option<Cow<'d, [u8]>> = PASSWORD_SALT,
        /// How it was salted.
        password_salt_algorithm: Option<CryptographicAlgorithm> = PASSWORD_SALT_ALGORITHM,
        /// What came of it.
        salted_password: Option<Cow<'d, [u8]>> = SALTED_PASSWORD,
        /// How many rounds it took.
        iteration_count: Option<i32> = ITERATION_COUNT,
    }
}
