//! Flags of `fuzz`, `replay` and `minimize`; `args.rs` has those of other verbs.

use super::args::TargetArgs;
use super::settings::{TargetSettings, parse_duration};
use crate::fuzzing::Oracle;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use regex::Regex;
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `fuzz`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct FuzzArgs {
    /// Something else than fuzzing.
    #[command(subcommand)]
    pub verb: Option<FuzzVerb>,
    #[command(flatten)]
    pub(super) peer: FuzzPeerArgs,
    /// How long
    #[arg(long, help_heading = "Fuzzing", value_name = "TIME", value_parser = parse_duration, default_value = "60s", env = "KMIPSPEC_FUZZ_TIME")]
    pub time: Duration,
    /// Inputs at most; each is a conversation of one to eight messages
    #[arg(long, help_heading = "Fuzzing", value_name = "N")]
    pub runs: Option<u64>,
    /// Where chance begins; the same seed makes the same inputs as long as the server answers alike [default: from the clock]
    #[arg(long, help_heading = "Fuzzing", value_name = "N")]
    pub seed: Option<u64>,
    /// Inputs a second at most; 0: as many as there can be
    #[arg(long, help_heading = "Fuzzing", value_name = "N", default_value_t = 1000)]
    pub rate: u32,
    /// Inputs to begin with, beside those built in, from a folder of any files; inputs that show something new are added to it
    #[arg(long, help_heading = "Fuzzing", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub corpus: Option<PathBuf>,
    /// Change the first inputs alone, whatever the server, or the client, shows: to compare
    #[arg(long, help_heading = "Fuzzing")]
    pub unguided: bool,
    /// Workers side by side, each with connections of its own; time, inputs and rate are those of all together. With more than one the same seed does not make the same run
    #[arg(long, help_heading = "Fuzzing", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Instead of fuzzing: play what is in --corpus and in these folders, and add to --corpus as few of the others as show everything that all show
    #[arg(long, help_heading = "Fuzzing", value_name = "DIR", value_hint = ValueHint::DirPath, num_args = 1.., requires = "corpus", conflicts_with_all = ["runs", "unguided", "jobs", "pid", "oracles", "junit", "json", "sarif"])]
    pub merge: Vec<PathBuf>,
    /// The process of the server, where it runs on this machine: its memory and open files are watched (O9, O14)
    #[arg(long, help_heading = "Fuzzing", value_name = "PID")]
    pub pid: Option<u32>,
    /// Fuzz a client instead of a server: the bundled server makes the answers, and some are damaged
    #[arg(long, help_heading = "Fuzzing a client", requires = "listen", conflicts_with_all = ["talkers", "restart_cmd", "rate", "corpus", "jobs", "pid", "oracles"])]
    pub as_server: bool,
    /// Where the client finds us; port 0: any that is free
    #[arg(long, help_heading = "Fuzzing a client", value_name = "HOST:PORT", requires = "as_server")]
    pub listen: Option<String>,
    /// A command of the shell that runs the client once; it finds KMIP_HOST, KMIP_PORT, KMIP_CA, KMIP_CERT and KMIP_KEY among its variables, and has --timeout [default: whoever connects is answered, and nobody looks what becomes of it]
    #[arg(long, help_heading = "Fuzzing a client", value_name = "COMMAND", requires = "as_server")]
    pub command: Option<String>,
    /// What the client writes to standard error when it crashes, as a regular expression, besides what is known of programs; its groups, where it has some, say which crash it is
    #[arg(long, help_heading = "Fuzzing a client", value_name = "REGEX", requires = "command")]
    pub crash_text: Option<Regex>,
    /// Give the answers of a finding, from its record, and say what becomes of the client
    #[arg(long, help_heading = "Fuzzing a client", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "as_server")]
    pub answers: Option<PathBuf>,
    /// Only these oracles: `O1,O5`. O7, differences from the bundled server, counts only where it is named
    #[arg(long, help_heading = "Findings", value_name = "ORACLES", value_delimiter = ',', value_parser = parse_oracle)]
    pub oracles: Vec<Oracle>,
    /// Where findings are written: bytes, record, and in its folder `fuzz` a scenario for each
    #[arg(long, help_heading = "Findings", value_name = "DIR", value_hint = ValueHint::DirPath, default_value = "findings")]
    pub findings: PathBuf,
    /// End after so many
    #[arg(long, help_heading = "Findings", value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_findings: u16,
    /// Write the outcome as JUnit XML (`-` is stdout)
    #[arg(long, help_heading = "Findings", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Write the outcome as JSON (`-` is stdout)
    #[arg(long, help_heading = "Findings", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write the findings as SARIF 2.1.0 (`-` is stdout)
    #[arg(long, help_heading = "Findings", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sarif: Option<PathBuf>,
}

