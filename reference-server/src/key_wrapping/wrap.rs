//! A key is wrapped as a Key Wrapping Specification says (1.4 §2.1.6, 2.1 §7.18).

use super::keys::{self, Task};
use super::with_key_value;
use crate::attributes::visible;
use crate::context::Context;
use crate::cryptography::signature::{Message, sign};
use crate::cryptography::symmetric::{Cipher, Progress};
use crate::cryptography::{Parameters, algorithm, bad_parameters, failed, hashing, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::usage;
use kmipspec_protocol::attributes::AttributeKey;
use kmipspec_protocol::message::{AnyItem, to_item};
use kmipspec_protocol::objects::{KeyInformation, KeyValue, KeyWrappingData, KeyWrappingSpecification, ManagedObject};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, EncodingOption, ObjectType, ResultReason, WrappingMethod, tag,
};
use kmipspec_protocol::ttlv::{Item, ItemType, Value};

/// A ciphertext and the IV that it was made with.
struct Encrypted {
    /// With the tag of an authenticated mode behind it.
    data: Vec<u8>,
    /// IV, counter or nonce.
    iv: Option<Vec<u8>>,
}

/// Wraps a key in the clear; `structured` is for those who registered it so.
pub(crate) fn wrap(
    context: &mut Context<'_>,
    object: &StoredObject,
    plain: &ManagedObject,
    specification: &KeyWrappingSpecification<'_>,
    structured: bool,
) -> Outcome<ManagedObject> {
    let version = context.version;
    let Some(material) = plain.key_material() else { return Err(unwrappable(context)) };
    let method = specification.wrapping_method;
    let encrypts = matches!(
        method,
        WrappingMethod::ENCRYPT | WrappingMethod::ENCRYPT_THEN_MAC_SIGN | WrappingMethod::MAC_SIGN_THEN_ENCRYPT
    );
    let authenticates = matches!(
        method,
        WrappingMethod::MAC_SIGN | WrappingMethod::ENCRYPT_THEN_MAC_SIGN | WrappingMethod::MAC_SIGN_THEN_ENCRYPT
    );
    if !encrypts && !authenticates {
        return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "this Wrapping Method is not supported"));
    }
    let encryption = information(specification.encryption_key_information.as_ref(), encrypts)?;
    let authentication = information(specification.mac_signature_key_information.as_ref(), authenticates)?;
    let value = key_value(object, material, specification, context.version);
    let bytes = to_wrap(&value, material, specification)?;
    let mut data = KeyWrappingData {
        wrapping_method: method,
        encryption_key_information: None,
        mac_signature_key_information: None,
        mac_signature: None,
        iv_counter_nonce: None,
        encoding_option: specification.encoding_option,
    };
    if let Some(named) = authentication
        && method != WrappingMethod::ENCRYPT_THEN_MAC_SIGN
    {
        data.mac_signature = Some(authenticate(context, named, &bytes, &mut data)?.into());
    }
    let mut wrapped = None;
    if let Some(named) = encryption {
        let encrypted = encrypt(context, named, &bytes, &mut data)?;
        data.iv_counter_nonce = encrypted.iv.map(Into::into);
        wrapped = Some(encrypted.data);
    }
    if let (Some(named), Some(ciphertext), WrappingMethod::ENCRYPT_THEN_MAC_SIGN) = (authentication, &wrapped, method) {
        data.mac_signature = Some(authenticate(context, named, ciphertext, &mut data)?.into());
    }
    let value = match wrapped {
        // MAC/sign alone leaves the Key Value in the clear (Usage Guide 4.21).
        None => value,
        Some(bytes) if structured => Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, bytes)]),
        Some(bytes) => Item::bytes(tag::KEY_VALUE, bytes),
    };
    let data = to_item(&data, tag::KEY_WRAPPING_DATA, version);
    with_key_value(plain, value, Some(data)).ok_or_else(|| unwrappable(context))
}

/// Only a key that is here can be wrapped.
fn unwrappable(context: &Context<'_>) -> Failure {
    Failure::by_version(
        context.version,
        ResultReason::ILLEGAL_OPERATION,
        ResultReason::INVALID_OBJECT_TYPE,
        "there is no key here that could be wrapped",
    )
}

/// The key information that the method needs; what it does not need is not looked at.
fn information<'a, 'd>(given: Option<&'a KeyInformation<'d>>, needed: bool) -> Outcome<Option<&'a KeyInformation<'d>>> {
    match given {
        _ if !needed => Ok(None),
        Some(given) => Ok(Some(given)),
        None => Err(Failure::invalid_message("the Wrapping Method needs key information that is missing")),
    }
}

