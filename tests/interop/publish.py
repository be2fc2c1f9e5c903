#!/usr/bin/env python3
"""Makes what reports/results has: evidence archives of our own runs, and a page over them.

    target/pykmip-venv/bin/python tests/interop/publish.py target/release/kmipspec [NAME ...]

Run from the top of the repository, with the Python that has PyKMIP (`.ci/run peers` makes it) and with Go. A NAME is one of those
below; all when none is given. PyKMIP's server takes minutes: it does one thing at a time.
"""
import os
import subprocess
import sys
import tempfile

import report

HERE = report.HERE
OUT = os.path.join("reports", "results")
# One version: every message is in an archive, and a repository is no place for all of them.
VERSION = "1.4"


def suite(kmipspec, results, name):
    """Judges one of the servers of `report.py`."""
    report.run(name, kmipspec, ["--version", VERSION], results)


def ours(kmipspec, results):
    """Judges the bundled server."""
    subprocess.run([kmipspec, "run", "--quiet", "--version", VERSION, "--json", results], check=True, stdout=sys.stderr)


def client(kmipspec, results, command):
    """Judges a client by its task; what it fails is what the archive is about."""
    done = subprocess.run([kmipspec, "client", "--quiet", "--timeout", "60s", "--version", VERSION, "--json", results,
                           "--command", command], stdout=sys.stderr)
    if done.returncode not in (0, 4):
        sys.exit("kmipspec client ended with %d" % done.returncode)


def pykmip_client(kmipspec, results):
    python, task = os.path.relpath(sys.executable), os.path.relpath(os.path.join(HERE, "pykmip", "life.py"))
    client(kmipspec, results, "%s -W ignore %s" % (python, task))


def kmip_go_client(kmipspec, results):
    with tempfile.TemporaryDirectory() as folder:
        life = os.path.join(folder, "life")
        subprocess.run(["go", "-C", os.path.join(HERE, "kmip-go"), "build", "-mod=readonly", "-o", life, "./life"],
                       check=True, env=dict(os.environ, GOTOOLCHAIN="auto"))
        client(kmipspec, results, life)


# name: how its results are made; its sheet is reports/results/NAME.yaml.
ALL = {
    "kmipspec-server": ours,
    "pykmip-server": lambda kmipspec, results: suite(kmipspec, results, "pykmip"),
    "kmip-go-server": lambda kmipspec, results: suite(kmipspec, results, "kmip-go"),
    "pykmip-client": pykmip_client,
    "kmip-go-client": kmip_go_client,
}


def main():
    kmipspec, names = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(ALL)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            results = os.path.join(folder, name + ".json")
            ALL[name](kmipspec, results)
            sheet, archive = (os.path.join(OUT, name + end) for end in (".yaml", ".tar.gz"))
            subprocess.run([kmipspec, "pack", results, "--sheet", sheet, "-o", archive], check=True)
    subprocess.run([kmipspec, "index", OUT], check=True)


if __name__ == "__main__":
    main()
