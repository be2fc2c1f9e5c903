//! `kmipspec decode`: any form of a message to a dump with everything that is wrong with it, or to another form.

use super::args::{DecodeArgs, View};
use super::dispatch::failed;
use super::output::Stdout;
use super::{convert, input};
use crate::exit::Exit;
use crate::fuzzing::script::{MAGIC, Script};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::io::{self, Write};
use std::path::Path;

/// Reads, shows, and says by its exit code whether the message is sound.
pub(super) fn run(args: &DecodeArgs, out: &mut Stdout) -> Exit {
    if let Some(script) = script(&args.file) {
        return steps(&script, args, out);
    }
    let bytes = match input::read(&args.file, args.from) {
        Ok(bytes) => bytes,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", input::name(&args.file));
            return e.exit();
        }
    };
    message(&bytes, args, out)
}

/// The conversation in a file of `fuzz`, where it is one.
fn script(file: &Path) -> Option<Script> {
    // What is wrong with the file is told where a message is read from it.
    let bytes = std::fs::read(file).ok().filter(|bytes| bytes.starts_with(MAGIC))?;
    Script::read(&bytes).ok()
}

/// The messages of a conversation, one after the other.
fn steps(script: &Script, args: &DecodeArgs, out: &mut Stdout) -> Exit {
    let mut exit = Exit::Success;
    for (place, step) in script.steps.iter().enumerate().filter(|(_, step)| !step.bytes.is_empty()) {
        if matches!(args.to, View::Dump | View::Tree)
            && let Err(e) = writeln!(out, "# step {place}, connection {}, identity {}", step.connection, step.identity)
        {
            return failed("write", &e);
        }
        exit = exit.and(message(&step.bytes, args, out));
    }
    exit
}

/// Shows one message.
fn message(bytes: &[u8], args: &DecodeArgs, out: &mut Stdout) -> Exit {
    let doc = Doc::lenient(bytes, &Limits { leaf_root: true, ..Limits::default() });
    let version = args.version.or_else(|| ProtocolVersion::stated(&doc)?.known());
    let text = match convert::view(&doc, args.to, version) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", input::name(&args.file));
            return Exit::InvalidData;
        }
    };
    let faults: Vec<String> = doc.diags().iter().map(ToString::to_string).collect();
    let (broken, remarks) = held_against_tables(&doc, version);
    let sound = faults.is_empty() && broken.is_empty();
    match show(out, args.to, &text, &faults, [broken, remarks].concat()) {
        Err(e) => failed("write", &e),
        Ok(()) if sound => Exit::Success,
        Ok(()) => Exit::CheckFailed,
    }
}

/// What the tables of the version say of the content, each with its rule and offset: rules broken, and remarks.
/// A single item, or a message whose version is unknown, is held against no table.
fn held_against_tables(doc: &Doc<'_>, version: Option<Version>) -> (Vec<String>, Vec<String>) {
    let (Some(root), Some(version)) = (doc.root(), version) else { return Default::default() };
    let violations = match root.tag() {
        tag::REQUEST_MESSAGE => schema::check_request(doc, version),
        tag::RESPONSE_MESSAGE => schema::check_response(doc, &schema::Context { version, request: None }),
        _ => return Default::default(),
    };
    // Faults of the encoding are rules too; they stand in the dump already.
    let content = violations.iter().filter(|v| v.rule.id.starts_with("schema."));
    let (broken, remarks): (Vec<_>, Vec<_>) = content.partition(|v| v.rule.level == schema::Level::Shall);
    let line = |v: &schema::Violation| {
        let (rule, at, path) = (v.rule.id, v.offset, &v.path);
        format!("{rule}  offset {at} (0x{at:X})  {path}: expected {}, got {}", v.expected, v.actual)
    };
    (broken.into_iter().map(line).collect(), remarks.into_iter().map(line).collect())
}

/// The text and what was found; a dump and a tree have the faults in place, beside other forms all goes to stderr.
fn show(out: &mut Stdout, view: View, text: &[u8], faults: &[String], content: Vec<String>) -> io::Result<()> {
    out.write_all(text)?;
    match view {
        View::Dump | View::Tree => {
            for finding in content {
                writeln!(out, "# {finding}")?;
            }
        }
        View::Hex | View::Binary | View::Xml | View::Json => {
            for finding in faults.iter().chain(&content) {
                eprintln!("kmipspec: {finding}");
            }
        }
    }
    Ok(())
}
