//! Which cases run at which versions; `list` shows the same.

use super::verdict::Level;
use kmipspec_protocol::version::Version;

/// What the user picked; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids, beginnings of ids up to a dot, or patterns with `*`; empty means all.
    pub patterns: Vec<String>,
    /// Versions; empty means all.
    pub versions: Vec<Version>,
    /// First parts of ids, or tags; empty means all.
    pub suites: Vec<String>,
    /// This level or stronger.
    pub level: Option<Level>,
    /// The i-th (from 1) of n parts.
    pub shard: Option<(usize, usize)>,
}

/// What selection looks at.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// The written id.
    pub id: &'a str,
    /// Free labels: `smoke`.
    pub tags: &'a [String],
    /// How strongly the standard words it.
    pub level: Level,
}

impl Selection {
    /// Whether a case is picked, leaving versions and shards aside.
    pub fn takes(&self, labels: Labels<'_>) -> bool {
        self.takes_id(labels.id) && self.takes_suite(labels) && self.level.is_none_or(|l| labels.level >= l)
    }

    /// Whether a version is picked.
    pub fn takes_version(&self, version: Version) -> bool {
        self.versions.is_empty() || self.versions.contains(&version)
    }

    /// Whether this execution is in the shard. Parts are told by id, not by position, so that a new case moves no other.
    pub fn takes_shard(&self, id: &str, version: Version) -> bool {
        let Some((index, of)) = self.shard else { return true };
        let hash = id
            .bytes()
            .chain(version.as_str().bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        // Folded, since the low bits of this hash are the weak ones.
        let parts = u64::try_from(of.max(1)).unwrap_or(1);
        let part = (hash ^ (hash >> 32)) % parts;
        u64::try_from(index).is_ok_and(|i| part + 1 == i)
    }

    fn takes_id(&self, id: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|p| matches_id(p, id))
    }

    fn takes_suite(&self, labels: Labels<'_>) -> bool {
        let suite = labels.id.split('.').next().unwrap_or_default();
        self.suites.is_empty() || self.suites.iter().any(|s| s == suite || labels.tags.contains(s))
    }
}

/// Whether a pattern means an id: the id itself, its beginning up to a dot, or with `*` for any run of characters.
pub fn matches_id(pattern: &str, id: &str) -> bool {
    if !pattern.contains('*') {
        return id.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = id.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let id = "operations.create.aes";
        for yes in
            ["operations.create.aes", "operations", "operations.create", "*", "*.aes", "operations.*", "o*c*s", "**"]
        {
            assert!(matches_id(yes, id), "{yes}");
        }
        for no in ["operations.cre", "create", "*.create", "operations.create.aes.x", "", "*x*", "o*aes.*"] {
            assert!(!matches_id(no, id), "{no}");
        }
        assert!(matches_id("a*a", "aa"));
        assert!(!matches_id("a*a", "a"));
    }

    #[test]
    fn shards_cover_everything_once() {
        let ids: Vec<String> = (0..200).map(|i| format!("operations.case-{i}")).collect();
        let mut sizes = Vec::new();
        for index in 1..=4 {
            let part = Selection { shard: Some((index, 4)), ..Selection::default() };
            sizes.push(ids.iter().filter(|id| part.takes_shard(id, Version::V1_4)).count());
        }
        assert_eq!(sizes.iter().sum::<usize>(), 200);
        assert!(sizes.iter().all(|s| (30..=70).contains(s)), "{sizes:?}");
    }

    #[test]
    fn suites_are_folders_or_tags() {
        let tags = ["smoke".to_owned()];
        let labels = Labels { id: "operations.query.basic", tags: &tags, level: Level::Should };
        let of = |s: &str| Selection { suites: vec![s.into()], ..Selection::default() };
        assert!(of("smoke").takes(labels) && of("operations").takes(labels));
        assert!(!of("query").takes(labels));
        let shall = Selection { level: Some(Level::Shall), ..Selection::default() };
        assert!(!shall.takes(labels));
    }
}
