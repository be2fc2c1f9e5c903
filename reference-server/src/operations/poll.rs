//! Poll: what became of an operation that was Pending (1.0 §4.26, 1.4 §4.28, 2.1 §6.1.38).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::jobs::Polled;
use crate::respond::ItemResult;
use kmipspec_protocol::operations::poll::Request;
use kmipspec_protocol::registry::ResultReason;
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::Version;

/// The answer is that of the operation itself, its name and its failure included, as if it had been done at once; the final one
/// is given once.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, _: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let value = request.asynchronous_correlation_value;
    let (operation, result) = match context.services.jobs.poll(context.client, &value, context.version) {
        Polled::Unknown => return Err(unknown(context.version)),
        Polled::Pending => {
            context.instead = Some((context.operation, ItemResult::Pending(value.into_owned())));
            return Ok(());
        }
        Polled::Canceled(operation) => {
            let failure = Failure::new(ResultReason::OPERATION_CANCELED_BY_REQUESTER, "the operation was canceled");
            (operation, ItemResult::Failed(failure))
        }
        // Reasons and payloads of one version may not exist at another.
        Polled::AtAnother(version) => {
            let why = format!("the operation was asked for at version {version}; poll for it at that version");
            return Err(Failure::new(ResultReason::GENERAL_FAILURE, why));
        }
        Polled::Completed(operation, result, horizon) => {
            context.references.horizon = context.references.horizon.max(horizon);
            (operation, result)
        }
    };
    context.references.told.push(value.into_owned());
    context.instead = Some((operation, result));
    Ok(())
}

/// Nothing is pending under that value: it never was, it is somebody else's, or its result was told (1.4 §11.29).
pub(super) fn unknown(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::ITEM_NOT_FOUND,
        ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE,
        "no operation is pending under this Asynchronous Correlation Value",
    )
}
