//! `kmipspec decode`: any form of a message to a dump with everything that is wrong with it, or to another form.

use super::args::DecodeArgs;
use super::convert;
use super::dispatch::failed;
use super::input;
use super::output::Stdout;
use crate::exit::Exit;
use kmipspec_protocol::ttlv::{Doc, Limits};
use std::io::Write;

/// Reads, shows, and says by its exit code whether the message is sound.
pub(super) fn run(args: &DecodeArgs, out: &mut Stdout) -> Exit {
    let bytes = match input::read(&args.file).and_then(|bytes| input::to_ttlv(bytes, args.from)) {
        Ok(bytes) => bytes,
        Err(e) => return unreadable(&args.file, &e),
    };
    let doc = Doc::lenient(&bytes, &Limits { leaf_root: true, ..Limits::default() });
    let findings = doc.diags().len();
    let text = match convert::text(&doc, args.to) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", args.file.display());
            return Exit::InvalidData;
        }
    };
    if let Err(e) = out.write_all(&text) {
        return failed("write", &e);
    }
    if findings > 0 { Exit::CheckFailed } else { Exit::Success }
}

/// Input that is no message: a missing file is a matter of the command line, the rest of the data.
pub(super) fn unreadable(file: &std::path::Path, error: &input::InputError) -> Exit {
    eprintln!("kmipspec: {}: {error}", file.display());
    match error {
        input::InputError::Io(_) => Exit::Usage,
        input::InputError::NotText
        | input::InputError::Hex { .. }
        | input::InputError::HalfByte
        | input::InputError::Xml(_)
        | input::InputError::Json(_) => Exit::InvalidData,
    }
}
