//! Quirks of servers that do not look at something they are told, or take it for something else.

use super::edit::{self, drop_child, header, payloads};
use super::hooks::Fault::{IgnoresAttribute, IgnoresField, IgnoresOfMessage, Mistakes};
use super::{Quirk, row};
use kmipspec_protocol::registry::{BatchErrorContinuationOption, Operation, tag};
use kmipspec_protocol::ttlv::{Item, Value};

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("locate-ignores-name", "Locate does not look at Name", "field E2; 1.4 §4.9", &["access.other-client.locate", "messages.batch.*", "messages.id-placeholder.locate-one", "operations.cancel.before-it-begins", "operations.create-key-pair.names", "operations.interop.reset", "operations.locate.*", "operations.poll.mandatory", "operations.re-certify.takes-over-name", "operations.re-key.takes-over-name", "operations.re-key-key-pair.takes-over-names"],
            IgnoresAttribute(Operation::LOCATE, tag::NAME)).through(&[Operation::LOCATE]),
        row("locate-ignores-state", "Locate does not look at State", "field E6; 1.4 §4.9", &["operations.locate.by-state"],
            IgnoresAttribute(Operation::LOCATE, tag::STATE)).through(&[Operation::LOCATE]),
        row("locate-ignores-object-type", "Locate does not look at Object Type", "field E2; 1.4 §4.9", &["operations.locate.by-each-attribute"],
            IgnoresAttribute(Operation::LOCATE, tag::OBJECT_TYPE)).through(&[Operation::LOCATE]),
        row("locate-ignores-cryptographic-algorithm", "Locate does not look at Cryptographic Algorithm", "field E6; 1.4 §4.9", &["operations.locate.by-each-attribute"],
            IgnoresAttribute(Operation::LOCATE, tag::CRYPTOGRAPHIC_ALGORITHM)).through(&[Operation::LOCATE]),
        row("locate-ignores-cryptographic-length", "Locate does not look at Cryptographic Length", "field E6; 1.4 §4.9", &["operations.locate.by-each-attribute", "operations.locate.two-attributes", "operations.locate.unsatisfiable"],
            IgnoresAttribute(Operation::LOCATE, tag::CRYPTOGRAPHIC_LENGTH)).through(&[Operation::LOCATE]),
        row("locate-ignores-cryptographic-usage-mask", "Locate does not look at Cryptographic Usage Mask", "field E6; 1.4 §4.9", &["operations.locate.by-usage-mask"],
            IgnoresAttribute(Operation::LOCATE, tag::CRYPTOGRAPHIC_USAGE_MASK)).through(&[Operation::LOCATE]),
        row("locate-ignores-activation-date", "Locate does not look at Activation Date", "field E6; 1.4 §4.9", &["operations.locate.by-date-range", "operations.locate.date-limits", "operations.locate.state-at-a-time"],
            IgnoresAttribute(Operation::LOCATE, tag::ACTIVATION_DATE)).through(&[Operation::LOCATE]),
        row("locate-ignores-initial-date", "Locate does not look at Initial Date", "field E6; 1.4 §4.9", &["operations.locate.by-each-attribute"],
            IgnoresAttribute(Operation::LOCATE, tag::INITIAL_DATE)).through(&[Operation::LOCATE]),
        row("locate-ignores-object-group", "Locate does not look at Object Group", "field E6; 1.4 §4.9", &["access.other-client.locate-all", "operations.locate.*"],
            IgnoresAttribute(Operation::LOCATE, tag::OBJECT_GROUP)).through(&[Operation::LOCATE]),
        row("locate-ignores-link", "Locate does not look at Link", "field E6; 1.4 §4.9", &["use-cases.13-1-register-a-pkcs-1-key-pair", "use-cases.8-2-register-both-halves", "use-cases.usage-guide.4-15-related-objects"],
            IgnoresAttribute(Operation::LOCATE, tag::LINK)).through(&[Operation::LOCATE]),
        row("locate-ignores-application-specific-information", "Locate does not look at Application Specific Information", "field E6; 1.4 §4.9", &["personas.tape-library"],
            IgnoresAttribute(Operation::LOCATE, tag::APPLICATION_SPECIFIC_INFORMATION)).through(&[Operation::LOCATE]),
        row("locate-ignores-unique-identifier", "Locate does not look at Unique Identifier", "field E1; 1.4 §4.9", &["lifecycle.deactivation-date-reached", "operations.delegated-login.rights", "operations.locate.by-each-attribute"],
            IgnoresAttribute(Operation::LOCATE, tag::UNIQUE_IDENTIFIER)).through(&[Operation::LOCATE]),
        row("locate-ignores-maximum-items", "Locate does not look at Maximum Items", "field E10; 1.4 §4.9", &["operations.locate.*"],
            IgnoresField(Operation::LOCATE, tag::MAXIMUM_ITEMS)).through(&[Operation::LOCATE]),
        row("locate-ignores-offset-items", "Locate does not look at Offset Items", "field E10; 1.4 §4.9", &["operations.locate.offset-items", "operations.locate.pages"],
            IgnoresField(Operation::LOCATE, tag::OFFSET_ITEMS)).through(&[Operation::LOCATE]),
        row("locate-ignores-storage-status-mask", "Locate does not look at Storage Status Mask", "1.4 §4.9", &["operations.locate.archived", "operations.locate.destroyed"],
            IgnoresField(Operation::LOCATE, tag::STORAGE_STATUS_MASK)).through(&[Operation::LOCATE]),
        row("locate-ignores-object-group-member", "Locate does not look at Object Group Member", "1.4 §4.9", &["operations.locate.group-member-fresh"],
            IgnoresField(Operation::LOCATE, tag::OBJECT_GROUP_MEMBER)).through(&[Operation::LOCATE]),
        row("locate-ignores-custom-attributes", "Locate does not look at custom attributes", "field C1; 1.4 §4.9", &["operations.locate.by-custom-attribute"],
            Mistakes(locate_without_custom)).through(&[Operation::LOCATE]),
        row("get-ignores-key-format-type", "Get does not look at Key Format Type", "field I5; 1.4 §4.11", &["operations.get.convert-ec-public-key", "operations.get.convert-rsa-private-key", "operations.get.format-not-available"],
            IgnoresField(Operation::GET, tag::KEY_FORMAT_TYPE)).through(&[Operation::GET]),
        row("get-ignores-key-wrapping-specification", "Get does not look at Key Wrapping Specification", "field I1; 1.4 §4.11", &["operations.get.*"],
            IgnoresField(Operation::GET, tag::KEY_WRAPPING_SPECIFICATION)).through(&[Operation::GET]),
        row("get-ignores-key-wrap-type", "Get does not look at Key Wrap Type", "field I2; 1.4 §4.11", &["operations.get.wrapped-aes-gcm", "operations.get.wrapped-rsa-oaep", "operations.get.wrapped-ttlv", "operations.register.*"],
            IgnoresField(Operation::GET, tag::KEY_WRAP_TYPE)).through(&[Operation::GET]),
        row("create-ignores-name", "Create does not look at Name", "field C8; 1.4 §4.1", &["access.other-client.locate", "messages.batch.continue-keeps", "messages.batch.stop", "messages.batch.undo-nothing-failed", "messages.id-placeholder.create-then-read", "messages.id-placeholder.locate-one", "operations.add-attribute.name-taken", "operations.add-attribute.second-name", "operations.create.attributes-are-kept", "operations.create.duplicate-name", "operations.get-attribute-list.names", "operations.get-attributes.all", "operations.get-attributes.all-instances", "operations.locate.*", "operations.re-key.takes-over-name"],
            IgnoresAttribute(Operation::CREATE, tag::NAME)).through(&[Operation::CREATE]),
        row("create-ignores-activation-date", "Create does not look at Activation Date", "field D5; 1.4 §4.1", &["lifecycle.activation-date-reached", "lifecycle.future-activation-date", "lifecycle.past-activation-date", "operations.locate.by-date-range", "operations.locate.date-limits"],
            IgnoresAttribute(Operation::CREATE, tag::ACTIVATION_DATE)).through(&[Operation::CREATE]),
        row("create-ignores-object-group", "Create does not look at Object Group", "field C12; 1.4 §4.1", &["access.other-client.locate-all", "attributes.object-group.several", "operations.locate.*", "operations.set-constraints.enforced", "operations.set-defaults.applied"],
            IgnoresAttribute(Operation::CREATE, tag::OBJECT_GROUP)).through(&[Operation::CREATE]),
        row("create-ignores-contact-information", "Create does not look at Contact Information", "field C12; 1.4 §4.1", &["access.other-client.delete-attribute", "access.other-client.modify-attribute", "operations.add-attribute.already-there", "operations.create.optional-attributes-are-kept", "operations.get-attributes.all", "operations.locate.by-group-and-contact"],
            IgnoresAttribute(Operation::CREATE, tag::CONTACT_INFORMATION)).through(&[Operation::CREATE]),
        row("create-ignores-application-specific-information", "Create does not look at Application Specific Information", "field C12; 1.4 §4.1", &["attributes.application-specific-information.given"],
            IgnoresAttribute(Operation::CREATE, tag::APPLICATION_SPECIFIC_INFORMATION)).through(&[Operation::CREATE]),
        row("create-ignores-usage-limits", "Create does not look at Usage Limits", "1.4 §3.21", &["attributes.usage-limits.count-of-the-client", "operations.check.usage-limits"],
            IgnoresAttribute(Operation::CREATE, tag::USAGE_LIMITS)).through(&[Operation::CREATE]),
        row("create-key-pair-ignores-names", "Create Key Pair loses the Names", "field A12; 1.4 §4.2", &["operations.create-key-pair.names", "operations.re-key-key-pair.takes-over-names"],
            IgnoresAttribute(Operation::CREATE_KEY_PAIR, tag::NAME)).through(&[Operation::CREATE_KEY_PAIR]),
        row("register-ignores-name", "Register does not look at Name", "field C8; 1.4 §4.3", &["operations.export.with-attributes", "operations.register.duplicate-name"],
            IgnoresAttribute(Operation::REGISTER, tag::NAME)).through(&[Operation::REGISTER]),
        row("register-ignores-activation-date", "Register does not look at Activation Date", "field D5; 1.4 §4.3", &["lifecycle.all-dates-past", "lifecycle.register-past-activation-date", "operations.export.with-attributes", "operations.get.wrapping-parameters-mismatch"],
            IgnoresAttribute(Operation::REGISTER, tag::ACTIVATION_DATE)).through(&[Operation::REGISTER]),
        row("register-ignores-cryptographic-parameters", "Register does not look at Cryptographic Parameters", "1.4 §3.6", &["operations.derive-key.parameters-of-the-key"],
            IgnoresAttribute(Operation::REGISTER, tag::CRYPTOGRAPHIC_PARAMETERS)).through(&[Operation::REGISTER]),
        row("re-key-ignores-offset", "Re-key does not look at Offset", "1.4 §4.4", &["operations.re-key.offset-with-date", "operations.re-key.offset-without-date", "use-cases.9-2-re-key-an-expired-key", "use-cases.usage-guide.4-18-offset-of-a-re-key"],
            IgnoresField(Operation::RE_KEY, tag::OFFSET)),
        row("re-certify-ignores-offset", "Re-certify does not look at Offset", "1.4 §4.8", &["operations.re-certify.offset", "operations.re-certify.offset-with-date"],
            IgnoresField(Operation::RE_CERTIFY, tag::OFFSET)),
        row("revoke-ignores-compromise-occurrence-date", "Revoke does not look at Compromise Occurrence Date", "1.4 §3.29", &["operations.revoke.compromise"],
            IgnoresField(Operation::REVOKE, tag::COMPROMISE_OCCURRENCE_DATE)),
        row("check-ignores-usage-limits-count", "Check does not look at Usage Limits Count", "1.4 §4.10", &["operations.check.usage-limits"],
            IgnoresField(Operation::CHECK, tag::USAGE_LIMITS_COUNT)),
        row("check-ignores-cryptographic-usage-mask", "Check does not look at Cryptographic Usage Mask", "1.4 §4.10", &["operations.check.mask-not-allowed"],
            IgnoresField(Operation::CHECK, tag::CRYPTOGRAPHIC_USAGE_MASK)),
        row("get-attributes-gives-all", "Get Attributes gives all attributes, whichever are asked for", "1.4 §4.12", &["operations.get-attributes.only-those-asked", "operations.get-attributes.without-value"],
            Mistakes(get_attributes_without_names)).through(&[Operation::GET_ATTRIBUTES]),
        row("modify-attribute-ignores-index", "Modify Attribute changes the first instance, whatever Attribute Index says", "field C16; 1.4 §4.15", &["operations.modify-attribute.no-instance", "operations.modify-attribute.one-instance"],
            Mistakes(modify_without_index)),
        row("delete-attribute-ignores-index", "Delete Attribute takes the first instance, whatever Attribute Index says", "field C16; 1.4 §4.16", &["operations.delete-attribute.by-index", "operations.delete-attribute.index-of-single", "operations.delete-attribute.no-instance"],
            IgnoresField(Operation::DELETE_ATTRIBUTE, tag::ATTRIBUTE_INDEX)),
        row("encrypt-ignores-additional-data", "Encrypt does not authenticate the additional data", "1.4 §4.29", &["operations.encrypt.*"],
            IgnoresField(Operation::ENCRYPT, tag::AUTHENTICATED_ENCRYPTION_ADDITIONAL_DATA)),
        row("discover-versions-ignores-list", "Discover Versions answers with all versions, whatever the client knows", "AO-40; 1.4 §4.26", &["operations.discover-versions.none-in-common"],
            IgnoresField(Operation::DISCOVER_VERSIONS, tag::PROTOCOL_VERSION)),
        row("query-answers-first-function", "Query answers the first Query Function alone", "1.4 §4.25", &["operations.query.two-functions"],
            Mistakes(query_one_function)).through(&[Operation::QUERY]),
        row("import-ignores-replace-existing", "Import never replaces", "field H8; 1.4 §4.40", &["operations.import.already-exists"],
            IgnoresField(Operation::IMPORT, tag::REPLACE_EXISTING)),
        row("login-ignores-lease-time", "A ticket never ends", "2.1 §6.1.29", &["operations.login.lease-time"],
            IgnoresField(Operation::LOGIN, tag::LEASE_TIME)),
        row("login-ignores-request-count", "A ticket is good for any number of requests", "2.1 §6.1.29", &["operations.login.request-count"],
            IgnoresField(Operation::LOGIN, tag::REQUEST_COUNT)),
        row("derive-key-ignores-salt", "Derive Key does not look at Salt", "1.4 §4.6", &["operations.derive-key.hkdf"],
            Mistakes(derive_without_salt)),
        row("batch-ignores-continuation", "Whatever Batch Error Continuation Option says, a batch stops", "AO-29; 1.4 §6.13", &["messages.batch.*"],
            IgnoresOfMessage(tag::BATCH_ERROR_CONTINUATION_OPTION)),
        row("batch-ignores-order-option", "The ID Placeholder is not used, whatever Batch Order Option says", "AO-28; 1.4 §6.12", &["messages.id-placeholder.*", "operations.create-key-pair.id-placeholder", "operations.export.with-attributes", "operations.locate.maximum-one-in-a-batch", "operations.poll.batch"],
            IgnoresOfMessage(tag::BATCH_ORDER_OPTION)),
        row("header-ignores-maximum-response-size", "Answers are as large as they come", "AO-30; 1.4 §6.3", &["messages.header.maximum-response-size"],
            IgnoresOfMessage(tag::MAXIMUM_RESPONSE_SIZE)),
        row("extension-critical-is-ignored", "A critical Message Extension that is not understood does no harm", "field F6; AO-26; 1.4 §6.16", &["messages.extension.critical", "messages.extension.critical-in-a-batch"],
            IgnoresOfMessage(tag::MESSAGE_EXTENSION)),
        row("credential-is-ignored", "Authentication in the header is not looked at", "AO-01; 1.4 §6.6", &["access.ordering.*", "operations.delegated-login.not-more", "operations.delegated-login.rights", "operations.login.*", "operations.logout.ends-ticket"],
            IgnoresOfMessage(tag::AUTHENTICATION)),
        row("batch-undo-is-stop", "Undo stops, and undoes nothing", "AO-29; 1.4 §6.13", &["messages.batch.undo", "messages.batch.undo-restores"],
            Mistakes(undo_is_stop)),
        row("batch-stop-is-continue", "Stop goes on", "AO-29; 1.4 §6.13", &["messages.batch.stop", "messages.batch.stop-at-the-first", "messages.batch.stop-is-the-default"],
            Mistakes(stop_is_continue)),
        row("repeated-fields-are-ignored", "A field that stands twice is read once", "AO-32; 1.4 §11.1", &["messages.field.twice"],
            Mistakes(without_repeated_fields)),
    ]
}

