//! The JSON Schema of scenario files, for editors. Written from the same lists of keys the reader uses.

use super::expect::{ITEM_KEYS, MATCHER_KEYS};
use super::file::{FATES, LEVELS};
use super::wire::EDIT_KEYS;
use kmipspec_protocol::schema;
use serde_json::{Map, Value, json};

/// The schema, pretty-printed, with a final line feed.
pub fn text() -> String {
    let mut text = format!("{:#}", document());
    text.push('\n');
    text
}

fn document() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kmipspec scenario",
        "description": "One scenario: what is sent to a KMIP server and what must come back. The language is in vectors/scenarios/README.md; `kmipspec lint` checks what a schema cannot.",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "spec", "level", "versions", "steps"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9-]+(\\.[a-z0-9-]+)+$", "description": "The path of the file below the scenario folder, with dots."},
            "title": {"type": "string", "description": "One sentence: what it demands."},
            "spec": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[123]\\.[0-9]$"},
                "additionalProperties": texts("Sections of the Specification from this version on."),
            },
            "profiles": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": version_key(),
                "additionalProperties": texts("Sections of documents of profiles at these versions: `Profiles 2.1 §5.3.2`."),
            },
            "level": words(LEVELS.iter().map(|(w, _)| *w)),
            "versions": versions(),
            "needs": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "operations": texts("Operations beyond those the steps send."),
                    "objects": texts("Object types."),
                    "query": texts("Query functions."),
                    "identities": texts("Client identities beyond those the steps use."),
                    "features": texts("What the target file may declare; `raw` is a run that does not speak HTTPS; cases that need `https` speak it, whatever the run does; `listener` is known by itself."),
                },
            },
            "tags": texts("Labels for selection."),
            "source": texts("Rows of the error tables, published cases (`BL-M-20-30`), field failures: what it was made from."),
            "because": {"type": "string", "description": "What the level stands on, where the section alone does not make it plain."},
            "hunts": {"type": "string", "description": "The class of bug it hunts."},
            "steps": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}},
        },
        "$defs": {
            "step": step(),
            "batchItem": {
                "description": "One operation and its payload: `{Get: {UniqueIdentifier: $key}}`; `item` holds other fields of the batch item.",
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "minProperties": 1, "propertyNames": {"anyOf": [{"enum": operations()}, {"const": "item"}, {"pattern": "^0x[0-9A-Fa-f]+$"}, version_key()]}},
                ],
            },
            "expectedItem": {
                "description": "What is expected of one batch item.",
                "anyOf": [
                    {"enum": ["any", "absent", "maybe"]},
                    {"type": "object", "additionalProperties": false, "required": ["absent"], "properties": any_of(&["absent", "level"])},
                    {"type": "object", "additionalProperties": false, "properties": any_of(ITEM_KEYS)},
                    {"type": "object", "propertyNames": version_key()},
                ],
            },
            "edit": {"type": "object", "additionalProperties": false, "properties": any_of(EDIT_KEYS)},
            "matcher": {"type": "object", "additionalProperties": false, "properties": any_of(MATCHER_KEYS)},
        },
    })
}

fn step() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["send"]}, {"required": ["raw"]}, {"required": ["receive"]}],
        "properties": {
            "name": {"type": "string"},
            "as": {"type": "string", "description": "A client identity of the target file; alice when absent."},
            "connection": {"type": "string", "description": "`new`, or the name of a connection kept apart."},
            "wait": {"type": ["string", "number"], "description": "Before it is sent: `2s`, `300ms`."},
            "setup": {"type": "boolean", "description": "A precondition: when it fails the verdict is inconclusive."},
            "optional": {"type": "boolean", "description": "Nothing that comes back counts."},
            "refusable": {"type": "boolean", "description": "No sentence obliges the peer to grant it: refused is inconclusive and ends the scenario; a wrong answer counts."},
            "repeat": {"type": "integer", "minimum": 1, "maximum": 1000},
            "versions": versions(),
            "header": {"type": "object", "description": "Fields of the request header; beside `receive`, what that of the server must be like."},
            "credential": {"type": ["object", "array", "string"], "description": "Credentials of the request, by type: `{UsernameAndPassword: {Username: x, Password: y}}`, `{Ticket: $ticket}`; or those of an identity of the target file: `bob`, `{wrong: bob}` with a wrong password, `{name-of: bob}` without; `none`."},
            "send": {"anyOf": [{"$ref": "#/$defs/batchItem"}, {"type": "array", "items": {"$ref": "#/$defs/batchItem"}}]},
            "raw": {"description": "Bytes in hexadecimal instead of a message."},
            "receive": {"type": "object", "description": "What the server has to tell at the listener, instead of a message that is sent: `{Notify: {UniqueIdentifier: $key}}` or `{Put: …}`.", "minProperties": 1, "propertyNames": {"anyOf": [{"enum": ["Notify", "Put"]}, version_key()]}},
            "wire": {"anyOf": [{"type": "object"}, {"type": "array"}], "description": "Deliberate damage."},
            "expect": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/expectedItem"}}, {"type": "object"}]},
            "fate": {"anyOf": [words(fates()), {"type": "array", "items": words(fates())}, {"type": "object", "propertyNames": version_key()}]},
            "alive": {"type": "boolean", "description": "A fresh connection must be served afterwards."},
            "http": {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "description": "Where messages travel by HTTP: what of the request is not as clients have to write it.",
                "properties": {
                    "version": {"const": "1.0", "description": "The request is of HTTP/1.0."},
                    "method": {"type": "string", "description": "Another method than POST."},
                    "path": {"type": "string", "description": "Another path than the target's."},
                    "content-type": {"type": "string", "description": "Another media type than that of the body."},
                    "chunked": {"type": "boolean", "description": "The body comes in chunks, without Content-Length."},
                    "expect-continue": {"type": "boolean", "description": "With Expect: 100-continue."},
                },
            },
            "close-write": {"type": "boolean", "description": "The sending side is closed after the last byte."},
            "level": words(LEVELS.iter().map(|(w, _)| *w)),
            "undecided": {"type": "string", "description": "Why the standard does not decide it: then it is recorded only."},
        },
    })
}

fn fates() -> impl Iterator<Item = &'static str> {
    FATES.iter().map(|(w, _)| *w)
}

fn words(words: impl Iterator<Item = &'static str>) -> Value {
    json!({"enum": words.collect::<Vec<_>>()})
}

fn texts(description: &str) -> Value {
    json!({"description": description, "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

fn versions() -> Value {
    json!({"type": "string", "description": "`1.x`, `1.0..=2.1`, `1.3..`, `2.1`, joined by commas.", "pattern": "^[0-9.x=, ]+$"})
}

fn version_key() -> Value {
    json!({"pattern": "^[0-9.][0-9.x=, ]*$"})
}

fn any_of(keys: &[&str]) -> Value {
    Value::Object(keys.iter().map(|k| ((*k).to_owned(), json!(true))).collect::<Map<_, _>>())
}

fn operations() -> Vec<&'static str> {
    let mut names: Vec<_> = schema::OPERATIONS.iter().map(|o| o.xml_name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_SCHEMAS=1 cargo test` writes it.
    #[test]
    fn the_checked_in_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema/scenario.schema.json");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, super::text()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), super::text(), "{} is not current", path.display());
    }
}
