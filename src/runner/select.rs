//! Which cases run at which versions; `list` shows the same.

use super::verdict::Level;
use crate::scenario::library::selects;
use kmipspec_protocol::version::Version;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the user picked; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids, beginnings of ids up to a dot, or patterns with `*` and `?`; empty means all.
    pub patterns: Vec<String>,
    /// Versions; empty means all.
    pub versions: Vec<Version>,
    /// First parts of ids, or tags; empty means all.
    pub suites: Vec<String>,
    /// This level or stronger.
    pub level: Option<Level>,
    /// The i-th (from 1) of n parts.
    pub shard: Option<(usize, usize)>,
    /// Only cases that change nothing on the peer.
    pub read_only: bool,
    /// Only these cases, each at these versions; `None` means all.
    pub executions: Option<Arc<BTreeSet<(String, Version)>>>,
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

    /// Whether a case at a version is among those named one by one.
    pub fn takes_execution(&self, id: &str, version: Version) -> bool {
        self.executions.as_ref().is_none_or(|all| all.contains(&(id.to_owned(), version)))
    }

    fn takes_id(&self, id: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|p| selects(p, id))
    }

    fn takes_suite(&self, labels: Labels<'_>) -> bool {
        let suite = labels.id.split('.').next().unwrap_or_default();
        self.suites.is_empty() || self.suites.iter().any(|s| s == suite || labels.tags.contains(s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
