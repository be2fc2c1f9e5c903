//! Scenarios: YAML files to plans the runner executes and judges.
//!
//! `library` finds the files and takes in what `families` make from the tables, `parse` makes located trees of them (the only file that knows YAML), `file` reads the
//! format, `lint` checks it at every version. `plan` compiles a scenario for one version: `lower` and `attributes` turn
//! names into items in the order of the standard's tables, `expect` turns expectations into `matcher`s, `wire` holds
//! the deliberate damage. At run time `build` fills in the variables of `vars`, and `judge` holds an answer against
//! the matchers (`received` what the server sends of itself). Nothing here opens a socket or prints. The language is described in `vectors/scenarios/README.md`.

pub mod attributes;
pub mod build;
pub mod demand;
pub mod diagnostic;
pub mod document;
pub mod expect;
pub mod explain;
pub mod families;
pub mod fields;
pub mod file;
pub mod json_schema;
pub mod judge;
#[cfg(test)]
mod judge_tests;
pub mod library;
pub mod lint;
#[cfg(test)]
mod lint_tests;
pub mod lower;
pub mod matcher;
pub mod names;
pub mod node;
pub mod parse;
pub mod plan;
mod raw;
mod received;
pub mod scalar;
pub mod vars;
pub mod version_set;
pub mod wire;
