//! What differs between two runs, from the files of `run --json`: what fails or passes now, what came or went, what is measured anew.

use super::outcome::at;
use super::style::Paint;
use super::text::{count, printable};
use super::written::{Finding, One, Run, Target};
use crate::exit::Exit;
use crate::runner::verdict::{Level, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Number of the format of [`Diff`]; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// What `kmipspec diff --json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diff {
    /// Number of this format.
    pub format: u32,
    /// The earlier run and the later one.
    pub runs: [About; 2],
    /// What the server says of itself, or the program that asked, where it differs.
    pub server: Vec<Fact>,
    /// What fails now and did not; also what breaks other rules than before, and new cases that fail.
    pub new_failures: Vec<Change>,
    /// What could not be found out now, and could before.
    pub new_errors: Vec<Change>,
    /// What passes now and did not.
    pub new_passes: Vec<Change>,
    /// What came out another way that is neither.
    pub changed: Vec<Change>,
    /// What only the later run has, and does not fail there.
    pub come: Vec<Change>,
    /// What only the earlier run has.
    pub gone: Vec<Change>,
    /// What was recorded in both, with another value.
    pub measurements: Vec<Measurement>,
    /// How many came out the same.
    pub same: usize,
    /// How many of those fail.
    pub still_failing: usize,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct About {
    /// Version of kmipspec.
    pub kmipspec: String,
    /// When it began.
    pub started: String,
    /// The server's address.
    pub address: String,
    /// How many executions.
    pub executions: usize,
    /// Why it was cut short, if it was.
    pub broken: Option<String>,
}

/// What a server says of itself in each run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fact {
    /// What it is about.
    pub what: String,
    /// In the earlier run.
    pub before: String,
    /// In the later one.
    pub after: String,
}

/// A case at a version in a form of messages, in both runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change {
    /// Written id of the case.
    pub id: String,
    /// KMIP version.
    pub version: String,
    /// How messages travelled.
    pub encoding: String,
    /// How strongly the standard words the rule.
    pub level: Level,
    /// What it demands.
    pub title: String,
    /// Its verdict in the earlier run.
    pub before: Option<Verdict>,
    /// Its verdict in the later run.
    pub after: Option<Verdict>,
    /// What the later run says of it, in a line, or the earlier one where it is gone.
    pub because: String,
    /// A command that runs just this again.
    pub reproduce: String,
}

/// Something recorded.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Measurement {
    /// Written id of the case.
    pub id: String,
    /// KMIP version.
    pub version: String,
    /// How messages travelled.
    pub encoding: String,
    /// The rule under which it is recorded, and the item.
    pub rule: String,
    /// Path of the item.
    pub path: String,
    /// In the earlier run.
    pub before: String,
    /// In the later one.
    pub after: String,
}

/// What an execution is called in both runs.
type Key<'a> = (&'a str, &'a str, &'a str);

fn by_key(run: &Run) -> BTreeMap<Key<'_>, &One> {
    run.results.iter().map(|one| (one.key(), one)).collect()
}

/// Compares two runs.
pub fn compare(before: &Run, after: &Run) -> Diff {
    let mut diff = Diff {
        format: FORMAT,
        runs: [about(before), about(after)],
        server: facts(before, after),
        new_failures: Vec::new(),
        new_errors: Vec::new(),
        new_passes: Vec::new(),
        changed: Vec::new(),
        come: Vec::new(),
        gone: Vec::new(),
        measurements: Vec::new(),
        same: 0,
        still_failing: 0,
    };
    let (old, new) = (by_key(before), by_key(after));
    for (key, now) in &new {
        let then = old.get(key).copied();
        let failed_before = then.is_some_and(|then| then.counts_as_failure);
        let other_rules = then.is_some_and(|then| !broken_rules(now).is_subset(&broken_rules(then)));
        let to = if now.counts_as_failure && (!failed_before || other_rules) {
            &mut diff.new_failures
        } else if now.verdict == Verdict::Error && then.is_none_or(|then| then.verdict != Verdict::Error) {
            &mut diff.new_errors
        } else if let Some(then) = then {
            diff.measurements.extend(measured(before, then, after, now));
            if then.verdict == now.verdict {
                diff.same += 1;
                diff.still_failing += usize::from(now.counts_as_failure);
                continue;
            }
            if now.verdict == Verdict::Pass { &mut diff.new_passes } else { &mut diff.changed }
        } else {
            &mut diff.come
        };
        to.push(change(then, Some(now), now));
    }
    for (key, then) in &old {
        if !new.contains_key(key) {
            diff.gone.push(change(Some(then), None, then));
        }
    }
    diff
}

