//! Targets that misbehave: each gives one clear sentence or a verdict, never a panic, never a hang.

use crate::program::program;
use crate::support::{Behaviour, HostileTarget, Reply, http_response};
use assert_cmd::Command;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use kmipspec::client::{Encoding, Identity, Target, Trust};
use kmipspec::runner::event::{Event, Execution, RunFinished};
use kmipspec::runner::expectations::Expectations;
use kmipspec::runner::verdict::Verdict;
use kmipspec::runner::{Run, RunError, Selection, Stop, run};
use kmipspec::scenario::library;
use kmipspec_reference_server::certificates::{CertificateSet, certificate_path, key_path};
use kmipspec_reference_server::{Config, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CREATE: &str = r#"
id: operations.create.hostile
title: A key can be made
spec: {"1.0": "4.1"}
level: SHALL
versions: "1.0..=1.2"
steps:
  - send: [{Create: {ObjectType: SymmetricKey, Attributes: {CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [Encrypt]}}}]
    expect: [{status: Success}]
"#;

const QUERY_TWICE: &str = r#"
id: operations.query.twice
title: Query is answered each time
spec: {"1.0": "4.24"}
level: SHALL
versions: "1.0..=1.4"
steps:
  - send: [{Query: {QueryFunction: QueryOperations}}]
  - send: [{Query: {QueryFunction: QueryOperations}}]
  - send: [{Query: {QueryFunction: QueryOperations}}]
"#;

/// Everything a run told.
#[derive(Debug)]
struct Told {
    result: Result<RunFinished, RunError>,
    executions: Vec<Execution>,
}

impl Told {
    /// The one sentence when there was no run.
    fn refusal(&self) -> String {
        assert!(self.executions.is_empty(), "cases were reported: {:?}", self.executions);
        self.result.as_ref().expect_err("the run went ahead").to_string()
    }

    /// The first execution of the scenario.
    fn first(&self) -> &Execution {
        self.executions.iter().find(|e| e.id == "operations.create.hostile").expect("the case was reported")
    }
}

/// Runs the scenario against an address, trusting the target's CA, with short time limits.
fn judge(address: &str, trust: &Trust, identity: Identity) -> Told {
    judge_by(CREATE, address, trust, identity)
}

fn judge_by(scenario: &str, address: &str, trust: &Trust, identity: Identity) -> Told {
    judge_in(Encoding::Ttlv, scenario, address, trust, identity)
}

fn judge_in(encoding: Encoding, scenario: &str, address: &str, trust: &Trust, identity: Identity) -> Told {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut target = Target::new(address, None, trust, [identity]).unwrap();
    target.timeouts.connect = Duration::from_millis(400);
    target.timeouts.exchange = Duration::from_millis(400);
    target.encoding = encoding;
    if encoding.is_http() {
        // Small enough to be reached in time.
        target.limits.max_response = 1 << 20;
    }
    let scenario = library::read("hostile.yaml", scenario.as_bytes()).expect("a valid scenario");
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let started = Instant::now();
    let result = runtime.block_on(run(
        Run {
            target: Arc::new(target),
            scenarios: vec![scenario],
            selection: Selection::default(),
            jobs: 2,
            case_timeout: Duration::from_secs(5),
            run_id: None,
            expectations: Expectations::default(),
            reproduce: Vec::new(),
            stop: Stop::default(),
        },
        sender,
    ));
    assert!(started.elapsed() < Duration::from_secs(10), "took {:?}", started.elapsed());
    let mut executions = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::CaseFinished(execution) = event {
            executions.push(*execution);
        }
    }
    Told { result, executions }
}

fn judge_hostile(behaviour: Behaviour) -> Told {
    let hostile = HostileTarget::start(behaviour);
    let alice = hostile.certificates.client("alice").unwrap().clone();
    let trust = Trust::Ca(hostile.certificates.ca.clone().into_bytes());
    judge(&hostile.address.to_string(), &trust, Identity::with_certificate("alice", alice.certificate, alice.key))
}

fn judge_hostile_in(encoding: Encoding, behaviour: Behaviour) -> Told {
    let hostile = HostileTarget::start(behaviour);
    let trust = Trust::Ca(hostile.certificates.ca.clone().into_bytes());
    judge_in(encoding, CREATE, &hostile.address.to_string(), &trust, Identity::anonymous())
}

