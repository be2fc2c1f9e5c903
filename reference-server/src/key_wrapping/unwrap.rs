//! A wrapped key is taken apart as its Key Wrapping Data says (1.4 §2.1.5, 2.1 §3.3).

use super::keys::{self, Task};
use super::{with_key_value, with_wrapping_data};
use crate::attributes::Attribute;
use crate::context::Context;
use crate::cryptography::signature::{Message, verify};
use crate::cryptography::symmetric::{Cipher, Progress};
use crate::cryptography::{Parameters, algorithm, bad_parameters, failed, hashing, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use kmipspec_protocol::message::{FieldValue, UniqueIdentifier};
use kmipspec_protocol::objects::{KeyInformation, KeyValue, KeyWrappingData, ManagedObject};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, EncodingOption, ObjectType, ResultReason, WrappingMethod, tag,
};
use kmipspec_protocol::ttlv::{Doc, Item, ItemType, Limits, Value};
use kmipspec_protocol::version::Version;

/// The key that an object is wrapped with, or authenticated by where it is not encrypted.
pub(crate) fn wrapping_key(object: &ManagedObject) -> Option<String> {
    with_wrapping_data(object, |data| {
        let named = data.encryption_key_information.or(data.mac_signature_key_information)?;
        match named.unique_identifier {
            UniqueIdentifier::Text(id) => Some(id.into_owned()),
            _ => None,
        }
    })?
}

/// The key in the clear, and the attributes that were wrapped along.
pub(crate) fn unwrap(context: &mut Context<'_>, object: &ManagedObject) -> Outcome<(ManagedObject, Vec<Attribute>)> {
    let read = with_wrapping_data(object, |data| open(context, object, &data));
    let value = read.unwrap_or_else(|| Err(Failure::invalid_field("the Key Wrapping Data cannot be read")))?;
    let doc = Doc::strict_owned(value.encode(), &Limits::default());
    let doc = doc.map_err(|_| failed("what was wrapped is no Key Value"))?;
    let root = doc.root().filter(|root| root.tag() == tag::KEY_VALUE);
    let root = root.ok_or_else(|| failed("what was wrapped is no Key Value"))?;
    // Attributes of either family may be in it, whatever the version of this request.
    let version = if value.child(tag::ATTRIBUTE).is_some() { Version::V1_4 } else { Version::V2_1 };
    let KeyValue::Plain { key_material, attributes } = KeyValue::read(root, version.into())? else {
        return Err(failed("what was wrapped is no Key Value"));
    };
    let attributes = match attributes {
        Some(attributes) => attributes.to_vec()?,
        None => Vec::new(),
    };
    let plain = Item::structure(tag::KEY_VALUE, vec![key_material.into_item()]);
    let plain = with_key_value(object, plain, None).ok_or_else(|| failed("there is no Key Value"))?;
    Ok((plain, attributes))
}

/// Key Value, decrypted and verified.
fn open(context: &mut Context<'_>, object: &ManagedObject, data: &KeyWrappingData<'_>) -> Outcome<Item> {
    let value = object.key_block().and_then(|block| block.child(tag::KEY_VALUE));
    let value = value.ok_or_else(|| failed("there is no Key Value"))?;
    let no_encoding = match data.encoding_option {
        Some(EncodingOption::NO_ENCODING) => true,
        None | Some(EncodingOption::TTLV_ENCODING) => false,
        Some(_) => {
            return Err(Failure::new(ResultReason::ENCODING_OPTION_ERROR, "this Encoding Option is not supported"));
        }
    };
    if data.wrapping_method == WrappingMethod::MAC_SIGN && value.ty == ItemType::STRUCTURE {
        let material = value.child(tag::KEY_MATERIAL).and_then(bytes_of);
        let bytes = match material {
            Some(material) if no_encoding => material.to_vec(),
            _ => value.encode(),
        };
        check(context, data, &bytes)?;
        return Ok(value.clone());
    }
    let wrapped = bytes_of(value).or_else(|| bytes_of(value.child(tag::KEY_MATERIAL)?));
    let wrapped = wrapped.ok_or_else(|| failed("the wrapped key is no Byte String"))?;
    let plain = match data.wrapping_method {
        WrappingMethod::ENCRYPT => decrypt(context, data, wrapped)?,
        WrappingMethod::MAC_SIGN => {
            check(context, data, wrapped)?;
            wrapped.to_vec()
        }
        WrappingMethod::ENCRYPT_THEN_MAC_SIGN => {
            check(context, data, wrapped)?;
            decrypt(context, data, wrapped)?
        }
        WrappingMethod::MAC_SIGN_THEN_ENCRYPT => {
            let plain = decrypt(context, data, wrapped)?;
            check(context, data, &plain)?;
            plain
        }
        _ => return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "this Wrapping Method is not supported")),
    };
    if no_encoding {
        return Ok(Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, plain)]));
    }
    let doc = Doc::strict_owned(plain, &Limits::default()).map_err(|_| failed("what was wrapped is no TTLV"))?;
    doc.root().map(Item::from_ref).ok_or_else(|| failed("what was wrapped is no TTLV"))
}

