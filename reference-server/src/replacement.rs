//! What Re-key, Re-key Key Pair and Re-certify share: the attributes and dates of a replacement (1.4 §4.4 Tables 172 and 173, §4.5,
//! §4.8 Tables 186 and 187).

use crate::attributes::{Attribute, AttributeKey, put, rule};
use crate::context::Context;
use crate::creation::merge;
use crate::failure::{Failure, Outcome};
use crate::key_pair;
use crate::object::StoredObject;
use crate::rotation;
use crate::usage::set_count;
use kmipspec_protocol::registry::{LinkType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;

/// Dates that an Offset moves.
const DATES: [Tag; 4] = [tag::ACTIVATION_DATE, tag::PROCESS_START_DATE, tag::PROTECT_STOP_DATE, tag::DEACTIVATION_DATE];

/// The key may be replaced: not destroyed, its Key Value here.
pub(crate) fn check(object: &StoredObject, version: Version) -> Outcome<()> {
    let Some(material) = &object.material else {
        return Err(Failure::destroyed(version, "a destroyed object cannot be replaced"));
    };
    if material.lacks_key_value() {
        return Err(Failure::new(ResultReason::KEY_VALUE_NOT_PRESENT, "this server does not hold the Key Value"));
    }
    Ok(())
}

/// Offset and dates of the request exclude each other (1.4 §11.5).
pub(crate) fn check_offset(offset: Option<u32>, asked: &[Attribute]) -> Outcome<()> {
    let dated = asked.iter().any(|a| DATES.iter().any(|date| a.key == AttributeKey::Standard(*date)));
    if offset.is_some() && dated {
        return Err(Failure::invalid_message("Offset cannot be given together with dates that it sets"));
    }
    Ok(())
}

/// Attributes of the replacement: those of the existing object that a client may set, its dates moved, with what the request
/// asks for on top. Names go over; Links of the existing object do not.
pub(crate) fn attributes(
    context: &Context<'_>,
    existing: &StoredObject,
    offset: Option<u32>,
    asked: Vec<Attribute>,
) -> Outcome<Vec<Attribute>> {
    let mut all: Vec<Attribute> =
        existing.attributes.iter().filter(|a| is_copied(a, context.version)).cloned().collect();
    if context.quirk("replacement-has-no-name") {
        all.retain(|attribute| attribute.key != AttributeKey::Standard(tag::NAME));
    }
    for attribute in &mut all {
        if attribute.value.tag == tag::USAGE_LIMITS
            && let Some(Value::LongInteger(total)) =
                attribute.value.child(tag::USAGE_LIMITS_TOTAL).and_then(Item::value)
        {
            set_count(&mut attribute.value, total);
        }
    }
    if let Some(offset) = offset {
        move_dates(&mut all, existing, existing.date(tag::ACTIVATION_DATE), context.now, offset)?;
    }
    for attribute in asked {
        merge(&mut all, attribute, context.version);
    }
    Ok(all)
}

/// Activation is so many seconds from now; the other dates keep their distance to it. Without an old date there is nothing to count
/// them from (1.4 §11.5).
pub(crate) fn move_dates(
    all: &mut Vec<Attribute>,
    existing: &StoredObject,
    old: Option<i64>,
    now: i64,
    offset: u32,
) -> Outcome<()> {
    let activation = now.saturating_add(i64::from(offset));
    for date in DATES.into_iter().skip(1) {
        let Some(there) = existing.date(date) else { continue };
        let Some(old) = old else {
            return Err(Failure::new(
                ResultReason::ILLEGAL_OPERATION,
                "Offset moves dates that count from the Activation Date, and there is none",
            ));
        };
        let moved = there.saturating_add(activation.saturating_sub(old));
        put(all, Attribute::standard(Item::date_time(date, moved)));
    }
    put(all, Attribute::standard(Item::date_time(tag::ACTIVATION_DATE, activation)));
    Ok(())
}

/// Whether a replacement begins with the attribute: all that a client may set, but neither Links nor what tells of the old
/// key alone.
fn is_copied(attribute: &Attribute, version: Version) -> bool {
    match &attribute.key {
        AttributeKey::Standard(tag) if is_own(*tag) => false,
        AttributeKey::Standard(tag) => rule(*tag, version).is_some_and(|rule| rule.client_sets()),
        AttributeKey::Custom { vendor, .. } => version >= Version::V2_0 || vendor == "x",
    }
}

/// Whether an attribute tells of one key alone, so that its replacement has another.
pub(crate) fn is_own(tag: Tag) -> bool {
    matches!(
        tag,
        tag::LINK
            | tag::FRESH
            | tag::DIGEST
            | tag::RANDOM_NUMBER_GENERATOR
            | tag::ORIGINAL_CREATION_DATE
            | tag::KEY_VALUE_LOCATION
    )
}

/// The Names leave the existing object, so that the replacement can take them.
pub(crate) fn release_names(context: &mut Context<'_>, existing: &StoredObject) {
    let mut object = existing.clone();
    object.attributes.retain(|a| a.key != AttributeKey::Standard(tag::NAME));
    context.save(object);
}

/// Links between an object and its replacement, and what tells of their rotation.
pub(crate) fn link(context: &mut Context<'_>, existing: &str, replacement: &str) -> Outcome<()> {
    let object = context.transaction.object(existing);
    let former = object.and_then(|object| key_pair::linked(&object, LinkType::REPLACEMENT_OBJECT_LINK));
    key_pair::link(context, existing, LinkType::REPLACEMENT_OBJECT_LINK, replacement)?;
    key_pair::link(context, replacement, LinkType::REPLACED_OBJECT_LINK, existing)?;
    rotation::replaced(context, existing, replacement, former)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::ObjectType;

    fn existing(dates: &[(Tag, i64)]) -> StoredObject {
        let mut object = StoredObject::new("", ObjectType::SYMMETRIC_KEY, "");
        for (tag, date) in dates {
            object.set(Item::date_time(*tag, *date));
        }
        object
    }

    fn date(all: &[Attribute], wanted: Tag) -> Option<i64> {
        match all.iter().find(|a| a.value.tag == wanted)?.value.value() {
            Some(Value::DateTime(date)) => Some(date),
            _ => None,
        }
    }

    #[test]
    fn dates_keep_their_distance_to_the_activation_date() {
        let old =
            existing(&[(tag::ACTIVATION_DATE, 100), (tag::PROTECT_STOP_DATE, 150), (tag::DEACTIVATION_DATE, 300)]);
        let mut all = old.attributes.clone();
        move_dates(&mut all, &old, Some(100), 900, 100).expect("there is an Activation Date");
        assert_eq!(date(&all, tag::ACTIVATION_DATE), Some(1_000));
        assert_eq!(date(&all, tag::PROTECT_STOP_DATE), Some(1_050));
        assert_eq!(date(&all, tag::DEACTIVATION_DATE), Some(1_200));
        assert_eq!(date(&all, tag::PROCESS_START_DATE), None);
    }

    #[test]
    fn without_an_activation_date_later_dates_cannot_be_moved() {
        let old = existing(&[(tag::DEACTIVATION_DATE, 300)]);
        let refused = move_dates(&mut old.attributes.clone(), &old, None, 900, 100).expect_err("nothing to count from");
        assert_eq!(refused.reason, ResultReason::ILLEGAL_OPERATION);
        let undated = existing(&[]);
        let mut all = Vec::new();
        move_dates(&mut all, &undated, None, 900, 100).expect("nothing has to be moved");
        assert_eq!(date(&all, tag::ACTIVATION_DATE), Some(1_000));
    }

    #[test]
    fn offset_and_dates_exclude_each_other() {
        let dated = [Attribute::standard(Item::date_time(tag::DEACTIVATION_DATE, 1))];
        assert!(check_offset(Some(0), &dated).is_err());
        assert!(check_offset(None, &dated).is_ok());
        assert!(check_offset(Some(0), &[]).is_ok());
    }
}
