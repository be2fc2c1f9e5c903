//! From a message to its answer: codec, header, version, authentication, header options, then item by item (../shared/tls.md section 2).

use crate::auth::{self, Authenticator, Shown};
use crate::batch::{self, Batch};
use crate::channel::{self, Standing};
use crate::config::Config;
use crate::deferral;
use crate::failure::{Failure, Outcome};
use crate::federation::{CallError, Gateway, Outbox, Terms, reply, request};
use crate::identity::Identity;
use crate::journal::{Journal, JournalError};
use crate::peer::Peer;
use crate::planted::Ending;
use crate::push::ObservedStore;
use crate::respond::{self, ResponseHeader};
use crate::rotation;
use crate::seed::{self, SeedError};
use crate::services::Services;
use crate::store::{Horizon, MemoryStore, NotSaved, SqliteStore, StateError, Store};
use kmipspec_protocol::message::{AsynchronousIndicator, Reading, RequestMessage};
use kmipspec_protocol::registry::{Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Code, Diag, Doc, Item, Limits, MAX_DIAGS};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// The server without its sockets.
#[derive(Debug)]
pub(crate) struct Core {
    /// Settings.
    config: Config,
    /// Managed objects.
    store: Box<dyn Store>,
    /// What lives beside the store.
    services: Services,
    /// What is sent to other servers.
    outbox: Arc<Outbox>,
    /// Forwards what this server has not.
    gateway: Option<Gateway>,
    /// Bounds for the decoder.
    limits: Limits,
    /// Where every exchange is written.
    journal: Option<Journal>,
    /// Messages that came so far.
    requests: watch::Sender<u64>,
    /// The part of Server Correlation Values that is this server's own.
    instance: String,
    /// Messages answered so far.
    answered: AtomicU64,
    /// Itself, for what it does later: nothing is done any more when it is gone.
    me: Weak<Self>,
}

/// Why there is no server.
#[derive(Debug)]
pub(crate) enum CoreError {
    /// The state file is of no use.
    State(StateError),
    /// The journal is of no use.
    Journal(JournalError),
    /// An object to begin with is of no use.
    Seed(SeedError),
}

/// What goes back, and whether the connection ends with it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// One Response Message.
    pub(crate) bytes: Vec<u8>,
    /// After a message that could not be cut out of the stream safely.
    pub(crate) close: bool,
}

