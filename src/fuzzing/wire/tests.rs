//! Whole runs against the bundled server, in this process.

use super::confirm::{look, smaller};
use super::corpus::Corpus;
use super::judge::Seen;
use super::requests::operations;
use super::shared::Shared;
use super::{Ended, Found, Given, Observer, Options, Peer, Status, fuzz, held, merge};
use crate::client::{ALICE, ANONYMOUS, Target, Trust};
use crate::fuzzing::Oracle;
use crate::fuzzing::oracle::Finding;
use crate::fuzzing::oracles::test::{answer, ok, request};
use crate::fuzzing::script::{Script, Step};
use crate::runner::{Stop, bundled, message};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version::{self, V1_4};
use kmipspec_reference_server::certificates::CertificateSet;
use kmipspec_reference_server::planted::{self, PlantedBugs};
use kmipspec_reference_server::quirks::{Quirks, named};
use kmipspec_reference_server::{Config, RunningServer};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A server that runs as long as this lives, and a client of it.
struct Served {
    peer: Peer,
    _server: RunningServer,
    _runtime: tokio::runtime::Runtime,
}

fn served(quirk: Option<&str>) -> Served {
    let quirks = Quirks::of(quirk.map(|name| named(name).expect("there is such a quirk")));
    serving(Config { quirks, ..Config::default() })
}

fn serving(config: Config) -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let (server, target) = runtime.block_on(bundled::start(config)).expect("a server");
    let talkers = vec![ALICE.to_owned(), "bob".to_owned()];
    let peer = Peer::new(Arc::new(target), talkers, None, Stop::default()).expect("a runtime");
    Served { peer, _server: server, _runtime: runtime }
}

/// How a server of ours is rude.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rude {
    /// It shakes one hand after the other.
    HandshakesInTurn,
    /// From the first byte of a message to its answer nobody else is served.
    MessagesInTurn,
    /// A message that says `slow` takes its time.
    Slow,
}

/// A rude server and a client of it.
fn rude(how: Rude) -> (Peer, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let own = CertificateSet::generate().expect("certificates");
    let chain = vec![CertificateDer::from_pem_slice(own.server.certificate.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(own.server.key.as_bytes()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    runtime.spawn(async move {
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, turn) = (acceptor.clone(), Arc::clone(&turn));
            let handshake = acceptor.accept(socket);
            if how == Rude::HandshakesInTurn {
                let Ok(stream) = handshake.await else { continue };
                tokio::spawn(rudely(stream, how, turn));
            } else {
                tokio::spawn(async move {
                    if let Ok(stream) = handshake.await {
                        rudely(stream, how, turn).await;
                    }
                });
            }
        }
    });
    let mut target = Target::new(&address, None, &Trust::Insecure, []).expect("a target");
    // Who is not served waits so long again and again; who is served would have to wait so long four times to be told.
    let short = Duration::from_millis(250);
    target.timeouts.exchange = if how == Rude::Slow { Duration::from_secs(60) } else { short };
    target.timeouts.connect = 2 * short;
    let peer = Peer::new(Arc::new(target), vec![ANONYMOUS.to_owned()], None, Stop::default()).expect("a runtime");
    (peer, runtime)
}

async fn rudely(mut stream: TlsStream<TcpStream>, how: Rude, turn: Arc<tokio::sync::Mutex<()>>) {
    let mut first = [0; 1];
    while stream.read_exact(&mut first).await.is_ok() {
        let _mine = if how == Rude::MessagesInTurn { Some(turn.lock().await) } else { None };
        let mut header = [0; 7];
        if stream.read_exact(&mut header).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([header[3], header[4], header[5], header[6]]);
        let mut body = vec![0; usize::try_from(length).expect("32 bits")];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        if how == Rude::Slow && body.windows(4).any(|part| part == b"slow") {
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let operation = operations(&body).first().copied().unwrap_or(Operation::DISCOVER_VERSIONS);
        if stream.write_all(&answer(V1_4, vec![ok(operation, Vec::new())])).await.is_err() {
            return;
        }
    }
}

/// Get of this.
fn get(id: &str) -> Script {
    Script { steps: vec![step(0, Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, id)])] }
}

fn step(identity: u8, operation: Operation, payload: Vec<Item>) -> Step {
    Step { connection: identity, identity, bytes: request(V1_4, operation, payload) }
}

