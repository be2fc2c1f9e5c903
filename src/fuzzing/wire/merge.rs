//! Of many inputs as few as show what all of them show.

use super::alive::Alive;
use super::features::features;
use super::input::Given;
use super::peer::Peer;
use crate::fuzzing::script::Script;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::PathBuf;
use std::time::Duration;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Inputs that were added, in the order in which they were chosen.
    pub kept: Vec<Script>,
    /// Inputs that were played.
    pub played: usize,
    /// Features of what was there before, and of all that was played.
    pub features: [usize; 2],
    /// Inputs behind which the server was gone, which are not kept.
    pub fatal: Vec<PathBuf>,
    /// Why not all were played.
    pub cut: Option<String>,
}

/// An input, and what it shows.
struct Shown {
    script: Script,
    size: usize,
    features: BTreeSet<u16>,
}

/// Plays what is kept in any case, then the others; of those, keeps what is needed to show what they show together.
/// `told` hears how many were played.
pub fn merge(peer: &mut Peer, before: &[Script], others: Vec<Given>, told: &mut dyn FnMut(usize)) -> Merged {
    let mut merged = Merged::default();
    let mut seen = BTreeSet::new();
    for script in before {
        if merged.cut.is_some() {
            break;
        }
        seen.extend(shown(peer, script, &mut merged, told).map(|(features, _)| features).unwrap_or_default());
    }
    merged.features[0] = seen.len();
    let mut known: BTreeSet<Vec<u8>> = before.iter().map(Script::write).collect();
    let mut all = Vec::new();
    for Given { path, script } in others {
        let bytes = script.write();
        let size = bytes.len();
        if merged.cut.is_some() || !known.insert(bytes) {
            continue;
        }
        match shown(peer, &script, &mut merged, told) {
            None => {}
            Some((_, true)) => merged.fatal.push(path),
            Some((features, false)) => all.push(Shown { script, size, features }),
        }
    }
    let (chosen, covered) = cover(&all, seen);
    merged.features[1] = covered;
    let mut all: Vec<Option<Shown>> = all.into_iter().map(Some).collect();
    merged.kept = chosen.into_iter().filter_map(|place| Some(all.get_mut(place)?.take()?.script)).collect();
    peer.tidy(Duration::from_secs(10));
    merged
}

/// What an input shows, and whether the server was gone behind it; none where no more can be played.
fn shown(
    peer: &mut Peer,
    script: &Script,
    merged: &mut Merged,
    told: &mut dyn FnMut(usize),
) -> Option<(BTreeSet<u16>, bool)> {
    // Connections of its own: what an input shows must not hang on those before it.
    peer.forget();
    let played = peer.play(script);
    if peer.stop.is_asked() {
        merged.cut = Some("interrupted".to_owned());
        return None;
    }
    merged.played += 1;
    told(merged.played);
    let alive = if played.is_suspicious() { peer.alive(true) } else { Alive::Well };
    let fatal = matches!(alive, Alive::Gone(_) | Alive::Silent(_));
    if fatal && let Err(why) = peer.revive() {
        merged.cut = Some(format!("the server is gone: {why}"));
    }
    peer.tidy_now_and_then();
    peer.forget();
    let features = features(&played);
    Some((features.states.into_iter().chain(features.words).collect(), fatal))
}

/// Which of these show together what all show and is not covered yet: each time the one that adds most, among equals the
/// smallest. And how much is covered then.
fn cover(all: &[Shown], mut covered: BTreeSet<u16>) -> (Vec<usize>, usize) {
    let gain = |shown: &Shown, covered: &BTreeSet<u16>| shown.features.difference(covered).count();
    // What an input adds only shrinks: the first whose number still holds is the best of all.
    let entry = |place: usize, shown: &Shown, gain: usize| (gain, std::cmp::Reverse((shown.size, place)));
    let mut queue: BinaryHeap<_> =
        all.iter().enumerate().map(|(place, shown)| entry(place, shown, gain(shown, &covered))).collect();
    let mut chosen = Vec::new();
    while let Some((was, std::cmp::Reverse((_, place)))) = queue.pop() {
        let Some(shown) = all.get(place).filter(|_| was > 0) else { break };
        let now = gain(shown, &covered);
        if now < was {
            queue.push(entry(place, shown, now));
            continue;
        }
        covered.extend(&shown.features);
        chosen.push(place);
    }
    (chosen, covered.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(size: usize, features: &[u16]) -> Shown {
        Shown { script: Script::default(), size, features: features.iter().copied().collect() }
    }

    #[test]
    fn few_show_what_all_show() {
        let all = [shown(1, &[1]), shown(9, &[1, 2, 3]), shown(5, &[3, 4]), shown(4, &[4, 3]), shown(1, &[2])];
        assert_eq!(cover(&all, BTreeSet::new()), (vec![1, 3], 4), "the smaller of two that add the same");
        assert_eq!(cover(&all, [1, 2].into()), (vec![3], 4), "what is covered needs nobody");
        assert_eq!(cover(&all, (0..9).collect()), (Vec::new(), 9));
        assert_eq!(cover(&[], BTreeSet::new()), (Vec::new(), 0));
    }
}
