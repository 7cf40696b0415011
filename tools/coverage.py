#!/usr/bin/env python3
"""
tools/coverage.py - which lines of the kernel the tests execute (make coverage)

  coverage.py [--build DIR] [-j N] [--keep] [--docs]

Boots DIR/gcov/quire.elf with its own suites, also while every event is told, and with every program of
tests/user.  Each machine sends its counts to QEMU's debug console (kernel/gcov.c); they become .gcda
files beside the objects, joined by gcov-tool.  gcov reads them; the table goes to the terminal, the
lines to DIR/coverage/index.html.  --keep adds to the counts of the last time.  --docs writes the sums
into docs/testing.md.
"""
import argparse
import concurrent.futures
import gzip
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import machine
from machine import Machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs/testing.md"
BLOCK = re.compile(r"(<!-- measured: coverage -->\n).*?(<!-- end -->)", re.S)


# ---- counts of one machine ----------------------------------------------------------------------

def write_gcda(stream, out):
    """Turn the records that a kernel sent (kernel/gcov.c) into files below OUT; how many."""
    data, at, files, path, parts = stream.read_bytes(), 0, 0, None, []
    while at + 5 <= len(data):
        kind, size = data[at:at + 1], int.from_bytes(data[at + 1:at + 5], "little")
        body, at = data[at + 5:at + 5 + size], at + 5 + size
        if kind == b"N":
            path, parts = out / body.decode().lstrip("/"), []
        elif kind == b"D":
            parts.append(body)
        elif kind == b"E" and path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(parts))
            files += 1
    return files


