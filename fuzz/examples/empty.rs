//! Nothing but libFuzzer: what the speed of a target is held against (benches/fuzzing.py).
#![no_main]

libfuzzer_sys::fuzz_target!(|_input: &[u8]| {});