fn response_of(length: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&[0x42, 0x00, 0x7B, 0x01][..], &length, body].concat()
}

#[test]
fn nobody_listens() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    drop(socket);
    let told = judge(&address, &Trust::Insecure, Identity::anonymous());
    assert_eq!(told.refusal(), "connection refused: nothing listens there");
}

#[test]
fn a_name_without_address() {
    let told = judge("no-such-host.invalid:5696", &Trust::Insecure, Identity::anonymous());
    assert_eq!(told.refusal(), r#"the name "no-such-host.invalid:5696" has no address"#);
}

#[test]
fn silent_before_tls() {
    let told = judge_hostile(Behaviour::SilentOnTcp);
    assert_eq!(told.refusal(), "no answer in time during the TLS handshake (the port is open, but nothing speaks TLS)");
}

#[test]
fn plain_http() {
    let told = judge_hostile(Behaviour::PlainHttp);
    let text = told.refusal();
    assert!(
        text.starts_with("the peer does not speak TLS, it looks like plain HTTP (it sent 48 54 54 50 2f"),
        "{text}"
    );
}

#[test]
fn closes_at_once() {
    let text = judge_hostile(Behaviour::ClosesAtOnce).refusal();
    assert!(text.starts_with("the peer closed the connection"), "{text}");
}

#[test]
fn a_certificate_of_another_authority() {
    let hostile = HostileTarget::start(Behaviour::Tls(Reply::Silence));
    let other = HostileTarget::start(Behaviour::SilentOnTcp);
    let trust = Trust::Ca(other.certificates.ca.clone().into_bytes());
    let text = judge(&hostile.address.to_string(), &trust, Identity::anonymous()).refusal();
    assert!(hostile.reached.load(std::sync::atomic::Ordering::SeqCst) > 0, "nothing was sent there");
    assert!(text.starts_with("the server's certificate is not acceptable: "), "{text}");
    assert!(text.ends_with("; does --ca name the right authority?"), "{text}");
}

/// In TLS 1.3 our own handshake is over before the server has looked at our certificate: the alert comes with the answer.
#[test]
fn a_client_certificate_that_is_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(Config::default())).unwrap();
    let trust = Trust::Ca(server.ca().as_bytes().to_vec());
    let refused = |name: &str| {
        let identity = server.identity(name).map_or_else(Identity::anonymous, |i| {
            Identity::with_certificate("alice", i.certificate.as_bytes(), i.key.as_bytes())
        });
        judge(&server.address().to_string(), &trust, identity).refusal()
    };
    for (name, alert) in [
        ("anonymous", "certificate_required (116)"),
        ("expired", "certificate_expired (45)"),
        ("foreign-ca", "unknown_ca (48)"),
    ] {
        let text = refused(name);
        assert!(
            text.starts_with(&format!("the peer answered Query with TLS alert {alert}; is the certificate of ")),
            "{name}: {text}"
        );
    }
}

#[test]
fn silent_after_tls() {
    let told = judge_hostile(Behaviour::Tls(Reply::Silence));
    assert_eq!(told.refusal(), "no answer to Query in time");
}

#[test]
fn closes_mid_message() {
    let partial = response_of([0, 0, 1, 0], &[0; 12]);
    let told = judge_hostile(Behaviour::Tls(Reply::ThenClose(partial)));
    assert_eq!(told.refusal(), "the peer closed the connection after 20 bytes of an answer to Query");
}

#[test]
fn four_gigabytes_declared() {
    let told = judge_hostile(Behaviour::Tls(Reply::ThenWait(response_of([0xFF, 0xFF, 0xFF, 0xF8], &[]))));
    assert_eq!(
        told.refusal(),
        "the peer speaks TLS, but not TTLV: the answer declares 4294967296 bytes, above the limit of 67108864"
    );
}

#[test]
fn garbage_after_tls() {
    let told = judge_hostile(Behaviour::Tls(Reply::ThenWait(b"\x00\x01garbage garbage".to_vec())));
    let text = told.refusal();
    assert!(
        text.starts_with("the peer speaks TLS, but not TTLV: the answer does not start like a TTLV structure"),
        "{text}"
    );
}

