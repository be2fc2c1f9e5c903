//! The checker: walks a message once and reports every rule it breaks.
//!
//! It works on whatever was received. Where lengths are wrong, what follows in the message cannot be trusted: the
//! content rules end at the first such fault, so that one fault is one report.

mod attribute;
mod encoding;
mod exchange;
mod fields;
mod message;
mod value;

pub use encoding::item_type_since;

use super::path::path_of;
use super::rules::{ATTRIBUTE_REPEATED, SECOND_HAND};
use super::{Direction, Rule, Violation};
use crate::registry::tag;
use crate::spec_ref::{SpecRef, kmip};
use crate::ttlv::{Doc, ItemRef};
use crate::version::{ProtocolVersion, Version};
use std::collections::HashSet;

/// Violations kept of one message; a message of garbage would have one per item.
pub const MAX_VIOLATIONS: usize = 256;

/// What a response is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The version of the request.
    pub version: Version,
    /// The request, when there is one to compare with.
    pub request: Option<&'a Doc<'a>>,
}

/// Every rule a response breaks, in the order of the message.
///
/// The tables are those of the request's version. A response that states another version is recorded under
/// `schema.response-version`; when it is older, or of another major version, its own tables are used: nothing in the
/// text forbids to answer so. A newer minor version does not let fields through that the client cannot know (1.0 §6.1).
pub fn check_response(doc: &Doc<'_>, cx: &Context<'_>) -> Vec<Violation> {
    let stated = doc.root().and_then(stated_version);
    let version = match stated.and_then(ProtocolVersion::known) {
        Some(v) if v.major() != cx.version.major() || v < cx.version => v,
        _ => cx.version,
    };
    let mut check = Check::new(doc, version, Direction::Response);
    check.run();
    check.exchange(cx, stated);
    if cx.request.is_some_and(asks_twice) {
        // What was named twice may come twice: the fault of the request has a row in the error tables.
        check.found.retain(|v| v.rule.id != ATTRIBUTE_REPEATED.id);
    }
    check.finish()
}

/// Whether a request names an attribute twice in one list of names.
fn asks_twice(request: &Doc<'_>) -> bool {
    let mut seen = HashSet::new();
    let names = request.items().filter(|i| matches!(i.tag(), tag::ATTRIBUTE_NAME | tag::ATTRIBUTE_REFERENCE));
    names.map(|i| (i.parent().map(ItemRef::index), i.raw())).any(|name| !seen.insert(name))
}

/// Every rule a request breaks, in the order of the message.
pub fn check_request(doc: &Doc<'_>, version: Version) -> Vec<Violation> {
    let mut check = Check::new(doc, version, Direction::Request);
    check.run();
    check.finish()
}

/// Protocol Version of a message's header.
fn stated_version(root: ItemRef<'_>) -> Option<ProtocolVersion> {
    let header = root.child(tag::RESPONSE_HEADER).or_else(|| root.child(tag::REQUEST_HEADER))?;
    let version = header.child(tag::PROTOCOL_VERSION)?;
    Some(ProtocolVersion {
        major: version.child(tag::PROTOCOL_VERSION_MAJOR)?.as_i32()?,
        minor: version.child(tag::PROTOCOL_VERSION_MINOR)?.as_i32()?,
    })
}

/// The number of the section whose table was applied.
type Table = Option<&'static str>;

/// One run over one message.
struct Check<'d> {
    doc: &'d Doc<'d>,
    version: Version,
    direction: Direction,
    /// Items from this offset on are not to be trusted.
    horizon: usize,
    /// What is known of the place of each item, by its index; filled by its structure.
    places: Vec<fields::Place>,
    found: Vec<Violation>,
}

impl<'d> Check<'d> {
    fn new(doc: &'d Doc<'d>, version: Version, direction: Direction) -> Self {
        Self { doc, version, direction, horizon: usize::MAX, places: Vec::new(), found: Vec::new() }
    }

    /// Rules about the message alone.
    fn run(&mut self) {
        self.encoding();
        self.walk();
        self.message();
    }

    /// Whether content rules may look at an item: its header is before the first fault of length.
    fn trusted(&self, item: ItemRef<'_>) -> bool {
        item.offset() < self.horizon && !item.is_tail()
    }

    /// Whether a structure is whole, so that what is missing in it is missing.
    fn whole(&self, item: ItemRef<'_>) -> bool {
        self.trusted(item) && item.end() < self.horizon
    }

    /// The structures of the message with this tag, as far as they can be trusted.
    fn top(&self, tag: crate::ttlv::Tag) -> impl Iterator<Item = ItemRef<'d>> + use<'d> {
        let horizon = self.horizon;
        let root = self.doc.root();
        root.into_iter().flat_map(ItemRef::children).filter(move |c| c.tag() == tag && c.offset() < horizon)
    }

    fn report(
        &mut self,
        rule: &'static Rule,
        item: ItemRef<'_>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.report_by(rule, None, item, expected, actual);
    }

    /// Reports, with the section of the table that was applied.
    fn report_by(
        &mut self,
        rule: &'static Rule,
        table: Table,
        item: ItemRef<'_>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if !self.full() {
            let (path, table) = (path_of(item), self.section(table));
            let (expected, actual) = (expected.into(), actual.into());
            self.keep(Violation { rule, path, offset: item.offset(), expected, actual, table });
        }
    }

    /// A section of the specification at the version of the message.
    fn section(&self, table: Table) -> Option<SpecRef> {
        table.map(|section| kmip(self.version, section))
    }

    /// Whether nothing more is kept. Asked before a path is made, which costs a look at all siblings.
    fn full(&self) -> bool {
        self.found.len() >= MAX_VIOLATIONS
    }

    /// Reports the lack of a child.
    fn report_missing(&mut self, rule: &'static Rule, parent: ItemRef<'_>, name: &str, expected: impl Into<String>) {
        self.report_missing_by(rule, None, parent, name, expected);
    }

    /// Reports the lack of a child, with the section of the table that asks for it.
    fn report_missing_by(
        &mut self,
        rule: &'static Rule,
        table: Table,
        parent: ItemRef<'_>,
        name: &str,
        expected: impl Into<String>,
    ) {
        if !self.full() {
            let path = format!("{}/{name}", path_of(parent));
            let (expected, actual) = (expected.into(), "absent".to_owned());
            self.keep(Violation { rule, path, offset: parent.offset(), expected, actual, table: self.section(table) });
        }
    }

    /// Keeps a violation, as long as there is room.
    fn keep(&mut self, mut violation: Violation) {
        if self.full() {
            return;
        }
        // No primary text of 3.0 stands behind the tables; the encoding rules are the same ever since 1.0.
        if self.version >= Version::V3_0 && violation.rule.id.starts_with("schema.") {
            violation.expected = format!("{} ({})", violation.expected, violation.rule.id);
            violation.rule = &SECOND_HAND;
        }
        self.found.push(violation);
    }

    fn finish(mut self) -> Vec<Violation> {
        self.found.sort_by_key(|v| v.offset);
        self.found
    }
}
