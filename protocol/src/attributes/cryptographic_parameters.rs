//! Cryptographic Parameters (1.4 §3.6, 2.1 §4.16): an attribute, and a field of every cryptographic operation.

use crate::message::{ByteString, structure};
use crate::registry::{
    BlockCipherMode, CryptographicAlgorithm, DigitalSignatureAlgorithm, HashingAlgorithm, KeyRoleType, MaskGenerator,
    PaddingMethod,
};

structure! {
    /// How a key is used. Borrows nothing, so that those of a key and those of a request are the same thing.
    #[derive(Default)]
    pub struct CryptographicParameters {
        /// The mode of a block cipher.
        block_cipher_mode: Option<BlockCipherMode> = BLOCK_CIPHER_MODE,
        /// How the last block is filled up, or the message of RSA.
        padding_method: Option<PaddingMethod> = PADDING_METHOD,
        /// The hash.
        hashing_algorithm: Option<HashingAlgorithm> = HASHING_ALGORITHM,
        /// What a payment key is for.
        key_role_type: Option<KeyRoleType> = KEY_ROLE_TYPE,
        /// The signature, hash and all.
        digital_signature_algorithm: Option<DigitalSignatureAlgorithm> = DIGITAL_SIGNATURE_ALGORITHM since V1_2,
        /// The algorithm, for keys that could be used with several.
        cryptographic_algorithm: Option<CryptographicAlgorithm> = CRYPTOGRAPHIC_ALGORITHM since V1_2,
        /// Whether the server is to make the IV.
        random_iv: Option<bool> = RANDOM_IV since V1_2,
        /// Length of the IV in bits.
        iv_length: Option<i32> = IV_LENGTH since V1_2,
        /// Length of the authentication tag in bytes.
        tag_length: Option<i32> = TAG_LENGTH since V1_2,
        /// Length of the fixed part of an IV in bits.
        fixed_field_length: Option<i32> = FIXED_FIELD_LENGTH since V1_2,
        /// Length of the part of an IV that counts invocations, in bits.
        invocation_field_length: Option<i32> = INVOCATION_FIELD_LENGTH since V1_2,
        /// Length of the counter in bits.
        counter_length: Option<i32> = COUNTER_LENGTH since V1_2,
        /// Where the counter starts.
        initial_counter_value: Option<i32> = INITIAL_COUNTER_VALUE since V1_2,
        /// Length of the salt of PSS in bytes.
        salt_length: Option<i32> = SALT_LENGTH since V1_4,
        /// The mask generator of OAEP and PSS.
        mask_generator: Option<MaskGenerator> = MASK_GENERATOR since V1_4,
        /// The hash inside the mask generator.
        mask_generator_hashing_algorithm: Option<HashingAlgorithm> = MASK_GENERATOR_HASHING_ALGORITHM since V1_4,
        /// The label of OAEP.
        p_source: Option<ByteString> = P_SOURCE since V1_4,
        /// The trailer of PSS.
        trailer_field: Option<i32> = TRAILER_FIELD since V1_4,
    }
}