/// Alice registers something, and somebody gets it.
fn gets(identity: u8) -> Script {
    let data = vec![
        Item::enumeration(tag::OPAQUE_DATA_TYPE, 0x8000_0001),
        Item::bytes(tag::OPAQUE_DATA_VALUE, b"of alice".as_slice()),
    ];
    let register = vec![
        Item::enumeration(tag::OBJECT_TYPE, 8),
        Item::structure(tag::TEMPLATE_ATTRIBUTE, Vec::new()),
        Item::structure(tag::OPAQUE_OBJECT, data),
    ];
    let get = vec![Item::text(tag::UNIQUE_IDENTIFIER, "$0.0")];
    Script { steps: vec![step(0, Operation::REGISTER, register), step(identity, Operation::GET, get)] }
}

#[derive(Default)]
struct Counting {
    found: usize,
    kept: usize,
    told: usize,
}

impl Observer for Counting {
    fn status(&mut self, _: &Status) {
        self.told += 1;
    }

    fn found(&mut self, _: &Found) {
        self.found += 1;
    }

    fn kept(&mut self, _: &[u8]) {
        self.kept += 1;
    }
}

fn options(jobs: usize, runs: u64) -> Options {
    Options {
        oracles: Oracle::SERVER.into(),
        time: Duration::from_secs(300),
        runs: Some(runs),
        seed: 1,
        rate: None,
        max_findings: 20,
        guided: true,
        pid: None,
        jobs,
    }
}

#[test]
fn workers_share_one_budget_and_tell_a_fault_once() {
    let mut served = served(Some("other-client-may-get"));
    let seeds = vec![gets(1); 6];
    let mut observer = Counting::default();
    let outcome = fuzz(&options(3, 30), &mut served.peer, &seeds, &mut observer).expect("a run");
    assert_eq!((outcome.status.executions, &outcome.ended), (30, &Ended::Runs));
    let [found] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    assert_eq!((found.finding.oracle, found.confirmed), (Oracle::O5, 3), "{:?}", found.finding);
    assert_eq!((observer.found, observer.kept), (1, outcome.kept.len()));
    assert!(observer.told >= 3, "each tells when it ends");
    assert!(outcome.status.exchanges >= 60, "those of all: {}", outcome.status.exchanges);
}

#[test]
fn workers_find_nothing_on_a_sound_server() {
    let mut served = served(None);
    let outcome = fuzz(&options(3, 60), &mut served.peer, &[gets(1), gets(0)], &mut Counting::default());
    let outcome = outcome.expect("a run");
    assert!(outcome.findings.is_empty() && outcome.doubtful.is_empty(), "{outcome:?}");
}

#[test]
fn what_others_left_on_a_connection_does_not_hide_who_shows_it_by_itself() {
    let bug = planted::named("correlation-for-old-version").expect("there is such a bug");
    let mut served = serving(Config { planted: PlantedBugs::of([bug]), ..Config::default() });
    let query = |version| {
        let bytes = message::request(version, None, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)]);
        Step { connection: 0, identity: 0, bytes }
    };
    let script = |versions: &[Version]| Script { steps: versions.iter().map(|version| query(*version)).collect() };
    let (newer, older) = (script(&[V1_4]), script(&[Version::V1_2]));
    let mut seeds: Vec<Script> = std::iter::repeat_n([newer, older], 8).flatten().collect();
    let runs = u64::try_from(seeds.len()).expect("few");
    let outcome = fuzz(&options(1, runs), &mut served.peer, &seeds, &mut Counting::default()).expect("a run");
    assert!(outcome.findings.is_empty() && outcome.doubtful.len() == 1, "{outcome:?}");
    seeds.push(script(&[V1_4, Version::V1_2]));
    let outcome = fuzz(&options(1, runs + 1), &mut served.peer, &seeds, &mut Counting::default()).expect("a run");
    let [found] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    assert_eq!((found.finding.oracle, found.script.steps.len()), (Oracle::O3, 2));
    assert!(outcome.doubtful.is_empty(), "{:?}", outcome.doubtful);
}

