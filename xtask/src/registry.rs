//! `protocol/data/{tags,enumerations}.yaml` -> `protocol/src/registry/{tag.rs,enumerations/}`.

use crate::Output;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The newest version first written in a `since` can have; order is age.
const VERSIONS: [&str; 8] = ["1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1", "3.0"];

/// A version that takes tag numbers as enumeration values: the enumeration Tag starts here (2.0 §11.54).
const TAG_ENUMERATION_SINCE: &str = "2.0";

/// The enumeration whose values are tags.
const TAG_ENUMERATION: &str = "Tag";

/// `tags.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagFile {
    tags: Vec<TagRow>,
}

/// One row of `tags.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagRow {
    code: u32,
    name: String,
    xml: Option<String>,
    since: String,
    until: Option<String>,
    deprecated: Option<String>,
    types: Vec<String>,
    #[serde(default)]
    earlier_types: Vec<EarlierTypes>,
}

/// What older versions say of a tag's type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierTypes {
    until: String,
    types: Vec<String>,
}

/// `enumerations.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnumerationFile {
    enumerations: Vec<EnumerationRow>,
}

/// One enumeration or mask.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnumerationRow {
    name: String,
    xml: Option<String>,
    tag: Option<u32>,
    #[serde(default)]
    also: Vec<u32>,
    #[serde(default)]
    mask: bool,
    since: String,
    until: Option<String>,
    sections: BTreeMap<String, String>,
    values: Vec<ValueRow>,
}

/// One value of an enumeration, one bit of a mask.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueRow {
    code: u32,
    name: String,
    xml: Option<String>,
    since: String,
    until: Option<String>,
    deprecated: Option<String>,
    #[serde(default)]
    other_names: Vec<String>,
}

/// Reads both files and makes every table of the registry.
pub(crate) fn generate(root: &Path) -> Result<Vec<Output>, Box<dyn Error>> {
    let data = root.join("protocol/data");
    let tags: TagFile = read(&data.join("tags.yaml"))?;
    let file: EnumerationFile = read(&data.join("enumerations.yaml"))?;
    check_order("tags.yaml", tags.tags.iter().map(|t| t.code))?;
    for e in &file.enumerations {
        check_order(&e.name, e.values.iter().map(|v| v.code))?;
    }
    let mut enumerations = file.enumerations;
    enumerations.push(tag_enumeration(&tags.tags)?);

    let folder = PathBuf::from("protocol/src/registry");
    let mut outputs = vec![Output { path: folder.join("tag.rs"), text: tag_table(&tags.tags, &enumerations)? }];
    for e in &enumerations {
        let path = folder.join("enumerations").join(format!("{}.rs", constant(&e.name).to_lowercase()));
        outputs.push(Output { path, text: enumeration_table(e)? });
    }
    outputs.push(Output { path: folder.join("enumerations/mod.rs"), text: enumerations_mod(&enumerations)? });
    Ok(outputs)
}

/// The names of the registry, for tables that refer to them.
pub(crate) struct Names {
    tags: BTreeMap<String, (String, u32)>,
    values: BTreeMap<(String, String), u32>,
}

/// Reads the names of the registry.
pub(crate) fn names(root: &Path) -> Result<Names, Box<dyn Error>> {
    let data = root.join("protocol/data");
    let tags: TagFile = read(&data.join("tags.yaml"))?;
    let file: EnumerationFile = read(&data.join("enumerations.yaml"))?;
    let tags = tags.tags.iter().map(|t| (xml_name(&t.name, t.xml.as_deref()), (t.name.clone(), t.code))).collect();
    let mut values = BTreeMap::new();
    for e in &file.enumerations {
        for v in &e.values {
            values.insert((e.name.clone(), xml_name(&v.name, v.xml.as_deref())), v.code);
        }
    }
    Ok(Names { tags, values })
}

impl Names {
    /// The specification's name of a tag, from its XML name.
    pub(crate) fn tag(&self, xml_name: &str) -> Result<&str, Box<dyn Error>> {
        self.tags.get(xml_name).map(|(name, _)| name.as_str()).ok_or_else(|| format!("no tag {xml_name:?}").into())
    }

