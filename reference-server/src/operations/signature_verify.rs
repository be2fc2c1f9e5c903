//! Signature Verify: is a signature that of the data? (1.2 §4.32, 1.4 §4.32, 2.1 §6.1.59)

use crate::context::Context;
use crate::cryptography::Parameters;
use crate::cryptography::signature::{Message, verify};
use crate::failure::{Failure, Outcome};
use crate::streams::{self, Part, Step};
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::signature_verify::{Request, Response};
use kmipspec_protocol::registry::{CryptographicUsageMask, ValidityIndicator};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A signature that does not fit is a verdict, not a failure.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?;
    let part = Part {
        data: &data,
        code: request.signature_data.as_deref(),
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
    };
    let begun = streams::object_of(context, &part)?.map(Into::into);
    let given = begun.as_ref().or(request.unique_identifier.as_ref());
    let object = usage::usable(context, given, CryptographicUsageMask::VERIFY, Purpose::Process)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let unique_identifier = object.id.clone().into();
    let mut answer = Response { unique_identifier, validity_indicator: None, data: None, correlation_value: None };
    match streams::step(context, Some(&object.id), parameters, &part)? {
        Step::More(correlation) => answer.correlation_value = Some(correlation.into()),
        Step::Whole { data, parameters, code } => {
            let Some(signature) = code else {
                return Err(Failure::invalid_message("Signature Data is missing"));
            };
            let message = request.digested_data.as_deref().map_or(Message::Data(&data), Message::Digested);
            let holds = verify(&object, &parameters, message, &signature, version)?;
            let verdict = if holds { ValidityIndicator::VALID } else { ValidityIndicator::INVALID };
            answer.validity_indicator = Some(verdict);
        }
    }
    answer.encode(response, version);
    Ok(())
}
