#!/usr/bin/env python3
"""How many executions the fuzz target server_seq takes to find each planted bug, from the seeds of the repository.

    OUT=target/planted-out fuzz/build.sh
    python3 benches/planted.py target/planted-out --seeds 5 --runs 2000000 --json target/planted.json > target/planted.md

Each bug (`kmipspec serve --list-quirks`; the names are read from the program) is switched on alone, by the variable KMIPSPEC_PLANTED;
nothing of it is in the seeds or the dictionary (tests/harness/fuzzing/seeds.rs). A run goes on from --json where it was interrupted. The last
rows are of a server without any: what is found there is a fault of ours.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def bugs(kmipspec):
    """Names with what they do and imitate, as the program lists them."""
    listed = subprocess.run([kmipspec, "serve", "--list-quirks"], capture_output=True, text=True, check=True).stdout
    rows = listed.split("For fuzzers (--planted):\n", 1)[1].splitlines()
    return [re.split(r" {2,}", row.strip(), maxsplit=2) for row in rows if row.strip()]


def options(out):
    """What is set for the target in any case; what stands behind it on the command line counts more."""
    with open(os.path.join(out, "server_seq.options"), encoding="utf-8") as f:
        return ["-" + line.strip().replace(" = ", "=") for line in f if " = " in line]


def once(out, name, seed, runs, seconds, findings):
    """One run: how many executions, how many seconds, and what was found."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = os.path.join(folder, "corpus")
        os.mkdir(corpus)
        artifact = os.path.join(findings, "%s-%d.kseq" % (name or "none", seed))
        command = [os.path.join(out, "server_seq"), "-runs=%d" % runs, "-seed=%d" % seed, "-max_total_time=%d" % seconds,
                   *options(out), "-rss_limit_mb=4096", "-print_final_stats=1", "-max_len=8192", "-len_control=0",
                   "-dict=" + os.path.join(out, "server_seq.dict"), "-exact_artifact_path=" + artifact, corpus,
                   os.path.join(ROOT, "fuzz", "seeds", "server_seq")]
        done = subprocess.run(command, env=dict(os.environ, KMIPSPEC_PLANTED=name), capture_output=True)
    text = done.stderr.decode(errors="replace")
    executions = re.search(r"stat::number_of_executed_units: (\d+)", text)
    found = re.search(r"panicked at [^\n]*\n((?:O\d+|P\d+)[^\n]*)", text)
    what = found.group(1) if found else None
    if done.returncode != 0 and what is None:
        what = "?? " + text.strip().splitlines()[-1]
    return {"bug": name, "seed": seed, "executions": int(executions.group(1)) if executions else None, "found": what,
            "artifact": artifact if what else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", help="what fuzz/build.sh made")
    parser.add_argument("--kmipspec", default=os.path.join(ROOT, "target", "release", "kmipspec"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=2_000_000, help="executions at most")
    parser.add_argument("--seconds", type=int, default=3600, help="time at most, of one run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--without", type=int, default=200_000, help="executions of the server without bugs")
    parser.add_argument("--json", default=os.path.join(ROOT, "target", "planted.json"))
    args = parser.parse_args()
    rows = [row for row in bugs(args.kmipspec) if not args.only or row[0] in args.only]
    done = {}
    if os.path.exists(args.json):
        with open(args.json, encoding="utf-8") as f:
            done = {(result["bug"], result["seed"]): result for result in json.load(f)}
    findings = os.path.splitext(args.json)[0] + "-findings"
    os.makedirs(findings, exist_ok=True)

    def work(task):
        name, seed = task
        if task not in done:
            runs = args.runs if name else args.without
            result = once(os.path.abspath(args.out), name, seed, runs, args.seconds, findings)
            done[task] = result
            with open(args.json + ".new", "w", encoding="utf-8") as f:
                json.dump(list(done.values()), f, indent=1)
            os.replace(args.json + ".new", args.json)
            print("%-34s seed %d: %9s executions  %s" % (name or "(none)", seed, result["executions"], result["found"]), file=sys.stderr)
        return done[task]

    tasks = [(row[0], seed) for seed in range(1, args.seeds + 1) for row in rows] + ([] if args.only else [("", 1)])
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(work, tasks))
    print("| Bug | What the server does | Like | Found | Median executions | Oracle |\n|---|---|---|---:|---:|---|")
    missed = 0
    for name, does, like in rows:
        results = [done[name, seed] for seed in range(1, args.seeds + 1)]
        found = [result for result in results if result["found"]]
        missed += len(results) - len(found)
        # What was not found counts as more than any that was.
        numbers = sorted(result["executions"] if result["found"] else float("inf") for result in results)
        median = statistics.median_low(numbers)
        oracles = sorted({re.split(r"[ :]", result["found"])[0] for result in found})
        print("| `%s` | %s | %s | %d of %d | %s | %s |" % (
            name, does, like, len(found), len(results), "not found" if median == float("inf") else "%d" % median, ", ".join(oracles)))
    if not args.only:
        clean = done["", 1]
        print("\nWithout any bug: %s in %s executions." % (clean["found"] or "no finding", clean["executions"]))
        missed += clean["found"] is not None
    sys.exit(1 if missed else 0)


main()
