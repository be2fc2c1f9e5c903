//! PGP Key (since 1.2; 1.4 §2.2.9, 2.1 §2.4).

use super::KeyBlock;
use crate::message::structure;

structure! {
    /// An ASCII-armoured PGP key.
    pub struct PGPKey<'d> {
        /// 3 or 4.
        pgp_key_version: i32 = PGP_KEY_VERSION,
        /// The key.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
