//! The tables of the schema against themselves and against the registry.

use std::collections::BTreeSet;

use kmipspec_protocol::registry::{OPERATION, ResultReason, tag, tag_row};
use kmipspec_protocol::schema::{
    ATTRIBUTES, ERRORS, Field, Initiator, OPERATIONS, Required, STRUCTURES, SetBy, Span, attribute_named,
    attribute_row, errors_of, operation_named, operation_row, operation_row_of, section_exists, section_title,
    structure_row,
};
use kmipspec_protocol::version::Version::{self, *};

/// The versions of a range.
fn versions(span: Span) -> impl Iterator<Item = Version> {
    Version::ALL.into_iter().filter(move |v| span.contains(*v))
}

/// The ranges follow each other without gap or overlap, from the first to the last version of `whole`.
fn assert_tiles(what: &str, whole: Span, parts: &[Span]) {
    let covered: Vec<Version> = parts.iter().flat_map(|s| versions(*s)).collect();
    assert_eq!(covered, versions(whole).collect::<Vec<_>>(), "{what}");
}

/// Every tag of the fields exists at every version of the range.
fn assert_tags_exist(what: &str, span: Span, fields: &[Field]) {
    for field in fields {
        for tag in field.tags {
            let row = tag_row(*tag).unwrap_or_else(|| panic!("{what}: {tag}"));
            for v in versions(span) {
                assert!(row.exists(v), "{what}: {v} has no {}", row.xml_name);
            }
        }
    }
}

#[test]
fn every_operation_of_the_enumeration_has_its_tables() {
    for value in OPERATION.values {
        let row = operation_row(value.code).unwrap_or_else(|| panic!("no row for {}", value.name));
        assert_eq!((row.name, row.xml_name, row.versions.since), (value.name, value.xml_name, value.since));
        assert_eq!(operation_named(value.name), operation_named(value.xml_name));
    }
    for row in OPERATIONS {
        let layouts: Vec<Span> = row.layouts.iter().map(|l| l.versions).collect();
        assert_tiles(row.name, row.versions, &layouts);
        for v in versions(row.versions) {
            let section = row.section(v).unwrap_or_else(|| panic!("{}: no section at {v}", row.name));
            assert!(section_exists(v, section), "{} {v} {section}", row.name);
        }
        for layout in row.layouts {
            assert_eq!(layout.second_hand, layout.versions.since == V3_0, "{}", row.name);
            for fields in [layout.request, layout.response].into_iter().flatten() {
                assert_tags_exist(row.name, layout.versions, fields);
            }
        }
    }
    let keys: BTreeSet<_> = OPERATIONS.iter().map(|o| (o.code, o.initiator == Initiator::Server)).collect();
    assert_eq!(keys.len(), OPERATIONS.len(), "a row stands twice");
}

#[test]
fn structures_and_attributes_can_be_searched_and_fit_the_registry() {
    assert!(STRUCTURES.is_sorted_by(|a, b| a.tag < b.tag));
    for row in STRUCTURES {
        assert_eq!(structure_row(row.tag), Some(row));
        assert_eq!(tag_row(row.tag).map(|t| t.xml_name), Some(row.name));
        for layout in row.layouts {
            assert_tags_exist(row.name, layout.versions, layout.fields);
            for v in versions(layout.versions).filter(|v| *v < V3_0) {
                assert!(layout.section(v).is_some(), "{} at {v}", row.name);
            }
        }
    }
    assert!(ATTRIBUTES.is_sorted_by(|a, b| a.tag < b.tag));
    for row in ATTRIBUTES {
        assert_eq!(attribute_row(row.tag), Some(row));
        let of_tag = tag_row(row.tag).unwrap_or_else(|| panic!("{}", row.name));
        // The vendor attribute of 2.x has the tag Attribute.
        if row.tag != tag::ATTRIBUTE {
            assert_eq!((of_tag.name, of_tag.xml_name), (row.name, row.xml_name));
            assert_eq!(attribute_named(row.xml_name), Some(row));
            let rules: Vec<Span> = row.rules.iter().map(|r| r.versions).collect();
            assert_tiles(row.name, row.versions, &rules);
        }
        for v in versions(row.versions) {
            assert!(of_tag.exists(v), "{} at {v}", row.name);
            assert!(row.section(v).is_some_and(|s| section_exists(v, s)), "{} at {v}", row.name);
        }
    }
}

