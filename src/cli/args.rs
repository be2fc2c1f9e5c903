//! The command line: every verb and flag, with the help text. With the other `*_args.rs` the only file that names clap.
//!
//! Parsing comes first and touches nothing; [`super::settings`] is what it comes to.

use super::client_args::ClientArgs;
use super::evidence_args::{IndexArgs, MatrixArgs, PackArgs, VerifyArgs};
use super::fuzz_args::{FuzzArgs, MinimizeArgs, ReplayArgs};
use super::measure_args::MeasureArgs;
use super::observe_args::ObserveArgs;
use super::run_args::RunArgs;
use super::serve_args::ServeArgs;
use super::serve_file;
use super::settings::{NamedIdentity, SelectionSettings, Shard, TargetSettings, parse_duration, parse_level};
use crate::client::Encoding;
use crate::exit::Exit;
use crate::runner::verdict::Level;
use crate::scenario::version_set::VersionSet;
use clap::{ArgAction, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint};
use kmipspec_protocol::version::Version;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Judges KMIP implementations: what does the standard say, what did the peer do, which bytes prove it.
#[derive(Debug, Parser)]
#[command(name = "kmipspec", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// When to colour what goes to a terminal (NO_COLOR is honoured)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", env = "KMIPSPEC_COLOR")]
    pub color: Color,
}

/// Shown after the help of the whole program; the numbers are those of [`Exit`], checked by a test.
const AFTER_HELP: &str = "\
Exit codes:
  0  all passed, or came out as expected
  1  the command line or a setting is wrong
  2  a scenario, expectations or vector file is invalid
  3  could not find out (no connection, no TLS, no answer in time, interrupted)
  4  a check failed, a known failure now passes, or an expectation matches no case
  5  nothing was selected
Where several apply, the first of 1, 2, 4, 3 wins.";

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge a server: run scenarios against it and report a verdict for each, at each version
    Run(Box<RunArgs>),
    /// Show what `run` would do with the same selection
    List(ListArgs),
    /// What differs between two runs, from the files of `run --json`: new failures, new passes, cases gone and come, measurements
    Diff(DiffArgs),
    /// Several runs side by side, from the files of `run --json`: clients, servers, cases, what came of each, and profiles
    Matrix(MatrixArgs),
    /// Make an evidence archive of results: the product sheet, the results, every message as hex and XML, and a hash of each file
    Pack(PackArgs),
    /// Check an evidence archive of anybody's: every file there and with its hash, nothing else, results as their schema says
    Verify(VerifyArgs),
    /// Make a page over a folder of published results: product, version, date, case set and counts, with a link to each
    Index(IndexArgs),
    /// Check data files (scenarios, expectations) without sending anything
    Lint(LintArgs),
    /// How much of the standard the suite judges, row by row of its tables, and why the rest is not judged
    Coverage(CoverageArgs),
    /// The conformance profiles, and what each demands
    Profiles(ProfilesArgs),
    /// What a case sends, what it expects and why; or what a rule of the schema checker says
    Explain(ExplainArgs),
    /// Read a message: hex, binary, XML or JSON in; annotated dump, XML, JSON or hex out
    Decode(DecodeArgs),
    /// Make a message: XML or JSON in, binary out
    Encode(EncodeArgs),
    /// Start the reference server
    Serve(Box<ServeArgs>),
    /// Judge the suite itself: run it once for each quirk of the bundled server, and show which are found, and by which rules
    SelfCheck(SelfCheckArgs),
    /// Look at a server's TLS: versions, every cipher suite, certificates, and what the authentication suites of the Profiles say
    Tls(Box<TlsArgs>),
    /// Judge a client: start it once for each case, answer as the standard allows, and see what it makes of it
    Client(Box<ClientArgs>),
    /// Measure limits that the standard leaves to a server: Time Stamps, sizes, batches, Locate, silence
    Measure(Box<MeasureArgs>),
    /// Stand between clients and a server: pass on what they say, judge both sides, and write each conversation as a scenario
    Observe(Box<ObserveArgs>),
    /// Attack a server with changed conversations, look for what no server may do, and write each finding as a scenario
    Fuzz(Box<FuzzArgs>),
    /// Send findings of `fuzz`, or inputs of any other fuzzer, once more to any server
    Replay(Box<ReplayArgs>),
    /// Make a finding smaller, as long as the server shows it
    Minimize(Box<MinimizeArgs>),
    /// Make a client known to the reference server: a package with all it needs; or approve one that waits
    Enroll(EnrollArgs),
    /// Print the JSON Schema of a kind of file
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the man page (troff)
    Man,
}

