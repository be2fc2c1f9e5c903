//! A located tree of scalars, lists and maps: what a scenario file is before its keys are understood.

use super::diagnostic::Place;

/// One value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// The four kinds of value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, or `~`.
    Null,
    /// One scalar, in the author's spelling.
    Scalar {
        /// The text, quotes and escapes resolved.
        text: String,
        /// Whether it was quoted (then it is never a number, a truth value or a keyword).
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the author's order.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the key stands.
    pub key_at: Place,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of an unquoted scalar: only these can be keywords and numbers.
    pub fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, quoted: false } => Some(text),
            _ => None,
        }
    }

    /// Whether this is a quoted scalar.
    pub fn is_quoted(&self) -> bool {
        matches!(self.kind, Kind::Scalar { quoted: true, .. })
    }

    /// Whether nothing stands here.
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The elements of a list.
    pub fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(l) => Some(l),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn map(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// "a list", for messages.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar { .. } => "a scalar",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

/// A decimal or `0x` integer.
pub fn number(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |d| (true, d));
    let n = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i128::from_str_radix(hex, 16).ok()?,
        None if digits.chars().next()?.is_ascii_digit() => digits.parse().ok()?,
        None => return None,
    };
    Some(if negative { -n } else { n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number("0x10"), Some(16));
        assert_eq!(number("-7"), Some(-7));
        assert_eq!(number("+7"), None);
        assert_eq!(number("1a"), None);
        assert_eq!(number(""), None);
    }
}
