//! Adjust Attribute: adds to, subtracts from or negates the value of an attribute (2.0 §6.1.3, 2.1 §6.1.3).

use crate::attribute_change::{check_room, check_state, follow_up, is_server_custom, read_only, rule_of};
use crate::attributes::{AttributeKey, admit_key};
use crate::context::Context;
use crate::creation::check_dates;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::operations::adjust_attribute::{Request, Response};
use kmipspec_protocol::registry::{AdjustmentType, ResultReason, tag, tag_row};
use kmipspec_protocol::ttlv::{Item, ItemRef, ItemType, Tag, Value, Writer};
use kmipspec_protocol::version::Version;
use num_bigint::BigInt;

/// An attribute that is not there counts from zero, or false; more than one instance is an error.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let key = request.attribute;
    let object = context.object(&id)?;
    if admit_key(&key, version).is_err() {
        return Err(Failure::new(ResultReason::UNSUPPORTED_ATTRIBUTE, "this version has no such attribute"));
    }
    let there = object.instances(&key).count();
    let writable = rule_of(&key, version).is_none_or(|r| if there == 0 { r.client_sets() } else { r.client_changes() });
    if !writable || is_server_custom(&key) {
        return Err(read_only(version, ResultReason::READ_ONLY_ATTRIBUTE));
    }
    if there > 1 {
        return Err(Failure::new(ResultReason::MULTI_VALUED_ATTRIBUTE, "the attribute has several values"));
    }
    check_state(&object, &key, context)?;
    check_room(&object, context)?;
    let by = request.adjustment_value.map(|value| value.to_item());
    let current = match object.instances(&key).next() {
        Some(instance) => instance.value.clone(),
        None => zero(&key, by.as_ref(), version)?,
    };
    let adjusted = adjust(&current, request.adjustment_type, by.as_ref())?;
    let mut object = StoredObject::clone(&object);
    match object.attributes.iter_mut().find(|a| a.key == key) {
        Some(instance) => instance.value = adjusted,
        None => drop(object.add(key.clone(), adjusted)),
    }
    check_dates(&object, version)?;
    if let AttributeKey::Standard(tag) = key {
        follow_up(&mut object, tag, context);
    }
    context.save(object);
    Response { unique_identifier: id.into() }.encode(response, version);
    Ok(())
}

/// Values of this type cannot be adjusted so.
fn wrong_type() -> Failure {
    Failure::new(ResultReason::INVALID_DATA_TYPE, "a value of this type cannot be adjusted so")
}

/// The result, or the Adjustment Value, is outside what the type holds.
fn out_of_range() -> Failure {
    Failure::new(ResultReason::NUMERIC_RANGE, "the result is outside what the type holds")
}

/// What an attribute without a value is taken to be: 0 of a number or interval, false; of other types there is none. The type
/// of a vendor attribute is that of the Adjustment Value.
fn zero(key: &AttributeKey, by: Option<&Item>, version: Version) -> Outcome<Item> {
    let (tag, ty) = match key {
        AttributeKey::Standard(tag) => {
            let types = tag_row(*tag).map(|row| row.types_at(version)).unwrap_or_default();
            (*tag, types.first().copied())
        }
        AttributeKey::Custom { .. } => (tag::ATTRIBUTE_VALUE, by.map(|by| by.ty)),
    };
    match ty {
        // A mask or enumeration is a number only in name.
        Some(ItemType::INTEGER) => Ok(Item::integer(tag, 0)),
        Some(ItemType::LONG_INTEGER) => Ok(Item::long_integer(tag, 0)),
        Some(ItemType::BIG_INTEGER) => Ok(Item::big_integer(tag, [0; 8])),
        Some(ItemType::INTERVAL) => Ok(Item::interval(tag, 0)),
        Some(ItemType::BOOLEAN) => Ok(Item::boolean(tag, false)),
        _ => Err(wrong_type()),
    }
}

/// The new value (2.1 §11.1): Increment and Decrement by the value given or by one, Negate.
fn adjust(current: &Item, how: AdjustmentType, by: Option<&Item>) -> Outcome<Item> {
    let tag = current.tag;
    let sign = match how {
        AdjustmentType::INCREMENT => 1,
        AdjustmentType::DECREMENT => -1,
        AdjustmentType::NEGATE => return negate(current),
        _ => return Err(Failure::invalid_field("this Adjustment Type is not supported")),
    };
    if let Some(Value::BigInteger(bytes)) = current.value() {
        let step = match by.map(Item::value) {
            None => BigInt::from(1),
            Some(Some(Value::BigInteger(step))) => BigInt::from_signed_bytes_be(step),
            Some(_) => return Err(wrong_type()),
        };
        return Ok(big(tag, &(BigInt::from_signed_bytes_be(bytes) + step * sign)));
    }
    let step = match by {
        None => 1,
        Some(by) => step(current, by)?,
    };
    let sum = |value: i128| value.checked_add(step.saturating_mul(sign)).ok_or_else(out_of_range);
    match current.value() {
        Some(Value::Integer(value)) => {
            let sum = i32::try_from(sum(value.into())?).map_err(|_| out_of_range())?;
            Ok(Item::integer(tag, sum))
        }
        Some(Value::Interval(value)) => {
            let sum = u32::try_from(sum(value.into())?).map_err(|_| out_of_range())?;
            Ok(Item::interval(tag, sum))
        }
        Some(Value::LongInteger(value)) => Ok(Item::long_integer(tag, long(sum(value.into())?)?)),
        Some(Value::DateTime(value)) => Ok(Item::date_time(tag, long(sum(value.into())?)?)),
        Some(Value::DateTimeExtended(value)) => Ok(Item::date_time_extended(tag, long(sum(value.into())?)?)),
        _ => Err(wrong_type()),
    }
}

