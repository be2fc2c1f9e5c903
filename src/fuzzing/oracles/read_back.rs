//! O12: what was written is what is read, with the same type.

use super::{Pair, name_of};
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::attributes::{Attribute, AttributeKey};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::{path_of, structure_row};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Tag};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::collections::{BTreeMap, BTreeSet};

/// What was written and the versions it may have been read at, by identifier and tag of the attribute, until anything else is done with
/// the object.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadBack {
    written: BTreeMap<(String, u32), (Item, Vec<Version>)>,
}

/// Operations that only look: what was written stays.
const LOOKING: [Operation; 6] = [
    Operation::GET,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::LOCATE,
    Operation::QUERY,
    Operation::DISCOVER_VERSIONS,
];

impl ReadBack {
    /// Looks at one answer; `versions` are those at which its request may have been read ([`readings`]).
    pub(super) fn look(&mut self, pair: &Pair<'_, '_>, versions: &[Version]) -> Vec<Finding> {
        let (Some(code), true, Some(given)) = (pair.operation(), pair.succeeded(), pair.given()) else {
            return Vec::new();
        };
        let operation = Operation(code);
        let finding = |detail: String| Finding {
            oracle: Oracle::O12,
            operation: name_of(Some(code)),
            place: "attribute".to_owned(),
            detail,
        };
        let id = given.child(tag::UNIQUE_IDENTIFIER).and_then(|id| id.as_text());
        match (operation, pair.asked(), id) {
            // 1.4 §4.14 and §4.15: the answer has the attribute as it is now.
            (Operation::ADD_ATTRIBUTE | Operation::MODIFY_ATTRIBUTE, Some(asked), _) => {
                self.written.clear();
                let value = |payload: ItemRef<'_>| {
                    let attribute = payload.child(tag::ATTRIBUTE)?;
                    let key = AttributeKey::from_v1_name(attribute.child(tag::ATTRIBUTE_NAME)?.as_text()?);
                    let value = attribute.child(tag::ATTRIBUTE_VALUE).map(Item::from_ref)?;
                    Some(Attribute::new(key, None, value).value)
                };
                match (value(asked), value(given)) {
                    (Some(wrote), Some(told)) if !is_as_written(&wrote, &told, versions) => {
                        vec![finding(format!("{wrote:?} was written, {told:?} was answered"))]
                    }
                    _ => Vec::new(),
                }
            }
            (Operation::SET_ATTRIBUTE, Some(asked), Some(id)) => {
                self.written.clear();
                let new = asked.child(tag::NEW_ATTRIBUTE);
                if let Some(value) = new.and_then(|new| new.children().next()).filter(|v| v.is_well_formed()) {
                    self.written.insert((id.to_owned(), value.tag().0), (Item::from_ref(value), versions.to_vec()));
                }
                Vec::new()
            }
            (Operation::GET_ATTRIBUTES, _, Some(id)) => {
                let attributes = given.child(tag::ATTRIBUTES);
                let told = attributes.into_iter().flat_map(ItemRef::children).filter_map(|told| {
                    let (wrote, then) = self.written.get(&(id.to_owned(), told.tag().0))?;
                    let now = Item::from_ref(told);
                    (have_one_name(wrote, &now) && !is_as_written(wrote, &now, &[then, versions].concat()))
                        .then(|| finding(format!("{wrote:?} was set, {} is another value", path_of(told))))
                });
                told.collect()
            }
            _ => {
                if !LOOKING.contains(&operation) {
                    self.written.clear();
                }
                Vec::new()
            }
        }
    }
}

/// Whether both are of one attribute: those of a vendor have one tag (2.1 §4.60).
fn have_one_name(wrote: &Item, told: &Item) -> bool {
    [tag::VENDOR_IDENTIFICATION, tag::ATTRIBUTE_NAME].iter().all(|tag| wrote.child(*tag) == told.child(*tag))
}

/// The versions at which a server may read a request: the one that it states, or, where that is a later minor one, any before it, whose
/// tables say what can be understood (1.4 §11.1).
pub(super) fn readings(request: &Doc<'_>) -> Vec<Version> {
    let Some(stated) = ProtocolVersion::in_header(request, tag::REQUEST_HEADER) else { return Vec::new() };
    let before = |v: &Version| v.major() == stated.major && v.minor() <= stated.minor;
    stated.known().map_or_else(|| Version::ALL.into_iter().filter(before).collect(), |version| vec![version])
}

