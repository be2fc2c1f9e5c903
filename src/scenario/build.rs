//! Request items with holes: lowered for a version once, filled from the variables each time they are sent.

use super::attributes::{self, Container, Named};
use super::diagnostic::Place;
use super::vars::{BuildError, Vars};
use kmipspec_protocol::ttlv::{Item, ItemType, Tag, Value};
use std::fmt;

/// An item to be sent.
#[derive(Clone, Debug)]
pub enum Build {
    /// No variable in it.
    Fixed(Item),
    /// A value made from variables or the clock.
    Leaf {
        /// The item's tag.
        tag: Tag,
        /// Its type.
        ty: ItemType,
        /// Its value.
        expr: Expr,
        /// Where it is written.
        place: Place,
    },
    /// Whatever is bound to a name, with its own type.
    Bound {
        /// The item's tag.
        tag: Tag,
        /// The name.
        name: String,
        /// Where it is written.
        place: Place,
    },
    /// A structure with such items in it.
    Structure {
        /// The item's tag.
        tag: Tag,
        /// Its items, in wire order.
        items: Vec<Build>,
    },
    /// Attributes in the notation common to all versions.
    Attributes {
        /// What holds them at this version.
        container: Container,
        /// Name and value of each.
        attributes: Vec<(Named, Build)>,
    },
}

/// A value made from variables or the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Text with `${…}` in it; of a Byte String it is hexadecimal.
    Text(Vec<Part>),
    /// Seconds from now.
    Now(i64),
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Literal(String),
    /// `${run}`.
    Run,
    /// `${n}`.
    Iteration,
    /// `${name}`.
    Var(String),
}

impl Build {
    /// Fills the holes; several items where a version spells one thing as several.
    pub fn resolve(&self, vars: &Vars) -> Result<Vec<Item>, BuildError> {
        Ok(match self {
            Self::Fixed(item) => vec![item.clone()],
            Self::Leaf { tag, ty, expr, place } => vec![leaf(*tag, *ty, expr, place, vars)?],
            Self::Bound { tag, name, place } => vec![bound(name, place, vars)?.clone().with_tag(*tag)],
            Self::Structure { tag, items } => vec![Item::structure(*tag, resolve_all(items, vars)?)],
            Self::Attributes { container, attributes } => {
                let mut list = Vec::with_capacity(attributes.len());
                for (named, value) in attributes {
                    for item in value.resolve(vars)? {
                        list.push((named.clone(), item));
                    }
                }
                attributes::lower(list, *container, vars.version())
            }
        })
    }
}

/// Fills a list of items.
pub fn resolve_all(items: &[Build], vars: &Vars) -> Result<Vec<Item>, BuildError> {
    let mut out = Vec::with_capacity(items.len());
    for b in items {
        out.extend(b.resolve(vars)?);
    }
    Ok(out)
}

/// Splits text at its `${…}`; `$name` alone is one variable, `$$` a dollar sign. The error is a sentence.
pub fn parts(text: &str) -> Result<Vec<Part>, String> {
    if let Some(name) = whole_variable(text) {
        return Ok(vec![part(name)]);
    }
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        literal.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            literal.push('$');
            rest = after;
        } else if let Some((name, after)) = after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            if !is_name(name) {
                return Err(format!("`{name}` is not a variable name (lower case letters, digits, `-`, `_`)"));
            }
            if !literal.is_empty() {
                out.push(Part::Literal(std::mem::take(&mut literal)));
            }
            out.push(part(name));
            rest = after;
        } else {
            return Err("`$` begins `$name` (alone) or `${name}`; write `$$` for a dollar sign".to_owned());
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() || out.is_empty() {
        out.push(Part::Literal(literal));
    }
    Ok(out)
}

/// The name, when the text is `$name` and nothing else.
pub fn whole_variable(text: &str) -> Option<&str> {
    text.strip_prefix('$').filter(|n| is_name(n))
}

/// Whether a name may be bound.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// Text with its variables filled in.
pub fn fill(parts: &[Part], place: &Place, vars: &Vars) -> Result<String, BuildError> {
    let mut out = String::new();
    for p in parts {
        match p {
            Part::Literal(t) => out.push_str(t),
            Part::Run => out.push_str(vars.run()),
            Part::Iteration => out.push_str(&vars.iteration().to_string()),
            Part::Var(name) => out.push_str(&as_text(bound(name, place, vars)?)),
        }
    }
    Ok(out)
}

/// Hexadecimal digits, blanks and underscores between them allowed.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'_').collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits.chunks_exact(2).map(|p| Some(nibble(*p.first()?)? << 4 | nibble(*p.get(1)?)?)).collect()
}

