//! A message for people: annotated hexadecimal, or a compact tree. Takes any bytes, and never loses one unsaid.
//!
//! Every fault stands right below the item that has it. Output is bounded; where it is cut, it says so. In the annotated
//! form, offsets end in `:` and everything but bytes follows a `#`, so that it can be read back as hexadecimal.

use std::fmt::Write as _;

use super::lexical;
use super::names::{Scopes, Vocabulary, tag_name, walk};
use crate::registry::{Enumeration, tag, tag_row};
use crate::ttlv::{Diag, Doc, ItemRef, ItemType, Tag, Value};
use crate::version::Version;

/// What a dump shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Names and values that this version does not have are marked.
    pub version: Option<Version>,
    /// The values of Password, and of Key Material with all that is inside it, are covered. Only what is found under
    /// those tags can be: a message damaged enough shows them under others.
    pub cover_secrets: bool,
    /// Bytes of output after which the dump ends, give or take one item's line.
    pub max_output: usize,
    /// Bytes of one value that are shown in hexadecimal.
    pub max_value: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { version: None, cover_secrets: false, max_output: 16 << 20, max_value: usize::MAX }
    }
}

/// Levels that are shown by indentation; deeper ones by number.
const MAX_INDENT: usize = 32;

/// Characters of a text, and twice the bytes of a byte string, that stand in a value's line.
const MAX_TEXT: usize = 96;

/// Annotated hexadecimal: offset, bytes, tag, type, length and value of every item.
pub fn annotated(doc: &Doc<'_>, options: &Options) -> String {
    Dump::new(doc, options, true).run()
}

/// One line for every item: name and value.
pub fn tree(doc: &Doc<'_>, options: &Options) -> String {
    Dump::new(doc, options, false).run()
}

/// The value of an item in words, as it stands in a dump. `governing` is the tag whose names apply: the item's own, or
/// for a 1.x Attribute Value that of the attribute.
pub fn value(item: ItemRef<'_>, governing: Tag, version: Option<Version>) -> String {
    match item.value() {
        None => format!("malformed, {} {}", bytes(item.raw()), plural(item.raw().len())),
        Some(value) => self::words(value, governing, version),
    }
}

struct Dump<'a> {
    doc: &'a Doc<'a>,
    options: &'a Options,
    hex: bool,
    /// The faults, those of an item in the order of items.
    faults: Vec<Diag>,
    shown: usize,
    out: String,
}

impl<'a> Dump<'a> {
    fn new(doc: &'a Doc<'a>, options: &'a Options, hex: bool) -> Self {
        let mut faults = doc.diags().to_vec();
        // Faults without an item, or of one the index no longer has, come last.
        let len = u32::try_from(doc.len()).unwrap_or(u32::MAX);
        faults.sort_by_key(|f| f.node().filter(|n| *n < len).unwrap_or(u32::MAX));
        Self { doc, options, hex, faults, shown: 0, out: String::new() }
    }

    fn run(mut self) -> String {
        if let Some(root) = self.doc.root() {
            let mut scopes = Scopes::default();
            // Index one past the subtree of the Key Material that the walk is in.
            let mut secret_until = 0;
            // Offset of what the walk has not come to yet.
            let mut next = root.offset();
            for (level, item) in walk(root) {
                if self.full(item.offset()) {
                    return self.out;
                }
                next = if item.ty() == ItemType::STRUCTURE && !item.is_tail() {
                    item.value_offset()
                } else {
                    item.offset() + item.whole().len()
                };
                if item.tag() == tag::KEY_MATERIAL && !item.is_tail() {
                    secret_until = secret_until.max(item.subtree_end());
                }
                let secret = self.options.cover_secrets
                    && item.ty() != ItemType::STRUCTURE
                    && (item.index() < secret_until || item.tag() == tag::PASSWORD);
                let governing = scopes.governs(level, item.tag());
                if self.hex {
                    self.item_in_hex(level, item, governing, secret);
                } else {
                    self.item_in_tree(level, item, governing, secret);
                }
                if item.ty() == ItemType::STRUCTURE {
                    scopes.enter(level);
                } else {
                    scopes.saw(level, item.tag(), item.as_text().unwrap_or_default());
                }
                self.faults_of(item.index(), level);
            }
            self.unread(next);
        }
        self.rest();
        self.out
    }

