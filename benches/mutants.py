#!/usr/bin/env python3
"""How many faults put into the reference server at random does the scenario suite notice? The answer as Markdown.

    benches/mutants.py [--seed 1] [--count 200] [--only REGEX] [--fresh] > reports/mutants.md

cargo-mutants (crates.io) makes the mutants of the server's dispatch, operations, life cycle and access; a sample drawn with the seed
is built one after the other, in a copy under target/mutants, and judged by `kmipspec run` alone, without any unit test: first at two
versions, and when nothing is noticed at the others. cargo-mutants calls this file in place of cargo (through CARGO) to have it so. It takes an hour and more: an interrupted run goes on where it was, on
the commit it began with, until `--fresh` begins anew.

A mutant is *caught* when a case fails (exit 4), *noticed* when no case fails and something cannot be found out (exit 3: the server no
longer answers), *recorded* when it no longer does what is only advised, *refusing* when it refuses what it may refuse, so that cases are
inconclusive, *skipped* when it only claims less than before, and has *survived* when the run is as it was. A mutant that does not compile counts for nothing. reports/mutants-survivors.yaml says, for each
mutant that was not caught, why.
"""
import argparse
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "target" / "mutants"
SOURCES = ["dispatch.rs", "operations/**", "lifecycle.rs", "access.rs"]
TRIED = ROOT / "target" / "mutants-tried.json"
REASONS = ROOT / "reports" / "mutants-survivors.yaml"
UNASKED = "not in the sample"
ROUNDS = [["--version=1.4", "--version=2.1"], ["--version=1.0..=1.3", "--version=2.0", "--version=3.0"]]
# The server is what changes; without debug facts and with what was compiled before, a mutant takes seconds.
PROFILE = ["--release", "--config", "profile.release.incremental=true"]
for package in ("kmipspec", "kmipspec-reference-server"):
    for setting in ("opt-level=1", "debug=0"):
        PROFILE += ["--config", f"profile.release.package.{package}.{setting}"]


def cargo(arguments):
    """In place of cargo: what cargo-mutants calls `cargo test` is a build of the program and a run of the suite."""
    real = os.environ["KMIPSPEC_CARGO"]
    if arguments[0] != "test":
        os.execvp(real, [real, *arguments])
    if "--no-run" in arguments:
        if not wanted():
            print(UNASKED)
            sys.exit(1)
        os.execvp(real, [real, "build", "--bin", "kmipspec", *PROFILE])
    answer = pathlib.Path("target/mutant.json")
    program = str(pathlib.Path("target") / "release" / "kmipspec")
    verdicts, failed, code = {}, [], 0
    for versions in ROUNDS:
        code = subprocess.run([program, "run", "--quiet", "--timeout", "3s", "--json", answer, *versions]).returncode
        told = json.loads(answer.read_text())
        answer.unlink()
        for verdict, n in told["counts"].items():
            verdicts[verdict] = verdicts.get(verdict, 0) + n
        failed += sorted({case["id"] for case in told["results"] if case["verdict"] == "fail"})[:3]
        if code != 0:
            break
    print("\nMUTANT " + json.dumps({"exit": code, "verdicts": verdicts, "failed": failed}), flush=True)
    sys.exit(code)


def wanted():
    """Whether the mutant in the tree is of the sample: `--re` lets "delete field" mutants through whatever they are called (27.1)."""
    diff = subprocess.run(["git", "diff", "-U0"], text=True, capture_output=True, check=True).stdout
    file, line = re.search(r"^\+\+\+ b/(.*)$", diff, re.M), re.search(r"^@@ -(\d+)", diff, re.M)
    return not diff or f"{file[1]}:{line[1]}" in os.environ["KMIPSPEC_LINES"].split()


def sources():
    """The cargo-mutants arguments that name the server's parts."""
    return ["--package", "kmipspec-reference-server"] + [part for s in SOURCES for part in ("-f", f"reference-server/src/{s}")]


def mutants(arguments, **options):
    # Not `cargo mutants`: cargo would put itself where CARGO says this file.
    return subprocess.run(["cargo-mutants", "mutants", *arguments, *sources()], cwd=COPY, text=True, **options)


def interval(caught, all_):
    """Wilson's interval at 95 %, in percent."""
    z, p = 1.96, caught / all_
    middle = (p + z * z / (2 * all_)) / (1 + z * z / all_)
    half = z * math.sqrt(p * (1 - p) / all_ + z * z / (4 * all_ * all_)) / (1 + z * z / all_)
    return f"{100 * (middle - half):.0f} to {100 * (middle + half):.0f} %"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--only", help="only mutants whose name matches")
    options.add_argument("--fresh", action="store_true", help="forget what was tried before, and take the commit of now")
    options = options.parse_args()

    if not COPY.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(COPY)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "."], cwd=COPY, check=True)
    if options.fresh:
        TRIED.unlink(missing_ok=True)
        shutil.rmtree(COPY / "mutants.out", ignore_errors=True)
        subprocess.run(["git", "pull", "--quiet"], cwd=COPY, check=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=COPY, text=True, capture_output=True, check=True).stdout.strip()
    names = sorted(mutants(["--list"], capture_output=True, check=True).stdout.splitlines())
    chosen = [n for n in names if not options.only or re.search(options.only, n)]
    sample = random.Random(options.seed).sample(chosen, min(options.count, len(chosen)))
    tried = remember()
    left = [n for n in sample if n not in tried]
    print(f"{len(names)} mutants, {len(sample)} in the sample, {len(left)} of them to be tried", file=sys.stderr)

    expression = "^(" + "|".join(re.escape(n) for n in left) + ")$"
    environment = dict(os.environ, CARGO=str(pathlib.Path(__file__).resolve()), KMIPSPEC_CARGO="cargo")
    environment["KMIPSPEC_LINES"] = " ".join(":".join(n.split(":")[:2]) for n in left)
    if left:
        mutants(["--in-place", "--timeout", "240", "--no-shuffle", "--re", expression], env=environment, stdout=sys.stderr)
    tried = remember()
    report({n: tried[n] for n in sample if n in tried}, commit, len(names), options)


