//! Accepts connections, one task each, so that a slow or half-open one keeps nobody else waiting.

use crate::acceptor::{Acceptor, Channel, common_name};
use crate::connection::{self, ConnectionError};
use crate::dispatch::Core;
use crate::peer::Peer;
use crate::seats::{Seat, Seats};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, timeout};

/// A bound socket and what is behind it.
pub(crate) struct Listener {
    /// Where connections come in.
    pub(crate) socket: TcpListener,
    /// Makes TLS of them.
    pub(crate) acceptor: Acceptor,
    /// Answers their messages.
    pub(crate) core: Arc<Core>,
}

impl Listener {
    /// Runs until told to stop, then gives open connections their time to end.
    pub(crate) async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let limits = self.core.config().limits.clone();
        let metrics = Arc::clone(&self.core.services().metrics);
        let seats = Seats::new(limits.connections, Arc::clone(&metrics));
        let mut connections = JoinSet::new();
        let mut number = 0_u64;
        let mut minute = tokio::time::interval(Duration::from_secs(60));
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut logged = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
                _ = minute.tick() => {
                    if metrics.activity() != logged {
                        logged = metrics.activity();
                        metrics.log("serving");
                    }
                    continue;
                }
                accepted = self.socket.accept() => accepted,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(e) => {
                    // Out of file descriptors or a peer that was gone at once: make room, wait a little, then go on.
                    metrics.accept_failed.add();
                    tracing::warn!(error = %e, open = metrics.open.value(), "accept failed");
                    if e.kind() != io::ErrorKind::ConnectionAborted {
                        seats.make_room();
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            number = number.wrapping_add(1);
            metrics.accepted.add();
            let seat = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                seat = seats.take(number) => seat,
            };
            let (acceptor, core, stopped) = (self.acceptor.clone(), Arc::clone(&self.core), stopped.clone());
            connections.spawn(one_connection(number, socket, acceptor, core, seat, stopped));
        }
        drop(self.socket);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(limits.shutdown, all).await.is_err() {
            tracing::info!("cut connections that did not end in time");
        }
        metrics.log("stopped");
    }
}

/// Handshake, then messages until one side ends it.
async fn one_connection(
    connection: u64,
    socket: TcpStream,
    acceptor: Acceptor,
    core: Arc<Core>,
    seat: Seat,
    mut stopped: watch::Receiver<bool>,
) {
    // Small answers should not wait for more; a peer that is gone shows up at the first read.
    let _ = socket.set_nodelay(true);
    let address = socket.peer_addr().ok();
    let metrics = &core.services().metrics;
    let handshake = tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => return,
        () = seat.wanted() => return tracing::debug!(?address, "handshake was slow while others waited for a place"),
        done = timeout(core.config().limits.handshake, acceptor.accept(socket)) => done,
    };
    let channel = match handshake {
        Ok(Ok(channel)) => channel,
        Ok(Err(e)) => {
            metrics.handshakes_failed.add();
            return tracing::debug!(?address, error = %e, "handshake failed");
        }
        Err(_) => {
            metrics.timed_out.add();
            return tracing::debug!(?address, "handshake took too long");
        }
    };
    let certificate = channel.client_certificate();
    let registered = certificate.as_deref().and_then(|certificate| core.registered(certificate));
    let name = registered.or_else(|| common_name(certificate.as_deref()?));
    let peer = Peer { connection, address, certificate, name, two_way: true, terms: None };
    let ended = match channel {
        Channel::Rustls(stream) => connection::serve(stream, &core, &peer, &seat, stopped).await,
        #[cfg(feature = "legacy-tls")]
        Channel::OpenSsl(stream) => connection::serve(stream, &core, &peer, &seat, stopped).await,
    };
    match ended {
        Ok(()) => tracing::debug!(?address, "closed"),
        Err(e) => {
            if matches!(e, ConnectionError::TimedOut(_)) {
                metrics.timed_out.add();
            }
            tracing::debug!(?address, error = %e, "connection ended");
        }
    }
}
