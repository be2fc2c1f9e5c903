//! What an attribute is called: a tag of the standard, or a vendor's name.

use crate::registry;
use crate::ttlv::Tag;
use std::borrow::Cow;
use std::fmt;

/// Names an attribute at every version.
///
/// The custom attributes of 1.x are named `x-NAME` (made by clients) and `y-NAME` (made by servers); 2.x splits that
/// into a vendor, `x` or `y`, and a name (1.4 §3.39, 2.1 §4.60).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeKey {
    /// An attribute of the standard, by the tag it has at 2.x.
    Standard(Tag),
    /// Any other. A 1.x name that is neither of the standard nor starts with `x-` or `y-` has an empty vendor.
    Custom {
        /// Vendor Identification.
        vendor: String,
        /// Attribute Name, without the vendor.
        name: String,
    },
}

impl AttributeKey {
    /// The key of an Attribute Name as 1.x writes it: `Cryptographic Length`, `x-Purpose`.
    ///
    /// A name with the spelling of a tag is standard; whether that tag is an attribute is for the schema to say.
    pub fn from_v1_name(name: &str) -> Self {
        let custom = |vendor: &str, name: &str| Self::Custom { vendor: vendor.to_owned(), name: name.to_owned() };
        if let Some(rest) = name.strip_prefix("x-") {
            return custom("x", rest);
        }
        if let Some(rest) = name.strip_prefix("y-") {
            return custom("y", rest);
        }
        match registry::tag_named(name).filter(|row| row.name == name) {
            Some(row) => Self::Standard(row.tag),
            None => custom("", name),
        }
    }

    /// The Attribute Name of 1.x.
    // UNCLEAR: 2.1 §4.60 maps the vendors "x" and "y" to 1.x names and says nothing of others; here ACME's Colour becomes "ACME-Colour".
    pub fn v1_name(&self) -> Cow<'_, str> {
        match self {
            Self::Standard(tag) => match registry::tag_row(*tag) {
                Some(row) => Cow::Borrowed(row.name),
                None => Cow::Owned(tag.to_string()),
            },
            Self::Custom { vendor, name } if vendor.is_empty() => Cow::Borrowed(name),
            Self::Custom { vendor, name } => Cow::Owned(format!("{vendor}-{name}")),
        }
    }

    /// The tag, for an attribute of the standard.
    pub fn tag(&self) -> Option<Tag> {
        match self {
            Self::Standard(tag) => Some(*tag),
            Self::Custom { .. } => None,
        }
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.v1_name())
    }
}

impl From<Tag> for AttributeKey {
    fn from(tag: Tag) -> Self {
        Self::Standard(tag)
    }
}
