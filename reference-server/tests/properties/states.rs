//! A key against the State section (1.4 §3.22, 2.1 §4.57): whatever is done to it in whatever order, it is where the text has it,
//! and its dates are those of its transitions (1.4 §3.24 to §3.32).

use super::talk::{START, World, sees};
use kmipspec_protocol::attributes::{Attribute, AttributeRef, Container, lower};
use kmipspec_protocol::registry::{
    BlockCipherMode, CryptographicUsageMask, ObjectType, Operation, PaddingMethod, RevocationReasonCode, State, tag,
};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Tag};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;
use proptest::sample::select;

/// What somebody does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Waits, seconds.
    Wait(i64),
    Activate,
    /// With a reason that is a compromise, or one that is none.
    Revoke(bool),
    Destroy,
    Archive,
    Recover,
    /// Gives a date, so many seconds from now.
    Date(Tag, i64),
    Get,
    Encrypt,
    Decrypt,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1i64..40).prop_map(Step::Wait),
        2 => Just(Step::Activate),
        2 => any::<bool>().prop_map(Step::Revoke),
        1 => Just(Step::Destroy),
        1 => Just(Step::Archive),
        2 => Just(Step::Recover),
        3 => (select(vec![tag::ACTIVATION_DATE, tag::DEACTIVATION_DATE]), -30i64..60).prop_map(|(tag, at)| Step::Date(tag, at)),
        2 => select(vec![Step::Get, Step::Encrypt, Step::Decrypt]),
    ]
}

/// What the text knows of the key.
#[derive(Clone, Debug)]
struct Key {
    state: State,
    archived: Option<i64>,
    activation: Option<i64>,
    deactivation: Option<i64>,
    compromise: Option<i64>,
    occurrence: Option<i64>,
    destroyed: Option<i64>,
}

/// What the text says of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Done,
    Refused,
    /// It leaves that open.
    Open,
}

impl Key {
    fn is_destroyed(&self) -> bool {
        matches!(self.state, State::DESTROYED | State::DESTROYED_COMPROMISED)
    }

    /// Transitions 4 and 6, which dates make.
    fn settle(&mut self, now: i64) {
        if self.state == State::PRE_ACTIVE && self.activation.is_some_and(|date| date <= now) {
            self.state = State::ACTIVE;
        }
        if self.state == State::ACTIVE && self.deactivation.is_some_and(|date| date <= now) {
            self.state = State::DEACTIVATED;
        }
    }

    /// What comes of a step, and the transition that it makes.
    fn take(&mut self, step: Step, now: i64) -> Says {
        use Says::{Done, Open, Refused};
        self.settle(now);
        let says = match step {
            Step::Wait(_) => Done,
            Step::Recover if self.archived.is_some() => {
                self.archived = None;
                Done
            }
            Step::Recover => Open,
            _ if self.archived.is_some() => Refused,
            Step::Archive => {
                self.archived = Some(now);
                Done
            }
            Step::Activate if self.state == State::PRE_ACTIVE => {
                (self.state, self.activation) = (State::ACTIVE, Some(now));
                Done
            }
            Step::Activate => Refused,
            // Transitions 3, 5, 8 and 10.
            Step::Revoke(true) => {
                let next = if self.is_destroyed() { State::DESTROYED_COMPROMISED } else { State::COMPROMISED };
                if self.state != next {
                    // None of these dates is modified by the server.
                    self.compromise = self.compromise.or(Some(now));
                    self.occurrence = self.occurrence.or(Some(START));
                }
                self.state = next;
                Done
            }
            Step::Revoke(false) if self.state == State::ACTIVE => {
                (self.state, self.deactivation) = (State::DEACTIVATED, Some(now));
                Done
            }
            Step::Revoke(false) => Refused,
            Step::Destroy if matches!(self.state, State::PRE_ACTIVE | State::DEACTIVATED | State::COMPROMISED) => {
                let compromised = self.state == State::COMPROMISED;
                self.state = if compromised { State::DESTROYED_COMPROMISED } else { State::DESTROYED };
                self.destroyed = Some(now);
                Done
            }
            Step::Destroy => Refused,
            Step::Date(tag::ACTIVATION_DATE, at) => {
                let ordered = self.deactivation.is_none_or(|date| now + at <= date);
                if self.state != State::PRE_ACTIVE || !ordered {
                    return Refused;
                }
                self.activation = Some(now + at);
                Done
            }
            Step::Date(_, at) => {
                let ordered = self.activation.is_none_or(|date| date <= now + at);
                if !matches!(self.state, State::PRE_ACTIVE | State::ACTIVE) || !ordered {
                    return Refused;
                }
                self.deactivation = Some(now + at);
                Done
            }
            Step::Get => {
                if self.is_destroyed() {
                    Refused
                } else {
                    Done
                }
            }
            Step::Encrypt if self.state == State::ACTIVE => Done,
            Step::Encrypt => Refused,
            Step::Decrypt if self.state == State::ACTIVE => Done,
            // Under extraordinary circumstances, with special permission.
            Step::Decrypt if matches!(self.state, State::DEACTIVATED | State::COMPROMISED) => Open,
            Step::Decrypt => Refused,
        };
        self.settle(now);
        says
    }

