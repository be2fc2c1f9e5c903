//! Selection, execution and verdicts; emits events, never prints.

pub mod event;
pub mod expectations;
pub mod verdict;
