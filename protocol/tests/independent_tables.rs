//! Our tables beside a list made by other hands from the published text: `../shared/tools/kmip_tables.json`, per version.

use kmipspec_protocol::registry::{ENUMERATIONS, TAGS, enumeration_named, tag_named};
use kmipspec_protocol::version::Version::{self, V2_0, V2_1, V3_0};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A row that one side has and the other has not.
struct Difference {
    /// Of which side the row is.
    side: Side,
    /// Versions it is seen at.
    versions: &'static [Version],
    /// `tags`, or the XML name of an enumeration.
    table: &'static str,
    /// XML name of the row, or `*` for every row of the table.
    row: &'static str,
    /// Why it may stay so.
    because: &'static str,
}

#[derive(PartialEq, Debug, Clone, Copy)]
enum Side {
    Ours,
    Theirs,
}

/// Every permitted difference; an entry that matches nothing fails the test too.
const DIFFERENCES: &[Difference] = &[
    Difference {
        side: Side::Theirs,
        versions: &[V2_0, V2_1, V3_0],
        table: "tags",
        row: "Reserved",
        because: "420137 is printed as Reserved; a reserved code is not a tag",
    },
    Difference {
        side: Side::Ours,
        versions: &[V2_0],
        table: "CertificateType",
        row: "PGP",
        because: "2.0 prints \"(PGP\", which the other reader of the table did not take for a row",
    },
    Difference { side: Side::Ours, versions: &[V3_0], table: "CryptographicUsageMask", row: "*", because: NO_MASKS },
    Difference { side: Side::Ours, versions: &[V3_0], table: "StorageStatusMask", row: "*", because: NO_MASKS },
    Difference { side: Side::Ours, versions: &[V3_0], table: "ProtectionStorageMask", row: "*", because: NO_MASKS },
    Difference { side: Side::Ours, versions: &[V3_0], table: "ObjectClassMask", row: "*", because: NO_MASKS },
    Difference {
        side: Side::Ours,
        versions: &[V2_0, V2_1, V3_0],
        table: "PKCS_11Function",
        row: "*",
        because: "the numbers are defined by PKCS#11, not by a table of KMIP",
    },
    Difference {
        side: Side::Ours,
        versions: &[V2_0, V2_1, V3_0],
        table: "PKCS_11ReturnCode",
        row: "*",
        because: "the numbers are defined by PKCS#11, not by a table of KMIP",
    },
    Difference {
        side: Side::Ours,
        versions: &[V2_0, V2_1, V3_0],
        table: "Tag",
        row: "*",
        because: "made from the tags, which are compared as such",
    },
];

/// The list has no mask of 3.0.
const NO_MASKS: &str = "the other list has no masks of 3.0";

/// The list, or `None` with a line on stderr where it is not on this machine; in CI that is a failure.
fn independent_list() -> Option<Value> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tools/kmip_tables.json"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("the list is JSON")),
        Err(e) => {
            assert!(std::env::var("CI").map_or(true, |v| v.is_empty()), "{}: {e}; CI must have it", path.display());
            eprintln!("NOT CHECKED: {}: {e}", path.display());
            None
        }
    }
}

/// (name, number) of every row, per table; tags are the table `tags`.
type Tables = BTreeMap<String, BTreeMap<String, u32>>;

/// What the list has at this version.
fn theirs(list: &Value, version: Version) -> Tables {
    let at = &list["versions"][version.as_str()];
    let rows = |table: &Value| -> BTreeMap<String, u32> {
        let number = |code: &Value| code.as_u64().and_then(|n| u32::try_from(n).ok()).expect("a 32-bit number");
        table.as_object().expect("rows").iter().map(|(name, code)| (name.clone(), number(code))).collect()
    };
    let named = ["enums", "masks"].into_iter().flat_map(|kind| at[kind].as_object().expect("tables"));
    let mut tables: Tables = named.map(|(table, values)| (table.clone(), rows(values))).collect();
    tables.insert("tags".to_owned(), rows(&at["tags"]));
    tables
}

/// What we have at this version.
fn ours(version: Version) -> Tables {
    let mut tables = Tables::new();
    for e in ENUMERATIONS {
        let values = e.values.iter().filter(|v| v.exists(version));
        let rows: BTreeMap<_, _> = values.map(|v| (v.xml_name.to_owned(), v.code)).collect();
        if !rows.is_empty() {
            tables.insert(e.xml_name.to_owned(), rows);
        }
    }
    let tags = TAGS.iter().filter(|t| t.exists(version));
    tables.insert("tags".to_owned(), tags.map(|t| (t.xml_name.to_owned(), t.tag.0)).collect());
    tables
}

/// The newest spelling of a row's name, where we know the name at all.
fn newest_spelling(table: &str, name: &str) -> String {
    let known = match table {
        "tags" => tag_named(name).map(|row| row.xml_name),
        _ => enumeration_named(table).and_then(|e| e.named(name)).map(|v| v.xml_name),
    };
    known.unwrap_or(name).to_owned()
}

#[test]
fn every_row_is_in_both_at_every_version() {
    let Some(list) = independent_list() else { return };
    let mut used = vec![false; DIFFERENCES.len()];
    let mut unexplained = Vec::new();
    let mut compared = 0;
    for version in Version::ALL {
        let (theirs, ours) = (theirs(&list, version), ours(version));
        let sides = [(Side::Theirs, &theirs, &ours), (Side::Ours, &ours, &theirs)];
        for (side, these, others) in sides {
            for (table, rows) in these {
                let other: BTreeMap<String, u32> = others
                    .get(table)
                    .into_iter()
                    .flatten()
                    .map(|(name, code)| (newest_spelling(table, name), *code))
                    .collect();
                for (name, code) in rows {
                    compared += 1;
                    if other.get(&newest_spelling(table, name)) == Some(code) {
                        continue;
                    }
                    let explained = DIFFERENCES.iter().position(|d| {
                        d.side == side
                            && d.versions.contains(&version)
                            && d.table == table
                            && (d.row == "*" || d.row == name)
                    });
                    match explained {
                        Some(i) => used[i] = true,
                        None => unexplained.push(format!("{version} {side:?}: {table} {name} = 0x{code:08X}")),
                    }
                }
            }
        }
    }
    assert!(unexplained.is_empty(), "in one table only:\n{}", unexplained.join("\n"));
    let stale: Vec<_> =
        DIFFERENCES.iter().zip(used).filter(|(_, u)| !u).map(|(d, _)| (d.table, d.row, d.because)).collect();
    assert!(stale.is_empty(), "permitted differences that are none: {stale:?}");
    assert!(compared > 10_000, "only {compared} rows compared");
}
