//! The KMIP reference server: KMIP 1.0 to 2.1 over TLS, for client authors, and the target every check of the harness is first run against.
//!
//! A message travels: `listener` accepts, `tls` says who it is, `connection` cuts frames, `dispatch` walks the batch and calls one
//! file of `operations`, which reads and writes the `store`.

pub mod certificates;
pub mod clock;
pub mod config;
mod principals;
pub mod random;
pub mod users;

mod access;
mod attestation;
mod attribute_change;
mod attributes;
mod auth;
mod batch;
mod certificate;
mod certification;
mod client_log;
mod connection;
mod constraints;
mod context;
mod creation;
mod cryptography;
mod defaults;
mod deferral;
mod der;
mod digest;
mod dispatch;
mod failure;
mod grant;
mod hold;
mod https;
mod identity;
mod interop;
mod jobs;
mod journal;
mod key_format;
mod key_pair;
mod keyed;
mod lifecycle;
mod listener;
mod metrics;
mod object;
mod one_time_password;
mod operations;
mod peer;
mod pkcs11;
mod prepared;
mod push;
mod ready;
mod records;
mod replacement;
mod respond;
mod seats;
mod seed;
mod server;
mod services;
mod sessions;
mod split_key;
mod store;
mod streams;
mod tls;
mod usage;
mod user_credentials;
mod x509;

pub use access::{OperationPolicy, PolicyRule};
pub use attestation::Attestation;
pub use config::Config;
pub use jobs::Asynchronous;
pub use journal::JournalError;
pub use push::{PushClient, PushClientError, PushEncoding, PushTransport};
pub use ready::Ready;
pub use seed::{SeedError, SeedObject};
pub use server::{RunningServer, Server, StartError};
pub use store::{StateError, StateKeyError};
