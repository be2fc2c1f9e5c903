//! Locate against a plain look at every object (1.0 §4.8, 1.4 §4.9, 2.1 §6.1.28): what is found is what has all that is asked for,
//! and of that as much as was wanted.

use super::talk::{World, sees};
use kmipspec_protocol::attributes::{Attribute, Container, lower};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, CryptographicUsageMask, NameType, ObjectType, Operation, RevocationReasonCode, State,
    StorageStatusMask, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;
use proptest::prelude::*;
use proptest::sample::select;

/// Bits that usage masks here are made of.
const USAGE: [CryptographicUsageMask; 3] =
    [CryptographicUsageMask::ENCRYPT, CryptographicUsageMask::DECRYPT, CryptographicUsageMask::MAC_GENERATE];

/// What becomes of an object when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Left,
    Activated,
    Compromised,
    Destroyed,
    Archived,
}

/// An object to be made, a second after the one before it.
#[derive(Clone, Debug)]
struct Made {
    owner: &'static str,
    algorithm: CryptographicAlgorithm,
    usage: i32,
    /// Its own name, and that of a group.
    named: bool,
    group: Option<&'static str>,
    level: Option<i32>,
    /// Seconds from when it is made.
    activation: Option<i64>,
    deactivation: Option<i64>,
    fate: Fate,
}

/// What is asked for.
#[derive(Clone, Debug)]
enum Wanted {
    Type(ObjectType),
    Algorithm(CryptographicAlgorithm),
    Usage(i32),
    /// The name of the object with this number.
    Name(usize),
    Group(&'static str),
    Level(i32),
    State(State),
    /// A date of these tags, and how far from the time of the question; two are the ends of a range.
    Date(Tag, i64, Option<i64>),
}

/// A Locate request.
#[derive(Clone, Debug)]
struct Question {
    who: &'static str,
    wanted: Vec<Wanted>,
    storage: Option<u32>,
    maximum: Option<i32>,
    offset: Option<i32>,
    /// How much time passes before it.
    later: i64,
}

fn people() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("alice"), 1 => Just("bob")]
}

fn algorithm() -> impl Strategy<Value = CryptographicAlgorithm> {
    select(vec![CryptographicAlgorithm::AES, CryptographicAlgorithm::DES3])
}

fn usage() -> impl Strategy<Value = i32> {
    (0u32..8).prop_map(|bits| {
        let all = USAGE.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
        all.fold(0, |mask, (_, bit)| mask | bit.0).cast_signed()
    })
}

fn group() -> impl Strategy<Value = &'static str> {
    select(vec!["one", "two"])
}

