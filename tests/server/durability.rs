//! `kmipspec serve --state`, killed again and again under load: nothing that was answered is lost, nothing is there by halves.

use crate::served::{Client, Served, create, identifiers, locate, of};
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::ttlv::Item;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often the server is killed.
const KILLS: u32 = 100;
/// Clients at work when it is.
const CLIENTS: u32 = 4;

/// What a client knows of a pair of keys made by one batch with Undo.
#[derive(Clone, Debug, Default)]
struct Pair {
    /// Names of the two.
    names: [String; 2],
    /// Their identifiers; none when the answer did not come.
    ids: Option<[String; 2]>,
    /// What Get gave of the first.
    object: Option<Item>,
    /// The second is destroyed: `Some(false)` when the answer did not come.
    destroyed: Option<bool>,
}

/// Everything one client did until the connection broke.
#[derive(Debug, Default)]
struct Told {
    pairs: Vec<Pair>,
    /// Names of keys in batches that failed and were undone.
    undone: Vec<String>,
}

/// Makes pairs of keys until the server is gone; `answers` counts what came back, from all clients.
async fn work(mut client: Client, mark: String, answers: Arc<AtomicU64>) -> Told {
    let counted = || answers.fetch_add(1, Ordering::Relaxed);
    let mut told = Told::default();
    for number in 0.. {
        let names = ["a", "b"].map(|half| format!("{mark}-{number}-{half}"));
        told.pairs.push(Pair { names: names.clone(), ..Pair::default() });
        let batch = names.iter().map(|name| (Operation::CREATE, create(name))).collect();
        let Some(answer) = client.batch(true, batch).await else { break };
        let ids: Vec<String> = answer.iter().flat_map(|item| identifiers(item.as_ref().expect("created"))).collect();
        let ids: [String; 2] = ids.try_into().expect("two identifiers");
        let pair = told.pairs.last_mut().expect("just added");
        pair.ids = Some(ids.clone());
        counted();
        let Some(answer) = client.batch(false, vec![(Operation::GET, of(&ids[0]))]).await else { break };
        pair.object = answer.into_iter().next().expect("one item").ok();
        assert!(pair.object.is_some(), "what was just created can be got");
        counted();
        if number % 2 == 0 {
            pair.destroyed = Some(false);
            let Some(answer) = client.batch(false, vec![(Operation::DESTROY, of(&ids[1]))]).await else { break };
            assert!(answer.iter().all(Result::is_ok), "{answer:?}");
            pair.destroyed = Some(true);
            counted();
        } else {
            let name = format!("{mark}-{number}-undone");
            told.undone.push(name.clone());
            let batch = vec![(Operation::CREATE, create(&name)), (Operation::GET, of("no such object"))];
            let Some(answer) = client.batch(true, batch).await else { break };
            assert!(answer.iter().all(Result::is_err), "{answer:?}");
        }
    }
    told
}

/// What the checks saw.
#[derive(Debug, Default)]
struct Seen {
    answered: usize,
    unanswered_there: usize,
    unanswered_gone: usize,
    identifiers: BTreeMap<String, String>,
}

/// Holds what one client was told against what is there now.
async fn check(client: &mut Client, told: &Told, seen: &mut Seen) {
    let mut batch: Vec<(Operation, Vec<Item>)> = Vec::new();
    for pair in &told.pairs {
        batch.extend(pair.names.iter().map(|name| (Operation::LOCATE, locate(name))));
        batch.extend(pair.ids.iter().flatten().map(|id| (Operation::GET, of(id))));
    }
    batch.extend(told.undone.iter().map(|name| (Operation::LOCATE, locate(name))));
    if batch.is_empty() {
        return;
    }
    let mut answers = client.batch(false, batch).await.expect("an answer").into_iter();
    let mut next = || answers.next().expect("one for each item");
    for pair in &told.pairs {
        let located: Vec<Vec<String>> = (0..2).map(|_| identifiers(&next().expect("Locate succeeds"))).collect();
        let Some(ids) = &pair.ids else {
            // Not answered: both, or none.
            match (located[0].len(), located[1].len()) {
                (0, 0) => seen.unanswered_gone += 1,
                (1, 1) => seen.unanswered_there += 1,
                _ => panic!("half of a batch is there: {pair:?} {located:?}"),
            }
            for (name, ids) in pair.names.iter().zip(&located) {
                seen.identifiers.extend(ids.iter().map(|id| (id.clone(), name.clone())));
            }
            continue;
        };
        seen.answered += 1;
        let (first, second) = (next(), next());
        assert_eq!(located[0], [ids[0].clone()], "{pair:?}");
        seen.identifiers.insert(ids[0].clone(), pair.names[0].clone());
        let first = first.unwrap_or_else(|reason| panic!("a key that was answered is gone, reason {reason}: {pair:?}"));
        assert!(pair.object.is_none() || pair.object.as_ref() == Some(&first), "another key than Get gave: {pair:?}");
        match (pair.destroyed, second, located[1].as_slice()) {
            (None | Some(false), Ok(_), [there]) if *there == ids[1] => {
                seen.identifiers.insert(ids[1].clone(), pair.names[1].clone());
            }
            (Some(_), Err(_), []) => {}
            (destroyed, second, there) => {
                panic!("destroyed: {destroyed:?}, Get: {second:?}, Locate: {there:?}, {pair:?}")
            }
        }
    }
    for name in &told.undone {
        let located = identifiers(&next().expect("Locate succeeds"));
        assert!(located.is_empty(), "{name} was undone, and is there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_a_hundred_times_nothing_answered_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, key) = (folder.path().join("state.db"), folder.path().join("key"));
    // A killed server leaves its temporary folder behind.
    let pem = folder.path().join("pem");
    std::fs::write(&key, "5a".repeat(32)).expect("written");
    let flags = [
        "--state",
        state.to_str().expect("text"),
        "--state-key",
        key.to_str().expect("text"),
        "--cert-dir",
        pem.to_str().expect("text"),
    ];
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    let mut seen = Seen::default();
    let mut before: Vec<Told> = Vec::new();
    let began = Instant::now();
    for round in 0..=KILLS {
        let mut served = Served::start(&flags);
        let mut client = served.client("alice");
        for told in &before {
            check(&mut client, told, &mut seen).await;
        }
        if round == KILLS {
            // Nothing else is there, and nothing of the earlier rounds has gone since.
            let all = client.one(Operation::LOCATE, Vec::new()).await.expect("Locate succeeds");
            let mut there = identifiers(&all);
            there.sort();
            let known: Vec<String> = seen.identifiers.keys().cloned().collect();
            assert_eq!(there, known);
            served.stop();
            break;
        }
        let answers = Arc::new(AtomicU64::new(0));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (client, answers) = (served.client("alice"), Arc::clone(&answers));
                tokio::spawn(work(client, format!("{round}-{number}"), answers))
            })
            .collect();
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        // After so many answers, and a little later, at any point of what follows.
        let working = Instant::now();
        while answers.load(Ordering::Relaxed) < dice % 24 && working.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(dice / 24 % 8_000)).await;
        served.child.kill().expect("killed");
        served.child.wait().expect("it ended");
        before.clear();
        for client in clients {
            before.push(client.await.expect("no check failed"));
        }
    }
    println!(
        "{KILLS} kills in {:.1} s: {} batches answered and there, {} unanswered and there, {} unanswered and not there, {} objects",
        began.elapsed().as_secs_f32(),
        seen.answered,
        seen.unanswered_there,
        seen.unanswered_gone,
        seen.identifiers.len()
    );
    assert!(seen.answered > 100, "the server was at work: {seen:?}");
}