    /// The attributes that follow.
    fn attributes(&self) -> Vec<Item> {
        let dates = [
            (tag::ACTIVATION_DATE, self.activation),
            (tag::DEACTIVATION_DATE, self.deactivation),
            (tag::DESTROY_DATE, self.destroyed),
            (tag::COMPROMISE_OCCURRENCE_DATE, self.occurrence),
            (tag::COMPROMISE_DATE, self.compromise),
            (tag::ARCHIVE_DATE, self.archived),
        ];
        let dates = dates.into_iter().filter_map(|(tag, date)| Some(Item::date_time(tag, date?)));
        std::iter::once(Item::enumeration(tag::STATE, self.state.0)).chain(dates).collect()
    }
}

/// What a server makes of it.
struct Played {
    world: World,
    id: Item,
}

impl Played {
    fn new(version: Version, quirk: Option<&str>) -> Self {
        let world = World::new(version, quirk);
        let usage = CryptographicUsageMask::ENCRYPT | CryptographicUsageMask::DECRYPT;
        let attributes = [
            Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 3),
            Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 128),
            Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, usage.0.cast_signed()),
        ];
        let attributes: Vec<Attribute> = attributes.into_iter().map(Attribute::standard).collect();
        let payload = vec![
            Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0),
            lower(&attributes, Container::TemplateAttribute, version),
        ];
        let made = world.ask(Operation::CREATE, payload).expect("a key");
        Self { id: made.child(tag::UNIQUE_IDENTIFIER).expect("it is told").clone(), world }
    }

    fn ask(&self, operation: Operation, more: Vec<Item>) -> Option<Item> {
        self.world.ask(operation, [vec![self.id.clone()], more].concat()).ok()
    }

    /// The attributes of these tags that it has.
    fn attributes(&self, wanted: &[Tag]) -> Option<Vec<Item>> {
        let version = self.world.version;
        let payload = self.ask(Operation::GET_ATTRIBUTES, Vec::new())?.encode();
        let doc = Doc::strict(&payload, &Limits::default()).expect("well-formed");
        let root = doc.root().expect("a payload");
        let holder = if version < Version::V2_0 { Some(root) } else { root.child(tag::ATTRIBUTES) };
        let items = holder.into_iter().flat_map(|holder| holder.children());
        let items = items.filter(|item| item.tag() != tag::UNIQUE_IDENTIFIER);
        let read =
            |item| AttributeRef::read(item, version.into()).and_then(|a| a.to_attribute()).expect("an attribute");
        let items: Vec<Item> = items.map(|item| read(item).value).collect();
        Some(wanted.iter().filter_map(|tag| items.iter().find(|item| item.tag == *tag).cloned()).collect())
    }

    /// Whether it is done.
    fn take(&mut self, step: Step) -> bool {
        let version = self.world.version;
        let cipher = |data: Tag| {
            let parameters = vec![
                Item::enumeration(tag::BLOCK_CIPHER_MODE, BlockCipherMode::ECB.0),
                Item::enumeration(tag::PADDING_METHOD, PaddingMethod::NONE.0),
            ];
            vec![Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, parameters), Item::bytes(data, [7; 16])]
        };
        let done = match step {
            Step::Wait(seconds) => {
                self.world.wait(seconds);
                return true;
            }
            Step::Activate => self.ask(Operation::ACTIVATE, Vec::new()),
            Step::Revoke(compromised) => {
                let reason = match compromised {
                    true => RevocationReasonCode::KEY_COMPROMISE,
                    false => RevocationReasonCode::CESSATION_OF_OPERATION,
                };
                let code = Item::enumeration(tag::REVOCATION_REASON_CODE, reason.0);
                self.ask(Operation::REVOKE, vec![Item::structure(tag::REVOCATION_REASON, vec![code])])
            }
            Step::Destroy => self.ask(Operation::DESTROY, Vec::new()),
            Step::Archive => self.ask(Operation::ARCHIVE, Vec::new()),
            Step::Recover => self.ask(Operation::RECOVER, Vec::new()),
            Step::Date(tag, at) => {
                let date = Attribute::standard(Item::date_time(tag, self.world.now + at));
                let there = self.attributes(&[tag]).is_some_and(|found| !found.is_empty());
                let operation = if there { Operation::MODIFY_ATTRIBUTE } else { Operation::ADD_ATTRIBUTE };
                // The one attribute of a list, in the form that these operations have.
                let list = lower(&[date], Container::TemplateAttribute, version);
                let one = match version < Version::V2_0 {
                    true => list.items().to_vec(),
                    false => vec![list.with_tag(tag::NEW_ATTRIBUTE)],
                };
                self.ask(operation, one)
            }
            Step::Get => self.ask(Operation::GET, Vec::new()),
            Step::Encrypt => self.ask(Operation::ENCRYPT, cipher(tag::DATA)),
            Step::Decrypt => self.ask(Operation::DECRYPT, cipher(tag::DATA)),
        };
        done.is_some()
    }
}

