//! Split Key (1.4 §2.2.5, 2.1 §2.8).

use super::KeyBlock;
use crate::message::{BigInteger, structure};
use crate::registry::SplitKeyMethod;

structure! {
    /// One part of a key that was split.
    pub struct SplitKey<'d> {
        /// How many parts there are.
        split_key_parts: i32 = SPLIT_KEY_PARTS,
        /// Which of them this is, from 1.
        key_part_identifier: i32 = KEY_PART_IDENTIFIER,
        /// How many are needed.
        split_key_threshold: i32 = SPLIT_KEY_THRESHOLD,
        /// How it was split.
        split_key_method: SplitKeyMethod = SPLIT_KEY_METHOD,
        /// Required when the method is Polynomial Sharing Prime Field.
        prime_field_size: Option<BigInteger<'d>> = PRIME_FIELD_SIZE,
        /// The part.
        key_block: KeyBlock<'d> = KEY_BLOCK,
    }
}
