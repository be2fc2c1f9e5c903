//! MAC Verify: does a message authentication code fit the data? (1.2 §4.34, 1.4 §4.34, 2.1 §6.1.33)

use crate::context::Context;
use crate::cryptography::hashing;
use crate::failure::Outcome;
use crate::keyed::{Asked, Work, ready};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use kmipspec_protocol::operations::mac_verify::{Request, Response};
use kmipspec_protocol::registry::{CryptographicUsageMask, ValidityIndicator};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A code that does not fit is a verdict, not a failure.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let asked = Asked {
        unique_identifier: request.unique_identifier.as_ref(),
        parameters: request.cryptographic_parameters.as_ref(),
        data: request.data.as_ref(),
        digested: None,
        code: request.mac_data.as_deref(),
        correlation: request.correlation_value.as_deref(),
        first: request.init_indicator,
        last: request.final_indicator,
        bit: CryptographicUsageMask::MAC_VERIFY,
    };
    let ready = ready(context, &asked)?;
    let unique_identifier = ready.object.id.clone().into();
    let mut answer = Response { unique_identifier, validity_indicator: None, correlation_value: None };
    match ready.work {
        Work::More(correlation) => answer.correlation_value = Some(correlation.into()),
        Work::Whole(whole) => {
            let given = whole.code("MAC Data is missing")?;
            let mac = hashing::mac(&ready.object, &whole.parameters, whole.data(), context.version)?;
            let fits = verify_slices_are_equal(&mac, given).is_ok() || context.quirk("mac-verify-always-valid");
            answer.validity_indicator = Some(if fits { ValidityIndicator::VALID } else { ValidityIndicator::INVALID });
        }
    }
    answer.encode(response, context.version);
    Ok(())
}
