//! The fields of one structure, taken in the order of its table: the only way from a tree to a typed structure.

use super::{DecodeError, Reading, UnknownFields};
use crate::registry;
use crate::ttlv::{Children, ItemRef, ItemType, Tag};

/// How many different fields one structure is asked for at most; Query's response, the largest, has 14.
const ASKED: usize = 24;

/// The children of one structure, handed out in order; what is left over is judged by [`Fields::finish`].
pub struct Fields<'d> {
    parent: ItemRef<'d>,
    rest: Children<'d>,
    reading: Reading,
    asked: [Tag; ASKED],
    asked_count: usize,
}

impl<'d> Fields<'d> {
    /// The fields of `parent`, which must be a Structure.
    #[inline]
    pub fn new(parent: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        if parent.ty() != ItemType::STRUCTURE {
            return Err(wrong_type(parent, ItemType::STRUCTURE));
        }
        Ok(Self { parent, rest: parent.children(), reading, asked: [Tag(0); ASKED], asked_count: 0 })
    }

    /// The version and strictness it is read with.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// The structure.
    pub fn parent(&self) -> ItemRef<'d> {
        self.parent
    }

    /// The field that comes next, without taking it.
    pub fn peek(&self) -> Option<ItemRef<'d>> {
        self.rest.peek()
    }

    /// How many fields are left.
    pub fn left(&self) -> usize {
        self.rest.count()
    }

    /// The field `tag` if it is next. A second one right behind it is an error (EG-003).
    #[inline]
    pub fn opt(&mut self, tag: Tag) -> Result<Option<ItemRef<'d>>, DecodeError> {
        self.opt_any(&[tag])
    }

    /// The field `tag`, which has to be there.
    #[inline]
    pub fn req(&mut self, tag: Tag) -> Result<ItemRef<'d>, DecodeError> {
        self.req_any(&[tag])
    }

    /// The next field if it is one of `tags`: a choice, such as the object in Register.
    #[inline]
    pub fn opt_any(&mut self, tags: &[Tag]) -> Result<Option<ItemRef<'d>>, DecodeError> {
        let Some(item) = self.step(tags) else { return Ok(None) };
        match self.peek() {
            Some(second) if tags.contains(&second.tag()) => {
                Err(DecodeError::Repeated { tag: second.tag(), at: second.offset() })
            }
            _ => Ok(Some(item)),
        }
    }

    /// One of `tags`, which has to be there.
    #[inline]
    pub fn req_any(&mut self, tags: &[Tag]) -> Result<ItemRef<'d>, DecodeError> {
        match self.opt_any(tags)? {
            Some(item) => Ok(item),
            None => Err(self.missing(tags)),
        }
    }

    /// The next of any number of fields `tag` in a row; call until `None`.
    #[inline]
    pub fn next_of(&mut self, tag: Tag) -> Option<ItemRef<'d>> {
        self.step(&[tag])
    }

    /// Whatever stands next, without asking for a name: for structures that hold "any attribute".
    pub fn any(&mut self) -> Option<ItemRef<'d>> {
        self.rest.next()
    }

    /// Nothing may be left over, unless unknown fields are ignored.
    #[inline]
    pub fn finish(self) -> Result<(), DecodeError> {
        match (self.peek(), self.reading.unknown) {
            (None, _) | (Some(_), UnknownFields::Ignore) => Ok(()),
            (Some(left), UnknownFields::Refuse) => Err(self.blame(left, false)),
        }
    }

    /// Takes the next child if its tag is among `tags`; where unknown fields are ignored, skips to the first that is.
    #[inline]
    fn step(&mut self, tags: &[Tag]) -> Option<ItemRef<'d>> {
        let item = self.peek()?;
        if tags.contains(&item.tag()) {
            self.note(tags);
            return self.rest.next();
        }
        self.step_over(tags)
    }

    /// The rest of [`Self::step`]: the next child is another one.
    fn step_over(&mut self, tags: &[Tag]) -> Option<ItemRef<'d>> {
        self.note(tags);
        if self.reading.unknown == UnknownFields::Refuse {
            return None;
        }
        let mut ahead = self.rest;
        let found = ahead.find(|child| tags.contains(&child.tag()))?;
        self.rest = ahead;
        Some(found)
    }

    /// Remembers what was asked for, to tell a field out of order from one that does not belong here.
    #[inline]
    fn note(&mut self, tags: &[Tag]) {
        for &tag in tags {
            if let Some(slot) = self.asked.get_mut(self.asked_count) {
                *slot = tag;
                self.asked_count += 1;
            }
        }
    }

    /// Why a required field was not next: it is nowhere, or something stands before it.
    #[cold]
    fn missing(&self, tags: &[Tag]) -> DecodeError {
        let mut rest = self.rest;
        let later = rest.any(|child| tags.contains(&child.tag()));
        match self.peek() {
            Some(blocker) if later => self.blame(blocker, true),
            _ => {
                let tag = tags.first().copied().unwrap_or(Tag(0));
                DecodeError::Missing { tag, at: self.parent.offset() }
            }
        }
    }

    /// What is wrong with a child nobody took. `blocks`: a required field stands behind it.
    #[cold]
    fn blame(&self, child: ItemRef<'d>, blocks: bool) -> DecodeError {
        let (tag, at) = (child.tag(), child.offset());
        let before = self.parent.children().take_while(|c| c.offset() < at).any(|c| c.tag() == tag);
        let asked = self.asked.iter().take(self.asked_count).any(|&t| t == tag);
        let version = self.reading.version;
        let known = || registry::tag_row(tag).is_some_and(|row| row.since <= version);
        if before && asked {
            DecodeError::Repeated { tag, at }
        } else if asked || (blocks && known()) {
            DecodeError::OutOfOrder { tag, at }
        } else {
            DecodeError::Unknown { tag, at }
        }
    }
}

/// The item has another type than its field.
#[cold]
pub(crate) fn wrong_type(item: ItemRef<'_>, expected: ItemType) -> DecodeError {
    DecodeError::WrongType { tag: item.tag(), at: item.offset(), found: item.ty(), expected }
}

/// The item has the right type and no value, or another type.
#[cold]
pub(crate) fn no_value(item: ItemRef<'_>, expected: ItemType) -> DecodeError {
    if item.ty() == expected {
        DecodeError::Malformed { tag: item.tag(), at: item.offset() }
    } else {
        wrong_type(item, expected)
    }
}
