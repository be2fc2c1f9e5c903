//! From judged requirements to one line a vendor can quote.

use super::catalogue::{Catalogue, Profile, Requirements};
use super::data::{Evidence, What};
use super::judge::{Ground, Judgement, Published, State, judge};
use crate::report::text::count;

/// What a run says of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Every requirement was judged and is met.
    Met,
    /// A requirement is not met.
    NotMet,
    /// Some requirement was not judged; the others are met.
    NotDecided,
    /// The text was not read: nothing can be held against a server, nor be said in its favour.
    Indicative,
}

impl Standing {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotDecided => "not decided",
            Self::Indicative => "indicative",
        }
    }
}

/// A profile, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What it is called on a command line.
    pub id: String,
    /// For people.
    pub title: String,
    /// The version.
    pub version: String,
    /// Where the standard has it.
    pub sections: Vec<String>,
    /// How it is known what it demands.
    pub evidence: Evidence,
    /// What follows.
    pub standing: Standing,
    /// Each requirement, in the order of the files.
    pub requirements: Vec<Judgement>,
    /// What it lists though the version has no such thing.
    pub void: Vec<String>,
    /// Its published cases; `None` where it asks for none.
    pub published: Option<Published>,
}

/// Judges a profile.
pub fn of(catalogue: &Catalogue, profile: &Profile, ground: Ground<'_>) -> Judged {
    let demanded = catalogue.requirements(profile);
    let (requirements, published) = judge(&demanded, profile.version, ground);
    judged(profile, demanded, requirements, published)
}

/// What the judged requirements of a profile come to.
pub(super) fn judged(
    profile: &Profile,
    demanded: Requirements,
    requirements: Vec<Judgement>,
    published: Published,
) -> Judged {
    let has_cases = demanded.all.iter().any(|r| matches!(r.what, What::Tests { .. }));
    let mut judged = Judged {
        id: profile.id(),
        title: profile.title(),
        version: profile.version.to_string(),
        sections: profile.sections(),
        evidence: profile.entry.evidence,
        standing: Standing::Indicative,
        requirements,
        void: demanded.void,
        published: has_cases.then_some(published),
    };
    if profile.is_primary() {
        judged.standing = match (judged.count(State::NotMet), judged.count(State::NotJudged)) {
            (0, 0) => Standing::Met,
            (0, _) => Standing::NotDecided,
            _ => Standing::NotMet,
        };
    }
    judged
}

/// What the verdict about one profile says of another: a baseline that asks for at least one profile beside it has one.
pub fn settle(all: &mut [Judged]) {
    let met: Vec<(String, String)> =
        all.iter().filter(|j| j.standing == Standing::Met).map(|j| (j.version.clone(), j.title.clone())).collect();
    for judged in all.iter_mut() {
        let Some((_, other)) = met.iter().find(|(version, _)| *version == judged.version) else { continue };
        for judgement in &mut judged.requirements {
            if matches!(judgement.requirement.what, What::Words { own: true, .. }) {
                judgement.state = State::Met;
                judgement.because = format!("{other} is met");
            }
        }
        if judged.standing == Standing::NotDecided && judged.count(State::NotJudged) == 0 {
            judged.standing = Standing::Met;
        }
    }
}

impl Judged {
    /// Requirements that count and are in this state.
    pub fn count(&self, state: State) -> usize {
        self.demanded().filter(|j| j.state == state).count()
    }

    /// Requirements that decide something: not what is only recommended, and not what nobody can provoke.
    pub fn demanded(&self) -> impl Iterator<Item = &Judgement> {
        self.requirements.iter().filter(|j| !j.requirement.recommended && j.state != State::Untestable)
    }

    /// The line to quote.
    pub fn line(&self) -> String {
        let total = self.demanded().count();
        let (met, not_met, open) = (self.count(State::Met), self.count(State::NotMet), self.count(State::NotJudged));
        let judged = met.saturating_add(not_met);
        let all = count(total, "requirement");
        let mut parts = vec![match self.standing {
            Standing::Met => format!("met, {all}"),
            Standing::NotMet => {
                let open = if open > 0 { format!(", {open} not judged") } else { String::new() };
                format!("not met, {not_met} of {all} not met{open}")
            }
            Standing::NotDecided => format!("not decided: {judged} of {all} judged and met"),
            Standing::Indicative if judged == 0 => "indicative: what it demands has not been read".to_owned(),
            Standing::Indicative => format!("indicative: {met} of {all} met, {not_met} not met, {open} not judged"),
        }];
        parts.extend(self.published.as_ref().and_then(cases));
        let beyond = self.requirements.iter().filter(|j| j.state == State::Untestable).count();
        if beyond > 0 && judged > 0 {
            parts.push(format!("{beyond} more cannot be asked for"));
        }
        format!("{}: {}", self.title, parts.join(", "))
    }
}

/// `3/3 mandatory cases, 2 permitted variations used`; nothing where none ran.
fn cases(published: &Published) -> Option<String> {
    if published.passed == 0 && published.variations == 0 {
        return None;
    }
    let of = published.count.map_or_else(String::new, |n| format!("/{n}"));
    let mut text = format!("{}{of} mandatory cases", published.passed);
    if published.variations > 0 {
        text.push_str(&format!(", {} used", count(published.variations, "permitted variation")));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::catalogue::Requirement;

    fn judged(states: &[State], evidence: Evidence) -> Judged {
        let one = |state: &State| Judgement {
            requirement: Requirement { what: What::Operation(1), from: None, recommended: false },
            state: *state,
            because: String::new(),
            cases: Vec::new(),
        };
        let standing = match evidence {
            Evidence::Primary if states.contains(&State::NotMet) => Standing::NotMet,
            Evidence::Primary if states.contains(&State::NotJudged) => Standing::NotDecided,
            Evidence::Primary => Standing::Met,
            _ => Standing::Indicative,
        };
        Judged {
            id: "p-server-1.4".into(),
            title: "P Server 1.4".into(),
            version: "1.4".into(),
            sections: Vec::new(),
            evidence,
            standing,
            requirements: states.iter().map(one).collect(),
            void: Vec::new(),
            published: Some(Published { passed: 3, count: Some(3), variations: 2 }),
        }
    }

    #[test]
    fn the_line_says_what_is_known_and_no_more() {
        use State::{Met, NotJudged, NotMet, Untestable};
        let line = |states: &[State], evidence| judged(states, evidence).line();
        let cases = "3/3 mandatory cases, 2 permitted variations used";
        assert_eq!(line(&[Met, Met], Evidence::Primary), format!("P Server 1.4: met, 2 requirements, {cases}"));
        assert_eq!(
            line(&[Met, Untestable], Evidence::Primary),
            format!("P Server 1.4: met, 1 requirement, {cases}, 1 more cannot be asked for")
        );
        assert_eq!(
            line(&[Met, NotJudged], Evidence::Primary),
            format!("P Server 1.4: not decided: 1 of 2 requirements judged and met, {cases}")
        );
        assert_eq!(
            line(&[Met, NotJudged, NotMet], Evidence::Primary),
            format!("P Server 1.4: not met, 1 of 3 requirements not met, 1 not judged, {cases}")
        );
        assert_eq!(
            line(&[Met, NotMet], Evidence::Secondary),
            format!("P Server 1.4: indicative: 1 of 2 requirements met, 1 not met, 0 not judged, {cases}")
        );
    }
}
