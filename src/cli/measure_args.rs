//! Flags of `measure`.

use super::args::TargetArgs;
use super::settings::{TargetSettings, parse_duration};
use crate::runner::measure::Options;
use clap::{Args, ValueHint};
use kmipspec_protocol::version::Version;
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `measure`.
#[derive(Debug, Args)]
pub struct MeasureArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Longest wait for a connection, a handshake or an answer
    #[arg(long, help_heading = "Measuring", value_name = "TIME", value_parser = parse_duration, env = "KMIPSPEC_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// The version to speak [default: the highest of 1.0 to 2.1 that the server speaks]
    #[arg(long, help_heading = "Measuring", value_name = "VERSION", env = "KMIPSPEC_VERSION")]
    version: Option<Version>,
    /// Largest request to try
    #[arg(long, help_heading = "Measuring", value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(1024..=1 << 30))]
    bytes: u64,
    /// Largest batch to try
    #[arg(long, help_heading = "Measuring", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    batch: u64,
    /// Longest silence to try
    #[arg(long, help_heading = "Measuring", value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    silence: Duration,
    /// Make so many keys for Locate to find, and remove them afterwards [default: none, nothing is changed]
    #[arg(long, help_heading = "Measuring", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    objects: Option<u64>,
    /// Write it as JSON (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_JSON")]
    pub json: Option<PathBuf>,
}

impl MeasureArgs {
    /// The second step: where the peer is.
    pub fn target_settings(&self) -> TargetSettings {
        self.target.settings()
    }

    /// How far to go.
    pub fn options(&self) -> Options {
        Options {
            bytes: self.bytes,
            items: self.batch,
            silence: self.silence,
            objects: self.objects.unwrap_or(0),
            version: self.version,
        }
    }
}
