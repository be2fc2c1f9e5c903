//! Connections: who gets in, who keeps nobody waiting, how it ends.

use crate::peer::{Client, PATIENCE, server, server_with};
use crate::wire::{enumeration, operation, request};
use kmipspec_reference_server::Config;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

fn query() -> Vec<u8> {
    request((1, 4), &[], &[operation(0x18, None, &[enumeration(0x420074, 1)])])
}

#[tokio::test]
async fn only_certificates_of_the_ca_get_in() {
    let server = server().await;
    for identity in ["alice", "bob", "no-eku"] {
        let answer = Client::connect(&server, identity).await.ask(&query()).await;
        assert_eq!(answer.results(), [(0, 0)], "{identity}");
    }
    for identity in ["anonymous", "expired", "wrong-eku", "foreign-ca"] {
        // In TLS 1.3 the client's own handshake ends before the server has looked at the certificate.
        if let Ok(mut client) = Client::try_connect(&server, identity).await {
            client.send(&query()).await;
            assert!(client.receive().await.is_none(), "{identity} got an answer");
        }
    }
}

#[tokio::test]
async fn half_open_connections_keep_nobody_waiting() {
    let mut config = Config::default();
    config.limits.handshake = 6 * PATIENCE;
    config.limits.transfer = 6 * PATIENCE;
    let server = server_with(config).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.address()).await.expect("connect"));
    }
    let mut started = Client::connect(&server, "alice").await;
    started.send(&query()[..20]).await;
    let answer = Client::connect(&server, "bob").await.ask(&query()).await;
    assert_eq!(answer.results(), [(0, 0)]);
    drop((silent, started));
}

#[tokio::test]
async fn limits_of_time_end_connections() {
    let mut config = Config::default();
    config.limits.handshake = Duration::from_millis(600);
    config.limits.idle = Duration::from_millis(600);
    config.limits.transfer = Duration::from_millis(600);
    let server = server_with(config).await;
    let mut silent = TcpStream::connect(server.address()).await.expect("connect");
    let read = timeout(PATIENCE, silent.read(&mut [0; 16])).await.expect("handshake limit");
    assert!(matches!(read, Ok(0) | Err(_)));
    let mut idle = Client::connect(&server, "alice").await;
    assert!(idle.receive().await.is_none(), "idle limit");
    let mut slow = Client::connect(&server, "alice").await;
    slow.send(&query()[..20]).await;
    assert!(slow.receive().await.is_none(), "transfer limit");
}

#[tokio::test]
async fn many_clients_at_once() {
    let server = std::sync::Arc::new(server().await);
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let server = std::sync::Arc::clone(&server);
        tasks.push(tokio::spawn(async move {
            let mut client = Client::connect(&server, "alice").await;
            for _ in 0..20 {
                let answer = client.ask(&request((1, 2), &[], &[crate::wire::create(None, &[])])).await;
                assert_eq!(answer.results(), [(0, 0)]);
            }
        }));
    }
    for task in tasks {
        task.await.expect("client");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let server = server().await;
    let mut open = Client::connect(&server, "alice").await;
    open.ask(&query()).await;
    let _silent = TcpStream::connect(server.address()).await.expect("connect");
    let (address, directory) = (server.address(), server.directory().to_owned());
    timeout(PATIENCE, server.shutdown()).await.expect("shutdown in time");
    assert!(open.receive().await.is_none(), "closed");
    assert!(TcpStream::connect(address).await.is_err(), "no longer listening");
    assert!(!directory.exists(), "temporary files are gone");
}

#[tokio::test]
async fn ready_says_how_to_connect() {
    let server = server().await;
    let ready = server.ready();
    let file = server.directory().join("ready.json");
    ready.write_to(&file).expect("ready file");
    let text = std::fs::read_to_string(&file).expect("ready file");
    let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(line["address"], server.address().to_string());
    for field in ["ca", "cert", "key"] {
        let path = line[field].as_str().expect("a path");
        assert!(std::fs::read_to_string(path).expect("PEM").starts_with("-----BEGIN"), "{field}");
    }
    assert!(line["identities"]["bob"]["cert"].is_string());
}