#[test]
fn what_earlier_conversations_made_does_not_make_a_finding_too_small() {
    let step = |bytes| Step { connection: 0, identity: 0, bytes };
    let attribute = |name, value| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
    let attributes = vec![
        attribute("Cryptographic Algorithm", Item::enumeration(tag::ATTRIBUTE_VALUE, 3)),
        attribute("Cryptographic Length", Item::integer(tag::ATTRIBUTE_VALUE, 128)),
        attribute("Cryptographic Usage Mask", Item::integer(tag::ATTRIBUTE_VALUE, 12)),
    ];
    let payload = vec![Item::enumeration(tag::OBJECT_TYPE, 2), Item::structure(tag::TEMPLATE_ATTRIBUTE, attributes)];
    let create = message::request(V1_4, None, Operation::CREATE, payload);
    // Gets whatever there is: what this server answers to that is a finding as long as anybody has created anything.
    let item = |number: u8, operation: Operation, payload| {
        let number = Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [number]);
        let payload = Item::structure(tag::REQUEST_PAYLOAD, payload);
        Item::structure(tag::BATCH_ITEM, vec![Item::enumeration(tag::OPERATION, operation.0), number, payload])
    };
    let version = [(tag::PROTOCOL_VERSION_MAJOR, 1), (tag::PROTOCOL_VERSION_MINOR, 4)];
    let version = version.map(|(tag, number)| Item::integer(tag, number)).to_vec();
    let ordered = Item::boolean(tag::BATCH_ORDER_OPTION, true);
    let header = vec![Item::structure(tag::PROTOCOL_VERSION, version), ordered, Item::integer(tag::BATCH_COUNT, 2)];
    let parts = vec![
        Item::structure(tag::REQUEST_HEADER, header),
        item(1, Operation::LOCATE, vec![Item::integer(tag::MAXIMUM_ITEMS, 1)]),
        item(2, Operation::GET, Vec::new()),
    ];
    let get = Item::structure(tag::REQUEST_MESSAGE, parts).encode();
    let script = Script { steps: vec![step(create), step(get.clone()), step(get)] };
    let mut here = served(Some("get-field-twice"));
    let (_, _, seen) = look(&mut here.peer, &script, true);
    let twice = |seen: &&Seen| seen.finding.place.starts_with("schema.field-repeated");
    let key = seen.iter().find(twice).expect("a finding");
    let small = smaller(&mut here.peer, &script, key);
    assert_eq!(small.steps.len(), 2, "{small:?}");
    let (_, _, seen) = look(&mut served(Some("get-field-twice")).peer, &small, true);
    assert_eq!(seen.iter().find(twice).map(Seen::key), Some(key.key()), "{small:?}");
}

#[test]
fn who_closes_in_place_of_an_answer_is_told_where_the_request_was_sound() {
    let bug = planted::named("custom-attribute-closes-locate").expect("there is such a bug");
    let mut served = serving(Config { planted: PlantedBugs::of([bug]), ..Config::default() });
    let by = vec![Item::text(tag::ATTRIBUTE_NAME, "x-color"), Item::text(tag::ATTRIBUTE_VALUE, "blue")];
    let locate = |more: Option<Item>| {
        let payload = [Item::structure(tag::ATTRIBUTE, by.clone())].into_iter().chain(more).collect();
        Script { steps: vec![step(0, Operation::LOCATE, payload)] }
    };
    // A field that Locate has not, and then none.
    let seeds = [locate(Some(Item::enumeration(tag::OPERATION, 1))), locate(None)];
    for (runs, findings) in [(1, 0), (2, 1)] {
        let outcome = fuzz(&options(1, runs), &mut served.peer, &seeds, &mut Counting::default()).expect("a run");
        let found: Vec<_> =
            outcome.findings.iter().map(|one| (one.finding.oracle, one.finding.place.as_str())).collect();
        assert_eq!(found, vec![(Oracle::O8, "closed"); findings], "{:?}", outcome.findings);
    }
}

#[test]
fn a_measurement_that_does_not_come_again_is_none() {
    let (options, mut observer) = (options(1, 1), Counting::default());
    let shared = Shared::new(&options, Corpus::new(1, true), 0, None, &mut observer);
    for oracle in [Oracle::O9, Oracle::O2] {
        let [operation, place, detail] = ["Get", "time", "once"].map(str::to_owned);
        shared.doubt(Seen { finding: Finding { oracle, operation, place, detail }, step: 0 });
    }
    let doubtful: Vec<Oracle> = shared.sum().doubtful.iter().map(|finding| finding.oracle).collect();
    assert_eq!(doubtful, [Oracle::O2]);
}

