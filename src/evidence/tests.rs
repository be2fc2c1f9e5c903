//! Archives that are sound, and archives that somebody made to be believed, to get out of their folder, or to fill a machine.

use super::archive::{self, FOLDER, Found, ReadError, Writer};
use super::manifest::{CONFIGURATION, FIRST_RESULTS, File, MANIFEST, Manifest, SHEET};
use super::pack::{Evidence, Run};
use super::sheet::{Role, Sheet};
use super::verify::{Limits, Verified, verify};
use crate::client::target::{IdentityFile, TargetFile};
use crate::report::diff_tests::results_file;
use crate::report::fixture::execution;
use crate::report::json::pretty;
use crate::report::text::hex;
use crate::runner::verdict::Verdict;
use kmipspec_protocol::encoding::format::Format;
use kmipspec_protocol::version::Version;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

const PRODUCT: &str = "product: Example KMS\nversion: \"3.1\"\nvendor: Example Inc.\nrole: server\n";

fn results(show_secrets: bool) -> Vec<u8> {
    let mut far = execution("../../a b<!--é", Version::V2_1, Verdict::Fail);
    for exchange in &mut far.transcript {
        exchange.step = "a--> \u{1b}<b>".to_owned();
        exchange.received = b"HTTP/1.1 400".to_vec();
    }
    let skipped = crate::runner::event::Execution {
        transcript: Vec::new(),
        ..execution("a.skipped", Version::V1_4, Verdict::Skip)
    };
    let executions = vec![execution("a.b", Version::V1_4, Verdict::Pass), far, skipped];
    results_file("1", executions, None, show_secrets)
}

fn target() -> TargetFile {
    let alice = IdentityFile {
        cert: Some("/home/hans/alice.pem".into()),
        key: Some("/home/hans/alice.key".into()),
        username: Some("hans".to_owned()),
        password: Some("hunter2".to_owned()),
        ..IdentityFile::default()
    };
    let identities = BTreeMap::from([("alice".to_owned(), alice)]);
    TargetFile { address: "kms.example:5696".to_owned(), identities, ..TargetFile::default() }
}

fn packed(show_secrets: bool) -> Vec<u8> {
    let run = Run::read(results(show_secrets)).expect("results");
    assert_eq!(run.shows_secrets(), show_secrets);
    let target = target();
    let mut out = Vec::new();
    Evidence { sheet: PRODUCT, runs: &[run], target: Some(&target) }.write(&mut out).expect("written");
    out
}

/// Every file with its contents, in order.
type Files = Vec<(String, Vec<u8>)>;

fn unpacked(bytes: &[u8]) -> Files {
    let mut files = Vec::new();
    let read = archive::read(bytes, u64::MAX, |found| match found {
        Found::File(path, bytes) => {
            let mut all = Vec::new();
            bytes.read_to_end(&mut all).expect("read");
            files.push((path.to_owned(), all));
        }
        Found::Unsafe(what) => panic!("{what}"),
        Found::Behind => panic!("bytes behind the end"),
    });
    read.expect("an archive");
    files
}

fn pack(files: &Files) -> Vec<u8> {
    let mut archive = Writer::new(Vec::new());
    for (path, bytes) in files {
        archive.add(path, bytes).expect("added");
    }
    archive.finish().expect("ended")
}

/// The same with a manifest that says what is there.
fn honest(mut files: Files) -> Vec<u8> {
    let mut manifest: Manifest = serde_json::from_slice(&files.remove(0).1).expect("a manifest");
    let of = |(path, bytes): &(String, Vec<u8>)| File {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    };
    manifest.files = files.iter().map(of).collect();
    files.insert(0, (MANIFEST.to_owned(), pretty(&manifest).into_bytes()));
    pack(&files)
}

fn verified(bytes: &[u8]) -> Verified {
    verify(bytes, Limits::OF_ALL).expect("an archive")
}

fn faults(bytes: &[u8]) -> Vec<String> {
    verified(bytes).faults
}

