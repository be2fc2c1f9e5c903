//! `kmipspec tls` against hosts of every kind, and its sets of suites against those of other tools in the same run.

mod in_a_run;
#[cfg(feature = "legacy-tls")]
mod legacy;
mod looking;
mod openssl;
mod own;
mod pykmip;
mod responders;
mod schema;
mod tools;

#[path = "../support/program.rs"]
mod program;
