//! From what was seen of a host to a verdict for one authentication suite, with the reason for each part.
//!
//! `strict` is the text: only a SHALL of primary evidence can fail. `practical` is ours, and asks no more than that the mandatory
//! suites are there and nothing weak is: no version below TLS 1.2, no NULL, anonymous, export, 40 or 56 bit suite.

use super::observation::Observation;
use super::requirement::{AuthenticationSuite, Demand, Evidence, Requirement, Strength, SuiteClass};
use super::suite::{self, Suite};
use super::version::TlsVersion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict for one suite.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct SuiteVerdict {
    /// The suite's id.
    pub suite: String,
    /// Its title.
    pub title: String,
    /// Its section.
    pub section: String,
    /// How well its text is known.
    pub evidence: Evidence,
    /// What is to be said besides.
    pub note: Option<String>,
    /// By the text.
    pub strict: Judgement,
    /// By what matters.
    pub practical: Judgement,
    /// Every requirement of the text, with what came of it.
    pub findings: Vec<Finding>,
    /// What stands against the practical reading.
    pub practical_findings: Vec<Finding>,
}

/// How a reading came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Everything asked is there.
    Met,
    /// Something asked is not.
    NotMet,
    /// As far as the text is known at second hand, everything asked is there.
    IndicativeMet,
    /// As far as the text is known at second hand, something asked is not.
    IndicativeNotMet,
    /// It could not be found out, or nothing is known that could be looked for.
    Undecided,
}

impl Judgement {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::IndicativeMet => "indicative: nothing against it",
            Self::IndicativeNotMet => "indicative: something against it",
            Self::Undecided => "undecided",
        }
    }
}

/// What came of one requirement.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
pub struct Finding {
    /// How it came out.
    pub outcome: Outcome,
    /// How strong it is; none where it is our own.
    pub level: Option<Strength>,
    /// Document and section.
    pub section: String,
    /// How well it is known.
    pub evidence: Evidence,
    /// What it asks.
    pub says: String,
    /// What was seen.
    pub because: String,
}

/// How one requirement came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As asked.
    Met,
    /// Not as asked.
    Violated,
    /// Could not be found out.
    NotFoundOut,
    /// Its condition does not hold.
    NotAsked,
}

/// Judges what was seen by one suite.
pub fn judge(seen: &Observation, suite: &AuthenticationSuite) -> SuiteVerdict {
    let findings: Vec<Finding> = suite.requirements.iter().map(|requirement| finding(seen, requirement)).collect();
    let practical_findings = practical(seen, suite);
    SuiteVerdict {
        suite: suite.id.clone(),
        title: suite.title.clone(),
        section: suite.section.clone(),
        evidence: suite.evidence,
        note: suite.note.clone(),
        strict: roll_up(suite.evidence, &findings),
        practical: roll_up(suite.evidence, &practical_findings),
        findings,
        practical_findings,
    }
}

/// The verdict of all findings together.
fn roll_up(evidence: Evidence, findings: &[Finding]) -> Judgement {
    let asked: Vec<&Finding> = findings.iter().filter(|f| f.level != Some(Strength::Should)).collect();
    let any = |outcome: Outcome, evidence: Option<Evidence>| {
        asked.iter().any(|f| f.outcome == outcome && evidence.is_none_or(|e| f.evidence == e))
    };
    if any(Outcome::Violated, Some(Evidence::Primary)) {
        Judgement::NotMet
    } else if any(Outcome::Violated, None) {
        Judgement::IndicativeNotMet
    } else if asked.is_empty() || any(Outcome::NotFoundOut, None) {
        Judgement::Undecided
    } else if evidence == Evidence::Primary {
        Judgement::Met
    } else {
        Judgement::IndicativeMet
    }
}

/// One requirement of the text.
fn finding(seen: &Observation, requirement: &Requirement) -> Finding {
    let (outcome, because) = look(seen, &requirement.demand);
    Finding {
        outcome,
        level: Some(requirement.level),
        section: requirement.section.clone(),
        evidence: requirement.evidence,
        says: requirement.says.clone(),
        because,
    }
}

