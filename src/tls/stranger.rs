//! What a host is that did not answer a ClientHello in TLS: several ways to speak to it, side by side.

use super::enumerate::codes;
use super::hello::Hello;
use super::observation::{Answer, Host, Stranger};
use super::prober::{Prober, Until};
use super::version::TlsVersion;
use kmipspec_protocol::registry::{Operation, tag};
use kmipspec_protocol::ttlv::Item;
use std::sync::Arc;

/// Looks at the host: one hello, and if that is not answered in TLS everything else it might understand.
pub(super) async fn look(prober: &Arc<Prober>) -> Host {
    let suites = codes(TlsVersion::Tls13);
    let hello = Hello::offering_all_versions(&suites, prober.server_name.as_deref());
    let (answer, flight) = prober.ask(&hello.encode(), Until::Hello).await;
    if flight.hello.is_some() || flight.alert.is_some() || flight.ssl2_error.is_some() {
        return Host::Tls;
    }
    match answer {
        Answer::Refused => {
            return Host::Unreachable { because: "connection refused: nothing listens there".to_owned() };
        }
        Answer::Failed { because } => return Host::Unreachable { because },
        Answer::NotAsked => return Host::Unreachable { because: "no connection is allowed".to_owned() },
        _ => {}
    }
    let suites12 = codes(TlsVersion::Tls12);
    let kinds = codes(TlsVersion::Ssl2);
    let query = query();
    // An old server may hang on a hello of TLS 1.3; others speak before they are spoken to, or when spoken to in their own way.
    let (tls10, ssl3, ssl2, banner, http, kmip) = tokio::join!(
        prober.offer(TlsVersion::Tls10, &suites12, Until::Hello),
        prober.offer(TlsVersion::Ssl3, suites12.get(..64).unwrap_or(&suites12), Until::Hello),
        prober.offer(TlsVersion::Ssl2, &kinds, Until::Hello),
        prober.ask(&[], Until::Bytes),
        prober.ask(b"GET / HTTP/1.0\r\n\r\n", Until::Bytes),
        prober.ask(&query, Until::Bytes),
    );
    let hellos = [(answer, flight), tls10, ssl3, ssl2];
    let answers_tls = |f: &super::flight::Flight| {
        f.hello.is_some() || f.alert.is_some() || f.ssl2.is_some() || f.ssl2_error.is_some()
    };
    if hellos.iter().any(|(_, flight)| answers_tls(flight)) {
        return Host::Tls;
    }
    // What it says to its own kind tells more than what it says to a hello.
    let others = [banner, http, kmip];
    let mut first = None;
    for (_, flight) in others.iter().chain(&hellos).filter(|(_, flight)| flight.is_other()) {
        let what = super::flight::stranger(&flight.first);
        let bytes = crate::report::text::hex(flight.first.get(..16).unwrap_or(&flight.first));
        if what != Stranger::Unknown {
            return Host::NotTls { what, first: bytes };
        }
        first.get_or_insert(bytes);
    }
    if let Some(first) = first {
        return Host::NotTls { what: Stranger::Unknown, first };
    }
    let began = hellos.iter().map(|(_, flight)| flight.received).max().unwrap_or(0);
    if began > 0 {
        return Host::Stalls { after: began };
    }
    let closes = |answer: &Answer| matches!(answer, Answer::Closed { .. } | Answer::Reset);
    if hellos.iter().any(|(answer, _)| closes(answer)) { Host::Closes } else { Host::Silent }
}

/// A Query of KMIP 1.0, which changes nothing.
fn query() -> Vec<u8> {
    let version = vec![Item::integer(tag::PROTOCOL_VERSION_MAJOR, 1), Item::integer(tag::PROTOCOL_VERSION_MINOR, 0)];
    let header = vec![Item::structure(tag::PROTOCOL_VERSION, version), Item::integer(tag::BATCH_COUNT, 1)];
    let payload = vec![Item::enumeration(tag::QUERY_FUNCTION, 1)];
    let item =
        vec![Item::enumeration(tag::OPERATION, Operation::QUERY.0), Item::structure(tag::REQUEST_PAYLOAD, payload)];
    let message = vec![Item::structure(tag::REQUEST_HEADER, header), Item::structure(tag::BATCH_ITEM, item)];
    Item::structure(tag::REQUEST_MESSAGE, message).encode()
}
