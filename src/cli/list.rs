//! `kmipspec list`: what `run` would do with the same selection.

use super::dispatch::failed;
use super::library;
use super::output::Stdout;
use super::profile_run::Asked;
use super::settings::SelectionSettings;
use crate::exit::Exit;
use crate::report::text::{count, version_list};
use crate::runner::{RunError, plan};
use crate::scenario::plan::Plan;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Prints a line for each case, or a JSON object for each execution.
pub(super) fn run(settings: &SelectionSettings, json: bool, out: &mut Stdout) -> Exit {
    let mut selection = settings.selection();
    let asked = match settings.profiles.as_slice() {
        [] => None,
        names => match Asked::resolve(names, &selection.versions) {
            Ok(asked) => Some(asked),
            Err(exit) => return exit,
        },
    };
    let library = match library::load(&settings.scenarios) {
        Ok(library) => library,
        Err(exit) => return exit,
    };
    selection.executions = asked.map(|asked| asked.among(&library.scenarios).executions());
    let plans = match plan(&library.scenarios, &selection) {
        Ok(planned) => planned.plans,
        Err(e) => return refused(&e),
    };
    match if json { print_json(&plans, out) } else { print(&plans, out) } {
        Ok(()) => Exit::Success,
        Err(e) => failed("write", &e),
    }
}

/// Why there is nothing to run, and the exit code of that.
pub(super) fn refused(error: &RunError) -> Exit {
    eprintln!("kmipspec: {error}");
    match error {
        RunError::NothingSelected => Exit::NothingSelected,
        RunError::Scenarios(_) => Exit::InvalidData,
        RunError::Target(_) | RunError::Listener { .. } | RunError::Interrupted => Exit::CouldNotFindOut,
    }
}

fn print(plans: &[Plan], out: &mut Stdout) -> io::Result<()> {
    let mut cases: BTreeMap<&str, Vec<&Plan>> = BTreeMap::new();
    for plan in plans {
        cases.entry(&plan.id).or_default().push(plan);
    }
    let width = cases.keys().map(|id| id.len()).max().unwrap_or(0);
    for (id, plans) in &cases {
        let Some(first) = plans.first() else { continue };
        let versions = version_list(plans.iter().map(|p| p.version));
        writeln!(out, "{id:<width$}  {:<6}  {versions:<33}  {}", first.level, first.title)?;
    }
    writeln!(out, "\n{}, {}", count(cases.len(), "scenario"), count(plans.len(), "execution"))
}

fn print_json(plans: &[Plan], out: &mut Stdout) -> io::Result<()> {
    for plan in plans {
        let line = serde_json::json!({
            "id": plan.id,
            "suite": plan.suite,
            "title": plan.title,
            "version": plan.version.as_str(),
            "level": plan.level,
            "spec": plan.spec,
            "tags": plan.tags,
            "needs": plan.needs.operations,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
