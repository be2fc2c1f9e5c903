//! The harness: the program, the suite and its tables, the fuzzer, and targets that misbehave.

mod cli;
mod completeness;
mod coverage;
mod evidence;
mod fuzzing;
mod hostile_target;
#[cfg(unix)]
mod interrupt;
mod loopback;
mod matrix;
mod observe;
mod observe_ways;
mod profiles;
mod self_check;
mod ttlv_vectors;

#[path = "../support/observed.rs"]
mod observed;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/hostile_target.rs"]
mod support;