#[test]
fn an_answer_that_drips() {
    let text = judge_hostile(Behaviour::Tls(Reply::Drip)).refusal();
    assert!(text.starts_with("only ") && text.ends_with(" bytes of an answer to Query in time"), "{text}");
}

#[test]
fn the_request_comes_back() {
    let told = judge_hostile(Behaviour::Tls(Reply::Echo));
    assert_eq!(told.refusal(), "the peer answered Query with a message that is no Response Message");
}

#[test]
fn a_message_with_bytes_behind_it() {
    let told = judge_hostile(Behaviour::AfterQuery(Reply::Trailing(5)));
    let first = told.first();
    assert_eq!(first.verdict, Verdict::Fail, "{first:#?}");
    assert!(first.transcript.iter().any(|e| e.received.ends_with(&[0xAB; 5])), "the trailing bytes are not shown");
}

#[test]
fn a_case_that_gets_garbage_fails_and_the_run_goes_on() {
    let told = judge_hostile(Behaviour::AfterQuery(Reply::ThenWait(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())));
    let first = told.first();
    assert_eq!(first.verdict, Verdict::Fail, "{first:#?}");
    assert!(first.findings[0].actual.contains("plain HTTP"), "{:?}", first.findings);
    let finished = told.result.expect("the run went ahead");
    assert_eq!(finished.broken, None);
    assert_eq!(told.executions.iter().filter(|e| e.id == "operations.create.hostile").count(), 3);
}

#[test]
fn a_case_that_gets_no_answer_is_an_error() {
    let told = judge_hostile(Behaviour::AfterQuery(Reply::Silence));
    let first = told.first();
    assert_eq!(first.verdict, Verdict::Error, "{first:#?}");
    assert_eq!(first.reason.as_deref(), Some("could not find out: expected an answer, got no answer in time"));
    assert_eq!(told.result.expect("the run went ahead").broken, None, "the peer is alive");
}

#[test]
fn a_case_that_is_hung_up_on_fails() {
    let told = judge_hostile(Behaviour::AfterQuery(Reply::ThenClose(Vec::new())));
    let first = told.first();
    assert_eq!(first.verdict, Verdict::Fail, "{first:#?}");
    assert_eq!(first.findings[0].actual, "the connection closed without an answer");
}

#[test]
fn a_target_that_dies_ends_the_run() {
    // Three versions of Query and three of Discover Versions are the discovery; it hangs up on the latter.
    let told = judge_hostile(Behaviour::DiesAfter(3));
    let finished = told.result.as_ref().expect("the run went ahead");
    let broken = finished.broken.as_deref().expect("the run is broken");
    assert!(broken.contains("connection refused") || broken.contains("closed the connection"), "{broken}");
    assert!(told.executions.iter().all(|e| e.verdict != Verdict::Fail), "{:#?}", told.executions);
}

#[test]
fn a_target_that_closes_after_each_answer_is_no_failure() {
    let hostile = HostileTarget::start(Behaviour::OneAnswerEach);
    let trust = Trust::Ca(hostile.certificates.ca.clone().into_bytes());
    let told = judge_by(QUERY_TWICE, &hostile.address.to_string(), &trust, Identity::anonymous());
    let cases: Vec<&Execution> = told.executions.iter().filter(|e| e.id == "operations.query.twice").collect();
    assert_eq!(cases.len(), 5);
    let verdicts: Vec<_> = cases.iter().map(|e| (e.version, e.verdict, &e.reason)).collect();
    assert!(cases.iter().all(|e| e.verdict == Verdict::Pass), "{verdicts:?}");
}