fn about(run: &Run) -> About {
    About {
        kmipspec: run.kmipspec.clone(),
        started: run.started.clone(),
        address: run.target.address.clone(),
        executions: run.results.len(),
        broken: run.broken.clone(),
    }
}

/// What differs of server and program; addresses differ by nature.
fn facts(before: &Run, after: &Run) -> Vec<Fact> {
    let of = |run: &Run| {
        let Target { vendor, versions, tls, .. } = &run.target;
        let tell = |text: &Option<String>| text.clone().unwrap_or_else(|| "not told".to_owned());
        [
            ("vendor", tell(vendor)),
            ("versions", versions.join(", ")),
            ("TLS", tell(tls)),
            ("kmipspec", run.kmipspec.clone()),
        ]
    };
    let pairs = of(before).into_iter().zip(of(after)).filter(|((_, then), (_, now))| then != now);
    pairs.map(|((what, before), (_, after))| Fact { what: what.to_owned(), before, after }).collect()
}

fn broken_rules(one: &One) -> BTreeSet<&str> {
    one.findings.iter().filter(|f| f.verdict == Verdict::Fail).map(|f| f.rule.as_str()).collect()
}

fn change(then: Option<&One>, now: Option<&One>, told: &One) -> Change {
    Change {
        id: told.id.clone(),
        version: told.version.clone(),
        encoding: told.encoding.clone(),
        level: told.level,
        title: told.title.clone(),
        before: then.map(|one| one.verdict),
        after: now.map(|one| one.verdict),
        because: told.because(),
        reproduce: told.reproduce.clone(),
    }
}

/// What both recorded of the same item under the same rule, where it is not the same. What differs in any two runs is left out of account:
/// names of the run, identifiers.
fn measured(before: &Run, then: &One, after: &Run, now: &One) -> Vec<Measurement> {
    let mut out = Vec::new();
    let mut rest: Vec<&Finding> = then.findings.iter().filter(|f| f.verdict == Verdict::Info).collect();
    for new in now.findings.iter().filter(|f| f.verdict == Verdict::Info) {
        let Some(at) = rest.iter().position(|old| (&old.rule, &old.path) == (&new.rule, &new.path)) else { continue };
        let old = rest.remove(at);
        if plain(&old.actual, &before.run_id) != plain(&new.actual, &after.run_id) {
            out.push(Measurement {
                id: now.id.clone(),
                version: now.version.clone(),
                encoding: now.encoding.clone(),
                rule: new.rule.clone(),
                path: new.path.clone(),
                before: old.actual.clone(),
                after: new.actual.clone(),
            });
        }
    }
    out
}

/// A text without what is of one run only: its name, and words of eight hexadecimal digits and more, as identifiers and random bytes are.
fn plain(text: &str, run_id: &str) -> String {
    let text = if run_id.is_empty() { text.to_owned() } else { text.replace(run_id, "${run}") };
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_made = |word: &str| {
        let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let word = word.strip_prefix("0x").unwrap_or(word);
        word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    };
    words.map(|word| if is_made(word) { "…" } else { word }).collect()
}

/// The JSON Schema of [`Diff`], ready to print.
pub fn schema() -> String {
    super::json::schema_of::<Diff>()
}

