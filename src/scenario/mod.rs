//! Scenarios: YAML files to plans the runner executes and judges.

pub mod attributes;
pub mod build;
pub mod diagnostic;
pub mod expect;
pub mod explain;
pub mod fields;
pub mod file;
pub mod judge;
pub mod library;
pub mod lint;
pub mod lower;
pub mod matcher;
pub mod names;
pub mod node;
pub mod parse;
pub mod plan;
pub mod vars;
pub mod version_set;
pub mod wire;
