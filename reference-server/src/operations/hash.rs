//! Hash: the digest of data, at once or in parts (1.2 §4.37, 1.4 §4.37, 2.1 §6.1.24).

use crate::context::Context;
use crate::cryptography::{Parameters, hashing};
use crate::failure::Outcome;
use crate::streams::{self, Part, Step};
use kmipspec_protocol::operations::hash::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// No key is involved; the Hashing Algorithm of the first part counts for all.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?.into_owned();
    let part = Part {
        data: &data,
        code: None,
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
    };
    let parameters = Parameters::from(&request.cryptographic_parameters);
    // An algorithm nobody here has is refused with the first part, not with the last.
    hashing::hash(&parameters, &[])?;
    let stream = streams::find(context, &part)?.unwrap_or_else(|| streams::begin(context, None, parameters));
    let answer = match streams::step(context, stream, &part)? {
        Step::More(correlation) => Response { data: None, correlation_value: Some(correlation.into()) },
        Step::Whole { data, parameters, .. } => {
            let digest = hashing::hash(&parameters, &data)?;
            context.gave(&digest);
            Response { data: Some(digest.into()), correlation_value: None }
        }
    };
    answer.encode(response, context.version);
    Ok(())
}
