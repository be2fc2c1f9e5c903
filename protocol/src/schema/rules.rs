//! Every rule of the checker: level, statement, sections. A rule is SHALL only where a sentence or table says so.

use super::{Level, Rule};
use crate::spec_ref::{SpecRef, kmip};
use crate::version::Version::*;

/// Sections of 1.0 to 1.4 and of 2.0 and 2.1, where each group shares a number.
macro_rules! sections {
    ($one:literal) => {
        &[kmip(V1_0, $one), kmip(V1_1, $one), kmip(V1_2, $one), kmip(V1_3, $one), kmip(V1_4, $one)]
    };
    ($one:literal, $two:literal) => {
        &[
            kmip(V1_0, $one),
            kmip(V1_1, $one),
            kmip(V1_2, $one),
            kmip(V1_3, $one),
            kmip(V1_4, $one),
            kmip(V2_0, $two),
            kmip(V2_1, $two),
        ]
    };
    ($one:literal, $two_0:literal, $two_1:literal) => {
        &[
            kmip(V1_0, $one),
            kmip(V1_1, $one),
            kmip(V1_2, $one),
            kmip(V1_3, $one),
            kmip(V1_4, $one),
            kmip(V2_0, $two_0),
            kmip(V2_1, $two_1),
        ]
    };
}

