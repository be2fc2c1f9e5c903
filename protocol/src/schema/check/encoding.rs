//! Faults of the encoding: each diagnostic of the document is a broken rule.

use super::Check;
use crate::schema::path::path_of;
use crate::schema::rules::{
    BIG_INTEGER_EMPTY, BOOLEAN, FIXED_LENGTH, ITEM_TYPE_CODE, LIMIT, MESSAGE_ROOT, PADDING, STRUCTURE_LENGTH,
    TAG_PREFIX, TEXT_NULL, TRAILING, TRUNCATED, UTF_8,
};
use crate::schema::{Rule, Violation};
use crate::ttlv::{Code, Diag, ItemType};
use crate::version::Version;

impl Check<'_> {
    /// Reports the diagnostics, and finds how far the message can be trusted.
    ///
    /// Once an item does not fit its structure, later faults of the encoding may be its consequences and are left out;
    /// the document still has them. Of a message that ends early, so are the items that the end cuts through.
    pub(super) fn encoding(&mut self) {
        let doc = self.doc;
        let end = doc.bytes().len();
        let mut misfit = false;
        for diag in doc.diags() {
            let item = diag.node().and_then(|n| doc.item(n));
            let cut = self.horizon == end && item.is_some_and(|i| i.end() == end);
            let is_misfit = matches!(diag.code, Code::Overrun | Code::Leftover);
            if misfit || is_misfit && cut {
                continue;
            }
            misfit = is_misfit;
            if is_length_fault(diag.code) {
                // The header of the item at fault is where it should be; what it holds and what follows may not be. Of a
                // message that ends early, everything that is there can be read.
                let from = match (diag.code, item) {
                    (Code::Truncated, _) | (_, None) => end,
                    (_, Some(i)) => i.offset() + 1,
                };
                self.horizon = self.horizon.min(from);
            }
            let empty = diag.code == Code::BigIntegerLength && item.is_some_and(|i| i.declared_len() == 0);
            let rule = if empty { &BIG_INTEGER_EMPTY } else { rule_of(diag.code) };
            if self.full() {
                continue;
            }
            let path = item.map(path_of).unwrap_or_default();
            let actual = observed(diag, item);
            let expected = rule.statement.to_owned();
            self.keep(Violation { rule, path, offset: diag.at(), expected, actual, table: None });
        }
        self.types_and_terminators();
    }

    /// Item types born later, and null characters at the end of text.
    fn types_and_terminators(&mut self) {
        let doc = self.doc;
        for item in doc.items() {
            if !self.trusted(item) {
                continue;
            }
            let born = item_type_since(item.ty());
            if self.version < born {
                let actual = format!("{}, which came with {born}", item.ty());
                self.report(&ITEM_TYPE_CODE, item, format!("an item type of {}", self.version), actual);
            }
            if item.ty() == ItemType::TEXT_STRING
                && self.whole(item)
                && self.version < Version::V2_0
                && item.raw().last() == Some(&0)
            {
                self.report(&TEXT_NULL, item, TEXT_NULL.statement, "a null character at the end");
            }
        }
    }
}

/// The version that an item type came with (1.0 §9.1.1.2, 2.0 §10.1.2; 3.0 second-hand); one that nobody knows counts as old.
pub const fn item_type_since(ty: ItemType) -> Version {
    match ty {
        ItemType::DATE_TIME_EXTENDED => Version::V2_0,
        ItemType::IDENTIFIER | ItemType::REFERENCE | ItemType::NAME_REFERENCE => Version::V3_0,
        _ => Version::V1_0,
    }
}

/// Whether the bytes after such a fault may be read at the wrong place.
fn is_length_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Truncated
            | Code::Leftover
            | Code::Overrun
            | Code::FixedLength
            | Code::BigIntegerLength
            | Code::TooDeep
            | Code::TooManyItems
            | Code::TooLarge
    )
}

/// The rule a fault breaks.
pub(super) fn rule_of(code: Code) -> &'static Rule {
    match code {
        Code::Truncated => &TRUNCATED,
        Code::Trailing => &TRAILING,
        Code::RootNotStructure => &MESSAGE_ROOT,
        Code::Leftover | Code::Overrun => &STRUCTURE_LENGTH,
        Code::TagPrefix => &TAG_PREFIX,
        Code::UnknownType => &ITEM_TYPE_CODE,
        Code::FixedLength | Code::BigIntegerLength => &FIXED_LENGTH,
        Code::Padding => &PADDING,
        Code::Boolean => &BOOLEAN,
        Code::Utf8 => &UTF_8,
        // A limit is ours, whatever a later version of the scanner adds.
        _ => &LIMIT,
    }
}

/// What stands there, with the numbers that matter.
fn observed(diag: &Diag, item: Option<crate::ttlv::ItemRef<'_>>) -> String {
    let text = diag.code.text();
    match (diag.code, item) {
        (Code::FixedLength | Code::BigIntegerLength, Some(i)) => format!("{} of {} bytes", i.ty(), i.declared_len()),
        (Code::Overrun | Code::Truncated, Some(i)) => {
            format!("{text}: length {}, {} bytes there", i.declared_len(), i.raw().len() + i.padding().len())
        }
        (Code::TagPrefix, Some(i)) => format!("tag {}", i.tag()),
        (Code::UnknownType, Some(i)) => i.ty().to_string(),
        (Code::Padding, Some(i)) => format!("padding {}", hex(i.padding())),
        (Code::Boolean | Code::Utf8, Some(i)) => hex(i.raw()),
        _ => text.to_owned(),
    }
}

/// The first bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out: String = bytes.iter().take(32).map(|b| format!("{b:02X}")).collect();
    if bytes.len() > 32 {
        out.push('…');
    }
    out
}
