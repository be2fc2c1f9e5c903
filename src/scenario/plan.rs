//! A scenario at one version: what is sent, step by step. What comes back is judged in `judge.rs`.

use super::build::{Build, Expr, Part, fill, hex};
use super::diagnostic::{Diagnostic, Place};
use super::fields::word;
use super::file::{Connection, FATES, FateKind, Needs, Scenario, Send, StepFile};
use super::lower::Lowering;
use super::matcher::{Field, Matcher};
use super::names;
use super::node::{Entry, Kind, Node};
use super::raw::referring;
use super::received::{Awaited, Waiting};
use super::vars::{BuildError, Vars};
use super::wire::{self, Edit};
use crate::client::https::Shape;
use crate::runner::capability::LISTENER;
use crate::runner::verdict::Level;
use kmipspec_protocol::registry::{Operation, UniqueIdentifier, tag};
use kmipspec_protocol::schema::{self, OperationRow};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag, Value};
use kmipspec_protocol::version::Version;
use std::collections::BTreeSet;
use std::time::Duration;

/// A scenario compiled for a version.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's id.
    pub id: String,
    /// Its first part.
    pub suite: String,
    /// What it demands.
    pub title: String,
    /// What its level stands on, where the section alone does not make it plain.
    pub because: Option<String>,
    /// The version.
    pub version: Version,
    /// How strongly the standard words it.
    pub level: Level,
    /// Whether what does not come true is held against the peer: not at 3.0 without a published case.
    pub counts: bool,
    /// Sections at this version, ready to print.
    pub spec: Vec<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// What the peer must support; the operations the steps send are among them.
    pub needs: Needs,
    /// The exchanges, in order.
    pub steps: Vec<Step>,
}

/// Operations that leave objects as they are.
const LOOKS: [Operation; 12] = [
    Operation::QUERY,
    Operation::DISCOVER_VERSIONS,
    Operation::LOCATE,
    Operation::GET,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::CHECK,
    Operation::VALIDATE,
    Operation::HASH,
    Operation::PING,
    Operation::GET_CONSTRAINTS,
    Operation::QUERY_ASYNCHRONOUS_REQUESTS,
];

impl Plan {
    /// Whether everything it sends only looks. Bytes as they are might do anything.
    pub fn changes_nothing(&self) -> bool {
        let looks = |item: &ItemPlan| LOOKS.contains(&Operation(item.operation));
        self.steps.iter().all(|step| match &step.request {
            Request::Message { items, .. } => items.iter().all(looks),
            Request::Raw { .. } => false,
            Request::Receive(_) => true,
        })
    }
}

/// One exchange.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its label.
    pub name: String,
    /// The client identity that sends it.
    pub identity: String,
    /// Whose it is what it makes: the identity of its credential, if it has one.
    pub(super) owner: String,
    /// Which connection carries it.
    pub connection: Connection,
    /// How long to wait before it.
    pub wait: Duration,
    /// A precondition.
    pub setup: bool,
    /// Nothing that comes back counts.
    pub optional: bool,
    /// Refused is `inconclusive`; a wrong answer counts.
    pub refusable: bool,
    /// How often it is sent.
    pub repeat: u32,
    /// What may become of the connection; never empty.
    pub fate: Vec<FateKind>,
    /// Whether a fresh connection must still be served afterwards.
    pub alive: bool,
    /// Whether the sending side is closed after the last byte.
    pub close_write: bool,
    /// Where messages travel by HTTP: what of the request is not as clients have to write it.
    pub http: Shape,
    /// Where it is written.
    pub place: Place,
    pub(crate) request: Request,
    pub(super) items: Vec<Option<Matcher>>,
    pub(super) header: Vec<(Field, Matcher)>,
    pub(super) rule: String,
    pub(super) statement: String,
    pub(super) spec: Vec<String>,
    pub(super) level: Level,
    pub(super) undecided: Option<String>,
}

