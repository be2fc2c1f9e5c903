//! Derive Key: a key or secret from others that the server has (1.0 §4.5, 1.4 §4.6, 2.1 §6.1.12).

use crate::attributes::{AttributeKey, invalid_value};
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::cryptography::derivation::{Input, derive};
use crate::cryptography::{self, Parameters};
use crate::defaults;
use crate::failure::{Failure, Outcome};
use crate::key_pair;
use crate::object::StoredObject;
use crate::symmetric_key::{key_length, required};
use crate::usage::{self, Purpose};
use kmipspec_protocol::attributes::CryptographicParameters;
use kmipspec_protocol::message::to_item;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::derive_key::{Request, Response};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, CryptographicUsageMask, LinkType, ObjectType, ResultReason, SecretDataType, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemRef, Value, Writer};
use kmipspec_protocol::version::Version;

/// One key, and a Secret Data for the derivation data where the request brings none. The ID Placeholder is not used in place of
/// an identifier (1.4 §4.6).
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let mut attributes = requested_attributes(context, Some(&request.attributes))?;
    defaults::fill(context, request.object_type, &mut attributes)?;
    if !matches!(request.object_type, ObjectType::SYMMETRIC_KEY | ObjectType::SECRET_DATA) {
        return Err(Failure::wrong_type(version, "symmetric keys and secret data can be derived"));
    }
    let mut bases = Vec::with_capacity(request.unique_identifiers.len());
    for id in &request.unique_identifiers {
        let base = usage::usable(context, Some(id), CryptographicUsageMask::DERIVE_KEY, Purpose::Protect);
        bases.push(base.map_err(|failure| as_listed(failure, version))?);
    }
    let (base, secret) = match bases.as_slice() {
        [base] => (base, None),
        [base, secret] if secret.object_type == ObjectType::SECRET_DATA => (base, Some(secret)),
        [] => return Err(Failure::invalid_message("no Unique Identifier is given")),
        _ => return Err(Failure::invalid_field("besides the key one Secret Data can be given")),
    };
    let given = &request.derivation_parameters;
    let data = match (given.derivation_data.as_slice(), secret) {
        ([], None) => None,
        ([], Some(secret)) => Some(cryptography::key(secret)?.to_vec()),
        (_, Some(_)) => return Err(Failure::invalid_message("derivation data is given twice")),
        (parts, None) => Some(parts.concat()),
    };
    let Some(Value::Integer(bits)) = required(&attributes, tag::CRYPTOGRAPHIC_LENGTH, version)?.value() else {
        return Err(Failure::invalid_field("Cryptographic Length has a wrong type"));
    };
    check_parameters(base, given.cryptographic_parameters.as_ref(), version)?;
    let parameters = Parameters::of(base, given.cryptographic_parameters.as_ref());
    let parts: Vec<&[u8]> = given.derivation_data.iter().map(AsRef::as_ref).collect();
    let input = Input {
        method: request.derivation_method,
        key: cryptography::key(base)?,
        algorithm: cryptography::algorithm(base),
        parameters: &parameters,
        data: data.as_deref(),
        parts: &parts,
        iv: given.initialization_vector.as_deref(),
        salt: given.salt.as_deref(),
        iterations: given.iteration_count,
    };
    let random = context.config.random.as_ref();
    let none = || invalid_value(version, "nothing of this algorithm and length can be derived");
    let material = if request.object_type == ObjectType::SYMMETRIC_KEY {
        let Some(Value::Enumeration(algorithm)) = required(&attributes, tag::CRYPTOGRAPHIC_ALGORITHM, version)?.value()
        else {
            return Err(Failure::invalid_field("Cryptographic Algorithm has a wrong type"));
        };
        let algorithm = CryptographicAlgorithm(algorithm);
        let length = key_length(algorithm, bits).ok_or_else(none)?;
        ManagedObject::symmetric_key(algorithm, bits, derive(&input, length, random, version)?)
    } else {
        let length = usize::try_from(bits).ok().filter(|bits| bits.is_multiple_of(8)).map(|bits| bits / 8);
        let length = length.filter(|n| (1..=4_096).contains(n)).ok_or_else(none)?;
        ManagedObject::secret_data(SecretDataType::SEED, derive(&input, length, random, version)?)
    };
    let id = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    for base in &bases {
        key_pair::add_link(context, &base.id, LinkType::DERIVED_KEY_LINK, &id)?;
        key_pair::add_link(context, &id, LinkType::DERIVATION_BASE_OBJECT_LINK, &base.id)?;
    }
    Response { unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}

/// What the request says of mode and hash must agree with one of the Cryptographic Parameters of the key (1.0 §4.5, 1.4 §4.6;
/// 2.x does not ask for it). A key without any is good for all: published TC-DERIVEKEY-1 has one, against the text.
fn check_parameters(base: &StoredObject, given: Option<&CryptographicParameters>, version: Version) -> Outcome<()> {
    let Some(given) = given.filter(|_| version < Version::V2_0) else { return Ok(()) };
    let given = to_item(given, tag::CRYPTOGRAPHIC_PARAMETERS, version);
    let key = AttributeKey::Standard(tag::CRYPTOGRAPHIC_PARAMETERS);
    let mut held = base.instances(&key).peekable();
    let agrees =
        |held: &Item| given.items().iter().all(|field| held.child(field.tag).is_none_or(|there| there == field));
    if held.peek().is_none() || held.any(|held| agrees(&held.value)) {
        return Ok(());
    }
    Err(Failure::invalid_field("the key has no such Cryptographic Parameters"))
}

/// 1.x says Invalid Field of an object that may not be derived from (1.4 §11.7), where other operations deny permission.
fn as_listed(failure: Failure, version: Version) -> Failure {
    if version < Version::V2_0 && failure.reason == ResultReason::PERMISSION_DENIED {
        return Failure::new(ResultReason::INVALID_FIELD, failure.message);
    }
    failure
}
