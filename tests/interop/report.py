#!/usr/bin/env python3
"""Runs the suite against a server that is not ours and prints its report.

    target/pykmip-venv/bin/python tests/interop/report.py pykmip target/release/kmipspec > reports/pykmip.md
    python3 tests/interop/report.py kmip-go target/release/kmipspec > reports/kmip-go.md

Run from the top of the repository; for PyKMIP with the Python that has it (`.ci/run peers` makes it), for kmip-go with Go.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# name: heading, what the last column says, where it comes from, how it is started (the folder of its files is added), how the suite
# is run against it, in options and in words.
PEERS = {
    "pykmip": ("PyKMIP's server", "What PyKMIP does", "installed from `tests/interop/pykmip/requirements.txt`",
               [sys.executable, "-W", "ignore", os.path.join(HERE, "pykmip", "serve.py")],
               ["--jobs", "1"], "one at a time"),
    "kmip-go": ("A server of kmip-go's toolkit", "What the toolkit does",
                "`tests/interop/kmip-go/server`, handlers of ours on the server toolkit of `tests/interop/kmip-go/go.mod`",
                ["env", "GOTOOLCHAIN=auto", "go", "-C", os.path.join(HERE, "kmip-go"), "run", "-mod=readonly", "./server"],
                [], "several at a time"),
}


def run(name, kmipspec, more=(), keep=None):
    """The results, as `run --json` has them; kept in a file, too, if one is named."""
    start, options = PEERS[name][3:5]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(start + [folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            ready = json.loads(server.stdout.readline())
            results = keep or os.path.join(folder, "results.json")
            command = [kmipspec, "run", "--quiet", "--target", ready["address"], "--ca", ready["ca"],
                       "--cert", ready["cert"], "--key", ready["key"], "--identity",
                       "bob=%s,%s" % (ready["bob_cert"], ready["bob_key"]),
                       "--expectations", os.path.join("vectors", "expectations", name + ".yaml"), "--json", results] + options + list(more)
            code = subprocess.run(command, stdout=sys.stderr).returncode
            if code != 0:
                sys.exit("kmipspec ended with %d; the expectations file is to be true first" % code)
            with open(results, encoding="utf-8") as f:
                return json.load(f)
        finally:
            server.stdin.close()
            server.wait()


def spans(pairs):
    """`[(version, text)]` as `1.0 to 1.2 text; 1.3 text`."""
    groups = []
    for version, text in pairs:
        if groups and groups[-1][2] == text:
            groups[-1][1] = version
        else:
            groups.append([version, version, text])
    return "; ".join(("%s %s" % (a if a == b else "%s to %s" % (a, b), text)).strip() for a, b, text in groups)


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(results, verdict, column):
    """One line a rule: sections, versions, how often, what the server does."""
    rules = {}
    for r in results:
        if r["verdict"] == verdict:
            rules.setdefault(r["id"], []).append(r)
    print("| Rule | What it asks | Sections | Versions | Executions | %s |" % column)
    print("|---|---|---|---|---:|---|")
    for rule, runs in sorted(rules.items()):
        runs.sort(key=lambda r: r["version"])
        sections = spans([(r["version"], ", ".join(s.split()[-1] for s in r["spec"])) for r in runs])
        versions = spans([(r["version"], "") for r in runs])
        because = runs[0]["expected"]["because"]
        print("| `%s` | %s | %s | %s | %d | %s |"
              % (rule, cell(runs[0]["title"]), sections, versions, len(runs), cell(because)))


def main():
    name, kmipspec = sys.argv[1:]
    heading, column, origin, _, _, words = PEERS[name]
    report = run(name, kmipspec)
    results, target, counts = report["results"], report["target"], report["counts"]
    python = "target/pykmip-venv/bin/python" if name == "pykmip" else "python3"
    print("# %s under this suite\n" % heading)
    print("Made by `%s tests/interop/report.py %s target/release/kmipspec > reports/%s.md`.\n" % (python, name, name))
    print("| | |\n|---|---|")
    print("| Product | %s (it names itself so in Query), %s |" % (target["vendor"], origin))
    print("| Versions it serves | %s |" % ", ".join(target["versions"]))
    print("| Date | %s |" % report["started"][:10])
    print("| Suite | kmipspec %s, every built-in case at every version, %s |" % (report["kmipspec"], words))
    print("| Executions | %d: %s |" % (len(results), ", ".join("%d %s" % (n, v) for v, n in counts.items() if n)))
    print("\nA `fail` is a sentence of the standard that is broken. Each was read in the text of its versions; the "
          "sections are those of the Specification. `vectors/expectations/%s.yaml` keeps them as claims that CI tests.\n" % name)
    print("## Broken rules\n")
    table(results, "fail", column)
    if any(r["verdict"] == "error" for r in results):
        print("\n## No answer\n\nNothing came back in time, so that the rule could not be tried.\n")
        table(results, "error", column)
    print("\nTo see the bytes: `kmipspec run --target ... RULE`. What a rule sends and expects: `kmipspec explain RULE`.")


if __name__ == "__main__":
    main()
