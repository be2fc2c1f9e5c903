//! A second, independent TTLV: just enough to write requests and to look into answers.

/// Header, value and padding of one item.
pub(crate) fn item(tag: u32, ty: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![(tag >> 16) as u8, (tag >> 8) as u8, tag as u8, ty];
    out.extend((value.len() as u32).to_be_bytes());
    out.extend(value);
    if ty != 0x01 {
        out.resize(out.len().div_ceil(8) * 8, 0);
    }
    out
}

pub(crate) fn structure(tag: u32, items: &[Vec<u8>]) -> Vec<u8> {
    item(tag, 0x01, &items.concat())
}

pub(crate) fn integer(tag: u32, value: i32) -> Vec<u8> {
    item(tag, 0x02, &value.to_be_bytes())
}

pub(crate) fn enumeration(tag: u32, value: u32) -> Vec<u8> {
    item(tag, 0x05, &value.to_be_bytes())
}

pub(crate) fn boolean(tag: u32, value: bool) -> Vec<u8> {
    item(tag, 0x06, &u64::from(value).to_be_bytes())
}

pub(crate) fn text(tag: u32, value: &str) -> Vec<u8> {
    item(tag, 0x07, value.as_bytes())
}

pub(crate) fn bytes(tag: u32, value: &[u8]) -> Vec<u8> {
    item(tag, 0x08, value)
}

pub(crate) fn interval(tag: u32, value: u32) -> Vec<u8> {
    item(tag, 0x0a, &value.to_be_bytes())
}

pub(crate) fn date(tag: u32, value: i64) -> Vec<u8> {
    item(tag, 0x09, &value.to_be_bytes())
}

/// A request of this version: header fields between Protocol Version and Batch Count, which 3.0 has not, then batch items.
pub(crate) fn request(version: (i32, i32), options: &[Vec<u8>], items: &[Vec<u8>]) -> Vec<u8> {
    let mut header = vec![structure(0x420069, &[integer(0x42006a, version.0), integer(0x42006b, version.1)])];
    header.extend_from_slice(options);
    header.extend((version.0 < 3).then(|| integer(0x42000d, items.len() as i32)));
    structure(0x420078, &[vec![structure(0x420077, &header)], items.to_vec()].concat())
}

/// A batch item of an operation.
pub(crate) fn operation(code: u32, id: Option<u8>, payload: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![enumeration(0x42005c, code)];
    fields.extend(id.map(|id| bytes(0x420093, &[id])));
    fields.push(structure(0x420079, payload));
    structure(0x42000f, &fields)
}

/// An Attribute structure of 1.x.
pub(crate) fn attribute(name: &str, value: Vec<u8>) -> Vec<u8> {
    let mut value = value;
    value.splice(0..3, [0x42, 0x00, 0x0b]);
    structure(0x420008, &[text(0x42000a, name), value])
}

/// Template-Attribute for an AES-128 key that encrypts and decrypts.
pub(crate) fn aes(more: &[Vec<u8>]) -> Vec<u8> {
    let mut attributes = vec![
        attribute("Cryptographic Algorithm", enumeration(0, 3)),
        attribute("Cryptographic Length", integer(0, 128)),
        attribute("Cryptographic Usage Mask", integer(0, 12)),
    ];
    attributes.extend_from_slice(more);
    structure(0x420091, &attributes)
}

/// A Create batch item for such a key.
pub(crate) fn create(id: Option<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    operation(1, id, &[enumeration(0x420057, 2), aes(more)])
}

/// A Name attribute of 1.x.
pub(crate) fn name(value: &str) -> Vec<u8> {
    attribute("Name", structure(0, &[text(0x420055, value), enumeration(0x420054, 1)]))
}

/// One item of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub tag: u32,
    pub ty: u8,
    pub value: Vec<u8>,
    pub items: Vec<Node>,
}

impl Node {
    /// Reads bytes that must be items from end to end.
    pub(crate) fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            assert!(bytes.len() >= 8, "{} bytes left over", bytes.len());
            let tag = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            let (ty, length) = (bytes[3], u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize);
            let padded = if ty == 1 { length } else { length.div_ceil(8) * 8 };
            assert!(bytes.len() >= 8 + padded, "item {tag:06x} goes past the end");
            let value = bytes[8..8 + length].to_vec();
            assert!(bytes[8 + length..8 + padded].iter().all(|b| *b == 0), "padding of {tag:06x}");
            let items = if ty == 1 { Self::all(&value) } else { Vec::new() };
            found.push(Self { tag, ty, value, items });
            bytes = &bytes[8 + padded..];
        }
        found
    }

    /// The one item inside with this tag.
    pub(crate) fn at(&self, tag: u32) -> &Self {
        self.get(tag).unwrap_or_else(|| panic!("no {tag:06x} in {self:02x?}"))
    }

    pub(crate) fn get(&self, tag: u32) -> Option<&Self> {
        self.items.iter().find(|i| i.tag == tag)
    }

    pub(crate) fn number(&self) -> u32 {
        u32::from_be_bytes(self.value[..4].try_into().expect("four bytes"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.value.clone()).expect("UTF-8")
    }
}

/// A Response Message.
pub(crate) struct Answer(pub Node);

impl Answer {
    pub(crate) fn version(&self) -> (u32, u32) {
        let version = self.0.at(0x42007a).at(0x420069);
        (version.at(0x42006a).number(), version.at(0x42006b).number())
    }

    pub(crate) fn items(&self) -> Vec<&Node> {
        self.0.items.iter().filter(|i| i.tag == 0x42000f).collect()
    }

    /// Result Status and Result Reason of each batch item; reason 0 where there is none.
    pub(crate) fn results(&self) -> Vec<(u32, u32)> {
        let reason = |item: &&Node| item.get(0x42007e).map_or(0, Node::number);
        self.items().iter().map(|item| (item.at(0x42007f).number(), reason(item))).collect()
    }

    /// The Unique Identifier in the payload of a batch item.
    pub(crate) fn id(&self, place: usize) -> String {
        self.items()[place].at(0x42007c).at(0x420094).text()
    }
}