impl Core {
    /// A server with what its state file holds; an empty one without.
    pub(crate) fn new(config: Config) -> Result<Self, CoreError> {
        let limits = limits(&config);
        let store: Box<dyn Store> = match &config.state {
            Some(state) => Box::new(SqliteStore::open(&state.file, state.key.as_deref()).map_err(CoreError::State)?),
            None => Box::<MemoryStore>::default(),
        };
        let services = Services::default();
        let outbox = Arc::new(Outbox::new(&config.links));
        let observed = ObservedStore::new(store, Arc::clone(&services.push), Arc::clone(&outbox));
        let store: Box<dyn Store> = Box::new(observed);
        let journal = config.journal.as_deref().map(Journal::open).transpose().map_err(CoreError::Journal)?;
        let requests = watch::Sender::new(0);
        let mut bytes = [0_u8; 8];
        // A source that gives nothing leaves the instance without a name of its own.
        let _ = config.random.fill(&mut bytes);
        let instance = bytes.iter().fold(String::with_capacity(16), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02X}");
            text
        });
        let answered = AtomicU64::new(0);
        // Nobody is told of them before they are saved: every answer waits for what came before it.
        let _ = seed::plant(&config, &services, store.as_ref()).map_err(CoreError::Seed)?;
        let _ = outbox.begin(store.as_ref());
        let gateway = None;
        Ok(Self {
            config,
            store,
            services,
            outbox,
            gateway,
            limits,
            journal,
            requests,
            instance,
            answered,
            me: Weak::new(),
        })
    }

    /// The same, shared, and able to do something later.
    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new_cyclic(|me| Self { me: me.clone(), ..self })
    }

    /// Settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Forwards what it has not from now on.
    pub(crate) fn forward_by(&mut self, gateway: Gateway) {
        self.gateway = Some(gateway);
    }

    /// Managed objects.
    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// What is sent to other servers.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What lives beside the store.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Bounds for decoders.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits until every commit up to there is saved for good.
    pub(crate) async fn saved(&self, horizon: Horizon) -> Result<(), NotSaved> {
        self.store.saved(horizon).await
    }

    /// Lets go of the store's file.
    pub(crate) fn close(&self) {
        self.store.close();
    }

    /// Messages that came so far, and how to wait for more.
    pub(crate) fn requests(&self) -> watch::Receiver<u64> {
        self.requests.subscribe()
    }

    /// Counts a message; gives its number.
    fn count(&self) -> u64 {
        let mut number = 0;
        self.requests.send_modify(|count| {
            *count = count.saturating_add(1);
            number = *count;
        });
        number
    }

    /// Answers one whole message; `peer` is who the channel says it comes from. The answer comes when all it tells of is saved.
    pub(crate) async fn answer(&self, message: &[u8], peer: &Peer) -> Answer {
        let (number, began) = (self.count(), Instant::now());
        let understood = self.config.quirks.understood(message, &self.limits);
        let taken_for = self.config.planted.disguised(&self.config, message, peer, &self.limits);
        let forwarded = match &self.gateway {
            Some(gateway) => gateway.answer(self, &understood, &taken_for).await,
            None => None,
        };
        let (answer, horizon) = match forwarded {
            Some((bytes, horizon)) => (Answer { bytes, close: false }, horizon),
            None => self.immediate(&understood, &taken_for),
        };
        let answer = match self.store.saved(horizon).await {
            Ok(()) => answer,
            Err(NotSaved) => {
                let version = self.version_for_refusal(stated_version(&Doc::lenient(message, &self.limits)));
                let failure = Failure::new(ResultReason::GENERAL_FAILURE, "the server's state cannot be saved");
                Answer { bytes: self.refuse(version, &failure), close: true }
            }
        };
        let bytes = self.config.quirks.given(message, answer.bytes, &self.limits);
        let (bytes, ending) = self.config.planted.given(&self.config, message, bytes, peer, &self.limits);
        let answer = match ending {
            Ending::Answered => Answer { bytes, ..answer },
            Ending::Closed => Answer { bytes: Vec::new(), close: true },
            Ending::Hung => std::future::pending().await,
            Ending::Crashed => {
                (self.config.crash)();
                std::process::abort()
            }
        };
        self.note(number, began, peer, message, &answer.bytes);
        answer
    }

    /// The answer, which nobody may be told before everything up to the horizon is saved.
    fn immediate(&self, message: &[u8], peer: &Peer) -> (Answer, Horizon) {
        match Doc::strict(message, &self.limits) {
            Ok(doc) => {
                let (bytes, horizon) = self.request(&doc, peer);
                (Answer { bytes, close: false }, horizon)
            }
            Err(diag) => self.damaged(&Doc::lenient(message, &self.limits), diag, peer),
        }
    }

    /// A message that is no TTLV: damage inside batch items fails those items, any other the message (1.4 §11.1).
    fn damaged(&self, doc: &Doc<'_>, diag: Diag, peer: &Peer) -> (Answer, Horizon) {
        let beyond_limits =
            doc.diags().iter().any(|d| matches!(d.code, Code::TooDeep | Code::TooManyItems | Code::TooLarge));
        if !beyond_limits
            && doc.diags().len() < MAX_DIAGS
            && let Ok(request) = RequestMessage::decode_for(doc, &self.config.versions)
        {
            let (bytes, horizon) = self.batch(doc.bytes(), &request, peer);
            return (Answer { bytes, close: false }, horizon);
        }
        let version = self.version_for_refusal(stated_version(doc));
        // 2.1 §11.46: after a codec error the connection should be closed, what follows cannot be trusted.
        let failure = Failure::by_version(
            version,
            ResultReason::INVALID_MESSAGE,
            ResultReason::CODEC_ERROR,
            format!("the message is no TTLV: {diag}"),
        );
        (Answer { bytes: self.refuse(version, &failure), close: version >= Version::V2_0 }, Horizon::default())
    }

    /// Answers a message that is longer than the limit, or cut short, of which only the start is known; the connection ends.
    pub(crate) fn refuse_size(&self, start: &[u8], peer: &Peer) -> Answer {
        let (number, began) = (self.count(), Instant::now());
        let version = self.version_for_refusal(stated_version(&Doc::lenient(start, &self.limits)));
        let failure = Failure::invalid_message("the message is longer than this server takes, or was cut short");
        let bytes = self.refuse(version, &failure);
        self.note(number, began, peer, start, &bytes);
        Answer { bytes, close: true }
    }

    /// Answers a body that is no message in its encoding.
    pub(crate) fn refuse_body(&self, body: &[u8], why: String, peer: &Peer) -> Answer {
        let (number, began) = (self.count(), Instant::now());
        let answer = self.refuse_form(why);
        self.note(number, began, peer, body, &answer.bytes);
        answer
    }

    /// An exchange goes into the journal, if one is kept.
    fn note(&self, number: u64, began: Instant, peer: &Peer, request: &[u8], response: &[u8]) {
        if let Some(journal) = &self.journal {
            journal.write(number, began.elapsed(), peer, request, response);
        }
    }

    /// In place of an answer that has no form in the encoding it has to be written in.
    pub(crate) fn refuse_form(&self, why: String) -> Answer {
        let bytes = self.refuse(self.version_for_refusal(None), &Failure::invalid_message(why));
        Answer { bytes, close: false }
    }

    /// A message that is TTLV.
    fn request(&self, doc: &Doc<'_>, peer: &Peer) -> (Vec<u8>, Horizon) {
        match RequestMessage::decode_for(doc, &self.config.versions) {
            Ok(request) => self.batch(doc.bytes(), &request, peer),
            Err(error) => {
                let version = self.version_for_refusal(error.sent());
                (self.refuse(version, &Failure::new(error.reason(version), error.to_string())), Horizon::default())
            }
        }
    }

    /// The name under which a certificate is registered.
    pub(crate) fn registered(&self, certificate: &[u8]) -> Option<String> {
        Some(self.config.registry.as_ref()?.find(certificate)?.name)
    }

    /// What Re-Provision, or a registration, has made of a certificate.
    pub(crate) fn standing(&self, certificate: &[u8]) -> Standing {
        match channel::standing(self.store.begin().as_ref(), certificate) {
            Standing::Unknown => self.registered(certificate).map_or(Standing::Unknown, Standing::Of),
            known => known,
        }
    }

    /// What the Credentials of a request show.
    pub(crate) fn authenticate(&self, request: &RequestMessage<'_>, peer: &Peer) -> Outcome<Shown> {
        let standing = peer.certificate.as_deref().map(|certificate| self.standing(certificate));
        let name = match &standing {
            Some(Standing::Replaced) => return Err(auth::refused()),
            Some(Standing::Of(name)) => Some(name.as_str()),
            _ => peer.name.as_deref(),
        };
        let authenticator = Authenticator {
            config: &self.config,
            store: self.store.as_ref(),
            services: &self.services,
            channel: name,
            now: self.config.clock.now(),
        };
        authenticator.authenticate(request.header.authentication.as_ref())
    }

    /// Somebody asks, or nobody has to; then the options of the header, then what must be true of all items.
    pub(crate) fn admitted(
        &self,
        request: &RequestMessage<'_>,
        identity: Option<Identity>,
        peer: &Peer,
    ) -> Outcome<Identity> {
        let (header, version) = (&request.header, request.reading.version);
        let nobody = || batch::needs_no_identity(&request.batch_items).then(Identity::default);
        let served = self.config.quirks.serves_nobody(peer.certificate.is_some());
        let anybody = || served.then(|| Identity::named(&self.config, "nobody"));
        let identity = identity.or_else(nobody).or_else(anybody).ok_or_else(auth::refused)?;
        if let Some(AsynchronousIndicator::Enumeration(indicator)) = header.asynchronous_indicator
            && indicator.name().is_none()
        {
            return Err(Failure::invalid_field("unknown Asynchronous Indicator"));
        }
        if header.batch_error_continuation().name().is_none() {
            return Err(Failure::invalid_field("unknown Batch Error Continuation Option"));
        }
        if let (Some(tolerance), Some(stamp)) = (self.config.time_stamp_tolerance, header.time_stamp)
            && Duration::from_secs(stamp.0.abs_diff(self.config.clock.now())) > tolerance
        {
            return Err(Failure::invalid_field("the time stamp is too far from the server's time"));
        }
        if request.batch_items.len() > self.config.limits.batch_items {
            return Err(Failure::by_version(
                version,
                ResultReason::GENERAL_FAILURE,
                ResultReason::SERVER_LIMIT_EXCEEDED,
                "more batch items than this server takes",
            ));
        }
        batch::check_extensions(&request.batch_items, version)?;
        Ok(identity)
    }

    /// A request whose header could be read: authentication, header options, then the batch.
    fn batch(&self, message: &[u8], request: &RequestMessage<'_>, peer: &Peer) -> (Vec<u8>, Horizon) {
        self.batch_of(message, request, peer, self.authenticate(request, peer))
    }

    /// A piece of a message whose sender has shown who it is.
    pub(crate) fn again(&self, message: &[u8], peer: &Peer, shown: &Shown) -> (Vec<u8>, Horizon) {
        let Ok(doc) = Doc::strict(message, &self.limits) else { return Default::default() };
        match RequestMessage::decode_for(&doc, &self.config.versions) {
            Ok(request) => self.batch_of(message, &request, peer, Ok(shown.clone())),
            Err(_) => Default::default(),
        }
    }

    /// An operation of this server's own, for a client: what it takes over from another server, what it sends there.
    pub(crate) async fn local(
        &self,
        identity: &Identity,
        terms: Option<Arc<Terms>>,
        version: Version,
        operation: Operation,
        payload: Vec<Item>,
    ) -> Result<Item, CallError> {
        let shown = Shown { identity: Some(identity.clone()), attested: true, ..Shown::default() };
        let peer = Peer { terms, ..Peer::default() };
        let (answer, horizon) = self.again(&request(version, operation, payload), &peer, &shown);
        self.saved(horizon).await.map_err(|NotSaved| CallError::Closed)?;
        reply(&answer, operation)
    }

    /// A request of somebody who has shown who it is, or could not.
    fn batch_of(
        &self,
        message: &[u8],
        request: &RequestMessage<'_>,
        peer: &Peer,
        shown: Outcome<Shown>,
    ) -> (Vec<u8>, Horizon) {
        if shown.is_err() {
            let name = peer.name.as_deref();
            let channel = name.map(|name| Identity::named(&self.config, name));
            let rejected = || self.admitted(request, channel.clone(), peer).is_err();
            let done =
                || self.batch_of(message, request, peer, Ok(Shown { identity: channel.clone(), ..Shown::default() }));
            if let Some(answer) = self.config.quirks.premature(request.batch_items.len(), &self.limits, rejected, done)
            {
                return answer;
            }
        }
        let now = self.config.clock.now();
        let version = request.reading.version;
        let mut header = ResponseHeader::new(version, now);
        header.client_correlation_value = request.header.client_correlation_value.as_deref();
        header.server_correlation_value = Some(self.next_correlation_value());
        let mut horizon = Horizon::default();
        let (admitted, attested) = match shown {
            Ok(shown) => {
                horizon = shown.horizon;
                header.server_hashed_password = shown.server_hashed_password;
                (self.admitted(request, shown.identity, peer), shown.attested)
            }
            Err(failure) => (Err(failure), false),
        };
        if admitted.is_ok() {
            horizon = horizon.max(rotation::sweep(&self.config, &self.services, self.store.as_ref(), now));
        }
        if let Some(rules) = &self.config.attestation
            && !attested
            && request.header.attestation_capable_indicator == Some(true)
            && request.batch_items.iter().flatten().any(|item| rules.operations.contains(&item.operation))
        {
            // 1.2 Table 187, 2.1 Table 398: what the client needs to make its attestation.
            header.nonce = self.services.nonces.issue(&self.config, now);
            header.attestation_types.clone_from(&rules.types);
        }
        tracing::debug!(
            client = admitted.as_ref().map_or("", |identity| identity.name.as_str()),
            client_correlation_value = header.client_correlation_value,
            server_correlation_value = header.server_correlation_value,
            "request"
        );
        let batch = Batch {
            config: &self.config,
            store: self.store.as_ref(),
            services: &self.services,
            peer,
            message,
            reading: request.reading,
            admitted,
            attested,
            now,
            header: &request.header,
            overhead: header.size(),
            // One that is negative lets nothing through.
            largest: request.header.maximum_response_size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(0)),
        };
        let (items, done, later) = batch.run(&request.batch_items);
        if let Some(number) = later {
            self.do_later(number);
        }
        (respond::message(&header, &items), horizon.max(done))
    }

    /// Waits until operations are due and does them, on a thread of their own. Without a runtime they are done when somebody asks.
    fn do_later(&self, number: u64) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (me, mut left) = (self.me.clone(), self.services.jobs.left(&self.config, number));
        runtime.spawn(async move {
            while let Some(time) = left {
                // A clock that stands still is looked at again after a while.
                tokio::time::sleep(time.clamp(Duration::from_millis(1), Duration::from_secs(60))).await;
                let Some(core) = me.upgrade() else { return };
                let work = move || {
                    deferral::do_due(&core.config, core.store.as_ref(), &core.services);
                    core.services.jobs.left(&core.config, number)
                };
                // A panic in there has been logged by the runtime.
                left = tokio::task::spawn_blocking(work).await.unwrap_or(None);
            }
        });
    }

    /// Server Correlation Value of the next answer (1.4 §6.19, 2.1 §9.10): no two answers of any server have the same.
    fn next_correlation_value(&self) -> String {
        format!("{}-{}", self.instance, self.answered.fetch_add(1, Ordering::Relaxed))
    }

    /// One Batch Item without Operation that fails.
    fn refuse(&self, version: Version, failure: &Failure) -> Vec<u8> {
        self.services.metrics.refused.add();
        let now = self.config.clock.now();
        let mut header = ResponseHeader::new(version, now);
        header.server_correlation_value = Some(self.next_correlation_value());
        respond::message(&header, &[respond::refusal(failure)])
    }

    /// The version to answer in when a request cannot be processed: that of its rules, else the oldest we have, which every
    /// client can read, with the shape of 1.4 §11.1 where 1.x is served at all.
    fn version_for_refusal(&self, stated: Option<ProtocolVersion>) -> Version {
        let reading = stated.and_then(|stated| Reading::of(stated, &self.config.versions));
        let oldest = self.config.versions.iter().copied().min();
        reading.map(|reading| reading.version).or(oldest).unwrap_or(Version::V1_0)
    }
}

/// The version a message says it has, however broken the rest is.
fn stated_version(doc: &Doc<'_>) -> Option<ProtocolVersion> {
    ProtocolVersion::in_header(doc, tag::REQUEST_HEADER)
}

/// Bounds for the decoder.
pub(crate) fn limits(config: &Config) -> Limits {
    Limits {
        max_size: config.limits.message_size,
        max_depth: config.limits.depth,
        max_items: config.limits.items,
        ..Limits::default()
    }
}

/// Operations that interrogate the server need no identity (1.4 §6.6: they should not require authentication).
pub(crate) fn is_open(operation: Operation) -> bool {
    matches!(operation, Operation::QUERY | Operation::DISCOVER_VERSIONS)
}
