//! Messages as they are on the connection, in both directions at once: either side may ask, and neither has to wait for the other.

use super::judge::Side;
use super::ledger::Ledger;
use crate::client::messages::Broken;
use crate::client::{Messages, Visitor};
use crate::runner::Stop;
use crate::runner::event::Fate;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The longest that a message may take to be written where the other side does not read.
const WRITING: Duration = Duration::from_secs(30);
/// How long is waited for what a server says that takes no more: the reason may be on its way.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The longest goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

/// Why one direction is at its end.
#[derive(Debug)]
enum End {
    /// The side that is read from has left, between two messages.
    Left,
    /// It said what cannot be passed on as messages, or failed.
    Broken(Broken),
    /// The other side takes no more.
    NotTaken,
}

/// Carries messages until one side leaves; when `stop` is asked, until the server owes nothing.
pub(super) async fn carry(
    visitor: Visitor,
    server: (Messages<impl AsyncRead + Unpin>, impl AsyncWrite + Unpin),
    ledger: &Ledger<'_>,
    limit: Duration,
    stop: &Stop,
) {
    let (mut from_client, mut to_client) = visitor.split();
    let (mut from_server, mut to_server) = server;
    let mut after_client = None;
    let fate = {
        let mut up = Box::pin(pass(Side::Client, &mut from_client, &mut to_server, ledger));
        let mut down = Box::pin(pass(Side::Server, &mut from_server, &mut to_client, ledger));
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                end = &mut down => break Ok(end),
                end = &mut up, if after_client.is_none() => {
                    if matches!(end, End::NotTaken) {
                        break timeout(LAST_WORDS, &mut down).await.map_err(|_| Fate::Closed { after: 0 });
                    }
                    after_client = Some(end);
                }
                () = ledger.settled(), if stopping || after_client.is_some() => break Ok(End::Left),
                () = ledger.overdue(limit) => break Err(Fate::TimedOut { after: 0 }),
                () = stop.asked(), if !stopping => stopping = true,
            }
        }
    };
    if let Some(End::Broken(why)) = after_client {
        // A client that is gone without a word is no trouble.
        if !(matches!(why, Broken::Failed(_)) && from_client.rest().is_empty()) {
            ledger.trouble(&format!("the client: {}", why.told()));
        }
    }
    let rest = from_server.rest().to_vec();
    let after = rest.len();
    // Whole or not: the client gets what the server sent.
    let passed = write(&mut to_client, &rest).await;
    let (fate, not_taken) = match fate {
        Ok(End::Left) => (Fate::Closed { after }, false),
        Ok(End::Broken(why)) => (why.fate(after), false),
        Ok(End::NotTaken) => (Fate::Closed { after }, true),
        Err(Fate::TimedOut { .. }) => (Fate::TimedOut { after }, false),
        Err(other) => (other, false),
    };
    let owed = ledger.end(rest, &fate);
    if not_taken || (after > 0 && passed.is_err()) {
        ledger.trouble("the client: an answer was not read");
    } else if owed || !matches!(fate, Fate::Closed { after: 0 }) {
        ledger.trouble(&format!("the server: {}", fate.told()));
    }
    // Where one is gone already nobody is missing the goodbye.
    let _ = timeout(GOODBYE, to_server.shutdown()).await;
    let _ = timeout(GOODBYE, to_client.shutdown()).await;
}

/// One direction.
async fn pass<R, W>(from: Side, source: &mut Messages<R>, sink: &mut W, ledger: &Ledger<'_>) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        ledger.room(from).await;
        let message = match source.next().await {
            Ok(Some(message)) => message,
            Ok(None) => return End::Left,
            Err(why) => return End::Broken(why),
        };
        // Noted first: whoever reads it may be gone a moment later.
        ledger.note(from, message.clone());
        if write(sink, &message).await.is_err() {
            return End::NotTaken;
        }
        ledger.passed(from);
    }
}

async fn write<W: AsyncWrite + Unpin>(sink: &mut W, bytes: &[u8]) -> io::Result<()> {
    let writing = async {
        sink.write_all(bytes).await?;
        sink.flush().await
    };
    timeout(WRITING, writing).await.unwrap_or_else(|late| Err(late.into()))
}
