//! One published file: its messages in turn, and what its name says.

use kmipspec_protocol::encoding::case_file::{CaseFile, Kind, Message};
use kmipspec_protocol::encoding::lexical;
use kmipspec_protocol::encoding::xml::{Element, Leaf, XmlError, to_items};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::{Item, ItemType, Limits, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A published case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file.
    pub path: PathBuf,
    /// Name of the file without `.xml`.
    pub name: String,
    /// The version its messages state.
    pub version: Version,
    /// Requests with their answers.
    pub steps: Vec<Step>,
    /// Whether some message goes from the server to the client: then it is no matter of one client's requests.
    pub from_server: bool,
    /// Literals that some request holds.
    stated: HashSet<(Kin, String)>,
}

/// A request and the answer that was published for it.
#[derive(Clone, Debug)]
pub struct Step {
    /// What to send, placeholders not filled in.
    pub request: Message,
    /// What should come back.
    pub expected: Node,
}

/// An item of a published answer.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its tag.
    pub tag: Tag,
    /// Its type.
    pub ty: ItemType,
    /// Its value as written; empty for a Structure.
    pub text: String,
    /// The tag whose names and rules the value has: of a 1.x Attribute Value that of the attribute.
    pub governing: Tag,
    /// What is inside.
    pub children: Vec<Self>,
}

/// Types whose literals may stand for the same thing: the published files write one value as a text here and as bytes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kin {
    /// Text strings and the identifiers of 3.0.
    Text,
    /// Byte strings and big integers.
    Bytes,
    /// Any other type, by its number.
    Other(u8),
}

impl Kin {
    /// The kin of a type.
    pub fn of(ty: ItemType) -> Self {
        match ty {
            ty if ty.is_text() => Self::Text,
            ItemType::BYTE_STRING | ItemType::BIG_INTEGER => Self::Bytes,
            ty => Self::Other(ty.0),
        }
    }
}

impl Node {
    /// The first child with this tag.
    pub fn child(&self, tag: Tag) -> Option<&Self> {
        self.children.iter().find(|c| c.tag == tag)
    }

    /// The item that the text says, where it is no placeholder.
    pub fn understand(&self) -> Result<Item, lexical::ValueError> {
        Leaf { tag: self.tag, ty: self.ty, text: &self.text, governing: self.governing }.understand()
    }

    /// The name of the placeholder that stands here, without its `$`; `NOW` is none.
    pub fn placeholder(&self) -> Option<&str> {
        placeholder(&self.text)
    }

    /// What the literal is known by.
    pub fn literal(&self) -> (Kin, String) {
        (Kin::of(self.ty), self.text.to_ascii_lowercase())
    }
}

/// The name of a placeholder, without its `$`; `$NOW` and what is counted from it is none.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    let named = !name.is_empty() && name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_');
    (named && name != "NOW").then_some(name)
}

/// Seconds after the time of the exchange, where `$NOW` or `$NOW-3600` is written.
pub(super) fn after_now(text: &str) -> Option<i64> {
    let shift = text.trim().strip_prefix("$NOW")?;
    let shift: String = shift.split_whitespace().collect();
    if shift.is_empty() { Some(0) } else { shift.parse().ok() }
}

/// Why a file cannot be run.
#[derive(Debug)]
pub enum CaseError {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is no case.
    Invalid(String),
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(e) => e.fmt(f),
            Self::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CaseError {}

impl Case {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let text = std::fs::read_to_string(path).map_err(CaseError::Unreadable)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self::parse(&text, path.to_owned(), name)
    }

    /// Reads the text of a file.
    fn parse(text: &str, path: PathBuf, name: String) -> Result<Self, CaseError> {
        let file = CaseFile::read(text, &Limits::default()).map_err(|e| CaseError::Invalid(e.to_string()))?;
        let invalid = |why: &str| Err(CaseError::Invalid(why.to_owned()));
        let (mut steps, mut stated, mut version, mut waiting) = (Vec::new(), HashSet::new(), None, None);
        let mut from_server = text.contains("[Server-to-Client]") || name.contains("-Q-S2C-");
        for message in file.messages {
            let node = tree(&message).map_err(|e| CaseError::Invalid(e.to_string()))?;
            match (message.kind, waiting.take()) {
                (Kind::Request, None) => {
                    version = version.or_else(|| version_of(&node));
                    state(&node, &mut stated);
                    from_server |= operations(&node).any(|o| matches!(o, Operation::PUT | Operation::NOTIFY));
                    waiting = Some(message);
                }
                (Kind::Response, Some(request)) => steps.push(Step { request, expected: node }),
                (Kind::Request, Some(_)) => return invalid("a request follows a request"),
                (Kind::Response, None) => return invalid("a response without a request"),
            }
        }
        if waiting.is_some() {
            return invalid("a request without a response");
        }
        let Some(version) = version else { return invalid("no request states a version that is known") };
        Ok(Self { path, name, version, steps, from_server, stated })
    }

    /// Whether some request of the case holds this very literal.
    pub fn states(&self, node: &Node) -> bool {
        self.stated.contains(&node.literal())
    }

