//! Locate: which objects have these attributes? (1.0 §4.8, 1.4 §4.9, 2.1 §6.1.28)

use crate::access;
use crate::attributes::{Attribute, AttributeKey, admit_parts};
use crate::certificate;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::fresh;
use crate::lifecycle;
use crate::object::{StoredObject, name_parts};
use kmipspec_protocol::operations::locate::{Request, Response};
use kmipspec_protocol::registry::{ObjectGroupMember, StorageStatusMask, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Value, Writer};
use kmipspec_protocol::version::Version;
use std::ops::ControlFlow;

/// What is asked for.
struct Question {
    /// At most so many identifiers.
    maximum: Option<usize>,
    /// So many matches are skipped first (1.3).
    offset: usize,
    /// Which of on-line, archived and destroyed objects.
    storage: u32,
    /// Fresh members of a group, or its default one (1.1).
    member: Option<ObjectGroupMember>,
    /// What must match, all of it.
    criteria: Vec<Attribute>,
}

/// The order is ours to choose: oldest first up to 1.3, newest first later, as published (TC-OFFSET-2-13 and -14); fresh members
/// of a group oldest first, so that they are used up in their order (TC-152). One match, or Maximum Items 1, sets the ID Placeholder; anything else empties it.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let question = question(payload, context)?;
    context.permit.searched();
    let mut found = find(context, &question);
    if found.is_empty() {
        found.extend(generated(context, &question)?);
    }
    let located = found.len();
    let limit = question.maximum.unwrap_or(usize::MAX).min(context.config.limits.located);
    let answer: Vec<String> = found.into_iter().skip(question.offset).take(limit).collect();
    for id in &answer {
        context.returned(id);
    }
    let first = context.quirk("locate-keeps-first-of-many") && !answer.is_empty();
    let one = first || answer.len() == 1 && (located == 1 || question.maximum == Some(1));
    if !one {
        context.references.placeholder = None;
    }
    let located_items = Some(i32::try_from(located).unwrap_or(i32::MAX));
    let unique_identifiers = answer.into_iter().map(Into::into).collect();
    Response { located_items, unique_identifiers }.encode(response, context.version);
    Ok(())
}

/// Reads the payload.
fn question(payload: ItemRef<'_>, context: &Context<'_>) -> Outcome<Question> {
    let request = Request::decode(payload, context.reading)?;
    let count = |value: Option<i32>, name: &'static str| match value.map(usize::try_from) {
        None => Ok(None),
        Some(Ok(count)) => Ok(Some(count)),
        Some(Err(_)) => Err(Failure::invalid_field(format!("{name} is negative"))),
    };
    Ok(Question {
        maximum: count(request.maximum_items, "Maximum Items")?,
        offset: count(request.offset_items, "Offset Items")?.unwrap_or(0),
        storage: request.storage_status_mask.unwrap_or(StorageStatusMask::ON_LINE_STORAGE).0,
        member: request.object_group_member,
        criteria: admit_parts(request.attributes.to_vec()?, context.version)?,
    })
}

/// A new fresh member of the group asked for, which has none left: like its latest member that matches everything else.
fn generated(context: &mut Context<'_>, question: &Question) -> Outcome<Option<String>> {
    let grouped = question.criteria.iter().any(|a| a.key == AttributeKey::Standard(tag::OBJECT_GROUP));
    let fresh = question.member == Some(ObjectGroupMember::GROUP_MEMBER_FRESH);
    if !context.config.generate_fresh || !fresh || !grouped {
        return Ok(None);
    }
    // An object of this name is no fresh one, and no other can have it.
    let telling = [tag::NAME, tag::UNIQUE_IDENTIFIER, tag::FRESH];
    if question.criteria.iter().any(|a| telling.iter().any(|tag| a.key == AttributeKey::Standard(*tag))) {
        return Ok(None);
    }
    let members = Question { member: None, criteria: question.criteria.clone(), ..*question };
    let mut all = find(context, &members).into_iter().filter_map(|id| context.transaction.object(&id));
    let Some(latest) = all.next().map(|first| all.fold(first, |a, b| if a.sequence < b.sequence { b } else { a }))
    else {
        return Ok(None);
    };
    let before = context.transaction.savepoint();
    let made = fresh::make(context, &latest)?;
    // It must be what was asked for, by its dates and whatever else is its own.
    if find(context, question).is_empty() {
        context.transaction.roll_back(before);
        return Ok(None);
    }
    Ok(made)
}

