//! A file of `vectors/profiles/`: a family of profiles. Every key is known, every name is one of the standard's.

use super::data::{Amount, Demand, Entry, Evidence, Role, What};
use crate::scenario::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::scenario::fields::{Fields, text, texts, word};
use crate::scenario::node::Node;
use crate::scenario::parse;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::registry::{self, tag};
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{ItemType, Tag};
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The forms an `encoding` may name.
pub(super) const ENCODINGS: [&str; 3] = ["https", "xml", "json"];

/// The item types a custom attribute may be asked for, by their names in the standard.
const TYPES: [(&str, ItemType); 3] =
    [("Text String", ItemType::TEXT_STRING), ("Integer", ItemType::INTEGER), ("Date Time", ItemType::DATE_TIME)];

/// Authentication suites by id; `any` is any of the version's.
pub(super) fn suites() -> Vec<String> {
    let named = crate::tls::authentication_suites().iter().map(|suite| suite.id.clone());
    std::iter::once("any".to_owned()).chain(named).collect()
}

/// Reads a family; every error has its place.
pub fn read(source: &Arc<Source>) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let root = parse::parse(source).map_err(|e| vec![e])?;
    let mut errors = Vec::new();
    let entries = family(&root, &mut errors);
    if errors.is_empty() { Ok(entries) } else { Err(errors) }
}

/// Whether a file looks like one of these: `lint` asks.
pub fn looks_like(root: &Node) -> bool {
    root.get("family").is_some() || root.get("profiles").is_some()
}

fn family(root: &Node, errors: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let Some(mut f) = Fields::of(root, "a family of profiles", errors) else { return Vec::new() };
    if let Some(name) = f.require("family", errors) {
        text(name, "family", errors);
    }
    let published = f.take("published").map_or_else(BTreeMap::new, |n| published(n, errors));
    let list = f.require("profiles", errors);
    f.finish(errors);
    let Some(list) = list else { return Vec::new() };
    let Some(nodes) = list.list() else {
        errors.push(Diagnostic::new(&list.place, format!("`profiles` is a list, not {}", list.kind_name())));
        return Vec::new();
    };
    nodes.iter().filter_map(|n| entry(n, &published, errors)).collect()
}

/// `published: {SKLC: {"1.0": 3}}`.
fn published(node: &Node, errors: &mut Vec<Diagnostic>) -> BTreeMap<String, BTreeMap<Version, usize>> {
    let mut groups = BTreeMap::new();
    for group in map(node, "published", errors) {
        let mut counts = BTreeMap::new();
        for count in map(&group.value, "the counts of a group", errors) {
            match (VersionSet::parse(&count.key), count.value.text().and_then(|t| t.parse::<usize>().ok())) {
                (Ok(versions), Some(n)) => counts.extend(versions.iter().map(|v| (v, n))),
                (Err(message), _) => errors.push(Diagnostic::new(&count.key_at, message)),
                (_, None) => errors.push(Diagnostic::new(&count.value.place, "a count of cases is a number")),
            }
        }
        groups.insert(group.key.clone(), counts);
    }
    groups
}

/// The entries of a node that must be a map.
fn map<'n>(node: &'n Node, what: &str, errors: &mut Vec<Diagnostic>) -> &'n [crate::scenario::node::Entry] {
    node.map().unwrap_or_else(|| {
        errors.push(Diagnostic::new(&node.place, format!("{what} is a map, not {}", node.kind_name())));
        &[]
    })
}

