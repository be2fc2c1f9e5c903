//! Any message against the tables.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::schema_check(input)
);
kmipspec_fuzz::mutate_trees!();
