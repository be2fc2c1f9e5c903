//! A requirement against what a run showed.

use super::catalogue::{Requirement, Requirements};
use super::data::{Amount, What};
use super::facts::{Broken, Facts, Most, Proof, Seen, published_case};
use super::touch::{Index, attribute_part, names_attribute, operations};
use crate::runner::verdict::Verdict;
use crate::scenario::library::selects;
use crate::scenario::names::kebab;
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::schema;
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be said of one requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is not met, and something proves it.
    NotMet,
    /// It could not be decided here.
    NotJudged,
    /// It is met, and something proves it.
    Met,
    /// Nobody can provoke it from a client's side; it is told, and decides nothing.
    Untestable,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotMet => "not met",
            Self::NotJudged => "not judged",
            Self::Met => "met",
            Self::Untestable => "untestable",
        }
    }
}

/// One requirement, judged.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What is demanded.
    pub requirement: Requirement,
    /// What is to be said of it.
    pub state: State,
    /// What proves it, or why it is not judged.
    pub because: String,
    /// The cases that prove it; of many only the first few.
    pub cases: Vec<String>,
}

/// What became of the published cases of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Mandatory ones that were answered as published.
    pub passed: usize,
    /// How many there are, as far as it is known.
    pub count: Option<usize>,
    /// Different permitted variations used.
    pub variations: usize,
}

/// What is known of the run beside its messages.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What was seen.
    pub facts: &'a Facts,
    /// What each case is about.
    pub index: &'a Index,
    /// Whether published cases were given.
    pub published_given: bool,
    /// What is to be said of an authentication suite at a version.
    pub authentication: &'a dyn Authentication,
}

/// Says whether the peer has an authentication suite.
pub trait Authentication: std::fmt::Debug {
    /// The state and the reason.
    fn judge(&self, suites: &[String], version: Version) -> (State, String);
}

/// How many cases are named as proof.
const NAMED: usize = 5;

/// So many characters are shown of what was expected and what came.
const TOLD: usize = 200;

/// Judges every requirement of a profile.
pub fn judge(requirements: &Requirements, version: Version, ground: Ground<'_>) -> (Vec<Judgement>, Published) {
    let nothing = Seen::default();
    let judge = Judge {
        version,
        ground,
        seen: ground.facts.versions.get(&version).unwrap_or(&nothing),
        operations: operations(requirements),
        everything: requirements,
    };
    let mut published = Published::default();
    let mut all: Vec<Judgement> =
        requirements.all.iter().filter(|r| r.what != What::Rules).map(|r| judge.one(r, &mut published)).collect();
    if let Some(rules) = requirements.all.iter().find(|r| r.what == What::Rules) {
        all.push(judge.rules(rules));
    }
    (all, published)
}

struct Judge<'a> {
    version: Version,
    ground: Ground<'a>,
    seen: &'a Seen,
    /// The operations the profile asks for.
    operations: BTreeSet<u32>,
    everything: &'a Requirements,
}

/// A state with what is to be said of it.
type Said = (State, String, Vec<String>);

