//! One scalar to one item: its type from the tables, its value from the author's spelling.

use super::build::{Build, Expr, Part, hex, whole_variable};
use super::lower::Lowering;
use super::names;
use super::node::{Node, number};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Item, ItemType, Tag};
use kmipspec_protocol::version::Version;

impl Lowering {
    /// Lowers a scalar where these types are allowed; none means any.
    pub(super) fn scalar(&mut self, tag: Tag, types: &[ItemType], node: &Node, text: &str) -> Option<Build> {
        let text = &text.replace("${version}", self.version.as_str());
        if let Some(version) = protocol_version(tag, text) {
            return Some(version);
        }
        if tag == tag::NAME && !text.starts_with("0x") && self.version < Version::V3_0 {
            let value = self.typed_scalar(tag::NAME_VALUE, ItemType::TEXT_STRING, node, text)?;
            let ty = Build::Fixed(Item::enumeration(tag::NAME_TYPE, 1));
            return Some(Build::Structure { tag, items: vec![value, ty] });
        }
        if let (Some(name), true) = (whole_variable(text), types.len() != 1) {
            self.use_name(name, &node.place);
            return Some(Build::Bound { tag, name: name.to_owned(), place: node.place.clone() });
        }
        let leaves: Vec<ItemType> = types.iter().copied().filter(|t| *t != ItemType::STRUCTURE).collect();
        match leaves.as_slice() {
            [ty] => self.typed_scalar(tag, *ty, node, text),
            [] if types.contains(&ItemType::STRUCTURE) => {
                if let Some(name) = whole_variable(text) {
                    self.use_name(name, &node.place);
                    return Some(Build::Bound { tag, name: name.to_owned(), place: node.place.clone() });
                }
                self.error(&node.place, format!("{} is a structure: write a map of its fields", names::tag_name(tag)));
                None
            }
            // What 3.0 made of the texts of 2.x.
            leaves if self.version >= Version::V3_0 && leaves.contains(&ItemType::IDENTIFIER) => {
                let ty = match guess(leaves, node, text) {
                    ItemType::TEXT_STRING => ItemType::IDENTIFIER,
                    ty => ty,
                };
                self.typed_scalar(tag, ty, node, text)
            }
            leaves if self.version >= Version::V3_0 && tag == tag::NAME => {
                let text_string = leaves.iter().find(|ty| **ty == ItemType::TEXT_STRING);
                self.typed_scalar(tag, *text_string?, node, text)
            }
            leaves => {
                let ty = guess(leaves, node, text);
                self.typed_scalar(tag, ty, node, text)
            }
        }
    }

    /// Lowers a scalar to an item of a type.
    pub(super) fn typed_scalar(&mut self, tag: Tag, ty: ItemType, node: &Node, text: &str) -> Option<Build> {
        let at = &node.place;
        if matches!(ty, ItemType::DATE_TIME | ItemType::DATE_TIME_EXTENDED) {
            return self.date(tag, ty, node, text);
        }
        if text.contains('$') {
            let parts = self.text_parts(text, at);
            return match parts.as_slice() {
                [Part::Literal(text)] => self.literal(tag, ty, node, &text.clone()).map(Build::Fixed),
                _ => Some(Build::Leaf { tag, ty, expr: Expr::Text(parts), place: at.clone() }),
            };
        }
        self.literal(tag, ty, node, text).map(Build::Fixed)
    }

    fn date(&mut self, tag: Tag, ty: ItemType, node: &Node, text: &str) -> Option<Build> {
        let at = node.place.clone();
        if let Some(shift) = now_shift(text) {
            return Some(Build::Leaf { tag, ty, expr: Expr::Now(shift), place: at });
        }
        if text.starts_with('$') {
            let parts = self.text_parts(text, &at);
            return Some(Build::Leaf { tag, ty, expr: Expr::Text(parts), place: at });
        }
        let micros = match number(text) {
            Some(n) if ty == ItemType::DATE_TIME => n.checked_mul(1_000_000),
            Some(n) => Some(n),
            None => text.parse::<jiff::Timestamp>().ok().map(|t| i128::from(t.as_microsecond())),
        };
        let value = micros
            .and_then(|m| i64::try_from(if ty == ItemType::DATE_TIME { m.div_euclid(1_000_000) } else { m }).ok());
        match value {
            Some(v) if ty == ItemType::DATE_TIME => Some(Build::Fixed(Item::date_time(tag, v))),
            Some(v) => Some(Build::Fixed(Item::date_time_extended(tag, v))),
            None => {
                self.error(&at, "a date is `2020-01-31T12:00:00Z`, `now`, `now-3600` or a number of seconds");
                None
            }
        }
    }

