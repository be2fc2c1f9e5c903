//! Known failures: claims that must stay true. One that no longer holds fails the run, and so does one about nothing.
//!
//! ```yaml
//! - case: operations.locate.offset-items
//!   outcome: fail
//!   versions: "1.3..=1.4"                      # left out: every version of the case
//!   rule: [operations.locate.offset-items]     # left out: any; given: a further rule that breaks is news
//!   spec: "1.4 §4.9"                           # for readers
//!   because: offset is ignored when Maximum Items is absent, vendor ticket 1182
//! ```

use super::data_file::{self, DataFileError};
use super::event::{Execution, ExpectedOutcome};
use super::verdict::Verdict;
use crate::scenario::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::scenario::fields::{Fields, text, word};
use crate::scenario::library::selects;
use crate::scenario::node::Node;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::version::Version;
use std::path::Path;

/// The entries of all expectations files of a run.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    entries: Vec<Entry>,
}

/// One claim.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Id of the case, or a pattern with `*`.
    pub case: String,
    /// The verdict claimed.
    pub outcome: Verdict,
    /// Why, in the author's words.
    pub because: String,
    /// At which versions.
    pub versions: VersionSet,
    /// The rules that are broken; empty means any.
    pub rules: Vec<String>,
    /// Sections, for readers.
    pub spec: Vec<String>,
    /// Where the entry stands.
    pub place: Place,
}

impl Entry {
    /// Whether the entry is about a case: its id, or a pattern with `*`.
    fn is_about(&self, id: &str) -> bool {
        self.case == id || self.case.contains('*') && selects(&self.case, id)
    }
}

/// Outcomes an entry may claim; `pass` needs no claim.
const OUTCOMES: &[(&str, Verdict)] = &[
    ("fail", Verdict::Fail),
    ("non-strict", Verdict::NonStrict),
    ("info", Verdict::Info),
    ("inconclusive", Verdict::Inconclusive),
    ("error", Verdict::Error),
    ("skip", Verdict::Skip),
    ("disabled", Verdict::Disabled),
];

impl Expectations {
    /// Reads files; every error in every file is told, not just the first.
    pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Self, DataFileError> {
        let mut all = Self::default();
        let mut errors = Vec::new();
        for path in paths {
            match data_file::read(path.as_ref()) {
                Ok(root) => all.read(&root, &mut errors),
                Err(DataFileError::Invalid(more)) => errors.extend(more),
                Err(unreadable) => return Err(unreadable),
            }
        }
        if errors.is_empty() { Ok(all) } else { Err(DataFileError::Invalid(errors)) }
    }

    /// Reads one file's tree.
    fn read(&mut self, root: &Node, errors: &mut Vec<Diagnostic>) {
        if root.is_null() {
            return;
        }
        let Some(list) = root.list() else {
            let message = format!("an expectations file is a list of entries, not {}", root.kind_name());
            errors.push(Diagnostic::new(&root.place, message));
            return;
        };
        for node in list {
            let Some(entry) = read_entry(node, errors) else { continue };
            let twice = self.entries.iter().find(|e| {
                e.case == entry.case
                    && Version::ALL.into_iter().any(|v| e.versions.contains(v) && entry.versions.contains(v))
            });
            if let Some(first) = twice {
                let message =
                    format!("`{}` has an entry for the same versions at {}", entry.case, first.place.file_line());
                errors.push(Diagnostic::new(&entry.place, message));
                continue;
            }
            self.entries.push(entry);
        }
    }

    /// The entries, in the order of the files.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry about a case at a version.
    pub fn entry(&self, case: &str, version: Version) -> Option<&Entry> {
        self.entries.iter().find(|e| e.is_about(case) && e.versions.contains(version))
    }

    /// The entry that switches a case off at a version; such a case is not run.
    pub fn disabled(&self, case: &str, version: Version) -> Option<&Entry> {
        self.entry(case, version).filter(|e| e.outcome == Verdict::Disabled)
    }

    /// Attaches the claim about an execution, where its outcome decides the claim.
    ///
    /// A case that was not run, or that could not be decided, neither bears a claim out nor breaks it.
    pub fn apply(&self, execution: &mut Execution) {
        let Some(entry) = self.entry(&execution.id, execution.version) else { return };
        let decides = match execution.verdict {
            Verdict::Pass | Verdict::NonStrict | Verdict::Fail | Verdict::Info => true,
            Verdict::Inconclusive | Verdict::Skip | Verdict::Disabled | Verdict::Error => false,
        };
        if decides || execution.verdict == entry.outcome {
            execution.expected = Some(ExpectedOutcome {
                verdict: entry.outcome,
                because: entry.because.clone(),
                place: entry.place.file_line(),
                rules: entry.rules.clone(),
            });
        }
    }

