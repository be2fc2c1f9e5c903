//! Quirks of servers that say something else than they should.

use super::edit::{self, batch_items as items, drop_child, failed, header, payloads};
use super::hooks::Fault::Answers;
use super::{Quirk, row};
use kmipspec_protocol::registry::{ObjectType, Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Body, Item, ItemType, Len, Tag, Value};
use kmipspec_protocol::version::Version;

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("answer-without-item-id", "Unique Batch Item ID is not given back", "field F3; 1.4 §6.4", &["messages.batch.fifty", "messages.batch.item-ids-are-echoed", "schema.batch-item-id"],
            Answers(|_, answer| items(answer, None, |fields| fields.retain(|field| field.tag != tag::UNIQUE_BATCH_ITEM_ID)))),
        row("answer-without-operation", "A batch item that succeeds does not say its Operation", "field F4; 1.4 §7.2", &["operations.create.symmetric-key", "schema.operation-present"],
            Answers(|_, answer| items(answer, None, |fields| if !failed(fields) { fields.retain(|field| field.tag != tag::OPERATION) }))),
        row("failure-without-operation", "A batch item that fails does not say its Operation", "field F2; 1.4 §7.2", &["schema.operation-present"],
            Answers(|_, answer| items(answer, None, |fields| if failed(fields) { fields.retain(|field| field.tag != tag::OPERATION) }))),
        row("failure-without-reason", "A failure has no Result Reason", "1.4 §6.10", &["access.ordering.*", "attributes.usage-limits.delete-when-used", "attributes.usage-limits.modify-when-used", "encoding.batch-count-missing", "encoding.big-integer-length-0", "encoding.big-integer-length-12", "encoding.boolean-length-0", "encoding.boolean-length-4", "encoding.boolean-value-2", "encoding.date-time-length-0", "encoding.date-time-length-4", "encoding.enumeration-length-0", "encoding.enumeration-length-3", "encoding.enumeration-length-8", "encoding.integer-length-0", "encoding.integer-length-8", "encoding.interval-length-8", "encoding.long-integer-length-0", "encoding.long-integer-length-4", "encoding.long-text-in-short-item", "encoding.operation-missing", "encoding.payload-missing", "encoding.structure-overruns", "encoding.structure-too-short", "encoding.text-length-4-gib", "encoding.text-not-utf-8", "encoding.unknown-type", "encoding.wrong-root", "encoding.wrong-type-operation", "encoding.wrong-type-query-function", "messages.extension.critical", "messages.field.twice", "messages.field.unknown", "messages.header.maximum-response-size", "messages.operation.unknown", "operations.*.archived", "operations.*.archived-template", "operations.*.duplicate-name", "operations.*.mask-not-allowed", "operations.*.no-key-value", "operations.*.template", "operations.*.unknown-algorithm", "operations.*.unknown-correlation-value", "operations.*.unknown-identifier", "operations.*.unknown-namespace", "operations.*.unknown-object-type", "operations.*.unknown-template", "operations.activate.already-active", "operations.activate.deactivated", "operations.add-attribute.*", "operations.archive.active-then-encrypt", "operations.archive.then-get", "operations.cancel.before-it-begins", "operations.certify.*", "operations.create-key-pair.field-missing", "operations.create-key-pair.impossible-length", "operations.create-split-key.unknown-method", "operations.create.impossible-length", "operations.decrypt.*", "operations.delegated-login.not-more", "operations.delegated-login.rights", "operations.delete-attribute.always-required", "operations.delete-attribute.index-0-assumed", "operations.delete-attribute.index-of-single", "operations.delete-attribute.no-instance", "operations.delete-attribute.not-there", "operations.delete-attribute.several-without-index", "operations.derive-key.*", "operations.destroy.active", "operations.destroy.twice", "operations.encrypt.*", "operations.export.format-not-available", "operations.export.mac-key-mask", "operations.export.mac-object-no-key", "operations.export.unknown-encoding-option", "operations.export.unknown-wrapping-key", "operations.export.wrapped-attributes-no-encoding", "operations.export.wrapping-key-mask", "operations.export.wrapping-object-no-key", "operations.export.wrapping-parameters-mismatch", "operations.get-attributes.same-name-twice", "operations.get-usage-allocation.more-than-left", "operations.get-usage-allocation.no-count", "operations.get-usage-allocation.no-limits", "operations.get-usage-allocation.to-the-last", "operations.get.*", "operations.import.already-exists", "operations.locate.unknown-attribute", "operations.login.request-count", "operations.login.unknown-ticket", "operations.logout.ends-ticket", "operations.logout.unknown-ticket", "operations.modify-attribute.no-instance", "operations.modify-attribute.not-there", "operations.modify-attribute.read-only", "operations.obliterate.leaves-nothing", "operations.obtain-lease.*", "operations.poll.failed-result", "operations.poll.unknown-value", "operations.process.unknown-value", "operations.re-certify.not-a-request", "operations.re-certify.offset-with-date", "operations.re-certify.public-key", "operations.re-key-key-pair.offset-with-date", "operations.re-key-key-pair.offset-without-date", "operations.re-key-key-pair.public-key", "operations.re-key.offset-with-date", "operations.re-key.offset-without-date", "operations.re-key.public-key", "operations.register.pkcs-12-link-to-a-key", "operations.register.pkcs-12-without-link", "operations.register.template-with-name", "operations.register.type-mismatch", "operations.revoke.unknown-reason", "operations.sign.*", "operations.signature-verify.other-algorithm", "operations.validate.*", "schema.operation-present", "schema.result-reason"],
            Answers(|_, answer| items(answer, None, |fields| if failed(fields) { fields.retain(|field| field.tag != tag::RESULT_REASON) }))),
        row("failure-with-payload", "A failure has an empty Response Payload", "field F5; 1.4 §7.2", &["operations.delegated-login.rights"],
            Answers(|_, answer| items(answer, None, |fields| if failed(fields) && fields.iter().all(|field| field.tag != tag::RESPONSE_PAYLOAD) { fields.push(Item::structure(tag::RESPONSE_PAYLOAD, Vec::new())) }))),
        row("header-server-correlation-value-for-all", "Server Correlation Value goes to clients of every version", "field A1; 1.4 §6.19", &["messages.header.no-newer-field", "schema.tag-version"],
            Answers(|version, answer| if version < Version::V1_4 { header(answer, |fields| { let place = fields.len().saturating_sub(1); fields.insert(place, Item::text(tag::SERVER_CORRELATION_VALUE, "1")); }) })),
        row("header-without-server-time", "Time Stamp is 0", "1.4 §6.5", &["lifecycle.future-activation-date", "lifecycle.process-start-date-reached", "operations.activate.pre-active", "operations.create.initial-state", "operations.get-attributes.all", "operations.notify.*", "operations.query-asynchronous-requests.outstanding", "operations.revoke.cessation", "operations.revoke.compromise"],
            Answers(|_, answer| header(answer, |fields| replace(fields, tag::TIME_STAMP, &Item::date_time(tag::TIME_STAMP, 0))))),
        row("header-local-time", "Time Stamp is two hours ahead, as if local time were UTC", "1.4 §6.5", &["lifecycle.activation-date-reached", "lifecycle.past-deactivation-date", "operations.activate.pre-active", "operations.create.initial-state", "operations.get-attributes.all", "operations.get.wrapping-parameters-mismatch", "operations.modify-attribute.past-activation-date", "operations.notify.*", "operations.query-asynchronous-requests.outstanding", "operations.revoke.cessation", "operations.revoke.compromise", "operations.validate.revoked"],
            Answers(|_, answer| header(answer, |fields| fields.iter_mut().filter(|field| field.tag == tag::TIME_STAMP).for_each(|field| shift(field, 7_200))))),
        row("header-time-in-milliseconds", "Time Stamp counts milliseconds", "1.4 §9.1.1.4", &["lifecycle.activation-date-reached", "lifecycle.past-deactivation-date", "operations.activate.pre-active", "operations.create.initial-state", "operations.get-attributes.all", "operations.get.wrapping-parameters-mismatch", "operations.modify-attribute.past-activation-date", "operations.notify.*", "operations.query-asynchronous-requests.outstanding", "operations.revoke.cessation", "operations.revoke.compromise", "operations.validate.revoked"],
            Answers(|_, answer| header(answer, |fields| fields.iter_mut().filter(|field| field.tag == tag::TIME_STAMP).for_each(|field| if let Some(Value::DateTime(date)) = field.value() { *field = Item::date_time(tag::TIME_STAMP, date.saturating_mul(1_000)) })))),
        row("header-batch-count-too-high", "Batch Count is one too high", "1.4 §6.14", &["messages.header.no-newer-field", "schema.batch-count"],
            Answers(|_, answer| header(answer, |fields| fields.iter_mut().filter(|field| field.tag == tag::BATCH_COUNT).for_each(|field| if let Some(Value::Integer(count)) = field.value() { *field = Item::integer(tag::BATCH_COUNT, count.saturating_add(1)) })))),
        row("header-order", "Time Stamp stands before Protocol Version", "field G2; 1.4 §7.2", &["schema.field-order"],
            Answers(|_, answer| header(answer, |fields| fields.rotate_left(1)))),
        row("version-always-oldest", "Every answer to Get says version 1.0", "1.4 §6.1", &["schema.attribute-version", "schema.enumeration-version", "schema.field-required", "schema.field-unexpected", "schema.tag-version"],
            Answers(|_, answer| if mentions(answer, Operation::GET) { state_version(answer, 1, 0) })),
        row("version-always-newest", "Every answer to Get and Get Attributes says version 2.1", "1.4 §6.1", &["schema.field-required", "schema.field-unexpected", "schema.tag-version"],
            Answers(|_, answer| if mentions(answer, Operation::GET) || mentions(answer, Operation::GET_ATTRIBUTES) { state_version(answer, 2, 1) })),
        row("locate-empty-is-failure", "Locate fails when nothing is found", "field E3; 1.4 §4.9", &["attributes.alternative-name.located", "messages.batch.stop", "messages.batch.stop-is-the-default", "messages.batch.undo", "operations.cancel.before-it-begins", "operations.delegated-login.rights", "operations.interop.reset", "operations.locate.*", "operations.login.request-count", "operations.login.usage-limits", "operations.poll.mandatory"],
            Answers(|_, answer| items(answer, Some(Operation::LOCATE), |fields| if is_empty_location(fields) { fail(fields, ResultReason::ITEM_NOT_FOUND) }))).through(&[Operation::LOCATE]),
        row("locate-empty-without-payload", "Locate has no Response Payload when nothing is found", "field E3; 1.4 §4.9", &["access.other-client.locate", "access.other-client.locate-all", "attributes.alternative-name.located", "messages.batch.stop", "messages.batch.stop-is-the-default", "messages.batch.undo", "operations.cancel.before-it-begins", "operations.delegated-login.rights", "operations.interop.reset", "operations.locate.*", "operations.poll.mandatory", "schema.payload-required"],
            Answers(|_, answer| items(answer, Some(Operation::LOCATE), |fields| if is_empty_location(fields) { fields.retain(|field| field.tag != tag::RESPONSE_PAYLOAD) }))).through(&[Operation::LOCATE]),
        row("locate-located-items-for-all", "Located Items goes to clients of every version", "field A3; 1.3 §4.9", &["operations.locate.no-newer-field", "schema.tag-version"],
            Answers(|version, answer| if version < Version::V1_3 { payloads(answer, Some(Operation::LOCATE), |payload| if let Some(fields) = payload.items_mut() { fields.insert(0, Item::integer(tag::LOCATED_ITEMS, 1)) }) })),
        row("get-attributes-fresh-for-all", "Fresh goes to clients of 1.0", "field A4; 1.1 §3.34", &["operations.create.no-newer-attribute", "schema.attribute-version"],
            Answers(|version, answer| if version == Version::V1_0 { payloads(answer, Some(Operation::GET_ATTRIBUTES), |payload| payload.push(attribute("Fresh", Item::boolean(tag::ATTRIBUTE_VALUE, true)))) })),
        row("get-attributes-sensitive-for-all", "Sensitive goes to clients of versions before 1.4", "field A5; 1.4 §3.47", &["operations.create.no-newer-attribute", "schema.attribute-version"],
            Answers(|version, answer| if version < Version::V1_4 { payloads(answer, Some(Operation::GET_ATTRIBUTES), |payload| payload.push(attribute("Sensitive", Item::boolean(tag::ATTRIBUTE_VALUE, false)))) })),
        row("get-attribute-list-comment-for-all", "Get Attribute List names Comment to clients of versions before 1.4", "field A5; 1.4 §3.46", &["operations.create.no-newer-attribute", "schema.attribute-version"],
            Answers(|version, answer| if version < Version::V1_4 { payloads(answer, Some(Operation::GET_ATTRIBUTE_LIST), |payload| payload.push(Item::text(tag::ATTRIBUTE_NAME, "Comment"))) })),
        row("lease-time-is-integer", "Lease Time is an Integer", "field C9; 1.4 §3.20", &["attributes.protection-period.given", "attributes.rotate.given", "operations.adjust-attribute.numbers", "operations.obtain-lease.attribute", "operations.obtain-lease.last-change-date", "operations.register.custom-attribute-types", "schema.attribute-value-type", "schema.item-type"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.ty == ItemType::INTERVAL { item.ty = ItemType::INTEGER }))),
        row("state-is-integer", "State is an Integer", "field C9; 1.4 §3.22", &["attributes.alternative-name.given", "attributes.certificate-type.registered", "attributes.comment.given", "attributes.cryptographic-parameters.given", "attributes.description.given", "attributes.pkcs-12-friendly-name.given", "lifecycle.activation-date-reached", "lifecycle.all-dates-past", "lifecycle.future-activation-date", "lifecycle.past-activation-date", "lifecycle.protect-stop-date-reached", "lifecycle.register-past-activation-date", "operations.add-attribute.read-only", "operations.certify.attributes", "operations.create-key-pair.id-placeholder", "operations.create-key-pair.two-objects", "operations.create.attributes-are-kept", "operations.create.initial-state", "operations.delete-attribute.always-required", "operations.delete-attribute.custom", "operations.destroy.active", "operations.export.destroyed", "operations.export.with-attributes", "operations.get-attributes.all", "operations.get-attributes.only-those-asked", "operations.get.template", "operations.import.attributes-as-given", "operations.modify-attribute.past-activation-date", "operations.modify-attribute.read-only", "operations.poll.batch", "operations.re-certify.offset", "operations.re-certify.takes-over-name", "operations.re-key-key-pair.replacement", "operations.re-key-key-pair.takes-over-names", "operations.re-key.replacement", "operations.re-key.takes-over-name", "operations.revoke.cessation", "operations.revoke.compromise", "operations.revoke.unknown-reason", "operations.set-attribute.read-only", "schema.attribute-value-type", "schema.item-type"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.tag == tag::STATE || names_state(item) { retype(item, ItemType::ENUMERATION, ItemType::INTEGER) }))),
        row("generator-length-is-long", "Cryptographic Length of a Random Number Generator is a Long Integer", "field C10; 1.3 §3.44", &["schema.item-type"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.items().first().is_some_and(|first| first.tag == tag::RNG_ALGORITHM) { for field in item.items_mut().into_iter().flatten() { if let (tag::CRYPTOGRAPHIC_LENGTH, Some(Value::Integer(length))) = (field.tag, field.value()) { *field = Item::long_integer(field.tag, length.into()) } } }))),
        row("delete-attribute-tells-nothing", "Delete Attribute does not give the attribute back", "field C11; 1.4 §4.16", &["operations.delete-attribute.answer", "operations.delete-attribute.index-0-assumed", "schema.field-required"],
            Answers(|_, answer| payloads(answer, Some(Operation::DELETE_ATTRIBUTE), |payload| drop_child(payload, tag::ATTRIBUTE)))),
        row("register-tells-object-type", "Register gives Object Type before Unique Identifier", "field G1; 1.4 §4.3", &["schema.field-unexpected"],
            Answers(|_, answer| payloads(answer, Some(Operation::REGISTER), |payload| if let Some(fields) = payload.items_mut() { fields.insert(0, Item::enumeration(tag::OBJECT_TYPE, 2)) }))),
        row("query-order", "Server Information stands before Vendor Identification", "field G2; 1.4 §4.25", &["schema.field-order"],
            Answers(|_, answer| payloads(answer, Some(Operation::QUERY), |payload| if let Some(fields) = payload.items_mut() && let (Some(vendor), Some(server)) = (place(fields, tag::VENDOR_IDENTIFICATION), place(fields, tag::SERVER_INFORMATION)) { fields.swap(vendor, server) }))),
        row("query-server-information-is-text", "Server Information is a Text String", "field G3; 1.4 §4.25", &["operations.query.server-information", "schema.item-type"],
            Answers(|_, answer| payloads(answer, Some(Operation::QUERY), |payload| if let Some(fields) = payload.items_mut() { replace(fields, tag::SERVER_INFORMATION, &Item::text(tag::SERVER_INFORMATION, "server")) }))),
        row("query-newer-operations", "Query names operations that the version does not have", "field A10; 1.4 §4.25", &["operations.query.no-newer-operation", "schema.enumeration-version"],
            Answers(|version, answer| if version < Version::V1_2 { payloads(answer, Some(Operation::QUERY), |payload| if let Some(fields) = payload.items_mut() && fields.first().is_some_and(|field| field.tag == tag::OPERATION) { fields.insert(0, Item::enumeration(tag::OPERATION, Operation::ENCRYPT.0)) }) })),
        row("query-newer-objects", "Query names object types that the version does not have", "field A10; 1.4 §4.25", &["operations.query.no-newer-object-type", "schema.enumeration-version"],
            Answers(|version, answer| if version < Version::V1_2 { payloads(answer, Some(Operation::QUERY), |payload| if let Some(fields) = payload.items_mut() && let Some(place) = place(fields, tag::OBJECT_TYPE) { fields.insert(place, Item::enumeration(tag::OBJECT_TYPE, ObjectType::PGP_KEY.0)) }) })),
        row("query-names-too-much", "Query names Create Split Key, which is not supported", "field G5; 1.4 §4.25", &["capability.advertised-but-refused"],
            Answers(|_, answer| items(answer, Some(Operation::CREATE_SPLIT_KEY), |fields| fail(fields, ResultReason::OPERATION_NOT_SUPPORTED)))),
        row("destroy-tells-nothing", "Destroy does not give the Unique Identifier back", "field F1; 1.4 §4.21", &["messages.id-placeholder.create-then-destroy", "operations.destroy.deactivated", "operations.destroy.pre-active", "schema.field-required"],
            Answers(|_, answer| payloads(answer, Some(Operation::DESTROY), |payload| drop_child(payload, tag::UNIQUE_IDENTIFIER)))),
        row("destroy-payload-is-missing", "Destroy has no Response Payload", "field F1; 1.4 §4.21", &["messages.id-placeholder.create-then-destroy", "operations.destroy.deactivated", "operations.destroy.pre-active", "schema.payload-required"],
            Answers(|_, answer| items(answer, Some(Operation::DESTROY), |fields| fields.retain(|field| field.tag != tag::RESPONSE_PAYLOAD)))),
        row("get-another-object-type", "Get says Secret Data of a Symmetric Key", "1.4 §4.11", &["messages.id-placeholder.create-then-read", "operations.create.then-get", "operations.create-split-key.new-key", "operations.derive-key.hash", "operations.derive-key.pbkdf2", "operations.join-split-key.*", "operations.re-key.replacement", "operations.register.symmetric-key"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET), |payload| if let Some(fields) = payload.items_mut() && fields.iter().any(|field| field.tag == tag::SYMMETRIC_KEY) { replace(fields, tag::OBJECT_TYPE, &Item::enumeration(tag::OBJECT_TYPE, ObjectType::SECRET_DATA.0)) }))).through(&[Operation::GET]),
        row("get-identifier-in-upper-case", "Get gives the Unique Identifier back in upper case", "1.4 §3.1", &["access.other-client.destroy", "messages.batch.undo-restores", "messages.id-placeholder.create-then-read", "messages.id-placeholder.enumeration", "operations.create.then-get", "operations.create-split-key.new-key", "operations.create-split-key.parts", "operations.delegated-login.rights", "operations.derive-key.hash", "operations.derive-key.pbkdf2", "operations.destroy.active", "operations.get.*", "operations.join-split-key.*", "operations.login.ticket", "operations.process.not-pending-any-more", "operations.re-key.replacement", "operations.re-key-key-pair.replacement", "operations.recover.then-get", "operations.register.symmetric-key"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET), |payload| for field in payload.items_mut().into_iter().flatten() { if let (tag::UNIQUE_IDENTIFIER, Some(Value::TextString(id))) = (field.tag, field.value()) { *field = Item::text(field.tag, id.to_uppercase()) } }))).through(&[Operation::GET]),
        row("get-key-without-length", "The Key Block of Get has no Cryptographic Length", "1.4 §2.1.3", &["operations.create.then-get"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.tag == tag::KEY_BLOCK { drop_child(item, tag::CRYPTOGRAPHIC_LENGTH) }))),
        row("get-key-without-algorithm", "The Key Block of Get has no Cryptographic Algorithm", "1.4 §2.1.3", &["operations.create.then-get"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.tag == tag::KEY_BLOCK { drop_child(item, tag::CRYPTOGRAPHIC_ALGORITHM) }))),
        row("get-field-twice", "Get gives Unique Identifier twice", "1.4 §4.11", &["access.other-client.destroy", "messages.batch.undo-restores", "messages.id-placeholder.create-then-read", "messages.id-placeholder.enumeration", "operations.create.then-get", "operations.create-split-key.new-key", "operations.create-split-key.parts", "operations.delegated-login.rights", "operations.derive-key.hash", "operations.derive-key.pbkdf2", "operations.destroy.active", "operations.get.*", "operations.join-split-key.*", "operations.login.ticket", "operations.process.not-pending-any-more", "operations.re-key.replacement", "operations.re-key-key-pair.replacement", "operations.recover.then-get", "operations.register.symmetric-key", "schema.field-repeated"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET), |payload| if let Some(fields) = payload.items_mut() && let Some(id) = fields.get(1).cloned() { fields.insert(1, id) }))),
        row("get-fields-in-reverse", "Get gives its fields from the last to the first", "field G2; 1.4 §7.1", &["schema.field-order"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET), |payload| if let Some(fields) = payload.items_mut() { fields.reverse() }))),
        row("create-unknown-field", "Create gives a field that no version knows", "field G1; 1.4 §7.1", &["schema.tag-known"],
            Answers(|_, answer| payloads(answer, Some(Operation::CREATE), |payload| payload.push(Item::integer(Tag(0x42_0FFF), 1))))),
        row("names-end-with-nul", "Name Values end with a NUL", "1.4 §9.1.1.4", &["messages.id-placeholder.create-then-read", "operations.add-attribute.second-name", "operations.create.attributes-are-kept", "operations.delete-attribute.by-index", "operations.delete-attribute.index-0-assumed", "operations.export.with-attributes", "operations.get-attributes.all", "operations.get-attributes.all-instances", "operations.import.attributes-as-given", "operations.re-key.takes-over-name", "ttlv.text-null"],
            Answers(|_, answer| edit::each(answer, &mut |item| if let (tag::NAME_VALUE, Some(Value::TextString(name))) = (item.tag, item.value()) { *item = Item::text(item.tag, format!("{name}\0")) }))),
        row("boolean-is-255", "True is 255", "1.4 §9.1.1.4", &["attributes.always-sensitive.from-the-beginning", "attributes.extractable.default", "attributes.fresh.until-served", "attributes.never-extractable.from-the-beginning", "attributes.quantum-safe.given", "attributes.sensitive.default", "operations.adjust-attribute.boolean", "operations.register.custom-attribute-types", "ttlv.boolean"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.ty == ItemType::BOOLEAN && item.value() == Some(Value::Boolean(true)) { item.body = Body::Bytes(vec![0, 0, 0, 0, 0, 0, 0, 255]) }))),
        row("integer-length-is-8", "Attribute Index is an Integer of eight bytes", "field H1; 1.4 §9.1.1.3", &["operations.create.attributes-are-kept", "operations.create.then-get", "operations.create-key-pair.two-objects", "operations.delegated-login.rights", "operations.export.with-attributes", "operations.get-attributes.all", "operations.get-constraints.told", "operations.import.attributes-as-given", "operations.modify-attribute.read-only", "operations.poll.result", "operations.re-key.replacement", "operations.set-constraints.enforced", "operations.set-defaults.applied", "ttlv.length"],
            Answers(|_, answer| edit::each(answer, &mut |item| if item.tag == tag::CRYPTOGRAPHIC_LENGTH { item.len = Len::Forced(8) }))),
        row("attribute-names-without-blanks", "Attribute Names have no blanks", "field C4; 1.4 §3", &["attributes.pkcs-12-friendly-name.given", "attributes.x-509-certificate-identifier.registered", "attributes.x-509-certificate-issuer.registered", "attributes.x-509-certificate-subject.registered", "operations.certify.attributes", "operations.get.template", "operations.re-certify.replacement", "schema.attribute-name"],
            Answers(|_, answer| edit::each(answer, &mut |item| if let (tag::ATTRIBUTE_NAME, Some(Value::TextString(name))) = (item.tag, item.value()) && !name.starts_with("x-") { *item = Item::text(item.tag, name.replace(' ', "")) }))),
        row("get-attributes-without-custom", "Get Attributes loses custom attributes", "field C6; 1.4 §4.12", &["messages.batch.undo-restores", "operations.add-attribute.custom", "operations.adjust-attribute.integer", "operations.adjust-attribute.refused", "operations.create.optional-attributes-are-kept", "operations.register.custom-attribute-lengths", "operations.register.custom-attribute-types"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET_ATTRIBUTES), without_custom))).through(&[Operation::GET_ATTRIBUTES]),
        row("get-attribute-list-without-custom", "Get Attribute List loses custom attributes", "field C6; 1.4 §4.13", &["operations.get-attribute-list.names"],
            Answers(|_, answer| payloads(answer, Some(Operation::GET_ATTRIBUTE_LIST), without_custom))).through(&[Operation::GET_ATTRIBUTE_LIST]),
        row("encrypt-keeps-its-iv", "Encrypt does not tell the IV it made", "1.4 §4.29", &["operations.encrypt.random-iv"],
            Answers(|_, answer| payloads(answer, Some(Operation::ENCRYPT), |payload| drop_child(payload, tag::IV_COUNTER_NONCE)))),
        row("undone-is-success", "What Undo undid is answered with Success", "AO-29; 1.4 §6.13", &["messages.batch.undo"],
            Answers(|_, answer| items(answer, None, |fields| fields.iter_mut().for_each(|field| if field.tag == tag::RESULT_STATUS && edit::enumeration(field) == Some(ResultStatus::OPERATION_UNDONE.0) { *field = Item::enumeration(field.tag, 0) })))),
        row("vague-item-not-found", "General Failure stands for Item Not Found", "1.4 §11.1", &["operations.*.unknown-correlation-value", "operations.*.unknown-identifier", "operations.*.unknown-template", "operations.delete-attribute.index-0-assumed", "operations.delete-attribute.index-of-single", "operations.delete-attribute.no-instance", "operations.delete-attribute.not-there", "operations.export.unknown-wrapping-key", "operations.export.wrapping-parameters-mismatch", "operations.get.unknown-wrapping-key", "operations.get.wrapping-parameters-mismatch", "operations.modify-attribute.no-instance", "operations.poll.failed-result", "operations.poll.unknown-value"],
            Answers(|version, answer| vague(version, answer, ResultReason::ITEM_NOT_FOUND))),
        row("vague-permission-denied", "General Failure stands for Permission Denied", "1.4 §11.1", &["attributes.usage-limits.delete-when-used", "attributes.usage-limits.modify-when-used", "operations.*.mask-not-allowed", "operations.activate.already-active", "operations.activate.deactivated", "operations.add-attribute.not-for-this-type", "operations.add-attribute.read-only", "operations.certify.symmetric-key", "operations.delete-attribute.always-required", "operations.destroy.active", "operations.destroy.twice", "operations.encrypt.deactivated", "operations.encrypt.pre-active", "operations.encrypt.usage-limits", "operations.encrypt.usage-limits-exhausted", "operations.encrypt.usage-limits-objects", "operations.export.mac-key-mask", "operations.export.wrapping-key-mask", "operations.get-usage-allocation.more-than-left", "operations.get-usage-allocation.to-the-last", "operations.get.mac-key-mask", "operations.get.wrapping-key-mask", "operations.get.wrapping-key-pre-active", "operations.modify-attribute.read-only", "operations.re-certify.public-key", "operations.re-key-key-pair.public-key", "operations.re-key.public-key", "operations.sign.pre-active"],
            Answers(|version, answer| vague(version, answer, ResultReason::PERMISSION_DENIED))),
        row("vague-invalid-field", "General Failure stands for Invalid Field", "1.4 §11.1", &["messages.field.unknown", "operations.*.duplicate-name", "operations.*.unknown-algorithm", "operations.add-attribute.with-index", "operations.certify.altered-request", "operations.certify.not-a-request", "operations.create-key-pair.field-missing", "operations.create-key-pair.impossible-length", "operations.create-split-key.unknown-method", "operations.create-split-key.unknown-object-type", "operations.create.impossible-length", "operations.create.unknown-object-type", "operations.delete-attribute.several-without-index", "operations.derive-key.from-opaque", "operations.derive-key.no-derive-bit", "operations.derive-key.unknown-hash", "operations.derive-key.unknown-method", "operations.join-split-key.unknown-object-type", "operations.locate.unknown-attribute", "operations.modify-attribute.not-there", "operations.re-certify.not-a-request", "operations.register.pkcs-12-link-to-a-key", "operations.register.pkcs-12-without-link", "operations.register.template-with-name", "operations.register.type-mismatch", "operations.register.unknown-object-type", "operations.revoke.unknown-reason"],
            Answers(|version, answer| vague(version, answer, ResultReason::INVALID_FIELD))),
        row("vague-invalid-message", "General Failure stands for Invalid Message", "1.4 §11.1", &["encoding.batch-count-missing", "encoding.big-integer-*", "encoding.boolean-length-0", "encoding.boolean-length-4", "encoding.boolean-value-2", "encoding.date-time-length-0", "encoding.date-time-length-4", "encoding.enumeration-length-0", "encoding.enumeration-length-3", "encoding.enumeration-length-8", "encoding.integer-length-0", "encoding.integer-length-8", "encoding.interval-length-8", "encoding.long-integer-length-0", "encoding.long-integer-length-4", "encoding.long-text-in-short-item", "encoding.operation-missing", "encoding.payload-missing", "encoding.structure-overruns", "encoding.structure-too-short", "encoding.text-length-4-gib", "encoding.text-not-utf-8", "encoding.unknown-type", "encoding.wrong-root", "encoding.wrong-type-operation", "encoding.wrong-type-query-function", "messages.field.twice", "operations.derive-key.data-twice", "operations.get-attributes.same-name-twice", "operations.get-usage-allocation.no-count", "operations.re-certify.offset-with-date", "operations.re-key-key-pair.offset-with-date", "operations.re-key.offset-with-date", "operations.validate.not-a-certificate", "operations.validate.nothing-given", "schema.operation-present"],
            Answers(|version, answer| vague(version, answer, ResultReason::INVALID_MESSAGE))),
        row("vague-operation-not-supported", "General Failure stands for Operation Not Supported", "1.4 §11.1", &["messages.operation.unknown"],
            Answers(|version, answer| vague(version, answer, ResultReason::OPERATION_NOT_SUPPORTED))),
        row("vague-object-archived", "General Failure stands for Object Archived", "1.4 §11.1", &["operations.*.archived", "operations.*.archived-template", "operations.archive.active-then-encrypt", "operations.archive.then-get"],
            Answers(|version, answer| vague(version, answer, ResultReason::OBJECT_ARCHIVED))),
        row("vague-illegal-operation", "General Failure stands for Illegal Operation", "1.4 §11.1", &["operations.*.template", "operations.add-attribute.already-there", "operations.add-attribute.name-taken", "operations.export.mac-object-no-key", "operations.export.wrapping-object-no-key", "operations.get-usage-allocation.no-limits", "operations.get.mac-object-no-key", "operations.get.wrapping-object-no-key", "operations.modify-attribute.duplicate-name", "operations.re-key-key-pair.offset-without-date", "operations.re-key.offset-without-date"],
            Answers(|version, answer| vague(version, answer, ResultReason::ILLEGAL_OPERATION))),
        row("vague-key-format-type-not-supported", "General Failure stands for Key Format Type Not Supported", "1.4 §11.1", &["operations.export.format-not-available", "operations.get.format-not-available"],
            Answers(|version, answer| vague(version, answer, ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED))),
        row("vague-response-too-large", "General Failure stands for Response Too Large", "1.4 §11.1", &["messages.header.maximum-response-size"],
            Answers(|version, answer| vague(version, answer, ResultReason::RESPONSE_TOO_LARGE))),
    ]
}