#[test]
fn what_is_packed_is_sound_and_packed_alike_each_time() {
    let bytes = packed(false);
    assert_eq!(bytes, packed(false), "no time, no name, no chance is in it");
    let told = verified(&bytes);
    assert_eq!(told.faults, Vec::<String>::new());
    let manifest = told.manifest.expect("one");
    assert!(manifest.secrets_covered);
    assert_eq!(manifest.case_set, crate::scenario::library::case_set());
    let sheet = told.sheet.expect("one");
    assert_eq!((sheet.product.as_str(), sheet.role), ("Example KMS", Role::Server));
    let [run] = told.runs.as_slice() else { panic!("one run: {:?}", told.runs) };
    assert_eq!((run.executions, run.failures), (3, 1));
    assert_eq!(run.case_set, Some(manifest.case_set));
    let files = unpacked(&bytes);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            MANIFEST,
            CONFIGURATION,
            SHEET,
            FIRST_RESULTS,
            "traces/01/000001-.._.._a_b__--_-2.1-ttlv.hex",
            "traces/01/000001-.._.._a_b__--_-2.1-ttlv.xml",
            "traces/01/000002-a.b-1.4-ttlv.hex",
            "traces/01/000002-a.b-1.4-ttlv.xml",
        ]
    );
    assert_eq!(told.sha256, hex(&Sha256::digest(&files.first().expect("the manifest").1)));
}

#[test]
fn nothing_secret_goes_in() {
    for (path, bytes) in unpacked(&packed(false)) {
        let text = String::from_utf8(bytes).expect("text");
        for secret in ["hunter2", "68756e74657232", "hans", "alice.key"] {
            assert!(!text.contains(secret), "{secret} is in {path}:\n{text}");
        }
    }
    let shown = packed(true);
    let told = verified(&shown);
    assert_eq!(told.faults, Vec::<String>::new());
    assert_eq!(told.manifest.map(|manifest| manifest.secrets_covered), Some(false));
    let mut files = unpacked(&shown);
    let (_, manifest) = files.first_mut().expect("the manifest");
    let text = String::from_utf8(manifest.clone()).expect("text");
    *manifest = text.replace("\"secrets_covered\": false", "\"secrets_covered\": true").into_bytes();
    let faults = faults(&pack(&files));
    assert_eq!(faults.len(), 2, "each execution that shows one: {faults:?}");
    assert!(faults.contains(&"results/01.json: a.b at 1.4: a secret is not covered".to_owned()), "{faults:?}");
}

#[test]
fn traces_are_read_by_what_reads_messages() {
    let files = unpacked(&packed(false));
    let text = |ending: &str| {
        let file = files.iter().find(|(path, _)| path.ends_with(ending)).expect("a trace");
        String::from_utf8(file.1.clone()).expect("text")
    };
    let (hex, xml) = (text("a.b-1.4-ttlv.hex"), text("a.b-1.4-ttlv.xml"));
    let bytes = Format::Hex.read(hex.as_bytes(), &Default::default()).expect("hexadecimal, with comments");
    assert_eq!(bytes.get(..4), Some(&[0x42, 0, 0x78, 1][..]), "the request comes first");
    assert!(hex.starts_with("# activate-again, as alice, sent\n42007801"), "{hex}");
    assert!(xml.starts_with("<KMIP>\n<!-- activate-again, as alice, sent -->\n<RequestMessage>"), "{xml}");
    let hostile = text("-2.1-ttlv.xml");
    assert!(hostile.contains("<!-- a- -> \\u{1b}<b>, as alice, received: has no form in XML: "), "{hostile}");
    for xml in [xml, hostile] {
        let mut reader = quick_xml::Reader::from_str(&xml);
        reader.config_mut().check_comments = true;
        while reader.read_event().expect("well-formed XML") != quick_xml::events::Event::Eof {}
    }
}

