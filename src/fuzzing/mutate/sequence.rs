//! Steps of a conversation: repeated, dropped, swapped, after Destroy or Revoke, by somebody else, on another connection; and what
//! else may happen to an object.

use super::message::{self, stated};
use super::rng::Rng;
use super::tree::{at, at_mut, first, read, write};
use super::typed::{Maker, about_one, attribute_names};
use crate::fuzzing::script::{HELD, MAX_STEPS, Script, Step};
use crate::fuzzing::server::OWN;
use crate::runner::message::request;
use kmipspec_protocol::registry::{Operation, RevocationReasonCode, tag};
use kmipspec_protocol::ttlv::{Body, Item, Value};
use kmipspec_protocol::version::Version;

/// What is made of what is no script: one step.
pub(super) fn smallest() -> Script {
    Script { steps: vec![Step { connection: 0, identity: 0, bytes: message::smallest() }] }
}

/// One operator.
pub(super) fn mutate(script: &mut Script, rng: &mut Rng) {
    let steps = &mut script.steps;
    let place = rng.below(steps.len());
    let Some(step) = steps.get(place).cloned() else { return };
    match rng.below(16) {
        0 => {
            make_room(steps, rng);
            let place = rng.below(steps.len());
            shift(steps, place + 1);
            steps.insert(place + 1, step);
        }
        1 if steps.len() > 1 => remove(steps, place),
        2 => {
            let other = rng.below(steps.len());
            steps.swap(place, other);
        }
        3 => {
            if let Some(step) = steps.get_mut(place) {
                step.identity = rng.choose(&[0, 1, 1, 2], 1);
            }
        }
        4 => {
            if let Some(step) = steps.get_mut(place) {
                step.connection = step.connection.wrapping_add(1) % 3;
            }
        }
        5 => {
            // The same again, by the other one: with the identifiers that the first was given.
            append(steps, Step { identity: u8::from(step.identity == 0), ..step }, rng);
        }
        6 => {
            if let Some(step) = steps.get_mut(place) {
                let end = rng.below(step.bytes.len());
                step.bytes.truncate(end);
            }
        }
        // Once more, after all that has come since.
        7 | 8 => append(steps, step, rng),
        9 | 10 => end_before(steps, place, rng),
        _ => walk(steps, place, rng),
    }
    steps.truncate(MAX_STEPS);
}

/// What else may happen to the object of a step, in any order: other operations, and those again that were there before.
fn walk(steps: &mut Vec<Step>, place: usize, rng: &mut Rng) {
    make_room(steps, rng);
    let place = place.min(steps.len().saturating_sub(1));
    let Some(step) = steps.get(place).cloned() else { return };
    let version = if rng.one_in(8) { rng.pick(&Version::ALL).copied() } else { stated(&read(&step.bytes)) };
    let version = version.unwrap_or(Version::V1_4);
    let about = if rng.one_in(6) { OWN[0].to_owned() } else { format!("${place}.0") };
    let said: Vec<String> = steps.iter().flat_map(|step| attribute_names(&read(&step.bytes))).collect();
    for _ in 0..(1 + rng.below(5)).min(MAX_STEPS - steps.len()) {
        let again = rng.pick(steps).filter(|_| steps.len() > place + 1).cloned();
        let next = match again.filter(|_| rng.one_in(3)) {
            Some(again) => again,
            None => {
                let mut maker = Maker { rng, version, about: &about, strays: true, said: &said };
                let row = maker.operation();
                Step { bytes: request(version, None, Operation(row.code), maker.payload(row)), ..step.clone() }
            }
        };
        let identity = rng.choose(&[next.identity, next.identity, next.identity, 0, 1], 0);
        let connection = rng.choose(&[next.connection, next.connection, next.connection, 1], 0);
        steps.push(Step { identity, connection, ..next });
    }
}

/// Operations that [`explore`] adds at a time: an object may not live through more of them.
const AT_ONCE: usize = 3;

/// Behind the steps that are there, as far as there is room, a few operations about the object of the last one that is answered: of
/// all that may be asked about an object, those from this place on, up to one that ends it. The place of those that come after
/// them, where there are any.
pub(super) fn explore(script: &mut Script, from: usize, rng: &mut Rng) -> Option<usize> {
    let place = script.steps.iter().rposition(|step| step.connection != HELD)?;
    let last = script.steps.get(place)?.clone();
    let items = read(&last.bytes);
    let version = stated(&items).unwrap_or(Version::V1_4);
    let named = first(&items, tag::UNIQUE_IDENTIFIER).and_then(|path| at(&items, &path)).and_then(Item::value);
    let named = named.and_then(|value| value.text().filter(|text| text.starts_with('$')).map(str::to_owned));
    let about = named.unwrap_or_else(|| format!("${place}.0"));
    let said: Vec<String> = script.steps.iter().flat_map(|step| attribute_names(&read(&step.bytes))).collect();
    let room = MAX_STEPS.saturating_sub(script.steps.len()).min(AT_ONCE);
    let rows = about_one(version);
    let mut next = from;
    for row in rows.iter().skip(from).take(room) {
        let payload = Maker { rng, version, about: &about, strays: false, said: &said }.payload(row);
        let bytes = request(version, None, Operation(row.code), payload);
        script.steps.push(Step { bytes, ..last.clone() });
        next += 1;
        if [Operation::DESTROY, Operation::OBLITERATE].contains(&Operation(row.code)) {
            break;
        }
    }
    Some(next).filter(|next| room > 0 && *next < rows.len())
}