#[test]
fn http_that_is_no_kmip() {
    use Encoding::{Https, Json, Xml};
    let half = response_of([0, 0, 1, 0], &[0; 4]);
    let head = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let cases = [
        (
            Xml,
            Behaviour::Http(http_response("500 Internal Server Error", "text/plain", b"oops\n")),
            "HTTP status 500 Internal Server Error (\"oops\")",
        ),
        (Json, Behaviour::Http(http_response("302 Found", "text/html", b"")), "HTTP status 302 Found"),
        (
            Https,
            Behaviour::HttpEndless(head("HTTP/1.1 404 Not Found\n\n"), vec![b'x'; 64]),
            "HTTP status 404 Not Found (\"xx",
        ),
        (
            Xml,
            Behaviour::Http(http_response("200 OK", "text/html", b"<html/>")),
            "the response has Content-Type \"text/html\"; it has to be text/xml",
        ),
        (
            Https,
            Behaviour::Http(http_response("200 OK", "text/xml", b"<x/>")),
            "the response has Content-Type \"text/xml\"; it has to be application/octet-stream",
        ),
        (
            Json,
            Behaviour::Http(head("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}")),
            "the response has no Content-Type; it has to be application/json",
        ),
        (
            Xml,
            Behaviour::Http(http_response("200 OK", "Text/XML; charset=utf-8", b"<ResponseMessage>")),
            "the body is no KMIP message in XML: ",
        ),
        (
            Json,
            Behaviour::Http(http_response("200 OK", "application/json", b"{\"tag\":")),
            "the body is no KMIP message in JSON: ",
        ),
        (
            Json,
            Behaviour::Http(http_response("200 OK", "application/json", b"\xff")),
            "the body is not UTF-8 from byte 0 on",
        ),
        (
            Https,
            Behaviour::Http(http_response("200 OK", "application/octet-stream", &half)),
            "the HTTP body ends within a message, after 12 bytes",
        ),
        (
            Https,
            Behaviour::Http(http_response("200 OK", "application/octet-stream", b"<html/>")),
            "the answer does not start like a TTLV structure, it looks like plain HTTP (a page)",
        ),
        (
            Xml,
            Behaviour::HttpEndless(head("HTTP/1.1 200 OK\nContent-Type: text/xml\n\n"), vec![b' '; 16 << 10]),
            "the HTTP body goes on beyond the limit of 1048576 bytes",
        ),
        (
            Xml,
            Behaviour::Http(head("HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: 99999999999\n\n")),
            "the HTTP body has 99999999999 bytes, above the limit of 1048576",
        ),
        (
            Xml,
            Behaviour::HttpEndless(head("HTTP/1.1 200 OK\nX: "), vec![b'x'; 16 << 10]),
            "the answer is no HTTP/1.1 response: ",
        ),
        (Https, Behaviour::Http(half), "the answer is no HTTP/1.1 response: "),
    ];
    for (encoding, behaviour, words) in cases {
        let told = judge_hostile_in(encoding, behaviour.clone());
        let expected = format!("the peer speaks TLS, but not KMIP over HTTPS ({encoding}): {words}");
        let text = told.refusal();
        assert!(text.starts_with(&expected), "{behaviour:?}:\n{text}\n{expected}");
    }
}

#[test]
fn http_that_does_not_come_to_an_end() {
    let head = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let begun = head("HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: 100\n\n<Response>");
    let go_on = head("HTTP/1.1 100 Continue\n\n");
    let cases = [
        (Behaviour::Http(Vec::new()), "no answer to Query in time"),
        (Behaviour::Http(begun.clone()), "only 10 bytes of an answer to Query in time"),
        (Behaviour::HttpEndless(Vec::new(), go_on), "no answer to Query in time"),
        (Behaviour::HttpThenClose(begun), "the peer closed the connection after 10 bytes of an answer to Query"),
        (
            Behaviour::HttpThenClose(Vec::new()),
            "the peer closed the connection instead of answering Query (as anonymous)",
        ),
    ];
    for (behaviour, expected) in cases {
        let told = judge_hostile_in(Encoding::Xml, behaviour.clone());
        assert_eq!(told.refusal(), expected, "{behaviour:?}");
    }
}

#[test]
fn a_case_that_gets_an_http_error_fails_and_the_run_goes_on() {
    let refusal = http_response("503 Service Unavailable", "text/plain", b"later");
    let told = judge_hostile_in(Encoding::Https, Behaviour::HttpAfterQuery(refusal));
    let first = told.first();
    assert_eq!((first.verdict, first.encoding), (Verdict::Fail, "https"), "{first:#?}");
    assert!(
        first.findings[0].actual.ends_with("HTTP status 503 Service Unavailable (\"later\")"),
        "{:?}",
        first.findings
    );
    assert_eq!(told.result.expect("the run went ahead").broken, None);
}

