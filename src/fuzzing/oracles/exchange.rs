//! One exchange by itself: O2, O3, O4, O5 for nobody, O6 and O13.

use super::echo::Said;
use super::pairs::{items, pairs};
use super::{Exchange, LIMITS, name_of};
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::message::RequestMessage;
use kmipspec_protocol::registry::{Operation, ResultStatus, tag};
use kmipspec_protocol::schema::{Context, Level, check_response};
use kmipspec_protocol::ttlv::{Code, Diag, Doc, Item, ItemRef};
use kmipspec_protocol::version::ProtocolVersion;

/// Every finding that one exchange shows. `request` and `answer` are its messages; `said` has what clients said so far, and the request.
pub(super) fn exchange(exchange: &Exchange<'_>, request: &Doc<'_>, answer: &Doc<'_>, said: &Said) -> Vec<Finding> {
    let asked = request.root().and_then(|root| root.child(tag::BATCH_ITEM)?.child(tag::OPERATION)?.as_u32());
    let found = |oracle, place: String, detail: String| Finding { oracle, operation: name_of(asked), place, detail };
    if let Err(fault) = Doc::strict(exchange.answer, &LIMITS) {
        // What is no TTLV tells nothing else.
        return vec![found(Oracle::O2, fault.code.name().to_owned(), format!("the answer: {fault}"))];
    }
    let mut all = Vec::new();
    if again(answer) != exchange.answer {
        all.push(found(Oracle::O13, "answer".to_owned(), "decoded and encoded it is another one".to_owned()));
    }
    let stated = ProtocolVersion::in_header(request, tag::REQUEST_HEADER);
    if let Some(version) = stated.and_then(ProtocolVersion::known) {
        let violations = check_response(answer, &Context { version, request: Some(request) });
        // Operation and id are named unless the message could not be parsed, whichever reason is given for that.
        let unread = is_refusal(answer) && RequestMessage::decode(request).is_err();
        let broken = violations
            .into_iter()
            .filter(|violation| violation.rule.level == Level::Shall)
            .filter(|violation| !said.excuses(violation, answer))
            .filter(|violation| !(unread && NOT_READ.contains(&violation.rule.id)));
        all.extend(broken.map(|v| {
            let seen = format!("{version}: expected {}, got {} at {}", v.expected, v.actual, v.offset);
            let path = without_places(&v.path);
            // What is wrong with the message as a whole is the same fault whatever was asked for.
            let operation = if path.contains("/BatchItem/") { name_of(asked) } else { String::new() };
            Finding { operation, ..found(Oracle::O3, format!("{} {path}", v.rule.id), seen) }
        }));
        let answered = ProtocolVersion::in_header(answer, tag::RESPONSE_HEADER);
        // A message refused as a whole may have been too broken for its version to be believed.
        if request.diags().is_empty() && answered != stated && !is_refusal(answer) {
            let seen = format!("asked at {version}, answered at {}", answered.map_or("none".into(), |v| v.to_string()));
            all.push(found(Oracle::O4, "ProtocolVersion".to_owned(), seen));
        }
    }
    for (number, pair) in pairs(request, answer).into_iter().enumerate().filter(|(_, pair)| pair.succeeded()) {
        let operation = pair.operation();
        let of_item = |oracle, place: &str, detail| Finding {
            oracle,
            operation: name_of(operation),
            place: place.to_owned(),
            detail,
        };
        if let Some(fault) = damage(request, pair.request) {
            let seen = format!("batch item {number} has success: {fault}");
            all.push(of_item(Oracle::O6, fault.code.name(), seen));
        }
        let open = operation.is_some_and(|code| OPEN.contains(&Operation(code)));
        if exchange.who.is_none() && !open && !request.items().any(|item| item.tag() == tag::AUTHENTICATION) {
            all.push(of_item(Oracle::O5, "nobody", "done for a client that showed no identity".to_owned()));
        }
    }
    all
}

/// What only a parsed message tells.
const NOT_READ: [&str; 2] = ["schema.operation-present", "schema.batch-item-id"];

/// What anybody may ask (1.4 §6.6).
const OPEN: [Operation; 2] = [Operation::QUERY, Operation::DISCOVER_VERSIONS];

