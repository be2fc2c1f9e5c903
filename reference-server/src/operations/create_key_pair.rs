//! Create Key Pair: a private and a public key that belong together (1.0 §4.2, 1.4 §4.2, 2.1 §6.1.9).

use crate::attributes::{Attribute, value_of};
use crate::context::Context;
use crate::defaults;
use crate::failure::Outcome;
use crate::key_pair;
use crate::protection;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::operations::create_key_pair::{Request, Response};
use kmipspec_protocol::registry::{ObjectType, tag};
use kmipspec_protocol::ttlv::{Item, ItemRef, Writer};

/// RSA and the NIST curves. An elliptic curve key says its length even where the request names only the curve.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let version = context.version;
    let request = Request::decode(payload, context.reading)?;
    protection::check_pair(
        request.common_protection_storage_masks.as_ref(),
        request.private_protection_storage_masks.as_ref(),
        request.public_protection_storage_masks.as_ref(),
    )?;
    let mut private = key_pair::attributes(context, request.common.as_ref(), request.private_key.as_ref())?;
    let mut public = key_pair::attributes(context, request.common.as_ref(), request.public_key.as_ref())?;
    defaults::fill(context, ObjectType::PRIVATE_KEY, &mut private)?;
    defaults::fill(context, ObjectType::PUBLIC_KEY, &mut public)?;
    let pair = key_pair::generate(context, &private, &public)?;
    with_length(&mut private, &pair.private);
    with_length(&mut public, &pair.public);
    let (private, public) = key_pair::store(context, pair, private, public)?;
    let answer = Response {
        private_key_unique_identifier: private.into(),
        public_key_unique_identifier: public.into(),
        private_key: None,
        public_key: None,
    };
    answer.encode(response, version);
    Ok(())
}

/// Cryptographic Length as the key has it, where the client left it to the curve.
fn with_length(attributes: &mut Vec<Attribute>, key: &ManagedObject) {
    if let Some(bits) = key.cryptographic_length()
        && value_of(attributes, tag::CRYPTOGRAPHIC_LENGTH).is_none()
    {
        attributes.push(Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, bits)));
    }
}