/// What is looked for, and what is seen of it.
fn look(seen: &Observation, demand: &Demand) -> (Outcome, String) {
    match demand {
        Demand::Versions(versions) => of_all(versions.iter().map(|v| match seen.takes(*v) {
            Some(true) => (Outcome::Met, format!("{v} is taken")),
            Some(false) => (Outcome::Violated, format!("{v} is not taken")),
            None => (Outcome::NotFoundOut, format!("whether {v} is taken could not be found out")),
        })),
        Demand::NoVersions(versions) => of_all(versions.iter().map(|v| match seen.takes(*v) {
            Some(true) => (Outcome::Violated, format!("{v} is taken")),
            Some(false) => (Outcome::Met, format!("{v} is not taken")),
            None => (Outcome::NotFoundOut, format!("whether {v} is taken could not be found out")),
        })),
        Demand::Suites { names, at, where_taken } => suites(seen, names, at, *where_taken),
        Demand::OnlySuites { names, at } => {
            no_suite(seen, at, "not in the list", |s| !names.iter().any(|name| *name == s.name))
        }
        Demand::NoSuites(classes) => {
            no_suite(seen, &TlsVersion::ALL, "of a kind to avoid", |s| classes.iter().any(|c| is_of(*c, s)))
        }
        Demand::MutualAuthentication => mutual(seen),
        Demand::Curves(curves) => certificates(seen, "the server's key is", |c| {
            let curve = c.curve.clone().unwrap_or_else(|| c.key.clone());
            (curves.contains(&curve), curve)
        }),
        Demand::Elsewhere => (Outcome::NotFoundOut, "a look at TLS does not show it".to_owned()),
        Demand::KeyUsage(usage) => {
            certificates(seen, "keyUsage of the server's certificate is", |c| match &c.key_usage {
                Some(bits) => (bits.contains(usage), bits.join(", ")),
                None => (false, "missing".to_owned()),
            })
        }
    }
}

/// Several parts: a violation counts before what could not be found out; with the reasons for that outcome alone.
fn of_all(parts: impl Iterator<Item = (Outcome, String)>) -> (Outcome, String) {
    let parts: Vec<(Outcome, String)> = parts.collect();
    let order = [Outcome::Violated, Outcome::NotFoundOut, Outcome::Met, Outcome::NotAsked];
    let worst = order.into_iter().find(|o| parts.iter().any(|(outcome, _)| outcome == o)).unwrap_or(Outcome::NotAsked);
    let reasons: Vec<&str> = parts.iter().filter(|(o, _)| *o == worst).map(|(_, because)| because.as_str()).collect();
    (worst, reasons.join("; "))
}

/// Whether every suite is selected at one of these versions.
fn suites(seen: &Observation, names: &[String], at: &[TlsVersion], where_taken: bool) -> (Outcome, String) {
    if where_taken {
        let taken: Vec<Option<bool>> = at.iter().map(|v| seen.takes(*v)).collect();
        if taken.iter().all(|t| *t == Some(false)) {
            return (Outcome::NotAsked, format!("{} is not taken", list(at)));
        }
    }
    of_all(names.iter().map(|name| {
        let answers: Vec<Option<bool>> = at.iter().map(|v| seen.selects(*v, name)).collect();
        if answers.contains(&Some(true)) {
            (Outcome::Met, format!("{name} is selected"))
        } else if answers.contains(&None) {
            (Outcome::NotFoundOut, format!("whether {name} is selected could not be found out"))
        } else {
            (Outcome::Violated, format!("{name} is not selected at {}", list(at)))
        }
    }))
}

/// Whether a suite of some kind is selected at one of these versions.
fn no_suite(seen: &Observation, at: &[TlsVersion], what: &str, is_meant: impl Fn(&Suite) -> bool) -> (Outcome, String) {
    let unnamed = |version, code, name: &str| {
        suite::by_code(version, code).map_or_else(|| (true, name.to_owned()), |s| (is_meant(s), name.to_owned()))
    };
    of_all(at.iter().map(|version| {
        let Some(of_version) = seen.version(*version) else {
            return (Outcome::NotFoundOut, format!("{version} was not looked at"));
        };
        let found: Vec<String> = of_version
            .suites
            .iter()
            .map(|s| unnamed(*version, s.code, &s.name))
            .filter(|(meant, _)| *meant)
            .map(|(_, name)| name)
            .collect();
        match found.as_slice() {
            [] if of_version.complete => (Outcome::Met, format!("{version}: none")),
            [] => (Outcome::NotFoundOut, format!("{version}: not every suite could be asked for")),
            found => (Outcome::Violated, format!("{version}: {what}: {}", found.join(", "))),
        }
    }))
}

