//! Structures: each child against the table of its structure, in one pass over the message.

use super::{Check, Table};
use crate::registry::{Operation, ResultStatus, tag, tag_row};
use crate::schema::path::name_of;
use crate::schema::rules::{
    EMPTY_CREDENTIALS, FIELD_ORDER, FIELD_REPEATED, FIELD_REQUIRED, FIELD_UNEXPECTED, PAYLOAD_REQUIRED, TAG_KNOWN,
    TAG_VERSION, TIME_STAMP,
};
use crate::schema::{Direction, Field, Initiator, Required, StructureLayout, operation_row_of, structure_row};
use crate::ttlv::{ItemRef, ItemType, Tag};
use crate::version::Version;

/// What the structure around an item says about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Nothing is judged here: vendor extensions, custom attributes, payloads of unknown operations.
    pub(super) opaque: bool,
    /// Missing fields are reported: not in the items of a failed batch item.
    pub(super) complete: bool,
    /// The tag whose tables hold for the item: its own, or the attribute's for an Attribute Value.
    pub(super) stands_for: Tag,
    /// The item types its field allows; empty: those of the tag.
    pub(super) types: &'static [ItemType],
}

impl Place {
    const OPAQUE: Self = Self { opaque: true, complete: false, stands_for: Tag(0), types: &[] };
}

