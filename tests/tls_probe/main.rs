//! `kmipspec tls` against hosts of every kind, and its sets of suites against those of other tools in the same run.

mod looking;
mod own;
mod responders;
