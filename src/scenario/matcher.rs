//! Expectations over items of an answer, compiled for one version.

use super::attributes::{self, Found};
use super::build::{Build, Part, fill};
use super::diagnostic::Place;
use super::names;
use super::vars::Vars;
use crate::runner::verdict::Level;
use kmipspec_protocol::ttlv::{Body, Item, ItemRef, ItemType, Tag, Value};
use regex::Regex;
use std::collections::BTreeSet;

/// An expectation and where it is written.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// What it asks.
    pub rule: Rule,
    /// The tag the value belongs to, for names of enumeration values.
    pub tag: Tag,
    /// Where it is written.
    pub place: Place,
    /// Overrides the level of what it is part of.
    pub level: Option<Level>,
    /// Why the standard does not decide it.
    pub undecided: Option<String>,
}

/// What is asked of the items that have a name (none, one or several).
#[derive(Clone, Debug)]
pub enum Rule {
    /// Nothing.
    Any,
    /// There is none.
    Absent,
    /// There is at least one.
    Present,
    /// Same type and value.
    Equal(Build),
    /// Remember it; there is one.
    Bind(String),
    /// Text that matches.
    Regex(Regex),
    /// A number or date between, ends included.
    Range(Option<i128>, Option<i128>),
    /// A date at most this many seconds from now.
    NearNow(i64),
    /// The item type.
    Type(ItemType),
    /// Bytes of the value.
    Length(Option<i128>, Option<i128>),
    /// Value bytes equal to those bound to a name, whatever the type.
    SameBytesAs(String),
    /// Text or bytes that contain this text or these bytes.
    ContainsText(Vec<Part>),
    /// A mask with these bits set.
    Bits(i32),
    /// A structure whose fields match; unnamed fields may be anything.
    Fields(Vec<(Field, Matcher)>),
    /// As many as matchers, each matching in order.
    Sequence(Vec<Matcher>),
    /// As many as matchers, in any order.
    Unordered(Vec<Matcher>),
    /// Each of these matches one of them.
    Contains(Vec<Matcher>),
    /// None of these matches any of them.
    ContainsNone(Vec<Matcher>),
    /// How many there are.
    Count(Option<i128>, Option<i128>),
    /// At least one of these holds.
    OneOf(Vec<Matcher>),
    /// All of these hold.
    All(Vec<Matcher>),
    /// This does not hold.
    Not(Box<Matcher>),
}

/// What a field matcher looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The children with a tag.
    Tagged(Tag),
    /// The values of an attribute, in the common notation.
    Attribute(String),
    /// The names in an attribute list, as if each were a text.
    AttributeNames,
}

/// One way an answer is not as expected.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Where the expectation is written.
    pub place: Place,
    /// Path of the item, or of where it should be.
    pub path: String,
    /// Byte offset, if there is an item.
    pub offset: Option<usize>,
    /// What was asked.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// Level of the matcher, when it has its own.
    pub level: Option<Level>,
    /// Reason of the matcher not to decide, when it has one.
    pub undecided: Option<String>,
}

/// The items a matcher is held against, and how to name them when there are none.
#[derive(Clone)]
pub struct Subject<'d> {
    /// Path for messages.
    pub path: String,
    /// Offset of what holds them.
    pub offset: Option<usize>,
    /// The items.
    pub items: Vec<ItemRef<'d>>,
    /// Texts that stand for the items (attribute names), same length, or empty.
    pub texts: Vec<String>,
    /// One match among several is enough (attributes with several instances).
    pub any_instance: bool,
}

impl Matcher {
    /// Holds the matcher against items; binds names; appends what is not as expected.
    pub fn check(&self, subject: &Subject<'_>, vars: &mut Vars, out: &mut Vec<Mismatch>) {
        let before = out.len();
        self.rule_check(subject, vars, out);
        for m in out.iter_mut().skip(before) {
            m.level = m.level.or(self.level);
            m.undecided = m.undecided.take().or_else(|| self.undecided.clone());
        }
    }

