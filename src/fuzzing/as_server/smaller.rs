//! A finding with less that is wrong: fewer damaged answers, and less in each.

use super::stage::Told;
use crate::fuzzing::minimise;
use std::time::{Duration, Instant};

/// Runs of the client at most,
const TRIES: usize = 200;

/// and the time for them.
const TIME: Duration = Duration::from_secs(20);

/// The same answers with as little damage as shows the same. `honest`: what the server would have said to each request; `same`:
/// whether these answers have the client end so.
pub(super) fn smaller(
    told: &[Told],
    honest: &[Option<Vec<u8>>],
    mut same: impl FnMut(Vec<Vec<u8>>) -> Result<bool, String>,
) -> Result<Vec<Told>, String> {
    let until = Instant::now() + TIME;
    let mut best = told.to_vec();
    let mut tries = 0;
    let mut failed = None;
    let mut shows = |told: &[Told], tries: &mut usize| {
        if failed.is_some() || *tries >= TRIES || Instant::now() > until {
            return false;
        }
        *tries += 1;
        match same(told.iter().map(|told| told.answer.clone()).collect()) {
            Ok(same) => same,
            Err(why) => {
                failed = Some(why);
                false
            }
        }
    };
    let damaged: Vec<usize> =
        (0..told.len()).filter(|place| told.get(*place).is_some_and(|told| told.damaged)).collect();
    for place in damaged.iter().filter(|_| damaged.len() > 1) {
        let Some(Some(honest)) = honest.get(*place) else { continue };
        let mut less = best.clone();
        if let Some(told) = less.get_mut(*place) {
            (told.answer, told.damaged) = (honest.clone(), false);
        }
        if less.iter().any(|told| told.damaged) && shows(&less, &mut tries) {
            best = less;
        }
    }
    for place in damaged {
        let Some(before) = best.get(place).filter(|told| told.damaged).map(|told| told.answer.clone()) else {
            continue;
        };
        let with = |bytes: &[u8]| {
            let mut less = best.clone();
            if let Some(told) = less.get_mut(place) {
                told.answer = bytes.to_vec();
            }
            less
        };
        let small = minimise::message(&before, TRIES, |bytes| shows(&with(bytes), &mut tries));
        if small.bytes.len() < before.len() {
            best = with(&small.bytes);
        }
    }
    failed.map_or(Ok(best), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::find;
    use crate::fuzzing::oracles::test::{answer, ok};
    use kmipspec_protocol::registry::{Operation, tag};
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version::V1_4;

    #[test]
    fn what_does_no_harm_goes() {
        let whole = |mark: &str| {
            let payload =
                vec![Item::text(tag::UNIQUE_IDENTIFIER, mark), Item::text(tag::SERVER_INFORMATION, "nothing")];
            answer(V1_4, vec![ok(Operation::QUERY, payload)])
        };
        let told = |mark: &str, damaged| Told { request: Vec::new(), answer: whole(mark), damaged };
        let all = [told("first", true), told("second", false), told("third", true)];
        let honest: Vec<_> = ["1", "2", "3"].into_iter().map(|mark| Some(whole(mark))).collect();
        let holds = |bytes: &[u8], mark: &[u8]| find(bytes, mark).is_some();
        let small = smaller(&all, &honest, |all| Ok(holds(&all[2], b"third"))).expect("it can be run");
        assert_eq!(small.iter().map(|told| told.damaged).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!((&small[0].answer, &small[1]), (honest[0].as_ref().expect("one"), &all[1]));
        assert!(small[2].answer.len() < all[2].answer.len() && holds(&small[2].answer, b"third"), "{small:?}");
        assert_eq!(smaller(&all, &honest, |_| Err("no".to_owned())), Err("no".to_owned()));
    }
}
