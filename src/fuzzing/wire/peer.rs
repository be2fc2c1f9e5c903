//! The server under test, as scripts see it: connections that are kept, one for each connection number and identity.

use super::cleanup::Traces;
use super::held::{self, Held};
use super::latency::Latencies;
use super::requests::{self, PARTING, UNSAID, framed, is_honest, operations, renamed, with_password};
use crate::client::connection::{Connection, Reply, fate_of_connect};
use crate::client::{ANONYMOUS, ConnectError, Target};
use crate::fuzzing::script::{HELD, Script, capture, resolve};
use crate::runner::Stop;
use crate::runner::event::Fate;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Objects that may lie about.
const LIE_ABOUT: usize = 32;

/// How long an answer to what is not as long as it says may take, where it is not known what answers take: none has to come.
const SHORT: Duration = Duration::from_millis(250);

/// The least that it may take, and so many times what is usual.
const SHORTEST: (Duration, u32) = (Duration::from_millis(20), 50);

/// Inputs after which connections are made anew: what one of them left on a connection is gone.
const KEPT_FOR: u64 = 256;

/// Refusals of a client without a certificate after which none is tried any more.
const REFUSALS: u32 = 3;

/// From one mask of names to the next. An odd number: the next one has other digits everywhere.
const STRIDE: u32 = 0x9E37_79B9;

/// Connection and identity of a step.
type Channel = (u8, u8);

/// A server, and those who talk to it.
pub struct Peer {
    pub(super) target: Arc<Target>,
    /// The identities 0 and 1; where there is one, it is both.
    pub(super) talkers: Vec<String>,
    pub(super) stop: Stop,
    pub(super) watch: Option<Connection>,
    /// How to start it again.
    pub(super) restart: Option<String>,
    /// Whether what is played is held against the bundled server (O7).
    pub compares: bool,
    runtime: Runtime,
    open: HashMap<Channel, Connection>,
    patience: Duration,
    refused: u32,
    nobody_served: bool,
    mask: u32,
    played: u64,
    /// What scripts made.
    pub(super) traces: Traces,
    /// Messages sent.
    pub(super) exchanges: u64,
    /// Time between sending a message of a script and having its answer, of all of them.
    pub(super) waited: Duration,
    /// What answers took.
    latencies: Latencies,
    /// Connections that the last script left alone.
    pub(super) held: Vec<Held>,
}

/// What became of one step.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Its place in the script.
    pub step: usize,
    /// Who sent it; none: a client that showed no certificate.
    pub who: Option<String>,
    /// What was sent, without the credentials of the target file.
    pub request: Vec<u8>,
    /// What came.
    pub answer: Vec<u8>,
    /// How it ended.
    pub fate: Fate,
    /// Whether it was one message as long as it said.
    pub honest: bool,
    /// What the answer took.
    pub took: Duration,
    /// What is usual for its operation, where it took far longer.
    pub usual: Option<Duration>,
}

/// What became of a script.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// The steps that were sent.
    pub steps: Vec<Spoken>,
    /// The first connection that is left alone, open still, if there is one: its step's place in the script, and its kind.
    pub held: Option<(usize, &'static str)>,
}

impl Played {
    /// Whether a step was not answered though it could have been.
    pub fn is_suspicious(&self) -> bool {
        self.held.is_some() || self.steps.iter().any(|step| step.fate != Fate::Answered)
    }
}