impl Judge<'_> {
    fn one(&self, requirement: &Requirement, published: &mut Published) -> Judgement {
        let what = &requirement.what;
        let seen = self.seen;
        let (state, because, cases) = match what {
            What::Operation(code) => self.operation(*code, what),
            What::OneOfOperations(_) => not_judged("it is asked of clients".to_owned()),
            What::FromServer(_) => {
                let because = "what a server sends by itself cannot be asked for".to_owned();
                (State::Untestable, because, Vec::new())
            }
            What::Attribute(tag) => self
                .attribute(what, seen.attributes.get(&tag.0), |b| names_attribute(&b.case, *tag) || b.told_about(what)),
            What::CustomAttribute => self.shown(what, merged(seen.custom.values()).as_ref(), |_| false),
            What::Field(tag) | What::Message(tag) => {
                self.shown(what, seen.tags.get(&tag.0), |b| b.status && b.tags.contains(&tag.0))
            }
            What::Value(of, code) => {
                let value = (of.0, *code);
                self.shown(what, seen.values.get(&value), |b| b.status && b.values.contains(&value))
            }
            What::Length(algorithm, bits) => self.shown(what, seen.lengths.get(&(*algorithm, *bits)), |_| false),
            What::CustomType(ty) => self.shown(what, seen.custom.get(&ty.0), |_| false),
            What::CustomValue(n) => self.most(what, 0, *n),
            What::CustomCount(n) => self.most(what, 1, *n),
            What::CustomName(n) => self.most(what, 2, *n),
            What::Batch(n) => self.at_least(what, &seen.batch, *n),
            What::BatchOrder => self.shown(what, Some(&seen.ordered).filter(|p| !p.is_empty()), |_| false),
            What::Authentication(suites) => {
                let (state, because) = self.ground.authentication.judge(suites, self.version);
                (state, because, Vec::new())
            }
            What::Encoding(form) => match seen.encodings.get(form.as_str()) {
                Some(proof) => proven(proof, what),
                None => not_judged("no case was answered in it".to_owned()),
            },
            What::Tls(version) => self.tls(version),
            What::Words { cases, own, .. } => self.words(what, cases, *own),
            What::Tests { group, amount, count } => self.tests(group, *amount, *count, published),
            What::Rules => not_judged("it is judged last".to_owned()),
            What::Unread(why) => not_judged(why.clone()),
        };
        Judgement { requirement: requirement.clone(), state, because, cases }
    }

    /// An operation is met where it was carried out, and not met where a case about it failed, or where the server
    /// itself says that it has none.
    fn operation(&self, code: u32, what: &What) -> Said {
        let seen = self.seen;
        let own: Vec<&Broken> = self.relevant().filter(|b| self.operation_of(b) == Some(code)).collect();
        if let Some(said) = broken(&own) {
            return said;
        }
        if let Some(proof) = seen.operations.get(&code) {
            return proven(proof, what);
        }
        let unlisted = seen.listed.as_ref().is_some_and(|listed| !listed.contains(&code));
        if let Some(refused) = seen.unsupported.get(&code) {
            let cases = sample(refused, what);
            // 1.0 and 1.1 §11.1 let a server refuse so what it cannot do at once.
            if unlisted || self.version >= Version::V1_2 {
                let listed = if unlisted { ", and Query does not name it" } else { "" };
                return (State::NotMet, format!("refused as Operation Not Supported{listed}"), cases);
            }
        }
        self.not_seen(what)
    }

    /// An attribute that answers show.
    fn attribute(&self, what: &What, proof: Option<&Proof>, about: impl Fn(&Broken) -> bool) -> Said {
        let own: Vec<&Broken> = self.relevant().filter(|b| about(b)).collect();
        broken(&own).or_else(|| proof.map(|p| proven(p, what))).unwrap_or_else(|| self.not_seen(what))
    }

    /// Something that an answer shows; a failed case counts against it only where none does.
    fn shown(&self, what: &What, proof: Option<&Proof>, about: impl Fn(&Broken) -> bool) -> Said {
        if let Some(proof) = proof {
            return proven(proof, what);
        }
        let own: Vec<&Broken> = self.seen.broken.iter().filter(|b| !b.standing && about(b)).collect();
        broken(&own).unwrap_or_else(|| self.not_seen(what))
    }

    fn most(&self, what: &What, which: usize, wanted: usize) -> Said {
        match self.seen.custom_most.get(which) {
            Some(most) => self.at_least(what, most, wanted),
            None => self.not_seen(what),
        }
    }

    fn at_least(&self, what: &What, most: &Most, wanted: usize) -> Said {
        match &most.case {
            Some(case) if most.n >= wanted => (State::Met, format!("{} were taken", most.n), vec![case.to_string()]),
            Some(_) => {
                let (_, why, cases) = self.not_seen(what);
                (State::NotJudged, format!("the most that was tried is {}; {why}", most.n), cases)
            }
            None => self.not_seen(what),
        }
    }

    fn tls(&self, wanted: &str) -> Said {
        match &self.ground.facts.tls {
            Some(tls) if wanted == "any" => (State::Met, format!("messages came over {tls}"), Vec::new()),
            Some(tls) if tls.contains(wanted) => (State::Met, format!("the first connection has {tls}"), Vec::new()),
            Some(tls) => not_judged(format!("the first connection has {tls}, which does not say what else there is")),
            None => not_judged("no connection was made".to_owned()),
        }
    }

    /// What is said in words is judged by the cases it names, all of them.
    fn words(&self, what: &What, patterns: &[String], own: bool) -> Said {
        if own {
            return not_judged("no other profile of this version is met in this run".to_owned());
        }
        if patterns.is_empty() {
            return not_judged("no case of the suite judges it".to_owned());
        }
        let named = |id: &str| patterns.iter().any(|p| selects(p, id));
        let own: Vec<&Broken> = self.relevant().filter(|b| named(&b.case)).collect();
        if let Some(said) = broken(&own) {
            return said;
        }
        let outcomes = self.seen.outcomes.iter().filter(|(id, _)| named(id));
        let passed: Proof =
            outcomes.clone().filter(|(_, (v, _))| *v == Verdict::Pass).map(|(id, _)| Arc::clone(id)).collect();
        let failed: Vec<_> = outcomes.filter(|(_, (v, _))| *v == Verdict::Fail).collect();
        // A published case that failed is no row of `broken`: it is told by its own requirement as well.
        if let Some((id, _)) = failed.iter().find(|(id, _)| published_case(id).is_some()) {
            return (State::NotMet, format!("{id} failed"), vec![id.to_string()]);
        }
        if passed.is_empty() { self.not_seen(what) } else { proven(&passed, what) }
    }

    /// Published cases: all that there are must have been given, and answered as published.
    fn tests(&self, group: &str, amount: Amount, count: Option<usize>, told: &mut Published) -> Said {
        let mut numbers: BTreeMap<String, Vec<(&str, &super::facts::Published)>> = BTreeMap::new();
        for (id, published) in &self.seen.published {
            if let Some((_, number)) = published_case(id).filter(|(of, _)| of == group) {
                numbers.entry(number).or_default().push((id, published));
            }
        }
        let all = || numbers.values().flatten();
        let passed: Vec<&str> = all().filter(|(_, p)| p.verdict == Verdict::Pass).map(|(id, _)| *id).collect();
        let variations: BTreeSet<&String> = all().flat_map(|(_, p)| &p.variations).collect();
        let whole =
            |cases: &Vec<(&str, &super::facts::Published)>| cases.iter().all(|(_, p)| p.verdict == Verdict::Pass);
        let met = numbers.values().filter(|cases| whole(cases)).count();
        *told = Published { passed: met, count, variations: variations.len() };
        let cases: Vec<String> = passed.iter().take(NAMED).map(|id| (*id).to_owned()).collect();
        if let Some((id, p)) = all().find(|(_, p)| p.verdict == Verdict::Fail).filter(|_| amount == Amount::All) {
            let why = p.why.as_deref().unwrap_or("it failed");
            return (State::NotMet, format!("{id}: {why}"), vec![(*id).to_owned()]);
        }
        if amount == Amount::OneOrMore && met > 0 {
            return (State::Met, format!("{met} answered as published"), cases);
        }
        if let Some((id, p)) = all().find(|(_, p)| p.verdict != Verdict::Pass) {
            let why = p.why.as_deref().unwrap_or(p.verdict.as_str());
            return (State::NotJudged, format!("{id}: {why}"), vec![(*id).to_owned()]);
        }
        match count {
            _ if !self.ground.published_given => {
                not_judged("published cases are run where --oasis says where they are".to_owned())
            }
            None => not_judged(format!("how many there are at {} is not known; {met} were given", self.version)),
            Some(count) if met >= count => (State::Met, format!("{met}/{count} answered as published"), cases),
            Some(count) => {
                let because = format!("{met} of {count} were answered as published; the others are not in the folder");
                (State::NotJudged, because, cases)
            }
        }
    }

    /// Nothing is broken in what the profile is about.
    fn rules(&self, requirement: &Requirement) -> Judgement {
        let own: Vec<&Broken> = self.relevant().collect();
        let judged = self.seen.outcomes.iter().filter(|(id, (v, _))| *v == Verdict::Pass && self.is_within(id)).count();
        let (state, because, cases) = match broken(&own) {
            Some(said) => said,
            None if judged == 0 => not_judged("no case about it was passed".to_owned()),
            None => (State::Met, format!("{judged} cases passed, none failed"), Vec::new()),
        };
        Judgement { requirement: requirement.clone(), state, because, cases }
    }

    /// Failed checks that are about the profile: in cases whose steps send nothing beyond it.
    fn relevant(&self) -> impl Iterator<Item = &Broken> {
        self.seen.broken.iter().filter(|b| {
            if b.standing { b.operation.is_some_and(|o| self.operations.contains(&o)) } else { self.is_within(&b.case) }
        })
    }

    /// Whether a case is about what the profile asks for, and nothing else: one of its attributes, or its operations alone.
    fn is_within(&self, id: &str) -> bool {
        let Some(touch) = self.ground.index.touch(self.version, id) else { return false };
        match attribute_part(id) {
            Some(part) => self.everything.all.iter().any(|r| match r.what {
                What::Attribute(tag) => schema::attribute_row(tag).is_some_and(|row| kebab(row.name) == part),
                _ => false,
            }),
            None => touch.subjects.iter().all(|o| self.operations.contains(o)),
        }
    }

    /// The operation a failed check is held against: the one its id names, or the one that was refused or done against what
    /// was asked.
    fn operation_of(&self, broken: &Broken) -> Option<u32> {
        if broken.standing {
            return broken.operation;
        }
        let named =
            broken.case.split('.').rev().find_map(|part| self.operations.iter().copied().find(|o| dashed(*o) == part));
        named.or(broken.operation.filter(|_| broken.status))
    }

    /// Why nothing shows it: what became of the cases that are about it.
    fn not_seen(&self, what: &What) -> Said {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut any = false;
        for (id, _) in self.ground.index.cases(self.version).filter(|(id, touch)| touch.about(id, what)) {
            any = true;
            let Some((verdict, reason)) = self.seen.outcomes.get(id) else { continue };
            if !matches!(verdict, Verdict::Pass) {
                let failed = if *verdict == Verdict::Fail { "failed" } else { verdict.as_str() };
                let reason = reason.as_deref().unwrap_or(failed);
                reasons.entry(reason).or_default().push(id.to_owned());
            }
        }
        match reasons.into_iter().max_by_key(|(_, cases)| cases.len()) {
            Some((reason, cases)) => {
                let many = if cases.len() > 1 { format!("{} cases, ", cases.len()) } else { String::new() };
                (State::NotJudged, format!("{many}{reason}"), cases.into_iter().take(NAMED).collect())
            }
            None if any => not_judged("no answer shows it".to_owned()),
            None => not_judged("no case of the suite is about it".to_owned()),
        }
    }
}

