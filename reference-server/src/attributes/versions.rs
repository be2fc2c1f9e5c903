//! What a version knows: attributes coming in are checked against it, attributes going out are cut down to it.

use super::{Attribute, AttributeKey, rule};
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::attributes::Attributes;
use kmipspec_protocol::registry::{ResultReason, tag, tag_name, tag_row};
use kmipspec_protocol::schema::{Field, Required, StructureLayout, StructureRow, item_type_since, structure_row};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;

/// Takes attributes of a request: each must exist at the version, with a type, fields and enumeration values that it allows.
pub(crate) fn admit(attributes: Vec<Attribute>, version: Version) -> Outcome<Vec<Attribute>> {
    let attributes = admit_parts(attributes, version)?;
    let standard = |attribute: &&Attribute| matches!(attribute.key, AttributeKey::Standard(_));
    attributes.iter().filter(standard).try_for_each(|attribute| check_whole(&attribute.value, version))?;
    Ok(attributes)
}

/// The same where fields may be left out: Locate finds by parts of structures.
pub(crate) fn admit_parts(mut attributes: Vec<Attribute>, version: Version) -> Outcome<Vec<Attribute>> {
    for attribute in &mut attributes {
        admit_key(&attribute.key, version)?;
        if !can_write(&attribute.value, version) {
            let message = "the value is of a type that this version has not, or a text that ends in a null character";
            return Err(invalid_value(version, message));
        }
        if let AttributeKey::Standard(_) = attribute.key {
            check_value(&attribute.value, version)?;
            put_in_order(&mut attribute.value, version);
        }
    }
    Ok(attributes)
}

/// Whether the version has an attribute of that name. In 1.x names of custom attributes begin with `x-` or `y-` (1.4 §3.39).
pub(crate) fn admit_key(key: &AttributeKey, version: Version) -> Outcome<()> {
    let known = match key {
        AttributeKey::Standard(tag) => rule(*tag, version).is_some(),
        AttributeKey::Custom { vendor, .. } => version >= Version::V2_0 || matches!(vendor.as_str(), "x" | "y"),
    };
    if known {
        return Ok(());
    }
    Err(Failure::by_version(
        version,
        ResultReason::INVALID_FIELD,
        ResultReason::INVALID_ATTRIBUTE,
        format!("no attribute {key} at this version"),
    ))
}

/// The attribute as a version may see it; none when it may not, or says what the version has no name for, or lacks what the version
/// demands. Fields born later are taken out of structures.
pub(crate) fn visible(attribute: &Attribute, version: Version) -> Option<Attribute> {
    let key = &attribute.key;
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version)?,
        AttributeKey::Custom { vendor, .. } => {
            let nameable = version >= Version::V2_0 || matches!(vendor.as_str(), "x" | "y");
            return (nameable && can_write(&attribute.value, version)).then(|| with_index(attribute, version));
        }
    };
    let mut shown = with_index(attribute, version);
    // At 3.0 these are structures to us alone: what is written has another form.
    let rebuilt = matches!(key, AttributeKey::Standard(tag::NAME | tag::LINK)) && version >= Version::V3_0;
    // A field may have an old tag and be new in its structure: Key Format Type joined Digest in 1.1 (1.1 §3.17).
    let tables = layouts(&shown.value, version).map(|(_, tables)| tables);
    if let Some(fields) = shown.value.items_mut().filter(|_| !rebuilt) {
        fields.retain(|field| match &tables {
            Some(tables) if field.tag.is_standard() => have(tables, field.tag),
            _ => tag_row(field.tag).is_none_or(|row| row.exists(version)),
        });
    }
    // A field may have been required once: Application Data was until 1.2 (1.2 §3.36).
    let whole = lacking(&shown.value, version, |_| false).is_none();
    (whole && can_say(&shown.value, version) && can_write(&shown.value, version)).then_some(shown)
}

