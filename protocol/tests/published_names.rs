//! Every name in the published XML cases (`../shared/oasis`) is in our tables, with that type, at that version.

use kmipspec_protocol::registry::{Enumeration, enumeration_for, tag_named};
use kmipspec_protocol::ttlv::ItemType;
use kmipspec_protocol::version::Version;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the cases say against the specification, and why the specification is right.
const CASES_WRONG: &[(&str, &str)] = &[(
    "2.0 ObjectType: Template is not a value of this version",
    "2.0 §11.34 shows code 6 as reserved; SUITEB_128-M-1-20 lists it in the answer to Query",
)];

/// One element: its name, `type` and `value`, and the attribute it is the value of.
struct Element {
    name: String,
    ty: String,
    value: String,
    attribute: Option<String>,
}

/// All XML files below a folder.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The cases, or `None` with a line on stderr where they are not on this machine; in CI that is a failure.
fn cases() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oasis");
    match files(&folder) {
        Ok(files) => Some(files),
        Err(e) => {
            assert!(std::env::var("CI").map_or(true, |v| v.is_empty()), "{}: {e}; CI must have it", folder.display());
            eprintln!("NOT CHECKED: {}: {e}", folder.display());
            None
        }
    }
}

/// An XML attribute of an element, white space runs made one (the 1.x files wrap long values).
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).expect("well-formed attributes")?;
    let text = found.value.into_owned();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The elements of a file in order.
fn elements(text: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(text);
    let (mut found, mut last_attribute) = (Vec::new(), None);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => return found,
            Event::Start(e) | Event::Empty(e) => {
                let name = e.name().as_ref().to_owned();
                let ty = attribute(&e, "type").unwrap_or_else(|| "Structure".to_owned());
                let value = attribute(&e, "value").unwrap_or_default();
                if name == "AttributeName" {
                    last_attribute = Some(value.clone());
                }
                let attribute = if name == "AttributeValue" { last_attribute.clone() } else { None };
                found.push(Element { name, ty, value, attribute });
            }
            _ => {}
        }
    }
}

/// The version in the first header of a case.
fn version(elements: &[Element]) -> Option<Version> {
    let number = |name: &str| elements.iter().find(|e| e.name == name)?.value.parse().ok();
    Version::from_numbers(number("ProtocolVersionMajor")?, number("ProtocolVersionMinor")?)
}

/// The enumeration or mask an element takes its value from.
fn table(element: &Element) -> Option<&'static Enumeration> {
    let name = element.attribute.as_deref().unwrap_or(&element.name);
    enumeration_for(tag_named(name)?.tag)
}

#[test]
fn every_name_type_and_value_is_known_at_its_version() {
    let Some(files) = cases() else { return };
    let (mut names, mut values) = (0, 0);
    let mut wrong = BTreeSet::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let elements = elements(&text);
        let Some(version) = version(&elements) else { panic!("{}: no version", file.display()) };
        for e in &elements {
            if matches!(e.name.as_str(), "KMIP" | "KmipTestCase" | "TTLV") {
                continue;
            }
            names += 1;
            let Some(row) = tag_named(&e.name) else {
                wrong.insert(format!("{version} {}: no such tag", e.name));
                continue;
            };
            if !row.exists(version) {
                wrong.insert(format!("{version} {}: not a tag of this version", e.name));
            }
            let (ty, types) = (ItemType::from_name(&e.ty), row.types_at(version));
            if ty.is_none_or(|ty| !types.is_empty() && !types.contains(&ty)) {
                wrong.insert(format!("{version} {}: type {} is not one of {types:?}", e.name, e.ty));
            }
            let is_number = e.value.starts_with("0x") || e.value.starts_with('$') || e.value.parse::<i64>().is_ok();
            let Some(table) = table(e) else {
                if ty == Some(ItemType::ENUMERATION) && !is_number {
                    wrong.insert(format!("{version} {}: no enumeration for {}", e.name, e.value));
                }
                continue;
            };
            if is_number || !(ty == Some(ItemType::ENUMERATION) || table.mask && ty == Some(ItemType::INTEGER)) {
                continue;
            }
            let words: Vec<&str> = if table.mask { e.value.split([' ', '|']).collect() } else { vec![&e.value] };
            for word in words {
                values += 1;
                match table.named(word) {
                    None => drop(wrong.insert(format!("{version} {}: {word} is no value of {}", e.name, table.name))),
                    Some(v) if !v.exists(version) => {
                        wrong.insert(format!("{version} {}: {word} is not a value of this version", e.name));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    for (what, why) in CASES_WRONG {
        assert!(wrong.remove(*what), "no longer so: {what} ({why})");
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    assert!(
        files.len() >= 490 && names > 50_000 && values > 5_000,
        "{} files, {names} names, {values} values",
        files.len()
    );
}