/// What a step sends.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// A message: header fields with their places in the table, where the Authentication of the target file goes unless
    /// the step wants none, batch items, edits.
    Message { header: Vec<(usize, Build)>, auth_rank: Option<usize>, items: Vec<ItemPlan>, edits: Vec<Edit> },
    /// Bytes in hexadecimal, and edits of them.
    Raw { bytes: Vec<Part>, place: Place, edits: Vec<Edit> },
    /// Nothing: it waits to be told by the server.
    Receive(Awaited),
}

/// One batch item of a request.
#[derive(Clone, Debug)]
pub(crate) struct ItemPlan {
    pub(crate) operation: u32,
    pub(super) row: Option<&'static OperationRow>,
    pub(crate) fields: Vec<Build>,
}

impl Scenario {
    /// Compiles the scenario for a version; every error with its place.
    pub fn plan(&self, version: Version) -> Result<Plan, Vec<Diagnostic>> {
        let mut cx = Lowering::new(version);
        let mut needs = self.needs.clone();
        let mut steps = Vec::new();
        for s in self.steps.iter().filter(|s| s.versions.contains(version)) {
            steps.push(self.step(s, &mut needs, &mut cx));
        }
        if !cx.errors.is_empty() {
            return Err(cx.errors);
        }
        Ok(Plan {
            id: self.id.clone(),
            suite: self.suite().to_owned(),
            title: self.title.clone(),
            because: self.because.clone(),
            version,
            level: self.level,
            counts: version < Version::V3_0 || self.published_at(version),
            spec: self.spec_at(version),
            tags: self.tags.clone(),
            needs,
            steps,
        })
    }

    fn step(&self, s: &StepFile, needs: &mut Needs, cx: &mut Lowering) -> Step {
        let edits = wire::compile(&s.wire, cx);
        let mut told = None;
        let request = match &s.send {
            Send::Receive(node) => match cx.waiting(node, s) {
                Some(Waiting { awaited, item, header }) => {
                    if !needs.features.iter().any(|f| f == LISTENER) {
                        needs.features.push(LISTENER.to_owned());
                    }
                    told = Some((header, vec![Some(item)]));
                    Request::Receive(awaited)
                }
                // Why has been noted.
                None => Request::Raw { bytes: Vec::new(), place: node.place.clone(), edits },
            },
            Send::Raw(node) => Request::Raw {
                bytes: cx.at_version(node).map_or_else(Vec::new, |n| raw_parts(n, cx)),
                place: node.place.clone(),
                edits,
            },
            Send::Batch(nodes) => {
                let nodes: Vec<&Node> = nodes.iter().filter_map(|n| cx.at_version(n)).collect();
                let many = nodes.len() > 1;
                let items: Vec<_> = nodes.iter().enumerate().filter_map(|(i, n)| item(n, i, many, cx)).collect();
                // What is sent damaged is not claimed to be understood.
                for row in items.iter().filter_map(|i| i.row).filter(|_| s.wire.is_empty()) {
                    if !needs.operations.iter().any(|o| o == row.xml_name) {
                        needs.operations.push(row.xml_name.to_owned());
                    }
                }
                let (header, auth_rank) = header(s, items.len(), cx);
                Request::Message { header, auth_rank, items, edits }
            }
        };
        let (header, items) = told.unwrap_or_else(|| self.expectations(s, &request, cx));
        let credential = s.credential.as_ref().and_then(|n| cx.at_version(n));
        let mut owner = None;
        for (name, is_right) in credential.map(named_identities).unwrap_or_default() {
            if !needs.passwords.contains(&name) {
                needs.passwords.push(name.clone());
            }
            owner = is_right.then_some(name).or(owner);
        }
        Step {
            name: s.name.clone(),
            identity: s.identity.clone(),
            owner: owner.unwrap_or_else(|| s.identity.clone()),
            connection: s.connection.clone(),
            wait: s.wait,
            setup: s.setup,
            optional: s.optional,
            refusable: s.refusable,
            repeat: s.repeat,
            fate: fates(s, cx),
            alive: s.alive,
            close_write: s.close_write,
            http: s.http.clone(),
            place: s.place.clone(),
            request,
            items,
            header,
            rule: self.id.clone(),
            statement: self.title.clone(),
            spec: self.spec_at(cx.version),
            level: s.level.unwrap_or(self.level),
            undecided: s.undecided.clone(),
        }
    }

