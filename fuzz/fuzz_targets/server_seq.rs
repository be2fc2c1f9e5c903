//! A conversation with the reference server.
#![no_main]

kmipspec_fuzz::features!();

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| {
        kmipspec_fuzz::keep(input);
        kmipspec::fuzzing::server::server_seq_seen(input, saw);
    }
);
kmipspec_fuzz::mutate_scripts!();
