//! What the author wrote to items of one version: names to numbers, fields in the order of the standard's tables.

use super::attributes::{Container, Named, lower_reference};
use super::build::{Build, Part, hex, is_name, parts};
use super::diagnostic::{Diagnostic, Place, did_you_mean};
use super::names::{self, Unknown};
use super::node::{Entry, Kind, Node, number};
use super::scalar::words;
use super::version_set::VersionSet;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::{self, Field};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;

/// What lowering knows and collects.
pub struct Lowering {
    /// The version lowered for.
    pub version: Version,
    /// Names bound by the steps before this point, and where.
    pub bound: BTreeMap<String, Place>,
    /// What is wrong.
    pub errors: Vec<Diagnostic>,
}

impl Lowering {
    /// Nothing bound, nothing wrong.
    pub fn new(version: Version) -> Self {
        Self { version, bound: BTreeMap::new(), errors: Vec::new() }
    }

    /// Records an error.
    pub fn error(&mut self, at: &Place, message: impl Into<String>) {
        self.errors.push(Diagnostic::new(at, message));
    }

    /// Records a name that cannot be used.
    pub fn unknown(&mut self, at: &Place, unknown: Unknown) {
        self.errors.push(Diagnostic::new(at, unknown.message).with_help(unknown.help));
    }

