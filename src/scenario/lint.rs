//! Everything about a scenario that can be wrong before anything is sent.

use super::diagnostic::{Diagnostic, did_you_mean};
use super::document;
use super::file::Scenario;
use kmipspec_protocol::registry;
use kmipspec_protocol::schema;
use kmipspec_protocol::version::Version;
use std::path::Path;

/// Lowers a scenario at every version of its range and checks its sections and names; one error a place.
pub fn scenario(s: &Scenario) -> Vec<Diagnostic> {
    let mut out = sections(s);
    out.extend(needs(s));
    for version in s.versions.iter() {
        if let Err(errors) = s.plan(version) {
            for e in errors {
                if !out.iter().any(|o| o.place == e.place) {
                    out.push(e);
                }
            }
        }
    }
    out
}

/// Every version of the range has a section, stated or carried over, and that version has a section of that number.
fn sections(s: &Scenario) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for version in s.versions.iter() {
        let is_cited = s.profiles.iter().any(|cited| cited.versions.contains(version));
        let Some(found) = s.sections(version) else {
            if is_cited {
                continue;
            }
            let message = format!("`spec` has no section for KMIP {version}, which is in the range");
            out.push(Diagnostic::new(&s.id_at, message));
            continue;
        };
        for number in &found.sections {
            let Some(title) = schema::section_title(version, number) else {
                let carried = if found.from == version { String::new() } else { carried_from(found.from) };
                let message = format!("KMIP {version} has no section {number}{carried}");
                out.push(Diagnostic::new(&found.place, message));
                continue;
            };
            // A number that is carried over must still mean the same: numbers move between versions.
            let stated = schema::section_title(found.from, number).unwrap_or(title);
            if !title.eq_ignore_ascii_case(stated) {
                let message = format!(
                    "section {number} is `{title}` in KMIP {version} and `{stated}` in {}{}",
                    found.from,
                    carried_from(found.from)
                );
                out.push(Diagnostic::new(&found.place, message));
            }
        }
    }
    for cited in &s.profiles {
        if cited.versions.iter().any(|version| !s.versions.contains(version)) {
            let message = format!("sections for KMIP {}, which is not all in the range", cited.versions);
            out.push(Diagnostic::new(&cited.place, message));
        }
        let unknown = cited.sections.iter().filter_map(|section| document::unknown(section, cited.versions));
        out.extend(unknown.map(|message| Diagnostic::new(&cited.place, message)));
    }
    for stated in s.spec.iter().filter(|x| !s.versions.contains(x.from)) {
        let message = format!("a section for KMIP {}, which is not in the range", stated.from);
        out.push(Diagnostic::new(&stated.place, message));
    }
    out
}

fn carried_from(version: Version) -> String {
    format!(" (carried over from {version}: state its own)")
}

fn needs(s: &Scenario) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let known_operations: Vec<_> = schema::OPERATIONS.iter().map(|o| o.xml_name).collect();
    check(s, "operation", &s.needs.operations, &known_operations, &mut out);
    for (what, names, enumeration) in
        [("object type", &s.needs.objects, "ObjectType"), ("query function", &s.needs.query, "QueryFunction")]
    {
        if let Some(e) = registry::enumeration_named(enumeration) {
            let known: Vec<_> = e.values.iter().map(|v| v.xml_name).collect();
            check(s, what, names, &known, &mut out);
        }
    }
    out
}

fn check(s: &Scenario, what: &str, names: &[String], known: &[&'static str], out: &mut Vec<Diagnostic>) {
    for n in names.iter().filter(|n| !known.contains(&n.as_str())) {
        let help = did_you_mean(n, known.iter().copied());
        out.push(Diagnostic::new(&s.id_at, format!("`needs` names an unknown {what} `{n}`")).with_help(help));
    }
}

/// The id is the path of the file, with dots: `operations/get/missing.yaml` is `operations.get.missing`.
pub fn id_matches(s: &Scenario, relative: &Path) -> Vec<Diagnostic> {
    let parts: Vec<_> = relative.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let wanted = parts.join(".");
    if s.id == wanted {
        return Vec::new();
    }
    vec![
        Diagnostic::new(&s.id_at, format!("the id is `{}`, but the file's place says `{wanted}`", s.id))
            .with_help(Some(format!("write `id: {wanted}`, or move the file"))),
    ]
}

/// No id twice; the list is sorted by id.
pub fn unique_ids(scenarios: &[Scenario]) -> Vec<Diagnostic> {
    scenarios
        .windows(2)
        .filter_map(|w| match w {
            [a, b] if a.id == b.id => {
                Some(Diagnostic::new(&b.id_at, format!("the id `{}` is taken by {}", b.id, a.id_at.file_line())))
            }
            _ => None,
        })
        .collect()
}
