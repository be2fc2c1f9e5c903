//! Server to client: Notify and Put at the client's own listener, and Set Endpoint Role (1.4 §5, 2.1 §6.2). The client's end is
//! played here, with the second TTLV of these tests; the messages are held against the tables of their version as well.

use crate::peer::{Client, NOW, PATIENCE, frozen, server_with};
use crate::wire::{
    Answer, Node, attribute, boolean, bytes, create, date, enumeration, integer, operation, request, structure, text,
};
use kmipspec_protocol::schema::check_request;
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_reference_server::clock::MovableClock;
use kmipspec_reference_server::{Config, PushClient, RunningServer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const QUERY: u32 = 0x18;
const NOTIFY: u32 = 0x1b;
const PUT: u32 = 0x1c;
const DISCOVER_VERSIONS: u32 = 0x1e;
const SET_ENDPOINT_ROLE: u32 = 0x32;

/// The client's listener: a port that is open before the server starts, TLS once its CA is known.
struct Listening {
    socket: TcpListener,
    acceptor: Option<TlsAcceptor>,
}

impl Listening {
    async fn new() -> Self {
        Self { socket: TcpListener::bind("127.0.0.1:0").await.expect("a port"), acceptor: None }
    }

    /// As `NAME=HOST:PORT` with options.
    fn as_client(&self, name: &str, options: &str) -> PushClient {
        let address = self.socket.local_addr().expect("an address");
        format!("{name}={address}{options}").parse().expect("a client")
    }

    /// A server that tells this listener of alice's objects.
    async fn server(&mut self, options: &str) -> RunningServer {
        let clock = Arc::new(MovableClock::frozen_at(NOW));
        let push_clients = vec![self.as_client("alice", options)];
        let server = server_with(Config { clock, push_clients, ..Config::default() }).await;
        self.trust(&server);
        server
    }

    /// Takes only connections that show a certificate of the server's CA.
    fn trust(&mut self, server: &RunningServer) {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca().as_bytes()).expect("CA")).expect("CA");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .expect("verifier");
        let own = &server.certificates().server;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).expect("certificate")],
                PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("key"),
            )
            .expect("identity");
        self.acceptor = Some(TlsAcceptor::from(Arc::new(config)));
    }

    async fn accept(&self) -> Called {
        let accepted =
            timeout(PATIENCE, self.socket.accept()).await.expect("a connection in time").expect("a socket").0;
        let acceptor = self.acceptor.as_ref().expect("trust");
        Called(timeout(PATIENCE, acceptor.accept(accepted)).await.expect("in time").expect("a handshake"))
    }

    /// Whether nobody calls.
    async fn is_quiet(&self) -> bool {
        timeout(Duration::from_millis(300), self.socket.accept()).await.is_err()
    }
}

/// A connection on which the server asks.
struct Called(TlsStream<TcpStream>);

impl Called {
    /// The next request, whole and sound.
    async fn message(&mut self) -> Vec<u8> {
        let message = async {
            let mut message = vec![0; 8];
            self.0.read_exact(&mut message).await.expect("a header");
            let length = u32::from_be_bytes([message[4], message[5], message[6], message[7]]) as usize;
            message.resize(8 + length, 0);
            self.0.read_exact(&mut message[8..]).await.expect("the rest");
            message
        };
        let message = timeout(PATIENCE, message).await.expect("a request in time");
        sound(&message);
        message
    }

    async fn asked(&mut self) -> Asked {
        Asked(Node::all(&self.message().await).remove(0))
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("write");
        self.0.flush().await.expect("flush");
    }

    /// Acknowledges: a Response Message without payload content.
    async fn acknowledge(&mut self, asked: &Asked) {
        self.say(&asked.answer(0, &[structure(0x42007c, &[])])).await;
    }
}