    /// Whether it holds; names are bound only if it does.
    fn holds(&self, subject: &Subject<'_>, vars: &mut Vars) -> bool {
        let mut trial = vars.clone();
        let mut out = Vec::new();
        self.rule_check(subject, &mut trial, &mut out);
        if out.is_empty() {
            *vars = trial;
        }
        out.is_empty()
    }

    /// What is to be noted of an alternative that does not hold only where it says itself that this weighs less.
    fn nearly(&self, subject: &Subject<'_>, vars: &mut Vars) -> Option<Vec<Mismatch>> {
        let mut trial = vars.clone();
        let mut noted = Vec::new();
        self.check(subject, &mut trial, &mut noted);
        let lighter = |m: &Mismatch| m.undecided.is_some() || m.level.is_some_and(|level| level < Level::Shall);
        noted.iter().all(lighter).then(|| {
            *vars = trial;
            noted
        })
    }

    fn rule_check(&self, s: &Subject<'_>, vars: &mut Vars, out: &mut Vec<Mismatch>) {
        match &self.rule {
            Rule::Any => {}
            Rule::All(list) => list.iter().for_each(|m| m.check(s, vars, out)),
            Rule::OneOf(list) => {
                if list.iter().any(|m| m.holds(s, vars)) {
                    return;
                }
                match list.iter().find_map(|m| m.nearly(s, vars)) {
                    Some(noted) => out.extend(noted),
                    None => out.push(self.mismatch(s)),
                }
            }
            Rule::Not(inner) => {
                if inner.holds(s, &mut vars.clone()) {
                    out.push(self.mismatch(s));
                }
            }
            Rule::Absent if s.items.is_empty() => {}
            Rule::Present if !s.items.is_empty() => {}
            Rule::Absent | Rule::Present => out.push(self.mismatch(s)),
            Rule::Count(min, max) => {
                let n = i128::try_from(s.items.len()).unwrap_or(i128::MAX);
                if !within(n, *min, *max) {
                    out.push(self.mismatch(s));
                }
            }
            Rule::Sequence(list) => {
                if list.len() != s.items.len() {
                    out.push(self.mismatch(s));
                    return;
                }
                list.iter().enumerate().for_each(|(i, m)| m.check(&s.at(i), vars, out));
            }
            Rule::Unordered(list) => {
                let mut left: Vec<usize> = (0..s.items.len()).collect();
                let all = list.iter().all(|m| match left.iter().position(|i| m.holds(&s.at(*i), vars)) {
                    Some(found) => {
                        left.swap_remove(found);
                        true
                    }
                    None => false,
                });
                if !all || !left.is_empty() {
                    out.push(self.mismatch(s));
                }
            }
            Rule::Contains(list) => {
                for m in list {
                    if !(0..s.items.len()).any(|i| m.holds(&s.at(i), vars)) {
                        out.push(Mismatch { expected: format!("among them: {}", m.expected()), ..self.mismatch(s) });
                    }
                }
            }
            Rule::ContainsNone(list) => {
                for m in list {
                    if let Some(i) = (0..s.items.len()).find(|i| m.holds(&s.at(*i), &mut vars.clone())) {
                        out.push(Mismatch {
                            expected: format!("not among them: {}", m.expected()),
                            ..self.mismatch(&s.at(i))
                        });
                    }
                }
            }
            _ => self.single(s, vars, out),
        }
    }

    /// Rules about one item.
    fn single(&self, s: &Subject<'_>, vars: &mut Vars, out: &mut Vec<Mismatch>) {
        let [item] = s.items.as_slice() else {
            // Of an attribute with several instances one must match.
            if !(s.any_instance && (0..s.items.len()).any(|i| self.holds(&s.at(i), vars))) {
                out.push(self.mismatch(s));
            }
            return;
        };
        if let Rule::Fields(fields) = &self.rule {
            if item.ty() == ItemType::STRUCTURE {
                check_fields(fields, *item, &s.path, vars, out);
            } else {
                out.push(self.mismatch(s));
            }
            return;
        }
        if !self.value_holds(*item, s.texts.first().map(String::as_str), vars) {
            out.push(self.mismatch(s));
        }
    }

