//! The list of environment variables in ci/variables.md is what the flags have: `KMIPSPEC_WRITE_VARIABLES=1 cargo test --lib
//! variables::` writes it anew.

use super::args::definition;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Who has a variable, by what it does there: flag and help.
type Variables = BTreeMap<String, BTreeMap<(String, String), Vec<String>>>;

/// What stands before the table.
const HEAD: &str = "\
# Environment variables

Generated from the flags (`KMIPSPEC_WRITE_VARIABLES=1 cargo test --lib variables::`). A flag on the command line goes before its variable. Where several values may be given, they stand on lines of their own, or behind commas where the flag takes those. `NO_COLOR` and `GITHUB_ACTIONS` are heeded as well, `TMPDIR` says where temporary folders are.

| Variable | Flag | Of | What |
|---|---|---|---|
";

fn variables() -> Variables {
    let mut program = definition();
    program.build();
    let mut all = Variables::new();
    for verb in program.get_subcommands() {
        // What is hidden has no use there.
        for flag in verb.get_arguments().filter(|flag| !flag.is_hide_set()) {
            let (Some(variable), Some(long)) = (flag.get_env(), flag.get_long()) else { continue };
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            let does = (long.to_owned(), help);
            let users = all.entry(variable.to_string_lossy().into_owned()).or_default();
            users.entry(does).or_default().push(format!("`{}`", verb.get_name()));
        }
    }
    all
}

fn table() -> String {
    let mut text = HEAD.to_owned();
    let every = definition().get_subcommands().count();
    for (variable, uses) in variables() {
        for ((flag, help), verbs) in uses {
            let verbs = if verbs.len() >= every { "all".to_owned() } else { verbs.join(", ") };
            let help = help.replace('|', "\\|");
            writeln!(text, "| `{variable}` | `--{flag}` | {verbs} | {help} |").expect("a string takes it");
        }
    }
    text
}

#[test]
fn the_list_of_variables_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/variables.md");
    let table = table();
    if std::env::var_os("KMIPSPEC_WRITE_VARIABLES").is_some() {
        std::fs::write(&path, &table).expect("written");
    }
    let kept = std::fs::read_to_string(&path).expect("ci/variables.md");
    assert_eq!(kept, table, "ci/variables.md is not what the flags have; its head says how to write it anew");
}
