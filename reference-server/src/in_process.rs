//! The server without sockets, for fuzzing: one message in, one answer out, and the same again for the same messages.

use crate::config::Config;
use crate::connection;
use crate::dispatch::Core;
use crate::peer::Peer;
use crate::server::StartError;
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};

/// A server that is called, with what its configuration has it begin with.
#[derive(Debug)]
pub struct InProcess(Arc<Core>);

/// Who calls, as a channel would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// Number of the connection, from 1.
    pub connection: u64,
    /// Common name of the client certificate; none: a client without one.
    pub name: Option<&'a str>,
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// One Response Message.
    pub bytes: Vec<u8>,
    /// Whether the connection would end with it.
    pub close: bool,
}

impl InProcess {
    /// A server; its objects are in memory unless the configuration says otherwise.
    pub fn new(config: Config) -> Result<Self, StartError> {
        Ok(Self(Core::new(config)?.shared()))
    }

    /// Answers a message, which may be any bytes. Nothing where the answer would have to wait: for a state file to be
    /// written, or for another server.
    pub fn answer(&self, message: &[u8], caller: Caller<'_>) -> Option<Replied> {
        let peer = Peer {
            connection: caller.connection,
            name: caller.name.map(str::to_owned),
            two_way: true,
            ..Peer::default()
        };
        let answer = at_once(self.0.answer(message, &peer))?;
        Some(Replied { bytes: answer.bytes, close: answer.close })
    }
}

/// The result of something that does not wait.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// What the server's reader makes of a stream that begins with these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A message of so many bytes.
    Whole(usize),
    /// More is declared than the limit allows.
    TooLong,
    /// The stream ends before the message does.
    Cut,
}

/// Reads one message that arrives in these pieces; a piece without bytes is left out.
pub fn frame<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Option<Framed> {
    let mut pieces = Pieces(pieces.into_iter().filter(|piece| !piece.is_empty()).collect());
    let mut message = Vec::new();
    match at_once(connection::frame(&mut pieces, &mut message, limit))?.ok()? {
        connection::Frame::Whole => Some(Framed::Whole(message.len())),
        connection::Frame::TooLong => Some(Framed::TooLong),
        connection::Frame::Cut => Some(Framed::Cut),
    }
}

/// A stream that gives at most one piece at a time.
struct Pieces<'a>(VecDeque<&'a [u8]>);

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(first) = self.0.front_mut() else { return Poll::Ready(Ok(())) };
        let (now, later) = first.split_at_checked(buffer.remaining()).unwrap_or((first, &[]));
        buffer.put_slice(now);
        *first = later;
        if later.is_empty() {
            self.0.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MovableClock;
    use crate::random::SameRsaKeys;

    fn server() -> InProcess {
        let config = Config {
            clock: Arc::new(MovableClock::frozen_at(1_000_000)),
            random: Arc::new(SameRsaKeys::seeded(1)),
            ..Config::default()
        };
        InProcess::new(config).expect("a server in memory")
    }

    #[test]
    fn the_same_messages_have_the_same_answers() {
        let bytes = [0x42, 0, 0x78, 1, 0, 0, 0, 0];
        let caller = Caller { connection: 1, name: Some("alice") };
        let (a, b) = (server(), server());
        for _ in 0..3 {
            let answer = a.answer(&bytes, caller).expect("an answer at once");
            assert_eq!(Some(&answer), b.answer(&bytes, caller).as_ref());
            assert!(answer.bytes.starts_with(&[0x42, 0x00, 0x7B, 0x01]));
        }
    }

    #[test]
    fn frames_are_the_same_in_any_pieces() {
        let message = [0x42, 0, 0x78, 1, 0, 0, 0, 2, 7, 7, 9];
        for size in 1..=message.len() {
            assert_eq!(frame(message.chunks(size), 100), Some(Framed::Whole(10)));
            assert_eq!(frame(message.chunks(size), 9), Some(Framed::TooLong));
        }
        assert_eq!(frame([&message[..9]], 100), Some(Framed::Cut));
        assert_eq!(frame([], 100), Some(Framed::Cut));
    }
}
