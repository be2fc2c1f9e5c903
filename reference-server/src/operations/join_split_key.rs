//! Join Split Key: the key, or the secret, from enough of its parts (1.2 §4.39, 1.4 §4.39, 2.0 §6.1.26, 2.1 §6.1.27).

use crate::attributes::{Attribute, invalid_value};
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::cryptography::{bad_parameters, failed, sharing};
use crate::der;
use crate::failure::{Failure, Outcome};
use crate::protection;
use crate::split_key::{self, Common, Part};
use crate::symmetric_key::key_length;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::join_split_key::{Request, Response};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, KeyFormatType, ObjectType, SecretDataType, SplitKeyMethod, tag,
};
use kmipspec_protocol::ttlv::{ItemRef, Value, Writer};
use kmipspec_protocol::version::Version;

/// The parts must be of one key, as many different ones as its threshold says, and lie together.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let mut attributes = requested_attributes(context, request.attributes.as_ref())?;
    let object_type = request.object_type;
    if !matches!(object_type, ObjectType::SYMMETRIC_KEY | ObjectType::PRIVATE_KEY | ObjectType::SECRET_DATA) {
        return Err(Failure::wrong_type(version, "parts make symmetric keys, private keys and secret data"));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(request.unique_identifiers.len());
    let mut base = split_key::base(version);
    for id in &request.unique_identifiers {
        let id = context.unique_identifier(Some(id))?;
        let object = context.object(&id)?;
        let part = split_key::part(&object)?
            .ok_or_else(|| Failure::wrong_type(version, "one of the objects is no Split Key"))?;
        base = split_key::noted_base(context, &id);
        split_key::guard(&object, &mut attributes);
        // The same part twice is one part.
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let Some(common) = parts.first().map(|part| part.common.clone()) else {
        return Err(Failure::invalid_message("no Unique Identifier is given"));
    };
    let alike = parts
        .iter()
        .enumerate()
        .all(|(i, part)| part.common == common && !parts.iter().take(i).any(|earlier| earlier.number == part.number));
    if !alike {
        return Err(bad_parameters(version, "the parts are not of one key"));
    }
    let secret = joined(&common, &parts, base, version)?;
    let material = material(&request, &common, secret, &attributes, version)?;
    let id = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    Response { object_type: None, unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// The secret with as many bytes as it had.
fn joined(common: &Common, parts: &[Part], base: sharing::Base, version: Version) -> Outcome<Vec<u8>> {
    let scheme = sharing::Scheme::new(common.method, common.prime.as_deref(), base)
        .ok_or_else(|| split_key::unknown_method(version))?;
    let threshold = usize::try_from(common.threshold).ok().filter(|threshold| *threshold > 0);
    let needed = match common.method {
        SplitKeyMethod::XOR => usize::try_from(common.parts).ok(),
        _ => threshold,
    };
    let needed = needed.filter(|needed| *needed <= parts.len());
    let needed = needed.ok_or_else(|| failed("fewer parts than the Split Key Threshold are given"))?;
    let points: Option<Vec<(u16, &[u8])>> =
        parts.iter().map(|part| Some((u16::try_from(part.number).ok()?, part.bytes.as_slice()))).collect();
    let secret = points.and_then(|points| scheme.join(&points, needed));
    secret.ok_or_else(|| failed("the parts do not fit together"))
}

/// The object of the type asked for.
fn material(
    request: &Request<'_>,
    common: &Common,
    secret: Vec<u8>,
    attributes: &[Attribute],
    version: Version,
) -> Outcome<ManagedObject> {
    let asked = |wanted| attributes.iter().find(|a| a.value.tag == wanted).and_then(|a| a.value.value());
    let algorithm = match asked(tag::CRYPTOGRAPHIC_ALGORITHM) {
        Some(Value::Enumeration(algorithm)) => Some(algorithm),
        _ => common.algorithm,
    };
    let length = match asked(tag::CRYPTOGRAPHIC_LENGTH) {
        Some(Value::Integer(length)) => Some(length),
        _ => common.length,
    };
    if common.algorithm.is_some_and(|own| Some(own) != algorithm)
        || common.length.is_some_and(|own| Some(own) != length)
    {
        return Err(invalid_value(version, "the parts are of a key of another algorithm or length"));
    }
    let bytes = length.and_then(|bits| usize::try_from(bits).ok()).map(|bits| bits.div_ceil(8));
    match request.object_type {
        ObjectType::SECRET_DATA => {
            let kind = request.secret_data_type.unwrap_or(SecretDataType::SEED);
            Ok(ManagedObject::secret_data(kind, of_length(secret, bytes, common.method)))
        }
        ObjectType::PRIVATE_KEY => {
            let algorithm = algorithm.ok_or_else(|| invalid_value(version, "Cryptographic Algorithm is not known"))?;
            let length = length.ok_or_else(|| invalid_value(version, "Cryptographic Length is not known"))?;
            // Private keys are DER, which says its length itself.
            let start = match common.method {
                SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD => sharing::without_zeros(&secret).to_vec(),
                _ => secret,
            };
            let whole = der::element(&start).and_then(|(_, _, rest)| start.len().checked_sub(rest.len()));
            let key = start.get(..whole.unwrap_or(start.len())).unwrap_or_default();
            let algorithm = CryptographicAlgorithm(algorithm);
            Ok(ManagedObject::private_key(KeyFormatType(common.format), algorithm, length, key))
        }
        _ => {
            let algorithm = algorithm.ok_or_else(|| invalid_value(version, "Cryptographic Algorithm is not known"))?;
            let algorithm = CryptographicAlgorithm(algorithm);
            // 3DES says its length without parity bits or with them.
            let bytes = length.and_then(|bits| key_length(algorithm, bits)).or(bytes);
            let key = of_length(secret, bytes, common.method);
            let length = length.unwrap_or_else(|| i32::try_from(key.len().saturating_mul(8)).unwrap_or(i32::MAX));
            Ok(ManagedObject::symmetric_key(algorithm, length, key))
        }
    }
}

/// A secret with so many bytes: a number lost or gained zeros at its start, pieces of two bytes one at the end.
fn of_length(mut secret: Vec<u8>, bytes: Option<usize>, method: SplitKeyMethod) -> Vec<u8> {
    match (method, bytes) {
        (SplitKeyMethod::POLYNOMIAL_SHARING_PRIME_FIELD, bytes) => {
            let number = sharing::without_zeros(&secret);
            let zeros = bytes.unwrap_or(0).saturating_sub(number.len());
            std::iter::repeat_n(0, zeros).chain(number.iter().copied()).collect()
        }
        (SplitKeyMethod::POLYNOMIAL_SHARING_GF_2_16, Some(bytes)) if secret.len() == bytes.saturating_add(1) => {
            secret.truncate(bytes);
            secret
        }
        _ => secret,
    }
}
