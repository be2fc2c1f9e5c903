//! Which versions have a thing.

use crate::version::Version;

/// Whether a version has what came with `since`, was last there in `until` (`None`: still is) and is only reserved in `reserved`.
///
/// A code that a version's table shows as reserved does not exist in that version.
pub fn in_version(since: Version, until: Option<Version>, reserved: &[Version], version: Version) -> bool {
    since <= version && until.is_none_or(|last| version <= last) && !reserved.contains(&version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version::*;

    #[test]
    fn both_ends_belong_to_the_range() {
        let has = |v| in_version(V1_1, Some(V1_4), &[], v);
        assert_eq!(Version::ALL.map(has), [false, true, true, true, true, false, false, false]);
    }

    #[test]
    fn an_open_range_goes_on_and_reserved_is_absent() {
        let has = |v| in_version(V1_0, None, &[V2_0], v);
        assert_eq!(Version::ALL.map(has), [true, true, true, true, true, false, true, true]);
    }
}
