//! MAC Verify: does a message authentication code fit the data? (1.2 §4.34, 1.4 §4.34, 2.1 §6.1.33)

use crate::context::Context;
use crate::cryptography::{Parameters, hashing};
use crate::failure::{Failure, Outcome};
use crate::streams::{self, Part, Step};
use crate::usage::{self, Purpose};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use kmipspec_protocol::operations::mac_verify::{Request, Response};
use kmipspec_protocol::registry::{CryptographicUsageMask, ValidityIndicator};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A code that does not fit is a verdict, not a failure.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    let data = context.data(request.data.as_ref())?;
    let part = Part {
        data: &data,
        code: request.mac_data.as_deref(),
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
    };
    let begun = streams::object_of(context, &part)?.map(Into::into);
    let given = begun.as_ref().or(request.unique_identifier.as_ref());
    let object = usage::usable(context, given, CryptographicUsageMask::MAC_VERIFY, Purpose::Process)?;
    let parameters = Parameters::of(&object, request.cryptographic_parameters.as_ref());
    let unique_identifier = object.id.clone().into();
    let answer = match streams::step(context, Some(&object.id), parameters, &part)? {
        Step::More(correlation) => {
            Response { unique_identifier, validity_indicator: None, correlation_value: Some(correlation.into()) }
        }
        Step::Whole { data, parameters, code } => {
            let Some(given) = code else { return Err(Failure::invalid_message("MAC Data is missing")) };
            let mac = hashing::mac(&object, &parameters, &data, version)?;
            let fits = verify_slices_are_equal(&mac, &given).is_ok();
            let verdict = if fits { ValidityIndicator::VALID } else { ValidityIndicator::INVALID };
            Response { unique_identifier, validity_indicator: Some(verdict), correlation_value: None }
        }
    };
    answer.encode(response, version);
    Ok(())
}
