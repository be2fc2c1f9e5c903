//! A conversation in which the server is the one who asks: who are you, which versions, and then one event after the other.

use super::message::{self, ClientInformation, Head, Reply};
use super::wire::{Wire, WireError};
use super::{Event, What};
use crate::config::Config;
use kmipspec_protocol::operations::discover_versions;
use kmipspec_protocol::registry::{EndpointRole, Operation, ResultReason, ResultStatus};
use kmipspec_protocol::ttlv::{Doc, Limits};
use kmipspec_protocol::version::Version;

/// One way to one client, introduced.
pub(super) struct Link<'a> {
    /// The way.
    wire: Wire<'a>,
    /// Settings of the server.
    config: &'a Config,
    /// Version of the messages.
    version: Version,
    /// What the client told of itself.
    information: ClientInformation,
    /// Messages sent so far.
    number: u64,
}

/// What became of an event.
#[derive(Debug)]
pub(super) enum Delivered {
    /// The client has it.
    Acknowledged,
    /// The client does not want it.
    Refused(Option<ResultReason>, String),
    /// There was nothing to send: the version, the object or the client does not allow it.
    NotSent,
}

impl<'a> Link<'a> {
    /// Asks who is there (1.3 on): Discover Versions, unless the version is given, then Query.
    ///
    /// A client that does neither is spoken to all the same: before 1.3 there is nothing to ask with.
    pub(super) async fn introduce(
        wire: Wire<'a>,
        config: &'a Config,
        given: Option<Version>,
    ) -> Result<Self, WireError> {
        let mut ours: Vec<Version> = config.versions.iter().copied().filter(|v| *v <= Version::V2_1).collect();
        ours.sort_unstable_by(|a, b| b.cmp(a));
        let version = given.or(ours.first().copied()).unwrap_or(Version::V1_0);
        let mut link = Self { wire, config, version, information: ClientInformation::default(), number: 0 };
        if given.is_none() && link.version >= Version::V1_3 {
            link.choose_version(&ours).await?;
        }
        if link.version >= Version::V1_3 {
            link.query().await?;
        }
        Ok(link)
    }

    /// The version of the messages.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// The first version of the client's that is ours, too; if it names none, that of its answer.
    async fn choose_version(&mut self, ours: &[Version]) -> Result<(), WireError> {
        let request = message::discover_versions(self.head(), ours);
        let answer = self.wire.exchange(&request, &self.config.limits).await?;
        let doc = lenient(&answer);
        let reply = Reply::read(&doc, Operation::DISCOVER_VERSIONS).ok_or(WireError::NoAnswer)?;
        let told = match (reply.status, message::payload(&doc)) {
            (ResultStatus::SUCCESS, Some(payload)) => discover_versions::Response::decode(payload, self.version)
                .map(|r| r.protocol_versions)
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let known = |sent| ours.iter().copied().find(|v| kmipspec_protocol::version::ProtocolVersion::from(*v) == sent);
        if let Some(version) = told.into_iter().chain(reply.version).find_map(known) {
            self.version = version;
        }
        Ok(())
    }

    /// What the client can, for later decisions and the log.
    async fn query(&mut self) -> Result<(), WireError> {
        let request = message::query(self.head());
        let answer = self.wire.exchange(&request, &self.config.limits).await?;
        let doc = lenient(&answer);
        let reply = Reply::read(&doc, Operation::QUERY).ok_or(WireError::NoAnswer)?;
        if reply.status == ResultStatus::SUCCESS
            && let Some(payload) = message::payload(&doc)
            && let Ok(information) = ClientInformation::read(payload, self.version)
        {
            let ClientInformation { operations, object_types, vendor, profiles } = &information;
            tracing::info!(version = %self.version, vendor, ?operations, ?object_types, ?profiles, "a client told what it can");
            self.information = information;
        }
        Ok(())
    }

    /// Sends an event and waits until the client has acknowledged it (UG §4.3).
    pub(super) async fn deliver(&mut self, event: &Event, values: bool) -> Result<Delivered, WireError> {
        let object = &event.object;
        let (operation, request) = match &event.what {
            What::New { replaced } if self.information.holds(object.object_type.0) => {
                (Operation::PUT, message::put(self.head(), object, replaced.as_deref()))
            }
            What::New { .. } => (Operation::PUT, None),
            What::Changed { changed, deleted } => {
                (Operation::NOTIFY, message::notify(self.head(), object, changed, deleted, values))
            }
        };
        let Some(request) = request.filter(|_| self.information.takes(operation)) else {
            return Ok(Delivered::NotSent);
        };
        let request = self.config.quirks.pushed(request, &Limits::default());
        let reply = self.ask(&request, operation).await?;
        match reply.status {
            ResultStatus::SUCCESS => Ok(Delivered::Acknowledged),
            _ => Ok(Delivered::Refused(reply.reason, reply.message)),
        }
    }

    /// Asks the other side to be the client again (2.1 §6.2.5); whether it agrees.
    pub(super) async fn give_role_back(&mut self) -> Result<bool, WireError> {
        let request = message::set_endpoint_role(self.head(), EndpointRole::CLIENT);
        let reply = self.ask(&request, Operation::SET_ENDPOINT_ROLE).await?;
        Ok(reply.status == ResultStatus::SUCCESS)
    }

    /// One exchange.
    async fn ask(&mut self, request: &[u8], operation: Operation) -> Result<Reply, WireError> {
        let answer = self.wire.exchange(request, &self.config.limits).await?;
        Reply::read(&lenient(&answer), operation).ok_or(WireError::NoAnswer)
    }

    /// The header of the next message.
    fn head(&mut self) -> Head {
        self.number = self.number.saturating_add(1);
        Head { version: self.version, now: self.config.clock.now(), number: self.number }
    }

    /// Whether the way is still there.
    pub(super) async fn is_quiet(&mut self) -> bool {
        self.wire.is_quiet().await
    }

    /// Ends when the other side closes or speaks unasked.
    pub(super) async fn disturbed(&mut self) {
        self.wire.disturbed().await;
    }
}

/// An answer as it came.
fn lenient(answer: &[u8]) -> Doc<'_> {
    Doc::lenient(answer, &Limits::default())
}
