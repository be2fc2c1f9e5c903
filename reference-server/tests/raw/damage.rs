//! Bytes that are no request: an error or a close, never a hang, and the server goes on.

use crate::peer::{Client, PATIENCE, server};
use crate::wire::{enumeration, item, operation, request, structure};
use kmipspec_reference_server::RunningServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

fn query() -> Vec<u8> {
    request((1, 4), &[], &[operation(0x18, None, &[enumeration(0x420074, 1)])])
}

/// The server still answers a new client.
async fn alive(server: &RunningServer) {
    let answer = Client::connect(server, "bob").await.ask(&query()).await;
    assert_eq!(answer.results(), [(0, 0)]);
}

#[tokio::test]
async fn a_length_of_four_gibibytes_is_refused_at_once() {
    let server = server().await;
    for length in [u32::MAX, 0x8000_0000, 0x0200_0000] {
        let mut client = Client::connect(&server, "alice").await;
        let mut start = vec![0x42, 0x00, 0x78, 0x01];
        start.extend(length.to_be_bytes());
        let answer = client.ask(&start).await;
        assert_eq!(answer.results(), [(1, 4)]);
        assert!(client.receive().await.is_none(), "closed");
    }
    alive(&server).await;
}

#[tokio::test]
async fn who_goes_on_sending_can_still_read_the_refusal() {
    let server = server().await;
    for start in [[0x42, 0x00, 0x78, 0x01], [0x42; 4]] {
        let mut client = Client::connect(&server, "alice").await;
        let mut message = start.to_vec();
        message.extend(u32::MAX.to_be_bytes());
        message.resize(8 << 20, 0x42);
        let answer = client.ask(&message).await;
        assert_eq!(answer.results(), [(1, 4)], "{start:?}");
    }
    alive(&server).await;
}

#[tokio::test]
async fn garbage_is_answered_or_closed() {
    let server = server().await;
    for garbage in [
        vec![0; 64],
        vec![0xff; 64],
        structure(0x42007b, &[]),
        structure(0x420078, &[]),
        structure(0x420078, &[structure(0x420077, &[]), structure(0x42000f, &[])]),
        item(0x420078, 0x07, b"a text"),
    ] {
        let mut client = Client::connect(&server, "alice").await;
        client.send(&garbage).await;
        client.finish().await;
        if let Some(answer) = client.receive().await {
            assert_eq!(&answer[..3], &[0x42, 0x00, 0x7b], "a Response Message");
        }
    }
    alive(&server).await;
}

#[tokio::test]
async fn every_truncation_ends() {
    let server = server().await;
    let whole = query();
    for length in (1..whole.len()).step_by(7) {
        let mut client = Client::connect(&server, "alice").await;
        client.send(&whole[..length]).await;
        client.finish().await;
        client.receive().await;
    }
    alive(&server).await;
}

#[tokio::test]
async fn every_flipped_byte_is_survived() {
    let server = server().await;
    let whole = query();
    for place in 8..whole.len() {
        let mut client = Client::connect(&server, "alice").await;
        let mut damaged = whole.clone();
        damaged[place] ^= 0xff;
        let answer = client.ask(&damaged).await;
        assert_eq!(answer.items().len(), 1, "byte {place}");
    }
    alive(&server).await;
}

#[tokio::test]
async fn plain_text_instead_of_tls_is_closed() {
    let server = server().await;
    let mut socket = TcpStream::connect(server.address()).await.expect("connect");
    socket.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("write");
    let mut rest = Vec::new();
    // A TLS alert, or nothing, then the end.
    let _ = timeout(PATIENCE, socket.read_to_end(&mut rest)).await.expect("closed in time");
    alive(&server).await;
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    let mut deep = Vec::new();
    for _ in 0..5_000 {
        deep = structure(0x420079, &[deep]);
    }
    let answer = client.ask(&request((1, 4), &[], &[operation(0x18, None, &[deep])])).await;
    assert_eq!(answer.results(), [(1, 4)]);
    alive(&server).await;
}
