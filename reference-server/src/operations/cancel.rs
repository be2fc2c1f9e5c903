//! Cancel: an operation that is still Pending is not to be done (1.0 §4.25, 1.4 §4.27, 2.1 §6.1.5).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::cancel::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// A value under which nothing is pending is told by the Cancellation Result, at every version.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let value = request.asynchronous_correlation_value;
    let cancellation_result = context.services.jobs.cancel(context.client, &value);
    Response { asynchronous_correlation_value: value, cancellation_result }.encode(response, context.version);
    Ok(())
}
