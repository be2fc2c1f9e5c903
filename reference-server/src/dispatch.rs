//! From a message to its answer: codec, header, version, authentication, header options, then item by item (../shared/tls.md section 2).

use crate::auth;
use crate::batch::{self, Batch};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::header::{self, Header};
use crate::respond::{self, ResponseHeader};
use crate::store::{MemoryStore, Store};
use kmipspec_protocol::registry::{Operation, ResultReason, tag};
use kmipspec_protocol::ttlv::{Doc, Item, ItemRef, Limits};
use kmipspec_protocol::version::{ProtocolVersion, Version};
use std::time::Duration;

/// The server without its sockets.
#[derive(Debug)]
pub(crate) struct Core {
    /// Settings.
    config: Config,
    /// Managed objects.
    store: Box<dyn Store>,
    /// Bounds for the decoder.
    limits: Limits,
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
    /// An empty server.
    pub(crate) fn new(config: Config) -> Self {
        let limits = Limits {
            max_size: config.limits.message_size,
            max_depth: config.limits.depth,
            max_items: config.limits.items,
            ..Limits::default()
        };
        Self { config, store: Box::<MemoryStore>::default(), limits }
    }

    /// Settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Answers one whole message; `client` is what the TLS channel says of the peer.
    pub(crate) fn answer(&self, message: &[u8], client: Option<&str>) -> Answer {
        match Doc::strict(message, &self.limits) {
            Ok(doc) => Answer { bytes: self.request(&doc, client), close: false },
            Err(diag) => {
                let doc = Doc::lenient(message, &self.limits);
                if batch::damage_is_inside_payloads(&doc) {
                    return Answer { bytes: self.request(&doc, client), close: false };
                }
                let version = self.version_for_refusal(header::protocol_version(&doc));
                // 2.1 §11.46: after a codec error the connection should be closed, what follows cannot be trusted.
                let failure = Failure::by_version(
                    version,
                    ResultReason::INVALID_MESSAGE,
                    ResultReason::CODEC_ERROR,
                    format!("the message is no TTLV: {diag}"),
                );
                Answer { bytes: self.refuse(version, None, &failure), close: version >= Version::V2_0 }
            }
        }
    }

    /// Answers a message that is longer than the limit, or cut short, of which only the start is known; the connection ends.
    pub(crate) fn refuse_size(&self, start: &[u8]) -> Answer {
        let version = self.version_for_refusal(header::protocol_version(&Doc::lenient(start, &self.limits)));
        let failure = Failure::invalid_message("the message is longer than this server takes, or was cut short");
        Answer { bytes: self.refuse(version, None, &failure), close: true }
    }

    /// A message that is TTLV, at least as far as its batch items.
    fn request(&self, doc: &Doc<'_>, client: Option<&str>) -> Vec<u8> {
        let Some(stated) = header::protocol_version(doc) else {
            let failure = Failure::invalid_message("no Protocol Version in the Request Header");
            return self.refuse(self.version_for_refusal(None), None, &failure);
        };
        let Some(version) = self.version_for(stated) else {
            let version = self.version_for_refusal(Some(stated));
            // 1.4 §11.1: header and a Batch Item without Operation; 2.x has a reason for it.
            let failure = Failure::by_version(
                version,
                ResultReason::INVALID_MESSAGE,
                ResultReason::UNSUPPORTED_PROTOCOL_VERSION,
                format!("protocol version {stated} is not supported"),
            );
            return self.refuse(version, None, &failure);
        };
        if stated.known() != Some(version) {
            // 1.4 §11.1: same major, other minor: what we do not understand is ignored, the rest is processed.
            if let Some(known) = without_unknown_fields(doc, version) {
                if let Ok(doc) = Doc::strict(&known, &self.limits) {
                    return self.known_version(&doc, version, client);
                }
            }
        }
        self.known_version(doc, version, client)
    }

    /// A request at a version we know: header, then batch.
    fn known_version(&self, doc: &Doc<'_>, version: Version, client: Option<&str>) -> Vec<u8> {
        let parts = match self.parts(doc, version) {
            Ok(parts) => parts,
            Err(failure) => return self.refuse(version, None, &failure),
        };
        let correlation = parts.header.client_correlation_value;
        match self.admitted(&parts, version, client) {
            Ok(client) => self.batch(&parts, version, client),
            Err(failure) => self.refuse(version, correlation, &failure),
        }
    }

