//! What is left of a destroyed object for Export: its structure without the material (1.4 §4.40: the material of a destroyed object
//! is not returned).

use crate::context::Context;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, Limits};

/// The records of shells, by Unique Identifier.
pub(crate) const TABLE: &str = "shell";

/// The object without its material: a Key Block without Key Value, a certificate or opaque object of no bytes.
fn empty(object: &ManagedObject) -> Item {
    let mut item = object.item().clone();
    for field in item.items_mut().into_iter().flatten() {
        match field.tag {
            tag::KEY_BLOCK => {
                if let Some(block) = field.items_mut() {
                    block.retain(|inner| !matches!(inner.tag, tag::KEY_VALUE | tag::KEY_WRAPPING_DATA));
                }
            }
            tag::CERTIFICATE_VALUE | tag::CERTIFICATE_REQUEST_VALUE | tag::OPAQUE_DATA_VALUE => {
                *field = Item::bytes(field.tag, Vec::new());
            }
            _ => {}
        }
    }
    item
}

/// Keeps the shell of an object whose material goes.
pub(crate) fn keep(context: &mut Context<'_>, id: &str, object: &ManagedObject) {
    context.transaction.put_record(TABLE, id, Some(&empty(object).encode()));
}

/// Forgets the shell of an object that has material again, or is no more.
pub(crate) fn forget(context: &mut Context<'_>, id: &str) {
    if context.transaction.record(TABLE, id).is_some() {
        context.transaction.put_record(TABLE, id, None);
    }
}

/// The shell of a destroyed object.
pub(crate) fn of(context: &Context<'_>, id: &str) -> Option<ManagedObject> {
    let bytes = context.transaction.record(TABLE, id)?;
    let doc = Doc::strict_owned(bytes.to_vec(), &Limits::default()).ok()?;
    ManagedObject::new(Item::from_ref(doc.root()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::{CertificateType, CryptographicAlgorithm};

    #[test]
    fn the_shell_has_all_but_the_material() {
        let shell = ManagedObject::new(empty(&ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 128, [7; 16])));
        let shell = shell.expect("still a key");
        assert!(shell.lacks_key_value());
        assert_eq!(shell.cryptographic_length(), Some(128));
        let shell = ManagedObject::new(empty(&ManagedObject::certificate(CertificateType::X_509, [0x30, 0])));
        assert_eq!(shell.expect("still a certificate").material(), Some(&[][..]));
    }
}