    /// Whether there is no room for more; says so once.
    fn full(&mut self, at: usize) -> bool {
        let full = self.out.len() >= self.options.max_output;
        if full {
            let left = self.doc.bytes().len().saturating_sub(at);
            let mark = self.mark();
            let _ = writeln!(self.out, "{mark}... cut at offset {at}: {left} {} not shown", plural(left));
        }
        full
    }

    fn item_in_tree(&mut self, level: usize, item: ItemRef<'_>, governing: Tag, secret: bool) {
        self.indent(level);
        self.title(item);
        if item.ty() == ItemType::STRUCTURE && !item.is_tail() {
            self.out.push('\n');
            return;
        }
        if tag_name(item.tag()).is_none() && !item.is_tail() {
            let _ = write!(self.out, " ({})", item.ty());
        }
        self.out.push_str(": ");
        self.value(item, governing, secret);
        self.out.push('\n');
    }

    fn item_in_hex(&mut self, level: usize, item: ItemRef<'_>, governing: Tag, secret: bool) {
        if item.is_tail() {
            self.row(item.offset(), if secret { &[] } else { item.raw() });
        } else {
            self.row(item.offset(), item.whole().get(..8).unwrap_or_default());
        }
        self.out.push_str("# ");
        self.indent(level);
        self.title(item);
        if !item.is_tail() {
            let _ = write!(self.out, "  {} {}", item.ty(), item.declared_len());
            let there = item.raw().len();
            if usize::try_from(item.declared_len()).is_ok_and(|declared| declared != there) {
                let _ = write!(self.out, " ({there} there)");
            }
        }
        if item.ty() != ItemType::STRUCTURE || item.is_tail() {
            self.out.push_str(" = ");
            self.value(item, governing, secret);
        }
        self.out.push('\n');
        if !item.is_tail() && item.ty() != ItemType::STRUCTURE {
            let body = if secret { &[] } else { item.whole().get(8..).unwrap_or_default() };
            self.rows(item.value_offset(), body);
        }
    }

    /// Name of the tag, and whether the version has it.
    fn title(&mut self, item: ItemRef<'_>) {
        if item.is_tail() {
            self.out.push_str("(left over)");
            return;
        }
        match tag_name(item.tag()) {
            Some(name) => self.out.push_str(name),
            None => {
                let _ = write!(self.out, "{}", item.tag());
            }
        }
        if let (Some(row), Some(version)) = (tag_row(item.tag()), self.options.version)
            && !row.exists(version)
        {
            let _ = write!(self.out, " [no tag of {version}]");
        }
    }

    fn value(&mut self, item: ItemRef<'_>, governing: Tag, secret: bool) {
        if secret {
            let _ = write!(self.out, "(covered, {} {})", item.raw().len(), plural(item.raw().len()));
        } else if item.is_tail() {
            self.out.push_str(&bytes(item.raw()));
        } else {
            self.out.push_str(&value(item, governing, self.options.version));
        }
    }

    fn indent(&mut self, level: usize) {
        self.out.extend(std::iter::repeat_n("  ", level.min(MAX_INDENT)));
        if level > MAX_INDENT {
            let _ = write!(self.out, "(level {level}) ");
        }
    }

    /// Offset and up to 16 bytes; what follows stands in its own column.
    fn row(&mut self, at: usize, bytes: &[u8]) {
        let _ = write!(self.out, "{at:08X}:  ");
        let start = self.out.len();
        for (i, b) in bytes.iter().enumerate() {
            if i > 0 && i % 4 == 0 {
                self.out.push(' ');
            }
            let _ = write!(self.out, "{b:02X}");
        }
        let width = self.out.len() - start;
        self.out.extend(std::iter::repeat_n(' ', 37usize.saturating_sub(width)));
    }

    /// Rows of nothing but bytes, as many as the limits allow.
    fn rows(&mut self, at: usize, body: &[u8]) {
        let mut at = at;
        let shown = body.get(..self.options.max_value).unwrap_or(body);
        for row in shown.chunks(16) {
            if self.full(at) {
                return;
            }
            self.row(at, row);
            self.trim();
            at += row.len();
        }
        if let Some(hidden) = body.len().checked_sub(shown.len()).filter(|n| *n > 0) {
            let _ = writeln!(self.out, "{}... {hidden} more {} of this value", self.mark(), plural(hidden));
        }
    }

    fn trim(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }

    fn faults_of(&mut self, index: u32, level: usize) {
        while let Some(fault) = self.faults.get(self.shown).copied().filter(|f| f.node() == Some(index)) {
            self.shown += 1;
            self.fault(fault, level + 1);
        }
    }

