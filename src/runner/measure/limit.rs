//! The search for a limit: twice as much until it is too much, then halves.

use super::Outcome;
use std::fmt;

/// Why something was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// The server did not take it.
    Taken(String),
    /// Nobody wants to know any more.
    Stopped,
}

impl fmt::Display for Not {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(how) => f.write_str(how),
            Self::Stopped => f.write_str("interrupted"),
        }
    }
}

/// Where a limit is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// The least that is tried.
    pub(super) from: u64,
    /// The most.
    pub(super) up_to: u64,
    /// Everything tried is a multiple of it.
    pub(super) grain: u64,
    /// Whether to look to the grain, or to a sixty-fourth of the limit.
    pub(super) exact: bool,
}

impl Search {
    /// Tries values until the limit lies between two neighbours.
    pub(super) async fn run(self, mut taken: impl AsyncFnMut(u64) -> Result<(), Not>) -> Outcome {
        let mut good = match taken(self.from).await {
            Ok(()) => self.from,
            Err(Not::Taken(how)) => {
                return Outcome::NotMeasured { why: format!("not even {} is taken: {how}", self.from) };
            }
            Err(Not::Stopped) => return Outcome::NotMeasured { why: Not::Stopped.to_string() },
        };
        let mut bad: Option<(u64, String)> = None;
        loop {
            let next = match &bad {
                None if good >= self.up_to => return Outcome::NoLimit { up_to: good },
                None => good.saturating_mul(2).max(self.grain).min(self.up_to),
                Some((bad, how)) => {
                    let near = if self.exact { self.grain } else { self.grain.max(good / 64) };
                    if bad - good <= near {
                        return Outcome::Limit { taken: good, not_taken: *bad, how: how.clone() };
                    }
                    (good + (bad - good) / 2).next_multiple_of(self.grain)
                }
            };
            match taken(next).await {
                Ok(()) => good = next,
                Err(Not::Taken(how)) => bad = Some((next, how)),
                Err(Not::Stopped) => return Outcome::NotMeasured { why: Not::Stopped.to_string() },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn found(search: Search, limit: u64) -> Outcome {
        search.run(async |n| if n <= limit { Ok(()) } else { Err(Not::Taken("too much".to_owned())) }).await
    }

    #[tokio::test]
    async fn limits_are_found_to_the_grain() {
        let search = Search { from: 1, up_to: 1000, grain: 1, exact: true };
        for limit in [1, 2, 3, 7, 64, 300, 999] {
            let expected = Outcome::Limit { taken: limit, not_taken: limit + 1, how: "too much".to_owned() };
            assert_eq!(found(search, limit).await, expected);
        }
        assert_eq!(found(search, 1000).await, Outcome::NoLimit { up_to: 1000 });
        let why = "not even 1 is taken: too much".to_owned();
        assert_eq!(found(search, 0).await, Outcome::NotMeasured { why });
        let none = Outcome::Limit { taken: 0, not_taken: 1, how: "too much".to_owned() };
        assert_eq!(found(Search { from: 0, ..search }, 0).await, none);
    }

    #[tokio::test]
    async fn coarse_limits_are_multiples_and_near() {
        let search = Search { from: 1024, up_to: 1 << 24, grain: 8, exact: false };
        for limit in [1024, 5000, 1_000_000, (1 << 24) - 1] {
            let Outcome::Limit { taken, not_taken, .. } = found(search, limit).await else {
                panic!("{limit} is a limit")
            };
            assert!(taken <= limit && limit < not_taken, "{taken} {limit} {not_taken}");
            assert!(
                taken % 8 == 0 && not_taken % 8 == 0 && not_taken - taken <= 8.max(taken / 64),
                "{taken} {not_taken}"
            );
        }
    }

    #[tokio::test]
    async fn who_stops_is_told_so() {
        let search = Search { from: 1, up_to: 1000, grain: 1, exact: true };
        let outcome = search.run(async |n| if n < 8 { Ok(()) } else { Err(Not::Stopped) }).await;
        assert_eq!(outcome, Outcome::NotMeasured { why: "interrupted".to_owned() });
    }
}
