//! MAC: a message authentication code, at once or in parts (1.2 §4.33, 1.4 §4.33, 2.1 §6.1.32).

use crate::context::Context;
use crate::cryptography::{Parameters, hashing};
use crate::failure::Outcome;
use crate::streams::{self, Part, Step};
use crate::usage::{self, Purpose};
use kmipspec_protocol::operations::mac::{Request, Response};
use kmipspec_protocol::registry::CryptographicUsageMask;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The key must have the usage MAC Generate; its Usage Limits count down.
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
    let object = usage::usable(context, given, CryptographicUsageMask::MAC_GENERATE, Purpose::Protect)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let id = object.id.as_str();
    let answer = match streams::step(context, Some(id), parameters, &part)? {
        Step::More(correlation) => Response {
            unique_identifier: id.to_owned().into(),
            mac_data: None,
            correlation_value: Some(correlation.into()),
        },
        Step::Whole { data, parameters, .. } => {
            let mac = hashing::mac(&object, &parameters, &data, version)?;
            usage::spend(context, &object, data.len())?;
            context.gave(&mac);
            Response { unique_identifier: id.to_owned().into(), mac_data: Some(mac.into()), correlation_value: None }
        }
    };
    answer.encode(response, version);
    Ok(())
}
