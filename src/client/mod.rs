//! The harness as a KMIP client: TLS, framing, exchanges and their transcript. Knows no KMIP names and judges nothing.

pub mod connection;
pub mod encoding;
pub mod failure;
pub mod https;
pub mod identity;
#[cfg(feature = "legacy-tls")]
pub mod legacy;
pub mod listener;
pub mod messages;
pub mod passing;
pub mod pieces;
pub mod session;
pub mod target;
pub mod tls;
pub mod trial;

pub use connection::{Connection, Limits};
pub use encoding::Encoding;
pub use failure::{Alert, ConnectError};
pub use identity::{ALICE, ANONYMOUS, BOB, EXPIRED, FOREIGN_CA, Identity, Password};
pub use listener::{Answers, Listener, Visitor};
pub use messages::Messages;
pub use session::{Pool, Session};
pub use target::{SettingsError, Target, Timeouts};
pub use tls::{TlsError, Trust};
