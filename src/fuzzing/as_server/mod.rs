//! Fuzzing a client: it is started again and again, and answered wrongly.
//!
//! The reference server makes each answer, the mutator damages it, the client's process is watched: it must neither crash, nor hang,
//! nor use up memory, whatever it is told. [`Stage`] plays one run, [`fuzz`] one after the other until the time is over: what a run
//! shows of the client says what is damaged next (`corpus.rs`), and a finding is made small (`smaller.rs`).

mod corpus;
mod engine;
mod process;
mod smaller;
mod stage;

pub use engine::{Found, Observer, Options, Outcome, fuzz, last_line, replay, words};
pub use process::{Client, End, Limits, Run};
pub use stage::{OwnServer, Plan, Stage, Told};

#[cfg(test)]
mod tests;