fn entry(
    node: &Node,
    published: &BTreeMap<String, BTreeMap<Version, usize>>,
    errors: &mut Vec<Diagnostic>,
) -> Option<Entry> {
    let mut f = Fields::of(node, "a profile", errors)?;
    let name = f.require("name", errors).and_then(|n| text(n, "name", errors));
    let role = f.require("role", errors).and_then(|n| word(n, "role", &Role::WORDS, errors));
    let evidence = f.require("evidence", errors).and_then(|n| word(n, "evidence", &Evidence::WORDS, errors));
    let versions = f.require("versions", errors).and_then(|n| range(n, errors)).unwrap_or_default();
    let sections = f.require("section", errors).map_or_else(Vec::new, |n| sections(n, errors));
    let mut entry = Entry {
        place: node.place.clone(),
        name: name.unwrap_or_default(),
        id: f.text("id", errors),
        role: role.unwrap_or(Role::Both),
        versions,
        sections,
        conformance: f.text("conformance", errors),
        evidence: evidence.unwrap_or(Evidence::NotFound),
        because: f.text("because", errors),
        note: f.text("note", errors),
        unread: f.text("unread", errors),
        baseline: f.flag("baseline", errors),
        everything: f.flag("everything", errors),
        demands: Vec::new(),
        may: f.texts("may", errors),
        published: published.clone(),
    };
    let read_as = f.take("read-as").map_or_else(Vec::new, |n| pairs(n, errors));
    let mut reader = Reader { versions, read_as: &read_as, published, errors };
    entry.demands = reader.demands(&mut f);
    if let Some(only) = f.take("only") {
        for part in only.list().unwrap_or(std::slice::from_ref(only)) {
            let Some(mut f) = Fields::of(part, "a part for some versions", errors) else { continue };
            let some = f.versions("versions", errors).unwrap_or(versions).and(versions);
            let mut reader = Reader { versions: some, read_as: &read_as, published, errors };
            entry.demands.extend(reader.demands(&mut f));
            f.finish(errors);
        }
    }
    f.finish(errors);
    if entry.unread.is_none() && entry.demands.is_empty() && !entry.baseline && !entry.everything {
        let message = "a profile demands something, or its lists are `unread`";
        errors.push(Diagnostic::new(&entry.place, message));
    }
    Some(entry)
}

