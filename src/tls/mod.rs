//! TLS as seen from outside: which versions and suites a host takes, what it shows, and what the authentication suites of the Profiles
//! say of that. The probe writes its own ClientHello and needs no TLS library.

pub mod flight;
pub mod hello;
pub mod observation;
pub mod probe;
pub mod requirement;
pub mod suite;
pub mod verdict;
pub mod version;

mod certificate;
mod enumerate;
mod handshakes;
mod persona;
mod prober;
#[cfg(feature = "legacy-tls")]
mod renegotiation;
mod stranger;
mod suite_table;

pub(crate) use certificate::common_name;
pub use observation::{Mode, Observation};
pub use probe::{Options, probe};
pub use requirement::{AuthenticationSuite, Evidence, authentication_suite, authentication_suites};
pub use verdict::{Judgement, SuiteVerdict, judge};
pub use version::TlsVersion;
