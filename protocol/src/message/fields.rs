//! The fields of one structure, taken in the order of its table: the only way from a tree to a typed structure.

use super::{DecodeError, Reading, UnknownFields};
use crate::registry;
use crate::ttlv::{Children, ItemRef, ItemType, Tag};

/// How many different fields one structure is asked for at most; Cryptographic Parameters, the largest, has 18.
const ASKED: usize = 24;

/// The children of one structure, handed out in order; what is left over is judged by [`Fields::finish`].
pub struct Fields<'d> {
    parent: ItemRef<'d>,
    rest: Children<'d>,
    /// Tag of the next child; 0 when there is none (and for bytes too few for an item).
    next: Tag,
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
        let rest = parent.children();
        let next = next_tag(&rest);
        Ok(Self { parent, rest, next, reading, asked: [Tag(0); ASKED], asked_count: 0 })
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
        let Some(item) = self.next_of(tag) else { return Ok(None) };
        if self.next == tag { self.repeated() } else { Ok(Some(item)) }
    }

    /// The field `tag`, which has to be there.
    #[inline]
    pub fn req(&mut self, tag: Tag) -> Result<ItemRef<'d>, DecodeError> {
        match self.opt(tag)? {
            Some(item) => Ok(item),
            None => Err(self.missing(&[tag])),
        }
    }

    /// The next field if it is one of `tags`: a choice, such as the object in Register.
    #[inline]
    pub fn opt_any(&mut self, tags: &[Tag]) -> Result<Option<ItemRef<'d>>, DecodeError> {
        let Some(item) = self.step(tags) else { return Ok(None) };
        if tags.contains(&self.next) { self.repeated() } else { Ok(Some(item)) }
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
        self.note(tag);
        if self.next == tag {
            return self.advance();
        }
        if self.reading.unknown == UnknownFields::Refuse { None } else { self.skip_to(&[tag]) }
    }

    /// Whatever stands next, without asking for a name: for structures that hold "any attribute".
    pub fn any(&mut self) -> Option<ItemRef<'d>> {
        self.advance()
    }

    /// Nothing may be left over; where unknown fields are ignored, nothing that is known here.
    #[inline]
    pub fn finish(self) -> Result<(), DecodeError> {
        let left = match self.reading.unknown {
            UnknownFields::Refuse => self.peek(),
            UnknownFields::Ignore => self.rest.clone().find(|child| self.has_asked(child.tag())),
        };
        left.map_or(Ok(()), |left| Err(self.blame(left, false)))
    }

    /// Whether a field of this tag was asked for.
    fn has_asked(&self, tag: Tag) -> bool {
        self.asked.iter().take(self.asked_count).any(|asked| *asked == tag)
    }

    /// Takes the next child.
    #[inline]
    fn advance(&mut self) -> Option<ItemRef<'d>> {
        let item = self.rest.next();
        self.next = next_tag(&self.rest);
        item
    }

    /// Takes the next child if its tag is among `tags`; where unknown fields are ignored, skips to the first that is.
    fn step(&mut self, tags: &[Tag]) -> Option<ItemRef<'d>> {
        tags.iter().for_each(|tag| self.note(*tag));
        if tags.contains(&self.next) {
            return self.advance();
        }
        if self.reading.unknown == UnknownFields::Refuse { None } else { self.skip_to(tags) }
    }

    /// Takes the first child with one of `tags`, and leaves out those before it.
    fn skip_to(&mut self, tags: &[Tag]) -> Option<ItemRef<'d>> {
        let mut ahead = self.rest;
        let found = ahead.find(|child| tags.contains(&child.tag()))?;
        self.rest = ahead;
        self.next = next_tag(&ahead);
        Some(found)
    }

    /// Remembers what was asked for, to tell a field out of order from one that does not belong here.
    #[inline]
    fn note(&mut self, tag: Tag) {
        if let Some(slot) = self.asked.get_mut(self.asked_count) {
            *slot = tag;
            self.asked_count += 1;
        }
    }

    /// The field just taken stands there again.
    #[cold]
    fn repeated<T>(&self) -> Result<T, DecodeError> {
        let at = self.peek().map_or_else(|| self.parent.offset(), |second| second.offset());
        Err(DecodeError::Repeated { tag: self.next, at })
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
        let asked = self.has_asked(tag);
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

/// Tag of the next child; 0 when there is none.
#[inline]
fn next_tag(rest: &Children<'_>) -> Tag {
    rest.peek().map_or(Tag(0), |next| next.tag())
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
