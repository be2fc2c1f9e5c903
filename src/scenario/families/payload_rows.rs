//! Every field of every request: left out, twice, out of order, of another item type, of a later version.
//!
//! The rows are those of `schema::OPERATIONS`; `vectors/families/requests.yaml` has a valid request of each operation,
//! which is sent first, so that what is refused afterwards is refused for the damage alone.
//!
//! What is judged: 1.x has rows for what cannot be parsed (EG-002) and for fields that stand twice (EG-003), and fields that
//! a table requires are part of the request. 2.x lists reasons without conditions, so there the status alone is judged,
//! and only where the request lacks something it needs. What a receiver does about fields out of order, or of a later
//! version, is left open: served is recorded, refused for another reason than that of the table counts at 1.x.

use super::requests::{Requests, requests};
use super::text::{Head, flow, range};
use crate::scenario::names::kebab;
use crate::scenario::node::Node;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::registry;
use kmipspec_protocol::schema::{Field, OperationRow, Required};
use kmipspec_protocol::ttlv::ItemType;
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// What is done to a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missing,
    Repeated,
    Misordered,
    Mistyped,
    Later,
}

const KINDS: [Kind; 5] = [Kind::Missing, Kind::Repeated, Kind::Misordered, Kind::Mistyped, Kind::Later];

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    let Some(Requests { prepare, recipes }) = requests() else { return Vec::new() };
    let mut out = Vec::new();
    for (row, recipe) in recipes {
        let recipe = Recipe { row, prepare, recipe };
        for field in recipe.names() {
            out.extend(KINDS.iter().filter_map(|kind| recipe.scenario(field, *kind)));
        }
    }
    out
}

/// What a row says of the field at a version, or that the payload has none yet.
type At = (Version, Option<&'static Field>);

/// An operation and its valid requests.
struct Recipe<'a> {
    row: &'static OperationRow,
    prepare: &'a Node,
    recipe: &'a Node,
}

