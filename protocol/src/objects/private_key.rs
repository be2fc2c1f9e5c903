//! Private Key (1.4 §2.2.4, 2.1 §2.5).

use super::KeyBlock;
use crate::message::structure;

structure! {
    /// The private half of a key pair.
    pub struct PrivateKey<'d> {
        /// The key.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