/// The program from outside: exit code, and what it wrote to standard output.
fn exit_and_output(address: &str, certificates: &CertificateSet, scenarios: &Path) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    certificates.write_to(folder.path()).unwrap();
    let mut command = Command::from_std(program());
    let ca = folder.path().join("ca.pem");
    let (cert, key) = (certificate_path(folder.path(), "alice"), key_path(folder.path(), "alice"));
    std::fs::write(&ca, &certificates.ca).unwrap();
    command.args(["run", "operations.create.hostile", "--target", address, "--timeout", "400ms", "--version", "1.2"]);
    command.arg("--ca").arg(ca).arg("--cert").arg(cert).arg("--key").arg(key).arg("--scenarios").arg(scenarios);
    let output = command.timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    (output.status.code(), text(&output.stdout))
}

#[test]
fn every_hostile_target_has_its_exit_code() {
    let scenarios = tempfile::tempdir().unwrap();
    let file = scenarios.path().join("operations/create/hostile.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, CREATE).unwrap();
    let huge = response_of([0xFF, 0xFF, 0xFF, 0xF8], &[]);
    let partial = response_of([0, 0, 1, 0], &[0; 12]);
    let garbage = b"\x00\x01garbage".to_vec();
    // We could not find out: 3. The peer answered what it must not: 4.
    let cases = [
        (Behaviour::SilentOnTcp, 3, "during the TLS handshake"),
        (Behaviour::PlainHttp, 3, "looks like plain HTTP"),
        (Behaviour::ClosesAtOnce, 3, "closed the connection"),
        (Behaviour::Tls(Reply::Silence), 3, "no answer to Query in time"),
        (Behaviour::Tls(Reply::Drip), 3, "bytes of an answer to Query in time"),
        (Behaviour::Tls(Reply::ThenClose(partial.clone())), 3, "closed the connection after 20 bytes"),
        (Behaviour::Tls(Reply::ThenWait(huge.clone())), 3, "declares 4294967296 bytes"),
        (Behaviour::Tls(Reply::ThenWait(garbage.clone())), 3, "not TTLV"),
        (Behaviour::Tls(Reply::Echo), 3, "no Response Message"),
        (Behaviour::DiesAfter(2), 3, "the peer stopped answering"),
        (Behaviour::AfterQuery(Reply::Silence), 3, "no answer in time"),
        (Behaviour::AfterQuery(Reply::ThenClose(partial)), 4, "closed after 20 bytes"),
        (Behaviour::AfterQuery(Reply::ThenWait(huge)), 4, "declares 4294967296 bytes"),
        (Behaviour::AfterQuery(Reply::ThenWait(garbage)), 4, "no TTLV message"),
        (Behaviour::AfterQuery(Reply::Echo), 4, "FAIL"),
    ];
    // Part of their time is spent waiting, so a few wait together.
    for some in cases.chunks(3) {
        std::thread::scope(|scope| {
            for (behaviour, code, words) in some {
                let scenarios = scenarios.path();
                scope.spawn(move || {
                    let hostile = HostileTarget::start(behaviour.clone());
                    let address = hostile.address.to_string();
                    let (exit, output) = exit_and_output(&address, &hostile.certificates, scenarios);
                    assert_eq!(exit, Some(*code), "{behaviour:?}:\n{output}");
                    assert!(output.contains(words), "{behaviour:?} without {words:?}:\n{output}");
                });
            }
        });
    }
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    drop(socket);
    let certificates = CertificateSet::generate().unwrap();
    let (exit, output) = exit_and_output(&address, &certificates, scenarios.path());
    assert_eq!(exit, Some(3), "{output}");
    assert!(output.contains("connection refused"), "{output}");
}

/// Markup, commands of CI systems, ends of tests, control characters.
const LOUD: &str = "x\n::error::forged\n##[error]forged\nBail out! forged\nok 99 - forged\n</script></code></td></table><img src=x \
     onerror=alert(1)><script>alert(2)</script>]]><a href=javascript:alert(3)>\" ' & &lt; ``` | <b> \u{1b}[2J";

/// A run against a target whose texts are all this one, with every report.
fn reports_on(text: &'static str) -> (Option<i32>, BTreeMap<&'static str, String>) {
    let hostile = HostileTarget::start(Behaviour::Says(text));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    hostile.certificates.write_to(folder.path()).unwrap();
    std::fs::write(path("ca.pem"), &hostile.certificates.ca).unwrap();
    let mut command = Command::from_std(program());
    command.args(["run", "operations.create.*", "operations.get.*", "--version", "1.4", "--timeout", "5s"]);
    command.args(["--target", &hostile.address.to_string()]).arg("--ca").arg(path("ca.pem"));
    command
        .arg("--cert")
        .arg(certificate_path(folder.path(), "alice"))
        .arg("--key")
        .arg(key_path(folder.path(), "alice"));
    let kinds = ["html", "markdown", "junit", "tap", "sarif", "json"];
    for kind in kinds {
        command.arg(format!("--{kind}")).arg(path(kind));
    }
    command.env("GITHUB_ACTIONS", "true");
    let output = command.timeout(Duration::from_secs(120)).output().unwrap();
    let mut all: BTreeMap<_, _> =
        kinds.into_iter().map(|kind| (kind, std::fs::read_to_string(path(kind)).expect("written, and text"))).collect();
    all.insert("terminal", String::from_utf8(output.stdout).expect("text"));
    (output.status.code(), all)
}

/// The elements of a page, with the names of their attributes.
fn elements(page: &str) -> BTreeSet<(String, Vec<String>)> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let name = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let tokens = Tokenizer::new_with_emitter(page, emitter).flatten();
    let tags = tokens.filter_map(|token| match token {
        Token::StartTag(tag) => Some((name(&tag.name), tag.attributes.keys().map(|key| name(key)).collect())),
        _ => None,
    });
    tags.collect()
}

