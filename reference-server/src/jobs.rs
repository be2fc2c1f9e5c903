//! Operations that are done after their request was answered: Pending until they are due, then kept for Poll (1.4 §4.27, §4.28 and
//! §6.7; 2.1 §6.1.5, §6.1.38, §6.1.39, §6.1.41 and §9.2).

use crate::config::Config;
use crate::context::References;
use crate::identity::Identity;
use crate::peer::Peer;
use crate::respond::ItemResult;
use crate::store::Horizon;
use kmipspec_protocol::registry::{CancellationResult, Operation, ProcessingStage};
use kmipspec_protocol::version::Version;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Operations of one client that may be pending, or whose results may wait, at one time; further ones are done at once.
const MOST_OF_A_CLIENT: usize = 1_024;

/// The same for all clients together.
const MOST: usize = 16_384;

/// How operations are done that a client lets be done later.
#[derive(Clone, Debug)]
pub struct Asynchronous {
    /// How long an operation stays Pending.
    pub delay: Duration,
    /// Whether a Poll does an operation that is not due yet, in place of answering Pending again.
    pub poll_hastens: bool,
    /// The operations that are done later when a client allows it; none: all that can be.
    pub operations: Option<Vec<Operation>>,
    /// How long a result is kept for Poll.
    pub retention: Duration,
}

impl Default for Asynchronous {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(1),
            poll_hastens: true,
            operations: None,
            retention: Duration::from_secs(600),
        }
    }
}

/// What one client may ask about.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    /// All of them.
    table: Mutex<Table>,
    /// Told whenever one is done.
    done: Condvar,
}

/// What the lock guards.
#[derive(Debug, Default)]
struct Table {
    /// By Asynchronous Correlation Value.
    jobs: HashMap<Vec<u8>, Job>,
    /// What has not begun yet, by number.
    waiting: BTreeMap<u64, Arc<Group>>,
    /// The next group's number.
    next: u64,
}

/// The batch items of one request that are done together, in their order.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its number.
    number: u64,
    /// The request.
    pub(crate) message: Vec<u8>,
    /// Which of its batch items, and the Asynchronous Correlation Value of each.
    pub(crate) items: Vec<(usize, Vec<u8>)>,
    /// What the items before them left.
    pub(crate) references: References,
    /// Who asked.
    pub(crate) identity: Identity,
    /// Whether an attestation came with the request.
    pub(crate) attested: bool,
    /// The connection it came by.
    pub(crate) peer: Peer,
    /// When it is to be done, microseconds since 1970.
    due: i64,
    /// Whether all are undone when one fails: none can be taken out then.
    undo: bool,
}

/// A group before it has a number.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The request.
    pub(crate) message: Vec<u8>,
    /// Place, operation and correlation value of each item.
    pub(crate) items: Vec<(usize, Operation, Vec<u8>)>,
    /// What the items before them left.
    pub(crate) references: References,
    /// Who asked.
    pub(crate) identity: Identity,
    /// Whether an attestation came with the request.
    pub(crate) attested: bool,
    /// The connection it came by.
    pub(crate) peer: Peer,
    /// Whether all are undone when one fails.
    pub(crate) undo: bool,
    /// The version it was asked at.
    pub(crate) version: Version,
}

/// One operation.
#[derive(Debug)]
struct Job {
    /// Whose it is: for anybody else it is not there.
    client: String,
    /// What it is.
    operation: Operation,
    /// The version it was asked at, which its result is written for.
    version: Version,
    /// When it was asked for, microseconds since 1970.
    submitted: i64,
    /// The group it belongs to.
    group: u64,
    /// How far it is.
    stage: Stage,
    /// Whether a Cancel has told how it ended: then nobody waits for it any more.
    told: bool,
}

/// How far an operation is.
#[derive(Debug)]
enum Stage {
    /// Not begun.
    Submitted,
    /// Being done now.
    InProcess,
    /// Not to be begun any more.
    Canceled,
    /// Done.
    Completed {
        /// What came of it.
        result: ItemResult,
        /// When, microseconds since 1970.
        at: i64,
        /// What must be saved before anybody is told.
        horizon: Horizon,
    },
}

