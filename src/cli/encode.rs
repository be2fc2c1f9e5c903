//! `kmipspec encode`: XML, JSON or hex to TTLV.

use super::args::{EncodeArgs, Form};
use super::dispatch::failed;
use super::output::Stdout;
use super::{convert, input};
use crate::exit::Exit;
use kmipspec_protocol::ttlv::{Doc, Limits};
use std::io::{IsTerminal, Write};

/// Reads and writes.
pub(super) fn run(args: &EncodeArgs, out: &mut Stdout) -> Exit {
    let bytes = match input::read(&args.file, args.from) {
        Ok(bytes) => bytes,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", input::name(&args.file));
            return e.exit();
        }
    };
    let to_stdout = args.output.as_os_str() == "-";
    let form = args.to.unwrap_or({
        // Binary would garble a terminal.
        if to_stdout && std::io::stdout().is_terminal() { Form::Hex } else { Form::Binary }
    });
    let doc = Doc::lenient(&bytes, &Limits { leaf_root: true, ..Limits::default() });
    let text = match convert::form(&doc, form) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("kmipspec: {}: {e}", input::name(&args.file));
            return Exit::InvalidData;
        }
    };
    let written = if to_stdout { out.write_all(&text) } else { std::fs::write(&args.output, &text) };
    match written {
        Ok(()) => Exit::Success,
        Err(e) => failed(&format!("write {}", args.output.display()), &e),
    }
}
