//! TLS as a part of `kmipspec run`: told where it is wanted, and a check only where a suite is named.

use crate::program::program;
use crate::schema::faults;
use serde_json::Value;
use std::path::Path;

/// A case that the bundled server passes.
const CASE: [&str; 4] = ["run", "operations.query.two-functions", "--version", "1.4"];

/// Runs the program: exit code, standard output, standard error.
fn kmipspec(arguments: &[&str]) -> (i32, String, String) {
    let mut command = program();
    let output = command.args(arguments).output().expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// The case with further flags.
fn run(flags: &[&str]) -> (i32, String, String) {
    kmipspec(&[&CASE[..], flags].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_run_of_one_case_looks_at_tls_only_when_asked() {
    let (code, out, _) = run(&["--json", "-"]);
    assert_eq!((code, &json(&out)["tls"]), (0, &Value::Null), "{out}");
    let (code, out, _) = run(&["--tls-look", "always"]);
    assert_eq!(code, 0, "nothing that TLS shows fails a run by itself: {out}");
    assert!(out.contains("tls       TLS 1.2 (3 suites), TLS 1.3 (3 suites); certificate EC P-256 until "), "{out}");
    assert!(out.contains("clients need a certificate\n"), "{out}");
    assert!(out.contains("suiteb-128, suiteb-192 in practice"), "{out}");
    assert!(out.contains("1 case x 1 version = 1 execution in "), "{out}");
}

#[test]
fn a_suite_that_is_named_is_a_case_like_any_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let junit = folder.path().join("out.xml").display().to_string();
    let (code, out, err) = run(&["--tls-suite", "basic-2.1", "--json", "-", "--junit", &junit]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("run       2 executions (of them 1 authentication suite)"), "{err}");
    assert!(err.contains("FAIL       tls.basic-2.1") && err.contains("KMIP Profiles 2.1 §3.1.2"), "{err}");
    let all = json(&out);
    assert_eq!(all["tls"]["required"], serde_json::json!(["basic-2.1"]));
    let results = all["results"].as_array().expect("results");
    let found = results.iter().find(|r| r["id"] == "tls.basic-2.1").expect("it is a result");
    assert_eq!((&found["verdict"], &found["counts_as_failure"]), (&"fail".into(), &true.into()), "{found:#}");
    assert_eq!(found["reproduce"], "kmipspec tls --suite basic-2.1");
    let xml = std::fs::read_to_string(junit).expect("written");
    assert!(xml.contains("tls.basic-2.1 @2.1") && xml.contains("failures=\"1\""), "{xml}");

    for (flags, wanted) in [
        (&["--tls-suite", "suiteb-128", "--tls-practical"][..], 0),
        (&["--tls-suite", "basic-1.4"], 3),
        (&["--tls-suite", "basic-1.4,basic-2.1"], 4),
        (&["--tls-suite", "basic-2.2"], 1),
        (&["--tls-suite", "basic-2.1", "--tls-look", "never"], 1),
        (&["--tls-practical"], 1),
    ] {
        let (code, out, err) = run(flags);
        assert_eq!(code, wanted, "{flags:?}: {out}{err}");
    }
}

#[test]
fn a_suite_that_is_not_met_can_be_a_known_failure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let known = folder.path().join("known.yaml");
    std::fs::write(&known, "- {case: tls.basic-2.1, outcome: fail, because: AES-128 is wanted by old clients}\n")
        .expect("written");
    let known = known.display().to_string();
    for flags in [&["--tls-suite", "basic-2.1"][..], &[], &["--tls-look", "always"]] {
        let (code, out, err) = run(&[flags, &["--expectations", &known]].concat());
        assert_eq!(code, 0, "{flags:?}: {out}{err}");
    }
    let (code, out, _) = run(&["--tls-suite", "suiteb-128", "--tls-practical", "--expectations", &known]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(kmipspec(&["lint", &known]).0, 0, "lint knows the case");
}

#[test]
fn what_is_written_is_what_the_schemas_say() {
    let schema = |kind: &str| {
        let (code, published, _) = kmipspec(&["schema", kind]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/schema/{kind}.schema.json"));
        assert_eq!(code, 0);
        assert!(std::fs::read_to_string(&path).is_ok_and(|text| text == published), "{} is stale", path.display());
        json(&published)
    };
    let (of_tls, of_run) = (schema("tls"), schema("results"));
    for mode in ["fast", "each"] {
        let (_, out, _) = kmipspec(&["tls", "--json", "-", "--mode", mode]);
        assert_eq!(faults(&json(&out), &of_tls), Vec::<String>::new());
    }
    // A host that is not there has another form.
    let (code, out, _) = kmipspec(&["tls", "--json", "-", "--target", "127.0.0.1:1", "--insecure"]);
    assert_eq!((code, faults(&json(&out), &of_tls)), (3, Vec::new()));
    let (_, out, _) = run(&["--json", "-", "--tls-suite", "basic-2.1,basic-1.0"]);
    assert_eq!(faults(&json(&out), &of_run), Vec::<String>::new());
}
