//! Public Key (1.4 §2.2.3, 2.1 §2.6).

use super::KeyBlock;
use crate::message::structure;

structure! {
    /// The public half of a key pair, without a certificate.
    pub struct PublicKey<'d> {
        /// The key.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
