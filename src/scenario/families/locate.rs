//! A model of Locate: keys with attributes drawn at random, requests with filters drawn at random, and which keys match by the text.
//!
//! Every attribute of a request has to match; a usage mask matches an object that has all its bits, two values of a date are a
//! range that counts both. What does not match may not come back. That everything that matches comes back is a server's to
//! decide, so of several hits one has to be there, and that all are is only noted. The draws are the same at every start.

use super::text::Head;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::schema::{attribute_row, operation_named};
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// Cases, each with keys and requests of its own.
const ROUNDS: u64 = 16;
/// Keys of a round.
const KEYS: usize = 6;
/// Requests of a round.
const REQUESTS: usize = 12;
/// Lengths of AES keys.
const LENGTHS: [u32; 3] = [128, 192, 256];
/// Bits of usage masks.
const USES: [&str; 4] = ["Encrypt", "Decrypt", "WrapKey", "UnwrapKey"];
/// Values of Contact Information, behind the name of the run.
const CONTACTS: [&str; 3] = ["amber", "blue", "crimson"];
/// First and last year an Activation Date is drawn from: all to come, so that no server has to take a date of the past.
const YEARS: [u32; 2] = [2071, 2079];

/// The scenarios of the family.
pub(super) fn generate() -> Vec<String> {
    (1..=ROUNDS).map(round).collect()
}

/// Numbers that look drawn: splitmix64.
struct Draw(u64);

impl Draw {
    /// One below a number.
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) >> 33).map_or(0, |z| z % n.max(1))
    }

    /// One of a list.
    fn of<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).copied()
    }

    /// A year.
    fn year(&mut self) -> u32 {
        (YEARS[0]..=YEARS[1]).nth(self.below(9)).unwrap_or(YEARS[0])
    }
}

/// What a key has.
struct Key {
    length: u32,
    /// Places in [`USES`], as bits.
    uses: u8,
    contact: &'static str,
    year: u32,
}

/// What a request asks for; what it does not name matches.
#[derive(Default)]
struct Filter {
    length: Option<u32>,
    uses: Option<u8>,
    contact: Option<&'static str>,
    years: Option<[u32; 2]>,
}

impl Filter {
    fn drawn(draw: &mut Draw) -> Self {
        let mut filter = Self::default();
        // One attribute as a rule, sometimes two or three.
        for _ in 0..[1, 1, 2, 2, 3].get(draw.below(5)).copied().unwrap_or(1) {
            match draw.below(4) {
                0 => filter.length = draw.of(&LENGTHS),
                1 => filter.uses = Some(mask(draw)),
                2 => filter.contact = draw.of(&CONTACTS),
                _ => {
                    let (a, b) = (draw.year(), draw.year());
                    filter.years = Some([a.min(b), a.max(b)]);
                }
            }
        }
        filter
    }

    fn matches(&self, key: &Key) -> bool {
        self.length.is_none_or(|length| length == key.length)
            && self.uses.is_none_or(|uses| key.uses & uses == uses)
            && self.contact.is_none_or(|contact| contact == key.contact)
            && self.years.is_none_or(|[from, to]| (from..=to).contains(&key.year))
    }

    /// The attributes of the request.
    fn text(&self) -> String {
        let mut out = String::from("ObjectGroup: \"${run}\"");
        // Writing to a string cannot fail.
        if let Some(length) = self.length {
            let _ = write!(out, ", CryptographicLength: {length}");
        }
        if let Some(uses) = self.uses {
            let _ = write!(out, ", CryptographicUsageMask: [{}]", names(uses));
        }
        if let Some(contact) = self.contact {
            let _ = write!(out, ", ContactInformation: \"${{run}}-{contact}\"");
        }
        match self.years {
            Some([from, to]) if from == to => {
                let _ = write!(out, ", ActivationDate: {}", date(from));
            }
            Some([from, to]) => {
                let _ = write!(out, ", ActivationDate: [{}, {}]", date(from), date(to));
            }
            None => {}
        }
        out
    }
}