    /// Entries about nothing, ready to print: `versions_of` tells the versions of a case, or that there is no such case.
    ///
    /// All cases count, not just those selected: a part of the suite must not make the file wrong.
    pub fn stale<'a>(
        &self,
        known: impl IntoIterator<Item = &'a str> + Clone,
        versions_of: impl Fn(&str) -> Option<VersionSet>,
    ) -> Vec<String> {
        let mut stale = Vec::new();
        for e in &self.entries {
            let place = e.place.file_line();
            if e.case.contains('*') {
                let of_version = |id: &str| versions_of(id).is_some_and(|v| overlap(v, e.versions));
                if !known.clone().into_iter().any(|id| e.is_about(id) && of_version(id)) {
                    stale.push(format!("{place}: no case at any of these versions is called like `{}`", e.case));
                }
                continue;
            }
            match versions_of(&e.case) {
                None => {
                    let hint = did_you_mean(&e.case, known.clone()).map_or_else(String::new, |h| format!("; {h}"));
                    stale.push(format!("{place}: no case has the id `{}`{hint}", e.case));
                }
                Some(versions) => {
                    if !overlap(versions, e.versions) {
                        stale.push(format!("{place}: `{}` does not run at any of these versions", e.case));
                    }
                }
            }
        }
        stale
    }
}

/// Whether two sets of versions have one in common.
fn overlap(a: VersionSet, b: VersionSet) -> bool {
    Version::ALL.into_iter().any(|v| a.contains(v) && b.contains(v))
}

/// What to print when an execution breaks the claim about it.
pub fn contradiction(execution: &Execution) -> Option<String> {
    let expected = execution.expected.as_ref()?;
    if execution.is_as_expected() {
        return None;
    }
    let Execution { id, version, verdict, .. } = execution;
    Some(if *verdict == expected.verdict {
        let further: Vec<&str> = execution.rules_beyond(expected).collect();
        format!("{}: `{id}` at {version} breaks more than the entry says: {}", expected.place, further.join(", "))
    } else {
        format!("{}: `{id}` at {version} is {verdict}, not {} as the entry says", expected.place, expected.verdict)
    })
}

