//! Decrypt: under a symmetric key or one time pad, or a private RSA key, at once or in parts (1.2 §4.30, 1.4 §4.30, 2.1 §6.1.13).

use crate::context::Context;
use crate::cryptography::symmetric::Cipher;
use crate::cryptography::{Parameters, algorithm, bad_parameters, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use crate::streams::{self, Part};
use crate::usage::{self, Purpose};
use kmipspec_protocol::message::UniqueIdentifier;
use kmipspec_protocol::operations::decrypt::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, CryptographicUsageMask};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// Before 1.4 the tag follows the ciphertext. Of an authenticated mode nothing is given out before the last part, which the tag
/// has to come with or before.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?.into_owned();
    let part = Part {
        data: &data,
        code: request.authenticated_encryption_tag.as_deref(),
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
    };
    let last = part.is_last();
    if request.data.is_none() && part.correlation.is_none() && last {
        return Err(Failure::invalid_message("Data is missing"));
    }
    let begun = streams::find(context, &part)?;
    let begins = begun.is_none();
    let held = begun.as_ref().and_then(|stream| stream.object.clone()).map(UniqueIdentifier::from);
    let given = held.as_ref().or(request.unique_identifier.as_ref());
    let object = usage::usable(context, given, CryptographicUsageMask::DECRYPT, Purpose::Process)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let mut stream = begun.unwrap_or_else(|| streams::begin(context, Some(&object.id), parameters));
    let parameters = stream.parameters.clone();
    streams::check_length(context, stream.progress.waiting(), data.len())?;
    if let Some(tag) = part.code {
        stream.code = Some(tag.to_vec());
    }
    let plain = match algorithm(&object) {
        Some(CryptographicAlgorithm::RSA) => match stream.progress.gather(&data, last) {
            Some(all) => rsa_cipher::decrypt(key(&object)?, &parameters, &all, version)?,
            None => Vec::new(),
        },
        Some(algorithm) => {
            let cipher = Cipher::new(algorithm, key(&object)?, &parameters, context.config.random.as_ref(), version)?;
            if begins {
                let (iv, random) = cipher.iv(request.iv_counter_nonce.as_deref())?;
                if random {
                    return Err(cipher.lacks_iv());
                }
                let additional = request.authenticated_encryption_additional_data.as_deref();
                stream.progress.begin(iv, additional.unwrap_or_default());
            }
            if last && version < Version::V1_4 && cipher.has_tag() {
                let all = stream.progress.gather(&data, true).unwrap_or_default();
                let (data, tag) = all.split_at(all.len().saturating_sub(cipher.tag_length()?));
                cipher.decrypt(&mut stream.progress, data, Some(tag), true)?
            } else {
                cipher.decrypt(&mut stream.progress, &data, stream.code.as_deref(), last)?
            }
        }
        None => return Err(bad_parameters(version, "the object says no Cryptographic Algorithm to decrypt with")),
    };
    let correlation = streams::end_or_keep(context, &part, stream)?;
    context.gave(&plain);
    let single = part.correlation.is_none() && last;
    let answer = Response {
        unique_identifier: object.id.clone().into(),
        data: (single || !plain.is_empty()).then(|| plain.into()),
        correlation_value: correlation.map(Into::into),
    };
    answer.encode(response, version);
    Ok(())
}