/// The spelling of an operation in ids.
fn dashed(code: u32) -> String {
    schema::operation_row(code)
        .map_or_else(|| Operation(code).name().map_or_else(String::new, kebab), |row| kebab(row.name))
}

impl Broken {
    /// Whether what failed is the value of this attribute.
    fn told_about(&self, what: &What) -> bool {
        let What::Attribute(tag) = what else { return false };
        let row = schema::attribute_row(*tag);
        let held = |row: &schema::AttributeRow| self.path.ends_with(&format!("/Attributes/{}", row.xml_name));
        !self.standing && row.is_some_and(held)
    }
}

fn not_judged(because: String) -> Said {
    (State::NotJudged, because, Vec::new())
}

/// Met, with how many cases show it and which.
fn proven(proof: &Proof, what: &What) -> Said {
    let cases = sample(proof, what);
    let because = match proof.len() {
        1 => "1 case shows it".to_owned(),
        n => format!("{n} cases show it"),
    };
    (State::Met, because, cases)
}

/// Some of the cases; those whose id names the thing first.
fn sample(proof: &Proof, what: &What) -> Vec<String> {
    let wanted = match what {
        What::Operation(code) => format!("operations.{}.", dashed(*code)),
        What::Attribute(tag) => {
            schema::attribute_row(*tag).map_or_else(String::new, |r| format!("attributes.{}.", kebab(r.name)))
        }
        _ => String::from("operations."),
    };
    let mut all: Vec<&Arc<str>> = proof.iter().collect();
    all.sort_by_key(|id| (!id.starts_with(&wanted), id.starts_with("oasis.")));
    all.into_iter().take(NAMED).map(ToString::to_string).collect()
}

