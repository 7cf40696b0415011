"""
tools/session.py - a terminal session with Quire, typed by a program

play() starts QEMU, waits for the prompt on the serial line as a person would, and types the steps
below.  Every step is a case: what it typed must bring what it expects, and then the prompt again.
Last comes poweroff, after which QEMU must end by itself with status 0 (it was started so that a
crash reboots and would print the banner a second time).
"""
import os
import re
import selectors
import subprocess
import time

PROMPT = "@@ "
# Typed with a gap, so that the echo of this line is not taken for the prompt.
SET_PROMPT = "PS1='@''@ '\n"
CTRL_C, CTRL_D, CTRL_Z, ESCAPE = "\x03", "\x04", "\x1a", "\x1b"

INVISIBLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")     # what a terminal would not show


class Failed(Exception):
    """What was waited for did not come."""


class Terminal:
    """QEMU's serial line: type into it, wait for what it writes."""

    def __init__(self, command, log, deadline):
        self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        os.set_blocking(self.proc.stdout.fileno(), False)
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.proc.stdout, selectors.EVENT_READ)
        self.log, self.deadline, self.text = log, deadline, ""

    def type(self, keys):
        self.proc.stdin.write(keys.encode())
        self.proc.stdin.flush()

    def read(self, seconds):
        """Take what has come; False at the end of the file."""
        if self.ready.select(max(0, seconds)):
            data = self.proc.stdout.read()
            if data == b"":
                return False
            self.log.write(data or b"")
            self.log.flush()
            self.text += (data or b"").decode(errors="replace").replace("\r", "")
            self.text = INVISIBLE.sub("", self.text)
        return True

    def expect(self, pattern, seconds=30):
        """Wait until PATTERN has come; return the text before and including it and drop that."""
        end = min(time.monotonic() + seconds, self.deadline)
        while True:
            found = re.search(pattern, self.text, re.M)
            if found:
                taken, self.text = self.text[:found.end()], self.text[found.end():]
                return taken
            if time.monotonic() > end:
                raise Failed(f"no {pattern!r} within {seconds} s; last: {self.text[-200:]!r}")
            if not self.read(min(0.5, end - time.monotonic())):
                raise Failed(f"QEMU ended while waiting for {pattern!r}")

    def shell(self, line, seconds=30):
        """Type a command line; return what it printed, without its own echo."""
        self.type(line + "\n")
        return self.expect(re.escape(PROMPT), seconds)[len(line):-len(PROMPT)].lstrip("\n")

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()


# ---- the steps ----------------------------------------------------------------------------------

def shows(line, *patterns, seconds=30):
    """A step: the command LINE prints something like each of PATTERNS."""
    def step(t):
        out = t.shell(line, seconds)
        for pattern in patterns:
            if not re.search(pattern, out, re.M):
                raise Failed(f"{line}: no {pattern!r} in {out!r}")
    return step


def pipes(t):
    names = [line.split()[-1] for line in t.shell("ls -l / | sort | head").splitlines()
             if line[:1] in "dlc-"]
    if not {"bin", "dev"} & set(names) or not 8 <= len(names) <= 10:
        raise Failed(f"ls -l / | sort | head printed {names}")


def ctrl_c(t):
    t.type("sleep 100\n")
    t.expect("sleep 100\n")
    time.sleep(1)
    began = time.monotonic()
    t.type(CTRL_C)
    t.expect(re.escape(PROMPT))
    if time.monotonic() - began > 20:
        raise Failed("^C needed more than 20 s")
    shows("echo status $?", "^status 130$")(t)


def ctrl_z_and_fg(t):
    """^Z must come while sleep runs: too early or too late it stops nobody, and sleep ends; then once more, more slowly."""
    for wait in (1, 3, 6):
        t.type("sleep 10\n")
        t.expect("sleep 10\n")
        time.sleep(wait)
        t.type(CTRL_Z)
        t.expect(re.escape(PROMPT))
        if re.search("Stopped.*sleep 10", t.shell("jobs"), re.M):
            break
    else:
        raise Failed("^Z has stopped nobody three times")
    shows("fg", "^sleep 10$", seconds=60)(t)
    shows("jobs; echo none", r"\Anone$")(t)


def background(t):
    t.shell("sleep 2 & echo started")
    shows("jobs", r"Running.*sleep 2|sleep 2")(t)
    shows("wait; echo waited", "^waited$")(t)


def vi(t):
    t.type("vi /tmp/note\n")
    t.expect("~")
    t.type("iwritten in quire")
    t.expect("quire")
    t.type(ESCAPE)
    time.sleep(1)
    t.type(":wq\n")
    t.expect(re.escape(PROMPT))
    shows("cat /tmp/note", "^written in quire$")(t)