/// Whatever the server sends fits the tables of its version.
fn sound(message: &[u8]) {
    let doc = Doc::strict(message, &Limits::default()).expect("TTLV");
    let header = Node::all(message).remove(0).at(0x420077).at(0x420069).clone();
    let (major, minor) = (header.at(0x42006a).number(), header.at(0x42006b).number());
    let found = check_request(&doc, format!("{major}.{minor}").parse().expect("a version"));
    assert!(found.is_empty(), "{found:?}");
}

fn version((major, minor): (i32, i32)) -> Vec<u8> {
    structure(0x420069, &[integer(0x42006a, major), integer(0x42006b, minor)])
}

/// A request of the server.
struct Asked(Node);

impl Asked {
    fn header(&self) -> &Node {
        self.0.at(0x420077)
    }

    fn version(&self) -> (i32, i32) {
        let version = self.header().at(0x420069);
        (version.at(0x42006a).number() as i32, version.at(0x42006b).number() as i32)
    }

    fn operation(&self) -> u32 {
        self.0.at(0x42000f).at(0x42005c).number()
    }

    fn payload(&self) -> &Node {
        self.0.at(0x42000f).at(0x420079)
    }

    fn id(&self) -> String {
        self.payload().at(0x420094).text()
    }

    /// Names and values of Attribute structures (1.x); no value: deleted.
    fn attributes(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let all = self.payload().items.iter().filter(|i| i.tag == 0x420008);
        all.map(|a| (a.at(0x42000a).text(), a.get(0x42000b).map(|v| v.value.clone()))).collect()
    }

    fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.attributes().into_iter().find(|(n, _)| n == name).and_then(|(_, v)| v)
    }

    /// A response of this Result Status with these fields at the end.
    fn answer(&self, status: u32, fields: &[Vec<u8>]) -> Vec<u8> {
        let header = structure(0x42007a, &[version(self.version()), date(0x420092, NOW), integer(0x42000d, 1)]);
        let mut item = vec![enumeration(0x42005c, self.operation()), enumeration(0x42007f, status)];
        item.extend_from_slice(fields);
        structure(0x42007b, &[header, structure(0x42000f, &item)])
    }
}

const KEY: [u8; 16] = [0x11, 0x22, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];

fn key_object() -> Vec<u8> {
    let block = structure(
        0x420040,
        &[
            enumeration(0x420042, 1),
            structure(0x420045, &[bytes(0x420043, &KEY)]),
            enumeration(0x420028, 3),
            integer(0x42002a, 128),
        ],
    );
    structure(0x42008f, &[block])
}

/// Register of 1.x as in the published Notify and Put cases: a usage mask and a label.
fn register() -> Vec<u8> {
    let attributes = [attribute("Cryptographic Usage Mask", integer(0, 4)), attribute("x-ID", text(0, "TC-NP-2"))];
    operation(3, None, &[enumeration(0x420057, 2), structure(0x420091, &attributes), key_object()])
}

