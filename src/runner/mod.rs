//! Selection, execution and verdicts; emits events, never prints.

pub mod capability;
pub mod data_file;
pub mod event;
pub mod expectations;
pub mod sanity;
pub mod select;
pub mod target_file;
pub mod verdict;

mod message;
