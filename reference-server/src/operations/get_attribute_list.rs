//! Get Attribute List: the names of an object's attributes (1.0 §4.12, 1.4 §4.13, 2.1 §6.1.21).

use super::get_attributes::in_order;
use crate::attributes::{AttributeKey, admit_key, visible};
use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::get_attribute_list::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// Each name once, however many instances it has that this version can be told of.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let request = Request::decode(payload, context.reading)?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let object = context.object(&id)?;
    let mut attributes: Vec<AttributeKey> = Vec::new();
    for attribute in in_order(&object) {
        let key = attribute.key_at(context.version);
        if !attributes.contains(&key)
            && admit_key(&key, context.version).is_ok()
            && visible(attribute, context.version).is_some()
        {
            attributes.push(key);
        }
    }
    Response { unique_identifier: id.into(), attributes }.encode(response, context.version);
    Ok(())
}
