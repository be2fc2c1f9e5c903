//! How long answers take: what is usual, for each operation, and what is far beyond it (O9).

use kmipspec_protocol::registry::Operation;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// So many times what is usual is far beyond it,
const TIMES: u32 = 20;

/// where it is this much at least.
const FLOOR: Duration = Duration::from_millis(500);

/// Answers that are remembered, of all and of one operation.
const REMEMBERED: [usize; 2] = [1024, 64];

/// Answers of an operation after which something is usual.
const ENOUGH: usize = 4;

/// What the last answers took.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    all: VecDeque<Duration>,
    of: HashMap<u32, VecDeque<Duration>>,
}

impl Latencies {
    /// Notes an answer to a message that asked for this. Where it took far longer than usual: what is usual. Such an answer is
    /// not remembered.
    pub(super) fn note(&mut self, asked: &[Operation], took: Duration) -> Option<Duration> {
        let first = asked.first().map_or(0, |operation| operation.0);
        if took > FLOOR
            && let Some(usual) = self.of.get(&first).filter(|all| all.len() >= ENOUGH).and_then(median)
            && let Some(any) = median(&self.all)
        {
            // Each item of a batch may take what one takes.
            let items = u32::try_from(asked.len()).unwrap_or(u32::MAX).max(1);
            let far = usual.max(any).saturating_mul(TIMES).saturating_mul(items);
            if took > far {
                return Some(usual);
            }
        }
        remember(&mut self.all, took, REMEMBERED[0]);
        remember(self.of.entry(first).or_default(), took, REMEMBERED[1]);
        None
    }

    /// The median of all.
    pub(super) fn median(&self) -> Option<Duration> {
        median(&self.all)
    }
}

fn remember(all: &mut VecDeque<Duration>, took: Duration, most: usize) {
    if all.len() >= most {
        all.pop_front();
    }
    all.push_back(took);
}

fn median(all: &VecDeque<Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = all.iter().copied().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_far_beyond_the_usual_of_its_operation_is_told() {
        let mut all = Latencies::default();
        let (get, create) = (&[Operation::GET][..], &[Operation::CREATE][..]);
        assert_eq!(all.note(get, 900 * MS), None, "nothing is usual yet");
        for _ in 0..20 {
            assert_eq!(all.note(get, 5 * MS), None);
            assert_eq!(all.note(create, 60 * MS), None);
        }
        assert_eq!(all.note(get, 400 * MS), None, "a hiccup");
        assert_eq!(all.note(create, 1000 * MS), None, "this one always took its time");
        assert_eq!(all.note(&[Operation::HASH], 9000 * MS), None, "never seen before");
        for _ in 0..100 {
            assert_eq!(all.note(get, 3000 * MS), Some(5 * MS), "it never becomes usual");
        }
        assert_eq!(all.note(&[Operation::GET; 10], 3000 * MS), None, "ten of them");
        assert_eq!(all.note(create, 5000 * MS), Some(60 * MS));
    }
}
