#!/usr/bin/env python3
"""What an implementation that shares no code with ours makes of the OASIS case files.

Imports oasis_run.py (argument 1: its folder), reads every file given on standard input and prints one line for each:
path, tab, "ok" or what is wrong, tab, and every message as hexadecimal TTLV. Placeholders are filled in as in
oasis_files.rs.
"""
import re, sys

sys.path.insert(0, sys.argv[1])
import oasis_run as o

o.TAB = o.Tables()
NOW = 1700000000


def item(t):
    if t.typ == o.STRUCT:
        return o.Node(t.tag, o.STRUCT, [item(c) for c in t.kids])
    raw = t.raw.strip()
    now = o.NOW_RE.match(raw)
    if now and t.typ in (o.DATE, o.DATEX):
        shift = int(now.group(2)) * (1 if now.group(1) == '+' else -1) if now.group(2) else 0
        return o.Node(t.tag, t.typ, NOW + shift)
    if re.fullmatch(r'\$[A-Z0-9_]+', raw):
        filler = {o.BYTES: b'\x01\x02\x03', o.BIG: b'\0' * 8, o.DATE: 1}.get(t.typ, 'x' if t.typ in o.TEXTISH else 0)
        return o.Node(t.tag, t.typ, filler)
    return o.Node(t.tag, t.typ, o.parse_literal(t))


for path in sys.stdin.read().splitlines():
    try:
        messages = [o.encode(item(m)).hex() for m in o.Case(path).messages]
        print(path, 'ok', ' '.join(messages), sep='\t')
    except (o.CaseError, o.TtlvError) as ex:
        print(path, str(ex).replace('\t', ' ').replace('\n', ' '), '', sep='\t')
