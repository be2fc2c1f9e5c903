//! Create Split Key: a new or existing key in parts, so many of which are needed to get it back (1.2 §4.38, 1.4 §4.38, 2.1 §6.1.10).

use crate::attributes::{Attribute, AttributeKey, put};
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::cryptography::sharing::{self, MOST_PARTS};
use crate::cryptography::{self, bad_parameters, unsupported};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::protection;
use crate::split_key;
use crate::symmetric_key;
use kmipspec_protocol::message::UniqueIdentifier;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::create_split_key::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, KeyFormatType, ObjectType, SplitKeyMethod, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// What is split: the bytes, and what every part says of them.
struct Secret {
    /// The bytes.
    bytes: Vec<u8>,
    /// The form they are in.
    format: KeyFormatType,
    /// Cryptographic Algorithm, if it is a key.
    algorithm: Option<CryptographicAlgorithm>,
    /// Cryptographic Length in bits.
    length: i32,
}

/// All parts become objects; the first is the new ID Placeholder. A key that is made here is not kept.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    if request.object_type != ObjectType::SPLIT_KEY {
        return Err(Failure::wrong_type(version, "the objects made are Split Keys"));
    }
    let (parts, threshold) = numbers(&request, version)?;
    let mut attributes = requested_attributes(context, Some(&request.attributes))?;
    let secret = match &request.unique_identifier {
        Some(id) => existing(context, id, &mut attributes)?,
        None => generated(context, &attributes)?,
    };
    let method = request.split_key_method;
    let prime = match method {
        SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD => {
            let asked = request.prime_field_size.as_ref().map(|prime| prime.0.as_ref());
            Some(prime(asked, secret.bytes.len(), version)?)
        }
        _ => None,
    };
    let scheme = sharing::Scheme::new(method, prime.as_deref(), split_key::base(version))
        .ok_or_else(|| split_key::unknown_method(version))?;
    let shares = scheme.split(&secret.bytes, parts, threshold, context.config.random.as_ref());
    let shares = shares.ok_or_else(|| cryptography::failed("the random generator gave nothing"))?;
    let mut ids = Vec::with_capacity(shares.len());
    for (number, share) in (1_i32..).zip(shares) {
        let material = part(&secret, &request, prime.as_deref(), number, share)
            .ok_or_else(|| Failure::internal(version, "a part could not be made"))?;
        ids.push(creation::create(context, material, attributes.clone(), Vec::new(), Origin::Generated)?);
        // UNCLEAR: a Name is unique and cannot be that of all parts; it becomes that of the first.
        attributes.retain(|a| a.key != AttributeKey::Standard(tag::NAME));
    }
    context.references.placeholder = ids.first().cloned();
    let unique_identifiers = ids.into_iter().map(Into::into).collect();
    Response { object_type: None, unique_identifiers, attributes: None }.encode(response, version);
    Ok(())
}

/// Split Key Parts and Split Key Threshold, which have to make sense: a single part that is needed would be the key itself (1.4
/// §1.2, "Split Key"), and XOR needs all parts.
fn numbers(request: &Request<'_>, version: Version) -> Outcome<(u16, u16)> {
    if !request.split_key_method.exists(version) {
        return Err(split_key::unknown_method(version));
    }
    let wrong = |message| match version < Version::V2_0 {
        true => Failure::invalid_field(message),
        false => bad_parameters(version, message),
    };
    let (Ok(parts), Ok(threshold)) =
        (u16::try_from(request.split_key_parts), u16::try_from(request.split_key_threshold))
    else {
        return Err(wrong("Split Key Parts or Split Key Threshold is negative or too large"));
    };
    if threshold < 2 || threshold > parts || parts > MOST_PARTS {
        return Err(wrong("two parts at least are needed, and no more than there are; up to 255 are made"));
    }
    if request.split_key_method == SplitKeyMethod::XOR && parts != threshold {
        return Err(wrong("with XOR all parts are needed"));
    }
    Ok((parts, threshold))
}