/// Whether a client without a certificate is turned away.
fn mutual(seen: &Observation) -> (Outcome, String) {
    let client = &seen.client_certificate;
    match (client.required, client.requested) {
        (Some(true), _) => (Outcome::Met, "a client without a certificate is turned away".to_owned()),
        (_, Some(false)) => (Outcome::Violated, "no client certificate is asked for".to_owned()),
        // Query without a certificate has been allowed, and a server may turn the client away in KMIP: seen by the client matrix.
        (Some(false), _) => (
            Outcome::NotFoundOut,
            "a certificate is asked for; without one the handshake succeeds all the same".to_owned(),
        ),
        (None, Some(true)) => {
            (Outcome::NotFoundOut, "a certificate is asked for; whether it is needed was not found out".to_owned())
        }
        (None, None) => (Outcome::NotFoundOut, "whether a client certificate is asked for was not seen".to_owned()),
    }
}

/// Whether every certificate the server shows is as asked.
fn certificates(
    seen: &Observation,
    what: &str,
    test: impl Fn(&super::observation::CertificateFacts) -> (bool, String),
) -> (Outcome, String) {
    let own: Vec<(bool, String)> =
        seen.certificates.iter().filter_map(|chain| chain.certificates.first()).map(test).collect();
    match own.iter().find(|(good, _)| !good) {
        Some((_, value)) => (Outcome::Violated, format!("{what} {value}")),
        None => match own.first() {
            Some((_, value)) => (Outcome::Met, format!("{what} {value}")),
            None => (Outcome::NotFoundOut, "no certificate was seen".to_owned()),
        },
    }
}

/// What the practical reading asks.
fn practical(seen: &Observation, suite: &AuthenticationSuite) -> Vec<Finding> {
    let good = [TlsVersion::Tls12, TlsVersion::Tls13];
    let old: Vec<TlsVersion> = TlsVersion::ALL.into_iter().filter(|v| *v < TlsVersion::Tls12).collect();
    let mut findings = Vec::new();
    for r in &suite.requirements {
        // A suite that the text wants at an old version is as good at TLS 1.2; one of SSL by name is not asked for.
        if let (Demand::Suites { names, at, where_taken }, Strength::Shall) = (&r.demand, r.level) {
            let now: Vec<TlsVersion> = at.iter().copied().filter(|v| good.contains(v)).collect();
            let at = if now.is_empty() { vec![TlsVersion::Tls12] } else { now };
            let (outcome, because) = suites(seen, names, &at, *where_taken && !at.is_empty());
            findings.push(Finding {
                outcome,
                level: None,
                section: r.section.clone(),
                evidence: r.evidence,
                says: r.says.clone(),
                because,
            });
        }
    }
    if findings.is_empty() {
        return findings;
    }
    let mut ours = |says: &str, (outcome, because): (Outcome, String)| {
        let says = says.to_owned();
        let section = "practical".to_owned();
        findings.push(Finding { outcome, level: None, section, evidence: suite.evidence, says, because });
    };
    ours("no version below TLS 1.2", look(seen, &Demand::NoVersions(old)));
    let kinds = [SuiteClass::Anonymous, SuiteClass::Null, SuiteClass::Weak];
    ours("no NULL, anonymous, export, 40 or 56 bit suite", look(seen, &Demand::NoSuites(kinds.to_vec())));
    findings
}

/// Whether a suite is of a kind.
fn is_of(class: SuiteClass, suite: &Suite) -> bool {
    match class {
        SuiteClass::Anonymous => suite.is_anonymous(),
        SuiteClass::Null => suite.is_null(),
        SuiteClass::Weak => suite.is_weak(),
    }
}

/// Versions for people.
fn list(versions: &[TlsVersion]) -> String {
    if versions == TlsVersion::ALL {
        return "any version".to_owned();
    }
    versions.iter().map(|v| v.name()).collect::<Vec<_>>().join(" or ")
}