    fn fault(&mut self, fault: Diag, level: usize) {
        self.out.push_str(self.mark());
        self.indent(level);
        let _ = writeln!(self.out, "^ {fault} [{}]", fault.code.name());
    }

    /// What sets remarks apart from bytes.
    fn mark(&self) -> &'static str {
        if self.hex { "                                                # " } else { "" }
    }

    /// What a limit has kept out of the index. It may hold secrets, so a covering dump only counts it.
    fn unread(&mut self, at: usize) {
        let doc = self.doc;
        let end = doc.bytes().len() - doc.trailing().len();
        let unread = doc.bytes().get(at..end).unwrap_or_default();
        self.loose(at, unread, "not looked into", !self.options.cover_secrets);
    }

    /// Bytes without an item.
    fn loose(&mut self, at: usize, loose: &[u8], why: &str, show: bool) {
        if loose.is_empty() || self.full(at) {
            return;
        }
        let mark = self.mark();
        let _ = writeln!(self.out, "{mark}({why}: {} {} from offset {at})", loose.len(), plural(loose.len()));
        if self.hex && show {
            self.rows(at, loose);
        } else if show {
            let _ = writeln!(self.out, "  {}", bytes(loose));
        }
    }

    /// What belongs to no item, and the faults that do not either.
    fn rest(&mut self) {
        let doc = self.doc;
        let trailing = doc.trailing();
        self.loose(doc.bytes().len() - trailing.len(), trailing, "in no item", true);
        for fault in self.faults.get(self.shown..).unwrap_or_default().to_vec() {
            if self.full(fault.at()) {
                return;
            }
            self.fault(fault, 0);
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "byte" } else { "bytes" }
}

/// The value in words: names where there are some, always with the number.
fn words(value: Value<'_>, governing: Tag, version: Option<Version>) -> String {
    let list = || match Vocabulary::of(governing) {
        Some(Vocabulary::Values(list)) => Some(list),
        Some(Vocabulary::Tags) | None => None,
    };
    match value {
        Value::Structure => String::new(),
        Value::Integer(v) => match Vocabulary::of(governing).and_then(|l| l.mask_names(v.cast_unsigned(), '|')) {
            None => v.to_string(),
            Some(names) => format!("{names} (0x{v:08X}){}", absent(list(), v.cast_unsigned(), version)),
        },
        Value::LongInteger(v) => v.to_string(),
        Value::BigInteger(v) | Value::ByteString(v) => format!("{} ({} {})", bytes(v), v.len(), plural(v.len())),
        Value::Enumeration(v) => match Vocabulary::of(governing).and_then(|l| l.name(v)) {
            Some(name) => format!("{name} (0x{v:08X}){}", absent(list(), v, version)),
            None if list().is_some_and(|l| l.is_extension(v)) => format!("0x{v:08X} (extension)"),
            None => format!("0x{v:08X} (no name)"),
        },
        Value::Boolean(v) => v.to_string(),
        Value::TextString(v) | Value::Identifier(v) | Value::Reference(v) | Value::NameReference(v) => text(v),
        Value::DateTime(v) => dated(lexical::date_time(v), v),
        Value::DateTimeExtended(v) => dated(lexical::date_time_extended(v), v),
        Value::Interval(v) => format!("{v} s"),
    }
}

fn dated(date: Option<String>, number: i64) -> String {
    match date {
        Some(date) => format!("{date} ({number})"),
        None => format!("{number} (outside the years 1 to 9999)"),
    }
}

/// A remark where the version does not have the value.
fn absent(list: Option<&Enumeration>, code: u32, version: Option<Version>) -> String {
    match (list, version) {
        (Some(list), Some(version)) if !list.valid(code, version) && !list.is_extension(code) => {
            format!(" [not in {version}]")
        }
        _ => String::new(),
    }
}

/// Quoted, with everything escaped that could do something to a terminal.
fn text(v: &str) -> String {
    let mut out = String::from('"');
    out.extend(v.chars().take(MAX_TEXT).flat_map(char::escape_debug));
    out.push('"');
    let left = v.chars().count().saturating_sub(MAX_TEXT);
    if left > 0 {
        let _ = write!(out, "... and {left} more");
    }
    out
}

/// Hexadecimal, cut.
fn bytes(v: &[u8]) -> String {
    let shown = v.get(..MAX_TEXT / 2).unwrap_or(v);
    let mut out = lexical::hex(shown);
    if shown.len() < v.len() {
        out.push_str("...");
    }
    out
}