def run(name, m, work, limit):
    """Boot M to its end; its counts lie in WORK/NAME."""
    stream = work / f"{name}.gcov"
    m.extra = ("-debugcon", f"file:{stream}")
    with open(work / f"{name}.log", "wb") as log:
        try:
            subprocess.run(m.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            print(f"# {name}: time limit passed", file=sys.stderr)
    files = write_gcda(stream, work / name) if stream.exists() else 0
    print(f"# {name}: counts of {files} files", flush=True)
    return work / name if files else None


def machines(build, work):
    """(name, machine, seconds): the kernel's own suites, and each program."""
    kernel = str(build / "gcov/quire.elf")
    own = Machine(kernel, append="console=ttyS0 selftest", icount=True)
    yield "kernel", own, 1200
    yield "kernel-la57", Machine(kernel, append="console=ttyS0 selftest la57", icount=True), 1200
    yield "kernel-traced", Machine(kernel, append="console=ttyS0 selftest explore.mask=703ff", icount=True), 1200
    yield "kernel-64M", Machine(kernel, append="console=ttyS0 selftest", memory="64M", icount=True), 1200
    for program in sorted(p.name for p in (build / "tests").glob("*") if p.name != "run"):
        initrd = machine.make_initramfs(work / f"{program}.cpio",
                                        [f"{build}/tests/run:/init",
                                         f"{build}/tests/{program}:/tests/{program}"])
        yield program, Machine(kernel, initrd, "console=ttyS0 quiet panic=-1"), 300


def merge(total, more):
    """Add the counts below MORE to those below TOTAL."""
    if not total.exists():
        shutil.move(more, total)
        return
    joined = total.with_suffix(".new")
    subprocess.run(["gcov-tool", "merge", str(total), str(more), "-o", str(joined)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(total)
    joined.rename(total)


# ---- lines ------------------------------------------------------------------------------------------

def read_lines(build, total):
    """{file: {line: count}} of the kernel's own .c files, and {file: [branches, taken]}."""
    lines, branches = {}, {}
    base = total / str(build / "gcov/obj/kernel").lstrip("/")
    for gcda in sorted(base.rglob("*.gcda")):
        notes = build / "gcov/obj/kernel" / gcda.relative_to(base).with_suffix(".gcno")
        here = gcda.with_suffix(".gcno")
        shutil.copy(notes, here)
        out = subprocess.run(["gcov", "--json-format", "--stdout", "-b", str(gcda)], cwd=ROOT,
                             capture_output=True, check=True).stdout
        data = json.loads(gzip.decompress(out) if out[:2] == b"\x1f\x8b" else out)
        for f in data["files"]:
            name = os.path.relpath(os.path.join(ROOT, f["file"]), ROOT)
            if name.startswith("..") or not name.endswith(".c"):
                continue
            counts, taken = lines.setdefault(name, {}), branches.setdefault(name, [0, 0])
            for line in f["lines"]:
                n = line["line_number"]
                counts[n] = max(counts.get(n, 0), line["count"])
                taken[0] += len(line["branches"])
                taken[1] += sum(b["count"] > 0 for b in line["branches"])
    return lines, branches


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def table(lines, branches):
    """Rows (name, executed, lines, branches taken, branches), folders after their files."""
    rows, folders = [], {}
    for name in sorted(lines):
        row = [sum(c > 0 for c in lines[name].values()), len(lines[name]), branches[name][1],
               branches[name][0]]
        rows.append((name, *row))
        sums = folders.setdefault(name.split("/")[0] + "/", [0, 0, 0, 0])
        for i, value in enumerate(row):
            sums[i] += value
    return rows + [(name, *sums) for name, sums in sorted(folders.items())]


PAGE = """<!doctype html><meta charset="utf-8"><title>%s</title><style>body{font:14px monospace}
td{padding:0 1em;text-align:right}td:first-child{text-align:left}.n{background:#fcc}.y{background:#dfd}
pre{margin:0}</style><h1>%s</h1>%s"""


def write_html(out, lines, rows):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    body = "<table><tr><td>file<td>lines<td>of<td>%<td>branches<td>of<td>%"
    for name, hit, all_lines, taken, all_branches in rows:
        link = f'<a href="{name.replace("/", "-")}.html">{name}</a>' if name in lines else f"<b>{name}</b>"
        body += (f"<tr><td>{link}<td>{hit}<td>{all_lines}<td>{percent(hit, all_lines):.1f}"
                 f"<td>{taken}<td>{all_branches}<td>{percent(taken, all_branches):.1f}")
    (out / "index.html").write_text(PAGE % ("Coverage", "Lines of the kernel that the tests execute",
                                            body + "</table>"))
    for name, counts in lines.items():
        text = []
        for n, source in enumerate((ROOT / name).read_text().split("\n"), 1):
            kind = "" if n not in counts else ' class="y"' if counts[n] else ' class="n"'
            count = counts.get(n, "")
            text.append(f"<pre{kind}>{n:5} {count:>10}  {html.escape(source)}</pre>")
        (out / f'{name.replace("/", "-")}.html').write_text(PAGE % (name, name, "\n".join(text)))


def record(rows):
    """The sums of the kernel's folders, and the files of mm/ that are least executed, in docs/testing.md."""
    parts = ("mm/", "kernel/", "fs/", "arch/", "drivers/")
    kept = [row for name in parts for row in rows if row[0] == name]
    kept += sorted((row for row in rows if row[0].startswith("mm/") and row[0] != "mm/"),
                   key=lambda row: row[1] / row[2])[:6]
    text = "| | lines executed | of | % | branches taken, % |\n|---|---:|---:|---:|---:|\n"
    for name, hit, all_lines, taken, all_branches in kept:
        text += (f"| {name} | {hit} | {all_lines} | {percent(hit, all_lines):.1f} "
                 f"| {percent(taken, all_branches):.1f} |\n")
    RECORD.write_text(BLOCK.sub(lambda m: m.group(1) + text + m.group(2), RECORD.read_text()))


def main():
    parser = argparse.ArgumentParser(description="which lines of the kernel the tests execute")
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("-j", metavar="N", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="add to the last counts")
    parser.add_argument("--docs", action="store_true", help="write the sums into docs/testing.md")
    parser.add_argument("--only", metavar="NAME", action="append", help="these machines alone")
    args = parser.parse_args()
    build = args.build.resolve()
    work = build / "gcov/runs"
    total = build / "gcov/total"
    if not args.keep:
        shutil.rmtree(total, ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        jobs = [pool.submit(run, name, m, work, limit) for name, m, limit in machines(build, work)
                if not args.only or name in args.only]
        for job in concurrent.futures.as_completed(jobs):
            if job.result():
                merge(total, job.result())
    lines, branches = read_lines(build, total)
    rows = table(lines, branches)
    write_html(build / "coverage", lines, rows)
    if args.docs:
        record(rows)
    print(f"{'file':40} {'lines':>12} {'%':>6} {'branches':>12} {'%':>6}")
    for name, hit, all_lines, taken, all_branches in rows:
        print(f"{name:40} {hit:5} of {all_lines:4} {percent(hit, all_lines):6.1f} "
              f"{taken:5} of {all_branches:4} {percent(taken, all_branches):6.1f}")
    print(f"the lines themselves: {build / 'coverage/index.html'}")


main()
