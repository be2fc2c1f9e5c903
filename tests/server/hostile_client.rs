//! Clients that mean harm, against the server as a process of its own: damaged messages over many connections, and connections that
//! do nothing. It must not die, must not grow, must answer, and must serve whoever behaves.
//!
//! `KMIPSPEC_HOSTILE_MESSAGES=1000000 cargo test --release --test server hostile_client::` is the long run.

use crate::served::{Served, create, identifiers, kmipspec, of};
use kmipspec::client::connection::Connection;
use kmipspec::client::{ANONYMOUS, Target};
use kmipspec::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Connections that send damaged messages.
const HOSTILE: usize = 64;
/// The item Operation with the value Interop.
const INTEROP: [u8; 12] = [0x42, 0, 0x5c, 5, 0, 0, 0, 4, 0, 0, 0, 0x34];
/// What the server may have held at its worst moment, in KiB.
const MEMORY: u64 = 256 << 10;

/// xorshift64*: the same messages on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() % n.max(1)
    }
}

/// The bytes of every vector: damaged ones, and requests that were sound before we lay hands on them.
fn corpus() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for folder in ["invalid", "valid", "messages"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/ttlv").join(folder);
        for file in std::fs::read_dir(folder).expect("vectors") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
            let Some((_, bytes)) = text.split_once("\nbytes:") else { continue };
            let digits: String = bytes
                .lines()
                .take_while(|line| line.is_empty() || line.starts_with([' ', '|', '"']))
                .flat_map(|line| line.chars().filter(char::is_ascii_hexdigit))
                .collect();
            let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
            let bytes: Vec<u8> = (0..digits.len() / 2).map(|n| digit(2 * n)).collect();
            // Interop has a function that takes everybody's objects away; whoever behaves would rightly miss them.
            if !bytes.windows(INTEROP.len()).any(|w| w == INTEROP) {
                all.push(bytes);
            }
        }
    }
    assert!(all.len() > 100, "{} vectors", all.len());
    all
}

/// A message with up to four wounds. Its outer length is right, so that more can follow on the connection, unless `cut`.
fn wounded(corpus: &[Vec<u8>], random: &mut Random, cut: bool) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..random.below(5) {
        let at = random.below(bytes.len());
        match random.below(8) {
            _ if bytes.is_empty() => bytes.push(0x42),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            2 => bytes.truncate(at),
            3 => bytes.extend_from_within(at..),
            4 => drop(bytes.splice(at..at, [0x42, 0, 0x79, 1, 0xff, 0xff, 0xff, 0xf8])),
            5 => bytes.splice(at..at, vec![0x42; random.below(4_096)]).for_each(drop),
            6 => {
                // A length field, if there is one where lengths are.
                let at = at / 8 * 8;
                if let Some(length) = bytes.get_mut(at + 4..at + 8) {
                    length.copy_from_slice(&[0, 0, 0, [0, 1, 7, 9, 0xff][random.below(5)]]);
                }
            }
            _ => bytes
                .splice(8.min(bytes.len()).., [0x42, 0, 0x77, 1, 0, 0, 1, 0].repeat(random.below(200)))
                .for_each(drop),
        }
    }
    if !cut {
        bytes.resize(bytes.len().max(8), 0);
        let length = u32::try_from(bytes.len() - 8).expect("short").to_be_bytes();
        bytes[4..8].copy_from_slice(&length);
    }
    bytes
}

/// Peak and present memory of a process, KiB.
fn memory(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).expect("a field");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
    };
    (field("VmHWM:"), field("VmRSS:"))
}

