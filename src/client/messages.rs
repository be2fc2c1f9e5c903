//! Messages that come one after the other on a stream, with what has come of the next one kept.

use super::connection::{CHUNK, Frame, Limits, fate_of, frame};
use crate::runner::event::Fate;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf};

/// Reads messages from a stream.
#[derive(Debug)]
pub struct Messages<S> {
    stream: S,
    received: Vec<u8>,
    chunk: Vec<u8>,
    limits: Limits,
}

/// Why no other message comes.
#[derive(Debug)]
pub enum Broken {
    /// What comes is no message, or is too long.
    NotTtlv(String),
    /// The stream ended within a message.
    Cut,
    /// The stream failed.
    Failed(io::Error),
}

impl<S> Messages<S> {
    /// Nothing has come yet.
    pub(super) fn of(stream: S, limits: Limits) -> Self {
        Self { stream, received: Vec::new(), chunk: vec![0; CHUNK], limits }
    }

    /// What has come of a message that is not whole.
    pub fn rest(&self) -> &[u8] {
        &self.received
    }

    /// The stream; what was read of it and is no whole message goes.
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream, of which nothing has been read yet.
    pub(super) fn into_stream(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> Messages<S> {
    /// The next message; none where the peer has left, as it may between two. What has been read is kept when this is dropped
    /// before its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        loop {
            match frame(&self.received, self.limits) {
                Frame::Whole(size) => {
                    let rest = self.received.split_off(size.min(self.received.len()));
                    return Ok(Some(std::mem::replace(&mut self.received, rest)));
                }
                Frame::Refused(why) => return Err(Broken::NotTtlv(why)),
                Frame::More => {}
            }
            match self.stream.read(&mut self.chunk).await {
                Ok(count) if count > 0 => self.received.extend(self.chunk.iter().take(count)),
                Ok(_) if self.received.is_empty() => return Ok(None),
                Ok(_) => return Err(Broken::Cut),
                Err(error) => return Err(Broken::Failed(error)),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite> Messages<S> {
    /// To read and to write at the same time.
    pub(super) fn split(self) -> (Messages<ReadHalf<S>>, WriteHalf<S>) {
        let (reader, writer) = tokio::io::split(self.stream);
        (Messages { stream: reader, received: self.received, chunk: self.chunk, limits: self.limits }, writer)
    }
}

impl Broken {
    /// How an answer of which so many bytes came looks in a transcript.
    pub fn fate(&self, after: usize) -> Fate {
        match self {
            Self::NotTtlv(why) => Fate::NotTtlv(why.clone()),
            Self::Cut => Fate::Closed { after },
            Self::Failed(error) => fate_of(error, after),
        }
    }

    /// For people; it was no answer.
    pub fn told(&self) -> String {
        match self {
            Self::NotTtlv(why) => why.replacen("the answer", "a message", 1),
            Self::Cut => "a connection was closed in the middle of a message".to_owned(),
            Self::Failed(error) => format!("a connection failed: {error}"),
        }
    }
}
