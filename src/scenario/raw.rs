//! Raw bytes that name what an earlier step was answered.

use super::vars::Vars;
use kmipspec_protocol::ttlv::{Body, Doc, Item, ItemType, Len, Limits, Value};

/// Bounds of what is taken apart; beyond them nothing is replaced.
const LIMITS: Limits = Limits { max_size: 16 << 20, max_depth: 64, max_items: 1 << 16, leaf_root: true };

/// In a Text String or Byte String whose value is `$name`, and nothing else, the value bound to that name stands in its
/// place, and the lengths around it follow, where they were true. A name that is not bound is text.
pub(super) fn referring(bytes: &mut Vec<u8>, vars: &Vars) {
    if !bytes.contains(&b'$') {
        return;
    }
    let mut items = Item::from_doc(&Doc::lenient(bytes, &LIMITS));
    let mut changed = false;
    let mut todo: Vec<&mut Item> = items.iter_mut().collect();
    while let Some(item) = todo.pop() {
        let text = item.ty.is_text();
        match &mut item.body {
            Body::Items(inside) => todo.extend(inside),
            Body::Bytes(value) if item.len == Len::Auto && (text || item.ty == ItemType::BYTE_STRING) => {
                if let Some(bound) = bound(value, vars) {
                    *value = bound;
                    changed = true;
                }
            }
            Body::Bytes(_) | Body::Raw(_) => {}
        }
    }
    if changed {
        bytes.clear();
        items.iter().for_each(|item| item.encode_into(bytes));
    }
}

/// The value that `$name` stands for.
fn bound(value: &[u8], vars: &Vars) -> Option<Vec<u8>> {
    let name = std::str::from_utf8(value.strip_prefix(b"$")?).ok()?;
    match vars.get(name)?.value()? {
        Value::ByteString(bytes) => Some(bytes.to_vec()),
        other => other.text().map(|text| text.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::version::Version;

    fn message(id: &str, handle: &[u8]) -> Vec<u8> {
        let inside = vec![Item::text(tag::UNIQUE_IDENTIFIER, id), Item::bytes(tag::CORRELATION_VALUE, handle)];
        Item::structure(tag::REQUEST_MESSAGE, vec![Item::structure(tag::REQUEST_PAYLOAD, inside)]).encode()
    }

    #[test]
    fn bound_names_are_put_in_and_lengths_follow() {
        let mut vars = Vars::new("run", "case", Version::V1_4, 0);
        vars.bind("id", Item::text(tag::UNIQUE_IDENTIFIER, "a long identifier"));
        vars.bind("handle", Item::bytes(tag::CORRELATION_VALUE, [7; 9]));
        let mut bytes = message("$id", b"$handle");
        referring(&mut bytes, &vars);
        assert_eq!(bytes, message("a long identifier", &[7; 9]));
        for same in [message("$other", b"$"), message("$id ", b"x$id"), b"$id and no message".to_vec()] {
            let mut bytes = same.clone();
            referring(&mut bytes, &vars);
            assert_eq!(bytes, same);
        }
    }
}
