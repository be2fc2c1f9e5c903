#!/usr/bin/env python3
"""What fuzzing is worth on this machine: how fast it is beside nothing at all, and whether guidance leads anywhere.

    OUT=target/planted-out fuzz/build.sh
    python3 benches/fuzzing.py target/planted-out > target/fuzzing.md

Speed in process: each target that reads bytes, and libFuzzer alone (fuzz/examples/empty.rs, built here), from the same seeds, executions
by second of CPU, each with the options that fuzz/build.sh sets for it. Speed over the wire: `kmipspec fuzz` at a `kmipspec serve` on
this machine, beside a bare loop. Guidance: `kmipspec fuzz` on the bundled server, guided and not, the same number of inputs, distinct
states (operation, status, reason, what followed what) that were reached.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import tempfile

from planted import ROOT, options, served

BYTES = ("ttlv_decode", "ttlv_tree", "ttlv_vs_ref", "decode_dump", "framing", "schema_check", "xml_decode", "json_decode")


def empty():
    """The target that does nothing."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target",
               "--example", "empty"]
    subprocess.run(command, cwd=ROOT, check=True, env=dict(os.environ, RUSTC_WRAPPER=os.path.join(ROOT, "fuzz", "instrument.sh")))
    return os.path.join(ROOT, "target", "release", "examples", "empty")


def by_cpu_second(program, seeds, seconds, options):
    """Executions by second of CPU."""
    with tempfile.TemporaryDirectory() as corpus:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What stands last counts.
        done = subprocess.run([program, *options, "-seed=1", "-max_len=4096", "-max_total_time=%d" % seconds, "-print_final_stats=1",
                               corpus, seeds], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    executions = int(re.search(rb"stat::number_of_executed_units: (\d+)", done.stderr).group(1))
    return executions / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def fuzzed(kmipspec, seed, runs, flags):
    """What `kmipspec fuzz` tells of a run."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        subprocess.run([kmipspec, "fuzz", "--seed", str(seed), "--runs", str(runs), "--rate", "0", "--time", "60m", "--json", report,
                        "--findings", os.path.join(folder, "findings"), *flags],
                       capture_output=True, check=True, stdin=subprocess.DEVNULL)
        with open(report, encoding="utf-8") as f:
            return json.load(f)


def wire(kmipspec, runs):
    """Messages a second over the wire, beside a loop that sends the same messages on connections that are open and does nothing else:
    what it would take is what one worker spends between sending a message and having its answer."""
    print("\n| Over the wire | Messages a second | Part of a bare loop of the same messages |\n|---|---:|---:|")
    with served(kmipspec, "") as reach:
        # The first run of a server makes its keys.
        fuzzed(kmipspec, 1, runs, reach)
        one = fuzzed(kmipspec, 1, runs, reach)
        bare = one["messages"] / one["waited"]
        print("| (bare loop, one connection at a time) | %d | |" % bare)
        for jobs in (1, 2, 4):
            told = one if jobs == 1 else fuzzed(kmipspec, 1, runs, [*reach, "--jobs", str(jobs)])
            rate = told["messages"] / told["seconds"]
            print("| `--jobs %d` | %d | %.0f %% |" % (jobs, rate, 100 * rate / bare), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", help="what fuzz/build.sh made")
    parser.add_argument("--kmipspec", default=os.path.join(ROOT, "target", "release", "kmipspec"))
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5000, help="inputs of a run with and without guidance")
    args = parser.parse_args()
    print("| Target | Executions by second of CPU | Part of libFuzzer alone |\n|---|---:|---:|")
    seeds = os.path.join(ROOT, "fuzz", "seeds")
    alone = by_cpu_second(empty(), os.path.join(seeds, "ttlv_decode"), args.seconds, [])
    print("| (libFuzzer alone) | %d | |" % alone)
    for target in BYTES:
        program = os.path.join(os.path.abspath(args.out), target)
        rate = by_cpu_second(program, os.path.join(seeds, target), args.seconds, options(program))
        print("| `%s` | %d | %.1f %% |" % (target, rate, 100 * rate / alone), flush=True)
    wire(args.kmipspec, args.runs)
    print("\n| Seed | States, guided | States, unguided |\n|---:|---:|---:|")
    all_guided, all_unguided = [], []
    for seed in range(1, args.seeds + 1):
        guided, unguided = (fuzzed(args.kmipspec, seed, args.runs, flags)["states"] for flags in ([], ["--unguided"]))
        all_guided.append(guided)
        all_unguided.append(unguided)
        print("| %d | %d | %d |" % (seed, guided, unguided), flush=True)
    print("| median | %d | %d |" % (statistics.median(all_guided), statistics.median(all_unguided)))


main()