/// Which cases, at which versions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Case ids, the beginning of one up to a dot (`operations.create`), or patterns with `*`; all when none is given
    #[arg(value_name = "SELECTION")]
    patterns: Vec<String>,
    /// Only at these versions: `1.4`, `1.0..=1.4`, `2.0..`, `1.x`; may be repeated
    #[arg(long, value_name = "VERSION", value_parser = VersionSet::parse, env = "KMIPSPEC_VERSION")]
    version: Vec<VersionSet>,
    /// Only these suites (`smoke`, or the first part of an id); may be repeated
    #[arg(long, value_name = "SUITE", value_delimiter = ',', env = "KMIPSPEC_SUITE")]
    suite: Vec<String>,
    /// Only rules of this level or stronger: MAY, SHOULD or SHALL
    #[arg(long, value_name = "LEVEL", value_parser = parse_level, env = "KMIPSPEC_LEVEL")]
    level: Option<Level>,
    /// Only the i-th of n parts
    #[arg(long, value_name = "I/N", env = "KMIPSPEC_SHARD")]
    shard: Option<Shard>,
    /// Only cases that change nothing on the server: they look, and ask for objects that are not there
    #[arg(long, env = "KMIPSPEC_READ_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    read_only: bool,
    /// Only what judges this conformance profile, with a verdict on it at the end: `baseline-server-2.1`, without its version
    /// at all of them, a pattern with `*`, or `all`; may be repeated. `kmipspec profiles` lists them
    #[arg(long, value_name = "PROFILE", env = "KMIPSPEC_PROFILE")]
    profile: Vec<String>,
    /// A folder with scenarios of your own, beside the built-in ones; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "KMIPSPEC_SCENARIOS")]
    scenarios: Vec<PathBuf>,
}

/// Where the peer is and who we are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// The server to judge [default: the bundled one, in process]
    #[arg(long, value_name = "HOST:PORT", value_hint = ValueHint::Hostname, env = "KMIPSPEC_TARGET")]
    target: Option<String>,
    /// A file that describes the server, its identities and what it supports
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_TARGET_FILE")]
    target_file: Option<PathBuf>,
    /// Authorities that may have signed the server's certificate (PEM)
    #[arg(long, value_name = "PEM", value_hint = ValueHint::FilePath, env = "KMIPSPEC_CA")]
    ca: Option<PathBuf>,
    /// Our client certificate, identity `alice` (PEM)
    #[arg(long, value_name = "PEM", requires = "key", value_hint = ValueHint::FilePath, env = "KMIPSPEC_CERT")]
    cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "PEM", requires = "cert", value_hint = ValueHint::FilePath, env = "KMIPSPEC_KEY")]
    key: Option<PathBuf>,
    /// A further client identity, `bob` or `expired` for example; may be repeated
    #[arg(long, value_name = "NAME=CERT,KEY")]
    identity: Vec<NamedIdentity>,
    /// Name to ask for and to check the server's certificate against, where it is not the host
    #[arg(long, value_name = "NAME", env = "KMIPSPEC_SERVER_NAME")]
    server_name: Option<String>,
    /// Take any server certificate
    #[arg(long)]
    insecure: bool,
    /// How messages travel: raw TTLV, or TTLV, XML or JSON over HTTPS [default: ttlv]
    #[arg(long, value_enum, value_name = "ENCODING", env = "KMIPSPEC_ENCODING")]
    encoding: Option<Carrier>,
    /// Path of KMIP over HTTPS [default: /kmip]
    #[arg(long, value_name = "PATH", env = "KMIPSPEC_HTTP_PATH")]
    http_path: Option<String>,
    /// Username for the Credential in each request
    #[arg(long, value_name = "NAME", env = "KMIPSPEC_USERNAME")]
    username: Option<String>,
    /// Password for it; better given as KMIPSPEC_PASSWORD, which other users cannot see
    #[arg(long, value_name = "PASSWORD", env = "KMIPSPEC_PASSWORD", hide_env_values = true, requires = "username")]
    password: Option<String>,
}