impl Recipe<'_> {
    /// Versions that are judged: of 3.0 there is no text.
    fn versions(&self) -> impl Iterator<Item = Version> {
        let row = self.row;
        Version::WITH_TEXT.into_iter().filter(move |v| row.versions.contains(*v))
    }

    /// The fields of the payload at a version.
    fn fields(&self, version: Version) -> &'static [Field] {
        self.row.layout(version).and_then(|l| l.request).unwrap_or_default()
    }

    /// Names of all rows, in the order of the tables.
    fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for field in self.versions().flat_map(|v| self.fields(v)) {
            if !names.contains(&field.name) {
                names.push(field.name);
            }
        }
        names
    }

    /// The request a field is tried in: one of its own, or that of the operation.
    fn shape(&self, field: &str, kind: Kind) -> Option<Shape<'_>> {
        let own = self.recipe.get("variants").and_then(|v| v.get(field)).filter(|_| kind != Kind::Later);
        let key = |key: &str| own.and_then(|o| o.get(key)).or_else(|| self.recipe.get(key));
        let is = |name: &str, word: &str| key(name).and_then(Node::plain) == Some(word);
        Some(Shape {
            request: key("request")?,
            prepare: key("prepare").and_then(Node::list).unwrap_or_default(),
            fresh: is("fresh", "true"),
            control: !is("control", "false"),
            step: self.recipe.get("step"),
        })
    }

    /// The case of a row, at the versions where the damage can be done.
    fn scenario(&self, name: &'static str, kind: Kind) -> Option<String> {
        let shape = self.shape(name, kind)?;
        let rows: Vec<At> = self.versions().map(|v| (v, self.fields(v).iter().find(|f| f.name == name))).collect();
        let applies = |(version, field): &At| self.damage(&shape, *version, *field, name, kind, &rows);
        let damage: Vec<(Version, String)> =
            rows.iter().filter_map(|at| applies(at).map(|damage| (at.0, damage))).collect();
        let versions: Vec<Version> = damage.iter().map(|(v, _)| *v).collect();
        if versions.is_empty() {
            return None;
        }
        let shown = shown(name, &rows);
        let unneeded = self.recipe.get("unneeded").and_then(|u| u.get(name)).and_then(Node::text);
        let unneeded = unneeded.filter(|_| kind == Kind::Missing);
        let old = versions.iter().any(|v| *v < Version::V2_0);
        let firm = rows.iter().any(|(v, f)| *v >= Version::V2_0 && f.is_some_and(|f| f.required == Required::Yes));
        let judged = old && !matches!(kind, Kind::Misordered | Kind::Later)
            || unneeded.is_none() && firm && matches!(kind, Kind::Missing | Kind::Mistyped);
        let head = Head {
            id: format!("payload.{}.{}.{}", kebab(self.row.name), kebab(&shown), kind.word()),
            title: kind.title(self.row.name, &shown),
            spec: versions.iter().map(|v| (*v, self.sections(*v))).collect(),
            level: if judged { "SHALL" } else { "MAY" },
            because: unneeded.unwrap_or(kind.because()),
            versions: &versions,
            source: if old { kind.source() } else { &[] },
            objects: &[],
        };
        let mut text = head.text();
        text += &self.steps(&shape, &damage, &kind.expectation(unneeded.is_none(), firm));
        Some(text)
    }

    /// What the request is, then what it is not: preparations, the valid request, the damaged one.
    fn steps(&self, shape: &Shape<'_>, damage: &[(Version, String)], expect: &str) -> String {
        let mut out = String::new();
        let prepared: Vec<&Node> =
            shape.prepare.iter().filter_map(|name| self.prepare.get(name.text()?)?.list()).flatten().collect();
        let prepared: String = prepared.iter().map(|step| format!("  - {}\n", setup(step))).collect();
        let step = shape.step.and_then(Node::map).unwrap_or_default();
        let more: String = step.iter().map(|e| format!("    {}: {}\n", e.key, flow(&e.value))).collect();
        let request = format!("{{{}: {}}}", self.row.xml_name, flow(shape.request));
        out += &prepared;
        if shape.control {
            let _ = writeln!(out, "  - name: undamaged\n    refusable: true\n{more}    send: [{}]", own_run(&request));
            if shape.fresh {
                out += &another(&prepared);
            }
        }
        let request = if shape.control && shape.fresh { another(&request) } else { request };
        let _ = write!(out, "  - name: damaged\n{more}    send: [{request}]\n    wire:");
        for (i, (_, edit)) in damage.iter().enumerate() {
            if damage.iter().take(i).any(|(_, before)| before == edit) {
                continue;
            }
            let versions: Vec<Version> = damage.iter().filter(|(_, e)| e == edit).map(|(v, _)| *v).collect();
            let _ = write!(out, "\n      - {{\"{}\": {edit}}}", range(&versions));
        }
        let _ = write!(out, "\n    fate: {{\"1.x\": answered, \"2.x\": [answered, closed]}}\n    expect: [{expect}]\n");
        out
    }

    /// The edit of the message, where there is something to damage.
    fn damage(
        &self,
        shape: &Shape<'_>,
        version: Version,
        field: Option<&'static Field>,
        name: &str,
        kind: Kind,
        rows: &[At],
    ) -> Option<String> {
        let Some(field) = field else { return self.later(version, name, kind, rows) };
        let layout = self.fields(version);
        let path = shape.carries(field, layout, version)?;
        let at = format!("at: BatchItem/RequestPayload/{path}");
        match kind {
            Kind::Missing => (field.required == Required::Yes).then(|| format!("{{{at}, delete: all}}")),
            Kind::Repeated => (!field.repeatable).then(|| format!("{{{at}, duplicate: 1}}")),
            Kind::Misordered => {
                let sent: Vec<&Field> = layout.iter().filter(|f| shape.carries(f, layout, version).is_some()).collect();
                let first = sent.first().is_some_and(|f| f.name == field.name);
                (sent.len() > 1).then(|| format!("{{{at}, move: {}}}", if first { "last" } else { "first" }))
            }
            Kind::Mistyped => {
                let tag = registry::tag_named(&path)?.tag;
                let types =
                    if field.types.is_empty() { registry::tag_row(tag)?.types_at(version) } else { field.types };
                let (ty, value) = OTHER_TYPES.iter().find(|(ty, _)| !types.contains(ty))?;
                Some(format!("{{{at}, type: {ty}, value: \"{value}\"}}"))
            }
            Kind::Later => None,
        }
    }

    /// The field of a later version, behind those of the payload.
    fn later(&self, version: Version, name: &str, kind: Kind, rows: &[At]) -> Option<String> {
        // Attributes have always been there, in another structure.
        let began = rows.iter().find_map(|(v, f)| f.filter(|f| *v > version && f.tags.len() == 1))?;
        if kind != Kind::Later || name.contains("Attribute") || self.row.layout(version).is_none() {
            return None;
        }
        let tag = began.tags.first()?;
        let types = if began.types.is_empty() { registry::tag_row(*tag)?.types } else { began.types };
        let ty = types.first()?;
        let value = VALUES.iter().find(|(of, _)| of == ty)?.1;
        Some(format!("{{at: BatchItem/RequestPayload, append: {{0x{:06X}: {{{ty}: {value}}}}}}}", tag.0))
    }

    fn sections(&self, version: Version) -> Vec<&'static str> {
        let own = self.row.section(version).unwrap_or_default();
        if version < Version::V2_0 { vec![own, "11.1"] } else { vec![own, "6.1"] }
    }
}