#[test]
fn a_merge_adds_what_is_missing_and_that_only() {
    let mut served = served(None);
    let given = |scripts: &[Script]| -> Vec<Given> {
        scripts.iter().map(|script| Given { path: "in".into(), script: script.clone() }).collect()
    };
    let query = |function| Script {
        steps: vec![step(0, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, function)])],
    };
    let longer = Script { steps: [gets(0).steps, query(1).steps].concat() };
    let all = [query(1), query(1), gets(0), longer.clone(), gets(1)];
    let merged = merge(&mut served.peer, &[], given(&all), &mut |_| {});
    assert_eq!(merged.played, 4, "what is the same is played once");
    assert!(merged.kept.contains(&longer) && merged.kept.contains(&gets(1)), "{merged:?}");
    assert!(!merged.kept.contains(&gets(0)), "the longer one shows all of it");
    assert!(merged.fatal.is_empty() && merged.cut.is_none());
    let again = merge(&mut served.peer, &merged.kept, given(&all), &mut |_| {});
    assert_eq!((again.kept, again.features), (Vec::new(), [merged.features[1]; 2]));
    let mut counted = 0;
    served.peer.stop.ask();
    let cut = merge(&mut served.peer, &[], given(&all), &mut |played| counted = played);
    assert_eq!((cut.played, counted, cut.cut.as_deref()), (0, 0, Some("interrupted")));
}

/// The finding of a run of these inputs, each as it is.
fn found(peer: &mut Peer, oracle: Oracle, seeds: &[Script]) -> Vec<Found> {
    let runs = u64::try_from(seeds.len()).expect("few");
    let options = Options { oracles: [oracle].into(), ..options(1, runs) };
    fuzz(&options, peer, seeds, &mut Counting::default()).expect("a run").findings
}

fn places(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.finding.place.as_str()).collect()
}

#[test]
fn who_is_left_alone_keeps_nobody_from_being_served() {
    let beside = |how: Rude| {
        let (mut peer, _runtime) = rude(how);
        found(&mut peer, Oracle::O8, &held())
    };
    // What they do is wait: side by side that is half as long.
    let (handshakes, messages) = std::thread::scope(|scope| {
        let messages = scope.spawn(|| beside(Rude::MessagesInTurn));
        (beside(Rude::HandshakesInTurn), messages.join().expect("it ends"))
    });
    let expected = ["others, beside a connection without a handshake", "others, beside half a handshake"];
    assert_eq!(places(&handshakes), expected);
    assert!(handshakes.iter().all(|found| found.confirmed == 3 && found.script.steps.len() == 1), "{handshakes:?}");
    assert_eq!(places(&messages), ["others, beside half a message"]);
    let mut served = served(None);
    let outcome = fuzz(&options(1, 5), &mut served.peer, &held(), &mut Counting::default()).expect("a run");
    assert!(outcome.findings.is_empty() && outcome.doubtful.is_empty(), "{outcome:?}");
}

#[test]
fn an_answer_that_takes_far_longer_is_a_measurement() {
    let (mut peer, _runtime) = rude(Rude::Slow);
    let mut seeds = vec![get("quick"); 8];
    seeds.push(get("slow"));
    let all = found(&mut peer, Oracle::O9, &seeds);
    let [slow] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((slow.finding.operation.as_str(), slow.finding.place.as_str(), slow.confirmed), ("Get", "time", 3));
    assert!(slow.finding.detail.ends_with("a measurement"), "{}", slow.finding.detail);
    assert_eq!(super::record::record(slow, 1, "host").grade, "measurement");
}

#[test]
fn a_server_that_is_gone_is_told_once_however_many_ask() {
    let (mut peer, runtime) = rude(Rude::Slow);
    runtime.shutdown_background();
    let mut observer = Counting::default();
    let seeds = vec![get("a"), Script { steps: vec![step(0, Operation::QUERY, Vec::new())] }, get("b")];
    let outcome = fuzz(&options(3, 100), &mut peer, &seeds, &mut observer).expect("a run");
    assert!(matches!(outcome.ended, Ended::Gone(_)), "{:?}", outcome.ended);
    let [found] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    assert_eq!((found.finding.oracle, found.confirmed, observer.found), (Oracle::O1, 0, 1));
}