/// What a Poll finds.
#[derive(Debug)]
pub(crate) enum Polled {
    /// Nothing under that value, for this client.
    Unknown,
    /// Not done yet.
    Pending,
    /// Canceled before it began.
    Canceled(Operation),
    /// Done, and written for this version, not for that of the Poll.
    AtAnother(Version),
    /// Done.
    Completed(Operation, ItemResult, Horizon),
}

/// One operation whose result nobody has seen yet.
#[derive(Debug)]
pub(crate) struct Outstanding {
    /// Asynchronous Correlation Value.
    pub(crate) value: Vec<u8>,
    /// What it is.
    pub(crate) operation: Operation,
    /// Microseconds since 1970.
    pub(crate) submitted: i64,
    /// How far it is.
    pub(crate) stage: ProcessingStage,
}

impl Jobs {
    /// The table; a panic elsewhere does not make it unusable.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client may have so many more.
    pub(crate) fn has_room(&self, config: &Config, client: &str, more: usize) -> bool {
        let mut table = self.lock();
        if table.jobs.len().saturating_add(more) > MOST {
            table.forget(config);
        }
        let own = table.jobs.values().filter(|job| job.client == client).count();
        table.jobs.len().saturating_add(more) <= MOST && own.saturating_add(more) <= MOST_OF_A_CLIENT
    }

    /// Takes operations to be done later; gives the number of their group.
    pub(crate) fn submit(&self, config: &Config, submission: Submission) -> u64 {
        let now = config.clock.now_micros();
        let delay = i64::try_from(config.asynchronous.delay.as_micros()).unwrap_or(i64::MAX);
        let mut table = self.lock();
        table.forget(config);
        let number = table.next;
        table.next = number.wrapping_add(1);
        let mut items = Vec::with_capacity(submission.items.len());
        for (place, operation, value) in submission.items {
            let client = submission.identity.name.clone();
            let (version, stage) = (submission.version, Stage::Submitted);
            let job = Job { client, operation, version, submitted: now, group: number, stage, told: false };
            table.jobs.insert(value.clone(), job);
            items.push((place, value));
        }
        let group = Group {
            number,
            message: submission.message,
            items,
            references: submission.references,
            identity: submission.identity,
            attested: submission.attested,
            peer: submission.peer,
            due: now.saturating_add(delay),
            undo: submission.undo,
        };
        table.waiting.insert(number, Arc::new(group));
        number
    }

    /// How long until a group is due, if it has not begun.
    pub(crate) fn left(&self, config: &Config, number: u64) -> Option<Duration> {
        let left = self.lock().waiting.get(&number)?.due.saturating_sub(config.clock.now_micros());
        Some(Duration::from_micros(u64::try_from(left).unwrap_or(0)))
    }

    /// Groups that are due, oldest first: the caller does them.
    pub(crate) fn begin_due(&self, config: &Config) -> Vec<Arc<Group>> {
        let now = config.clock.now_micros();
        let mut table = self.lock();
        let due: Vec<u64> = table.waiting.values().filter(|g| g.due <= now).map(|g| g.number).collect();
        due.into_iter().filter_map(|number| table.begin(number)).collect()
    }

    /// The group of a client's operation, due or not, if it has not begun: the caller does it.
    pub(crate) fn begin(&self, client: &str, value: &[u8]) -> Option<Arc<Group>> {
        let mut table = self.lock();
        let number = table.jobs.get(value).filter(|job| job.client == client)?.group;
        table.begin(number)
    }

    /// Which of the group's items are still to be done.
    pub(crate) fn wanted(&self, group: &Group) -> Vec<usize> {
        let table = self.lock();
        let wanted = |value: &Vec<u8>| table.jobs.get(value).is_some_and(|job| matches!(job.stage, Stage::InProcess));
        group.items.iter().filter(|(_, value)| wanted(value)).map(|(place, _)| *place).collect()
    }

    /// The group is done; each item has its result.
    pub(crate) fn finish(&self, config: &Config, group: &Group, results: Vec<(usize, ItemResult)>, horizon: Horizon) {
        let at = config.clock.now_micros();
        let mut table = self.lock();
        for (place, result) in results {
            let value = group.items.iter().find(|(item, _)| *item == place).map(|(_, value)| value);
            if let Some(job) = value.and_then(|value| table.jobs.get_mut(value)) {
                job.stage = Stage::Completed { result, at, horizon };
            }
        }
        drop(table);
        self.done.notify_all();
    }

