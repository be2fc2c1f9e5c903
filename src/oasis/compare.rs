//! An answer against the published one: equal, but for what is permitted.

use super::case::{Case, Kin, Node, after_now};
use super::memory::Memory;
use super::query;
use super::request::{Asked, learn};
use super::variation::{Used, Variation};
use super::varying::{Within, is_fleeting, may_vary};
use crate::scenario::names::{show, show_value, tag_name};
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::schema::path_of;
use kmipspec_protocol::ttlv::{ItemRef, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;

/// Seconds a date may be away from the time it is counted from: the exchange takes time, and clocks differ.
const CLOCKS: i64 = 120;

/// Where an answer is not the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Path of the item, or of the one it should be in.
    pub(super) path: String,
    /// Its offset in the answer.
    pub(super) offset: usize,
    /// What was published.
    pub(super) expected: String,
    /// What came.
    pub(super) actual: String,
}

impl Difference {
    /// Two values of one item.
    fn of(item: ItemRef<'_>, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self { path: path_of(item), offset: item.offset(), expected: expected.into(), actual: actual.into() }
    }

    /// A field that is not there.
    pub(super) fn missing(parent: ItemRef<'_>, field: Tag) -> Self {
        Self::of(parent, format!("a field {}", tag_name(field)), "no such field")
    }

    /// A field that was not published.
    pub(super) fn unexpected(field: ItemRef<'_>) -> Self {
        Self::of(field, "no such field", show(field))
    }
}

/// What an exchange came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// As published.
    Equal,
    /// Not as published.
    Different(Difference),
    /// An answer at once where the published one is pending: the rest of the case has nothing to poll.
    Synchronous,
}

/// One exchange, with what was learned before it.
#[derive(Clone)]
pub(super) struct Comparison<'a> {
    /// The file.
    case: &'a Case,
    /// What the peer has told; changed as the comparison goes on.
    memory: Memory,
    /// Variations used.
    used: Used,
    /// Whether the server may hold objects that the case did not make.
    shared_server: bool,
}

impl<'a> Comparison<'a> {
    /// A comparison that begins with what was told before.
    pub(super) fn new(case: &'a Case, memory: Memory, shared_server: bool) -> Self {
        Self { case, memory, used: Used::new(), shared_server }
    }

    /// What the peer has told by now, and the variations used.
    pub(super) fn finish(self) -> (Memory, Used) {
        (self.memory, self.used)
    }

    /// The version of the case.
    pub(super) fn version(&self) -> Version {
        self.case.version
    }

    /// Notes a variation.
    pub(super) fn used(&mut self, variation: Variation) {
        self.used.insert(variation);
    }

    /// Holds a whole answer against the published one.
    pub(super) fn message(&mut self, expected: &Node, request: ItemRef<'_>, actual: ItemRef<'_>) -> Judged {
        match self.message_inner(expected, request, actual) {
            Ok(true) => Judged::Equal,
            Ok(false) => {
                self.used(Variation::Synchronous);
                Judged::Synchronous
            }
            Err(difference) => Judged::Different(difference),
        }
    }