fn lives() -> impl Strategy<Value = (Version, Vec<Step>)> {
    (select(&Version::WITH_TEXT[..]), prop::collection::vec(step(), 1..30))
}

/// Whether the key of a server with this quirk lives as the text has it.
fn lived(version: Version, steps: &[Step], quirk: Option<&str>) -> Result<(), TestCaseError> {
    let mut played = Played::new(version, quirk);
    let mut key = Key {
        state: State::PRE_ACTIVE,
        archived: None,
        activation: None,
        deactivation: None,
        compromise: None,
        occurrence: None,
        destroyed: None,
    };
    let wanted = [
        tag::STATE,
        tag::ACTIVATION_DATE,
        tag::DEACTIVATION_DATE,
        tag::DESTROY_DATE,
        tag::COMPROMISE_OCCURRENCE_DATE,
        tag::COMPROMISE_DATE,
        tag::ARCHIVE_DATE,
    ];
    for (place, step) in steps.iter().enumerate() {
        // 1.0 and 1.1 have no cryptographic operations; what becomes of a destroyed object's attributes in an archive is open.
        let unsaid = matches!(step, Step::Encrypt | Step::Decrypt) && version < Version::V1_2
            || matches!(step, Step::Archive) && key.is_destroyed();
        if unsaid {
            continue;
        }
        let says = key.take(*step, played.world.now);
        let done = played.take(*step);
        if says != Says::Open {
            prop_assert_eq!(done, says == Says::Done, "step {} of {:?}: {:?}", place, steps, &key);
        }
        key.settle(played.world.now);
        if key.archived.is_none() {
            let found = played.attributes(&wanted);
            prop_assert_eq!(found, Some(key.attributes()), "step {} of {:?}", place, steps);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_key_lives_as_the_text_has_it((version, steps) in lives()) {
        lived(version, &steps, None)?;
    }
}

#[test]
fn what_the_text_forbids_is_seen() {
    for quirk in ["activate-takes-any-state", "destroy-takes-active", "dates-are-not-obeyed"] {
        sees(quirk, &lives(), |(version, steps)| lived(version, &steps, Some(quirk)));
    }
}
