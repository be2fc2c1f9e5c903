//! The facts about profiles, and what a run says of them.

use crate::program::program;
use kmipspec::profiles::Catalogue;
use kmipspec::profiles::data::{Entry, What};
use kmipspec::scenario::diagnostic::Source;
use kmipspec::scenario::node::Node;
use kmipspec::scenario::parse;
use kmipspec_protocol::registry::tag;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file or folder beside the checkout; CI must have it.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none_or(|v| v.is_empty()), "CI needs {}", found.display());
    eprintln!("skipped: {} is not there", found.display());
    None
}

fn catalogue() -> Catalogue {
    Catalogue::builtin()
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// The texts of a node, a list of one where it is a scalar.
fn texts(node: Option<&Node>) -> Vec<String> {
    let text = |n: &Node| n.text().map(str::to_owned);
    match node {
        Some(node) => {
            node.list().map_or_else(|| text(node).into_iter().collect(), |l| l.iter().filter_map(text).collect())
        }
        None => Vec::new(),
    }
}

/// The section numbers of an entry of the source, and of ours.
fn numbers(node: &Node) -> BTreeSet<String> {
    match node.map() {
        Some(entries) => entries.iter().filter_map(|e| e.value.text()).map(str::to_owned).collect(),
        None => node.text().map(str::to_owned).into_iter().collect(),
    }
}

fn what(entry: &Entry, label: impl Fn(&What) -> Option<String>) -> BTreeSet<String> {
    entry.demands.iter().filter_map(|d| label(&d.what)).collect()
}

/// How the standard's name reads in ours: spelling and misprints aside.
fn plain(name: &str) -> String {
    let name = match name {
        "Default Operation Policy" => "Operation Policy Name",
        "Process Stop Date" => "Protect Stop Date",
        other => other,
    };
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[test]
fn the_facts_are_those_of_the_source() {
    let Some(path) = shared("spec/profiles.yaml") else { return };
    let source =
        Arc::new(Source { file: path.display().to_string(), text: std::fs::read_to_string(path).expect("read") });
    let root = parse::parse(&source).expect("YAML");
    let theirs = root.get("profiles").and_then(Node::list).expect("a list");
    let catalogue = catalogue();
    let ours: Vec<&Entry> = catalogue.entries().collect();
    assert_eq!(ours.len(), theirs.len(), "as many profiles");
    let mut wrong = Vec::new();
    for node in theirs {
        let text = |key| node.get(key).and_then(Node::text).unwrap_or_default();
        let versions = texts(node.get("versions")).join(", ");
        let called = format!("{} ({}) {versions}", text("name"), text("role"));
        let same = |e: &&&Entry| {
            e.name == text("name") && e.role.as_str() == text("role") && e.versions.to_string() == versions
        };
        let Some(entry) = ours.iter().find(same) else {
            wrong.push(format!("{called} is missing"));
            continue;
        };
        let evidence = text("evidence");
        if !evidence.starts_with(entry.evidence.as_str()) {
            wrong.push(format!("{called}: evidence {}, not {evidence}", entry.evidence.as_str()));
        }
        let sections: BTreeSet<String> = entry.sections.iter().map(|(_, s)| s.clone()).collect();
        if sections != node.get("section").map(numbers).unwrap_or_default() {
            wrong.push(format!("{called}: sections {sections:?}"));
        }
        let requires = node.get("requires");
        let list = |key: &str| -> BTreeSet<String> {
            let nested = requires.and_then(|r| r.get("only_1_2")).and_then(|only| only.get(key));
            let own = texts(requires.and_then(|r| r.get(key)));
            own.iter().chain(&texts(nested)).map(|n| plain(n)).collect()
        };
        let name = |what: &What| what.label().split_once(' ').map(|(_, name)| plain(name));
        let operations = what(entry, |w| matches!(w, What::Operation(_)).then(|| name(w)).flatten());
        let attributes = what(entry, |w| match w {
            What::Attribute(_) => name(w),
            What::CustomAttribute if list("attributes").contains("vendorattribute") => {
                Some("vendorattribute".to_owned())
            }
            What::CustomAttribute => Some("customattribute".to_owned()),
            _ => None,
        });
        let formats = what(entry, |w| match w {
            What::Value(tag::KEY_FORMAT_TYPE, _) => w.label().strip_prefix("Key Format Type ").map(plain),
            _ => None,
        });
        let algorithms = what(entry, |w| match w {
            What::Value(tag::CRYPTOGRAPHIC_ALGORITHM, _) => {
                w.label().strip_prefix("Cryptographic Algorithm ").map(plain)
            }
            _ => None,
        });
        for (key, found) in [
            ("operations", operations),
            ("attributes", attributes),
            ("key_formats", formats),
            ("cryptographic_algorithms", algorithms),
        ] {
            if list(key) != found {
                wrong.push(format!("{called}: {key} {found:?}, not {:?}", list(key)));
            }
        }
        if requires.and_then(|r| r.get("baseline")).is_some() != entry.baseline {
            wrong.push(format!("{called}: baseline {}", entry.baseline));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cases_that_judge_a_clause_are_there() {
    let library = kmipspec::scenario::library::Library::builtin();
    let catalogue = catalogue();
    for entry in catalogue.entries() {
        for demand in &entry.demands {
            let What::Words { what, cases, .. } = &demand.what else { continue };
            for pattern in cases.iter().filter(|p| !p.starts_with("oasis.")) {
                let there = library.scenarios.iter().any(|s| kmipspec::scenario::library::selects(pattern, &s.id));
                assert!(there, "{}: {what}: no case is {pattern}", entry.name);
            }
        }
    }
}

/// The program, with whatever the caller has set left out.
fn kmipspec(arguments: &[&str]) -> (i32, String, String) {
    let mut command = program();
    let output = command.args(arguments).output().expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

/// What the JSON report of a run says of its profiles, and the exit code.
fn judged(arguments: &[&str]) -> (i32, Vec<serde_json::Value>, String) {
    let arguments: Vec<&str> = ["run", "--json", "-", "--quiet"].into_iter().chain(arguments.iter().copied()).collect();
    let (code, out, err) = kmipspec(&arguments);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    (code, value["profiles"].as_array().expect("a list").clone(), err)
}

/// What is said of one requirement.
fn of<'v>(profile: &'v serde_json::Value, what: &str) -> (&'v str, &'v str) {
    let all = profile["requirements"].as_array().expect("a list");
    let one = all.iter().find(|r| r["what"] == what).unwrap_or_else(|| panic!("{what} is not in {profile}"));
    (one["state"].as_str().expect("text"), one["because"].as_str().expect("text"))
}

/// What stands against a verdict, by state.
fn labels(profile: &serde_json::Value, state: &str) -> Vec<String> {
    let all = profile["requirements"].as_array().expect("a list").iter();
    all.filter(|r| r["state"] == state).map(|r| r["what"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn profiles_are_listed_with_what_they_demand() {
    let (code, out, err) = kmipspec(&["profiles"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("\n90 profiles at 146 versions: 82 of servers, 64 of clients"), "{out}");
    let line =
        |id: &str| out.lines().find(|l| l.starts_with(&format!("{id} "))).unwrap_or_else(|| panic!("{id}: {out}"));
    assert!(line("baseline-client-2.1").contains("  for observe  "), "{out}");
    assert!(line("symmetric-key-lifecycle-server-1.4").contains("server*"), "{out}");
    assert!(line("symmetric-key-lifecycle-server-1.0").contains("with Server conformance (baseline) 1.0"), "{out}");
    let (code, out, _) = kmipspec(&["profiles", "symmetric-key-lifecycle-server-1.0"]);
    assert_eq!(code, 0);
    for part in [
        "Symmetric Key Lifecycle Profile 1.0 §2.3",
        "operation Create\n",
        "Key Format Type Raw\n",
        "operation Locate\n",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    let (code, out, _) = kmipspec(&["profiles", "baseline-server-2.1", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&out).expect("a line of JSON");
    assert_eq!((code, value["id"].as_str()), (0, Some("baseline-server-2.1")));
}

#[test]
fn names_of_profiles_are_checked() {
    let (code, out, err) = kmipspec(&["run", "--profile", "baseline-sever-2.1"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("no profile is called `baseline-sever-2.1`; did you mean `baseline-server-2.1`?"), "{err}");
    assert_eq!(kmipspec(&["profiles", "no-such-profile"]).0, 1);
    // A profile of clients, one at another version, and one whose lists nobody has read.
    for arguments in [
        &["run", "--profile", "baseline-client-2.1"][..],
        &["run", "--profile", "baseline-server-2.1", "--version", "1.4"],
        &["run", "--profile", "secret-data-server-1.0"],
        &["list", "--profile", "secret-data-server-1.0"],
    ] {
        let (code, out, err) = kmipspec(arguments);
        assert_eq!((code, out.as_str()), (5, ""), "{arguments:?}: {err}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
    let (code, out, _) = kmipspec(&["list", "--profile", "rng-cryptographic-server-1.2"]);
    assert_eq!(code, 0);
    assert!(out.contains("operations.rng-retrieve.") && !out.contains("operations.certify."), "{out}");
}

/// A server of its own that deviates in one way, and a target file for it.
struct Deviant {
    child: std::process::Child,
    dir: tempfile::TempDir,
}

impl Deviant {
    fn start(quirk: &str, supports: &str) -> Self {
        use std::io::BufRead;
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_kmipspec"))
            .args(["serve", "--port", "0", "--log", "off", "--quirk", quirk, "--cert-dir"])
            .arg(dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready: serde_json::Value = serde_json::from_str(&line).expect("the ready line is JSON");
        let address = ready["address"].as_str().expect("an address");
        let who = |name: &str| format!("  {name}: {{cert: {name}.pem, key: {name}.key.pem}}\n");
        let target =
            format!("address: \"{address}\"\nca: ca.pem\nidentities:\n{}{}{supports}", who("alice"), who("bob"));
        std::fs::write(dir.path().join("target.yaml"), target).expect("written");
        Self { child, dir }
    }

    fn target(&self) -> String {
        self.dir.path().join("target.yaml").display().to_string()
    }
}

impl Drop for Deviant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_profile_is_not_met_where_a_case_about_it_fails() {
    let server = Deviant::start("polite-rng-seed", "");
    let target = server.target();
    let (code, profiles, err) = judged(&["--profile", "rng-cryptographic-server-1.2", "--target-file", &target]);
    assert_eq!(code, 4, "{err}");
    let profile = &profiles[0];
    assert_eq!(profile["standing"], "not met");
    assert_eq!(of(profile, "operation RNG Retrieve").0, "met");
    let (state, because) = of(profile, "operation RNG Seed");
    assert_eq!(state, "not met");
    assert!(because.starts_with("operations.rng-seed."), "{because}");
    assert_eq!(of(profile, "no rule about any of this is broken").0, "not met");
    let line = profile["line"].as_str().expect("text");
    assert!(line.starts_with("RNG Cryptographic Server 1.2: not met, 2 of 6 requirements not met"), "{line}");
}

#[test]
fn what_is_not_asked_for_is_not_judged_and_says_why() {
    let server = Deviant::start("polite-rng-seed", "supports: {without-operations: [RNGSeed]}\n");
    let target = server.target();
    let (code, profiles, err) = judged(&["--profile", "rng-cryptographic-server-1.2", "--target-file", &target]);
    assert_eq!(code, 0, "{err}");
    let profile = &profiles[0];
    assert_eq!(profile["standing"], "not decided");
    let (state, because) = of(profile, "operation RNG Seed");
    assert_eq!(state, "not judged");
    assert!(because.ends_with("RNGSeed is not supported: the target file says so"), "{because}");
    assert_eq!(of(profile, "all mandatory published cases CS-RNG").0, "not judged");
    assert!(labels(profile, "not met").is_empty());
    // The same in JUnit, and on a terminal.
    let (code, out, _) =
        kmipspec(&["run", "--profile", "rng-cryptographic-server-1.2", "--target-file", &target, "--junit", "-"]);
    assert_eq!(code, 0);
    assert!(out.contains("<testsuite id=") && out.contains("name=\"rng-cryptographic-server-1.2\""), "{out}");
    let (code, out, _) = kmipspec(&["run", "--profile", "rng-cryptographic-server-1.2", "--target-file", &target]);
    assert_eq!(code, 0);
    let last = out.trim_end().lines().last().expect("a line");
    assert_eq!(last, "RNG Cryptographic Server 1.2: not decided: 2 of 6 requirements judged and met");
    assert!(out.contains("  met         operation RNG Retrieve "), "{out}");
}

#[test]
fn the_bundled_server_meets_profiles_whose_published_cases_are_all_there() {
    let Some(oasis) = shared("oasis/v2.1/mandatory") else { return };
    let oasis = oasis.display().to_string();
    let names = ["opaque-managed-object-store-server-2.1", "symmetric-key-lifecycle-server-2.1"];
    let (code, profiles, err) = judged(&["--profile", names[0], "--profile", names[1], "--oasis", &oasis]);
    assert_eq!(code, 0, "{err}");
    let [met, open] = profiles.as_slice() else { panic!("{} profiles", profiles.len()) };
    let line = |p: &serde_json::Value| p["line"].as_str().expect("text").to_owned();
    assert_eq!(met["standing"], "met", "{}: {:?}", line(met), labels(met, "not judged"));
    assert!(line(met).starts_with("Opaque Managed Object Store Server 2.1: met, "), "{}", line(met));
    assert!(line(met).contains(" 1/1 mandatory cases"), "{}", line(met));
    assert_eq!(of(met, "an authentication suite of the version"), ("met", "basic-2.1, by the text"));
    // Of its three mandatory cases one is there, and nothing else stands in the way.
    assert_eq!(open["standing"], "not decided", "{}", line(open));
    assert_eq!(labels(open, "not judged"), ["all mandatory published cases SKLC"]);
    assert!(labels(open, "not met").is_empty());
    assert!(line(open).contains(" 1/3 mandatory cases"), "{}", line(open));
}
