//! Get Constraints: what new objects have to be like (2.1 §6.1.22).

use crate::constraints;
use crate::context::Context;
use crate::failure::Outcome;
use crate::records;
use kmipspec_protocol::operations::get_constraints::{Request, Response};
use kmipspec_protocol::operations::set_constraints::Constraints;
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// As they were set, in their order.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let Request {} = Request::decode(payload, context.reading)?;
    let doc = constraints::kept(context);
    let kept = doc.as_ref().and_then(records::read::<Constraints<'_>>);
    let constraints = kept.unwrap_or(Constraints { constraints: Vec::new() });
    Response { constraints }.encode(response, context.version);
    Ok(())
}
