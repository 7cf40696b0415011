#!/usr/bin/env python3
"""
tools/law.py - the law of replay, tried on a running machine, and the checker tried on recordings

  tools/law.py FILE...    recordings of the port with snapshots in them: does the law hold?

play_law() lets a guest make random calls, asks for a snapshot every so many events, and replays the
events between: the state that comes out must be the snapshot's (tools/replay.py).  Then parts of what
came are replayed with an event left out or changed: that must be noticed.  run_checker() tries the same
on a machine of 64 frames, made by hand.
"""
import json
import os
import random
import sys
import time
import zlib

import replay
import snapshot
from explore import Line

# Random calls (tests/user/differential.c) of several processes at once: LISTS are ranges of seeds.
# Then PROGRAMS, one after the other.
INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
echo "@@ ready"
for seeds in LISTS; do
	mkdir /tmp/$seeds
	TMPDIR=/tmp/$seeds /tests/differential -r ${seeds%%-*} ${seeds##*-} &
done
wait
for program in PROGRAMS; do
	[ -f /tests/$program ] && /tests/$program
done
echo 1 > /proc/sys/vm/verify
cat /proc/sys/vm/verify
echo "@@ done"
while :; do sleep 1; done
"""
# What differential does not do: threads, execs, shared memory, other processes' memory.
PROGRAMS = ("cow", "vfork", "thread", "exec", "madvise", "mremap", "nonlinear", "shm", "process_vm", "truncate",
            "clear_refs", "mlock", "map_files", "pidfd", "memfd", "lazy", "wait")
# One call of these makes more events than a ring has room for, or they switch tracing themselves, or need a
# machine of their own.
NOT_WATCHED = ("mmap", "many", "rlimit", "rlimit_mm", "trace", "boot", "failnth", "commit", "model", "time", "poll",
               "differential", "snapshot", "smaps", "why", "litmus")


class Feed:
    """Lines of the port in large pieces: events, snapshots and answers in their order."""

    def __init__(self, file):
        self.file, self.rest, self.snap = file, b"", []
        self.bytes = 0

    def read(self):
        """A list: events and answers as objects, snapshots as Snapshot."""
        data = self.file.read1(1 << 18)
        if not data:
            raise EOFError("the port was closed")
        self.bytes += len(data)
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        if not self.snap and not any(line.startswith(b'{"k":"snap.') for line in lines):
            return json.loads(b"[" + b",".join(lines) + b"]")
        found = []
        for line in lines:
            if line.startswith(b'{"k":"snap.'):
                self.snap.append(line)
                if line.startswith(b'{"k":"snap.end"'):
                    found.append(replay.Snapshot(self.snap))
                    self.snap = []
            elif line:
                found.append(json.loads(line))
        return found


class Law:
    """Takes what a Feed gives; checks each snapshot."""

    def __init__(self, keep=0):
        self.state, self.before, self.pending = None, None, []
        self.found, self.reached, self.events = [], 0, 0
        self.refused = 0                                        # snapshots: no memory at that moment
        self.segment, self.segments, self.keep = [], [], keep   # (snapshot, events, snapshot)
        self.bad = None                                         # the first one that did not fit

    def take(self, item):
        if isinstance(item, replay.Snapshot):
            self.found += item.wrong
            self.pending.append(item)
        elif "seq" in item:
            while self.pending and item["seq"] >= self.pending[0].seq[item["cpu"]]:
                self.reach(self.pending.pop(0))
            self.events += 1
            if self.state:
                self.state.tell(item)
                self.segment.append(item)
        elif item["k"] == "err" and item.get("why") == "no memory":
            self.refused += 1
        elif item["k"] == "err":
            self.found.append(f"refused: {item}")

    def reach(self, snap):
        """The cut: everything before it has been told."""
        wrong = []
        self.reached += 1
        if self.state:
            wrong = self.state.errors + self.state.differences(snap)
            self.found += [f"snapshot {self.reached}: {w}" for w in wrong]
            if len(self.segments) < self.keep and not wrong:
                self.segments.append((self.before, self.segment, snap))
            if wrong and not self.bad:
                self.bad = (self.before, self.segment, snap)
        if not self.state or wrong:
            self.state = replay.State(snap)
        self.before, self.segment = snap, []


def save(path, before, events, after):
    """What did not fit, to look at."""
    with open(path, "wb") as file:
        for lines in (before.raw, [json.dumps(ev, separators=(",", ":")).encode() for ev in events], after.raw):
            file.writelines(line + b"\n" for line in lines)


def play_law(every, keep=0):
    """A play for run_explore(): a snapshot every EVERY events; KEEP parts are damaged afterwards."""
    def play(guest, path, check):
        line, law, sent, last = Line(path, 120), Law(keep), 0, None
        check(line.ask("pause full")["k"] == "ok", "pause full")
        feed = Feed(line.file)
        while (last is None or law.reached + law.refused < last) and not law.found:
            try:
                items = feed.read()
            except (EOFError, TimeoutError) as error:
                law.found += [*(law.state.errors if law.state else ()), f"{error!r}: the guest is silent"]
                break
            for item in items:
                law.take(item)
            if sent > law.reached + law.refused or last is not None:
                continue
            if "@@ done" in guest.text():
                last = sent + 1
            if last or law.events >= sent * every:
                line.send("snap")
                sent += 1
        line.close()
        if law.bad:
            save(path.with_suffix(".recording"), *law.bad)
        check(not law.found, "; ".join(law.found[:8]))
        wrong = snapshot.check(snapshot.load(b"".join(raw + b"\n" for raw in law.before.raw)))
        check(not wrong, f"the parts of the last snapshot: {'; '.join(wrong[:5])}")
        check("not ok" not in guest.text(), "a program found something")
        check(law.reached > 3, f"only {law.reached} snapshots")
        for segment in law.segments:
            never, tries, missed = unnoticed(*segment, each=20)
            # what a recording has few of may end before anything asks: run_checker() is the strict one
            check(len(never) < 6, f"never noticed: {'; '.join(never[:8])}")
            check(tries > 100 and len(missed) < tries * 2 / 3, f"{len(missed)} of {tries} changes were not noticed")
        return law
    return play


# ---- does the checker notice? -----------------------------------------------------------------------

# Fields that say nothing about the state, and events that change nothing in it.
COMMON = {"k", "seq", "cpu", "t", "tid", "op", "fl"}
SILENT = {"page.alloc": {"gfp", "site"}, "page.free": {"site"}, "task.exit": {"code"},
          "task.fork": {"clone_flags"}, "task.switch": {"prev_state"}, "task.mm_new": {"from"}, "tlb.flush": {"kind"},
          "file.to_swap": {"ino", "pgoff"}, "reclaim.scan": {"list", "zone"}, "reclaim.slab": {"freed", "shrinker"},
          "reclaim.wake": {"free"}, "reclaim.sleep": {"free", "freed"}, "reclaim.oom": {"victim", "points"}}
CHANGES_NOTHING = {"vma.split", "vma.merge", "vma.gap", "tlb.defer", "page.rmap_add", "page.rmap_del", "reclaim.direct"}
GROUPS = ("task", "vma", "pte", "page", "slab", "tlb", "file", "swap", "reclaim")


def is_covered(ev):
    return ev["k"].split(".")[0] in GROUPS and ev["k"] not in CHANGES_NOTHING


def fields_of(ev):
    """What the event says of the state."""
    fields = ev.keys() - COMMON - SILENT.get(ev["k"], set())
    if not names_mm(ev["k"]):
        fields -= {"mm"}
    if ev["k"] == "pte.batch":
        fields -= {"zap": {"from", "keep", "with"}, "protect": {"from"}}.get(ev["kind"], set())
    return fields


def names_mm(kind):
    """Is the event's mm a part of what it says?  (else: that of who runs)"""
    return kind.split(".")[0] in ("vma", "pte", "tlb") or kind.startswith("task.mm_")


def altered(ev, field):
    """The event with another value in one field."""
    value, ev = ev[field], dict(ev)
    if isinstance(value, int):
        ev[field] = value + (1 if field != "n" else -1)
    elif field == "va":
        ev[field] = f"{int(value, 16) ^ 1 << 39:x}"
    elif field in ("keep", "with"):
        ev[field] = f"{int(value, 16) ^ replay.PRESENT:x}"
    elif field in ("why", "kind"):
        ev[field] = {"users": "count", "count": "users", "zap": "protect", "protect": "zap"}.get(value, "zap")
    elif field == "list":
        ev[field] = "active_file" if value != "active_file" else "none"
    elif field == "by":
        ev[field] = "direct" if value == "kswapd" else "kswapd"
    elif field in ("comm", "cache"):
        ev[field] = value + "x"
    else:
        ev[field] = f"{int(value, 16) ^ 0x1000:x}"
    return ev


def damages(events, each, seed):
    """{index: [(name, what comes in place of this event), ...]}, up to EACH for a name."""
    dice, found = random.Random(seed), {}
    for i, ev in enumerate(events):
        if is_covered(ev):
            found.setdefault(("drop", ev["k"]), []).append((i, None))
            for field in fields_of(ev):
                found.setdefault((field, ev["k"]), []).append((i, field))
    plan = {}
    for name in sorted(found):
        for i, field in dice.sample(found[name], min(each, len(found[name]))):
            plan.setdefault(i, []).append((name, altered(events[i], field) if field else None))
    return plan


def is_noticed(state, events, after):
    for ev in events:
        state.tell(ev)
        if state.errors:
            return True
    return bool(state.differences(after))


def in_child(work):
    """What WORK returns, true or false; what it changes is lost with the process that runs it."""
    pid = os.fork()
    if not pid:
        status = 2
        try:
            status = 0 if work() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def unnoticed(before, events, after, each=1, every=False, seed=1):
    """
    Damage the recording in many ways, one at a time, and replay it from there: each kind of event is left
    out, each of its fields gets another value.  What makes no difference (it is of a process that ends soon,
    say) is tried with another event of the kind, up to EACH.  EVERY: all of these, noticed or not.
    (what was never noticed, number of tries, those of them that were not noticed)
    """
    plan, state = damages(events, each, seed), replay.State(before)
    state.gaps = True
    hits, misses, tries = set(), {}, 0
    for i, ev in enumerate(events):
        for name, instead in plan.get(i, ()):
            if name in hits and not every:
                continue
            tries += 1
            if in_child(lambda: is_noticed(state, ([instead] if instead else []) + events[i + 1:], after)):
                hits.add(name)
            else:
                misses.setdefault(name, []).append(ev)
        state.tell(ev)
    never = [f"{what} of {kind}: {evs[0]}" for (what, kind), evs in misses.items() if (what, kind) not in hits]
    return never, tries, [f"{what} of {kind}: {ev}" for (what, kind), evs in misses.items() for ev in evs]


# ---- a small machine, made by hand ------------------------------------------------------------------

def seal(lines):
    """A Snapshot of these lines (without the end)."""
    raw = [json.dumps(line).encode() for line in lines]
    crc = zlib.crc32(b"".join(line + b"\n" for line in raw))
    return replay.Snapshot(raw + [json.dumps({"k": "snap.end", "lines": len(raw), "crc32": f"{crc:08x}"}).encode()])


def begin(seq):
    return {"k": "snap.begin", "version": 1, "t": 0, "seq": [seq], "cpus": 1, "levels": 4, "page_size": 4096,
            "max_pfn": 64, "mask": "207ff", "what": "all"}


def vma(mm, start, end, flags, pgoff, ino):
    return {"k": "snap.vma", "mm": mm, "s": start, "e": end, "f": flags, "pgoff": pgoff, "ino": ino}


def tables(mm, pgd, top, mid, low, ents):
    return [{"k": "snap.pt", "mm": mm, "level": 4, "va": "0", "pfn": pgd, "ents": [[0, f"{top:x}067"]]},
            {"k": "snap.pt", "mm": mm, "level": 3, "va": "0", "pfn": top, "ents": [[0, f"{mid:x}067"]]},
            {"k": "snap.pt", "mm": mm, "level": 2, "va": "0", "pfn": mid, "ents": [[2, f"{low:x}067"]]},
            {"k": "snap.pt", "mm": mm, "level": 1, "va": "400000", "pfn": low, "ents": ents}]


def pages(*given):
    return [{"k": "snap.page", "pfn": pfn, "n": n, "use": use, "map": count, "flags": flags[0] if flags else "0"}
            for pfn, n, use, count, *flags in given]


def vmstat(**counts):
    names = {**replay.COUNTED, **replay.COUNTED_RECLAIM}
    return {"k": "snap.vmstat", **dict.fromkeys(names, 10), **counts}


def free(order, *pfns):
    return {"k": "snap.buddy", "zone": "Normal", "order": order, "pfns": list(pfns)}


def task(tid, mm, state="R", ppid=1, comm="sh"):
    return {"k": "snap.task", "tid": tid, "tgid": tid, "ppid": ppid, "comm": comm, "mm": mm, "active_mm": mm,
            "state": state, "cpu": 0}


def space(mm, **more):
    line = {"k": "snap.mm", "mm": mm, "users": 1, "count": 1, "pgd": 8, "map_count": 3, "mmap_sem": 0, "nr_ptes": 1, "nr_tables": 3,
            "highest_vm_end": "406000", "total_vm": 6, "locked_vm": 0, "shared_vm": 3, "exec_vm": 2, "stack_vm": 0,
            "data_vm": 3, "rss": {"anon": 1, "file": 1, "shmem": 0, "swap": 1}}
    return {**line, **more}


BEFORE = [begin(100), {"k": "snap.cpu", "cpu": 0, "tid": 7, "told": 7, "cr3": 8, "mm": 3, "lazy": 0}, task(7, 3), space(3),
          vma(3, "400000", "402000", "75", 0, 5), vma(3, "402000", "405000", "100073", 1026, 0),
          vma(3, "405000", "406000", "0d1", 0, 0),       # the System V segment 0, read only: its file's number is 0
          *tables(3, 8, 9, 10, 11, [[0, "e025"], [2, "c067"], [3, "14000"]]),
          *pages((0, 8, "kernel", 0), (8, 4, "table", 0), (12, 1, "anon", 1, "810"), (13, 1, "kernel", 0),
                 (14, 1, "file", 1, "10"), (15, 1, "slab", 0), (16, 4, "pcp", 0), (20, 4, "free", 0),
                 (24, 1, "kernel", 0), (25, 1, "file", 0, "18"), (26, 2, "kernel", 0), (28, 1, "file", 0, "38"),
                 (29, 1, "kernel", 0), (30, 1, "file", 0, "2000"), (31, 1, "kernel", 0), (32, 32, "free", 0)),
          {"k": "snap.rmap", "pfn": 12, "at": [[3, "402000"]]}, {"k": "snap.rmap", "pfn": 14, "at": [[3, "400000"]]},
          free(2, 20), free(5, 32), {"k": "snap.pcp", "cpu": 0, "order": 0, "pfns": [16, 17, 18, 19]},
          {"k": "snap.slab", "cache": "small", "size": 64, "per": 8, "order": 0, "slabs": [[15, 3, "f8"]]},
          {"k": "snap.file", "ino": 5, "path": "/x", "pages": [[0, 14, 0], [1, 25, 1], [2, 28, 1], [3, 30, 0]]},
          {"k": "snap.swap", "total": 9, "slots": [["5", 1, 0, 0], ["9", 1, 0, 0]]}, vmstat()]

# 7 has written to a page that only was read, cut its area in two, written to the file, dropped a page,
# and made a slab of a page and four pages from a block; 8 was made with a table of its own and has ended.
# One page came back from swap (slot 5), another went there (slot 7) and was freed by kswapd, as was a page of the file
# that was written first; two more are written, one of them still.  Slots 8 and 9 are a file's.
EVENTS = """
page.alloc order 0 pfn 16 | pte.set level 1 addr 404000 old 0 new 10067
vma.adjust old_start 402000 old_end 405000 start 402000 end 404000
vma.add ino 0 start 404000 end 405000 flags 100073 pgoff 1028 | vma.prot start 404000 end 405000 old 100073 flags 100071
file.dirty ino 5 pgoff 0 pfn 14 | pte.set level 1 addr 402000 old c067 new 0 | tlb.flush kind pages start 402000 end 403000
page.lru list none pfn 12 | page.free order 0 pfn 12 | page.alloc order 0 pfn 17 | slab.grow order 0 pfn 17 objects 8 cache big | slab.obj_alloc index 1 pfn 17 cache big | slab.obj_alloc index 0 pfn 17 cache big
slab.obj_free index 1 pfn 17 cache big
page.split order 5 pfn 32 | page.split order 4 pfn 32 | page.split order 3 pfn 32 | page.alloc order 2 pfn 32
page.pcp_out pfn 12 | page.alloc order 0 pfn 18 | task.mm_new mm 4 from 3 pgd 18
vma.add mm 4 ino 5 start 400000 end 402000 flags 75 pgoff 0
page.pcp_in order 2 pfn 20 | page.alloc order 0 pfn 20 | pte.pt_alloc mm 4 level 3 va 0 pfn 20
page.alloc order 0 pfn 21 | pte.pt_alloc mm 4 level 2 va 0 pfn 21
page.alloc order 0 pfn 22 | pte.pt_alloc mm 4 level 1 va 400000 pfn 22
pte.batch mm 4 kind copy addr 400000 n 1 from 3 keep ffffffffffffffdf with 0
task.fork clone_flags 0 child_mm 4 parent 7 child 8 tgid 8 ppid 7 | task.comm of 8 comm ls
task.switch tid 7 prev 7 next 8 next_mm 4 cr3 1 lazy 0 | tlb.cr3 mm 4 old 3
task.mm_get mm 4 why count users 1 count 2 | task.leave_mm tid 8 old_mm 4 | task.mm_put mm 4 why users users 0 count 2
task.exit tid 8
page.alloc order 0 pfn 19 | swap.cache_add entry 5 pfn 19 | swap.in entry 5 pfn 19 | page.lru list active_anon pfn 19
pte.set level 1 addr 403000 old 14000 new 13065
swap.get entry a | swap.free entry a
reclaim.wake free 9 | reclaim.slab scanned 5 freed 2 shrinker dentry | reclaim.sleep free 9 freed 0 | reclaim.wake free 9
swap.get entry 7 | swap.cache_add entry 7 pfn 16 | pte.set level 1 addr 404000 old 10067 new 1c000
tlb.flush kind pages start 404000 end 405000 | swap.out entry 7 pfn 16 | swap.written error 0 entry 7 pfn 16
swap.cache_del entry 7 pfn 16 | reclaim.steal pfn 16 | page.free order 0 pfn 16
reclaim.scan list inactive_anon zone 0 by kswapd scanned 2 freed 1
file.clean ino 5 pgoff 1 pfn 25 | file.writeback ino 5 pgoff 1 pfn 25 | file.written ino 5 pgoff 1 pfn 25
page.lru list none pfn 25 | file.cache_del ino 5 pgoff 1 pfn 25 | reclaim.steal pfn 25 | page.free order 0 pfn 25
reclaim.scan list inactive_file zone 0 by kswapd scanned 1 freed 1
file.clean ino 5 pgoff 2 pfn 28 | file.writeback ino 5 pgoff 2 pfn 28 | file.written ino 5 pgoff 3 pfn 30
page.alloc order 0 pfn 16 | file.cache_add ino 5 pgoff 4 pfn 16
swap.get entry 8 | file.to_swap ino 6 pgoff 3 entry 8 | file.from_swap ino 6 pgoff 3 entry 8 | file.to_swap ino 6 pgoff 4 entry 8
reclaim.oom victim 8 points 3
"""

AFTER = [begin(0), {"k": "snap.cpu", "cpu": 0, "tid": 8, "told": 8, "cr3": 18, "mm": 4, "lazy": 1}, task(7, 3),
         {**task(8, 0, "Z", 7, "ls"), "active_mm": 4},
         space(3, map_count=4, data_vm=2),
         space(4, users=0, count=2, pgd=18, map_count=1, rss={"anon": 0, "file": 1, "shmem": 0, "swap": 0}),
         vma(3, "400000", "402000", "75", 0, 5), vma(3, "402000", "404000", "100073", 1026, 0),
         vma(3, "404000", "405000", "100071", 1028, 0), vma(3, "405000", "406000", "0d1", 0, 0), vma(4, "400000", "402000", "75", 0, 5),
         *tables(3, 8, 9, 10, 11, [[0, "e025"], [3, "13065"], [4, "1c000"]]), *tables(4, 18, 20, 21, 22, [[0, "e025"]]),
         *pages((0, 8, "kernel", 0), (8, 4, "table", 0), (12, 1, "free", 0), (13, 1, "kernel", 0),
                (14, 1, "file", 2, "10"), (15, 1, "slab", 0), (16, 1, "file", 0), (17, 1, "slab", 0), (18, 1, "table", 0),
                (19, 1, "anon", 1, "830"), (20, 3, "table", 0), (23, 1, "pcp", 0), (24, 1, "kernel", 0), (25, 1, "pcp", 0),
                (26, 2, "kernel", 0), (28, 1, "file", 0, "2030"), (29, 1, "kernel", 0), (30, 1, "file", 0),
                (31, 5, "kernel", 0), (36, 28, "free", 0)),
         {"k": "snap.rmap", "pfn": 19, "at": [[3, "403000"]]},
         {"k": "snap.rmap", "pfn": 14, "at": [[4, "400000"], [3, "400000"]]},
         free(0, 12), free(2, 36), free(3, 40), free(4, 48),
         {"k": "snap.pcp", "cpu": 0, "order": 0, "pfns": [23, 25]},
         {"k": "snap.slab", "cache": "small", "size": 64, "per": 8, "order": 0, "slabs": [[15, 3, "f8"]]},
         {"k": "snap.slab", "cache": "big", "size": 128, "per": 8, "order": 0, "slabs": [[17, 1, "fe"]]},
         {"k": "snap.file", "ino": 5, "path": "/x", "pages": [[0, 14, 1], [2, 28, 0], [3, 30, 0], [4, 16, 0]]},
         {"k": "snap.swap", "total": 9,
          "slots": [["5", 0, 19, 0], ["7", 1, 0, 0], ["8", 1, 0, 0], ["9", 1, 0, 0]]},
         vmstat(pgcache_add=11, pgcache_del=11, nr_written=12, pswpin=11, pswpout=11, pgscan_kswapd=13, pgsteal_kswapd=12,
                pageoutrun=12, slabs_scanned=15, oom_kill=11)]


def hand_made_events():
    events = []
    for part in EVENTS.replace("\n", "|").split("|"):
        words = part.split()
        if not words:
            continue
        ev = {"k": words[0], "seq": 100 + len(events), "cpu": 0, "t": 0, "tid": 7, "mm": 3, "op": 1}
        names = ("addr", "old", "new", "start", "end", "old_start", "old_end", "flags", "va", "keep", "with", "clone_flags", "entry")
        for name, value in zip(words[1::2], words[2::2]):
            number = value.isdigit() and (name not in names or (ev["k"], name) == ("tlb.cr3", "old"))
            ev[name] = int(value) if number else value
        events.append(ev)
    return events


def run_checker():
    """The law holds for the small machine, and whatever is damaged shows.  A list of what does not."""
    before, after, events = seal(BEFORE), seal(AFTER), hand_made_events()
    found = []
    state = replay.State(before)
    for ev in events:
        state.tell(ev)
    found += state.errors + state.differences(after) + before.wrong + after.wrong
    found += [f"not noticed: {what}" for what in unnoticed(before, events, after, 99, every=True)[2]]
    for side, other in ((BEFORE, replay.State(before)), (AFTER, state)):
        found += [f"not noticed in a snapshot: {what}" for what in unnoticed_changes(side, other)]
    return found


def unnoticed_changes(lines, state):
    """Change each number and string in the lines of a snapshot, and leave out each line."""
    left = []
    for i, line in enumerate(lines):
        if line["k"] == "snap.begin" or line.get("users") == 0:
            continue
        ways = [(f"without {line}", None)] if line["k"] != "snap.page" else []
        for bit in (replay.PG_LRU, replay.PG_WRITEBACK) if "flags" in line else ():
            ways.append((f"flag {bit:x} of {line}", {**line, "flags": f"{int(line['flags'], 16) ^ bit:x}"}))
        for field in line.keys() - {"k", "cpu", "zone", "size", "path", "tid", "mmap_sem", "total", "flags"}:
            ways.append((f"{field} of {line}", {**line, field: changed(line[field])}))
        for what, instead in ways:
            try:
                if not state.differences(seal(lines[:i] + ([instead] if instead else []) + lines[i + 1:])):
                    left.append(what)
            except (KeyError, IndexError):
                pass            # what hangs on it is missing
    return left


def changed(value):
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {name: n + 1 for name, n in value.items()}
    if isinstance(value, list):
        return value[:-1]
    if value[0].isdigit():
        return f"{int(value, 16) + 8:x}"
    return {"R": "Z", "Z": "S", "kernel": "free"}.get(value, "kernel" if value in replay.KINDS else value + "x")


def main():
    bad = 0
    for name in sys.argv[1:]:
        law = Law()
        with open(name, "rb") as file:
            feed = Feed(file)
            try:
                while not law.found:
                    for item in feed.read():
                        law.take(item)
            except EOFError:
                while law.pending:
                    law.reach(law.pending.pop(0))
        for text in law.found:
            print(f"{name}: {text}")
        print(f"{name}: {law.events} events, {law.reached} snapshots")
        bad += len(law.found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
