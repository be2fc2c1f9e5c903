//! The harness of kmipspec.
pub mod runner;
