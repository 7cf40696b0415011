"""
tools/explore.py - the other end of the port org.quire.explore: read events, send commands, check both

Line is a connection to the port's socket.  Story replays events of address spaces that were made
while somebody watched, and complains where an event does not fit what the ones before it said: the
old value of an entry, an area that is not there, a table that was not made, a page that is mapped
after it was freed.  play_*() are the tests of group explore in tools/test.py.
"""
import json
import re
import socket
import subprocess
import time

PRESENT, RW, ACCESSED, DIRTY, PROTNONE, SPECIAL = 1, 2, 0x20, 0x40, 0x100, 0x200
PFN = 0x000ffffffffff000
PAGE = 4096

# What the guest of these tests does: nothing but start processes, until it is told to stop.
PROGRAMS = ("cow", "madvise", "mprotect", "mremap", "nonlinear", "vfork")
INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
echo "@@ ready"
n=0
while [ $n -lt ROUNDS ]; do
	(ls -l / | sort >/tmp.$$; exit 3)
	n=$((n + 1))
done
for program in /tests/*; do
	[ -x $program ] && $program
done
echo 1 > /proc/sys/vm/verify
cat /proc/sys/vm/verify
cat /proc/quire/mask
echo "@@ done"
while :; do sleep 1; done
"""


class Line:
    """A connection to the port: what comes from the guest, line by line, and what we ask it."""

    def __init__(self, path, limit=30):
        end = time.monotonic() + limit
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.socket.settimeout(limit)
        self.file = self.socket.makefile("rb")
        self.events = []
        # Half a command or half a line may be left of who was here before.
        self.send("\nhello")
        while True:
            try:
                if self.read()["k"] == "hello":
                    break
            except ValueError:
                continue

    def send(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def read(self):
        """The next line as an object; events are kept in self.events as well."""
        line = self.file.readline()
        if not line:
            raise EOFError("the port was closed")
        record = json.loads(line)
        if "seq" in record:
            self.events.append(record)
        return record

    def ask(self, command):
        """Send a command and return its answer; events that come before it are kept."""
        self.send(command)
        while True:
            record = self.read()
            if record["k"] in ("ok", "err", "hello", "why"):
                return record

    def wait_for(self, wanted):
        """Read until an event comes for which WANTED is true."""
        while True:
            record = self.read()
            if "seq" in record and wanted(record):
                return record

    def quiet(self, limit=20):
        """Read what waits in the ring, until no more events come.  False if they never end."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            before = len(self.events)
            self.ask("hello")
            if len(self.events) == before:
                time.sleep(0.1)
                self.ask("hello")
                if len(self.events) == before:
                    return True
        return False

    def close(self):
        self.file.close()
        self.socket.close()


# ---- what the events say together -----------------------------------------------------------------

class Story:
    """Address spaces from their first event to their last."""

    def __init__(self):
        self.mms, self.errors, self.ends = {}, [], 0
        self.freed = set()          # frames that were freed and not allocated since
        self.stale = {}             # mm: { addr: frame } that a TLB may still lead to
        self.nr_stale = {}          # frame: in how many places

    def wrong(self, ev, text):
        if len(self.errors) < 20:
            self.errors.append(f"seq {ev['seq']} {ev['k']}: {text}")

    def tell(self, ev):
        """Take one event."""
        if ev["k"] == "meta.lost":
            self.wrong(ev, f"{ev['n']} events are missing")
        elif ev["k"] == "page.alloc":
            self.freed.difference_update(range(ev["pfn"], ev["pfn"] + (1 << ev["order"])))
        elif ev["k"] == "page.free":
            pfns = range(ev["pfn"], ev["pfn"] + (1 << ev["order"]))
            if self.freed.intersection(pfns):
                self.wrong(ev, f"frame {ev['pfn']} is freed twice")
            for pfn in pfns:
                if self.nr_stale.get(pfn):
                    self.wrong(ev, f"frame {pfn} is freed before the flush")
            self.freed.update(pfns)
        elif ev["k"] == "task.mm_new":
            self.mms[ev["mm"]] = {"vmas": {}, "ptes": {}, "tables": {}, "users": 1, "count": 1}
        elif ev["mm"] in self.mms:
            handler = getattr(self, ev["k"].replace(".", "_"), None)
            if handler:
                handler(ev, self.mms[ev["mm"]])

    # areas

    def vma_add(self, ev, mm):
        start, end = int(ev["start"], 16), int(ev["end"], 16)
        for other, (other_end, _) in mm["vmas"].items():
            if start < other_end and other < end:
                self.wrong(ev, f"overlaps {other:x}-{other_end:x}")
        mm["vmas"][start] = (end, ev["flags"])

    def vma_del(self, ev, mm):
        if mm["vmas"].pop(int(ev["start"], 16), (None,))[0] != int(ev["end"], 16):
            self.wrong(ev, "no such area")

    def vma_adjust(self, ev, mm):
        old = mm["vmas"].pop(int(ev["old_start"], 16), (None, ""))
        if old[0] != int(ev["old_end"], 16):
            self.wrong(ev, "no such area")
        mm["vmas"][int(ev["start"], 16)] = (int(ev["end"], 16), old[1])

    def vma_prot(self, ev, mm):
        start = int(ev["start"], 16)
        if mm["vmas"].get(start) != (int(ev["end"], 16), ev["old"]):
            self.wrong(ev, f"the area was {mm['vmas'].get(start)}")
        mm["vmas"][start] = (int(ev["end"], 16), ev["flags"])

    # entries and tables

    def change(self, ev, mm, addr, new):
        old = mm["ptes"].pop(addr, 0)
        if old & PRESENT and not old & SPECIAL and (old ^ new) & PFN:
            pfn = (old & PFN) // PAGE
            self.forget(ev["mm"], addr)
            self.stale.setdefault(ev["mm"], {})[addr] = pfn
            self.nr_stale[pfn] = self.nr_stale.get(pfn, 0) + 1
        if not new:
            return
        mm["ptes"][addr] = new
        if new & (PRESENT | PROTNONE) and not new & SPECIAL and (new & PFN) // PAGE in self.freed:
            self.wrong(ev, f"{addr:x} maps frame {(new & PFN) // PAGE}, which is free")
        if (1, addr >> 21) not in mm["tables"]:
            self.wrong(ev, f"no table serves {addr:x}")

    def pte_set(self, ev, mm):
        addr, old = int(ev["addr"], 16), int(ev["old"], 16)
        if (mm["ptes"].get(addr, 0) ^ old) & ~(ACCESSED | DIRTY):
            self.wrong(ev, f"{addr:x} was {mm['ptes'].get(addr, 0):x}, not {old:x}")
        self.change(ev, mm, addr, int(ev["new"], 16))

    pte_age = pte_set

    def pte_batch(self, ev, mm):
        first, keep, bits = int(ev["addr"], 16), int(ev["keep"], 16), int(ev["with"], 16)
        source = self.mms.get(ev["from"]) if ev["kind"] == "copy" else mm
        if source is None:
            return self.mms.pop(ev["mm"])       # copied from one whose beginning was not seen
        for addr in range(first, first + ev["n"] * PAGE, PAGE):
            old = source["ptes"].get(addr, 0)
            mapped = old & (PRESENT | PROTNONE)
            if ev["kind"] == "zap":
                self.change(ev, mm, addr, 0)
            elif ev["kind"] == "protect" and mapped:
                self.change(ev, mm, addr, old & keep | bits)
            elif ev["kind"] == "copy" and old:
                self.change(ev, mm, addr, old & keep if mapped else old)
                if mapped:
                    source["ptes"][addr] = old & ~bits
        return None

    def tlb_flush(self, ev, mm):
        start, end = int(ev["start"], 16), int(ev["end"], 16)
        addrs = self.stale.get(ev["mm"], {})
        if (end - start) // PAGE < len(addrs):
            addrs = range(start, end, PAGE)
        for addr in [a for a in addrs if start <= a < end]:
            self.forget(ev["mm"], addr)

    def forget(self, mm, addr):
        """No TLB leads from ADDR to its former frame any more."""
        pfn = self.stale.get(mm, {}).pop(addr, None)
        if pfn is not None:
            self.nr_stale[pfn] -= 1

    def pte_pt_alloc(self, ev, mm):
        key = (ev["level"], int(ev["va"], 16) >> (12 + 9 * ev["level"]))
        if key in mm["tables"]:
            self.wrong(ev, "there was one already")
        mm["tables"][key] = ev["pfn"]

    def pte_pt_free(self, ev, mm):
        key = (ev["level"], int(ev["va"], 16) >> (12 + 9 * ev["level"]))
        if mm["tables"].pop(key, None) != ev["pfn"]:
            self.wrong(ev, "no such table")
        if ev["level"] == 1 and any(addr >> 21 == key[1] for addr in mm["ptes"]):
            self.wrong(ev, "it still has entries")

    # counts, and the end

    def task_mm_get(self, ev, mm, step=1):
        mm[ev["why"]] += step
        if mm["users"] != ev["users"] or mm["count"] != ev["count"]:
            self.wrong(ev, f"users and count should be {mm['users']} and {mm['count']}")

    def task_mm_put(self, ev, mm):
        self.task_mm_get(ev, mm, -1)

    def task_mm_free(self, ev, mm):
        for what in ("vmas", "ptes", "tables"):
            if mm[what]:
                self.wrong(ev, f"there are {len(mm[what])} {what} left")
        self.ends += 1
        del self.mms[ev["mm"]]


# ---- the tests ------------------------------------------------------------------------------------

class Guest:
    """A machine with the port on a socket (or in a file), and what its console says."""

    def __init__(self, m, log):
        self.log = log
        self.out = open(log, "wb")
        self.qemu = subprocess.Popen(m.command(), stdin=subprocess.DEVNULL, stdout=self.out,
                                     stderr=subprocess.STDOUT)

    def text(self):
        return self.log.read_text(errors="replace").replace("\r", "")

    def says(self, pattern, limit=60):
        """Wait until the console shows PATTERN."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.qemu.poll() is None:
            if re.search(pattern, self.text(), re.M):
                return True
            time.sleep(0.1)
        return bool(re.search(pattern, self.text(), re.M))

    def close(self):
        self.qemu.kill()
        self.qemu.wait()
        self.out.close()


def play_commands(guest, path, check):
    """Every command, good and bad arguments; stepping."""
    line = Line(path)
    hello = line.ask("hello")
    check(hello["k"] == "hello" and hello["version"] == 1 and hello["page_size"] == 4096, "hello")
    for bad in ("frobnicate", "mask xyz", "mask 8000000", "mask 123456789", "pid -1", "pid 32768",
                "pid 1x", "mark", "mark too early", "pause", "pause sometimes", "pause op",
                "x" * 5000, "hello\0there", "why", "why 1", "why 1 0", "why 1 0 q", "why 0 0 r",
                "why 32767 0 r", "why 1 0x r", "why 1 0 r more"):
        check(line.ask(bad)["k"] == "err", f"{bad[:20]!r} was not refused")
    why = line.ask("why 1 401000 w")
    check(why["k"] == "why" and (why["tid"], why["addr"], why["access"]) == (1, "401000", "w") and
          ["does the area allow the access", "no"] in why["steps"] and
          why["outcome"] == "segv_accerr", f"why: {why}")
    check(line.ask("why 1 0 r")["outcome"] == "segv_maperr", "why of NULL")
    check(line.ask("why 1 ffff800000000000 x")["outcome"] == "segv_maperr", "why of the kernel")
    check(line.ask("why 1 8000000000000000 r")["outcome"] == "general_protection", "why, not canonical")
    check(line.ask("mask 0x3ff") == {"k": "ok", "mask": "3ff"}, "mask")
    check(line.ask("\n  mask")["mask"] == "3ff", "blanks before a command, an empty line")
    check(line.ask("mask  \r")["mask"] == "3ff", "blanks after a command")
    check(line.ask("mark one two")["k"] == "ok", "mark")
    check(line.wait_for(lambda e: e["k"] == "meta.mark")["text"] == "one two", "the mark came")
    line.wait_for(lambda e: e["k"] == "task.exec")
    check(True, "events come by themselves")

    check(line.ask("pause op")["k"] == "ok", "pause op")
    check(line.ask("pause op")["k"] == "ok", "pause op again")
    check(line.quiet(), "events go on while everything waits")
    ended = len([e for e in line.events if e.get("fl", 0) & 2])
    for _ in range(20):
        check(line.ask("next")["k"] == "ok", "next")
        time.sleep(0.02)
    check(line.quiet(), "events go on after the last next")
    steps = len([e for e in line.events if e.get("fl", 0) & 2]) - ended
    check(1 <= steps <= 45, f"{steps} ops ended after 20 times next")
    line.ask("pause event")
    line.quiet()
    before = len(line.events)
    for _ in range(5):
        line.ask("next")
        time.sleep(0.02)
    line.ask("hello")
    check(len(line.events) - before <= 5, "more events than times next")
    check(line.ask("pause off")["k"] == "ok", "pause off")
    line.wait_for(lambda e: e["k"] == "task.exec")
    check(line.ask("mask 0")["mask"] == "0", "mask 0")
    check(line.quiet(), "events go on without a mask")
    check(line.ask("pid 1")["pid"] == 1, "pid")
    check(line.ask("mask 403ff")["mask"] == "403ff", "a mask with extras")
    mine = len(line.events)
    for _ in range(50):
        line.read()
    check({e["tid"] for e in line.events[mine:] if e["k"] != "task.switch" and e["k"] != "meta.hello"
           and e["op"]} <= {1}, "events of others in spite of the filter")
    line.ask("pid 0")
    line.ask("mask 0")
    line.close()


def play_silent_reader(guest, path, check):
    """Somebody asks for everything and does not read: the guest is not held up, losses are counted."""
    line = Line(path)
    line.ask("hello")
    line.send("mask 703ff")
    check(guest.says("@@ done", 120), "the guest stands still")
    check(re.search(r"^ok: ", guest.text(), re.M), "mm_verify_all found something")
    lost = line.wait_for(lambda e: e["k"] == "meta.lost")
    check(lost["n"] > 0, "nothing is said to be lost")
    after = line.wait_for(lambda e: e["k"] != "meta.lost")
    check(after["seq"] == lost["seq"], "the count of lost events is wrong")
    check(line.ask("mask 0")["k"] == "ok", "the port does not work any more")
    line.close()


def play_closed(guest, path, check):
    """Who made everything wait goes away in the middle of a line: the guest goes on."""
    for _ in range(3):
        line = Line(path)
        check(line.ask("mask 3ff")["k"] == "ok", "mask")
        check(line.ask("pause op")["k"] == "ok", "pause")
        line.send("next\nmask 3f")
        line.socket.sendall(b"mask 0 and no end of li")
        line.close()
        time.sleep(0.3)
    check(guest.says("@@ done", 120), "the guest stands still")
    check(re.search(r"^ok: ", guest.text(), re.M), "mm_verify_all found something")
    line = Line(path)
    check(line.ask("hello")["mask"] in ("3f", "3ff"), "the next one is not heard")
    line.ask("mask 0")
    line.close()


def play_story(guest, path, check):
    """A whole recording from boot on, nothing lost: every event fits those before it."""
    line = Line(path)
    check(line.ask("pause full")["k"] == "ok", "pause full")
    story, last = Story(), -1
    while line.events or "@@ done" not in guest.text():
        for ev in line.events:
            if ev["k"] != "meta.lost" and ev["seq"] != last + 1 and last >= 0:
                story.wrong(ev, f"comes after seq {last}")
            last = ev["seq"] if ev["k"] != "meta.lost" else ev["seq"] - 1
            story.tell(ev)
        line.events.clear()
        if "@@ done" not in guest.text():
            for _ in range(2000):
                line.read()
    line.ask("mask 0")
    check(not story.errors, "; ".join(story.errors[:5]))
    check("not ok" not in guest.text(), "a program found something")
    check(story.ends > 20, f"only {story.ends} address spaces were seen to the end")
    line.close()


def play_switching(guest, path, check):
    """Tracing goes on and off in the middle of forks."""
    line = Line(path)
    rounds = 0
    while "@@ done" not in guest.text() and rounds < 2000:
        for mask in ("3ff", "0", "703ff", "20", "10040"):
            check(line.ask(f"mask {mask}")["k"] == "ok", f"mask {mask}") if rounds == 0 else \
                line.ask(f"mask {mask}")
        rounds += 1
    check(guest.says("@@ done", 60), "the guest stands still")
    check(re.search(r"^ok: ", guest.text(), re.M), "mm_verify_all found something")
    line.ask("mask 0")
    line.close()


def play_com2(guest, path, check):
    """The same conversation over a serial line, which tells nothing of who listens, or since when."""
    guest.says("@@ ready")
    line = Line(path)
    check(line.ask("hello")["k"] == "hello", "hello")
    check(line.ask("nonsense")["k"] == "err", "nonsense was not refused")
    check(line.ask("mask 3")["mask"] == "3", "mask")
    check(line.ask("mark by wire")["k"] == "ok", "mark")
    line.wait_for(lambda e: e["k"] == "meta.mark" and e["text"] == "by wire")
    line.wait_for(lambda e: e["k"] == "task.exec")
    check(line.ask("mask 0")["mask"] == "0", "mask 0")
    check(guest.says("@@ done", 120), "the guest stands still")
    check(re.search(r"^ok: ", guest.text(), re.M), "mm_verify_all found something")
    line.close()


def play_file(guest, path, check):
    """A recording from boot on into a file: whole lines, and the end of the story is there."""
    check(guest.says("@@ done", 120), "the guest stands still")
    time.sleep(1)
    text = path.read_text()
    lines = text[:text.rfind("\n")].split("\n")
    events = [json.loads(line) for line in lines]
    check(events[0]["k"] in ("meta.hello", "meta.lost"), f"it begins with {events[0]}")
    check(any(e["k"] == "task.exec" for e in events), "no program was started")
    last = max(e["t"] for e in events)
    check(events[-1]["t"] > last - 10 ** 9, "the end is missing")
