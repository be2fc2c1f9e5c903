//! What a case is about, read off its plan: which requirements it may judge, before anything is sent.

use super::catalogue::{Requirement, Requirements};
use super::data::What;
use crate::scenario::attributes::Named;
use crate::scenario::build::Build;
use crate::scenario::file::Scenario;
use crate::scenario::library::selects;
use crate::scenario::names::kebab;
use crate::scenario::plan::{Plan, Request};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{Body, Item, Tag, Value};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// One case at one version.
#[derive(Clone, Debug, Default)]
pub struct Touch {
    /// Operations of the steps that count.
    pub subjects: BTreeSet<u32>,
    /// Tags that some request holds.
    pub tags: BTreeSet<u32>,
    /// Values of enumerations that some request holds.
    pub values: BTreeSet<(u32, u32)>,
    /// Attributes that some request gives, or whose value in an answer is held against something.
    pub attributes: BTreeSet<u32>,
    /// Whether some request gives a custom attribute.
    pub custom: bool,
    /// Bytes of the longest value of one, how many an object has, characters of the longest name.
    pub custom_most: [usize; 3],
    /// The longest batch of a request.
    pub batch: usize,
}

/// What every case is about, by version and id.
#[derive(Clone, Debug, Default)]
pub struct Index {
    versions: BTreeMap<Version, BTreeMap<String, Touch>>,
}

impl Index {
    /// Looks at every scenario at these versions.
    pub fn of(scenarios: &[Scenario], versions: &BTreeSet<Version>) -> Self {
        let mut index = Self::default();
        for scenario in scenarios {
            for version in scenario.versions.iter().filter(|v| versions.contains(v)) {
                // What cannot be planned is told when the run is planned.
                let Ok(plan) = scenario.plan(version) else { continue };
                index.versions.entry(version).or_default().insert(plan.id.clone(), Touch::of(&plan));
            }
        }
        index
    }

    /// The cases of a version.
    pub fn cases(&self, version: Version) -> impl Iterator<Item = (&str, &Touch)> {
        self.versions.get(&version).into_iter().flatten().map(|(id, touch)| (id.as_str(), touch))
    }

    /// What a case is about.
    pub fn touch(&self, version: Version, id: &str) -> Option<&Touch> {
        self.versions.get(&version)?.get(id)
    }

    /// The cases that judge these requirements at a version: those about nothing else, and for what they leave open those
    /// that are about it among other things.
    pub fn select(&self, requirements: &Requirements, version: Version) -> BTreeSet<String> {
        let operations = operations(requirements);
        let mut chosen = BTreeSet::new();
        let about = |touch: &Touch, id: &str, r: &Requirement| touch.about(id, &r.what);
        for (id, touch) in self.cases(version) {
            let within = touch.subjects.iter().all(|o| operations.contains(o));
            if within && requirements.all.iter().any(|r| about(touch, id, r)) {
                chosen.insert(id.to_owned());
            }
        }
        for requirement in requirements.all.iter().filter(|r| !matches!(r.what, What::Operation(_))) {
            let all = self.cases(version).filter(|(id, touch)| about(touch, id, requirement));
            let (named, others): (Vec<&str>, Vec<&str>) =
                all.map(|(id, _)| id).partition(|id| names(id, &requirement.what));
            let few = others.iter().filter(|id| chosen.contains(**id)).count() < ENOUGH;
            chosen.extend(named.into_iter().map(str::to_owned));
            if few {
                chosen.extend(others.into_iter().take(AT_MOST).map(str::to_owned));
            }
        }
        chosen
    }
}

/// Where so many cases that are chosen anyway are about a thing, no others are looked for.
const ENOUGH: usize = 3;

/// So many others are taken.
const AT_MOST: usize = 20;

/// Whether a case is there for this very thing: words name their cases, and ids of the suites about attributes an attribute.
fn names(id: &str, what: &What) -> bool {
    match what {
        What::Words { .. } => true,
        What::Attribute(tag) => names_attribute(id, *tag),
        _ => false,
    }
}

/// The operations a profile asks for.
pub(super) fn operations(requirements: &Requirements) -> BTreeSet<u32> {
    let code = |r: &Requirement| match r.what {
        What::Operation(code) => Some(code),
        _ => None,
    };
    requirements.all.iter().filter_map(code).collect()
}

