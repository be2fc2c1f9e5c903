//! The JSON Schema of the files of `vectors/profiles/`, for editors. Written from the lists of words the reader uses.

use super::data::{Amount, Evidence, Role};
use super::file::{ENCODINGS, suites};
use serde_json::{Value, json};

/// The schema, pretty-printed, with a final line feed.
pub fn text() -> String {
    let mut text = format!("{:#}", document());
    text.push('\n');
    text
}

fn document() -> Value {
    let mut profile = demands();
    let own = json!({
        "name": {"type": "string", "description": "As the standard has it."},
        "id": {"type": "string", "pattern": "^[a-z0-9-]+$", "description": "The name on a command line, where it does not follow from name and role."},
        "role": {"enum": Role::WORDS.map(|(w, _)| w)},
        "versions": versions(),
        "section": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}, "description": "By a range of versions, or by document."}]},
        "conformance": {"type": "string", "description": "The section that says what conforming takes."},
        "evidence": {"enum": Evidence::WORDS.map(|(w, _)| w)},
        "because": {"type": "string", "description": "What was read in place of the text."},
        "note": {"type": "string"},
        "unread": {"type": "string", "description": "Why its lists are not here."},
        "baseline": {"type": "boolean", "description": "It demands the baseline of its role and version, too."},
        "everything": {"type": "boolean", "description": "It demands all that the version has."},
        "may": texts("What it permits."),
        "read-as": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Misprints of its lists, and what they mean."},
        "only": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["versions"], "properties": with(demands(), json!({"versions": versions()}))}},
    });
    profile = with(profile, own);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kmipspec family of profiles",
        "description": "What conformance profiles demand, as facts. Names are those the standard prints; `kmipspec lint` checks them.",
        "type": "object",
        "additionalProperties": false,
        "required": ["family", "profiles"],
        "properties": {
            "family": {"type": "string"},
            "published": {
                "description": "How many mandatory published cases there are, by group and version.",
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
            },
            "profiles": {
                "type": "array",
                "items": {"type": "object", "additionalProperties": false, "required": ["name", "role", "versions", "section", "evidence"], "properties": profile},
            },
        },
    })
}

/// The keys that demand something.
fn demands() -> Value {
    json!({
        "operations": texts("Operations that clients ask for."),
        "one-of-operations": texts("A client sends one of these."),
        "server-operations": texts("Operations that the server asks for."),
        "objects": texts("Object types."),
        "attributes": texts("Attributes."),
        "messages": texts("Fields of messages."),
        "structures": texts("Structures."),
        "values": {"type": "object", "additionalProperties": texts("Values of that enumeration.")},
        "lengths": {"type": "object", "description": "Bits of keys, by algorithm.", "additionalProperties": {"type": "array", "items": {"type": ["string", "integer"]}}},
        "custom-attributes": {
            "type": "object",
            "additionalProperties": false,
            "properties": {"types": texts("Item types."), "value-length": number(), "per-object": number(), "name-length": number()},
        },
        "batch": {"type": "integer", "minimum": 1, "description": "Batches of one to so many items."},
        "batch-order": {"type": "boolean"},
        "authentication": {"description": "Authentication suites, any of which will do.", "anyOf": [{"enum": suites()}, {"type": "array", "items": {"enum": suites()}}]},
        "encoding": {"enum": ENCODINGS},
        "tls": {"type": "string"},
        "protocols": {"type": "boolean", "description": "TTLV, transport and authentication."},
        "conforms": {"type": "boolean", "description": "No rule of the Specification is broken."},
        "rest": {
            "description": "What is said in words, and the cases that judge it.",
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["what"],
                "properties": {"what": {"type": "string"}, "cases": texts("Ids or patterns."), "own": {"type": "boolean"}, "level": {"enum": ["SHALL", "SHOULD"]}},
            },
        },
        "tests": {"type": "object", "additionalProperties": {"enum": Amount::WORDS.map(|(w, _)| w)}},
    })
}

fn with(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn versions() -> Value {
    json!({"type": "string", "description": "`1.x`, `1.0..=2.1`, `2.1`, joined by commas.", "pattern": "^[0-9.x=, ]+$"})
}

fn texts(description: &str) -> Value {
    json!({"description": description, "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_SCHEMAS=1 cargo test` writes it.
    #[test]
    fn the_checked_in_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema/profile.schema.json");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, super::text()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), super::text(), "{} is not current", path.display());
    }
}