#[test]
fn what_was_changed_is_told() {
    let sound = unpacked(&packed(false));
    let changed = |change: &dyn Fn(&mut Files)| {
        let mut files = sound.clone();
        change(&mut files);
        faults(&pack(&files))
    };
    let at = |files: &Files, path: &str| files.iter().position(|(p, _)| p == path).expect("it is there");
    let trace = "traces/01/000002-a.b-1.4-ttlv.hex";
    let told = changed(&|files| {
        let i = at(files, trace);
        files[i].1[0] = b'!';
    });
    assert!(matches!(told.as_slice(), [one] if one.starts_with(&format!("{trace}: its SHA-256 is "))), "{told:?}");
    let told = changed(&|files| {
        let i = at(files, trace);
        files[i].1.push(b'\n');
    });
    assert!(matches!(told.as_slice(), [one] if one.contains(" bytes, and ")), "{told:?}");
    let told = changed(&|files| drop(files.remove(at(files, trace))));
    assert_eq!(told, [format!("{trace}: in the manifest, and not there")]);
    let told = changed(&|files| files.push(("more.txt".to_owned(), Vec::new())));
    assert_eq!(told, ["more.txt: not in the manifest, or there twice"]);
    let told = changed(&|files| files.push(files[1].clone()));
    assert_eq!(told, [format!("{CONFIGURATION}: not in the manifest, or there twice")]);
    let told = changed(&|files| files.swap(0, 1));
    assert_eq!(told.first().map(String::as_str), Some("configuration.json: comes first, in place of manifest.json"));
    let told = changed(&|files| files.clear());
    assert_eq!(told, ["there is no file in it"]);
    let told = changed(&|files| {
        files[0].1 =
            b"{\"format\": 9, \"kmipspec\": \"9\", \"case_set\": \"\", \"secrets_covered\": true, \"files\": []}"
                .to_vec()
    });
    assert_eq!(told.first().map(String::as_str), Some("manifest.json: format 9, and this program reads 1"));
}

#[test]
fn contents_are_held_against_their_schema_whatever_the_manifest_says() {
    let sound = unpacked(&packed(false));
    let changed = |path: &str, from: &str, to: &str| {
        let mut files = sound.clone();
        let (_, bytes) = files.iter_mut().find(|(p, _)| p == path).expect("it is there");
        let text = String::from_utf8(bytes.clone()).expect("text");
        assert!(text.contains(from), "{from}");
        *bytes = text.replace(from, to).into_bytes();
        faults(&honest(files))
    };
    assert_eq!(changed(SHEET, "Example", "Sample"), Vec::<String>::new(), "an honest change is none");
    for (path, from, to, told) in [
        (FIRST_RESULTS, "\"verdict\": \"pass\"", "\"verdict\": \"fine\"", "not what the schema of results says"),
        (FIRST_RESULTS, "\"results\"", "\"outcomes\"", "missing field `results`"),
        (FIRST_RESULTS, "\"format\": 1", "\"format\": 2", "format 2, and this program reads 1"),
        (FIRST_RESULTS, "\"sent\": \"", "\"sent\": \"x", "a message is not hexadecimal"),
        (SHEET, "role: server", "role: judge", "unknown variant `judge`"),
        (SHEET, "vendor: Example Inc.", "vendor: ' '", "`vendor` is empty"),
        (SHEET, "role: server", "role: server\nrank: 1", "unknown field `rank`"),
    ] {
        let found = changed(path, from, to);
        assert!(found.iter().any(|fault| fault.contains(told)), "{told:?} is missing in {found:?}");
    }
    let mut files = sound;
    files.retain(|(path, _)| path != SHEET);
    assert_eq!(faults(&honest(files)), [format!("{MANIFEST}: there is no {SHEET}")]);
}

/// An archive with one more entry behind the manifest, as no writer of ours makes it.
fn with_entry(kind: tar::EntryType, name: &[u8], link: Option<&str>) -> Vec<u8> {
    let files = unpacked(&packed(false));
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    for (n, (path, bytes)) in files.iter().enumerate() {
        let mut header = tar::Header::new_ustar();
        header.set_path(format!("{FOLDER}{path}")).expect("a path");
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append(&header, bytes.as_slice()).expect("added");
        if n == 0 {
            let mut header = tar::Header::new_ustar();
            let field = &mut header.as_old_mut().name;
            field[..name.len()].copy_from_slice(name);
            header.set_entry_type(kind);
            header.set_size(0);
            if let Some(link) = link {
                header.set_link_name_literal(link).expect("a name");
            }
            header.set_cksum();
            archive.append(&header, &b""[..]).expect("added");
        }
    }
    archive.into_inner().and_then(|gzip| gzip.finish()).expect("ended")
}

