//! The KMIP reference server.
