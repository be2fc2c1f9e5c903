//! Deliberate damage: edits of a request by path, or of its bytes.

use super::build::{Build, hex, resolve_all};
use super::diagnostic::{Place, did_you_mean};
use super::lower::Lowering;
use super::names;
use super::node::{Node, number};
use super::vars::{BuildError, Vars};
use kmipspec_protocol::registry;
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Len, Pad, Tag};

/// The keys of an edit.
pub const EDIT_KEYS: &[&str] = &[
    "at",
    "length",
    "type",
    "padding",
    "tag",
    "value",
    "delete",
    "duplicate",
    "move",
    "append",
    "prepend",
    "nest",
    "truncate",
    "drop",
    "trailing",
    "overwrite",
];

/// One edit and where it is written.
#[derive(Clone, Debug)]
pub struct Edit {
    place: Place,
    path: Vec<(Tag, usize)>,
    shown: String,
    op: Op,
}

#[derive(Clone, Debug)]
enum Op {
    Length(Declared),
    Type(ItemType),
    Padding(Vec<u8>),
    Tag(Tag),
    Value(Vec<u8>),
    /// One item, or all of its tag among its siblings.
    Delete {
        all: bool,
    },
    Duplicate(usize),
    Move(usize),
    Append(Vec<Build>),
    Prepend(Vec<Build>),
    Nest(usize),
    Truncate(usize),
    Drop(usize),
    Trailing(Vec<u8>),
    Overwrite(usize, Vec<u8>),
}

#[derive(Clone, Copy, Debug)]
enum Declared {
    Absolute(u32),
    Relative(i64),
}

impl Edit {
    fn is_of_bytes(&self) -> bool {
        matches!(self.op, Op::Truncate(_) | Op::Drop(_) | Op::Trailing(_) | Op::Overwrite(..))
    }

    /// What it does, in words.
    pub fn describe(&self) -> String {
        let at = if self.shown.is_empty() { "RequestMessage" } else { &self.shown };
        match &self.op {
            Op::Length(Declared::Absolute(n)) => format!("{at}: declared length {n}"),
            Op::Length(Declared::Relative(n)) => format!("{at}: declared length {n:+}"),
            Op::Type(t) => format!("{at}: type {t}"),
            Op::Padding(p) => format!("{at}: padding {p:02x?}"),
            Op::Tag(t) => format!("{at}: tag {}", names::tag_name(*t)),
            Op::Value(v) => format!("{at}: {} value bytes {:02x?}", v.len(), v.iter().take(16).collect::<Vec<_>>()),
            Op::Delete { all: false } => format!("{at}: left out"),
            Op::Delete { all: true } => format!("{at}: left out, all of them"),
            Op::Duplicate(n) => format!("{at}: {} times", n + 1),
            Op::Move(0) => format!("{at}: moved to the front"),
            Op::Move(_) => format!("{at}: moved to the end"),
            Op::Append(b) => format!("{at}: {} more at its end", b.len()),
            Op::Prepend(b) => format!("{at}: {} more at its front", b.len()),
            Op::Nest(n) => format!("{at}: nested {n} structures deep"),
            Op::Truncate(n) => format!("only the first {n} bytes"),
            Op::Drop(n) => format!("without the last {n} bytes"),
            Op::Trailing(b) => format!("{} more bytes behind", b.len()),
            Op::Overwrite(at, b) => format!("bytes {b:02x?} at offset {at}"),
        }
    }
}

/// Reads the edits of a step.
pub fn compile(nodes: &[Node], cx: &mut Lowering) -> Vec<Edit> {
    let mut out = Vec::new();
    for n in nodes {
        if let Some(n) = cx.at_version(n) {
            match n.list() {
                Some(list) => list.iter().for_each(|n| one(n, cx, &mut out)),
                None => one(n, cx, &mut out),
            }
        }
    }
    out
}

