//! Written forms of single values, shared by XML, JSON and the dump: hexadecimal and dates.
//!
//! Additional Message Encodings 1.0 §4.1.1 (hexadecimal) and §4.1.6.11, §6.1.6.11 (Date-Time).

use std::fmt::{self, Write as _};

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

/// Why a written value is not one of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// Neither a number of the type's range nor its hexadecimal form.
    NotANumber,
    /// Not pairs of hexadecimal digits.
    NotHex,
    /// Not a date and time.
    NotADate,
    /// Not a Boolean.
    NotABoolean,
    /// No value of that name, in the list of that title, if the item has a list at all.
    UnknownName(Option<&'static str>),
    /// The type has no written form.
    NoSuchType,
    /// Another kind of JSON value than the type allows.
    WrongKind,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => {
                f.write_str("neither a number in the range of the type nor 0x and its hexadecimal form")
            }
            Self::NotHex => f.write_str("not pairs of hexadecimal digits"),
            Self::NotADate => f.write_str("not a date and time such as 2001-01-01T10:00:00+10:00"),
            Self::NotABoolean => f.write_str("not a Boolean"),
            Self::UnknownName(Some(list)) => write!(f, "not a name of the list {list}, nor 0x and hexadecimal digits"),
            Self::UnknownName(None) => {
                f.write_str("the item has no list of names, and it is not 0x and hexadecimal digits")
            }
            Self::NoSuchType => f.write_str("the type has no written form"),
            Self::WrongKind => f.write_str("another kind of JSON value than the type allows"),
        }
    }
}

/// Microseconds in a second: the unit of Date-Time Extended.
const MICROS: i64 = 1_000_000;

/// Two upper-case digits for every byte, no prefix.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for b in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02X}");
    }
    out
}

/// The bytes written as pairs of digits, either case, no prefix and no spaces.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        b'A'..=b'F' => Some(c - b'A' + 10),
        _ => None,
    }
}

/// The number behind a `0x` of at most `digits` digits. Missing leading zeros are forgiven: the text asks for all of
/// them (§4.1.1), and an example of its own lacks one (§6.1.6.4).
pub fn prefixed(text: &str, digits: usize) -> Option<u64> {
    let body = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    if body.is_empty() || body.len() > digits || !body.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(body, 16).ok()
}

/// Seconds since 1970 as `2001-01-01T00:00:00Z`; `None` outside the years 1 to 9999, which four digits cannot say.
pub fn date_time(seconds: i64) -> Option<String> {
    civil(seconds).map(|t| format!("{t}Z"))
}

/// Microseconds since 1970 as `2001-01-01T00:00:00.000001Z`, for people: the encodings carry the number.
pub fn date_time_extended(micros: i64) -> Option<String> {
    let fraction = micros.rem_euclid(MICROS);
    civil(micros.div_euclid(MICROS)).map(|t| format!("{t}.{fraction:06}Z"))
}

fn civil(seconds: i64) -> Option<DateTime> {
    let t = epoch().checked_add(SignedDuration::from_secs(seconds)).ok()?;
    (t.year() >= 1).then_some(t)
}

fn epoch() -> DateTime {
    jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)
}

/// Seconds since 1970 of an xsd:dateTime with a year of four digits. Fractions are cut off, as §4.1.6.11 asks; without
/// an offset the time is taken as UTC.
///
/// UNCLEAR: §4.1.6.11 also admits years before 1; XML Schema counts them differently in its two editions, so they are
/// refused here and written as hexadecimal.
pub fn parse_date_time(text: &str) -> Option<i64> {
    parse_date(text).map(|(seconds, _)| seconds)
}

/// Microseconds since 1970 of an xsd:dateTime; digits of the fraction beyond the sixth are cut off.
pub fn parse_date_time_extended(text: &str) -> Option<i64> {
    let (seconds, micros) = parse_date(text)?;
    seconds.checked_mul(MICROS)?.checked_add(micros)
}

