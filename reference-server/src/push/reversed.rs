//! A client's own connection after Set Endpoint Role (2.0): the server asks, the client answers (2.1 §6.1.54, §6.2).

use super::Listener;
use super::link::{Delivered, Link};
use super::wire::{Duplex, Wire, WireError};
use crate::dispatch::Core;
use crate::seats::Seat;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Limits};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side is the client again.
    RoleGivenBack,
    /// The connection is of no more use.
    Over,
}

/// Whether an answer grants the role that was asked for last: an item that was undone or too large does not.
pub(crate) fn granted(answer: &[u8]) -> bool {
    let doc = Doc::lenient(answer, &Limits::default());
    let has = |item: &ItemRef<'_>, field, value| item.child(field).and_then(ItemRef::as_u32) == Some(value);
    let items = doc.root().into_iter().flat_map(ItemRef::children).filter(|item| item.tag() == tag::BATCH_ITEM);
    let last = items.filter(|item| has(item, tag::OPERATION, Operation::SET_ENDPOINT_ROLE.0)).last();
    last.is_some_and(|item| has(&item, tag::RESULT_STATUS, ResultStatus::SUCCESS.0))
}

/// Tells the client behind a connection of its objects, until it closes, the server stops, or it was quiet for so long that the
/// role goes back (if so configured).
pub(crate) async fn serve_reversed(
    stream: &mut impl Duplex,
    core: &Core,
    seat: &Seat,
    client: &str,
    mut stopped: watch::Receiver<bool>,
) -> End {
    let services = core.services();
    let listener = Listener::of_connection(client, &services.metrics);
    services.push.register(&listener);
    let end = tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => End::Over,
        () = seat.wanted() => End::Over,
        end = tell(stream, core, &listener) => end.unwrap_or_else(|error| {
            tracing::debug!(client, %error, "a connection with the roles changed ended");
            End::Over
        }),
    };
    services.push.deregister(&listener);
    let lost = listener.waiting();
    if lost > 0 {
        tracing::warn!(client, lost, "a connection with the roles changed ended before everything was told");
    }
    end
}

/// Introduces itself, then tells.
async fn tell(stream: &mut impl Duplex, core: &Core, listener: &Listener) -> Result<End, WireError> {
    let config = core.config();
    let mut link = Link::introduce(Wire::Ttlv(Box::new(stream)), config, None).await?;
    tracing::info!(client = listener.name, version = %link.version(), "the roles on a connection have changed");
    let metrics = &core.services().metrics;
    loop {
        let event = tokio::select! {
            biased;
            event = listener.next() => event,
            () = link.disturbed() => return Ok(End::Over),
            () = sleep(config.endpoint_role_return.unwrap_or(Duration::MAX)) => match link.give_role_back().await? {
                true => return Ok(End::RoleGivenBack),
                false => continue,
            },
        };
        if core.saved(event.horizon).await.is_err() {
            continue;
        }
        match link.deliver(&event, true).await {
            Ok(Delivered::Acknowledged) => metrics.pushed.add(),
            Ok(Delivered::NotSent) => {}
            Ok(Delivered::Refused(reason, message)) => {
                metrics.push_refused.add();
                tracing::warn!(client = listener.name, ?reason, message, "a client refused what it was told");
            }
            Err(error) => {
                metrics.push_failed.add();
                return Err(error);
            }
        }
    }
}
