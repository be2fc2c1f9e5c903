//! What the program writes is what its published schemas say. The keywords are those that schemars uses; a whole validator is a crate of
//! sixty others, and one that met an unknown keyword here would have nothing to say about it either.

use serde_json::Value;

/// Keywords that demand nothing.
const NOTES: [&str; 6] = ["$schema", "$defs", "title", "description", "format", "default"];

/// What is wrong with a value, with the place; empty where nothing is.
pub(crate) fn faults(value: &Value, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(value, schema, schema, "$", &mut found);
    found
}

fn check(value: &Value, schema: &Value, root: &Value, at: &str, found: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        if schema == &Value::Bool(false) {
            found.push(format!("{at}: nothing may be here"));
        }
        return;
    };
    let passes = |schema: &Value| {
        let mut inner = Vec::new();
        check(value, schema, root, at, &mut inner);
        inner.is_empty()
    };
    for (keyword, demand) in keywords {
        let good = match keyword.as_str() {
            note if NOTES.contains(&note) => true,
            "$ref" => {
                let path = demand.as_str().and_then(|path| path.strip_prefix('#')).expect("a place in the schema");
                check(value, root.pointer(path).expect("it is there"), root, at, found);
                true
            }
            "type" => match demand {
                Value::Array(all) => all.iter().any(|one| is_of(value, one)),
                one => is_of(value, one),
            },
            "const" => value == demand,
            "enum" => demand.as_array().expect("values").contains(value),
            "minimum" => value.as_f64().is_none_or(|n| n >= demand.as_f64().expect("a number")),
            "maximum" => value.as_f64().is_none_or(|n| n <= demand.as_f64().expect("a number")),
            "anyOf" => demand.as_array().expect("schemas").iter().any(passes),
            "oneOf" => demand.as_array().expect("schemas").iter().filter(|one| passes(one)).count() == 1,
            "required" => {
                let names = demand.as_array().expect("names").iter().filter_map(Value::as_str);
                value.is_object() && names.into_iter().all(|name| value.get(name).is_some())
            }
            "properties" => {
                for (name, schema) in demand.as_object().expect("properties") {
                    if let Some(inner) = value.get(name) {
                        check(inner, schema, root, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &str| keywords.get("properties").is_some_and(|p| p.get(name).is_some());
                for (name, inner) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                    check(inner, demand, root, &format!("{at}.{name}"), found);
                }
                true
            }
            "items" => {
                for (i, inner) in value.as_array().into_iter().flatten().enumerate() {
                    check(inner, demand, root, &format!("{at}[{i}]"), found);
                }
                true
            }
            other => panic!("{at}: the schema has `{other}`, which this test does not know"),
        };
        if !good {
            found.push(format!("{at}: not as {keyword} {demand} has it: {value}"));
        }
    }
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("a name") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

#[test]
fn a_value_of_another_form_is_told_with_its_place() {
    let schema = serde_json::json!({
        "type": "object", "required": ["n"], "properties": {"n": {"oneOf": [{"const": 1}, {"$ref": "#/$defs/text"}]}},
        "additionalProperties": {"type": ["null", "boolean"]}, "$defs": {"text": {"type": "string"}},
    });
    assert_eq!(faults(&serde_json::json!({"n": "x", "more": null}), &schema), Vec::<String>::new());
    let found = faults(&serde_json::json!({"n": 2, "more": 3}), &schema);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found.iter().any(|f| f.starts_with("$.n:")) && found.iter().any(|f| f.starts_with("$.more:")),
        "{found:#?}"
    );
}
