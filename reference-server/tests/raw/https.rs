//! HTTPS on the port of raw TTLV (Additional Message Encodings 1.0 §2, Profiles 2.1 §5.3). Requests are written by hand.

use crate::peer::{Client, PATIENCE, server, server_with};
use crate::wire::{Answer, Node, enumeration, operation, request};
use kmipspec_reference_server::{Config, RunningServer};
use std::time::Duration;
use tokio::time::timeout;

fn query() -> Vec<u8> {
    request((1, 4), &[], &[operation(0x18, None, &[enumeration(0x420074, 1)])])
}

/// A response taken apart.
struct Http {
    status: u16,
    version: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Http {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn results(&self) -> Vec<(u32, u32)> {
        let mut nodes = Node::all(&self.body);
        assert_eq!(nodes.len(), 1);
        Answer(nodes.remove(0)).results()
    }

    /// Reads one response: head, then as many bytes as it says.
    async fn read(client: &mut Client) -> Self {
        timeout(PATIENCE, async {
            let mut all = Vec::new();
            let end = loop {
                if let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") {
                    break end;
                }
                let some = client.some().await;
                assert!(!some.is_empty(), "closed before the end of the head: {}", String::from_utf8_lossy(&all));
                all.extend(some);
            };
            let head = String::from_utf8(all[..end].to_vec()).expect("text");
            let mut lines = head.split("\r\n");
            let status = lines.next().expect("a status line").to_owned();
            let headers: Vec<(String, String)> = lines
                .map(|line| line.split_once(": ").expect("a header"))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length =
                headers.iter().find(|(n, _)| n == "content-length").expect("Content-Length").1.parse().unwrap();
            let mut body = all[end + 4..].to_vec();
            while body.len() < length {
                body.extend(client.some().await);
            }
            assert_eq!(body.len(), length, "nothing unasked for follows");
            let (version, rest) = status.split_once(' ').expect("a status");
            Self { status: rest[..3].parse().expect("a number"), version: version.to_owned(), headers, body }
        })
        .await
        .expect("a response in time")
    }
}

fn post(path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\nCache-Control: no-cache\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

async fn ask(server: &RunningServer, bytes: &[u8]) -> Http {
    let mut client = Client::connect(server, "alice").await;
    client.send(bytes).await;
    Http::read(&mut client).await
}

const XML_QUERY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/><ProtocolVersionMinor
type="Integer" value="4"/></ProtocolVersion><BatchCount type="Integer" value="1"/></RequestHeader><BatchItem><Operation
type="Enumeration" value="Query"/><RequestPayload><QueryFunction type="Enumeration" value="QueryObjects"/></RequestPayload>
</BatchItem></RequestMessage>"#;

const JSON_QUERY: &str = r#"{"tag":"RequestMessage","value":[{"tag":"RequestHeader","value":[{"tag":"ProtocolVersion","value":[
{"tag":"ProtocolVersionMajor","type":"Integer","value":1},{"tag":"ProtocolVersionMinor","type":"Integer","value":4}]},
{"tag":"BatchCount","type":"Integer","value":1}]},{"tag":"BatchItem","value":[{"tag":"Operation","type":"Enumeration",
"value":"Query"},{"tag":"RequestPayload","value":[{"tag":"QueryFunction","type":"Enumeration","value":"QueryObjects"}]}]}]}"#;

#[tokio::test]
async fn one_port_serves_both_and_a_connection_is_kept() {
    let server = server().await;
    let mut raw = Client::connect(&server, "alice").await;
    assert_eq!(raw.ask(&query()).await.results(), [(0, 0)]);
    let mut client = Client::connect(&server, "alice").await;
    for _ in 0..3 {
        client.send(&post("/kmip", "application/octet-stream", &query())).await;
        let response = Http::read(&mut client).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-type"), Some("application/octet-stream"));
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        assert_eq!(response.results(), [(0, 0)]);
    }
    assert_eq!(raw.ask(&query()).await.results(), [(0, 0)]);
}

