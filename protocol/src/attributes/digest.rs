//! Digest (1.4 §3.17, 2.1 §4.21): the hash of an object's value; only the server sets it.

use crate::message::structure;
use crate::registry::{HashingAlgorithm, KeyFormatType};
use std::borrow::Cow;

structure! {
    /// A digest.
    pub struct Digest<'d> {
        /// The hash; SHA-256 is always among the digests of an object.
        hashing_algorithm: HashingAlgorithm = HASHING_ALGORITHM,
        /// The digest; left out if the server does not have the value.
        digest_value: Option<Cow<'d, [u8]>> = DIGEST_VALUE,
        /// The format of the key that was hashed.
        key_format_type: Option<KeyFormatType> = KEY_FORMAT_TYPE since V1_1,
    }
}
