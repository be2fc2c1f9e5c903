//! A look at a host through the library, and what tests ask of it.

use kmipspec::client::{Identity, Target, Trust};
use kmipspec::tls::{Mode, Observation, Options, TlsVersion, probe};
use std::collections::BTreeSet;
use std::time::Duration;

/// The defaults, with the patience that a machine with other work to do asks for.
pub(crate) fn patient() -> Options {
    Options { timeout: Duration::from_secs(20), ..Options::default() }
}

/// Looks at an address as nobody in particular.
pub(crate) fn look(address: &str, mode: Mode) -> Observation {
    look_as(address, Options { mode, ..patient() }, None)
}

/// The same for a host that will not answer: every wait costs this.
pub(crate) fn look_briefly(address: &str) -> Observation {
    look_as(address, Options { timeout: Duration::from_secs(1), ..Options::default() }, None)
}

/// Looks at an address as somebody.
pub(crate) fn look_as(address: &str, options: Options, identity: Option<Identity>) -> Observation {
    let target = Target::new(address, Some("localhost"), &Trust::Insecure, identity).expect("a target");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(probe(&target, &options))
}

/// The names of the suites selected at a version.
pub(crate) fn suites(seen: &Observation, version: TlsVersion) -> BTreeSet<String> {
    seen.version(version).into_iter().flat_map(|v| &v.suites).map(|s| s.name.clone()).collect()
}
