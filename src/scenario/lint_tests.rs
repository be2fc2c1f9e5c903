//! What a wrong scenario file is told: one case an error, with its line and the words that help.

use super::diagnostic::Diagnostic;
use super::library;
use super::lint;
use kmipspec_protocol::version::Version;
use std::path::Path;

const GOOD: &str = "\
id: a.b
title: t
spec: {\"1.0\": \"4.20\", \"1.1\": \"4.21\", \"2.0\": \"6.1.15\"}
level: SHALL
versions: \"1.0..=2.1\"
steps:
  - send: [{Create: {ObjectType: SymmetricKey, Attributes: {Name: n}}}]
    expect: [{payload: {UniqueIdentifier: {bind: key}}}]
  - send: [{Get: {UniqueIdentifier: $key}}]
    expect: [{status: OperationFailed, reason: {\"1.x\": ItemNotFound}}]
";

fn errors(text: &str) -> Vec<Diagnostic> {
    match library::read("a/b.yaml", text.as_bytes()) {
        Err(errors) => errors,
        Ok(s) => {
            let mut errors = lint::id_matches(&s, Path::new("a/b.yaml"));
            errors.extend(lint::scenario(&s));
            errors
        }
    }
}

/// Replaces one piece of the good file and expects one error on that line, with these words.
fn wrong(from: &str, to: &str, line: usize, words: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let found = errors(&GOOD.replacen(from, to, 1));
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    let hit = found.iter().zip(&shown).any(|(d, s)| d.place.line == line && words.iter().all(|w| s.contains(w)));
    assert!(hit, "{to}: no error at line {line} with {words:?} in\n{}", shown.join("\n"));
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(errors(GOOD), []);
}

#[test]
fn unknown_keys() {
    wrong("title: t", "titel: t", 2, &["unknown key `titel`", "did you mean `title`?", "2 | titel: t"]);
    wrong("  - send: [{Get", "  - sned: [{Get", 9, &["unknown key `sned`", "did you mean `send`?"]);
    wrong("status: Op", "state: Op", 10, &["unknown key `state`", "did you mean `status`?"]);
    wrong("{bind: key}", "{bnd: key}", 8, &["unknown matcher `bnd`", "did you mean `bind`?"]);
}

#[test]
fn documents_of_profiles_and_their_sections() {
    let spec = "spec: {\"1.0\": \"4.20\", \"1.1\": \"4.21\", \"2.0\": \"6.1.15\"}";
    let with = |profiles: &str| format!("{spec}\nprofiles: {profiles}");
    wrong(spec, &with("{\"2.1\": Profiles 2.1 §5.3.9}"), 4, &["Profiles 2.1 has no section 5.3.9"]);
    wrong(spec, &with("{\"2.x\": Profiles 2.1 §5.3.2}"), 4, &["Profiles 2.1 is not about KMIP 2.0"]);
    wrong(spec, &with("{\"1.4\": Profiles 1.4 §3.5}"), 4, &["`Profiles 1.4` is no document that was read"]);
    wrong(spec, &with("{\"3.0\": Profiles 2.1 §5.3.2}"), 4, &["sections for KMIP 3.0"]);
    wrong(spec, &with("{newest: Profiles 2.1 §5.3.2}"), 4, &["profiles: {newest"]);
    // Where it says what a case stands on, the Specification need not.
    let cited = GOOD.replace(
        spec,
        "spec: {\"1.1\": \"4.21\", \"2.0\": \"6.1.15\"}\nprofiles: {\"1.0\": Additional Message Encodings 1.0 §2.5}",
    );
    assert_eq!(errors(&cited), []);
    let scenario = library::read("a/b.yaml", cited.as_bytes()).expect("it is good");
    assert_eq!(scenario.spec_at(Version::V1_0), ["KMIP Additional Message Encodings 1.0 §2.5"]);
    assert_eq!(scenario.spec_at(Version::V1_1), ["KMIP 1.1 §4.21"]);
}

#[test]
fn unknown_names() {
    wrong("{Get:", "{Gett:", 9, &["unknown operation `Gett`", "did you mean `Get`?"]);
    wrong("$key}}]\n", "$key, KeyFormatTyp: Raw}}]\n", 9, &["unknown name `KeyFormatTyp`", "`KeyFormatType`"]);
    wrong("SymmetricKey,", "SymetricKey,", 7, &["ObjectType has no value `SymetricKey`", "`SymmetricKey`"]);
    wrong("{Name: n}", "{Nmae: n}", 7, &["unknown attribute `Nmae`", "did you mean `Name`?"]);
    wrong("ItemNotFound", "ItemNotFond", 10, &["ResultReason has no value", "`ItemNotFound`"]);
}

#[test]
fn a_level_where_it_says_nothing() {
    let alternatives = "any-of: [{status: Success}, {status: OperationFailed, level: MAY}]}]\n";
    wrong("status: OperationFailed, reason: {\"1.x\": ItemNotFound}}]\n", alternatives, 10, &["beside `any-of`"]);
}

#[test]
fn names_of_another_version() {
    wrong("{Get:", "{Encrypt:", 9, &["Encrypt is not an operation of KMIP 1.0", "from 1.2"]);
    wrong("{Name: n}", "{Comment: n}", 7, &["Comment is not an attribute of KMIP 1.0"]);
    wrong("{\"1.x\": ItemNotFound}", "ObjectNotFound", 10, &["`ObjectNotFound` is not a value of KMIP 1.0"]);
    wrong("$key}}]\n", "$key, MaximumItems: 1}}]\n", 9, &["has no field `MaximumItems`"]);
}

#[test]
fn variables() {
    wrong("$key", "$kye", 9, &["`$kye` is not bound", "did you mean `key`?"]);
    wrong("status: OperationFailed,", "operation: {bind: key},", 10, &["`key` is already bound at line 8"]);
    wrong("bind: key", "bind: run", 8, &["`run` is taken"]);
    wrong("Name: n", "Name: a $ b", 7, &["write `$$` for a dollar sign"]);
}

#[test]
fn sections() {
    wrong("\"1.0\": \"4.20\", ", "", 1, &["no section for KMIP 1.0"]);
    wrong("\"4.21\"", "\"4.99\"", 3, &["KMIP 1.1 has no section 4.99"]);
    wrong(
        ", \"2.0\": \"6.1.15\"",
        "",
        3,
        &["section 4.21 is `Digest` in KMIP 2.0 and `Destroy` in 1.1", "state its own"],
    );
    wrong("versions: \"1.0..=2.1\"", "versions: \"1.1..=2.1\"", 3, &["a section for KMIP 1.0", "not in the range"]);
}

#[test]
fn ids_levels_versions_and_shapes() {
    wrong("id: a.b", "id: a.c", 1, &["the id is `a.c`, but the file's place says `a.b`"]);
    wrong("level: SHALL", "level: MUST", 4, &["`level` is one of SHALL, SHOULD, MAY"]);
    wrong("1.0..=2.1", "1.0..=2.9", 5, &["\"2.9\" is not a KMIP version"]);
    wrong("expect: [{payload", "expect: [any, {payload", 7, &["2 expectations for 1 batch items"]);
    wrong("{\"1.x\": ItemNotFound}", "{\"1.x\": ItemNotFound, \"1.4\": any}", 10, &["KMIP 1.4 is already in `1.x`"]);
    wrong("title: t\n", "title: t\ntitle: u\n", 3, &["title"]);
}

#[test]
fn every_error_of_a_file_is_told() {
    let text = GOOD.replace("{Name: n}", "{Nmae: n}").replace("{Get:", "{Gett:").replace("ItemNotFound", "ItemNotFond");
    assert_eq!(errors(&text).iter().map(|d| d.place.line).collect::<Vec<_>>(), [7, 9, 10]);
}
