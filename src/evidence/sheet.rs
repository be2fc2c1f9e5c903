//! The product sheet: who was judged, in the vendor's words.
//!
//! ```yaml
//! product: Example KMS
//! version: "3.1"
//! vendor: Example Inc.
//! role: server                 # or client
//! contact: kmip@example.com    # from here on as you like
//! build: 3.1.0-rc2, FIPS mode
//! profiles: [Baseline Server 2.1]
//! notes: behind a load balancer
//! ```

use crate::scenario::diagnostic::{Diagnostic, Source};
use crate::scenario::parse;
use serde::Deserialize;
use std::sync::Arc;

/// The longest sheet, in bytes.
pub const MAX: u64 = 64 * 1024;

/// What the vendor says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Name of the product.
    pub product: String,
    /// Its version.
    pub version: String,
    /// Who makes it.
    pub vendor: String,
    /// What it is in KMIP.
    pub role: Role,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Which build, in which mode.
    pub build: Option<String>,
    /// Conformance profiles that the vendor claims.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What else a reader should know.
    pub notes: Option<String>,
}

/// What a product is in KMIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It answers.
    Server,
    /// It asks.
    Client,
}

impl Sheet {
    /// Reads one; `file` is its name in what is said of it.
    pub fn read(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let source = Arc::new(Source { file: file.to_owned(), text: text.to_owned() });
        let sheet: Self = parse::read(&source)?;
        for (key, value) in [("product", &sheet.product), ("version", &sheet.version), ("vendor", &sheet.vendor)] {
            if value.trim().is_empty() {
                let start = crate::scenario::diagnostic::Place::start_of(&source);
                return Err(Diagnostic::new(&start, format!("`{key}` is empty: fill in the sheet")));
            }
        }
        Ok(sheet)
    }
}
