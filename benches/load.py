#!/usr/bin/env python3
"""Speed of `kmipspec serve` (in memory, and with --state) beside PyKMIP's server, in one run, as a Markdown table.

    benches/load.py --kmip-load ../shared/bench/kmip_load [--pykmip PYTHON] [--secs 4] [--skip-build]

`--kmip-load` is the source folder of the load generator (it is copied to target/ and built there), `--pykmip` the python of a
virtual environment with PyKMIP. Each figure has a server of its own, just started, with an empty store; Locate and Get work on
1,000 named keys made first. CPU is user + system time of the server's processes per operation: on a busy machine the figure to
compare. Linux only.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEASURES = [(work, conns) for work in ("handshake", "create", "get", "locate") for conns in (1, 8)]


def build(load):
    target = ROOT / "target" / "kmip_load"
    shutil.copytree(load, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=target, check=True)
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "kmipspec"], cwd=ROOT, check=True)


class Kmipspec:
    """Our server; `state` keeps objects in a file."""

    def __init__(self, state):
        self.state = state
        self.name = "kmipspec, SQLite (synchronous=FULL)" if state else "kmipspec, memory"

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        command = [ROOT / "target/release/kmipspec", "serve", "--port", "0", "--cert-dir", self.folder.name + "/pem"]
        if self.state:
            command += ["--state", self.folder.name + "/state.db"]
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.started_ms = (time.monotonic() - began) * 1000
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class PyKmip:
    """PyKMIP's server with its own SQLite store."""

    name = "PyKMIP"

    def __init__(self, python):
        self.python = python

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        command = [self.python, ROOT / "tests/interop/pykmip/serve.py", self.folder.name]
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.started_ms = (time.monotonic() - began) * 1000
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


def rss_mib(pid):
    status = pathlib.Path("/proc/%d/status" % pid).read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def load(server, work, conns, secs, more=()):
    host, port = server.ready["address"].rsplit(":", 1)
    command = [ROOT / "target/kmip_load/target/release/kmip_load", work, "--host", host, "--port", port, "--conns", str(conns),
               "--secs", str(secs), "--pid", str(server.ready["pid"]), *more]
    for flag in ("ca", "cert", "key"):
        command += ["--" + flag, server.ready[flag]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kmip-load", required=True)
    parser.add_argument("--pykmip")
    parser.add_argument("--secs", type=float, default=4)
    parser.add_argument("--skip-build", action="store_true")
    arguments = parser.parse_args()
    if not arguments.skip_build:
        build(arguments.kmip_load)
    servers = [lambda: Kmipspec(False), lambda: Kmipspec(True)]
    if arguments.pykmip:
        servers.append(lambda: PyKmip(arguments.pykmip))
    print("Load average at start %.1f, %s processors, %g s a figure.\n" % (os.getloadavg()[0], os.cpu_count(), arguments.secs))
    print("| Server | Measure | Connections | per second | CPU ms | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|")
    for server in servers:
        for work, conns in MEASURES:
            with server() as running:
                told = load(running, work, conns, arguments.secs)
            rate, p50, p99, cpu = re.search(r" ([\d.]+)/s p50=(\d+)us p99=(\d+)us cpu=([\d.]+|NaN)ms", told).groups()
            figures = (float(rate), cpu, int(p50) / 1000, int(p99) / 1000)
            print("| %s | %s | %d | %.0f | %s | %.3g | %.3g |" % (running.name, work, conns, *figures), flush=True)
    print("\n| Server | ready after ms | RSS MiB | RSS MiB with 10,000 keys | making them, 4 connections |\n|---|---|---|---|---|")
    for server in servers:
        with server() as running:
            before = rss_mib(running.ready["pid"])
            told = load(running, "fill", 4, 0, ("--count", "10000"))
            after = rss_mib(running.ready["pid"])
        print("| %s | %.0f | %.1f | %.1f | %s |" % (running.name, running.started_ms, before, after, told), flush=True)


if __name__ == "__main__":
    sys.exit(main())