/// Item types that no field takes for one of its own, with the bytes of a value.
const OTHER_TYPES: [(ItemType, &str); 3] =
    [(ItemType::TEXT_STRING, "6f74686572"), (ItemType::INTEGER, "00000001"), (ItemType::BOOLEAN, "0000000000000001")];

/// A value of each item type.
const VALUES: [(ItemType, &str); 8] = [
    (ItemType::STRUCTURE, "{}"),
    (ItemType::INTEGER, "1"),
    (ItemType::ENUMERATION, "1"),
    (ItemType::BOOLEAN, "true"),
    (ItemType::TEXT_STRING, "other"),
    (ItemType::BYTE_STRING, "\"0001\""),
    (ItemType::DATE_TIME, "now"),
    (ItemType::INTERVAL, "1"),
];

/// A valid request and what it needs.
struct Shape<'a> {
    request: &'a Node,
    prepare: &'a [Node],
    fresh: bool,
    control: bool,
    step: Option<&'a Node>,
}

impl Shape<'_> {
    /// The name under which the request has a field at a version.
    fn carries(&self, field: &Field, layout: &[Field], version: Version) -> Option<String> {
        let has = |name: &str| layout.iter().any(|f| f.name == name);
        for entry in self.request.map()? {
            let branches = entry.value.map().filter(|m| m.first().is_some_and(|e| VersionSet::looks_like(&e.key)));
            let here = |key: &str| VersionSet::parse(key).is_ok_and(|set| set.contains(version));
            if branches.is_some_and(|b| !b.iter().any(|e| here(&e.key))) {
                continue;
            }
            // Attributes are written once for all versions.
            let stands_for = match (entry.key.as_str(), field.name) {
                ("Attributes", "TemplateAttribute")
                | ("CommonAttributes", "CommonTemplateAttribute")
                | ("PrivateKeyAttributes", "PrivateKeyTemplateAttribute")
                | ("PublicKeyAttributes", "PublicKeyTemplateAttribute")
                | ("Attribute", "NewAttribute")
                | ("AttributeName", "AttributeReference") => true,
                ("Attributes", "Attribute") => !has("TemplateAttribute") && !has("Attributes"),
                (key, name) => key == name,
            };
            if stands_for {
                return Some(field.name.to_owned());
            }
            // One of several objects.
            if field.tags.len() > 1 && registry::tag_named(&entry.key).is_some_and(|r| field.tags.contains(&r.tag)) {
                return Some(entry.key.clone());
            }
        }
        None
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Misordered => "misordered",
            Self::Mistyped => "mistyped",
            Self::Later => "of-a-later-version",
        }
    }

    fn title(self, operation: &str, field: &str) -> String {
        match self {
            Self::Missing => format!("{operation} without the {field} that its table requires is refused"),
            Self::Repeated => format!("{operation} with {field} twice is answered with Invalid Message"),
            Self::Misordered => {
                format!("{operation} with {field} out of order, when refused, is refused for the reason of the table")
            }
            Self::Mistyped => format!("{operation} with {field} of another item type is refused"),
            Self::Later => format!(
                "{operation} with {field}, a field of later versions, when refused, is refused for the reason of the table"
            ),
        }
    }

    fn because(self) -> &'static str {
        match self {
            Self::Missing => {
                "the field is REQUIRED, so without it this is no such request: 1.x, an error parsing the payload; 2.x, \
                 the operation required what was not present"
            }
            Self::Repeated => "1.x has an error row for it; 2.x has no sentence, and what comes back is recorded",
            Self::Misordered => {
                "fields are to appear in order, and no sentence says what a receiver does about others; reasons are for \
                 errors detected"
            }
            Self::Mistyped => {
                "no value of the field's type can be read from it: 1.x, an error parsing the payload; 2.x, not \
                 syntactically understood, the invalid use of a known tag"
            }
            Self::Later => "a server of another minor version is to ignore the field, and one server speaks several",
        }
    }

    fn source(self) -> &'static [&'static str] {
        match self {
            Self::Missing | Self::Misordered | Self::Mistyped => &["EG-002"],
            Self::Repeated => &["EG-003"],
            Self::Later => &["EG-005"],
        }
    }

    /// The batch item of the answer. `firm`: at 2.x the request lacks something without which it is none.
    fn expectation(self, needed: bool, firm: bool) -> String {
        let reasons = match self {
            Self::Missing => "InvalidMessage, InvalidField, MissingData",
            Self::Repeated => "InvalidMessage",
            Self::Misordered | Self::Mistyped | Self::Later => "InvalidMessage, InvalidField",
        };
        let status = |judged| if judged { "OperationFailed" } else { "{is: OperationFailed, level: MAY}" };
        let damaged = matches!(self, Self::Missing | Self::Mistyped) && needed;
        let old = status(damaged || self == Self::Repeated);
        let new = status(damaged && firm);
        // No row names a missing field as such, but that of Create Key Pair. A receiver that passes over a field out of
        // place, or knows one of a later version, detects no error of parsing, and may refuse what it reads for another.
        let level = match self {
            Self::Missing | Self::Misordered | Self::Later => ", level: MAY",
            Self::Repeated | Self::Mistyped => "",
        };
        format!(
            "{{\"1.x\": {{status: {old}, reason: {{one-of: [{reasons}]{level}}}, payload: {{absent: true, level: MAY}}}}, \
             \"2.x\": {{status: {new}, payload: {{absent: true, level: MAY}}}}}}"
        )
    }
}

