//! Encrypt: under a symmetric key or one time pad, or a public RSA key, at once or in parts (1.2 §4.29, 1.4 §4.29, 2.1 §6.1.16).

use crate::context::Context;
use crate::cryptography::symmetric::{Cipher, Sealed};
use crate::cryptography::{Parameters, algorithm, bad_parameters, key, rsa_cipher};
use crate::failure::{Failure, Outcome};
use crate::streams::{self, Part};
use crate::usage::{self, Purpose};
use kmipspec_protocol::message::UniqueIdentifier;
use kmipspec_protocol::operations::encrypt::{Request, Response};
use kmipspec_protocol::registry::{CryptographicAlgorithm, CryptographicUsageMask};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The IV is the client's, or random when the parameters say so, and then part of the first answer. Before 1.4 the tag follows
/// the ciphertext. Each part gives the blocks that are complete; modes that need all data give theirs at the end.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?.into_owned();
    let part = Part {
        data: &data,
        code: None,
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
    let object = usage::usable(context, given, CryptographicUsageMask::ENCRYPT, Purpose::Protect)?;
    usage::spend_part(context, &object, data.len(), begins)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let mut stream = begun.unwrap_or_else(|| streams::begin(context, Some(&object.id), parameters));
    let parameters = stream.parameters.clone();
    streams::check_length(context, stream.progress.waiting(), data.len())?;
    let mut made = None;
    let Sealed { data: mut ciphertext, mut tag } = match algorithm(&object) {
        Some(CryptographicAlgorithm::RSA) => match stream.progress.gather(&data, last) {
            Some(all) => Sealed { data: rsa_cipher::encrypt(key(&object)?, &parameters, &all, version)?, tag: None },
            None => Sealed::default(),
        },
        Some(algorithm) => {
            let cipher = Cipher::new(algorithm, key(&object)?, &parameters, context.config.random.as_ref(), version)?;
            if begins {
                let (iv, random) = cipher.iv(request.iv_counter_nonce.as_deref())?;
                made = random.then(|| iv.clone());
                let additional = request.authenticated_encryption_additional_data.as_deref();
                stream.progress.begin(iv, additional.unwrap_or_default());
            }
            cipher.encrypt(&mut stream.progress, &data, last)?
        }
        None => return Err(bad_parameters(version, "the object says no Cryptographic Algorithm to encrypt with")),
    };
    if version < Version::V1_4 {
        ciphertext.extend(tag.take().unwrap_or_default());
    }
    let correlation = streams::end_or_keep(context, &part, stream)?;
    context.gave(&ciphertext);
    // A part that gives nothing has no Data; one that is all has it, be it empty.
    let single = part.correlation.is_none() && last;
    let answer = Response {
        unique_identifier: object.id.clone().into(),
        data: (single || !ciphertext.is_empty()).then(|| ciphertext.into()),
        iv_counter_nonce: made.map(Into::into),
        correlation_value: correlation.map(Into::into),
        authenticated_encryption_tag: tag.map(Into::into),
    };
    answer.encode(response, version);
    Ok(())
}
