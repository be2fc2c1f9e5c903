//! From parsed arguments to one verb.

use super::args::{self, Verb};
use super::output::Stdout;
use super::{
    client, coverage, decode, diff, encode, enroll, explain, fuzz, index, lint, list, matrix, measure, observe, pack,
    profiles, replay, run, schema, self_check, serve, tls,
};
use crate::exit::Exit;
use crate::runner::data_file::DataFileError;
use std::ffi::OsString;
use std::io::Write;

/// The whole program, short of ending the process.
pub fn main(arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments = match args::parse(arguments) {
        Ok(arguments) => arguments,
        Err(exit) => return exit,
    };
    let mut out = Stdout::new();
    let exit = match arguments.verb {
        Verb::Completions(a) => {
            args::completions(&a, &mut out);
            Exit::Success
        }
        Verb::Man => match args::man(&mut out) {
            Ok(()) => Exit::Success,
            Err(e) => failed("write the man page", &e),
        },
        Verb::Schema(a) => schema::run(&a, &mut out),
        Verb::Decode(a) => decode::run(&a, &mut out),
        Verb::Encode(a) => encode::run(&a, &mut out),
        Verb::Serve(a) => serve::run(&a, &mut out),
        Verb::SelfCheck(a) => self_check::run(&a, &mut out),
        Verb::Measure(a) => measure::run(&a, arguments.color, &mut out),
        Verb::Tls(a) => tls::run(*a, arguments.color, &mut out),
        Verb::Client(a) => client::run(&a, arguments.color, &mut out),
        Verb::Observe(a) => observe::run(&a, arguments.color),
        Verb::Fuzz(a) => fuzz::run(*a, arguments.color, &mut out),
        Verb::Replay(a) => replay::run(&a, &mut out),
        Verb::Minimize(a) => replay::minimize(&a, &mut out),
        Verb::Enroll(a) => enroll::run(&a, &mut out),
        Verb::Run(a) => run::run(&a.settings(), arguments.color),
        Verb::List(a) => {
            let json = a.json;
            list::run(&a.selection(), json, &mut out)
        }
        Verb::Diff(a) => diff::run(&a, arguments.color, &mut out),
        Verb::Index(a) => index::run(&a),
        Verb::Pack(a) => pack::run(&a),
        Verb::Verify(a) => pack::verify(&a, &mut out),
        Verb::Matrix(a) => matrix::run(&a, arguments.color, &mut out),
        Verb::Lint(a) => lint::run(&a, &mut out),
        Verb::Coverage(a) => coverage::run(&a, &mut out),
        Verb::Profiles(a) => profiles::run(&a, &mut out),
        Verb::Explain(a) => explain::run(&a, &mut out),
    };
    match out.flush() {
        Ok(()) => exit,
        Err(e) => exit.and(failed("write to standard output", &e)),
    }
}

/// Says why a file of data cannot be used.
pub(super) fn unusable(error: &DataFileError) -> Exit {
    eprintln!("kmipspec: {error}");
    match error {
        DataFileError::Unreadable { .. } => Exit::Usage,
        DataFileError::Invalid(_) => Exit::InvalidData,
    }
}

/// Says what failed, and that this is the user's surroundings and not the peer.
pub(super) fn failed(what: &str, error: &dyn std::error::Error) -> Exit {
    eprintln!("kmipspec: failed to {what}: {error}");
    Exit::Usage
}
