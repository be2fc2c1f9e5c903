//! Re-key Key Pair: a new key pair takes the place of another (1.1 §4.5, 1.4 §4.5, 2.1 §6.1.47).

use crate::attributes::value_of;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::key_pair;
use crate::protection;
use crate::replacement;
use kmipspec_protocol::operations::re_key_key_pair::{Request, Response};
use kmipspec_protocol::registry::{LinkType, ObjectType, ResultReason, tag};
use kmipspec_protocol::ttlv::{ItemRef, Writer};

/// The public key is found by the private key's Link. Both halves are replaced together, with their Names and new Links.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check_pair(
        request.common_protection_storage_masks.as_ref(),
        request.private_protection_storage_masks.as_ref(),
        request.public_protection_storage_masks.as_ref(),
    )?;
    let given = request.private_key_unique_identifier.as_ref().or(request.unique_identifier.as_ref());
    let private_id = context.unique_identifier(given)?;
    let private = context.object(&private_id)?;
    if private.object_type != ObjectType::PRIVATE_KEY {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::INVALID_OBJECT_TYPE,
            "a key pair is re-keyed by its private key",
        ));
    }
    replacement::check(&private, version)?;
    let public_id = key_pair::linked(&private, LinkType::PUBLIC_KEY_LINK);
    let public_id = public_id.ok_or_else(|| Failure::not_found(version))?;
    let public = context.object(&public_id)?;
    replacement::check(&public, version)?;
    let asked_private = key_pair::attributes(context, request.common.as_ref(), request.private_key.as_ref())?;
    let asked_public = key_pair::attributes(context, request.common.as_ref(), request.public_key.as_ref())?;
    let offset = request.offset.map(|offset| offset.0);
    replacement::check_offset(offset, &asked_private)?;
    replacement::check_offset(offset, &asked_public)?;
    let new_private = replacement::attributes(context, &private, offset, asked_private)?;
    let new_public = replacement::attributes(context, &public, offset, asked_public)?;
    for (old, new) in [(&private, &new_private), (&public, &new_public)] {
        for fixed in [tag::CRYPTOGRAPHIC_ALGORITHM, tag::CRYPTOGRAPHIC_LENGTH, tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS] {
            let there = old.attribute(fixed).map(|a| &a.value);
            if value_of(new, fixed) != there {
                return Err(Failure::invalid_field("a replacement has the algorithm and length of the existing keys"));
            }
        }
    }
    let pair = key_pair::generate(context, &new_private, &new_public)?;
    replacement::release_names(context, &private);
    replacement::release_names(context, &public);
    let (new_private, new_public) = key_pair::store(context, pair, new_private, new_public)?;
    replacement::link(context, &private_id, &new_private)?;
    replacement::link(context, &public_id, &new_public)?;
    let answer = Response {
        private_key_unique_identifier: new_private.into(),
        public_key_unique_identifier: new_public.into(),
        private_key: None,
        public_key: None,
    };
    answer.encode(response, version);
    Ok(())
}