    /// Follows splits by version: the branch for this version, the node itself, or `None` when no branch holds.
    pub fn at_version<'n>(&mut self, node: &'n Node) -> Option<&'n Node> {
        let mut node = node;
        while let Some(entries) = node.map().filter(|m| m.first().is_some_and(|e| VersionSet::looks_like(&e.key))) {
            node = self.branch(entries)?;
        }
        Some(node)
    }

    fn branch<'n>(&mut self, entries: &'n [Entry]) -> Option<&'n Node> {
        let mut found: Option<&Entry> = None;
        for e in entries {
            match VersionSet::parse(&e.key) {
                Err(m) => self.error(&e.key_at, m),
                Ok(set) if set.contains(self.version) => {
                    if let Some(first) = found {
                        self.error(&e.key_at, format!("KMIP {} is already in `{}`", self.version, first.key));
                    }
                    found = found.or(Some(e));
                }
                Ok(_) => {}
            }
        }
        found.map(|e| &e.value)
    }

    /// Text with variables; every variable must be bound by an earlier step.
    pub fn text_parts(&mut self, text: &str, at: &Place) -> Vec<Part> {
        match parts(text) {
            Ok(parts) => {
                for p in &parts {
                    if let Part::Var(name) = p {
                        self.use_name(name, at);
                    }
                }
                parts
            }
            Err(m) => {
                self.error(at, m);
                Vec::new()
            }
        }
    }

    /// Checks that a name is bound before it is used.
    pub fn use_name(&mut self, name: &str, at: &Place) {
        if !self.bound.contains_key(name) {
            let help = did_you_mean(name, self.bound.keys().map(String::as_str));
            let help = help.or_else(|| Some("an earlier step must bind it: `{bind: name}` in its `expect`".to_owned()));
            self.errors.push(Diagnostic::new(at, format!("`${name}` is not bound here")).with_help(help));
        }
    }

    /// Binds a name for the steps that follow.
    pub fn bind_name(&mut self, name: &str, at: &Place) {
        if !is_name(name) {
            self.error(at, format!("`{name}` is not a variable name (lower case letters, digits, `-`, `_`)"));
        } else if name == "run" || name == "n" {
            self.error(at, format!("`{name}` is taken"));
        } else if let Some(first) = self.bound.get(name).filter(|first| *first != at) {
            let message = format!("`{name}` is already bound at line {}", first.line);
            self.error(at, message);
        } else {
            self.bound.insert(name.to_owned(), at.clone());
        }
    }

    /// Lowers the fields of a structure in table order. Without a table the author's order stays.
    pub fn fields(&mut self, node: &Node, what: &str, layout: Option<&'static [Field]>) -> Vec<Build> {
        let Some(node) = self.at_version(node) else { return Vec::new() };
        let entries = match &node.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Null => &[],
            _ => {
                self.error(&node.place, format!("{what} is a map of its fields, not {}", node.kind_name()));
                return Vec::new();
            }
        };
        let mut placed: Vec<(usize, Build)> = Vec::new();
        for e in entries {
            self.field(e, what, layout, &mut placed);
        }
        // Stable: fields of one kind, and those no table knows, keep the author's order.
        placed.sort_by_key(|(rank, _)| *rank);
        placed.into_iter().map(|(_, b)| b).collect()
    }

    fn field(&mut self, e: &Entry, what: &str, layout: Option<&'static [Field]>, out: &mut Vec<(usize, Build)>) {
        let Some(value) = self.at_version(&e.value) else { return };
        if value.plain() == Some("absent") {
            return;
        }
        // 3.0 knows no other order, so there is nothing to ask for.
        if e.key == "BatchOrderOption" && value.plain() == Some("true") && self.version >= Version::V3_0 {
            return;
        }
        let rank = |tag: Tag| layout.and_then(|l| l.iter().position(|f| f.takes(tag))).unwrap_or(usize::MAX);
        if let Some(container) = layout.and_then(|l| container_of(&e.key, l)) {
            let tag = match container {
                Container::Template(t) | Container::Own(t) => t,
                Container::Bare => tag::ATTRIBUTE,
            };
            if let Some(attributes) = self.attributes(value) {
                out.push((rank(tag), Build::Attributes { container, attributes }));
                return;
            }
        }
        if e.key == "AttributeName" && layout.is_some_and(is_reference_list) {
            for (named, _) in self.attribute_names(value) {
                let item = lower_reference(&named, self.version);
                out.push((rank(item.tag), Build::Fixed(item)));
            }
            return;
        }
        let tag = match names::tag(&e.key, self.version) {
            // Re-key Key Pair at 3.0 says Unique Identifier of the private key.
            Ok(tag::PRIVATE_KEY_UNIQUE_IDENTIFIER)
                if self.version >= Version::V3_0
                    && layout.is_some_and(|l| l.iter().any(|f| f.takes(tag::UNIQUE_IDENTIFIER))) =>
            {
                tag::UNIQUE_IDENTIFIER
            }
            Ok(tag) => tag,
            Err(u) => return self.unknown(&e.key_at, u),
        };
        let field = layout.and_then(|l| l.iter().find(|f| f.takes(tag)));
        if let (Some(l), None, false) = (layout, field, e.key.starts_with("0x")) {
            let help = did_you_mean(&e.key, l.iter().map(|f| f.name));
            let known = l.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
            let help =
                help.or_else(|| Some(format!("its fields: {known}; to send it all the same write 0x{:06X}", tag.0)));
            let message = format!("{what} of KMIP {} has no field `{}`", self.version, e.key);
            self.errors.push(Diagnostic::new(&e.key_at, message).with_help(help));
            return;
        }
        let types = field.map_or(&[][..], |f| f.types);
        for b in self.values(tag, value, types) {
            out.push((rank(tag), b));
        }
    }

    /// Lowers one value, or each of a list of them, to items with that tag.
    pub fn values(&mut self, tag: Tag, node: &Node, narrow: &'static [ItemType]) -> Vec<Build> {
        match node.list() {
            Some(list) if !names::is_mask(tag) => {
                let mut out = Vec::new();
                for n in list {
                    if let Some(n) = self.at_version(n) {
                        out.extend(self.value(tag, n, narrow));
                    }
                }
                out
            }
            _ => self.value(tag, node, narrow).into_iter().collect(),
        }
    }

    /// Lowers one value to an item with that tag.
    pub fn value(&mut self, tag: Tag, node: &Node, narrow: &'static [ItemType]) -> Option<Build> {
        let node = self.at_version(node)?;
        if let Some([Entry { key, value, key_at }]) = node.map() {
            if let Some(ty) = ItemType::from_name(key).filter(|_| !names::is_tag(key)) {
                return self.forced(tag, ty, value);
            }
            if key == "fill" {
                return self.fill(tag, value, key_at);
            }
        }
        let types = if narrow.is_empty() { names::types(tag, self.version) } else { narrow };
        match &node.kind {
            Kind::Null => {
                self.error(&node.place, format!("{} has no value; write `\"\"` or `{{}}`", names::tag_name(tag)));
                None
            }
            Kind::Map(_) => self.structure(tag, node, types),
            Kind::List(list) => self.mask(tag, list),
            Kind::Scalar { text, .. } => self.scalar(tag, types, node, text),
        }
    }

    fn structure(&mut self, tag: Tag, node: &Node, types: &[ItemType]) -> Option<Build> {
        let name = names::tag_name(tag);
        if !types.is_empty() && !types.contains(&ItemType::STRUCTURE) {
            self.error(&node.place, format!("{name} is {}, not a structure", words(types)));
            return None;
        }
        let layout = self.layout_of(tag, node);
        let items = self.fields(node, &name, layout);
        Some(Build::Structure { tag, items })
    }

    /// The table of a structure at this version; of several, the first that has every field named.
    pub fn layout_of(&self, tag: Tag, node: &Node) -> Option<&'static [Field]> {
        let row = schema::structure_row(tag)?;
        let keys: Vec<Tag> = node.map()?.iter().filter_map(|e| names::known_tag(&e.key, self.version)).collect();
        let fits = |fields: &[Field]| keys.iter().all(|k| fields.iter().any(|f| f.takes(*k)));
        let mut tables = row.layouts_at(self.version).filter(|l| !l.fields.is_empty());
        let first = tables.next()?;
        Some(std::iter::once(first).chain(tables).find(|l| fits(l.fields)).unwrap_or(first).fields)
    }

    fn mask(&mut self, tag: Tag, list: &[Node]) -> Option<Build> {
        let names: Vec<&str> = list.iter().filter_map(Node::text).collect();
        match names::mask(tag, &names, self.version) {
            Ok(bits) => Some(Build::Fixed(Item::integer(tag, bits))),
            Err(u) => {
                let at = list.iter().find(|n| n.text().is_some_and(|t| u.message.contains(&format!("`{t}`"))));
                if let Some(at) = at.or(list.first()) {
                    self.unknown(&at.place, u);
                }
                None
            }
        }
    }

    /// `{TextString: x}`: the item type as written, whatever the tables say.
    fn forced(&mut self, tag: Tag, ty: ItemType, node: &Node) -> Option<Build> {
        let node = self.at_version(node)?;
        if ty == ItemType::STRUCTURE {
            let items = self.fields(node, &names::tag_name(tag), None);
            return Some(Build::Structure { tag, items });
        }
        match node.text() {
            Some(text) => self.typed_scalar(tag, ty, node, text),
            None => {
                self.error(&node.place, format!("a {ty} is a scalar, not {}", node.kind_name()));
                None
            }
        }
    }

    /// `{fill: {byte: "61", length: 100000}}`: a long Byte String or Text String.
    fn fill(&mut self, tag: Tag, node: &Node, at: &Place) -> Option<Build> {
        let byte = node.get("byte").and_then(Node::text).and_then(hex).filter(|b| b.len() == 1);
        let length = node.get("length").and_then(Node::plain).and_then(number).and_then(|n| usize::try_from(n).ok());
        let (Some(byte), Some(length @ ..=0x0400_0000)) = (byte, length) else {
            self.error(at, "`fill` is `{byte: \"61\", length: 100000}`, 64 MiB at most");
            return None;
        };
        let bytes = byte.repeat(length);
        let text = names::types(tag, self.version).contains(&ItemType::TEXT_STRING);
        Some(Build::Fixed(match String::from_utf8(bytes) {
            Ok(t) if text => Item::text(tag, t),
            Ok(t) => Item::bytes(tag, t.into_bytes()),
            Err(e) => Item::bytes(tag, e.into_bytes()),
        }))
    }

    /// The common notation: a map from attribute name to value or list of values. `None`: it is written the way of one version.
    pub fn attributes(&mut self, node: &Node) -> Option<Vec<(Named, Build)>> {
        let entries = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => return Some(Vec::new()),
            _ => return None,
        };
        if entries.iter().any(|e| matches!(e.key.as_str(), "AttributeName" | "AttributeValue" | "Attribute")) {
            return None;
        }
        let mut out = Vec::new();
        for e in entries {
            let Some(value) = self.at_version(&e.value) else { continue };
            // What 3.0 writes otherwise is made from the form of 2.1.
            let read_at = match e.key.as_str() {
                "Name" | "Link" | "ObjectGroup" => self.version.min(Version::V2_1),
                _ => self.version,
            };
            match Named::read(&e.key, read_at) {
                Err(u) => self.unknown(&e.key_at, u),
                Ok(named) => {
                    let tag = named.value_tag();
                    let version = std::mem::replace(&mut self.version, read_at);
                    let values = self.values(tag, value, &[]);
                    self.version = version;
                    for b in values {
                        out.push((named.clone(), b));
                    }
                }
            }
        }
        Some(out)
    }

    /// A list of attribute names in the common notation, with their places.
    pub fn attribute_names(&mut self, node: &Node) -> Vec<(Named, Place)> {
        let list = node.list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
        let mut out = Vec::new();
        for n in &list {
            let Some(n) = self.at_version(n) else { continue };
            // `{TextString: no such attribute}` is sent as it stands.
            if let Some(text) = n.get("TextString").and_then(Node::text) {
                out.push((Named::Verbatim(text.to_owned()), n.place.clone()));
                continue;
            }
            match n.text() {
                None => self.error(&n.place, "an attribute name is a scalar"),
                Some(text) => match Named::read(text, self.version) {
                    Ok(named) => out.push((named, n.place.clone())),
                    Err(u) => self.unknown(&n.place, u),
                },
            }
        }
        out
    }
}

