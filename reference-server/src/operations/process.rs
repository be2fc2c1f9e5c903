//! Process: the next Poll is not to find the operation Pending any more (2.1 §6.1.39).

use super::poll::unknown;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::jobs::Polled;
use kmipspec_protocol::operations::process::{Request, Response};
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The operation, and what stands before it in its batch, was done before this transaction began; here is only said what came of asking.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let value = request.asynchronous_correlation_value;
    if matches!(context.services.jobs.poll(context.client, &value, context.version), Polled::Unknown) {
        return Err(unknown(context.version));
    }
    if !context.prepared.hastened {
        return Err(Failure::new(ResultReason::DUPLICATE_PROCESS_REQUEST, "the operation is done already"));
    }
    Response {}.encode(response, context.version);
    Ok(())
}
