//! Scenarios: YAML files to plans the runner executes and judges.

pub mod attributes;
pub mod build;
pub mod diagnostic;
pub mod fields;
pub mod file;
pub mod lower;
pub mod matcher;
pub mod names;
pub mod node;
pub mod parse;
pub mod vars;
pub mod version_set;