def end_of_file(t):
    t.type("cat\n")
    t.expect("cat\n")
    time.sleep(1)       # until cat reads: what comes earlier is not echoed
    t.type("typed\n")
    t.expect("typed\ntyped\n")
    t.type(CTRL_D)
    t.expect(re.escape(PROMPT))


def thousand_forks(t):
    before = free_kb(t)
    shows("i=0; while [ $i -lt 1000 ]; do (exit 3); i=$((i+1)); done; echo $i forks, last $?",
          "^1000 forks, last 0$|^1000 forks, last 3$", seconds=200)(t)
    after = free_kb(t)
    if before - after > 2048:
        raise Failed(f"1,000 forks kept {before - after} kB")


def free_kb(t):
    return int(re.search(r"MemFree: *(\d+)", t.shell("cat /proc/meminfo")).group(1))


STEPS = {
    "ls-sort-head": pipes,
    "pipeline": shows("echo one two three | tr ' ' '\\n' | sort -r | tail -n 1 | wc -c", "^4$"),
    "redirect": shows("echo abc > /tmp/r; cat < /tmp/r; ls -l /tmp/r | cut -c1-10", "^abc$",
                      "^-rw-r--r--$"),
    "status": shows("false; echo $?; true; echo $?; sh -c 'exit 7'; echo $?", r"^1\n0\n7$"),
    "ctrl-c": ctrl_c,
    "ctrl-z-fg": ctrl_z_and_fg,
    "background": background,
    "ctrl-d": end_of_file,
    "vi": vi,
    "maps": shows("cat /proc/self/maps", r"r-xp .*/bin/busybox$", r"\[heap\]$", r"\[stack\]$",
                  r"^[0-9a-f]{8,16}-[0-9a-f]{8,16} r[w-][x-]p [0-9a-f]{8} "),
    "ps": shows("ps", r"PID +USER", r"^ +1 .*init", r"\bps\b"),
    "top": shows("top -bn1 | head -n 20", r"^Mem: ", r"^CPU: ", r"^Load average:", r"top -bn1"),
    "free": shows("free", r"^ +total +used +free", r"^Mem: +\d+ +\d+ +\d+"),
    "dmesg": shows("dmesg | tail | wc -l", "^10$"),
    "mount-tmpfs": shows("mount -t tmpfs x /mnt && echo inside > /mnt/f && cat /mnt/f && "
                         "mount | grep /mnt && umount /mnt && ls /mnt | wc -l",
                         "^inside$", r"^x on /mnt type tmpfs", "^0$"),
    "script": shows("printf '#!/bin/sh\\necho script $1\\n' > /tmp/s; chmod +x /tmp/s; /tmp/s arg",
                    "^script arg$"),
    "segfault": shows("sh -c 'kill -SEGV $$'; echo after $?", "^after 139$"),
    "unknown-command": shows("no-such-program; echo $?", "not found", "^127$"),
    "thousand-forks": thousand_forks,
}


def play(command, log, limit, check):
    """Play the session; CHECK(good, text) is called once for every step."""
    t = Terminal(command, log, time.monotonic() + limit)
    try:
        try:
            banner = t.expect(r"[#$] $", 60)
            t.type(SET_PROMPT)
            t.expect("^" + PROMPT)
        except Failed as failed:
            check(False, f"prompt: {failed}")
            return
        check(True, "prompt")
        check(re.search("poweroff|Ctrl-A", banner), "banner: it does not say how to leave")
        for name, step in STEPS.items():
            try:
                step(t)
                check(True, name)
            except Failed as failed:
                check(False, f"{name}: {failed}")
                recover(t)
        power_off(t, check)
    finally:
        t.close()


def recover(t):
    """After a failed step: leave whatever runs, find the prompt again for the next one."""
    t.text = ""
    try:
        t.type(CTRL_C + ESCAPE + ":q!\n" + CTRL_C + "\n")
        t.expect(re.escape(PROMPT), 10)
        t.shell("echo re''covered", 10)
        t.read(1)
        t.text = ""
    except (Failed, BrokenPipeError):
        pass


def power_off(t, check):
    try:
        t.type("poweroff\n")
        end = time.monotonic() + 30
        while time.monotonic() < end and t.read(1):
            pass
        status = t.proc.wait(5)
        check(status == 0, f"poweroff: QEMU's exit status is {status}")
    except (subprocess.TimeoutExpired, BrokenPipeError):
        check(False, "poweroff: QEMU still runs")
