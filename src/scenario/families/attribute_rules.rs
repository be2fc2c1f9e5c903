//! Every rule of every attribute's table: what only the server sets, what nobody may change or delete, what an object has once,
//! what a created object always has.
//!
//! The rules are those of `schema::ATTRIBUTES`; `vectors/families/attributes.yaml` has a value for each attribute whose item
//! type alone does not make one, what is to be given with Create so that it is there, and the object that has it.
//!
//! A client that tries all the same has to be refused: the table says that it may not. 1.x has rows for the reason when the
//! object has the attribute; that it has is looked up first, so that a server without the attribute is not judged.

use super::text::{Head, embedded, flow};
use crate::scenario::names::kebab;
use crate::scenario::node::Node;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::schema::{ATTRIBUTES, AttributeRow, AttributeRules, SetBy, operation_named};
use kmipspec_protocol::ttlv::ItemType;
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// Values and objects, as data.
const DATA: &str = include_str!("../../../vectors/families/attributes.yaml");

/// Where they stand in the repository.
const FILE: &str = "vectors/families/attributes.yaml";

/// A rule of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Initially set by the server: not to be added.
    NotAdded,
    /// Not modifiable by the client.
    NotModified,
    /// The same, tried with Set Attribute.
    NotSet,
    /// Not deletable by the client.
    NotDeleted,
    /// No multiple instances.
    Single,
    /// Always has a value, and set by Create.
    AlwaysThere,
}

const RULES: [Rule; 6] =
    [Rule::NotAdded, Rule::NotModified, Rule::NotSet, Rule::NotDeleted, Rule::Single, Rule::AlwaysThere];

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    let Some(data) = embedded(FILE, DATA) else { return Vec::new() };
    let mut out = Vec::new();
    for row in ATTRIBUTES {
        for rule in RULES {
            for known in [true, false] {
                out.extend(scenario(&data, row, rule, known));
            }
        }
    }
    out
}

/// The case of a rule: with the attribute on the object, or (where nothing puts it there) without.
fn scenario(data: &Node, row: &'static AttributeRow, rule: Rule, known: bool) -> Option<String> {
    let name = row.xml_name;
    let about = |key: &str| data.get(key).and_then(|n| n.get(name));
    let object = about("object").and_then(Node::plain).unwrap_or("key");
    let given = about("given").filter(|_| rule != Rule::AlwaysThere);
    let here = about("versions")
        .and_then(Node::text)
        .map_or_else(VersionSet::all, |t| VersionSet::parse(t).unwrap_or_default());
    let holds = |rules: &AttributeRules| given.is_some() || has(rules, object);
    let versions: Vec<Version> = Version::WITH_TEXT
        .into_iter()
        .filter(|v| here.contains(*v) && row.versions.contains(*v))
        .filter(|v| operation_named(rule.operation()).is_some_and(|o| o.versions.contains(*v)))
        .filter(|v| row.rules_at(*v).is_some_and(|r| rule.holds(r, object) && holds(r) == known))
        .filter(|v| known || row.rules_at(*v).is_some_and(|r| rule.tells_without(r)))
        .collect();
    if versions.is_empty() {
        return None;
    }
    let value = about("value").map(flow).or_else(|| value(row))?;
    let sections = |v: Version| {
        let own = row.section(v);
        let operation = operation_named(rule.operation()).and_then(|o| o.section(v));
        [own, operation].into_iter().flatten().collect()
    };
    let word = rule.word();
    let head = Head {
        id: format!("attribute-rules.{}.{word}{}", kebab(row.name), if known { "" } else { "-absent" }),
        title: rule.title(row.name, known),
        spec: versions.iter().map(|v| (*v, sections(*v))).collect(),
        level: "SHALL",
        because: rule.because(),
        versions: &versions,
        source: if versions.iter().any(|v| *v < Version::V2_0) { rule.source() } else { &[] },
        objects: if object == "key" { &["SymmetricKey"] } else { &[] },
    };
    let mut text = head.text();
    let made = data.get("objects")?.get(object)?;
    let given = given.map_or_else(String::new, |v| format!(", {name}: {}", flow(v)));
    let made = flow(made).replace(", given: here", &given);
    // A server may be without the attribute, or the object type: then there is nothing to judge.
    let _ = writeln!(
        text,
        "  - name: object\n    refusable: true\n    send: [{made}]\n    expect: [{{payload: {{UniqueIdentifier: {{bind: object}}}}}}]"
    );
    if known && rule != Rule::AlwaysThere {
        let _ = writeln!(
            text,
            "  - name: has it\n    setup: true\n    send: [{{GetAttributeList: {{UniqueIdentifier: $object}}}}]\n    \
             expect: [{{payload: {{AttributeName: {{contains: [{name}]}}}}}}]"
        );
    }
    let _ = writeln!(text, "  - name: {word}\n{}", rule.step(name, &value, known));
    Some(text)
}

