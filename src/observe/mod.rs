//! Between a client and a server: what they say is passed on byte for byte, judged on both sides, and kept as a conversation.
//!
//! [`Relay`] carries the messages of every connection, [`fn@judge`] holds each against the tables of its version, and
//! [`scenario`] turns a conversation into a scenario that `kmipspec run` replays on any server. What becomes of it all is told
//! to a [`Witness`]; nothing is printed here.

pub mod scenario;

mod conversation;
mod duplex;
mod http;
mod judge;
mod ledger;
mod relay;
mod results;

pub use conversation::{ByHttp, Conversation, Said};
pub use judge::{Breach, Side, judge, version_of};
pub use relay::{Relay, Witness};
pub use results::Results;
