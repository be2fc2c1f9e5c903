//! Hostile answers to the suite's own client.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::client_response(input)
);
kmipspec_fuzz::mutate_trees!();