/// Reads one entry.
fn read_entry(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Entry> {
    let before = errors.len();
    let mut fields = Fields::of(node, "an entry", errors)?;
    let case = fields.require("case", errors).and_then(|n| text(n, "case", errors));
    let outcome = fields.require("outcome", errors).and_then(|n| match n.text() {
        Some("pass") => {
            let message = "`pass` needs no entry: a case passes unless one says otherwise";
            errors.push(Diagnostic::new(&n.place, message));
            None
        }
        _ => word(n, "outcome", OUTCOMES, errors),
    });
    let because = fields.require("because", errors).and_then(|n| {
        let because = text(n, "because", errors)?;
        if because.trim().is_empty() {
            errors.push(Diagnostic::new(&n.place, "`because` says nothing"));
            return None;
        }
        Some(because.trim().to_owned())
    });
    let versions = fields.versions("versions", errors).unwrap_or_else(VersionSet::all);
    let rules = fields.texts("rule", errors);
    let spec = fields.texts("spec", errors);
    fields.finish(errors);
    if errors.len() > before {
        return None;
    }
    Some(Entry { case: case?, outcome: outcome?, because: because?, versions, rules, spec, place: node.place.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::execution;
    use crate::scenario::diagnostic::Source;
    use crate::scenario::parse;
    use std::sync::Arc;

    fn read(text: &str) -> Result<Expectations, Vec<Diagnostic>> {
        let mut all = Expectations::default();
        let mut errors = Vec::new();
        match parse::parse(&Arc::new(Source { file: "known.yaml".into(), text: text.into() })) {
            Ok(root) => all.read(&root, &mut errors),
            Err(e) => errors.push(e),
        }
        if errors.is_empty() { Ok(all) } else { Err(errors) }
    }

    fn good(text: &str) -> Expectations {
        match read(text) {
            Ok(all) => all,
            Err(errors) => panic!("{}", DataFileError::Invalid(errors)),
        }
    }

    const OFFSET: &str = "\
- case: locate.offset-items
  outcome: fail
  versions: \"1.3..=1.4\"
  rule: locate.offset-items
  because: offset is ignored, vendor ticket 1182
";

    #[test]
    fn a_claim_that_holds_does_not_count() {
        let all = good(OFFSET);
        let mut e = execution("locate.offset-items", Version::V1_4, Verdict::Fail);
        assert!(e.counts_as_failure(false));
        all.apply(&mut e);
        assert!(!e.counts_as_failure(false));
        assert_eq!(contradiction(&e), None);
        assert_eq!(e.expected.map(|x| x.place).as_deref(), Some("known.yaml:1"));
    }

    #[test]
    fn a_known_failure_that_passes_counts() {
        let all = good(OFFSET);
        let mut e = execution("locate.offset-items", Version::V1_4, Verdict::Pass);
        all.apply(&mut e);
        assert!(e.counts_as_failure(false));
        let text = "known.yaml:1: `locate.offset-items` at 1.4 is pass, not fail as the entry says";
        assert_eq!(contradiction(&e).as_deref(), Some(text));
    }

    #[test]
    fn a_pattern_is_about_many_cases_and_stale_when_about_none() {
        let all = good("- {case: 'oasis.tc-*-14', outcome: fail, because: two files are wrong}");
        let mut e = execution("oasis.tc-wrap-14", Version::V1_4, Verdict::Fail);
        all.apply(&mut e);
        assert!(e.is_as_expected());
        let any = |_: &str| Some(VersionSet::all());
        assert_eq!(all.stale(["oasis.tc-wrap-14", "oasis.other"], any), Vec::<String>::new());
        assert_eq!(all.stale(["oasis.other"], any).len(), 1);
        assert_eq!(all.stale(["oasis.tc-wrap-14"], |_| VersionSet::parse("2.0").ok()).len(), 0);
    }

    #[test]
    fn a_further_rule_that_breaks_counts() {
        let all = good(OFFSET);
        let mut e = execution("locate.offset-items", Version::V1_4, Verdict::Fail);
        let mut more = e.findings.clone();
        for f in &mut more {
            f.rule = "schema.field-order".to_owned();
        }
        e.findings.append(&mut more);
        all.apply(&mut e);
        assert!(e.counts_as_failure(false));
        let text = "known.yaml:1: `locate.offset-items` at 1.4 breaks more than the entry says: schema.field-order";
        assert_eq!(contradiction(&e).as_deref(), Some(text));
    }

    #[test]
    fn other_versions_and_undecided_outcomes_are_left_alone() {
        let all = good(OFFSET);
        let cases = [
            (Version::V1_0, Verdict::Fail),
            (Version::V1_4, Verdict::Skip),
            (Version::V1_4, Verdict::Error),
            (Version::V1_4, Verdict::Inconclusive),
        ];
        for (version, verdict) in cases {
            let mut e = execution("locate.offset-items", version, verdict);
            all.apply(&mut e);
            assert!(e.expected.is_none(), "{version} {verdict}");
        }
    }

    #[test]
    fn entries_about_nothing_are_stale() {
        let all = good(OFFSET);
        let versions = |set: &str| VersionSet::parse(set).ok();
        assert!(all.stale(["locate.offset-items"], |_| versions("1.0..=2.1")).is_empty());
        assert_eq!(
            all.stale(["locate.offset-items"], |_| versions("2.0..=2.1")),
            ["known.yaml:1: `locate.offset-items` does not run at any of these versions"]
        );
        assert_eq!(
            all.stale(["locate.offset-item"], |_| None),
            ["known.yaml:1: no case has the id `locate.offset-items`; did you mean `locate.offset-item`?"]
        );
    }

    #[test]
    fn bad_files_are_told_with_place_and_hint() {
        let wrong = |text: &str| match read(text) {
            Ok(_) => panic!("{text:?} was taken"),
            Err(errors) => errors.iter().map(|e| (e.place.line, e.message.clone())).collect::<Vec<_>>(),
        };
        assert_eq!(
            wrong("- case: a\n  outcome: fail\n  becuse: x\n"),
            [(1, "an entry has no `because`".to_owned()), (3, "unknown key `becuse` in an entry".to_owned())]
        );
        let two = "- {case: a, outcome: fail, because: x}\n- {case: a, outcome: skip, because: y, versions: \"1.0\"}\n";
        assert_eq!(wrong(two), [(2, "`a` has an entry for the same versions at known.yaml:1".to_owned())]);
        let pass = wrong("- {case: a, outcome: pass, because: x}\n");
        assert!(pass.iter().any(|(line, text)| *line == 1 && text.contains("needs no entry")), "{pass:?}");
        assert_eq!(wrong("a: b\n"), [(1, "an expectations file is a list of entries, not a map".to_owned())]);
        assert_eq!(wrong("- {case: a, outcome: fail, because: \" \"}\n"), [(1, "`because` says nothing".to_owned())]);
    }

    #[test]
    fn an_empty_file_expects_nothing() {
        assert!(good("# none yet\n").entries().is_empty());
    }
}
