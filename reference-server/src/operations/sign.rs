//! Sign: a signature of data or of its digest (1.2 §4.31, 1.4 §4.31, 2.1 §6.1.58).

use crate::context::Context;
use crate::cryptography::signature::sign;
use crate::failure::Outcome;
use crate::keyed::{Asked, Work, ready};
use kmipspec_protocol::operations::sign::{Request, Response};
use kmipspec_protocol::registry::CryptographicUsageMask;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The private key must have the usage Sign; its Usage Limits count down.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let asked = Asked {
        unique_identifier: request.unique_identifier.as_ref(),
        parameters: request.cryptographic_parameters.as_ref(),
        data: request.data.as_ref(),
        digested: request.digested_data.as_deref(),
        code: None,
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
        bit: CryptographicUsageMask::SIGN,
    };
    let ready = ready(context, &asked)?;
    let unique_identifier = ready.object.id.clone().into();
    let mut answer = Response { unique_identifier, signature_data: None, correlation_value: None };
    match ready.work {
        Work::More(correlation) => answer.correlation_value = Some(correlation.into()),
        Work::Whole(whole) => {
            let signature = sign(&ready.object, &whole.parameters, whole.message(), context.version)?;
            context.gave(&signature);
            answer.signature_data = Some(signature.into());
        }
    }
    answer.encode(response, context.version);
    Ok(())
}
