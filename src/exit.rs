//! Exit codes: part of the interface, each named and documented here and nowhere else.

use std::process::{ExitCode, Termination};

/// How a call of `kmipspec` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: everything passed, or came out as an expectations file says; or the verb did what was asked.
    Success,
    /// 1: the command line, a target file or another setting is wrong; nothing was judged.
    Usage,
    /// 2: a scenario, expectations or vector file is invalid; so is input that `decode` or `encode` cannot read.
    InvalidData,
    /// 3: we could not find out: no connection, no TLS, a timeout no case asked about, or the run was interrupted.
    CouldNotFindOut,
    /// 4: a check failed, a known failure passes now, or an expectations entry matches no case.
    CheckFailed,
    /// 5: the selection is empty.
    NothingSelected,
}

impl Exit {
    /// Every code, by number.
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::Usage,
        Self::InvalidData,
        Self::CouldNotFindOut,
        Self::CheckFailed,
        Self::NothingSelected,
    ];

    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Usage => 1,
            Self::InvalidData => 2,
            Self::CouldNotFindOut => 3,
            Self::CheckFailed => 4,
            Self::NothingSelected => 5,
        }
    }

    /// One line for help texts.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all passed, or came out as expected",
            Self::Usage => "the command line or a setting is wrong",
            Self::InvalidData => "a scenario, expectations or vector file is invalid",
            Self::CouldNotFindOut => "could not find out (no connection, no TLS, no answer in time, interrupted)",
            Self::CheckFailed => "a check failed, a known failure now passes, or an expectation matches no case",
            Self::NothingSelected => "nothing was selected",
        }
    }

    /// Of two that both apply the one that counts: 1, then 2, 4, 3, 5, and 0 last.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.rank() <= other.rank() { self } else { other }
    }

    /// Position in the order of [`Exit::and`].
    const fn rank(self) -> u8 {
        match self {
            Self::Usage => 0,
            Self::InvalidData => 1,
            Self::CheckFailed => 2,
            Self::CouldNotFindOut => 3,
            Self::NothingSelected => 4,
            Self::Success => 5,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn first_of_1_2_4_3_wins() {
        let order = [
            Exit::Usage,
            Exit::InvalidData,
            Exit::CheckFailed,
            Exit::CouldNotFindOut,
            Exit::NothingSelected,
            Exit::Success,
        ];
        for (i, a) in order.into_iter().enumerate() {
            for b in order.into_iter().skip(i) {
                assert_eq!(a.and(b), a, "{a:?} before {b:?}");
                assert_eq!(b.and(a), a, "{a:?} before {b:?}, other way round");
            }
        }
    }

    #[test]
    fn numbers_are_those_of_the_documentation() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
    }
}
