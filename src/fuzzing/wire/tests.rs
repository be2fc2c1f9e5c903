//! Whole runs against the bundled server, in this process.

use super::{Found, Given, Observer, Options, Peer, Status, fuzz, merge};
use crate::client::ALICE;
use crate::fuzzing::Oracle;
use crate::fuzzing::oracles::test::request;
use crate::fuzzing::script::{Script, Step};
use crate::runner::{Stop, bundled};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version::V1_4;
use kmipspec_reference_server::quirks::{Quirks, named};
use kmipspec_reference_server::{Config, RunningServer};
use std::sync::Arc;
use std::time::Duration;

/// A server that runs as long as this lives, and a client of it.
struct Served {
    peer: Peer,
    _server: RunningServer,
    _runtime: tokio::runtime::Runtime,
}

fn served(quirk: Option<&str>) -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let quirks = Quirks::of(quirk.map(|name| named(name).expect("there is such a quirk")));
    let (server, target) =
        runtime.block_on(bundled::start(Config { quirks, ..Config::default() })).expect("a server");
    let talkers = vec![ALICE.to_owned(), "bob".to_owned()];
    let peer = Peer::new(Arc::new(target), talkers, None, Stop::default()).expect("a runtime");
    Served { peer, _server: server, _runtime: runtime }
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
    assert_eq!((outcome.status.executions, &outcome.ended), (30, &super::Ended::Runs));
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