def remember():
    """What became of every mutant tried so far, by name; what cargo-mutants left behind is added to it."""
    tried = json.loads(TRIED.read_text()) if TRIED.exists() else {}
    folder = COPY / "mutants.out"
    found = json.loads((folder / "outcomes.json").read_text())["outcomes"] if (folder / "outcomes.json").exists() else []
    for outcome in found:
        if outcome["scenario"] == "Baseline":
            if outcome["summary"] != "Success":
                sys.exit("the suite does not pass on the server as it is")
            continue
        log = (folder / outcome["log_path"]).read_text(errors="replace")
        if UNASKED in log:
            continue
        told = re.findall(r"^MUTANT (.*)$", log, re.M)
        told = json.loads(told[-1]) if told else {"exit": None, "verdicts": {}, "failed": []}
        tried[outcome["scenario"]["Mutant"]["name"]] = {"fate": fate(outcome["summary"], told), **told}
    TRIED.write_text(json.dumps(tried, indent=1))
    return tried


def fate(cargo_says, told):
    if cargo_says == "Unviable":
        return "does not compile"
    if cargo_says == "Timeout" or told["exit"] is None:
        return "noticed"
    if told["exit"] == 4:
        return "caught"
    if told["exit"] != 0:
        return "noticed"
    if told["verdicts"]["skip"]:
        return "skipped"
    if told["verdicts"]["non-strict"]:
        return "recorded"
    return "refusing" if told["verdicts"]["inconclusive"] else "survived"


def reasons():
    """Survivor class by mutant, without line and column: `name: class` lines of the file of reasons."""
    found, classes = {}, {}
    part = None
    for line in REASONS.read_text().splitlines() if REASONS.exists() else []:
        if line.startswith("classes:") or line.startswith("mutants:"):
            part = line.split(":")[0]
        elif line.startswith("  ") and not line.strip().startswith("#"):
            key, _, value = line.strip().rpartition(": ") if part == "mutants" else line.strip().partition(": ")
            (found if part == "mutants" else classes)[key.strip('"').replace('\\"', '"')] = value.strip().strip('"')
    return found, classes


def place(name):
    """A mutant's name without line and column, which any edit above it changes."""
    return re.sub(r":\d+:\d+: ", ": ", name, count=1)


def report(tried, commit, population, options):
    known, classes = reasons()
    fates = {name: t["fate"] for name, t in tried.items()}
    count = {f: list(fates.values()).count(f) for f in ("caught", "noticed", "recorded", "refusing", "skipped", "survived", "does not compile")}
    viable = len(tried) - count["does not compile"]
    print("# Mutants of the reference server, judged by the suite alone\n")
    print(f"`benches/mutants.py --seed {options.seed} --count {options.count}` on {commit}: {len(tried)} of {population} mutants of")
    print(f"dispatch, operations, life cycle and access. {viable} compile.\n")
    print("| | mutants | share | 95 % interval (Wilson) |\n|---|---:|---:|---|")
    for name, n in (("caught: a case fails", count["caught"]),
                    ("noticed: no case fails, and not all can be found out", count["noticed"]),
                    ("recorded: advice is no longer followed", count["recorded"]),
                    ("refusing: what passed is inconclusive now, as a server may refuse it", count["refusing"]),
                    ("skipped: the server claims less", count["skipped"]),
                    ("survived", count["survived"])):
        print(f"| {name} | {n} | {100 * n / viable:.0f} % | {interval(n, viable)} |")
    both = count["caught"] + count["noticed"]
    print(f"| **killed** (caught or noticed) | {both} | {100 * both / viable:.0f} % | {interval(both, viable)} |\n")
    left = [(name, fate) for name, fate in fates.items() if fate in ("recorded", "refusing", "skipped", "survived")]
    print("## Why the others were not\n")
    by = {}
    for name, fate in left:
        by.setdefault(known.get(place(name), "not looked at"), []).append((name, fate))
    for class_, members in sorted(by.items(), key=lambda entry: -len(entry[1])):
        print(f"**{class_}** ({len(members)}): {classes.get(class_, '')}\n")
        for name, fate in members:
            print(f"- `{name}`" + ("" if fate == "survived" else f" ({fate})"))
        print()


if __name__ == "__main__":
    if "KMIPSPEC_CARGO" in os.environ and len(sys.argv) > 1:
        cargo(sys.argv[1:])
    else:
        main()
