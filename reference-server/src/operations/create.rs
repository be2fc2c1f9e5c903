//! Create: a new symmetric key (1.0 §4.1, 1.4 §4.1, 2.1 §6.1.8).

use crate::context::Context;
use crate::creation::{self, Origin, requested_attributes};
use crate::defaults;
use crate::failure::{Failure, Outcome};
use crate::protection;
use crate::symmetric_key;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::create::{Request, Response};
use kmipspec_protocol::registry::{ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// Algorithm and length must be given. The usage mask is required too (1.4 Table 164), yet no error is defined for its
/// absence and published cases leave it out (TC-CS-CORVAL-1-14): the key then has a mask of zero and no use.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check(request.protection_storage_masks.as_ref())?;
    let object_type = request.object_type;
    let mut attributes = requested_attributes(context, Some(&request.attributes))?;
    defaults::fill(context, object_type, &mut attributes)?;
    if object_type != ObjectType::SYMMETRIC_KEY {
        return Err(Failure::wrong_type(version, "only symmetric keys can be created"));
    }
    let (algorithm, length) = symmetric_key::asked(&attributes, version)?;
    let key = symmetric_key::make(context, algorithm, length)?;
    let quantum_safe = attributes.iter().any(|a| a.value == Item::boolean(tag::QUANTUM_SAFE, true));
    if quantum_safe && length < 256 {
        // 2.0 §4.43 has no reason of its own for this; published (QS-M-2) is General Failure.
        return Err(Failure::new(ResultReason::GENERAL_FAILURE, "a quantum safe key has 256 bits or more"));
    }
    let key = if context.quirk("keys-are-all-zero") { vec![0; key.len()] } else { key };
    let material = ManagedObject::symmetric_key(algorithm, length, key);
    let id = creation::create(context, material, attributes, Vec::new(), Origin::Generated)?;
    Response { object_type, unique_identifier: id.into(), attributes: None }.encode(response, version);
    Ok(())
}
