//! Hand-made events for tests of the sinks.

use crate::client::Encoding;
use crate::runner::event::{Event, Exchange, Execution, Fate, Finding, RunFinished, RunStarted, Target, TlsLook};
use crate::runner::verdict::{Level, Verdict};
use crate::tls::observation::{
    Answer, CertificateFacts, Chain, ClientCertificate, Completion, Features, Host, Mode, Observation, Order,
    SuiteObservation, VersionObservation,
};
use crate::tls::{TlsVersion, authentication_suites, judge, suite};
use kmipspec_protocol::ttlv::{Item, Tag};
use kmipspec_protocol::version::Version;
use std::time::Duration;

/// An execution with one finding and one exchange where the verdict calls for them.
pub(crate) fn execution(id: &str, version: Version, verdict: Verdict) -> Execution {
    let told = matches!(verdict, Verdict::Fail | Verdict::NonStrict | Verdict::Info);
    let why = matches!(verdict, Verdict::Skip | Verdict::Disabled | Verdict::Error | Verdict::Inconclusive);
    Execution {
        id: id.to_owned(),
        suite: id.split('.').next().unwrap_or(id).to_owned(),
        title: "A key that is active already is not activated again".to_owned(),
        version,
        encoding: "ttlv",
        level: if verdict == Verdict::NonStrict { Level::Should } else { Level::Shall },
        spec: vec![format!("KMIP {version} §4.19")],
        verdict,
        reason: why.then(|| format!("a reason for {verdict}")),
        findings: if told { vec![finding(id, version, verdict)] } else { Vec::new() },
        transcript: vec![exchange()],
        duration: Duration::from_millis(12),
        expected: None,
        reproduce: format!("kmipspec run {id} --version {version} --target kms.example:5696"),
    }
}

/// Result Status is not what was asked for.
pub(crate) fn finding(rule: &str, version: Version, verdict: Verdict) -> Finding {
    Finding {
        verdict,
        rule: rule.to_owned(),
        statement: "Activate is refused for an object that is not Pre-Active.".to_owned(),
        spec: vec![format!("KMIP {version} §4.19"), format!("KMIP {version} §11.20")],
        place: Some("vectors/scenarios/operations/activate/already-active.yaml:23".to_owned()),
        exchange: Some(0),
        path: "ResponseMessage/BatchItem[0]/ResultStatus".to_owned(),
        offset: Some(16),
        expected: "ResultStatus = OperationFailed".to_owned(),
        actual: "ResultStatus = Success (0x00000000)".to_owned(),
    }
}

/// A request with a password, and a small answer.
pub(crate) fn exchange() -> Exchange {
    let password = Item::structure(
        Tag(0x42_0078),
        vec![Item::structure(Tag(0x42_0077), vec![Item::text(Tag(0x42_00a1), "hunter2")])],
    );
    let answer = Item::structure(
        Tag(0x42_007b),
        vec![Item::structure(Tag(0x42_000f), vec![Item::enumeration(Tag(0x42_007f), 0)])],
    );
    Exchange {
        step: "activate-again".to_owned(),
        identity: "alice".to_owned(),
        sent: password.encode(),
        received: answer.encode(),
        fate: Fate::Answered,
        duration: Duration::from_micros(1500),
        http: None,
        asked_by_peer: false,
    }
}

