//! Structure-aware mutants of well-formed messages, a strict walker that shares no code with the scanner, and what has
//! to hold for any bytes.

use kmipspec_protocol::ttlv::{Doc, Item, Limits, Tag, Value};

/// xorshift64*: the same mutants on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() >> 11) as usize % n }
    }
}

/// Messages with every item type, from small to 1 KiB.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let version = |tag, major, minor| {
        Item::structure(tag, vec![Item::integer(Tag(0x42_006A), major), Item::integer(Tag(0x42_006B), minor)])
    };
    let header = Item::structure(
        Tag(0x42_0077),
        vec![version(Tag(0x42_0069), 1, 4), Item::integer(Tag(0x42_0050), 1000), Item::integer(Tag(0x42_000D), 1)],
    );
    let get = |id: &str| {
        let payload = Item::structure(Tag(0x42_0079), vec![Item::text(Tag(0x42_0094), id)]);
        Item::structure(Tag(0x42_000F), vec![Item::enumeration(Tag(0x42_005C), 0x0A), payload])
    };
    let every_type = Item::structure(
        Tag(0x42_0008),
        vec![
            Item::long_integer(Tag(0x42_0095), -1),
            Item::big_integer(Tag(0x42_0052), [0x7F; 24]),
            Item::boolean(Tag(0x42_0010), true),
            Item::bytes(Tag(0x42_0043), [0xA5; 13]),
            Item::date_time(Tag(0x42_0092), -5),
            Item::interval(Tag(0x42_0049), 60),
            Item::date_time_extended(Tag(0x42_0092), 1 << 50),
            Item::leaf(Tag(0x54_0001), Value::Identifier("né")),
            Item::leaf(Tag(0x54_0002), Value::Reference("")),
            Item::leaf(Tag(0x54_0003), Value::NameReference("12345678")),
            Item::structure(Tag(0x42_0008), vec![]),
        ],
    );
    let message = |items: Vec<Item>| Item::structure(Tag(0x42_0078), items).encode();
    vec![
        message(vec![header.clone(), get("1")]),
        message(vec![header.clone(), get("a3f0"), every_type.clone()]),
        message([vec![header], (0..6).map(|n| get(&"x".repeat(n * 3))).collect(), vec![every_type; 2]].concat()),
    ]
}

/// A message with one to four mutations.
pub(crate) fn mutant(seeds: &[Vec<u8>], random: &mut Random, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend_from_slice(&seeds[random.below(seeds.len())]);
    for _ in 0..=random.below(4) {
        mutate(bytes, random);
    }
}

