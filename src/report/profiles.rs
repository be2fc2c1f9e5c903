//! What a run says of conformance profiles: for people a block for each and a table of all, and the same for programs.

use super::style::Paint;
use super::text::{count, printable};
use crate::profiles::judge::{Judgement, State};
use crate::profiles::{Judged, Standing};
use crate::runner::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Up to so many profiles each has a block with every requirement; of more only what is not met is told.
const BLOCKS: usize = 3;

/// A conformance profile.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneProfile {
    /// What it is called on a command line.
    pub id: String,
    /// Its name and version.
    pub title: String,
    /// KMIP version.
    pub version: String,
    /// `met`, `not met`, `not decided`, or `indicative` where its text has not been read.
    pub standing: String,
    /// The line to quote.
    pub line: String,
    /// How it is known what it demands: `primary`, `secondary`, `not found`.
    pub evidence: String,
    /// Documents and sections.
    pub spec: Vec<String>,
    /// What it demands, the baseline it stands on included.
    pub requirements: Vec<OneRequirement>,
    /// What it lists though the version has no such thing.
    pub void: Vec<String>,
    /// Its mandatory published cases.
    pub published: Option<OnePublished>,
}

/// One requirement.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OneRequirement {
    /// `operation`, `attribute`, ...
    pub kind: String,
    /// What is demanded.
    pub what: String,
    /// The baseline that it comes from, if it does.
    pub from: Option<String>,
    /// Whether it is only recommended.
    pub recommended: bool,
    /// `met`, `not met`, `not judged`, or `untestable` for what no client can provoke.
    pub state: String,
    /// What proves it, or why it is not judged.
    pub because: String,
    /// Some of the cases that prove it.
    pub cases: Vec<String>,
}

/// Mandatory published cases of a profile.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct OnePublished {
    /// How many were answered as published.
    pub passed: usize,
    /// How many there are, where it is known.
    pub count: Option<usize>,
    /// Different permitted variations used.
    pub variations: usize,
}

impl OneProfile {
    /// From a verdict.
    pub fn of(judged: &Judged) -> Self {
        let one = |j: &Judgement| OneRequirement {
            kind: j.requirement.what.kind().to_owned(),
            what: j.requirement.what.label(),
            from: j.requirement.from.clone(),
            recommended: j.requirement.recommended,
            state: j.state.as_str().to_owned(),
            because: j.because.clone(),
            cases: j.cases.clone(),
        };
        Self {
            id: judged.id.clone(),
            title: judged.title.clone(),
            version: judged.version.clone(),
            standing: judged.standing.as_str().to_owned(),
            line: judged.line(),
            evidence: judged.evidence.as_str().to_owned(),
            spec: judged.sections.clone(),
            requirements: judged.requirements.iter().map(one).collect(),
            void: judged.void.clone(),
            published: judged.published.as_ref().map(|p| OnePublished {
                passed: p.passed,
                count: p.count,
                variations: p.variations,
            }),
        }
    }
}

/// Everything about the profiles of a run; the last lines are those to quote.
pub fn lines(all: &[Judged], paint: Paint, quiet: bool) -> Vec<String> {
    let mut out = Vec::new();
    if !quiet {
        for judged in all {
            let whole = all.len() <= BLOCKS;
            if whole || judged.standing == Standing::NotMet {
                out.push(String::new());
                out.extend(block_of(judged, paint, whole));
            }
        }
        if all.len() > 1 {
            out.push(String::new());
            out.extend(table(all, paint));
        }
    }
    // Of many the table says the rest.
    let decided = |j: &&Judged| matches!(j.standing, Standing::Met | Standing::NotMet);
    let quoted: Vec<&Judged> = all.iter().filter(|j| quiet || all.len() <= BLOCKS || decided(j)).collect();
    if !quoted.is_empty() {
        out.push(String::new());
    }
    out.extend(quoted.into_iter().map(|j| painted(j.standing, paint, &printable(&j.line(), false))));
    out
}

/// One profile with all its requirements.
pub fn block(judged: &Judged, paint: Paint) -> Vec<String> {
    block_of(judged, paint, true)
}

