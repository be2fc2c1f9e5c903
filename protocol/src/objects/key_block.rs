//! Key Block (1.4 §2.1.3, 2.1 §3.1).

use super::{KeyValue, KeyWrappingData};
use crate::message::structure;
use crate::registry::{CryptographicAlgorithm, KeyCompressionType, KeyFormatType};

structure! {
    /// A key and what is needed to use it.
    pub struct KeyBlock<'d> {
        /// What the bytes of the key are.
        key_format_type: KeyFormatType = KEY_FORMAT_TYPE,
        /// For elliptic curve public keys.
        key_compression_type: Option<KeyCompressionType> = KEY_COMPRESSION_TYPE,
        /// The key; required at 1.0 and 1.1, later left out when only its attributes are registered.
        key_value: Option<KeyValue<'d>> = KEY_VALUE,
        /// May be left out if the key value tells, and for Secret Data and Opaque Object.
        cryptographic_algorithm: Option<CryptographicAlgorithm> = CRYPTOGRAPHIC_ALGORITHM,
        /// In bits; may be left out like the algorithm.
        cryptographic_length: Option<i32> = CRYPTOGRAPHIC_LENGTH,
        /// Present if and only if the key is wrapped.
        key_wrapping_data: Option<KeyWrappingData<'d>> = KEY_WRAPPING_DATA,
    }
}