/// A range of versions that must be right.
fn range(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<VersionSet> {
    let t = text(node, "versions", errors)?;
    VersionSet::parse(&t).map_err(|m| errors.push(Diagnostic::new(&node.place, m))).ok()
}

/// `section:` one text, or a text for each range of versions or document.
fn sections(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    if node.map().is_some() {
        return pairs(node, errors);
    }
    text(node, "section", errors).map(|t| (String::new(), t)).into_iter().collect()
}

fn pairs(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let entries = map(node, "this", errors);
    entries.iter().filter_map(|e| text(&e.value, &e.key, errors).map(|t| (e.key.clone(), t))).collect()
}

/// Reads the lists of one entry.
struct Reader<'a> {
    versions: VersionSet,
    read_as: &'a [(String, String)],
    published: &'a BTreeMap<String, BTreeMap<Version, usize>>,
    errors: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn demands(&mut self, f: &mut Fields<'_>) -> Vec<Demand> {
        let mut all = Vec::new();
        let codes = |reader: &mut Self, node: Option<&Node>| {
            reader.names(node, "operation").iter().filter_map(|(n, at)| reader.operation(n, at)).collect::<Vec<u32>>()
        };
        let operations = f.take("operations");
        all.extend(codes(self, operations).into_iter().map(What::Operation));
        let one_of = f.take("one-of-operations");
        let one_of = codes(self, one_of);
        if !one_of.is_empty() {
            all.push(What::OneOfOperations(one_of));
        }
        let from_server = f.take("server-operations");
        all.extend(codes(self, from_server).into_iter().map(What::FromServer));
        for (name, at) in self.names(f.take("objects"), "objects") {
            all.extend(self.value(tag::OBJECT_TYPE, &name, at));
        }
        for (name, at) in self.names(f.take("attributes"), "attributes") {
            all.extend(self.attribute(&name, at));
        }
        for (key, make) in [("messages", What::Message as fn(Tag) -> What), ("structures", What::Field)] {
            for (name, at) in self.names(f.take(key), key) {
                all.extend(self.tag(&name, at).map(make));
            }
        }
        if let Some(node) = f.take("values") {
            for list in map(node, "`values`", self.errors) {
                let Some(of) = self.tag(&list.key, &list.value) else { continue };
                for (name, at) in self.names(Some(&list.value), &list.key) {
                    all.extend(self.value(of, &name, at));
                }
            }
        }
        if let Some(node) = f.take("lengths") {
            for list in map(node, "`lengths`", self.errors) {
                all.extend(self.lengths(&list.key, &list.value));
            }
        }
        if let Some(node) = f.take("custom-attributes") {
            all.extend(self.custom(node));
        }
        if let Some(node) = f.take("batch") {
            all.extend(self.number(node, "batch").map(What::Batch));
        }
        if f.flag("batch-order", self.errors) {
            all.push(What::BatchOrder);
        }
        if let Some(node) = f.take("authentication") {
            all.push(self.authentication(node));
        }
        if let Some(node) = f.take("encoding") {
            all.extend(
                word(node, "encoding", &ENCODINGS.map(|e| (e, e)), self.errors).map(|e| What::Encoding(e.to_owned())),
            );
        }
        all.extend(f.text("tls", self.errors).map(What::Tls));
        if f.flag("protocols", self.errors) {
            all.push(What::Authentication(vec!["any".to_owned()]));
            all.push(What::Tls("any".to_owned()));
            all.push(What::Words { what: "TTLV".to_owned(), cases: vec!["encoding.*".to_owned()], own: false });
        }
        if f.flag("conforms", self.errors) {
            all.push(What::Rules);
        }
        let mut demands: Vec<Demand> = all.into_iter().map(|what| self.demand(what, false)).collect();
        if let Some(node) = f.take("rest") {
            demands.extend(self.rest(node));
        }
        if let Some(node) = f.take("tests") {
            demands.extend(self.tests(node));
        }
        demands
    }

    fn demand(&self, what: What, recommended: bool) -> Demand {
        Demand { what, versions: self.versions, recommended }
    }

    /// The names of a list with their places; some are read as others.
    fn names<'n>(&mut self, node: Option<&'n Node>, what: &str) -> Vec<(String, &'n Node)> {
        let Some(node) = node else { return Vec::new() };
        let nodes = node.list().unwrap_or(std::slice::from_ref(node));
        let named = |n: &'n Node, errors: &mut Vec<Diagnostic>| text(n, what, errors).map(|t| (t, n));
        let read: Vec<_> = nodes.iter().filter_map(|n| named(n, self.errors)).collect();
        let other = |name: String| {
            self.read_as.iter().find(|(from, _)| *from == name).map_or(name.clone(), |(_, to)| to.clone())
        };
        read.into_iter().map(|(name, n)| (other(name), n)).collect()
    }

    fn operation(&mut self, name: &str, at: &Node) -> Option<u32> {
        self.code(tag::OPERATION, name, at)
    }

    fn value(&mut self, of: Tag, name: &str, at: &Node) -> Option<What> {
        self.code(of, name, at).map(|code| What::Value(of, code))
    }

    /// The number of a value of an enumeration.
    fn code(&mut self, of: Tag, name: &str, at: &Node) -> Option<u32> {
        let Some(table) = registry::enumeration_for(of) else {
            self.errors.push(Diagnostic::new(&at.place, format!("{} is no enumeration", super::data::tag_name(of))));
            return None;
        };
        let found = table.named(name).map(|v| v.code);
        if found.is_none() {
            let help = did_you_mean(name, table.values.iter().map(|v| v.name));
            self.errors
                .push(Diagnostic::new(&at.place, format!("{} has no value `{name}`", table.name)).with_help(help));
        }
        found
    }

    fn attribute(&mut self, name: &str, at: &Node) -> Option<What> {
        if matches!(name, "Custom Attribute" | "Vendor Attribute") {
            return Some(What::CustomAttribute);
        }
        let found = schema::attribute_named(name).map(|row| What::Attribute(row.tag));
        if found.is_none() {
            let help = did_you_mean(name, schema::ATTRIBUTES.iter().map(|a| a.name));
            self.errors.push(Diagnostic::new(&at.place, format!("no attribute is called `{name}`")).with_help(help));
        }
        found
    }

    fn tag(&mut self, name: &str, at: &Node) -> Option<Tag> {
        let found = registry::TAGS.iter().find(|row| row.name == name).map(|row| row.tag);
        if found.is_none() {
            let help = did_you_mean(name, registry::TAGS.iter().map(|t| t.name));
            self.errors.push(Diagnostic::new(&at.place, format!("no tag is called `{name}`")).with_help(help));
        }
        found
    }

    fn number(&mut self, node: &Node, what: &str) -> Option<usize> {
        let number = node.text().and_then(|t| t.parse().ok());
        if number.is_none() {
            self.errors.push(Diagnostic::new(&node.place, format!("`{what}` is a number")));
        }
        number
    }

    fn lengths(&mut self, algorithm: &str, node: &Node) -> Vec<What> {
        let Some(code) = self.code(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm, node) else { return Vec::new() };
        let mut all = Vec::new();
        for (bits, at) in self.names(Some(node), "lengths") {
            match bits.parse() {
                Ok(bits) => all.push(What::Length(code, bits)),
                Err(_) => self.errors.push(Diagnostic::new(&at.place, "a key length is a number of bits")),
            }
        }
        all
    }

    fn custom(&mut self, node: &Node) -> Vec<What> {
        let Some(mut f) = Fields::of(node, "`custom-attributes`", self.errors) else { return Vec::new() };
        let mut all = Vec::new();
        for (name, at) in self.names(f.take("types"), "types") {
            match TYPES.iter().find(|(n, _)| *n == name) {
                Some((_, ty)) => all.push(What::CustomType(*ty)),
                None => {
                    let help = did_you_mean(&name, TYPES.iter().map(|(n, _)| *n));
                    self.errors.push(Diagnostic::new(&at.place, format!("`{name}` is no type here")).with_help(help));
                }
            }
        }
        for (key, make) in [
            ("value-length", What::CustomValue as fn(usize) -> What),
            ("per-object", What::CustomCount),
            ("name-length", What::CustomName),
        ] {
            if let Some(n) = f.take(key) {
                all.extend(self.number(n, key).map(make));
            }
        }
        f.finish(self.errors);
        all
    }

    fn authentication(&mut self, node: &Node) -> What {
        let suites = texts(node, "authentication", self.errors);
        let known = self::suites();
        for suite in suites.iter().filter(|s| !known.contains(s)) {
            let help = did_you_mean(suite, known.iter().map(String::as_str));
            self.errors
                .push(Diagnostic::new(&node.place, format!("no authentication suite is `{suite}`")).with_help(help));
        }
        What::Authentication(suites)
    }

    /// `rest:` what is said in words.
    fn rest(&mut self, node: &Node) -> Vec<Demand> {
        let mut all = Vec::new();
        for part in node.list().unwrap_or(std::slice::from_ref(node)) {
            let Some(mut f) = Fields::of(part, "an entry of `rest`", self.errors) else { continue };
            let what = f.require("what", self.errors).and_then(|n| text(n, "what", self.errors)).unwrap_or_default();
            let cases = f.texts("cases", self.errors);
            let own = f.flag("own", self.errors);
            let level =
                f.take("level").and_then(|n| word(n, "level", &[("SHALL", false), ("SHOULD", true)], self.errors));
            f.finish(self.errors);
            all.push(self.demand(What::Words { what, cases, own }, level == Some(true)));
        }
        all
    }

    /// `tests: {SKLC: all}`; counts differ by version, and so do the demands.
    fn tests(&mut self, node: &Node) -> Vec<Demand> {
        let mut all = Vec::new();
        for part in map(node, "`tests`", self.errors) {
            let amount = word(&part.value, &part.key, &Amount::WORDS, self.errors).unwrap_or(Amount::All);
            let counts = self.published.get(&part.key);
            if counts.is_none() {
                let help = did_you_mean(&part.key, self.published.keys().map(String::as_str));
                let message = format!("`published` has no group `{}`", part.key);
                self.errors.push(Diagnostic::new(&part.key_at, message).with_help(help));
            }
            for version in self.versions.iter() {
                let count = counts.and_then(|c| c.get(&version)).copied();
                let what = What::Tests { group: part.key.clone(), amount, count };
                all.push(Demand { what, versions: [version].into_iter().collect(), recommended: false });
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> String {
        let source = Arc::new(Source { file: "p.yaml".into(), text: text.into() });
        let errors = read(&source).expect_err("wrong");
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_no_profile_can_mean_has_a_place_and_a_hint() {
        let head = "family: F\npublished: {SKLC: {\"1.0\": 3}}\nprofiles:\n  - name: P\n    role: server\n    versions: \"1.0\"\n    section: \"1\"\n    evidence: primary\n";
        for (line, told) in [
            ("operations: [Crate]", "p.yaml:9:18: Operation has no value `Crate`"),
            ("operations: [Crate]", "did you mean `Create`?"),
            ("attributes: [Stat]", "no attribute is called `Stat`"),
            ("structures: [Key Blok]", "did you mean `Key Block`?"),
            ("values: {Key Format Type: [Rw]}", "Key Format Type has no value `Rw`"),
            ("values: {Key Block: [Raw]}", "Key Block is no enumeration"),
            ("lengths: {AES: [many]}", "a key length is a number of bits"),
            ("tests: {SKLK: all}", "did you mean `SKLC`?"),
            ("tests: {SKLC: some}", "`SKLC` is one of all, one-or-more, not `some`"),
            ("authentication: [basic-9]", "no authentication suite is `basic-9`"),
            ("encoding: yaml", "`encoding` is one of https, xml, json, not `yaml`"),
            ("custom-attributes: {types: [Text]}", "`Text` is no type here"),
            ("operatoins: [Create]", "did you mean `operations`?"),
            ("note: nothing else", "a profile demands something, or its lists are `unread`"),
        ] {
            let found = errors(&format!("{head}    {line}\n"));
            assert!(found.contains(told), "{line}: {told:?} is not in\n{found}");
        }
        assert!(errors("profiles: []\n").contains("a family of profiles has no `family`"));
        assert!(errors("family: F\nprofiles: {}\n").contains("`profiles` is a list, not a map"));
    }
}