/// What the common keys become in a structure with these fields.
pub fn container_of(key: &str, layout: &[Field]) -> Option<Container> {
    let has = |tag: Tag| layout.iter().any(|f| f.tags.contains(&tag));
    let (own, template) = match key {
        "Attributes" => (tag::ATTRIBUTES, Some(tag::TEMPLATE_ATTRIBUTE)),
        "CommonAttributes" => (tag::COMMON_ATTRIBUTES, Some(tag::COMMON_TEMPLATE_ATTRIBUTE)),
        "PrivateKeyAttributes" => (tag::PRIVATE_KEY_ATTRIBUTES, Some(tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE)),
        "PublicKeyAttributes" => (tag::PUBLIC_KEY_ATTRIBUTES, Some(tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE)),
        "Attribute" if has(tag::NEW_ATTRIBUTE) => (tag::NEW_ATTRIBUTE, None),
        "Attribute" if has(tag::CURRENT_ATTRIBUTE) => (tag::CURRENT_ATTRIBUTE, None),
        "Attribute" if has(tag::ATTRIBUTE) => return Some(Container::Bare),
        "NewAttribute" => (tag::NEW_ATTRIBUTE, None),
        "CurrentAttribute" => (tag::CURRENT_ATTRIBUTE, None),
        _ => return None,
    };
    if has(own) {
        return Some(Container::Own(own));
    }
    match template {
        Some(t) if has(t) => Some(Container::Template(t)),
        Some(_) if key == "Attributes" && has(tag::ATTRIBUTE) => Some(Container::Bare),
        _ => None,
    }
}

/// Whether a structure lists attribute names: Attribute Name of 1.x (not the one inside Attribute), Attribute Reference of 2.x.
pub fn is_reference_list(layout: &[Field]) -> bool {
    let has = |tag: Tag| layout.iter().any(|f| f.tags.contains(&tag));
    has(tag::ATTRIBUTE_REFERENCE) || has(tag::ATTRIBUTE_NAME) && !has(tag::ATTRIBUTE_VALUE)
}