    fn expectations(
        &self,
        s: &StepFile,
        request: &Request,
        cx: &mut Lowering,
    ) -> (Vec<(Field, Matcher)>, Vec<Option<Matcher>>) {
        let rows: Vec<Option<&'static OperationRow>> = match request {
            Request::Message { items, .. } => items.iter().map(|i| i.row).collect(),
            Request::Raw { .. } | Request::Receive(_) => Vec::new(),
        };
        let mut header = Vec::new();
        let mut list = s.expect.as_ref().and_then(|n| cx.at_version(n));
        if let Some(entries) = list.and_then(Node::map) {
            list = None;
            for e in entries {
                match e.key.as_str() {
                    "items" => list = cx.at_version(&e.value),
                    "header" => {
                        let layout = variant_of(tag::RESPONSE_HEADER, cx.version, &[tag::TIME_STAMP]);
                        header = cx.expected_fields(&e.value, "the response header", layout);
                    }
                    _ => {
                        let message = format!("unknown key `{}` in `expect`", e.key);
                        let help =
                            Some("`expect` is a list, one entry a batch item, or `{header: …, items: […]}`".into());
                        cx.errors.push(Diagnostic::new(&e.key_at, message).with_help(help));
                    }
                }
            }
        }
        let items = match list.map(|n| (n, n.list())) {
            Some((_, Some(nodes))) => {
                let sent = match &s.send {
                    Send::Batch(sent) if s.wire.is_empty() => {
                        sent.iter().filter(|n| cx.at_version(n).is_some()).count()
                    }
                    _ => nodes.len(),
                };
                if nodes.len() != sent {
                    let message = format!("{} expectations for {sent} batch items", nodes.len());
                    cx.errors.push(
                        Diagnostic::new(&s.place, message)
                            .with_help(Some("an item that must not be answered is `absent`".to_owned())),
                    );
                }
                nodes.iter().enumerate().map(|(i, n)| cx.expected_item(n, rows.get(i).copied().flatten())).collect()
            }
            Some((n, None)) => {
                cx.error(&n.place, "`expect` is a list, one entry a batch item, or `{header: …, items: […]}`");
                Vec::new()
            }
            None => rows.iter().map(|_| Some(cx.success(&s.place))).collect(),
        };
        (header, items)
    }
}

impl ItemPlan {
    /// The Unique Batch Item ID it is sent with, when that is fixed.
    pub(super) fn batch_item_id(&self) -> Option<Vec<u8>> {
        self.fields.iter().find_map(|b| match b {
            Build::Fixed(i) if i.tag == tag::UNIQUE_BATCH_ITEM_ID => match i.value() {
                Some(Value::ByteString(id)) => Some(id.to_vec()),
                _ => None,
            },
            _ => None,
        })
    }
}

