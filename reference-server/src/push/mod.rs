//! Server to client: Notify and Put, Query and Discover Versions (1.4 §5, 2.1 §6.2), over the client's own listener or over its
//! connection once Set Endpoint Role has turned that round.
//!
//! `observe` sees what each transaction changed, every listener's queue gets what it wants to hear, `worker` (own listener) or
//! `reversed` (same connection) sends one message at a time over a `link` and waits for the answer.

mod client;
mod link;
mod listener;
mod message;
mod observe;
mod reversed;
mod wire;
mod worker;

pub use client::{PushClient, PushClientError, PushEncoding, PushTransport};
pub(crate) use listener::{Event, Listener, Push, What};
pub(crate) use observe::ObservedStore;
pub(crate) use reversed::{End, granted, serve_reversed};
pub(crate) use worker::Worker;
