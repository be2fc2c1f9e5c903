//! Fuzzing over the wire: conversations with a server that is known by its answers alone.
//!
//! [`Peer`] carries scripts, [`judge()`] holds what came back against the oracles, [`features()`] says what was new about it, [`Corpus`]
//! picks what comes next, [`fuzz`] does all that until its time is over, and [`record`] writes down what was found.

mod alive;
mod cleanup;
mod confirm;
mod corpus;
mod differences;
mod engine;
mod features;
mod held;
mod input;
mod judge;
mod latency;
mod merge;
mod peer;
mod process;
pub mod record;
mod requests;
mod scenario;
mod shared;
#[cfg(test)]
mod tests;
mod worker;

pub use alive::Alive;
pub use confirm::{Found, confirmed, smaller};
pub use corpus::Corpus;
pub(super) use corpus::{Marks, place_of_interest};
pub use engine::{Ended, Observer, Options, Outcome, Status, fuzz};
pub(super) use features::template;
pub use features::{Features, features};
pub use held::held;
pub use input::{Given, Refused, builtin, file_name, folder, script_of};
pub use judge::{Seen, judge};
pub use merge::{Merged, merge};
pub use peer::{Peer, Played, Spoken};
pub use process::Process;
pub(super) use process::memory;
pub(super) use requests::{is_honest, operations};
