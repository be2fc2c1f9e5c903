//! Any text as a scenario.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: kmipspec_fuzz::install(),
    |input: &[u8]| kmipspec::fuzzing::yaml_scenario(input)
);
