//! The harness of kmipspec.
pub mod cli;
pub mod exit;
pub mod runner;
pub mod scenario;
