//! What a batch item asks for, as far as it tells how its answer may vary; and what its answer teaches.

use super::memory::{Known, Memory, is_identifier};
use kmipspec_protocol::registry::{CryptographicAlgorithm, ObjectType, Operation, PaddingMethod, tag};
use kmipspec_protocol::ttlv::{ItemRef, Tag};

/// A batch item of the request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked<'d> {
    /// Its operation.
    pub(super) operation: Option<Operation>,
    /// Its payload.
    pub(super) payload: Option<ItemRef<'d>>,
    /// Whether the server made the material of the object it is about.
    pub(super) generated: bool,
    /// Whether cryptographic output cannot be told beforehand.
    pub(super) random: bool,
    /// Whether the wrapped key that comes back cannot be told beforehand.
    pub(super) wrapped: bool,
    /// Whether it names a Key Format Type.
    pub(super) format: bool,
}

impl<'d> Asked<'d> {
    /// Reads a batch item of a request.
    pub(super) fn of(item: Option<ItemRef<'d>>, memory: &Memory) -> Self {
        let Some(item) = item else { return Self::default() };
        let operation = item.child(tag::OPERATION).and_then(ItemRef::as_u32).map(Operation);
        let Some(payload) = item.child(tag::REQUEST_PAYLOAD) else { return Self { operation, ..Self::default() } };
        let id = identifier(payload).or(memory.last_id.as_deref());
        let object = id.and_then(|id| memory.objects.get(id));
        let makes = matches!(
            operation,
            Some(
                Operation::CREATE
                    | Operation::CREATE_KEY_PAIR
                    | Operation::RE_KEY
                    | Operation::RE_KEY_KEY_PAIR
                    | Operation::CERTIFY
                    | Operation::RE_CERTIFY
                    | Operation::CREATE_SPLIT_KEY
            )
        );
        // An object this case has not seen made was there before: nothing is known of its material.
        let generated = makes || id.is_some_and(|_| object.is_none_or(|o| o.generated));
        let known = object.cloned().unwrap_or_default();
        Self {
            operation,
            payload: Some(payload),
            generated,
            random: random(operation, payload, generated, &known, memory),
            wrapped: payload.child(tag::KEY_WRAPPING_SPECIFICATION).is_some_and(|s| random_wrap(s, memory)),
            format: payload.child(tag::KEY_FORMAT_TYPE).is_some(),
        }
    }

    /// Whether the operation is this one.
    pub(super) fn is(&self, operation: Operation) -> bool {
        self.operation == Some(operation)
    }
}

/// The identifier a payload names.
fn identifier(payload: ItemRef<'_>) -> Option<&str> {
    payload.child(tag::UNIQUE_IDENTIFIER)?.value()?.text()
}

/// Whether the output of a cryptographic operation cannot be told beforehand.
fn random(operation: Option<Operation>, payload: ItemRef<'_>, generated: bool, known: &Known, memory: &Memory) -> bool {
    let parameters = payload.child(tag::CRYPTOGRAPHIC_PARAMETERS);
    let padding = match parameters {
        Some(given) => given.child(tag::PADDING_METHOD).and_then(ItemRef::as_u32),
        None => known.padding,
    };
    let random_iv =
        parameters.and_then(|p| p.child(tag::RANDOM_IV)).and_then(ItemRef::as_bool).unwrap_or(known.random_iv);
    match operation {
        Some(Operation::RNG_RETRIEVE) => true,
        Some(Operation::ENCRYPT) => generated || random_iv || known.object_type == Some(ObjectType::PUBLIC_KEY.0),
        Some(Operation::SIGN) => {
            let deterministic = known.algorithm == Some(CryptographicAlgorithm::RSA.0);
            generated || padding == Some(PaddingMethod::PSS.0) || !deterministic
        }
        Some(Operation::MAC | Operation::CREATE_SPLIT_KEY) => generated,
        Some(Operation::DECRYPT) => {
            let data = payload.child(tag::DATA).and_then(ItemRef::as_bytes);
            generated && !data.is_some_and(|data| memory.produced.contains(data))
        }
        _ => false,
    }
}

/// Whether wrapping gives other bytes each time, or is done with a key that the server made.
fn random_wrap(specification: ItemRef<'_>, memory: &Memory) -> bool {
    let key = |of: Tag| specification.child(of).and_then(identifier).and_then(|id| memory.objects.get(id));
    specification.child(tag::MAC_SIGNATURE_KEY_INFORMATION).is_some()
        || key(tag::ENCRYPTION_KEY_INFORMATION).is_some_and(|k| k.generated)
}

/// Learns from a successful answer: which objects there are now, and what the server made.
pub(super) fn learn(asked: &Asked<'_>, answer: ItemRef<'_>, memory: &mut Memory) {
    let made_by = match asked.operation {
        Some(Operation::REGISTER | Operation::IMPORT) => Some(false),
        Some(Operation::DERIVE_KEY | Operation::JOIN_SPLIT_KEY) => {
            let bases =
                asked.payload.into_iter().flat_map(ItemRef::children).filter(|c| c.tag() == tag::UNIQUE_IDENTIFIER);
            let mut bases = bases.filter_map(|c| c.value()?.text());
            Some(bases.any(|id| memory.objects.get(id).is_none_or(|o| o.generated)))
        }
        Some(
            Operation::CREATE
            | Operation::CREATE_KEY_PAIR
            | Operation::RE_KEY
            | Operation::RE_KEY_KEY_PAIR
            | Operation::CERTIFY
            | Operation::RE_CERTIFY
            | Operation::CREATE_SPLIT_KEY,
        ) => Some(true),
        _ => None,
    };
    memory.keep(answer);
    let (Some(generated), Some(payload)) = (made_by, asked.payload) else { return };
    let stated = payload.child(tag::OBJECT_TYPE).and_then(ItemRef::as_u32);
    let of_request = described(payload);
    for field in answer.children().filter(|f| is_identifier(f.tag())) {
        let Some(id) = field.value().and_then(|value| value.text()) else { continue };
        let object_type = match field.tag() {
            tag::PRIVATE_KEY_UNIQUE_IDENTIFIER => Some(ObjectType::PRIVATE_KEY.0),
            tag::PUBLIC_KEY_UNIQUE_IDENTIFIER => Some(ObjectType::PUBLIC_KEY.0),
            _ => stated,
        };
        memory.objects.insert(id.to_owned(), Known { generated, object_type, ..of_request.clone() });
    }
}

/// Algorithm and parameters of the object that a request describes, wherever in it they stand.
fn described(payload: ItemRef<'_>) -> Known {
    let mut known = Known::default();
    for item in payload.descendants() {
        let item_of = |of: Tag, name: &str| {
            let in_attribute = item.tag() == tag::ATTRIBUTE
                && item.child(tag::ATTRIBUTE_NAME).and_then(ItemRef::as_text) == Some(name);
            if in_attribute { item.child(tag::ATTRIBUTE_VALUE) } else { (item.tag() == of).then_some(item) }
        };
        if let Some(algorithm) = item_of(tag::CRYPTOGRAPHIC_ALGORITHM, "Cryptographic Algorithm") {
            known.algorithm = known.algorithm.or_else(|| algorithm.as_u32());
        }
        if let Some(parameters) = item_of(tag::CRYPTOGRAPHIC_PARAMETERS, "Cryptographic Parameters") {
            known.padding = known.padding.or_else(|| parameters.child(tag::PADDING_METHOD)?.as_u32());
            known.random_iv |= parameters.child(tag::RANDOM_IV).and_then(ItemRef::as_bool) == Some(true);
        }
    }
    known
}
