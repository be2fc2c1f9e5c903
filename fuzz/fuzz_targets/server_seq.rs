//! A conversation with the reference server.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| {
        kmipspec_fuzz::keep(input);
        kmipspec::fuzzing::server::server_seq_seen(input, kmipspec_fuzz::saw);
    }
);
kmipspec_fuzz::mutate_scripts!();
