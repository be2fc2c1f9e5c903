//! Signature Verify: is a signature that of the data? (1.2 §4.32, 1.4 §4.32, 2.1 §6.1.59)

use crate::context::Context;
use crate::cryptography::signature::verify;
use crate::failure::Outcome;
use crate::keyed::{Asked, Work, ready};
use kmipspec_protocol::operations::signature_verify::{Request, Response};
use kmipspec_protocol::registry::{CryptographicUsageMask, ValidityIndicator};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A signature that does not fit is a verdict, not a failure.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let asked = Asked {
        unique_identifier: request.unique_identifier.as_ref(),
        parameters: request.cryptographic_parameters.as_ref(),
        data: request.data.as_ref(),
        digested: request.digested_data.as_deref(),
        code: request.signature_data.as_deref(),
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
        bit: CryptographicUsageMask::VERIFY,
    };
    let ready = ready(context, &asked)?;
    let unique_identifier = ready.object.id.clone().into();
    let mut answer = Response { unique_identifier, validity_indicator: None, data: None, correlation_value: None };
    match ready.work {
        Work::More(correlation) => answer.correlation_value = Some(correlation.into()),
        Work::Whole(whole) => {
            let signature = whole.code("Signature Data is missing")?;
            let holds = verify(&ready.object, &whole.parameters, whole.message(), signature, context.version)?
                || context.quirk("signature-verify-always-valid");
            answer.validity_indicator = Some(if holds { ValidityIndicator::VALID } else { ValidityIndicator::INVALID });
        }
    }
    answer.encode(response, context.version);
    Ok(())
}