    /// The number of a tag, from its XML name.
    pub(crate) fn code(&self, xml_name: &str) -> Option<u32> {
        self.tags.get(xml_name).map(|(_, code)| *code)
    }

    /// The number of an enumeration's value, from its XML name.
    pub(crate) fn code_of(&self, enumeration: &str, xml_name: &str) -> Result<u32, Box<dyn Error>> {
        let key = (enumeration.to_owned(), xml_name.to_owned());
        self.values.get(&key).copied().ok_or_else(|| format!("{enumeration} has no value {xml_name:?}").into())
    }

    /// Fails unless the value of that name has this number.
    pub(crate) fn value(&self, enumeration: &str, xml_name: &str, code: u32) -> Result<(), Box<dyn Error>> {
        match self.code_of(enumeration, xml_name)? {
            found if found == code => Ok(()),
            found => Err(format!("{enumeration} {xml_name} is {found:#X}, not {code:#X}").into()),
        }
    }
}

/// The versions from `since` to `until`.
pub(crate) fn range(since: &str, until: &str) -> Result<&'static [&'static str], Box<dyn Error>> {
    VERSIONS.get(age(since)?..=age(until)?).ok_or_else(|| format!("{since} is not before {until}").into())
}

/// One data file, strictly.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Codes ascend, so that tables can be searched by halves, and none stands twice.
fn check_order(what: &str, codes: impl Iterator<Item = u32>) -> Result<(), Box<dyn Error>> {
    let codes: Vec<u32> = codes.collect();
    match codes.windows(2).find(|w| w[0] >= w[1]) {
        Some(w) => Err(format!("{what}: code {:#X} stands after {:#X}", w[1], w[0]).into()),
        None => Ok(()),
    }
}

/// The enumeration Tag: every tag of 2.0 and later as a value (2.0 §11.54, 2.1 §11.56).
fn tag_enumeration(tags: &[TagRow]) -> Result<EnumerationRow, Box<dyn Error>> {
    let start = age(TAG_ENUMERATION_SINCE)?;
    let mut values = Vec::new();
    for t in tags {
        if t.until.as_deref().map(age).transpose()?.is_some_and(|u| u < start) {
            continue;
        }
        let since = if age(&t.since)? < start { TAG_ENUMERATION_SINCE.to_owned() } else { t.since.clone() };
        values.push(ValueRow {
            code: t.code,
            name: t.name.clone(),
            xml: t.xml.clone(),
            since,
            until: t.until.clone(),
            deprecated: None,
            other_names: Vec::new(),
        });
    }
    let code = |name: &str| tags.iter().find(|t| t.name == name).map(|t| t.code).ok_or(format!("no tag {name}"));
    Ok(EnumerationRow {
        name: TAG_ENUMERATION.into(),
        xml: None,
        tag: Some(code(TAG_ENUMERATION)?),
        also: vec![code("Attribute Reference")?],
        mask: false,
        since: TAG_ENUMERATION_SINCE.into(),
        until: None,
        sections: [("2.0", "11.54"), ("2.1", "11.56"), ("3.0", "11.57")].map(|(v, s)| (v.into(), s.into())).into(),
        values,
    })
}