fn made() -> impl Strategy<Value = Made> {
    let fate = prop_oneof![4 => Just(Fate::Left), 2 => Just(Fate::Activated), 1 => Just(Fate::Compromised), 1 => Just(Fate::Destroyed), 1 => Just(Fate::Archived)];
    let date = || prop::option::of(1i64..8);
    let about = (people(), algorithm(), usage(), any::<bool>(), prop::option::of(group()), prop::option::of(0..3));
    (about, date(), date(), fate).prop_map(
        |((owner, algorithm, usage, named, group, level), activation, after, fate)| {
            let deactivation = after.map(|after| activation.unwrap_or(0) + after);
            Made { owner, algorithm, usage, named, group, level, activation, deactivation, fate }
        },
    )
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let states = vec![State::PRE_ACTIVE, State::ACTIVE, State::DEACTIVATED, State::COMPROMISED, State::DESTROYED];
    let dates = vec![tag::INITIAL_DATE, tag::ACTIVATION_DATE, tag::DEACTIVATION_DATE];
    prop_oneof![
        select(vec![ObjectType::SYMMETRIC_KEY, ObjectType::SECRET_DATA]).prop_map(Wanted::Type),
        algorithm().prop_map(Wanted::Algorithm),
        usage().prop_map(Wanted::Usage),
        (0usize..8).prop_map(Wanted::Name),
        group().prop_map(Wanted::Group),
        (0..3).prop_map(Wanted::Level),
        select(states).prop_map(Wanted::State),
        (select(dates), -12i64..12, prop::option::of(-12i64..12)).prop_map(|(tag, at, to)| Wanted::Date(tag, at, to)),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let limits = (prop::option::of(0..4), prop::option::of(0..4));
    let storage = prop::option::of(0u32..8);
    (people(), prop::collection::vec(wanted(), 0..3), storage, limits, 0i64..6).prop_map(
        |(who, wanted, storage, (maximum, offset), later)| Question { who, wanted, storage, maximum, offset, later },
    )
}

/// An object that is there.
struct There {
    made: Made,
    id: String,
    at: i64,
}

impl There {
    fn name(place: usize) -> Item {
        let parts = vec![
            Item::text(tag::NAME_VALUE, format!("key {place}")),
            Item::enumeration(tag::NAME_TYPE, NameType::UNINTERPRETED_TEXT_STRING.0),
        ];
        Item::structure(tag::NAME, parts)
    }

    fn level(level: i32) -> Attribute {
        Attribute::custom("x", "level", Item::integer(tag::ATTRIBUTE_VALUE, level))
    }

    /// Makes it, and does to it what is to become of it.
    fn new(world: &mut World, place: usize, made: &Made) -> Self {
        world.wait(1);
        let at = world.now;
        let length = if made.algorithm == CryptographicAlgorithm::AES { 128 } else { 168 };
        let mut attributes = vec![
            Attribute::standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, made.algorithm.0)),
            Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, length)),
            Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, made.usage)),
        ];
        attributes.extend(made.named.then(|| Attribute::standard(Self::name(place))));
        attributes.extend(made.group.map(|group| Attribute::standard(Item::text(tag::OBJECT_GROUP, group))));
        attributes.extend(made.level.map(Self::level));
        for (tag, date) in [(tag::ACTIVATION_DATE, made.activation), (tag::DEACTIVATION_DATE, made.deactivation)] {
            attributes.extend(date.map(|after| Attribute::standard(Item::date_time(tag, at + after))));
        }
        let payload = vec![
            Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0),
            lower(&attributes, Container::TemplateAttribute, world.version),
        ];
        let answer = world.ask_as(made.owner, Operation::CREATE, payload).expect("a key");
        let id = answer.child(tag::UNIQUE_IDENTIFIER).expect("it is told").clone();
        let reason = Item::enumeration(tag::REVOCATION_REASON_CODE, RevocationReasonCode::KEY_COMPROMISE.0);
        let operation = match made.fate {
            Fate::Left => None,
            Fate::Activated => Some((Operation::ACTIVATE, None)),
            Fate::Compromised => Some((Operation::REVOKE, Some(Item::structure(tag::REVOCATION_REASON, vec![reason])))),
            Fate::Destroyed => Some((Operation::DESTROY, None)),
            Fate::Archived => Some((Operation::ARCHIVE, None)),
        };
        if let Some((operation, more)) = operation {
            world.ask_as(made.owner, operation, std::iter::once(id.clone()).chain(more).collect()).expect("it is new");
        }
        Self { made: made.clone(), id: text(&id), at }
    }

    fn date(&self, tag: Tag) -> Option<i64> {
        let activated = self.made.fate == Fate::Activated;
        match tag {
            tag::INITIAL_DATE => Some(self.at),
            tag::ACTIVATION_DATE if activated => Some(self.at),
            tag::ACTIVATION_DATE => self.made.activation.map(|after| self.at + after),
            _ => self.made.deactivation.map(|after| self.at + after),
        }
    }

    fn state(&self, now: i64) -> State {
        let reached = |tag| self.date(tag).is_some_and(|date| date <= now);
        match self.made.fate {
            Fate::Compromised => State::COMPROMISED,
            Fate::Destroyed => State::DESTROYED,
            _ if !reached(tag::ACTIVATION_DATE) => State::PRE_ACTIVE,
            _ if reached(tag::DEACTIVATION_DATE) => State::DEACTIVATED,
            _ => State::ACTIVE,
        }
    }

    /// Whether it is among what a question is about.
    fn is_meant(&self, place: usize, question: &Question, version: Version, now: i64) -> bool {
        let bit = match self.made.fate {
            Fate::Destroyed if version < Version::V2_0 => return false,
            Fate::Destroyed => StorageStatusMask::DESTROYED_STORAGE,
            Fate::Archived => StorageStatusMask::ARCHIVAL_STORAGE,
            _ => StorageStatusMask::ON_LINE_STORAGE,
        };
        // When it is left out, on-line objects alone are meant.
        let storage = question.storage.unwrap_or(StorageStatusMask::ON_LINE_STORAGE.0);
        let has = |wanted: &Wanted| match wanted {
            Wanted::Type(wanted) => *wanted == ObjectType::SYMMETRIC_KEY,
            Wanted::Algorithm(wanted) => *wanted == self.made.algorithm,
            Wanted::Usage(bits) => self.made.usage & bits == *bits,
            Wanted::Name(number) => self.made.named && *number == place,
            Wanted::Group(group) => self.made.group == Some(*group),
            Wanted::Level(level) => self.made.level == Some(*level),
            Wanted::State(state) => *state == self.state(now),
            Wanted::Date(tag, at, None) => self.date(*tag) == Some(now + at),
            Wanted::Date(tag, from, Some(to)) => {
                let (from, to) = (now + from.min(to), now + from.max(to));
                self.date(*tag).is_some_and(|date| from <= date && date <= to)
            }
        };
        question.who == self.made.owner && bit.0 & storage != 0 && question.wanted.iter().all(has)
    }
}

fn text(item: &Item) -> String {
    item.value().and_then(|value| value.text().map(str::to_owned)).expect("a Unique Identifier is text")
}

