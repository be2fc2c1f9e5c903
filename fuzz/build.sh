#!/usr/bin/env bash
# Builds every fuzz target into the folder $OUT, each with its seeds, dictionary and options: what OSS-Fuzz and ClusterFuzzLite ask
# of a project. Their images set SANITIZER and have cargo-fuzz; without SANITIZER (or with `none`) nothing but Rust and a C++ compiler
# is needed, and .ci/run uses it so. What it made is held against their rules by `fuzz/contract.py $OUT`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${OUT:?say where the targets go}"
mkdir -p "$OUT"

if [[ ${SANITIZER:-none} == none ]]; then
    # What `cargo fuzz build --sanitizer none` does, but that libraries are not instrumented: they are those of the program's build.
    built=target/release
    RUSTC_WRAPPER=$PWD/fuzz/instrument.sh cargo build --release --locked --quiet --manifest-path fuzz/Cargo.toml --target-dir target
else
    # For SANITIZER=coverage their cargo makes something else of this command, at the same place.
    built=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
    cargo fuzz build -O
fi

for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    cp "$built/$target" "$OUT/$target"
    cp fuzz/kmip.dict "$OUT/$target.dict"
    printf '[libfuzzer]\nmax_len = 16384\ntimeout = 20\nrss_limit_mb = 2048\n' >"$OUT/$target.options"
    # Where an execution has thousands of features, or takes less than a microsecond, their bookkeeping would take three times as long
    # as it; and with how often each line was run among them, every fifth input would be new.
    [[ $target != server_* && $target != ttlv_decode ]] || printf 'entropic = 0\nreduce_inputs = 0\nuse_counters = 0\n' >>"$OUT/$target.options"
    python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])' \
        "$OUT/${target}_seed_corpus" "fuzz/seeds/$target"
done
