//! The test cases that OASIS publishes as XML, run as they are: `kmipspec run --oasis DIR`.
//!
//! [`case`] reads a file, [`memory`] keeps what the peer has told so far, [`compare`] holds an answer against the published one
//! and notes each [`variation`] it had to allow, [`runner`] sends and judges. The files themselves are not in this repository.

pub mod case;
pub mod runner;
pub mod variation;

mod compare;
mod memory;
mod query;
mod request;
mod varying;
