//! What Split Key objects say of themselves, and the field that their server or client made them in.

use crate::attributes::{Attribute, put};
use crate::context::Context;
use crate::cryptography::{self, sharing, unsupported};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::objects::SplitKey;
use kmipspec_protocol::registry::{ObjectType, SplitKeyMethod, tag};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;

/// The records that say over which field of bytes GF(2^16) was taken: of 1.x. Parts without a record are of 2.x.
pub(crate) const FIELDS: &str = "split-key-field";

/// What all parts of a key have in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Common {
    /// Split Key Parts.
    pub(crate) parts: i32,
    /// Split Key Threshold.
    pub(crate) threshold: i32,
    /// Split Key Method.
    pub(crate) method: SplitKeyMethod,
    /// Prime Field Size.
    pub(crate) prime: Option<Vec<u8>>,
    /// Key Format Type of the key.
    pub(crate) format: u32,
    /// Cryptographic Algorithm of the key.
    pub(crate) algorithm: Option<u32>,
    /// Cryptographic Length of the key.
    pub(crate) length: Option<i32>,
}

/// One part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// What it has in common with the others.
    pub(crate) common: Common,
    /// Key Part Identifier.
    pub(crate) number: i32,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// What may not leave the server as an object does not leave it as its parts, nor as what they are put together to.
pub(crate) fn guard(object: &StoredObject, attributes: &mut Vec<Attribute>) {
    for (guard, value) in [(tag::SENSITIVE, true), (tag::EXTRACTABLE, false)] {
        if object.boolean(guard) == Some(value) {
            put(attributes, Attribute::standard(Item::boolean(guard, value)));
        }
    }
}

/// The part that an object is; none if it is of another type.
pub(crate) fn part(object: &StoredObject) -> Outcome<Option<Part>> {
    if object.object_type != ObjectType::SPLIT_KEY {
        return Ok(None);
    }
    let bytes = cryptography::key(object)?.to_vec();
    let Some(item) = object.material.as_ref().map(|material| material.item()) else { return Ok(None) };
    let block = item.child(tag::KEY_BLOCK);
    let within = |wanted: Tag| block.and_then(|block| block.child(wanted)).and_then(Item::value);
    let prime = match item.child(tag::PRIME_FIELD_SIZE).and_then(Item::value) {
        Some(Value::BigInteger(prime)) => Some(sharing::without_zeros(prime).to_vec()),
        _ => None,
    };
    let (Some(parts), Some(number), Some(threshold)) = (
        integer(item, tag::SPLIT_KEY_PARTS),
        integer(item, tag::KEY_PART_IDENTIFIER),
        integer(item, tag::SPLIT_KEY_THRESHOLD),
    ) else {
        return Ok(None);
    };
    let Some(Value::Enumeration(method)) = item.child(tag::SPLIT_KEY_METHOD).and_then(Item::value) else {
        return Ok(None);
    };
    let common = Common {
        parts,
        threshold,
        method: SplitKeyMethod(method),
        prime,
        format: match within(tag::KEY_FORMAT_TYPE) {
            Some(Value::Enumeration(format)) => format,
            _ => 0,
        },
        algorithm: match within(tag::CRYPTOGRAPHIC_ALGORITHM) {
            Some(Value::Enumeration(algorithm)) => Some(algorithm),
            _ => None,
        },
        length: match within(tag::CRYPTOGRAPHIC_LENGTH) {
            Some(Value::Integer(length)) => Some(length),
            _ => None,
        },
    };
    Ok(Some(Part { common, number, bytes }))
}

/// What a client registers as a part makes sense: it is one of the parts, and in a prime field the prime is there (1.4 §2.2.5).
pub(crate) fn check(object: &SplitKey<'_>) -> Outcome<()> {
    if object.key_part_identifier < 1 || object.key_part_identifier > object.split_key_parts {
        return Err(Failure::invalid_field("Key Part Identifier is none of the Split Key Parts"));
    }
    let needs_prime = object.split_key_method == SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD;
    if needs_prime && object.prime_field_size.is_none() {
        return Err(Failure::invalid_field("Prime Field Size is missing"));
    }
    Ok(())
}

/// The field of bytes under GF(2^16) that a version's text names.
pub(crate) fn base(version: Version) -> sharing::Base {
    match version < Version::V2_0 {
        true => sharing::Base::Fips197,
        false => sharing::Base::Kmip2,
    }
}

/// Remembers the field of a part that is made or registered by the text of 1.x.
pub(crate) fn note_base(context: &mut Context<'_>, object: &StoredObject) {
    let method = object.material.as_ref().and_then(|material| material.item().child(tag::SPLIT_KEY_METHOD));
    let wide = Item::enumeration(tag::SPLIT_KEY_METHOD, SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_16.0);
    if method == Some(&wide) && base(context.version) == sharing::Base::Fips197 {
        context.transaction.put_record(FIELDS, &object.id, Some(&[1]));
    }
}

/// The field of a part.
pub(crate) fn noted_base(context: &Context<'_>, id: &str) -> sharing::Base {
    match context.transaction.record(FIELDS, id) {
        Some(_) => sharing::Base::Fips197,
        None => sharing::Base::Kmip2,
    }
}

/// 1.x says Invalid Field of a method that the server does not have.
pub(crate) fn unknown_method(version: Version) -> Failure {
    match version < Version::V2_0 {
        true => Failure::invalid_field("this Split Key Method is not supported"),
        false => unsupported(version, "this Split Key Method is not supported"),
    }
}

/// An Integer of a structure.
fn integer(item: &Item, wanted: Tag) -> Option<i32> {
    match item.child(wanted)?.value()? {
        Value::Integer(value) => Some(value),
        _ => None,
    }
}
