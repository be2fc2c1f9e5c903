//! Application Specific Information: the server makes the data where a client leaves it out (1.0 §3.30, 1.4 §3.36, 2.1 §4.4).

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, Value};

/// The value as it is kept. Without Application Data the namespace must be one of those that Query tells of; the data is then
/// new, and no other object has it.
pub(crate) fn complete(context: &Context<'_>, mut value: Item) -> Outcome<Item> {
    if value.tag != tag::APPLICATION_SPECIFIC_INFORMATION || value.child(tag::APPLICATION_DATA).is_some() {
        return Ok(value);
    }
    let namespace = value.child(tag::APPLICATION_NAMESPACE).and_then(Item::value);
    let Some(Value::TextString(namespace)) = namespace else {
        return Err(Failure::invalid_field("Application Specific Information needs an Application Namespace"));
    };
    if !context.config.application_namespaces.iter().any(|served| served == namespace) {
        return Err(Failure::new(
            ResultReason::APPLICATION_NAMESPACE_NOT_SUPPORTED,
            "the server makes no Application Data for this namespace",
        ));
    }
    let made = context.config.random.uuid();
    let made = made.ok_or_else(|| Failure::internal(context.version, "no Application Data could be made"))?;
    if let Some(fields) = value.items_mut() {
        fields.push(Item::text(tag::APPLICATION_DATA, made));
    }
    Ok(value)
}
