//! The bundled server, and the program around the probe.

use crate::looking::{look_as, patient, suites};
use crate::program::program;
use kmipspec::runner::bundled;
use kmipspec::tls::observation::{Completion, Resumed, Trusted};
use kmipspec::tls::verdict::Outcome;
use kmipspec::tls::{Judgement, Mode, Options, TlsVersion, authentication_suite, judge, probe};
use kmipspec_reference_server::Config;
use kmipspec_reference_server::certificates::{CertificateSettings, KeyKinds};
use kmipspec_reference_server::config::ClientAuthentication;
use kmipspec_reference_server::tls_preset::TlsPreset;
use serde_json::Value;
use std::process::Output;

/// Runs `kmipspec tls` with these flags, against the bundled server unless they say otherwise.
fn tls(flags: &[&str]) -> Output {
    let mut program = program();
    program.args(["tls", "--timeout", "20s"]).args(flags).output().expect("kmipspec runs")
}

/// The six suites of our server at each version.
fn ours(kind: &str) -> [(TlsVersion, Vec<String>); 2] {
    let tls12 = ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"];
    [
        (TlsVersion::Tls12, tls12.map(|s| format!("TLS_ECDHE_{kind}_WITH_{s}")).to_vec()),
        (TlsVersion::Tls13, tls12.map(|s| format!("TLS_{s}")).to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn both_modes_see_the_same_and_every_suite_is_completed() {
    let (server, target) = bundled::start(Config::default()).await.expect("started");
    for mode in [Mode::Fast, Mode::Each] {
        let seen = probe(&target, &Options { mode, ..patient() }).await;
        for version in TlsVersion::ALL {
            let of = seen.version(version).expect("looked at");
            assert!(of.complete, "{version} {:?}", of.refusal);
            assert!(of.suites.iter().all(|s| s.completion == Completion::Completed), "{:?}", of.suites);
            let wanted =
                ours("ECDSA").into_iter().find(|(v, _)| *v == version).map_or_else(Vec::new, |(_, names)| names);
            assert_eq!(suites(&seen, version).into_iter().collect::<Vec<_>>(), wanted, "{version}");
        }
        assert_eq!((seen.client_certificate.requested, seen.client_certificate.required), (Some(true), Some(true)));
        assert_eq!(seen.trust, Some(Trusted::Yes));
        assert_eq!((seen.features.compression, seen.features.secure_renegotiation), (Some(0), Some(true)));
        assert_eq!(seen.resumption.len(), 3);
        for again in &seen.resumption {
            assert!(again.with_certificate && again.result == Resumed::Resumed, "{again:?}");
        }
        let taken: Vec<bool> = seen.personas.iter().map(|p| p.suite.is_some()).collect();
        assert_eq!(taken, [true, true, true, true, false, false], "static RSA and CBC are not to be had");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_the_suites_are_selected_and_the_refusal_is_told() {
    let (server, target) = bundled::start(Config::default()).await.expect("started");
    let address = target.address.clone();
    let seen = tokio::task::spawn_blocking(move || look_as(&address, patient(), None)).await.expect("looked");
    for version in &seen.versions {
        for suite in &version.suites {
            let Completion::Refused { because } = &suite.completion else { panic!("{suite:?}") };
            assert!(because.contains("certificate_required (116)"), "{because}");
        }
    }
    assert_eq!(seen.client_certificate.required, Some(true));
    // In TLS 1.3 the certificate is sent before the server turns us away, in TLS 1.2 in the clear.
    assert_eq!(seen.certificates.first().and_then(|c| c.certificates.first()).map(|c| c.key.as_str()), Some("EC"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_nobody_for_a_certificate_does_not_meet_mutual_authentication() {
    let config = Config { client_authentication: ClientAuthentication::Optional, ..Config::default() };
    let (server, target) = bundled::start(config).await.expect("started");
    let seen = probe(&target, &patient()).await;
    // It asks, and lets those in who have none: KMIP may still turn them away.
    assert_eq!((seen.client_certificate.requested, seen.client_certificate.required), (Some(true), Some(false)));
    let verdict = judge(&seen, authentication_suite("suiteb-128").expect("known"));
    let mutual = verdict.findings.iter().find(|f| f.says.contains("both sides")).expect("asked");
    assert_eq!(mutual.outcome, Outcome::NotFoundOut);
    server.shutdown().await;

    let mut none = seen;
    (none.client_certificate.requested, none.client_certificate.required) = (Some(false), Some(false));
    let verdict = judge(&none, authentication_suite("suiteb-128").expect("known"));
    let mutual = verdict.findings.iter().find(|f| f.says.contains("both sides")).expect("asked");
    assert_eq!(mutual.outcome, Outcome::Violated);
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_give_the_right_reasons() {
    let (server, target) = bundled::start(Config::default()).await.expect("started");
    let mut seen = probe(&target, &patient()).await;
    server.shutdown().await;
    let of = |seen: &_, id: &str| judge(seen, authentication_suite(id).expect("known"));
    let violated = |v: &kmipspec::tls::SuiteVerdict| -> Vec<String> {
        v.findings.iter().filter(|f| f.outcome == Outcome::Violated).map(|f| f.because.clone()).collect()
    };
    let basic = of(&seen, "basic-2.1");
    assert_eq!(basic.strict, Judgement::NotMet);
    let reasons = violated(&basic).join("\n");
    for reason in
        ["TLS_RSA_WITH_AES_256_CBC_SHA256 is not selected", "TLS 1.3: not in the list: TLS_AES_128_GCM_SHA256"]
    {
        assert!(reasons.contains(reason), "{reasons}");
    }
    // What is only known at second hand never fails.
    for id in ["draft", "basic-1.0", "tls12-1.0", "basic-1.4", "basic-2.0", "https-2.0"] {
        assert_eq!(of(&seen, id).strict, Judgement::IndicativeNotMet, "{id}");
    }
    for id in ["https-1.3", "suite-3.0"] {
        assert_eq!(of(&seen, id).strict, Judgement::Undecided, "{id}");
    }
    assert_eq!(violated(&of(&seen, "suiteb-192")).last().map(String::as_str), Some("the server's key is P-256"));

    // What the preset strict-2.1 will show: TLS 1.3 alone, with the two suites.
    for version in &mut seen.versions {
        version.suites.retain(|s| matches!(s.name.as_str(), "TLS_AES_256_GCM_SHA384" | "TLS_CHACHA20_POLY1305_SHA256"));
    }
    let strict = of(&seen, "basic-2.1");
    assert_eq!((strict.strict, strict.practical), (Judgement::Met, Judgement::Met), "{:#?}", strict.findings);
    assert_eq!(of(&seen, "https-2.1").strict, Judgement::Undecided, "a look at TLS shows no HTTP");
    // One suite too few, one version too many, and one that could not be asked for.
    let mut less = seen.clone();
    less.versions[5].suites.pop();
    assert_eq!(of(&less, "basic-2.1").strict, Judgement::NotMet);
    less.versions[5].complete = false;
    assert_eq!(of(&less, "basic-2.1").strict, Judgement::Undecided);
    let mut more = seen.clone();
    more.versions[2].suites.push(kmipspec::tls::observation::SuiteObservation {
        code: 0x0003,
        name: "TLS_RSA_EXPORT_WITH_RC4_40_MD5".to_owned(),
        completion: Completion::NotTried,
    });
    let verdict = of(&more, "basic-2.1");
    assert_eq!((verdict.strict, verdict.practical), (Judgement::NotMet, Judgement::NotMet));
    let ours: Vec<&str> = verdict
        .practical_findings
        .iter()
        .filter(|f| f.outcome == Outcome::Violated)
        .map(|f| f.because.as_str())
        .collect();
    assert_eq!(ours, ["TLS 1.0 is taken", "TLS 1.0: of a kind to avoid: TLS_RSA_EXPORT_WITH_RC4_40_MD5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_seen_for_each_kind_of_key() {
    let certificates = CertificateSettings { keys: KeyKinds::Both, ..CertificateSettings::default() };
    let config = Config { certificates, ..Config::default() };
    let (server, target) = bundled::start(config).await.expect("started");
    let seen = probe(&target, &patient()).await;
    let mut keys: Vec<(String, Option<usize>)> = seen
        .certificates
        .iter()
        .filter_map(|chain| chain.certificates.first().map(|c| (c.key.clone(), c.key_bits)))
        .collect();
    keys.sort();
    assert_eq!(keys, [("EC".to_owned(), Some(256)), ("RSA".to_owned(), Some(2048))]);
    let both: Vec<String> = ours("ECDSA")
        .into_iter()
        .chain(ours("RSA"))
        .filter(|(v, _)| *v == TlsVersion::Tls12)
        .flat_map(|(_, names)| names)
        .collect();
    assert_eq!(suites(&seen, TlsVersion::Tls12).into_iter().collect::<Vec<_>>(), both);
    server.shutdown().await;
}

#[test]
fn a_suite_asked_for_decides_the_exit_code() {
    for (flags, code) in [
        (&[][..], 0),
        (&["--suite", "basic-2.1"], 4),
        (&["--suite", "basic-1.4"], 3),
        (&["--suite", "suiteb-128"], 4),
        (&["--suite", "suiteb-128", "--practical"], 0),
        (&["--suite", "suiteb-128,basic-1.4"], 4),
        (&["--suite", "https-1.3"], 3),
        (&["--practical"], 1),
        (&["--suite", "basic-2.2"], 1),
    ] {
        let output = tls(flags);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{flags:?}\n{text}");
        if flags.contains(&"basic-2.2") {
            assert!(text.contains("did you mean `basic-"), "{text}");
        }
    }
}

#[test]
fn the_json_file_has_everything() {
    let output = tls(&["--json", "-", "--mode", "each"]);
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let versions = all["observation"]["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 6);
    assert_eq!(versions[5]["version"], "TLS 1.3");
    assert_eq!(versions[5]["suites"][1]["name"], "TLS_AES_256_GCM_SHA384");
    assert_eq!(versions[0]["refusal"]["came"], "alert");
    assert_eq!(all["observation"]["mode"], "each");
    let verdicts = all["verdicts"].as_array().expect("verdicts");
    let basic = verdicts.iter().find(|v| v["suite"] == "basic-2.1").expect("judged");
    assert_eq!((&basic["strict"], &basic["evidence"]), (&"not-met".into(), &"primary".into()));
    assert!(basic["findings"].as_array().expect("findings").iter().any(|f| f["section"] == "Profiles 2.1 §3.1.2"));
}

#[test]
fn an_identity_of_no_use_is_told_before_anything_is_sent() {
    let output = tls(&["--target", "127.0.0.1:1", "--cert", "/nowhere/c.pem", "--key", "/nowhere/k.pem"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read /nowhere/c.pem"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_preset_meets_its_own_suite_and_none_of_the_others() {
    let presets = [
        (TlsPreset::Strict21, KeyKinds::Ec, "basic-2.1"),
        (TlsPreset::SuiteB128, KeyKinds::Ec, "suiteb-128"),
        (TlsPreset::SuiteB192, KeyKinds::EcP384, "suiteb-192"),
        (TlsPreset::Default, KeyKinds::Ec, ""),
    ];
    for (tls, keys, own) in presets {
        let certificates = CertificateSettings { keys, ..CertificateSettings::default() };
        let config = Config { tls, certificates, ..Config::default() };
        let (server, target) = bundled::start(config).await.expect("started");
        let seen = probe(&target, &patient()).await;
        server.shutdown().await;
        let of = |id: &str| judge(&seen, authentication_suite(id).expect("a suite of that name"));
        for id in ["basic-2.1", "suiteb-128", "suiteb-192"] {
            let wanted = if id == own { Judgement::Met } else { Judgement::NotMet };
            assert_eq!(of(id).strict, wanted, "{tls:?} as {id}: {:#?}", of(id).findings);
        }
    }
}

#[cfg(not(feature = "legacy-tls"))]
#[test]
fn presets_that_are_older_than_this_build_are_refused_with_what_to_do() {
    for preset in ["basic-1.0", "tls12-1.x"] {
        let mut serve = program();
        let output = serve.args(["serve", "--port", "0", "--tls", preset]).output().expect("kmipspec runs");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(preset) && told.contains("cargo build --release --features legacy-tls"), "{told}");
    }
}
