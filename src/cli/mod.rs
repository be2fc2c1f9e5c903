//! The command line: `args.rs` parses, `settings.rs` is what it comes to, then one file per verb.

pub mod args;
pub mod client_args;
pub mod evidence_args;
pub mod fuzz_args;
pub mod measure_args;
pub mod observe_args;
pub mod output;
pub mod settings;

mod answering;
mod client;
mod convert;
mod coverage;
mod decode;
mod diff;
mod dispatch;
mod encode;
mod enroll;
mod explain;
mod fuzz;
mod fuzz_client;
mod fuzz_export;
mod fuzz_merge;
mod fuzz_peer;
mod fuzz_report;
mod fuzz_sarif;
mod input;
mod library;
mod lint;
mod list;
mod matrix;
mod measure;
mod observe;
mod observe_report;
mod pack;
mod peer;
mod profile_run;
mod profiles;
mod replay;
mod results;
mod run;
mod schema;
mod self_check;
mod serve;
mod serve_access;
mod serve_file;
mod serve_objects;
mod signal;
mod sinks;
mod tally;
mod target;
mod tls;
#[cfg(test)]
mod variables;
mod welcome;

pub use dispatch::main;
