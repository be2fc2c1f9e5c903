//! Quirks of servers that keep something else than they should.

use super::hooks::Fault::{Keeps, Loses};
use super::{Quirk, row};
use crate::object::StoredObject;
use kmipspec_protocol::registry::{State, tag};
use kmipspec_protocol::ttlv::Item;

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("kept-without-compromise-date", "Compromise Date is never kept", "1.4 §3.30", &["operations.revoke.compromise"],
            Loses(tag::COMPROMISE_DATE)),
        row("kept-without-compromise-occurrence-date", "Compromise Occurrence Date is never kept", "1.4 §3.29", &["operations.revoke.compromise", "operations.validate.revoked"],
            Loses(tag::COMPROMISE_OCCURRENCE_DATE)),
        row("kept-without-destroy-date", "Destroy Date is never kept", "1.4 §3.28", &["use-cases.11-1-policy-and-destroy-date"],
            Loses(tag::DESTROY_DATE)),
        row("kept-without-initial-date", "Initial Date is never kept", "1.4 §3.23", &["operations.create.initial-state", "operations.get-attribute-list.names", "operations.get-attributes.all", "operations.import.attributes-as-given"],
            Loses(tag::INITIAL_DATE)),
        row("kept-without-original-creation-date", "Original Creation Date is never kept", "1.3 §3.43", &["attributes.original-creation-date.registered"],
            Loses(tag::ORIGINAL_CREATION_DATE)),
        row("kept-without-last-change-date", "Last Change Date is never kept", "1.4 §3.38", &["operations.get-attributes.all", "operations.import.attributes-as-given", "operations.notify.*"],
            Loses(tag::LAST_CHANGE_DATE)),
        row("kept-without-revocation-reason", "Revocation Reason is never kept", "1.4 §3.31", &["operations.validate.revoked"],
            Loses(tag::REVOCATION_REASON)),
        row("kept-without-digest", "Digest is never kept", "1.4 §3.17", &["attributes.digest.sha-256"],
            Loses(tag::DIGEST)),
        row("kept-without-comment", "Comment is never kept", "field C12; 1.4 §3.46", &["attributes.comment.given", "operations.set-defaults.applied"],
            Loses(tag::COMMENT)),
        row("kept-without-description", "Description is never kept", "1.4 §3.45", &["attributes.description.given"],
            Loses(tag::DESCRIPTION)),
        row("kept-without-contact-information", "Contact Information is never kept", "1.4 §3.37", &["access.other-client.delete-attribute", "access.other-client.modify-attribute", "messages.id-placeholder.used-by-delete-attribute", "messages.id-placeholder.used-by-modify-attribute", "operations.add-attribute.already-there", "operations.add-attribute.new", "operations.create.optional-attributes-are-kept", "operations.get-attributes.all", "operations.locate.by-group-and-contact", "operations.set-attribute.value"],
            Loses(tag::CONTACT_INFORMATION)),
        row("kept-without-application-specific-information", "Application Specific Information is never kept", "1.4 §3.36", &["attributes.application-specific-information.given"],
            Loses(tag::APPLICATION_SPECIFIC_INFORMATION)),
        row("kept-without-alternative-name", "Alternative Name is never kept", "field C15; 1.2 §3.40", &["attributes.alternative-name.given", "attributes.alternative-name.located"],
            Loses(tag::ALTERNATIVE_NAME)),
        row("kept-without-cryptographic-parameters", "Cryptographic Parameters is never kept", "1.4 §3.6", &["attributes.cryptographic-parameters.given", "operations.derive-key.parameters-of-the-key"],
            Loses(tag::CRYPTOGRAPHIC_PARAMETERS)),
        row("kept-without-cryptographic-domain-parameters", "Cryptographic Domain Parameters is never kept", "1.4 §3.7", &["attributes.cryptographic-domain-parameters.curve"],
            Loses(tag::CRYPTOGRAPHIC_DOMAIN_PARAMETERS)),
        row("kept-without-lease-time", "Lease Time is never kept", "1.4 §3.20", &["operations.obtain-lease.attribute"],
            Loses(tag::LEASE_TIME)),
        row("kept-without-random-number-generator", "Random Number Generator is never kept", "1.3 §3.44", &["attributes.random-number-generator.created", "attributes.random-number-generator.registered"],
            Loses(tag::RANDOM_NUMBER_GENERATOR)),
        row("kept-without-short-unique-identifier", "Short Unique Identifier is never kept", "2.1 §4.54", &["attributes.short-unique-identifier.length"],
            Loses(tag::SHORT_UNIQUE_IDENTIFIER)),
        row("kept-without-key-value-present", "Key Value Present is never kept", "1.2 §3.41", &["attributes.key-value-present.absent"],
            Loses(tag::KEY_VALUE_PRESENT)),
        row("kept-without-operation-policy-name", "Operation Policy Name is never kept", "field C5; 1.4 §3.18", &["attributes.operation-policy-name.default"],
            Loses(tag::OPERATION_POLICY_NAME)),
        row("kept-without-x-509-certificate-issuer", "X 509 Certificate Issuer is never kept", "field C7; 1.4 §3.12", &["attributes.x-509-certificate-issuer.registered"],
            Loses(tag::X_509_CERTIFICATE_ISSUER)),
        row("kept-without-x-509-certificate-identifier", "X 509 Certificate Identifier is never kept", "field C7; 1.4 §3.10", &["attributes.x-509-certificate-identifier.registered", "operations.re-certify.replacement"],
            Loses(tag::X_509_CERTIFICATE_IDENTIFIER)),
        row("kept-without-digital-signature-algorithm", "Digital Signature Algorithm is never kept", "1.4 §3.16", &["attributes.digital-signature-algorithm.registered"],
            Loses(tag::DIGITAL_SIGNATURE_ALGORITHM)),
        row("kept-without-process-start-date", "Process Start Date is never kept", "1.4 §3.25", &["attributes.process-start-date.future", "lifecycle.process-start-date-reached"],
            Loses(tag::PROCESS_START_DATE)),
        row("kept-without-protect-stop-date", "Protect Stop Date is never kept", "1.4 §3.26", &["attributes.protect-stop-date.future", "lifecycle.protect-stop-date-reached"],
            Loses(tag::PROTECT_STOP_DATE)),
        row("kept-without-object-group", "Object Group is never kept", "1.4 §3.33", &["access.other-client.locate-all", "attributes.object-group.several", "operations.locate.*", "operations.register.several-in-key-value"],
            Loses(tag::OBJECT_GROUP)),
        row("kept-without-cryptographic-usage-mask", "Cryptographic Usage Mask is never kept", "1.4 §3.19", &["messages.id-placeholder.used-by-check", "operations.create-key-pair.two-objects", "operations.create.attributes-are-kept", "operations.get-attribute-list.names", "operations.get-attributes.all", "operations.get.wrapping-parameters-mismatch", "operations.import.attributes-as-given", "operations.locate.by-usage-mask", "operations.set-defaults.applied"],
            Loses(tag::CRYPTOGRAPHIC_USAGE_MASK)),
        row("kept-state-after-compromise", "A compromised object stays in its state", "1.4 §3.22", &["operations.revoke.compromise", "operations.revoke.compromise-deactivated", "operations.revoke.compromise-pre-active"],
            Keeps(|before, object| if object.state() == Some(State::COMPROMISED) && let Some(state) = before.and_then(StoredObject::state) { object.set(Item::enumeration(tag::STATE, state.0)) })),
        row("kept-always-active", "New objects are Active", "field D5; 1.4 §3.22", &["lifecycle.future-activation-date", "messages.batch.undo-restores", "messages.id-placeholder.create-then-destroy", "messages.id-placeholder.used-by-activate", "operations.adjust-attribute.date", "operations.create.initial-state", "operations.get.wrapping-key-pre-active", "operations.poll.batch", "operations.re-certify.offset"],
            Keeps(|before, object| if before.is_none() && object.state() == Some(State::PRE_ACTIVE) { object.set(Item::enumeration(tag::STATE, State::ACTIVE.0)) })),
        row("kept-usage-limits", "Usage Limits do not count down", "1.4 §3.21", &["attributes.usage-limits.count-of-the-client", "attributes.usage-limits.delete-when-used", "attributes.usage-limits.modify-when-used", "operations.encrypt.usage-limits", "operations.encrypt.usage-limits-exhausted", "operations.encrypt.usage-limits-objects", "operations.get-usage-allocation.counts-down", "operations.get-usage-allocation.more-than-left", "operations.get-usage-allocation.to-the-last"],
            Keeps(|before, object| if let Some(limits) = before.and_then(|before| before.attribute(tag::USAGE_LIMITS)) { object.set(limits.value.clone()) })),
    ]
}
