//! MAC: a message authentication code, at once or in parts (1.2 §4.33, 1.4 §4.33, 2.1 §6.1.32).

use crate::context::Context;
use crate::cryptography::hashing;
use crate::failure::Outcome;
use crate::keyed::{Asked, Work, ready};
use kmipspec_protocol::operations::mac::{Request, Response};
use kmipspec_protocol::registry::CryptographicUsageMask;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The key must have the usage MAC Generate; its Usage Limits count down.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let asked = Asked {
        unique_identifier: request.unique_identifier.as_ref(),
        parameters: request.cryptographic_parameters.as_ref(),
        data: request.data.as_ref(),
        digested: None,
        code: None,
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
        bit: CryptographicUsageMask::MAC_GENERATE,
    };
    let ready = ready(context, &asked)?;
    let unique_identifier = ready.object.id.clone().into();
    let mut answer = Response { unique_identifier, mac_data: None, correlation_value: None };
    match ready.work {
        Work::More(correlation) => answer.correlation_value = Some(correlation.into()),
        Work::Whole(whole) => {
            let mac = hashing::mac(&ready.object, &whole.parameters, whole.data(), context.version)?;
            context.gave(&mac);
            answer.mac_data = Some(mac.into());
        }
    }
    answer.encode(response, context.version);
    Ok(())
}
