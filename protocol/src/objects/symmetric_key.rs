//! Symmetric Key (1.4 §2.2.2, 2.1 §2.9).

use super::KeyBlock;
use crate::message::structure;

structure! {
    /// A secret key.
    pub struct SymmetricKey<'d> {
        /// The key.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
