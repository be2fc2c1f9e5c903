//! Our listener: what comes to it from anybody, and cases that wait to be told there.

use kmipspec::client::listener::Answers;
use kmipspec::client::session::{Connections, Options};
use kmipspec::client::{ALICE, Identity, Listener, Pool, Session, Target, Trust};
use kmipspec::runner::event::{Event, Execution, Fate};
use kmipspec::runner::expectations::Expectations;
use kmipspec::runner::verdict::Verdict;
use kmipspec::runner::{Run, RunError, Selection, Stop, bundled, run};
use kmipspec::scenario::library;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::Item;
use kmipspec_reference_server::quirks::{Quirks, named};
use kmipspec_reference_server::{Config, RunningServer};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Says "yes" to whatever is a Request Message, and remembers what went wrong.
#[derive(Debug, Default)]
struct Yes(Mutex<Vec<String>>);

impl Answers for Yes {
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        message.starts_with(&[0x42, 0, 0x78]).then(|| Item::structure(tag::RESPONSE_MESSAGE, Vec::new()).encode())
    }

    fn trouble(&self, why: String) {
        self.0.lock().unwrap().push(why);
    }
}

/// The listener of a bundled server, and how the server would reach it.
async fn listener() -> (RunningServer, Listener, Target) {
    let (server, mut target) = bundled::start(Config::default()).await.unwrap();
    let listener = target.listener.take().unwrap();
    let own = &server.certificates().server;
    let own = Identity::with_certificate("server", own.certificate.as_bytes(), own.key.as_bytes());
    let caller = Target::new(listener.address(), None, &Trust::Ca(server.ca().as_bytes().to_vec()), [own]).unwrap();
    (server, listener, caller)
}

#[tokio::test]
async fn only_whole_messages_of_known_callers_are_answered() {
    let (server, listener, caller) = listener().await;
    let yes = Arc::new(Yes::default());
    let listening = listener.listen(Arc::<Yes>::clone(&yes)).await.unwrap();
    let mut session = Session::new(Arc::new(caller), Arc::new(Pool::default()), Connections::OnePerExchange);
    let mut fate = async |who: &str, bytes: &[u8]| {
        let place = session.exchange(Options::new("call", who), bytes.to_vec()).await;
        session.transcript()[place].fate.clone()
    };
    let sound = Item::structure(tag::REQUEST_MESSAGE, vec![Item::integer(tag::BATCH_COUNT, 1)]).encode();
    assert_eq!(fate("server", &sound).await, Fate::Answered);
    for hostile in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        &[0; 64],
        &[0x42, 0, 0x78, 1, 0xff, 0xff, 0xff, 0xff],
        &[0x42, 0, 0x78, 1, 0x7f, 0xff, 0xff, 0xff, 0, 0],
        &[0x42, 0, 0x7b, 1, 0, 0, 0, 0],
        &[0x42, 0, 0x78, 2, 0, 0, 0, 0],
    ] {
        assert_ne!(fate("server", hostile).await, Fate::Answered, "{hostile:02x?}");
    }
    assert_ne!(fate("anonymous", &sound).await, Fate::Answered, "no certificate");
    assert_eq!(fate("server", &sound).await, Fate::Answered, "still there");
    assert_eq!(yes.0.lock().unwrap().len(), 7, "{yes:?}");
    drop(listening);
    server.shutdown().await;
}

/// A key in a group, and what is to be told of its activation.
fn case(group: &str, version: &str, last: &str) -> String {
    format!(
        r#"
id: told.activation
title: A key that waits to be told of
spec: {{"1.0": "5.1"}}
level: SHALL
versions: "{version}"
steps:
  - send: [{{Create: {{ObjectType: SymmetricKey, Attributes: {{CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [Encrypt], ObjectGroup: "{group}"}}}}}}]
    expect: [{{payload: {{UniqueIdentifier: {{bind: key}}}}}}]
  - send: [{{Activate: {{UniqueIdentifier: $key}}}}]
  - {last}
"#
    )
}

