//! A server for one test, and a client that speaks bytes.

use crate::wire::{Answer, Node};
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::{Config, RunningServer, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Nothing in these tests takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The second at which frozen clocks stand.
pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) async fn server() -> RunningServer {
    server_with(Config::default()).await
}

pub(crate) async fn server_with(config: Config) -> RunningServer {
    Server::start(config).await.expect("server")
}

/// A server whose time stands still, and its clock.
pub(crate) async fn frozen() -> (RunningServer, Arc<MovableClock>) {
    let clock = Arc::new(MovableClock::frozen_at(NOW));
    (server_with(Config { clock: clock.clone(), ..Config::default() }).await, clock)
}

/// A TLS connection as one of the server's client identities, or as nobody.
pub(crate) struct Client(TlsStream<TcpStream>);

impl Client {
    pub(crate) async fn connect(server: &RunningServer, identity: &str) -> Self {
        Self::try_connect(server, identity).await.expect("TLS connection")
    }

    pub(crate) async fn try_connect(server: &RunningServer, identity: &str) -> std::io::Result<Self> {
        let pem = |text: &str| CertificateDer::from_pem_slice(text.as_bytes()).expect("certificate");
        let identity = server.identity(identity).map(|identity| {
            let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("key");
            (pem(&identity.certificate), key)
        });
        Self::connect_with(server, identity).await
    }

    /// With a certificate and its key, or without.
    pub(crate) async fn connect_with(
        server: &RunningServer,
        identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
    ) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca().as_bytes()).expect("CA")).expect("CA");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = match identity {
            Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).expect("client identity"),
            None => builder.with_no_client_auth(),
        };
        let socket = TcpStream::connect(server.address()).await?;
        let name = ServerName::try_from("localhost").expect("name");
        let stream = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, socket)).await??;
        Ok(Self(stream))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("write");
        self.0.flush().await.expect("flush");
    }

    /// The next message, or nothing when the server has closed.
    pub(crate) async fn receive(&mut self) -> Option<Vec<u8>> {
        timeout(PATIENCE, async {
            let mut message = vec![0; 8];
            self.0.read_exact(&mut message).await.ok()?;
            let length = u32::from_be_bytes([message[4], message[5], message[6], message[7]]) as usize;
            message.resize(8 + length, 0);
            self.0.read_exact(&mut message[8..]).await.ok()?;
            Some(message)
        })
        .await
        .expect("an answer in time")
    }

    /// Sends a request and takes the answer apart.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Answer {
        self.send(request).await;
        let message = self.receive().await.expect("an answer");
        let mut nodes = Node::all(&message);
        assert_eq!(nodes.len(), 1);
        Answer(nodes.remove(0))
    }

    /// All that comes until the server closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        // A close without goodbye ends it, too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut all)).await.expect("closed in time");
        all
    }

    /// What has come so far, waiting for something.
    pub(crate) async fn some(&mut self) -> Vec<u8> {
        let mut some = vec![0; 64 << 10];
        let count = timeout(PATIENCE, self.0.read(&mut some)).await.expect("something in time").unwrap_or(0);
        some.truncate(count);
        some
    }

    /// Half-closes: nothing more will be sent.
    pub(crate) async fn finish(&mut self) {
        self.0.shutdown().await.expect("close_notify");
    }
}
