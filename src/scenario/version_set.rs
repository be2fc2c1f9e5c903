//! Ranges of protocol versions as files write them: `1.x`, `1.0..=2.1`, `1.3..`, `..=1.2`, `2.1`, joined by commas.

use kmipspec_protocol::version::Version;
use std::fmt;

/// A set of published versions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionSet(u8);

impl VersionSet {
    /// Every version.
    pub fn all() -> Self {
        Version::ALL.into_iter().collect()
    }

    /// Reads the spelling of the files; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut set = Self::default();
        for part in text.split(',') {
            set.0 |= one(part.trim())?.0;
        }
        if set.is_empty() { Err(format!("`{text}` holds no version")) } else { Ok(set) }
    }

    /// Whether a map key is meant as a version range: KMIP names never begin with a digit or a dot, tags with `0x`.
    pub fn looks_like(key: &str) -> bool {
        !key.starts_with("0x") && key.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    }

    /// Whether the version is in the set.
    pub fn contains(self, v: Version) -> bool {
        self.0 & bit(v) != 0
    }

    /// Whether no version is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The versions, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Version> {
        Version::ALL.into_iter().filter(move |v| self.contains(*v))
    }

    /// What both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<Version> for VersionSet {
    fn from_iter<I: IntoIterator<Item = Version>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |set, v| set | bit(v)))
    }
}

impl fmt::Display for VersionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Version::as_str).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for VersionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn bit(v: Version) -> u8 {
    1 << (v as u8)
}

fn one(text: &str) -> Result<VersionSet, String> {
    let version = |t: &str| t.parse::<Version>().map_err(|e| e.to_string());
    if let Some(major) = text.strip_suffix(".x") {
        let set: VersionSet = Version::ALL.into_iter().filter(|v| v.major().to_string() == major).collect();
        return if set.is_empty() { Err(format!("`{text}` holds no version")) } else { Ok(set) };
    }
    let Some((from, to)) = text.split_once("..") else { return Ok([version(text)?].into_iter().collect()) };
    let from = if from.is_empty() { Version::V1_0 } else { version(from)? };
    let within = |v: &Version| match to {
        "" => Ok(true),
        _ => match to.strip_prefix('=') {
            Some(to) => version(to).map(|to| *v <= to),
            None => version(to).map(|to| *v < to),
        },
    };
    let mut set = VersionSet::default();
    for v in Version::ALL.into_iter().filter(|v| *v >= from) {
        if within(&v)? {
            set.0 |= bit(v);
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let s = |t: &str| VersionSet::parse(t).map(|s| s.to_string());
        assert_eq!(s("1.x").unwrap(), "1.0, 1.1, 1.2, 1.3, 1.4");
        assert_eq!(s("1.3..=2.0").unwrap(), "1.3, 1.4, 2.0");
        assert_eq!(s("..1.2").unwrap(), "1.0, 1.1");
        assert_eq!(s("2.1..").unwrap(), "2.1, 3.0");
        assert_eq!(s("1.0, 2.x").unwrap(), "1.0, 2.0, 2.1");
        assert!(s("1.9").is_err());
        assert!(s("4.x").is_err());
        assert!(s("1.4..=1.0").is_err());
    }

    #[test]
    fn tags_are_not_versions() {
        assert!(VersionSet::looks_like("1.x") && VersionSet::looks_like("..=1.3"));
        assert!(!VersionSet::looks_like("0x540001") && !VersionSet::looks_like("Name"));
    }
}