fn part(name: &str) -> Part {
    match name {
        "run" => Part::Run,
        "n" => Part::Iteration,
        _ => Part::Var(name.to_owned()),
    }
}

fn bound<'v>(name: &str, place: &Place, vars: &'v Vars) -> Result<&'v Item, BuildError> {
    vars.get(name).ok_or_else(|| BuildError::Unbound { name: name.to_owned(), place: place.clone() })
}

fn as_text(item: &Item) -> String {
    match item.value() {
        Some(Value::TextString(t) | Value::Identifier(t) | Value::Reference(t) | Value::NameReference(t)) => {
            t.to_owned()
        }
        Some(Value::Integer(n)) => n.to_string(),
        Some(Value::LongInteger(n) | Value::DateTime(n) | Value::DateTimeExtended(n)) => n.to_string(),
        Some(Value::Enumeration(n) | Value::Interval(n)) => n.to_string(),
        Some(Value::Boolean(b)) => b.to_string(),
        Some(Value::ByteString(b) | Value::BigInteger(b)) => b.iter().map(|b| format!("{b:02x}")).collect(),
        Some(Value::Structure) | None => String::new(),
    }
}

fn leaf(tag: Tag, ty: ItemType, expr: &Expr, place: &Place, vars: &Vars) -> Result<Item, BuildError> {
    let wrong = |needed: &str| BuildError::WrongType {
        name: expr.to_string(),
        needed: needed.to_owned(),
        place: place.clone(),
    };
    let parts = match expr {
        Expr::Now(shift) => {
            let at = vars.now().saturating_add(*shift);
            return Ok(match ty {
                ItemType::DATE_TIME_EXTENDED => Item::date_time_extended(tag, at.saturating_mul(1_000_000)),
                _ => Item::date_time(tag, at),
            });
        }
        Expr::Text(parts) => parts,
    };
    // A variable alone keeps the item that was bound when its type is the one asked for.
    if let [Part::Var(name)] = parts.as_slice() {
        let item = bound(name, place, vars)?;
        if item.ty == ty || ty == ItemType::TEXT_STRING && item.ty.is_text() {
            return Ok(item.clone().with_tag(tag));
        }
    }
    let text = fill(parts, place, vars)?;
    Ok(match ty {
        ty if ty.is_text() => Item::text_of(tag, ty, text),
        ItemType::BYTE_STRING => Item::bytes(tag, hex(&text).ok_or_else(|| wrong("hexadecimal"))?),
        ItemType::INTEGER => Item::integer(tag, text.parse().map_err(|_| wrong("an Integer"))?),
        ItemType::LONG_INTEGER => Item::long_integer(tag, text.parse().map_err(|_| wrong("a Long Integer"))?),
        ItemType::ENUMERATION => Item::enumeration(tag, text.parse().map_err(|_| wrong("an Enumeration"))?),
        ItemType::INTERVAL => Item::interval(tag, text.parse().map_err(|_| wrong("an Interval"))?),
        ItemType::DATE_TIME => Item::date_time(tag, text.parse().map_err(|_| wrong("a Date-Time"))?),
        _ => return Err(wrong("of a type that can be made from text")),
    })
}

/// Text with its variables by name.
pub fn show_parts(parts: &[Part]) -> String {
    let one = |p: &Part| match p {
        Part::Literal(t) => t.clone(),
        Part::Run => "${run}".to_owned(),
        Part::Iteration => "${n}".to_owned(),
        Part::Var(n) => format!("${{{n}}}"),
    };
    parts.iter().map(one).collect()
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(0) => f.write_str("now"),
            Self::Now(n) => write!(f, "now{n:+}"),
            Self::Text(parts) => match parts.as_slice() {
                [Part::Var(name)] => write!(f, "${name}"),
                parts => f.write_str(&show_parts(parts)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_variables() {
        assert_eq!(parts("$key").unwrap(), [Part::Var("key".into())]);
        assert_eq!(parts("${run}-k").unwrap(), [Part::Run, Part::Literal("-k".into())]);
        assert_eq!(parts("5$$").unwrap(), [Part::Literal("5$".into())]);
        assert_eq!(parts("").unwrap(), [Part::Literal(String::new())]);
        assert!(parts("a $b c").is_err());
        assert!(parts("${A}").is_err());
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex("00 ff_0A"), Some(vec![0, 255, 10]));
        assert_eq!(hex("abc"), None);
        assert_eq!(hex("zz"), None);
    }
}
