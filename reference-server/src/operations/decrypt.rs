//! Decrypt: AES and ChaCha20 under a symmetric key, RSA under a private key (1.2 §4.30, 1.4 §4.30, 2.1 §6.1.13).

use crate::context::Context;
use crate::cryptography::{Parameters, algorithm, bad_parameters, block_cipher, chacha20, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use crate::streams;
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::decrypt::{Request, Response};
use kmipspec_protocol::registry::{BlockCipherMode, CryptographicAlgorithm, CryptographicUsageMask, ResultReason};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Before 1.4 the tag of GCM follows the ciphertext. In parts nothing is decrypted yet.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let in_parts = request.init_indicator == Some(true) && request.final_indicator != Some(true);
    check_single(request.correlation_value.is_some(), in_parts, version)?;
    let given = request.unique_identifier.as_ref();
    let object = usage::usable(context, given, CryptographicUsageMask::DECRYPT, Purpose::Process)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    if request.data.is_none() {
        return Err(Failure::invalid_message("Data is missing"));
    }
    let data = context.data(request.data.as_ref())?;
    let plain = match algorithm(&object) {
        Some(CryptographicAlgorithm::AES) => {
            let wanted = block_cipher::iv_length(&parameters, version)?;
            let iv = block_cipher::check_iv(request.iv_counter_nonce.as_deref(), wanted, version)?;
            let additional = request.authenticated_encryption_additional_data.as_deref().unwrap_or_default();
            let (data, tag) = if version < Version::V1_4 && parameters.mode == Some(BlockCipherMode::GCM) {
                let length = parameters.tag_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(16);
                let (data, tag) = data.split_at(data.len().saturating_sub(length));
                (data, Some(tag))
            } else {
                (&*data, request.authenticated_encryption_tag.as_deref())
            };
            block_cipher::decrypt(key(&object)?, &parameters, iv, additional, data, tag, version)?
        }
        Some(CryptographicAlgorithm::CHA_CHA20) => {
            let nonce = request.iv_counter_nonce.as_deref();
            let iv = block_cipher::check_iv(nonce, nonce.map_or(12, <[u8]>::len).max(1), version)?;
            chacha20::apply(key(&object)?, iv, &data, version)?
        }
        Some(CryptographicAlgorithm::RSA) => rsa_cipher::decrypt(key(&object)?, &parameters, &data, version)?,
        _ => return Err(bad_parameters(version, "this server decrypts with AES, ChaCha20 and RSA")),
    };
    context.gave(&plain);
    let answer =
        Response { unique_identifier: object.id.clone().into(), data: Some(plain.into()), correlation_value: None };
    answer.encode(response, version);
    Ok(())
}

/// Encrypt and Decrypt take their data at once: a stream cannot be begun, so none can be gone on with.
pub(crate) fn check_single(goes_on: bool, begins: bool, version: Version) -> Outcome<()> {
    if goes_on {
        return Err(streams::unknown(version));
    }
    if begins {
        return Err(Failure::new(
            ResultReason::FEATURE_NOT_SUPPORTED,
            "encryption and decryption in parts are not supported",
        ));
    }
    Ok(())
}
