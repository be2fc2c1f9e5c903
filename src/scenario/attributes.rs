//! Attributes in one notation for every version: `Attributes: {State: Active, x-Foo: bar}`.

use super::names;
use kmipspec_protocol::attributes::{Attribute, AttributeKey};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema;
use kmipspec_protocol::ttlv::{Item, ItemRef, Tag};
use kmipspec_protocol::version::Version;

/// What an attribute is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// One of the standard's.
    Standard(Tag),
    /// A custom attribute: `x-Foo` of 1.x is vendor `x`, name `Foo` of 2.x.
    Custom {
        /// Vendor Identification.
        vendor: String,
        /// Attribute Name without the vendor.
        name: String,
    },
    /// Any text as 1.x Attribute Name, known or not.
    Verbatim(String),
}

/// What holds attributes at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One structure of Attribute structures (1.x): Template-Attribute and its three siblings, with this tag.
    Template(Tag),
    /// Attribute structures side by side (1.x): Locate, Get Attributes, Add Attribute, Key Value.
    Bare,
    /// One structure of attributes under their own tags (2.x): Attributes, New Attribute, Current Attribute, with this tag.
    Own(Tag),
}

impl Container {
    /// The XML name of what holds them.
    pub fn name(self) -> String {
        match self {
            Self::Template(tag) | Self::Own(tag) => names::tag_name(tag),
            Self::Bare => "Attribute, one each".to_owned(),
        }
    }
}

impl Named {
    /// Reads a name of the common notation: an XML name, or `x-…`/`y-…`.
    pub fn read(name: &str, version: Version) -> Result<Self, names::Unknown> {
        if let Some((vendor @ ("x" | "y"), rest)) = name.split_once('-') {
            return Ok(Self::Custom { vendor: vendor.to_owned(), name: rest.to_owned() });
        }
        if name.starts_with("0x") {
            return names::tag(name, version).map(Self::Standard);
        }
        // Of 3.0 there is no list of attributes: what 2.1 had and what has a tag may be one.
        if version >= Version::V3_0
            && let Ok(tag) = names::tag(name, version)
        {
            return Ok(Self::Standard(tag));
        }
        match schema::attribute_named(name) {
            Some(row) if row.xml_name == name => {
                if row.versions.contains(version) {
                    Ok(Self::Standard(row.tag))
                } else {
                    Err(names::Unknown {
                        message: format!(
                            "{name} is not an attribute of KMIP {version} (it is one from {} to {})",
                            row.versions.since, row.versions.until
                        ),
                        help: None,
                    })
                }
            }
            Some(row) => Err(names::Unknown {
                message: format!("unknown attribute `{name}`"),
                help: Some(format!("write `{}`", row.xml_name)),
            }),
            None => Err(names::Unknown {
                message: format!("unknown attribute `{name}`"),
                help: super::diagnostic::did_you_mean(name, schema::ATTRIBUTES.iter().map(|a| a.xml_name)),
            }),
        }
    }

    /// The tag its value has in 2.x.
    pub fn value_tag(&self) -> Tag {
        match self {
            Self::Standard(tag) => *tag,
            Self::Custom { .. } | Self::Verbatim(_) => tag::ATTRIBUTE_VALUE,
        }
    }

    /// The key a server keeps it under.
    pub fn key(self) -> AttributeKey {
        match self {
            Self::Standard(tag) => AttributeKey::Standard(tag),
            Self::Custom { vendor, name } => AttributeKey::Custom { vendor, name },
            Self::Verbatim(name) => AttributeKey::from_v1_name(&name),
        }
    }

    /// Attribute Name of 1.x: the standard's own spelling, with blanks.
    pub fn v1_name(&self) -> String {
        match self {
            Self::Standard(tag) => {
                schema::attribute_row(*tag).map_or_else(|| names::tag_name(*tag), |r| r.name.to_owned())
            }
            Self::Custom { vendor, name } => format!("{vendor}-{name}"),
            Self::Verbatim(name) => name.clone(),
        }
    }

    /// The name in the common notation.
    pub fn common(&self) -> String {
        match self {
            Self::Standard(tag) => names::tag_name(*tag),
            Self::Custom { vendor, name } => format!("{vendor}-{name}"),
            Self::Verbatim(name) => name.clone(),
        }
    }
}