/// How the messages of a run travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Carrier {
    /// TTLV straight over TLS.
    Ttlv,
    /// TTLV in HTTPS.
    Https,
    /// XML in HTTPS.
    Xml,
    /// JSON in HTTPS.
    Json,
}

impl From<Carrier> for Encoding {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Ttlv => Self::Ttlv,
            Carrier::Https => Self::Https,
            Carrier::Xml => Self::Xml,
            Carrier::Json => Self::Json,
        }
    }
}

/// Flags of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// One line of JSON for each case
    #[arg(long)]
    pub json: bool,
}

/// Flags of `diff`. Exit code 4: something fails now that did not; 3: the later run was cut short, or could not find out what the
/// earlier one had.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier run
    #[arg(value_name = "BEFORE", value_hint = ValueHint::FilePath)]
    pub before: PathBuf,
    /// The later run
    #[arg(value_name = "AFTER", value_hint = ValueHint::FilePath)]
    pub after: PathBuf,
    /// Write it as JSON (`-` is stdout)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
}

/// Flags of `self-check`.
#[derive(Debug, Args)]
pub struct SelfCheckArgs {
    /// Only these quirks, by name or pattern with `*`; may be repeated
    #[arg(long, value_name = "NAME")]
    pub quirk: Vec<String>,
    /// Only the i-th of n parts of them
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// For each quirk only the cases among its rules, and a part of the others that differs by quirk. Good when each is found;
    /// rules it does not name are told, and held against it in the whole check only
    #[arg(long)]
    pub quick: bool,
    /// With --quick: which part of the other cases a quirk meets first; another number, other cases
    #[arg(long, value_name = "N", requires = "quick", default_value_t = 0, hide_default_value = true)]
    pub turn: usize,
    /// Only at these versions; may be repeated. That a rule says nothing is no fault then
    #[arg(long, value_name = "VERSION", value_parser = VersionSet::parse)]
    pub version: Vec<VersionSet>,
    /// Servers at once [default: 4]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// Write the matrix as JSON, with every rule that reports a quirk
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// A folder with scenarios of your own, beside the built-in ones; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub scenarios: Vec<PathBuf>,
}

/// Flags of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files or folders; the built-in scenarios when none is given
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
}

/// Flags of `coverage`.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// This version alone
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<Version>)]
    pub version: Option<Version>,
    /// This table alone: errors, reasons, attributes, payloads, states, placeholder, statements
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,
    /// List every row that is not judged, with the reason where there is one
    #[arg(long)]
    pub missing: bool,
    /// Write every row with the cases that judge it as JSON (`-` is stdout)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Folders with scenarios of your own
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "KMIPSPEC_SCENARIOS")]
    pub scenarios: Vec<PathBuf>,
}

/// Flags of `profiles`.
#[derive(Debug, Args)]
pub struct ProfilesArgs {
    /// What these demand: `baseline-server-2.1`, without its version at all of them, or a pattern with `*`
    #[arg(value_name = "PROFILE")]
    pub names: Vec<String>,
    /// One line of JSON for each profile
    #[arg(long)]
    pub json: bool,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A case id, or a rule id such as `schema.field-order`
    #[arg(value_name = "ID")]
    pub id: String,
    /// At this version [default: the newest the case covers]
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<Version>)]
    pub version: Option<Version>,
    /// Folders with scenarios of your own
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "KMIPSPEC_SCENARIOS")]
    pub scenarios: Vec<PathBuf>,
}

