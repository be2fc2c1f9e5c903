//! `--profile`: from the names on a command line to the cases that judge them, and from what came back to verdicts.

use crate::client::Encoding;
use crate::exit::Exit;
use crate::oasis::case::Case;
use crate::oasis::runner::id_of;
use crate::profiles::authentication::Looked;
use crate::profiles::catalogue::{Catalogue, Profile, Requirements};
use crate::profiles::data::{Role, What};
use crate::profiles::facts::{Facts, published_case};
use crate::profiles::judge::Ground;
use crate::profiles::touch::Index;
use crate::profiles::{Judged, Standing, verdict};
use crate::runner::event::Event;
use crate::scenario::file::Scenario;
use crate::scenario::library::selects;
use crate::tls::Observation;
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::tls_preset::TlsPreset;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Cases, each at a version.
pub(super) type Executions = Arc<BTreeSet<(String, Version)>>;

/// What is sent in each form of messages that a profile asks for.
const IN_EACH_ENCODING: [&str; 3] =
    ["operations.query", "operations.create.symmetric-key", "operations.get-attributes.all"];

/// The profiles of a run, and what it has shown so far.
#[derive(Debug)]
pub(super) struct Asked {
    catalogue: Catalogue,
    profiles: Vec<(Profile, Requirements)>,
    index: Index,
    facts: Facts,
    published_given: bool,
    looked: Option<Looked>,
}

impl Asked {
    /// Finds the profiles, at these versions where some are named; what is wrong with the names is told.
    pub(super) fn resolve(names: &[String], versions: &[Version]) -> Result<Self, Exit> {
        let catalogue = load()?;
        let mut found: Vec<Profile> = Vec::new();
        let mut exit = Exit::Success;
        for name in names {
            match catalogue.find(name) {
                Ok(profiles) => found.extend(profiles),
                Err(e) => {
                    eprintln!("kmipspec: {e}");
                    exit = exit.and(Exit::Usage);
                }
            }
        }
        if exit != Exit::Success {
            return Err(exit);
        }
        found.retain(|p| versions.is_empty() || versions.contains(&p.version));
        found.sort_by_key(|p| (p.stem(), p.version));
        found.dedup_by_key(|p| p.id());
        for client in found.iter().filter(|p| p.entry.role == Role::Client) {
            eprintln!("kmipspec: {} is about what a client sends: no run against a server judges it", client.id());
        }
        found.retain(|p| p.entry.role != Role::Client);
        if found.is_empty() {
            eprintln!("kmipspec: nothing is selected: no profile of servers has such a name at such a version");
            return Err(Exit::NothingSelected);
        }
        let demanded = |p: Profile| {
            let requirements = catalogue.requirements(&p);
            (p, requirements)
        };
        let profiles = found.into_iter().map(demanded).collect();
        let (index, facts) = (Index::default(), Facts::default());
        Ok(Self { catalogue, profiles, index, facts, published_given: false, looked: None })
    }

    /// Looks at the cases there are: they have to be known before it can be said which judge what.
    #[must_use]
    pub(super) fn among(mut self, scenarios: &[Scenario]) -> Self {
        let at: BTreeSet<Version> = self.profiles.iter().map(|(p, _)| p.version).collect();
        self.index = Index::of(scenarios, &at);
        self
    }

    /// The cases that judge them.
    pub(super) fn executions(&self) -> Executions {
        let mut all = BTreeSet::new();
        for (profile, requirements) in &self.profiles {
            let version = profile.version;
            all.extend(self.index.select(requirements, version).into_iter().map(|id| (id, version)));
        }
        Arc::new(all)
    }

    /// The mandatory published cases of them, of those given.
    pub(super) fn published(&mut self, cases: &[Case]) -> Executions {
        self.published_given = true;
        let asks = |case: &&Case| {
            let Some((group, _)) = published_case(&id_of(case)) else { return false };
            self.profiles.iter().filter(|(p, _)| p.version == case.version).any(|(_, requirements)| {
                let of = |what: &What| matches!(what, What::Tests { group: of, .. } if *of == group);
                requirements.all.iter().any(|r| of(&r.what))
            })
        };
        Arc::new(cases.iter().filter(asks).map(|case| (id_of(case), case.version)).collect())
    }