#[tokio::test]
async fn who_asks_is_who_the_certificate_names() {
    let server = server().await;
    let create = request((1, 4), &[], &[crate::wire::create(None, &[])]);
    let created = ask(&server, &post("/kmip", "application/octet-stream", &create)).await;
    let id = Answer(Node::all(&created.body).remove(0)).id(0);
    let get = request((1, 4), &[], &[operation(0x0a, None, &[crate::wire::text(0x420094, &id)])]);
    let own = ask(&server, &post("/kmip", "application/octet-stream", &get)).await;
    assert_eq!(own.results(), [(0, 0)]);
    let mut bob = Client::connect(&server, "bob").await;
    bob.send(&post("/kmip", "application/octet-stream", &get)).await;
    assert_eq!(Http::read(&mut bob).await.results(), [(1, 1)], "not bob's");
}

#[tokio::test]
async fn xml_and_json_bodies_are_answered_in_kind() {
    let server = server().await;
    let xml = ask(&server, &post("/kmip", "text/xml; charset=utf-8", XML_QUERY.as_bytes())).await;
    let body = String::from_utf8(xml.body.clone()).expect("text");
    assert_eq!((xml.status, xml.header("content-type")), (200, Some("text/xml")));
    assert!(body.contains(r#"<ResultStatus type="Enumeration" value="Success"/>"#), "{body}");
    assert!(body.contains(r#"<ObjectType type="Enumeration" value="SymmetricKey"/>"#), "{body}");
    let json = ask(&server, &post("/kmip", "application/json", JSON_QUERY.as_bytes())).await;
    assert_eq!((json.status, json.header("content-type")), (200, Some("application/json")));
    let body: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
    assert_eq!(body["tag"], "ResponseMessage");
    assert_eq!(body["value"][1]["value"][1]["value"], "Success", "{body}");
}

#[tokio::test]
async fn what_is_no_message_in_its_encoding_is_a_kmip_error() {
    let server = server().await;
    for (media_type, body) in [
        ("text/xml", "<RequestMessage>"),
        ("text/xml", ""),
        ("application/json", "{\"tag\":"),
        ("application/json", "[]"),
        ("application/octet-stream", ""),
        ("application/octet-stream", "B\0\u{1}\0"),
    ] {
        let response = ask(&server, &post("/kmip", media_type, body.as_bytes())).await;
        assert_eq!((response.status, response.header("content-type")), (200, Some(media_type)), "{body:?}");
        if media_type == "application/octet-stream" {
            assert_eq!(response.results(), [(1, 4)], "{body:?}");
        } else {
            let text = String::from_utf8(response.body).expect("text");
            assert!(text.contains("InvalidMessage"), "{body:?}: {text}");
        }
    }
}

#[tokio::test]
async fn http_errors_where_no_message_was_asked_for() {
    let server = server().await;
    let body = query();
    let octets = "application/octet-stream";
    for (status, bytes) in [
        (404, post("/", octets, &body)),
        (404, post("/kmip/more", octets, &body)),
        (405, b"GET /kmip HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        (415, post("/kmip", "text/plain", &body)),
        (415, post("/kmip", "text/xml; charset=utf-16", XML_QUERY.as_bytes())),
        (415, post("/kmip", "application/octet-stream\r\nContent-Encoding: gzip", &body)),
        (413, post("/kmip", octets, &body).replacen("Content-Length: ", "Content-Length: 99999999")),
        (400, b"POST /kmip HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n".to_vec()),
    ] {
        let response = ask(&server, &bytes).await;
        assert_eq!(response.status, status, "{}", String::from_utf8_lossy(&bytes));
        if status == 405 {
            assert_eq!(response.header("allow"), Some("POST"));
        }
    }
    assert_eq!(ask(&server, &post("/kmip", octets, &body)).await.status, 200, "the server goes on");
}

/// Bytes are replaced as in a text.
trait Replace {
    fn replacen(self, from: &str, to: &str) -> Vec<u8>;
}

impl Replace for Vec<u8> {
    fn replacen(mut self, from: &str, to: &str) -> Vec<u8> {
        let at = self.windows(from.len()).position(|w| w == from.as_bytes()).expect("it is there");
        self.splice(at..at + from.len(), to.bytes());
        self
    }
}

#[tokio::test]
async fn after_an_error_with_a_small_body_the_connection_goes_on() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    for (status, path) in [(404, "/other"), (200, "/kmip"), (404, "/"), (200, "/kmip")] {
        client.send(&post(path, "application/octet-stream", &query())).await;
        assert_eq!(Http::read(&mut client).await.status, status);
    }
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let server = server().await;
    let mut client = Client::connect(&server, "alice").await;
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(client.rest().await.is_empty(), "closed at once");
}

#[tokio::test]
async fn another_path_can_be_chosen() {
    let server = server_with(Config { http_path: "/keys".to_owned(), ..Config::default() }).await;
    assert_eq!(ask(&server, &post("/keys?x=1", "application/octet-stream", &query())).await.status, 200);
    assert_eq!(ask(&server, &post("/kmip", "application/octet-stream", &query())).await.status, 404);
}

#[tokio::test]
async fn chunked_pipelined_and_continued_requests() {
    let server = server().await;
    let body = query();
    let mut chunked =
        b"POST /kmip HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for part in body.chunks(50) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes().chain(part.iter().copied()).chain(*b"\r\n"));
    }
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(ask(&server, &chunked).await.results(), [(0, 0)]);

    let one = post("/kmip", "application/octet-stream", &body);
    let mut client = Client::connect(&server, "alice").await;
    client.send(&[one.clone(), one].concat()).await;
    client.finish().await;
    let all = String::from_utf8_lossy(&client.rest().await).into_owned();
    assert_eq!(all.matches("HTTP/1.1 200").count(), 2, "{all}");

    let mut client = Client::connect(&server, "alice").await;
    let length = body.len();
    let head = format!(
        "POST /kmip HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    );
    client.send(head.as_bytes()).await;
    assert!(client.some().await.starts_with(b"HTTP/1.1 100"));
    client.send(&body).await;
    assert_eq!(Http::read(&mut client).await.results(), [(0, 0)]);
}

#[tokio::test]
async fn a_chunked_body_beyond_the_limit_is_refused() {
    let mut config = Config::default();
    config.limits.message_size = 1_000;
    let server = server_with(config).await;
    let mut client = Client::connect(&server, "alice").await;
    client
        .send(b"POST /kmip HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    client.send(b"3e9\r\n").await;
    client.send(&[0; 1_001]).await;
    assert_eq!(Http::read(&mut client).await.status, 413);
}

#[tokio::test]
async fn http_1_0_gets_http_1_0() {
    let server = server().await;
    let bytes = post("/kmip", "application/octet-stream", &query()).replacen("HTTP/1.1", "HTTP/1.0");
    let mut client = Client::connect(&server, "alice").await;
    client.send(&bytes).await;
    let response = Http::read(&mut client).await;
    assert_eq!((response.status, response.version.as_str()), (200, "HTTP/1.0"));
    assert_eq!(response.results(), [(0, 0)]);
    assert!(client.rest().await.is_empty(), "closed, since nobody asked to keep it");
}

#[tokio::test]
async fn slow_and_silent_http_peers_are_cut() {
    let mut config = Config::default();
    config.limits.idle = Duration::from_millis(600);
    config.limits.transfer = Duration::from_millis(600);
    let server = server_with(config).await;
    let whole = post("/kmip", "application/octet-stream", &query());
    for part in [20, whole.len() - 10] {
        let mut slow = Client::connect(&server, "alice").await;
        slow.send(&whole[..part]).await;
        slow.rest().await;
    }
    let mut idle = Client::connect(&server, "alice").await;
    idle.send(&whole).await;
    assert_eq!(Http::read(&mut idle).await.status, 200);
    assert!(idle.rest().await.is_empty());
}

#[tokio::test]
async fn shutdown_ends_open_http_connections() {
    let server = server().await;
    let mut open = Client::connect(&server, "alice").await;
    open.send(&post("/kmip", "application/octet-stream", &query())).await;
    Http::read(&mut open).await;
    timeout(Duration::from_secs(1), server.shutdown()).await.expect("shutdown does not wait for a silent connection");
    assert!(open.rest().await.is_empty());
}
