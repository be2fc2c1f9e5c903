//! The engine of fuzzing and what the fuzz targets check, all callable without a fuzzer: by `fuzz/`, by `tests/harness/fuzzing/regressions.rs`,
//! by what fuzzes over the wire.
//!
//! A check takes any bytes and panics when a promise is broken; the panic is the finding, and begins with the id of its
//! [`Oracle`]. The pieces beneath are plain functions: [`mutate`] makes inputs from inputs, [`script`] is the container of
//! conversations, [`oracles`] judges exchanges whoever had them, [`minimise`] makes a finding small, [`seeds`] are where it begins.

pub mod lives;
pub mod minimise;
pub mod mutate;
pub mod naive;
pub mod oracle;
pub mod oracles;
pub mod script;
pub mod seeds;
pub mod server;
pub mod wire;

pub mod as_server;
mod client_response;
mod decode_dump;
mod framing;
mod schema_check;
mod text;
mod ttlv_decode;
mod ttlv_vs_ref;
mod yaml_scenario;

pub use client_response::client_response;
pub use decode_dump::decode_dump;
pub use framing::framing;
pub use oracle::Oracle;
pub use schema_check::schema_check;
pub use server::{server_one, server_seq};
pub use text::{json_decode, xml_decode};
pub use ttlv_decode::{ttlv_decode, ttlv_tree};
pub use ttlv_vs_ref::ttlv_vs_ref;
pub use yaml_scenario::yaml_scenario;

/// Where bytes have these in them. Comparing all of them at each place would be a tenth of the time of a fuzzer.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let (first, rest) = what.split_first()?;
    let here = |at: usize| bytes.get(at + 1..).is_some_and(|behind| behind.starts_with(rest));
    bytes.iter().enumerate().find(|(at, byte)| *byte == first && here(*at)).map(|(at, _)| at)
}

/// One fuzz target: its name is that of its file in `fuzz/fuzz_targets` and of its folders of seeds and regressions.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Its name.
    pub name: &'static str,
    /// What it checks of one input.
    pub check: fn(&[u8]),
    /// What its inputs are.
    pub input: Input,
}

/// What the inputs of a target are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One message, or two in a row, as on the wire.
    Message,
    /// A [`script`].
    Script,
    /// Text of some notation, or a message to be written in it.
    Text,
}

impl Input {
    /// The extension of its files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Message => "ttlv",
            Self::Script => "kseq",
            Self::Text => "txt",
        }
    }
}

/// Every fuzz target, sorted by name.
pub const FUZZ_TARGETS: &[FuzzTarget] = &[
    FuzzTarget { name: "client_response", check: client_response, input: Input::Message },
    FuzzTarget { name: "decode_dump", check: decode_dump, input: Input::Message },
    FuzzTarget { name: "framing", check: framing, input: Input::Message },
    FuzzTarget { name: "json_decode", check: json_decode, input: Input::Text },
    FuzzTarget { name: "schema_check", check: schema_check, input: Input::Message },
    FuzzTarget { name: "server_one", check: server_one, input: Input::Message },
    FuzzTarget { name: "server_seq", check: server_seq, input: Input::Script },
    FuzzTarget { name: "ttlv_decode", check: ttlv_decode, input: Input::Message },
    FuzzTarget { name: "ttlv_tree", check: ttlv_tree, input: Input::Message },
    FuzzTarget { name: "ttlv_vs_ref", check: ttlv_vs_ref, input: Input::Message },
    FuzzTarget { name: "xml_decode", check: xml_decode, input: Input::Text },
    FuzzTarget { name: "yaml_scenario", check: yaml_scenario, input: Input::Text },
];