/// Key Value with the attributes asked for; those that the object does not have are left out.
fn key_value(
    object: &StoredObject,
    material: &Item,
    specification: &KeyWrappingSpecification<'_>,
    version: kmipspec_protocol::version::Version,
) -> Item {
    let keys = specification.attribute_names.iter().map(|name| AttributeKey::from_v1_name(name));
    let attributes: Vec<_> =
        keys.flat_map(|key| object.instances(&key).filter_map(|a| visible(a, version)).collect::<Vec<_>>()).collect();
    let value = KeyValue::Plain {
        key_material: AnyItem::Owned(material.clone()),
        attributes: (!attributes.is_empty()).then(|| attributes.into()),
    };
    to_item(&value, tag::KEY_VALUE, version)
}

/// The bytes that the Encoding Option means: of the Key Value as TTLV, or of the Key Material alone.
fn to_wrap(value: &Item, material: &Item, specification: &KeyWrappingSpecification<'_>) -> Outcome<Vec<u8>> {
    let refused = |message: &'static str| Failure::new(ResultReason::ENCODING_OPTION_ERROR, message);
    match specification.encoding_option {
        None | Some(EncodingOption::TTLV_ENCODING) => Ok(value.encode()),
        Some(EncodingOption::NO_ENCODING) if !specification.attribute_names.is_empty() => {
            Err(refused("with No Encoding no attributes can be wrapped"))
        }
        Some(EncodingOption::NO_ENCODING) => match material.value() {
            Some(Value::ByteString(bytes)) if material.ty == ItemType::BYTE_STRING => Ok(bytes.to_vec()),
            _ => Err(refused("Key Material that is a structure cannot go without encoding")),
        },
        Some(_) => Err(refused("this Encoding Option is not supported")),
    }
}

/// What Key Wrapping Data says of the key used: what was asked for, with the identifier it has.
fn told<'d>(named: &KeyInformation<'_>, used: &StoredObject) -> KeyInformation<'d> {
    let id = match &named.unique_identifier {
        kmipspec_protocol::message::UniqueIdentifier::Text(id) => id.clone().into_owned(),
        _ => used.id.clone(),
    };
    KeyInformation { unique_identifier: id.into(), cryptographic_parameters: named.cryptographic_parameters.clone() }
}

/// Encrypts with the key named, and says so.
fn encrypt(
    context: &mut Context<'_>,
    named: &KeyInformation<'_>,
    bytes: &[u8],
    data: &mut KeyWrappingData<'_>,
) -> Outcome<Encrypted> {
    let version = context.version;
    let wrapping = keys::find(context, &named.unique_identifier, Task::Wrap)?;
    let parameters = keys::parameters(&wrapping, named.cryptographic_parameters.as_ref(), Task::Wrap, version)?;
    data.encryption_key_information = Some(told(named, &wrapping));
    let encrypted = match algorithm(&wrapping) {
        Some(CryptographicAlgorithm::RSA) => {
            Encrypted { data: rsa_cipher::encrypt(key(&wrapping)?, &parameters, bytes, version)?, iv: None }
        }
        Some(algorithm) => {
            // Nobody gives an IV along: it is made here, whatever the parameters say.
            let parameters = Parameters { random_iv: true, ..parameters };
            let cipher = Cipher::new(algorithm, key(&wrapping)?, &parameters, context.config.random.as_ref(), version)?;
            let (iv, made) = cipher.iv(None)?;
            let mut progress = Progress::default();
            progress.begin(iv.clone(), &[]);
            let sealed = cipher.encrypt(&mut progress, bytes, true)?;
            let tag = sealed.tag.unwrap_or_default();
            Encrypted { data: [sealed.data, tag].concat(), iv: made.then_some(iv) }
        }
        None => return Err(bad_parameters(version, "the wrapping key says no Cryptographic Algorithm")),
    };
    usage::spend(context, &wrapping, bytes.len())?;
    Ok(encrypted)
}

/// MACs or signs with the key named, and says so.
fn authenticate(
    context: &mut Context<'_>,
    named: &KeyInformation<'_>,
    bytes: &[u8],
    data: &mut KeyWrappingData<'_>,
) -> Outcome<Vec<u8>> {
    let version = context.version;
    let task = Task::Authenticate;
    let wrapping = keys::find(context, &named.unique_identifier, task)?;
    let parameters = keys::parameters(&wrapping, named.cryptographic_parameters.as_ref(), task, version)?;
    data.mac_signature_key_information = Some(told(named, &wrapping));
    let code = match wrapping.object_type {
        ObjectType::PRIVATE_KEY => sign(&wrapping, &parameters, Message::Data(bytes), version)?,
        ObjectType::SYMMETRIC_KEY => hashing::mac(&wrapping, &parameters, bytes, version)?,
        _ => return Err(failed("a public key neither MACs nor signs")),
    };
    usage::spend(context, &wrapping, bytes.len())?;
    Ok(code)
}
