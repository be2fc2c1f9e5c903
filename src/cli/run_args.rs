//! Flags of `run`; `args.rs` has those of other verbs.

use super::args::{SelectionArgs, TargetArgs};
use super::settings::{LookAtTls, RunSettings, TlsSettings, parse_duration};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Flags of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Run the test cases that OASIS publishes, in place of scenarios: a folder with its XML files. With --profile, those of
    /// the profile beside what else judges it
    #[arg(long, help_heading = "Selection", value_name = "DIR", value_hint = ValueHint::AnyPath, conflicts_with_all = ["scenarios", "read_only"])]
    oasis: Option<PathBuf>,
    /// Cases in flight at once [default: one per processor]
    #[arg(long, help_heading = "Running", short, value_name = "N", env = "KMIPSPEC_JOBS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Longest wait for a connection, a handshake or an answer
    #[arg(long, help_heading = "Running", value_name = "TIME", value_parser = parse_duration, env = "KMIPSPEC_TIMEOUT")]
    timeout: Option<Duration>,
    /// Known failures; an entry that no longer holds fails the run
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_EXPECTATIONS")]
    expectations: Vec<PathBuf>,
    /// Write results as JUnit XML (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_JUNIT")]
    junit: Option<PathBuf>,
    /// Write results as JSON, with every message (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_JSON")]
    json: Option<PathBuf>,
    /// Write a summary in Markdown, for a GitHub step summary for example (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_MARKDOWN")]
    markdown: Option<PathBuf>,
    /// Write results as TAP 14, the Test Anything Protocol (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_TAP")]
    tap: Option<PathBuf>,
    /// Write failures as SARIF 2.1.0, for code hosts and collectors of findings (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_SARIF")]
    sarif: Option<PathBuf>,
    /// Write a page to look at: one HTML file with a matrix, every case, and the messages of what did not pass (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_HTML")]
    html: Option<PathBuf>,
    /// When to look at the server's TLS, as `kmipspec tls` does: `auto` in a run that no id, no suite and no --quiet cuts down, and with
    /// --profile
    #[arg(long, help_heading = "TLS", value_enum, value_name = "WHEN", default_value_t = TlsLookWhen::Auto, env = "KMIPSPEC_TLS_LOOK")]
    tls_look: TlsLookWhen,
    /// An authentication suite of the Profiles that has to be met (`basic-2.1`), as with `tls --suite`: a case `tls.basic-2.1` of the
    /// run; may be repeated [default: what each says is told, none fails]
    #[arg(long, help_heading = "TLS", value_name = "SUITE", value_delimiter = ',', env = "KMIPSPEC_TLS_SUITE")]
    tls_suite: Vec<String>,
    /// Judge those by what matters in practice, as with `tls --practical`
    #[arg(long, help_heading = "TLS", requires = "tls_suite")]
    tls_practical: bool,
    /// A SHOULD that is not met fails the run, too
    #[arg(long, help_heading = "Results", env = "KMIPSPEC_STRICT", value_parser = clap::builder::FalseyValueParser::new())]
    strict: bool,
    /// Show passwords and key material in reports; without this their bytes are replaced by `*`
    #[arg(long, help_heading = "Results")]
    show_secrets: bool,
    /// Print failures and the total only
    #[arg(long, short, help_heading = "Results")]
    quiet: bool,
}

/// When a run looks at the server's TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TlsLookWhen {
    /// In a run that is about the whole server.
    Auto,
    /// In every run.
    Always,
    /// In none.
    Never,
}

impl From<TlsLookWhen> for LookAtTls {
    fn from(when: TlsLookWhen) -> Self {
        match when {
            TlsLookWhen::Auto => Self::Auto,
            TlsLookWhen::Always => Self::Always,
            TlsLookWhen::Never => Self::Never,
        }
    }
}

impl RunArgs {
    /// The second step: plain settings.
    pub fn settings(self) -> RunSettings {
        RunSettings {
            target: self.target.settings(),
            selection: self.selection.settings(),
            oasis: self.oasis,
            tls: TlsSettings { look: self.tls_look.into(), suites: self.tls_suite, practical: self.tls_practical },
            jobs: self.jobs.map(usize::from),
            timeout: self.timeout,
            expectations: self.expectations,
            junit: self.junit,
            json: self.json,
            markdown: self.markdown,
            tap: self.tap,
            html: self.html,
            sarif: self.sarif,
            strict: self.strict,
            show_secrets: self.show_secrets,
            quiet: self.quiet,
        }
    }
}