#[test]
fn error_rows_have_ids_and_reasons_of_the_enumeration() {
    let ids: BTreeSet<&str> = ERRORS.iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), ERRORS.len(), "an id stands twice");
    for row in ERRORS {
        assert_eq!(row.condition.is_empty(), row.id.starts_with("E2-"), "{}", row.id);
        assert!(row.reasons.iter().all(|r| ResultReason(*r).name().is_some()), "{}", row.id);
        for v in versions(row.versions) {
            assert!(row.sections.iter().any(|(of, s)| *of == v && section_exists(v, s)), "{} at {v}", row.id);
        }
    }
}

/// Facts looked up in the text by hand.
#[test]
fn the_tables_say_what_the_text_says() {
    let names = |fields: Option<&[Field]>| fields.map(|f| f.iter().map(|f| f.name).collect::<Vec<_>>());
    // 1.2 §4.9 and 1.3 §4.9: Located Items came with 1.3.
    let locate = operation_named("Locate").expect("Locate");
    assert_eq!(names(locate.layout(V1_2).and_then(|l| l.response)), Some(vec!["UniqueIdentifier"]));
    assert_eq!(names(locate.layout(V1_3).and_then(|l| l.response)), Some(vec!["LocatedItems", "UniqueIdentifier"]));
    // 2.1 §6.1.26: an answer to Log has a table without fields; 2.1 §6.2.2: one to Notify has none.
    assert_eq!(names(operation_named("Log").and_then(|o| o.layout(V2_1)?.response)), Some(vec![]));
    assert_eq!(names(operation_named("Notify").and_then(|o| o.layout(V2_1)?.response)), None);
    // 1.0 §7.2, 1.4 §7.2, 2.1 §8.5.
    let header = structure_row(tag::RESPONSE_HEADER).expect("a header");
    let fields = |v| header.layouts_at(v).flat_map(|l| l.fields).map(|f| f.name).collect::<Vec<_>>();
    assert_eq!(fields(V1_0), ["ProtocolVersion", "TimeStamp", "BatchCount"]);
    let both = ["ClientCorrelationValue", "ServerCorrelationValue"];
    let v1_4 = ["ProtocolVersion", "TimeStamp", "Nonce", "AttestationType", both[0], both[1], "BatchCount"];
    assert_eq!(fields(V1_4), v1_4);
    assert_eq!(fields(V2_1).get(3), Some(&"ServerHashedPassword"));
    assert!(!fields(V3_0).contains(&"BatchCount"));
    // 1.4 §3.22: State is the server's, always there, and never the client's to change.
    let state = attribute_named("State").and_then(|a| a.rules_at(V1_4)).expect("a rule table");
    assert_eq!((state.always_has_value, state.initially_set_by), (Some(true), SetBy::Server));
    assert_eq!((state.modifiable_by_client, state.multiple_instances), (Some(false), Some(false)));
    // 1.0 §4.8: an answer to Locate names any number of objects, also none.
    let found = operation_row(8).and_then(|o| o.layout(V1_0)?.response?.first()).expect("a field");
    assert_eq!((found.required, found.repeatable), (Required::No, true));
    // 1.4 §11.20 Activate, not Pre-Active; 2.1 §6.1.1.1.
    let denied = ResultReason::PERMISSION_DENIED.0;
    assert!(errors_of("Activate", V1_4).any(|e| e.condition.contains("not Pre-Active") && e.reasons == [denied]));
    let lifecycle = ResultReason::WRONG_KEY_LIFECYCLE_STATE.0;
    assert!(errors_of("Activate", V2_1).any(|e| e.reasons.contains(&lifecycle)));
    assert!(operation_row_of(0x18, Initiator::Server).is_some_and(|q| q.versions.since == V1_3));
    assert_eq!((section_title(V1_4, "4.21"), section_title(V2_1, "6.1.15")), (Some("Destroy"), Some("Destroy")));
    assert!(!section_exists(V1_0, "4.27"));
}
