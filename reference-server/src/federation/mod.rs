//! Server to server: what this server cannot do is forwarded, objects are sent to other servers or fetched from them.
//!
//! Objects travel by Export and Import with their identifiers and all attributes. What is to be sent stands in the store, in the
//! transaction that changed it, until the other server has it (`outbox`, `sender`); what is fetched is a read-only copy with an
//! allowance of its own and a lease (`fetcher`, `copies`). `gateway` forwards requests.

mod copies;
mod fetcher;
mod gateway;
mod line;
mod outbox;
mod sender;
mod settings;

pub(crate) use copies::{Terms, check, receiving};
pub(crate) use fetcher::Fetcher;
pub(crate) use gateway::Gateway;
pub(crate) use line::{CallError, Caller, reply, request};
pub(crate) use outbox::Outbox;
pub(crate) use sender::Sender;
pub use settings::{LinkError, Receive, ServerLink};