impl Diff {
    /// What it comes to: a new failure is a check that failed, a new error or a later run cut short could not be found out.
    pub fn exit(&self) -> Exit {
        let [_, after] = &self.runs;
        let mut exit = Exit::Success;
        if !self.new_failures.is_empty() {
            exit = exit.and(Exit::CheckFailed);
        }
        if !self.new_errors.is_empty() || after.broken.is_some() {
            exit = exit.and(Exit::CouldNotFindOut);
        }
        exit
    }

    /// For people.
    pub fn lines(&self, paint: Paint) -> Vec<String> {
        let mut out = Vec::new();
        for (name, run) in ["before", "after"].into_iter().zip(&self.runs) {
            let cut = run.broken.as_ref().map(|why| format!("; cut short: {why}")).unwrap_or_default();
            let text = format!("{}  {}  {}{cut}", run.address, run.started, count(run.executions, "execution"));
            out.push(format!("{}{}", paint.dim(&format!("{name:<9}")), printable(&text, false)));
        }
        for fact in &self.server {
            let text = format!("{}: {} → {}", fact.what, fact.before, fact.after);
            out.push(format!("{}{}", paint.dim(&format!("{:<9}", "differs")), printable(&text, false)));
        }
        for (title, verdict, changes) in [
            ("new failures", Verdict::Fail, &self.new_failures),
            ("new errors", Verdict::Error, &self.new_errors),
            ("new passes", Verdict::Pass, &self.new_passes),
            ("came out another way", Verdict::Info, &self.changed),
            ("new", Verdict::Info, &self.come),
            ("gone", Verdict::Skip, &self.gone),
        ] {
            section(title, verdict, changes, paint, &mut out);
        }
        if !self.measurements.is_empty() {
            out.push(String::new());
            out.push(paint.bold(&format!("measured anew: {}", self.measurements.len())));
        }
        for m in &self.measurements {
            let name = format!("{} @{}", m.id, at(&m.version, &m.encoding));
            out.push(printable(&format!("  {name}  {}: {} → {}", m.rule, m.before, m.after), false));
        }
        out.push(String::new());
        let n = |what: &str, changes: &[Change]| format!("{} {what}", changes.len());
        let parts = [
            n("fail now", &self.new_failures),
            n("could not be found out now", &self.new_errors),
            n("pass now", &self.new_passes),
            n("differ", &self.changed),
            n("new", &self.come),
            n("gone", &self.gone),
            format!("{} measured anew", self.measurements.len()),
            format!("{} as before, of them {} failing", self.same, self.still_failing),
        ];
        out.push(parts.join(", "));
        out
    }
}

/// One fault at several versions is one line.
fn section(title: &str, verdict: Verdict, changes: &[Change], paint: Paint, out: &mut Vec<String>) {
    if changes.is_empty() {
        return;
    }
    out.push(String::new());
    out.push(paint.bold(&format!("{title}: {}", changes.len())));
    let mut groups: Vec<(&Change, Vec<String>)> = Vec::new();
    for change in changes {
        let at = at(&change.version, &change.encoding);
        match groups.last_mut() {
            Some((first, versions))
                if (&first.id, first.before, first.after) == (&change.id, change.before, change.after) =>
            {
                versions.push(at);
            }
            _ => groups.push((change, vec![at])),
        }
    }
    for (change, versions) in groups {
        let word = |v: Option<Verdict>| v.map_or("-", Verdict::as_str);
        let what = paint.verdict(verdict, &format!("{} → {}", word(change.before), word(change.after)));
        let id = paint.bold(&printable(&change.id, false));
        out.push(format!("  {what}  {id}   {}   at {}", change.level, printable(&versions.join(", "), false)));
        if matches!(verdict, Verdict::Fail | Verdict::Error) {
            for text in [&change.title, &change.because, &change.reproduce] {
                out.push(format!("      {}", printable(text, false)));
            }
        }
    }
}
