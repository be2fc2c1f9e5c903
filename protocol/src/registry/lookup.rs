//! From a number or a name to its row.

use super::{ENUMERATIONS, Enumeration, TagRow, normalize, tag};
use crate::ttlv::Tag;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Every tag, sorted by code.
pub static TAGS: &[TagRow] = tag::ROWS;

/// The row of a tag, in constant time.
pub fn tag_row(tag: Tag) -> Option<&'static TagRow> {
    if !tag.is_standard() {
        return None;
    }
    let low = usize::try_from(tag.0 & 0xFFFF).ok()?;
    TAGS.get(usize::from(*tag::INDEX.get(low)?))
}

/// The XML name of a tag.
pub fn tag_name(tag: Tag) -> Option<&'static str> {
    tag_row(tag).map(|row| row.xml_name)
}

/// The tag of that name, in the specification's spelling (`"Unique Identifier"`) or in that of XML (`"UniqueIdentifier"`).
pub fn tag_named(name: &str) -> Option<&'static TagRow> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static TagRow>> =
        LazyLock::new(|| TAGS.iter().flat_map(|row| [(row.name, row), (row.xml_name, row)]).collect());
    BY_NAME.get(name).or_else(|| BY_NAME.get(normalize(name).as_str())).copied()
}

/// The enumeration or mask that is the value of this tag.
pub fn enumeration_for(tag: Tag) -> Option<&'static Enumeration> {
    tag_row(tag)?.enumeration
}

/// The enumeration or mask of that name, in either spelling.
pub fn enumeration_named(name: &str) -> Option<&'static Enumeration> {
    let find = |name: &str| ENUMERATIONS.iter().find(|e| e.name == name || e.xml_name == name).copied();
    find(name).or_else(|| find(&normalize(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{CryptographicUsageMask, ObjectType, ResultReason, State, UniqueIdentifier};
    use crate::version::Version::*;

    #[test]
    fn every_tag_is_found_by_number_and_by_both_names() {
        for row in TAGS {
            assert_eq!(tag_row(row.tag).map(|r| r.tag), Some(row.tag));
            assert_eq!(tag_named(row.name).map(|r| r.tag), Some(row.tag), "{}", row.name);
            assert_eq!(tag_named(row.xml_name).map(|r| r.tag), Some(row.tag), "{}", row.xml_name);
        }
        assert!(TAGS.is_sorted_by_key(|r| r.tag));
    }

    #[test]
    fn a_number_without_a_row_has_no_name_and_stays_the_number() {
        for number in [0, 0x420000, 0x420137, 0x42FFFF, 0x540001, 0xFFFFFF, u32::MAX] {
            assert!(tag_row(Tag(number)).is_none(), "{number:#x}");
            assert!(enumeration_for(Tag(number)).is_none());
        }
        let unknown = ResultReason(0x8000_0001);
        assert_eq!((unknown.name(), unknown.0, unknown.to_string()), (None, 0x8000_0001, "0x80000001".to_owned()));
        assert!(unknown.is_known(V2_1) && !unknown.exists(V2_1));
    }

    #[test]
    fn every_value_is_found_by_number_and_by_every_spelling() {
        for e in ENUMERATIONS {
            assert!(e.values.is_sorted_by_key(|v| v.code), "{}", e.name);
            for v in e.values {
                assert_eq!(e.value(v.code).map(|w| w.name), Some(v.name));
                for name in [v.name, v.xml_name].iter().chain(v.other_names) {
                    assert_eq!(e.named(name).map(|w| w.code), Some(v.code), "{} {name}", e.name);
                    assert_eq!(e.named(&normalize(name)).map(|w| w.code), Some(v.code), "{} {name}", e.name);
                }
            }
            assert_eq!(enumeration_named(e.name).map(|f| f.name), Some(e.name));
            assert_eq!(enumeration_named(e.xml_name).map(|f| f.name), Some(e.name));
            for tag in e.tag.iter().chain(e.also) {
                assert_eq!(enumeration_for(*tag).map(|f| f.name), Some(e.name));
            }
        }
    }

    #[test]
    fn tags_that_borrow_an_enumeration_of_another_name() {
        for (tag, name) in [
            (tag::ATTRIBUTE_REFERENCE, "Tag"),
            (tag::MASK_GENERATOR_HASHING_ALGORITHM, "Hashing Algorithm"),
            (tag::LINKED_OBJECT_IDENTIFIER, "Unique Identifier"),
            (tag::EXTENSION_TYPE, "Item Type"),
        ] {
            assert_eq!(enumeration_for(tag).map(|e| e.name), Some(name));
        }
        assert_eq!(UniqueIdentifier::ID_PLACEHOLDER, UniqueIdentifier(1));
        assert!(enumeration_for(tag::BATCH_COUNT).is_none());
    }

    #[test]
    fn a_reserved_code_is_not_in_the_version_that_reserves_it() {
        // Template-Attribute: 1.4 §9.1.3.1 has it, 2.0 §11.54 shows its code as reserved.
        let row = tag_row(tag::TEMPLATE_ATTRIBUTE).unwrap();
        assert!(row.exists(V1_4) && !row.exists(V2_0));
        assert!(ObjectType::TEMPLATE.exists(V1_4) && !ObjectType::TEMPLATE.exists(V2_0));
        assert!(!State(7).exists(V1_0));
    }

    #[test]
    fn types_follow_the_version() {
        let row = tag_row(tag::ASYNCHRONOUS_INDICATOR).unwrap();
        let names = |v| row.types_at(v).iter().map(|t| t.name().unwrap()).collect::<Vec<_>>();
        assert_eq!((names(V1_4), names(V2_0)), (vec!["Boolean"], vec!["Enumeration"]));
        assert_eq!(row.types.len(), 2);
    }

    #[test]
    fn a_mask_is_printed_bit_by_bit_and_checked_bit_by_bit() {
        let mask =
            CryptographicUsageMask::ENCRYPT | CryptographicUsageMask::DECRYPT | CryptographicUsageMask(0x8000_0000);
        assert_eq!(mask.to_string(), "Encrypt|Decrypt|0x80000000");
        assert_eq!(CryptographicUsageMask(0).to_string(), "0");
        assert!(mask.contains(CryptographicUsageMask::ENCRYPT) && !mask.contains(CryptographicUsageMask::SIGN));
        let table = CryptographicUsageMask::TABLE;
        assert!(!table.valid(mask.0, V1_4) && table.valid(0xC, V1_4));
        // Export is a bit of 1.x only (2.0 §12.1 reserves it).
        assert!(
            table.valid(CryptographicUsageMask::EXPORT.0, V1_4) && !table.valid(CryptographicUsageMask::EXPORT.0, V2_1)
        );
    }
}
