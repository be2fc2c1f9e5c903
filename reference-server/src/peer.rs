//! The other end of a connection, as the transport knows it.

use crate::federation::Terms;
use std::net::SocketAddr;
use std::sync::Arc;

/// What the channel says of the peer: one per connection, before any Credential is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    /// Number of the connection, from 1, never used again by this server.
    pub(crate) connection: u64,
    /// Where it is.
    pub(crate) address: Option<SocketAddr>,
    /// The client certificate that was verified, DER.
    pub(crate) certificate: Option<Arc<[u8]>>,
    /// Common name of the client certificate that was verified.
    pub(crate) name: Option<String>,
    /// Whether requests can go the other way, too (Set Endpoint Role): not over HTTP.
    pub(crate) two_way: bool,
    /// This server itself, which takes over objects of another one.
    pub(crate) terms: Option<Arc<Terms>>,
}