/// Where a field stands.
fn place(fields: &[Item], tag: Tag) -> Option<usize> {
    fields.iter().position(|field| field.tag == tag)
}

/// Puts something in the place of a field that is there.
fn replace(fields: &mut [Item], tag: Tag, with: &Item) {
    fields.iter_mut().filter(|field| field.tag == tag).for_each(|field| *field = with.clone());
}

/// An Attribute structure of 1.x.
fn attribute(name: &str, value: Item) -> Item {
    Item::structure(tag::ATTRIBUTE, vec![Item::text(tag::ATTRIBUTE_NAME, name), value])
}

/// Moves a date.
fn shift(field: &mut Item, seconds: i64) {
    if let Some(Value::DateTime(date)) = field.value() {
        *field = Item::date_time(field.tag, date.saturating_add(seconds));
    }
}

/// The same bytes as another type.
fn retype(item: &mut Item, from: ItemType, to: ItemType) {
    if item.ty == from {
        item.ty = to;
    }
}

/// Whether this is the Attribute Value of State: nobody else has an enumeration of these four bytes beside that name.
fn names_state(item: &Item) -> bool {
    item.tag == tag::ATTRIBUTE_VALUE && matches!(edit::enumeration(item), Some(1..=6))
}

/// Whether the operation is among those answered.
fn mentions(answer: &mut Item, operation: Operation) -> bool {
    let mut found = false;
    items(answer, Some(operation), |_| found = true);
    found
}

