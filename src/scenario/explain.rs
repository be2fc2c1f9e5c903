//! What a scenario sends and expects at a version, for people.

use super::build::{Build, show_parts};
use super::file::FateKind;
use super::matcher::{Field, Matcher};
use super::names;
use super::plan::{Plan, Request, Step};
use kmipspec_protocol::ttlv::{Body, Item};
use std::fmt::Write;

impl Plan {
    /// The whole plan, one line a field.
    pub fn explain(&self) -> String {
        let mut out = format!("{}  {}  {}  at {}\n", self.id, self.level, self.spec.join(", "), self.version);
        let _ = writeln!(out, "  {}", self.title);
        if let Some(because) = &self.because {
            let _ = writeln!(out, "  because {because}");
        }
        if !self.needs.operations.is_empty() {
            let _ = writeln!(out, "  needs {}", self.needs.operations.join(", "));
        }
        for step in &self.steps {
            step.explain(&mut out);
        }
        out
    }
}

impl Step {
    fn explain(&self, out: &mut String) {
        let role = match (self.setup, self.refusable) {
            (true, _) => ", a precondition",
            (false, true) => ", may be refused",
            (false, false) => "",
        };
        let times = if self.repeat > 1 { format!(", {} times", self.repeat) } else { String::new() };
        let _ = writeln!(out, "\n{} (as {}{role}{times})", self.name, self.identity);
        if !self.wait.is_zero() {
            let _ = writeln!(out, "  waits {} s", self.wait.as_secs_f64());
        }
        let edits = match &self.request {
            Request::Receive(awaited) => {
                let operation = awaited.operation.name().unwrap_or_default();
                let _ = writeln!(out, "  waits to be told by {operation}, at the listener");
                &Vec::new()
            }
            Request::Raw { bytes, edits, .. } => {
                let _ = writeln!(out, "  sends bytes {}", show_parts(bytes));
                edits
            }
            Request::Message { header, items, edits, .. } => {
                out.push_str("  sends RequestHeader\n");
                header.iter().for_each(|(_, b)| show(b, 4, out));
                for i in items {
                    out.push_str("  sends BatchItem\n");
                    i.fields.iter().for_each(|b| show(b, 4, out));
                }
                edits
            }
        };
        for e in edits {
            let _ = writeln!(out, "  damaged: {}", e.describe());
        }
        if let Some(shape) = self.http.told() {
            let _ = writeln!(out, "  by HTTP {shape}");
        }
        if self.fate != [FateKind::Answered] {
            let _ = writeln!(out, "  the connection may be {:?}", self.fate);
        }
        for (field, m) in &self.header {
            let of = if self.waits() { "RequestHeader" } else { "ResponseHeader" };
            let _ = writeln!(out, "  expects {of}/{}: {}", field.name(), m.expected());
        }
        for (i, m) in self.items.iter().enumerate() {
            match m {
                None => {
                    let _ = writeln!(out, "  expects no answer to item {}", i + 1);
                }
                Some(m) => expected(m, &format!("BatchItem[{i}]"), out),
            }
        }
        if self.alive {
            out.push_str("  expects to be served on a fresh connection afterwards\n");
        }
        if let Some(u) = &self.undecided {
            let _ = writeln!(out, "  recorded only: {u}");
        }
    }
}

fn expected(m: &Matcher, path: &str, out: &mut String) {
    if let Some(fields) = m.fields() {
        for (field, m) in fields {
            match field {
                Field::Tagged(_) => expected(m, &format!("{path}/{}", field.name()), out),
                _ => {
                    let _ = writeln!(out, "  expects {path}, attribute {}: {}{}", field.name(), m.expected(), level(m));
                }
            }
        }
    } else {
        let _ = writeln!(out, "  expects {path}: {}{}", m.expected(), level(m));
    }
    if let Some(u) = &m.undecided {
        let _ = writeln!(out, "    recorded only: {u}");
    }
}

/// The level of an expectation that has its own.
fn level(m: &Matcher) -> String {
    m.level.map_or_else(String::new, |level| format!(" ({level})"))
}

fn show(b: &Build, indent: usize, out: &mut String) {
    let mut line = |name: String, value: String| {
        let _ = writeln!(out, "{:indent$}{name}: {value}", "");
    };
    match b {
        Build::Fixed(item) => show_item(item, indent, out),
        Build::Leaf { tag, expr, .. } => line(names::tag_name(*tag), expr.to_string()),
        Build::Bound { tag, name, .. } => line(names::tag_name(*tag), format!("${name}")),
        Build::Structure { tag, items } => {
            let _ = writeln!(out, "{:indent$}{}", "", names::tag_name(*tag));
            items.iter().for_each(|b| show(b, indent + 2, out));
        }
        Build::Attributes { container, attributes } => {
            let _ = writeln!(out, "{:indent$}{}", "", container.name());
            for (named, value) in attributes {
                let _ = writeln!(out, "{:w$}{}", "", named.common(), w = indent + 2);
                show(value, indent + 4, out);
            }
        }
    }
}

fn show_item(item: &Item, indent: usize, out: &mut String) {
    let name = names::tag_name(item.tag);
    match (&item.body, item.value()) {
        (Body::Items(items), _) => {
            let _ = writeln!(out, "{:indent$}{name}", "");
            items.iter().for_each(|i| show_item(i, indent + 2, out));
        }
        (_, Some(v)) => {
            let _ = writeln!(out, "{:indent$}{name}: {}", "", names::show_value(item.tag, v));
        }
        (_, None) => {
            let _ = writeln!(out, "{:indent$}{name}: malformed {}", "", item.ty);
        }
    }
}
