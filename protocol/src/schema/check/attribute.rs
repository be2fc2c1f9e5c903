//! Attributes: by name in 1.x, by tag in 2.x.

use super::fields::Place;
use super::{Check, Table};
use crate::registry::{tag, tag_row};
use crate::schema::path::name_of;
use crate::schema::rules::{
    ATTRIBUTE_ALLOWED, ATTRIBUTE_NAME, ATTRIBUTE_REPEATED, ATTRIBUTE_VALUE_TYPE, ATTRIBUTE_VERSION,
    CUSTOM_ATTRIBUTE_FLAT, FIELD_REQUIRED,
};
use crate::schema::{AttributeRow, Direction, attribute_named, attribute_row, structure_row};
use crate::ttlv::{ItemRef, ItemType};
use crate::version::Version;
use std::collections::HashSet;

/// What a name in a 1.x message means.
enum Named {
    /// An attribute of the version.
    Standard(&'static AttributeRow),
    /// A vendor's: x- or y-.
    Custom,
    /// Neither; reported elsewhere.
    Other,
}

impl<'d> Check<'d> {
    /// The items of an Attributes structure (2.x).
    pub(super) fn attributes(&mut self, item: ItemRef<'d>, complete: bool) {
        for child in item.children() {
            if !self.known(child) {
                continue;
            }
            // 3.0: no list of attributes is known.
            let listed = attribute_row(child.tag()).is_some_and(|row| row.versions.contains(self.version));
            if listed || self.version >= Version::V3_0 {
                self.child(child, complete, &[]);
            } else {
                let expected = format!("an attribute of {}", self.version);
                self.report(&ATTRIBUTE_ALLOWED, child, expected, name_of(child));
            }
        }
    }

    /// Names wherever they stand, and what an Attribute's name says about its value.
    pub(super) fn attribute(&mut self, item: ItemRef<'d>) {
        let (name, value) = (item.child(tag::ATTRIBUTE_NAME), item.child(tag::ATTRIBUTE_VALUE));
        let Some(value) = value else {
            // Only Notify may leave the value out, and that is a request.
            if self.direction == Direction::Response && self.place_of(item).complete && self.whole(item) {
                let section = attribute_section(self.version);
                self.report_missing_by(&FIELD_REQUIRED, section, item, "AttributeValue", "AttributeValue");
            }
            return;
        };
        let opaque = Place { opaque: true, complete: false, stands_for: value.tag(), types: &[] };
        self.place(value, opaque);
        if self.version >= Version::V2_0 {
            return;
        }
        let Some(text) = name.and_then(|n| n.as_text()) else { return };
        match self.named(text) {
            Named::Standard(row) => {
                let complete = self.place_of(item).complete;
                self.attribute_value(value, row, complete);
            }
            Named::Custom => {
                for inner in value.children().filter(|c| c.ty() == ItemType::STRUCTURE) {
                    let expected = "no structure inside the value of a custom attribute";
                    self.report(&CUSTOM_ATTRIBUTE_FLAT, inner, expected, name_of(inner));
                }
            }
            Named::Other => {}
        }
    }

    /// A value against the table of its attribute.
    fn attribute_value(&mut self, value: ItemRef<'d>, row: &'static AttributeRow, complete: bool) {
        if !self.trusted(value) {
            return;
        }
        let of_tag = tag_row(row.tag).map_or(&[][..], |t| t.types_at(self.version));
        let known = !of_tag.is_empty() || !row.types.is_empty();
        if known && !of_tag.contains(&value.ty()) && !row.types.contains(&value.ty()) {
            let types: Vec<String> =
                if of_tag.is_empty() { row.types } else { of_tag }.iter().map(|t| t.to_string()).collect();
            let expected = format!("{} as the value of {}", types.join(" or "), row.name);
            self.report_by(&ATTRIBUTE_VALUE_TYPE, row.section(self.version), value, expected, value.ty().to_string());
            return;
        }
        self.place(value, Place { opaque: false, complete, stands_for: row.tag, types: row.types });
        self.listed(value, tag_row(row.tag).and_then(|t| t.enumeration));
    }

    /// Attributes that stand twice in one structure of a response and are single by their rule table.
    pub(super) fn repeated_attributes(&mut self, item: ItemRef<'d>) {
        let by_name = self.version < Version::V2_0;
        let holds_attributes = match by_name {
            true => item.children().any(|c| c.tag() == tag::ATTRIBUTE),
            false => item.tag() == tag::ATTRIBUTES,
        };
        // A Constraint (2.1 §7.6) is of objects to come, and may name each value that is permitted.
        let of_constraint = item.parent().is_some_and(|parent| parent.tag() == tag::CONSTRAINT);
        if !holds_attributes || of_constraint {
            return;
        }
        let mut seen = HashSet::new();
        for child in item.children() {
            if !self.trusted(child) {
                break;
            }
            let row = match (by_name, child.tag()) {
                (true, tag::ATTRIBUTE) => {
                    let name = child.child(tag::ATTRIBUTE_NAME).and_then(|n| n.as_text());
                    name.and_then(|n| attribute_named(n).filter(|row| row.name == n))
                }
                (true, _) => None,
                (false, tag) => attribute_row(tag),
            };
            let Some(row) = row else { continue };
            let single = row.rules_at(self.version).is_some_and(|r| r.multiple_instances == Some(false));
            if single && !seen.insert(row.tag) {
                let section = row.section(self.version);
                self.report_by(&ATTRIBUTE_REPEATED, section, child, format!("{} once", row.name), "once more");
            }
        }
    }

    /// An Attribute Name of 1.x; in 2.x it names a vendor's attribute and may be anything.
    pub(super) fn attribute_name(&mut self, item: ItemRef<'d>) {
        if self.version >= Version::V2_0 {
            return;
        }
        let Some(text) = item.as_text() else { return };
        if !matches!(self.named(text), Named::Other) {
            return;
        }
        match attribute_named(text).filter(|row| row.name == text) {
            Some(row) => {
                let actual = format!("{text:?}, an attribute of {} to {}", row.versions.since, row.versions.until);
                self.report(&ATTRIBUTE_VERSION, item, format!("an attribute of {}", self.version), actual);
            }
            None => {
                self.report(&ATTRIBUTE_NAME, item, "an attribute of the standard, x-… or y-…", format!("{text:?}"));
            }
        }
    }

    fn named(&self, text: &str) -> Named {
        if text.starts_with("x-") || text.starts_with("y-") {
            return Named::Custom;
        }
        match attribute_named(text) {
            Some(row) if row.name == text && row.versions.contains(self.version) => Named::Standard(row),
            _ => Named::Other,
        }
    }
}

/// The section of the structure Attribute.
fn attribute_section(version: Version) -> Table {
    structure_row(tag::ATTRIBUTE)?.layouts_at(version).next()?.section(version)
}
