//! Conversations: what is sent over which connection as whom, with references to what was answered before.
//!
//! The file: the magic `KMIPSEQ`, one byte of version (1), then for each step one byte for the connection, one for the identity,
//! four for a length, and so many bytes of a message. In a message the value of a Text String (also Identifier, Reference, Name
//! Reference) or Byte String may be `$n.m`: the m-th identifier, or handle, of the answer to step n, both from 0.

mod capture;
mod container;

pub(in crate::fuzzing) use capture::rewritten;
pub use capture::{Captured, capture, refer, resolve};
pub use container::{MAGIC, MAX_STEPS, Script, ScriptError, Step};

/// A connection number of its own kind: over the wire, such a step opens a connection, sends its bytes, and leaves it alone until
/// the script is over. In process it is a number like others.
pub const HELD: u8 = 255;

/// The identity, on such a connection, of who does not even shake hands.
pub const NO_TLS: u8 = 255;