/// Identifiers of all matches, in the order of the answer.
fn find(context: &Context<'_>, question: &Question) -> Vec<String> {
    let mut found = Vec::new();
    let shows_all = context.quirk("locate-shows-all-owners");
    let any = context.quirk("locate-takes-any-criterion");
    let test = |object: &StoredObject| {
        let fit = |(place, wanted): (usize, &Attribute)| fits(object, wanted, place, &question.criteria, context.now);
        (access::allowed(context.config, object, context.identity, context.operation) || shows_all)
            && context.permit.finds(object)
            && in_storage(object, question.storage)
            && member_fits(object, question.member)
            && (any && !question.criteria.is_empty() && question.criteria.iter().enumerate().any(fit)
                || question.criteria.iter().enumerate().all(fit))
    };
    let mut narrowed = false;
    if let Some(ids) = by_index(context, question).filter(|_| !any) {
        narrowed = true;
        found.extend(ids.into_iter().filter(|id| context.transaction.object(id).is_some_and(|o| test(&o))));
    }
    if !narrowed {
        context.transaction.each(&mut |object| {
            if test(object) {
                found.push(object.id.clone());
            }
            ControlFlow::Continue(())
        });
    }
    match question.member {
        Some(ObjectGroupMember::GROUP_MEMBER_FRESH) => {}
        // The default object of a group is our choice (1.4 §4.9): its oldest member.
        Some(ObjectGroupMember::GROUP_MEMBER_DEFAULT) => found.truncate(1),
        _ if context.version < Version::V1_4 => {}
        _ => found.reverse(),
    }
    found
}

/// Candidates by Unique Identifier or Name, where the question names one and destroyed objects are not meant.
fn by_index(context: &Context<'_>, question: &Question) -> Option<Vec<String>> {
    for wanted in &question.criteria {
        match wanted.key {
            AttributeKey::Standard(tag::UNIQUE_IDENTIFIER) => {
                if let Some(id) = wanted.value.value().and_then(|value| value.text()) {
                    return Some(vec![id.to_owned()]);
                }
            }
            AttributeKey::Standard(tag::NAME) if question.storage & StorageStatusMask::DESTROYED_STORAGE.0 == 0 => {
                if let Some((kind, value)) = name_parts(&wanted.value) {
                    return Some(context.transaction.named(kind, value));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the object is where the Storage Status Mask looks; destroyed ones only with their own bit (2.0).
fn in_storage(object: &StoredObject, mask: u32) -> bool {
    let bit = if object.is_destroyed() {
        StorageStatusMask::DESTROYED_STORAGE
    } else if object.archived {
        StorageStatusMask::ARCHIVAL_STORAGE
    } else {
        StorageStatusMask::ON_LINE_STORAGE
    };
    mask & bit.0 != 0
}

/// Fresh objects only, where fresh ones are asked for.
fn member_fits(object: &StoredObject, member: Option<ObjectGroupMember>) -> bool {
    member != Some(ObjectGroupMember::GROUP_MEMBER_FRESH) || object.boolean(tag::FRESH) == Some(true)
}

/// Whether some instance of the attribute fits. Two instances of one date are the ends of a range (1.4 §4.9).
fn fits(object: &StoredObject, wanted: &Attribute, place: usize, all: &[Attribute], now: i64) -> bool {
    if wanted.key == AttributeKey::Standard(tag::STATE) {
        let state = lifecycle::state_at(object, now);
        return state.is_some_and(|state| wanted.value == Item::enumeration(tag::STATE, state.0));
    }
    if let (AttributeKey::Standard(tag), Some(Value::DateTime(date))) = (&wanted.key, wanted.value.value()) {
        let other = all.iter().enumerate().find(|(i, a)| *i != place && a.key == wanted.key);
        let other =
            other.and_then(|(_, a)| if let Some(Value::DateTime(d)) = a.value.value() { Some(d) } else { None });
        return date_fits(object.date(*tag), date, other);
    }
    object.instances(&wanted.key).any(|there| value_fits(&there.value, &wanted.value))
}

/// A date equal to the one wanted, or within a range. A date that is not set is the largest there is (1.4 §4.9).
fn date_fits(there: Option<i64>, wanted: i64, other: Option<i64>) -> bool {
    match (there, other) {
        (None, other) => other.map_or(wanted, |other| wanted.max(other)) == i64::MAX,
        (Some(there), None) => there == wanted,
        (Some(there), Some(other)) => (wanted.min(other)..=wanted.max(other)).contains(&there),
    }
}

/// Equal; a mask that has the bits; limits as large; a structure with the fields that are given.
fn value_fits(there: &Item, wanted: &Item) -> bool {
    match (there.value(), wanted.value()) {
        (Some(Value::Integer(there)), Some(Value::Integer(bits))) if wanted.tag == tag::CRYPTOGRAPHIC_USAGE_MASK => {
            there & bits == bits
        }
        (Some(Value::Structure), Some(Value::Structure)) => wanted.items().iter().all(|field| {
            there.items().iter().any(|candidate| match field.tag {
                tag::USAGE_LIMITS_COUNT | tag::USAGE_LIMITS_TOTAL => {
                    candidate.tag == field.tag && at_least(candidate, field)
                }
                tag::CERTIFICATE_SERIAL_NUMBER => match (candidate.value(), field.value()) {
                    (Some(Value::ByteString(there)), Some(Value::ByteString(wanted))) => {
                        candidate.tag == field.tag && certificate::same_serial(there, wanted)
                    }
                    _ => false,
                },
                _ => candidate == field,
            })
        }),
        _ => there == wanted,
    }
}

/// Whether a Long Integer is as large as another.
fn at_least(there: &Item, wanted: &Item) -> bool {
    match (there.value(), wanted.value()) {
        (Some(Value::LongInteger(there)), Some(Value::LongInteger(wanted))) => there >= wanted,
        _ => false,
    }
}