/// Not met, where something is broken.
fn broken(own: &[&Broken]) -> Option<Said> {
    let first = own.first()?;
    let cases: BTreeSet<&str> = own.iter().map(|b| b.case.as_ref()).collect();
    let more = if cases.len() > 1 { format!(" (and {} more)", cases.len() - 1) } else { String::new() };
    let short: String = first.told.chars().take(TOLD).collect();
    let cut = if short.len() < first.told.len() { "…" } else { "" };
    let told = format!("{}: {short}{cut}{more}", first.case);
    Some((State::NotMet, told, cases.into_iter().take(NAMED).map(str::to_owned).collect()))
}

/// All of several proofs.
fn merged<'p>(proofs: impl Iterator<Item = &'p Proof>) -> Option<Proof> {
    let all: Proof = proofs.flatten().map(Arc::clone).collect();
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::authentication::Looked;

    /// What is said of an operation at a version, after this was seen.
    fn operation(version: Version, seen: Seen) -> (State, String) {
        let mut facts = Facts::default();
        facts.versions.insert(version, seen);
        let what = What::Operation(Operation::CHECK.0);
        let requirement = Requirement { what, from: None, recommended: false };
        let requirements = Requirements { all: vec![requirement], void: Vec::new() };
        let index = Index::default();
        let ground =
            Ground { facts: &facts, index: &index, published_given: false, authentication: &Looked::default() };
        let (all, _) = judge(&requirements, version, ground);
        all.first().map(|j| (j.state, j.because.clone())).expect("one")
    }

    fn refused() -> Seen {
        let mut seen = Seen::default();
        seen.unsupported.entry(Operation::CHECK.0).or_default().insert("operations.check.allowed".into());
        seen
    }

    #[test]
    fn a_refusal_counts_where_it_says_that_there_is_no_such_operation() {
        let (state, because) = operation(Version::V1_4, refused());
        assert_eq!((state, because.as_str()), (State::NotMet, "refused as Operation Not Supported"));
        // 1.0 and 1.1 let a server refuse so what it cannot do at once: there its list has to say so, too.
        assert_eq!(operation(Version::V1_0, refused()).0, State::NotJudged);
        let listed = |all: &[u32]| Seen { listed: Some(all.iter().copied().collect()), ..refused() };
        let (state, because) = operation(Version::V1_0, listed(&[Operation::GET.0]));
        assert_eq!(state, State::NotMet);
        assert!(because.ends_with("and Query does not name it"), "{because}");
        assert_eq!(operation(Version::V1_0, listed(&[Operation::CHECK.0])).0, State::NotJudged);
        // Carried out once, it is there.
        let mut seen = refused();
        seen.operations.entry(Operation::CHECK.0).or_default().insert("operations.check.allowed".into());
        assert_eq!(operation(Version::V1_4, seen).0, State::Met);
        // That Query leaves it out alone says nothing.
        let seen = Seen { listed: Some(BTreeSet::new()), ..Seen::default() };
        assert_eq!(operation(Version::V1_4, seen).0, State::NotJudged);
    }

    #[test]
    fn published_cases_count_only_all_together() {
        let tests = |amount, passed: &[&str], failed: &[&str]| {
            let mut seen = Seen::default();
            for (ids, verdict) in [(passed, Verdict::Pass), (failed, Verdict::Fail)] {
                for id in ids {
                    let published =
                        super::super::facts::Published { verdict, why: None, variations: ["dates".to_owned()].into() };
                    seen.published.insert((*id).to_owned(), published);
                }
            }
            let mut facts = Facts::default();
            facts.versions.insert(Version::V1_0, seen);
            let what = What::Tests { group: "SKLC".into(), amount, count: Some(3) };
            let requirement = Requirement { what, from: None, recommended: false };
            let requirements = Requirements { all: vec![requirement], void: Vec::new() };
            let index = Index::default();
            let ground =
                Ground { facts: &facts, index: &index, published_given: true, authentication: &Looked::default() };
            let (all, published) = judge(&requirements, Version::V1_0, ground);
            (all.first().map(|j| j.state).expect("one"), published.passed, published.variations)
        };
        let all = ["oasis.sklc-m-1-10", "oasis.sklc-m-2-10", "oasis.sklc-m-3-10"];
        assert_eq!(tests(Amount::All, &all, &[]), (State::Met, 3, 1));
        assert_eq!(tests(Amount::All, &all[..1], &[]), (State::NotJudged, 1, 1));
        assert_eq!(tests(Amount::All, &all[..2], &all[2..]), (State::NotMet, 2, 1));
        assert_eq!(tests(Amount::OneOrMore, &all[..1], &[]), (State::Met, 1, 1));
        assert_eq!(tests(Amount::OneOrMore, &[], &["oasis.omos-m-1-10"]).0, State::NotJudged);
    }
}
