//! Operations Query does not name: are they there all the same? Asked with an identifier no object has, so nothing changes.

use super::capability::Capabilities;
use super::message;
use super::sanity::authentication_of;
use crate::client::Session;
use crate::client::session::Options;
use crate::runner::event::Fate;
use kmipspec_protocol::registry::{Operation, enumeration_named, tag};
use kmipspec_protocol::ttlv::Item;

/// Operations whose request with an unknown identifier cannot change anything.
const HARMLESS: [Operation; 6] = [
    Operation::GET,
    Operation::GET_ATTRIBUTES,
    Operation::GET_ATTRIBUTE_LIST,
    Operation::CHECK,
    Operation::ACTIVATE,
    Operation::OBTAIN_LEASE,
];

/// Sends each that is not named, at each version; the answers stay in the transcript for the standing rules.
pub(super) async fn unlisted(session: &mut Session, said: &Capabilities, run_id: &str) {
    let identity = session.target().default_identity().to_owned();
    let published = enumeration_named("Operation");
    for &version in said.versions.keys() {
        for operation in HARMLESS {
            let exists = published.is_some_and(|e| e.valid(operation.0, version));
            if !exists || said.advertises(version, operation) != Some(false) {
                continue;
            }
            let nobody = Item::text(tag::UNIQUE_IDENTIFIER, format!("{run_id}-no-such-object"));
            let authentication = authentication_of(session, &identity);
            let bytes = message::request(version, authentication.as_ref(), operation, vec![nobody]);
            let place = session.exchange_again(Options::new("probe", &identity), bytes).await;
            // Whoever hangs up or falls silent at this is not asked further.
            if session.transcript().get(place).is_none_or(|e| e.fate != Fate::Answered) {
                return;
            }
        }
    }
}
