//! One fault at seven versions is one thing to read.

use crate::runner::event::{Execution, Finding};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::version::Version;
use std::collections::HashMap;

/// Executions of one case that came out the same way: verdict, rules and places agree.
#[derive(Debug)]
pub struct Group<'a> {
    /// In order of version; never empty.
    executions: Vec<&'a Execution>,
}

/// What members of a group have in common.
type Sameness<'a> = (&'a str, Verdict, &'a str, bool, Vec<(&'a str, Verdict, Option<&'a str>, &'a str)>);

fn sameness(e: &Execution) -> Sameness<'_> {
    let findings =
        e.findings.iter().map(|f| (f.rule.as_str(), f.verdict, f.place.as_deref(), f.path.as_str())).collect();
    // A reason counts only where no finding says more.
    let reason = if e.findings.is_empty() { e.reason.as_deref().unwrap_or("") } else { "" };
    (&e.id, e.verdict, reason, e.expected.is_some(), findings)
}

/// Groups, in the order in which their first members appear.
pub fn group<'a>(executions: impl IntoIterator<Item = &'a Execution>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<Sameness<'a>, usize> = HashMap::new();
    for execution in executions {
        let place = *places.entry(sameness(execution)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.executions.push(execution),
            None => groups.push(Group { executions: vec![execution] }),
        }
    }
    for group in &mut groups {
        group.executions.sort_by_key(|e| e.version);
    }
    groups
}

impl<'a> Group<'a> {
    /// The member whose messages are shown: the newest version.
    pub fn shown(&self) -> Option<&'a Execution> {
        self.executions.last().copied()
    }

    /// The members.
    pub fn executions(&self) -> &[&'a Execution] {
        &self.executions
    }

    /// The versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = Version> + '_ {
        self.executions.iter().map(|e| e.version)
    }

    /// The sections behind finding `index` (or behind the case) at all versions: `KMIP 1.0, 1.1 §4.18, §11.19; KMIP 1.4 §4.19`.
    pub fn spec(&self, index: Option<usize>) -> String {
        let mut sections: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for e in &self.executions {
            let spec = match index {
                Some(i) => e.findings.get(i).map_or(&[][..], |f| &f.spec),
                None => &e.spec,
            };
            for one in spec {
                let (document, version, section) = parts(one);
                match sections.iter_mut().find(|(d, s, _)| (*d, *s) == (document, section)) {
                    Some((_, _, versions)) if versions.contains(&version) => {}
                    Some((_, _, versions)) => versions.push(version),
                    None => sections.push((document, section, vec![version])),
                }
            }
        }
        let mut told: Vec<(&str, Vec<&str>, Vec<&str>)> = Vec::new();
        for (document, section, versions) in sections {
            match told.iter_mut().find(|(d, v, _)| *d == document && *v == versions) {
                Some((_, _, sections)) => sections.push(section),
                None => told.push((document, versions, vec![section])),
            }
        }
        let words = told.iter().map(|(document, versions, sections)| {
            let all = format!("{document} {} {}", versions.join(", "), sections.join(", "));
            all.trim_end().to_owned()
        });
        words.collect::<Vec<_>>().join("; ")
    }

    /// The different texts that `what` gives for finding `index`, each with the versions it stands for.
    pub fn texts(&self, index: usize, what: impl Fn(&'a Finding) -> &'a str) -> Vec<(&'a str, Vec<Version>)> {
        let mut all: Vec<(&str, Vec<Version>)> = Vec::new();
        for e in &self.executions {
            let Some(text) = e.findings.get(index).map(&what) else { continue };
            match all.iter_mut().find(|(t, _)| *t == text) {
                Some((_, versions)) => versions.push(e.version),
                None => all.push((text, vec![e.version])),
            }
        }
        all
    }
}

/// `KMIP 1.4 §4.21` in its three parts; what is not written like that is all document.
fn parts(spec: &str) -> (&str, &str, &str) {
    let split = spec.find('§').and_then(|at| {
        let (before, section) = spec.split_at_checked(at)?;
        let (document, version) = before.trim_end().rsplit_once(' ')?;
        Some((document, version, section))
    });
    split.unwrap_or((spec, "", ""))
}
