//! Values as YAML in one line.

use std::fmt;

/// A value of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    /// A word or number that needs no quotes.
    Plain(String),
    /// A text, as it is meant.
    Text(String),
    /// `[…]`.
    List(Vec<Yaml>),
    /// `{…}`, in order.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A text that may hold variables: what looks like one in `text` is none.
    pub(super) fn literal(text: &str) -> Self {
        Self::Text(text.replace('$', "$$"))
    }

    /// One entry.
    pub(super) fn entry(key: impl Into<String>, value: Self) -> Self {
        Self::Map(vec![(key.into(), value)])
    }

    /// Adds a value under a key; several of one key are a list.
    pub(super) fn add(entries: &mut Vec<(String, Self)>, key: String, value: Self) {
        match entries.iter_mut().find(|(there, _)| *there == key) {
            None => entries.push((key, value)),
            Some((_, Self::List(list))) => list.push(value),
            Some((_, first)) => {
                let before = std::mem::replace(first, Self::List(Vec::new()));
                *first = Self::List(vec![before, value]);
            }
        }
    }
}

/// A scalar in double quotes: JSON is YAML.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a key is read as it stands.
fn is_simple(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

impl fmt::Display for Yaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(word) => f.write_str(word),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(list) => {
                f.write_str("[")?;
                for (place, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    if is_simple(key) {
                        write!(f, "{comma}{key}: {value}")?
                    } else {
                        write!(f, "{comma}{}: {value}", quoted(key))?
                    }
                }
                f.write_str("}")
            }
        }
    }
}
