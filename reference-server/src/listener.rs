//! Accepts connections, one task each, so that a slow or half-open one keeps nobody else waiting.

use crate::connection;
use crate::dispatch::Core;
use crate::peer::Peer;
use crate::tls::{Acceptor, common_name};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

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
        let permits = Arc::new(Semaphore::new(limits.connections));
        let mut connections = JoinSet::new();
        let mut number = 0_u64;
        loop {
            let permit = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                permit = Arc::clone(&permits).acquire_owned() => permit,
            };
            // The semaphore is never closed.
            let Ok(permit) = permit else { break };
            let accepted = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.socket.accept() => accepted,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(e) => {
                    // Out of file descriptors or a peer that was gone at once: wait a little, then go on.
                    tracing::warn!(error = %e, "accept failed");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            number = number.wrapping_add(1);
            let (acceptor, core, stopped) = (self.acceptor.clone(), Arc::clone(&self.core), stopped.clone());
            connections.spawn(async move {
                one_connection(number, socket, acceptor, core, stopped).await;
                drop(permit);
            });
        }
        drop(self.socket);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(limits.shutdown, all).await.is_err() {
            tracing::info!("cut connections that did not end in time");
        }
    }
}

/// Handshake, then messages until one side ends it.
async fn one_connection(
    connection: u64,
    socket: TcpStream,
    acceptor: Acceptor,
    core: Arc<Core>,
    mut stopped: watch::Receiver<bool>,
) {
    // Small answers should not wait for more; a peer that is gone shows up at the first read.
    let _ = socket.set_nodelay(true);
    let address = socket.peer_addr().ok();
    let handshake = tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => return,
        done = timeout(core.config().limits.handshake, acceptor.accept(socket)) => done,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => return tracing::debug!(?address, error = %e, "handshake failed"),
        Err(_) => return tracing::debug!(?address, "handshake took too long"),
    };
    let peer = Peer { connection, address, name: common_name(&stream) };
    match connection::serve(stream, &core, &peer, stopped).await {
        Ok(()) => tracing::debug!(?address, "closed"),
        Err(e) => tracing::debug!(?address, error = %e, "connection ended"),
    }
}
