#!/usr/bin/env python3
"""Runs the suite against PyKMIP's server and prints reports/pykmip.md.

    target/pykmip-venv/bin/python tests/interop/pykmip/report.py target/release/kmipspec > reports/pykmip.md

Run from the top of the repository, with the Python that has PyKMIP (`.ci/run peers` makes it).
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTATIONS = os.path.join("vectors", "expectations", "pykmip.yaml")


def run(kmipspec):
    """The results, as `run --json` has them."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, "-W", "ignore", os.path.join(HERE, "serve.py"), folder],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            ready = json.loads(server.stdout.readline())
            results = os.path.join(folder, "results.json")
            command = [kmipspec, "run", "--quiet", "--jobs", "1", "--target", ready["address"], "--ca", ready["ca"],
                       "--cert", ready["cert"], "--key", ready["key"], "--identity",
                       "bob=%s,%s" % (ready["bob_cert"], ready["bob_key"]),
                       "--expectations", EXPECTATIONS, "--json", results]
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


def table(results, verdict):
    """One line a rule: sections, versions, how often, what the server does."""
    rules = {}
    for r in results:
        if r["verdict"] == verdict:
            rules.setdefault(r["id"], []).append(r)
    print("| Rule | What it asks | Sections | Versions | Executions | What PyKMIP does |")
    print("|---|---|---|---|---:|---|")
    for rule, runs in sorted(rules.items()):
        runs.sort(key=lambda r: r["version"])
        sections = spans([(r["version"], ", ".join(s.split()[-1] for s in r["spec"])) for r in runs])
        versions = spans([(r["version"], "") for r in runs])
        because = runs[0]["expected"]["because"]
        print("| `%s` | %s | %s | %s | %d | %s |"
              % (rule, cell(runs[0]["title"]), sections, versions, len(runs), cell(because)))


def main():
    report = run(sys.argv[1])
    results, target, counts = report["results"], report["target"], report["counts"]
    print("# PyKMIP's server under this suite\n")
    print("Made by `target/pykmip-venv/bin/python tests/interop/pykmip/report.py target/release/kmipspec > reports/pykmip.md`.\n")
    print("| | |\n|---|---|")
    print("| Product | %s (it names itself so in Query), installed from `tests/interop/pykmip/requirements.txt` |"
          % target["vendor"])
    print("| Versions it serves | %s |" % ", ".join(target["versions"]))
    print("| Date | %s |" % report["started"][:10])
    print("| Suite | kmipspec %s, every built-in case at every version, one at a time |" % report["kmipspec"])
    print("| Executions | %d: %s |" % (len(results), ", ".join("%d %s" % (n, v) for v, n in counts.items() if n)))
    print("\nA `fail` is a sentence of the standard that is broken. Each was read in the text of its versions; the "
          "sections are those of the Specification. `vectors/expectations/pykmip.yaml` keeps them as claims that CI tests.\n")
    print("## Broken rules\n")
    table(results, "fail")
    print("\n## No answer\n\nNothing came back in time, so that the rule could not be tried.\n")
    table(results, "error")
    print("\nTo see the bytes: `kmipspec run --target ... RULE`. What a rule sends and expects: `kmipspec explain RULE`.")


if __name__ == "__main__":
    main()
