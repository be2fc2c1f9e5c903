//! Any bytes through the TTLV codec.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::ttlv_decode(input)
);