/// The course of the published cases TC-NP-2 at each 1.x version, with the deletion that the text adds.
#[tokio::test]
async fn objects_are_put_and_changes_notified_at_1_x() {
    for minor in 0..=4 {
        let mut listening = Listening::new().await;
        let server = listening.server(&format!(",version=1.{minor}")).await;
        let mut alice = Client::connect(&server, "alice").await;
        let id = alice.ask(&request((1, minor), &[], &[register()])).await.id(0);
        let mut called = listening.accept().await;
        if minor >= 3 {
            let asked = called.asked().await;
            assert_eq!((asked.operation(), asked.version()), (QUERY, (1, minor)));
            called.acknowledge(&asked).await;
        }
        let put = called.asked().await;
        assert_eq!((put.operation(), put.version(), put.id()), (PUT, (1, minor), id.clone()));
        assert_eq!(put.payload().at(0x420070).number(), 1, "New");
        assert_eq!(Node::all(&key_object()).remove(0), *put.payload().at(0x42008f), "the object as it was registered");
        assert_eq!(put.value("x-ID").as_deref(), Some(b"TC-NP-2".as_slice()));
        assert_eq!(put.value("State"), Some(vec![0, 0, 0, 1]));
        assert_eq!(put.value("Lease Time"), Some(3_600_u32.to_be_bytes().to_vec()));
        assert_eq!(put.value("Unique Identifier"), Some(id.clone().into_bytes()));
        assert!(put.value("Digest").is_some());
        assert_eq!(put.value("Fresh").is_some(), minor >= 1, "Fresh is of 1.1");
        assert_eq!(put.header().at(0x420092).value, NOW.to_be_bytes(), "Time Stamp");
        for forbidden in [0x420050, 0x420007, 0x42000e, 0x420010] {
            assert!(put.header().get(forbidden).is_none(), "{forbidden:06x} is not allowed");
        }
        called.acknowledge(&put).await;

        let of = |what: Vec<u8>| vec![text(0x420094, &id), what];
        let named = |code, name: &str| operation(code, None, &[text(0x420094, &id), text(0x42000a, name)]);
        for (item, name, value) in [
            (operation(0x0d, None, &of(attribute("x-provider", text(0, "unknown")))), "x-provider", Some("unknown")),
            (operation(0x0e, None, &of(attribute("x-provider", text(0, "third")))), "x-provider", Some("third")),
            (named(0x0f, "x-provider"), "x-provider", None),
        ] {
            assert_eq!(alice.ask(&request((1, minor), &[], &[item])).await.results(), [(0, 0)]);
            let notify = called.asked().await;
            assert_eq!((notify.operation(), notify.id()), (NOTIFY, id.clone()));
            let mut expected = vec![
                (name.to_owned(), value.map(|v| v.as_bytes().to_vec())),
                ("Last Change Date".to_owned(), Some(NOW.to_be_bytes().to_vec())),
            ];
            let mut attributes = notify.attributes();
            attributes.sort();
            expected.sort();
            assert_eq!(attributes, expected, "1.{minor}");
            called.acknowledge(&notify).await;
        }
        alice.ask(&request((1, minor), &[], &[operation(0x14, None, &[text(0x420094, &id)])])).await;
        let destroyed = called.asked().await;
        assert_eq!(destroyed.operation(), NOTIFY);
        assert_eq!(destroyed.value("State"), Some(vec![0, 0, 0, 5]), "Destroyed");
        assert!(destroyed.value("Last Change Date").is_some());
        called.acknowledge(&destroyed).await;
    }
}

/// Every byte of a Notify, written by hand from the tables: 1.4 §7.1 and Table 255, 2.1 §8.1 and §6.2.2.
#[tokio::test]
async fn notify_byte_for_byte() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.4,only=notify").await;
    let mut alice = Client::connect(&server, "alice").await;
    let id = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let add = operation(0x0d, None, &[text(0x420094, &id), attribute("Contact Information", text(0, "me"))]);
    alice.ask(&request((1, 4), &[], &[add])).await;
    let mut called = listening.accept().await;
    let query = called.asked().await;
    called.acknowledge(&query).await;
    let payload = [
        text(0x420094, &id),
        attribute("Contact Information", text(0, "me")),
        attribute("Last Change Date", date(0, NOW)),
    ];
    let header = [text(0x420106, "kmipspec-2"), date(0x420092, NOW)];
    let by_hand = request((1, 4), &header, &[operation(NOTIFY, None, &payload)]);
    assert_eq!(called.message().await, by_hand);

    let mut listening = Listening::new().await;
    let server = listening.server(",version=2.1,only=notify").await;
    let mut alice = Client::connect(&server, "alice").await;
    let attributes = [enumeration(0x420028, 3), integer(0x42002a, 128), integer(0x42002c, 12), text(0x420022, "me")];
    let made = operation(1, None, &[enumeration(0x420057, 2), structure(0x420125, &attributes)]);
    let id = alice.ask(&request((2, 1), &[], &[made])).await.id(0);
    let delete = operation(0x0f, None, &[text(0x420094, &id), enumeration(0x42013b, 0x420022)]);
    assert_eq!(alice.ask(&request((2, 1), &[], &[delete])).await.results(), [(0, 0)]);
    let mut called = listening.accept().await;
    let query = called.asked().await;
    called.acknowledge(&query).await;
    let payload = [text(0x420094, &id), structure(0x420125, &[date(0x420048, NOW)]), enumeration(0x42013b, 0x420022)];
    let header = [text(0x420106, "kmipspec-2"), date(0x420092, NOW)];
    assert_eq!(called.message().await, request((2, 1), &header, &[operation(NOTIFY, None, &payload)]));
}

