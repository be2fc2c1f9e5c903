//! Get Attribute List: the names of an object's attributes (1.0 §4.12, 1.4 §4.13, 2.1 §6.1.21).

use super::get_attributes::in_order;
use crate::attributes::{AttributeKey, write_reference};
use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Cursor, ItemRef, Writer};

/// Each name once, however many instances it has.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let id = context.unique_identifier(&mut fields)?;
    fields.finish()?;
    let object = context.object(&id)?;
    response.text(tag::UNIQUE_IDENTIFIER, &id);
    let mut seen: Vec<&AttributeKey> = Vec::new();
    for attribute in in_order(&object) {
        if !seen.contains(&&attribute.key) {
            seen.push(&attribute.key);
            write_reference(response, &attribute.key, context.version);
        }
    }
    Ok(())
}