/// How a message is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Hexadecimal digits; white space, `#` comments and the `|` of the standard's examples are skipped.
    Hex,
    /// TTLV bytes.
    Binary,
    /// The XML encoding.
    Xml,
    /// The JSON encoding.
    Json,
}

/// How `decode` shows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// Annotated hexadecimal: offset, bytes, tag, type, length and value of every item, faults in place.
    Dump,
    /// One line for every item: name and value.
    Tree,
    /// Hexadecimal digits.
    Hex,
    /// TTLV bytes.
    Binary,
    /// The XML encoding.
    Xml,
    /// The JSON encoding.
    Json,
}

/// Flags of `decode`.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// File to read (`-` is stdin)
    #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The form of the input [default: told from its first bytes]
    #[arg(long, value_enum, value_name = "FORM")]
    pub from: Option<Form>,
    /// The form of the output
    #[arg(long, value_enum, value_name = "FORM", default_value_t = View::Dump)]
    pub to: View,
    /// Judge the message against the tables of this version [default: the one in its header]
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<Version>)]
    pub version: Option<Version>,
}

/// Flags of `encode`.
#[derive(Debug, Args)]
pub struct EncodeArgs {
    /// File to read (`-` is stdin)
    #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The form of the input [default: told from its first bytes]
    #[arg(long, value_enum, value_name = "FORM")]
    pub from: Option<Form>,
    /// The form of the output [default: binary to a file or pipe, hex to a terminal]
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<Form>,
    /// File to write (`-` is stdout)
    #[arg(long, short, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}

/// How suites are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TlsMode {
    /// All at once, then the rest: few connections, and the server's order.
    Fast,
    /// One connection for each suite at each version.
    Each,
}

impl From<TlsMode> for crate::tls::Mode {
    fn from(mode: TlsMode) -> Self {
        match mode {
            TlsMode::Fast => Self::Fast,
            TlsMode::Each => Self::Each,
        }
    }
}

/// Flags of `tls`.
#[derive(Debug, Args)]
#[command(after_help = TLS_AFTER_HELP)]
pub struct TlsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// How suites are asked for
    #[arg(long, help_heading = "Looking", value_enum, value_name = "MODE", default_value = "fast")]
    pub mode: TlsMode,
    /// Longest wait for a connection or an answer; three such waits of one version end the search there
    #[arg(long, help_heading = "Looking", value_name = "TIME", value_parser = parse_duration, default_value = "2s", env = "KMIPSPEC_TIMEOUT")]
    pub timeout: Duration,
    /// Connections side by side
    #[arg(long, help_heading = "Looking", short, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Connections in all
    #[arg(long, help_heading = "Looking", value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// The authentication suite that has to be met (`basic-2.1`), exit code 4 if it is not; may be repeated [default: all are judged, none fails]
    #[arg(long, help_heading = "Results", value_name = "SUITE", value_delimiter = ',')]
    pub suite: Vec<String>,
    /// Judge those by what matters in practice: mandatory cipher suites there, nothing below TLS 1.2, no NULL, anonymous, export, 40 or 56 bit
    #[arg(long, help_heading = "Results", requires = "suite")]
    pub practical: bool,
    /// Write all that was seen as JSON (`-` is stdout)
    #[arg(long, help_heading = "Results", value_name = "FILE", value_hint = ValueHint::FilePath, env = "KMIPSPEC_JSON")]
    pub json: Option<PathBuf>,
}

/// Shown after the help of `tls`.
const TLS_AFTER_HELP: &str = "\
Trust is judged only where --ca is given. No client certificate is needed; with --cert and --key
the handshakes are completed as a client that the server knows. TLS 1.0, 1.1 and old suites of
TLS 1.2 are only selected, unless this was built with --features legacy-tls.
A suite whose text is known at second hand only is reported as indicative; with --suite, exit
code 3 says that something indicative stands against it, or that it could not be found out.";

