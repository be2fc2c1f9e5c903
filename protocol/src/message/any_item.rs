//! A field whose content is not taken apart here: borrowed from a message, or built by us.

use crate::ttlv::{Item, ItemRef, ItemType, Tag, Value, Writer};
use std::fmt;

/// An item as it came, or one of our own.
#[derive(Clone)]
pub enum AnyItem<'d> {
    /// From a message; copied byte for byte when written.
    Wire(ItemRef<'d>),
    /// Built by us.
    Owned(Item),
}

impl<'d> AnyItem<'d> {
    /// The item of the message it borrows from, for a payload decoder; `None` for one of our own.
    pub fn wire(&self) -> Option<ItemRef<'d>> {
        match self {
            Self::Wire(item) => Some(*item),
            Self::Owned(_) => None,
        }
    }

    /// Its tag.
    pub fn tag(&self) -> Tag {
        match self {
            Self::Wire(item) => item.tag(),
            Self::Owned(item) => item.tag,
        }
    }

    /// Its type.
    pub fn ty(&self) -> ItemType {
        match self {
            Self::Wire(item) => item.ty(),
            Self::Owned(item) => item.ty,
        }
    }

    /// Its value; `None` when the bytes are no value of the type.
    pub fn value(&self) -> Option<Value<'_>> {
        match self {
            Self::Wire(item) => item.value(),
            Self::Owned(item) => item.value(),
        }
    }

    /// A copy that borrows nothing.
    pub fn to_item(&self) -> Item {
        match self {
            Self::Wire(item) => Item::from_ref(*item),
            Self::Owned(item) => item.clone(),
        }
    }

    /// Itself, without borrowing.
    pub fn into_item(self) -> Item {
        match self {
            Self::Wire(item) => Item::from_ref(item),
            Self::Owned(item) => item,
        }
    }

    /// Writes it under its own tag.
    pub fn write(&self, w: &mut Writer) {
        match self {
            Self::Wire(item) => w.copy(*item),
            Self::Owned(item) => w.item(item),
        }
    }

    /// Writes it under another tag: an attribute's value is AttributeValue at 1.x and the attribute's own tag at 2.x.
    pub fn write_as(&self, w: &mut Writer, tag: Tag) {
        match self {
            Self::Wire(item) => w.copy_as(tag, *item),
            Self::Owned(item) if item.tag == tag => w.item(item),
            Self::Owned(item) if item.ty == ItemType::STRUCTURE => w.structure(tag, |w| {
                for child in item.items() {
                    w.item(child);
                }
            }),
            Self::Owned(item) => w.item(&item.clone().with_tag(tag)),
        }
    }
}

impl fmt::Debug for AnyItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(item) => write!(f, "Wire({} {} at {})", item.tag(), item.ty(), item.offset()),
            Self::Owned(item) => f.debug_tuple("Owned").field(item).finish(),
        }
    }
}

impl PartialEq for AnyItem<'_> {
    /// Equal when the same bytes would be written.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wire(a), Self::Wire(b)) => a.same_content(*b),
            _ => self.to_item() == other.to_item(),
        }
    }
}

impl<'d> From<ItemRef<'d>> for AnyItem<'d> {
    fn from(item: ItemRef<'d>) -> Self {
        Self::Wire(item)
    }
}

impl From<Item> for AnyItem<'_> {
    fn from(item: Item) -> Self {
        Self::Owned(item)
    }
}