/// A key of this server; what it says of itself wins over what the request says (1.4 §4.38).
fn existing(context: &mut Context<'_>, id: &UniqueIdentifier<'_>, attributes: &mut Vec<Attribute>) -> Outcome<Secret> {
    let version = context.version;
    let id = context.unique_identifier(Some(id))?;
    // 2.x lists Item Not Found here, not Object Not Found.
    let object = context.object(&id).map_err(Failure::into_item_not_found)?;
    if !matches!(object.object_type, ObjectType::SYMMETRIC_KEY | ObjectType::PRIVATE_KEY | ObjectType::SECRET_DATA) {
        return Err(Failure::wrong_type(version, "symmetric keys, private keys and secret data can be split"));
    }
    let bytes = cryptography::key(&object)?.to_vec();
    inherit(&object, attributes);
    let bits = i32::try_from(bytes.len().saturating_mul(8)).unwrap_or(i32::MAX);
    let length = object.integer(tag::CRYPTOGRAPHIC_LENGTH).unwrap_or(bits);
    // The bytes of a symmetric key are those of its format Raw, whichever it is held in.
    let format = match object.object_type {
        ObjectType::SYMMETRIC_KEY => KeyFormatType::RAW,
        _ => object.material.as_ref().and_then(ManagedObject::key_format_type).unwrap_or(KeyFormatType::RAW),
    };
    Ok(Secret { bytes, format, algorithm: cryptography::algorithm(&object), length })
}

/// Algorithm, length and usage of the key become those of its parts; what may not leave the server in one piece may not in parts.
fn inherit(object: &StoredObject, attributes: &mut Vec<Attribute>) {
    for inherited in [tag::CRYPTOGRAPHIC_ALGORITHM, tag::CRYPTOGRAPHIC_LENGTH, tag::CRYPTOGRAPHIC_USAGE_MASK] {
        if let Some(own) = object.attribute(inherited) {
            put(attributes, own.clone());
        }
    }
    split_key::guard(object, attributes);
}

/// A key made for the purpose.
fn generated(context: &Context<'_>, attributes: &[Attribute]) -> Outcome<Secret> {
    let (algorithm, length) = symmetric_key::asked(attributes, context.version)?;
    let bytes = symmetric_key::make(context, algorithm, length)?;
    Ok(Secret { bytes, format: KeyFormatType::RAW, algorithm: Some(algorithm), length })
}

/// Prime Field Size: that of the request, if it is a prime bigger than every secret of the length; else one of the server's.
fn prime(asked: Option<&[u8]>, length: usize, version: Version) -> Outcome<Vec<u8>> {
    match asked {
        Some(asked) if sharing::is_prime_for(asked, length) => Ok(sharing::without_zeros(asked).to_vec()),
        Some(_) if version < Version::V2_0 => {
            Err(Failure::invalid_field("Prime Field Size is no prime bigger than the key"))
        }
        Some(_) => Err(bad_parameters(version, "Prime Field Size is no prime bigger than the key")),
        None => sharing::prime_for(length).ok_or_else(|| unsupported(version, "no prime is known here for such a key")),
    }
}

/// One part as an object.
fn part(
    secret: &Secret,
    request: &Request<'_>,
    prime: Option<&[u8]>,
    number: i32,
    share: Vec<u8>,
) -> Option<ManagedObject> {
    let mut block = vec![
        Item::enumeration(tag::KEY_FORMAT_TYPE, secret.format.0),
        Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, share)]),
    ];
    block.extend(secret.algorithm.map(|a| Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, a.0)));
    block.push(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, secret.length));
    let mut fields = vec![
        Item::integer(tag::SPLIT_KEY_PARTS, request.split_key_parts),
        Item::integer(tag::KEY_PART_IDENTIFIER, number),
        Item::integer(tag::SPLIT_KEY_THRESHOLD, request.split_key_threshold),
        Item::enumeration(tag::SPLIT_KEY_METHOD, request.split_key_method.0),
    ];
    // Two's complement: a zero keeps the sign.
    fields.extend(prime.map(|prime| Item::big_integer(tag::PRIME_FIELD_SIZE, [&[0], prime].concat())));
    fields.push(Item::structure(tag::KEY_BLOCK, block));
    ManagedObject::new(Item::structure(tag::SPLIT_KEY, fields))
}