/// Puts attributes on the wire the way the container asks.
///
/// An attribute given several times to a new object of 1.x says which instance each is; anywhere else the Attribute
/// Index is the server's to assign (1.4 §2.1.1, §4.9, §4.14).
pub fn lower(attributes: Vec<(Named, Item)>, container: Container, version: Version) -> Vec<Item> {
    let version = match container {
        Container::Own(_) => version.max(Version::V2_0),
        Container::Template(_) | Container::Bare => Version::V1_0,
    };
    let names: Vec<Named> = attributes.iter().map(|(n, _)| n.clone()).collect();
    let index = |at: usize, named: &Named| {
        let same = |n: &&Named| *n == named;
        if !matches!(container, Container::Template(_)) || names.iter().filter(same).count() < 2 {
            return None;
        }
        i32::try_from(names.iter().take(at).filter(same).count()).ok()
    };
    let items = attributes.into_iter().enumerate().map(|(at, (named, value))| {
        let index = index(at, &named);
        Attribute::new(named.key(), index, value).to_item(version)
    });
    match container {
        Container::Template(tag) | Container::Own(tag) => vec![Item::structure(tag, items.collect())],
        Container::Bare => items.collect(),
    }
}

/// How an Attribute Name list is spelled: text in 1.x, Attribute Reference in 2.x.
pub fn lower_reference(named: &Named, version: Version) -> Item {
    if version < Version::V2_0 {
        return Item::text(tag::ATTRIBUTE_NAME, named.v1_name());
    }
    match named {
        Named::Standard(of) => Item::enumeration(tag::ATTRIBUTE_REFERENCE, of.0),
        Named::Custom { vendor, name } => Item::structure(
            tag::ATTRIBUTE_REFERENCE,
            vec![
                Item::text(tag::VENDOR_IDENTIFICATION, vendor.as_str()),
                Item::text(tag::ATTRIBUTE_NAME, name.as_str()),
            ],
        ),
        Named::Verbatim(name) => Item::text(tag::ATTRIBUTE_NAME, name.as_str()),
    }
}

/// One attribute of an answer.
#[derive(Clone)]
pub struct Found<'d> {
    /// Its name in the common notation.
    pub name: String,
    /// The item that holds its value.
    pub value: ItemRef<'d>,
}

/// The attributes inside a payload or container, whichever way the version spells them.
pub fn read<'d>(holder: ItemRef<'d>) -> Vec<Found<'d>> {
    let own = [
        tag::ATTRIBUTES,
        tag::NEW_ATTRIBUTE,
        tag::CURRENT_ATTRIBUTE,
        tag::COMMON_ATTRIBUTES,
        tag::PRIVATE_KEY_ATTRIBUTES,
        tag::PUBLIC_KEY_ATTRIBUTES,
    ];
    let templates = [
        tag::TEMPLATE_ATTRIBUTE,
        tag::COMMON_TEMPLATE_ATTRIBUTE,
        tag::PRIVATE_KEY_TEMPLATE_ATTRIBUTE,
        tag::PUBLIC_KEY_TEMPLATE_ATTRIBUTE,
    ];
    let mut out = Vec::new();
    for c in holder.children() {
        if c.tag() == tag::ATTRIBUTE {
            out.extend(one_named(c));
        } else if templates.contains(&c.tag()) {
            out.extend(c.children().filter(|a| a.tag() == tag::ATTRIBUTE).filter_map(one_named));
        } else if own.contains(&c.tag()) {
            for a in c.children() {
                if a.tag() == tag::ATTRIBUTE {
                    out.extend(one_named(a));
                } else {
                    out.push(Found { name: names::tag_name(a.tag()), value: a });
                }
            }
        }
    }
    out
}

/// The attribute names of an answer to Get Attribute List, and where each stands.
pub fn read_references<'d>(payload: ItemRef<'d>) -> Vec<(String, ItemRef<'d>)> {
    payload
        .children()
        .filter_map(|c| {
            let name = if c.tag() == tag::ATTRIBUTE_NAME {
                common_name(c.as_text()?)
            } else if c.tag() == tag::ATTRIBUTE_REFERENCE {
                match c.as_u32() {
                    Some(code) => names::tag_name(Tag(code)),
                    None => custom_name(c)?,
                }
            } else {
                return None;
            };
            Some((name, c))
        })
        .collect()
}

fn one_named(attribute: ItemRef<'_>) -> Option<Found<'_>> {
    let value = attribute.child(tag::ATTRIBUTE_VALUE).unwrap_or(attribute);
    let name = match attribute.child(tag::VENDOR_IDENTIFICATION) {
        Some(_) => custom_name(attribute)?,
        None => common_name(attribute.child(tag::ATTRIBUTE_NAME)?.as_text()?),
    };
    Some(Found { name, value })
}

fn custom_name(holder: ItemRef<'_>) -> Option<String> {
    let vendor = holder.child(tag::VENDOR_IDENTIFICATION)?.as_text()?;
    Some(format!("{vendor}-{}", holder.child(tag::ATTRIBUTE_NAME)?.as_text()?))
}

/// `Cryptographic Length` of 1.x is `CryptographicLength` in the common notation.
fn common_name(v1: &str) -> String {
    match schema::attribute_named(v1) {
        Some(row) if row.name == v1 => row.xml_name.to_owned(),
        _ => v1.to_owned(),
    }
}
