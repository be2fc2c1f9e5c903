#!/usr/bin/env python3
"""Holds what fuzz/build.sh made against what OSS-Fuzz asks of it, without their images: `fuzz/contract.py OUT`.

Of each target: it is an executable without an extension, runs four inputs from a folder it may not count on, has at least 100
counters of coverage and finds its inputs interesting; its archive of seeds opens and each seed runs; its dictionary is one; the
options are known. Nothing else lies there.
"""
import configparser
import os
import re
import subprocess
import sys
import tempfile
import zipfile

# Options of libFuzzer that the services pass on.
OPTIONS = {"max_len", "timeout", "rss_limit_mb", "dict", "close_fd_mask", "only_ascii", "len_control", "entropic", "reduce_inputs",
           "use_counters"}
LEAST_COUNTERS = 100
# Targets that tell of features beside the coverage of code.
GUIDED = {"server_seq"}


def run(program, *arguments):
    """What the target writes; it must end well. Only a temporary folder is its own, and no variable of ours."""
    done = subprocess.run([program, "-seed=1", *arguments], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=300)
    text = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise ValueError("%s ends with %d:\n%s" % (" ".join(arguments), done.returncode, text[-2000:]))
    return text


def look(out, target):
    """One target; raises ValueError with what is amiss. Gives counters and seeds."""
    program = os.path.join(out, target)
    text = run(program, "-runs=4")
    counters = sum(int(count) for count in re.findall(r"\((\d+) inline 8-bit counters\)", text))
    if counters < LEAST_COUNTERS:
        raise ValueError("%d counters, fewer than %d" % (counters, LEAST_COUNTERS))
    if target in GUIDED and "Extra Counters" not in text:
        raise ValueError("what it says of its conversations is not looked at")
    if "no interesting inputs" in text:
        raise ValueError("it finds no input interesting")
    options = configparser.ConfigParser()
    options.read(program + ".options")
    unknown = set(options["libfuzzer"]) - OPTIONS
    if unknown:
        raise ValueError("options that nobody knows: %s" % ", ".join(sorted(unknown)))
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(program + "_seed_corpus.zip") as seeds:
        names = [name for name in seeds.namelist() if not name.endswith("/")]
        seeds.extractall(folder)
        files = [os.path.join(folder, name) for name in names]
        text = run(program, "-dict=" + program + ".dict", *files)
        ran = text.count("Executed ")
        if not names or ran != len(names):
            raise ValueError("%d of %d seeds were run" % (ran, len(names)))
    if not re.search(r"Dictionary: [1-9]\d* entries", text):
        raise ValueError("its dictionary was not read")
    return counters, len(names)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = os.path.abspath(sys.argv[1])
    try:
        there = set(os.listdir(out))
    except OSError as error:
        sys.exit("%s: %s" % (out, error.strerror))
    targets = sorted(name for name in there if "." not in name)
    wanted = {target + end for target in targets for end in ("", ".dict", ".options", "_seed_corpus.zip")}
    amiss = ["%s: not wanted there" % name for name in sorted(there - wanted)]
    amiss += ["%s: missing" % name for name in sorted(wanted - there)]
    if not targets:
        amiss.append("no target in %s" % out)
    for target in targets if not amiss else []:
        try:
            print("%-16s %6d counters, %3d seeds" % (target, *look(out, target)))
        except (ValueError, KeyError, OSError, zipfile.BadZipFile, subprocess.TimeoutExpired) as error:
            amiss.append("%s: %s" % (target, error))
    for line in amiss:
        print(line, file=sys.stderr)
    sys.exit(1 if amiss else 0)


main()