impl Step {
    /// The bytes to send, damage included.
    pub fn request(&self, vars: &mut Vars) -> Result<Vec<u8>, BuildError> {
        match &self.request {
            Request::Receive(_) => Ok(Vec::new()),
            Request::Raw { bytes, place, edits } => {
                let text = fill(bytes, place, vars)?;
                let mut bytes =
                    hex(&text).ok_or_else(|| BuildError::BadEdit { why: "not hexadecimal", place: place.clone() })?;
                referring(&mut bytes, vars);
                wire::edit_bytes(&mut bytes, edits)?;
                Ok(bytes)
            }
            Request::Message { header, auth_rank, items, edits } => {
                let mut fields: Vec<(usize, Item)> = Vec::new();
                for (rank, b) in header {
                    fields.extend(b.resolve(vars)?.into_iter().map(|i| (*rank, i)));
                }
                if let (Some(auth), Some(rank)) = (vars.authentication(), *auth_rank)
                    && !fields.iter().any(|(_, i)| i.tag == tag::AUTHENTICATION)
                {
                    fields.push((rank, auth.clone()));
                    fields.sort_by_key(|(rank, _)| *rank);
                }
                let header = Item::structure(tag::REQUEST_HEADER, fields.into_iter().map(|(_, i)| i).collect());
                let mut message = vec![header];
                for i in items {
                    message.push(Item::structure(tag::BATCH_ITEM, super::build::resolve_all(&i.fields, vars)?));
                }
                wire::apply(Item::structure(tag::REQUEST_MESSAGE, message), edits, vars)
            }
        }
    }

    /// Fields and attributes, by XML name, whose value the step holds against something: asking that one is there is not enough.
    pub fn observes(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for matcher in self.items.iter().flatten() {
            matcher.observes(&mut names);
        }
        names
    }

    /// The operations of the batch, by XML name or number.
    pub fn operations(&self) -> Vec<String> {
        match &self.request {
            Request::Message { items, .. } => items
                .iter()
                .map(|i| i.row.map_or_else(|| format!("0x{:08X}", i.operation), |r| r.xml_name.to_owned()))
                .collect(),
            Request::Raw { .. } | Request::Receive(_) => Vec::new(),
        }
    }
}

fn header(s: &StepFile, count: usize, cx: &mut Lowering) -> (Vec<(usize, Build)>, Option<usize>) {
    let layout = variant_of(tag::REQUEST_HEADER, cx.version, &[tag::MAXIMUM_RESPONSE_SIZE]);
    let rank = |t: Tag| layout.and_then(|l| l.iter().position(|f| f.takes(t))).unwrap_or(usize::MAX);
    let mut out: Vec<(usize, Build)> = Vec::new();
    let written = s.header.as_ref().and_then(|n| cx.at_version(n));
    if let Some(node) = written {
        for b in cx.fields(node, "the request header", layout) {
            out.push((rank(tag_of(&b)), b));
        }
    }
    let credential = s.credential.as_ref().and_then(|n| cx.at_version(n));
    let none = credential.is_some_and(|n| n.plain() == Some(NO_CREDENTIAL));
    if let Some(node) = credential.filter(|_| !none) {
        if written.is_some_and(|header| header.get("Authentication").is_some()) {
            cx.error(&node.place, "the header has an Authentication already");
        }
        // The target file has them.
        for (name, _) in named_identities(node) {
            for name in [user_name_of(&name), password_of(&name)] {
                cx.bound.entry(name).or_insert_with(|| node.place.clone());
            }
        }
        let authentication = authentication(node, cx);
        for b in cx.fields(&authentication, "the request header", layout) {
            out.push((rank(tag_of(&b)), b));
        }
    }
    let has = |out: &[(usize, Build)], t: Tag| out.iter().any(|(_, b)| tag_of(b) == t);
    if !has(&out, tag::PROTOCOL_VERSION) {
        let version = Item::structure(
            tag::PROTOCOL_VERSION,
            vec![
                Item::integer(tag::PROTOCOL_VERSION_MAJOR, cx.version.major()),
                Item::integer(tag::PROTOCOL_VERSION_MINOR, cx.version.minor()),
            ],
        );
        out.push((rank(tag::PROTOCOL_VERSION), Build::Fixed(version)));
    }
    // 3.0 counts no batch items.
    if !has(&out, tag::BATCH_COUNT) && cx.version < Version::V3_0 {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        out.push((rank(tag::BATCH_COUNT), Build::Fixed(Item::integer(tag::BATCH_COUNT, count))));
    }
    out.sort_by_key(|(rank, _)| *rank);
    (out, (!none).then(|| rank(tag::AUTHENTICATION)))
}

