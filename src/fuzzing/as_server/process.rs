//! The client under test: a command of the shell, what becomes of it, and how much memory it takes.

use crate::fuzzing::wire::memory;
use regex::{Captures, Regex};
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Time between two looks at a process.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes of standard error that are kept, the last ones.
const KEPT: usize = 16 << 10;

/// What a crash says, of clients that end with an ordinary exit code.
const CRASHED: &str =
    r"panicked at |^panic: |AddressSanitizer|runtime error: |Segmentation fault|core dumped|terminate called";

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long.
    pub time: Duration,
    /// Memory of its largest process, in bytes.
    pub memory: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With an exit code that says nothing of a crash.
    Exit(i32),
    /// By a signal, or with words of a crash; which.
    Crash(String),
    /// It went on beyond its time, and was ended.
    Hang,
    /// It took more memory than it may, in bytes, and was ended.
    Memory(u64),
    /// It was ended because the user wants the end.
    Stopped,
}

impl End {
    /// Whether that is a fault of the client.
    pub const fn is_fault(&self) -> bool {
        matches!(self, Self::Crash(_) | Self::Hang | Self::Memory(_))
    }
}

/// The client under test.
#[derive(Debug)]
pub struct Client {
    command: String,
    environment: Vec<(String, String)>,
    crashed: Vec<Regex>,
}

/// A run: how it ended, the last of what it wrote to standard error, and how much memory it took, in bytes, where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub end: End,
    /// The last of standard error.
    pub said: String,
    /// The most memory that one process took.
    pub memory: u64,
    /// How long it took.
    pub took: Duration,
}

impl Client {
    /// A command with these variables; `crash` is what it says when it crashes, besides what others say.
    pub fn new(command: &str, environment: Vec<(String, String)>, crash: Option<Regex>) -> Self {
        let known = Regex::new(&format!("(?m){CRASHED}")).ok();
        Self { command: command.to_owned(), environment, crashed: known.into_iter().chain(crash).collect() }
    }

    /// Runs it once.
    pub fn run(&self, limits: Limits, stopped: impl Fn() -> bool) -> io::Result<Run> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let reader = child.stderr.take().map(|pipe| std::thread::spawn(move || last_of(pipe)));
        let mut memory = 0;
        let end = loop {
            if let Some(status) = child.try_wait()? {
                break ended(status);
            }
            memory = memory.max(memory_of(child.id()));
            if stopped() {
                break End::Stopped;
            } else if started.elapsed() > limits.time {
                break End::Hang;
            } else if memory > limits.memory {
                break End::Memory(memory);
            }
            std::thread::sleep(LOOK);
        };
        let took = started.elapsed();
        // Also where it ended by itself: what it left running has the pipe open.
        kill(&mut child);
        let said = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        let end = match end {
            End::Exit(code) => match self.crashed.iter().find_map(|crash| crash.captures(&said)) {
                Some(words) => End::Crash(which(&words)),
                None => End::Exit(code),
            },
            other => other,
        };
        Ok(Run { end, said, memory, took })
    }
}

/// Which crash it is: what the groups of the expression found, or all that it found.
fn which(words: &Captures<'_>) -> String {
    let groups: Vec<&str> = words.iter().skip(1).flatten().map(|group| group.as_str().trim()).collect();
    let all = words.get(0).map_or("", |all| all.as_str().trim());
    if groups.is_empty() { all.to_owned() } else { groups.join(" ") }
}

/// A shell says 128 and the signal where one of its commands ended so.
fn ended(status: ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Crash(format!("signal {signal}"));
    }
    match status.code() {
        // Illegal instruction, trap, abort, bus error, arithmetic, segmentation fault.
        Some(code @ (132..=136 | 139)) => End::Crash(format!("signal {}", code - 128)),
        code => End::Exit(code.unwrap_or(-1)),
    }
}

/// Ends it and what it started.
fn kill(child: &mut Child) {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let mut command = Command::new("kill");
        let _ = command.args(["-s", "KILL", "--", &group]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn last_of(mut pipe: impl Read) -> String {
    let mut all = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count) = pipe.read(&mut chunk) {
        if count == 0 {
            break;
        }
        all.extend(chunk.iter().take(count));
        let more = all.len().saturating_sub(KEPT);
        all.drain(..more);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The most that a process, or one of those it started, has taken; 0 where that is not known.
fn memory_of(pid: u32) -> u64 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    children.chain([pid]).filter_map(|pid| memory(pid, "VmHWM:")).max().unwrap_or(0)
}
