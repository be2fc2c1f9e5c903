//! The TTLV codec, with inputs that are nearly messages.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::ttlv_tree(input)
);
kmipspec_fuzz::mutate_trees!();
