//! Any stream through the readers of the length prefix.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::framing(input)
);
