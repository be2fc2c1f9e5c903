#!/usr/bin/env python3
"""How many executions it takes to find each planted bug, from the seeds of the repository.

    OUT=target/planted-out fuzz/build.sh
    python3 benches/planted.py target/planted-out --seeds 5 --runs 2000000 --json target/planted.json > target/planted.md
    python3 benches/planted.py --over-tls --seeds 5 --runs 300000 --json target/planted-tls.json > target/planted-tls.md

In process it is the target server_seq that looks, over TLS `kmipspec fuzz` at a `kmipspec serve` on this machine. Each bug
(`kmipspec serve --list-quirks`; the names are read from the program) is switched on alone, by the variable KMIPSPEC_PLANTED or by
--planted; nothing of it is in the seeds or the dictionary (tests/harness/fuzzing/seeds.rs). A run goes on from --json where it was
interrupted. The last row is of a server without any: what is found there is a fault of ours.
"""
import argparse
import contextlib
import functools
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


def options(target):
    """What fuzz/build.sh sets for a target in any case; what stands behind it on the command line counts more."""
    with open(target + ".options", encoding="utf-8") as f:
        return ["-" + line.strip().replace(" = ", "=") for line in f if " = " in line]


def sound(text):
    """What was found, where it is no fault of the server without the bug."""
    return text and not text.startswith("??")


def once(out, name, seed, runs, seconds, findings):
    """One run: how many executions, and what was found that the bug is needed for."""
    artifact = os.path.join(findings, "%s-%d.kseq" % (name or "none", seed))
    target = os.path.join(out, "server_seq")
    with tempfile.TemporaryDirectory() as folder:
        corpus = os.path.join(folder, "corpus")
        os.mkdir(corpus)
        command = [target, "-runs=%d" % runs, "-seed=%d" % seed, "-max_total_time=%d" % seconds,
                   *options(target), "-rss_limit_mb=4096", "-print_final_stats=1", "-max_len=8192", "-len_control=0",
                   "-dict=" + os.path.join(out, "server_seq.dict"), "-exact_artifact_path=" + artifact, corpus,
                   os.path.join(ROOT, "fuzz", "seeds", "server_seq")]
        done = subprocess.run(command, env=dict(os.environ, KMIPSPEC_PLANTED=name), capture_output=True)
    text = done.stderr.decode(errors="replace")
    executions = re.search(r"stat::number_of_executed_units: (\d+)", text)
    found = re.search(r"panicked at [^\n]*\n((?:O\d+|P\d+)[^\n]*)", text)
    what = found.group(1) if found else None
    if done.returncode != 0 and what is None:
        what = "?? " + text.strip().splitlines()[-1]
    if name and sound(what) and subprocess.run([target, artifact], env=dict(os.environ, KMIPSPEC_PLANTED=""), capture_output=True).returncode:
        what = "?? without the bug as well: " + what
    return {"bug": name, "seed": seed, "executions": int(executions.group(1)) if executions else 0, "found": what,
            "artifact": artifact if what else None}


@contextlib.contextmanager
def served(kmipspec, name):
    """A server with a bug, or without any: the flags by which it is reached as alice and bob."""
    with tempfile.TemporaryDirectory() as folder:
        serve = [kmipspec, "serve", "--port", "0", "--cert-dir", folder, "--log", "off", *(["--planted", name] if name else [])]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = json.loads(server.stdout.readline())
        bob = ready["identities"]["bob"]
        try:
            yield ["--target", ready["address"], "--ca", ready["ca"], "--cert", ready["cert"], "--key", ready["key"],
                   "--identity", "bob=%s,%s" % (bob["cert"], bob["key"])]
        finally:
            server.kill()
            server.wait()