/// The bytes that the tree of a message gives.
fn again(doc: &Doc<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(doc.bytes().len());
    Item::from_doc(doc).iter().for_each(|item| item.encode_into(&mut bytes));
    bytes
}

/// Damage that this batch item shares: in it, or outside of all of them. Padding that is not zero is nobody's fault in the
/// text, nor is an empty Big Integer.
fn damage(request: &Doc<'_>, item: ItemRef<'_>) -> Option<Diag> {
    let items = items(request);
    let inside = |at: usize, item: ItemRef<'_>| at >= item.value_offset() && at < item.end();
    let hard = |diag: &&Diag| !matches!(diag.code, Code::Padding | Code::BigIntegerLength | Code::Trailing);
    let here = |diag: &&Diag| inside(diag.at(), item) || !items.iter().any(|other| inside(diag.at(), *other));
    request.diags().iter().filter(hard).find(here).copied()
}

/// One failed item without Operation: the message was not understood (1.4 §11.1).
fn is_refusal(answer: &Doc<'_>) -> bool {
    let [only] = items(answer)[..] else { return false };
    let failed = only.child(tag::RESULT_STATUS).and_then(|s| s.as_u32()) == Some(ResultStatus::OPERATION_FAILED.0);
    failed && only.child(tag::OPERATION).is_none()
}