/// The name of a row as the standard prints it; one of several objects is an Object.
fn shown(name: &str, rows: &[At]) -> String {
    let choice = rows.iter().any(|(_, f)| f.is_some_and(|f| f.tags.len() > 1));
    if choice {
        return "Object".to_owned();
    }
    registry::tag_named(name).map_or_else(|| name.to_owned(), |row| row.name.to_owned())
}

/// A step of a preparation: whatever else it says, it is one.
pub(super) fn setup(step: &Node) -> String {
    let text = flow(step);
    format!("{{setup: true, {}", text.strip_prefix('{').unwrap_or(&text))
}

/// The same text about other objects: every variable and every binding gets another name.
fn another(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', 'b']) {
        let (before, from) = rest.split_at(at);
        out += before;
        let marker = ["$", "bind: "].into_iter().find(|m| from.starts_with(m) && !from.starts_with("${"));
        let Some(marker) = marker else {
            let step = from.chars().next().map_or(1, char::len_utf8);
            let (head, tail) = from.split_at(step);
            out += head;
            rest = tail;
            continue;
        };
        let name = from.get(marker.len()..).unwrap_or_default();
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(name.len());
        let _ = write!(out, "{marker}{}-2", name.get(..end).unwrap_or_default());
        rest = name.get(end..).unwrap_or_default();
    }
    (out + rest).replace("${run}", "${run}-2")
}

/// The undamaged request has names of its own, so that the damaged one is not refused for a name that is taken.
fn own_run(text: &str) -> String {
    text.replace("${run}", "${run}-1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::schema::{Initiator, OPERATIONS};
    use std::collections::BTreeSet;

    #[test]
    fn every_row_of_every_request_is_tried() {
        let texts = generate();
        let ids: BTreeSet<&str> = texts.iter().filter_map(|t| t.lines().next()?.strip_prefix("id: ")).collect();
        assert_eq!(ids.len(), texts.len(), "an id twice");
        let mut missing = Vec::new();
        for row in OPERATIONS.iter().filter(|row| row.initiator == Initiator::Client) {
            let versions = Version::WITH_TEXT.into_iter().filter(|v| row.versions.contains(*v));
            for field in versions.flat_map(|v| row.layout(v).and_then(|l| l.request).unwrap_or_default()) {
                let name = if field.tags.len() > 1 {
                    "object".to_owned()
                } else {
                    kebab(registry::tag_named(field.name).map_or(field.name, |r| r.name))
                };
                let id = format!("payload.{}.{name}.mistyped", kebab(row.name));
                if !ids.contains(id.as_str()) && !missing.contains(&id) {
                    missing.push(id);
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_name_of_the_data_is_known() {
        let data = super::super::requests::data().unwrap();
        let prepare = data.get("prepare").unwrap();
        for entry in data.get("operations").unwrap().map().unwrap() {
            let row = OPERATIONS.iter().find(|o| o.xml_name == entry.key);
            assert!(row.is_some_and(|r| r.initiator == Initiator::Client), "{}", entry.key);
            let variants = entry.value.get("variants").and_then(Node::map).unwrap_or_default();
            for shape in variants.iter().map(|v| &v.value).chain([&entry.value]) {
                for name in shape.get("prepare").and_then(Node::list).unwrap_or_default() {
                    assert!(prepare.get(name.text().unwrap()).is_some(), "{name:?}");
                }
            }
            let names = Recipe { row: row.unwrap(), prepare, recipe: &entry.value }.names();
            for key in variants.iter().map(|v| &v.key) {
                assert!(names.contains(&key.as_str()), "{} has no field {key}", entry.key);
            }
        }
    }

    #[test]
    fn another_object_has_other_names() {
        assert_eq!(
            another("{bind: key}, $key, \"${run}-a\", bytes: $b1"),
            "{bind: key-2}, $key-2, \"${run}-2-a\", bytes: $b1-2"
        );
    }
}