/// What is known about the items inside a structure.
enum Inside {
    /// Nothing.
    Opaque,
    /// Any item of the standard, in any order.
    Any,
    /// Attributes of 2.x, in any order.
    Attributes,
    /// One of these tables, each with its section.
    Tables(Vec<(&'static [Field], Table)>),
}

impl<'d> Check<'d> {
    /// Looks at every item once, structures before what they hold.
    pub(super) fn walk(&mut self) {
        let doc = self.doc;
        self.places = vec![Place::OPAQUE; doc.len()];
        let Some(root) = doc.root() else { return };
        if !self.root_is_message(root) {
            return;
        }
        self.place(root, Place { opaque: false, complete: true, stands_for: root.tag(), types: &[] });
        for item in doc.items() {
            let place = self.place_of(item);
            if place.opaque || !self.trusted(item) {
                continue;
            }
            if item.ty() == ItemType::STRUCTURE {
                self.structure(item, place);
            }
        }
    }

    pub(super) fn place(&mut self, item: ItemRef<'_>, place: Place) {
        if let Some(slot) = self.places.get_mut(item.index() as usize) {
            *slot = place;
        }
    }

    pub(super) fn place_of(&self, item: ItemRef<'_>) -> Place {
        self.places.get(item.index() as usize).copied().unwrap_or(Place::OPAQUE)
    }

    /// The children of one structure.
    fn structure(&mut self, item: ItemRef<'d>, place: Place) {
        let complete = match item.tag() {
            tag::BATCH_ITEM => self.direction == Direction::Request || succeeded(item),
            _ => place.complete,
        };
        match self.inside(item, place) {
            Inside::Opaque => {}
            Inside::Any => {
                for child in item.children() {
                    if self.known(child) {
                        self.child(child, complete, &[]);
                    }
                }
            }
            Inside::Attributes => self.attributes(item, complete),
            Inside::Tables(tables) => {
                let (table, section) = best_fit(item, &tables);
                self.table(item, table, section, complete);
            }
        }
        if item.tag() == tag::ATTRIBUTE {
            self.attribute(item);
        }
        if self.direction == Direction::Response {
            self.repeated_attributes(item);
        }
    }

    /// Which tables hold for what a structure holds.
    fn inside(&self, item: ItemRef<'d>, place: Place) -> Inside {
        let v = self.version;
        let own = match place.stands_for {
            tag::VENDOR_EXTENSION => return Inside::Opaque,
            tag::ATTRIBUTES
            | tag::COMMON_ATTRIBUTES
            | tag::PRIVATE_KEY_ATTRIBUTES
            | tag::PUBLIC_KEY_ATTRIBUTES
            | tag::CURRENT_ATTRIBUTE
            | tag::NEW_ATTRIBUTE => return Inside::Attributes,
            tag::REQUEST_PAYLOAD | tag::RESPONSE_PAYLOAD => return self.payload(item),
            tag::RANDOM_NUMBER_GENERATOR => tag::RNG_PARAMETERS,
            tag::PROTECTION_STORAGE_MASKS
            | tag::COMMON_PROTECTION_STORAGE_MASKS
            | tag::PRIVATE_PROTECTION_STORAGE_MASKS
            | tag::PUBLIC_PROTECTION_STORAGE_MASKS => return Inside::Any,
            other => other,
        };
        let Some(row) = structure_row(own) else {
            return Inside::Opaque;
        };
        let layouts: Vec<&'static StructureLayout> = row.layouts_at(v).collect();
        if layouts.is_empty() {
            // 3.0: no tables of structures, but tags and values are known, second-hand.
            return if v >= Version::V3_0 { Inside::Any } else { Inside::Opaque };
        }
        let wanted = match own {
            tag::BATCH_ITEM if self.direction == Direction::Request => Some("Request"),
            tag::BATCH_ITEM => Some("Response"),
            tag::CREDENTIAL_VALUE => sibling_value(item, tag::CREDENTIAL_TYPE),
            tag::KEY_MATERIAL => key_format(item),
            _ => None,
        };
        let named: Vec<_> =
            layouts.iter().filter(|l| Some(l.variant) == wanted).map(|l| (l.fields, l.section(v))).collect();
        let all: Vec<_> = layouts.iter().map(|l| (l.fields, l.section(v))).collect();
        if layouts.iter().any(|l| l.open) {
            Inside::Any
        } else if !named.is_empty() {
            Inside::Tables(named)
        } else if wanted.is_some() {
            // A credential type or key format without a table of its own.
            Inside::Opaque
        } else {
            Inside::Tables(all)
        }
    }

    /// The tables of a payload: those of its operation, for whoever may send it.
    fn payload(&self, item: ItemRef<'d>) -> Inside {
        let operation = item.parent().and_then(|b| b.child(tag::OPERATION)).and_then(|o| o.as_u32());
        let Some(code) = operation else { return Inside::Opaque };
        // The answer to Poll is that of the operation polled for.
        if code == Operation::POLL.0 && self.direction == Direction::Response {
            return Inside::Opaque;
        }
        let tables: Vec<(&'static [Field], Table)> = [Initiator::Client, Initiator::Server]
            .into_iter()
            .filter_map(|i| {
                let row = operation_row_of(code, i)?;
                let layout = row.layout(self.version)?;
                let fields = if self.direction == Direction::Request { layout.request } else { layout.response };
                Some((fields?, row.section(self.version)))
            })
            .collect();
        if tables.is_empty() { Inside::Opaque } else { Inside::Tables(tables) }
    }

    /// Whether the child's tag is one of the version; reports it when it is none. Extensions are not looked into.
    pub(super) fn known(&mut self, child: ItemRef<'d>) -> bool {
        if !self.trusted(child) || !child.tag().is_standard() {
            return false;
        }
        let v = self.version;
        match tag_row(child.tag()) {
            None => {
                self.report(&TAG_KNOWN, child, "a tag of the standard, or one from 540000 on", child.tag().to_string());
                false
            }
            Some(row) if !row.exists(v) => {
                let actual = match row.until {
                    Some(until) if until < v => format!("{}, which {until} had last", row.xml_name),
                    _ => format!("{}, which came with {}", row.xml_name, row.since),
                };
                self.report(&TAG_VERSION, child, format!("a tag of {v}"), actual);
                false
            }
            Some(_) => true,
        }
    }

    /// One child that has its place: its type and its value, and how to go on below it.
    pub(super) fn child(&mut self, child: ItemRef<'d>, complete: bool, types: &'static [ItemType]) {
        let place = Place { opaque: false, complete, stands_for: child.tag(), types };
        self.place(child, place);
        self.value(child, place);
        if child.tag() == tag::ATTRIBUTE_NAME {
            self.attribute_name(child);
        }
    }

    /// The children of a structure against its table.
    fn table(&mut self, item: ItemRef<'d>, table: &'static [Field], section: Table, complete: bool) {
        let mut seen = vec![false; table.len()];
        let mut at = 0;
        let mut last: Option<ItemRef<'d>> = None;
        for child in item.children() {
            if !self.known(child) {
                continue;
            }
            let Some(index) = find(table, at, child.tag()) else {
                let expected = format!("one of the fields of {}: {}", name_of(item), names(table));
                self.report_by(&FIELD_UNEXPECTED, section, child, expected, name_of(child));
                continue;
            };
            // `find` gives an index of the table, and `seen` is as long.
            let (Some(field), Some(seen)) = (table.get(index), seen.get_mut(index)) else { continue };
            if *seen && !field.repeatable {
                self.report_by(&FIELD_REPEATED, section, child, format!("{} once", name_of(child)), "once more");
                continue;
            }
            if index < at {
                let before = last.map(name_of).unwrap_or_default();
                let expected = format!("{} before {before}", name_of(child));
                self.report_by(&FIELD_ORDER, section, child, expected, format!("{} after {before}", name_of(child)));
            } else {
                at = index;
                last = Some(child);
            }
            *seen = true;
            self.child(child, complete, field.types);
        }
        // The header and the batch item itself are the same whether the operation failed or not.
        let complete = complete || matches!(item.tag(), tag::RESPONSE_HEADER | tag::BATCH_ITEM);
        if !complete || !self.whole(item) {
            return;
        }
        for (field, seen) in table.iter().zip(seen) {
            if seen || field.required != Required::Yes {
                continue;
            }
            let rule = match (item.tag(), field.tags) {
                (tag::RESPONSE_HEADER, [tag::TIME_STAMP]) => &TIME_STAMP,
                (tag::AUTHENTICATION, _) => &EMPTY_CREDENTIALS,
                (tag::BATCH_ITEM, [tag::RESPONSE_PAYLOAD]) => &PAYLOAD_REQUIRED,
                _ => &FIELD_REQUIRED,
            };
            let expected = match field.tags {
                [] | [_] => field.name.to_owned(),
                tags => format!(
                    "one of {}",
                    tags.iter().filter_map(|t| crate::registry::tag_name(*t)).collect::<Vec<_>>().join(", ")
                ),
            };
            self.report_missing_by(rule, section, item, field.name, expected);
        }
    }
}

/// Whether a response's batch item says Success.
fn succeeded(item: ItemRef<'_>) -> bool {
    item.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()) == Some(ResultStatus::SUCCESS.0)
}

/// The field a tag fills: from the current one on, else an earlier one.
fn find(table: &[Field], at: usize, tag: Tag) -> Option<usize> {
    let later = table.iter().enumerate().skip(at).find(|(_, f)| f.takes(tag));
    later.or_else(|| table.iter().enumerate().take(at).find(|(_, f)| f.takes(tag))).map(|(i, _)| i)
}

/// The table that leaves least to complain about.
fn best_fit(item: ItemRef<'_>, tables: &[(&'static [Field], Table)]) -> (&'static [Field], Table) {
    let misfits = |table: &[Field]| {
        let (mut at, mut wrong) = (0, 0usize);
        let mut seen = vec![false; table.len()];
        for child in item.children().filter(|c| c.tag().is_standard()) {
            match find(table, at, child.tag()) {
                Some(index) if index >= at => {
                    at = index;
                    if let Some(seen) = seen.get_mut(index) {
                        *seen = true;
                    }
                }
                Some(_) | None => wrong += 1,
            }
        }
        wrong + table.iter().zip(seen).filter(|(f, seen)| !seen && f.required == Required::Yes).count()
    };
    match tables {
        [one] => *one,
        _ => tables.iter().min_by_key(|t| misfits(t.0)).copied().unwrap_or_default(),
    }
}

/// The names of a table's fields.
fn names(table: &[Field]) -> String {
    if table.is_empty() {
        return "none".to_owned();
    }
    table.iter().map(|f| f.name).collect::<Vec<_>>().join(", ")
}

/// The name of the enumeration value in the item beside this one; of a vendor's, one that no table has.
fn sibling_value(item: ItemRef<'_>, sibling: Tag) -> Option<&'static str> {
    let code = item.parent()?.child(sibling)?.as_u32()?;
    Some(tag_row(sibling)?.enumeration?.value(code).map_or("(unassigned)", |value| value.xml_name))
}

/// The name of the Key Format Type of the Key Block around a Key Material.
fn key_format(item: ItemRef<'_>) -> Option<&'static str> {
    let value = item.parent().filter(|p| p.tag() == tag::KEY_VALUE)?;
    sibling_value(value, tag::KEY_FORMAT_TYPE)
}