/// The Adjustment Value: of the attribute's type; a date moves by an interval, too.
fn step(current: &Item, by: &Item) -> Outcome<i128> {
    let dated = matches!(current.ty, ItemType::DATE_TIME | ItemType::DATE_TIME_EXTENDED);
    match by.value() {
        Some(Value::Interval(step)) if dated || current.ty == by.ty => Ok(step.into()),
        Some(Value::Integer(step)) if dated || current.ty == by.ty => Ok(step.into()),
        Some(Value::LongInteger(step)) if dated || current.ty == by.ty => Ok(step.into()),
        Some(Value::DateTime(step) | Value::DateTimeExtended(step)) if current.ty == by.ty => Ok(step.into()),
        _ => Err(wrong_type()),
    }
}

/// As 64 bits.
fn long(value: i128) -> Outcome<i64> {
    i64::try_from(value).map_err(|_| out_of_range())
}

/// The value with its sign, or its truth, turned round.
fn negate(current: &Item) -> Outcome<Item> {
    let tag = current.tag;
    match current.value() {
        Some(Value::Integer(value)) => value.checked_neg().map(|v| Item::integer(tag, v)).ok_or_else(out_of_range),
        Some(Value::LongInteger(value)) => {
            value.checked_neg().map(|v| Item::long_integer(tag, v)).ok_or_else(out_of_range)
        }
        Some(Value::BigInteger(bytes)) => Ok(big(tag, &-BigInt::from_signed_bytes_be(bytes))),
        Some(Value::Boolean(value)) => Ok(Item::boolean(tag, !value)),
        _ => Err(wrong_type()),
    }
}

/// A Big Integer: sign-extended to a multiple of eight bytes.
fn big(tag: Tag, value: &BigInt) -> Item {
    let bytes = value.to_signed_bytes_be();
    let fill = if value.sign() == num_bigint::Sign::Minus { 0xFF } else { 0 };
    let mut padded = vec![fill; bytes.len().next_multiple_of(8) - bytes.len()];
    padded.extend_from_slice(&bytes);
    Item::big_integer(tag, padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Tag = tag::ATTRIBUTE_VALUE;

    #[test]
    fn numbers_dates_and_intervals_go_up_and_down() {
        let up = |item: &Item, by: Option<&Item>| adjust(item, AdjustmentType::INCREMENT, by).ok();
        let down = |item: &Item, by: Option<&Item>| adjust(item, AdjustmentType::DECREMENT, by).ok();
        assert_eq!(up(&Item::integer(T, 41), None), Some(Item::integer(T, 42)));
        assert_eq!(down(&Item::long_integer(T, 5), Some(&Item::long_integer(T, 7))), Some(Item::long_integer(T, -2)));
        assert_eq!(up(&Item::date_time(T, 100), Some(&Item::interval(T, 60))), Some(Item::date_time(T, 160)));
        assert_eq!(up(&Item::date_time_extended(T, 1), None), Some(Item::date_time_extended(T, 2)));
        assert_eq!(down(&Item::big_integer(T, [0; 8]), None), Some(Item::big_integer(T, [0xFF; 8])));
        let wide = Item::big_integer(T, [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        let mut wider = vec![0; 16];
        wider[8] = 0x80;
        assert_eq!(up(&wide, None), Some(Item::big_integer(T, wider)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let reason = |item: Item, how, by: Option<Item>| adjust(&item, how, by.as_ref()).err().map(|f| f.reason);
        let (up, down) = (AdjustmentType::INCREMENT, AdjustmentType::DECREMENT);
        assert_eq!(reason(Item::integer(T, i32::MAX), up, None), Some(ResultReason::NUMERIC_RANGE));
        assert_eq!(reason(Item::interval(T, 0), down, None), Some(ResultReason::NUMERIC_RANGE));
        assert_eq!(reason(Item::long_integer(T, i64::MIN), down, None), Some(ResultReason::NUMERIC_RANGE));
        assert_eq!(reason(Item::text(T, "1"), up, None), Some(ResultReason::INVALID_DATA_TYPE));
        assert_eq!(reason(Item::integer(T, 1), up, Some(Item::text(T, "1"))), Some(ResultReason::INVALID_DATA_TYPE));
        assert_eq!(reason(Item::boolean(T, true), up, None), Some(ResultReason::INVALID_DATA_TYPE));
    }

    #[test]
    fn negation_turns_signs_and_truth() {
        assert_eq!(negate(&Item::boolean(T, false)).ok(), Some(Item::boolean(T, true)));
        assert_eq!(negate(&Item::integer(T, 3)).ok(), Some(Item::integer(T, -3)));
        assert_eq!(negate(&Item::big_integer(T, [0, 0, 0, 0, 0, 0, 0, 1])).ok(), Some(Item::big_integer(T, [0xFF; 8])));
        assert!(negate(&Item::interval(T, 3)).is_err(), "an Interval has no sign");
    }
}
