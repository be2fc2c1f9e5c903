//! Oracles over exchanges: plain functions of what was sent and what came back, whoever carried it.
//!
//! `exchange.rs` looks at one of them; a [`Conversation`] remembers what it must to look at several.

mod conversation;
mod echo;
mod exchange;
mod owner;
mod pairs;
mod read_back;
mod secret;
mod state;

#[cfg(test)]
pub(in crate::fuzzing) mod test;

pub use conversation::Conversation;
pub use pairs::{Pair, pairs};

use kmipspec_protocol::ttlv::Limits;

/// Bounds for what the oracles look into; larger than those of any server under test.
const LIMITS: Limits = Limits { max_size: 32 << 20, max_depth: 128, max_items: 1 << 20, leaf_root: false };

/// One request with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// What was sent, references resolved.
    pub request: &'a [u8],
    /// What came back.
    pub answer: &'a [u8],
    /// The identity that the channel has shown; none: nobody.
    pub who: Option<&'a str>,
}

/// The name of an operation, or its number.
pub(in crate::fuzzing) fn name_of(operation: Option<u32>) -> String {
    let Some(code) = operation else { return String::new() };
    kmipspec_protocol::registry::Operation(code).to_string()
}
