//! `kmipspec explain`: what a case sends and expects, or what a rule says, with the section behind it.

use super::args::ExplainArgs;
use super::dispatch::failed;
use super::library;
use super::output::Stdout;
use crate::client_suite::{self, Case};
use crate::exit::Exit;
use crate::report::text::version_list;
use crate::runner::standing;
use crate::runner::verdict::Level;
use crate::scenario::diagnostic::did_you_mean;
use crate::scenario::file::Scenario;
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::schema::{ERRORS, ErrorRow, RULES, Rule};
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;
use std::io::Write as _;

/// Prints it.
pub(super) fn run(args: &ExplainArgs, out: &mut Stdout) -> Exit {
    let library = match library::load(&args.scenarios) {
        Ok(library) => library,
        Err(exit) => return exit,
    };
    let text = if let Some(scenario) = library.get(&args.id) {
        case(scenario, args.version)
    } else if let Some(case) = client_suite::all().find(|case| case.id == args.id) {
        client_case(case, args.version)
    } else if let Some((id, title)) = client_suite::ALWAYS.iter().find(|(id, _)| *id == args.id) {
        Ok(format!("{id}\n  {title}\n  part of every run of `kmipspec client`\n"))
    } else if let Some(rule) = standing::rules().chain(standing::rules_of_requests()).find(|r| r.id == args.id) {
        Ok(standing_rule(rule))
    } else if let Some(rule) = RULES.iter().find(|r| r.id == args.id) {
        Ok(rule_of_requests(rule))
    } else if let Some(row) = ERRORS.iter().find(|row| row.id == args.id) {
        Ok(error_row(row))
    } else {
        let ids = library.scenarios.iter().map(|s| s.id.as_str());
        let known = ids
            .chain(RULES.iter().map(|r| r.id))
            .chain(standing::rules().chain(standing::rules_of_requests()).map(|r| r.id))
            .chain(client_suite::all().map(|case| case.id))
            .chain(client_suite::ALWAYS.map(|(id, _)| id))
            .chain(ERRORS.iter().map(|row| row.id));
        let hint = did_you_mean(&args.id, known).map_or_else(String::new, |hint| format!("; {hint}"));
        eprintln!("kmipspec: no case, rule or error row has the id `{}`{hint}", args.id);
        return Exit::NothingSelected;
    };
    match text {
        Ok(text) => match out.write_all(text.as_bytes()) {
            Ok(()) => Exit::Success,
            Err(e) => failed("write", &e),
        },
        Err(exit) => exit,
    }
}

/// The plan at a version, the error rows it tests, and what it hunts.
fn case(scenario: &Scenario, version: Option<Version>) -> Result<String, Exit> {
    let version = match version.or_else(|| scenario.versions.iter().last()) {
        Some(version) if scenario.versions.contains(version) => version,
        _ => {
            eprintln!("kmipspec: {} runs at {}", scenario.id, scenario.versions);
            return Err(Exit::NothingSelected);
        }
    };
    let plan = scenario.plan(version).map_err(|errors| {
        for error in errors {
            eprintln!("{error}");
        }
        Exit::InvalidData
    })?;
    let mut text = plan.explain();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nruns at  {}", scenario.versions);
    let _ = writeln!(text, "file     {}", scenario.source.file);
    if let Some(hunts) = &scenario.hunts {
        let _ = writeln!(text, "hunts    {hunts}");
    }
    for id in &scenario.source_rows {
        if let Some(row) = ERRORS.iter().find(|row| row.id == id).filter(|row| row.versions.contains(version)) {
            let _ = write!(text, "\n{}", error_row(row));
        }
    }
    Ok(text)
}

/// A case about clients: how they are answered, why that is legal, and what they do then.
fn client_case(case: &Case, version: Option<Version>) -> Result<String, Exit> {
    if version.is_some_and(|version| !case.stands_at(version)) {
        let stands = Version::ALL.into_iter().filter(|v| case.stands_at(*v));
        eprintln!("kmipspec: {} runs at {}", case.id, version_list(stands));
        return Err(Exit::NothingSelected);
    }
    let mut text = format!("{}  {}\n  {}\n", case.id, case.level, case.title);
    // Writing to a string cannot fail.
    let mut field = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<9}{value}");
    };
    field("because", case.statement);
    field("expects", case.expects.words());
    field("needs", case.needs);
    if case.level == Level::May {
        field("verdict", "info where it is otherwise: the text leaves it open");
    }
    for section in case.spec.iter().filter(|s| version.is_none_or(|version| s.version == version)) {
        field("section", &section.to_string());
    }
    let at = version.map_or_else(String::new, |version| format!(" --version {version}"));
    field("run it", &format!("kmipspec client --command CLIENT{at} {}", case.id));
    Ok(text)
}

/// A rule that holds for every answer.
fn standing_rule(rule: standing::StandingRule) -> String {
    let of_requests = standing::rules_of_requests().any(|of_requests| of_requests.id == rule.id);
    let on = if of_requests { "requests by HTTP, by `kmipspec observe`" } else { "every answer" };
    let mut text = format!(
        "{}  {}\n  {}\n  checked on {on}, at the version the request used\n",
        rule.id, rule.level, rule.statement
    );
    let mut sections: Vec<String> = Vec::new();
    for version in Version::ALL {
        for section in standing::spec_at(rule.id, version) {
            if !sections.contains(&section) {
                sections.push(section);
            }
        }
    }
    if sections.is_empty() {
        text += "  no section: it says something of this program, not of the server\n";
    }
    for section in sections {
        let _ = writeln!(text, "  {section}");
    }
    text
}

/// A rule that only a request can break.
fn rule_of_requests(rule: &Rule) -> String {
    let level = format!("{:?}", rule.level).to_uppercase();
    let mut text = format!(
        "{}  {level}\n  {}\n  checked on requests, by `kmipspec decode`, `client` and `observe`\n",
        rule.id, rule.statement
    );
    for section in rule.spec {
        let _ = writeln!(text, "  {section}");
    }
    text
}

/// A row of the standard's error tables.
fn error_row(row: &ErrorRow) -> String {
    let mut text = format!("{}  {}\n", row.id, row.operation.unwrap_or("any message"));
    let mut field = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {label:<10}{value}");
        }
    };
    field("when", row.condition);
    field("status", row.status.unwrap_or(""));
    let reasons: Vec<String> = row.reasons.iter().map(|code| ResultReason(*code).to_string()).collect();
    field("reason", &reasons.join(" or "));
    field("action", row.action);
    field("note", row.note);
    for (version, section) in row.sections {
        field("section", &format!("KMIP {version} §{section}"));
    }
    text
}