#[test]
fn no_path_leaves_the_folder_and_no_entry_is_but_a_file() {
    use tar::EntryType;
    for name in [
        &b"../evil"[..],
        b"evidence/../evil",
        b"evidence/./evil",
        b"/etc/passwd",
        b"evidence//etc",
        b"evidence/",
        b"evidence/a\\..\\b",
        b"evidence/c:evil",
        b"evidence/\xff",
        b"evidence/a\x1b[2J",
        b"other/file",
        b"evidence/.hidden",
        b"",
    ] {
        let found = faults(&with_entry(EntryType::Regular, name, None));
        assert!(
            matches!(found.as_slice(), [one] if one.contains("not a path in the folder")),
            "{:?}: {found:?}",
            String::from_utf8_lossy(name)
        );
    }
    for (kind, link) in [
        (EntryType::Symlink, Some("/etc/passwd")),
        (EntryType::Link, Some("evidence/product.yaml")),
        (EntryType::Directory, None),
        (EntryType::Char, None),
        (EntryType::Fifo, None),
        (EntryType::GNULongName, None),
        (EntryType::XHeader, None),
        (EntryType::XGlobalHeader, None),
        (EntryType::GNUSparse, None),
    ] {
        let found = faults(&with_entry(kind, b"evidence/x", link));
        assert_eq!(found, ["x: not a plain file"], "{kind:?}");
    }
}

#[test]
fn what_is_no_archive_or_is_cut_short_is_not_verified() {
    let sound = packed(false);
    for bytes in [&b""[..], b"PK\x03\x04", b"{}", &sound[..sound.len() / 2], &sound[..sound.len() - 4]] {
        assert!(matches!(verify(bytes, Limits::OF_ALL), Err(ReadError::Broken(_))), "{} bytes", bytes.len());
    }
    let mut damaged = sound.clone();
    let middle = damaged.len() / 2;
    for byte in &mut damaged[middle..middle + 8] {
        *byte ^= 0xff;
    }
    let told = verify(damaged.as_slice(), Limits::OF_ALL);
    assert!(told.is_err_and(|e| matches!(e, ReadError::Broken(_))), "gzip has a sum of its own");
    let mut longer = sound.clone();
    longer.extend(b"more");
    assert_eq!(faults(&longer), ["there are bytes behind the end of the archive"]);
    longer.truncate(sound.len());
    longer.extend(&sound);
    assert_eq!(faults(&longer), ["there are bytes behind the end of the archive"], "a second archive");
}

#[test]
fn a_small_archive_that_is_large_inside_ends_at_the_limits() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![0; 8 << 20]).expect("a vector takes all");
    let zeros = gzip.finish().expect("ended");
    assert!(zeros.len() < 16 << 10);
    let limits = Limits { total: 1 << 20, ..Limits::OF_ALL };
    assert!(matches!(verify(zeros.as_slice(), limits), Err(ReadError::TooLarge)));
    let sound = packed(false);
    let whole: usize = unpacked(&sound).iter().map(|(_, bytes)| bytes.len()).sum();
    for total in [600, 1 << 12, whole as u64 / 2] {
        let told = verify(sound.as_slice(), Limits { total, ..Limits::OF_ALL });
        assert!(matches!(told, Err(ReadError::TooLarge)), "{total}: {told:?}");
    }
    for limits in [Limits { kept: 3000, ..Limits::OF_ALL }, Limits { commas: 40, ..Limits::OF_ALL }] {
        let told = verify(sound.as_slice(), limits).expect("an archive").faults;
        assert!(told.iter().any(|fault| fault.contains("more than ")), "{limits:?}: {told:?}");
    }
    let mut many = unpacked(&sound);
    many.extend((0..500).map(|n| (format!("more-{n}"), Vec::new())));
    let told = verified(&pack(&many));
    assert_eq!((told.faults.len(), told.more), (100, 400), "not all of many faults are kept");
}

#[test]
fn a_sheet_says_where_it_is_wrong() {
    assert!(Sheet::read("p.yaml", PRODUCT).is_ok());
    for (text, told) in [
        ("", "p.yaml:1"),
        ("product: A\nversion: \"1\"\nvendor: B\n", "missing field `role`"),
        ("product: A\nversion: 1\nvendor: B\nrole: server\nprofiles: all\n", "p.yaml:5"),
        ("product: [", "p.yaml:"),
    ] {
        let error = Sheet::read("p.yaml", text).expect_err(text).to_string();
        assert!(error.contains(told), "{told:?} is missing in {error}");
    }
}
