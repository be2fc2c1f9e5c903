//! The reference server without sockets, new for every input and the same each time.

mod one;
mod seq;
mod world;

pub use one::server_one;
pub use seq::{server_seq, server_seq_seen, speak};
pub use world::{ALICE, BOB, CANARY, OWN, PLANTED, Spoken, World};
