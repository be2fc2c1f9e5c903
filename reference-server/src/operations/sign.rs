//! Sign: a signature of data or of its digest (1.2 §4.31, 1.4 §4.31, 2.1 §6.1.58).

use crate::context::Context;
use crate::cryptography::Parameters;
use crate::cryptography::signature::{Message, sign};
use crate::failure::Outcome;
use crate::streams::{self, Part, Step};
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::sign::{Request, Response};
use kmipspec_protocol::registry::CryptographicUsageMask;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The private key must have the usage Sign; its Usage Limits count down.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?;
    let part = Part {
        data: &data,
        code: None,
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
    };
    let begun = streams::object_of(context, &part)?.map(Into::into);
    let given = begun.as_ref().or(request.unique_identifier.as_ref());
    let object = usage::usable(context, given, CryptographicUsageMask::SIGN, Purpose::Protect)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let unique_identifier = object.id.clone().into();
    let answer = match streams::step(context, Some(&object.id), parameters, &part)? {
        Step::More(correlation) => {
            Response { unique_identifier, signature_data: None, correlation_value: Some(correlation.into()) }
        }
        Step::Whole { data, parameters, .. } => {
            let message = request.digested_data.as_deref().map_or(Message::Data(&data), Message::Digested);
            let signature = sign(&object, &parameters, message, version)?;
            usage::spend(context, &object, data.len())?;
            context.gave(&signature);
            Response { unique_identifier, signature_data: Some(signature.into()), correlation_value: None }
        }
    };
    answer.encode(response, version);
    Ok(())
}