/// A look at a server that speaks TLS 1.3 as the Profiles of 2.1 have it, and nothing else.
pub(crate) fn tls_look() -> TlsLook {
    let version = |version| {
        let names: &[&str] = match version {
            TlsVersion::Tls13 => &["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
            _ => &[],
        };
        let suites = names.iter().filter_map(|name| suite::by_name(name)).map(|row| SuiteObservation {
            code: row.code,
            name: row.name.to_owned(),
            completion: Completion::Completed,
        });
        let (suites, refusal) = (suites.collect(), Some(Answer::Alert { level: 2, code: 40 }));
        VersionObservation { version, suites, order: Order::Server, refusal, complete: true }
    };
    let certificate = CertificateFacts {
        subject: "CN=kms.example".to_owned(),
        issuer: "CN=Example CA".to_owned(),
        serial: "01".to_owned(),
        key: "EC".to_owned(),
        key_bits: Some(256),
        curve: Some("P-256".to_owned()),
        signature: "ecdsa-with-SHA256".to_owned(),
        names: vec!["kms.example".to_owned()],
        not_before: "2026-01-01T00:00:00Z".to_owned(),
        not_after: "2036-01-01T00:00:00Z".to_owned(),
        is_current: true,
        key_usage: Some(vec!["digitalSignature".to_owned()]),
        extended_key_usage: Some(vec!["serverAuth".to_owned()]),
        is_authority: false,
    };
    let seen = Observation {
        address: "kms.example:5696".to_owned(),
        mode: Mode::Fast,
        host: Host::Tls,
        versions: TlsVersion::ALL.into_iter().map(version).collect(),
        certificates: vec![Chain { version: TlsVersion::Tls13, certificates: vec![certificate] }],
        trust: None,
        client_certificate: ClientCertificate {
            requested: Some(true),
            required: Some(true),
            refusal: Some("alert certificate_required (116)".to_owned()),
        },
        features: Features::default(),
        resumption: Vec::new(),
        personas: Vec::new(),
        connections: 12,
        milliseconds: 34,
        notes: Vec::new(),
    };
    // Two of the suites are enough to look at.
    let shown = authentication_suites().iter().filter(|suite| ["basic-2.1", "suiteb-128"].contains(&suite.id.as_str()));
    let verdicts = shown.map(|suite| judge(&seen, suite)).collect();
    TlsLook { seen, verdicts, required: vec!["basic-2.1".to_owned()] }
}

/// A whole run with every verdict, text that wants escaping, a known failure and claims that are not true.
pub(crate) fn run() -> Vec<Event> {
    let mut executions = Vec::new();
    for version in [Version::V1_0, Version::V1_4, Version::V2_1] {
        executions.push(execution("operations.activate.already-active", version, Verdict::Fail));
    }
    for (i, verdict) in Verdict::ALL.into_iter().enumerate() {
        let suite = if i % 2 == 0 { "messages" } else { "operations" };
        executions.push(execution(&format!("{suite}.verdict.{verdict}"), Version::V1_4, verdict));
    }
    let mut hostile = execution("messages.hostile", Version::V1_4, Verdict::Fail);
    for f in &mut hostile.findings {
        f.actual = "ResultMessage = \"<b>]]>\u{1b}[2J & \u{0}\"".to_owned();
        f.exchange = Some(0);
    }
    for x in &mut hostile.transcript {
        x.received = Vec::new();
        x.fate = Fate::Closed { after: 0 };
    }
    executions.push(hostile);
    let claim = |verdict| crate::runner::event::ExpectedOutcome {
        verdict,
        because: "vendor ticket 1182".to_owned(),
        place: "known.yaml:3".to_owned(),
        rules: Vec::new(),
    };
    let mut known = execution("operations.known", Version::V1_4, Verdict::Fail);
    known.expected = Some(claim(Verdict::Fail));
    executions.push(known);
    let mut mended = execution("operations.mended", Version::V1_4, Verdict::Pass);
    mended.expected = Some(claim(Verdict::Fail));
    executions.push(mended);
    let target = Target {
        address: "kms.example:5696".to_owned(),
        vendor: Some("Example KMS 3\u{1b}[31m".to_owned()),
        versions: vec![Version::V1_0, Version::V1_4, Version::V2_1],
        tls: Some("TLS 1.3".to_owned()),
        encoding: Encoding::Ttlv,
    };
    let counts = Verdict::ALL.into_iter().map(|v| (v, executions.iter().filter(|e| e.verdict == v).count())).collect();
    let mut events = vec![Event::RunStarted(RunStarted {
        target,
        total: executions.len(),
        later: vec![("with XML over HTTPS".to_owned(), 2), ("authentication suite".to_owned(), 1)],
        run_id: "kmipspec-0123".to_owned(),
    })];
    for e in executions {
        events.push(Event::CaseStarted { id: e.id.clone(), version: e.version });
        events.push(Event::CaseFinished(Box::new(e)));
    }
    events.push(Event::Tls(Box::new(tls_look())));
    events.push(Event::Notice("the server closed an idle connection".to_owned()));
    events.push(Event::RunFinished(RunFinished {
        counts,
        stale: vec!["known.yaml:9: no case has the id `operations.gone`".to_owned()],
        unexpected: vec!["known.yaml:3: `operations.mended` at 1.4 is pass, not fail as the entry says".to_owned()],
        duration: Duration::from_millis(2340),
        broken: None,
    }));
    events
}
