//! `kmipspec profiles`: which conformance profiles there are, and what each demands.

use super::args::ProfilesArgs;
use super::dispatch::failed;
use super::output::Stdout;
use super::profile_run;
use crate::exit::Exit;
use crate::profiles::catalogue::{Catalogue, Profile, Requirement};
use crate::profiles::data::{Evidence, Role};
use crate::report::text::count;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Lists them; those that are named with everything they demand.
pub(super) fn run(args: &ProfilesArgs, out: &mut Stdout) -> Exit {
    let catalogue = match profile_run::load() {
        Ok(catalogue) => catalogue,
        Err(exit) => return exit,
    };
    let mut chosen = Vec::new();
    let mut exit = Exit::Success;
    for name in &args.names {
        match catalogue.find(name) {
            Ok(found) => chosen.extend(found),
            Err(e) => {
                eprintln!("kmipspec: {e}");
                exit = exit.and(Exit::Usage);
            }
        }
    }
    if exit != Exit::Success {
        return exit;
    }
    let all = if args.names.is_empty() { catalogue.profiles() } else { chosen };
    let written = match (args.json, args.names.is_empty()) {
        (true, _) => all.iter().try_for_each(|p| writeln!(out, "{}", document(&catalogue, p))),
        (false, true) => list(&catalogue, &all, out),
        (false, false) => all.iter().enumerate().try_for_each(|(i, p)| {
            if i > 0 {
                writeln!(out)?;
            }
            show(&catalogue, p, out)
        }),
    };
    match written {
        Ok(()) => Exit::Success,
        Err(e) => failed("write", &e),
    }
}

/// A line for each.
fn list(catalogue: &Catalogue, all: &[Profile], out: &mut Stdout) -> io::Result<()> {
    let width = all.iter().map(|p| p.id().len()).max().unwrap_or(0);
    for profile in all {
        writeln!(out, "{:<width$}  {:<11}  {}", profile.id(), word(profile), summary(catalogue, profile))?;
    }
    let entries: BTreeSet<(&str, Role, String)> =
        all.iter().map(|p| (p.entry.name.as_str(), p.entry.role, p.entry.versions.to_string())).collect();
    let clients = all.iter().filter(|p| p.entry.role == Role::Client).count();
    writeln!(
        out,
        "\n{} at {}: {} of servers, {clients} of clients; those with * are known at second hand or by name only, so what\n\
         a run says of them is indicative; those for observe are about clients",
        count(entries.len(), "profile"),
        count(all.len(), "version"),
        all.len().saturating_sub(clients),
    )
}

/// Who it is for, and whether its verdict can be held against a server.
fn word(profile: &Profile) -> &'static str {
    match (profile.entry.role, profile.is_primary()) {
        (Role::Client, _) => "for observe",
        (_, true) => "server",
        (_, false) => "server*",
    }
}

/// `3 operations, 12 attributes, 4 values, with Baseline Server 2.1`.
fn summary(catalogue: &Catalogue, profile: &Profile) -> String {
    let demanded = catalogue.requirements(profile);
    let mut parts = Vec::new();
    if let Some(why) = &profile.entry.unread {
        parts.push(why.clone());
        return parts.join("; ");
    }
    if profile.entry.evidence != Evidence::Primary {
        parts.push("indicative".to_owned());
    }
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for r in demanded.all.iter().filter(|r| r.from.is_none()) {
        let kind = r.what.kind();
        match kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, n)) => *n += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let own = kinds.into_iter().map(|(kind, n)| match kind {
        "operation from the server" => format!("{} from the server", count(n, "operation")),
        "rules" | "published cases" | "TLS" | "unread" => kind.to_owned(),
        "batch" => "batches".to_owned(),
        kind => count(n, kind),
    });
    parts.push(own.collect::<Vec<_>>().join(", "));
    let from: BTreeSet<&String> = demanded.all.iter().filter_map(|r| r.from.as_ref()).collect();
    parts.extend(from.into_iter().map(|from| format!("with {from}")));
    parts.retain(|p| !p.is_empty());
    parts.join("; ")
}

/// All that one demands.
fn show(catalogue: &Catalogue, profile: &Profile, out: &mut Stdout) -> io::Result<()> {
    let demanded = catalogue.requirements(profile);
    let entry = &profile.entry;
    writeln!(out, "{}   {}", profile.title(), profile.sections().join(", "))?;
    writeln!(out, "  name      {}", profile.id())?;
    let observe = if entry.role == Role::Client { ", for observe" } else { "" };
    writeln!(out, "  role      {}{observe}", entry.role.as_str())?;
    let because = entry.because.as_ref().map_or_else(String::new, |b| format!(": {b}"));
    writeln!(out, "  evidence  {}{because}", entry.evidence.as_str())?;
    if let Some(note) = &entry.note {
        writeln!(out, "  note      {note}")?;
    }
    let mut groups: BTreeMap<(bool, usize), (String, Vec<&Requirement>)> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for r in &demanded.all {
        let kind = r.what.kind();
        let place = order.iter().position(|k| *k == kind).unwrap_or_else(|| {
            order.push(kind);
            order.len() - 1
        });
        let group = groups.entry((r.from.is_some(), place)).or_insert_with(|| (kind.to_owned(), Vec::new()));
        group.1.push(r);
    }
    let mut told = None;
    for ((inherited, _), (_, requirements)) in groups {
        if told != Some(inherited) {
            let from = requirements.iter().find_map(|r| r.from.as_deref());
            writeln!(out, "  demands{}", from.map_or_else(String::new, |f| format!(" as {f}")))?;
            told = Some(inherited);
        }
        for r in requirements {
            let recommended = if r.recommended { " (recommended)" } else { "" };
            writeln!(out, "    {}{recommended}", r.what.label())?;
        }
    }
    if !demanded.void.is_empty() {
        writeln!(
            out,
            "  listed, though KMIP {} has no such thing\n    {}",
            profile.version,
            demanded.void.join("\n    ")
        )?;
    }
    if !entry.may.is_empty() {
        writeln!(out, "  permits\n    {}", entry.may.join("\n    "))?;
    }
    Ok(())
}

/// The same for programs.
fn document(catalogue: &Catalogue, profile: &Profile) -> Value {
    let demanded = catalogue.requirements(profile);
    let one = |r: &Requirement| json!({"kind": r.what.kind(), "what": r.what.label(), "from": r.from, "recommended": r.recommended});
    json!({
        "id": profile.id(),
        "title": profile.title(),
        "version": profile.version.as_str(),
        "role": profile.entry.role.as_str(),
        "evidence": profile.entry.evidence.as_str(),
        "spec": profile.sections(),
        "requirements": demanded.all.iter().map(one).collect::<Vec<_>>(),
        "void": demanded.void,
        "permits": profile.entry.may,
    })
}