/// A step more at the end.
fn append(steps: &mut Vec<Step>, step: Step, rng: &mut Rng) {
    make_room(steps, rng);
    steps.push(step);
}

/// Takes steps away until one more has room.
fn make_room(steps: &mut Vec<Step>, rng: &mut Rng) {
    while steps.len() >= MAX_STEPS {
        let place = rng.below(steps.len());
        remove(steps, place);
    }
}

/// Takes a step away; references to those behind it go along.
pub(in crate::fuzzing) fn remove(steps: &mut Vec<Step>, place: usize) {
    if place < steps.len() {
        steps.remove(place);
        renumber(steps, place, |n| if n > place { n - 1 } else { n });
    }
}

/// Destroys, revokes, activates or archives the object of a step before it, with the version and identifier that the step has.
fn end_before(steps: &mut Vec<Step>, place: usize, rng: &mut Rng) {
    let Some(step) = steps.get(place) else { return };
    let mut items = read(&step.bytes);
    let named = first(&items, tag::UNIQUE_IDENTIFIER).and_then(|path| at(&items, &path).cloned());
    let text = named.as_ref().and_then(Item::value).and_then(|value| value.text().map(str::to_owned));
    let name = text.unwrap_or_else(|| format!("${}.0", place.saturating_sub(1)));
    let operations = [
        Operation::DESTROY,
        Operation::REVOKE,
        Operation::REVOKE,
        Operation::ACTIVATE,
        Operation::ARCHIVE,
        Operation::RE_KEY,
    ];
    let operation = rng.choose(&operations, Operation::DESTROY);
    let mut payload = vec![Item::text(tag::UNIQUE_IDENTIFIER, name)];
    if operation == Operation::REVOKE {
        let codes = [RevocationReasonCode::KEY_COMPROMISE, RevocationReasonCode::CESSATION_OF_OPERATION];
        let code = Item::enumeration(tag::REVOCATION_REASON_CODE, rng.choose(&codes, codes[0]).0);
        payload.push(Item::structure(tag::REVOCATION_REASON, vec![code]));
        payload.push(Item::date_time(tag::COMPROMISE_OCCURRENCE_DATE, 6));
    }
    let Some(message) = items.first_mut().and_then(Item::items_mut) else { return };
    message.retain(|part| part.tag != tag::BATCH_ITEM);
    let parts = vec![Item::enumeration(tag::OPERATION, operation.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
    message.push(Item::structure(tag::BATCH_ITEM, parts));
    if let Some(path) = first(&items, tag::BATCH_COUNT)
        && let Some(count) = at_mut(&mut items, &path)
    {
        count.body = Body::Bytes(1_i32.to_be_bytes().to_vec());
    }
    let new = Step { bytes: write(&items), ..step.clone() };
    shift(steps, place);
    steps.insert(place, new);
}

/// References of the steps from `place` on, to steps from `place` on, go one further: something comes between.
fn shift(steps: &mut [Step], place: usize) {
    renumber(steps, place, |n| if n >= place { n + 1 } else { n });
}

/// References of the steps from `place` on name other steps.
fn renumber(steps: &mut [Step], place: usize, new: impl Fn(usize) -> usize) {
    for step in steps.iter_mut().skip(place) {
        step.bytes = renumbered(&step.bytes, &new);
    }
}

/// A message whose references name other steps.
fn renumbered(message: &[u8], new: impl Fn(usize) -> usize) -> Vec<u8> {
    let mut items = read(message);
    for path in super::tree::places(&items, |item| matches!(item.body, Body::Bytes(_))) {
        let Some(item) = at_mut(&mut items, &path) else { continue };
        let text = match item.value() {
            Some(Value::ByteString(bytes)) => std::str::from_utf8(bytes).ok(),
            Some(value) => value.text(),
            None => None,
        };
        let parts = text.and_then(|text| text.strip_prefix('$')?.split_once('.'));
        if let Some((step, rest)) = parts.and_then(|(step, rest)| Some((step.parse::<usize>().ok()?, rest))) {
            item.body = Body::Bytes(format!("${}.{rest}", new(step)).into_bytes());
        }
    }
    write(&items)
}

/// A step of another script behind those of this one, about what one of these made, as anybody: so every operation meets every
/// kind of object, of one's own and of another's. Whether there was such a step.
pub(super) fn borrow(into: &mut Script, from: &Script, rng: &mut Rng) -> bool {
    let naming: Vec<&Step> = from
        .steps
        .iter()
        .filter(|step| step.bytes.windows(3).any(|part| matches!(part, [b'$', b'0'..=b'9', b'.'])))
        .collect();
    let Some(step) = rng.pick(&naming) else { return false };
    make_room(&mut into.steps, rng);
    let about = rng.below(into.steps.len());
    let identity = rng.choose(&[step.identity, step.identity, 0, 1, 1, 2], 1);
    let connection = rng.choose(&[step.connection, step.connection, 1], 0);
    into.steps.push(Step { bytes: renumbered(&step.bytes, |_| about), identity, connection });
    true
}

/// Steps of another script behind those of this one, with their references going along.
pub(super) fn cross(into: &mut Script, from: &Script, rng: &mut Rng) {
    into.steps.truncate(rng.below(MAX_STEPS) + 1);
    let before = into.steps.len();
    for step in &from.steps {
        let bytes = renumbered(&step.bytes, |n| n + before);
        into.steps.push(Step { bytes, ..step.clone() });
    }
    into.steps.truncate(MAX_STEPS);
}
