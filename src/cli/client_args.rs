//! Flags of `client`; `args.rs` has those of other verbs.

use super::settings::{RunSettings, SelectionSettings, TargetSettings, TlsSettings, parse_duration};
use crate::client_suite::Command;
use crate::scenario::version_set::VersionSet;
use clap::{Args, ValueHint};
use regex::Regex;
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `client`.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// Case ids, the beginning of one up to a dot (`client.locate`), or patterns with `*`; all when none is given
    #[arg(value_name = "SELECTION")]
    pub patterns: Vec<String>,
    /// Where the client finds us; port 0: any that is free
    #[arg(
        long,
        help_heading = "Client",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:0",
        env = "KMIPSPEC_LISTEN"
    )]
    pub listen: String,
    /// A command of the shell that does one task with the client and ends with 0 if it was done, with another code if not; it finds
    /// KMIP_HOST, KMIP_PORT, KMIP_CA, KMIP_CERT and KMIP_KEY among its variables, and with --version KMIP_VERSION. May be repeated, with
    /// names: `locate=COMMAND`
    #[arg(long, help_heading = "Client", value_name = "COMMAND", value_parser = parse_command)]
    pub command: Vec<Command>,
    /// Versions that the client is told to speak in KMIP_VERSION, one after the other: `1.4`, `1.0..=1.4`; may be repeated [default: it is
    /// told none, and judged by what it speaks]
    #[arg(long, help_heading = "Client", value_name = "VERSION", value_parser = VersionSet::parse)]
    pub version: Vec<VersionSet>,
    /// Longest run of the client
    #[arg(long, help_heading = "Client", value_name = "TIME", value_parser = parse_duration, default_value = "10s")]
    pub timeout: Duration,
    /// What the client writes to standard error when it crashes, as a regular expression, besides what is known of programs
    #[arg(long, help_heading = "Client", value_name = "REGEX")]
    pub crash_text: Option<Regex>,
    /// Show the cases, and start nothing
    #[arg(long, help_heading = "Client", conflicts_with_all = ["junit", "json", "markdown", "tap", "sarif", "html"])]
    pub list: bool,
    /// Known failures; an entry that no longer holds fails the run
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub expectations: Vec<PathBuf>,
    /// Write results as JUnit XML (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    junit: Option<PathBuf>,
    /// Write results as JSON, with every message (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    json: Option<PathBuf>,
    /// Write a summary in Markdown (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    markdown: Option<PathBuf>,
    /// Write results as TAP 14 (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    tap: Option<PathBuf>,
    /// Write failures as SARIF 2.1.0 (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    sarif: Option<PathBuf>,
    /// Write a page to look at: one HTML file (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// A SHOULD that is not met fails the run, too
    #[arg(long, help_heading = "Results")]
    strict: bool,
    /// Show passwords and key material in reports; without this their bytes are replaced by `*`
    #[arg(long, help_heading = "Results")]
    show_secrets: bool,
    /// Print failures and the total only
    #[arg(long, short, help_heading = "Results")]
    quiet: bool,
}

impl ClientArgs {
    /// Where results go, as for a run against a server.
    pub(super) fn results(&self) -> RunSettings {
        RunSettings {
            target: TargetSettings::default(),
            selection: SelectionSettings::default(),
            oasis: None,
            tls: TlsSettings::default(),
            jobs: None,
            timeout: None,
            expectations: self.expectations.clone(),
            junit: self.junit.clone(),
            json: self.json.clone(),
            markdown: self.markdown.clone(),
            tap: self.tap.clone(),
            sarif: self.sarif.clone(),
            html: self.html.clone(),
            strict: self.strict,
            show_secrets: self.show_secrets,
            quiet: self.quiet,
        }
    }

    /// How the client is named on a command line, for commands that run a case again.
    pub(super) fn words(&self) -> Vec<String> {
        let command = |command: &Command| ["--command".to_owned(), command.to_string()];
        let mut words: Vec<String> = self.command.iter().flat_map(command).collect();
        if let Some(crash) = &self.crash_text {
            words.extend(["--crash-text".to_owned(), crash.to_string()]);
        }
        words
    }
}

/// `locate=COMMAND`, or a command without a name; names are of small letters, so that `NAME=value command` is a command.
fn parse_command(text: &str) -> Result<Command, String> {
    let plain = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let named = text.split_once('=').filter(|(name, _)| plain(name));
    let (name, text) = named.map_or((None, text), |(name, text)| (Some(name.to_owned()), text));
    if text.trim().is_empty() {
        return Err("there is no command in it".to_owned());
    }
    Ok(Command { name, text: text.to_owned() })
}