/// The word for no credential, whatever the target file says.
const NO_CREDENTIAL: &str = "none";

/// The name under which a case knows the user name of an identity.
pub fn user_name_of(identity: &str) -> String {
    format!("user-name-of-{identity}")
}

/// The same for its password.
pub fn password_of(identity: &str) -> String {
    format!("password-of-{identity}")
}

/// The identities of the target file that a `credential` names, and whether with their right password.
fn named_identities(node: &Node) -> Vec<(String, bool)> {
    let one = |node: &Node| match (&node.kind, node.map()) {
        (Kind::Scalar { text, .. }, _) if text != NO_CREDENTIAL => vec![(text.clone(), true)],
        (_, Some(entries)) => {
            let words = entries.iter().filter(|e| matches!(e.key.as_str(), "wrong" | "name-of"));
            words.filter_map(|e| Some((e.value.text()?.to_owned(), e.key == "name-of"))).collect()
        }
        _ => Vec::new(),
    };
    node.list().unwrap_or(std::slice::from_ref(node)).iter().flat_map(one).collect()
}

/// What `credential: {TYPE: fields}` stands for: Authentication with a Credential of each type. A ticket needs no more than its
/// value, and an identity of the target file no more than its name.
fn authentication(node: &Node, cx: &mut Lowering) -> Node {
    let at = &node.place;
    let map = |entries: Vec<(&str, Node)>| {
        let entry = |(key, value): (&str, Node)| Entry { key_at: at.clone(), key: key.to_owned(), value };
        Node { place: at.clone(), kind: Kind::Map(entries.into_iter().map(entry).collect()) }
    };
    let word = |text: &str| Node { place: at.clone(), kind: Kind::Scalar { text: text.to_owned(), quoted: false } };
    let alone = std::slice::from_ref(node);
    let mut credentials = Vec::new();
    let mut add = |kind: &str, value: Node| {
        credentials.push(map(vec![("CredentialType", word(kind)), ("CredentialValue", value)]));
    };
    // User name, and the password with this behind it.
    let password = |identity: &str, more: Option<&str>| {
        let name = word(&format!("${{{}}}", user_name_of(identity)));
        let password = more.map(|more| ("Password", word(&format!("${{{}}}{more}", password_of(identity)))));
        map(std::iter::once(("Username", name)).chain(password).collect())
    };
    for one in node.list().unwrap_or(alone) {
        if let Kind::Scalar { text, .. } = &one.kind {
            add("UsernameAndPassword", password(text, Some("")));
            continue;
        }
        let Some(entries) = one.map() else {
            cx.error(
                &one.place,
                "`credential` is a map from a Credential Type to its fields, the name of an identity, `none`, or a list of them",
            );
            continue;
        };
        for Entry { key, value, .. } in entries {
            let value = match (key.as_str(), &value.kind) {
                ("wrong", Kind::Scalar { text, .. }) => {
                    add("UsernameAndPassword", password(text, Some("-wrong")));
                    continue;
                }
                ("name-of", Kind::Scalar { text, .. }) => {
                    add("UsernameAndPassword", password(text, None));
                    continue;
                }
                ("Ticket", Kind::Scalar { .. }) => {
                    map(vec![("Ticket", map(vec![("TicketType", word("Login")), ("TicketValue", value.clone())]))])
                }
                ("Ticket", _) => map(vec![("Ticket", value.clone())]),
                _ => value.clone(),
            };
            add(key, value);
        }
    }
    let credentials = Node { place: at.clone(), kind: Kind::List(credentials) };
    map(vec![("Authentication", map(vec![("Credential", credentials)]))])
}

/// The table of a structure that has these fields (request and response batch items share a tag).
pub(super) fn variant_of(of: Tag, version: Version, with: &[Tag]) -> Option<&'static [schema::Field]> {
    let row = schema::structure_row(of)?;
    let found = row.layouts_at(version).find(|l| with.iter().all(|t| l.fields.iter().any(|f| f.takes(*t))));
    found.map(|l| l.fields)
}

