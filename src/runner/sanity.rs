//! Is the peer there, and will it talk to us? Asked before the first case, after the last, and whenever a case found nobody.

use super::message::{self, Answer};
use crate::client::session::Options;
use crate::client::{ConnectError, Encoding, Session};
use crate::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, QueryFunction, ResultReason, tag};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::fmt;

/// Why nothing can be found out about the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SanityError {
    /// No connection.
    Connect {
        /// Who tried.
        identity: String,
        /// Why not.
        error: ConnectError,
    },
    /// A connection, but no answer to Query.
    NoAnswer {
        /// Who asked.
        identity: String,
        /// How.
        encoding: Encoding,
        /// What came instead.
        fate: Fate,
    },
    /// An answer that is no Response Message.
    NotAResponse,
    /// Query failed at every version that was asked for.
    Refused {
        /// What each version got.
        answers: Vec<(Version, String)>,
        /// Whether authentication was the reason given.
        authentication: bool,
    },
}

impl fmt::Display for SanityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { identity, error } => {
                write!(f, "{error}")?;
                match error {
                    ConnectError::Alert(_) => write!(f, "; is the certificate of {identity} the right one?"),
                    ConnectError::Certificate(_) => f.write_str("; does --ca name the right authority?"),
                    _ => Ok(()),
                }
            }
            Self::NoAnswer { identity, encoding, fate } => match fate {
                Fate::Answered => f.write_str("the answer to Query could not be used"),
                Fate::Closed { after: 0 } => {
                    write!(f, "the peer closed the connection instead of answering Query (as {identity})")
                }
                Fate::Closed { after } => {
                    write!(f, "the peer closed the connection after {after} bytes of an answer to Query")
                }
                Fate::Alert(alert) => write!(
                    f,
                    "the peer answered Query with TLS alert {alert}; is the certificate of {identity} the right one?"
                ),
                Fate::TimedOut { after: 0 } => f.write_str("no answer to Query in time"),
                Fate::TimedOut { after } => write!(f, "only {after} bytes of an answer to Query in time"),
                Fate::NotTtlv(why) if encoding.is_http() => {
                    write!(f, "the peer speaks TLS, but not KMIP over HTTPS ({encoding}): {why}")
                }
                Fate::NotTtlv(why) => write!(f, "the peer speaks TLS, but not TTLV: {why}"),
                Fate::Failed(why) => write!(f, "the exchange failed: {why}"),
            },
            Self::NotAResponse => f.write_str("the peer answered Query with a message that is no Response Message"),
            Self::Refused { answers, authentication } => {
                f.write_str("the peer refused Query at every version asked for")?;
                for (version, answer) in answers {
                    write!(f, "; {version}: {answer}")?;
                }
                if *authentication {
                    f.write_str("; are certificate, user name and password right?")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for SanityError {}

/// What Query at one version gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum QueryAnswer {
    /// Success; the answer is in the transcript at this place.
    Listed(usize),
    /// The peer is alive and knows the version, but has no Query.
    NoQuery,
    /// It refused.
    Refused { text: String, authentication: bool },
}

/// Sends Query (operations, objects, server information) at a version.
pub(super) async fn query(
    session: &mut Session,
    identity: &str,
    version: Version,
    new_connection: bool,
) -> Result<QueryAnswer, SanityError> {
    let functions =
        [QueryFunction::QUERY_OPERATIONS, QueryFunction::QUERY_OBJECTS, QueryFunction::QUERY_SERVER_INFORMATION];
    let payload = functions.iter().map(|f| Item::enumeration(tag::QUERY_FUNCTION, f.0)).collect();
    let authentication = authentication_of(session, identity);
    let bytes = message::request(version, authentication.as_ref(), Operation::QUERY, payload);
    let options = Options { new_connection, ..Options::new("sanity", identity) };
    let place = session.exchange_again(options, bytes).await;
    if let Some(error) = session.take_connect_error() {
        return Err(SanityError::Connect { identity: identity.to_owned(), error });
    }
    let Some(exchange) = session.transcript().get(place) else { return Err(SanityError::NotAResponse) };
    if exchange.fate != Fate::Answered {
        return Err(SanityError::NoAnswer {
            identity: identity.to_owned(),
            encoding: session.encoding(),
            fate: exchange.fate.clone(),
        });
    }
    let answer = Answer::read(&message::tree(&exchange.received));
    if !answer.is_response {
        return Err(SanityError::NotAResponse);
    }
    if answer.succeeded() {
        return Ok(QueryAnswer::Listed(place));
    }
    Ok(match answer.reason {
        Some(ResultReason::OPERATION_NOT_SUPPORTED) => QueryAnswer::NoQuery,
        reason => QueryAnswer::Refused {
            text: answer.describe(),
            authentication: reason == Some(ResultReason::AUTHENTICATION_NOT_SUCCESSFUL),
        },
    })
}

/// Whether the peer still answers, on a connection of its own.
pub(super) async fn check(session: &mut Session, version: Version) -> Result<(), SanityError> {
    let identity = session.target().default_identity().to_owned();
    // Any well-formed answer will do: the peer is there, and that is all that is asked here.
    query(session, &identity, version, true).await.map(|_| ())
}

/// The Authentication structure for an identity with a password.
pub(super) fn authentication_of(session: &Session, identity: &str) -> Option<Item> {
    let identity = session.target().identity(identity)?;
    identity.password.as_ref().filter(|_| !identity.withholds_password).map(message::authentication)
}