#[tokio::test]
async fn a_replacement_is_put_as_such() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.2,only=put").await;
    let mut alice = Client::connect(&server, "alice").await;
    let old = alice.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    let mut called = listening.accept().await;
    let first = called.asked().await;
    assert_eq!((first.operation(), first.id()), (PUT, old.clone()));
    called.acknowledge(&first).await;
    let new = alice.ask(&request((1, 2), &[], &[operation(4, None, &[text(0x420094, &old)])])).await.id(0);
    let second = called.asked().await;
    assert_eq!((second.operation(), second.id()), (PUT, new));
    assert_eq!(second.payload().at(0x420070).number(), 2, "Replace");
    assert_eq!(second.payload().at(0x420076).text(), old, "Replaced Unique Identifier");
}

#[tokio::test]
async fn the_version_is_agreed_and_the_client_asked_what_it_can() {
    let mut listening = Listening::new().await;
    let server = listening.server("").await;
    let mut alice = Client::connect(&server, "alice").await;
    let key = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let mut called = listening.accept().await;
    let asked = called.asked().await;
    assert_eq!((asked.operation(), asked.version()), (DISCOVER_VERSIONS, (2, 1)));
    let ours: Vec<_> = asked.payload().items.iter().map(|v| (v.items[0].number(), v.items[1].number())).collect();
    assert_eq!(ours, [(2, 1), (2, 0), (1, 4), (1, 3), (1, 2), (1, 1), (1, 0)], "best first");
    called.say(&asked.answer(0, &[structure(0x42007c, &[version((1, 4)), version((1, 2))])])).await;
    let asked = called.asked().await;
    assert_eq!((asked.operation(), asked.version()), (QUERY, (1, 4)));
    let functions: Vec<_> = asked.payload().items.iter().map(Node::number).collect();
    assert_eq!(functions, [1, 2, 3, 7, 10, 11], "as in the published TC-Q-S2C-PROF-2");
    // A client that can hold symmetric keys and takes both operations, in the fields of that case.
    let fields = [
        enumeration(0x42005c, NOTIFY),
        enumeration(0x42005c, PUT),
        enumeration(0x420057, 2),
        text(0x42009d, "SOME-VENDOR-NAME"),
        structure(0x4200eb, &[enumeration(0x4200ec, 0x0d)]),
        structure(0x4200f7, &[boolean(0x4200ef, false), boolean(0x4200f0, false)]),
    ];
    called.say(&asked.answer(0, &[structure(0x42007c, &fields)])).await;
    let put = called.asked().await;
    assert_eq!((put.operation(), put.version(), put.id()), (PUT, (1, 4), key));
    called.acknowledge(&put).await;
    // It cannot hold Secret Data, so the next it hears of is the second key.
    let secret = [
        enumeration(0x420057, 7),
        structure(0x420091, &[attribute("Cryptographic Usage Mask", integer(0, 0))]),
        structure(
            0x420085,
            &[
                enumeration(0x420086, 1),
                structure(0x420040, &[enumeration(0x420042, 2), structure(0x420045, &[bytes(0x420043, b"secret")])]),
            ],
        ),
    ];
    assert_eq!(alice.ask(&request((1, 4), &[], &[operation(3, None, &secret)])).await.results(), [(0, 0)]);
    let second = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    assert_eq!(called.asked().await.id(), second);
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.0").await;
    let mut alice = Client::connect(&server, "alice").await;
    let id = alice.ask(&request((1, 0), &[], &[create(None, &[])])).await.id(0);
    for _ in 0..2 {
        let mut called = listening.accept().await;
        assert_eq!(called.asked().await.id(), id);
        // Closed instead of an answer.
    }
    let mut called = listening.accept().await;
    let asked = called.asked().await;
    called.say(&structure(0x42007b, &[])).await;
    drop(called);
    assert_eq!(asked.id(), id, "nonsense is no answer");
    let mut called = listening.accept().await;
    let put = called.asked().await;
    called.acknowledge(&put).await;
    assert_eq!(put.id(), id);
    let second = alice.ask(&request((1, 0), &[], &[create(None, &[])])).await.id(0);
    let put = called.asked().await;
    assert_eq!(put.id(), second, "acknowledged once is told once");
    // A client that refuses has heard it: nothing is repeated.
    called.say(&put.answer(1, &[enumeration(0x42007e, 0x0c), text(0x42007d, "no")])).await;
    let third = alice.ask(&request((1, 0), &[], &[create(None, &[])])).await.id(0);
    assert_eq!(called.asked().await.id(), third);
}

