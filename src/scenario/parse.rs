//! YAML text to a tree of located nodes. The only file that names the YAML crate.
//!
//! Scalars keep the author's spelling: what `0010` or `yes` means depends on the KMIP field it stands in,
//! so no YAML typing is applied here.

use super::diagnostic::{Diagnostic, Place, Source};
use super::node::{Entry, Kind, Node};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::sync::Arc;

/// Reads one YAML document.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&source.text, options) {
        Ok(raw) => Ok(locate(raw, source)),
        Err(e) => {
            let e = e.without_snippet();
            let place = e.location().map_or_else(|| Place::start_of(source), |l| place_of(l, source));
            Err(Diagnostic::new(&place, first_line(&e.to_string())))
        }
    }
}

/// Reads one YAML document into a type of its own: target files, expectations.
pub fn read<T: de::DeserializeOwned>(source: &Arc<Source>) -> Result<T, Diagnostic> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options::<T>(&source.text, options).map_err(|e| {
        let e = e.without_snippet();
        let place = e.location().map_or_else(|| Place::start_of(source), |l| place_of(l, source));
        Diagnostic::new(&place, first_line(&e.to_string()))
    })
}

/// A YAML node before its spelling is recovered from the source.
enum Raw {
    Null,
    /// A plain scalar that YAML would take for a number or truth value.
    Typed,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Raw, E> {
        Ok(Raw::Text(v.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(v) = seq.next_element()? {
            out.push(v);
        }
        Ok(Raw::List(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(e) = map.next_entry()? {
            out.push(e);
        }
        Ok(Raw::Map(out))
    }
}

fn locate(raw: Spanned<Raw>, source: &Arc<Source>) -> Node {
    let place = place_of(raw.referenced, source);
    let spelled = spelling(raw.defined, source);
    let quoted = spelled.starts_with(['"', '\'', '|', '>']);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Typed => Kind::Scalar { text: spelled.trim().to_owned(), quoted },
        Raw::Text(text) => Kind::Scalar { text, quoted },
        Raw::List(items) => Kind::List(items.into_iter().map(|n| locate(n, source)).collect()),
        Raw::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(k, v)| Entry { key_at: place_of(k.referenced, source), key: k.value, value: locate(v, source) })
                .collect(),
        ),
    };
    Node { place, kind }
}

fn spelling(at: Location, source: &Source) -> &str {
    let span = at.span();
    let (Some(from), Some(len)) = (span.byte_offset(), span.byte_len()) else { return "" };
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let to = from.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
    source.text.get(from..to).unwrap_or("")
}

fn place_of(at: Location, source: &Arc<Source>) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
    let len = spelling(at, source).lines().next().map_or(1, |l| l.trim_end().chars().count()).max(1);
    Place { source: Arc::clone(source), line: number(at.line()), column: number(at.column()), len }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or("not readable as YAML").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Node, Diagnostic> {
        parse(&Arc::new(Source { file: "t.yaml".into(), text: text.into() }))
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let n = tree("a: 0010\nb: yes\nc: [1.0, \"2.0\", 0x2A, true]\nd: ~\n1.0: x\n").unwrap();
        assert_eq!(n.get("a").unwrap().text(), Some("0010"));
        assert_eq!(n.get("b").unwrap().text(), Some("yes"));
        let c: Vec<_> =
            n.get("c").unwrap().list().unwrap().iter().map(|n| (n.text().unwrap(), n.is_quoted())).collect();
        assert_eq!(c, [("1.0", false), ("2.0", true), ("0x2A", false), ("true", false)]);
        assert!(n.get("d").unwrap().is_null());
        assert_eq!(n.get("1.0").unwrap().text(), Some("x"));
    }

    #[test]
    fn every_node_has_its_place() {
        let n = tree("a:\n  - {b: c}\n").unwrap();
        let b = n.get("a").unwrap().list().unwrap()[0].get("b").unwrap();
        assert_eq!((b.place.line, b.place.column, b.place.len), (2, 9, 1));
    }

    #[test]
    fn an_anchor_is_read_where_it_is_defined() {
        let n = tree("a: &k 0011\nb: *k\n").unwrap();
        assert_eq!(n.get("b").unwrap().text(), Some("0011"));
        assert_eq!(n.get("b").unwrap().place.line, 2);
    }

    #[test]
    fn duplicate_keys_and_syntax_errors_have_a_place() {
        let e = tree("a: 1\na: 2\n").unwrap_err();
        assert_eq!((e.place.line, e.place.column), (2, 1), "{e}");
        let e = tree("a: [1\nb: 2\n").unwrap_err();
        assert!(e.place.line >= 1, "{e}");
    }
}
