"""
tools/explore.py - the other end of the port org.quire.explore: read events, send commands, check both

Line is a connection to the port's socket.  play_*() are the tests of group explore in tools/test.py;
what the events of a recording say together is tools/replay.py's business.
"""
import json
import re
import socket
import subprocess
import time

import replay

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

    SILENCE = 5

    def __init__(self, path, limit=30):
        end = time.monotonic() + limit
        while True:
            try:
                self.connect(path)
                break
            except OSError:
                self.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.socket.settimeout(limit)

    def connect(self, path):
        """TimeoutError: nothing is said.  QEMU 7.2 may hold back all that the guest sends when the one before
        us left while it was writing; it forgets that when we leave as well."""
        self.socket = socket.socket(socket.AF_UNIX)
        self.file = self.socket.makefile("rb")
        self.socket.connect(str(path))
        self.socket.settimeout(self.SILENCE)
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
    check(guest.says("@@ ready"), "no program runs")
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
    for _ in range(50):             # on a busy host the ring may go round before we have read it
        check(line.ask("mark one two")["k"] == "ok", "mark")
        came = line.wait_for(lambda e: e["k"] in ("meta.mark", "meta.lost"))
        if came["k"] == "meta.mark":
            break
    check(came.get("text") == "one two", "the mark came")
    line.wait_for(lambda e: e["k"] == "task.fork")
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
    line.wait_for(lambda e: e["k"] == "task.fork")
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
    story = replay.State()
    while line.events or "@@ done" not in guest.text():
        for ev in line.events:
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
