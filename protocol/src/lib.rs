//! KMIP as a library: no sockets, no YAML, no clock.
pub mod attributes;
pub mod encoding;
pub mod message;
pub mod objects;
pub mod operations;
pub mod registry;
pub mod schema;
pub mod spec_ref;
pub mod ttlv;
pub mod version;
