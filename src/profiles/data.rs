//! What a profile may demand, as the files have it.

use crate::scenario::diagnostic::Place;
use crate::scenario::version_set::VersionSet;
use kmipspec_protocol::registry::{self, tag};
use kmipspec_protocol::ttlv::{ItemType, Tag};
use kmipspec_protocol::version::Version;
use std::collections::BTreeMap;

/// Who is to conform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A server.
    Server,
    /// A client: a matter of what it sends.
    Client,
    /// Which of them is not known.
    Both,
}

impl Role {
    /// The words of the files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("server", Self::Server), ("client", Self::Client), ("both", Self::Both)];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
        }
    }
}

/// How we know what a profile demands. Only what was read in the text itself may be held against a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The text was read.
    Primary,
    /// Somebody else's account of it was read.
    Secondary,
    /// Nothing was read.
    NotFound,
}

impl Evidence {
    /// The words of the files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("primary", Self::Primary), ("secondary", Self::Secondary), ("not found", Self::NotFound)];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::NotFound => "not found",
        }
    }
}

/// How many of the published cases of a profile there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Every mandatory one.
    All,
    /// One mandatory one, or more.
    OneOrMore,
}

impl Amount {
    /// The words of the files.
    pub const WORDS: [(&'static str, Self); 2] = [("all", Self::All), ("one-or-more", Self::OneOrMore)];
}

/// One thing demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An operation that clients ask for.
    Operation(u32),
    /// One of these operations, of a client.
    OneOfOperations(Vec<u32>),
    /// An operation that the server asks for.
    FromServer(u32),
    /// An attribute of objects.
    Attribute(Tag),
    /// Attributes that clients and servers name themselves.
    CustomAttribute,
    /// A structure or a field: it occurs in messages.
    Field(Tag),
    /// A field of the messages themselves, their headers and batch items.
    Message(Tag),
    /// A value of an enumeration.
    Value(Tag, u32),
    /// A key of this algorithm and this many bits.
    Length(u32, i32),
    /// Custom attributes of this type.
    CustomType(ItemType),
    /// Custom attributes with at least so long a value.
    CustomValue(usize),
    /// Objects with at least so many custom attributes.
    CustomCount(usize),
    /// Custom attributes with at least so long a name.
    CustomName(usize),
    /// Batches of one to so many items.
    Batch(usize),
    /// Batch Order Option true.
    BatchOrder,
    /// One of these authentication suites; `any` means any of the version.
    Authentication(Vec<String>),
    /// Messages in this form: `https`, `xml`, `json`.
    Encoding(String),
    /// The version of TLS, `1.3`.
    Tls(String),
    /// Something said in words, with the cases that judge it; `own` is about the profile itself.
    Words {
        /// What it is.
        what: String,
        /// The cases: ids or patterns.
        cases: Vec<String>,
        /// Demanded of a baseline that stands alone; a profile that stands on it is such a profile itself.
        own: bool,
    },
    /// Published cases of a group.
    Tests {
        /// `SKLC`.
        group: String,
        /// How many of them.
        amount: Amount,
        /// How many mandatory ones there are at the version, where they have been counted.
        count: Option<usize>,
    },
    /// Nothing breaks a rule in what the profile asks for.
    Rules,
    /// What the profile stands on has not been read.
    Unread(String),
}

/// A demand, and the versions that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What.
    pub what: What,
    /// At these versions of the entry.
    pub versions: VersionSet,
    /// Whether it is only recommended: then it is told, and nothing follows from it.
    pub recommended: bool,
}

/// One entry of a file: a profile at one or several versions.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// Its name, as the standard has it.
    pub name: String,
    /// What it is called on a command line, version aside, where that does not follow from name and role.
    pub id: Option<String>,
    /// Who is to conform.
    pub role: Role,
    /// The versions.
    pub versions: VersionSet,
    /// Documents and sections: for each a range of versions or a document, and the numbers.
    pub sections: Vec<(String, String)>,
    /// The section that says what conforming to it takes.
    pub conformance: Option<String>,
    /// How it is known.
    pub evidence: Evidence,
    /// What was read instead of the text.
    pub because: Option<String>,
    /// What is odd about it.
    pub note: Option<String>,
    /// Set where the lists have not been read.
    pub unread: Option<String>,
    /// Whether it demands the baseline of its role and version, too.
    pub baseline: bool,
    /// Whether it demands all there is.
    pub everything: bool,
    /// What it demands.
    pub demands: Vec<Demand>,
    /// What it permits beyond the version's baseline.
    pub may: Vec<String>,
    /// Mandatory published cases by group and version.
    pub published: BTreeMap<String, BTreeMap<Version, usize>>,
}