/// Seconds and microseconds of `yyyy-mm-ddThh:mm:ss(.s+)?(Z|(+|-)hh:mm)?`.
fn parse_date(text: &str) -> Option<(i64, i64)> {
    let (day, rest) = text.split_at_checked(11)?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [year, month, date] = fields(day.strip_suffix('T')?, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let (rest, micros) = match rest.strip_prefix('.') {
        None => (rest, 0),
        Some(tail) => {
            let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let (fraction, tail) = tail.split_at_checked(end)?;
            if fraction.is_empty() {
                return None;
            }
            // As many digits as there are, then zeros up to six.
            let micros = fraction.chars().chain("000000".chars()).take(6).try_fold(0, |n: i64, c| {
                let d = c.to_digit(10)?;
                n.checked_mul(10)?.checked_add(i64::from(d))
            })?;
            (tail, micros)
        }
    };
    let offset = match rest {
        "" | "Z" => 0,
        _ => {
            let sign = match rest.as_bytes().first() {
                Some(b'+') => 1,
                Some(b'-') => -1,
                _ => return None,
            };
            let [hours, minutes] = fields(rest.get(1..)?, ':', [2, 2])?;
            // XML Schema: at most 14 hours either way.
            if minutes > 59 || hours * 60 + minutes > 14 * 60 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    // 24:00:00 is the end of the day (XML Schema); a leap second has no number of its own.
    let (hour, next_day) = if (hour, minute, second, micros) == (24, 0, 0, 0) { (0, 86_400) } else { (hour, 0) };
    if year < 1 {
        return None;
    }
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(date).ok()?).ok()?;
    let time =
        jiff::civil::Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0)
            .ok()?;
    let seconds = date.to_datetime(time).duration_since(epoch()).as_secs();
    Some((seconds + next_day - offset, micros))
}

/// Exactly `N` numbers of the given widths.
fn fields<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut out = [0; N];
    for (number, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_xml_schema() {
        assert_eq!(parse_date_time("2001-01-01T10:00:00+10:00"), Some(0x3a4f_c880));
        assert_eq!(parse_date_time("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_date_time("1970-01-01T00:00:00"), Some(0));
        assert_eq!(parse_date_time("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(parse_date_time("1970-01-01T24:00:00Z"), Some(86_400));
        assert_eq!(parse_date_time("9999-12-31T23:59:59-14:00"), Some(253_402_300_799 + 14 * 3600));
        assert_eq!(parse_date_time_extended("1970-01-01T00:00:01.5Z"), Some(1_500_000));
        assert_eq!(parse_date_time_extended("1969-12-31T23:59:59.9999999Z"), Some(-1));
        for bad in [
            "",
            "2001-01-01",
            "2001-01-01T10:00:00+1000",
            "2001-02-29T00:00:00Z",
            "2001-01-01T25:00:00Z",
            "2001-01-01T24:00:01Z",
            "2001-01-01T10:00:60Z",
            "2001-01-01T10:00:00.Z",
            "-0001-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2001-01-01T10:00:00+14:01",
            "2001-01-01T10:00:00ZZ",
            "2001-1-01T010:00:00Z",
            "+001-01-01T10:00:00Z",
            "2001-01-01t10:00:00Z",
            "2001-01-01T10:00:0\u{e9}",
        ] {
            assert_eq!(parse_date_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_date_that_is_written_is_read_back() {
        for seconds in [0, -1, 1, 1_205_495_800, -62_135_596_800, 253_402_300_799, 951_782_400] {
            let text = date_time(seconds).unwrap_or_default();
            assert_eq!(parse_date_time(&text), Some(seconds), "{text}");
        }
        for seconds in [-62_135_596_801, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(date_time(seconds), None);
            assert_eq!(
                date_time_extended(seconds).is_some(),
                (-62_135_596_800_000_000..253_402_300_800_000_000).contains(&seconds)
            );
        }
        assert_eq!(date_time_extended(-1).as_deref(), Some("1969-12-31T23:59:59.999999Z"));
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(unhex("00aBFf"), Some(vec![0, 0xab, 0xff]));
        assert_eq!(unhex(""), Some(vec![]));
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("0x"), None);
        assert_eq!(unhex("é"), None);
        assert_eq!(hex(&[0, 0xab]), "00AB");
        assert_eq!(prefixed("0x0000100c", 8), Some(0x100c));
        assert_eq!(prefixed("0x0000008", 8), Some(8));
        assert_eq!(prefixed("0x123456789", 8), None);
        assert_eq!(prefixed("0x", 8), None);
        assert_eq!(prefixed("0x+1", 8), None);
        assert_eq!(prefixed("10", 8), None);
    }
}
