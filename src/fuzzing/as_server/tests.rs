//! A client that is a line of the shell, and one of our own that talks to the stage over TLS.

use super::{Client, End, Limits, Plan, Stage};
use crate::client::identity::CertificatePem;
use crate::client::{ALICE, Answers, Identity, Listener, Target, Trust};
use crate::fuzzing::oracles::test::request;
use crate::fuzzing::wire::is_honest;
use crate::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version::V1_4;
use kmipspec_reference_server::certificates::CertificateSet;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A request for what the server can.
fn query() -> Vec<u8> {
    request(V1_4, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])
}

/// What is told when the same is asked so often.
fn answers(stage: &Stage, plan: Plan, times: usize) -> Vec<Option<Vec<u8>>> {
    stage.set(plan).expect("a server");
    (0..times).map(|_| stage.answer(&query())).collect()
}

#[test]
fn a_plan_damages_what_it_says_and_a_seed_damages_alike() {
    let stage = Stage::default();
    let honest = answers(&stage, Plan::Honest, 3);
    assert!(honest.iter().all(|answer| answer.as_deref().is_some_and(is_honest)));
    let plan = |seed| Plan::Damaged { kept: BTreeMap::new(), at: 1, seed };
    let damaged = answers(&stage, plan(5), 3);
    let told: Vec<bool> = stage.told().iter().map(|told| told.damaged).collect();
    assert_eq!(told.get(..2), Some(&[false, true][..]));
    let length = |answer: &Option<Vec<u8>>| answer.as_ref().map(Vec::len);
    assert_eq!(length(&damaged[0]), length(&honest[0]));
    let seeds: Vec<_> = (0..8).map(|seed| answers(&stage, plan(seed), 2)[1].clone()).collect();
    assert!(seeds.iter().any(|other| *other != seeds[0]), "seeds differ");
    // What is kept is said as it is, or damaged further.
    let kept: BTreeMap<usize, Vec<u8>> = [(0, b"kept".to_vec()), (1, query())].into();
    let further = answers(&stage, Plan::Damaged { kept, at: 1, seed: 5 }, 3);
    let told: Vec<bool> = stage.told().iter().map(|told| told.damaged).collect();
    assert_eq!((further[0].as_deref(), told.get(..2)), (Some(&b"kept"[..]), Some(&[true, true][..])));
    assert!(further[1].is_some() && further[1] != Some(query()) && further[1] != damaged[1]);
    assert_eq!(stage.honest().iter().map(length).collect::<Vec<_>>(), [length(&honest[0]); 3]);
    // The answers that a run gave are given again, whatever is asked, and then no more.
    let given = vec![b"one".to_vec(), b"two".to_vec()];
    assert_eq!(answers(&stage, Plan::Given(given.clone()), 3), [Some(given[0].clone()), Some(given[1].clone()), None]);
}

#[test]
fn what_is_cut_ends_the_connection_and_what_is_whole_does_not() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let own = CertificateSet::generate().expect("certificates");
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("bound").to_string();
    let pem = |text: &str| text.as_bytes().to_vec();
    let shown = CertificatePem { chain: pem(&own.server.certificate), key: pem(&own.server.key) };
    let listener = Listener::on(socket, &shown, own.ca.as_bytes()).expect("sound");
    let stage = Arc::new(Stage::default());
    let alice = own.client(ALICE).expect("alice");
    let alice = Identity::with_certificate(ALICE, alice.certificate.as_bytes(), alice.key.as_bytes());
    let target = Target::new(&address, None, &Trust::Ca(pem(&own.ca)), [alice]).expect("a target");
    runtime.block_on(async {
        let _listening = listener.listen(Arc::<Stage>::clone(&stage)).await.expect("listens");
        let whole = query();
        stage.set(Plan::Given(vec![whole.clone(), whole[..20].to_vec()])).expect("a server");
        let mut connection = target.connect(ALICE).await.expect("connected");
        let until = Instant::now() + Duration::from_secs(60);
        let first = connection.exchange(&query(), false, until).await;
        assert_eq!((first.fate, first.received), (Fate::Answered, whole));
        let second = connection.exchange(&query(), false, until).await;
        assert_eq!(second.fate, Fate::Closed { after: 20 });
    });
}

#[cfg(unix)]
#[test]
fn how_a_client_ends_is_seen() {
    let end_by = |command: &str, time: u64, crash: &str| {
        let environment = vec![("KMIP_PORT".to_owned(), "7".to_owned())];
        let client = Client::new(command, environment, regex::Regex::new(crash).ok());
        let limits = Limits { time: Duration::from_secs(time), memory: 64 << 20 };
        client.run(limits, || false).expect("it runs")
    };
    let end = |command: &str, time: u64| end_by(command, time, "Oops");
    assert_eq!(end("exit $KMIP_PORT", 60).end, End::Exit(7));
    assert_eq!(end("kill -SEGV $$", 60).end, End::Crash("signal 11".to_owned()));
    assert_eq!(end("sh -c 'kill -ABRT $$'; exit $?", 60).end, End::Crash("signal 6".to_owned()));
    assert_eq!(end("echo \"thread 'main' panicked at x\" >&2; exit 101", 60).end, End::Crash("panicked at".to_owned()));
    assert_eq!(end("echo Oops >&2; exit 1", 60).end, End::Crash("Oops".to_owned()));
    let named = end_by("echo 'at x.py, line 7: Key 0x12' >&2; exit 1", 60, r"at (\S+), line (\d+): (Key|Type)").end;
    assert_eq!(named, End::Crash("x.py 7 Key".to_owned()));
    assert_eq!(end("exec sleep 600", 1).end, End::Hang);
    // What it started ends with it: the test would wait for the pipe.
    assert_eq!(end("sleep 600 & exit 3", 60).end, End::Exit(3));
    assert!(end("echo first >&2; echo last >&2", 60).said.ends_with("last\n"));
}