#[tokio::test]
async fn a_client_that_is_away_for_a_while_misses_nothing_that_fits_its_queue() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.0,queue=2").await;
    let mut alice = Client::connect(&server, "alice").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(alice.ask(&request((1, 0), &[], &[create(None, &[])])).await.id(0));
        // Until the first is on its way, it is in nobody's queue.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut called = listening.accept().await;
    for expected in [&ids[0], &ids[2], &ids[3]] {
        let put = called.asked().await;
        assert_eq!(put.id(), *expected, "the oldest that waited was dropped");
        called.acknowledge(&put).await;
    }
}

#[tokio::test]
async fn clients_are_told_of_their_own_objects_unless_of_all() {
    let mut own = Listening::new().await;
    let mut all = Listening::new().await;
    let clock = Arc::new(MovableClock::frozen_at(NOW));
    let push_clients =
        vec![own.as_client("alice", ",version=1.0"), all.as_client("monitor", ",version=1.0,objects=all,values=no")];
    let server = server_with(Config { clock, push_clients, ..Config::default() }).await;
    own.trust(&server);
    all.trust(&server);
    let mut bob = Client::connect(&server, "bob").await;
    let id = bob.ask(&request((1, 0), &[], &[create(None, &[])])).await.id(0);
    let mut called = all.accept().await;
    let put = called.asked().await;
    assert_eq!(put.id(), id);
    called.acknowledge(&put).await;
    bob.ask(&request((1, 0), &[], &[operation(0x12, None, &[text(0x420094, &id)])])).await;
    let names: Vec<_> = called.asked().await.attributes().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Last Change Date"], "values=no");
    assert!(own.is_quiet().await, "bob's objects are not alice's");
}

#[tokio::test]
async fn what_was_undone_or_failed_is_not_told() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.2").await;
    let mut alice = Client::connect(&server, "alice").await;
    let undo = enumeration(0x42000e, 3);
    let missing = operation(0x0a, Some(2), &[text(0x420094, "missing")]);
    let answer = alice.ask(&request((1, 2), &[undo], &[create(Some(1), &[]), missing])).await;
    assert_eq!(answer.results()[0].0, 3, "undone");
    let id = alice.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    let mut called = listening.accept().await;
    assert_eq!(called.asked().await.id(), id);
}

#[tokio::test]
async fn keys_that_may_not_leave_the_server_do_not() {
    let mut listening = Listening::new().await;
    let server = listening.server(",version=1.4").await;
    let mut alice = Client::connect(&server, "alice").await;
    for name in ["Sensitive", "Extractable"] {
        let kept = create(None, &[attribute(name, boolean(0, name == "Sensitive"))]);
        assert_eq!(alice.ask(&request((1, 4), &[], &[kept])).await.results(), [(0, 0)]);
    }
    let id = alice.ask(&request((1, 4), &[], &[create(None, &[])])).await.id(0);
    let mut called = listening.accept().await;
    let query = called.asked().await;
    called.acknowledge(&query).await;
    assert_eq!(called.asked().await.id(), id);
}

