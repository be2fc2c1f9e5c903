//! Delegated Login: a ticket for somebody else, with only some of the client's rights (2.0 and 2.1 §6.1.12).

use super::login::{limit, open};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::grant::{Grant, Right};
use crate::sessions::Terms;
use kmipspec_protocol::operations::delegated_login::{self as protocol, Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use std::sync::Arc;

/// Rights at one ticket, and identifiers and names in them together; more are refused.
const MOST: usize = 10_000;

/// Nobody gives away more than is theirs: objects must be within reach, and who came by a ticket can only pass on parts of
/// its rights without limits on use, since those could not be counted together.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let mut rights = Vec::with_capacity(request.rights.rights.len().min(MOST));
    let mut size = 0_usize;
    for asked in &request.rights.rights {
        size = size.saturating_add(1).saturating_add(asked.objects.as_ref().map_or(0, |o| o.unique_identifiers.len()));
        if size > MOST {
            return Err(Failure::invalid_field("more rights than a ticket can hold"));
        }
        rights.push(right(context, asked)?);
    }
    if let Some(held) = &context.identity.grant {
        let within = |right: &Right| held.rights.as_ref().is_none_or(|all| all.iter().any(|own| own.includes(right)));
        if held.limit.is_some() || !rights.iter().all(within) {
            return Err(Failure::permission_denied());
        }
    }
    let grant = Arc::new(Grant { limit: limit(request.usage_limits.as_ref())?, rights: Some(rights) });
    let terms = Terms { lease: request.lease_time.map(|lease| lease.0), requests: request.request_count, grant };
    let ticket = open(context, terms)?;
    Response { ticket }.encode(response, context.version);
    Ok(())
}

/// One right, its objects by their identifiers.
fn right(context: &Context<'_>, asked: &protocol::Right<'_>) -> Outcome<Right> {
    let mut objects = None;
    if let Some(asked) = &asked.objects {
        let mut ids = Vec::with_capacity(asked.unique_identifiers.len());
        for given in &asked.unique_identifiers {
            let id = context.unique_identifier(Some(given))?;
            let mine = context.transaction.object(&id).is_some_and(|object| object.owner == context.client);
            if !mine {
                // The operation has no reason for an object that is not there (2.1 §6.1.12.1).
                return Err(Failure::permission_denied());
            }
            ids.push(id);
        }
        objects = Some(ids);
    }
    Ok(Right {
        limit: limit(asked.usage_limits.as_ref())?,
        operations: asked.operations.as_ref().map(|asked| asked.operations.clone()),
        objects,
        object_groups: asked
            .object_groups
            .as_ref()
            .map(|asked| asked.object_groups.iter().map(|name| name.clone().into_owned()).collect()),
    })
}
