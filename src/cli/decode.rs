//! `kmipspec decode`: any form of a message to a dump with everything that is wrong with it, or to another form.

use super::args::{DecodeArgs, View};
use super::dispatch::failed;
use super::output::Stdout;
use super::{convert, input};
use crate::exit::Exit;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::Version;
use std::io::{self, Write};

/// Reads, shows, and says by its exit code whether the message is sound.
pub(super) fn run(args: &DecodeArgs, out: &mut Stdout) -> Exit {
    let bytes = match input::read(&args.file, args.from) {
        Ok(bytes) => bytes,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", args.file.display());
            return e.exit();
        }
    };
    let doc = Doc::lenient(&bytes, &Limits { leaf_root: true, ..Limits::default() });
    let version = args.version.or_else(|| header_version(&doc));
    let text = match convert::view(&doc, args.to, version) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", args.file.display());
            return Exit::InvalidData;
        }
    };
    let findings: Vec<String> = doc.diags().iter().map(ToString::to_string).collect();
    match show(out, args.to, &text, &findings) {
        Err(e) => failed("write", &e),
        Ok(()) if findings.is_empty() => Exit::Success,
        Ok(()) => Exit::CheckFailed,
    }
}

/// The text; a dump and a tree have the findings in place, beside the other forms they go to stderr.
fn show(out: &mut Stdout, view: View, text: &[u8], findings: &[String]) -> io::Result<()> {
    out.write_all(text)?;
    match view {
        View::Dump | View::Tree => {}
        View::Hex | View::Binary | View::Xml | View::Json => {
            for finding in findings {
                eprintln!("kmipspec: {finding}");
            }
        }
    }
    Ok(())
}

/// The version the message's own header names.
fn header_version(doc: &Doc<'_>) -> Option<Version> {
    let root = doc.root()?;
    let header = root.child(tag::REQUEST_HEADER).or_else(|| root.child(tag::RESPONSE_HEADER))?;
    let version = header.child(tag::PROTOCOL_VERSION)?;
    let number = |tag| version.child(tag).and_then(|i| i.as_i32());
    Version::from_numbers(number(tag::PROTOCOL_VERSION_MAJOR)?, number(tag::PROTOCOL_VERSION_MINOR)?)
}