/// `A/B[3]/C` as `A/B/C`.
fn without_places(path: &str) -> String {
    let parts = path.split('/').map(|part| part.split('[').next().unwrap_or_default());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use kmipspec_protocol::registry::ResultReason;
    use kmipspec_protocol::ttlv::{Body, Len};
    use kmipspec_protocol::version::Version::*;

    /// What an exchange shows once clients have said this.
    fn after(next: &Exchange<'_>, said: &Said) -> Vec<Finding> {
        exchange(next, &Doc::lenient(next.request, &LIMITS), &Doc::lenient(next.answer, &LIMITS), said)
    }

    fn ids(request: &[u8], answer: &[u8], who: Option<&str>) -> Vec<(Oracle, String)> {
        let mut said = Said::default();
        said.note(&Doc::lenient(request, &LIMITS));
        let found = after(&Exchange { request, answer, who }, &said);
        found.into_iter().map(|finding| (finding.oracle, finding.place)).collect()
    }

    fn query() -> Vec<u8> {
        request(V1_4, Operation::QUERY, vec![Item::enumeration(tag::QUERY_FUNCTION, 1)])
    }

    #[test]
    fn a_sound_exchange_has_no_findings() {
        assert_eq!(ids(&query(), &answer(V1_4, vec![ok(Operation::QUERY, vec![])]), None), []);
    }

    #[test]
    fn each_oracle_sees_its_fault() {
        let good = answer(V1_4, vec![ok(Operation::QUERY, vec![])]);
        let cut = good.get(..good.len() - 8).unwrap_or_default();
        assert_eq!(ids(&query(), cut, None), [(Oracle::O2, "truncated".to_owned())]);
        let other = answer(V1_3, vec![ok(Operation::QUERY, vec![])]);
        assert_eq!(ids(&query(), &other, None), [(Oracle::O4, "ProtocolVersion".to_owned())]);
        let extra = answer(V1_4, vec![ok(Operation::QUERY, vec![Item::integer(tag::BATCH_COUNT, 1)])]);
        let place = "schema.field-unexpected ResponseMessage/BatchItem/ResponsePayload/BatchCount".to_owned();
        assert_eq!(ids(&query(), &extra, None), [(Oracle::O3, place)]);
    }

    #[test]
    fn what_a_client_said_is_not_held_against_the_server() {
        let get = || request(V1_4, Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, "1")]);
        let told = |number| vec![Item::enumeration(tag::OBJECT_TYPE, number), Item::text(tag::UNIQUE_IDENTIFIER, "1")];
        let found = |said: &Said, number| {
            let answer = answer(V1_4, vec![ok(Operation::GET, told(number))]);
            let found = after(&Exchange { request: &get(), answer: &answer, who: Some("alice") }, said);
            found.iter().filter(|finding| finding.place.starts_with("schema.enumeration-value")).count()
        };
        let mut said = Said::default();
        assert_eq!(found(&said, 0x77), 1);
        let register = request(V1_4, Operation::REGISTER, vec![Item::enumeration(tag::OBJECT_TYPE, 0x77)]);
        said.note(&Doc::lenient(&register, &LIMITS));
        assert_eq!((found(&said, 0x77), found(&said, 0x78)), (0, 1));
    }

    #[test]
    fn what_a_newer_client_said_is_not_for_an_older_one() {
        let newer = ResultReason::SENSITIVE.0;
        let told = |field| vec![Item::enumeration(field, newer), Item::text(tag::UNIQUE_IDENTIFIER, "1")];
        let get = request(V1_2, Operation::GET, vec![Item::text(tag::UNIQUE_IDENTIFIER, "1")]);
        let found = |at| {
            let mut said = Said::default();
            let register = request(at, Operation::REGISTER, told(tag::KEY_FORMAT_TYPE));
            said.note(&Doc::lenient(&register, &LIMITS));
            let mut item = ok(Operation::GET, vec![]);
            item.items_mut().expect("a structure").insert(2, Item::enumeration(tag::RESULT_REASON, newer));
            let answer = answer(V1_2, vec![item]);
            let found = after(&Exchange { request: &get, answer: &answer, who: Some("alice") }, &said);
            found.iter().any(|finding| finding.place.starts_with("schema.enumeration-version"))
        };
        assert!(found(V1_4) && found(V1_2), "a reason is the server's own");
        let excused = |at| {
            let payload = vec![Item::enumeration(tag::OBJECT_TYPE, 9), Item::text(tag::UNIQUE_IDENTIFIER, "1")];
            let mut asked = Said::default();
            asked.note(&Doc::lenient(&request(at, Operation::REGISTER, payload.clone()), &LIMITS));
            let answer = answer(V1_1, vec![ok(Operation::GET, payload)]);
            let get = request(V1_1, Operation::GET, vec![]);
            let found = after(&Exchange { request: &get, answer: &answer, who: Some("alice") }, &asked);
            !found.iter().any(|finding| finding.place.starts_with("schema.enumeration-version"))
        };
        assert_eq!((excused(V1_2), excused(V1_1)), (false, true), "PGP Key came with 1.2");
    }

    #[test]
    fn a_message_that_cannot_be_parsed_is_refused_without_its_batch_item_id() {
        let with = |more: Vec<Item>| {
            let mut root = Item::from_doc(&Doc::lenient(&query(), &LIMITS)).remove(0);
            let Body::Items(parts) = &mut root.body else { panic!("a structure") };
            let Some(Body::Items(fields)) = parts.last_mut().map(|item| &mut item.body) else { panic!("an item") };
            fields.insert(1, Item::bytes(tag::UNIQUE_BATCH_ITEM_ID, [7]));
            parts.extend(more);
            root.encode()
        };
        let (sound, broken) = (with(Vec::new()), with(vec![Item::text(tag::UNIQUE_IDENTIFIER, "1")]));
        let failed = vec![
            Item::enumeration(tag::RESULT_STATUS, ResultStatus::OPERATION_FAILED.0),
            Item::enumeration(tag::RESULT_REASON, ResultReason::INVALID_FIELD.0),
        ];
        let refusal = answer(V1_4, vec![Item::structure(tag::BATCH_ITEM, failed)]);
        assert_eq!(ids(&broken, &refusal, Some("alice")), []);
        assert!(!ids(&sound, &refusal, Some("alice")).is_empty());
    }

    #[test]
    fn nobody_is_told_apart() {
        let get = request(V1_4, Operation::ACTIVATE, vec![Item::text(tag::UNIQUE_IDENTIFIER, "1")]);
        let done = answer(V1_4, vec![ok(Operation::ACTIVATE, vec![Item::text(tag::UNIQUE_IDENTIFIER, "1")])]);
        assert_eq!(ids(&get, &done, Some("alice")), []);
        assert_eq!(ids(&get, &done, None), [(Oracle::O5, "nobody".to_owned())]);
    }

    #[test]
    fn success_of_a_damaged_item_is_seen() {
        let mut field = Item::enumeration(tag::QUERY_FUNCTION, 1);
        field.len = Len::Forced(3);
        let bad = request(V1_4, Operation::QUERY, vec![field]);
        let good = answer(V1_4, vec![ok(Operation::QUERY, vec![])]);
        assert_eq!(ids(&bad, &good, Some("alice")), [(Oracle::O6, "fixed-length".to_owned())]);
    }
}
