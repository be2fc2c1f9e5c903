//! Item types of fields where the tables leave them open, or the published cases say otherwise.

use kmipspec_protocol::registry::{tag, tag_row};
use kmipspec_protocol::ttlv::{ItemType, Tag};
use kmipspec_protocol::version::Version;

/// Whether a field names an object.
pub(crate) fn is_identifier(tag: Tag) -> bool {
    matches!(
        tag,
        tag::UNIQUE_IDENTIFIER
            | tag::PRIVATE_KEY_UNIQUE_IDENTIFIER
            | tag::PUBLIC_KEY_UNIQUE_IDENTIFIER
            | tag::CERTIFICATE_REQUEST_UNIQUE_IDENTIFIER
    )
}

/// The item type of a tag at a version, where its tables leave it to the registry.
pub(crate) fn kind(tag: Tag, version: Version) -> ItemType {
    let row = tag_row(tag).unwrap_or_else(|| panic!("{tag} is not in the registry"));
    match tag {
        // A Byte String before it became an object.
        tag::CERTIFICATE_REQUEST if version < Version::V2_0 => ItemType::BYTE_STRING,
        tag::CERTIFICATE_REQUEST => ItemType::STRUCTURE,
        // The published cases have the value where 2.x prints a structure around it.
        tag::PKCS_11_INTERFACE => ItemType::TEXT_STRING,
        tag::PKCS_11_FUNCTION | tag::PKCS_11_RETURN_CODE => ItemType::ENUMERATION,
        tag::PKCS_11_INPUT_PARAMETERS | tag::PKCS_11_OUTPUT_PARAMETERS => ItemType::BYTE_STRING,
        _ if is_identifier(tag) && version >= Version::V3_0 => ItemType::IDENTIFIER,
        // Structures whose type nothing of 3.0 states, and one that is an object of a list.
        tag::ATTRIBUTE_REFERENCE => ItemType::STRUCTURE,
        tag::ADJUSTMENT_VALUE => ItemType::INTEGER,
        _ => row.types.first().copied().unwrap_or(ItemType::STRUCTURE),
    }
}

/// Whether this is a list of attributes of 2.x, which has no table of fields.
pub(crate) fn holds_attributes(tag: Tag) -> bool {
    matches!(
        tag,
        tag::ATTRIBUTES
            | tag::COMMON_ATTRIBUTES
            | tag::PRIVATE_KEY_ATTRIBUTES
            | tag::PUBLIC_KEY_ATTRIBUTES
            | tag::NEW_ATTRIBUTE
            | tag::CURRENT_ATTRIBUTE
    )
}
