//! Certificates as credentials of the channel, beyond those of the CA: Re-Provision makes new ones good and old ones no good (2.1 §6.1.48).

use crate::store::Transaction;
use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write;

/// Table of the records: the key is the fingerprint; the value begins with a plus and says whose it is, or is a minus.
const TABLE: &str = "channel";

/// What is known of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing: its chain decides.
    Unknown,
    /// It is this client's.
    Of(String),
    /// It was replaced.
    Replaced,
}

/// SHA-256 of a certificate (DER), in hexadecimal.
pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    digest(&SHA256, certificate).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is known of a certificate.
pub(crate) fn standing(transaction: &dyn Transaction, certificate: &[u8]) -> Standing {
    match transaction.record(TABLE, &fingerprint(certificate)).as_deref() {
        Some([b'+', name @ ..]) => Standing::Of(String::from_utf8_lossy(name).into_owned()),
        Some(_) => Standing::Replaced,
        None => Standing::Unknown,
    }
}

/// The new certificate is the client's from now on, the old one nobody's.
pub(crate) fn replace(transaction: &mut dyn Transaction, name: &str, old: &[u8], new: &[u8]) {
    transaction.put_record(TABLE, &fingerprint(old), Some(b"-"));
    transaction.put_record(TABLE, &fingerprint(new), Some(format!("+{name}").as_bytes()));
}

/// Whether a certificate that was admitted here is this client's.
pub(crate) fn is_taken(transaction: &dyn Transaction, name: &str) -> bool {
    transaction.records(TABLE).iter().any(|(_, value)| value.strip_prefix(b"+") == Some(name.as_bytes()))
}
