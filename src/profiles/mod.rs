//! Profiles: what each demands of a server, which cases judge it, and what a run says of it in one line.
//!
//! [`mod@file`] reads `vectors/profiles/` (facts, strictly), [`catalogue`] has them by name and puts a profile and the baseline it
//! stands on together to a list of requirements. [`touch`] says of every case what it is about, before anything is
//! sent; [`facts`] what came back, read from the messages themselves; [`judge`] holds the one against the other. A
//! requirement is met only where an answer shows it, and not met only where a case failed or the server itself said
//! that it has no such thing; everything else is not judged, with the reason.

pub mod authentication;
pub mod catalogue;
pub mod client;
pub mod data;
pub mod facts;
pub mod file;
pub mod json_schema;
pub mod judge;
pub mod touch;
pub mod verdict;

pub use catalogue::{Catalogue, Profile};
pub use verdict::{Judged, Standing};
