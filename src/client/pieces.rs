//! The reader of answers over bytes that arrive in given pieces: for fuzzing.

use super::connection::{End, Limits, read_message};
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A message of so many bytes.
    Message(usize),
    /// What came is no TTLV message, or is too long.
    NotTtlv,
    /// The stream ended before the message did.
    Closed,
}

/// Reads one message, and gives the bytes that were taken; no end where the reader waits for more than there is.
pub fn read_in_pieces(pieces: &[&[u8]], limit: usize) -> (Option<Ended>, Vec<u8>) {
    let mut stream = Pieces(pieces.iter().copied().filter(|piece| !piece.is_empty()).collect());
    let mut received = Vec::new();
    let ended = {
        let reading = pin!(read_message(&mut stream, Limits { max_response: limit }, &mut received));
        reading.poll(&mut Context::from_waker(Waker::noop()))
    };
    let ended = match ended {
        Poll::Ready(Ok(End::Message { size })) => Some(Ended::Message(size)),
        Poll::Ready(Ok(End::NotTtlv(_))) => Some(Ended::NotTtlv),
        Poll::Ready(Ok(End::Closed)) => Some(Ended::Closed),
        Poll::Ready(Err(_)) | Poll::Pending => None,
    };
    (ended, received)
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

    #[test]
    fn a_message_is_read_however_it_comes() {
        let message = [0x42, 0, 0x7B, 1, 0, 0, 0, 2, 7, 7];
        for size in 1..=message.len() {
            let pieces: Vec<_> = message.chunks(size).collect();
            assert_eq!(read_in_pieces(&pieces, 100), (Some(Ended::Message(10)), message.to_vec()));
            assert_eq!(read_in_pieces(&pieces, 9).0, Some(Ended::NotTtlv));
        }
        assert_eq!(read_in_pieces(&[&message[..9]], 100).0, Some(Ended::Closed));
    }
}
