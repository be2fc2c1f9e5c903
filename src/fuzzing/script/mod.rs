//! Conversations: what is sent over which connection as whom, with references to what was answered before.
//!
//! The file: the magic `KMIPSEQ`, one byte of version (1), then for each step one byte for the connection, one for the identity,
//! four for a length, and so many bytes of a message. In a message the value of a Text String (also Identifier, Reference, Name
//! Reference) or Byte String may be `$n.m`: the m-th identifier, or handle, of the answer to step n, both from 0.

mod capture;
mod container;

pub use capture::{Captured, capture, resolve};
pub use container::{MAGIC, MAX_STEPS, Script, ScriptError, Step};
