//! Connections that are opened and left alone: what is on its way there must not keep others from being served (O8).

use super::peer::Peer;
use super::requests::is_honest;
use crate::client::connection::Connection;
use crate::fuzzing::script::{HELD, NO_TLS, Script, Step};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Time that the server gets to read what it is sent, where it is not known what answers take; where it is, so many times that.
const READ: Duration = Duration::from_millis(30);
const READ_TIMES: u32 = 30;

/// The record header of a handshake of 512 bytes, and the first of them.
const HALF_A_HANDSHAKE: [u8; 11] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/// A Request Message that says it is 120 bytes long, and has a third of them.
const HALF_A_MESSAGE: [u8; 48] = [
    0x42, 0, 0x78, 1, 0, 0, 0, 0x78, 0x42, 0, 0x77, 1, 0, 0, 0, 0x38, 0x42, 0, 0x69, 1, 0, 0, 0, 0x20, 0x42, 0, 0x6a,
    2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x42, 0, 0x6b, 2, 0, 0, 0, 4,
];

/// A connection that nothing is expected from.
#[derive(Debug)]
pub(super) enum Held {
    Tls { _open: Connection },
    Tcp { _open: TcpStream },
}

/// One input of each kind.
pub fn held() -> Vec<Script> {
    let half = HALF_A_MESSAGE.first_chunk::<12>().map_or(&[][..], |header| header.as_slice());
    let all: [(u8, &[u8]); 5] = [(NO_TLS, &[]), (NO_TLS, &HALF_A_HANDSHAKE), (0, &[]), (0, half), (0, &HALF_A_MESSAGE)];
    let script = |(identity, bytes): (u8, &[u8])| Script {
        steps: vec![Step { connection: HELD, identity, bytes: bytes.to_vec() }],
    };
    all.into_iter().map(script).collect()
}

/// What is left alone, in words.
pub(super) fn kind(step: &Step) -> &'static str {
    match (step.identity == NO_TLS, step.bytes.is_empty()) {
        (true, true) => "a connection without a handshake",
        (true, false) => "half a handshake",
        (false, true) => "a connection without a message",
        (false, false) if is_honest(&step.bytes) => "an answer that nobody reads",
        (false, false) => "half a message",
    }
}

impl Peer {
    /// Opens a connection, sends these bytes, and leaves it alone; whether that could be done.
    pub(super) fn hold(&mut self, identity: u8, bytes: &[u8]) -> bool {
        let read = self.usual(READ_TIMES).map_or(READ, |usual| usual.clamp(READ / 15, READ));
        let held = if identity == NO_TLS {
            let patience = self.patience();
            let opened = self.wait(async { timeout(patience, opened(&self.target.address, bytes, read)).await });
            opened.and_then(Result::ok).and_then(Result::ok).map(|open| Held::Tcp { _open: open })
        } else {
            let name = self.who(identity).unwrap_or(crate::client::ANONYMOUS).to_owned();
            let opened = self.wait(self.target.connect(&name)).and_then(Result::ok);
            opened.map(|mut open| {
                if !bytes.is_empty() {
                    self.wait(open.exchange(bytes, false, Instant::now() + read));
                }
                Held::Tls { _open: open }
            })
        };
        let done = held.is_some();
        self.held.extend(held);
        done
    }
}

async fn opened(address: &str, bytes: &[u8], read: Duration) -> std::io::Result<TcpStream> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(bytes).await?;
    tokio::time::sleep(read).await;
    Ok(socket)
}
