//! So many cases at a time, and none any more once the peer is found dead or the run is asked to end.

use super::event::Execution;
use super::execute::{Place, Shared, execute};
use super::sanity;
use crate::client::Session;
use crate::client::session::Connections;
use crate::scenario::plan::Plan;
use kmipspec_protocol::version::Version;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

/// What running cases tell.
pub(super) enum Progress {
    Started { id: String, version: Version },
    Finished(Box<Execution>),
    Notice(String),
}

/// Begins cases as places become free.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    /// Set once the peer was found dead; no case is begun after that.
    broken: Arc<Mutex<Option<String>>>,
    done: UnboundedSender<Progress>,
}

impl Dispatcher {
    /// So many cases at a time; what they tell goes to `done`.
    pub(super) fn new(shared: &Arc<Shared>, jobs: usize, done: UnboundedSender<Progress>) -> Self {
        let places = Arc::new(Semaphore::new(jobs.max(1)));
        Self { shared: Arc::clone(shared), places, broken: Arc::new(Mutex::new(None)), done }
    }

    /// Why the run has to stop, once it has to.
    pub(super) fn broken(&self) -> Arc<Mutex<Option<String>>> {
        Arc::clone(&self.broken)
    }

    /// Runs all; the cases that were not begun are returned.
    pub(super) async fn run(self, mut plans: Vec<Plan>) -> Vec<Plan> {
        // Those that let time pass begin first, so that the others fill that time.
        plans.sort_by_key(|p| std::cmp::Reverse(p.steps.iter().map(|s| s.wait * s.repeat).sum::<Duration>()));
        let mut running = JoinSet::new();
        let mut plans = plans.into_iter();
        for plan in plans.by_ref() {
            let place = Arc::clone(&self.places).acquire_owned().await.ok();
            if self.shared.stop.is_asked() || self.broken.lock().await.is_some() {
                let rest = std::iter::once(plan).chain(plans).collect();
                while running.join_next().await.is_some() {}
                return rest;
            }
            let (shared, broken, done) = (Arc::clone(&self.shared), Arc::clone(&self.broken), self.done.clone());
            running.spawn(one_case(shared, plan, place, broken, done));
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
        Vec::new()
    }
}

async fn one_case(
    shared: Arc<Shared>,
    plan: Plan,
    place: Place,
    broken: Arc<Mutex<Option<String>>>,
    done: UnboundedSender<Progress>,
) {
    // The receiver lives as long as the cases.
    let tell = |progress| drop(done.send(progress));
    tell(Progress::Started { id: plan.id.clone(), version: plan.version });
    let finished = execute(&shared, &plan, place).await;
    for text in finished.left_behind {
        tell(Progress::Notice(text));
    }
    tell(Progress::Finished(Box::new(finished.execution)));
    if finished.in_doubt && !shared.stop.is_asked() {
        confirm_alive(&shared, &plan, &broken).await;
    }
}

/// One case asks, the others wait for the answer.
async fn confirm_alive(shared: &Shared, plan: &Plan, broken: &Mutex<Option<String>>) {
    let mut broken = broken.lock().await;
    if broken.is_some() {
        return;
    }
    let mut session = Session::new(Arc::clone(&shared.target), Arc::clone(&shared.pool), Connections::OnePerExchange);
    if let Err(error) = sanity::check(&mut session, plan.version).await {
        *broken = Some(format!("the peer stopped answering after {} at {}: {error}", plan.id, plan.version));
    }
    session.close().await;
}
