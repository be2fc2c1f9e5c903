#!/bin/sh
# RUSTC_WRAPPER of build.sh: only our own crates tell libFuzzer where they go. What libraries do with an input is theirs, and counters of
# theirs make each execution cost twice as much. Nor are comparisons told (trace-compares): our mutators know the numbers that matter, and
# that is a fifth of the time again.
case " $* " in
*" --crate-name kmipspec"* | *" fuzz_targets/"* | *" examples/"*)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table
    ;;
esac
exec "$@"