    fn value_holds(&self, item: ItemRef<'_>, text: Option<&str>, vars: &mut Vars) -> bool {
        let text = text.or_else(|| item.as_text());
        match &self.rule {
            Rule::Bind(name) => {
                let bound = text.filter(|_| item.as_text().is_none()).map(|t| Item::text(item.tag(), t));
                vars.bind(name, bound.unwrap_or_else(|| Item::from_ref(item)));
                true
            }
            Rule::Equal(build) => match build.resolve(vars).as_deref() {
                Ok([wanted]) => same(wanted, item, text),
                _ => false,
            },
            Rule::Regex(r) => text.is_some_and(|t| r.is_match(t)),
            Rule::Range(min, max) => numeric(item).is_some_and(|n| within(n, *min, *max)),
            Rule::NearNow(tolerance) => numeric(item).is_some_and(|n| {
                let seconds = if item.ty() == ItemType::DATE_TIME_EXTENDED { n.div_euclid(1_000_000) } else { n };
                (seconds - i128::from(vars.now())).abs() <= i128::from(*tolerance)
            }),
            Rule::Type(ty) => item.ty() == *ty,
            Rule::Length(min, max) => within(i128::try_from(item.raw().len()).unwrap_or(i128::MAX), *min, *max),
            Rule::SameBytesAs(name) => vars.get(name).is_some_and(|bound| value_bytes(bound) == item.raw()),
            Rule::ContainsText(parts) => fill(parts, &self.place, vars).is_ok_and(|wanted| match item.as_bytes() {
                Some(bytes) => {
                    super::build::hex(&wanted).is_some_and(|w| w.is_empty() || bytes.windows(w.len()).any(|x| x == w))
                }
                None => text.is_some_and(|t| t.contains(&wanted)),
            }),
            Rule::Bits(bits) => item.as_i32().is_some_and(|n| n & bits == *bits),
            _ => false,
        }
    }

    fn mismatch(&self, s: &Subject<'_>) -> Mismatch {
        Mismatch {
            place: self.place.clone(),
            path: s.path.clone(),
            offset: s.items.first().map(|i| i.offset()).or(s.offset),
            expected: self.expected(),
            actual: s.actual(self.tag),
            level: self.level,
            undecided: self.undecided.clone(),
        }
    }

