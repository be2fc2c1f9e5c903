//! What the author expects, compiled to matchers of one version.

use super::attributes::{Container, Named};
use super::build::Build;
use super::diagnostic::{Place, did_you_mean};
use super::file::LEVELS;
use super::lower::{Lowering, container_of, is_reference_list};
use super::matcher::{Field, Matcher, Rule};
use super::names;
use super::node::{Entry, Kind, Node, number};
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{self, tag};
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::Version;
use regex::Regex;

/// The keys of a matcher.
pub const MATCHER_KEYS: &[&str] = &[
    "is",
    "bind",
    "any",
    "absent",
    "present",
    "one-of",
    "all-of",
    "not",
    "regex",
    "range",
    "near-now",
    "type",
    "length",
    "same-bytes-as",
    "includes",
    "contains",
    "contains-none",
    "unordered",
    "count",
    "level",
    "undecided",
];

/// The keys of the expectation of one batch item.
pub const ITEM_KEYS: &[&str] =
    &["status", "reason", "message", "operation", "id", "payload", "item", "any-of", "level", "undecided"];

/// What a value stands in: its tag, the types its table allows, and whether it is a name in an attribute list.
#[derive(Clone, Copy)]
struct Target {
    tag: Tag,
    types: &'static [ItemType],
    attribute_name: bool,
}