    /// Envelope and header.
    fn parts<'d>(&self, doc: &'d Doc<'_>, version: Version) -> Outcome<Parts<'d>> {
        let root = doc.root().filter(|root| root.tag() == tag::REQUEST_MESSAGE);
        let root = root.ok_or_else(|| Failure::invalid_message("this is no Request Message"))?;
        let mut children = root.children();
        let header = children.next().filter(|item| item.tag() == tag::REQUEST_HEADER);
        let header = header.ok_or_else(|| Failure::invalid_message("the Request Header is missing"))?;
        let header = header::decode(header, version)?;
        let items: Vec<ItemRef<'d>> = children.collect();
        if items.iter().any(|item| item.tag() != tag::BATCH_ITEM) {
            return Err(Failure::invalid_message("only Batch Items may follow the Request Header"));
        }
        if usize::try_from(header.batch_count).ok() != Some(items.len()) || items.is_empty() {
            return Err(Failure::invalid_message(format!(
                "Batch Count is {}, but there are {} batch items",
                header.batch_count,
                items.len()
            )));
        }
        Ok(Parts { header, items, damaged: !doc.diags().is_empty() })
    }

    /// Authentication, then the options of the header, then what must be true of all items; gives the identity.
    fn admitted<'a>(&'a self, parts: &Parts<'_>, version: Version, client: Option<&'a str>) -> Outcome<&'a str> {
        let header = &parts.header;
        let identity = auth::authenticate(&self.config, client, header.authentication)?;
        let Some(identity) = identity.or_else(|| batch::needs_no_identity(&parts.items).then_some("")) else {
            return Err(auth::refused());
        };
        if header.asynchronous_only {
            return Err(Failure::new(ResultReason::FEATURE_NOT_SUPPORTED, "asynchronous processing is not supported"));
        }
        if let (Some(tolerance), Some(stamp)) = (self.config.time_stamp_tolerance, header.time_stamp) {
            if Duration::from_secs(stamp.abs_diff(self.config.clock.now())) > tolerance {
                return Err(Failure::invalid_field("the time stamp is too far from the server's time"));
            }
        }
        if parts.items.len() > self.config.limits.batch_items {
            return Err(Failure::by_version(
                version,
                ResultReason::GENERAL_FAILURE,
                ResultReason::SERVER_LIMIT_EXCEEDED,
                "more batch items than this server takes",
            ));
        }
        batch::check_identifiers(&parts.items)?;
        batch::check_extensions(&parts.items, version)?;
        Ok(identity)
    }

    /// Runs the batch and writes its answer.
    fn batch(&self, parts: &Parts<'_>, version: Version, client: &str) -> Vec<u8> {
        let now = self.config.clock.now();
        let header = ResponseHeader { version, now, client_correlation_value: parts.header.client_correlation_value };
        let batch = Batch {
            config: &self.config,
            store: self.store.as_ref(),
            version,
            client,
            now,
            header: &parts.header,
            overhead: header.size(),
            damaged: parts.damaged,
        };
        respond::message(&header, &batch.run(&parts.items))
    }

    /// One Batch Item without Operation that fails.
    fn refuse(&self, version: Version, client_correlation_value: Option<&str>, failure: &Failure) -> Vec<u8> {
        let now = self.config.clock.now();
        respond::message(&ResponseHeader { version, now, client_correlation_value }, &[respond::refusal(failure)])
    }

    /// The version whose rules apply to a request: its own, or the newest of ours below it with the same major number.
    fn version_for(&self, stated: ProtocolVersion) -> Option<Version> {
        self.config.newest_up_to(stated.major, stated.minor)
    }

    /// The version to answer in when the request's is not ours: the newest not above it, else our oldest.
    fn version_for_refusal(&self, stated: Option<ProtocolVersion>) -> Version {
        let versions = self.config.versions.iter().copied();
        let below = stated.and_then(|s| versions.clone().filter(|v| ProtocolVersion::from(*v) <= s).max());
        below.or_else(|| versions.min()).unwrap_or(Version::V1_0)
    }
}

/// A request, taken apart.
struct Parts<'d> {
    /// Its header.
    header: Header<'d>,
    /// Its batch items.
    items: Vec<ItemRef<'d>>,
    /// Something inside a batch item is no TTLV.
    damaged: bool,
}

/// The message without the items whose tags the version does not have; none when there is nothing to take out.
fn without_unknown_fields(doc: &Doc<'_>, version: Version) -> Option<Vec<u8>> {
    let known = |tag| kmipspec_protocol::registry::tag_row(tag).is_some_and(|row| row.exists(version));
    if doc.items().all(|item| known(item.tag())) {
        return None;
    }
    let mut message = Item::from_ref(doc.root()?);
    let mut open = vec![&mut message];
    while let Some(item) = open.pop() {
        if let Some(children) = item.items_mut() {
            children.retain(|child| known(child.tag));
            open.extend(children.iter_mut());
        }
    }
    Some(message.encode())
}

/// Operations that interrogate the server need no identity (1.4 §6.6: they should not require authentication).
pub(crate) fn is_open(operation: Operation) -> bool {
    matches!(operation, Operation::QUERY | Operation::DISCOVER_VERSIONS)
}
