//! Evidence archives: what a run showed, who was judged and by what, in one file whose every part can be held against its hash.
//!
//! [`pack`] writes one, [`verify`] reads one that may come from anybody; [`archive`] is what both know of the form. There is no signature:
//! who trusts an archive knows its SHA-256 from somebody they trust.

pub mod archive;
pub mod manifest;
pub mod pack;
pub mod sheet;
pub mod verify;

mod configuration;
mod places;
#[cfg(test)]
mod tests;
mod traces;

use configuration::Configuration;