fn one(node: &Node, cx: &mut Lowering, out: &mut Vec<Edit>) {
    let Some(entries) = node.map() else {
        return cx.error(&node.place, "an edit is a map: `{at: BatchItem/RequestPayload, length: 5}`");
    };
    let mut path = Vec::new();
    let mut shown = String::new();
    if let Some(at) = node.get("at") {
        shown = at.text().unwrap_or_default().to_owned();
        path = match read_path(&shown) {
            Ok(path) => path,
            Err(m) => return cx.error(&at.place, m),
        };
    }
    for e in entries.iter().filter(|e| e.key != "at") {
        let Some(value) = cx.at_version(&e.value) else { continue };
        if !EDIT_KEYS.contains(&e.key.as_str()) {
            let message = format!("unknown edit `{}`", e.key);
            let help = did_you_mean(&e.key, EDIT_KEYS.iter().copied())
                .or_else(|| Some(format!("known edits: {}", EDIT_KEYS.join(", "))));
            cx.errors.push(super::diagnostic::Diagnostic::new(&e.key_at, message).with_help(help));
            continue;
        }
        match op(&e.key, value, cx) {
            Some(op) => {
                out.push(Edit { place: e.key_at.clone(), path: path.clone(), shown: shown.clone(), op });
            }
            None => cx.error(&value.place, format!("not a value for the edit `{}`", e.key)),
        }
    }
}

fn op(key: &str, value: &Node, cx: &mut Lowering) -> Option<Op> {
    let text = value.text().unwrap_or_default();
    let size = || number(text).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 1 << 26);
    let build = |cx: &mut Lowering| cx.fields(value, "the edit", None);
    Some(match key {
        "length" if text.starts_with(['+', '-']) => Op::Length(Declared::Relative(
            number(text.strip_prefix('+').unwrap_or(text)).and_then(|n| n.try_into().ok())?,
        )),
        "length" => Op::Length(Declared::Absolute(number(text).and_then(|n| n.try_into().ok())?)),
        "type" => Op::Type(match ItemType::from_name(text) {
            Some(t) => t,
            None => ItemType(number(text).and_then(|n| n.try_into().ok())?),
        }),
        "padding" => Op::Padding(hex(text)?),
        "tag" => Op::Tag(names::tag(text, cx.version).ok().or_else(|| registry::tag_named(text).map(|r| r.tag))?),
        "value" => Op::Value(hex(text)?),
        "delete" if text == "true" => Op::Delete { all: false },
        "delete" if text == "all" => Op::Delete { all: true },
        "duplicate" => Op::Duplicate(size()?),
        "move" if text == "first" => Op::Move(0),
        "move" if text == "last" => Op::Move(usize::MAX),
        "append" => Op::Append(build(cx)),
        "prepend" => Op::Prepend(build(cx)),
        "nest" => Op::Nest(size()?),
        "truncate" => Op::Truncate(size()?),
        "drop" => Op::Drop(size()?),
        "trailing" => Op::Trailing(hex(text)?),
        "overwrite" => Op::Overwrite(
            number(value.get("offset")?.text()?).and_then(|n| n.try_into().ok())?,
            hex(value.get("bytes")?.text()?)?,
        ),
        _ => return None,
    })
}

/// `BatchItem[1]/RequestPayload/UniqueIdentifier`, below Request Message.
fn read_path(text: &str) -> Result<Vec<(Tag, usize)>, String> {
    let text = text.strip_prefix("RequestMessage").unwrap_or(text);
    let mut out = Vec::new();
    for segment in text.split('/').filter(|s| !s.is_empty()) {
        let (name, index) = match segment.strip_suffix(']').and_then(|s| s.split_once('[')) {
            Some((name, index)) => (name, index.parse().map_err(|_| format!("`{segment}` has no number"))?),
            None => (segment, 0),
        };
        let tag = match number(name).and_then(|n| u32::try_from(n).ok()) {
            Some(n) => Tag(n),
            None => {
                registry::tag_named(name).map(|r| r.tag).ok_or_else(|| format!("unknown name `{name}` in the path"))?
            }
        };
        out.push((tag, index));
    }
    Ok(out)
}

/// Applies the edits to a message and encodes it.
pub fn apply(mut root: Item, edits: &[Edit], vars: &Vars) -> Result<Vec<u8>, BuildError> {
    for e in edits.iter().filter(|e| !e.is_of_bytes()) {
        edit_item(&mut root, e, vars)?;
    }
    let mut bytes = root.encode();
    edit_bytes(&mut bytes, edits)?;
    Ok(bytes)
}