impl Touch {
    /// Reads a plan.
    fn of(plan: &Plan) -> Self {
        let mut touch = Self::default();
        for step in &plan.steps {
            // Sent by the server: no profile judges it as an operation that is carried out.
            if let Request::Receive(awaited) = &step.request
                && !step.setup
            {
                touch.subjects.insert(awaited.operation.0);
            }
            if let Request::Message { header, items, .. } = &step.request {
                header.iter().for_each(|(_, build)| touch.build(build));
                items.iter().flat_map(|i| &i.fields).for_each(|build| touch.build(build));
                touch.batch = touch.batch.max(items.len());
                if !step.setup && !step.optional {
                    touch.subjects.extend(items.iter().map(|i| i.operation));
                }
            }
            if !step.setup && !step.optional {
                for name in step.observes() {
                    let row = schema::attribute_named(&name);
                    touch.attributes.extend(row.map(|row| row.tag.0));
                }
            }
        }
        touch
    }

    fn build(&mut self, root: &Build) {
        let mut open = vec![root];
        while let Some(build) = open.pop() {
            match build {
                Build::Fixed(item) => self.item(item),
                Build::Leaf { tag, .. } | Build::Bound { tag, .. } => drop(self.tags.insert(tag.0)),
                Build::Structure { tag, items } => {
                    self.tags.insert(tag.0);
                    open.extend(items);
                }
                Build::Attributes { attributes, .. } => {
                    self.custom_limits(attributes);
                    for (named, value) in attributes {
                        match named {
                            Named::Standard(tag) => drop(self.attributes.insert(tag.0)),
                            Named::Custom { .. } => self.custom = true,
                            Named::Verbatim(_) => {}
                        }
                        open.push(value);
                    }
                }
            }
        }
    }

    /// Takes note of how many custom attributes there are, and how long.
    fn custom_limits(&mut self, attributes: &[(Named, Build)]) {
        let mut count = 0_usize;
        let [value, most, name] = &mut self.custom_most;
        for (named, build) in attributes {
            let Named::Custom { name: own, .. } = named else { continue };
            count = count.saturating_add(1);
            *name = (*name).max(own.len().saturating_add(2));
            if let Build::Fixed(item) = build
                && let Some(Value::TextString(text)) = item.value()
            {
                *value = (*value).max(text.len());
            }
        }
        *most = (*most).max(count);
    }

    fn item(&mut self, root: &Item) {
        let mut open = vec![root];
        while let Some(item) = open.pop() {
            self.tags.insert(item.tag.0);
            if let Some(Value::Enumeration(code)) = item.value() {
                self.values.insert((item.tag.0, code));
            }
            if let Body::Items(_) = item.body {
                open.extend(item.items());
            }
        }
    }

    /// Whether the case may judge this.
    pub fn about(&self, id: &str, what: &What) -> bool {
        let mentions = |tag: Tag| self.tags.contains(&tag.0);
        match what {
            What::Operation(code) => self.subjects.contains(code),
            What::Attribute(tag) => self.attributes.contains(&tag.0) || names_attribute(id, *tag),
            What::CustomAttribute | What::CustomType(_) => self.custom,
            What::CustomValue(n) => self.custom_most[0] >= *n,
            What::CustomCount(n) => self.custom_most[1] >= *n,
            What::CustomName(n) => self.custom_most[2] >= *n,
            What::Field(tag) | What::Message(tag) => mentions(*tag),
            What::Value(of, code) => self.values.contains(&(of.0, *code)),
            What::Length(algorithm, _) => {
                self.values.contains(&(tag::CRYPTOGRAPHIC_ALGORITHM.0, *algorithm))
                    && (mentions(tag::CRYPTOGRAPHIC_LENGTH) || self.attributes.contains(&tag::CRYPTOGRAPHIC_LENGTH.0))
            }
            What::Batch(n) => self.batch >= *n,
            What::BatchOrder => mentions(tag::BATCH_ORDER_OPTION),
            What::Words { cases, .. } => cases.iter().any(|pattern| selects(pattern, id)),
            What::OneOfOperations(_)
            | What::FromServer(_)
            | What::Authentication(_)
            | What::Encoding(_)
            | What::Tls(_)
            | What::Tests { .. }
            | What::Rules
            | What::Unread(_) => false,
        }
    }
}

/// Whether an id is one about an attribute: `attributes.state.…`, `attribute-rules.state.…`.
pub(super) fn names_attribute(id: &str, tag: Tag) -> bool {
    let Some(row) = schema::attribute_row(tag) else { return false };
    attribute_part(id).is_some_and(|part| part == kebab(row.name))
}

/// The attribute an id is about, in the spelling of ids.
pub(super) fn attribute_part(id: &str) -> Option<&str> {
    let rest = id.strip_prefix("attributes.").or_else(|| id.strip_prefix("attribute-rules."))?;
    rest.split('.').next()
}