/// Runs a case against a target.
async fn execute(target: Target, text: &str) -> Result<Execution, RunError> {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let told = Run {
        target: Arc::new(target),
        scenarios: vec![library::read("told.yaml", text.as_bytes()).unwrap_or_else(|e| panic!("{e:#?}"))],
        selection: Selection::default(),
        jobs: 1,
        case_timeout: Duration::from_secs(30),
        run_id: None,
        expectations: Expectations::default(),
        reproduce: Vec::new(),
        stop: Stop::default(),
    };
    run(told, sender).await?;
    let mut found = None;
    while let Ok(event) = events.try_recv() {
        if let Event::CaseFinished(execution) = event
            && execution.id == "told.activation"
        {
            found = Some(*execution);
        }
    }
    Ok(found.expect("the case"))
}

const STATE: &str = "{name: told, receive: {Notify: {UniqueIdentifier: $key, Attributes: {State: Active}}}}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_told_at_its_own_version() {
    let (server, target) = bundled::start(Config::default()).await.unwrap();
    let found = execute(target, &case("kmipspec-listener-1.2", "1.2", STATE)).await.unwrap();
    assert_eq!(found.verdict, Verdict::Pass, "{:#?}", found.findings);
    let told = found.transcript.iter().find(|e| e.asked_by_peer).expect("what was told");
    assert_eq!((told.step.as_str(), told.identity.as_str(), &told.fate), ("told", ALICE, &Fate::Answered));
    assert!(told.received.starts_with(&[0x42, 0, 0x78]) && told.sent.starts_with(&[0x42, 0, 0x7b]));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_otherwise_fails_and_silence_is_nobodys_fault() {
    let quirks = Quirks::of(named("notify-carries-old-state"));
    let (server, target) = bundled::start(Config { quirks, ..Config::default() }).await.unwrap();
    let found = execute(target, &case("kmipspec-listener-1.2", "1.2", STATE)).await.unwrap();
    assert_eq!(found.verdict, Verdict::Fail, "{found:#?}");
    let finding = &found.findings[0];
    assert!(finding.path.starts_with("RequestMessage/BatchItem[0]/RequestPayload"), "{finding:?}");
    assert!(found.transcript[finding.exchange.unwrap()].asked_by_peer);
    server.shutdown().await;

    for (group, why) in [("another", "nothing came"), ("kmipspec-listener-1.4", "it was told at KMIP 1.4")] {
        let (server, mut target) = bundled::start(Config::default()).await.unwrap();
        if group == "another" {
            target.listener.as_mut().unwrap().patience = Duration::from_millis(300);
        }
        let found = execute(target, &case(group, "1.2", STATE)).await.unwrap();
        assert_eq!(found.verdict, Verdict::Inconclusive, "{found:#?}");
        assert!(found.reason.as_ref().is_some_and(|r| r.contains(why)), "{:?}", found.reason);
        server.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_listener_the_case_is_skipped_and_a_port_that_is_taken_is_told() {
    let (server, mut target) = bundled::start(Config::default()).await.unwrap();
    target.listener = None;
    let found = execute(target, &case("kmipspec-listener-1.2", "1.2", STATE)).await.unwrap();
    assert_eq!(found.verdict, Verdict::Skip);
    assert!(found.reason.is_some_and(|r| r.contains("no `listener`")));
    server.shutdown().await;

    let (server, mut target) = bundled::start(Config::default()).await.unwrap();
    let own = &server.certificates().server;
    let own = Identity::with_certificate("us", own.certificate.as_bytes(), own.key.as_bytes());
    let taken = server.address().to_string();
    let listener = Listener::new(&taken, own.certificate.as_ref().unwrap(), server.ca().as_bytes()).unwrap();
    target.listener = Some(listener);
    let error = execute(target, &case("kmipspec-listener-1.2", "1.2", STATE)).await.expect_err("no run");
    assert!(error.to_string().starts_with(&format!("cannot listen at {taken}: ")), "{error}");
    server.shutdown().await;
}
