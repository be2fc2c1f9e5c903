//! Quirks in the middle of the server: its own code asks for them, by name.

use super::Quirk;
use super::hooks::Fault;
use kmipspec_protocol::registry::Operation;

/// One row.
const fn row(
    name: &'static str,
    does: &'static str,
    imitates: &'static str,
    rules: &'static [&'static str],
    asked_in: &'static [Operation],
) -> Quirk {
    super::row(name, does, imitates, rules, Fault::Inside(asked_in))
}

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("http-status-of-failure", "By HTTP, a failure has status 400", "Profiles 2.1 §5.3.2", &["http.status"], &[]),
        row("http-1-0-is-refused", "A request of HTTP/1.0 is refused with status 505", "Profiles 2.1 §5.3.2", &["encoding.http-1-0"], &[]),
        row("http-type-is-plain-text", "By HTTP, every answer is called text/plain", "Profiles 2.1 §5.3.2", &["http.content-type"], &[]),
        row("http-without-cache-control", "By HTTP, nothing forbids caching", "Profiles 2.1 §5.3.2", &["http.cache-control"], &[]),
        row("http-without-content-length", "By HTTP, the body comes in chunks", "Profiles 2.1 §5.3.2", &["http.content-length"], &[]),
        row("access-ignores-owner", "Every client may do anything with every object", "AO-14; 1.4 §3.18.2", &["access.other-client.*", "access.matrix.*"], &[]),
        row("destroy-takes-active", "An Active object can be destroyed", "E1-0127; 1.4 §4.21", &["operations.destroy.active"], &[Operation::DESTROY]),
        row("activate-takes-any-state", "An object of any state can be activated", "1.4 §11.20", &["operations.activate.already-active", "operations.activate.deactivated"], &[Operation::ACTIVATE]),
        row("mac-verify-always-valid", "MAC Verify says Valid of any MAC", "1.4 §4.34", &["operations.mac-verify.*"], &[Operation::MAC_VERIFY]),
        row("signature-verify-always-valid", "Signature Verify says Valid of any signature", "1.4 §4.32", &["operations.sign.ecdsa-then-verify", "operations.sign.rsa-pss-then-verify", "operations.signature-verify.*"], &[Operation::SIGNATURE_VERIFY]),
        row("validate-always-valid", "Validate says Valid of any certificate", "1.4 §4.24", &["operations.validate.*"], &[Operation::VALIDATE]),
        row("locate-shows-all-owners", "Locate finds the objects of every client", "field E2; 1.4 §4.9", &["access.other-client.locate", "access.other-client.locate-all"], &[Operation::LOCATE]),
        row("locate-takes-any-criterion", "Locate finds what fits one of several criteria", "field E6; 1.4 §4.9", &["lifecycle.deactivation-date-reached", "operations.locate.*"], &[Operation::LOCATE]).through(&[Operation::LOCATE]),
        row("locate-keeps-first-of-many", "Several matches leave an ID Placeholder", "field E8; 1.4 §4.9", &["messages.id-placeholder.locate-two"], &[Operation::LOCATE]),
        row("usage-mask-is-not-checked", "A key does what its Cryptographic Usage Mask does not allow", "1.4 §3.19", &["operations.decrypt.mask-not-allowed", "operations.derive-key.no-derive-bit", "operations.encrypt.mask-not-allowed", "operations.mac-verify.mask-not-allowed", "operations.mac.mask-not-allowed", "operations.signature-verify.mask-not-allowed"], &[]),
        row("usage-state-is-not-checked", "A key is used in any state and at any time", "1.4 §3.22", &["lifecycle.process-start-date-reached", "lifecycle.protect-stop-date-reached", "operations.encrypt.deactivated", "operations.encrypt.pre-active", "operations.sign.pre-active"], &[]),
        row("usage-needs-process-start-date", "A key without Process Start Date does not decrypt or verify", "field D4; 1.4 §3.25", &["lifecycle.protect-stop-date-reached", "operations.encrypt.random-iv", "operations.encrypt.usage-limits"], &[]).through(&[Operation::DECRYPT, Operation::SIGNATURE_VERIFY, Operation::MAC_VERIFY]),
        row("usage-limits-are-not-enforced", "A key is used beyond its Usage Limits", "1.4 §3.21", &["operations.encrypt.usage-limits", "operations.encrypt.usage-limits-exhausted", "operations.encrypt.usage-limits-objects", "operations.get-usage-allocation.more-than-left", "operations.get-usage-allocation.to-the-last"], &[]),
        row("names-are-not-unique", "Several objects have the same Name", "field E7; 1.4 §3.2", &["operations.*.duplicate-name", "operations.add-attribute.name-taken"], &[]),
        row("dates-are-not-obeyed", "Activation Date and Deactivation Date move no state when they are reached", "1.4 §3.22", &["lifecycle.activation-date-reached", "lifecycle.deactivation-date-reached"], &[]),
        row("read-only-attributes-can-be-modified", "Modify Attribute changes what the server alone may change", "field C13; 1.4 §4.15", &["attributes.always-sensitive.from-the-beginning", "attributes.cryptographic-domain-parameters.curve", "attributes.key-value-present.absent", "attributes.never-extractable.from-the-beginning", "attributes.nist-key-type.given", "attributes.operation-policy-name.default", "attributes.original-creation-date.registered", "attributes.protection-storage-mask.as-asked", "attributes.short-unique-identifier.length", "operations.modify-attribute.read-only"], &[Operation::MODIFY_ATTRIBUTE]),
        row("read-only-attributes-can-be-added", "Add Attribute takes what the server alone may set", "field C13; 1.4 §4.14", &["operations.add-attribute.read-only"], &[Operation::ADD_ATTRIBUTE]),
        row("required-attributes-can-be-deleted", "Delete Attribute takes what must always be there", "1.4 §4.16", &["attributes.original-creation-date.registered", "attributes.random-number-generator.created", "operations.delete-attribute.always-required"], &[Operation::DELETE_ATTRIBUTE]),
        row("single-attributes-can-be-added", "Add Attribute replaces an attribute of one instance", "1.4 §4.14", &["operations.add-attribute.already-there"], &[Operation::ADD_ATTRIBUTE]),
        row("replacement-has-no-name", "A replacement does not take over the Names", "field E5; 1.4 §4.4", &["operations.re-certify.takes-over-name", "operations.re-key.takes-over-name", "operations.re-key-key-pair.takes-over-names"], &[Operation::RE_KEY, Operation::RE_KEY_KEY_PAIR, Operation::RE_CERTIFY]),
        row("revoke-takes-any-reason", "Revoke takes reason codes that nobody knows", "E1-0123; 1.4 §11.21", &["operations.revoke.unknown-reason"], &[Operation::REVOKE]),
        row("import-always-replaces", "Import replaces an object without being asked to", "1.4 §4.40", &["operations.import.already-exists"], &[Operation::IMPORT]),
        row("keys-are-all-zero", "Create makes keys of zeros", "1.4 §4.1", &["operations.create.two-keys-differ"], &[]),
        row("random-bytes-are-too-few", "RNG Retrieve gives one byte less than it is asked for", "1.4 §4.35", &["operations.rng-retrieve.length"], &[Operation::RNG_RETRIEVE]),
    ]
}
