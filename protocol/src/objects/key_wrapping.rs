//! How a key is wrapped, and how it is to be wrapped (1.4 §2.1.5 and §2.1.6, 2.1 §3.3 and §7.18).

use crate::attributes::CryptographicParameters;
use crate::message::{UniqueIdentifier, structure};
use crate::registry::{EncodingOption, WrappingMethod};
use std::borrow::Cow;

structure! {
    /// Encryption Key Information, and MAC/Signature Key Information.
    pub struct KeyInformation<'d> {
        /// The key that encrypts, MACs or signs.
        unique_identifier: UniqueIdentifier<'d> = UNIQUE_IDENTIFIER,
        /// How it does.
        cryptographic_parameters: Option<CryptographicParameters> = CRYPTOGRAPHIC_PARAMETERS,
    }
}

structure! {
    /// How a key was wrapped.
    pub struct KeyWrappingData<'d> {
        /// Encrypt, MAC/sign, or both in either order.
        wrapping_method: WrappingMethod = WRAPPING_METHOD,
        /// The key that encrypted it.
        encryption_key_information: Option<KeyInformation<'d>> = ENCRYPTION_KEY_INFORMATION,
        /// The key that MACed or signed it.
        mac_signature_key_information: Option<KeyInformation<'d>> = MAC_SIGNATURE_KEY_INFORMATION,
        /// The MAC or signature.
        mac_signature: Option<Cow<'d, [u8]>> = MAC_SIGNATURE,
        /// IV, counter or nonce.
        iv_counter_nonce: Option<Cow<'d, [u8]>> = IV_COUNTER_NONCE,
        /// What was encrypted: the bytes of the key, or the Key Value as TTLV (the default).
        encoding_option: Option<EncodingOption> = ENCODING_OPTION since V1_1,
    }
}

structure! {
    /// How a key is to be wrapped before it is sent.
    pub struct KeyWrappingSpecification<'d> {
        /// Encrypt, MAC/sign, or both in either order.
        wrapping_method: WrappingMethod = WRAPPING_METHOD,
        /// The key to encrypt with; this or the next is required.
        encryption_key_information: Option<KeyInformation<'d>> = ENCRYPTION_KEY_INFORMATION,
        /// The key to MAC or sign with.
        mac_signature_key_information: Option<KeyInformation<'d>> = MAC_SIGNATURE_KEY_INFORMATION,
        /// Attributes to be wrapped along with the key; a name at 2.x too.
        attribute_names: Vec<Cow<'d, str>> = ATTRIBUTE_NAME,
        /// What to encrypt; excludes attribute names unless it is the default.
        encoding_option: Option<EncodingOption> = ENCODING_OPTION since V1_1,
    }
}