/// `tag.rs`: the constants, the rows, and the index from the low 16 bits of a tag to its row.
fn tag_table(tags: &[TagRow], enumerations: &[EnumerationRow]) -> Result<String, Box<dyn Error>> {
    let mut out = header("protocol/data/tags.yaml");
    out.push_str("//! One constant for each tag of KMIP 1.0 to 3.0, and the table of their rows.\n\n");
    out.push_str("use super::enumerations as e;\nuse super::{EarlierTypes, TagRow};\nuse crate::ttlv::{ItemType, Tag};\nuse crate::version::Version;\n\n");
    let mut seen = BTreeSet::new();
    for t in tags {
        let name = constant(&t.name);
        if !seen.insert(name.clone()) {
            return Err(format!("tags.yaml: two constants {name}").into());
        }
        writeln!(out, "/// {}, {}.", t.name, span(&t.since, t.until.as_deref()))?;
        writeln!(out, "pub const {name}: Tag = Tag(0x{:06X});", t.code)?;
    }
    out.push_str("\npub(super) static ROWS: &[TagRow] = &[\n");
    for t in tags {
        let enumeration = enumerations
            .iter()
            .find(|e| e.tag == Some(t.code))
            .or(enumerations.iter().find(|e| e.also.contains(&t.code)));
        let mut union: Vec<&String> = Vec::new();
        let any = t.types.is_empty() || t.earlier_types.iter().any(|e| e.types.is_empty());
        for ty in t.earlier_types.iter().flat_map(|e| &e.types).chain(&t.types) {
            if !any && !union.contains(&ty) {
                union.push(ty);
            }
        }
        let earlier: Vec<String> = t
            .earlier_types
            .iter()
            .map(|e| {
                Ok(format!(
                    "EarlierTypes {{ until: {}, types: &[{}] }}",
                    version(&e.until)?,
                    item_types(&e.types.iter().collect::<Vec<_>>())
                ))
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        writeln!(
            out,
            "    TagRow {{ tag: {}, name: {:?}, xml_name: {:?}, types: &[{}], newest_types: &[{}], earlier_types: &[{}], since: {}, until: {}, deprecated: {}, enumeration: {} }},",
            constant(&t.name),
            t.name,
            xml_name(&t.name, t.xml.as_deref()),
            item_types(&union),
            item_types(&t.types.iter().collect::<Vec<_>>()),
            earlier.join(", "),
            version(&t.since)?,
            optional_version(t.until.as_deref())?,
            optional_version(t.deprecated.as_deref())?,
            enumeration.map_or("None".into(), |e| format!("Some(&e::{})", constant(&e.name))),
        )?;
    }
    out.push_str(
        "];\n\n/// Low 16 bits of a standard tag -> index in the rows; 0xFFFF where no version has such a tag.\n",
    );
    let last = tags.last().map_or(0, |t| t.code & 0xFFFF) as usize;
    let mut index = vec![0xFFFFu16; last + 1];
    for (i, t) in tags.iter().enumerate() {
        if t.code >> 16 != 0x42 {
            return Err(format!("tags.yaml: {:#X} is outside 420001-42FFFF", t.code).into());
        }
        index[(t.code & 0xFFFF) as usize] = u16::try_from(i)?;
    }
    writeln!(out, "pub(super) static INDEX: [u16; {}] = [", index.len())?;
    for line in index.chunks(24) {
        writeln!(out, "    {},", line.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// The file of one enumeration: its table, and the newtype with a constant for each value.
fn enumeration_table(e: &EnumerationRow) -> Result<String, Box<dyn Error>> {
    let mut out = header("protocol/data/enumerations.yaml");
    let (ty, table) = (type_name(&e.name), constant(&e.name));
    let kind = if e.mask { "mask" } else { "enumeration" };
    let sections: Vec<String> = e.sections.iter().map(|(v, s)| format!("{v} §{s}")).collect();
    writeln!(out, "//! The {kind} {} ({}).\n", e.name, sections.join(", "))?;
    let imports = if e.values.is_empty() { "Enumeration" } else { "{EnumValue, Enumeration}" };
    writeln!(out, "use crate::registry::{imports};\nuse crate::ttlv::Tag;\nuse crate::version::Version;\n")?;
    writeln!(out, "/// The table of {}.", e.name)?;
    let sections: Vec<String> = e
        .sections
        .iter()
        .map(|(v, s)| Ok(format!("({}, {s:?})", version(v)?)))
        .collect::<Result<_, Box<dyn Error>>>()?;
    writeln!(out, "pub static {table}: Enumeration = Enumeration {{")?;
    writeln!(out, "    name: {:?},\n    xml_name: {:?},", e.name, xml_name(&e.name, e.xml.as_deref()))?;
    writeln!(out, "    tag: {},", e.tag.map_or("None".into(), |t| format!("Some(Tag(0x{t:06X}))")))?;
    let also: Vec<String> = e.also.iter().map(|t| format!("Tag(0x{t:06X})")).collect();
    writeln!(out, "    also: &[{}],\n    mask: {},", also.join(", "), e.mask)?;
    writeln!(out, "    since: {},\n    until: {},", version(&e.since)?, optional_version(e.until.as_deref())?)?;
    writeln!(out, "    sections: &[{}],\n    values: &[", sections.join(", "))?;
    for v in &e.values {
        writeln!(
            out,
            "        EnumValue {{ code: 0x{:08X}, name: {:?}, xml_name: {:?}, since: {}, until: {}, deprecated: {}, other_names: &{:?} }},",
            v.code,
            v.name,
            xml_name(&v.name, v.xml.as_deref()),
            version(&v.since)?,
            optional_version(v.until.as_deref())?,
            optional_version(v.deprecated.as_deref())?,
            v.other_names,
        )?;
    }
    writeln!(out, "    ],\n}};")?;
    if e.name == TAG_ENUMERATION {
        // A value of it is a `ttlv::Tag`, and the constants are those of `registry::tag`.
        return Ok(out);
    }
    out.push('\n');
    let (what, macro_name) =
        if e.mask { ("A set of bits of the mask", "mask") } else { ("A value of the enumeration", "enumeration") };
    writeln!(out, "/// {what} {}; any number can be held.", e.name)?;
    writeln!(
        out,
        "#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]\npub struct {ty}(pub u32);\n"
    )?;
    writeln!(out, "impl {ty} {{")?;
    let mut seen = BTreeSet::new();
    for v in &e.values {
        let name = constant(&v.name);
        if !seen.insert(name.clone()) {
            return Err(format!("{}: two constants {name}", e.name).into());
        }
        writeln!(out, "    /// {}, {}.", v.name, span(&v.since, v.until.as_deref()))?;
        writeln!(out, "    pub const {name}: Self = Self(0x{:08X});", v.code)?;
    }
    writeln!(out, "}}\n\ncrate::registry::named::{macro_name}!({ty}, {table});")?;
    Ok(out)
}

/// `enumerations/mod.rs`: the modules and the list of all tables.
fn enumerations_mod(enumerations: &[EnumerationRow]) -> Result<String, Box<dyn Error>> {
    let mut out = header("protocol/data/enumerations.yaml");
    out.push_str("//! One module for each enumeration and mask of KMIP 1.0 to 3.0.\n\nuse super::Enumeration;\n\n");
    for e in enumerations {
        writeln!(out, "mod {};", constant(&e.name).to_lowercase())?;
    }
    out.push('\n');
    for e in enumerations {
        let table = constant(&e.name);
        if e.name == TAG_ENUMERATION {
            writeln!(out, "pub use {}::{table};", table.to_lowercase())?;
        } else {
            writeln!(out, "pub use {}::{{{table}, {}}};", table.to_lowercase(), type_name(&e.name))?;
        }
    }
    out.push_str("\n/// Every enumeration and mask, in the order of the data file.\npub static ENUMERATIONS: &[&Enumeration] = &[\n");
    for e in enumerations {
        writeln!(out, "    &{},", constant(&e.name))?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// Line 1 of every generated file.
pub(crate) fn header(source: &str) -> String {
    format!(
        "// @generated by `cargo xtask tables` from {source}: edit that file, not this one. Table, no size limit.\n"
    )
}

/// `1.0 to 1.4`, `since 2.0`.
fn span(since: &str, until: Option<&str>) -> String {
    match until {
        Some(until) if until == since => format!("{since} only"),
        Some(until) => format!("{since} to {until}"),
        None => format!("since {since}"),
    }
}

/// Position of a version in order of age.
fn age(v: &str) -> Result<usize, Box<dyn Error>> {
    VERSIONS.iter().position(|x| *x == v).ok_or_else(|| format!("{v:?} is not a version").into())
}

/// `Version::V1_4`.
pub(crate) fn version(v: &str) -> Result<String, Box<dyn Error>> {
    age(v)?;
    Ok(format!("Version::V{}", v.replace('.', "_")))
}

/// `Some(Version::V1_4)` or `None`.
fn optional_version(v: Option<&str>) -> Result<String, Box<dyn Error>> {
    v.map_or(Ok("None".into()), |v| Ok(format!("Some({})", version(v)?)))
}

/// `ItemType::TEXT_STRING, ItemType::INTEGER`; a name that is no item type fails in the compiler.
pub(crate) fn item_types(types: &[&String]) -> String {
    types.iter().map(|t| format!("ItemType::{}", constant(t))).collect::<Vec<_>>().join(", ")
}

/// The name in XML: as the row says, else the name with each word capitalised and its spaces removed.
fn xml_name(name: &str, xml: Option<&str>) -> String {
    if let Some(xml) = xml {
        return xml.to_owned();
    }
    name.split(' ').map(capitalised).collect()
}

/// The word with its first letter in upper case.
fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |c| c.to_ascii_uppercase().to_string() + chars.as_str())
}

/// The words of a name: split at anything but letters and digits, before an upper-case letter after a lower-case one
/// (`PrivateKey`), and before the last capital of a run that starts a word (`ECPrivate`). Digits in front go to the back of the
/// first word, as in XML names (`3DES`).
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty()) {
        let chars: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (i, c) in chars.iter().enumerate() {
            let after_lower = i > 1 && chars[i - 1].is_ascii_lowercase() && chars[i - 2].is_ascii_lowercase();
            let starts_word = i > 1
                && chars[i - 1].is_ascii_uppercase()
                && chars.get(i + 1).is_some_and(char::is_ascii_lowercase)
                && chars.get(i + 2).is_some_and(char::is_ascii_lowercase);
            if c.is_ascii_uppercase() && (after_lower || starts_word) {
                words.push(std::mem::take(&mut word));
            }
            word.push(*c);
        }
        words.push(word);
    }
    if let Some(first) = words.first_mut() {
        let digits = first.chars().take_while(char::is_ascii_digit).count();
        first.rotate_digits(digits);
    }
    words
}

/// Moves the leading digits of a word to its end.
trait RotateDigits {
    /// The first `n` characters, all digits, go to the end.
    fn rotate_digits(&mut self, n: usize);
}

impl RotateDigits for String {
    fn rotate_digits(&mut self, n: usize) {
        let front: String = self.drain(..n).collect();
        self.push_str(&front);
    }
}

/// `Unique Identifier` -> `UNIQUE_IDENTIFIER`.
pub(crate) fn constant(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

/// `RNG Algorithm` -> `RngAlgorithm`.
fn type_name(name: &str) -> String {
    words(name).iter().map(|w| capitalised(&w.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_follow_the_words_of_the_name() {
        for (name, expected) in [
            ("Unique Identifier", "UNIQUE_IDENTIFIER"),
            ("ECPrivateKey", "EC_PRIVATE_KEY"),
            ("EC Public Key Type X9.62 Hybrid", "EC_PUBLIC_KEY_TYPE_X9_62_HYBRID"),
            ("3DES", "DES3"),
            ("PKCS#11 Function", "PKCS_11_FUNCTION"),
            ("MAC/sign then encrypt", "MAC_SIGN_THEN_ENCRYPT"),
            ("Content Commitment (Non Repudiation)", "CONTENT_COMMITMENT_NON_REPUDIATION"),
            ("Polynomial Sharing GF (2^16)", "POLYNOMIAL_SHARING_GF_2_16"),
            ("TextString", "TEXT_STRING"),
        ] {
            assert_eq!(constant(name), expected);
        }
        assert_eq!(type_name("FIPS186 Variation"), "Fips186Variation");
    }

    #[test]
    fn a_code_out_of_order_is_refused() {
        assert!(check_order("x", [1, 2, 2].into_iter()).is_err());
        assert!(check_order("x", [1, 2, 3].into_iter()).is_ok());
    }
}
