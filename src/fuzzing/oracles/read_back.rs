//! O12: what was written is what is read, with the same type.

use super::{Pair, name_of};
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::attributes::{Attribute, AttributeKey};
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::schema::{path_of, structure_row};
use kmipspec_protocol::ttlv::{Item, ItemRef};
use std::collections::BTreeMap;

/// What was written, by identifier and tag of the attribute, until anything else is done with the object.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadBack {
    written: BTreeMap<(String, u32), Item>,
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
    /// Looks at one answer.
    pub(super) fn look(&mut self, pair: &Pair<'_, '_>) -> Vec<Finding> {
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
                    (Some(wrote), Some(told)) if !is_as_written(&wrote, &told) => {
                        vec![finding(format!("{wrote:?} was written, {told:?} was answered"))]
                    }
                    _ => Vec::new(),
                }
            }
            (Operation::SET_ATTRIBUTE, Some(asked), Some(id)) => {
                self.written.clear();
                let new = asked.child(tag::NEW_ATTRIBUTE);
                if let Some(value) = new.and_then(|new| new.children().next()).filter(|v| v.is_well_formed()) {
                    self.written.insert((id.to_owned(), value.tag().0), Item::from_ref(value));
                }
                Vec::new()
            }
            (Operation::GET_ATTRIBUTES, _, Some(id)) => {
                let attributes = given.child(tag::ATTRIBUTES);
                let told = attributes.into_iter().flat_map(ItemRef::children).filter_map(|told| {
                    let wrote = self.written.get(&(id.to_owned(), told.tag().0))?;
                    let now = Item::from_ref(told);
                    (have_one_name(wrote, &now) && !is_as_written(wrote, &now))
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

/// Whether this can be told of what was written: the same. Fields that stood in another order than the table's may stand in it now; a
/// server keeps count of Usage Limits by itself (1.4 §3.21, 2.1 §4.65), and passes over fields that no version has there, under a later
/// minor version for one (1.4 §11.1).
fn is_as_written(wrote: &Item, told: &Item) -> bool {
    let settled = |item: &Item| {
        let mut item = item.clone();
        let tables = structure_row(item.tag).map_or(&[][..], |row| row.layouts);
        let has = |field: &Item| tables.is_empty() || tables.iter().any(|table| table.has(field.tag));
        if let Some(fields) = item.items_mut() {
            fields.retain(|f| f.tag != tag::USAGE_LIMITS_COUNT && (!f.tag.is_standard() || has(f)));
            fields.sort_by_key(|field| field.tag);
        }
        item
    };
    wrote == told || settled(wrote) == settled(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use crate::fuzzing::oracles::{Conversation, Exchange};
    use kmipspec_protocol::ttlv::Tag;
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
        for (told, findings) in [(["a", "b"], 0), (["c", "b"], 1)] {
            let mut conversation = Conversation::default();
            let id = || Item::text(tag::UNIQUE_IDENTIFIER, "k1");
            let stray = Item::structure(tag::RIGHT, Vec::new());
            let new = Item::structure(tag::NEW_ATTRIBUTE, vec![attribute("one", "a", Some(stray))]);
            let mut step = |operation, asked, told| look(&mut conversation, V2_1, operation, asked, told);
            assert_eq!(step(Operation::SET_ATTRIBUTE, vec![id(), new], vec![id()]), 0);
            let told = vec![attribute("one", told[0], None), attribute("two", told[1], None)];
            let told = vec![id(), Item::structure(tag::ATTRIBUTES, told)];
            assert_eq!(step(Operation::GET_ATTRIBUTES, vec![id()], told), findings);
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
