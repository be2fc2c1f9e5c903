//! Any bytes through the printers.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::decode_dump(input)
);
kmipspec_fuzz::mutate_trees!();
