"""
tools/probe.py - the lines of quire-probe: are they whole, are they Linux's, are they the kernel's

The guest runs tests/user/zoo, which stops with an area of every kind at fixed addresses, and asks
quire-probe about it.  parse() reads the lines and their sum.  normal() gives what must be the same on
Linux and on Quire above the program itself: areas, entries and counts, with the frames numbered as they
are met, because which frames they are is chance; `make oracle T=probe` keeps Linux's in tests/user/oracle/probe.txt.
check_kernel() compares with the kernel's own snapshot of the same two processes.
"""
import pathlib
import re

import snapshot

RECORD = pathlib.Path(__file__).resolve().parent.parent / "tests/user/oracle/probe.txt"
FILES = ("tests/zoo", "user/quire-probe")

INIT = """#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mkdir -p /tmp
ask() { echo "@@ begin $1"; shift; "$@" 2>/tmp/complaint; echo "@@ end $?"; cat /tmp/complaint; }
zoo hold >/tmp/said &
until grep -q "^State:.T" /proc/$!/status 2>/dev/null; do :; done
cat /tmp/said
set -- $(cat /tmp/said)
ask zoo quire-probe $3 $4
[ -e /proc/quire/snapshot ] && ask kernel cat /proc/quire/snapshot
ask nobody-at-all quire-probe 32000
ask one-of-two quire-probe 32000 $4
ask word quire-probe zoo
ask negative quire-probe -- -1
ask parent quire-probe -p
ask others zoo nobody /bin/quire-probe $3
ask own zoo nobody /bin/sh -c 'exec quire-probe $$'
[ -e /proc/2/stat ] && ask kernel-thread quire-probe 2
n=0
while [ $n -lt 60 ]; do (ls / | cat >/dev/null); n=$((n + 1)); done &
for n in 1 2 3 4; do ask "all $n" quire-probe; done
wait $!
echo "@@ over"
kill -9 $4 $3
wait $3
ask ended quire-probe $3
poweroff -f
"""

PRESENT, PFN = 1 << 63, (1 << 55) - 1
# The flags of a frame that do not hang on when somebody looks: KPF_MMAP, ANON, SWAPBACKED, ZERO_PAGE.
STEADY = {11: "mapped", 12: "anon", 14: "swapbacked", 24: "zero"}
ZOO = 0x100000000            # what lies below is the program, which every compiler makes different
STEADY_COUNTS = ("map_count", "locked_vm", "pinned_vm", "stack_vm", "tables")
VM_WRITE, VM_EXEC, VM_SHARED, VM_GROWSDOWN, VM_LOCKED, VM_SPECIAL = 2, 4, 8, 0x100, 0x2000, 0x44400


class Snapshot:
    """The lines between begin and end."""

    def __init__(self, text):
        self.lines, self.errors = [], []
        try:
            self.lines, self.errors = snapshot.whole(text.encode().splitlines())
            self.lines = self.lines[:-1]
        except ValueError as error:
            self.errors.append(f"not JSON: {error}")
        if not self.lines or self.lines[0].get("k") != "snap.begin":
            self.errors.append("does not begin with snap.begin")

    def kind(self, k, **fields):
        return [r for r in self.lines if r["k"] == "snap." + k
                and all(r.get(f) == v for f, v in fields.items())]

    def mm_of(self, tid):
        return next((r["mm"] for r in self.kind("task", tid=tid)), None)

    def entries(self, mm):
        """{address: word} of all entries of the last level."""
        found = {}
        for table in self.kind("pt", mm=mm, level=1):
            step = 1 if table.get("form") == "pagemap" else 4096
            for ent in table["ents"]:
                first, n, raw = (ent[0], 1, ent[1]) if len(ent) == 2 else ent
                word = int(raw, 16)
                for i in range(n):
                    # hidden frame numbers are 0 and do not rise
                    rise = i * step if step == 4096 or word & PFN else 0
                    found[int(table["va"], 16) + (first + i) * 4096] = word + rise
        return found

    def frames(self):
        """{pfn: its line}"""
        return {r["pfn"] + i: r for r in self.kind("page") for i in range(r["n"])}