    /// `false`: the answer came at once.
    fn message_inner(
        &mut self,
        expected: &Node,
        request: ItemRef<'_>,
        actual: ItemRef<'_>,
    ) -> Result<bool, Difference> {
        if actual.tag() != expected.tag {
            return Err(Difference::of(actual, tag_name(expected.tag), tag_name(actual.tag())));
        }
        let items: Vec<ItemRef<'_>> = actual.children().filter(|c| c.tag() == tag::BATCH_ITEM).collect();
        let asked: Vec<ItemRef<'_>> = request.children().filter(|c| c.tag() == tag::BATCH_ITEM).collect();
        let published: Vec<&Node> = expected.children.iter().filter(|c| c.tag == tag::BATCH_ITEM).collect();
        // What an item failed with says more than that the number of items differs.
        for (node, item) in published.iter().zip(&items) {
            self.status(node, *item)?;
        }
        self.header(expected, actual)?;
        if items.len() != published.len() {
            let told = |n: usize| format!("{n} batch items");
            return Err(Difference::of(actual, told(published.len()), told(items.len())));
        }
        for (place, node) in published.iter().enumerate() {
            let Some((item, question)) = same_item(node, place, &items, &asked) else {
                return Err(Difference::missing(actual, tag::BATCH_ITEM));
            };
            if !self.item(node, question, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Version and count as published, a time stamp, correlation values where shown.
    fn header(&mut self, expected: &Node, actual: ItemRef<'_>) -> Result<(), Difference> {
        let Some(header) = actual.child(tag::RESPONSE_HEADER) else {
            return Err(Difference::missing(actual, tag::RESPONSE_HEADER));
        };
        let Some(published) = expected.child(tag::RESPONSE_HEADER) else { return Ok(()) };
        if header.child(tag::TIME_STAMP).is_none_or(|t| t.ty() != ItemType::DATE_TIME) {
            return Err(Difference::missing(header, tag::TIME_STAMP));
        }
        let asked = Asked::default();
        for field in [tag::PROTOCOL_VERSION, tag::BATCH_COUNT, tag::CLIENT_CORRELATION_VALUE] {
            let Some(node) = published.child(field) else { continue };
            let item = header.child(field).ok_or_else(|| Difference::missing(header, field))?;
            self.compare(node, item, &asked, Within::default())?;
        }
        if let (Some(node), Some(item)) =
            (published.child(tag::SERVER_CORRELATION_VALUE), header.child(tag::SERVER_CORRELATION_VALUE))
        {
            self.compare(node, item, &asked, Within::default())?;
        }
        Ok(())
    }

    /// The status alone; success in place of pending is left to [`Self::item`].
    fn status(&mut self, expected: &Node, actual: ItemRef<'_>) -> Result<(), Difference> {
        let Some(status) = actual.child(tag::RESULT_STATUS) else {
            return Err(Difference::missing(actual, tag::RESULT_STATUS));
        };
        let published = expected.child(tag::RESULT_STATUS).and_then(number);
        if published == status.as_u32() || at_once(published, status.as_u32()) {
            return Ok(());
        }
        let mut came = show(status);
        for more in [tag::RESULT_REASON, tag::RESULT_MESSAGE] {
            if let Some(item) = actual.child(more) {
                came = format!("{came}, {}", show(item));
            }
        }
        let wanted = expected.child(tag::RESULT_STATUS).map_or("", |s| s.text.as_str());
        let reason = expected.child(tag::RESULT_REASON).map_or(String::new(), |r| format!(", {}", r.text));
        Err(Difference::of(status, format!("{wanted}{reason}"), came))
    }

    /// One batch item; `false`: it came at once.
    fn item(
        &mut self,
        expected: &Node,
        question: Option<ItemRef<'_>>,
        actual: ItemRef<'_>,
    ) -> Result<bool, Difference> {
        self.status(expected, actual)?;
        let status = actual.child(tag::RESULT_STATUS).and_then(ItemRef::as_u32);
        if at_once(expected.child(tag::RESULT_STATUS).and_then(number), status) {
            return Ok(false);
        }
        let asked = Asked::of(question, &self.memory);
        for field in [tag::OPERATION, tag::RESULT_REASON, tag::ASYNCHRONOUS_CORRELATION_VALUE] {
            let Some(node) = expected.child(field) else { continue };
            let item = actual.child(field).ok_or_else(|| Difference::missing(actual, field))?;
            self.compare(node, item, &asked, Within::default())?;
        }
        if actual.child(tag::MESSAGE_EXTENSION).is_some() {
            self.used(Variation::Extension);
        }
        let (node, payload) = (expected.child(tag::RESPONSE_PAYLOAD), actual.child(tag::RESPONSE_PAYLOAD));
        match (node, payload) {
            (Some(node), None) if !node.children.is_empty() => {
                return Err(Difference::missing(actual, tag::RESPONSE_PAYLOAD));
            }
            // An item that failed or was undone may have a payload too (2.1 §8.4 asks for it only where nothing failed).
            (None, Some(payload)) if status == Some(ResultStatus::SUCCESS.0) && payload.children().next().is_some() => {
                return Err(Difference::unexpected(payload));
            }
            (Some(node), Some(payload)) => {
                let of = expected.child(tag::OPERATION).and_then(number);
                if of == Some(Operation::QUERY.0) {
                    query::compare(self, node, payload)?;
                } else {
                    self.compare(node, payload, &asked, Within::default())?;
                }
            }
            _ => {}
        }
        if let Some(payload) = payload.filter(|_| status == Some(ResultStatus::SUCCESS.0)) {
            learn(&asked, payload, &mut self.memory);
        }
        Ok(true)
    }

    /// One item and what is inside.
    fn compare(
        &mut self,
        node: &Node,
        actual: ItemRef<'_>,
        asked: &Asked<'_>,
        within: Within,
    ) -> Result<(), Difference> {
        if node.tag != actual.tag() {
            return Err(Difference::of(actual, tag_name(node.tag), tag_name(actual.tag())));
        }
        if node.ty != actual.ty() {
            return Err(Difference::of(actual, node.ty.to_string(), actual.ty().to_string()));
        }
        if node.ty != ItemType::STRUCTURE {
            return self.leaf(node, actual, asked, within);
        }
        let within = within.inside(node);
        if within.generator {
            self.used(Variation::RandomNumberGenerator);
            return Ok(());
        }
        if node.tag == tag::KEY_BLOCK && asked.generated && asked.is(Operation::GET) && !asked.format {
            let shown = node.child(tag::KEY_FORMAT_TYPE).and_then(number);
            if shown != actual.child(tag::KEY_FORMAT_TYPE).and_then(ItemRef::as_u32) {
                // Material of a generated key in another format: nothing in it can be the same.
                self.used(Variation::KeyFormat);
                return Ok(());
            }
        }
        self.inside(node, actual, asked, within)
    }

    /// Each published field has its own among the actual ones; what is left over must be permitted.
    fn inside(
        &mut self,
        node: &Node,
        actual: ItemRef<'_>,
        asked: &Asked<'_>,
        within: Within,
    ) -> Result<(), Difference> {
        let mut left: Vec<ItemRef<'_>> = actual.children().filter(|c| !is_index_zero(*c)).collect();
        let published: Vec<&Node> = node.children.iter().filter(|c| !is_written_zero(c)).collect();
        if left.len() != actual.children().count() || published.len() != node.children.len() {
            self.used(Variation::AttributeIndex);
        }
        for child in published {
            let candidates: Vec<usize> =
                left.iter().enumerate().filter(|(_, a)| may_be(child, **a)).map(|(place, _)| place).collect();
            if candidates.is_empty() {
                match may_be_missing(child.tag) {
                    Some(variation) => self.used(variation),
                    None => return Err(self.missing(child, actual)),
                }
                continue;
            }
            let namesakes = candidates.len() > 1;
            let mut first = None;
            let mut found = None;
            for place in candidates {
                let Some(item) = left.get(place) else { continue };
                let mut attempt = self.clone();
                match attempt.compare(child, *item, asked, within) {
                    Ok(()) => {
                        *self = attempt;
                        found = Some(place);
                        break;
                    }
                    Err(difference) => drop(first.get_or_insert(difference)),
                }
            }
            match (found, first) {
                (Some(place), _) => drop(left.remove(place)),
                (None, Some(_)) if namesakes && child.ty != ItemType::STRUCTURE => {
                    return Err(self.missing(child, actual));
                }
                (None, Some(difference)) => return Err(difference),
                (None, None) => return Err(self.missing(child, actual)),
            }
        }
        for item in left {
            match self.may_be_more(node, item, asked) {
                Some(variation) => self.used(variation),
                None => return Err(Difference::unexpected(item)),
            }
        }
        Ok(())
    }

    /// A published field that nothing came for.
    fn missing(&self, node: &Node, parent: ItemRef<'_>) -> Difference {
        let mut wanted = tag_name(node.tag);
        let told = match node.child(tag::ATTRIBUTE_NAME) {
            Some(attribute) => &attribute.text,
            None => &node.text,
        };
        if !told.is_empty() {
            let told: String = told.chars().take(80).collect();
            wanted = format!("{wanted} {told}");
        }
        if let Some(value) = node.placeholder().and_then(|p| self.memory.bound(p)).and_then(|item| item.value()) {
            wanted = format!("{wanted} = {}", show_value(node.governing, value));
        }
        Difference::of(parent, wanted, "no such field")
    }

    /// What permits a field beyond the published ones.
    fn may_be_more(&self, parent: &Node, item: ItemRef<'_>, asked: &Asked<'_>) -> Option<Variation> {
        let attribute =
            matches!(item.tag(), tag::ATTRIBUTE | tag::ATTRIBUTES | tag::ATTRIBUTE_NAME | tag::ATTRIBUTE_REFERENCE);
        match parent.tag {
            tag::ATTRIBUTES
            | tag::TEMPLATE_ATTRIBUTE
            | tag::COMMON_TEMPLATE_ATTRIBUTE
            | tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE
            | tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE
            | tag::COMMON_ATTRIBUTES
            | tag::PRIVATE_KEY_ATTRIBUTES
            | tag::PUBLIC_KEY_ATTRIBUTES => Some(Variation::Attributes),
            _ if item.tag() == tag::MESSAGE_EXTENSION => Some(Variation::Extension),
            tag::KEY_VALUE if attribute => Some(Variation::Attributes),
            tag::RESPONSE_PAYLOAD if attribute => Some(Variation::Attributes),
            tag::RESPONSE_PAYLOAD => match item.tag() {
                tag::TEMPLATE_ATTRIBUTE | tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE | tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE => {
                    Some(Variation::TemplateAttribute)
                }
                tag::LOCATED_ITEMS => Some(Variation::LocatedItems),
                tag::UNIQUE_IDENTIFIER if asked.is(Operation::LOCATE) && self.shared_server => {
                    let ours = item
                        .value()
                        .and_then(|value| value.text())
                        .is_some_and(|id| self.memory.objects.contains_key(id));
                    (!ours).then_some(Variation::OtherObjects)
                }
                tag::PROTOCOL_VERSION if asked.is(Operation::DISCOVER_VERSIONS) => {
                    let named = asked.payload.is_some_and(|p| p.child(tag::PROTOCOL_VERSION).is_some());
                    (!named).then_some(Variation::Versions)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// One value.
    fn leaf(&mut self, node: &Node, actual: ItemRef<'_>, asked: &Asked<'_>, within: Within) -> Result<(), Difference> {
        let Some(value) = actual.value() else {
            return Err(Difference::of(actual, node.text.as_str(), show(actual)));
        };
        if let (Some(shift), Value::DateTime(date)) = (after_now(&node.text), value) {
            let wanted = self.memory.now.saturating_add(shift);
            if date.abs_diff(wanted) <= CLOCKS.unsigned_abs() {
                return Ok(());
            }
            let expected = format!("{}, {}", node.text, show_value(node.tag, Value::DateTime(wanted)));
            return Err(Difference::of(actual, expected, show(actual)));
        }
        if let Some(placeholder) = node.placeholder() {
            return self.placeholder(placeholder, node, actual, asked);
        }
        let learned = self.memory.learned(node).cloned();
        let published = node.understand();
        let wanted = match &learned {
            Some(item) => Some(item),
            None => published.as_ref().ok(),
        };
        let wanted = wanted.and_then(|item| item.value());
        if wanted.is_some_and(|wanted| same(wanted, value)) {
            return Ok(());
        }
        if let Some(variation) = may_vary(node, asked, self.case, within) {
            self.used(variation);
            self.memory.learn(node, actual);
            return Ok(());
        }
        let expected = match (wanted, &published) {
            (Some(wanted), _) => show_value(node.governing, wanted),
            (None, Ok(_)) => node.text.clone(),
            (None, Err(why)) => format!("{} ({why})", node.text),
        };
        Err(Difference::of(actual, expected, show_value(node.governing, value)))
    }

    /// A value that an earlier answer told, or that this one tells.
    fn placeholder(
        &mut self,
        placeholder: &str,
        node: &Node,
        actual: ItemRef<'_>,
        asked: &Asked<'_>,
    ) -> Result<(), Difference> {
        let told = self.memory.bound(placeholder).filter(|_| !is_fleeting(node.governing)).cloned();
        let same = match (&told, actual.value()) {
            (Some(told), Some(value)) => told.value().is_some_and(|told| same(told, value)),
            _ => true,
        };
        if !same && asked.wrapped && Kin::of(node.ty) == Kin::Bytes {
            self.used(Variation::Wrapped);
        } else if !same {
            let told = told.as_ref().and_then(|t| t.value()).map_or(String::new(), |v| show_value(node.governing, v));
            return Err(Difference::of(actual, format!("${placeholder}, which is {told}"), show(actual)));
        }
        self.memory.bind(placeholder, actual);
        Ok(())
    }
}

/// Equal values; texts of any text type and big integers of any length compare by what they say.
fn same(wanted: Value<'_>, actual: Value<'_>) -> bool {
    match (wanted, actual) {
        (Value::BigInteger(a), Value::BigInteger(b)) => shortest(a) == shortest(b),
        _ => match (wanted.text(), actual.text()) {
            (Some(a), Some(b)) => a == b,
            _ => wanted == actual,
        },
    }
}

/// A big integer without bytes that only repeat its sign.
fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [first, second, ..] = bytes
        && (*first == 0 && *second < 0x80 || *first == 0xFF && *second >= 0x80)
    {
        bytes = bytes.get(1..).unwrap_or_default();
    }
    bytes
}

/// The code of a published enumeration.
fn number(node: &Node) -> Option<u32> {
    match node.understand().ok()?.value()? {
        Value::Enumeration(code) => Some(code),
        _ => None,
    }
}

/// Whether success came where pending was published.
fn at_once(published: Option<u32>, actual: Option<u32>) -> bool {
    published == Some(ResultStatus::OPERATION_PENDING.0) && actual == Some(ResultStatus::SUCCESS.0)
}

/// The item that answers a published one: that with its Unique Batch Item ID, or the one in its place.
fn same_item<'d>(
    node: &Node,
    place: usize,
    items: &[ItemRef<'d>],
    asked: &[ItemRef<'d>],
) -> Option<(ItemRef<'d>, Option<ItemRef<'d>>)> {
    let id = node.child(tag::UNIQUE_BATCH_ITEM_ID).filter(|id| !id.text.contains('$'));
    let Some(id) = id.and_then(|id| id.understand().ok()) else {
        return Some((*items.get(place)?, asked.get(place).copied()));
    };
    let has = |item: &&ItemRef<'d>| {
        item.child(tag::UNIQUE_BATCH_ITEM_ID).and_then(ItemRef::value).is_some_and(|v| Some(v) == id.value())
    };
    Some((*items.iter().find(has)?, asked.iter().find(has).copied()))
}

/// Whether an item may be the one a node stands for: the tag, and of a 1.x attribute the name.
fn may_be(node: &Node, item: ItemRef<'_>) -> bool {
    let same_name = match node.child(tag::ATTRIBUTE_NAME).filter(|_| node.tag == tag::ATTRIBUTE) {
        Some(name) => item.child(tag::ATTRIBUTE_NAME).and_then(ItemRef::as_text) == Some(&name.text),
        None => true,
    };
    node.tag == item.tag() && same_name
}

/// What permits a published field to be left out.
fn may_be_missing(field: Tag) -> Option<Variation> {
    match field {
        tag::TEMPLATE_ATTRIBUTE | tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE | tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE => {
            Some(Variation::TemplateAttribute)
        }
        tag::SERVER_CORRELATION_VALUE => Some(Variation::Correlation),
        tag::LOCATED_ITEMS => Some(Variation::LocatedItems),
        tag::LEASE_TIME => Some(Variation::Interval),
        _ => None,
    }
}

/// Attribute Index 0 of an answer.
fn is_index_zero(item: ItemRef<'_>) -> bool {
    item.tag() == tag::ATTRIBUTE_INDEX && item.as_i32() == Some(0)
}

/// Attribute Index 0 of a file.
fn is_written_zero(node: &Node) -> bool {
    node.tag == tag::ATTRIBUTE_INDEX && node.text.trim() == "0"
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