    /// The fields asked for, when that is all it asks.
    pub fn fields(&self) -> Option<&[(Field, Self)]> {
        match &self.rule {
            Rule::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    /// Adds the names of the fields inside whose value is held against something.
    pub(super) fn observes(&self, names: &mut BTreeSet<String>) {
        match &self.rule {
            Rule::Fields(fields) => {
                for (field, matcher) in fields {
                    if !matches!(matcher.rule, Rule::Any | Rule::Present | Rule::Bind(_)) {
                        names.insert(field.name());
                    }
                    matcher.observes(names);
                }
            }
            Rule::Sequence(all) | Rule::Unordered(all) | Rule::Contains(all) | Rule::OneOf(all) | Rule::All(all) => {
                all.iter().for_each(|matcher| matcher.observes(names));
            }
            _ => {}
        }
    }

    /// What is asked, in words.
    pub fn expected(&self) -> String {
        let list = |l: &[Self]| l.iter().map(Self::expected).collect::<Vec<_>>().join(", ");
        match &self.rule {
            Rule::Any => "anything".to_owned(),
            Rule::Absent => "absent".to_owned(),
            Rule::Present => "present".to_owned(),
            Rule::Equal(b) => show_build(b, self.tag),
            Rule::Bind(name) => format!("one, kept as ${name}"),
            Rule::Regex(r) => format!("text like /{r}/"),
            Rule::Range(min, max) => format!("a value {}", show_range(*min, *max)),
            Rule::NearNow(t) => format!("a date within {t} s of now"),
            Rule::Type(t) => format!("of type {t}"),
            Rule::Length(min, max) => format!("a length in bytes {}", show_range(*min, *max)),
            Rule::SameBytesAs(name) => format!("the same bytes as ${name}"),
            Rule::ContainsText(p) => format!("with {:?} in it", super::build::show_parts(p)),
            Rule::Bits(b) => format!("at least {}", names::show_value(self.tag, Value::Integer(*b))),
            Rule::Fields(fields) => {
                let shown: Vec<_> = fields.iter().map(|(f, m)| format!("{}: {}", f.name(), m.expected())).collect();
                format!("{{{}}}", shown.join(", "))
            }
            Rule::Sequence(l) => format!("[{}]", list(l)),
            Rule::Unordered(l) => format!("[{}] in any order", list(l)),
            Rule::Contains(l) => format!("among them: {}", list(l)),
            Rule::ContainsNone(l) => format!("none of: {}", list(l)),
            Rule::Count(min, max) => format!("a count {}", show_range(*min, *max)),
            Rule::OneOf(l) => l.iter().map(Self::expected).collect::<Vec<_>>().join(" or "),
            Rule::All(l) => l.iter().map(Self::expected).collect::<Vec<_>>().join(" and "),
            Rule::Not(m) => format!("not {}", m.expected()),
        }
    }
}

impl Field {
    /// The name shown.
    pub fn name(&self) -> String {
        match self {
            Self::Tagged(t) => names::tag_name(*t),
            Self::Attribute(n) => n.clone(),
            Self::AttributeNames => "AttributeName".to_owned(),
        }
    }

    fn subject<'d>(&self, holder: ItemRef<'d>, path: &str) -> Subject<'d> {
        let mut s = Subject {
            path: format!("{path}/{}", self.name()),
            offset: Some(holder.offset()),
            items: Vec::new(),
            texts: Vec::new(),
            any_instance: false,
        };
        match self {
            Self::Tagged(tag) => s.items = holder.children().filter(|c| c.tag() == *tag).collect(),
            Self::Attribute(name) => {
                let found: Vec<Found<'d>> = attributes::read(holder);
                s.items = found.into_iter().filter(|f| f.name == *name).map(|f| f.value).collect();
                s.any_instance = true;
            }
            Self::AttributeNames => (s.texts, s.items) = attributes::read_references(holder).into_iter().unzip(),
        }
        if let [one] = s.items.as_slice() {
            s.path = names::path(*one);
        }
        s
    }
}

impl<'d> Subject<'d> {
    /// One item.
    pub fn of(item: ItemRef<'d>) -> Self {
        Self {
            path: names::path(item),
            offset: Some(item.offset()),
            items: vec![item],
            texts: Vec::new(),
            any_instance: false,
        }
    }

    /// The children of a structure that have a tag.
    pub fn children(holder: ItemRef<'d>, tag: Tag) -> Self {
        Field::Tagged(tag).subject(holder, &names::path(holder))
    }

    fn at(&self, i: usize) -> Self {
        let item = self.items.get(i).copied();
        Self {
            path: item.map_or_else(|| self.path.clone(), names::path),
            offset: item.map(|i| i.offset()).or(self.offset),
            items: item.into_iter().collect(),
            texts: self.texts.get(i).cloned().into_iter().collect(),
            any_instance: false,
        }
    }

    fn actual(&self, tag: Tag) -> String {
        let one = |i: usize| {
            if let Some(t) = self.texts.get(i) {
                return t.clone();
            }
            self.items.get(i).map_or_else(String::new, |item| show_as(*item, tag))
        };
        match self.items.len() {
            0 => "absent".to_owned(),
            1 => one(0),
            n => {
                let shown: Vec<_> = (0..n.min(8)).map(one).collect();
                let more = if n > 8 { ", …" } else { "" };
                format!("{n} of them: {}{more}", shown.join(", "))
            }
        }
    }
}