#[tokio::test]
async fn over_https_the_server_is_the_client() {
    let mut listening = Listening::new().await;
    let address = listening.socket.local_addr().expect("an address");
    let client = format!("alice=https://{address}/from-server,encoding=xml,version=1.2");
    let push_clients = vec![client.parse().expect("a client")];
    let clock = Arc::new(MovableClock::frozen_at(NOW));
    let server = server_with(Config { clock, push_clients, ..Config::default() }).await;
    listening.trust(&server);
    let mut alice = Client::connect(&server, "alice").await;
    for _ in 0..2 {
        alice.ask(&request((1, 2), &[], &[register()])).await;
    }
    let mut called = listening.accept().await;
    for _ in 0..2 {
        let mut all = String::new();
        while !all.contains("</RequestMessage>") {
            let mut some = vec![0; 4_096];
            let count = timeout(PATIENCE, called.0.read(&mut some)).await.expect("in time").expect("a request");
            all.push_str(std::str::from_utf8(&some[..count]).expect("text"));
        }
        let head = all.to_ascii_lowercase();
        for line in [
            "post /from-server http/1.1\r\n",
            "content-type: text/xml\r\n",
            "cache-control: no-cache\r\n",
            "content-length: ",
        ] {
            assert!(head.contains(line), "{line:?} in {all}");
        }
        assert!(all.contains(r#"<Operation type="Enumeration" value="Put"/>"#), "{all}");
        assert!(head.contains("1122456789abcdef0123456789abcdef"), "{all}");
        let body = r#"<ResponseMessage><ResponseHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/><ProtocolVersionMinor type="Integer" value="2"/></ProtocolVersion><TimeStamp type="DateTime" value="2023-11-14T22:13:20+00:00"/><BatchCount type="Integer" value="1"/></ResponseHeader><BatchItem><Operation type="Enumeration" value="Put"/><ResultStatus type="Enumeration" value="Success"/></BatchItem></ResponseMessage>"#;
        let response =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        called.say(response.as_bytes()).await;
    }
}

/// Set Endpoint Role with this role.
fn set_role(role: u32) -> Vec<u8> {
    request((2, 1), &[], &[operation(SET_ENDPOINT_ROLE, None, &[enumeration(0x420151, role)])])
}

impl Client {
    /// The next request of the server on a connection that was turned round.
    async fn asked(&mut self) -> Asked {
        let message = self.receive().await.expect("a request");
        sound(&message);
        Asked(Node::all(&message).remove(0))
    }
}

#[tokio::test]
async fn roles_change_on_a_connection_and_change_back() {
    let config = Config { endpoint_role_return: Some(Duration::from_secs(1)), ..Config::default() };
    let server = server_with(config).await;
    let mut turned = Client::connect(&server, "alice").await;
    let answer = turned.ask(&set_role(1)).await;
    assert_eq!(answer.results(), [(0, 0)]);
    assert_eq!(answer.items()[0].at(0x42007c).at(0x420151).number(), 1, "the server is the client now");

    let asked = turned.asked().await;
    assert_eq!((asked.operation(), asked.version()), (DISCOVER_VERSIONS, (2, 1)));
    turned.send(&asked.answer(0, &[structure(0x42007c, &[version((2, 0))])])).await;
    let asked = turned.asked().await;
    assert_eq!((asked.operation(), asked.version()), (QUERY, (2, 0)));
    turned.send(&asked.answer(0, &[structure(0x42007c, &[])])).await;

    let mut other = Client::connect(&server, "alice").await;
    let id = other.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    let put = turned.asked().await;
    assert_eq!((put.operation(), put.version(), put.id()), (PUT, (2, 0), id.clone()));
    turned.send(&put.answer(0, &[structure(0x42007c, &[])])).await;
    other.ask(&request((1, 2), &[], &[operation(0x12, None, &[text(0x420094, &id)])])).await;
    let notify = turned.asked().await;
    assert_eq!((notify.operation(), notify.id()), (NOTIFY, id));
    assert_eq!(notify.payload().at(0x420125).at(0x42008d).number(), 2, "Active");
    turned.send(&notify.answer(0, &[structure(0x42007c, &[])])).await;

    let back = turned.asked().await;
    assert_eq!(back.operation(), SET_ENDPOINT_ROLE);
    assert_eq!(back.payload().at(0x420151).number(), 1, "the other side is the client again");
    turned.send(&back.answer(0, &[structure(0x42007c, &[enumeration(0x420151, 1)])])).await;
    let query = request((1, 4), &[], &[operation(QUERY, None, &[enumeration(0x420074, 1)])]);
    assert_eq!(turned.ask(&query).await.results(), [(0, 0)]);
}

#[tokio::test]
async fn who_speaks_out_of_turn_is_cut() {
    let (server, _) = frozen().await;
    let mut turned = Client::connect(&server, "alice").await;
    assert_eq!(turned.ask(&set_role(1)).await.results(), [(0, 0)]);
    for operation in [DISCOVER_VERSIONS, QUERY] {
        let asked = turned.asked().await;
        assert_eq!(asked.operation(), operation);
        turned.send(&asked.answer(1, &[enumeration(0x42007e, 5), text(0x42007d, "no")])).await;
    }
    turned.send(&set_role(2)).await;
    assert!(turned.receive().await.is_none(), "closed");
    assert_eq!(Client::connect(&server, "alice").await.ask(&set_role(2)).await.results(), [(0, 0)], "as it is anyway");
}

#[tokio::test]
async fn a_role_that_was_undone_is_not_played() {
    let (server, _) = frozen().await;
    let mut client = Client::connect(&server, "alice").await;
    let undo = enumeration(0x42000e, 3);
    let role = operation(SET_ENDPOINT_ROLE, Some(1), &[enumeration(0x420151, 1)]);
    let missing = operation(0x0a, Some(2), &[text(0x420094, "missing")]);
    let answer = client.ask(&request((2, 1), &[undo], &[role, missing])).await;
    assert_eq!(answer.results()[0].0, 3, "undone");
    assert_eq!(client.ask(&set_role(2)).await.results(), [(0, 0)], "the server still answers");
    assert_eq!(client.ask(&set_role(7)).await.results(), [(1, 7)], "no such role");
}

#[tokio::test]
async fn a_connection_turned_round_hears_of_its_owner_only() {
    let (server, _) = frozen().await;
    let mut turned = turned_round(&server).await;
    let mut bob = Client::connect(&server, "bob").await;
    bob.ask(&request((1, 2), &[], &[create(None, &[])])).await;
    let mut alice = Client::connect(&server, "alice").await;
    let id = alice.ask(&request((1, 2), &[], &[create(None, &[])])).await.id(0);
    assert_eq!(turned.asked().await.id(), id);
}

/// A connection of alice's that was turned round and introduced.
async fn turned_round(server: &RunningServer) -> Client {
    let mut turned = Client::connect(server, "alice").await;
    turned.ask(&set_role(1)).await;
    for _ in 0..2 {
        let asked = turned.asked().await;
        turned.send(&asked.answer(0, &[structure(0x42007c, &[])])).await;
    }
    turned
}

#[test]
fn answers_are_read_as_written() {
    // The helper that makes answers is itself held against the reader of these tests.
    let asked = Asked(Node::all(&request((1, 0), &[], &[operation(PUT, None, &[])])).remove(0));
    let answer = Answer(Node::all(&asked.answer(0, &[])).remove(0));
    assert_eq!((answer.version(), answer.results()), ((1, 0), vec![(0, 0)]));
}