/// Declares the rules and the list of them.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $level:ident, $spec:expr, $statement:literal;)*) => {
        $($(#[$doc])* pub(super) static $name: Rule = Rule { id: $id, level: Level::$level, statement: $statement, spec: $spec };)*
        /// Every rule of the checker, encoding before content.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

/// Fields that no table has, and fields that stand twice: the tables, and what 1.x asks receivers to answer.
const FIELDS: &[SpecRef] = &[
    kmip(V1_0, "7"),
    kmip(V1_0, "11.1"),
    kmip(V1_1, "7"),
    kmip(V1_1, "11.1"),
    kmip(V1_2, "7"),
    kmip(V1_2, "11.1"),
    kmip(V1_3, "7"),
    kmip(V1_3, "11.1"),
    kmip(V1_4, "7"),
    kmip(V1_4, "11.1"),
    kmip(V2_0, "8"),
    kmip(V2_1, "8"),
];

/// Batch item ids: the sentence and the table row.
const BATCH_ITEM_ID: &[SpecRef] = sections!("6.4", "9.21");

rules! {
    /// The message is whole.
    TRUNCATED = "ttlv.truncated", Shall, sections!("9.1.1.3", "10.1.5"),
        "the length of the outermost structure is the length of what it holds";
    /// What follows the message. The text says nothing about it.
    TRAILING = "ttlv.trailing", May, sections!("7.1", "8.4"),
        "nothing follows the message (the standard does not say what would)";
    /// Structure lengths.
    STRUCTURE_LENGTH = "ttlv.structure-length", Shall, sections!("9.1.1.3", "10.1.5"),
        "the length of a structure is the total of its items, padding included, and every item fits into its structure";
    /// Tag prefix.
    TAG_PREFIX = "ttlv.tag-prefix", Shall, sections!("9.1.1.1", "11.54", "11.56"),
        "a tag begins with 42, or with 54 for extensions";
    /// Item types.
    ITEM_TYPE_CODE = "ttlv.type", Shall, sections!("9.1.1.2", "10.1.2"),
        "the item type is one that the version defines";
    /// Fixed lengths.
    FIXED_LENGTH = "ttlv.length", Shall, sections!("9.1.1.3", "10.1.3"),
        "Integer, Enumeration and Interval are 4 bytes long, Long Integer, Boolean and the dates 8, Big Integer a multiple of 8";
    /// An empty Big Integer: zero is a multiple of eight, but holds no number.
    BIG_INTEGER_EMPTY = "ttlv.big-integer-empty", May, sections!("9.1.1.3", "10.1.3"),
        "a Big Integer has at least one group of eight bytes (the standard asks for a multiple of 8 only)";
    /// The value of padding bytes. The text gives their number, not their value.
    PADDING = "ttlv.padding", May, sections!("9.1.1.3", "10.1.5"),
        "padding bytes are zero (the standard gives their number only)";
    /// Booleans.
    BOOLEAN = "ttlv.boolean", Shall, sections!("9.1.1.4", "10.1.2"),
        "a Boolean is eight bytes with the value 0 or 1";
    /// Text.
    UTF_8 = "ttlv.utf-8", Shall, sections!("9.1.1.4", "10.1.2"),
        "a Text String is UTF-8";
    /// No terminator, said in 1.x only.
    TEXT_NULL = "ttlv.text-null", Shall, sections!("9.1.1.4"),
        "a Text String does not end in a null character";
    /// Our own limits.
    LIMIT = "ttlv.limit", May, &[],
        "the message is within the limits of this tool; what lies beyond them was not looked at";

    /// The outermost item.
    MESSAGE_ROOT = "schema.message-root", Shall, sections!("7.1", "8.1", "8.1"),
        "a message is one Request Message or Response Message structure";
    /// Unknown tags.
    TAG_KNOWN = "schema.tag-known", Shall, sections!("9.1.1.1", "11.54", "11.56"),
        "a tag that begins with 42 is one that the standard defines; others are for extensions and begin with 54";
    /// Version gating of tags.
    TAG_VERSION = "schema.tag-version", Shall, sections!("9.1.3.1", "11.54", "11.56"),
        "a tag that begins with 42 is one that the message's version defines: none born later, none that is reserved by now";
    /// Unknown enumeration values.
    ENUMERATION_VALUE = "schema.enumeration-value", Shall, sections!("9.1.3.2", "11"),
        "the value of an Enumeration is one that the standard lists, or lies in 80000000 to 8FFFFFFF";
    /// Version gating of enumeration values.
    ENUMERATION_VERSION = "schema.enumeration-version", Shall, sections!("9.1.3.2", "11"),
        "the value of an Enumeration is not one that only later versions list: it was reserved";
    /// Values that are gone. 2.x prints them as reserved, but a mandatory published case of 2.0 still has one (Template).
    VALUE_GONE = "schema.value-gone", May, &[kmip(V2_0, "11"), kmip(V2_0, "12"), kmip(V2_1, "11"), kmip(V2_1, "12")],
        "a value or bit that older versions list and this one shows as reserved is not used";
    /// Mask bits.
    MASK_BITS = "schema.mask-bits", Shall, sections!("9.1.3.3", "12"),
        "every bit of a mask is one that the standard lists by then, or one of its extension bits";
    /// Types of fields.
    ITEM_TYPE = "schema.item-type", Shall, sections!("9.1.1.2", "10.1.2"),
        "an item has a type that the table of its field or attribute gives";
    /// Order of fields.
    FIELD_ORDER = "schema.field-order", Shall, sections!("9.1.1.4", "10.1.2"),
        "the fields of a structure stand in the order of its table";
    /// Fields with no place.
    FIELD_UNEXPECTED = "schema.field-unexpected", Shall, FIELDS,
        "a message, payload or structure holds the fields of its table and extensions, no other field of the standard";
    /// Missing fields.
    FIELD_REQUIRED = "schema.field-required", Shall, sections!("7", "8"),
        "a field whose table says it is required is there";
    /// Repeated fields.
    FIELD_REPEATED = "schema.field-repeated", Shall, FIELDS,
        "a field stands once unless its table lets it repeat";
    /// A choice of objects.
    EMPTY_CREDENTIALS = "schema.authentication-credential", Shall, sections!("6.6", "9.4"),
        "Authentication holds a Credential";
    /// Header: time stamp.
    TIME_STAMP = "schema.time-stamp", Shall, sections!("6.5", "9.20"),
        "a response header has a Time Stamp";
    /// Header: version. The text never says that a response repeats the version of its request.
    RESPONSE_VERSION = "schema.response-version", May, sections!("6.1", "9.16"),
        "a response has the Protocol Version of its request (the standard does not say so)";
    /// Header: batch count.
    BATCH_COUNT = "schema.batch-count", Shall, sections!("6.14", "9.5"),
        "Batch Count is the number of batch items in the message";
    /// More answers than questions.
    RESPONSE_COUNT = "schema.response-count", May, sections!("7.1", "8.4"),
        "a response has no more batch items than its request (the standard does not say so)";
    /// Order of answers.
    RESPONSE_ORDER = "schema.response-order", May, sections!("7.1", "8.4"),
        "batch items of a response stand in the order of the request (the standard orders the execution only)";
    /// Batch item: the operation is there.
    OPERATION_PRESENT = "schema.operation-present", Shall, sections!("7.2", "8.6"),
        "a batch item of a response names the operation that its request item named, unless the request could not be parsed";
    /// Batch item: the operation is the right one.
    OPERATION_ECHOED = "schema.operation-echoed", Shall, sections!("6.2", "9.15"),
        "the Operation of a response item is that of the request item it answers";
    /// Batch item: the id is there, and the same.
    BATCH_ITEM_ID_ECHOED = "schema.batch-item-id", Shall, BATCH_ITEM_ID,
        "a response item has the Unique Batch Item ID of its request item";
    /// Batch item: an id nobody asked for.
    BATCH_ITEM_ID_UNASKED = "schema.batch-item-id-unasked", May, BATCH_ITEM_ID,
        "a response item has a Unique Batch Item ID only where the request item has one (the standard does not say so)";
    /// Request batch items need ids.
    BATCH_ITEM_ID_REQUIRED = "schema.batch-item-id-required", Shall, sections!("7.2", "8.3"),
        "every item of a request with more than one has a Unique Batch Item ID";
    /// Batch option without a batch.
    BATCH_OPTION = "schema.batch-option", Shall, sections!("6.13", "9.6"),
        "Batch Error Continuation Option stands only in requests with more than one batch item";
    /// Result Reason of a failure.
    RESULT_REASON = "schema.result-reason", Shall, sections!("6.10", "9.18"),
        "a failed batch item has a Result Reason";
    /// Result Reason of a success: 2.x forbids it in one place and allows it in another.
    RESULT_REASON_SUCCESS = "schema.result-reason-on-success", May, &[kmip(V2_0, "9.18"), kmip(V2_0, "8.6"), kmip(V2_1, "9.18"), kmip(V2_1, "8.6")],
        "a successful batch item has no Result Reason (9.18 of 2.x forbids it, 8.6 makes it optional)";
    /// Result Message of a success: allowed in one place, not in another.
    RESULT_MESSAGE = "schema.result-message", May, sections!("7.2", "8.6"),
        "a Result Message stands in items that are neither successful nor pending (the sentence on the field allows it anywhere)";
    /// Pending items.
    ASYNCHRONOUS_CORRELATION = "schema.asynchronous-correlation-value", Shall, sections!("7.2", "8.6"),
        "a pending batch item has an Asynchronous Correlation Value";
    /// Payload of a success.
    PAYLOAD_REQUIRED = "schema.payload-required", Shall, sections!("7.2", "8.6"),
        "a successful batch item has a Response Payload";
    /// Payload of a failure: not required, nowhere forbidden.
    PAYLOAD_ON_FAILURE = "schema.payload-on-failure", May, sections!("7.2", "8.6"),
        "a failed batch item has no Response Payload (the standard does not require one, and does not forbid it)";

    /// Names of attributes.
    ATTRIBUTE_NAME = "schema.attribute-name", Shall, &[kmip(V1_0, "3.33"), kmip(V1_1, "3.39"), kmip(V1_2, "3.39"), kmip(V1_3, "3.39"), kmip(V1_4, "3.39")],
        "an Attribute Name is that of an attribute of the standard, or begins with x- or y-";
    /// Version gating of attribute names.
    ATTRIBUTE_VERSION = "schema.attribute-version", Shall, sections!("3"),
        "an Attribute Name is that of an attribute the message's version defines";
    /// Type of attribute values.
    ATTRIBUTE_VALUE_TYPE = "schema.attribute-value-type", Shall, sections!("3"),
        "an Attribute Value has the type that the table of its attribute gives";
    /// Attributes that are single.
    ATTRIBUTE_REPEATED = "schema.attribute-repeated", Shall, sections!("3", "4"),
        "a response gives an attribute once where its rule table permits no multiple instances";
    /// Custom attributes are flat.
    CUSTOM_ATTRIBUTE_FLAT = "schema.custom-attribute-flat", Shall, &[kmip(V1_0, "3.33"), kmip(V1_1, "3.39"), kmip(V1_2, "3.39"), kmip(V1_3, "3.39"), kmip(V1_4, "3.39")],
        "a custom attribute that is a structure has no structures inside";
    /// Attributes of 2.x.
    ATTRIBUTE_ALLOWED = "schema.attribute-allowed", Shall, &[kmip(V2_0, "5"), kmip(V2_1, "5")],
        "the items of an Attributes structure are attributes that the message's version defines";

    /// 3.0: our tables have no primary text behind them.
    SECOND_HAND = "schema.second-hand", May, &[],
        "the message fits the second-hand tables of 3.0; a difference may be the tables' fault";
}
