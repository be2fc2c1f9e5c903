//! `kmipspec serve` as a process of its own, and a client to it.

use crate::program::program;
use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{Identity, Pool, Session, Target, Trust};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running server.
pub(crate) struct Served {
    /// The process.
    pub(crate) child: Child,
    /// What it has said on standard error; read all the time, or the pipe would be full some day.
    told: Option<JoinHandle<String>>,
    /// How to reach it.
    pub(crate) target: Arc<Target>,
    /// Its ready line.
    ready: serde_json::Value,
}

/// The program without the variables of whoever runs the tests.
pub(crate) fn kmipspec() -> Command {
    let mut command = program();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads to the end in a thread of its own.
fn reading(mut pipe: ChildStderr) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut told = String::new();
        pipe.read_to_string(&mut told).expect("text");
        told
    })
}

impl Served {
    /// Starts one on a free port and waits for its ready line.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = kmipspec();
        command.arg("serve").args(flags).args(["--port", "0"]);
        Self::of(command)
    }

    /// Starts what a command says and waits for its ready line.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let told = child.stderr.take().map(reading);
        if line.is_empty() {
            panic!("no ready line: {:?}", told.map(JoinHandle::join));
        }
        let ready: serde_json::Value = serde_json::from_str(&line).expect("the ready line is JSON");
        let pem = |path: &serde_json::Value| std::fs::read(path.as_str().expect("a path")).expect("PEM");
        let identities = ["alice", "bob"].map(|name| {
            let files = &ready["identities"][name];
            Identity::with_certificate(name, pem(&files["cert"]), pem(&files["key"]))
        });
        let trust = Trust::Ca(pem(&ready["ca"]));
        let target =
            Target::new(ready["address"].as_str().expect("an address"), None, &trust, identities).expect("a target");
        Self { child, told, target: Arc::new(target), ready }
    }

    /// The path of a file that the ready line names: `ca`, and `cert` and `key` of alice.
    pub(crate) fn file(&self, name: &str) -> String {
        self.ready[name].as_str().expect("a path").to_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name]).arg(self.child.id().to_string()).status().expect("kill ran");
        assert!(sent.success(), "the server has ended already");
    }

    /// Exit code and standard error, once it has ended by itself or by a signal.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        while self.child.try_wait().expect("asked").is_none() {
            if began.elapsed() > Duration::from_secs(20) {
                let _ = self.child.kill();
                panic!("it did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let told = self.told.take().map(JoinHandle::join).transpose().expect("text");
        (self.child.wait().expect("it ended").code(), told.unwrap_or_default())
    }

    /// SIGTERM, then as [`Self::ended`].
    pub(crate) fn stop(self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.ended()
    }

    /// A client.
    pub(crate) fn client(&self, identity: &'static str) -> Client {
        let session = Session::new(Arc::clone(&self.target), Arc::new(Pool::default()), Connections::Shared);
        Client { session, identity }
    }
}

/// A test that fails leaves no server behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of KMIP 1.4 with one connection.
pub(crate) struct Client {
    /// Connection and transcript.
    pub(crate) session: Session,
    /// Which of the target's identities it is.
    pub(crate) identity: &'static str,
}

/// What became of one batch item: the reason if it failed, else the payload.
pub(crate) type Answered = Result<Item, u32>;

impl Client {
    /// Sends a batch; none when the connection ended without an answer.
    pub(crate) async fn batch(&mut self, undo: bool, items: Vec<(Operation, Vec<Item>)>) -> Option<Vec<Answered>> {
        let version =
            vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 4)];
        let count = i32::try_from(items.len()).expect("a short batch");
        let header = vec![
            Item::structure(tag::PROTOCOL_VERSION, version),
            // Undo is 3, Continue is 1.
            Item::enumeration(tag::BATCH_ERROR_CONTINUATION_OPTION, if undo { 3 } else { 1 }),
            Item::boolean(tag::BATCH_ORDER_OPTION, true),
            Item::integer(tag::BATCH_COUNT, count),
        ];
        let mut message = vec![Item::structure(tag::REQUEST_HEADER, header)];
        for (place, (operation, payload)) in items.into_iter().enumerate() {
            let id = u32::try_from(place).expect("a short batch").to_be_bytes();
            let item = vec![
                Item::enumeration(tag::OPERATION, operation.0),
                Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, id),
                Item::structure(tag::REQUEST_PAYLOAD, payload),
            ];
            message.push(Item::structure(tag::BATCH_ITEM, item));
        }
        let message = Item::structure(tag::REQUEST_MESSAGE, message).encode();
        let options = Options { timeout: Some(Duration::from_secs(20)), ..Options::new("step", self.identity) };
        self.session.exchange(options, message).await;
        let exchange = self.session.take_transcript().pop()?;
        let doc = Doc::strict(&exchange.received, &Limits::default()).ok()?;
        let items = doc.root()?.children().filter(|item| item.tag() == tag::BATCH_ITEM);
        let answered = items.map(|item| match item.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32) {
            Some(0) => Ok(item
                .child(tag::RESPONSE_PAYLOAD)
                .map_or_else(|| Item::structure(tag::RESPONSE_PAYLOAD, Vec::new()), Item::from_ref)),
            _ => Err(item.child(tag::RESULT_REASON).and_then(ItemRef::as_u32).unwrap_or(0)),
        });
        Some(answered.collect())
    }

    /// Sends one item, which must be answered.
    pub(crate) async fn one(&mut self, operation: Operation, payload: Vec<Item>) -> Answered {
        self.batch(false, vec![(operation, payload)]).await.expect("an answer").pop().expect("one item")
    }
}

/// Payload of Create: an AES key of 128 bits with this Name.
pub(crate) fn create(name: &str) -> Vec<Item> {
    let attributes = vec![
        attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
        attribute("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 128)),
        attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
        named(name),
    ];
    vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::structure(tag::TEMPLATE_ATTRIBUTE, attributes)]
}

/// Payload of Locate by Name.
pub(crate) fn locate(name: &str) -> Vec<Item> {
    vec![named(name)]
}

/// Payload that is a Unique Identifier.
pub(crate) fn of(id: &str) -> Vec<Item> {
    vec![Item::text(tag::UNIQUE_IDENTIFIER, id)]
}

/// A Name attribute.
fn named(name: &str) -> Item {
    let value = vec![Item::text(tag::NAME_VALUE, name), Item::enumeration(tag::NAME_TYPE, 1)];
    attribute("Name", Item::structure(tag::ATTRIBUTE_VALUE, value))
}

/// An attribute of 1.x.
fn attribute(name: &str, value: Item) -> Item {
    Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value])
}

/// Every Unique Identifier of a payload.
pub(crate) fn identifiers(payload: &Item) -> Vec<String> {
    let of_tag = payload.items().iter().filter(|item| item.tag == tag::UNIQUE_IDENTIFIER);
    of_tag.filter_map(|item| item.value()).map(|value| text(&value)).collect()
}

/// The text of a value.
pub(crate) fn text(value: &kmipspec_protocol::ttlv::Value<'_>) -> String {
    match value {
        kmipspec_protocol::ttlv::Value::TextString(text) => (*text).to_owned(),
        other => panic!("no text: {other:?}"),
    }
}