/// Locate without custom and vendor attributes.
fn locate_without_custom(message: &mut Item) {
    let is_custom = |attribute: &Item| match attribute.child(tag::ATTRIBUTE_NAME).and_then(Item::value) {
        Some(Value::TextString(name)) => {
            attribute.child(tag::VENDOR_IDENTIFICATION).is_some() || name.starts_with("x-")
        }
        _ => false,
    };
    payloads(message, Some(Operation::LOCATE), |payload| {
        let Some(fields) = payload.items_mut() else { return };
        fields.retain(|field| field.tag != tag::ATTRIBUTE || !is_custom(field));
        for attributes in fields.iter_mut().filter(|field| field.tag == tag::ATTRIBUTES) {
            if let Some(all) = attributes.items_mut() {
                all.retain(|attribute| !is_custom(attribute));
            }
        }
    });
}

/// Get Attributes that asks for nothing in particular.
fn get_attributes_without_names(message: &mut Item) {
    payloads(message, Some(Operation::GET_ATTRIBUTES), |payload| {
        drop_child(payload, tag::ATTRIBUTE_NAME);
        drop_child(payload, tag::ATTRIBUTE_REFERENCE);
    });
}

/// Modify Attribute that says no index.
fn modify_without_index(message: &mut Item) {
    payloads(message, Some(Operation::MODIFY_ATTRIBUTE), |payload| {
        payload.items_mut().into_iter().flatten().for_each(|attribute| drop_child(attribute, tag::ATTRIBUTE_INDEX));
    });
}

