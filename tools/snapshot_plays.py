"""
tools/snapshot_plays.py - tests of snapshots through the port, for group explore of tools/test.py

Each play has a guest that starts and ends processes all the time (explore.INIT), and looks at it through
the port while it does.  What a snapshot says is checked by tools/snapshot.py.
"""
import re
import time

import snapshot
from explore import Line

BAD = ("snap everything", "snap mm", "snap mm 0", "snap mm one", "snap mm 1 2", "snap pages", "snap pages 1",
       "snap pages 5 5", "snap pages 6 5", "snap pages 0 99999999", "snap pages 0 99999999999999999999999",
       "snap mm 4000000000", "walk", "walk 1", "walk x 400000", "walk 1 0x", "walk 1 4000z0", "walk 1 400000 r",
       "walk 32768 400000", "walk 32767 400000", "walk 0 400000", "walk 1 7fffffffffff0000",
       "walk 1 ffffffff80000000", "walk 1 10000000000000000", "walk -1 400000")


def errors_of(snap):
    return "; ".join(snapshot.check(snap)[:5])


def place(line, snap, check):
    """The events around the cut: meta.snap, one after the other, the second with the promised number."""
    line.ask("hello")
    marks = [e for e in line.events if e["k"] == "meta.snap"]
    check(len(marks) == 2 and [e["end"] for e in marks] == [0, 1], f"events of a snapshot: {marks}")
    if len(marks) == 2:
        check(marks[1]["seq"] == marks[0]["seq"] + 1 == snap.begin["seq"][0], f"{marks} around {snap.begin['seq']}")
        check(marks[1]["n"] == snap.end["lines"], f"{marks[1]} is not {snap.end}")
    line.events.clear()


def parts(line, snap, check):
    """A part says what the whole says, for what cannot have changed meanwhile."""
    for mm in sorted(snap.mms)[:3]:
        try:
            part = snapshot.ask(line, f"snap mm {mm}")
        except LookupError:
            continue                    # it is gone by now
        check(list(part.mms) == [mm] and not part.runs, f"mm {mm}: more than it was asked for")
        check(not errors_of(part), f"mm {mm}: {errors_of(part)}")
    last = snap.begin["max_pfn"]
    for first, end in ((0, 1), (0, 700), (last // 2 + 3, last // 2 + 5), (last - 1, last), (0, last)):
        part = snapshot.ask(line, f"snap pages {first} {end}")
        check(not errors_of(part), f"pages {first} {end}: {errors_of(part)}")
        check(not part.mms, f"pages {first} {end}: more than was asked for")


def play_snapshots(guest, path, check):
    """Snapshots in a storm of forks and faults, with and without events: each fits together."""
    line = Line(path)
    for bad in BAD:
        check(line.ask(bad)["k"] == "err", f"{bad!r} was not refused")
    changed = set()
    for n in range(24):
        if n % 8 == 4:
            line.ask("mask 1")
            line.events.clear()
        snap = snapshot.ask(line)
        check(not errors_of(snap), f"snapshot {n}: {errors_of(snap)}")
        changed.add(frozenset(snap.tasks))
        if n % 8 == 4:
            place(line, snap, check)
            line.ask("mask 0")
            parts(line, snap, check)
    check(len(changed) > 3, "nothing happened between the snapshots")
    line.ask("mask 0")
    line.close()


def play_walk(guest, path, check):
    """`walk` tells the entries that a snapshot has, while every process stands still."""
    guest.says("@@ ready")
    line = Line(path)
    line.ask("mask 3ff")
    line.ask("pause op")
    check(line.quiet(), "events go on while everything waits")
    snap = snapshot.ask(line)
    check(not errors_of(snap), errors_of(snap))
    walked = 0
    for tid, task in snap.tasks.items():
        if not task["mm"]:
            continue
        ptes = snap.ptes(task["mm"])
        for va in [*list(ptes)[::7], 0, 0x10000000000, snap.mms[task["mm"]]["task_size"] - 4096]:
            line.send(f"walk {tid} 0x{va + 123:x}")
            answer = line.read()
            while answer["k"] not in ("walk", "err"):
                answer = line.read()
            if answer["k"] == "err":
                check(False, f"walk {tid} {va:x}: {answer}")
                continue
            last = answer["levels"][-1]
            raw = int(last["raw"], 16) if last["level"] == 1 else 0
            check((raw ^ ptes.get(va, 0)) & ~(snapshot.ACCESSED | snapshot.DIRTY) == 0,
                  f"walk {tid} {va:x} finds {raw:x}, the snapshot {ptes.get(va, 0):x}")
            for level in answer["levels"]:
                i = va >> (12 + 9 * (level["level"] - 1)) & 511
                base = va & ~((1 << (12 + 9 * level["level"])) - 1)
                table = snap.tables.get((task["mm"], level["level"], base))
                check(table and table["pfn"] == level["table"] and i == level["index"] and
                      bool(level["present"]) == bool(table["ents"].get(i, 0) & 1), f"walk {tid} {va:x}: {level}")
            walked += 1
    check(walked > 50, f"only {walked} addresses")
    line.ask("pause off")
    line.ask("mask 0")
    line.close()


def play_readers(guest, path, check):
    """Who asks for snapshots and does not read them, or goes away in the middle, holds up nobody."""
    line = Line(path)
    before = snapshot.ask(line).count("vmalloc")
    for _ in range(6):
        for _ in range(30):
            line.send("snap")
        line.file.readline()
        line.close()
        time.sleep(0.2)
        line = Line(path)
    for _ in range(300):                # gone, and another is there before the guest has noticed
        for _ in range(40):
            line.send("hello")
        line.close()
        line = Line(path)
    after = snapshot.ask(line)
    check(not errors_of(after), errors_of(after))
    check(after.count("vmalloc") < 2 * before, f"{before} frames of vmalloc were, {after.count('vmalloc')} are")
    for _ in range(30):
        line.send("snap")
    check(guest.says("@@ done", 120), "the guest stands still")
    check(re.search(r"^ok: ", guest.text(), re.M), "mm_verify_all found something")
    line.close()