/// Sends wounded messages until enough were sent; each must be answered.
async fn attack(target: Arc<Target>, corpus: Arc<Vec<Vec<u8>>>, seed: u64, left: Arc<AtomicUsize>) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut open: Option<Connection> = None;
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
        let cut = random.below(100) == 0;
        let message = wounded(&corpus, &mut random, cut);
        let mut fate = None;
        for _ in 0..2 {
            let mut kept = open.take();
            if let Some(connection) = &mut kept
                && !connection.is_fresh().await
            {
                kept = None;
            }
            let mut connection = match kept {
                Some(connection) => connection,
                None => target.connect("alice").await.expect("a connection"),
            };
            let used = connection.exchanges() > 0;
            let reply = connection.exchange(&message, cut, Instant::now() + Duration::from_secs(20)).await;
            let closed_before = used && reply.fate == (Fate::Closed { after: 0 });
            let http = reply.received.starts_with(b"HTTP/1.1 4");
            fate = Some((reply.fate, http));
            if !closed_before {
                open = Some(connection);
                break;
            }
        }
        let (fate, http) = fate.expect("sent");
        // What begins like HTTP is answered like HTTP; nothing but no bytes at all may be met with silence.
        let answered = matches!(fate, Fate::Answered | Fate::Alert(_)) || http || message.is_empty();
        assert!(answered, "{fate:?} for {message:02x?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_messages_harm_nobody() {
    let count = std::env::var("KMIPSPEC_HOSTILE_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let server = Served::start(&["--log", "info"]);
    let (corpus, left) = (Arc::new(corpus()), Arc::new(AtomicUsize::new(count)));
    let attackers: Vec<_> = (1..=HOSTILE as u64)
        .map(|seed| tokio::spawn(attack(Arc::clone(&server.target), Arc::clone(&corpus), seed, Arc::clone(&left))))
        .collect();
    let over = Arc::new(AtomicBool::new(false));
    let good = {
        let (mut client, over) = (server.client("bob"), Arc::clone(&over));
        tokio::spawn(async move {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let name = format!("good-{}", times.len());
                let made = client.one(Operation::CREATE, create(&name)).await.expect("Create succeeds");
                let id = identifiers(&made).pop().expect("an identifier");
                client.one(Operation::GET, of(&id)).await.expect("Get succeeds");
                client.one(Operation::DESTROY, of(&id)).await.expect("Destroy succeeds");
                times.push(began.elapsed() / 3);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            times
        })
    };
    for attacker in attackers {
        attacker.await.expect("every message is answered");
    }
    over.store(true, Ordering::Relaxed);
    let mut times = good.await.expect("who behaves is served");
    times.sort_unstable();
    let (peak, now) = memory(server.child.id());
    let slow = times.iter().filter(|time| **time > Duration::from_secs(1)).count();
    println!(
        "{count} messages; peak {peak} KiB, now {now} KiB; median {:?}, longest {:?}",
        times[times.len() / 2],
        times.last()
    );
    assert!(peak < MEMORY, "{peak} KiB");
    assert!(slow * 100 <= times.len(), "{slow} of {} requests took more than a second", times.len());
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    let refused = log.lines().rfind(|line| line.contains("stopped")).and_then(|line| line.split_once(" refused="));
    let refused: usize = refused.and_then(|(_, n)| n.split_whitespace().next()?.parse().ok()).expect("a counter");
    assert!(refused > count / 4, "most were no messages at all, but only {refused} of {count} were refused");
}

/// A request that must be answered within a second, on a connection of its own.
async fn promptly(server: &Served) -> Duration {
    let began = Instant::now();
    let mut client = server.client("bob");
    client.one(Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)]).await.expect("Query succeeds");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_keep_nobody_waiting() {
    rlimit::increase_nofile_limit(4_096).expect("file descriptors");
    let server = Served::start(&["--log", "info"]);
    let (mut idle, mut slow, mut half_open) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..500 {
        idle.push(server.target.connect("alice").await.expect("a connection"));
    }
    for _ in 0..200 {
        let mut connection = server.target.connect("alice").await.expect("a connection");
        // The start of a message; what is missing never comes.
        let part = [0x42, 0, 0x78, 1, 0, 0, 1, 0, 0x42, 0, 0x77];
        let reply = connection.exchange(&part, false, Instant::now() + Duration::from_millis(1)).await;
        assert_eq!(reply.fate, Fate::TimedOut { after: 0 });
        slow.push(connection);
    }
    for _ in 0..300 {
        let mut socket = TcpStream::connect(&server.target.address).await.expect("a socket");
        // A record that announces a ClientHello, and its first bytes.
        socket.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1]).await.expect("written");
        half_open.push(socket);
    }
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(promptly(&server).await);
    }
    times.sort_unstable();
    println!("with 1,000 connections: median {:?}, longest {:?}", times[10], times[19]);
    // One straggler is allowed: the machine has other things to do, too.
    assert!(times[18] < Duration::from_secs(1), "{times:?}");
    let (peak, _) = memory(server.child.id());
    assert!(peak < MEMORY, "{peak} KiB");
    drop((idle, slow, half_open));
    assert_eq!(server.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_makes_room() {
    let server = Served::start(&["--max-connections", "20"]);
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(server.target.connect("alice").await.expect("a connection"));
    }
    let mut half_open = Vec::new();
    for _ in 0..10 {
        half_open.push(TcpStream::connect(&server.target.address).await.expect("a socket"));
    }
    // Strangers go first, then who is silent; a second of patience for each is over.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    for _ in 0..15 {
        let time = promptly(&server).await;
        assert!(time < Duration::from_secs(4), "{time:?}");
    }
    let mut kept = 0;
    for connection in &mut idle {
        kept += usize::from(connection.is_fresh().await);
    }
    assert_eq!(kept, 10, "half-open handshakes made room, not clients that wait");
    assert_eq!(server.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_file_descriptors_are_enough_to_serve() {
    let program = kmipspec();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 60; exec \"$0\" serve --port 0"]).arg(program.get_program());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let server = Served::of(command);
    let mut sockets = Vec::new();
    for _ in 0..100 {
        // The system takes connections that the server cannot accept yet.
        sockets.push(TcpStream::connect(&server.target.address).await.expect("a socket"));
    }
    let time = promptly(&server).await;
    assert!(time < Duration::from_secs(10), "{time:?}");
    let anonymous = server.target.connect(ANONYMOUS).await;
    drop((sockets, anonymous));
    assert!(promptly(&server).await < Duration::from_secs(5), "afterwards all is as before");
    assert_eq!(server.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_nobody() {
    // The system keeps 64 KiB for whoever holds the other end of the pipe, and does not read.
    let (unread, full) = std::io::pipe().expect("a pipe");
    let mut command = kmipspec();
    command.args(["serve", "--log", "debug", "--port", "0"]).stderr(full);
    let server = Served::of(command);
    let mut client = server.client("bob");
    for _ in 0..3_000 {
        let refused = client.one(Operation::GET, of("no-such-object")).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(server.stop().0, Some(0), "it also ends");
    drop(unread);
}
