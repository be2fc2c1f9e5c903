//! The journal: every request and its answer as one line of JSON, in the file before the answer leaves. For client authors.

use crate::peer::Peer;
use kmipspec_protocol::encoding::{dump, xml};
use kmipspec_protocol::registry::{Operation, ResultReason, ResultStatus, tag};
use kmipspec_protocol::ttlv::{Doc, ItemRef, Limits};
use kmipspec_protocol::version::ProtocolVersion;
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Why there is no journal.
#[derive(Debug)]
pub struct JournalError(PathBuf, io::Error);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write the journal {}: {}", self.0.display(), self.1)
    }
}

impl std::error::Error for JournalError {}

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Where it is.
    path: PathBuf,
    /// The file; one line at a time.
    file: Mutex<File>,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    /// Number of the exchange, from 1, over all connections.
    number: u64,
    /// When the request had arrived: the machine's time, RFC 3339, whatever clock the server is given.
    time: String,
    /// Microseconds from request to answer, waiting for the disk included.
    micros: u128,
    /// Number of the connection, from 1.
    connection: u64,
    /// Address of the peer.
    peer: Option<String>,
    /// Common name of the client certificate.
    certificate: Option<&'a str>,
    /// Protocol Version of the request.
    version: Option<String>,
    /// What came.
    request: Message,
    /// What went back.
    response: Message,
    /// What became of each batch item.
    results: Vec<ItemResult>,
}

/// A message, as it was and readable.
#[derive(Serialize)]
struct Message {
    /// Hexadecimal.
    hex: String,
    /// The XML encoding, without line breaks; absent when the message cannot be written in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    xml: Option<String>,
    /// In place of it: one line for each item, faults in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What became of one batch item.
#[derive(Serialize)]
struct ItemResult {
    /// Operation, by name.
    operation: Option<String>,
    /// Result Status, by name.
    status: Option<String>,
    /// Result Reason, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Result Message.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Journal {
    /// Opens a file to write at its end; makes it, readable by its owner alone, if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(|e| JournalError(path.to_owned(), e))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Writes one exchange.
    pub(crate) fn write(&self, number: u64, took: Duration, peer: &Peer, request: &[u8], response: &[u8]) {
        if let Err(e) = self.line(number, took, peer, request, response) {
            tracing::error!(journal = %self.path.display(), error = %e, "the journal cannot be written");
        }
    }

    /// One line, at once: whoever has the answer finds it in the file.
    fn line(&self, number: u64, took: Duration, peer: &Peer, request: &[u8], response: &[u8]) -> io::Result<()> {
        let limits = Limits::default();
        let (asked, answered) = (Doc::lenient(request, &limits), Doc::lenient(response, &limits));
        let arrived = jiff::Timestamp::now().checked_sub(took).unwrap_or_else(|_| jiff::Timestamp::now());
        let line = Line {
            number,
            time: format!("{arrived:.6}"),
            micros: took.as_micros(),
            connection: peer.connection,
            peer: peer.address.map(|address| address.to_string()),
            certificate: peer.name.as_deref(),
            version: ProtocolVersion::in_header(&asked, tag::REQUEST_HEADER).map(|version| version.to_string()),
            request: Message::of(&asked),
            response: Message::of(&answered),
            results: results(&answered),
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text)
    }
}

impl Message {
    /// From bytes.
    fn of(doc: &Doc<'_>) -> Self {
        let hex = doc.bytes().iter().fold(String::new(), |mut text, byte| {
            use fmt::Write;
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let sound = doc.diags().is_empty();
        let xml = xml::write(doc).ok().filter(|_| sound).map(|xml| xml.lines().map(str::trim_start).collect());
        let text = xml.is_none().then(|| dump::tree(doc, &dump::Options::default()));
        Self { hex, xml, text }
    }
}

/// What a response says of each batch item.
fn results(response: &Doc<'_>) -> Vec<ItemResult> {
    let items = response.root().into_iter().flat_map(ItemRef::children).filter(|item| item.tag() == tag::BATCH_ITEM);
    let named = |item: ItemRef<'_>, tag, name: fn(u32) -> Option<&'static str>| {
        let number = item.child(tag).and_then(ItemRef::as_u32)?;
        Some(name(number).map_or_else(|| format!("0x{number:08X}"), str::to_owned))
    };
    let result = |item| ItemResult {
        operation: named(item, tag::OPERATION, |number| Operation(number).name()),
        status: named(item, tag::RESULT_STATUS, |number| ResultStatus(number).name()),
        reason: named(item, tag::RESULT_REASON, |number| ResultReason(number).name()),
        message: item.child(tag::RESULT_MESSAGE).and_then(ItemRef::as_text).map(str::to_owned),
    };
    items.map(result).collect()
}