def over_tls(kmipspec, name, seed, runs, seconds, findings):
    """The same over TLS: until the first finding."""
    kept = os.path.join(findings, "%s-%d" % (name or "none", seed))
    with tempfile.TemporaryDirectory() as folder, served(kmipspec, name) as reach:
        report = os.path.join(folder, "report.json")
        command = [kmipspec, "fuzz", *reach, "--rate", "0", "--seed", str(seed), "--runs", str(runs), "--time", "%ds" % seconds,
                   "--max-findings", "1", "--json", report, "--findings", kept]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode not in (0, 4):
            return {"bug": name, "seed": seed, "executions": 0, "found": "?? " + done.stderr.strip(), "artifact": None}
        with open(report, encoding="utf-8") as f:
            told = json.load(f)
    first = told["findings"][0] if told["findings"] else None
    what = first and "%s %s %s: %s" % (first["oracle"], first["operation"], first["place"], first["detail"])
    if name and first:
        with served(kmipspec, "") as reach:
            if subprocess.run([kmipspec, "replay", kept, *reach], stdin=subprocess.DEVNULL, capture_output=True).returncode:
                what = "?? without the bug as well: " + what
    executions = first["executions"] if first else told["executions"]
    return {"bug": name, "seed": seed, "executions": executions, "found": what, "artifact": first and first["input"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", help="what fuzz/build.sh made")
    parser.add_argument("--over-tls", action="store_true", help="not in process")
    parser.add_argument("--kmipspec", default=os.path.join(ROOT, "target", "release", "kmipspec"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=2_000_000, help="executions at most")
    parser.add_argument("--seconds", type=int, default=3600, help="time at most, of one run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--without", type=int, default=200_000, help="executions of the server without bugs")
    parser.add_argument("--json", default=os.path.join(ROOT, "target", "planted.json"))
    args = parser.parse_args()
    if bool(args.out) == args.over_tls:
        parser.error("either what fuzz/build.sh made, or --over-tls")
    rows = [row for row in bugs(args.kmipspec) if not args.only or row[0] in args.only]
    done = {}
    if os.path.exists(args.json):
        with open(args.json, encoding="utf-8") as f:
            done = {(result["bug"], result["seed"]): result for result in json.load(f)}
    findings = os.path.splitext(args.json)[0] + "-findings"
    os.makedirs(findings, exist_ok=True)

    by = functools.partial(over_tls, args.kmipspec) if args.over_tls else functools.partial(once, os.path.abspath(args.out))

    def work(task):
        name, seed = task
        if task not in done:
            runs = args.runs if name else args.without
            result = by(name, seed, runs, args.seconds, findings)
            done[task] = result
            with open(args.json + ".new", "w", encoding="utf-8") as f:
                json.dump(list(done.values()), f, indent=1)
            os.replace(args.json + ".new", args.json)
            print("%-34s seed %d: %9s executions  %s" % (name or "(none)", seed, result["executions"], result["found"]), file=sys.stderr)
        return done[task]

    tasks = [(row[0], seed) for seed in range(1, args.seeds + 1) for row in rows] + ([] if args.only else [("", 1)])
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(work, tasks))
    print("| Bug | What the server does | Like | Found | Median executions | Least, most | Oracle |\n|---|---|---|---:|---:|---:|---|")
    missed = 0
    for name, does, like in rows:
        results = [done[name, seed] for seed in range(1, args.seeds + 1)]
        found = [result for result in results if sound(result["found"])]
        missed += len(results) - len(found)
        # What was not found counts as more than any that was.
        numbers = sorted(result["executions"] if sound(result["found"]) else float("inf") for result in results)
        median, least, most = ("not found" if number == float("inf") else "%d" % number
                               for number in (statistics.median_low(numbers), numbers[0], numbers[-1]))
        oracles = sorted({re.split(r"[ :]", result["found"])[0] for result in found})
        print("| `%s` | %s | %s | %d of %d | %s | %s, %s | %s |" % (
            name, does, like, len(found), len(results), median, least, most, ", ".join(oracles)))
    if not args.only:
        clean = done["", 1]
        print("\nWithout any bug: %s in %s executions." % (clean["found"] or "no finding", clean["executions"]))
        missed += clean["found"] is not None
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
