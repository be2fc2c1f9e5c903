//! What the fuzz targets check, callable without a fuzzer: by `fuzz/`, by `tests/regressions.rs`, later by `kmipspec fuzz`.
//!
//! A check takes any bytes and panics when a promise is broken; the panic is the finding.

mod ttlv_decode;

pub use ttlv_decode::ttlv_decode;

/// One fuzz target: its name is that of its file in `fuzz/fuzz_targets` and of its folders of seeds and regressions.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Its name.
    pub name: &'static str,
    /// What it checks of one input.
    pub check: fn(&[u8]),
}

/// Every fuzz target, sorted by name.
pub const FUZZ_TARGETS: &[FuzzTarget] = &[FuzzTarget { name: "ttlv_decode", check: ttlv_decode }];