    /// Operations that a profile demands are asked for even where Query does not name them: only then is it known.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let demanded = self.profiles.iter().flat_map(|(_, requirements)| &requirements.all);
        let codes: BTreeSet<u32> = demanded
            .filter_map(|r| match r.what {
                What::Operation(code) => Some(code),
                _ => None,
            })
            .collect();
        codes.into_iter().map(Operation).collect()
    }

    /// Takes note of what the server's TLS takes and shows.
    pub(super) fn look(&mut self, seen: &Observation, strict: bool) {
        self.looked = Some(Looked::at(seen, strict));
    }

    /// How the bundled server's TLS is to be: by the authentication suite of the profiles, where they agree on one.
    pub(super) fn preset(&self) -> TlsPreset {
        let wants = |(profile, requirements): &(Profile, Requirements)| {
            let names = |id: &str| {
                let asks = |what: &What| matches!(what, What::Authentication(suites) if suites.iter().any(|s| s == id));
                requirements.all.iter().any(|r| asks(&r.what))
            };
            match profile.version {
                _ if names("suiteb-128") => TlsPreset::SuiteB128,
                _ if names("suiteb-192") => TlsPreset::SuiteB192,
                version if version >= Version::V2_0 => TlsPreset::Strict21,
                _ => TlsPreset::Default,
            }
        };
        let wanted: Vec<TlsPreset> = self.profiles.iter().map(wants).collect();
        match wanted.first() {
            Some(first) if wanted.iter().all(|preset| preset == first) => *first,
            _ if wanted.contains(&TlsPreset::Strict21) => TlsPreset::Strict21,
            _ => TlsPreset::Default,
        }
    }

    /// Takes note of what happened.
    pub(super) fn event(&mut self, event: &Event) {
        self.facts.event(event);
    }

    /// The verdicts.
    pub(super) fn judge(&self) -> Vec<Judged> {
        let unseen = Looked::default();
        let ground = Ground {
            facts: &self.facts,
            index: &self.index,
            published_given: self.published_given,
            authentication: self.looked.as_ref().unwrap_or(&unseen),
        };
        let mut all: Vec<Judged> =
            self.profiles.iter().map(|(profile, _)| verdict::of(&self.catalogue, profile, ground)).collect();
        verdict::settle(&mut all);
        all
    }

    /// The forms of messages that the profiles ask for, each with the cases that are sent in it.
    pub(super) fn encodings(&self) -> Vec<(Encoding, Executions)> {
        let forms = [("https", Encoding::Https), ("xml", Encoding::Xml), ("json", Encoding::Json)];
        let mut all = Vec::new();
        for (word, encoding) in forms {
            let asks = |requirements: &Requirements| {
                requirements.all.iter().any(|r| matches!(&r.what, What::Encoding(form) if form == word))
            };
            let versions = self.profiles.iter().filter(|(_, r)| asks(r)).map(|(p, _)| p.version);
            let versions: BTreeSet<Version> = versions.collect();
            let cases = versions.iter().flat_map(|v| {
                let looks = self.index.cases(*v).filter(|(id, _)| IN_EACH_ENCODING.iter().any(|p| selects(p, id)));
                looks.map(|(id, _)| (id.to_owned(), *v))
            });
            let cases: BTreeSet<(String, Version)> = cases.collect();
            if !cases.is_empty() {
                all.push((encoding, Arc::new(cases)));
            }
        }
        all
    }
}

/// The built-in profiles; what is wrong with the files is told.
pub(super) fn load() -> Result<Catalogue, Exit> {
    Catalogue::builtin().map_err(|errors| {
        for error in errors {
            eprintln!("{error}");
        }
        Exit::InvalidData
    })
}

/// What the verdicts come to: a server that does not meet a profile has failed a check.
pub(super) fn exit(judged: &[Judged]) -> Exit {
    if judged.iter().any(|j| j.standing == Standing::NotMet) { Exit::CheckFailed } else { Exit::Success }
}
