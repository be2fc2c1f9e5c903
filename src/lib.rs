//! The harness of kmipspec.
pub mod cli;
pub mod client;
pub mod exit;
pub mod fuzzing;
pub mod report;
pub mod runner;
pub mod scenario;
