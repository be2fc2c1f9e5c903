//! One message into the reference server.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::server_one(input)
);
kmipspec_fuzz::mutate_trees!();
