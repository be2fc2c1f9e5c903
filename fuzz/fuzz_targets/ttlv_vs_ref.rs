//! The strict decoder against a naive one.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::ttlv_vs_ref(input)
);
kmipspec_fuzz::mutate_trees!();
