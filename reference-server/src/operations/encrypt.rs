//! Encrypt: AES and ChaCha20 under a symmetric key, RSA under a public key (1.2 §4.29, 1.4 §4.29, 2.1 §6.1.16).

use crate::context::Context;
use crate::cryptography::block_cipher::{self, Sealed};
use crate::cryptography::{Parameters, algorithm, bad_parameters, chacha20, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::encrypt::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, CryptographicUsageMask, ResultReason};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The IV is the client's, or random when the parameters say so, and then part of the answer. Before 1.4 the tag of GCM follows
/// the ciphertext. In parts nothing is encrypted yet.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let in_parts = request.init_indicator == Some(true) && request.final_indicator != Some(true);
    super::decrypt::check_single(request.correlation_value.is_some(), in_parts, version)?;
    let given = request.unique_identifier.as_ref();
    let object = usage::usable(context, given, CryptographicUsageMask::ENCRYPT, Purpose::Protect)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    if request.data.is_none() {
        return Err(Failure::invalid_message("Data is missing"));
    }
    let data = context.data(request.data.as_ref())?;
    let mut made = None;
    let sealed = match algorithm(&object) {
        Some(CryptographicAlgorithm::AES) => {
            let wanted = block_cipher::iv_length(&parameters, version)?;
            if request.iv_counter_nonce.is_none() && parameters.random_iv && wanted > 0 {
                let mut iv = vec![0; wanted];
                if !context.config.random.fill(&mut iv) {
                    return Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "no random IV could be made"));
                }
                made = Some(iv);
            }
            let iv = block_cipher::check_iv(made.as_deref().or(request.iv_counter_nonce.as_deref()), wanted, version)?;
            let additional = request.authenticated_encryption_additional_data.as_deref().unwrap_or_default();
            block_cipher::encrypt(key(&object)?, &parameters, iv, additional, &data, version)?
        }
        Some(CryptographicAlgorithm::CHA_CHA20) => {
            let nonce = request.iv_counter_nonce.as_deref();
            let iv = block_cipher::check_iv(nonce, nonce.map_or(12, <[u8]>::len).max(1), version)?;
            Sealed { data: chacha20::apply(key(&object)?, iv, &data, version)?, tag: None }
        }
        Some(CryptographicAlgorithm::RSA) => {
            Sealed { data: rsa_cipher::encrypt(key(&object)?, &parameters, &data, version)?, tag: None }
        }
        _ => return Err(bad_parameters(version, "this server encrypts with AES, ChaCha20 and RSA")),
    };
    usage::spend(context, &object, data.len())?;
    let Sealed { data: mut ciphertext, mut tag } = sealed;
    if version < Version::V1_4 {
        ciphertext.extend(tag.take().unwrap_or_default());
    }
    context.gave(&ciphertext);
    let answer = Response {
        unique_identifier: object.id.clone().into(),
        data: Some(ciphertext.into()),
        iv_counter_nonce: made.map(Into::into),
        correlation_value: None,
        authenticated_encryption_tag: tag.map(Into::into),
    };
    answer.encode(response, version);
    Ok(())
}