/// Other things that `fuzz` does.
#[derive(Debug, Subcommand)]
pub enum FuzzVerb {
    /// Write a finding in another form
    Export(ExportArgs),
}

/// Flags of `fuzz export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file of a finding: `.kseq`, `.ttlv`, or its record
    #[arg(value_name = "FINDING", value_hint = ValueHint::FilePath)]
    pub finding: PathBuf,
    /// The form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: ExportForm,
}

/// Forms of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// A scenario, of a finding that has a record.
    Yaml,
    /// Hexadecimal, a line for each message.
    Hex,
    /// The XML encoding, of messages that are sound.
    Xml,
    /// Arrays of a C program.
    C,
}

/// Flags of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Files of findings, their records, or folders; payloads that other tools recorded are sent as they are
    #[arg(value_name = "FINDING", required = true, value_hint = ValueHint::AnyPath)]
    pub findings: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) peer: FuzzPeerArgs,
    /// Only these oracles: `O1,O5`. O7, differences from the bundled server, counts only where it is named
    #[arg(long, value_name = "ORACLES", value_delimiter = ',', value_parser = parse_oracle)]
    pub oracles: Vec<Oracle>,
    /// Say each input so often, or until it shows something: what comes now and then, or grows
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub times: u32,
    /// The process of the server, where it runs on this machine: its memory and open files are looked at after each (O9, O14)
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,
    /// Show every message
    #[arg(long)]
    pub messages: bool,
}

/// Flags of `minimize`.
#[derive(Debug, Args)]
pub struct MinimizeArgs {
    /// The file of a finding, or its record
    #[arg(value_name = "FINDING", value_hint = ValueHint::FilePath)]
    pub finding: PathBuf,
    #[command(flatten)]
    pub(super) peer: FuzzPeerArgs,
    /// Only these oracles: `O1,O5`. O7, differences from the bundled server, counts only where it is named
    #[arg(long, value_name = "ORACLES", value_delimiter = ',', value_parser = parse_oracle)]
    pub oracles: Vec<Oracle>,
    /// File to write [default: the name of the finding with `.min` in it]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// The server, who talks to it, and how it is started again.
#[derive(Debug, Args)]
pub struct FuzzPeerArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Who talks to the server, in turn: identities of the target, two at most [default: alice and bob, where there are]
    #[arg(long = "as", help_heading = "Target", value_name = "NAME", value_delimiter = ',')]
    pub talkers: Vec<String>,
    /// Longest wait for a connection, a handshake or an answer
    #[arg(long, help_heading = "Target", value_name = "TIME", value_parser = parse_duration, env = "KMIPSPEC_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// A command of the shell that starts the server again when it is gone; without it the first crash is the end
    #[arg(long, help_heading = "Target", value_name = "COMMAND")]
    pub restart_cmd: Option<String>,
}

impl FuzzPeerArgs {
    /// The second step: where the peer is.
    pub fn target_settings(&self) -> TargetSettings {
        self.target.settings()
    }
}

/// `O5`, in either case.
fn parse_oracle(text: &str) -> Result<Oracle, String> {
    let of_servers = |oracle: &Oracle| Oracle::SERVER.contains(oracle) || *oracle == Oracle::O7;
    let found = Oracle::from_id(&text.trim().to_uppercase()).filter(of_servers);
    found.ok_or_else(|| "there are O1 to O14".to_owned())
}
