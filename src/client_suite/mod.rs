//! Judging a client: it is started once for each case, and the bundled server's answers reach it in a way that the standard allows.
//!
//! A [`Case`] is a row: what is done to the answers, the sections that make it legal, and what a client then does. [`Stage`] answers
//! one run of the client, [`Suite`] runs one case after the other, `judge` says what a run comes to, and `requests` holds all that the
//! client sent against the tables of requests.

mod answer;
mod case;
mod cases;
mod engine;
mod judge;
mod requests;
mod stage;

pub use answer::Habits;
pub use case::{Case, Defers, Delivery, Expects};
pub use cases::all;
pub use engine::{Command, Suite};
pub use stage::Stage;

/// What is a case of every run, besides [`all`]: id and title.
pub const ALWAYS: [(&str, &str); 2] = [engine::HONEST, requests::ALL];

#[cfg(test)]
mod tests;
