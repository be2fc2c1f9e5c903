//! From a message to its answer: codec, header, version, authentication, header options, then item by item (../shared/tls.md section 2).

use crate::auth;
use crate::batch::{self, Batch};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::journal::{Journal, JournalError};
use crate::peer::Peer;
use crate::respond::{self, ResponseHeader};
use crate::services::Services;
use crate::store::{Horizon, MemoryStore, NotSaved, SqliteStore, StateError, Store};
use kmipspec_protocol::message::{AsynchronousIndicator, Reading, RequestMessage};
use kmipspec_protocol::registry::{self, Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Code, Diag, Doc, Limits, MAX_DIAGS};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::time::{Duration, Instant};
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
    /// Bounds for the decoder.
    limits: Limits,
    /// Where every exchange is written.
    journal: Option<Journal>,
    /// Messages that came so far.
    requests: watch::Sender<u64>,
}

/// Why there is no server.
#[derive(Debug)]
pub(crate) enum CoreError {
    /// The state file is of no use.
    State(StateError),
    /// The journal is of no use.
    Journal(JournalError),
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
        let limits = Limits {
            max_size: config.limits.message_size,
            max_depth: config.limits.depth,
            max_items: config.limits.items,
            ..Limits::default()
        };
        let store: Box<dyn Store> = match &config.state {
            Some(state) => Box::new(SqliteStore::open(&state.file, state.key.as_deref()).map_err(CoreError::State)?),
            None => Box::<MemoryStore>::default(),
        };
        let journal = config.journal.as_deref().map(Journal::open).transpose().map_err(CoreError::Journal)?;
        let requests = watch::Sender::new(0);
        Ok(Self { config, store, services: Services::default(), limits, journal, requests })
    }

    /// Settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// What lives beside the store.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Bounds for decoders.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
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
        let (answer, horizon) = self.immediate(message, peer);
        let answer = match self.store.saved(horizon).await {
            Ok(()) => answer,
            Err(NotSaved) => {
                let version = self.version_for_refusal(stated_version(&Doc::lenient(message, &self.limits)));
                let failure = Failure::new(ResultReason::GENERAL_FAILURE, "the server's state cannot be saved");
                Answer { bytes: self.refuse(version, &failure), close: true }
            }
        };
        if let Some(journal) = &self.journal {
            journal.write(number, began.elapsed(), peer, message, &answer.bytes);
        }
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
            let (bytes, horizon) = self.batch(&request, peer);
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
        if let Some(journal) = &self.journal {
            journal.write(number, began.elapsed(), peer, start, &bytes);
        }
        Answer { bytes, close: true }
    }

    /// Answers a body that is no message in its encoding.
    pub(crate) fn refuse_body(&self, body: &[u8], why: String, peer: &Peer) -> Answer {
        let (number, began) = (self.count(), Instant::now());
        let answer = self.refuse_form(why);
        if let Some(journal) = &self.journal {
            journal.write(number, began.elapsed(), peer, body, &answer.bytes);
        }
        answer
    }

    /// In place of an answer that has no form in the encoding it has to be written in.
    pub(crate) fn refuse_form(&self, why: String) -> Answer {
        let bytes = self.refuse(self.version_for_refusal(None), &Failure::invalid_message(why));
        Answer { bytes, close: false }
    }

    /// A message that is TTLV.
    fn request(&self, doc: &Doc<'_>, peer: &Peer) -> (Vec<u8>, Horizon) {
        match RequestMessage::decode_for(doc, &self.config.versions) {
            Ok(request) => self.batch(&request, peer),
            Err(error) => {
                let version = self.version_for_refusal(error.sent());
                (self.refuse(version, &Failure::new(error.reason(version), error.to_string())), Horizon::default())
            }
        }
    }

    /// Authentication, then the options of the header, then what must be true of all items; gives the identity.
    fn admitted<'a>(&'a self, request: &RequestMessage<'_>, peer: &'a Peer) -> Outcome<&'a str> {
        let (header, version) = (&request.header, request.reading.version);
        let identity = auth::authenticate(&self.config, peer.name.as_deref(), header.authentication.as_ref())?;
        let Some(identity) = identity.or_else(|| batch::needs_no_identity(&request.batch_items).then_some("")) else {
            return Err(auth::refused());
        };
        let mandatory = registry::AsynchronousIndicator::MANDATORY;
        if header.asynchronous_indicator == Some(AsynchronousIndicator::Enumeration(mandatory)) {
            return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "asynchronous processing is not supported"));
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
    fn batch(&self, request: &RequestMessage<'_>, peer: &Peer) -> (Vec<u8>, Horizon) {
        let now = self.config.clock.now();
        let client_correlation_value = request.header.client_correlation_value.as_deref();
        let header = ResponseHeader { version: request.reading.version, now, client_correlation_value };
        let batch = Batch {
            config: &self.config,
            store: self.store.as_ref(),
            services: &self.services,
            peer,
            reading: request.reading,
            admitted: self.admitted(request, peer),
            now,
            header: &request.header,
            overhead: header.size(),
        };
        let (items, horizon) = batch.run(&request.batch_items);
        (respond::message(&header, &items), horizon)
    }

    /// One Batch Item without Operation that fails.
    fn refuse(&self, version: Version, failure: &Failure) -> Vec<u8> {
        self.services.metrics.refused.add();
        let now = self.config.clock.now();
        let header = ResponseHeader { version, now, client_correlation_value: None };
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
    let version = doc.root()?.child(tag::REQUEST_HEADER)?.child(tag::PROTOCOL_VERSION)?;
    Some(ProtocolVersion {
        major: version.child(tag::PROTOCOL_VERSION_MAJOR)?.as_i32()?,
        minor: version.child(tag::PROTOCOL_VERSION_MINOR)?.as_i32()?,
    })
}

/// Operations that interrogate the server need no identity (1.4 §6.6: they should not require authentication).
pub(crate) fn is_open(operation: Operation) -> bool {
    matches!(operation, Operation::QUERY | Operation::DISCOVER_VERSIONS)
}