def answers(text):
    """{name: (what was written, status, complaint)} of each `ask` in the guest's output."""
    found = re.findall(r"^@@ begin (.*?)\n(.*?)^@@ end (\d+)\n(.*?)(?=^@@ |\Z)", text, re.M | re.S)
    return {name: (body, int(status), complaint) for name, body, status, complaint in found}


def zoo_pids(text):
    return [int(pid) for pid in re.search(r"^@@ zoo (\d+) (\d+)$", text, re.M).groups()]


def normal(snap, pids):
    """What must be the same on both kernels, as lines."""
    lines, numbers, frames = [], {0: 0}, snap.frames()
    for name, pid in zip(("parent", "child"), pids):
        mm = snap.mm_of(pid)
        for record in snap.kind("mm", mm=mm):
            lines.append(f"{name} mm " + " ".join(f"{f}={record[f]}" for f in STEADY_COUNTS))
        for vma in snap.kind("vma", mm=mm):
            if int(vma["s"], 16) < ZOO:
                continue
            lines.append(f"{name} vma {vma['s']}-{vma['e']} {vma['f']} {vma['pgoff']} "
                         f"{'file' if vma['ino'] else '-'} {vma['name']}".strip())
        for addr, word in snap.entries(mm).items():
            if addr < ZOO:
                continue
            pfn = word & PFN if word & PRESENT else 0
            frame = frames.get(pfn, {"map": "?", "flags": "0"})
            flags = " ".join(t for bit, t in STEADY.items() if int(frame["flags"], 16) >> bit & 1)
            lines.append(f"{name} entry {addr:x} {word - pfn:x} frame {numbers.setdefault(pfn, len(numbers))} "
                         f"map {frame['map']} {flags}".strip())
    return lines


def record(text):
    """Keep what Linux said."""
    lines = normal(Snapshot(answers(text)["zoo"][0]), zoo_pids(text))
    RECORD.write_text("# quire-probe of tests/user/zoo on Linux: make oracle T=probe\n" + "\n".join(lines) + "\n")


