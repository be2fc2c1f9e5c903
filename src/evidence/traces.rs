//! The messages of an execution as files: hexadecimal, which `kmipspec decode` reads, and the XML of the published test cases.

use crate::report::json::{OneExchange, OneResult};
use crate::report::message;
use crate::report::text::printable;
use kmipspec_protocol::encoding::lexical::unhex;
use std::fmt::Write as _;

/// Characters of an id that a file name has.
const NAME: usize = 80;

/// `traces/01/000001-operations.query.two-functions-1.4-ttlv`: without ending; `n` numbers the executions of a run.
pub(super) fn path(run: usize, n: usize, result: &OneResult) -> String {
    let text = format!("{}-{}-{}", result.id, result.version, result.encoding);
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' };
    let name: String = text.chars().take(NAME).map(plain).collect();
    format!("traces/{run:02}/{n:06}-{name}")
}

/// Each message on a line of its own, with a line before it that says what it is.
pub(super) fn hex(result: &OneResult) -> String {
    let mut out = String::new();
    for (about, bytes) in result.transcript.iter().flat_map(messages) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "# {about}\n{bytes}");
    }
    out
}

/// The messages one after the other, as in the files that OASIS publishes; what has no form in XML is told in its place.
pub(super) fn xml(result: &OneResult) -> String {
    let mut out = "<KMIP>\n".to_owned();
    for (about, bytes) in result.transcript.iter().flat_map(messages) {
        let told = unhex(bytes).ok_or_else(|| "not hexadecimal".to_owned()).and_then(|bytes| message::as_xml(&bytes));
        let _ = match told {
            Ok(text) => write!(out, "<!-- {} -->\n{text}", comment(&about)),
            Err(why) => writeln!(out, "<!-- {} -->", comment(&format!("{about}: has no form in XML: {why}"))),
        };
    }
    out.push_str("</KMIP>\n");
    out
}

/// What stands in a comment: two hyphens would end it.
fn comment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '-' && out.ends_with('-') {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// The messages of an exchange that are there, in the order in which they travelled.
fn messages(exchange: &OneExchange) -> impl Iterator<Item = (String, &str)> {
    let (first, second) = if exchange.asked_by_peer {
        (("received", &exchange.received), ("sent", &exchange.sent))
    } else {
        (("sent", &exchange.sent), ("received", &exchange.received))
    };
    let about = format!("{}, as {}", exchange.step, exchange.identity);
    let both = [first, second].into_iter().filter(|(_, bytes)| !bytes.is_empty());
    both.map(move |(how, bytes)| (printable(&format!("{about}, {how}"), false), bytes.as_str()))
}

/// Whether some message shows a password or key material; none where a message is not hexadecimal.
pub(super) fn shows_secrets(result: &OneResult) -> Option<bool> {
    let mut shown = false;
    for bytes in result.transcript.iter().flat_map(|exchange| [&exchange.sent, &exchange.received]) {
        let bytes = unhex(bytes)?;
        shown |= message::covered(&bytes).0 != bytes;
    }
    Some(shown)
}
