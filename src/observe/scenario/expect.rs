//! What a replay has to answer: status, reason and operation of each batch item, the kind of object, and identifiers; what the
//! client says again later is bound to names. Values that change each time are not compared.

use super::known::{Known, Thing, is_identifier};
use super::request::scalar;
use super::yaml::Yaml;
use kmipspec_protocol::registry::{tag, tag_row};
use kmipspec_protocol::ttlv::{Doc, ItemRef, ItemType, Tag};
use kmipspec_protocol::version::Version;

/// What is expected of an answer, and the names that are bound by it.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// One entry a batch item.
    pub(super) items: Vec<Yaml>,
    /// What the entries bind.
    pub(super) binds: Vec<(Thing, String)>,
}

/// Reads an answer; none where it has no batch items. `place` is that of its request in the conversation.
pub(super) fn expected(answer: &Doc<'_>, version: Version, place: usize, known: &mut Known) -> Option<Expected> {
    let root = answer.root().filter(|root| root.tag() == tag::RESPONSE_MESSAGE)?;
    let mut reader = Reader { version, place, known, out: Expected::default() };
    for item in root.children().filter(|item| item.tag() == tag::BATCH_ITEM) {
        let entry = reader.item(item);
        reader.out.items.push(entry);
    }
    (!reader.out.items.is_empty()).then_some(reader.out)
}

struct Reader<'k> {
    version: Version,
    place: usize,
    known: &'k mut Known,
    out: Expected,
}

impl Reader<'_> {
    fn item(&mut self, item: ItemRef<'_>) -> Yaml {
        let mut entries = Vec::new();
        for (key, tag) in
            [("status", tag::RESULT_STATUS), ("reason", tag::RESULT_REASON), ("operation", tag::OPERATION)]
        {
            if let Some(value) = item.child(tag).and_then(ItemRef::value) {
                entries.push((key.to_owned(), scalar(tag, value, self.version)));
            }
        }
        if let Some(pending) = item.child(tag::ASYNCHRONOUS_CORRELATION_VALUE)
            && let Some(bound) = self.bytes(pending)
        {
            entries.push(("item".to_owned(), Yaml::entry("AsynchronousCorrelationValue", bound)));
        }
        if let Some(payload) = item.child(tag::RESPONSE_PAYLOAD) {
            let fields = self.payload(payload);
            if !fields.is_empty() {
                entries.push(("payload".to_owned(), Yaml::Map(fields)));
            }
        }
        Yaml::Map(entries)
    }

    fn payload(&mut self, payload: ItemRef<'_>) -> Vec<(String, Yaml)> {
        let mut fields = Vec::new();
        let mut seen: Vec<Tag> = Vec::new();
        for field in payload.children() {
            let tag = field.tag();
            let Some(name) = tag_row(tag).map(|row| row.xml_name.to_owned()) else { continue };
            if seen.contains(&tag) {
                continue;
            }
            seen.push(tag);
            let all: Vec<ItemRef<'_>> = payload.children().filter(|other| other.tag() == tag).collect();
            let wanted = match all.as_slice() {
                [one] if is_identifier(tag) => self.identifier(*one),
                several if is_identifier(tag) => self.identifiers(several),
                [one] if tag == tag::OBJECT_TYPE => one.value().map(|value| scalar(tag, value, self.version)),
                [one] if one.ty() == ItemType::BYTE_STRING => self.bytes(*one),
                [one] if one.ty() == ItemType::STRUCTURE => self.inside(*one),
                _ => None,
            };
            fields.extend(wanted.map(|wanted| (name, wanted)));
        }
        fields
    }

    /// An identifier: the same as before, or a new name. What the client named first is not compared.
    fn identifier(&mut self, item: ItemRef<'_>) -> Option<Yaml> {
        let thing = Thing::of(item.tag(), item.value()?)?;
        match self.known.name(&thing) {
            Some(name) => Some(Yaml::Text(format!("${name}"))),
            None if self.known.is_new(&thing, self.place) => Some(self.bind(item.tag(), thing)),
            None => None,
        }
    }

    /// What was found: objects of this conversation are among them. Of others one that is needed later stands alone, or at
    /// its place.
    fn identifiers(&mut self, items: &[ItemRef<'_>]) -> Option<Yaml> {
        let things: Vec<Thing> = items.iter().filter_map(|item| Thing::of(item.tag(), item.value()?)).collect();
        if things.iter().any(|thing| self.known.comes_back(thing, self.place)) {
            let tag = items.first()?.tag();
            let each = things.into_iter().map(|thing| match self.known.name(&thing) {
                Some(name) => Yaml::Text(format!("${name}")),
                None if self.known.comes_back(&thing, self.place) => self.bind(tag, thing),
                None => Yaml::Plain("any".to_owned()),
            });
            return Some(Yaml::List(each.collect()));
        }
        let ours = things.iter().filter_map(|thing| self.known.name(thing));
        let ours: Vec<Yaml> = ours.map(|name| Yaml::Text(format!("${name}"))).collect();
        (!ours.is_empty()).then(|| Yaml::entry("contains", Yaml::List(ours)))
    }

    /// Bytes that the client says again later, or that are known.
    fn bytes(&mut self, item: ItemRef<'_>) -> Option<Yaml> {
        let thing = Thing::of(item.tag(), item.value()?)?;
        self.known.comes_back(&thing, self.place).then(|| self.bind(item.tag(), thing))
    }

    /// The same one level further in: Ticket, Nonce. Objects and attributes are not looked into.
    fn inside(&mut self, item: ItemRef<'_>) -> Option<Yaml> {
        let mut fields = Vec::new();
        for field in item.children().filter(|field| field.ty() == ItemType::BYTE_STRING) {
            let alone = item.children().filter(|other| other.tag() == field.tag()).count() == 1;
            if let Some(name) = tag_row(field.tag()).map(|row| row.xml_name.to_owned()).filter(|_| alone)
                && let Some(bound) = self.bytes(field)
            {
                fields.push((name, bound));
            }
        }
        (!fields.is_empty()).then_some(Yaml::Map(fields))
    }

    /// A new name for it, known as soon as the whole is known to be good.
    fn bind(&mut self, tag: Tag, thing: Thing) -> Yaml {
        let name = match self.out.binds.iter().find(|(there, _)| *there == thing) {
            Some((_, name)) => return Yaml::Text(format!("${name}")),
            None => self.known.fresh(tag),
        };
        self.out.binds.push((thing, name.clone()));
        Yaml::entry("bind", Yaml::Plain(name))
    }
}
