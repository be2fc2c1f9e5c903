//! Secret Data (1.4 §2.2.7, 2.1 §2.7).

use super::KeyBlock;
use crate::message::structure;
use crate::registry::SecretDataType;

structure! {
    /// A secret that is no key: a password, a seed.
    pub struct SecretData<'d> {
        /// Password or Seed.
        secret_data_type: SecretDataType = SECRET_DATA_TYPE,
        /// The secret.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
