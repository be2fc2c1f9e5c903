//! What is in an archive: `manifest.json`, its first file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Number of the format of [`Manifest`]; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// Its name, and those of the files that are always there.
pub const MANIFEST: &str = "manifest.json";
/// What the vendor says of the product.
pub const SHEET: &str = "product.yaml";
/// How the server was reached.
pub const CONFIGURATION: &str = "configuration.json";
/// The folder of the results; the first file in it is [`FIRST_RESULTS`].
pub const RESULTS: &str = "results/";
/// The results of the first run.
pub const FIRST_RESULTS: &str = "results/01.json";

/// Everything in the archive but the manifest itself.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Manifest {
    /// Number of this format.
    pub format: u32,
    /// Version of kmipspec that packed.
    pub kmipspec: String,
    /// SHA-256 of the cases built into it, in hexadecimal.
    pub case_set: String,
    /// Passwords and key material are overwritten in every message.
    pub secrets_covered: bool,
    /// Every file, in the order of the archive.
    pub files: Vec<File>,
}

/// A file of the archive.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct File {
    /// Its path in the archive, below the archive's one folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The JSON Schema of [`Manifest`], ready to print.
pub fn schema() -> String {
    crate::report::json::schema_of::<Manifest>()
}
