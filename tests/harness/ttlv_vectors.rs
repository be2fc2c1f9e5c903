//! Every vector under vectors/ttlv: bytes with the tree they are, or with the faults they have.

use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::{Code, Doc, Item, ItemType, Limits, Tag, Value};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Bytes that are well-formed TTLV, and the tree they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Valid {
    /// `ttlv.<folder>.<file name>`.
    id: String,
    /// One line.
    title: String,
    /// Sections of the standard, by version.
    spec: BTreeMap<String, String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for readers")]
    source: Option<String>,
    #[serde(default)]
    root: Root,
    /// Hexadecimal; white space does not count.
    bytes: String,
    tree: Tree,
}

/// Bytes that are not well-formed, and all their faults in the order in which they are found.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invalid {
    /// `ttlv.<folder>.<file name>`.
    id: String,
    /// One line.
    title: String,
    /// Sections of the standard, by version.
    spec: BTreeMap<String, String>,
    #[serde(default)]
    root: Root,
    /// Hexadecimal; white space does not count.
    bytes: String,
    faults: Vec<Fault>,
}

#[derive(Deserialize, JsonSchema)]
/// One fault.
#[serde(deny_unknown_fields)]
struct Fault {
    /// The stable name of the fault.
    code: String,
    /// Offset of the first byte that is wrong.
    at: usize,
}

/// What the first item may be.
#[derive(Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Root {
    #[default]
    Structure,
    Leaf,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tree {
    /// `0x` and six digits.
    tag: String,
    /// Name of the item type.
    r#type: String,
    #[serde(default)]
    /// A number, text, Boolean, or the bytes of a Byte String or Big Integer in hexadecimal.
    value: serde_json::Value,
    #[serde(default)]
    /// What is in a Structure.
    items: Vec<Tree>,
}

