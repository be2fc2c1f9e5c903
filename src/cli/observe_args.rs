//! Flags of `observe`.

use super::args::TargetArgs;
use super::settings::{TargetSettings, parse_duration};
use clap::{Args, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `observe`.
#[derive(Debug, Args)]
pub struct ObserveArgs {
    /// Where clients find us; port 0: any that is free
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: String,
    /// The server that answers, another word for --target [default: the bundled one, in process]
    #[arg(long, value_name = "HOST:PORT", value_hint = ValueHint::Hostname, conflicts_with = "target")]
    pub upstream: Option<String>,
    #[command(flatten)]
    target: TargetArgs,
    /// Longest wait for a connection to the server, and for an answer [default: 5s and 120s]
    #[arg(long, help_heading = "Target", value_name = "TIME", value_parser = parse_duration, env = "KMIPSPEC_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// Have the bundled server deviate from the standard in this way, by name or pattern with `*`; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with_all = ["upstream", "target", "target_file"])]
    pub quirk: Vec<String>,
    /// Folder for the certificates that are made at start [default: a temporary one]
    #[arg(long, help_heading = "Clients", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cert_dir: Option<PathBuf>,
    /// Certificate (chain) that clients are shown in place of one made at start (PEM)
    #[arg(long, help_heading = "Clients", value_name = "PEM", requires = "listen_key", value_hint = ValueHint::FilePath)]
    pub listen_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, help_heading = "Clients", value_name = "PEM", requires = "listen_cert", value_hint = ValueHint::FilePath)]
    pub listen_key: Option<PathBuf>,
    /// Authorities whose clients are let in, beside the one made at start (PEM)
    #[arg(long, help_heading = "Clients", value_name = "PEM", value_hint = ValueHint::FilePath)]
    pub listen_ca: Option<PathBuf>,
    /// Write where clients find us, and their certificates, to this file as JSON when we can be connected to, as `serve` prints it
    #[arg(long, help_heading = "Clients", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ready_file: Option<PathBuf>,
    /// Write each conversation as a scenario, to the folder `observed` in this one. Key material of requests is in it
    #[arg(long, help_heading = "Results", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Write what was seen as JSON (`-` is stdout); `schema observed` describes it
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write what came of each operation as `run --json` does, for `matrix` and `diff`
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub results: Option<PathBuf>,
    /// Cover neither passwords nor key material, nowhere
    #[arg(long, help_heading = "Results")]
    pub show_secrets: bool,
    /// Start a client, and end when it has ended: a command of the shell, which finds KMIP_HOST, KMIP_PORT, KMIP_CA, KMIP_CERT and
    /// KMIP_KEY among its variables
    #[arg(long, help_heading = "End", value_name = "COMMAND")]
    pub command: Option<String>,
    /// End when so many conversations are over
    #[arg(long, help_heading = "End", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_conversations: Option<u32>,
    /// End after so long [default: at Ctrl-C]
    #[arg(long, help_heading = "End", value_name = "TIME", value_parser = parse_duration)]
    pub time: Option<Duration>,
}

impl ObserveArgs {
    /// The second step: where the server is.
    pub fn target_settings(&self) -> TargetSettings {
        let settings = self.target.settings();
        TargetSettings { address: self.upstream.clone().or(settings.address), ..settings }
    }
}
