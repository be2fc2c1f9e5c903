//! Against nmap's `ssl-enum-ciphers` and sslyze, in the same run, on the suites that these know. What is not on the machine is not run,
//! and says so; with `KMIPSPEC_TLS_TOOLS` set (`.ci/run tls_tools`) that is a failure.

use crate::looking::{look, suites};
use crate::openssl::{Host, SServer, in_target, with_own};
use kmipspec::tls::{Mode, Observation, TlsVersion};
use kmipspec_reference_server::tls_preset::TlsPreset;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Suites accepted, and suites known, by version.
type Sets = BTreeMap<TlsVersion, (BTreeSet<String>, BTreeSet<String>)>;

/// Says that a tool cannot be had here.
pub(crate) fn not_run(what: &str, why: &str) {
    let must = std::env::var_os("KMIPSPEC_TLS_TOOLS").is_some();
    assert!(!must, "{what} must be there with KMIPSPEC_TLS_TOOLS set: {why}");
    eprintln!("NOT RUN: {why}");
}

/// What a command prints, or what is wrong with it.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What stands between two texts, wherever that is.
fn between<'a>(text: &'a str, before: &str, after: char) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

/// nmap's verdict.
fn nmap(target: &Host<'_>) -> Option<Sets> {
    let Ok(library) = std::fs::read_to_string("/usr/share/nmap/nselib/tls.lua") else {
        not_run("nmap", "there is no nmap");
        return None;
    };
    // `["TLS_RSA_WITH_NULL_MD5"] = 0x0001`, or without brackets; those of TLS 1.3 have names of its own.
    let registry = |name: &str| name.replace("TLS_AKE_WITH_", "TLS_");
    let rows =
        library.lines().filter_map(|line| line.split_once('=')).filter(|(_, code)| code.trim().starts_with("0x"));
    let known: BTreeSet<String> = rows.map(|(name, _)| registry(name.trim().trim_matches(['[', ']', '"']))).collect();
    let (host, port) = target.address.rsplit_once(':')?;
    let mut scan = Command::new("nmap");
    scan.args(["-Pn", "-n", "-p", port, "--script", "+ssl-enum-ciphers", "-oX", "-", host]);
    let xml = output(&mut scan).unwrap_or_else(|why| panic!("{why}"));
    let mut sets: Sets = [TlsVersion::Ssl3, TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12, TlsVersion::Tls13]
        .into_iter()
        .map(|version| (version, (BTreeSet::new(), known.clone())))
        .collect();
    for part in xml.split("<table key=\"").skip(1) {
        let version = match part.split('"').next() {
            Some("SSLv3") => TlsVersion::Ssl3,
            Some("TLSv1.0") => TlsVersion::Tls10,
            Some("TLSv1.1") => TlsVersion::Tls11,
            Some("TLSv1.2") => TlsVersion::Tls12,
            Some("TLSv1.3") => TlsVersion::Tls13,
            _ => continue,
        };
        let from = xml.find(part).unwrap_or(0);
        let rest = xml.get(from + 1..).unwrap_or_default();
        let end = ["<table key=\"TLSv", "<table key=\"SSLv", "</script>"].iter().filter_map(|e| rest.find(e)).min();
        let section = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let names = between(section, "<elem key=\"name\">", '<').into_iter().map(registry).collect();
        if let Some((accepted, _)) = sets.get_mut(&version) {
            *accepted = names;
        }
    }
    Some(sets)
}

/// sslyze's verdict.
fn sslyze(target: &Host<'_>) -> Option<Sets> {
    let address = target.address;
    let program = in_target("tls-venv/bin/sslyze").unwrap_or_else(|| PathBuf::from("sslyze"));
    let flags = ["--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"];
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("sslyze-{}.json", address.replace(':', "-")));
    let mut scan = Command::new(&program);
    scan.arg(format!("--json_out={}", file.display())).args(flags).arg(address).stdout(Stdio::null());
    if let Some((cert, key)) = target.identity {
        scan.args(["--cert", cert, "--key", key]);
    }
    match scan.stdin(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => assert!(status.success(), "sslyze: {status}"),
        Err(_) => {
            not_run("sslyze", "there is no sslyze");
            return None;
        }
    }
    let text = std::fs::read_to_string(&file).expect("sslyze wrote a file");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let result = &all["server_scan_results"][0]["scan_result"];
    let mut sets = Sets::new();
    for (key, version) in [
        ("ssl_2_0", TlsVersion::Ssl2),
        ("ssl_3_0", TlsVersion::Ssl3),
        ("tls_1_0", TlsVersion::Tls10),
        ("tls_1_1", TlsVersion::Tls11),
        ("tls_1_2", TlsVersion::Tls12),
        ("tls_1_3", TlsVersion::Tls13),
    ] {
        let of = &result[format!("{key}_cipher_suites")]["result"];
        let names = |list: &str| -> BTreeSet<String> {
            let list = of[list].as_array().unwrap_or_else(|| panic!("{key}: no {list} in {of}"));
            list.iter().filter_map(|s| s["cipher_suite"]["name"].as_str()).map(str::to_owned).collect()
        };
        let accepted = names("accepted_cipher_suites");
        let known = accepted.union(&names("rejected_cipher_suites")).cloned().collect();
        sets.insert(version, (accepted, known));
    }
    Some(sets)
}

/// Holds a look against a tool's verdict.
fn compare(tool: &str, address: &str, seen: &Observation, sets: &Sets) {
    let mut sizes = Vec::new();
    for (version, (theirs, known)) in sets {
        let ours: BTreeSet<String> = suites(seen, *version).intersection(known).cloned().collect();
        assert_eq!(&ours, theirs, "{version} of {address} by {tool}");
        sizes.push(format!("{version} {}", theirs.len()));
    }
    println!("{tool} on {address}: equal ({})", sizes.join(", "));
    let total: usize = sets.values().map(|(theirs, _)| theirs.len()).sum();
    assert!(total > 0, "{tool} saw nothing at all");
}

/// Holds a host against both tools.
pub(crate) fn with_tools(host: &Host<'_>, seen: &Observation) {
    for (tool, scan) in [("nmap", nmap as fn(&Host<'_>) -> Option<Sets>), ("sslyze", sslyze)] {
        if let Some(sets) = scan(host) {
            compare(tool, host.address, seen, &sets);
        }
    }
}

/// The same for a host that is looked at first.
fn look_with_tools(address: &str) {
    with_tools(&Host { address, identity: None }, &look(address, Mode::Each));
}

#[test]
fn the_sets_of_s_server_are_those_of_other_tools() {
    match SServer::start() {
        Ok(server) => look_with_tools(&server.address),
        Err(why) => not_run("openssl", &why),
    }
}

#[test]
fn the_sets_of_our_own_server_are_those_of_other_tools() {
    for preset in [TlsPreset::Default, TlsPreset::Strict21, TlsPreset::SuiteB128, TlsPreset::SuiteB192] {
        with_own(preset, look_with_tools);
    }
}
