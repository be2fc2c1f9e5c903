//! The harness of kmipspec: judges a KMIP server from scenarios, and says what was found.
//!
//! How a scenario travels, folder by folder:
//!
//! 1. [`scenario`] reads YAML strictly and makes the messages of one version out of it.
//! 2. [`runner`] selects, connects, runs, cleans up, holds every answer against the tables of its version, and emits
//!    [`runner::event`]s; it prints nothing.
//! 3. [`client`] carries messages over TLS and keeps what was sent and received, byte for byte.
//! 4. [`report`] turns events into text, JUnit and JSON; it decides nothing.
//! 5. [`cli`] turns arguments into settings and outcomes into an [`exit::Exit`].
//!
//! [`oasis`] runs published test cases in place of scenarios. [`profiles`] says of a run which conformance profiles the
//! server meets. [`evidence`] packs what a run showed. [`fuzzing`] is the engine of fuzzing. [`observe`] stands between a client and a server. What KMIP itself is lives in the package `kmipspec-protocol`; ARCHITECTURE.md
//! has the rules each folder keeps.

pub mod cli;
pub mod client;
pub mod client_suite;
pub mod coverage;
pub mod evidence;
pub mod exit;
pub mod fuzzing;
pub mod oasis;
pub mod observe;
pub mod profiles;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod tls;