/// Whether this can be told of what was written: the same. Fields that stood in another order than the table's may stand in it now; a
/// server keeps count of Usage Limits by itself (1.4 §3.21, 2.1 §4.65); and what stands there more often than the tables of each of
/// these versions let it may be passed over when it is written, or left out when it is told.
fn is_as_written(wrote: &Item, told: &Item, versions: &[Version]) -> bool {
    if wrote == told {
        return true;
    }
    let row = structure_row(wrote.tag);
    let allowed = |tag: Tag| {
        let at = |version: &Version| row?.layouts_at(*version).map(|table| table.most(tag)).max();
        versions.iter().filter_map(at).min().unwrap_or(usize::MAX)
    };
    let often = [wrote, told].map(|item| {
        let mut often = BTreeMap::new();
        item.items().iter().for_each(|field| *often.entry(field.tag).or_insert(0) += 1);
        often
    });
    let too_often = |tag: &Tag| often.iter().filter_map(|often| often.get(tag)).any(|times| *times > allowed(*tag));
    let mut passed_over: BTreeSet<Tag> = often.iter().flat_map(BTreeMap::keys).copied().filter(too_often).collect();
    passed_over.insert(tag::USAGE_LIMITS_COUNT);
    let settled = |item: &Item| {
        let mut item = item.clone();
        if let Some(fields) = item.items_mut() {
            fields.retain(|field| !passed_over.contains(&field.tag));
            fields.sort_by_key(|field| field.tag);
        }
        item
    };
    settled(wrote) == settled(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use crate::fuzzing::oracles::{Conversation, Exchange};
    use kmipspec_protocol::version::Version::{self, V1_4, V2_1};

    fn look(
        conversation: &mut Conversation,
        v: Version,
        operation: Operation,
        asked: Vec<Item>,
        told: Vec<Item>,
    ) -> usize {
        let (request, answer) = (request(v, operation, asked), answer(v, vec![ok(operation, told)]));
        let found = conversation.look(&Exchange { request: &request, answer: &answer, who: Some("alice") });
        found.iter().filter(|f| f.oracle == Oracle::O12).count()
    }

    #[test]
    fn what_is_set_is_read() {
        let mut conversation = Conversation::default();
        let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k1");
        let value = |n| Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, n);
        let new = Item::structure(tag::NEW_ATTRIBUTE, vec![value(12)]);
        let read = |n| vec![id(), Item::structure(tag::ATTRIBUTES, vec![value(n)])];
        let mut step = |operation, asked, told| look(&mut conversation, V2_1, operation, asked, told);
        assert_eq!(step(Operation::SET_ATTRIBUTE, vec![id(), new], vec![id()]), 0);
        assert_eq!(step(Operation::GET_ATTRIBUTES, vec![id()], read(12)), 0);
        assert_eq!(step(Operation::GET_ATTRIBUTES, vec![id()], read(13)), 1);
        assert_eq!(step(Operation::ACTIVATE, vec![id()], vec![id()]), 0);
        assert_eq!(step(Operation::GET_ATTRIBUTES, vec![id()], read(13)), 0, "something else was done meanwhile");
    }

    #[test]
    fn attributes_of_a_vendor_are_told_apart_and_what_no_version_has_there_may_be_passed_over() {
        let attribute = |name: &str, value: &str, more: Option<Item>| {
            let fields = [
                Item::text(tag::VENDOR_IDENTIFICATION, "x"),
                Item::text(tag::ATTRIBUTE_NAME, name),
                Item::text(tag::ATTRIBUTE_VALUE, value),
            ];
            Item::structure(tag::ATTRIBUTE, fields.into_iter().chain(more).collect())
        };
        // Right is no field of an Attribute in any version, Attribute Index one in 1.x; and it has one name.
        let strays = [
            Item::structure(tag::RIGHT, Vec::new()),
            Item::integer(tag::ATTRIBUTE_INDEX, 0),
            Item::text(tag::ATTRIBUTE_NAME, "two"),
        ];
        for (stray, told, findings) in strays.into_iter().flat_map(|s| [(s.clone(), ["a", "b"], 0), (s, ["c", "b"], 1)])
        {
            let mut conversation = Conversation::default();
            let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k1");
            let new = Item::structure(tag::NEW_ATTRIBUTE, vec![attribute("one", "a", Some(stray))]);
            let mut step = |operation, asked, told| look(&mut conversation, V2_1, operation, asked, told);
            assert_eq!(step(Operation::SET_ATTRIBUTE, vec![id(), new], vec![id()]), 0);
            let told = vec![attribute("one", told[0], None), attribute("two", told[1], None)];
            let told = vec![id(), Item::structure(tag::ATTRIBUTES, told)];
            assert_eq!(step(Operation::GET_ATTRIBUTES, vec![id()], told), findings);
        }
    }

    #[test]
    fn a_field_that_may_be_unknown_need_not_come_back() {
        let value = |more: Option<Item>| {
            let name = Item::text(tag::ATTRIBUTE_NAME, "Cryptographic Parameters");
            let fields = [Item::enumeration(tag::BLOCK_CIPHER_MODE, 1)].into_iter().chain(more).collect();
            vec![Item::structure(tag::ATTRIBUTE, vec![name, Item::structure(tag::ATTRIBUTE_VALUE, fields)])]
        };
        // It joined them in 1.2: a server of 1.1 passes over it in a request of 1.9, none that takes 1.4 may.
        let joined = || Some(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 3));
        for (minor, findings) in [(9, 0), (4, 1)] {
            let mut request = request(V1_4, Operation::ADD_ATTRIBUTE, value(joined()));
            let header = [0x42, 0, 0x6B, 2, 0, 0, 0, 4, 0, 0, 0, 4];
            let at = request.windows(header.len()).position(|bytes| bytes == header).expect("its version");
            request[at + header.len() - 1] = minor;
            let answer = answer(V1_4, vec![ok(Operation::ADD_ATTRIBUTE, value(None))]);
            let exchange = Exchange { request: &request, answer: &answer, who: Some("alice") };
            let found = Conversation::default().look(&exchange);
            assert_eq!(found.iter().filter(|f| f.oracle == Oracle::O12).count(), findings, "1.{minor}");
        }
    }

    #[test]
    fn fields_may_be_put_in_order() {
        let value = |tags: [Tag; 2]| {
            let fields = tags.map(|tag| Item::enumeration(tag, 1)).to_vec();
            let name = Item::text(tag::ATTRIBUTE_NAME, "Cryptographic Parameters");
            vec![Item::structure(tag::ATTRIBUTE, vec![name, Item::structure(tag::ATTRIBUTE_VALUE, fields)])]
        };
        let (mode, padding) = (tag::BLOCK_CIPHER_MODE, tag::PADDING_METHOD);
        let mut conversation = Conversation::default();
        let mut add = |asked, told| look(&mut conversation, V1_4, Operation::ADD_ATTRIBUTE, asked, told);
        assert_eq!(add(value([padding, mode]), value([mode, padding])), 0);
        assert_eq!(add(value([mode, mode]), value([mode, padding])), 1);
    }

    #[test]
    fn a_server_may_count_what_is_left() {
        let limits = |total, count: Option<i64>| {
            let count = count.map(|count| Item::long_integer(tag::USAGE_LIMITS_COUNT, count));
            let fields =
                [Some(Item::long_integer(tag::USAGE_LIMITS_TOTAL, total)), count].into_iter().flatten().collect();
            let value = Item::structure(tag::ATTRIBUTE_VALUE, fields);
            vec![Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "Usage Limits"), value])]
        };
        let mut conversation = Conversation::default();
        let mut add = |asked, told| look(&mut conversation, V1_4, Operation::ADD_ATTRIBUTE, asked, told);
        assert_eq!(add(limits(5, None), limits(5, Some(5))), 0);
        assert_eq!(add(limits(5, Some(0)), limits(5, Some(5))), 0);
        assert_eq!(add(limits(5, None), limits(6, Some(6))), 1);
    }

    #[test]
    fn an_answer_that_tells_another_value_is_seen() {
        let attribute =
            |value: Item| vec![Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, "x-a"), value])];
        let text = |word: &str| attribute(Item::text(tag::ATTRIBUTE_VALUE, word));
        let mut conversation = Conversation::default();
        assert_eq!(look(&mut conversation, V1_4, Operation::ADD_ATTRIBUTE, text("a"), text("a")), 0);
        assert_eq!(look(&mut conversation, V1_4, Operation::ADD_ATTRIBUTE, text("a"), text("b")), 1);
    }
}
