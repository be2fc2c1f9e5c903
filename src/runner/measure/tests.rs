//! A server whose limits are known is measured.

use super::{Measured, Options, Outcome, measure};
use crate::client::identity::CertificatePem;
use crate::client::{ALICE, Answers, Identity, Listener, Target, Trust};
use crate::fuzzing::as_server::OwnServer;
use crate::report::message::operations;
use crate::runner::{Stop, bundled};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::Config;
use kmipspec_reference_server::certificates::{CertificateSet, CertificateSettings};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const OPTIONS: Options =
    Options { bytes: 1 << 16, items: 64, silence: Duration::from_millis(1), objects: 0, version: None };

async fn measured(config: Config, options: &Options) -> (String, Vec<Measured>) {
    let (server, target) = bundled::start(config).await.expect("a server");
    let mut told = Vec::new();
    let found = measure(Arc::new(target), options, &Stop::default(), |what| told.push(what)).await.expect("measured");
    server.shutdown().await;
    assert!(told.len() >= 5, "{told:?}");
    (found.version, found.measurements)
}

fn result(measurements: &[Measured], id: &str) -> Outcome {
    measurements.iter().find(|m| m.id == id).expect("measured").result.clone()
}

/// The limit that was found, which must have been one.
fn limit(measurements: &[Measured], id: &str) -> (u64, u64, String) {
    match result(measurements, id) {
        Outcome::Limit { taken, not_taken, how } => (taken, not_taken, how),
        other => panic!("{id}: {other:?}"),
    }
}

#[tokio::test]
async fn limits_of_the_server_are_found() {
    let mut config = Config { time_stamp_tolerance: Some(Duration::from_secs(300)), ..Config::default() };
    config.limits.message_size = 20_000;
    config.limits.batch_items = 33;
    config.limits.idle = Duration::from_secs(1);
    let options = Options { silence: Duration::from_secs(20), ..OPTIONS };
    let (version, found) = measured(config, &options).await;
    assert_eq!(version, "2.1");
    for id in ["time-stamp-ahead", "time-stamp-behind"] {
        let (taken, not_taken, _) = limit(&found, id);
        // The second may change between the two.
        assert!((298..=301).contains(&taken) && not_taken == taken + 1, "{id}: {taken} {not_taken}");
    }
    let (taken, not_taken, _) = limit(&found, "message-size");
    assert!(taken <= 20_000 && 20_000 < not_taken && not_taken - taken <= 20_000 / 64, "{taken} {not_taken}");
    assert_eq!((limit(&found, "batch-items").0, limit(&found, "batch-items").1), (33, 34));
    let (lasted, _, how) = limit(&found, "silence");
    assert!((1..20).contains(&lasted), "{lasted}");
    assert_eq!(how, "the connection is closed without an answer");
    assert!(matches!(result(&found, "clock"), Outcome::Value { value: -1..=1 }));
    assert!(found.iter().all(|m| m.id != "locate-objects"), "nothing is made unless asked for");
}

#[tokio::test]
async fn a_server_without_limits_has_none_and_keeps_nothing() {
    for version in [Version::V1_0, Version::V2_1] {
        let options = Options { objects: 12, version: Some(version), ..OPTIONS };
        let (server, target) = bundled::start(Config::default()).await.expect("a server");
        let target = Arc::new(target);
        let found = measure(Arc::clone(&target), &options, &Stop::default(), |_| {}).await.expect("measured");
        let found = found.measurements;
        assert_eq!(result(&found, "message-size"), Outcome::NoLimit { up_to: 1 << 16 });
        assert_eq!(result(&found, "batch-items"), Outcome::NoLimit { up_to: 64 });
        assert_eq!(result(&found, "locate-objects"), Outcome::NoLimit { up_to: 12 });
        assert_eq!(result(&found, "silence"), Outcome::NoLimit { up_to: 0 });
        server.shutdown().await;
    }
}

#[tokio::test]
async fn who_asks_for_an_end_gets_what_there_is() {
    let (server, target) = bundled::start(Config::default()).await.expect("a server");
    let stop = Stop::default();
    stop.ask();
    let found = measure(Arc::new(target), &OPTIONS, &stop, |_| {}).await.expect("measured");
    server.shutdown().await;
    let why = "interrupted".to_owned();
    assert!(matches!(result(&found.measurements, "batch-items"), Outcome::NotMeasured { why: told } if told == why));
}

#[tokio::test]
async fn a_locate_that_shows_only_some_is_seen() {
    let mut config = Config::default();
    config.limits.located = 5;
    let (_, found) = measured(config, &Options { objects: 12, ..OPTIONS }).await;
    assert_eq!(limit(&found, "locate-objects"), (5, 6, "12 objects were there".to_owned()));
}

/// Creates what the second Create asks for, and closes the connection in place of an answer.
#[derive(Debug)]
struct Loses {
    server: OwnServer,
    asked: Mutex<Vec<String>>,
}

impl Answers for Loses {
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let answer = self.server.answer(message);
        let mut asked = self.asked.lock().expect("sound");
        asked.extend(operations(message));
        let is_create = asked.last().is_some_and(|last| last == "Create");
        let lost = is_create && asked.iter().filter(|one| *one == "Create").count() == 2;
        answer.filter(|_| !lost)
    }

    fn trouble(&self, _: String) {}
}

#[tokio::test]
async fn a_key_whose_answer_is_lost_is_found_and_removed() {
    let set = CertificateSet::new(&CertificateSettings::default()).expect("certificates");
    let own = |pem: &str| pem.as_bytes().to_vec();
    let shown = CertificatePem { chain: own(&set.server.certificate), key: own(&set.server.key) };
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listener = Listener::on(socket, &shown, set.ca.as_bytes()).expect("a listener");
    let alice = set.clients.iter().find(|client| client.name == ALICE).expect("alice");
    let alice = Identity::with_certificate(ALICE, own(&alice.certificate), own(&alice.key));
    let target = Target::new(listener.address(), None, &Trust::Ca(own(&set.ca)), [alice]).expect("a target");
    let server = OwnServer::new(None).expect("a server");
    let loses = Arc::new(Loses { server, asked: Mutex::default() });
    let listening = listener.listen(Arc::<Loses>::clone(&loses)).await.expect("listening");
    let options = Options { objects: 3, ..OPTIONS };
    let found = measure(Arc::new(target), &options, &Stop::default(), |_| {}).await.expect("measured");
    drop(listening);
    assert_eq!(result(&found.measurements, "locate-objects"), Outcome::NoLimit { up_to: 3 });
    let asked = loses.asked.lock().expect("sound");
    let times = |operation: &str| asked.iter().filter(|one| *one == operation).count();
    assert_eq!((times("Create"), times("Destroy"), times("Locate")), (3, 3, 2), "none is made twice: {asked:?}");
}
