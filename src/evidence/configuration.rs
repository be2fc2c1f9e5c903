//! How the server was reached, without anything secret: no password, no user name, no path of the machine that ran.

use crate::client::target::TargetFile;
use crate::report::json::Results;
use serde::Serialize;

/// `configuration.json`. What goes in is named one by one, so that nothing new of a target file goes in unseen.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    /// Of each run: what its results tell.
    runs: Vec<Run>,
    /// The target file, if one was given.
    target: Option<Target>,
}

#[derive(Debug, Serialize)]
struct Run {
    kmipspec: String,
    case_set: Option<String>,
    started: String,
    run_id: String,
    address: String,
    versions: Vec<String>,
    tls: Option<String>,
    broken: Option<String>,
}

#[derive(Debug, Serialize)]
struct Target {
    address: String,
    server_name: Option<String>,
    any_server_certificate: bool,
    encoding: Option<&'static str>,
    http_path: Option<String>,
    identities: Vec<Identity>,
    versions: Option<Vec<String>>,
    features: Vec<String>,
    listens: bool,
    disabled: Vec<Disabled>,
}

#[derive(Debug, Serialize)]
struct Identity {
    name: String,
    certificate: bool,
    password: bool,
}

#[derive(Debug, Serialize)]
struct Disabled {
    case: String,
    because: String,
}

impl Configuration {
    /// From the results and the target file.
    pub(super) fn of<'a>(runs: impl Iterator<Item = &'a Results>, target: Option<&TargetFile>) -> Self {
        Self { runs: runs.map(run).collect(), target: target.map(Target::of) }
    }
}

fn run(results: &Results) -> Run {
    Run {
        kmipspec: results.kmipspec.clone(),
        case_set: results.case_set.clone(),
        started: results.started.clone(),
        run_id: results.run_id.clone(),
        address: results.target.address.clone(),
        versions: results.target.versions.clone(),
        tls: results.target.tls.clone(),
        broken: results.broken.clone(),
    }
}

impl Target {
    fn of(file: &TargetFile) -> Self {
        let identities = file.identities.iter().map(|(name, identity)| Identity {
            name: name.clone(),
            certificate: identity.cert.is_some(),
            password: identity.password.is_some(),
        });
        let disabled =
            file.disabled.iter().map(|case| Disabled { case: case.case.clone(), because: case.because.clone() });
        Self {
            address: file.address.clone(),
            server_name: file.server_name.clone(),
            any_server_certificate: file.insecure,
            encoding: file.encoding.map(|encoding| encoding.name()),
            http_path: file.http_path.clone(),
            identities: identities.collect(),
            versions: file.supports.versions.as_ref().map(|all| all.iter().map(ToString::to_string).collect()),
            features: file.supports.features.clone(),
            listens: file.listener.is_some(),
            disabled: disabled.collect(),
        }
    }
}