/// Holds field matchers against the children of a structure.
pub fn check_fields(
    fields: &[(Field, Matcher)],
    holder: ItemRef<'_>,
    path: &str,
    vars: &mut Vars,
    out: &mut Vec<Mismatch>,
) {
    for (field, matcher) in fields {
        matcher.check(&field.subject(holder, path), vars, out);
    }
}

/// A value in words; an Attribute Value of 1.x is named after its attribute.
fn show_as(item: ItemRef<'_>, tag: Tag) -> String {
    if item.ty() == ItemType::STRUCTURE {
        let inner: Vec<_> =
            item.children().map(|c| format!("{}: {}", names::tag_name(c.tag()), names::show(c))).take(8).collect();
        return format!("{{{}}}", inner.join(", "));
    }
    item.value().map_or_else(|| names::show(item), |v| names::show_value(tag, v))
}

fn same(wanted: &Item, item: ItemRef<'_>, text: Option<&str>) -> bool {
    if let (Some(Value::TextString(w)), Some(t)) = (wanted.value(), text) {
        return w == t;
    }
    if wanted.ty != item.ty() {
        return false;
    }
    match &wanted.body {
        Body::Items(children) => {
            let got: Vec<ItemRef<'_>> = item.children().collect();
            got.len() == children.len() && children.iter().zip(got).all(|(w, g)| w.tag == g.tag() && same(w, g, None))
        }
        Body::Bytes(b) | Body::Raw(b) => b == item.raw(),
    }
}

/// The bytes of a bound value; of a structure, its items as they would be sent.
fn value_bytes(item: &Item) -> Vec<u8> {
    match &item.body {
        Body::Bytes(b) | Body::Raw(b) => b.clone(),
        Body::Items(items) => {
            let mut out = Vec::new();
            items.iter().for_each(|i| i.encode_into(&mut out));
            out
        }
    }
}

fn numeric(item: ItemRef<'_>) -> Option<i128> {
    match item.value()? {
        Value::Integer(n) => Some(n.into()),
        Value::LongInteger(n) | Value::DateTime(n) | Value::DateTimeExtended(n) => Some(n.into()),
        Value::Enumeration(n) | Value::Interval(n) => Some(n.into()),
        _ => None,
    }
}

fn within(n: i128, min: Option<i128>, max: Option<i128>) -> bool {
    min.is_none_or(|m| n >= m) && max.is_none_or(|m| n <= m)
}

fn show_range(min: Option<i128>, max: Option<i128>) -> String {
    match (min, max) {
        (Some(a), Some(b)) if a == b => format!("of {a}"),
        (Some(a), Some(b)) => format!("from {a} to {b}"),
        (Some(a), None) => format!("of at least {a}"),
        (None, Some(b)) => format!("of at most {b}"),
        (None, None) => "of any size".to_owned(),
    }
}

fn show_build(build: &Build, tag: Tag) -> String {
    match build {
        Build::Fixed(item) => match (item.value(), &item.body) {
            (_, Body::Items(items)) => {
                let inner: Vec<_> = items.iter().map(|i| show_build(&Build::Fixed(i.clone()), i.tag)).collect();
                format!("{{{}}}", inner.join(", "))
            }
            (Some(v), _) => names::show_value(tag, v),
            (None, _) => "a malformed value".to_owned(),
        },
        Build::Leaf { expr, .. } => expr.to_string(),
        Build::Bound { name, .. } => format!("${name}"),
        Build::Structure { items, .. } => {
            let inner: Vec<_> = items.iter().map(|b| show_build(b, tag)).collect();
            format!("{{{}}}", inner.join(", "))
        }
        Build::Attributes { attributes, .. } => {
            let inner: Vec<_> =
                attributes.iter().map(|(n, b)| format!("{}: {}", n.common(), show_build(b, n.value_tag()))).collect();
            format!("{{{}}}", inner.join(", "))
        }
    }
}
