//! Reading a structure field by field, in order: what the typed layer is made of.

use super::doc::{Children, ItemRef, Value};
use super::item_type::{ItemType, Tag};
use std::fmt;

/// Why a structure is not what the reader asked for, and at which offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldError {
    /// A required field is not there; `at` is where it should have been.
    Missing {
        /// The field.
        tag: Tag,
        /// Offset in the message.
        at: usize,
    },
    /// The field is there with another type.
    WrongType {
        /// The field.
        tag: Tag,
        /// The type it has.
        ty: ItemType,
        /// The type it should have.
        expected: ItemType,
        /// Offset in the message.
        at: usize,
    },
    /// An item stands where none, or another, is expected.
    Unexpected {
        /// The item.
        tag: Tag,
        /// Offset in the message.
        at: usize,
    },
    /// The field stands in the structure more often than it may.
    Repeated {
        /// The field.
        tag: Tag,
        /// Offset in the message.
        at: usize,
    },
    /// The field's bytes do not make a value.
    Malformed {
        /// The field.
        tag: Tag,
        /// Offset in the message.
        at: usize,
    },
}

impl FieldError {
    /// Offset in the message.
    pub const fn at(&self) -> usize {
        match *self {
            Self::Missing { at, .. }
            | Self::WrongType { at, .. }
            | Self::Unexpected { at, .. }
            | Self::Repeated { at, .. }
            | Self::Malformed { at, .. } => at,
        }
    }

    /// The field it is about.
    pub const fn tag(&self) -> Tag {
        match *self {
            Self::Missing { tag, .. }
            | Self::WrongType { tag, .. }
            | Self::Unexpected { tag, .. }
            | Self::Repeated { tag, .. }
            | Self::Malformed { tag, .. } => tag,
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { tag, at } => write!(f, "offset {at}: field {tag} is missing"),
            Self::WrongType { tag, ty, expected, at } => {
                write!(f, "offset {at}: field {tag} has type {ty}, not {expected}")
            }
            Self::Unexpected { tag, at } => write!(f, "offset {at}: item {tag} is not expected here"),
            Self::Repeated { tag, at } => write!(f, "offset {at}: field {tag} is given more than once"),
            Self::Malformed { tag, at } => write!(f, "offset {at}: field {tag} has no valid value"),
        }
    }
}

impl std::error::Error for FieldError {}

/// A place between the items of one structure. Each reader takes the next item if it has the tag asked for.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'d> {
    parent: ItemRef<'d>,
    rest: Children<'d>,
}

macro_rules! readers {
    ($($opt:ident $req:ident $ty:ident $variant:ident $out:ty, $what:literal;)*) => {$(
        #[doc = concat!("The next item as ", $what, ", if it has this tag.")]
        #[inline]
        pub fn $opt(&mut self, tag: Tag) -> Result<Option<$out>, FieldError> {
            let Some(item) = self.opt(tag) else { return Ok(None) };
            match item.value() {
                Some(Value::$variant(v)) => Ok(Some(v)),
                _ => Err(wrong(item, ItemType::$ty)),
            }
        }

        #[doc = concat!("The next item as ", $what, "; missing is an error.")]
        #[inline]
        pub fn $req(&mut self, tag: Tag) -> Result<$out, FieldError> {
            let at = self.offset();
            self.$opt(tag)?.ok_or(FieldError::Missing { tag, at })
        }
    )*};
}

impl<'d> Cursor<'d> {
    /// Before the first item of this structure. An item of another type has no items.
    pub fn new(structure: ItemRef<'d>) -> Self {
        Self { parent: structure, rest: structure.children() }
    }

    /// The next item, without moving on.
    #[inline]
    pub fn peek(&self) -> Option<ItemRef<'d>> {
        self.rest.peek()
    }

    /// The next item if it has this tag.
    #[inline]
    pub fn opt(&mut self, tag: Tag) -> Option<ItemRef<'d>> {
        if self.peek()?.tag() == tag { self.rest.next() } else { None }
    }

    /// The next item, which must have this tag.
    pub fn req(&mut self, tag: Tag) -> Result<ItemRef<'d>, FieldError> {
        let at = self.offset();
        self.opt(tag).ok_or(FieldError::Missing { tag, at })
    }

    /// The next item, whatever it is.
    pub fn take(&mut self) -> Option<ItemRef<'d>> {
        self.rest.next()
    }

    /// The items that follow as long as they have this tag.
    pub fn many(&mut self, tag: Tag) -> impl Iterator<Item = ItemRef<'d>> + use<'d, '_> {
        std::iter::from_fn(move || self.opt(tag))
    }

    /// A cursor inside the next item, if it has this tag; it must be a Structure.
    pub fn opt_structure(&mut self, tag: Tag) -> Result<Option<Self>, FieldError> {
        match self.opt(tag) {
            Some(item) if item.ty() == ItemType::STRUCTURE => Ok(Some(Self::new(item))),
            Some(item) => Err(wrong(item, ItemType::STRUCTURE)),
            None => Ok(None),
        }
    }

    /// A cursor inside the next item, which must be a Structure with this tag.
    pub fn req_structure(&mut self, tag: Tag) -> Result<Self, FieldError> {
        let at = self.offset();
        self.opt_structure(tag)?.ok_or(FieldError::Missing { tag, at })
    }

    readers! {
        opt_i32 req_i32 INTEGER Integer i32, "an Integer";
        opt_i64 req_i64 LONG_INTEGER LongInteger i64, "a Long Integer";
        opt_enumeration req_enumeration ENUMERATION Enumeration u32, "an Enumeration";
        opt_bool req_bool BOOLEAN Boolean bool, "a Boolean";
        opt_text req_text TEXT_STRING TextString &'d str, "a Text String";
        opt_bytes req_bytes BYTE_STRING ByteString &'d [u8], "a Byte String";
        opt_date_time req_date_time DATE_TIME DateTime i64, "a Date-Time in seconds";
        opt_interval req_interval INTERVAL Interval u32, "an Interval in seconds";
    }

    /// The items not yet read.
    pub fn rest(&self) -> Children<'d> {
        self.rest
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), FieldError> {
        match self.peek() {
            None => Ok(()),
            Some(item) => Err(FieldError::Unexpected { tag: item.tag(), at: item.offset() }),
        }
    }

    /// The structure this reads.
    pub fn parent(&self) -> ItemRef<'d> {
        self.parent
    }

    /// Offset of the next item, or of the end of the structure.
    pub fn offset(&self) -> usize {
        self.peek().map_or_else(|| self.parent.end(), |i| i.offset())
    }
}

#[cold]
fn wrong(item: ItemRef<'_>, expected: ItemType) -> FieldError {
    let (tag, at) = (item.tag(), item.offset());
    if item.ty() == expected {
        FieldError::Malformed { tag, at }
    } else {
        FieldError::WrongType { tag, ty: item.ty(), expected, at }
    }
}