/// Flags of `enroll`.
#[derive(Debug, Args)]
pub struct EnrollArgs {
    /// Who the client is: owner of what it makes; to approve, the fingerprint of its certificate will do
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folder of `serve --registry`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub registry: PathBuf,
    /// Folder for the package: `client.pem`, `client.key.pem`, `ca.pem`, `registration.json`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "approve", requires = "ca")]
    pub package: Option<PathBuf>,
    /// The server's CA certificate (PEM), `ca.pem` in its folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,
    /// The server's address, for the package
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5696")]
    pub address: String,
    /// The certificate is good for nothing but getting another one: Re-Provision, or Register and Certify
    #[arg(long)]
    pub bootstrap: bool,
    /// Nothing is issued before `enroll NAME --approve`
    #[arg(long, requires = "bootstrap")]
    pub needs_approval: bool,
    /// Gets a tenant identifier: certificates with it as organization are bootstrap certificates of sub-clients
    #[arg(long, conflicts_with = "bootstrap")]
    pub tenant: bool,
    /// Each sub-client has to be approved, too, as NAME/SUBCLIENT
    #[arg(long, requires = "tenant")]
    pub approve_sub_clients: bool,
    /// Sub-clients come from this address only
    #[arg(long, value_name = "IP", requires = "tenant")]
    pub sub_clients_from: Option<std::net::IpAddr>,
    /// Approve a client that waits
    #[arg(long, conflicts_with = "package")]
    pub approve: bool,
}

/// Kinds of file that have a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// What `run --json` writes.
    Results,
    /// What `tls --json` writes.
    Tls,
    /// What `diff --json` writes.
    Diff,
    /// What `matrix --json` writes.
    Matrix,
    /// What `measure --json` writes.
    Measure,
    /// What `observe --json` writes.
    Observed,
    /// The manifest of an evidence archive.
    Manifest,
    /// A scenario, for editors.
    Scenario,
    /// A family of profiles, for editors.
    Profile,
}

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The kind of file
    #[arg(value_enum, value_name = "KIND")]
    pub kind: SchemaKind,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Parses; help and version are printed here, and so is what is wrong.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Arguments, Exit> {
    let tell = |error: clap::Error| {
        // A closed pipe is not an error.
        let _ = error.print();
        if error.use_stderr() { Exit::Usage } else { Exit::Success }
    };
    let program = definition();
    let mut words: Vec<OsString> = arguments.collect();
    let mut matches = program.clone().try_get_matches_from(&words).map_err(tell)?;
    let (mut objects, mut access) = (None, Vec::new());
    if let Some(serve) = matches.subcommand_matches("serve")
        && let Some(path) = serve.get_one::<PathBuf>("config")
    {
        let file = serve_file::read(path, &program, serve).map_err(|e| {
            eprintln!("kmipspec: failed to read the settings\n{e}");
            Exit::Usage
        })?;
        words.extend(file.words);
        (objects, access) = (file.objects, file.access);
        matches = program.try_get_matches_from(&words).map_err(tell)?;
    }
    let mut arguments = Arguments::from_arg_matches(&matches).map_err(tell)?;
    if let Verb::Serve(serve) = &mut arguments.verb {
        (serve.objects, serve.access) = (objects, access);
    }
    Ok(arguments)
}