impl Tree {
    fn item(&self) -> Item {
        let tag = self.tag.strip_prefix("0x").and_then(|t| u32::from_str_radix(t, 16).ok()).map(Tag).expect("a tag");
        let ty = ItemType::from_name(&self.r#type).expect("a type");
        let int = || self.value.as_i64().expect("a number");
        let text = || self.value.as_str().expect("a text");
        let bytes = || unhex(text());
        let four = || u32::try_from(int()).expect("32 bits");
        match ty {
            ItemType::STRUCTURE => Item::structure(tag, self.items.iter().map(Self::item).collect()),
            ItemType::INTEGER => Item::integer(tag, i32::try_from(int()).expect("32 bits")),
            ItemType::LONG_INTEGER => Item::long_integer(tag, int()),
            ItemType::BIG_INTEGER => Item::leaf(tag, Value::BigInteger(&bytes())),
            ItemType::ENUMERATION => Item::enumeration(tag, four()),
            ItemType::BOOLEAN => Item::boolean(tag, self.value.as_bool().expect("a Boolean")),
            ItemType::TEXT_STRING => Item::text(tag, text()),
            ItemType::BYTE_STRING => Item::bytes(tag, bytes()),
            ItemType::DATE_TIME => Item::date_time(tag, int()),
            ItemType::INTERVAL => Item::interval(tag, four()),
            ItemType::DATE_TIME_EXTENDED => Item::date_time_extended(tag, int()),
            ItemType::IDENTIFIER => Item::leaf(tag, Value::Identifier(text())),
            ItemType::REFERENCE => Item::leaf(tag, Value::Reference(text())),
            ItemType::NAME_REFERENCE => Item::leaf(tag, Value::NameReference(text())),
            other => panic!("no vectors of {other}"),
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "{text}");
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hexadecimal");
    digits.chunks(2).map(byte).collect()
}

fn limits(root: Root) -> Limits {
    Limits { leaf_root: root == Root::Leaf, ..Limits::default() }
}

/// The files of a folder, with their text.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/ttlv").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|p| (p.clone(), std::fs::read_to_string(&p).expect("a text"))).collect()
}

/// Identifier, title and sections are those of the folder and the file.
fn check_head(path: &Path, kind: &str, id: &str, title: &str, spec: &BTreeMap<String, String>) {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    assert_eq!(id, format!("ttlv.{kind}.{stem}"), "{}", path.display());
    assert!(!title.is_empty() && !spec.is_empty(), "{id}");
    assert!(spec.keys().all(|v| v.parse::<kmipspec_protocol::version::Version>().is_ok()), "{id}");
}

#[test]
fn valid_bytes_are_the_tree_and_the_tree_is_the_bytes() {
    let (valid, messages) = (files("valid"), files("messages"));
    assert!(valid.len() >= 30 && messages.len() >= 170);
    let valid = valid.into_iter().map(|file| ("valid", file));
    for (kind, (path, text)) in valid.chain(messages.into_iter().map(|file| ("messages", file))) {
        let v: Valid = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        check_head(&path, kind, &v.id, &v.title, &v.spec);
        let (bytes, limits, tree) = (unhex(&v.bytes), limits(v.root), v.tree.item());
        let doc = Doc::strict(&bytes, &limits).unwrap_or_else(|e| panic!("{}: {e}", v.id));
        assert_eq!(Item::from_ref(doc.root().expect("a root")), tree, "{}", v.id);
        assert_eq!(tree.encode(), bytes, "{}", v.id);
        assert_eq!(Doc::lenient(&bytes, &limits).diags(), [], "{}", v.id);
        let xml = xml::write(&doc).map(|t| xml::read(&t, &limits).map(|i| i.encode()));
        if v.id.ends_with("-with-nul") {
            assert_eq!(xml, Err(xml::XmlError::Character { at: 8, code: 0 }), "{}", v.id);
        } else {
            assert_eq!(xml, Ok(Ok(bytes.clone())), "{}", v.id);
        }
        let json = json::write(&doc).map(|t| json::read(&t, &limits).map(|i| i.encode()));
        assert_eq!(json, Ok(Ok(bytes.clone())), "{}", v.id);
    }
}

#[test]
fn invalid_bytes_have_the_faults_and_lose_nothing() {
    let files = files("invalid");
    assert!(files.len() >= 50);
    let mut seen = BTreeSet::new();
    for (path, text) in files {
        let v: Invalid = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        check_head(&path, "invalid", &v.id, &v.title, &v.spec);
        let (bytes, limits) = (unhex(&v.bytes), limits(v.root));
        let doc = Doc::lenient(&bytes, &limits);
        let found: Vec<(usize, &str)> = doc.diags().iter().map(|d| (d.at(), d.code.name())).collect();
        let expected: Vec<(usize, &str)> = v.faults.iter().map(|f| (f.at, f.code.as_str())).collect();
        assert_eq!(found, expected, "{}", v.id);
        seen.extend(v.faults.iter().map(|f| f.code.clone()));
        let first = Doc::strict(&bytes, &limits).expect_err(&v.id);
        assert_eq!(Some(&first), doc.diags().first(), "{}", v.id);
        let again: Vec<u8> = Item::from_doc(&doc).iter().flat_map(Item::encode).collect();
        assert_eq!(again, bytes, "{}", v.id);
        assert!(xml::write(&doc).is_err() && json::write(&doc).is_err(), "{}", v.id);
    }
    // Limits are no matter of a file: see the hostile cases of protocol/tests/hostile.rs.
    let limits = [Code::TooDeep, Code::TooManyItems, Code::TooLarge];
    for code in Code::ALL {
        assert!(seen.contains(code.name()) || limits.contains(&code), "no vector has the fault {}", code.name());
    }
}

/// The schemas under vectors/schema are for editors; these are what they are made from.
#[test]
fn schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema");
    let all: [(&str, Schema); 2] = [("ttlv-valid", schema_for!(Valid)), ("ttlv-invalid", schema_for!(Invalid))];
    for (name, schema) in all {
        let path = folder.join(format!("{name}.schema.json"));
        let current = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &current).expect("written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == current, "stale: UPDATE_SCHEMAS=1 cargo test --test harness ttlv_vectors::");
    }
}
