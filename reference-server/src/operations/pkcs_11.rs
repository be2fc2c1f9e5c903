//! PKCS#11: a call of the C interface, its parameters as bytes (2.0 §6.1.35, 2.1 §6.1.37).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::pkcs11;
use kmipspec_protocol::operations::pkcs_11::{Function, Request, Response};
use kmipspec_protocol::registry::{Pkcs11ReturnCode, ResultReason};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The one interface, which is meant when none is named.
const INTERFACE: &str = "PKCS 11";

/// A call that PKCS#11 has a return code for succeeds with that code.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    if request.interface.as_ref().is_some_and(|name| name != INTERFACE) {
        return Err(Failure::new(
            ResultReason::PKCS_11_INVALID_INTERFACE,
            "this server has the interface PKCS 11 alone",
        ));
    }
    let Function::Standard(function) = request.function else {
        return Err(Failure::new(ResultReason::PKCS_11_INVALID_FUNCTION, "this server has no functions of a vendor"));
    };
    let input = request.input_parameters.as_deref().unwrap_or_default();
    let answer = pkcs11::perform(context, function, request.correlation_value.as_deref(), input)?;
    // Published 2.x cases have the Correlation Value in the first answer alone, those of 3.0 in the following ones, too.
    let echoed = request.correlation_value.filter(|_| context.version >= Version::V3_0);
    let answer = Response {
        interface: request.interface,
        function: request.function,
        correlation_value: answer.correlation.map(Into::into).or(echoed),
        output_parameters: answer.output.map(Into::into),
        return_code: Pkcs11ReturnCode(answer.code),
    };
    answer.encode(response, context.version);
    Ok(())
}
