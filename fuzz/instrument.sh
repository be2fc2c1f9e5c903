#!/bin/sh
# RUSTC_WRAPPER of build.sh: only our own crates tell libFuzzer where they go. What libraries do with an input is theirs, and counters of
# theirs make each execution cost twice as much.
case " $* " in
*" --crate-name kmipspec"* | *" fuzz_targets/"*)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1
    ;;
esac
exec "$@"