/// Applies the edits of bytes.
pub fn edit_bytes(bytes: &mut Vec<u8>, edits: &[Edit]) -> Result<(), BuildError> {
    for e in edits {
        match &e.op {
            Op::Truncate(n) => bytes.truncate(*n),
            Op::Drop(n) => bytes.truncate(bytes.len().saturating_sub(*n)),
            Op::Trailing(more) => bytes.extend_from_slice(more),
            Op::Overwrite(at, new) => match at.checked_add(new.len()).and_then(|end| bytes.get_mut(*at..end)) {
                Some(there) => there.copy_from_slice(new),
                None => return Err(BuildError::BadEdit { why: "the message is shorter", place: e.place.clone() }),
            },
            _ => {}
        }
    }
    Ok(())
}

fn edit_item(root: &mut Item, edit: &Edit, vars: &Vars) -> Result<(), BuildError> {
    let missing = || BuildError::NoSuchItem { path: edit.shown.clone(), place: edit.place.clone() };
    let bad = |why| BuildError::BadEdit { why, place: edit.place.clone() };
    match &edit.op {
        Op::Delete { .. } | Op::Duplicate(_) | Op::Move(_) => {
            let ((tag, index), parents) = edit.path.split_last().ok_or_else(|| bad("the message itself stays"))?;
            let parent = find(root, parents).and_then(Item::items_mut).ok_or_else(missing)?;
            let at = position(parent, *tag, *index).ok_or_else(missing)?;
            match edit.op {
                Op::Delete { all: false } => drop(parent.remove(at)),
                Op::Delete { all: true } => parent.retain(|item| item.tag != *tag),
                Op::Duplicate(n) => {
                    let copy = parent.get(at).cloned().ok_or_else(missing)?;
                    parent.splice(at..at, std::iter::repeat_n(copy, n));
                }
                Op::Move(to) => {
                    let item = parent.remove(at);
                    parent.insert(to.min(parent.len()), item);
                }
                _ => {}
            }
            return Ok(());
        }
        _ => {}
    }
    let item = find(root, &edit.path).ok_or_else(missing)?;
    match &edit.op {
        Op::Length(Declared::Absolute(n)) => item.len = Len::Forced(*n),
        Op::Length(Declared::Relative(n)) => {
            let natural = i64::try_from(body_len(item)).unwrap_or(i64::MAX);
            let n = u32::try_from(natural.saturating_add(*n)).map_err(|_| bad("the length becomes negative"))?;
            item.len = Len::Forced(n);
        }
        Op::Type(t) => item.ty = *t,
        Op::Padding(p) => item.pad = Pad::Forced(p.clone()),
        Op::Tag(t) => item.tag = *t,
        Op::Value(v) => item.body = Body::Bytes(v.clone()),
        Op::Append(more) => {
            let more = resolve_all(more, vars)?;
            item.items_mut().ok_or_else(|| bad("not a structure"))?.extend(more);
        }
        Op::Prepend(more) => {
            let more = resolve_all(more, vars)?;
            item.items_mut().ok_or_else(|| bad("not a structure"))?.splice(0..0, more);
        }
        Op::Nest(depth) => {
            for _ in 0..*depth {
                let tag = item.tag;
                let inner = std::mem::replace(item, Item::structure(tag, Vec::new()));
                item.push(inner);
            }
        }
        _ => {}
    }
    Ok(())
}

fn body_len(item: &Item) -> usize {
    match &item.body {
        Body::Bytes(b) | Body::Raw(b) => b.len(),
        Body::Items(items) => items.iter().map(|i| i.encode().len()).sum(),
    }
}

fn position(items: &[Item], tag: Tag, index: usize) -> Option<usize> {
    items.iter().enumerate().filter(|(_, i)| i.tag == tag).nth(index).map(|(at, _)| at)
}

fn find<'i>(root: &'i mut Item, path: &[(Tag, usize)]) -> Option<&'i mut Item> {
    let mut item = root;
    for (tag, index) in path {
        let items = item.items_mut()?;
        let at = position(items, *tag, *index)?;
        item = items.get_mut(at)?;
    }
    Some(item)
}