def check_counts(snap, check):
    """The counters of an mm are the sums over its areas."""
    for mm in snap.kind("mm"):
        areas = [((int(v["e"], 16) - int(v["s"], 16)) // 4096, int(v["f"], 16))
                 for v in snap.kind("vma", mm=mm["mm"])]

        def total(wanted):
            return sum(pages for pages, flags in areas if wanted(flags))
        for field, count in (
                ("map_count", len(areas)), ("total_vm", total(lambda f: True)),
                ("locked_vm", total(lambda f: f & VM_LOCKED and not f & VM_SPECIAL)),
                ("exec_vm", total(lambda f: f & VM_EXEC and not f & (VM_WRITE | VM_GROWSDOWN))),
                ("stack_vm", total(lambda f: f & VM_GROWSDOWN)),
                ("data_vm", total(lambda f: f & VM_WRITE and not f & (VM_SHARED | VM_GROWSDOWN)))):
            check(mm[field] == count, f"mm {mm['mm']}: {field} is {mm[field]}, its areas say {count}")
        if "quire" not in snap.kind("begin")[0]["build"]:
            continue            # Linux lets each task count to 64 before it adds to the mm's number
        present = [w for w in snap.entries(mm["mm"]).values() if w & PRESENT]
        zero = [w for w in present if int(snap.frames()[w & PFN]["flags"], 16) >> 24 & 1]
        rss = sum(mm["rss"].values())
        check(rss == len(present) - len(zero), f"mm {mm['mm']}: rss is {rss}, entries say {len(present) - len(zero)}")


def check_linux(text, check):
    """The same areas, entries and counts as on Linux."""
    found = normal(Snapshot(answers(text)["zoo"][0]), zoo_pids(text))
    recorded = [line for line in RECORD.read_text().splitlines() if not line.startswith("#")]
    for kind in ("parent mm", "child mm", "parent vma", "child vma", "parent entry", "child entry"):
        ours, theirs = ([line for line in lines if line.startswith(kind)] for lines in (found, recorded))
        differ = [f"{a!r} instead of {b!r}" for a, b in
                  zip(ours + [""] * len(theirs), theirs + [""] * len(ours)) if a != b]
        check(not differ, f"{kind}: {differ[:2]}")


# ---- on Quire: the kernel's own snapshot -------------------------------------------------------------

VM_PFNMAP, VM_SOFTDIRTY = 0x400, 0x8000000
VM_WORDLESS = 0x800         # VM_DENYWRITE: smaps has no word for it
PM_SOFT_DIRTY, PM_EXCLUSIVE, PM_FILE = 1 << 55, 1 << 56, 1 << 61
PTE_SOFT_DIRTY = 1 << 11
# bit of page->flags (enum pageflags): bit of kpageflags
KPF = {0: 0, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 32, 7: 10, 8: 7, 9: 26, 11: 14, 12: 33, 13: 8}


def mm_by_kernel(mm):
    """The fields that the probe has, from the kernel's line."""
    rss = sum(mm["rss"].values())
    pairs = {f: [f"{a:x}" for a in mm[f]] for f in ("code", "data", "arg", "env")}
    text = (mm["code"][1] + 4095 & ~4095) - (mm["code"][0] & ~4095) >> 12       # VmExe + VmLib is at least that
    same = ("map_count", "total_vm", "locked_vm", "pinned_vm", "stack_vm", "data_vm", "rss")
    return {**{f: mm[f] for f in same}, **pairs, "exec_vm": max(mm["exec_vm"], text),
            "hiwater_rss": max(mm["hiwater_rss"], rss), "tables": mm["nr_tables"],
            "hiwater_vm": max(mm["hiwater_vm"], mm["total_vm"]), "brk": [f"{mm['brk'][0]:x}", None],
            "stack": f"{mm['stack']:x}"}


def word_by_kernel(raw, area, kernel):
    """What pagemap must say of the raw entry."""
    word = PM_SOFT_DIRTY if area["f"] & VM_SOFTDIRTY or raw & PTE_SOFT_DIRTY else 0
    pfn = (raw & snapshot.PFN) >> 12
    if not raw & snapshot.SPECIAL:
        run = kernel.frame(pfn)
        word |= (PM_FILE if run["use"] != "anon" else 0) | (PM_EXCLUSIVE if run["map"] == 1 else 0)
    return PRESENT | word | pfn


def flags_by_kernel(run):
    word = sum(1 << theirs for ours, theirs in KPF.items() if run["flags"] >> ours & 1)
    return word | (1 << 11 if run["map"] > 0 else 0) | (1 << 12 if run["use"] == "anon" else 0) | \
        (1 << 24 if run["use"] == "zero" else 0)


def differences(ours, theirs):
    """The first few keys of two dictionaries whose values differ."""
    return [f"{key:x}" if isinstance(key, int) else f"{key}: {ours.get(key)} instead of {theirs.get(key)}"
            for key in [*theirs, *(k for k in ours if k not in theirs)] if ours.get(key) != theirs.get(key)][:4]


def check_kernel(text, check):
    """Every field that the probe has, of two processes that stand still."""
    snap, kernel = Snapshot(answers(text)["zoo"][0]), snapshot.load(answers(text)["kernel"][0])
    check(not snapshot.check(kernel), f"the kernel's snapshot: {snapshot.check(kernel)[:2]}")
    frames = snap.frames()
    for pid in zoo_pids(text):
        task, own = kernel.tasks[pid], snap.kind("task", tid=pid)[0]
        told = {f: own[f] for f in ("tid", "tgid", "ppid", "comm", "state", "cpu")}
        check(told == {f: task[f] for f in told}, f"task {told} instead of {task}")
        mm, areas = task["mm"], kernel.vmas[task["mm"]]
        told = {f: v for f, v in snap.kind("mm", mm=own["mm"])[0].items() if f not in ("k", "mm")}
        check(told == mm_by_kernel(kernel.mms[mm]), f"mm of {pid}: {differences(told, mm_by_kernel(kernel.mms[mm]))}")
        told = {int(v["s"], 16): (v["e"], int(v["f"], 16), v["pgoff"], v["ino"], v["name"])
                for v in snap.kind("vma", mm=own["mm"])}
        want = {v["s"]: (f"{v['e']:x}", v["f"] & ~VM_WORDLESS, v["pgoff"] if v["ino"] else 0, v["ino"], v["name"])
                for v in areas}
        check(told == want, f"areas of {pid}: {differences(told, want)}")
        told, want = snap.entries(own["mm"]), {
            va: word_by_kernel(raw, kernel.vma_at(mm, va), kernel) for va, raw in kernel.ptes(mm).items()
            if raw & (snapshot.PRESENT | snapshot.PROTNONE) and not kernel.vma_at(mm, va)["f"] & VM_PFNMAP}
        check(told == want, f"entries of {pid}: {differences(told, want)}")
    told = {pfn: (r["map"], int(r["flags"], 16)) for pfn, r in frames.items()}
    want = {pfn: (kernel.frame(pfn)["map"], flags_by_kernel(kernel.frame(pfn))) for pfn in frames}
    check(told == want, f"frames: {differences(told, want)}")
    check(len(frames) > 50, f"only {len(frames)} frames")


def check_answers(text, check):
    """Whole snapshots, whatever is asked; and clear words for what is not there."""
    told = answers(text)
    pids = zoo_pids(text)
    for name, (body, status, _) in told.items():
        if name in ("word", "negative"):
            check(status == 2 and not body, f"{name}: status {status}")
        elif name != "kernel":
            check(not Snapshot(body).errors, f"{name}: {Snapshot(body).errors}")
    for name, status, lines, complaint in (
            ("zoo", 0, (2, 2), ""), ("parent", 0, (1, 1), ""), ("own", 0, (1, 1), ""),
            ("nobody-at-all", 1, (0, 0), "32000: there is no such process"),
            ("one-of-two", 1, (1, 1), "32000: there is no such process"),
            ("others", 1, (0, 0), f"{pids[0]}: permission denied"), ("kernel-thread", 0, (1, 0), ""),
            ("ended", 1, (0, 0), f"{pids[0]}: there is no such process"),
            ("word", 2, None, "usage"), ("negative", 2, None, "usage"),
            *((f"all {n}", 0, None, "") for n in (1, 2, 3, 4))):
        if name == "kernel-thread" and name not in told:
            continue            # Quire has none that must be there
        if name not in told:
            check(False, f"{name} was not asked")
            continue
        body, code, said = told[name]
        check(code == status, f"{name}: status {code}")
        check(complaint.lower() in said.lower() if complaint else not said, f"{name}: said {said!r}")
        if lines:
            snap = Snapshot(body)
            count = len(snap.kind("task")), len(snap.kind("mm"))
            check(count == lines, f"{name}: {count} tasks and mms")
    check_counts(Snapshot(told["zoo"][0]), check)
    own = Snapshot(told["own"][0])
    mm = own.kind("task")[0]["mm"]
    check(own.entries(mm) and not any(w & PFN for w in own.entries(mm).values() if w & PRESENT),
          "who is not root sees frame numbers")
    check(not own.kind("page"), "who is not root sees frames")
    whole = Snapshot(told["all 1"][0])
    check(set(pids) <= {r["tid"] for r in whole.kind("task")}, "the zoo is not among all")
