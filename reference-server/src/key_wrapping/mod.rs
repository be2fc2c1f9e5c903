//! Wrapped keys: made on the way out, taken apart on the way in (1.4 §2.1.5, §2.1.6, 2.1 §3.3, §7.18).

mod keys;
mod unwrap;
mod wrap;

pub(crate) use unwrap::{unwrap, wrapping_key};
pub(crate) use wrap::wrap;

use kmipspec_protocol::message::FieldValue;
use kmipspec_protocol::objects::{KeyWrappingData, ManagedObject};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Doc, Item, ItemType, Limits};
use kmipspec_protocol::version::Version;

/// Whether the key is wrapped within a Key Value structure, as some write it with No Encoding (published TC-WRAP-3-14), not as
/// the Byte String that 1.4 §2.1.3 has.
pub(crate) fn is_structured(object: &ManagedObject) -> bool {
    let value = object.key_block().and_then(|block| block.child(tag::KEY_VALUE));
    object.is_wrapped() && value.is_some_and(|value| value.ty == ItemType::STRUCTURE)
}

/// Calls a function with the Key Wrapping Data of an object; `None` where there is none that can be read.
fn with_wrapping_data<T>(object: &ManagedObject, call: impl FnOnce(KeyWrappingData<'_>) -> T) -> Option<T> {
    let item = object.key_block()?.child(tag::KEY_WRAPPING_DATA)?;
    let doc = Doc::strict_owned(item.encode(), &Limits::default()).ok()?;
    // Later versions have the fields of the earlier ones.
    let data = KeyWrappingData::read(doc.root()?, Version::V2_1.into()).ok()?;
    Some(call(data))
}

/// The object with another Key Value, wrapped or not.
fn with_key_value(object: &ManagedObject, value: Item, wrapping: Option<Item>) -> Option<ManagedObject> {
    let mut item = object.item().clone();
    let block = item.items_mut()?.iter_mut().find(|i| i.tag == tag::KEY_BLOCK)?.items_mut()?;
    block.retain(|field| field.tag != tag::KEY_WRAPPING_DATA);
    *block.iter_mut().find(|field| field.tag == tag::KEY_VALUE)? = value;
    block.extend(wrapping);
    ManagedObject::new(item)
}
