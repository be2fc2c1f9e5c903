//! Re-key: a new symmetric key takes the place of another (1.0 §4.4, 1.4 §4.4, 2.1 §6.1.46).

use crate::attributes::AttributeKey;
use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::cryptography::algorithm;
use crate::failure::{Failure, Outcome};
use crate::protection;
use crate::replacement;
use crate::symmetric_key;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::re_key::{Request, Response};
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The replacement has algorithm and length of the existing key, takes its Names, and both are linked. The existing key keeps
/// its state: when it ends is for its dates and its owner to say.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let id = context.unique_identifier(request.unique_identifier.as_ref())?;
    let existing = context.object(&id)?;
    if existing.object_type != ObjectType::SYMMETRIC_KEY {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::INVALID_OBJECT_TYPE,
            "only symmetric keys can be re-keyed",
        ));
    }
    replacement::check(&existing, version)?;
    let asked = requested_attributes(context, request.attributes.as_ref())?;
    let offset = request.offset.map(|offset| offset.0);
    replacement::check_offset(offset, &asked)?;
    let fixed = [tag::CRYPTOGRAPHIC_ALGORITHM, tag::CRYPTOGRAPHIC_LENGTH];
    let same = |wanted| {
        asked
            .iter()
            .filter(|a| a.key == AttributeKey::Standard(wanted))
            .all(|a| existing.attribute(wanted).is_some_and(|there| there.value == a.value))
    };
    if !fixed.into_iter().all(same) {
        return Err(Failure::invalid_field("a replacement has the algorithm and length of the existing key"));
    }
    let (Some(algorithm), Some(length)) = (algorithm(&existing), existing.integer(tag::CRYPTOGRAPHIC_LENGTH)) else {
        return Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "algorithm and length of the key are not known"));
    };
    let key = symmetric_key::make(context, algorithm, length)?;
    let attributes = replacement::attributes(context, &existing, offset, asked)?;
    replacement::release_names(context, &existing);
    let material = ManagedObject::symmetric_key(algorithm, length, key);
    let new = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    replacement::link(context, &id, &new)?;
    Response { unique_identifier: new.into(), attributes: None }.encode(response, version);
    Ok(())
}
