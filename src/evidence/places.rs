//! Where programs and files lie on the machine that ran is nobody's business: of absolute paths in commands the last part stays.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The commands in a JSON text: those that run a case again, and a client's in place of an address. A quote in a text is escaped there,
/// so this is never found within one.
static COMMANDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"("(?:reproduce|address)"\s*:\s*")((?:[^"\\]|\\.)*)""#).ok());

/// An absolute path in a command, behind what can stand before one.
static PATHS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(^|[\s'"=,:`])/(?:[^/\s'"=,\\`]+/)+"#).ok());

/// Results as JSON, without folders in commands; all else as it was.
pub(super) fn without_folders(json: &str) -> Cow<'_, str> {
    let (Some(commands), Some(paths)) = (&*COMMANDS, &*PATHS) else { return Cow::Borrowed(json) };
    commands.replace_all(json, |found: &Captures<'_>| {
        let (_, [key, command]) = found.extract();
        format!("{key}{}\"", paths.replace_all(command, "$1"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_and_everything_else_stays() {
        let told = |command: &str| {
            let json = serde_json::json!({"path": "/tmp/a/b", "reproduce": command}).to_string();
            let value: serde_json::Value = serde_json::from_str(&without_folders(&json)).expect("JSON");
            assert_eq!(value["path"], "/tmp/a/b");
            value["reproduce"].as_str().expect("a text").to_owned()
        };
        for (command, short) in [
            (
                "kmipspec client --command /tmp/tmpx/life --version 1.4 a.b",
                "kmipspec client --command life --version 1.4 a.b",
            ),
            (
                "kmipspec run --target h:1 --ca /tmp/t/ca.pem --identity bob=/tmp/t/b.pem,/tmp/t/b.key x",
                "kmipspec run --target h:1 --ca ca.pem --identity bob=b.pem,b.key x",
            ),
            (
                "kmipspec client --command 'locate=/opt/c/go \"/etc/x\"' y",
                "kmipspec client --command 'locate=go \"x\"' y",
            ),
            (
                "kmipspec run --http-path /kmip target/venv/bin/python",
                "kmipspec run --http-path /kmip target/venv/bin/python",
            ),
        ] {
            assert_eq!(told(command), short);
        }
        let client = r#"{"address": "the client `/opt/x/go '/etc/x'`"}"#;
        assert_eq!(without_folders(client), r#"{"address": "the client `go 'x'`"}"#);
        let server = r#"{"address": "kms.example:5696"}"#;
        assert_eq!(without_folders(server), server);
        let other = r#"{"title": "the \"reproduce\": \"/tmp/a/b\" of a text"}"#;
        assert_eq!(without_folders(other), other);
    }
}
