//! `kmipspec schema`: the JSON Schema of a kind of file.

use super::args::{SchemaArgs, SchemaKind};
use super::dispatch::failed;
use crate::evidence;
use crate::exit::Exit;
use crate::profiles;
use crate::report;
use crate::scenario::json_schema;
use std::io::Write;

/// Prints it.
pub(super) fn run(args: &SchemaArgs, out: &mut dyn Write) -> Exit {
    let text = match args.kind {
        SchemaKind::Results => report::json::schema(),
        SchemaKind::Tls => report::tls::schema(),
        SchemaKind::Diff => report::diff::schema(),
        SchemaKind::Manifest => evidence::manifest::schema(),
        SchemaKind::Matrix => report::matrix::schema(),
        SchemaKind::Observed => report::observed::schema(),
        SchemaKind::Measure => report::measure::schema(),
        SchemaKind::Scenario => json_schema::text(),
        SchemaKind::Profile => profiles::json_schema::text(),
    };
    match out.write_all(text.as_bytes()) {
        Ok(()) => Exit::Success,
        Err(e) => failed("write the schema", &e),
    }
}
