//! Hashed Password Credential (3.0, second-hand): two hashes of user name and password, of which neither is the password.

use crate::message::structure;
use crate::registry::HashingAlgorithm;
use std::borrow::Cow;

structure! {
    /// Hashes of user name and password, in both orders.
    pub struct HashedPasswordCredential<'d> {
        /// How they were hashed.
        hashing_algorithm: Option<HashingAlgorithm> = HASHING_ALGORITHM,
        /// User name first.
        hashed_username_password: Cow<'d, [u8]> = HASHED_USERNAME_PASSWORD,
        /// Password first.
        hashed_password_username: Cow<'d, [u8]> = HASHED_PASSWORD_USERNAME,
    }
}