/// The command line, with a variable for every flag of `serve`: `--state-key` is KMIPSPEC_STATE_KEY.
pub(super) fn definition() -> Command {
    // What has no use there is told when it is given.
    let all = Arguments::command().mut_subcommands(|verb| match verb.get_name() {
        "observe" => verb.mut_arg("encoding", |flag| flag.hide(true)).mut_arg("http_path", |flag| flag.hide(true)),
        _ => verb,
    });
    all.mut_subcommand("serve", |serve| {
        serve.mut_args(|mut flag| {
            if let (Some(name), None) = (flag.get_long(), flag.get_env()) {
                // A few dozen names, once: clap without its feature `string` wants them to live for ever.
                // Of `run` these are the client's.
                let whose = if matches!(name, "cert" | "key" | "ca") { "SERVER_" } else { "" };
                let name = format!("KMIPSPEC_{whose}{}", name.to_uppercase().replace('-', "_")).leak();
                flag = flag.env(&*name);
            }
            match flag.get_action() {
                // In a variable, several values stand on lines of their own.
                ArgAction::Append if flag.get_value_delimiter().is_none() => flag.value_delimiter('\n'),
                ArgAction::SetTrue => flag.value_parser(clap::builder::FalseyValueParser::new()),
                _ => flag,
            }
        })
    })
}

/// Writes the completion script for a shell.
pub fn completions(args: &CompletionsArgs, out: &mut dyn io::Write) {
    clap_complete::generate(args.shell, &mut definition(), "kmipspec", &mut BrokenPipeIsFine(out));
}

/// Writes the man page.
pub fn man(out: &mut dyn io::Write) -> io::Result<()> {
    let mut command = definition();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for verb in command.get_subcommands().filter(|c| c.get_name() != "help") {
        clap_mangen::Man::new(verb.clone()).render(out)?;
    }
    Ok(())
}

/// clap_complete panics when a write fails; a reader that went away is no reason to.
struct BrokenPipeIsFine<'a>(&'a mut dyn io::Write);

impl io::Write for BrokenPipeIsFine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes).unwrap_or(bytes.len()))
    }
    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

impl TlsArgs {
    /// The second step: where the peer is.
    pub fn target_settings(self) -> TargetSettings {
        self.target.settings()
    }
}

impl TargetArgs {
    pub(super) fn settings(&self) -> TargetSettings {
        TargetSettings {
            address: self.target.clone(),
            file: self.target_file.clone(),
            ca: self.ca.clone(),
            cert: self.cert.clone(),
            key: self.key.clone(),
            identities: self.identity.clone(),
            server_name: self.server_name.clone(),
            insecure: self.insecure,
            encoding: self.encoding.map(Encoding::from),
            http_path: self.http_path.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
        }
    }
}

impl SelectionArgs {
    pub(super) fn settings(self) -> SelectionSettings {
        let versions = (!self.version.is_empty()).then(|| self.version.iter().flat_map(|set| set.iter()).collect());
        SelectionSettings {
            patterns: self.patterns,
            versions,
            suites: self.suite,
            level: self.level,
            shard: self.shard,
            read_only: self.read_only,
            profiles: self.profile,
            scenarios: self.scenarios,
        }
    }
}

impl ListArgs {
    /// The second step: plain settings.
    pub fn selection(self) -> SelectionSettings {
        self.selection.settings()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn every_flag_of_serve_has_a_variable() {
        let program = definition();
        let serve = program.find_subcommand("serve").expect("there");
        for flag in serve.get_arguments().filter(|flag| flag.get_long() != Some("help")) {
            assert!(flag.get_env().is_some(), "{:?}", flag.get_long());
        }
    }

    #[test]
    fn help_lists_the_exit_codes() {
        for exit in Exit::ALL {
            let line = format!("  {}  {}", exit.code(), exit.meaning());
            assert!(AFTER_HELP.contains(&line), "{line:?} is missing");
        }
    }

    #[test]
    fn every_verb_has_completions_and_a_page() {
        let mut page = Vec::new();
        man(&mut page).expect("a vector takes all");
        let page = String::from_utf8(page).expect("troff is text");
        for verb in Arguments::command().get_subcommands() {
            let title = format!("kmipspec\\-{}", verb.get_name().replace('-', "\\-"));
            assert!(page.contains(&title), "{title}");
        }
        let mut script = Vec::new();
        completions(&CompletionsArgs { shell: clap_complete::Shell::Bash }, &mut script);
        assert!(String::from_utf8(script).expect("a script is text").contains("--expectations"));
    }
}