impl Lowering {
    /// The fields of a structure of an answer.
    pub fn expected_fields(
        &mut self,
        node: &Node,
        what: &str,
        layout: Option<&'static [schema::Field]>,
    ) -> Vec<(Field, Matcher)> {
        let Some(node) = self.at_version(node) else { return Vec::new() };
        let entries = match &node.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Null => &[],
            _ => {
                self.error(&node.place, format!("{what} is a map of its fields, not {}", node.kind_name()));
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for e in entries {
            self.expected_field(e, what, layout, &mut out);
        }
        out
    }

    fn expected_field(
        &mut self,
        e: &Entry,
        what: &str,
        layout: Option<&'static [schema::Field]>,
        out: &mut Vec<(Field, Matcher)>,
    ) {
        let Some(value) = self.at_version(&e.value) else { return };
        if let Some(container) = layout.and_then(|l| container_of(&e.key, l)) {
            if let Some(attributes) = value.map().filter(|m| !is_matcher(m)) {
                return self.expected_attributes(attributes, out);
            }
            let tag = match container {
                Container::Template(t) | Container::Own(t) => t,
                Container::Bare => tag::ATTRIBUTE,
            };
            if let Some(m) = self.matcher(Target { tag, types: &[], attribute_name: false }, value) {
                out.push((Field::Tagged(tag), m));
            }
            return;
        }
        if e.key == "AttributeName" && layout.is_some_and(is_reference_list) {
            let target = Target { tag: tag::ATTRIBUTE_NAME, types: &[], attribute_name: true };
            if let Some(m) = self.matcher(target, value) {
                out.push((Field::AttributeNames, m));
            }
            return;
        }
        // That something unknown to this version must be absent can be said with its name.
        let tag = match names::tag(&e.key, self.version) {
            Err(_) if is_absent(value) && registry::tag_named(&e.key).is_some() => {
                names::tag(&e.key, Version::V3_0).ok().or_else(|| registry::tag_named(&e.key).map(|r| r.tag))
            }
            Err(u) => return self.unknown(&e.key_at, u),
            Ok(tag) => Some(tag),
        };
        let Some(tag) = tag else { return };
        let field = layout.and_then(|l| l.iter().find(|f| f.takes(tag)));
        if let (Some(l), None, false, false) = (layout, field, e.key.starts_with("0x"), is_absent(value)) {
            let help = did_you_mean(&e.key, l.iter().map(|f| f.name));
            let known = l.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
            let help = help.or_else(|| Some(format!("its fields: {known}")));
            let message = format!("{what} of KMIP {} has no field `{}`", self.version, e.key);
            self.errors.push(super::diagnostic::Diagnostic::new(&e.key_at, message).with_help(help));
            return;
        }
        let types = field.map_or(&[][..], |f| f.types);
        if let Some(m) = self.matcher(Target { tag, types, attribute_name: false }, value) {
            out.push((Field::Tagged(tag), m));
        }
    }

    fn expected_attributes(&mut self, entries: &[Entry], out: &mut Vec<(Field, Matcher)>) {
        for e in entries {
            let Some(value) = self.at_version(&e.value) else { continue };
            let named = match Named::read(&e.key, self.version) {
                Ok(named) => named,
                Err(_) if is_absent(value) && schema::attribute_named(&e.key).is_some_and(|r| r.xml_name == e.key) => {
                    Named::Verbatim(e.key.clone())
                }
                Err(u) => {
                    self.unknown(&e.key_at, u);
                    continue;
                }
            };
            let target = Target { tag: named.value_tag(), types: &[], attribute_name: false };
            if let Some(m) = self.matcher(target, value) {
                out.push((Field::Attribute(named.common()), m));
            }
        }
    }

    /// Compiles what stands for the items of one name.
    fn matcher(&mut self, target: Target, node: &Node) -> Option<Matcher> {
        let node = self.at_version(node)?;
        let at = &node.place;
        let rule = match &node.kind {
            Kind::Null => {
                self.error(at, "nothing is expected here; write `any`, `absent` or `present`");
                return None;
            }
            Kind::Scalar { text, quoted: false } if text == "absent" => Rule::Absent,
            Kind::Scalar { text, quoted: false } if text == "present" => Rule::Present,
            Kind::Scalar { text, quoted: false } if text == "any" => Rule::Any,
            Kind::Scalar { .. } => self.equal(target, node)?,
            Kind::List(_) if names::is_mask(target.tag) => self.equal(target, node)?,
            Kind::List(list) => Rule::Sequence(self.matchers(target, list)),
            Kind::Map(entries) if is_matcher(entries) => return self.keyed(target, node, entries),
            Kind::Map(entries) => match entries.as_slice() {
                [e] if ItemType::from_name(&e.key).is_some() && e.key != "Structure" => self.equal(target, node)?,
                _ => {
                    let layout = self.layout_of(target.tag, node);
                    Rule::Fields(self.expected_fields(node, &names::tag_name(target.tag), layout))
                }
            },
        };
        Some(plain(target.tag, at, rule))
    }

    fn matchers(&mut self, target: Target, list: &[Node]) -> Vec<Matcher> {
        list.iter().filter_map(|n| self.matcher(target, n)).collect()
    }

    fn one_or_more(&mut self, target: Target, node: &Node) -> Vec<Matcher> {
        match node.list() {
            Some(list) => self.matchers(target, list),
            None => self.matcher(target, node).into_iter().collect(),
        }
    }

    fn equal(&mut self, target: Target, node: &Node) -> Option<Rule> {
        if target.attribute_name {
            let name = Rule::Equal(Build::Fixed(Item::text(target.tag, self.attribute_name(node)?)));
            return Some(name);
        }
        self.value(target.tag, node, target.types).map(Rule::Equal)
    }

    /// An attribute name in the common notation; `{TextString: Key Value Present}` may be one of another version.
    fn attribute_name(&mut self, node: &Node) -> Option<String> {
        if let Some(verbatim) = node.get("TextString").and_then(Node::text) {
            return Some(schema::attribute_named(verbatim).map_or(verbatim, |r| r.xml_name).to_owned());
        }
        let Some(text) = node.text() else {
            self.error(&node.place, "an attribute name is a scalar");
            return None;
        };
        match Named::read(text, self.version) {
            Ok(named) => Some(named.common()),
            Err(u) => {
                self.unknown(&node.place, u);
                None
            }
        }
    }

    fn keyed(&mut self, target: Target, node: &Node, entries: &[Entry]) -> Option<Matcher> {
        let mut rules = Vec::new();
        let (mut level, mut undecided) = (None, None);
        for e in entries {
            let at = &e.value.place;
            match e.key.as_str() {
                "level" => level = self.level(&e.value),
                "undecided" => undecided = e.value.text().map(str::to_owned),
                _ => {
                    let Some(value) = self.at_version(&e.value) else { continue };
                    if let Some(rule) = self.rule(target, e, value) {
                        rules.push(plain(target.tag, at, rule));
                    }
                }
            }
        }
        let mut m = match rules.len() {
            1 => rules.pop()?,
            0 => plain(target.tag, &node.place, Rule::Any),
            _ => plain(target.tag, &node.place, Rule::All(rules)),
        };
        m.level = level;
        m.undecided = undecided;
        Some(m)
    }

    /// The level an expectation states for itself.
    pub fn level(&mut self, node: &Node) -> Option<Level> {
        let node = self.at_version(node)?;
        let found = node.text().and_then(|t| LEVELS.iter().find(|(w, _)| *w == t)).map(|(_, l)| *l);
        if found.is_none() {
            self.error(&node.place, "`level` is SHALL, SHOULD or MAY");
        }
        found
    }

    fn rule(&mut self, target: Target, e: &Entry, value: &Node) -> Option<Rule> {
        let at = &value.place;
        Some(match e.key.as_str() {
            "is" => match value.list() {
                Some(list) if !names::is_mask(target.tag) => Rule::Sequence(self.matchers(target, list)),
                _ if value.map().is_some() => return self.matcher(target, value).map(|m| m.rule),
                _ => self.equal(target, value)?,
            },
            "bind" => {
                let name = value.text().unwrap_or_default();
                self.bind_name(name, at);
                Rule::Bind(name.to_owned())
            }
            "any" => Rule::Any,
            "absent" => Rule::Absent,
            "present" => Rule::Present,
            "one-of" | "all-of" => {
                let Some(list) = value.list() else {
                    self.error(at, format!("`{}` is a list", e.key));
                    return None;
                };
                let list = self.matchers(target, list);
                if e.key == "one-of" { Rule::OneOf(list) } else { Rule::All(list) }
            }
            "not" => Rule::Not(Box::new(self.matcher(target, value)?)),
            "regex" => match Regex::new(value.text().unwrap_or_default()) {
                Ok(r) => Rule::Regex(r),
                Err(m) => {
                    self.error(at, format!("not a regular expression: {}", m.to_string().lines().last().unwrap_or("")));
                    return None;
                }
            },
            "range" => self.range(value).map(|(a, b)| Rule::Range(a, b))?,
            "length" => self.range(value).map(|(a, b)| Rule::Length(a, b))?,
            "count" => self.range(value).map(|(a, b)| Rule::Count(a, b))?,
            "near-now" => match value.plain().and_then(number).and_then(|n| i64::try_from(n).ok()) {
                Some(n) => Rule::NearNow(n),
                None => {
                    self.error(at, "`near-now` is a tolerance in seconds");
                    return None;
                }
            },
            "type" => match value.text().and_then(ItemType::from_name) {
                Some(t) => Rule::Type(t),
                None => {
                    self.error(at, "`type` is the XML name of an item type: TextString, Enumeration, ...");
                    return None;
                }
            },
            "same-bytes-as" => {
                let name = value.text().map(|t| t.strip_prefix('$').unwrap_or(t)).unwrap_or_default();
                self.use_name(name, at);
                Rule::SameBytesAs(name.to_owned())
            }
            "includes" => Rule::ContainsText(self.text_parts(value.text().unwrap_or_default(), at)),
            "contains" if names::is_mask(target.tag) => match self.equal(target, value)? {
                Rule::Equal(Build::Fixed(item)) => match item.value() {
                    Some(kmipspec_protocol::ttlv::Value::Integer(bits)) => Rule::Bits(bits),
                    _ => return None,
                },
                _ => return None,
            },
            "contains" => Rule::Contains(self.one_or_more(target, value)),
            "contains-none" => Rule::ContainsNone(self.one_or_more(target, value)),
            "unordered" => Rule::Unordered(self.one_or_more(target, value)),
            _ => {
                let help = did_you_mean(&e.key, MATCHER_KEYS.iter().copied())
                    .or_else(|| Some(format!("known matchers: {}", MATCHER_KEYS.join(", "))));
                let message = format!("unknown matcher `{}`", e.key);
                self.errors.push(super::diagnostic::Diagnostic::new(&e.key_at, message).with_help(help));
                return None;
            }
        })
    }

    /// `5`, `[1, 5]` or `{min: 1, max: 5}`.
    fn range(&mut self, node: &Node) -> Option<(Option<i128>, Option<i128>)> {
        let n = |n: &Node| n.plain().and_then(number);
        let found = match &node.kind {
            Kind::Scalar { .. } => n(node).map(|x| (Some(x), Some(x))),
            Kind::List(l) => match l.as_slice() {
                [a, b] => n(a).zip(n(b)).map(|(a, b)| (Some(a), Some(b))),
                _ => None,
            },
            Kind::Map(m) if m.iter().all(|e| matches!(e.key.as_str(), "min" | "max") && n(&e.value).is_some()) => {
                Some((node.get("min").and_then(n), node.get("max").and_then(n)))
            }
            _ => None,
        };
        if found.is_none() {
            self.error(&node.place, "a number, `[from, to]` or `{min: 1, max: 5}`");
        }
        found
    }

    /// What is expected of one batch item; `None`: it must not be returned.
    pub fn expected_item(&mut self, node: &Node, operation: Option<&'static schema::OperationRow>) -> Option<Matcher> {
        let resolved = self.at_version(node);
        let at = &node.place;
        let Some(node) = resolved else { return Some(plain(tag::BATCH_ITEM, at, Rule::Any)) };
        if node.plain() == Some("absent") {
            return None;
        }
        if node.plain() == Some("any") {
            return Some(plain(tag::BATCH_ITEM, at, Rule::Any));
        }
        if node.plain() == Some("maybe") {
            return Some(Matcher { level: Some(Level::May), ..plain(tag::BATCH_ITEM, at, Rule::Any) });
        }
        if node.get("absent").is_some() {
            let level = node.get("level").and_then(|l| self.level(l));
            return Some(Matcher { level, ..plain(tag::BATCH_ITEM, at, Rule::Absent) });
        }
        let Some(entries) = node.map() else {
            self.error(at, "the expectation of a batch item is a map, `any` or `absent`");
            return Some(plain(tag::BATCH_ITEM, at, Rule::Any));
        };
        let mut fields: Vec<(Field, Matcher)> = Vec::new();
        let (mut level, mut undecided, mut any_of) = (None, None, None);
        let implied = if node.get("reason").is_some() { 1 } else { 0 };
        if node.get("status").is_none() && node.get("any-of").is_none() && node.get("item").is_none() {
            let status = Rule::Equal(Build::Fixed(Item::enumeration(tag::RESULT_STATUS, implied)));
            fields.push((Field::Tagged(tag::RESULT_STATUS), plain(tag::RESULT_STATUS, &node.place, status)));
        }
        for e in entries {
            let simple = match e.key.as_str() {
                "status" => tag::RESULT_STATUS,
                "reason" => tag::RESULT_REASON,
                "message" => tag::RESULT_MESSAGE,
                "operation" => tag::OPERATION,
                "id" => tag::UNIQUE_BATCH_ITEM_ID,
                "payload" => {
                    let layout = operation.and_then(|o| o.layout(self.version)).and_then(|l| l.response);
                    if let Some(m) = self.expected_payload(&e.value, layout) {
                        fields.push((Field::Tagged(tag::RESPONSE_PAYLOAD), m));
                    }
                    continue;
                }
                "item" => {
                    let more = self.expected_fields(&e.value, "a batch item", None);
                    fields.extend(more);
                    continue;
                }
                "any-of" => {
                    let list = e.value.list().unwrap_or_default();
                    if list.is_empty() {
                        self.error(&e.value.place, "`any-of` is a list of expectations");
                    }
                    let mut alternatives = Vec::new();
                    for node in list {
                        let Some(alternative) = self.expected_item(node, operation) else { continue };
                        if alternative.level.is_some() || alternative.undecided.is_some() {
                            self.error(
                                &node.place,
                                "`level` and `undecided` of a whole alternative say nothing: write them beside `any-of`, or at a field",
                            );
                        }
                        alternatives.push(alternative);
                    }
                    any_of = Some(plain(tag::BATCH_ITEM, &e.value.place, Rule::OneOf(alternatives)));
                    continue;
                }
                "level" => {
                    level = self.level(&e.value);
                    continue;
                }
                "undecided" => {
                    undecided = e.value.text().map(str::to_owned);
                    continue;
                }
                _ => {
                    let help = did_you_mean(&e.key, ITEM_KEYS.iter().copied())
                        .or_else(|| Some(format!("known keys: {}", ITEM_KEYS.join(", "))));
                    let message = format!("unknown key `{}` in the expectation of a batch item", e.key);
                    self.errors.push(super::diagnostic::Diagnostic::new(&e.key_at, message).with_help(help));
                    continue;
                }
            };
            if let Some(m) = self.matcher(Target { tag: simple, types: &[], attribute_name: false }, &e.value) {
                fields.push((Field::Tagged(simple), m));
            }
        }
        let mut m = match any_of {
            None => plain(tag::BATCH_ITEM, &node.place, Rule::Fields(fields)),
            Some(any_of) if fields.is_empty() => any_of,
            Some(any_of) => {
                let both = vec![plain(tag::BATCH_ITEM, &node.place, Rule::Fields(fields)), any_of];
                plain(tag::BATCH_ITEM, &node.place, Rule::All(both))
            }
        };
        m.level = level;
        m.undecided = undecided;
        Some(m)
    }

    fn expected_payload(&mut self, node: &Node, layout: Option<&'static [schema::Field]>) -> Option<Matcher> {
        let node = self.at_version(node)?;
        let target = Target { tag: tag::RESPONSE_PAYLOAD, types: &[], attribute_name: false };
        match node.map() {
            Some(m) if !is_matcher(m) => {
                let fields = self.expected_fields(node, "the response payload", layout);
                Some(plain(target.tag, &node.place, Rule::Fields(fields)))
            }
            _ => self.matcher(target, node),
        }
    }

    /// That an operation succeeded, when nothing is stated.
    pub fn success(&self, at: &Place) -> Matcher {
        let status = Rule::Equal(Build::Fixed(Item::enumeration(tag::RESULT_STATUS, 0)));
        let fields = vec![(Field::Tagged(tag::RESULT_STATUS), plain(tag::RESULT_STATUS, at, status))];
        plain(tag::BATCH_ITEM, at, Rule::Fields(fields))
    }
}

fn plain(tag: Tag, at: &Place, rule: Rule) -> Matcher {
    Matcher { rule, tag, place: at.clone(), level: None, undecided: None }
}

/// Whether a map is a matcher: its keys are lower case, while KMIP names begin with a capital and custom attributes with `x-`, `y-`.
fn is_matcher(entries: &[Entry]) -> bool {
    entries.first().is_some_and(|e| {
        e.key.starts_with(|c: char| c.is_ascii_lowercase()) && !e.key.starts_with("x-") && !e.key.starts_with("y-")
    })
}

fn is_absent(node: &Node) -> bool {
    node.plain() == Some("absent") || node.get("absent").is_some()
}
