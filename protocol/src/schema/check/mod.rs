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

use super::path::path_of;
use super::rules::SECOND_HAND;
use super::{Direction, Rule, Violation};
use crate::registry::tag;
use crate::ttlv::{Doc, ItemRef};
use crate::version::{ProtocolVersion, Version};

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
    check.finish()
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
        if !self.full() {
            self.report_at(rule, path_of(item), item.offset(), expected, actual);
        }
    }

    /// Whether nothing more is kept. Asked before a path is made, which costs a look at all siblings.
    fn full(&self) -> bool {
        self.found.len() >= MAX_VIOLATIONS
    }

    /// Reports the lack of a child.
    fn report_missing(&mut self, rule: &'static Rule, parent: ItemRef<'_>, name: &str, expected: impl Into<String>) {
        if !self.full() {
            self.report_at(rule, format!("{}/{name}", path_of(parent)), parent.offset(), expected, "absent");
        }
    }

    fn report_at(
        &mut self,
        rule: &'static Rule,
        path: String,
        offset: usize,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if self.full() {
            return;
        }
        let (expected, actual) = (expected.into(), actual.into());
        // No primary text of 3.0 stands behind the tables; the encoding rules are the same ever since 1.0.
        if self.version >= Version::V3_0 && rule.id.starts_with("schema.") {
            let expected = format!("{expected} ({})", rule.id);
            self.found.push(Violation { rule: &SECOND_HAND, path, offset, expected, actual });
        } else {
            self.found.push(Violation { rule, path, offset, expected, actual });
        }
    }

    fn finish(mut self) -> Vec<Violation> {
        self.found.sort_by_key(|v| v.offset);
        self.found
    }
}
