//! Mutants of messages and scripts, made from a seed and nothing else.
//!
//! A message is changed as a tree, by one to four operators of seven groups; one time in sixteen it is changed as bytes, since
//! messages that are always well-formed never try lengths and padding.

mod cross;
mod honest;
mod lies;
mod message;
mod mutator;
mod raw;
mod rng;
pub(in crate::fuzzing) mod sequence;
mod shape;
#[cfg(test)]
mod tests;
pub(in crate::fuzzing) mod tree;
mod typed;
mod types;
mod version;

pub use mutator::{Group, Mutator};
pub use rng::Rng;
