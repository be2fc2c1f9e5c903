//! Raw bytes against a listening server. Requests are made and answers read here by hand, not by the crate's own codec.

mod access;
mod application;
mod asynchronous;
mod batches;
mod certificates;
mod connections;
mod credentials;
mod damage;
mod fresh;
mod https;
mod interop;
mod lifecycle;
mod peer;
mod push;
mod re_provision;
mod rotation;
mod versions;
mod wire;
