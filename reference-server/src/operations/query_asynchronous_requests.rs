//! Query Asynchronous Requests: whose results has the client not seen yet? (2.1 §6.1.41)

use crate::context::Context;
use crate::failure::Outcome;
use crate::jobs::Outstanding;
use kmipspec_protocol::message::DateTimeExtended;
use kmipspec_protocol::operations::query_asynchronous_requests::{AsynchronousRequest, Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Values and operations together narrow the answer; an empty list of either names nothing. An operation that the version has no name
/// for is not told of.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let (values, operations) = (request.asynchronous_correlation_values, request.operations);
    let meant = |one: &Outstanding| {
        values.as_ref().is_none_or(|asked| asked.values.iter().any(|value| value.as_ref() == one.value))
            && one.operation.exists(context.version)
            && operations.as_ref().is_none_or(|asked| asked.operations.contains(&one.operation))
    };
    let found = context.services.jobs.outstanding(context.client).into_iter().filter(meant);
    let asynchronous_requests = found
        .map(|one| AsynchronousRequest {
            asynchronous_correlation_value: one.value.into(),
            operation: one.operation,
            submission_date: DateTimeExtended(one.submitted),
            processing_stage: one.stage,
        })
        .collect();
    Response { asynchronous_requests }.encode(response, context.version);
    Ok(())
}