    /// Waits while a client's operation is being done; whether there was something to wait for.
    pub(crate) fn wait(&self, client: &str, value: &[u8]) -> bool {
        let in_process = |table: &mut Table| {
            table.jobs.get(value).is_some_and(|job| job.client == client && matches!(job.stage, Stage::InProcess))
        };
        let mut table = self.lock();
        let busy = in_process(&mut table);
        // Nothing takes so long; if it does, the answer is still Pending.
        drop(self.done.wait_timeout_while(table, Duration::from_secs(60), in_process));
        busy
    }

    /// What a Poll is answered with. The result stays until it was [taken](Self::take).
    pub(crate) fn poll(&self, client: &str, value: &[u8], version: Version) -> Polled {
        let table = self.lock();
        let Some(job) = table.jobs.get(value).filter(|job| job.client == client) else { return Polled::Unknown };
        match &job.stage {
            Stage::Submitted | Stage::InProcess => Polled::Pending,
            Stage::Canceled => Polled::Canceled(job.operation),
            Stage::Completed { .. } if job.version != version => Polled::AtAnother(job.version),
            Stage::Completed { result, horizon, .. } => Polled::Completed(job.operation, result.clone(), *horizon),
        }
    }

    /// The result was told, and is not kept any more.
    pub(crate) fn take(&self, value: &[u8]) {
        self.lock().jobs.remove(value);
    }

    /// Cancels what has not begun.
    pub(crate) fn cancel(&self, client: &str, value: &[u8]) -> CancellationResult {
        let mut table = self.lock();
        let Table { jobs, waiting, .. } = &mut *table;
        let Some(job) = jobs.get_mut(value).filter(|job| job.client == client) else {
            return CancellationResult::UNAVAILABLE;
        };
        let group = waiting.get(&job.group);
        let answer = match &job.stage {
            // One item of a batch that is undone as a whole cannot be left out of it.
            Stage::Submitted if group.is_some_and(|group| group.undo && group.items.len() > 1) => {
                return CancellationResult::UNABLE_TO_CANCEL;
            }
            Stage::InProcess => return CancellationResult::UNABLE_TO_CANCEL,
            Stage::Submitted => {
                job.stage = Stage::Canceled;
                CancellationResult::CANCELED
            }
            Stage::Canceled => CancellationResult::CANCELED,
            Stage::Completed { result: ItemResult::Success(_), .. } => CancellationResult::COMPLETED,
            Stage::Completed { .. } => CancellationResult::FAILED,
        };
        job.told = true;
        answer
    }

    /// A client's operations whose results nobody has seen yet, oldest first.
    pub(crate) fn outstanding(&self, client: &str) -> Vec<Outstanding> {
        let table = self.lock();
        let own = table.jobs.iter().filter(|(_, job)| job.client == client && !job.told);
        let mut all: Vec<(u64, Outstanding)> = own
            .map(|(value, job)| {
                let stage = match job.stage {
                    Stage::Submitted => ProcessingStage::SUBMITTED,
                    Stage::InProcess => ProcessingStage::IN_PROCESS,
                    Stage::Canceled | Stage::Completed { .. } => ProcessingStage::COMPLETED,
                };
                let (value, submitted) = (value.clone(), job.submitted);
                (job.group, Outstanding { value, operation: job.operation, submitted, stage })
            })
            .collect();
        all.sort_by_key(|(group, one)| (*group, one.operation.0));
        all.into_iter().map(|(_, one)| one).collect()
    }
}

impl Table {
    /// Takes a group out of what waits; what is canceled in it stays so.
    fn begin(&mut self, number: u64) -> Option<Arc<Group>> {
        let group = self.waiting.remove(&number)?;
        for (_, value) in &group.items {
            if let Some(job) = self.jobs.get_mut(value)
                && matches!(job.stage, Stage::Submitted)
            {
                job.stage = Stage::InProcess;
            }
        }
        Some(group)
    }

    /// Forgets results that nobody has fetched for too long.
    fn forget(&mut self, config: &Config) {
        let kept = i64::try_from(config.asynchronous.retention.as_micros()).unwrap_or(i64::MAX);
        let since = config.clock.now_micros().saturating_sub(kept);
        self.jobs.retain(|_, job| match &job.stage {
            Stage::Submitted | Stage::InProcess => true,
            Stage::Canceled => job.submitted > since,
            Stage::Completed { at, .. } => *at > since,
        });
    }
}