    /// A scalar without variables as an item of a type.
    fn literal(&mut self, tag: Tag, ty: ItemType, node: &Node, text: &str) -> Option<Item> {
        let at = &node.place;
        let n = number(text);
        let item = match ty {
            ItemType::TEXT_STRING | ItemType::IDENTIFIER | ItemType::REFERENCE | ItemType::NAME_REFERENCE => {
                let mut item = Item::text(tag, text);
                item.ty = ty;
                Some(item)
            }
            ItemType::BYTE_STRING => hex(text).map(|b| Item::bytes(tag, b)),
            ItemType::INTEGER if n.is_none() && names::is_mask(tag) => {
                return match names::mask(tag, &[text], self.version) {
                    Ok(bits) => Some(Item::integer(tag, bits)),
                    Err(u) => {
                        self.unknown(at, u);
                        None
                    }
                };
            }
            // A mask or a bit pattern may be written with its top bit set.
            ItemType::INTEGER => n
                .and_then(|n| i32::try_from(n).ok().or_else(|| u32::try_from(n).ok().map(u32::cast_signed)))
                .map(|n| Item::integer(tag, n)),
            ItemType::LONG_INTEGER => n.and_then(|n| i64::try_from(n).ok()).map(|n| Item::long_integer(tag, n)),
            ItemType::BIG_INTEGER => {
                hex(text.strip_prefix("0x").unwrap_or(text)).map(|b| Item::big_integer(tag, widened(&b)))
            }
            ItemType::ENUMERATION => {
                return match names::enum_code(tag, text, self.version) {
                    Ok(code) => Some(Item::enumeration(tag, code)),
                    Err(u) => {
                        self.unknown(at, u);
                        None
                    }
                };
            }
            ItemType::BOOLEAN => match text {
                "true" => Some(Item::boolean(tag, true)),
                "false" => Some(Item::boolean(tag, false)),
                _ => None,
            },
            ItemType::INTERVAL => n.and_then(|n| u32::try_from(n).ok()).map(|n| Item::interval(tag, n)),
            _ => None,
        };
        if item.is_none() {
            self.error(at, format!("`{text}` is not {} for {}", words(&[ty]), names::tag_name(tag)));
        }
        item
    }
}

/// `1.2` as Protocol Version, published or not.
fn protocol_version(of: Tag, text: &str) -> Option<Build> {
    if of != tag::PROTOCOL_VERSION {
        return None;
    }
    let (major, minor) = text.split_once('.')?;
    Some(Build::Fixed(Item::structure(
        of,
        vec![
            Item::integer(tag::PROTOCOL_VERSION_MAJOR, major.parse().ok()?),
            Item::integer(tag::PROTOCOL_VERSION_MINOR, minor.parse().ok()?),
        ],
    )))
}

/// `now`, `now-3600`, `now+60`.
pub fn now_shift(text: &str) -> Option<i64> {
    match text.strip_prefix("now")? {
        "" => Some(0),
        shift if shift.starts_with(['+', '-']) => shift.strip_prefix('+').unwrap_or(shift).parse().ok(),
        _ => None,
    }
}

/// The type an unadorned scalar has where the tables allow several.
fn guess(types: &[ItemType], node: &Node, text: &str) -> ItemType {
    let may = |t: ItemType| types.is_empty() || types.contains(&t);
    if node.is_quoted() && may(ItemType::TEXT_STRING) {
        return ItemType::TEXT_STRING;
    }
    if node.is_quoted() && may(ItemType::BYTE_STRING) {
        return ItemType::BYTE_STRING;
    }
    if number(text).is_some() && may(ItemType::INTEGER) {
        return ItemType::INTEGER;
    }
    if matches!(text, "true" | "false") && may(ItemType::BOOLEAN) {
        return ItemType::BOOLEAN;
    }
    if may(ItemType::TEXT_STRING) {
        return ItemType::TEXT_STRING;
    }
    types.first().copied().unwrap_or(ItemType::TEXT_STRING)
}

/// Sign-extended to a multiple of 8 bytes.
fn widened(bytes: &[u8]) -> Vec<u8> {
    let fill = if bytes.first().is_some_and(|b| b & 0x80 != 0) { 0xFF } else { 0x00 };
    let missing = bytes.len().max(1).next_multiple_of(8) - bytes.len();
    let mut out = vec![fill; missing];
    out.extend_from_slice(bytes);
    out
}

/// Types in words, for messages.
pub(super) fn words(types: &[ItemType]) -> String {
    let names: Vec<String> = types
        .iter()
        .map(|t| match *t {
            ItemType::BYTE_STRING => "hexadecimal bytes".to_owned(),
            ItemType::BOOLEAN => "true or false".to_owned(),
            ItemType::INTEGER | ItemType::ENUMERATION | ItemType::INTERVAL => format!("an {t}"),
            t => format!("a {t}"),
        })
        .collect();
    names.join(" or ")
}
