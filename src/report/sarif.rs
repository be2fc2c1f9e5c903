//! SARIF 2.1.0, which code hosts and collectors of findings read. The only file that knows its names.

use super::text::printable;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the schema of the format is.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How much something counts against what was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A fault.
    Error,
    /// Something that is a fault in the eyes of some.
    Warning,
    /// Something to know.
    Note,
}

impl Level {
    /// As the format calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is held against somebody: results name it by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The id, which stays.
    pub id: String,
    /// What it demands, or what its breach is, in a sentence.
    pub text: String,
    /// Where more is said of it: an address, if there is one.
    pub help: Option<String>,
}

/// Where a result is: at least one of the two makes it easier to find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A file that shows it; relative to where the program was started, or absolute.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// What it is in, where that is no file: an operation and a path in its answer, a case.
    pub name: Option<String>,
}

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The id of the rule; it should be among those of the log.
    pub rule: String,
    /// How much it counts.
    pub level: Level,
    /// What was seen. Control characters become escapes.
    pub message: String,
    /// Where.
    pub place: Place,
    /// The same for the same breach in another run: collectors tell by it what is new.
    pub mark: String,
    /// Whatever else there is to say, by name.
    pub properties: BTreeMap<String, Value>,
}

/// A run of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The rules that were looked at. One that only a breach names is added when the log is written.
    pub rules: Vec<Rule>,
    /// What was broken.
    pub breaches: Vec<Breach>,
    /// Why the run did not come to its end; empty where it did.
    pub trouble: Vec<String>,
}

impl Log {
    /// Writes the file, with a line break at its end.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &self.document())?;
        writeln!(out)?;
        out.flush()
    }

    fn document(&self) -> Value {
        let mut rules: Vec<Value> = self.rules.iter().map(descriptor).collect();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, rule) in self.rules.iter().enumerate() {
            places.entry(&rule.id).or_insert(place);
        }
        let mut results = Vec::new();
        for breach in &self.breaches {
            let place = *places.entry(&breach.rule).or_insert_with(|| {
                rules.push(json!({"id": breach.rule}));
                rules.len() - 1
            });
            results.push(result(breach, place));
        }
        let mut invocation = json!({"executionSuccessful": self.trouble.is_empty()});
        if !self.trouble.is_empty() {
            let told = self.trouble.iter().map(|why| json!({"level": Level::Error.name(), "message": text(why)}));
            invocation["toolExecutionNotifications"] = told.collect();
        }
        let driver = json!({
            "name": "kmipspec",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules,
        });
        let run = json!({"tool": {"driver": driver}, "invocations": [invocation], "results": results});
        json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    }
}

fn descriptor(rule: &Rule) -> Value {
    let mut all = json!({"id": rule.id, "shortDescription": text(&rule.text)});
    if let Some(help) = &rule.help {
        all["helpUri"] = json!(help);
    }
    all
}

fn result(breach: &Breach, rule: usize) -> Value {
    let mut all = json!({
        "ruleId": breach.rule,
        "ruleIndex": rule,
        "level": breach.level.name(),
        "message": text(&breach.message),
        "partialFingerprints": {"kmipspec/v1": breach.mark},
    });
    if !breach.properties.is_empty() {
        all["properties"] = json!(breach.properties);
    }
    let mut location = serde_json::Map::new();
    if let Some(file) = &breach.place.file {
        let mut physical = json!({"artifactLocation": {"uri": uri(file)}});
        if let Some(line) = breach.place.line {
            physical["region"] = json!({"startLine": line});
        }
        location.insert("physicalLocation".to_owned(), physical);
    }
    if let Some(name) = breach.place.name.as_deref().filter(|name| !name.is_empty()) {
        location.insert("logicalLocations".to_owned(), json!([{"fullyQualifiedName": printable(name, false)}]));
    }
    if !location.is_empty() {
        all["locations"] = json!([location]);
    }
    all
}

fn text(text: &str) -> Value {
    json!({"text": printable(text, true)})
}

/// A path as a URI reference: relative stays relative, and what is no plain character is written as `%` and its bytes.
fn uri(path: &Path) -> String {
    let mut plain = path.to_string_lossy().into_owned();
    if cfg!(windows) {
        plain = plain.replace('\\', "/");
    }
    let plain = plain.strip_prefix("./").unwrap_or(&plain);
    let mut out = String::new();
    if path.is_absolute() {
        // Where the path begins with a drive it gets the slash that it has elsewhere.
        out.push_str(if plain.starts_with('/') { "file://" } else { "file:///" });
    }
    for byte in plain.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            b':' if cfg!(windows) => out.push(':'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(log: &Log) -> Value {
        let mut out = Vec::new();
        log.write(&mut out).expect("a vector takes all");
        assert_eq!(out.last(), Some(&b'\n'));
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn a_breach_names_its_rule_and_its_place() {
        let place = Place {
            file: Some("findings/o 5.kseq".into()),
            line: Some(3),
            name: Some("Get other client\u{1b}".to_owned()),
        };
        let breach = Breach {
            rule: "O5".to_owned(),
            level: Level::Error,
            message: "bob\u{1b}[31m was served".to_owned(),
            place,
            mark: "o5-get-1".to_owned(),
            properties: BTreeMap::from([("confirmed".to_owned(), json!(3))]),
        };
        let other = Breach { rule: "mine".to_owned(), level: Level::Note, place: Place::default(), ..breach.clone() };
        let rule = |id: &str| Rule { id: id.to_owned(), text: format!("about {id}"), help: None };
        let log = Log { rules: vec![rule("O1"), rule("O5")], breaches: vec![breach, other], trouble: Vec::new() };
        let run = &written(&log)["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][1], json!({"id": "O5", "shortDescription": {"text": "about O5"}}));
        assert_eq!(run["tool"]["driver"]["rules"][2], json!({"id": "mine"}), "a rule that nobody listed is listed");
        assert_eq!(run["invocations"], json!([{"executionSuccessful": true}]));
        assert_eq!(
            run["results"][0],
            json!({
                "ruleId": "O5",
                "ruleIndex": 1,
                "level": "error",
                "message": {"text": "bob\\u{1b}[31m was served"},
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": {"uri": "findings/o%205.kseq"},
                        "region": {"startLine": 3},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "Get other client\\u{1b}"}],
                }],
                "partialFingerprints": {"kmipspec/v1": "o5-get-1"},
                "properties": {"confirmed": 3},
            })
        );
        assert_eq!((&run["results"][1]["ruleIndex"], &run["results"][1]["level"]), (&json!(2), &json!("note")));
        assert_eq!(run["results"][1].get("locations"), None);
    }

    #[test]
    fn a_run_without_results_says_so_and_one_cut_short_says_why() {
        let empty = written(&Log::default());
        assert_eq!((&empty["version"], &empty["runs"][0]["results"]), (&json!("2.1.0"), &json!([])));
        let cut = written(&Log { trouble: vec!["connection refused".to_owned()], ..Log::default() });
        let invocation = &cut["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], json!(false));
        assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], json!("connection refused"));
    }

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri(Path::new("./a/../b c.kseq")), "a/../b%20c.kseq");
        assert_eq!(uri(Path::new("ä#?")), "%C3%A4%23%3F");
        #[cfg(unix)]
        {
            assert_eq!(uri(Path::new("/tmp/x.ttlv")), "file:///tmp/x.ttlv");
            assert_eq!(uri(Path::new("a:b")), "a%3Ab", "no scheme");
        }
        #[cfg(windows)]
        assert_eq!(uri(Path::new(r"C:\tmp\x.ttlv")), "file:///C:/tmp/x.ttlv");
    }
}