/// The payload of a question.
fn payload(question: &Question, world: &World) -> Vec<Item> {
    let version = world.version;
    let mut payload = Vec::new();
    payload.extend(question.maximum.map(|n| Item::integer(tag::MAXIMUM_ITEMS, n)));
    payload.extend(question.offset.map(|n| Item::integer(tag::OFFSET_ITEMS, n)));
    payload.extend(question.storage.map(|mask| Item::integer(tag::STORAGE_STATUS_MASK, mask.cast_signed())));
    let dated = |tag: Tag, at: i64| Attribute::standard(Item::date_time(tag, world.now + at));
    let attributes: Vec<Attribute> = question
        .wanted
        .iter()
        .flat_map(|wanted| match wanted {
            Wanted::Type(wanted) => vec![Attribute::standard(Item::enumeration(tag::OBJECT_TYPE, wanted.0))],
            Wanted::Algorithm(wanted) => {
                vec![Attribute::standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, wanted.0))]
            }
            Wanted::Usage(bits) => vec![Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, *bits))],
            Wanted::Name(number) => vec![Attribute::standard(There::name(*number))],
            Wanted::Group(group) => vec![Attribute::standard(Item::text(tag::OBJECT_GROUP, *group))],
            Wanted::Level(level) => vec![There::level(*level)],
            Wanted::State(state) => vec![Attribute::standard(Item::enumeration(tag::STATE, state.0))],
            Wanted::Date(tag, at, None) => vec![dated(*tag, *at)],
            Wanted::Date(tag, from, Some(to)) => vec![dated(*tag, *from), dated(*tag, *to)],
        })
        .collect();
    // At 1.x the attributes stand in the payload itself, at 2.x in a structure, which is always there.
    let list = lower(&attributes, Container::TemplateAttribute, version);
    match version < Version::V2_0 {
        true => payload.extend(list.items().to_vec()),
        false => payload.push(list),
    }
    payload
}

/// A question that the version can ask, and whose meaning is plain.
fn fitting(mut question: Question, version: Version) -> Question {
    if version < Version::V1_3 {
        question.offset = None;
    }
    if version < Version::V2_0 {
        question.storage = question.storage.map(|mask| mask & 3);
    }
    // A date that is asked for twice means a range, whoever wrote it.
    let mut seen = Vec::new();
    question.wanted.retain(|wanted| match wanted {
        Wanted::Date(tag, _, _) if seen.contains(tag) => false,
        Wanted::Date(tag, _, _) => {
            seen.push(*tag);
            true
        }
        _ => true,
    });
    question
}

fn searches() -> impl Strategy<Value = (Version, Vec<Made>, Vec<Question>)> {
    let (made, questions) = (prop::collection::vec(made(), 0..8), prop::collection::vec(question(), 1..8));
    (select(&Version::WITH_TEXT[..]), made, questions)
}

/// Whether a server with this quirk finds what is there.
fn found(version: Version, made: &[Made], questions: &[Question], quirk: Option<&str>) -> Result<(), TestCaseError> {
    let mut world = World::new(version, quirk);
    let there: Vec<There> = made.iter().enumerate().map(|(place, made)| There::new(&mut world, place, made)).collect();
    for question in questions {
        let question = fitting(question.clone(), version);
        world.wait(question.later);
        let meant = there.iter().enumerate().filter(|(place, one)| one.is_meant(*place, &question, version, world.now));
        let mut meant: Vec<&str> = meant.map(|(_, one)| one.id.as_str()).collect();
        // The server's choice up to 1.3, and from 2.0 on the text's.
        if version >= Version::V1_4 {
            meant.reverse();
        }
        let count = |n: Option<i32>| n.and_then(|n| usize::try_from(n).ok());
        let (offset, maximum) = (count(question.offset).unwrap_or(0), count(question.maximum).unwrap_or(usize::MAX));
        let wanted: Vec<String> = meant.iter().skip(offset).take(maximum).map(|id| (*id).to_owned()).collect();
        let answer = world.ask_as(question.who, Operation::LOCATE, payload(&question, &world));
        let answer = answer.map_err(|reason| TestCaseError::fail(format!("{question:?}: {reason}")))?;
        let ids = answer.items().iter().filter(|item| item.tag == tag::UNIQUE_IDENTIFIER);
        prop_assert_eq!(ids.map(text).collect::<Vec<_>>(), wanted, "{:?}", &question);
        if let Some(Value::Integer(located)) = answer.child(tag::LOCATED_ITEMS).and_then(Item::value) {
            prop_assert_eq!(usize::try_from(located).ok(), Some(meant.len()), "{:?}", &question);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_found_is_what_a_plain_look_finds((version, made, questions) in searches()) {
        found(version, &made, &questions, None)?;
    }
}

#[test]
fn what_a_locate_leaves_out_or_adds_is_seen() {
    let quirks = [
        "locate-shows-all-owners",
        "locate-takes-any-criterion",
        "locate-ignores-state",
        "locate-ignores-custom-attributes",
        "locate-ignores-storage-status-mask",
        "locate-ignores-offset-items",
        "locate-ignores-maximum-items",
    ];
    for quirk in quirks {
        let property = |(version, made, questions): (Version, Vec<Made>, Vec<Question>)| {
            found(version, &made, &questions, Some(quirk))
        };
        sees(quirk, &searches(), property);
    }
}
