//! What was said on one connection.

use super::judge::Side;
use crate::client::Encoding;
use crate::client::https::Head;
use crate::client::passing::RequestHead;
use crate::runner::event::Fate;

/// Bytes of one conversation that are kept; what is said behind them is passed on and judged, but not written down.
const KEPT: usize = 32 << 20;

/// One request and what came of it. Messages are TTLV, whatever they were written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The request. Nothing where somebody answered what nobody had asked.
    pub request: Vec<u8>,
    /// The answer, whole or not.
    pub answer: Vec<u8>,
    /// How it ended.
    pub fate: Fate,
    /// Seconds since 1970 when the request came.
    pub at: i64,
    /// Who asked: a server may, once it has the role of a client, or unasked.
    pub asked_by: Side,
    /// How both messages were written.
    pub encoding: Encoding,
    /// What HTTP said beside them, where it carried them.
    pub http: Option<ByHttp>,
}

/// The heads of an HTTP request and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHttp {
    /// Of the request.
    pub request: RequestHead,
    /// Of the response, where one came.
    pub response: Option<Head>,
    /// Whether the body of the request is no message, by what its head says of it.
    pub is_unread: bool,
}

impl Said {
    /// A request of a client by TTLV, and its answer.
    pub fn by_client(request: Vec<u8>, answer: Vec<u8>, at: i64) -> Self {
        let (fate, asked_by, encoding) = (Fate::Answered, Side::Client, Encoding::Ttlv);
        Self { request, answer, fate, at, asked_by, encoding, http: None }
    }
}

/// One connection, from its handshake to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its number, from 1.
    pub number: usize,
    /// Where the client came from: `host:port`.
    pub from: String,
    /// The Common Name of the client's certificate, where it has one.
    pub client: Option<String>,
    /// The identity that spoke to the server in its place.
    pub identity: String,
    /// In order.
    pub said: Vec<Said>,
    /// Exchanges that are not in `said`, since there were too many bytes before them.
    pub left_out: usize,
    kept: usize,
}

impl Conversation {
    /// Nothing said yet.
    pub fn new(number: usize, from: String, client: Option<String>, identity: String) -> Self {
        Self { number, from, client, identity, said: Vec::new(), left_out: 0, kept: 0 }
    }

    /// Keeps an exchange, as long as there is room.
    pub fn keep(&mut self, said: Said) {
        let size = said.request.len().saturating_add(said.answer.len());
        if self.left_out > 0 || self.kept.saturating_add(size) > KEPT {
            self.left_out += 1;
        } else {
            self.kept += size;
            self.said.push(said);
        }
    }

    /// Requests that came.
    pub fn requests(&self) -> usize {
        self.said.len().saturating_add(self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted_and_so_is_all_behind_it() {
        let said = |size| Said::by_client(vec![0; size], Vec::new(), 0);
        let mut c = Conversation::new(1, String::new(), None, String::new());
        for size in [1, KEPT, 1] {
            c.keep(said(size));
        }
        assert_eq!((c.said.len(), c.left_out, c.requests()), (1, 2, 3));
    }
}