/// Writes another Protocol Version.
fn state_version(answer: &mut Item, major: i32, minor: i32) {
    let fields =
        vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, major), Item::integer(tag::PROTOCOL_VERSION_MINOR, minor)];
    header(answer, |header| replace(header, tag::PROTOCOL_VERSION, &Item::structure(tag::PROTOCOL_VERSION, fields)));
}

/// Whether these are the fields of a Locate that found nothing.
fn is_empty_location(fields: &[Item]) -> bool {
    let payload = fields.iter().find(|field| field.tag == tag::RESPONSE_PAYLOAD);
    payload.is_some_and(|payload| payload.child(tag::UNIQUE_IDENTIFIER).is_none())
}

/// Makes a failure of a batch item.
fn fail(fields: &mut Vec<Item>, reason: ResultReason) {
    fields.retain(|field| !matches!(field.tag, tag::RESPONSE_PAYLOAD | tag::RESULT_REASON | tag::RESULT_MESSAGE));
    if let Some(place) = place(fields, tag::RESULT_STATUS) {
        fields.truncate(place);
    }
    fields.push(Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0));
    fields.push(Item::enumeration(tag::RESULT_REASON, reason.0));
    fields.push(Item::text(tag::RESULT_MESSAGE, "no"));
}

/// Leaves out custom attributes, or their names.
fn without_custom(payload: &mut Item) {
    let is_custom = |name: Option<Value<'_>>| matches!(name, Some(Value::TextString(name)) if name.starts_with("x-"));
    let Some(fields) = payload.items_mut() else { return };
    let vendor = |item: &Item| item.child(tag::VENDOR_IDENTIFICATION).is_some();
    fields.retain(|field| {
        let name = field.child(tag::ATTRIBUTE_NAME).and_then(Item::value);
        let named = field.tag == tag::ATTRIBUTE_NAME && is_custom(field.value());
        !(named || is_custom(name) || vendor(field))
    });
    for attributes in fields.iter_mut().filter(|field| field.tag == tag::ATTRIBUTES) {
        if let Some(all) = attributes.items_mut() {
            all.retain(|attribute| !vendor(attribute));
        }
    }
}

/// General Failure in place of a reason, where the version has a table of conditions.
fn vague(version: Version, answer: &mut Item, reason: ResultReason) {
    if version >= Version::V2_0 {
        return;
    }
    let general = Item::enumeration(tag::RESULT_REASON, ResultReason::GENERAL_FAILURE.0);
    items(answer, None, |fields| {
        let is_it = fields.iter().find(|field| field.tag == tag::RESULT_REASON).and_then(edit::enumeration);
        if is_it == Some(reason.0) {
            replace(fields, tag::RESULT_REASON, &general);
        }
    });
}
