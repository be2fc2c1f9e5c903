//! Scenarios: YAML files to plans the runner executes and judges.

pub mod diagnostic;
pub mod fields;
pub mod file;
pub mod node;
pub mod parse;
pub mod version_set;