    /// The name without the version at its end: `TC-OTP-1` for `TC-OTP-1-14`, and that version's digits.
    pub fn number(&self) -> (&str, &str) {
        match self.name.rsplit_once('-') {
            Some((number, digits)) if digits.len() == 2 && digits.bytes().all(|c| c.is_ascii_digit()) => {
                (number, digits)
            }
            _ => (&self.name, ""),
        }
    }

    /// Numbers of the cases whose objects this one goes on with.
    pub fn follows(&self) -> &'static [&'static str] {
        let number = self.number().0;
        match number {
            "SASED-M-3" => &["SASED-M-2"],
            "TL-M-3" => &["TL-M-2"],
            "TC-CREG-2" | "TC-CREG-3" => &["TC-CREG-1"],
            "TC-OTP-SETUP-1" => &[],
            _ if number.starts_with("TC-OTP-") => &["TC-OTP-SETUP-1"],
            _ => &[],
        }
    }
}

/// The operations of a message.
pub(super) fn operations(message: &Node) -> impl Iterator<Item = Operation> {
    message.children.iter().filter_map(|item| {
        let item = item.child(tag::OPERATION)?.understand().ok()?;
        match item.value()? {
            kmipspec_protocol::ttlv::Value::Enumeration(code) => Some(Operation(code)),
            _ => None,
        }
    })
}

/// The version a request states.
fn version_of(request: &Node) -> Option<Version> {
    let version = request.child(tag::REQUEST_HEADER)?.child(tag::PROTOCOL_VERSION)?;
    let number = |tag| version.child(tag)?.text.trim().parse::<i32>().ok();
    let stated =
        ProtocolVersion { major: number(tag::PROTOCOL_VERSION_MAJOR)?, minor: number(tag::PROTOCOL_VERSION_MINOR)? };
    Version::ALL.into_iter().find(|v| (v.major(), v.minor()) == (stated.major, stated.minor))
}

/// Notes every literal of a request.
fn state(request: &Node, stated: &mut HashSet<(Kin, String)>) {
    let mut open = vec![request];
    while let Some(node) = open.pop() {
        if !node.text.is_empty() && !node.text.contains('$') {
            stated.insert(node.literal());
        }
        open.extend(&node.children);
    }
}

/// The message as a tree, values as written.
fn tree(message: &Message) -> Result<Node, XmlError> {
    // The codec knows which tag governs a value; its items are of no use here, as placeholders are no values.
    let mut governing = Vec::new();
    to_items(&message.elements, &mut |leaf| {
        governing.push(leaf.governing);
        Some(Item::boolean(leaf.tag, false))
    })?;
    let mut governing = governing.into_iter();
    let mut open: Vec<Node> = Vec::new();
    for Element { tag, ty, value, level, .. } in &message.elements {
        while open.len() > (*level).max(1) {
            close(&mut open);
        }
        let governing = match value {
            Some(_) => governing.next().unwrap_or(*tag),
            None => *tag,
        };
        let text = value.clone().unwrap_or_default();
        open.push(Node { tag: *tag, ty: *ty, text, governing, children: Vec::new() });
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().ok_or(XmlError::Empty)
}

/// The innermost open node is whole.
fn close(open: &mut Vec<Node>) {
    if let Some(node) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"<KMIP>
        <RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/>
        <ProtocolVersionMinor type="Integer" value="4"/></ProtocolVersion><BatchCount type="Integer" value="1"/></RequestHeader>
        <BatchItem><Operation type="Enumeration" value="Get"/><RequestPayload>
        <UniqueIdentifier type="TextString" value="$UNIQUE_IDENTIFIER_0"/></RequestPayload></BatchItem></RequestMessage>
        <ResponseMessage><ResponseHeader/><BatchItem><Operation type="Enumeration" value="Get"/><ResponsePayload>
        <Attribute><AttributeName type="TextString" value="State"/><AttributeValue type="Enumeration" value="Active"/></Attribute>
        </ResponsePayload></BatchItem></ResponseMessage></KMIP>"#;

    #[test]
    fn a_file_becomes_steps_with_trees() {
        let case = Case::parse(SMALL, PathBuf::new(), "TC-SMALL-1-14".to_owned()).expect("a case");
        assert_eq!((case.version, case.steps.len(), case.from_server), (Version::V1_4, 1, false));
        assert_eq!(case.number(), ("TC-SMALL-1", "14"));
        let item = &case.steps[0].expected.children[1];
        let value = &item.children[1].children[0].children[1];
        assert_eq!((value.tag, value.governing), (tag::ATTRIBUTE_VALUE, tag::STATE));
        assert!(case.states(&item.children[0]), "both say Get");
        assert!(!case.states(value));
    }

    #[test]
    fn placeholders_and_times_are_told_apart() {
        assert_eq!(placeholder("$UNIQUE_IDENTIFIER_0"), Some("UNIQUE_IDENTIFIER_0"));
        assert_eq!((placeholder("$NOW"), after_now("$NOW")), (None, Some(0)));
        assert_eq!((placeholder("$NOW-3600"), after_now("$NOW - 3600")), (None, Some(-3600)));
        assert_eq!((after_now("$NOW+60"), after_now("$NOWHERE")), (Some(60), None));
    }
}