fn tag_of(b: &Build) -> Tag {
    match b {
        Build::Fixed(i) => i.tag,
        Build::Leaf { tag, .. } | Build::Bound { tag, .. } | Build::Structure { tag, .. } => *tag,
        Build::Attributes { .. } => tag::ATTRIBUTES,
    }
}

fn item(node: &Node, index: usize, many: bool, cx: &mut Lowering) -> Option<ItemPlan> {
    let Some(entries) = node.map() else {
        // An operation without payload fields may stand alone: `- Query`.
        let name = node.text().unwrap_or_default().to_owned();
        let payload = Node { place: node.place.clone(), kind: Kind::Map(Vec::new()) };
        let e = Entry { key_at: node.place.clone(), key: name, value: payload };
        return operation_item(&e, None, index, many, cx);
    };
    let extra = entries.iter().find(|e| e.key == "item");
    let mut operations = entries.iter().filter(|e| e.key != "item");
    match (operations.next(), operations.next()) {
        (Some(e), None) => operation_item(e, extra.map(|e| &e.value), index, many, cx),
        (_, Some(second)) => {
            cx.error(&second.key_at, "a batch item has one operation; begin the next with `-`");
            None
        }
        (None, _) => {
            cx.error(&node.place, "a batch item names its operation: `{Get: {UniqueIdentifier: $key}}`");
            None
        }
    }
}

fn operation_item(e: &Entry, extra: Option<&Node>, index: usize, many: bool, cx: &mut Lowering) -> Option<ItemPlan> {
    let number = e.key.strip_prefix("0x").and_then(|h| u32::from_str_radix(h, 16).ok());
    let (code, row) = match number {
        // By number nothing is checked: that is how an operation of another version is sent.
        Some(code) => (code, schema::operation_row(code).filter(|r| r.versions.contains(cx.version))),
        None => match names::operation(&e.key, cx.version) {
            Ok(row) => (row.code, Some(row)),
            Err(u) => {
                cx.unknown(&e.key_at, u);
                return None;
            }
        },
    };
    let layout = row.and_then(|r| r.layout(cx.version)).and_then(|l| l.request);
    let value = cx.at_version(&e.value);
    let payload = match value {
        Some(v) if v.plain() == Some("absent") => None,
        Some(v) => {
            let mut items = cx.fields(v, &format!("the {} request", e.key), layout);
            if let Some(placeholder) = placeholder(&items, row, cx.version) {
                items.insert(0, placeholder);
            }
            Some(Build::Structure { tag: tag::REQUEST_PAYLOAD, items })
        }
        None => Some(Build::Structure { tag: tag::REQUEST_PAYLOAD, items: Vec::new() }),
    };
    let mut fields = vec![Build::Fixed(Item::enumeration(tag::OPERATION, code))];
    let table = variant_of(tag::BATCH_ITEM, cx.version, &[tag::REQUEST_PAYLOAD]);
    let own = extra.map_or_else(Vec::new, |n| cx.fields(n, "a request batch item", table));
    let id_given = extra.is_some_and(|n| n.get("UniqueBatchItemID").is_some());
    if many && !id_given && cx.version < Version::V3_0 {
        let id = u32::try_from(index + 1).unwrap_or(u32::MAX);
        fields.push(Build::Fixed(Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, id.to_be_bytes())));
    }
    fields.extend(payload);
    fields.extend(own);
    fields.sort_by_key(|b| table.and_then(|l| l.iter().position(|f| f.takes(tag_of(b)))).unwrap_or(usize::MAX));
    if extra.is_some_and(|n| n.get("Operation").is_some()) {
        fields.remove(0);
    }
    Some(ItemPlan { operation: code, row, fields })
}