/// A Byte String's bytes.
fn bytes_of(item: &Item) -> Option<&[u8]> {
    match item.value() {
        Some(Value::ByteString(bytes)) => Some(bytes),
        _ => None,
    }
}

/// The key information that the method needs.
fn needed<'a, 'd>(given: Option<&'a KeyInformation<'d>>) -> Outcome<&'a KeyInformation<'d>> {
    given.ok_or_else(|| Failure::invalid_message("the Wrapping Method needs key information that is missing"))
}

/// Decrypts with the key named.
fn decrypt(context: &mut Context<'_>, data: &KeyWrappingData<'_>, wrapped: &[u8]) -> Outcome<Vec<u8>> {
    let version = context.version;
    let named = needed(data.encryption_key_information.as_ref())?;
    let wrapping = keys::find(context, &named.unique_identifier, Task::Unwrap)?;
    let parameters = Parameters::of(&wrapping, named.cryptographic_parameters.as_ref());
    match algorithm(&wrapping) {
        Some(CryptographicAlgorithm::RSA) => rsa_cipher::decrypt(key(&wrapping)?, &parameters, wrapped, version),
        Some(algorithm) => {
            let cipher = Cipher::new(algorithm, key(&wrapping)?, &parameters, context.config.random.as_ref(), version)?;
            let (iv, made) = cipher.iv(data.iv_counter_nonce.as_deref())?;
            if made {
                return Err(cipher.lacks_iv());
            }
            let (ciphertext, tag) = if cipher.has_tag() {
                let place = wrapped.len().checked_sub(cipher.tag_length()?);
                let parts = place.and_then(|place| wrapped.split_at_checked(place));
                let (ciphertext, tag) = parts.ok_or_else(|| failed("the wrapped key is shorter than its tag"))?;
                (ciphertext, Some(tag))
            } else {
                (wrapped, None)
            };
            let mut progress = Progress::default();
            progress.begin(iv, &[]);
            cipher.decrypt(&mut progress, ciphertext, tag, true)
        }
        None => Err(bad_parameters(version, "the wrapping key says no Cryptographic Algorithm")),
    }
}

/// Verifies MAC or signature with the key named.
fn check(context: &mut Context<'_>, data: &KeyWrappingData<'_>, bytes: &[u8]) -> Outcome<()> {
    let version = context.version;
    let named = needed(data.mac_signature_key_information.as_ref())?;
    let code = data.mac_signature.as_deref();
    let code = code.ok_or_else(|| Failure::invalid_message("the MAC/Signature is missing"))?;
    let wrapping = keys::find(context, &named.unique_identifier, Task::Verify)?;
    let parameters = Parameters::of(&wrapping, named.cryptographic_parameters.as_ref());
    let holds = match wrapping.object_type {
        ObjectType::PUBLIC_KEY => verify(&wrapping, &parameters, Message::Data(bytes), code, version)?,
        _ => {
            let mac = hashing::mac(&wrapping, &parameters, bytes, version)?;
            verify_slices_are_equal(&mac, code).is_ok()
        }
    };
    if holds {
        return Ok(());
    }
    Err(failed("the MAC or signature of the wrapped key does not hold"))
}