/// Whether an object of the data has the attribute without being given it.
fn has(rules: &AttributeRules, object: &str) -> bool {
    let code = match object {
        "certificate" => 1,
        "opaque" => 8,
        _ => 2,
    };
    rules.always_has_value == Some(true) && (rules.applies_to.is_empty() || rules.applies_to.contains(&code))
}

/// A value of the attribute's item type.
fn value(row: &AttributeRow) -> Option<String> {
    let text = match *row.types.first()? {
        ItemType::TEXT_STRING => "other",
        ItemType::INTEGER | ItemType::ENUMERATION | ItemType::LONG_INTEGER => "1",
        ItemType::BOOLEAN => "true",
        ItemType::DATE_TIME => "now-3600",
        ItemType::INTERVAL => "60",
        ItemType::BYTE_STRING => "\"0001\"",
        _ => return None,
    };
    Some(text.to_owned())
}

impl Rule {
    fn operation(self) -> &'static str {
        match self {
            Self::NotAdded | Self::Single => "AddAttribute",
            Self::NotModified => "ModifyAttribute",
            Self::NotSet => "SetAttribute",
            Self::NotDeleted => "DeleteAttribute",
            Self::AlwaysThere => "GetAttributes",
        }
    }

    /// Whether the table has the rule.
    fn holds(self, rules: &AttributeRules, object: &str) -> bool {
        match self {
            Self::NotAdded => rules.initially_set_by == SetBy::Server,
            Self::NotModified | Self::NotSet => rules.modifiable_by_client == Some(false),
            Self::NotDeleted => rules.deletable_by_client == Some(false),
            // What the server alone sets is tried by the first rule.
            Self::Single => rules.multiple_instances == Some(false) && rules.initially_set_by != SetBy::Server,
            Self::AlwaysThere => object == "key" && has(rules, object) && rules.implicitly_set_by.contains(&"Create"),
        }
    }

    /// Whether the rule says something of an object without the attribute: a first value is none of the others.
    fn tells_without(self, rules: &AttributeRules) -> bool {
        match self {
            Self::Single | Self::AlwaysThere => false,
            Self::NotSet => rules.initially_set_by == SetBy::Server,
            Self::NotAdded | Self::NotModified | Self::NotDeleted => true,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::NotAdded => "not-added",
            Self::NotModified => "not-modified",
            Self::NotSet => "not-set",
            Self::NotDeleted => "not-deleted",
            Self::Single => "single",
            Self::AlwaysThere => "always-there",
        }
    }

    fn title(self, attribute: &str, known: bool) -> String {
        let absent = if known { "" } else { ", which the object has not," };
        match self {
            Self::NotAdded => format!("{attribute}{absent} is set by the server, so no client can add it"),
            Self::NotModified => format!("{attribute}{absent} cannot be modified by a client"),
            Self::NotSet => format!("{attribute}{absent} cannot be set anew by a client"),
            Self::NotDeleted => format!("{attribute}{absent} cannot be deleted by a client"),
            Self::Single => format!("{attribute}{absent} has one instance, so a second is refused"),
            Self::AlwaysThere => format!("A created key has {attribute}"),
        }
    }

    fn because(self) -> &'static str {
        match self {
            Self::NotAdded => "the rules table has it initially set by the server",
            Self::NotModified | Self::NotSet => "the rules table has it not modifiable by the client",
            Self::NotDeleted => "the rules table has it not deletable by the client",
            Self::Single => "the rules table permits no multiple instances",
            Self::AlwaysThere => "the rules table has it always with a value, and set by Create",
        }
    }

    fn source(self) -> &'static [&'static str] {
        match self {
            Self::NotAdded => &["E1-0087"],
            Self::NotModified => &["E1-0098"],
            Self::NotDeleted => &["E1-0104"],
            Self::Single => &["E1-0089"],
            Self::NotSet | Self::AlwaysThere => &[],
        }
    }

    /// What is tried, and what has to come of it.
    fn step(self, name: &str, value: &str, known: bool) -> String {
        let refused = |reasons: &str| {
            let level = if known { "" } else { ", level: MAY" };
            format!("    expect: [{{status: OperationFailed, reason: {{\"1.x\": {{one-of: [{reasons}]{level}}}}}}}]")
        };
        let send = |operation: &str, rest: &str| {
            format!("    send: [{{{operation}: {{UniqueIdentifier: $object, {rest}}}}}]\n")
        };
        match self {
            // That the object has the attribute already is a reason of its own.
            Self::NotAdded | Self::Single => {
                send("AddAttribute", &format!("Attribute: {{{name}: {value}}}"))
                    + &refused("PermissionDenied, IllegalOperation")
            }
            Self::NotModified => {
                send("ModifyAttribute", &format!("Attribute: {{{name}: {value}}}")) + &refused("PermissionDenied")
            }
            Self::NotSet => {
                send("SetAttribute", &format!("NewAttribute: {{{name}: {value}}}")) + &refused("PermissionDenied")
            }
            Self::NotDeleted => {
                send("DeleteAttribute", &format!("AttributeName: {name}")) + &refused("PermissionDenied")
            }
            Self::AlwaysThere => {
                send("GetAttributes", &format!("AttributeName: [{name}]"))
                    + &format!("    expect: [{{payload: {{Attributes: {{{name}: present}}}}}}]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::schema::attribute_named;

    #[test]
    fn every_attribute_of_the_data_is_one() {
        let data = embedded(FILE, DATA).unwrap();
        let objects = data.get("objects").unwrap();
        for list in ["object", "value", "given"] {
            for entry in data.get(list).unwrap().map().unwrap() {
                assert!(attribute_named(&entry.key).is_some_and(|a| a.xml_name == entry.key), "{}", entry.key);
                assert!(list != "object" || objects.get(entry.value.text().unwrap()).is_some(), "{}", entry.key);
            }
        }
    }

    #[test]
    fn every_rule_that_a_client_could_break_has_a_case() {
        let texts = generate();
        let cases: Vec<&str> = texts.iter().filter_map(|t| t.lines().next()?.strip_prefix("id: ")).collect();
        for row in ATTRIBUTES {
            for (rule, words) in [
                (Rule::NotAdded, ["not-added", "not-added-absent"]),
                (Rule::NotModified, ["not-modified", "not-modified-absent"]),
                (Rule::NotDeleted, ["not-deleted", "not-deleted-absent"]),
            ] {
                let ruled = row.rules.iter().any(|r| rule.holds(r, "key"));
                let id = |word: &&str| format!("attribute-rules.{}.{word}", kebab(row.name));
                assert!(
                    !ruled || words.iter().any(|w| cases.contains(&id(w).as_str())),
                    "{} {}",
                    row.name,
                    rule.word()
                );
            }
        }
    }
}
