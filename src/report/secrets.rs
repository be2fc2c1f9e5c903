//! Secrets are covered once, before any report sees an event: in messages, and in what is said of them.
//!
//! What counts as a secret is the business of `message.rs`. Reports that show messages say that something is covered, and how to see it.

use super::Sink;
use super::message::{self, is_secret};
use crate::runner::event::{Event, Execution};
use std::io;

/// What stands in place of a secret.
const COVERED: &str = "(covered)";

/// Shorter values stand in too many texts by chance.
const MIN_SECRET: usize = 4;

/// Bytes of a value that tell it: texts cut long values.
const TELLING: usize = 8;

/// Hexadecimal digits in a row that are taken for a value where the item in question is a secret.
const MIN_DIGITS: usize = 8;

/// The sink that passes every event on with its secrets covered.
pub struct Covered {
    sinks: Vec<Box<dyn Sink>>,
}

impl Covered {
    /// Around all sinks of a run.
    pub fn new(sinks: Vec<Box<dyn Sink>>) -> Self {
        Self { sinks }
    }
}

impl Sink for Covered {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let told = match event {
            Event::CaseFinished(execution) => &Event::CaseFinished(Box::new(execution_covered(execution))),
            Event::RunStarted(_)
            | Event::CaseStarted { .. }
            | Event::Notice(_)
            | Event::Profiles(_)
            | Event::Tls(_)
            | Event::RunFinished(_) => event,
        };
        let mut result = Ok(());
        for sink in &mut self.sinks {
            let taken = sink.event(told);
            result = result.and(taken);
        }
        result
    }
}

/// An execution without its secrets.
fn execution_covered(execution: &Execution) -> Execution {
    let mut e = execution.clone();
    let mut known: Vec<Vec<u8>> = Vec::new();
    for exchange in &mut e.transcript {
        for bytes in [&mut exchange.sent, &mut exchange.received] {
            learn(&mut known, bytes);
        }
    }
    for finding in &mut e.findings {
        for text in [&mut finding.expected, &mut finding.actual] {
            *text = told_of(text, &finding.path, &known);
        }
    }
    if let Some(reason) = &mut e.reason {
        *reason = text_covered(reason, &known);
    }
    e
}

/// Covers the secrets of a message, and adds them to those that are known.
fn learn(known: &mut Vec<Vec<u8>>, bytes: &mut [u8]) {
    message::cover(bytes, |secret| {
        if secret.len() >= MIN_SECRET && !known.iter().any(|k| k == secret) {
            known.push(secret.to_vec());
        }
    });
}

/// What is said of the item at `path`, without the secrets of these messages.
pub fn told(text: &str, path: &str, messages: &[&[u8]]) -> String {
    let mut known = Vec::new();
    messages.iter().for_each(|bytes| learn(&mut known, &mut bytes.to_vec()));
    told_of(text, path, &known)
}

/// The same, the secrets being known.
fn told_of(text: &str, path: &str, known: &[Vec<u8>]) -> String {
    let text = text_covered(text, known);
    if path.split(['/', '[']).any(is_secret) { digits_covered(&text, MIN_DIGITS) } else { text }
}

/// Covers each value, written as hexadecimal or as text.
fn text_covered(text: &str, known: &[Vec<u8>]) -> String {
    let mut text = text.to_owned();
    for secret in known {
        let digits = super::text::hex(secret.get(..TELLING).unwrap_or(secret));
        // ASCII letters change case without changing place.
        while let Some(at) = text.to_ascii_lowercase().find(&digits) {
            let run = text.get(at..).map_or(0, run_of_digits);
            text.replace_range(at..at.saturating_add(run), COVERED);
        }
        if let Ok(plain) = std::str::from_utf8(secret) {
            text = text.replace(plain, COVERED);
        }
    }
    text
}

/// Covers every long run of hexadecimal digits.
fn digits_covered(text: &str, min: usize) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let run = run_of_digits(rest);
        let (head, tail) = rest.split_at(run.max(first.len_utf8()));
        out.push_str(if run >= min { COVERED } else { head });
        rest = tail;
    }
    out
}

/// How many hexadecimal digits a text begins with; each is a byte long.
fn run_of_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_hexdigit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::runner::verdict::Verdict;
    use kmipspec_protocol::registry::tag;
    use kmipspec_protocol::ttlv::Item;
    use kmipspec_protocol::version::Version;

    /// Keeps what it is told.
    struct Kept(std::rc::Rc<std::cell::RefCell<Vec<Execution>>>);

    impl Sink for Kept {
        fn event(&mut self, event: &Event) -> io::Result<()> {
            if let Event::CaseFinished(e) = event {
                self.0.borrow_mut().push((**e).clone());
            }
            Ok(())
        }
    }

    #[test]
    fn no_sink_sees_a_secret_in_whatever_form_it_is_told() {
        let key = [0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4];
        let mut e = fixture::execution("a.b", Version::V1_4, Verdict::Fail);
        let exchange = e.transcript.first_mut().expect("one");
        exchange.received = Item::bytes(tag::KEY_MATERIAL, key.to_vec()).encode();
        let finding = e.findings.first_mut().expect("one");
        finding.expected =
            "KeyMaterial = 0F1E2D3C4B5A697887... (12 bytes), or 0f1e2d3c4b5a69788796a5b4 in §4.22".to_owned();
        finding.actual = "Password \"hunter2\" of alice".to_owned();
        e.reason = Some("hunter2 is no password".to_owned());
        let out = std::rc::Rc::default();
        let mut covered = Covered::new(vec![Box::new(Kept(std::rc::Rc::clone(&out)))]);
        covered.event(&Event::CaseFinished(Box::new(e.clone()))).expect("kept");
        let out = out.borrow();
        let told = out.first().expect("one");
        let finding = told.findings.first().expect("one");
        assert_eq!(finding.expected, "KeyMaterial = (covered)... (12 bytes), or (covered) in §4.22");
        assert_eq!(finding.actual, "Password \"(covered)\" of alice");
        assert_eq!(told.reason.as_deref(), Some("(covered) is no password"));
        let exchange = told.transcript.first().expect("one");
        assert_eq!(exchange.received.get(8..20), Some(&b"************"[..]));
        assert!(!exchange.sent.windows(7).any(|w| w == b"hunter2"));
    }

    #[test]
    fn what_should_have_come_in_a_secret_is_covered_too() {
        let mut e = fixture::execution("a.b", Version::V1_4, Verdict::Fail);
        let finding = e.findings.first_mut().expect("one");
        finding.path =
            "ResponseMessage/BatchItem[0]/ResponsePayload/SymmetricKey/KeyBlock/KeyValue/KeyMaterial".to_owned();
        finding.expected = "KeyMaterial = 00112233445566778899AABBCCDDEEFF (16 bytes)".to_owned();
        finding.actual = "no KeyMaterial, offset 1234567".to_owned();
        let told = execution_covered(&e);
        let finding = told.findings.first().expect("one");
        assert_eq!(finding.expected, "KeyMaterial = (covered) (16 bytes)");
        assert_eq!(finding.actual, "no KeyMaterial, offset 1234567");
    }
}