/// Lengths that arithmetic may stumble over.
const LENGTHS: [u32; 14] =
    [0, 1, 3, 4, 7, 8, 12, 16, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFF8, 0xFFFF_FFF9, 0xFFFF_FFFF];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    // An item, as far as there still are items: where it begins and ends, and the structures around it.
    let limits = Limits { leaf_root: true, ..Limits::default() };
    let doc = Doc::lenient(bytes, &limits);
    let Some(item) = doc.item(random.below(doc.len()) as u32) else {
        bytes.push(random.next() as u8);
        return;
    };
    let (at, end, declared) = (item.offset(), item.offset() + item.whole().len(), item.declared_len());
    let around: Vec<usize> = std::iter::successors(item.parent(), |p| p.parent()).map(|p| p.offset()).collect();
    drop(doc);
    let set = |bytes: &mut Vec<u8>, at: usize, new: &[u8]| {
        for (slot, byte) in bytes.iter_mut().skip(at).zip(new) {
            *slot = *byte;
        }
    };
    // Half of the mutants that change a size have the lengths around it put right, so that the damage is met inside.
    let put_right = random.below(2) == 0;
    let resize = |bytes: &mut Vec<u8>, by: i64| {
        for at in around.iter().filter(|_| put_right) {
            if let Some(field) = bytes.get(at + 4..at + 8).and_then(|f| <[u8; 4]>::try_from(f).ok()) {
                let len = (i64::from(u32::from_be_bytes(field)) + by) as u32;
                set(bytes, at + 4, &len.to_be_bytes());
            }
        }
    };
    match random.below(12) {
        0 => set(bytes, at + 4, &LENGTHS[random.below(LENGTHS.len())].to_be_bytes()),
        1 => set(bytes, at + 4, &declared.wrapping_add(random.below(33) as u32).wrapping_sub(16).to_be_bytes()),
        2 => set(bytes, at + 3, &[random.below(18) as u8]),
        3 => set(bytes, at + random.below(3), &[random.next() as u8]),
        4 => set(bytes, at + 8 + random.below(end.saturating_sub(at + 8)), &[random.next() as u8]),
        5 => set(bytes, end.saturating_sub(1 + random.below(8)), &[random.next() as u8]),
        6 => bytes.truncate(random.below(bytes.len())),
        7 => bytes.extend((0..=random.below(24)).map(|_| random.next() as u8 & 0x42)),
        8 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(end..end, copy.iter().copied());
            resize(bytes, copy.len() as i64);
        }
        9 => {
            bytes.drain(at..end);
            resize(bytes, -((end - at) as i64));
        }
        10 => {
            let some = random.below(9);
            bytes.splice(at..at, std::iter::repeat_n(0x42, some));
            resize(bytes, some as i64);
        }
        _ => {
            let bit = random.below(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// Whether bytes are one well-formed message by 1.4 §9.1 and 2.1 §10.1: the number of its items if so.
///
/// Written from the text of the standard, apart from the scanner, and checks the same things in another order.
pub(crate) fn walk(bytes: &[u8], max_depth: usize) -> Option<usize> {
    let header = |at: usize| -> Option<(u8, u8, u64)> {
        let h = bytes.get(at..at + 8)?;
        Some((h[0], h[3], u64::from(u32::from_be_bytes([h[4], h[5], h[6], h[7]]))))
    };
    let (_, root, len) = header(0)?;
    if root != 1 || len + 8 != bytes.len() as u64 {
        return None;
    }
    let (mut at, mut items) = (0u64, 0usize);
    // Ends of the structures that are open.
    let mut ends: Vec<u64> = Vec::new();
    let mut end = bytes.len() as u64;
    loop {
        while at == end {
            match ends.pop() {
                None => return Some(items),
                Some(outer) => end = outer,
            }
            if ends.is_empty() && at == end {
                return Some(items);
            }
        }
        if at + 8 > end {
            return None;
        }
        let (prefix, ty, len) = header(usize::try_from(at).ok()?)?;
        let value = at + 8;
        let padded = if ty == 1 { len } else { len.div_ceil(8) * 8 };
        if prefix != 0x42 && prefix != 0x54 || value + padded > end {
            return None;
        }
        let body = bytes.get(usize::try_from(value).ok()?..usize::try_from(value + padded).ok()?)?;
        let (content, padding) = if ty == 1 { (body, &body[..0]) } else { body.split_at(usize::try_from(len).ok()?) };
        let fine = match ty {
            1 => ends.len() < max_depth,
            2 | 5 | 10 => len == 4,
            3 | 9 | 11 => len == 8,
            4 => len > 0 && len % 8 == 0,
            6 => content == [0; 8] || content == [0, 0, 0, 0, 0, 0, 0, 1],
            7 | 12 | 13 | 14 => String::from_utf8(content.to_vec()).is_ok(),
            8 => true,
            _ => false,
        };
        if !fine || padding.iter().any(|b| *b != 0) {
            return None;
        }
        items += 1;
        if ty == 1 {
            ends.push(end);
            end = value + len;
            at = value;
        } else {
            at = value + padded;
        }
    }
}

/// What has to hold for any bytes; the message says what does not. True when they are well-formed.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<bool, String> {
    let strict = Doc::strict(bytes, limits);
    let lenient = Doc::lenient(bytes, limits);
    let walked = walk(bytes, limits.max_depth);
    if strict.as_ref().ok().map(Doc::len) != walked {
        return Err(format!("scanner {strict:?}, walker {walked:?}"));
    }
    if strict.as_ref().err() != lenient.diags().first() {
        return Err(format!("strict {strict:?}, lenient {:?}", lenient.diags()));
    }
    let again: Vec<u8> = Item::from_doc(&lenient).iter().flat_map(Item::encode).collect();
    if again != bytes {
        return Err(format!("written back as {again:02X?}"));
    }
    // Every byte belongs to exactly one leaf, tail or header, or follows the root.
    let mut next = 0;
    for item in lenient.items() {
        if item.offset() != next {
            return Err(format!("item {item:?}, expected at {next}"));
        }
        let structure = item.ty().0 == 1 && !item.is_tail();
        next += if structure { 8 } else { item.whole().len() };
    }
    if next + lenient.trailing().len() != bytes.len() {
        return Err(format!("items end at {next}, {} trailing, {} in all", lenient.trailing().len(), bytes.len()));
    }
    Ok(walked.is_some())
}
