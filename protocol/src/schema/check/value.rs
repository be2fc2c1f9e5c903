//! Types and values of single items.

use super::Check;
use super::fields::Place;
use crate::registry::{self, Enumeration, tag_row};
use crate::schema::rules::{ENUMERATION_VALUE, ENUMERATION_VERSION, ITEM_TYPE, MASK_BITS, VALUE_GONE};
use crate::ttlv::{ItemRef, Value};

impl<'d> Check<'d> {
    /// Type and value of an item that has its place.
    pub(super) fn value(&mut self, item: ItemRef<'d>, place: Place) {
        // A code no version defines is reported by the encoding rules.
        if item.ty().name().is_none() {
            return;
        }
        let Some(row) = tag_row(place.stands_for) else { return };
        // What the table of the structure says is narrower than what the tag may have elsewhere.
        let types = if place.types.is_empty() { row.types_at(self.version) } else { place.types };
        if !types.is_empty() && !types.contains(&item.ty()) {
            let expected: Vec<String> = types.iter().map(|t| t.to_string()).collect();
            self.report(&ITEM_TYPE, item, expected.join(" or "), item.ty().to_string());
            return;
        }
        self.listed(item, row.enumeration);
    }

    /// An Enumeration or mask against its list.
    pub(super) fn listed(&mut self, item: ItemRef<'d>, list: Option<&'static Enumeration>) {
        let Some(list) = list else { return };
        let v = self.version;
        match item.value() {
            Some(Value::Enumeration(code)) if !list.mask => {
                if list.valid(code, v) || code >> 28 == 8 || is_extension_tag(list, code) {
                    return;
                }
                match list.value(code) {
                    None => self.report_by(
                        &ENUMERATION_VALUE,
                        list.section(v),
                        item,
                        format!("a value of {}", list.xml_name),
                        format!("0x{code:08X}"),
                    ),
                    Some(value) => {
                        let gone = value.until.filter(|u| *u < v);
                        let rule = if gone.is_some() { &VALUE_GONE } else { &ENUMERATION_VERSION };
                        let when = match gone {
                            Some(until) => format!("which {until} had last"),
                            None => format!("which came with {}", value.since),
                        };
                        let expected = format!("a value of {} at {v}", list.xml_name);
                        self.report_by(
                            rule,
                            list.section(v),
                            item,
                            expected,
                            format!("{} (0x{code:08X}), {when}", value.xml_name),
                        );
                    }
                }
            }
            Some(Value::Integer(bits)) if list.mask => {
                let bits = bits.cast_unsigned();
                let free = extension_bits(list);
                if list.valid(bits & !free, v) {
                    return;
                }
                let now = list.values.iter().filter(|b| b.exists(v)).fold(0, |all, b| all | b.code);
                let once = list.values.iter().filter(|b| b.since <= v).fold(0, |all, b| all | b.code);
                let wrong = bits & !free & !now;
                let rule = if wrong & !once == 0 { &VALUE_GONE } else { &MASK_BITS };
                let expected = format!("bits of {} at {v}", list.xml_name);
                self.report_by(
                    rule,
                    list.section(v),
                    item,
                    expected,
                    format!("0x{bits:08X}, with 0x{wrong:08X} not listed"),
                );
            }
            _ => {}
        }
    }
}

/// A vendor's tag as a value of the enumeration Tag.
fn is_extension_tag(list: &Enumeration, code: u32) -> bool {
    std::ptr::eq(list, &registry::TAG) && code >> 16 == 0x54
}

/// The bits left to vendors: the tables print XXX00000 for the usage mask and XXXXXXX0 for the storage masks.
fn extension_bits(mask: &Enumeration) -> u32 {
    if std::ptr::eq(mask, &registry::CRYPTOGRAPHIC_USAGE_MASK) {
        0xFFF0_0000
    } else if std::ptr::eq(mask, &registry::STORAGE_STATUS_MASK)
        || std::ptr::eq(mask, &registry::PROTECTION_STORAGE_MASK)
    {
        0xFFFF_FFF0
    } else {
        u32::MAX
    }
}
