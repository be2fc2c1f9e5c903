//! What a version knows: attributes coming in are checked against it, attributes going out are cut down to it.

use super::{Attribute, AttributeKey, rule};
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{ResultReason, tag, tag_row};
use kmipspec_protocol::ttlv::{Item, Value};
use kmipspec_protocol::version::Version;

/// Takes attributes of a request: each must exist at the version, with a type and an enumeration value that it allows.
pub(crate) fn admit(attributes: Vec<Attribute>, version: Version) -> Outcome<Vec<Attribute>> {
    for attribute in &attributes {
        admit_key(&attribute.key, version)?;
        if let AttributeKey::Standard(_) = attribute.key {
            check_value(&attribute.value, version)?;
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

/// The attribute as a version may see it; none when it may not. Fields born later are taken out of structures.
pub(crate) fn visible(attribute: &Attribute, version: Version) -> Option<Attribute> {
    let key = &attribute.key;
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version)?,
        AttributeKey::Custom { vendor, .. } => {
            let nameable = version >= Version::V2_0 || matches!(vendor.as_str(), "x" | "y");
            return nameable.then(|| with_index(attribute, version));
        }
    };
    let mut shown = with_index(attribute, version);
    // Key Format Type is an old tag, but joined Digest in 1.1 (1.1 §3.17).
    let late = *key == AttributeKey::Standard(tag::DIGEST) && version < Version::V1_1;
    // At 3.0 these are structures to us alone: what is written has another form.
    let whole = matches!(key, AttributeKey::Standard(tag::NAME | tag::LINK)) && version >= Version::V3_0;
    if let Some(fields) = shown.value.items_mut().filter(|_| !whole) {
        fields.retain(|field| {
            tag_row(field.tag).is_none_or(|row| row.exists(version)) && !(late && field.tag == tag::KEY_FORMAT_TYPE)
        });
    }
    Some(shown)
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
    if let (Some(names), Some(Value::Enumeration(code))) = (row.enumeration, value.value())
        && !names.valid(code, version)
        && !names.is_extension(code)
    {
        return Err(invalid_value(version, format!("{} has no value 0x{code:08X}", row.name)));
    }
    Ok(())
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
    fn attributes_are_seen_from_their_first_version_to_their_last() {
        let seen = |value: &Item, version| visible(&Attribute::standard(value.clone()), version).is_some();
        let sensitive = Item::boolean(tag::SENSITIVE, true);
        assert!(!seen(&sensitive, Version::V1_3) && seen(&sensitive, Version::V1_4) && seen(&sensitive, Version::V2_1));
        let policy = Item::text(tag::OPERATION_POLICY_NAME, "default");
        assert!(seen(&policy, Version::V1_0) && !seen(&policy, Version::V2_0));
        let acme = Attribute::custom("acme", "colour", Item::text(tag::ATTRIBUTE_VALUE, "red"));
        assert!(visible(&acme, Version::V1_4).is_none(), "1.x cannot name it");
        assert!(visible(&acme, Version::V2_0).is_some());
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