impl What {
    /// The group under which a report counts it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Operation(_) | Self::OneOfOperations(_) => "operation",
            Self::FromServer(_) => "operation from the server",
            Self::Attribute(_) | Self::CustomAttribute => "attribute",
            Self::Field(_) => "structure",
            Self::Message(_) => "message field",
            Self::Value(..) => "value",
            Self::Length(..) => "key length",
            Self::CustomType(_) | Self::CustomValue(_) | Self::CustomCount(_) | Self::CustomName(_) => {
                "custom attribute"
            }
            Self::Batch(_) | Self::BatchOrder => "batch",
            Self::Authentication(_) => "authentication suite",
            Self::Encoding(_) => "encoding",
            Self::Tls(_) => "TLS",
            Self::Words { .. } => "clause",
            Self::Tests { .. } => "published cases",
            Self::Rules => "rules",
            Self::Unread(_) => "unread",
        }
    }

    /// What it is, for people: `operation Create`, `Key Format Type Raw`.
    pub fn label(&self) -> String {
        match self {
            Self::Operation(code) => format!("operation {}", operation_name(*code)),
            Self::OneOfOperations(codes) => {
                let names: Vec<_> = codes.iter().map(|c| operation_name(*c)).collect();
                format!("one of the operations {}", names.join(", "))
            }
            Self::FromServer(code) => format!("operation {}, sent by the server", operation_name(*code)),
            Self::Attribute(tag) => format!("attribute {}", tag_name(*tag)),
            Self::CustomAttribute => "custom attributes".to_owned(),
            Self::Field(tag) => format!("structure {}", tag_name(*tag)),
            Self::Message(tag) => format!("message field {}", tag_name(*tag)),
            Self::Value(tag::OBJECT_TYPE, code) => format!("objects of type {}", value_name(tag::OBJECT_TYPE, *code)),
            Self::Value(tag, code) => format!("{} {}", tag_name(*tag), value_name(*tag, *code)),
            Self::Length(algorithm, bits) => {
                format!("{} keys of {bits} bits", value_name(tag::CRYPTOGRAPHIC_ALGORITHM, *algorithm))
            }
            Self::CustomType(ty) => format!("custom attributes of type {ty}"),
            Self::CustomValue(n) => format!("custom attributes with values of {n} bytes"),
            Self::CustomCount(n) => format!("{n} custom attributes of one object"),
            Self::CustomName(n) => format!("custom attributes with names of {n} characters"),
            Self::Batch(n) => format!("batches of 1 to {n} items"),
            Self::BatchOrder => "Batch Order Option true".to_owned(),
            Self::Authentication(suites) if suites.iter().any(|s| s == "any") => {
                "an authentication suite of the version".to_owned()
            }
            Self::Authentication(suites) => format!("authentication suite {}", suites.join(" or ")),
            Self::Encoding(form) => match form.as_str() {
                "https" => "messages in HTTPS".to_owned(),
                form => format!("messages as {} in HTTPS", form.to_uppercase()),
            },
            Self::Tls(version) => format!("TLS {version}"),
            Self::Words { what, .. } => what.clone(),
            Self::Tests { group, amount: Amount::All, .. } => format!("all mandatory published cases {group}"),
            Self::Tests { group, amount: Amount::OneOrMore, .. } => format!("a mandatory published case {group}"),
            Self::Rules => "no rule about any of this is broken".to_owned(),
            Self::Unread(what) => what.clone(),
        }
    }
}

/// Name of an operation, or its number.
pub fn operation_name(code: u32) -> String {
    value_name(tag::OPERATION, code)
}

/// Name of a tag as the standard prints it, or its number.
pub fn tag_name(tag: Tag) -> String {
    registry::tag_row(tag).map_or_else(|| tag.to_string(), |row| row.name.to_owned())
}

/// Name of a value as the standard prints it, or its number.
pub fn value_name(tag: Tag, code: u32) -> String {
    let value = registry::enumeration_for(tag).and_then(|e| e.value(code));
    value.map_or_else(|| format!("0x{code:08X}"), |v| v.name.to_owned())
}