impl Peer {
    /// Nobody is connected yet. `talkers` are names of identities of the target: the first two count.
    pub fn new(target: Arc<Target>, talkers: Vec<String>, restart: Option<String>, stop: Stop) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let patience = target.timeouts.exchange;
        Ok(Self {
            target,
            talkers,
            stop,
            watch: None,
            restart,
            compares: false,
            runtime,
            open: HashMap::new(),
            patience,
            refused: 0,
            nobody_served: false,
            mask: std::process::id().wrapping_mul(STRIDE) ^ crate::runner::now() as u32,
            played: 0,
            traces: Traces::default(),
            exchanges: 0,
            waited: Duration::ZERO,
            latencies: Latencies::default(),
            held: Vec::new(),
        })
    }

    /// Another client program of the same people, with connections of its own; `place`: which, from 1.
    pub(super) fn colleague(&self, place: usize) -> io::Result<Self> {
        let (target, talkers) = (Arc::clone(&self.target), self.talkers.clone());
        let mut peer = Self::new(target, talkers, self.restart.clone(), self.stop.clone())?;
        // Far enough away: names that one makes, the others do not make in 16 million inputs.
        let steps = u32::try_from(place).unwrap_or(u32::MAX).wrapping_shl(24);
        peer.mask = self.mask.wrapping_add(STRIDE.wrapping_mul(steps));
        peer.compares = self.compares;
        Ok(peer)
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.open.len() + self.held.len() + self.traces.connections() + usize::from(self.watch.is_some())
    }

    /// Who the identity of a step is.
    pub(super) fn who(&self, identity: u8) -> Option<&str> {
        match identity {
            0 | 1 => self.talkers.get(usize::from(identity)).or(self.talkers.first()).map(String::as_str),
            _ => None,
        }
    }

    /// Says every step, each with what the answers before it gave. Ends early when the end is asked for.
    pub fn play(&mut self, script: &Script) -> Played {
        self.played += 1;
        self.held.clear();
        if self.played.is_multiple_of(KEPT_FOR) {
            self.forget();
        }
        self.mask = self.mask.wrapping_add(STRIDE);
        let mask = self.mask;
        let (mut captured, mut played) = (Vec::new(), Played::default());
        for (place, step) in script.steps.iter().enumerate() {
            let request = resolve(&renamed(&step.bytes, mask), &captured, mask);
            if step.connection == HELD && !self.stop.is_asked() {
                if self.hold(step.identity, &request) {
                    played.held.get_or_insert((place, held::kind(step)));
                }
                captured.push(capture(&[]));
                continue;
            }
            let asked = operations(&request);
            let unsaid = request.is_empty()
                || asked.iter().any(|operation| UNSAID.contains(operation))
                || (step.identity > 1 && self.nobody_is_refused());
            if unsaid || self.stop.is_asked() {
                captured.push(capture(&[]));
                continue;
            }
            let who = self.who(step.identity).map(str::to_owned);
            let honest = is_honest(&request);
            let channel = (step.connection, step.identity);
            let reply = self.say(channel, &request, honest);
            let parts = asked.iter().any(|operation| PARTING.contains(operation));
            if parts {
                self.open.remove(&channel);
            }
            captured.push(capture(&reply.received));
            let Reply { mut received, fate, duration: took, .. } = reply;
            let usual = if fate == Fate::Answered { self.latencies.note(&asked, took) } else { None };
            // What stood behind the end of a message may have been the next one, with an answer of its own; and where the
            // roles are turned, what follows an answer is a request.
            if let Some(length) = framed(&received).filter(|_| parts || !honest) {
                received.truncate(length);
            }
            played.steps.push(Spoken { step: place, who, request, answer: received, fate, honest, took, usual });
        }
        self.traces.note(&played, |step| script.steps.get(step).map_or(0, |step| step.identity));
        played
    }

    /// Takes away what scripts made, as far as that can be done in so much time; how many objects stay.
    pub fn tidy(&mut self, time: Duration) -> usize {
        let mut traces = std::mem::take(&mut self.traces);
        let stay = traces.remove(self, time);
        self.traces = traces;
        stay
    }

    /// The same, where that has become much.
    pub(super) fn tidy_now_and_then(&mut self) {
        if self.traces.len() > LIE_ABOUT {
            self.tidy(Duration::from_secs(10));
        }
    }

    /// Closes every connection that scripts use or left alone.
    pub fn forget(&mut self) {
        self.open.clear();
        self.held.clear();
    }

    /// Whether a client without a certificate does not get through.
    pub(super) fn nobody_is_refused(&self) -> bool {
        !self.nobody_served && self.refused >= REFUSALS
    }

    /// One message and what comes, on the connection of a channel or a new one.
    pub(super) fn say(&mut self, channel: Channel, request: &[u8], honest: bool) -> Reply {
        let name = self.who(channel.1).unwrap_or(ANONYMOUS).to_owned();
        let bytes = with_password(request.to_vec(), self.target.identity(&name));
        let patience = if honest { self.patience } else { self.short().min(self.patience) };
        self.exchanges += 1;
        // What is not honest has a connection of its own: the one that is kept stays as it was.
        let kept = if honest { self.open.remove(&channel) } else { None };
        if let Some(mut connection) = kept {
            let reply = self.on(&mut connection, &bytes, true, patience);
            // Whether it was closed for this message or long before can be told by saying it again.
            if reply.fate != (Fate::Closed { after: 0 }) {
                return self.keep(channel, connection, reply);
            }
        }
        let opened = self.wait(self.target.connect(&name));
        let reply = match opened {
            None => stopped(),
            Some(Err(error)) => unconnected(&error),
            Some(Ok(mut connection)) => {
                let reply = self.on(&mut connection, &bytes, honest, patience);
                if honest { self.keep(channel, connection, reply) } else { reply }
            }
        };
        if channel.1 > 1 {
            match reply.fate {
                Fate::Answered => self.nobody_served = true,
                Fate::Alert(_) | Fate::Closed { after: 0 } | Fate::Failed(_) => self.refused += 1,
                _ => {}
            }
        }
        reply
    }

    /// How long something is waited for that need not come.
    fn short(&self) -> Duration {
        let (least, times) = SHORTEST;
        self.usual(times).map_or(SHORT, |usual| usual.clamp(least, SHORT))
    }

    /// So many times what an answer takes.
    pub(super) fn usual(&self, times: u32) -> Option<Duration> {
        self.median_latency().map(|usual| usual.saturating_mul(times))
    }

    fn on(&mut self, connection: &mut Connection, bytes: &[u8], honest: bool, patience: Duration) -> Reply {
        let sent = Instant::now();
        let reply = self.wait(connection.exchange(bytes, !honest, sent + patience)).unwrap_or_else(stopped);
        self.waited += sent.elapsed();
        reply
    }

    fn keep(&mut self, channel: Channel, connection: Connection, reply: Reply) -> Reply {
        if connection.is_sound() {
            self.open.insert(channel, connection);
        }
        reply
    }

    /// Waits for something, unless the end is asked for.
    pub(super) fn wait<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stop.asked() => None,
                done = what => Some(done),
            }
        })
    }

    /// Waits for something that has a deadline of its own, whatever is asked for.
    pub(super) fn wait_anyway<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// The median of what the last answers took.
    pub(super) fn median_latency(&self) -> Option<Duration> {
        self.latencies.median()
    }

    /// How long an answer may take.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// The exchange for the oracles.
    pub(super) fn exchange(step: &Spoken) -> crate::fuzzing::oracles::Exchange<'_> {
        requests::exchange(&step.request, &step.answer, step.who.as_deref())
    }
}

/// What there is where the end was asked for.
fn stopped() -> Reply {
    Reply { received: Vec::new(), fate: Fate::Failed("interrupted".to_owned()), duration: Duration::ZERO, http: None }
}

fn unconnected(error: &ConnectError) -> Reply {
    Reply { received: Vec::new(), fate: fate_of_connect(error), duration: Duration::ZERO, http: None }
}
