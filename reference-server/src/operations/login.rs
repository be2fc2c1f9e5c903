//! Login: a ticket in place of credentials (2.0 §6.1.29, 2.1 §6.1.30).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::grant::{Grant, Limit};
use crate::sessions::Terms;
use kmipspec_protocol::attributes::UsageLimits;
use kmipspec_protocol::message::Ticket;
use kmipspec_protocol::operations::login::{Request, Response};
use kmipspec_protocol::registry::{TicketType, UsageLimitsUnit};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use std::sync::Arc;

/// Who came by a ticket gets another one with no more rights, and the same limit on use.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let limit = limit(request.usage_limits.as_ref())?;
    let grant = match (&context.identity.grant, limit) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid_field("who came by a ticket has its usage limits"));
        }
        (Some(grant), None) => Arc::clone(grant),
        (None, limit) => Arc::new(Grant { limit, rights: None }),
    };
    let terms = Terms { lease: request.lease_time.map(|lease| lease.0), requests: request.request_count, grant };
    let ticket = open(context, terms)?;
    Response { ticket }.encode(response, context.version);
    Ok(())
}

/// A ticket for the client on these terms.
pub(super) fn open(context: &Context<'_>, terms: Terms) -> Outcome<Ticket<'static>> {
    let value = context.services.sessions.open(context.config, context.identity, terms, context.now)?;
    Ok(Ticket { ticket_type: TicketType::LOGIN, ticket_value: value.into() })
}

/// Usage Limits of a request: a total of 0 limits nothing, as with the ticket's other limits.
pub(super) fn limit(asked: Option<&UsageLimits>) -> Outcome<Option<Limit>> {
    let Some(asked) = asked else { return Ok(None) };
    if !matches!(asked.usage_limits_unit, UsageLimitsUnit::BYTE | UsageLimitsUnit::OBJECT) {
        return Err(Failure::invalid_field("unknown Usage Limits Unit"));
    }
    if asked.usage_limits_total < 0 {
        return Err(Failure::invalid_field("Usage Limits Total is negative"));
    }
    let left = asked.usage_limits_count.unwrap_or(asked.usage_limits_total).min(asked.usage_limits_total);
    Ok((asked.usage_limits_total > 0).then(|| Limit::new(asked.usage_limits_unit, left)))
}