/// What of a summary is HTML.
fn markup_of(summary: &str) -> String {
    let events = pulldown_cmark::Parser::new_ext(summary, pulldown_cmark::Options::all());
    let markup = events.filter_map(|event| match event {
        pulldown_cmark::Event::Html(text) | pulldown_cmark::Event::InlineHtml(text) => Some(text.into_string()),
        _ => None,
    });
    markup.collect()
}

#[test]
fn texts_of_a_target_do_nothing_in_any_report() {
    let ((code, quiet), (loud_code, loud)) = (reports_on("quiet"), reports_on(LOUD));
    assert_eq!((code, loud_code), (Some(4), Some(4)), "{}", loud["terminal"]);
    // The text is there, or nothing is shown by what follows.
    for (kind, report) in &quiet {
        assert!(report.contains("quiet"), "{kind}:\n{report}");
    }
    let new: Vec<_> = elements(&loud["html"]).difference(&elements(&quiet["html"])).cloned().collect();
    assert_eq!(new, [], "the target made elements");
    assert_eq!(loud["html"].matches("<script").count(), 1);
    for (kind, report) in &loud {
        assert!(!report.contains('\u{1b}'), "{kind} has a control character");
        assert!(report.lines().all(|line| !line.starts_with("Bail out!") && !line.starts_with("ok 99")), "{kind}");
    }
    let forged = |line: &str| line.trim_start().starts_with("::error::forged") || line.starts_with("##[error]");
    assert!(!loud["terminal"].lines().any(forged), "{}", loud["terminal"]);
    let in_markdown = |report: &str| elements(&markup_of(report));
    let new: Vec<_> = in_markdown(&loud["markdown"]).difference(&in_markdown(&quiet["markdown"])).cloned().collect();
    assert_eq!(new, [], "the target made elements in the summary");
    for kind in ["sarif", "json"] {
        serde_json::from_str::<serde_json::Value>(&loud[kind]).unwrap_or_else(|e| panic!("{kind}: {e}"));
    }
    let mut junit = quick_xml::Reader::from_str(&loud["junit"]);
    loop {
        match junit.read_event().unwrap_or_else(|e| panic!("JUnit: {e}")) {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                assert!(!matches!(tag.name().as_ref(), "img" | "script" | "a" | "b"), "{tag:?}");
            }
            _ => {}
        }
    }
}