fn block_of(judged: &Judged, paint: Paint, whole: bool) -> Vec<String> {
    let mut out = vec![format!("{}   {}", paint.bold(&judged.title), judged.sections.join(", "))];
    let told = |j: &&Judgement| whole || j.state == State::NotMet;
    let labels: Vec<String> = judged.requirements.iter().filter(told).map(|j| j.requirement.what.label()).collect();
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0).min(60);
    for (j, label) in judged.requirements.iter().filter(told).zip(&labels) {
        let word = paint.verdict(color(j.state), &format!("{:<11}", j.state.as_str()));
        let recommended = if j.requirement.recommended { "recommended; " } else { "" };
        let shown = match (j.state, j.cases.first()) {
            (State::Met, Some(case)) => format!("{}, such as {case}", j.because),
            _ => j.because.clone(),
        };
        out.push(format!("  {word} {:<width$}  {recommended}{}", printable(label, false), printable(&shown, false)));
    }
    if whole && !judged.void.is_empty() {
        out.push(format!("  listed, though KMIP {} has no such thing: {}", judged.version, judged.void.join(", ")));
    }
    out
}

/// A row for each profile.
fn table(all: &[Judged], paint: Paint) -> Vec<String> {
    let cells = |j: &Judged| -> [String; 7] {
        let published = j.published.as_ref().map_or_else(String::new, |p| {
            p.count.map_or_else(|| p.passed.to_string(), |n| format!("{}/{n}", p.passed))
        });
        let number = |state| match j.count(state) {
            0 => "-".to_owned(),
            n => n.to_string(),
        };
        let standing = j.standing.as_str().to_owned();
        let [met, not_met, open] = [State::Met, State::NotMet, State::NotJudged].map(number);
        [j.title.clone(), standing, met, not_met, open, published, why(j)]
    };
    let heading = ["profile", "verdict", "met", "not met", "not judged", "cases", "first reason"].map(str::to_owned);
    let rows: Vec<[String; 7]> = all.iter().map(cells).collect();
    let widths: Vec<usize> = (0..7)
        .map(|i| rows.iter().chain([&heading]).filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String; 7]| {
        let mut out = String::new();
        for (i, (cell, width)) in cells.iter().zip(widths.iter().copied()).enumerate() {
            out += &match i {
                0 | 1 => format!("{cell:<width$}  "),
                6 => cell.clone(),
                _ => format!("{cell:>width$}  "),
            };
        }
        out.trim_end().to_owned()
    };
    let mut out = vec![paint.dim(&line(&heading))];
    out.extend(all.iter().zip(&rows).map(|(j, row)| painted(j.standing, paint, &printable(&line(row), false))));
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in all {
        *sums.entry(judged.standing.as_str()).or_default() += 1;
    }
    let sums: Vec<String> = sums.into_iter().map(|(word, n)| format!("{n} {word}")).collect();
    out.push(format!("{}: {}", count(all.len(), "profile"), sums.join(", ")));
    out
}

/// What stands in the way first: something not met, else something not judged.
fn why(judged: &Judged) -> String {
    let worst = [State::NotMet, State::NotJudged];
    let first = worst.into_iter().find_map(|state| judged.demanded().find(|j| j.state == state));
    first.map_or_else(String::new, |j| {
        let text = if j.because == j.requirement.what.label() {
            j.because.clone()
        } else {
            format!("{}: {}", j.requirement.what.label(), j.because)
        };
        let short: String = text.chars().take(90).collect();
        if short.len() < text.len() { format!("{short}…") } else { text }
    })
}

fn color(state: State) -> Verdict {
    match state {
        State::Met => Verdict::Pass,
        State::NotMet => Verdict::Fail,
        State::NotJudged => Verdict::Inconclusive,
        State::Untestable => Verdict::Skip,
    }
}

fn painted(standing: Standing, paint: Paint, text: &str) -> String {
    let verdict = match standing {
        Standing::Met => Verdict::Pass,
        Standing::NotMet => Verdict::Fail,
        Standing::NotDecided => Verdict::Inconclusive,
        Standing::Indicative => Verdict::Skip,
    };
    paint.verdict(verdict, text)
}