/// Those of a list, as a client had given it, that a version may see.
pub(crate) fn visible_of(attributes: &Attributes<'_>, version: Version) -> Outcome<Attributes<'static>> {
    let mut seen: Vec<Attribute> = attributes.to_vec()?.iter().filter_map(|one| visible(one, version)).collect();
    seen.iter_mut().for_each(|one| put_in_order(&mut one.value, version));
    Ok(seen.into())
}

/// A copy with the Attribute Index a version writes: none for 0, which is assumed (1.4 §2.1.1), none at all in 2.x.
fn with_index(attribute: &Attribute, version: Version) -> Attribute {
    let index = attribute.index.filter(|index| *index != 0 && version < Version::V2_0);
    Attribute { key: attribute.key.clone(), index, value: attribute.value.clone() }
}

/// The value's type must be one that the version gives the attribute; enumerations must be known, or a vendor's.
fn check_value(value: &Item, version: Version) -> Outcome<()> {
    let Some(row) = tag_row(value.tag) else { return Ok(()) };
    let types = row.types_at(version);
    if !types.is_empty() && !types.contains(&value.ty) {
        return Err(invalid_value(version, format!("{} cannot be of type {}", row.name, value.ty)));
    }
    if let Some(code) = unnamed(value, version) {
        return Err(invalid_value(version, format!("{} has no value 0x{code:08X}", row.name)));
    }
    check_fields(value, version)
}

/// Whether a version can write all there is in a value: it has the item types, and in 1.x no text ends in a null character
/// (1.4 §9.1.1.4). Depth is that of stored items, which are bounded.
fn can_write(value: &Item, version: Version) -> bool {
    let text = value.value().and_then(|value| value.text());
    item_type_since(value.ty) <= version
        && (version >= Version::V2_0 || !text.is_some_and(|text| text.ends_with('\0')))
        && value.items().iter().all(|field| can_write(field, version))
}

/// The value of an enumeration, where the version has no such value and it is no vendor's.
fn unnamed(value: &Item, version: Version) -> Option<u32> {
    let names = tag_row(value.tag)?.enumeration?;
    let Some(Value::Enumeration(code)) = value.value() else { return None };
    (!names.valid(code, version) && !names.is_extension(code)).then_some(code)
}

/// Whether an Attribute of 1.x, as it stands in an object, says what a version does not know, or knows otherwise.
pub(crate) fn is_foreign(attribute: &Item, version: Version) -> bool {
    let name = attribute.child(tag::ATTRIBUTE_NAME).and_then(Item::value).and_then(|name| name.text());
    let (Some(name), Some(value)) = (name, attribute.child(tag::ATTRIBUTE_VALUE)) else { return false };
    let key = AttributeKey::from_v1_name(name);
    let tag = if let AttributeKey::Standard(tag) = key { tag } else { tag::ATTRIBUTE_VALUE };
    let whole = Attribute::new(key, None, value.clone().with_tag(tag));
    visible(&whole, version).is_none_or(|seen| seen.value != whole.value)
}

/// Whether a structure has a field of the standard that its tables at this version have not.
pub(crate) fn has_foreign_field(value: &Item, version: Version) -> bool {
    let foreign = |tables: &[_]| value.items().iter().any(|field| field.tag.is_standard() && !have(tables, field.tag));
    layouts(value, version).is_some_and(|(_, tables)| foreign(&tables))
}

fn have(tables: &[&StructureLayout], tag: Tag) -> bool {
    tables.iter().any(|table| table.has(tag))
}

/// Whether a version, one with tables, has names for all that an attribute says; depth is that of stored items, which are bounded.
fn can_say(value: &Item, version: Version) -> bool {
    let types = tag_row(value.tag).map_or(&[][..], |row| row.types_at(version));
    version >= Version::V3_0
        || (types.is_empty() || types.contains(&value.ty))
            && unnamed(value, version).is_none()
            && value.items().iter().all(|field| can_say(field, version))
}

/// The fields of a structure are those of one of its tables at the version, as often as that table lets them stand there, and a
/// vendor's own besides. 3.0 has no tables.
fn check_fields(value: &Item, version: Version) -> Outcome<()> {
    let Some((row, layouts)) = layouts(value, version) else { return Ok(()) };
    let own = || value.items().iter().filter(|field| field.tag.is_standard());
    let complaint = |layout: &StructureLayout| {
        let foreign = own().find(|item| !layout.has(item.tag));
        let times = |field: &Field| own().filter(|item| field.takes(item.tag)).count();
        let twice = layout.fields.iter().find(|field| !field.repeatable && times(field) > 1);
        foreign
            .map(|item| format!("{} has no field {}", row.name, tag_name(item.tag).unwrap_or("of that tag")))
            .or_else(|| twice.map(|field| format!("{} has {} twice", row.name, field.name)))
    };
    match layouts.into_iter().map(complaint).collect::<Option<Vec<_>>>() {
        Some(complaints) => Err(invalid_value(version, complaints.join("; "))),
        None => own().try_for_each(|field| check_value(field, version)),
    }
}

/// Fields that came in another order than their table has are kept, and given back, in that of the table (1.4 §9.1.1.4, 2.1 §10.1.2).
fn put_in_order(value: &mut Item, version: Version) {
    let place =
        |table: &[Field], item: &Item| table.iter().position(|field| field.takes(item.tag)).unwrap_or(table.len());
    let table = match layouts(value, version) {
        Some((_, layouts)) if layouts.len() == 1 => layouts.first().map(|layout| layout.fields),
        _ => None,
    };
    let Some(fields) = value.items_mut() else { return };
    if let Some(table) = table {
        fields.sort_by_key(|field| place(table, field));
    }
    fields.iter_mut().for_each(|field| put_in_order(field, version));
}

/// Nothing that a structure must have is missing, but the Application Data that a server may make up (1.4 §3.36).
fn check_whole(value: &Item, version: Version) -> Outcome<()> {
    let made_up = |field: &Field| field.takes(tag::APPLICATION_DATA);
    lacking(value, version, made_up).map_or(Ok(()), |lacking| Err(invalid_value(version, lacking)))
}

/// What a structure lacks of that which each of its tables at the version demands, but for `spared` fields.
fn lacking(value: &Item, version: Version, spared: impl Fn(&Field) -> bool) -> Option<String> {
    let (row, layouts) = layouts(value, version)?;
    let lacks = |field: &&Field| {
        field.required == Required::Yes && !spared(field) && !value.items().iter().any(|item| field.takes(item.tag))
    };
    let complaint = |layout: &StructureLayout| layout.fields.iter().find(lacks).map(|field| field.name);
    let missing = layouts.into_iter().map(complaint).collect::<Option<Vec<_>>>()?;
    Some(format!("{} lacks {}", row.name, missing.join(" or ")))
}

/// The tables of a structure at a version; none where it has none, or one that vendors may add to.
fn layouts(value: &Item, version: Version) -> Option<(&'static StructureRow, Vec<&'static StructureLayout>)> {
    let stands_for = if value.tag == tag::RANDOM_NUMBER_GENERATOR { tag::RNG_PARAMETERS } else { value.tag };
    let row = structure_row(stands_for)?;
    let layouts: Vec<_> = row.layouts_at(version).collect();
    (!layouts.is_empty() && !layouts.iter().any(|layout| layout.open)).then_some((row, layouts))
}

/// 1.x §11: incorrect attribute values are Invalid Field; 2.x has a reason of its own.
pub(crate) fn invalid_value(version: Version, message: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::by_version(version, ResultReason::INVALID_FIELD, ResultReason::INVALID_ATTRIBUTE_VALUE, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::ttlv::ItemType;

    #[test]
    fn digest_gets_its_key_format_type_in_1_1() {
        let fields = vec![
            Item::enumeration(tag::HASHING_ALGORITHM, 6),
            Item::bytes(tag::DIGEST_VALUE, [1, 2, 3]),
            Item::enumeration(tag::KEY_FORMAT_TYPE, 1),
        ];
        let digest = Attribute::standard(Item::structure(tag::DIGEST, fields));
        let shown = |version| visible(&digest, version).map(|a| a.value.items().len());
        assert_eq!(shown(Version::V1_0), Some(2));
        assert_eq!(shown(Version::V1_1), Some(3));
    }

    #[test]
    fn cryptographic_parameters_get_their_algorithm_in_1_2() {
        let fields = vec![
            Item::enumeration(tag::KEY_ROLE_TYPE, 1),
            Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, 3),
            Item::text(Tag(0x54_0001), "a vendor's"),
        ];
        let parameters = Attribute::standard(Item::structure(tag::CRYPTOGRAPHIC_PARAMETERS, fields));
        let shown = |version| visible(&parameters, version).map(|a| a.value.items().len());
        assert_eq!([Version::V1_1, Version::V1_2, Version::V3_0].map(shown), [Some(2), Some(3), Some(3)]);
    }

    #[test]
    fn what_stands_in_an_object_is_known_or_not() {
        let attribute =
            |name, value| Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value]);
        let algorithm = |code| Item::enumeration(tag::ATTRIBUTE_VALUE, code);
        for (attribute, foreign) in [
            (attribute("Cryptographic Algorithm", algorithm(3)), [false, false]),
            // ChaCha20 came with 1.4.
            (attribute("Cryptographic Algorithm", algorithm(0x1C)), [true, false]),
            (attribute("PKCS#12 Friendly Name", Item::text(tag::ATTRIBUTE_VALUE, "a")), [true, false]),
            (attribute("x-any", Item::text(tag::ATTRIBUTE_VALUE, "a")), [false, false]),
        ] {
            assert_eq!([Version::V1_2, Version::V1_4].map(|v| is_foreign(&attribute, v)), foreign, "{attribute:?}");
        }
    }

    #[test]
    fn application_data_could_not_be_missing_until_1_3() {
        let namespace = vec![Item::text(tag::APPLICATION_NAMESPACE, "ssl")];
        let information = Attribute::standard(Item::structure(tag::APPLICATION_SPECIFIC_INFORMATION, namespace));
        let shown = |version| visible(&information, version).is_some();
        assert_eq!([Version::V1_0, Version::V1_2, Version::V1_3, Version::V2_1].map(shown), [false, false, true, true]);
        assert!(admit(vec![information], Version::V1_0).is_ok(), "the server makes it");
    }

    #[test]
    fn attributes_are_seen_from_their_first_version_to_their_last() {
        let seen = |value: &Item, version| visible(&Attribute::standard(value.clone()), version).is_some();
        let sensitive = Item::boolean(tag::SENSITIVE, true);
        assert!(!seen(&sensitive, Version::V1_3) && seen(&sensitive, Version::V1_4) && seen(&sensitive, Version::V2_1));
        let policy = Item::text(tag::OPERATION_POLICY_NAME, "default");
        assert!(seen(&policy, Version::V1_0) && !seen(&policy, Version::V2_0));
        let acme = Attribute::custom("acme", "colour", Item::text(tag::ATTRIBUTE_VALUE, "red"));
        assert!(visible(&acme, Version::V1_4).is_none(), "1.x cannot name it");
        assert!(visible(&acme, Version::V2_0).is_some());
        let when = Item::leaf(tag::ATTRIBUTE_VALUE, Value::DateTimeExtended(5));
        let when = Attribute::custom("x", "when", when);
        assert!(visible(&when, Version::V1_4).is_none(), "1.x has no such type");
        assert!(visible(&when, Version::V2_0).is_some());
        assert!(admit(vec![when], Version::V1_4).is_err());
        for value in [Item::text(tag::CONTACT_INFORMATION, "a\0"), Item::text(tag::ATTRIBUTE_VALUE, "a\0")] {
            let own = value.tag == tag::ATTRIBUTE_VALUE;
            let text = if own { Attribute::custom("x", "a", value) } else { Attribute::standard(value) };
            assert!(visible(&text, Version::V1_4).is_none() && visible(&text, Version::V2_0).is_some(), "{text:?}");
            assert!(admit(vec![text.clone()], Version::V1_4).is_err() && admit(vec![text], Version::V2_0).is_ok());
        }
    }

    #[test]
    fn a_structure_has_the_fields_of_its_table_each_once() {
        let text = Item::text(tag::NAME_VALUE, "a");
        let kind = Item::enumeration(tag::NAME_TYPE, 1);
        let vendors = Item::text(kmipspec_protocol::ttlv::Tag(0x54_0001), "of a vendor");
        let admitted = |fields: &[&Item], version| {
            let name = Item::structure(tag::NAME, fields.iter().copied().cloned().collect::<Vec<_>>());
            admit(vec![Attribute::standard(name)], version).map_err(|refused| refused.message.into_owned())
        };
        for version in Version::ALL.into_iter().filter(|version| *version < Version::V3_0) {
            assert!(admitted(&[&text, &kind, &vendors], version).is_ok(), "{version}");
            let foreign = Item::integer(tag::CRYPTOGRAPHIC_LENGTH, 8);
            for (fields, complaint) in [
                (&[&text, &kind, &foreign][..], "Name has no field CryptographicLength"),
                (&[&text, &text, &kind], "Name has NameValue twice"),
                (&[&text], "Name lacks NameType"),
            ] {
                assert_eq!(admitted(fields, version).expect_err("refused"), complaint, "{version}");
            }
        }
    }

    #[test]
    fn what_a_version_has_no_name_for_is_not_shown_to_it() {
        let fields = vec![
            Item::enumeration(tag::HASHING_ALGORITHM, 6),
            Item::bytes(tag::DIGEST_VALUE, [1, 2, 3]),
            // Transparent EC Public Key, of 1.3.
            Item::enumeration(tag::KEY_FORMAT_TYPE, 0x15),
        ];
        let digest = Attribute::standard(Item::structure(tag::DIGEST, fields));
        let shown = |version| visible(&digest, version).is_some();
        assert!(!shown(Version::V1_2) && shown(Version::V1_3) && shown(Version::V2_1));
    }

    #[test]
    fn fields_are_kept_in_the_order_of_the_table() {
        let (text, kind) = (Item::text(tag::NAME_VALUE, "a"), Item::enumeration(tag::NAME_TYPE, 1));
        let name = Attribute::standard(Item::structure(tag::NAME, vec![kind.clone(), text.clone()]));
        for admitting in [admit, admit_parts] {
            let admitted = admitting(vec![name.clone()], Version::V2_1).expect("admitted");
            assert_eq!(admitted[0].value.items(), [text.clone(), kind.clone()]);
        }
    }

    #[test]
    fn a_value_of_another_type_is_not_admitted() {
        let wrong = Attribute::standard(Item::text(tag::CRYPTOGRAPHIC_LENGTH, "128"));
        assert_eq!(wrong.value.ty, ItemType::TEXT_STRING);
        for (version, reason) in
            [(Version::V1_0, ResultReason::INVALID_FIELD), (Version::V2_0, ResultReason::INVALID_ATTRIBUTE_VALUE)]
        {
            let refused = admit(vec![wrong.clone()], version).expect_err("wrong type");
            assert_eq!(refused.reason, reason);
        }
    }
}
