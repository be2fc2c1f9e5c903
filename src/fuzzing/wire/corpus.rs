//! Inputs worth changing: those to begin with, and each that showed something new. What libFuzzer would do, small.

use super::features::Features;
use crate::fuzzing::mutate::{Mutator, Rng};
use std::collections::BTreeSet;

/// The largest input made.
const MAX: usize = 16 << 10;

/// Inputs, and the features seen so far.
#[derive(Debug)]
pub struct Corpus {
    entries: Vec<Vec<u8>>,
    /// Those of them behind which not every operation about an object was tried yet, and the one that comes next.
    unexplored: Vec<(usize, usize)>,
    marks: Marks,
    states: usize,
    guided: bool,
    mutator: Mutator,
    rng: Rng,
    turn: usize,
}

impl Corpus {
    /// Nothing seen. Unguided, nothing is ever learnt: mutants are made of the first inputs alone.
    pub fn new(seed: u64, guided: bool) -> Self {
        Self {
            entries: Vec::new(),
            unexplored: Vec::new(),
            marks: Marks::default(),
            states: 0,
            guided,
            mutator: Mutator::new(seed),
            rng: Rng::new(seed ^ 0x6b6d_6970),
            turn: 0,
        }
    }

    /// An input to begin with.
    pub fn seed(&mut self, input: Vec<u8>) {
        self.entries.push(input);
    }

    /// The next input: those to begin with as they are, then mutants.
    pub fn next(&mut self, seeds: usize) -> Vec<u8> {
        let turn = self.turn;
        self.turn += 1;
        if let Some(seed) = self.entries.get(turn).filter(|_| turn < seeds) {
            return seed.clone();
        }
        if self.rng.one_in(4)
            && let Some(input) = self.explore()
        {
            return input;
        }
        let first = self.pick(seeds);
        let mut input = match self.rng.below(8) {
            0 | 1 => {
                let second = self.pick(seeds);
                self.mutator.borrow_step(&first, &second, MAX)
            }
            2 => {
                let second = self.pick(seeds);
                self.mutator.cross_scripts(&first, &second, MAX)
            }
            _ => self.mutator.script(&first, MAX),
        };
        // Sometimes several changes: what one of them leads to may need the other.
        while self.rng.one_in(4) {
            input = self.mutator.script(&input, MAX);
        }
        input
    }

    /// What showed a new state, and what may be asked next about its object.
    fn explore(&mut self) -> Option<Vec<u8>> {
        let place = self.rng.below(self.unexplored.len());
        let (entry, from) = self.unexplored.get(place).copied()?;
        let made = self.entries.get(entry).and_then(|input| self.mutator.explore(input, from, MAX));
        match (&made, self.unexplored.get_mut(place)) {
            (Some((_, Some(next))), Some(unexplored)) => unexplored.1 = *next,
            _ => drop(self.unexplored.swap_remove(place)),
        }
        made.map(|(input, _)| input)
    }

    fn pick(&mut self, seeds: usize) -> Vec<u8> {
        let place = place_of_interest(&mut self.rng, seeds, self.entries.len());
        self.entries.get(place).cloned().unwrap_or_default()
    }

    /// Notes what an input showed; whether it was kept for it. What is news by its words alone is kept now and then.
    pub fn learn(&mut self, input: &[u8], features: &Features, is_seed: bool) -> bool {
        let states = self.marks.count(&features.states);
        let words = self.marks.count(&features.words);
        self.states += states;
        let new = states > 0 || words > 0 && self.rng.one_in(8);
        let kept = new && self.guided && !is_seed;
        if kept {
            self.entries.push(input.to_vec());
        }
        if states > 0 && self.guided {
            let place =
                if is_seed { self.entries.iter().position(|seed| seed == input) } else { Some(self.entries.len() - 1) };
            self.unexplored.extend(place.map(|place| (place, 0)));
        }
        kept
    }

    /// How many inputs.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many features were seen.
    pub fn features(&self) -> usize {
        self.marks.len()
    }

    /// How many of them are states.
    pub fn states(&self) -> usize {
        self.states
    }
}

/// Features seen so far, of 64 Ki.
#[derive(Debug)]
pub(in crate::fuzzing) struct Marks {
    seen: Box<[bool]>,
    count: usize,
}

impl Default for Marks {
    fn default() -> Self {
        Self { seen: vec![false; 1 << 16].into_boxed_slice(), count: 0 }
    }
}

impl Marks {
    /// Notes these; how many of them are new.
    pub(in crate::fuzzing) fn count(&mut self, features: &BTreeSet<u16>) -> usize {
        let mut new = 0;
        for feature in features {
            if let Some(seen) = self.seen.get_mut(usize::from(*feature)).filter(|seen| !**seen) {
                *seen = true;
                new += 1;
            }
        }
        self.count += new;
        new
    }

    /// How many there are.
    pub(in crate::fuzzing) fn len(&self) -> usize {
        self.count
    }
}

/// Which of so many entries is changed next. Half of the time one of those to begin with, which do what they are about; else one of
/// those that came last, or any.
pub(in crate::fuzzing) fn place_of_interest(rng: &mut Rng, seeds: usize, count: usize) -> usize {
    match rng.below(4) {
        0 | 1 => rng.below(seeds.min(count)),
        2 => count.saturating_sub(1 + rng.below(count.div_ceil(4))),
        _ => rng.below(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(numbers: &[u16]) -> Features {
        Features { states: numbers.iter().copied().collect(), words: BTreeSet::new() }
    }

    #[test]
    fn what_is_new_is_kept_once_and_unguided_never() {
        for guided in [true, false] {
            let mut corpus = Corpus::new(1, guided);
            corpus.seed(b"seed".to_vec());
            assert_eq!(corpus.next(1), b"seed");
            assert!(!corpus.learn(b"seed", &states(&[1]), true));
            assert_eq!(corpus.learn(b"a", &states(&[1, 2]), false), guided);
            for _ in 0..1000 {
                assert!(!corpus.learn(b"b", &states(&[1, 2]), false));
            }
            assert_eq!((corpus.len(), corpus.features()), (1 + usize::from(guided), 2));
            assert_ne!(corpus.next(1), b"seed");
        }
    }

    #[test]
    fn a_seed_makes_the_same_inputs() {
        let make = |seed| {
            let mut corpus = Corpus::new(seed, true);
            corpus.seed(Vec::new());
            (0..20).map(|_| corpus.next(0)).collect::<Vec<_>>()
        };
        assert_eq!(make(3), make(3));
        assert_ne!(make(3), make(4));
    }
}