/// 3.0: where a request of 2.x leaves its Unique Identifier out and means the ID Placeholder, it has to say so.
fn placeholder(items: &[Build], row: Option<&'static OperationRow>, version: Version) -> Option<Build> {
    let first = |version| row?.layout(version)?.request?.first();
    let (now, before): (Option<&schema::Field>, Option<&schema::Field>) = (first(version), first(Version::V2_1));
    let is_identifier = |field: &&schema::Field| field.takes(tag::UNIQUE_IDENTIFIER);
    let needed = now.filter(is_identifier).is_some_and(|field| field.required == schema::Required::Yes);
    let was_free = before.filter(is_identifier).is_some_and(|field| field.required == schema::Required::No);
    let missing = !items.iter().any(|item| tag_of(item) == tag::UNIQUE_IDENTIFIER);
    let says = Item::enumeration(tag::UNIQUE_IDENTIFIER, UniqueIdentifier::ID_PLACEHOLDER.0);
    (version >= Version::V3_0 && needed && was_free && missing).then(|| Build::Fixed(says))
}

fn fates(s: &StepFile, cx: &mut Lowering) -> Vec<FateKind> {
    let Some(node) = s.fate.as_ref().and_then(|n| cx.at_version(n)) else { return vec![FateKind::Answered] };
    let list = node.list().unwrap_or(std::slice::from_ref(node));
    let found: Vec<_> = list.iter().filter_map(|n| word(n, "fate", FATES, &mut cx.errors)).collect();
    if found.is_empty() { vec![FateKind::Answered] } else { found }
}

fn raw_parts(node: &Node, cx: &mut Lowering) -> Vec<Part> {
    match cx.value(tag::DATA, node, &[ItemType::BYTE_STRING]) {
        Some(Build::Leaf { expr: Expr::Text(parts), .. }) => parts,
        Some(Build::Fixed(i)) => match i.value() {
            Some(Value::ByteString(b)) => {
                vec![Part::Literal(b.iter().map(|b| format!("{b:02x}")).collect())]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::Library;
    use super::super::vars::Vars;
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::ttlv::{Doc, Item, Limits};
    use kmipspec_protocol::version::Version;

    #[test]
    fn what_is_sent_undamaged_can_be_read_and_begins_with_its_version() {
        let library = Library::builtin();
        let mut read = 0;
        for s in &library.scenarios {
            for version in s.versions.iter() {
                let plan = s.plan(version).unwrap();
                for (i, step) in plan.steps.iter().enumerate().filter(|(i, _)| s.steps[*i].wire.is_empty()) {
                    let mut vars = Vars::new("t", &s.id, version, 1_700_000_000);
                    let Ok(bytes) = step.request(&mut vars) else { continue };
                    if !matches!(s.steps[i].send, super::Send::Batch(_)) {
                        continue;
                    }
                    let doc = Doc::strict(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", s.id));
                    assert!(doc.root().and_then(|r| r.child(tag::REQUEST_HEADER)).is_some(), "{}", s.id);
                    read += 1;
                }
            }
        }
        assert!(read > 0);
    }

    #[test]
    fn the_target_files_credential_stands_in_table_order() {
        let library = Library::builtin();
        let s = library.get("operations.destroy.then-get").unwrap();
        let plan = s.plan(Version::V1_4).unwrap();
        let mut vars = Vars::new("t", &s.id, Version::V1_4, 0);
        vars.set_authentication(Some(Item::structure(tag::AUTHENTICATION, Vec::new())));
        let bytes = plan.steps[0].request(&mut vars).unwrap();
        let doc = Doc::strict(&bytes, &Limits::default()).unwrap();
        let header = doc.root().unwrap().child(tag::REQUEST_HEADER).unwrap();
        let tags: Vec<_> = header.children().map(|c| c.tag()).collect();
        assert_eq!(tags, [tag::PROTOCOL_VERSION, tag::AUTHENTICATION, tag::BATCH_COUNT]);
    }
}