/// One bit or more.
fn mask(draw: &mut Draw) -> u8 {
    (0..2).fold(0, |mask, _| mask | 1 << draw.below(USES.len()))
}

fn names(mask: u8) -> String {
    let has = |place: &usize| mask & (1 << place) != 0;
    (0..USES.len()).filter(has).filter_map(|place| USES.get(place).copied()).collect::<Vec<_>>().join(", ")
}

fn date(year: u32) -> String {
    format!("\"{year}-01-01T00:00:00Z\"")
}

fn round(number: u64) -> String {
    let mut draw = Draw(number);
    let section = |v: Version| {
        let mask = attribute_row(tag::CRYPTOGRAPHIC_USAGE_MASK).and_then(|row| row.section(v));
        let locate = operation_named("Locate").and_then(|row| row.section(v));
        [locate, mask].into_iter().flatten().collect()
    };
    let head = Head {
        id: format!("locate-model.round-{number}"),
        title: format!(
            "Locate gives what has every attribute asked for and nothing else: keys and requests of draw {number}"
        ),
        spec: Version::WITH_TEXT.into_iter().map(|v| (v, section(v))).collect(),
        level: "SHALL",
        because: "all attributes of a request have to match; that all hits come back without Maximum Items is a MAY",
        versions: &Version::WITH_TEXT,
        source: &[],
        objects: &["SymmetricKey"],
    };
    let mut out = head.text();
    let mut keys = Vec::new();
    for place in 0..KEYS {
        let key = Key {
            length: draw.of(&LENGTHS).unwrap_or(128),
            uses: mask(&mut draw),
            contact: draw.of(&CONTACTS).unwrap_or("amber"),
            year: draw.year(),
        };
        let attributes = format!(
            "CryptographicAlgorithm: AES, CryptographicLength: {}, CryptographicUsageMask: [{}], ObjectGroup: \"${{run}}\", \
             ContactInformation: \"${{run}}-{}\", ActivationDate: {}",
            key.length,
            names(key.uses),
            key.contact,
            date(key.year)
        );
        let _ = writeln!(
            out,
            "  - {{setup: true, send: [{{Create: {{ObjectType: SymmetricKey, Attributes: {{{attributes}}}}}}}], \
             expect: [{{payload: {{UniqueIdentifier: {{bind: k{place}}}}}}}]}}"
        );
        keys.push(key);
    }
    for _ in 0..REQUESTS {
        let filter = Filter::drawn(&mut draw);
        let named = |wanted: bool| -> Vec<String> {
            let those = keys.iter().enumerate().filter(|(_, key)| filter.matches(key) == wanted);
            those.map(|(place, _)| format!("$k{place}")).collect()
        };
        let expected = match named(true).as_slice() {
            [] => "absent".to_owned(),
            [one] => format!("[{one}]"),
            several => {
                let others = match named(false).as_slice() {
                    [] => String::new(),
                    others => format!("{{contains-none: [{}]}}, ", others.join(", ")),
                };
                format!("{{all-of: [present, {others}{{unordered: [{}], level: MAY}}]}}", several.join(", "))
            }
        };
        let _ = writeln!(
            out,
            "  - {{send: [{{Locate: {{Attributes: {{{}}}}}}}], expect: [{{payload: {{UniqueIdentifier: {expected}}}}}]}}",
            filter.text()
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_takes_part_and_hits_are_none_one_and_several() {
        let all = generate().join("\n");
        let requests: Vec<&str> = all.lines().filter(|line| line.contains("Locate: {Attributes")).collect();
        assert_eq!(requests.len(), REQUESTS * 16);
        let with = |part: &str| requests.iter().filter(|line| line.contains(part)).count();
        for part in
            ["CryptographicLength", "UsageMask", "ContactInformation", "ActivationDate: [", "ActivationDate: \""]
        {
            assert!(with(part) > 5, "{part}: {}", with(part));
        }
        let (none, several) = (with("UniqueIdentifier: absent"), with("all-of"));
        assert!(none > 20 && several > 40 && requests.len() - none - several > 30, "{none} {several}");
        assert_eq!(all, generate().join("\n"), "the same at every start");
    }
}
