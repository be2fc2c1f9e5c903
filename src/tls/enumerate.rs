//! Which suites a version takes: all offered and those selected removed (`fast`), or one connection for each (`each`).

use super::observation::{Answer, Completion, Mode, Order, SuiteObservation, VersionObservation};
use super::prober::{Prober, Until};
use super::suite::{by_code, suite_name};
use super::suite_table::{SSL2, SUITES};
use super::version::TlsVersion;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// So many connections of one version may come to nothing before it is given up.
const PATIENCE: usize = 3;

/// Suites offered at once to a server that turned down a long list.
const CHUNK: usize = 64;

/// The alert of a server that does not take the version at all.
const PROTOCOL_VERSION: u8 = 70;

/// The numbers to offer at a version.
pub(super) fn codes(version: TlsVersion) -> Vec<u32> {
    let table = if version == TlsVersion::Ssl2 { SSL2 } else { SUITES };
    table.iter().map(|suite| suite.code).collect()
}

/// What is known of a version so far.
struct Progress {
    version: TlsVersion,
    found: Vec<u32>,
    refusal: Option<Answer>,
    /// Answers that settled nothing.
    lost: usize,
    complete: bool,
}

/// Looks at one version.
pub(super) async fn version(prober: &Arc<Prober>, version: TlsVersion, mode: Mode, jobs: usize) -> VersionObservation {
    let mut progress = Progress { version, found: Vec::new(), refusal: None, lost: 0, complete: true };
    match mode {
        Mode::Fast => progress.fast(prober).await,
        Mode::Each => progress.each(prober, jobs).await,
    }
    let order = progress.order(prober, mode).await;
    let suite = |code: &u32| SuiteObservation {
        code: *code,
        name: suite_name(version, *code),
        completion: Completion::NotTried,
    };
    VersionObservation {
        version,
        suites: progress.found.iter().map(suite).collect(),
        order,
        refusal: progress.refusal,
        complete: progress.complete,
    }
}

impl Progress {
    /// All at once, then the rest.
    async fn fast(&mut self, prober: &Prober) {
        let mut rest = codes(self.version);
        if self.version == TlsVersion::Ssl2 {
            // One answer names all.
            let (answer, flight) = prober.offer(self.version, &rest, Until::Done).await;
            if let Some(common) = flight.ssl2 {
                self.found = rest.into_iter().filter(|kind| common.contains(kind)).collect();
            }
            self.settle(answer);
            return;
        }
        // Who offers suites of TLS 1.3 at an older version is not what it seems to a server; those come last.
        let is_odd =
            |code: &u32| by_code(self.version, *code).is_some_and(|s| s.since > self.version.max(TlsVersion::Tls12));
        let (mut unlikely, mut likely): (Vec<u32>, Vec<u32>) = rest.drain(..).partition(is_odd);
        self.drain(prober, &mut likely).await;
        let dislikes_the_version =
            matches!(self.refusal, Some(Answer::Alert { code: PROTOCOL_VERSION, .. } | Answer::OtherVersion { .. }));
        if !self.complete || (self.found.is_empty() && dislikes_the_version) {
            return;
        }
        // Some choose a certificate by what is offered, and then have no suite that goes with it; some cannot take long lists.
        likely.append(&mut unlikely);
        let mut kinds: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for code in likely {
            kinds.entry(by_code(self.version, code).map_or("", |s| s.authentication)).or_default().push(code);
        }
        for chunk in kinds.values().flat_map(|kind| kind.chunks(CHUNK)) {
            self.drain(prober, &mut chunk.to_vec()).await;
            if !self.complete {
                return;
            }
        }
    }

    /// Offers until all is turned down; what is selected leaves the list.
    async fn drain(&mut self, prober: &Prober, rest: &mut Vec<u32>) {
        while !rest.is_empty() {
            let (answer, _) = prober.offer(self.version, rest, Until::Hello).await;
            if let Answer::Selected { suite } = answer {
                self.found.push(suite);
                rest.retain(|code| *code != suite);
            } else if answer.is_refusal() {
                self.refusal.get_or_insert(answer);
                return;
            } else if !self.lose(answer) {
                return;
            }
        }
    }

    /// One connection for each suite, several side by side.
    async fn each(&mut self, prober: &Arc<Prober>, jobs: usize) {
        let codes = Arc::new(codes(self.version));
        let (next, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let answers = Arc::new(Mutex::new(BTreeMap::new()));
        let mut workers = JoinSet::new();
        for _ in 0..jobs.max(1) {
            let (prober, codes, next, lost, answers) =
                (Arc::clone(prober), Arc::clone(&codes), Arc::clone(&next), Arc::clone(&lost), Arc::clone(&answers));
            let version = self.version;
            workers.spawn(async move {
                while lost.load(Ordering::Relaxed) < PATIENCE && !prober.is_spent() {
                    let Some(code) = codes.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let mut answer = prober.offer(version, &[*code], Until::Hello).await.0;
                    // A connection can be lost; a suite counts as asked for when it was answered.
                    while is_lost(&answer) && lost.fetch_add(1, Ordering::Relaxed) + 1 < PATIENCE && !prober.is_spent()
                    {
                        answer = prober.offer(version, &[*code], Until::Hello).await.0;
                    }
                    answers.lock().await.insert(*code, answer);
                }
            });
        }
        while workers.join_next().await.is_some() {}
        let answers = std::mem::take(&mut *answers.lock().await);
        self.complete = answers.len() == codes.len();
        for (code, answer) in answers {
            if let Answer::Selected { suite } = answer {
                // SSL 2.0 answers with one of those offered, and one was.
                debug_assert_eq!(suite, code);
                self.found.push(suite);
            } else if answer.is_refusal() {
                self.refusal.get_or_insert(answer);
            } else {
                self.complete = false;
                self.refusal = Some(answer);
            }
        }
    }

    /// Notes an answer that ends the search.
    fn settle(&mut self, answer: Answer) {
        if matches!(answer, Answer::Selected { .. }) {
            return;
        }
        self.complete = answer.is_refusal();
        self.refusal = Some(answer);
    }

    /// Notes an answer that settles nothing; says whether to try again.
    fn lose(&mut self, answer: Answer) -> bool {
        let again = is_lost(&answer);
        self.lost += 1;
        if again && self.lost < PATIENCE {
            return true;
        }
        self.complete = false;
        self.refusal = Some(answer);
        false
    }

    /// Whose order decides: the first two found, offered the other way round.
    async fn order(&self, prober: &Prober, mode: Mode) -> Order {
        let [first, second, ..] = self.found.as_slice() else { return Order::Unknown };
        if self.version == TlsVersion::Ssl2 {
            return Order::Client;
        }
        let choose = async |a: u32, b: u32| prober.offer(self.version, &[a, b], Until::Hello).await.0;
        // In `fast` the first one found went before the second one when both were offered.
        let forth = match mode {
            Mode::Fast => Answer::Selected { suite: *first },
            Mode::Each => choose(*first, *second).await,
        };
        match (forth, choose(*second, *first).await) {
            (Answer::Selected { suite: a }, Answer::Selected { suite: b }) if a == b => Order::Server,
            (Answer::Selected { .. }, Answer::Selected { .. }) => Order::Client,
            _ => Order::Unknown,
        }
    }
}

/// Whether another try may be answered.
fn is_lost(answer: &Answer) -> bool {
    matches!(answer, Answer::TimedOut { .. } | Answer::Failed { .. } | Answer::Refused)
}
