//! O10: key material where it must not be.

use crate::fuzzing::find;
use crate::fuzzing::oracle::{Finding, Oracle};
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::Doc;

/// Bytes of a secret that must not be seen in a row.
const PIECE: usize = 8;

/// Secrets that are remembered of one conversation.
const MOST: usize = 16;

/// What must not be told.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    /// Material that no client of the conversation may see, in any form.
    canary: Vec<Vec<u8>>,
    /// Material that clients registered: not in the text of a result.
    registered: Vec<Vec<u8>>,
}

impl Secrets {
    /// With material of somebody else.
    pub(super) fn with_canary(canary: &[u8]) -> Self {
        Self { canary: forms(canary), registered: Vec::new() }
    }

    /// Notes what is registered, and looks for what is told.
    pub(super) fn look(&mut self, request: &Doc<'_>, answer: &Doc<'_>) -> Vec<Finding> {
        for item in request.items().filter(|item| item.tag() == tag::KEY_MATERIAL) {
            let Some(bytes) = item.as_bytes().and_then(|bytes| bytes.get(..PIECE)) else { continue };
            // What stands elsewhere in the request, too, may be quoted from there; what is no key in any sense is not looked for.
            let places = request.bytes().windows(PIECE).filter(|window| *window == bytes).count();
            let plain = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
            let kinds = bytes.iter().collect::<std::collections::BTreeSet<_>>().len();
            if places == 1 && kinds >= PIECE - 1 && !plain && self.registered.len() < MOST {
                self.registered.extend(forms(bytes));
            }
        }
        let finding = |place: &str, detail: String| Finding {
            oracle: Oracle::O10,
            operation: String::new(),
            place: place.to_owned(),
            detail,
        };
        let mut found = Vec::new();
        if self.canary.iter().any(|form| find(answer.bytes(), form).is_some() && find(request.bytes(), form).is_none())
        {
            found.push(finding("another client's key", "the answer has bytes of it".to_owned()));
        }
        for message in answer.items().filter(|item| item.tag() == tag::RESULT_MESSAGE) {
            if self.registered.iter().any(|form| find(message.raw(), form).is_some()) {
                found.push(finding("ResultMessage", format!("bytes of a key at {}", message.offset())));
            }
        }
        found
    }
}

/// The first bytes of a secret as they are, and in hexadecimal of both kinds.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let Some(piece) = secret.get(..PIECE) else { return Vec::new() };
    let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![piece.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::oracles::test::{answer, ok, request};
    use kmipspec_protocol::registry::Operation;
    use kmipspec_protocol::ttlv::{Item, Limits};
    use kmipspec_protocol::version::Version::V1_4;

    const KEY: [u8; 16] = [0x9c, 0x01, 0xf3, 0x77, 0x02, 0xaa, 0x5e, 0x10, 1, 2, 3, 4, 5, 6, 7, 8];

    fn found(secrets: &mut Secrets, request: &[u8], answer: &[u8]) -> Vec<String> {
        let (request, answer) = (Doc::lenient(request, &Limits::default()), Doc::lenient(answer, &Limits::default()));
        secrets.look(&request, &answer).into_iter().map(|f| f.place).collect()
    }

    #[test]
    fn a_canary_is_seen_in_every_form() {
        let ask = request(V1_4, Operation::GET, vec![]);
        for form in forms(&KEY) {
            let told =
                answer(V1_4, vec![ok(Operation::GET, vec![Item::bytes(tag::DATA, [&[0; 3], &form[..]].concat())])]);
            assert_eq!(found(&mut Secrets::with_canary(&KEY), &ask, &told), ["another client's key"]);
            assert_eq!(found(&mut Secrets::default(), &ask, &told), Vec::<String>::new());
        }
    }

    #[test]
    fn a_registered_key_may_be_fetched_but_not_quoted() {
        let mut secrets = Secrets::default();
        let register = request(V1_4, Operation::REGISTER, vec![Item::bytes(tag::KEY_MATERIAL, KEY)]);
        let fetched = answer(V1_4, vec![ok(Operation::GET, vec![Item::bytes(tag::KEY_MATERIAL, KEY)])]);
        assert_eq!(found(&mut secrets, &register, &fetched), Vec::<String>::new());
        let quoted = Item::text(tag::RESULT_MESSAGE, "the key 9c01f37702aa5e10 is too long");
        let quoted = answer(V1_4, vec![Item::structure(tag::BATCH_ITEM, vec![quoted])]);
        assert_eq!(found(&mut secrets, &register, &quoted), ["ResultMessage"]);
    }
}
