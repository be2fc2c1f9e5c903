//! Query: what this server can do, at the version of the request (1.0 §4.24, 1.4 §4.25, 2.1 §6.1.40).

use super::served;
use crate::context::Context;
use crate::creation::rng_parameters;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{ObjectType, QueryFunction, enumeration_for, tag};
use kmipspec_protocol::ttlv::{Cursor, Item, ItemRef, Writer};

/// Object types that Register takes; versions leave out what they do not have.
pub(crate) const OBJECT_TYPES: [ObjectType; 10] = [
    ObjectType::CERTIFICATE,
    ObjectType::SYMMETRIC_KEY,
    ObjectType::PUBLIC_KEY,
    ObjectType::PRIVATE_KEY,
    ObjectType::SPLIT_KEY,
    ObjectType::TEMPLATE,
    ObjectType::SECRET_DATA,
    ObjectType::OPAQUE_OBJECT,
    ObjectType::PGP_KEY,
    ObjectType::CERTIFICATE_REQUEST,
];

/// Answers are in the order of the response table, whatever the order of the questions.
/// Nothing to say to a question (no application namespaces, no extensions, no attestation …) is nothing in the answer.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let mut asked = vec![QueryFunction(fields.req_enumeration(tag::QUERY_FUNCTION)?)];
    while let Some(function) = fields.opt_enumeration(tag::QUERY_FUNCTION)? {
        asked.push(QueryFunction(function));
    }
    fields.finish()?;
    let known = enumeration_for(tag::QUERY_FUNCTION);
    if let Some(unknown) = asked.iter().find(|f| known.is_some_and(|names| !names.valid(f.0, context.version))) {
        return Err(Failure::invalid_field(format!("unknown Query Function 0x{:08X}", unknown.0)));
    }
    let wants = |function| asked.contains(&function);
    if wants(QueryFunction::QUERY_OPERATIONS) {
        for row in served(context.version) {
            response.enumeration(tag::OPERATION, row.operation.0);
        }
    }
    if wants(QueryFunction::QUERY_OBJECTS) {
        let names = enumeration_for(tag::OBJECT_TYPE);
        for object_type in OBJECT_TYPES {
            if names.is_none_or(|names| names.valid(object_type.0, context.version)) {
                response.enumeration(tag::OBJECT_TYPE, object_type.0);
            }
        }
    }
    if wants(QueryFunction::QUERY_SERVER_INFORMATION) {
        response.text(tag::VENDOR_IDENTIFICATION, &context.config.vendor_identification);
        response.begin(tag::SERVER_INFORMATION);
        response.end();
    }
    if wants(QueryFunction::QUERY_RNGS) {
        response.item(&rng_parameters());
    }
    if wants(QueryFunction::QUERY_CAPABILITIES) {
        response.item(&capabilities(context));
    }
    if wants(QueryFunction::QUERY_STORAGE_PROTECTION_MASKS) {
        // 2.1 §11.42: bit 1 is software; nothing else is here.
        response.begin(tag::PROTECTION_STORAGE_MASKS);
        response.integer(tag::PROTECTION_STORAGE_MASK, 1);
        response.end();
    }
    Ok(())
}

/// Capability Information (1.4 §2.1.21): each field says whether something can be done; fields of later versions are left out.
fn capabilities(context: &Context<'_>) -> Item {
    use kmipspec_protocol::version::Version;
    let mut fields = vec![
        Item::boolean(tag::STREAMING_CAPABILITY, false),
        Item::boolean(tag::ASYNCHRONOUS_CAPABILITY, false),
        Item::boolean(tag::ATTESTATION_CAPABILITY, false),
    ];
    if context.version >= Version::V1_4 {
        fields.push(Item::boolean(tag::BATCH_UNDO_CAPABILITY, true));
        fields.push(Item::boolean(tag::BATCH_CONTINUE_CAPABILITY, true));
    }
    Item::structure(tag::CAPABILITY_INFORMATION, fields)
}
