//! Authentication suites: what was seen of the peer's TLS, against those a profile may have.

use super::judge::{Authentication, State};
use crate::tls::observation::Host;
use crate::tls::requirement::{Demand, Strength};
use crate::tls::verdict::{Outcome, SuiteVerdict};
use crate::tls::{AuthenticationSuite, Judgement, Observation, authentication_suites, judge};
use kmipspec_protocol::version::Version;

/// What a look at the peer's TLS says of every suite.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    verdicts: Vec<(&'static AuthenticationSuite, SuiteVerdict)>,
    strict: bool,
}

impl Looked {
    /// Judges what was seen. Strictly the text decides; else a suite that is there and nothing weak beside it will do, and
    /// what the text has against it is told.
    pub fn at(seen: &Observation, strict: bool) -> Self {
        let suites = authentication_suites().iter().filter(|_| seen.host == Host::Tls);
        Self { verdicts: suites.map(|suite| (suite, judge(seen, suite))).collect(), strict }
    }

    /// The suites that `any` stands for: those of section 3 of the Profiles at that version. The drafts bind nobody, HTTPS is asked for by
    /// its own name, those of
    /// Suite B came into that section with 1.3.
    fn of<'v>(
        &'v self,
        suites: &'v [String],
        version: Version,
    ) -> impl Iterator<Item = &'v (&'static AuthenticationSuite, SuiteVerdict)> {
        let any = suites.iter().any(|s| s == "any");
        self.verdicts.iter().filter(move |(suite, _)| {
            let listed = suite.versions.contains(version)
                && !suite.id.starts_with("draft")
                && !suite.id.starts_with("https")
                && (version >= Version::V1_3 || !suite.id.starts_with("suiteb"));
            suites.contains(&suite.id) || any && listed
        })
    }

    fn one(&self, suite: &AuthenticationSuite, verdict: &SuiteVerdict) -> (Judgement, String) {
        // That messages travel over HTTPS is a requirement of its own, which messages show.
        let asked = |(r, f): &(&crate::tls::requirement::Requirement, &crate::tls::verdict::Finding)| {
            r.level == Strength::Shall && r.demand != Demand::Elsewhere && f.outcome != Outcome::NotAsked
        };
        let pairs: Vec<_> = suite.requirements.iter().zip(&verdict.findings).filter(asked).collect();
        let against = |outcome| pairs.iter().find(|(_, f)| f.outcome == outcome).map(|(_, f)| f.because.clone());
        let mut strict = verdict.strict;
        if strict == Judgement::Undecided && !pairs.is_empty() && pairs.iter().all(|(_, f)| f.outcome == Outcome::Met) {
            strict = Judgement::Met;
        }
        let id = &suite.id;
        match strict {
            Judgement::Met | Judgement::IndicativeMet => (strict, format!("{id}, by the text")),
            Judgement::NotMet | Judgement::IndicativeNotMet => {
                let why = against(Outcome::Violated).unwrap_or_default();
                let practical = matches!(verdict.practical, Judgement::Met | Judgement::IndicativeMet);
                if practical && !self.strict {
                    (verdict.practical, format!("{id} in practice; against the text: {why}"))
                } else {
                    (strict, format!("{id}: {why}"))
                }
            }
            Judgement::Undecided => (
                strict,
                against(Outcome::NotFoundOut)
                    .map_or_else(|| format!("{id}: its text has not been read"), |why| format!("{id}: {why}")),
            ),
        }
    }
}

impl Authentication for Looked {
    fn judge(&self, suites: &[String], version: Version) -> (State, String) {
        let all: Vec<(Judgement, String)> = self.of(suites, version).map(|(s, v)| self.one(s, v)).collect();
        let find = |wanted: Judgement| all.iter().find(|(judgement, _)| *judgement == wanted);
        if let Some((_, because)) = find(Judgement::Met) {
            return (State::Met, because.clone());
        }
        if let Some((_, because)) = find(Judgement::IndicativeMet) {
            let because = format!("nothing stands against {because}; but it is known at second hand only");
            return (State::NotJudged, because);
        }
        match all.first() {
            None => (
                State::NotJudged,
                "the server's TLS was not looked at, or no suite of this version is known".to_owned(),
            ),
            Some(_) if all.iter().all(|(judgement, _)| *judgement == Judgement::NotMet) => {
                (State::NotMet, all.into_iter().map(|(_, because)| because).collect::<Vec<_>>().join("; "))
            }
            Some((_, because)) => (State::NotJudged, format!("none is met as far as they are known: {because}")),
        }
    }
}
