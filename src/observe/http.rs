//! Messages that travel by HTTP: one request after the other, each with its response.

use super::conversation::{ByHttp, Said};
use super::judge::Side;
use super::ledger::Ledger;
use crate::client::passing::{Onward, Passed};
use crate::client::{Connection, Target, Visitor};
use crate::runner::Stop;
use crate::runner::event::Fate;

/// Carries requests until the client leaves or `stop` is asked.
pub(super) async fn carry(
    visitor: Visitor,
    open: Option<Connection>,
    server: &Target,
    identity: &str,
    ledger: &Ledger<'_>,
    stop: &Stop,
) {
    let note = |passed: Result<Passed, String>| {
        let passed = match passed {
            Ok(passed) => passed,
            Err(why) => return ledger.trouble(&format!("the client: {why}")),
        };
        let Passed { at, encoding, request, unread, head, answer, fate, response } = passed;
        let is_unread = unread.is_some();
        if let Some(why) = unread {
            ledger.trouble(&format!("the client: {why}; it was passed on, and is not judged"));
        }
        if fate != Fate::Answered {
            ledger.trouble(&format!("the server: {}", fate.told()));
        }
        let http = Some(ByHttp { request: head, response, is_unread });
        ledger.said(Said { request, answer, fate, at, asked_by: Side::Client, encoding, http });
    };
    let onward = Onward::new(server, identity, open, &note);
    if let Err(why) = onward.serve(visitor.into_stream(), stop).await {
        ledger.trouble(&format!("the client: {why}"));
    }
}
