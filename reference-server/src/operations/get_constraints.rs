//! Get Constraints: what new objects have to be like (2.1 §6.1.22).

use crate::constraints;
use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::get_constraints::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// As they were set, in their order, as far as the version has names for them.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let Request {} = Request::decode(payload, context.reading)?;
    let doc = constraints::kept(context);
    let constraints = constraints::told(doc.as_ref(), context.version)?;
    Response { constraints }.encode(response, context.version);
    Ok(())
}