/// Query for the first function only.
fn query_one_function(message: &mut Item) {
    payloads(message, Some(Operation::QUERY), |payload| {
        if let Some(fields) = payload.items_mut() {
            fields.truncate(1);
        }
    });
}

/// Derive Key without a Salt.
fn derive_without_salt(message: &mut Item) {
    payloads(message, Some(Operation::DERIVE_KEY), |payload| {
        payload.items_mut().into_iter().flatten().for_each(|field| drop_child(field, tag::SALT));
    });
}

/// Another Batch Error Continuation Option.
fn continuation(message: &mut Item, change: fn(Option<BatchErrorContinuationOption>) -> BatchErrorContinuationOption) {
    header(message, |fields| {
        let place = fields.iter().position(|field| field.tag == tag::BATCH_ERROR_CONTINUATION_OPTION);
        let given = place.and_then(|place| fields.get(place)).and_then(edit::enumeration);
        let taken =
            Item::enumeration(tag::BATCH_ERROR_CONTINUATION_OPTION, change(given.map(BatchErrorContinuationOption)).0);
        match place.and_then(|place| fields.get_mut(place)) {
            Some(there) => *there = taken,
            None => {
                let before = [tag::BATCH_ORDER_OPTION, tag::TIME_STAMP, tag::BATCH_COUNT];
                let place = fields.iter().position(|field| before.contains(&field.tag)).unwrap_or(fields.len());
                fields.insert(place, taken);
            }
        }
    });
}

/// Undo is taken for Stop.
fn undo_is_stop(message: &mut Item) {
    continuation(message, |given| match given {
        Some(BatchErrorContinuationOption::UNDO) | None => BatchErrorContinuationOption::STOP,
        Some(other) => other,
    });
}

/// Stop, also where it is not said, is taken for Continue.
fn stop_is_continue(message: &mut Item) {
    continuation(message, |given| match given {
        Some(BatchErrorContinuationOption::STOP) | None => BatchErrorContinuationOption::CONTINUE,
        Some(other) => other,
    });
}

/// Get in which no field follows one of its tag.
fn without_repeated_fields(message: &mut Item) {
    payloads(message, Some(Operation::GET), |payload| {
        if let Some(fields) = payload.items_mut() {
            fields.dedup_by(|later, earlier| later.tag == earlier.tag);
        }
    });
}
