#!/usr/bin/env python3
"""
tools/test.py - run every test of Quire and count

  test.py [--build DIR] [-T PATTERN] [-j N] [--oracle | --stress] [--list]

A job is one thing to start and watch: a program, a boot, a build.  Each has a time limit from
outside and prints one line when it ends; the cases inside it (lines of TAP) are what is counted.
A boot succeeds only by the exit code that the guest itself chooses (machine.SUCCESS), never by QEMU
ending somehow.  The output of every job is kept in DIR/test-logs/, with the command that repeats it.

Groups:
  host     tests/host: kernel files compiled for this machine, with sanitizers
  kernel   the suites inside the kernel (KTAP), with several sizes of memory
  user     tests/user: each program in a machine of its own; its answers must be those that Linux
           gave (tests/user/oracle/, recorded with --oracle)
  dynamic  this machine's bash, coreutils, Lua and a musl program, with their libraries
  boots    every way to start: PVH, BIOS, UEFI; disc and disk; load addresses, memory sizes, CPUs;
           how many instructions it takes; what is said when the initramfs is missing or broken
  clang    the same kernel built with clang;   release   and without its debug checks
  ubsan, kasan  and with the compiler's checks (make SAN=...): a sample; with --stress the whole
  session  a terminal session typed by a program; and one with the disk of `make run DISK=1`
  core     gdb on this machine reads a core file that Quire wrote
  matrix   a dozen of the machines of `make test-matrix`: every loader, firmware and screen (tools/matrix.py)
  explore  a program on the port org.quire.explore: commands, stepping, readers that do not read or
           go away, and whether the events of a recording and the parts of a snapshot fit each other
  again    with --stress: each user program twenty times in one boot: what goes wrong by chance
  bochs    a sample in Bochs, a second processor made of software
  smp      user programs and the kernel's suites on 2, 4 and 8 CPUs
  pthread  tests/pthread: static programs of musl and of glibc, on 1 and 4 CPUs; answers as on Linux
  litmus   tests/user/litmus.c on 1, 2, 4 and 8 CPUs, and ten thousand seeds of interleaving
  law      snapshot and events since = next snapshot, over 10^5 random calls; the checker itself
  load     one load of files, memory and names: /proc and free say the same as Linux (docs/vmload.md)
  probe    quire-probe: the same areas and entries as on Linux, and as in the kernel's own snapshot
  gdb      the commands of `make gdb` against the kernel's own snapshot of the same moment
  bench    the benchmark's checks: each call did its work, and a call that does not is noticed
  docs     the generated parts of the documents name only what exists
  lockdep  suites and programs in one machine; the order of locks that it learned is docs/locking.md's
  trials   programs in 24 MiB with swap beside a storm of MADV_PAGEOUT; QEMU killed while files are written;
           programs on a disk whose nth request fails

-T keeps the jobs whose name contains PATTERN (a regular expression); the kernel gets the pattern
too, so that `make test T=cow` runs the kernel's cow cases.
"""
import argparse
import base64
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import bench
import diskimage
import disksession
import dynamic
import explore
import ext2test
import gdbcheck
import keyboards
import law
import lockorder
import machine
import matrix
import oddmachines
import probe
import screens
import screentext
import session
import snapshot_plays
import trials
import uefiplays
import vmload
from machine import Machine
from qmp import Qmp

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORACLE = ROOT / "tests/user/oracle"
PRINTING = threading.Lock()


# ---- results ------------------------------------------------------------------------------------

@dataclasses.dataclass
class Result:
    """What a job found: how many cases passed, and a line for each thing that failed."""
    passed: int = 0
    failures: list = dataclasses.field(default_factory=list)

    def check(self, good, text):
        """Count one case."""
        if good:
            self.passed += 1
        else:
            self.failures.append(text)


FB_INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
fb
fbdemo
cat /proc/pat_memtype_list
echo @@ drawn
sleep 1000
"""

# What a program may ask of the screen: scrolling, a region, places, colours, characters beyond ASCII.
SCREEN_INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
exec 3>/dev/tty0
for i in $(seq 1 90); do echo "line $i" >&3; done
printf '\\033[2J\\033[3;7r\\033[3H' >&3
for i in $(seq 1 9); do printf "\\r\\nregion $i" >&3; done
printf '\\033[r\\033[1HGr\\303\\274\\303\\237e \\342\\224\\214\\342\\224\\200\\342\\224\\220 \\303\\050' >&3
printf '\\033[2;5H\\033[31;44mred\\033[0m \\033[38;5;46mgreen\\033[0m' >&3
printf '\\033[9Habcdef\\033[4D\\033[2P\\033[@-\\033[10Hxyz\\033[1K' >&3
printf '\\033[11H\\033]0;a title\\007end\\033[?25l' >&3
echo @@ drawn
sleep 1000
"""
SCREEN_LINES = ["Grüße ┌─┐ \ufffd(", "    red green", "region 5", "region 6", "region 7", "region 8", "region 9", "",
                "ab-ef", "", "end", ""]
SCREEN_COLOURS = {(4, 1): {(170, 0, 0), (0, 0, 170)}, (8, 1): {(85, 255, 85), (0, 0, 0)}}

RESULT_LINE = re.compile(r"^(?:\[ *\d+\.\d+\] ?)?(\s*)(not )?ok (\d+)(?: -)? ?(.*)$")
PLAN_LINE = re.compile(r"^(?:\[ *\d+\.\d+\] ?)?(\s*)1\.\.(\d+)")


def parse_tap(lines, require=True):
    """
    Read TAP or nested KTAP.  A line that sums up the deeper lines before it is not counted again.
    A plan that is not kept is a failure, and so is silence, unless REQUIRE is false.
    """
    result, planned, seen, deeper, inner_failed = Result(), {}, {}, -1, False
    for line in lines:
        plan = PLAN_LINE.match(line)
        if plan:
            depth = len(plan.group(1))
            result.failures += plan_kept(planned, seen, depth, "the next plan")
            planned[depth], seen[depth] = int(plan.group(2)), 0
            continue
        match = RESULT_LINE.match(line)
        if not match:
            continue
        depth, failed, name = len(match.group(1)), match.group(2), match.group(4)
        seen[depth] = seen.get(depth, 0) + 1
        if deeper > depth:      # the end of a suite
            result.failures += plan_kept(planned, seen, deeper, name)
            if failed and not inner_failed:
                result.failures.append(f"not ok {name}")
            inner_failed = False
        else:
            result.check(not failed, f"not ok {name}")
            inner_failed = inner_failed or bool(failed)
        deeper = depth
    result.failures += plan_kept(planned, seen, 0, "the end")
    if require and not result.passed and not result.failures:
        result.failures.append("no test reported anything")
    return result


def plan_kept(planned, seen, depth, where):
    """A list with a complaint when fewer or more results came than the plan said; forget the plan."""
    want, got = planned.pop(depth, None), seen.pop(depth, 0)
    if want is None or want == got:
        return []
    return [f"{got} of {want} planned results before {where}"]


# ---- jobs ---------------------------------------------------------------------------------------

@dataclasses.dataclass
class Job:
    """
    GROUP/NAME; RUN takes the job and returns a Result.  LIMIT is in seconds.  FIRST: what the others of its group need.
    WAITS: it goes at a person's pace, and computes for a small part of its time.  CPUS: how many it should keep busy.
    """
    group: str
    name: str
    run: object
    limit: float = 120
    first: bool = False
    waits: bool = False
    cpus: int = 1
    log: pathlib.Path = None
    command: list = None

    @property
    def title(self):
        return f"{self.group}/{self.name}"

    def start(self, command, **popen):
        """Run COMMAND to its end or to the time limit; return (status or None, its lines)."""
        self.command = command
        with open(self.log, "wb") as out:
            proc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.STDOUT, **popen)
            try:
                status = proc.wait(self.limit)
            except subprocess.TimeoutExpired:
                proc.kill()
                proc.wait()
                status = None
        return status, self.log.read_text(errors="replace").replace("\r", "").split("\n")


def exit_failure(status, want):
    """One sentence about an exit status that is not WANT, or an empty list."""
    if status == want:
        return []
    if status is None:
        return ["time limit passed"]
    return [f"exit status {status} instead of {want}"]


def run_host(command):
    """Run a program on this machine; count its TAP."""
    def run(job):
        status, lines = job.start(command,
                                  env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP"))
        result = parse_tap(lines)
        result.failures += exit_failure(status, 0)
        return result
    return run


def run_build(*words, limit=1800):
    """make with WORDS, warnings being errors; a case of its own."""
    def run(job):
        job.limit = limit
        status, _ = job.start(["make", "-C", str(ROOT), f"-j{job.cpus}", "WERROR=1", *words])
        result = Result()
        result.check(status == 0, f"make {' '.join(words)}")
        return result
    return run


def run_kernel(m, require=True):
    """Boot M, whose command line says selftest; count the kernel's own cases."""
    def run(job):
        status, lines = job.start(m.command())
        result = parse_tap(lines, require)
        result.failures += exit_failure(status, machine.SUCCESS) + log_too_small(lines)
        return result
    return run


def log_too_small(lines):
    """The kernel's complaint that its log has lost lines, by which a person would have found what failed; or nothing."""
    return [line for line in lines if re.match(r"^(?:\[ *\d+\.\d+\] ?)?# the log was too small", line)]


def run_litmus(m):
    """
    Boot M, whose init runs litmus once or many times: as much is in use after each run as after the first, as much is
    free after each run from the fourth on, and but for what is made once for ever (a page table, the root that
    nameless files hang from) as much as at boot.
    The same objects may lie in more slabs, or in fewer: frames of slabs count as free.
    """
    def run(job):
        result = run_kernel(m)(job)
        left = [(int(free) + int(slabs), int(objects)) for free, slabs, objects in re.findall(
            r"# verify after (?:boot|litmus): ok: \d+ frames, (\d+) of them free, (\d+) in slabs with (\d+) objects",
            job.log.read_text(errors="replace"))]
        objects = [objects for _, objects in left[1:]]
        result.check(len(left) > 1 and len(set(left[4:])) <= 1 and len(set(objects)) == 1 and
                     left[0][0] - left[-1][0] <= 4 and objects[0] - left[0][1] <= 4,
                     f"(frames free or in slabs, objects) at boot, after each run: {left}")
        return result
    return run


def run_boot(m, *patterns, want=machine.SUCCESS):
    """
    Boot M; the guest must end it with status WANT, and write a line like each of PATTERNS.  One that is a function is
    given the text, and says what is wrong with it.
    """
    def run(job):
        status, lines = job.start(m.command())
        text, wrong = "\n".join(lines), exit_failure(status, want)
        for p in patterns:
            wrong += p(text) if callable(p) else [] if re.search(p, text, re.M) else [f"no line like {p!r}"]
        result = Result()
        result.check(not wrong, "; ".join(wrong))
        return result
    return run


def run_slides(m, boots):
    """Boot M several times: the kernel must say another offset nearly each time, and never 0."""
    def run(job):
        result, offsets = Result(), []
        for _ in range(boots):
            status, lines = job.start(m.command())
            told = re.search(r"kaslr offset (0x[0-9a-f]+)$", "\n".join(lines), re.M)
            offsets.append(told and int(told[1], 16))
            result.check(status == machine.SUCCESS and offsets[-1],
                         "; ".join(exit_failure(status, machine.SUCCESS) + [f"offset {told and told[0]}"]))
        result.check(len(set(offsets)) >= boots - 1, f"the offsets of {boots} boots: {offsets}")
        return result
    return run


def cpu_seconds(pid):
    """The time on CPUs of all threads of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_handover(m, *patterns):
    """
    As run_boot(); and from the firmware's hand-over to the loader until the first instruction of the first program
    QEMU computes for less than a second.  On a busy host the clock says more.
    """
    def run(job):
        marks = {"BdsDxe: starting": None, "ticks of the TSC until here": None, "first user instruction": None}
        job.command, text, result = m.command(), "", Result()
        proc = subprocess.Popen(job.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        killer = threading.Timer(job.limit, proc.kill)
        killer.start()
        with open(job.log, "wb") as log:
            for data in iter(lambda: os.read(proc.stdout.fileno(), 4096), b""):
                log.write(data)
                text += data.decode(errors="replace").replace("\r", "")
                for mark, seen in marks.items():
                    if seen is None and mark in text:
                        marks[mark] = cpu_seconds(proc.pid)
            began, loaded, entered = marks.values()
            missing = [p for p in patterns if not re.search(p, text, re.M)]
            result.failures += exit_failure(proc.wait(), machine.SUCCESS)
            killer.cancel()
            result.check(not missing, f"no line like {missing}")
            if None in marks.values():
                result.failures.append(f"not seen: {[m for m, seen in marks.items() if seen is None]}")
                return result
            log.write(f"\nhand-over to kernel {loaded - began:.2f} s, to the first program {entered - began:.2f} s\n".encode())
            result.check(entered - began < 1, f"{entered - began:.2f} s from the hand-over to the first program")
        return result
    return run


def run_typed(m, steps, *patterns):
    """Boot M and answer on its serial line: STEPS are (what must have appeared since the last, keys); then as run_boot()."""
    def run(job):
        job.command, result, at = m.command(), Result(), 0
        with open(job.log, "wb") as out:
            proc = subprocess.Popen(job.command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + job.limit
            for pattern, keys in steps:
                match = None
                while not match and proc.poll() is None and time.monotonic() < end:
                    time.sleep(0.2)
                    text = job.log.read_text(errors="replace").replace("\r", "")
                    match = re.search(pattern, text[at:])
                result.check(match, f"no {pattern!r} to answer {keys!r}")
                if not match:
                    return result
                at += match.end()
                proc.stdin.write(keys.encode())
                proc.stdin.flush()
            try:
                status = proc.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = None
        finally:
            proc.kill()
            proc.wait()
        text = job.log.read_text(errors="replace").replace("\r", "")
        result.failures += exit_failure(status, machine.SUCCESS)
        for pattern in patterns:
            result.check(re.search(pattern, text, re.M), f"no line like {pattern!r}")
        return result
    return run


def menu_entries(text, title, words):
    """{title: words of the kernel} of a boot menu; TITLE and WORDS are patterns for the lines of the file."""
    return dict(re.findall(rf"^{title}.*?^{words}", text, re.M | re.S))


def run_menus(job):
    """A BIOS and UEFI show the same menu (graphics aside, which UEFI always has), safe mode being in it."""
    grub = menu_entries((ROOT / "boot/grub.cfg").read_text(), r'menuentry "(.*?)" {', r"\s+multiboot2 \S+ (.*?)$")
    efi = menu_entries((ROOT / "boot/efi/quire.cfg").read_text(), r"entry (.*?)$", r"\s+cmdline (.*?)$")
    grub.pop("Quire: graphics", None)
    result = Result()
    result.check(grub == efi, f"GRUB's {grub}, UEFI's {efi}")
    result.check({"nosmp", "no5lvl", "nopat"} <= set(efi.get("Quire: safe mode", "").split()), "what is safe mode?")
    return result


def take_screenshot(path, picture):
    """Ask the QEMU that listens at PATH for a picture of its screen, then to quit."""
    monitor = Qmp(path)
    try:
        monitor.picture(picture)
        return True
    except RuntimeError:
        return False
    finally:
        with contextlib.suppress(RuntimeError, OSError):
            monitor.ask("quit")


def photograph(job, m):
    """
    Boot M until its init says "@@ drawn"; (what it wrote, a picture of the screen or None).
    The init waits, and QEMU is told to end.
    """
    picture, sock = job.log.with_suffix(".ppm"), job.log.with_suffix(".qmp")
    job.command = m.command() + ["-qmp", f"unix:{sock},server=on,wait=off"]
    with open(job.log, "wb") as out:
        proc = subprocess.Popen(job.command, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT)
    try:
        end, text = time.monotonic() + job.limit, ""
        while proc.poll() is None and "@@ drawn" not in text and time.monotonic() < end:
            time.sleep(0.2)
            text = job.log.read_text(errors="replace").replace("\r", "")
        taken = "@@ drawn" in text and take_screenshot(sock, picture)
        if taken:
            proc.wait(10)
        return text, screentext.Picture(picture.read_bytes()) if taken else None
    finally:
        proc.kill()
        proc.wait()
        sock.unlink(missing_ok=True)


def run_framebuffer(m):
    """Boot M, whose init tests /dev/fb0 and draws with fbdemo; look at the screen."""
    def run(job):
        text, picture = photograph(job, m)
        result = parse_tap(text.split("\n"))
        drawn = re.search(r"^fbdemo: .* squares of (\d+) from x = (\d+)$", text, re.M)
        result.check(drawn, "fbdemo drew nothing")
        result.check(re.search(r"^PAT: .* write-combining$", text, re.M), "not write-combining")
        if drawn and picture:
            side, x = map(int, drawn.groups())
            seen = [tuple(picture.dot(x + i * side + side // 2, side // 2)) for i in range(3)]
            result.check(seen == [(255, 0, 0), (0, 255, 0), (0, 0, 255)], f"colours {seen}")
        else:
            result.check(False, "no picture of the screen")
        return result
    return run


def run_screen(m, lines, colours):
    """Boot M, whose init writes to the screen; its last LINES, and the COLOURS of cells {(column, row): ...}."""
    def run(job):
        result = Result()
        _, picture = photograph(job, m)
        result.check(picture, "no picture of the screen")
        if picture:
            seen = picture.text()
            result.check(seen[:len(lines)] == lines, "the screen shows\n" + "\n".join(seen))
            for (column, row), want in colours.items():
                got = {tuple(dot) for dot in picture.cell(column, row, 1)[1]}
                result.check(got == want, f"colours {got} at column {column}, line {row}")
        return result
    return run


def run_keyboard(m, layout, device, leave):
    """Boot M and type into its shell (keyboards.py), at last LEAVE; DEVICE: its USB keyboard, to be unplugged."""
    def run(job):
        result = Result()
        keyboards.check(job, m, result, layout, device, leave=leave)
        return result
    return run


def run_headless(m):
    """Boot M, whose screen nobody looks at (screens.py)."""
    def run(job):
        result = Result()
        screens.headless(job, m, result)
        return result
    return run


def run_play(steps, m):
    """Boot M; somebody in front of its screen (screens.py) looks and types."""
    def run(job):
        result = Result()
        screens.play(steps, job, m, result)
        return result
    return run


def run_made(make, run):
    """MAKE what is to be booted, then RUN."""
    def both(job):
        make()
        return run(job)
    return both


def run_matrix(row, images):
    """Boot one machine of the matrix with some of the suites."""
    def run(job):
        wrong, passed, job.command = matrix.run_row(row, images, job.log, matrix.SHORT)
        return Result(passed, wrong)
    return run


def answers(lines):
    """The lines of a test program that must be the same on Linux: plan and results."""
    return [line.strip() for line in lines if RESULT_LINE.match(line) or PLAN_LINE.match(line)]


def run_user(name, m):
    """Boot M, whose init runs one test program; compare with what Linux answered."""
    def run(job):
        status, lines = job.start(m.command())
        result = parse_tap(lines)
        result.failures += exit_failure(status, machine.SUCCESS)
        recorded = ORACLE / f"{name}.tap"
        if not recorded.exists():
            result.failures.append(f"{recorded} is missing: make oracle")
        elif answers(lines) != recorded.read_text().splitlines() and not result.failures:
            result.failures.append(f"other answers than Linux's in {recorded}")
        return result
    return run


def record_oracle(name, m):
    """Boot Linux with the test program and keep its answers."""
    def run(job):
        status, lines = job.start(m.command())
        result = parse_tap(lines)
        result.failures += exit_failure(status, machine.SUCCESS)
        if not result.failures:
            ORACLE.mkdir(exist_ok=True)
            (ORACLE / f"{name}.tap").write_text("\n".join(answers(lines)) + "\n")
        return result
    return run


# What the guest does: let a program crash, send its core file over the serial line.
CORE_INIT = """#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mkdir -p /tmp
cd /tmp
/tests/coredump crash
echo "@@ begin $?"
base64 core
echo "@@ end"
poweroff -f
"""

GDB_COMMANDS = ("bt", "info registers rip rsp", "x/i $pc", "frame 2", "print here",
                "print depth_reached", "info proc mappings", "info files", "info threads", "info auxv")


def run_lockorder(m, silent):
    """What suites (unless SILENT) and programs in one machine taught about locks must be what docs/locking.md says."""
    def run(job):
        status, lines = job.start(m.command())
        result = parse_tap(lines, require=not silent)
        wrong, (classes, edges) = lockorder.check(lines)
        result.failures += exit_failure(status, 0)
        result.check(not wrong, "; ".join(wrong))
        result.check(classes > 40 and edges > 80, f"only {classes} classes and {edges} edges were learned")
        return result
    return run


def run_core(m, program, make_initrd):
    """Boot M, whose init lets PROGRAM crash; gdb on this machine must understand the core file."""
    def run(job):
        m.initrd = make_initrd()
        _, lines = job.start(m.command())
        text = "\n".join(lines)
        sent = re.search(r"^@@ begin 139\n(.*)^@@ end", text, re.M | re.S)
        result = Result()
        result.check(sent, "no core file came over the line")
        if not sent:
            return result
        core = job.log.with_suffix(".core")
        core.write_bytes(base64.b64decode(sent.group(1)))
        gdb = ["gdb", "-nx", "-batch"] + [w for c in GDB_COMMANDS for w in ("-ex", c)]
        _, lines = job.start(gdb + [program, str(core)])
        text = "\n".join(lines)
        for what, pattern in (
                ("the signal", r"Program terminated with signal SIGSEGV"),
                ("the command line", r"Core was generated by `/tests/coredump crash'"),
                ("a backtrace", r"^#0 .*crash_at.*\n#1 .*recurse \(depth=[^)]*0\).*\n#2 .*=1.*\n"
                                r"#3 .*=2.*\n#4 .*=3.*\n#5 .*main \(argc=2"),
                ("a local variable", r"^\$1 = 11$"),
                ("a global variable", r"^\$2 = 4$"),
                ("the mapped files", r"0x400000 +0x\w+ +0x\w+ +0x0 +/tests/coredump"),
                ("the segments", r"0x0*400000 - 0x\w+ is load1"),
                ("the registers", r"^rip .*<crash_at"),
                ("the instruction", r"^=> 0x\w+ <crash_at\+?\d*>:\s+movl? +\$0x1,"),
                ("the thread", r"^\* 1 +(LWP|process|Thread)"),
                ("the auxiliary vector", r"AT_ENTRY +Entry point of program +0x4")):
            result.check(re.search(pattern, text, re.M), f"gdb does not show {what}")
        return result
    return run


def run_dynamic(m, build, linux=False):
    """
    Boot M with dynamic programs (tools/dynamic.py): their own cases, and with norandmaps the areas
    that they show, compared with Linux's; on LINUX these are recorded.
    """
    def run(job):
        programs = dynamic.make_archive(pathlib.Path(m.initrd), build)
        status, lines = job.start(m.command())
        result = parse_tap(lines)
        result.failures += exit_failure(status, machine.SUCCESS)
        if linux:
            if not result.failures:
                dynamic.record(lines, programs)
        elif "norandmaps" in m.append:
            dynamic.check_areas(lines, programs, result.check)
        return result
    return run


def run_checker(job):
    """The checker of the law on a machine made by hand."""
    result = Result()
    found = law.run_checker()
    result.check(not found, "; ".join(found[:8]))
    return result


def run_explore(play, m, rounds, files=(), init=explore.INIT):
    """Boot M with the port on a socket and let PLAY talk to it."""
    init = init.replace("ROUNDS", str(rounds))

    def run(job):
        path = job.log.with_suffix(".sock")
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"), files, init)
        if "explore=com2" in m.append:
            m.extra = ("-serial", f"unix:{path},server=on,wait=off")
        elif play is explore.play_file:
            m.explore = f"file,path={path}"
        else:
            m.explore = f"socket,path={path},server=on,wait=off"
        job.command = m.command()
        result = Result()
        guest = explore.Guest(m, job.log)
        try:
            play(guest, path, result.check)
        finally:
            guest.close()
            path.unlink(missing_ok=True)
        return result
    return run


def check_size(kernel, limit):
    """All that a boot loader brings into memory of KERNEL: code, constants, symbols and data."""
    def run(job):
        _, lines = job.start(["readelf", "-lW", str(kernel)])
        parts = [int(size, 16) for size in re.findall(r"^ *LOAD +\S+ +\S+ +\S+ +(0x\w+)", "\n".join(lines), re.M)]
        result = Result()
        result.check(parts and sum(parts) < limit, f"{sum(parts)} bytes instead of fewer than {limit}: {parts}")
        return result
    return run


def check_stick(image):
    """Where a BIOS looks whether IMAGE, on a stick, can be started: many want one active entry, UEFI one that covers the GPT."""
    def run(job):
        with open(image, "rb") as f:
            first = f.read(512)
        entries = [first[at:at + 16] for at in range(446, 510, 16)]
        result = Result()
        result.check(first[510:] == b"\x55\xaa", "no boot sector")
        result.check([e[0] for e in entries if e[0]] == [0x80], f"active entries: {[e[0] for e in entries]}")
        result.check([int.from_bytes(e[8:12], "little") for e in entries if e[4] == 0xee] == [1], "no entry for the GPT")
        return result
    return run


def points_of_tracing(kernel):
    """Look at the code: each trace point is one test and one branch, and the fastest paths have none."""
    def run(job):
        _, lines = job.start(["objdump", "-d", "--no-show-raw-insn", kernel])
        code = [line.split("\t")[1].strip() for line in lines if line.count("\t") >= 1]
        result = Result()
        tests = [i for i, text in enumerate(code) if "<trace_mask" in text and "(%rip)" in text]
        loose = [code[i] for i in tests if re.match("test", code[i]) and
                 not re.match("j(n?e|n?s)", code[i + 1])]
        result.check(len(tests) > 50, f"only {len(tests)} trace points")
        result.check(len(loose) <= len(tests) // 20, f"not followed by a branch: {loose}")
        for name in ("entry_syscall", "page_fault_entry", "do_page_fault", "find_vma", "flush_tlb_page"):
            body = re.search(rf"^\w+ <{name}>:\n(.*?)\n\n", "\n".join(lines), re.M | re.S)
            result.check(body and "trace_mask" not in body.group(1), f"{name} has a trace point")
        return result
    return run


def run_bench(build, options, lines, disks=False):
    """The benchmark's own checks, on our kernel; LINES: how many must say that all is well."""
    def run(job):
        with tempfile.TemporaryDirectory() as tmp:
            words = [w for disk in (bench.make_disks(pathlib.Path(tmp)) if disks else ()) for w in ("-d", str(disk))]
            status, out = job.start([str(ROOT / "tools/boot-with"), "-i", *words, f"{build}/quire.elf",
                                     f"{build}/bench/bench", "--", f"bench {options}"])
        said = [line for line in out if re.match(r"P\d+ (done and checked|notices)|C\d [\d.]+ \d+ ", line)]
        result = Result(len(said), [line for line in out if "FAIL" in line] + exit_failure(status, 0))
        result.check(len(said) >= lines, f"{len(said)} of {lines} lines")
        return result
    return run


def run_walk(build):
    """Three times the memory: read-ahead from swap where it is of use, in order, and none where it is not, at random."""
    def run(job):
        with tempfile.TemporaryDirectory() as tmp:
            words = [w for disk in bench.make_disks(pathlib.Path(tmp)) for w in ("-d", str(disk))]
            status, out = job.start([str(ROOT / "tools/boot-with"), "-m", "48M", *words, f"{build}/quire.elf",
                                     f"{build}/bench/bench", "--", "bench -m 144"])
        said = {key: int(n) for key, n in re.findall(r"^(D\d\d) (\d+) ", "\n".join(out), re.M)}
        result = Result(0, exit_failure(status, 0))
        # 36,864 pages; 41,640 were read when pages of two zones lay mixed in swap
        result.check(30000 < said.get("D11", 0) < 38500 and said["D10"] * 5 < said["D11"], f"in order: {said}")
        result.check(said.get("D20", 0) > 15000 and said["D21"] < said["D20"] * 1.3, f"at random: {said}")
        return result
    return run


def run_ext2(m, build, name, linux=False):
    """Programs on an image of mkfs.ext2; on LINUX keep what they say."""
    def run(job):
        programs = ("ext2", "ext2fail", "ext2swap", *ext2test.PROGRAMS)
        files = [f"{build}/tests/{p}:/tests/{p}" for p in programs] + linux_module_files(linux)
        image = job.log.with_suffix(".img")
        given = ext2test.make_image(image, ext2test.IMAGES[name])
        m.disks = (f"{image},write",)
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"), files, ext2test.INIT)
        status, lines = job.start(m.command())
        answers, recorded = ext2test.answers(lines), ORACLE / f"ext2-{name}.txt"
        result = Result(passed=sum(": ok" in line for line in answers))
        result.failures += exit_failure(status, 0) + [line for line in lines if line.startswith("@@ failed")]
        result.check(ext2test.part(lines, "given") == given, "what mkfs.ext2 -d wrote is read otherwise")
        ext2test.check_image(image, ext2test.part(lines, "written"), result.check)
        if linux and not result.failures:
            recorded.write_text("\n".join(answers) + "\n")
        elif not linux:
            want = recorded.read_text().splitlines() if recorded.exists() else []
            result.check(want, f"{recorded} is missing: make oracle")
            wrong, _ = lockorder.check(lines)
            result.check(not wrong, "; ".join(wrong))
            result.failures += [f"not so on Quire: {a}" for a in want if a not in answers and "not ok" not in a][:10]
            result.failures += [f"only on Quire: {a}" for a in answers if "not ok" in a and a not in want][:10]
        image.unlink()
        return result
    return run


def run_ext2_damaged(m, build, program, init, record=None, linux=False):
    """A program that gets a good image as /dev/vdb and damages a copy of it, /dev/vda; RECORD is in tests/user/oracle."""
    def run(job):
        good, work = job.log.with_suffix(".good.img"), job.log.with_suffix(".img")
        ext2test.make_image(good, "-b 1024 -I 256 -N 384", "2M", "")
        work.write_bytes(good.read_bytes())
        m.disks = (f"{work}", f"{good},ro")
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"),
                                          [f"{build}/tests/{program}:/tests/{program}"] + linux_module_files(linux), init)
        status, lines = job.start(m.command())
        result = parse_tap(lines)
        result.failures += exit_failure(status, 0) + [line for line in lines if line.startswith("@@ the kernel")]
        if record and linux and not result.failures:
            (ORACLE / record).write_text("\n".join(ext2test.answers(lines)) + "\n")
        elif record and not linux:
            result.check(ext2test.answers(lines) == (ORACLE / record).read_text().splitlines(), "other answers than Linux's")
        good.unlink()
        work.unlink()
        return result
    return run


def run_vmload(m, build, linux=False):
    """The load of tests/user/vmload: on LINUX its answers are kept, else compared."""
    def run(job):
        image = job.log.with_suffix(".img")
        vmload.make_image(image)
        m.disks = (f"{image}",)
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"),
                                          [f"{build}/tests/vmload:/tests/vmload"] + linux_module_files(linux), vmload.INIT)
        status, lines = job.start(m.command())
        found, result = vmload.answers(lines), Result()
        result.failures += exit_failure(status, 0) + [line for line in lines if line.startswith("@@ failed")]
        result.check("@@ end" in lines, "it did not come to its end")
        if linux and not result.failures:
            vmload.save(found)
        elif not linux:
            vmload.check(found, result.check)
            result.passed = len(found)
        image.unlink()
        return result
    return run


def linux_module_files(linux):
    paths = machine.linux_modules() if linux else ()
    return [f"{path}:/modules/{chr(ord('a') + i)}-{os.path.basename(path)}" for i, path in enumerate(paths)]


def run_probe(m, build, linux=False):
    """Boot M, whose init asks quire-probe about tests/user/zoo; on LINUX keep what it says."""
    def run(job):
        files = [f"{build}/{f}:/bin/{f.split('/')[1]}" for f in probe.FILES]
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"), files, probe.INIT)
        status, lines = job.start(m.command())
        text, result = "\n".join(lines), Result()
        result.failures += exit_failure(status, 0)
        if not result.failures:
            probe.check_answers(text, result.check)
        if linux and not result.failures:
            probe.record(text)
        elif not linux and not result.failures:
            probe.check_linux(text, result.check)
            probe.check_kernel(text, result.check)
        return result
    return run


def run_gdb(m, build):
    """Boot M and stop it with gdb; what the commands of tools/gdb say must be in the kernel's snapshot."""
    def run(job):
        result, port, gdb = Result(), job.log.with_suffix(".sock"), job.log.with_suffix(".gdb.sock")
        if gdbcheck.missing():
            result.check(False, gdbcheck.missing())
            return result
        m.initrd = machine.make_initramfs(job.log.with_suffix(".cpio"), [f"{build}/tests/zoo:/bin/zoo"], gdbcheck.INIT)
        m.explore = f"socket,path={port},server=on,wait=off"
        m.extra = ("-gdb", f"unix:{gdb},server=on,wait=off")
        job.command = m.command()
        guest = explore.Guest(m, job.log)
        try:
            gdbcheck.play(ROOT, m.kernel, guest, port, gdb, job.log, result.check)
        finally:
            guest.close()
            port.unlink(missing_ok=True)
            gdb.unlink(missing_ok=True)
        return result
    return run


def run_make_gdb(build):
    """What `make gdb` starts, with commands instead of a person: stop, look, end; and QEMU has ended too."""
    def run(job):
        if gdbcheck.missing():
            return Result(0, [gdbcheck.missing()])
        words = [w for c in gdbcheck.FIRST_SESSION for w in ("-ex", c)]
        status, lines = job.start([sys.executable, str(ROOT / "tools/gdb/run.py"), str(build), "-batch", "-nx", *words])
        result = Result()
        result.failures += exit_failure(status, 0)
        gdbcheck.check_first_session("\n".join(lines), result.check)
        with socket.socket(socket.AF_UNIX) as left:
            result.check(left.connect_ex(str(build / "gdb/console.sock")), "QEMU is still there")
        return result
    return run


def run_session(m):
    def run(job):
        job.command = m.command()
        result = Result()
        with open(job.log, "wb") as log:
            session.play(m.command(), log, job.limit, result.check)
        return result
    return run


def run_disk_session(build):
    """What `make run DISK=1` starts, with a disk of its own, and a program that types."""
    def run(job):
        image, result = job.log.with_suffix(".img"), Result()
        disksession.make_disk(ROOT, image)
        job.command = disksession.command(ROOT, build, image)
        with open(job.log, "wb") as log:
            disksession.play(ROOT, job.command, image, log, job.limit, result.check)
        if not result.failures:
            image.unlink()
        return result
    return run


def run_judge(job):
    """What is excused in a storm, and what is not."""
    result = Result()
    trials.check_judge(result.check)
    return result


def run_small(m, build, programs, storm):
    """PROGRAMS in little memory, with swap and beside a storm of that seed."""
    def run(job):
        result = Result()
        job.command = m.command()
        trials.small(m, build, job.log, programs, storm, job.limit, result.check)
        job.command = m.command()
        return result
    return run


def run_power_cuts(kernel, build, seeds):
    """QEMU killed once for each seed."""
    def run(job):
        result, safe = Result(), 0
        for seed in seeds:
            m = Machine(kernel, memory="48M", smp=2)
            safe += trials.power_cut(m, build, job.log, seed, result.check)
            if result.failures:
                break
        result.check(safe >= 3 * len(seeds), f"only {safe} files were safe in {len(seeds)} runs")
        return result
    return run


def run_failing(kernel, build, program, numbers):
    """PROGRAM, while the nth request to read, to write and to flush fails, for each number n."""
    def run(job):
        result, complaints = Result(), 0
        for n in numbers:
            for kind in trials.EVENTS:
                m = Machine(kernel, memory="256M", smp=2)
                complaints += trials.failing(m, build, job.log, program, kind, n, result.check)
                if result.failures:
                    return result
        result.check(complaints, "no case of the program minded")
        return result
    return run


# ---- the plan -----------------------------------------------------------------------------------

class Plan:
    """All jobs, made from what lies in the build directory and in tests/."""

    def __init__(self, build, pattern):
        self.build, self.pattern = build, pattern
        self.logs = build / "test-logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.kernel = str(build / "quire.elf")
        self.jobs = []

    def add(self, group, name, run, limit=120, **how):
        job = Job(group, name, run, limit, **how)
        job.log = self.logs / (re.sub("[/ ,]+", "-", job.title) + ".log")
        self.jobs.append(job)

    def initramfs(self, name, *tests, modules=()):
        """An archive whose init loads Linux's MODULES and runs TESTS one after the other."""
        out = self.logs / f"{name}.cpio"
        files = [f"{self.build}/tests/run:/init"]
        files += [f"{self.build}/tests/{t}:/tests/{t}" for t in tests]
        files += [f"{path}:/modules/{chr(ord('a') + i)}-{os.path.basename(path)}" for i, path in enumerate(modules)]
        return machine.make_initramfs(out, files)

    def disks(self, *tests):
        """What Machine gets for TESTS: the disks of tools/diskimage.py if one of them looks at disks."""
        failing = f"job{len(self.jobs)}" if set(tests) & set(DISK_ERROR_TESTS) else None
        return diskimage.make(self.logs, failing) if set(tests) & set(DISK_TESTS) else ()

    def user_tests(self):
        return sorted(p.name for p in (self.build / "tests").glob("*") if p.name not in ("run", "vmload", *ext2test.OWN))

    def host(self):
        for program in sorted((self.build / "host").glob("test_*")):
            self.add("host", program.name, run_host([str(program)]))
        self.model()

    # A million calls against the model (tests/host/refine.c): frames of the machine, calls, verify the whole
    # machine every so many; sweep: each allocation of each call fails once.
    MODEL_RUNS = {"256 frames": "-f 256 -n 500000 -s 1", "4096 frames": "-f 4096 -n 300000 -s 1000000 -k 32",
                  "sweep": "-f 4096 -a -n 200000 -s 2000000 -k 16"}

    def model(self):
        for name, words in self.MODEL_RUNS.items():
            command = [str(self.build / "model" / "refine"), *words.split()]
            self.add("host", f"model {name}", run_host(command), 600)
        # stored inputs, NAME.FRAMES, with sanitizers
        inputs = sorted((ROOT / "tests/host/corpus").iterdir())
        for frames in sorted({path.suffix for path in inputs}):
            command = [self.build / "host" / "refine", "-f", frames[1:]]
            command += [path for path in inputs if path.suffix == frames]
            self.add("host", f"corpus {frames[1:]} frames", run_host([str(word) for word in command]), 300)
        mutants = [sys.executable, str(ROOT / "tools/mutants.py"), "--build", str(self.build)]
        self.add("host", "mutants apply", run_host(mutants + ["--check"]))
        self.add("host", "mutants sample", run_host(mutants + ["--sample", "4"]), 600)

    def kernel_suites(self):
        # After each case every frame is verified: most of the time.  So all sizes of a case run in 1 GiB, the rest in less.
        # Half of the last one's memory lies above 4 GiB: what a machine of 4 GiB has, in a sixteenth of the frames.
        for name, memory, kind in (("1G", "1G", "q35"), ("64M", "64M", "q35"),
                                   ("above-4G", "256M", "q35,max-ram-below-4g=128M")):
            m = dataclasses.replace(SELFTEST, kernel=self.kernel, memory=memory, type=kind)
            wanted = not self.pattern or re.search(self.pattern, f"kernel/{name}")
            if not wanted and name == "1G" and self.pattern_names_kernel_cases():
                m.append += f"={self.pattern}"
                name += f" selftest={self.pattern}"
            self.add("kernel", name, run_kernel(m), 1200)
        m = dataclasses.replace(SELFTEST, kernel=self.kernel, memory=ALL_CASES)
        m.append += " la57"
        self.add("kernel", "la57", run_kernel(m), 1200)
        m = dataclasses.replace(SELFTEST, kernel=self.kernel, memory="256M")
        m.append += " explore.mask=703ff"       # while every event is told
        self.add("kernel", "traced", run_kernel(m), 1200)

    def pattern_names_kernel_cases(self):
        """Is the pattern, as it stands, part of some "suite.case" of the kernel's?"""
        names = re.compile(r"\b(?:K|MM_)TEST\((\w+),\s*(\w+)\)")
        return any(self.pattern in ".".join(pair) for p in (ROOT / "tests/kernel").glob("*.c")
                   for pair in names.findall(p.read_text()))

    def user_programs(self, group, kernel, limit=120):
        for name, test, words, _ in self.user_jobs():
            m = Machine(kernel, str(self.logs / f"user-{name}.cpio"),
                        f"console=ttyS0 quiet panic=-1 {words}".strip(), memory=TEST_MEMORY.get(test, "1G"))
            m.disks = self.disks(test)
            self.add(group, name, self.with_initramfs(name, test, run_user(name if asks_linux(name, test) else test, m)),
                     limit * (1 + 2 * (test in TEST_MEMORY)))

    def user(self):
        self.user_programs("user", self.kernel)
        # All that looks at address spaces once more, with 5 levels of page tables.
        tests = [t for t in MM_TESTS if t in self.user_tests()]
        m = Machine(self.kernel, str(self.logs / "user-all-la57.cpio"),
                    "console=ttyS0 quiet panic=-1 la57")

        def run(job):
            self.initramfs("user-all-la57", *tests)
            return run_kernel(m)(job)
        self.add("user", "all-la57", run, 600)

    def smp(self, whole=False):
        """The suites in the kernel and the programs on several CPUs; WHOLE: all on 2, 4 and 8, and a boot on 64."""
        every = [t for t in self.user_tests() if t not in TEST_MEMORY]
        most = [t for t in every if t != "swapload"]        # which takes many minutes on more CPUs than the host has
        some = [t for t in SMP_TESTS if t in every]
        if whole:
            m = Machine(self.kernel, str(self.logs / "user-64.cpio"), "console=ttyS0 panic=-1", smp=64)
            self.add("smp", "64 CPUs", self.with_initramfs("64", BOOT_TEST, run_boot(
                m, r"^ok 1\b", "smp: 64 CPUs")), 1200)
        for cpus, tests in ((2, every), (4, most), (8, most)) if whole else ((2, every), (8, some)):
            m = Machine(self.kernel, str(self.logs / f"user-smp-{cpus}.cpio"), "console=ttyS0 quiet panic=-1", smp=cpus,
                        disks=self.disks(*tests))

            def run(job, m=m, name=f"user-smp-{cpus}", tests=tests):
                self.initramfs(name, *tests)
                return run_kernel(m)(job)
            self.add("smp", f"{cpus} CPUs", run, 1800)
        for cpus in (2, 4, 8) if whole else (2, 4):
            m = dataclasses.replace(SELFTEST, kernel=self.kernel, smp=cpus, memory="1G" if whole else "256M")
            self.add("smp", f"kernel on {cpus} CPUs", run_kernel(m), 2400)

    # Programs linked with this machine's C libraries; which are there depends on its compilers.
    def pthread(self, linux=False):
        for libc in ("musl", "glibc"):
            programs = sorted((self.build / "pthread" / libc).glob("*[a-z]"))
            for cpus in () if not programs else (4,) if linux else (1, 4):
                name = f"pthread-{libc}" if linux else f"{libc}-{cpus}"
                m = Machine(machine.linux_image() if linux else self.kernel, str(self.logs / f"pthread-{name}.cpio"),
                            f"console=ttyS0 quiet panic=-1 {machine.LINUX_WORDS if linux else ''}".strip(), smp=cpus)
                files = [f"{self.build}/tests/run:/init"] + [f"{p}:/tests/{p.name}" for p in programs]
                run = (record_oracle if linux else run_user)(f"pthread-{libc}", m)

                def both(job, m=m, files=files, run=run):
                    machine.make_initramfs(m.initrd, files)
                    return run(job)
                self.add("oracle" if linux else "pthread", name, both, 900)

    # Duels over one address space: on CPUs that really run side by side; and from seeds, where QEMU runs them
    # by turns and the kernel says when: (CPUs, seeds), the first of all being 1.
    def litmus(self, rounds=5, repeat=2, seeds=((2, 2500), (2, 2500), (4, 2000), (4, 2000), (8, 1000))):
        first = 1
        for cpus in (1, 2, 4, 8):
            times = max(repeat, 6) if cpus == 1 else repeat        # cheap there, and what is free has a fourth run to be compared with
            words = f"litmus.rounds={rounds} -- litmus*{times}"
            self.add_litmus(f"{cpus} CPUs", Machine(self.kernel, smp=cpus), words, 300 * times)
        for cpus, number in seeds:
            words = f"litmus.seed={first} litmus.seeds={number} litmus.rounds=1"
            name = f"seeds {first}-{first + number - 1} on {cpus} CPUs"
            self.add_litmus(name, Machine(self.kernel, smp=cpus, icount=True), words, 300 + number // 2)
            first += number

    def add_litmus(self, name, m, words, limit):
        archive = "litmus-" + name.replace(" ", "-")
        m.initrd = str(self.logs / f"{archive}.cpio")
        m.append = f"console=ttyS0 quiet panic=-1 {words}"

        def run(job):
            self.initramfs(archive, "litmus")
            return run_litmus(m)(job)
        self.add("litmus", name, run, limit)

    def oracle(self):
        for name, test, _, cpu in self.user_jobs():
            if not asks_linux(name, test):
                continue
            m = Machine(machine.linux_image(), str(self.logs / f"user-{name}.cpio"),
                        f"console=ttyS0 quiet panic=-1 {machine.LINUX_WORDS}", cpu=cpu, disks=self.disks(test),
                        memory=TEST_MEMORY.get(test, "1G"))
            self.add("oracle", name, self.with_initramfs(name, test, record_oracle(name, m), linux=True),
                     120 * (1 + 3 * (test in TEST_MEMORY)))
        self.dynamic(linux=True)
        self.pthread(linux=True)
        self.probe(linux=True)
        self.ext2(linux=True)
        self.vmload(linux=True)

    def vmload(self, linux=False):
        """What /proc says after one load: as on Linux?"""
        if ext2test.possible():
            m = Machine(machine.linux_image() if linux else self.kernel, debug_exit=False, memory=vmload.MEMORY,
                        append="console=ttyS0 quiet panic=-1 " + (machine.LINUX_WORDS if linux else ""))
            self.add("oracle" if linux else "load", "vmload" if linux else "same-story", run_vmload(m, self.build, linux), 300)
        if not linux:
            m = Machine(self.kernel, str(self.logs / "user-reclaim-64M.cpio"), "console=ttyS0 quiet panic=-1", memory="64M",
                        disks=self.disks("reclaim"))
            self.add("load", "64M", self.with_initramfs("reclaim-64M", "reclaim", run_user("reclaim", m)), 120)

    def probe(self, linux=False):
        m = Machine(machine.linux_image() if linux else self.kernel, debug_exit=False,
                    append="console=ttyS0 quiet panic=-1 norandmaps")
        if linux:
            m.append += f" nokaslr no5lvl {machine.LINUX_WORDS}"
        self.add("oracle" if linux else "probe", "probe" if linux else "zoo", run_probe(m, self.build, linux))

    def gdb(self):
        m = Machine(self.kernel, append="console=ttyS0 quiet panic=-1 nokaslr norandmaps explore=virtio", memory="256M")
        self.add("gdb", "make", run_make_gdb(self.build), 300)
        self.add("gdb", "snapshot", run_gdb(m, self.build), 300)
        self.add("gdb", "snapshot-la57", run_gdb(dataclasses.replace(m, append=m.append + " la57"), self.build), 300)

    def dynamic(self, linux=False):
        for name, word in (("fixed", " norandmaps"), ("random", ""))[:1 if linux else 2]:
            m = Machine(machine.linux_image() if linux else self.kernel,
                        str(self.logs / f"dynamic-{name}.cpio"), f"console=ttyS0 quiet panic=-1{word}")
            if linux:
                m.append += f" {machine.LINUX_WORDS}"
            if dynamic.possible():
                self.add("oracle" if linux else "dynamic", f"dynamic-{name}" if linux else name,
                         run_dynamic(m, self.build, linux))

    def user_jobs(self):
        """(job, program, words for Quire, CPU for Linux) of each program, and the VARIANTS."""
        tests = self.user_tests()
        return ([(name, name, *TEST_MODES.get(name, ("", "max"))) for name in tests] +
                [v for v in VARIANTS if v[1] in tests])

    def with_initramfs(self, name, test, run, linux=False):
        def both(job):
            modules = machine.linux_modules() if linux and test in DISK_TESTS else ()
            self.initramfs(f"user-{name}", test, modules=modules)
            return run(job)
        return both

    # Memory ends: the programs that use it up on several CPUs, and hog and bomb from a shell that must stay usable.
    def oom(self):
        m = Machine(self.kernel, str(self.logs / "user-oom-smp.cpio"), "console=ttyS0 quiet panic=-1", smp=4,
                    icount=True, cpu="qemu64", memory=TEST_MEMORY["oom"], disks=self.disks("oom"))
        self.add("oom", "4 CPUs", self.with_initramfs("oom-smp", "oom", run_user("oom", m)), 600)
        for cpus in (1, 4):
            for disks in ((), self.disks("oom")):
                words = [w for disk in disks for w in ("-d", disk)]
                self.add("oom", f"shell in 64M on {cpus} CPUs{', swap' if disks else ''}", run_host(
                    [str(ROOT / "tools/boot-with"), "-i", "-m", "64M", "-s", str(cpus), "-t", "280", *words, self.kernel,
                     f"{self.build}/tests/oom", "--", OOM_SHELL % ("mkswap /dev/vdd && swapon /dev/vdd" if disks else ":")]), 300)
        m = Machine(self.kernel, str(self.logs / "user-oom-init.cpio"), "console=ttyS0 panic=-1 rdinit=/tests/oom -- hog",
                    memory="64M")
        self.add("oom", "nobody to kill", self.with_initramfs("oom-init", "oom", run_boot(
            m, r"oom invoked oom-killer", r"Out of memory and no killable processes",
            r"Kernel panic - not syncing: System is deadlocked on memory", want=machine.FAILURE)))

    def boots(self):
        words = "console=ttyS0 panic=-1"
        initrd = str(self.logs / "boot.cpio")
        expect = r"^ok 1\b"

        def add(name, m, limit=120, patterns=(expect,)):
            self.add("boots", name, run_boot(m, *patterns), limit)

        def refuses(name, sentence, **choices):
            m = Machine(self.kernel, append=words, **choices)
            self.add("boots", name, run_boot(m, sentence, want=machine.FAILURE))

        for kind in ("q35", "pc", "microvm"):
            add(f"pvh-{kind}", Machine(self.kernel, initrd, words, type=kind), patterns=(
                expect, *[r"(?s)\A(?!.*keyboard: none found)(?=.*keyboard: PS/2, layout us)"] * (kind == "q35")))
        for cpu in ("qemu64", "Nehalem", "Skylake-Client", "EPYC"):
            add(f"cpu-{cpu}", Machine(self.kernel, initrd, words, cpu=cpu))
        add("pvh-la57", Machine(self.kernel, initrd, words + " la57"),
            patterns=(expect, "la57: 5-level paging"))
        add("la57-without-cpu", Machine(self.kernel, initrd, words + " la57", cpu="EPYC"),
            patterns=(expect, "la57: this processor has no 5-level paging"))
        add("la57-bios", Machine(cdrom=str(self.logs / "boot-la57.iso"), memory="256M"), 300,
            (expect, "la57: 5-level paging", "kaslr: off"))
        # CPUs: one that comes only when it has been given up, before and after the others.
        for late in (2, 3):
            add(f"cpu-late-{late}", Machine(self.kernel, initrd, f"{words} smp.late={late}", smp=4),
                patterns=(expect, rf"smp: CPU with APIC id {late} is left out: it does not answer",
                          "smp: 3 CPUs"))
        alone = r"(?s)\A(?!.*smp: \d+ CPUs).*^ok 1\b"
        add("cpus-nosmp", Machine(self.kernel, initrd, f"{words} nosmp", smp=4), patterns=(alone,))
        add("cpus-maxcpus=1", Machine(self.kernel, initrd, f"{words} maxcpus=1", smp=4), patterns=(alone,))
        add("cpus-maxcpus=3", Machine(self.kernel, initrd, f"{words} maxcpus=3", smp=4), patterns=(expect, "smp: 3 CPUs"))
        # A CPU that hangs is shown, and all of them when one panics.
        four = Machine(self.kernel, append=f"{words} provoke selftest=", smp=4)
        hung = dataclasses.replace(four, append=four.append + "watchdog. watchdog_thresh=2")
        add("watchdog", hung, 300, (r"watchdog: CPU 1 has served no interrupt for 2 seconds",
                                    r"RIP \w+ spin_around\S+, interrupts off", r"call trace:",
                                    r"watchdog: CPU 1, process \d+ \(spinner\): another task has waited for 4 seconds",
                                    r"ok 3 task_that_keeps"))
        panics = dataclasses.replace(four, append=four.append + "panic.shows_what")
        self.add("boots", "panic-on-4-cpus", run_boot(
            panics, r"Kernel panic - not syncing: on purpose",
            *(rf"(?s)CPU {cpu}, process \d+ \(spinner\):(?:(?!CPU \d+, ).)*? spin_around" for cpu in (1, 2, 3)),
            want=machine.FAILURE))
        self.add("boots", "panic-inside-a-panic", run_boot(
            Machine(self.kernel, append=f"{words} console=bad selftest=panic.inside provoke", memory="64M", debug_exit=False),
            r"(?s)Kernel panic - not syncing: on purpose.*panic inside a panic: stopped.*reboot: by ", want=0))
        # Where the kernel lies: by chance, or where it was linked; a panic names its functions all the same.
        slides = Machine(self.kernel, append=f"{words} selftest=boot.slide", memory="64M")
        self.add("boots", "kaslr", run_slides(slides, 4))
        add("kaslr-off", dataclasses.replace(slides, append=slides.append + "\tnokaslr"),
            patterns=("kaslr: off", r"kaslr offset 0\n"))
        self.add("boots", "stack-overflow", run_boot(
            dataclasses.replace(four, append=four.append + "hardening.endless", memory="64M"),
            "Kernel panic - not syncing: kernel stack overflow, error code 0",
            r"RIP \w+:(?!ffffffff802)\w+ go_deeper", r"(?s)call trace:(\s+\[[^]]*\]\s+\w+ go_deeper\S+){8}",
            r"kernel offset: 0x[1-9a-f]\w*00000 from 0xffffffff80200000", want=machine.FAILURE))
        # From kernel entry to init's first instruction: fewer than 100 million of them.
        add("instructions", Machine(self.kernel, initrd, words, cpu="qemu64", icount=True),
            patterns=(expect, r"boot: \d{1,8} TSC ticks from kernel entry"))
        for name, m, patterns, status in oddmachines.cases(self.kernel, initrd, str(self.build / "initramfs.cpio"),
                                                           self.logs):
            self.add("boots", name, run_boot(m, *patterns, want=status), 120)
        refuses("too-little-memory", "Quire needs 8 MiB of RAM and finds", memory="6M")
        refuses("no-initramfs", "no initramfs: pass one with -initrd")
        refuses("cut-initramfs", r"initramfs: cut short .* at offset \d+",
                initrd=str(self.logs / "cut.cpio"))
        refuses("not-an-initramfs", "initramfs: not a cpio archive, at offset 0",
                initrd=str(self.logs / "boot.cfg"))
        iso = str(self.logs / "boot.iso")
        add("bios-cdrom", Machine(cdrom=iso, memory="256M"), 300)
        add("bios-cdrom-pc", Machine(cdrom=iso, memory="256M", type="pc"), 300)
        self.add("boots", "framebuffer", run_framebuffer(
            Machine(cdrom=str(self.logs / "framebuffer.iso"), memory="256M")), 300)
        add("bad-acpi-checksum", Machine(cdrom=str(self.logs / "acpi.iso"), memory="256M", smp=2), 300,
            (r"(?s)\A(?!.*smp: ).*table APIC at \S+ has a wrong checksum, ignored.*^ok 1\b",))
        add("bad-framebuffer", Machine(cdrom=iso, memory="512M", uefi=True,
                                       extra=("-vga", "none", "-device", "virtio-gpu-pci")), 600,
            (r"(?s)\A(?!.*fb0: ).*^ok 1\b",
             r"vt: no screen: no framebuffer that could be used, no VGA in text mode"))
        add("bad-small-mode", Machine(cdrom=str(self.logs / "small.iso"), memory="256M"), 300,
            (expect, "fb0: 320x200", "vt: framebuffer, 40 columns, 12 rows"))
        self.add("boots", "screen", run_screen(Machine(cdrom=str(self.logs / "screen.iso"), memory="256M"),
                                               SCREEN_LINES, SCREEN_COLOURS), 300)
        self.keyboards()
        self.screens()
        add("bios-disk", Machine(disk=iso, memory="256M"), 300)
        # No long mode: our GRUB's menu says it, in whatever mode the screen is; without that, the kernel (also by PVH).
        menu = str(self.build / "quire.iso")
        self.add("boots", "no-long-mode-menu-cdrom", run_play(screens.needs_64_bits, Machine(
            cdrom=menu, memory="128M", type="pc", cpu="qemu32", debug_exit=False)), 300)
        self.add("boots", "no-long-mode-menu-disk", run_play(screens.needs_64_bits, Machine(
            disk=menu, memory="128M", cpu="pentium3", debug_exit=False)), 300)
        self.add("boots", "no-long-mode-text", run_play(
            screens.ends_with("Quire needs a 64-bit CPU: this one has no long mode."), Machine(
                cdrom=str(self.logs / "stop-text.iso"), memory="128M", type="pc", cpu="qemu32", debug_exit=False)), 300)
        # UEFI: our own loader (boot/efi), and GRUB.
        ours = "boot: multiboot2 by Quire EFI loader"
        self.add("boots", "uefi-cdrom", run_handover(Machine(cdrom=iso, memory="512M", uefi=True), expect, ours), 600)
        add("uefi-disk", Machine(disk=iso, memory="512M", uefi=True), 600, (expect, ours))
        self.add("boots", "stick-partitions", check_stick(self.build / "quire.iso"))
        add("uefi-usb", Machine(memory="512M", uefi=True, extra=(
            "-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={iso}",
            "-device", "usb-storage,drive=stick,bootindex=1")), 600, (expect, ours))
        add("uefi-mode", Machine(cdrom=str(self.logs / "boot-mode.iso"), memory="512M", uefi=True), 600,
            (r"quire\.cfg, line 3 is not understood", "fb0: 1024x768", expect))
        self.add("boots", "uefi-no-initramfs", run_boot(
            Machine(cdrom=str(self.logs / "boot-alone.iso"), memory="512M", uefi=True),
            r"nothing\.cpio: .*Quire starts without it", "no initramfs: pass one with -initrd",
            want=machine.FAILURE), 600)
        # What a person does at the menu after a kernel that is not there and one that is none.
        self.add("boots", "uefi-no-kernel", run_typed(
            Machine(cdrom=str(self.logs / "boot-choice.iso"), memory="64M", smp=2, uefi=True), (
                (r'"Gone" cannot be started: reading none\.elf: Not Found\s+Any key', " "),
                (r"Enter: start", "2"), (r"> 2  Broken[\s\S]*Enter: start", "\r"),
                (r'"Broken" cannot be started: loading initramfs\.cpio: Load Error\s+Any key', " "),
                (r"Enter: start", "\x1b[B"), (r"> 2  Broken[\s\S]*Enter: start", "\x1b[B"),
                (r"> 3  Safe[\s\S]*Enter: start", "\r")),
            r"^ok 1\b", "command line: .* nosmp no5lvl nopat la57$", "memtype: nopat: ",
            r"(?s)\A(?!.*smp: 2 CPUs)(?!.*5-level paging)"), 600)
        add("uefi-no-config", Machine(cdrom=str(self.logs / "boot-no-config.iso"), memory="64M", uefi=True), 600,
            ("ticks from kernel entry to the first user", ours, "command line: console=ttyS0 console=tty0$"))
        for name, steps, m, make in uefiplays.plays(self.kernel, initrd, self.build, self.logs):
            self.add("boots", name, run_made(make, run_play(steps, m) if callable(steps) else run_boot(m, *steps)), 600)
        self.add("boots", "menus", run_menus)
        add("uefi-grub", Machine(cdrom=str(self.logs / "boot-grub.iso"), memory="512M", uefi=True), 600,
            (expect, "boot: multiboot2 by GRUB"))
        # This GRUB puts small files where the firmware still writes: read, but never given to the allocator.
        add("memory-low-initramfs", Machine(cdrom=str(self.logs / "low-initramfs.iso"), memory="256M", uefi=True), 600,
            (r"the initramfs lay at 0x[1-9a-f]\w{3,4}$", r"^\s+ok \d+ kernel_image_and_first_mib", r"initramfs: \d+ files",
             r"^ok 1 boot"))
        for name, start in LOAD_ADDRESSES.items():
            add(f"load-at-{name}", Machine(cdrom=str(self.logs / f"load-{name}.iso"), memory="256M"),
                300, (expect, rf"0x0*{start:x}\b"))

    def matrix(self):
        images = matrix.Images(self.build)
        for row in matrix.SAMPLE:
            self.add("matrix", matrix.name_of(row), run_matrix(row, images), matrix.limit_of(row, False))

    def keyboards(self):
        """A shell on the screen, typed at: by PS/2; by USB alone, in all ways to interrupt; through hubs."""
        def add(name, words="", layout="us", hubs=(), leave="poweroff", **choices):
            device = {"driver": "usb-kbd", "id": "keyboard", "bus": "xhci.0", "port": "1"}
            extra = [*choices.pop("before", ()), "-device", choices.pop("xhci", "qemu-xhci,id=xhci")]
            for depth in range(len(hubs)):      # each at a port of the one before
                extra += ["-device", f"usb-hub,bus=xhci.0,port={'.'.join(hubs[:depth + 1])}"]
            if hubs:
                device["port"] = ".".join([*hubs, "3"])
            extra += ["-device", ",".join([device["driver"], *(f"{k}={device[k]}" for k in ("id", "bus", "port"))])]
            m = Machine(**{
                "kernel": self.kernel, "initrd": str(self.build / "initramfs.cpio"),
                "append": f"console=ttyS0 console=tty0 panic=-1 keyboard={layout},3000 {words}".strip(),
                "type": "q35,i8042=off", "memory": "256M", "smp": 2, "extra": tuple(extra)} | choices)
            self.add("boots", f"keyboard-{name}", run_keyboard(m, layout, device if name.startswith("usb") else None, leave), 600, waits=True)

        add("ps2", extra=(), type="q35")
        add("ps2-de", layout="de", extra=(), type="pc")
        # No I/O APIC: no interrupt but the local APIC's ever comes.  And nothing that could switch it off.
        add("ps2-polled", leave="reboot", extra=("-vga", "std"), type="isapc", cpu="qemu64", smp=1)
        add("usb")
        add("usb-de-hubs", layout="de", hubs=("2", "1"))
        add("usb-pin", words="pci=nomsi")
        add("usb-msi", xhci="nec-usb-xhci,id=xhci,msix=off")
        # The controller is behind a root bus of its own, which no bridge of bus 0 leads to.
        add("usb-second-root", before=(
            "-device", "pxb-pcie,id=other,bus_nr=128", "-device", "pcie-root-port,id=hole,bus=other,chassis=3,slot=3"),
            xhci="qemu-xhci,id=xhci,bus=hole")
        # A machine of today: the firmware has used the keyboard, and left the controller at a high address.
        add("usb-uefi", kernel="", initrd="", cdrom=str(self.logs / "keyboard.iso"), uefi=True, memory="512M")

    def screens(self):
        """Somebody in front of the screen: VGA text, and a framebuffer by UEFI with nothing but USB."""
        shell = Machine(self.kernel, str(self.build / "initramfs.cpio"), "console=ttyS0 console=tty0 panic=-1", type="pc",
                        memory="128M", smp=2)
        for name, steps in (("vt-switch", screens.terminals), ("vt-scrollback", screens.scrollback),
                            ("vt-programs", screens.programs)):
            self.add("boots", name, run_play(steps, shell), 300, waits=True)
        dots = Machine(cdrom=str(self.logs / "dots.iso"), memory="128M", smp=2)
        self.add("boots", "vt-palette-text", run_play(screens.palettes, shell), 300, waits=True)
        self.add("boots", "vt-palette-dots", run_play(screens.palettes, dots), 300, waits=True)
        self.add("boots", "report-progress-text", run_play(screens.progress, dataclasses.replace(
            shell, append=f"{shell.append} {screens.PROGRESS_TESTS}", debug_exit=False, extra=("-S",))), 300)
        self.add("boots", "report-progress-dots", run_play(screens.progress, dataclasses.replace(
            dots, cdrom=str(self.logs / "progress.iso"), debug_exit=False, extra=("-S",))), 300)
        tests = dataclasses.replace(shell, append=shell.append + " selftest=fbcon", debug_exit=False)
        self.add("boots", "report-bios-text", run_play(screens.report(False), tests), 300)
        self.add("boots", "report-early-failure", run_play(screens.early_failure, dataclasses.replace(
            tests, append=shell.append + " selftest=printk. provoke")), 300)
        for name, m, sentences, how in oddmachines.screen_cases(self.kernel, str(self.build / "initramfs.cpio"), self.logs):
            self.add("boots", name, run_play(getattr(screens, how)(*sentences), m), 300)
        self.add("boots", "report-serial", run_headless(tests), 120)
        self.add("boots", "report-panic", run_play(screens.panic, dataclasses.replace(
            tests, append="console=ttyS0 console=tty0 selftest=report. provoke_panic")), 120, waits=True)
        self.add("boots", "report-uefi-usb", run_play(screens.report(True), screens.usb_only(
            self.build, cdrom=str(self.logs / "report.iso"))), 600)
        self.add("boots", "uefi-usb-top-poweroff", run_play(screens.whole_day, screens.usb_only(self.build)), 600)
        for name, m in screens.readme_lines(self.build):
            self.add("boots", name, run_play(screens.from_the_readme, m), 300)
        for name, steps, m in screens.stops(self.kernel, shell.initrd, self.logs):
            self.add("boots", name, run_play(steps, m), 300)

    def make_boot_images(self, job):
        """What the boots group boots: an init that runs one small test, and discs with it."""
        initrd = self.initramfs("boot", BOOT_TEST)
        cut = pathlib.Path(initrd).read_bytes()[:200000]
        (self.logs / "cut.cpio").write_bytes(cut)
        cfg = self.logs / "boot.cfg"
        cfg.write_text("serial --unit=0\nterminal_output serial\ninsmod all_video\nloopback esp /efi.img\n"
                       "multiboot2 (esp)/quire.elf console=ttyS0 panic=-1\n"
                       "module2 (esp)/initramfs.cpio\nboot\n")
        grub = self.logs / "boot-grub.cfg"
        grub.write_text(cfg.read_text().replace("(esp)", "/boot").replace("loopback esp /efi.img\n", ""))

        efi = self.logs / "quire.cfg"
        efi.write_text("timeout 0\nentry Test\n\tkernel quire.elf\n\tinitramfs initramfs.cpio\n"
                       "\tcmdline console=ttyS0 panic=-1\n")
        mode = self.logs / "quire-mode.cfg"
        mode.write_text("timeout 1\ndefault 2\nnonsense\nmode 1024x768\nentry Wrong\n\tkernel none.elf\n" +
                        efi.read_text().replace("timeout 0\n", ""))
        choice = self.logs / "quire-choice.cfg"     # safe mode's words beat la57
        choice.write_text(efi.read_text().replace("entry Test", "entry Gone\n\tkernel none.elf\nentry Broken\n"
                                                  "\tkernel initramfs.cpio\nentry Safe").replace(
                                                      "panic=-1", "panic=-1 nosmp no5lvl nopat la57"))
        alone = self.logs / "quire-alone.cfg"
        alone.write_text(efi.read_text().replace("initramfs.cpio", "nothing.cpio"))

        graphics = self.logs / "graphics.cfg"       # multiboot2 itself has set the payload to text
        graphics.write_text(cfg.read_text().replace("module2", "set gfxpayload=800x600x32\nmodule2"))

        la57 = self.logs / "boot-la57.cfg"
        la57.write_text(cfg.read_text().replace("panic=-1", "panic=-1 la57 nokaslr"))

        def iso(name, kernel, initrd=initrd, cfg=cfg, efi=efi):
            loader = [str(self.build / "BOOTX64.EFI"), *([str(efi)] if efi != "none" else [])] if efi else []
            status, _ = job.start([str(ROOT / "tools/mkiso.sh"), str(self.logs / f"{name}.iso"),
                                   str(kernel), initrd, str(cfg), *loader])
            if status != 0:
                raise RuntimeError(f"{name}.iso: mkiso.sh ended with {status}")

        iso("boot", self.kernel)
        iso("boot-mode", self.kernel, efi=mode)
        iso("boot-alone", self.kernel, efi=alone)
        iso("boot-choice", self.kernel, efi=choice)
        iso("boot-no-config", self.kernel, efi="none")
        typed = self.logs / "quire-keyboard.cfg"
        typed.write_text(efi.read_text().replace("panic=-1", "panic=-1 console=tty0 keyboard=us,3000"))
        iso("keyboard", self.kernel, str(self.build / "initramfs.cpio"), efi=typed)
        failing = self.logs / "quire-report.cfg"
        failing.write_text(efi.read_text().replace("panic=-1", "console=tty0 selftest=report. provoke"))
        iso("report", self.kernel, str(self.build / "initramfs.cpio"), efi=failing)
        screens.stop_images(self.logs, lambda name, **configs: iso(name, self.kernel, **configs))
        iso("boot-grub", self.kernel, cfg=grub, efi=None)
        low = self.logs / "low-initramfs.cfg"
        low.write_text(grub.read_text().replace("panic=-1", "panic=-1 selftest=boot."))
        iso("low-initramfs", self.kernel, machine.make_initramfs(self.logs / "low-initramfs.cpio", [
            f"{self.build}/tests/run:/init"], busybox=False), cfg=low, efi=None)   # some pages, but small
        iso("framebuffer", self.kernel, machine.make_initramfs(
            self.logs / "framebuffer.cpio",
            [f"{self.build}/tests/fb:/bin/fb", f"{self.build}/user/fbdemo:/bin/fbdemo"], FB_INIT),
            graphics)
        acpi = self.logs / "acpi.cfg"               # GRUB takes a table from the archive
        acpi.write_text(cfg.read_text().replace(
            "multiboot2", "insmod newc\nloopback archive (esp)/initramfs.cpio\n"
                          "acpi --exclude=APIC (archive)/madt\nmultiboot2"))
        iso("acpi", self.kernel, machine.make_initramfs(self.logs / "acpi.cpio", [
            f"{self.build}/tests/run:/init", f"{self.build}/tests/{BOOT_TEST}:/tests/{BOOT_TEST}",
            f"{oddmachines.table_with_bad_checksum(self.logs)}:/madt"]), acpi)
        small = self.logs / "small.cfg"
        small.write_text(graphics.read_text().replace("800x600x32", "320x200x32"))
        iso("small", self.kernel, cfg=small)
        iso("screen", self.kernel, machine.make_initramfs(self.logs / "screen.cpio", init=SCREEN_INIT), graphics)
        for name, words in (("dots", ""), ("progress", screens.PROGRESS_TESTS)):
            seen = self.logs / f"{name}.cfg"
            seen.write_text(graphics.read_text().replace("panic=-1", f"panic=-1 console=tty0 {words}"))
            iso(name, self.kernel, str(self.build / "initramfs.cpio"), seen)
        iso("boot-la57", self.kernel, cfg=la57)
        programs = machine.make_initramfs(self.logs / "odd.cpio", [f"{oddmachines.table_with_bad_checksum(self.logs)}:/madt"],
                                          "#!/bin/sh\nexport PS1='~ # '\nexec sh -i\n")
        for name, words, has_initramfs, last in oddmachines.GRUB_IMAGES:
            cfg = self.logs / f"{name}.cfg"
            cfg.write_text(oddmachines.grub_cfg(words, has_initramfs, last))
            iso(name, self.kernel, programs, cfg, None)
        image = pathlib.Path(self.kernel).read_bytes()
        for name, start in LOAD_ADDRESSES.items():
            moved = self.logs / f"load-{name}.elf"
            moved.write_bytes(ask_load_address(image, start))
            iso(f"load-{name}", moved)
        return Result(1)

    def other_builds(self):
        for group, word in (("clang", "CC=clang"), ("release", "RELEASE=1")):
            build = self.build / group
            m = dataclasses.replace(SELFTEST, kernel=str(build / ("quire-selftest.elf" if word == "RELEASE=1" else "quire.elf")),
                                    memory=ALL_CASES)
            # Relative, as a person would: dependency files name their targets that way.
            relative = os.path.relpath(build, ROOT)
            self.add(group, "build", run_build(word, f"BUILD={relative}", "all"), first=True)
            self.add(group, "selftest", run_kernel(m), 600)
        self.add("release", "size", check_size(self.build / "release/quire.elf", 1 << 20))

    def sanitizers(self, whole=False):
        """The kernel with the compiler's checks: its suites, and some or all of the programs."""
        for san in SANITIZERS:
            kernel = self.build / san / "quire.elf"
            relative = os.path.relpath(kernel.parent, ROOT)
            self.add(san, "build", run_build(f"SAN={san}", f"BUILD={relative}",
                                             f"{relative}/quire.elf"), first=True)
            m = dataclasses.replace(SELFTEST, kernel=str(kernel))
            for suite in [""] if whole else SAN_SUITES:
                one = dataclasses.replace(m, append=f"{m.append}={suite}" if suite else m.append)
                self.add(san, f"selftest={suite}" if suite else "selftest", run_kernel(one), 1800)
            end = dataclasses.replace(m, append=f"{m.append}={san}.report provoke panic=-1")
            self.add(san, "panics", run_boot(end, SANITIZERS[san], want=machine.FAILURE))
            if whole:
                self.user_programs(san, str(kernel), 600)
                for memory in ("64M", "4G"):
                    m = dataclasses.replace(SELFTEST, kernel=str(kernel), memory=memory)
                    self.add(san, f"selftest-{memory}", run_kernel(m), 1800)
            else:
                self.add(san, "user", self.sample(f"{san}-user", str(kernel), SAN_SAMPLE), 600)

    def sample(self, name, kernel, tests):
        """Some programs one after the other in one machine."""
        m = Machine(kernel, str(self.logs / f"{name}.cpio"), "console=ttyS0 quiet panic=-1")

        def run(job):
            self.initramfs(name, *[t for t in tests if t in self.user_tests()])
            return run_kernel(m)(job)
        return run

    def session(self):
        m = Machine(self.kernel, str(self.build / "initramfs.cpio"), "console=ttyS0", reboot=True,
                    debug_exit=False)
        self.add("session", "shell", run_session(m), 300, waits=True)
        small = dataclasses.replace(m, memory="32M")
        self.add("session", "shell-32M", run_session(small), 300, waits=True)
        if ext2test.possible():
            self.add("session", "run-disk", run_disk_session(self.build), 900)

    def core(self):
        m = Machine(self.kernel, append="console=ttyS0 quiet panic=-1 norandmaps", debug_exit=False)
        program = f"{self.build}/tests/coredump"

        def initrd():
            return machine.make_initramfs(self.logs / "core.cpio", [f"{program}:/tests/coredump"],
                                          CORE_INIT)
        self.add("core", "gdb", run_core(m, program, initrd))

    def explore(self):
        for name, play, rounds, words in (
                ("commands", explore.play_commands, 100000, ""),
                ("silent-reader", explore.play_silent_reader, 60, ""),
                ("closed", explore.play_closed, 200, ""),
                ("story", explore.play_story, 10, "explore.ring=4M explore.mask=3ff"),
                ("story-each", explore.play_story, 5, "explore.ring=4M explore.mask=703ff"),
                ("switching", explore.play_switching, 150, ""),
                ("file", explore.play_file, 30, "explore.mask=7ff"),
                ("com2", explore.play_com2, 30, "explore=com2"),
                ("snapshots", snapshot_plays.play_snapshots, 20, ""),
                ("snapshots-32M", snapshot_plays.play_snapshots, 20, ""),
                ("snapshots-la57", snapshot_plays.play_snapshots, 20, "la57"),
                ("snapshot-walk", snapshot_plays.play_walk, 100000, ""),
                ("snapshot-readers", snapshot_plays.play_readers, 60, "")):
            m = Machine(self.kernel, append=f"console=ttyS0 quiet panic=-1 explore=virtio {words}".strip(),
                        memory="32M" if "32M" in name else "256M")
            files = [f"{self.build}/tests/{p}:/tests/{p}" for p in explore.PROGRAMS if re.match("story|snapshots", name)]
            self.add("explore", name, run_explore(play, m, rounds, files), 300)
        self.add("explore", "points", points_of_tracing(self.kernel))

    def add_law(self, name, words, lists, every, keep=0, programs=(), limit=300, memory="128M"):
        """Random calls of the seeds in LISTS, then PROGRAMS; a snapshot every EVERY events."""
        m = Machine(self.kernel, append=f"console=ttyS0 quiet panic=-1 explore=virtio explore.ring=4M {words}",
                    memory=memory, disks=self.disks(*programs))
        files = [f"{self.build}/tests/{p}:/tests/{p}" for p in ("differential", *programs)]
        init = law.INIT.replace("LISTS", lists).replace("PROGRAMS", " ".join(programs) or "''")
        self.add("law", name, run_explore(law.play_law(every, keep), m, 0, files, init), limit)

    def law(self):
        self.add("law", "checker", run_checker)
        self.add_law("replay", "explore.mask=7ff", "1-7 8-14 15-20", 60000)
        self.add_law("replay-each", "explore.mask=707ff", "21-21", 10000, keep=1)
        self.add_law("programs", "explore.mask=7ff la57", "1-1", 30000, programs=law.PROGRAMS)
        self.add_law("disk", "explore.mask=7ff", "1-1", 30000, programs=("blockdev", "writeback"))
        self.add_law("swap", "explore.mask=7ff", "1-1", 20000, programs=("swap", "reclaim"))

    def ext2(self, linux=False):
        """ext2 on all kinds of images, and damaged ones."""
        if not ext2test.possible():
            return
        for name in ext2test.IMAGES:
            m = Machine(machine.linux_image() if linux else self.kernel, debug_exit=False,
                        append="console=ttyS0 quiet panic=-1 " + (machine.LINUX_WORDS if linux else ""))
            self.add("oracle" if linux else "ext2", f"ext2-{name}" if linux else name,
                     run_ext2(m, self.build, name, linux), 600)
        if not linux:
            m = Machine(self.kernel, append="console=ttyS0 quiet panic=-1 maxcpus=4", debug_exit=False, smp=4)
            self.add("ext2", "4 CPUs", run_ext2(m, self.build, "1k"), 900)
            self.add_ext2_damaged(1, 30)
        m = Machine(machine.linux_image() if linux else self.kernel, debug_exit=False,
                    append="console=ttyS0 quiet panic=-1 " + (machine.LINUX_WORDS if linux else ""))
        self.add("oracle" if linux else "ext2", "ext2-odd" if linux else "odd",
                 run_ext2_damaged(m, self.build, "ext2odd", ext2test.ODD_INIT, "ext2-odd.txt", linux), 300)

    def add_ext2_damaged(self, first, last):
        m = Machine(self.kernel, append="console=ttyS0 quiet panic=-1", debug_exit=False)
        init = ext2test.FUZZ_INIT.replace("FIRST", str(first)).replace("LAST", str(last))
        self.add("ext2", f"damaged {first}-{last}", run_ext2_damaged(m, self.build, "ext2fuzz", init),
                 120 + 4 * (last - first))

    def bench(self):
        for name, options, lines in (("checks", "-s", 18), ("broken-calls", "-x", 36), ("counts", "-k", 9)):
            self.add("bench", name, run_bench(self.build, options, lines), 300)
        if ext2test.possible():
            self.add("bench", "disks", run_bench(self.build, "-D", 12, disks=True), 600)

    def trials(self, whole=False):
        """Little memory, power cuts, failing disks: a sample, or the WHOLE."""
        if not whole:
            self.add("trials", "judge", run_judge)
        if not ext2test.possible():
            return
        every = [t for t in self.user_tests() if t not in ("storm", "fb", *trials.OWN_SWAP)]
        some = [t for t in trials.SAMPLE if t in every]
        for cpus, storm in ((1, 1), (4, 2)) if not whole else ((1, 0), (4, 0), (1, 1), (4, 2), (2, 3), (4, 4)):
            programs = every if whole else some
            name = f"little memory on {cpus} CPUs" + (f", storm {storm}" if storm else "")
            for first in range(0, len(programs), 24):		# init takes 32 words
                part = programs[first:first + 24]
                m = Machine(self.kernel, smp=cpus, disks=self.disks(*part))
                self.add("trials", name + (f", {part[0]} to {part[-1]}" if whole else ""),
                         run_small(m, self.build, part, storm), 1800 if whole else 600)
            if whole or storm:
                own = ["swap"] + whole * ["swapshm"] + (whole and not storm) * ["reclaim"]
                m = Machine(self.kernel, smp=cpus, disks=self.disks("swap"))
                self.add("trials", "swap in " + name, run_small(m, self.build, own, storm), 600)
        if not whole:
            self.add("trials", "walk over more than memory", run_walk(self.build), 600)
        for first in range(1, 201, 25) if whole else (1,):
            seeds = range(first, first + (25 if whole else 3))
            self.add("trials", f"power cuts {seeds[0]}-{seeds[-1]}", run_power_cuts(self.kernel, self.build, seeds), 3600)
        for program in trials.FAILING:
            for first in range(1, 61, 10) if whole else (1,):
                numbers = range(first, first + 10) if whole else (3, 10)
                self.add("trials", f"{program} on a failing disk, {numbers[0]}-{numbers[-1]}",
                         run_failing(self.kernel, self.build, program, numbers), 3600)

    def docs(self):
        command = [sys.executable, str(ROOT / "tools/gendocs.py"), "--check", "--build",
                   str(self.build)]
        self.add("docs", "generated", run_host(command))

    def lockdep(self, whole=False):
        """What suites and programs teach about locks: on one CPU, and (if not WHOLE, the programs alone) on four."""
        self.add_lockdep("order", "selftest", lockorder.PROGRAMS, icount=True,     # some suites measure time
                         memory="1G" if whole else "256M")
        self.add_lockdep("order on 4 CPUs", "selftest" if whole else "", (*lockorder.PROGRAMS, "litmus"), smp=4, icount=whole)

    def add_lockdep(self, name, words, programs, **choices):
        archive = self.logs / f"lockdep-{name.replace(' ', '-')}.cpio"
        m = Machine(self.kernel, str(archive), f"console=ttyS0 quiet panic=-1 {words}".strip(), debug_exit=False,
                    disks=self.disks(*programs), **choices)

        def run(job):
            files = [f"{self.build}/tests/{p}:/tests/{p}" for p in programs]
            machine.make_initramfs(archive, files, lockorder.INIT)
            return run_lockorder(m, not words)(job)
        self.add("lockdep", name, run, 1500)

    def bochs(self):
        """A second processor: its models have PCIDs, and look at bits that QEMU lets pass."""
        tests = ("tlb", "cow", "mprotect", "madvise", "mremap", "thread", "truncate", "exec")
        for model, suite in ("corei7_haswell_4770", "tlb"), ("tigerlake", "fpu"):
            def run(job, model=model, suite=suite):
                initrd = self.initramfs("bochs-" + model, *tests)
                return run_host([str(ROOT / "tools/bochs.py"), "-c", model, "-a",
                                 f"console=ttyS0 quiet panic=-1 selftest={suite}",
                                 self.kernel, initrd])(job)
            self.add("bochs", model, run, 900)

        def x2apic(job):
            """The firmware has left the processor in x2APIC mode: here GRUB does it, by an MSR."""
            result = run_host([str(ROOT / "tools/bochs.py"), "-g", "insmod wrmsr; wrmsr 0x1b 0xfee00d00",
                               self.kernel, self.initramfs("bochs-x2apic", BOOT_TEST)])(job)
            result.check("(x2APIC)" in job.log.read_text(errors="replace"), "the kernel has not seen x2APIC mode")
            return result
        self.add("bochs", "x2apic", x2apic, 900)

        def enter(job):
            """The EFI loader's way into the kernel, from a firmware that uses PCIDs, SMEP, SMAP and CET."""
            _, lines = job.start([str(ROOT / "tools/bochs.py"), "-c", "tigerlake", "-m", "64",
                                  str(self.build / "boot-tests/enter"), self.initramfs("bochs-enter", BOOT_TEST)])
            result = Result()
            result.check("enter: the kernel is reached, PCIDs were on" in "\n".join(lines), "enter() does not reach the kernel")
            return result
        self.add("bochs", "enter", enter, 900)
        # A CPU that may have C1E, but not the register with its switch.
        self.add("bochs", "no-msr", run_host([str(ROOT / "tools/bochs.py"), "-s", "-c", "phenom_8650_toliman", self.kernel,
                                              self.initramfs("bochs-no-msr", BOOT_TEST)]), 900)

    def again(self):
        """Each program twenty times in one boot, chance placing its areas anew each time: what fails once in a hundred runs."""
        once = ("diskerr", "oom", "swapload")       # they change their disk, or take minutes
        for mode, words in (("", ""), ("-la57", " la57")):
            for test in [t for t in self.user_tests() if t not in once]:
                m = Machine(self.kernel, str(self.logs / f"user-again-{test}{mode}.cpio"),
                            f"console=ttyS0 quiet panic=-1{words} -- {test}*20", memory="1G", disks=self.disks(test))
                self.add("again", test + mode, self.with_initramfs(f"again-{test}{mode}", test, run_kernel(m)), 1200)

    def stress(self):
        self.again()
        for first in range(1, 1001, 250):
            self.add_ext2_damaged(first, first + 249)
        self.trials(whole=True)
        self.sanitizers(whole=True)
        self.bochs()
        self.smp(whole=True)
        self.lockdep(whole=True)
        self.litmus(25, 50, [(cpus, 5000) for cpus in (2, 2, 4, 4, 8, 8) * 4])
        self.add_law("replay-million", "explore.mask=7ff", "1-70 71-135 136-200", 60000, limit=3000)
        self.add_law("programs-all", "explore.mask=7ff", "1-1", 60000, limit=1500, programs=[
            job[1] for job in self.user_jobs() if job[0] == job[1] and job[0] not in law.NOT_WATCHED])
        self.add_law("replay-objects", "explore.mask=707ff", "1-10 11-20", 30000, keep=3, limit=1500)

    def everything(self):
        self.other_builds()
        self.sanitizers()
        self.host()
        self.kernel_suites()
        self.user()
        self.smp()
        self.pthread()
        self.litmus()
        self.dynamic()
        self.add("boots", "images", self.make_boot_images, first=True)
        self.boots()
        self.matrix()
        self.session()
        self.core()
        self.oom()
        self.explore()
        self.law()
        self.probe()
        self.gdb()
        self.bench()
        self.docs()
        self.ext2()
        self.trials()
        self.vmload()
        self.lockdep()

    def chosen(self):
        keep = [j for j in self.jobs if not self.pattern or re.search(self.pattern, j.title)]
        needed = [j for j in self.jobs if j.first and j not in keep and any(k.group == j.group for k in keep)]
        return needed + keep


# The kernel's suites measure time, and a busy host would disturb it: QEMU counts instructions.
SELFTEST = Machine(append="console=ttyS0 selftest", icount=True)
# The case of 60,000 areas asks for half a GiB, the one that uses all memory up for no more than 256 MiB.
ALL_CASES = "576M"
BOOT_TEST = "boot"

# Programs whose answers depend on how the kernel was booted: words for Quire, CPU for Linux.
TEST_MODES = {"la57": ("", "max,-la57"), "differential": ("", "max,-la57"),
              "rims": ("", "max,-la57")}
# The same programs booted another way: job, program, words for Quire, CPU for Linux.
VARIANTS = [("la57-on", "la57", "la57", "max"), ("blockdev-pin", "blockdev", "pci=nomsi", "max"),
            ("blockdev-polled", "blockdev", "irqpoll", "max"), ("swap-polled", "swap", "irqpoll", "max")]


def asks_linux(name, test):
    """Is this job, of that program, a question to Linux of its own?  Not if only Quire is booted another way."""
    return all(v[0] != name or v[3] != TEST_MODES.get(test, ("", "max"))[1] for v in VARIANTS)


MM_TESTS = ("brk", "cow", "efault", "exec", "filemap", "lazy", "mmap", "model", "mprotect", "mremap",
            "pie", "procfs", "rlimit", "sigframe", "signal", "stack", "syscall", "thread", "trap",
            "vfork")
# Programs that look at disks: their machines have those of tools/diskimage.py.
DISK_TESTS = ("accessed", "blockdev", "diskerr", "oom", "readahead", "reclaim", "storm", "swap", "swapload", "swapshm", "writeback")
# What a shell does in the group oom: a hog, a bomb under a limit and one without, and the shell goes on.
OOM_SHELL = """echo 1..4; %s || exit 1
says() { if [ $1 = 0 ]; then echo ok $2; else echo not ok $2; fi; }
oom hog; [ $? = 137 ]; says $? "1 - the hog is killed"
[ $(ls / | wc -l) -ge 3 ] && [ $(cat /proc/loadavg | wc -l) = 1 ]; says $? "2 - the shell runs programs"
oom bomb & sleep 2; for i in 1 2 3 4 5 6 7 8 9 10; do killall -9 oom; sleep 1; ps > /tmp/ps && ! grep -q '[o]om bomb' /tmp/ps && break; done
ps > /tmp/ps && ! grep '[o]om bomb' /tmp/ps; says $? "3 - the shell ends the bomb"
grep oom_kill /proc/vmstat; dd if=/dev/zero of=/tmp/file bs=1024k count=8 2>/dev/null && rm /tmp/file; says $? "4 - memory is there again"
"""
# Programs whose machine has less than 1 GiB: they use it up.
TEST_MEMORY = {"oom": "256M", "diskerr": "256M", "swapload": "192M"}
DISK_ERROR_TESTS = ("diskerr",)
# On more CPUs than the host has. Not affinity: shares of a CPU say nothing where the host takes it away for seconds.
SMP_TESTS = ("badelf", "cloneflags", "cow", "exec", "filemap", "futex", "madvise", "membarrier", "mmap",
             "mprotect", "mremap", "pipe", "poll", "process_vm", "robust", "rseq", "shm", "signal", "snapshot", "thread", "truncate", "vfork")
# The compiler's checks, and what a kernel must say that breaks a rule on purpose.
SANITIZERS = {"ubsan": r"Kernel panic - not syncing: UBSAN: shift out of bounds in .*test_ubsan.c",
              "kasan": r"Kernel panic - not syncing: KASAN: slab-out-of-bounds: write of 1 bytes"}
# A sample: what mm/ is about (the pattern is part of "suite.case").
SAN_SUITES = ("san.", "fork", "vma", "cow", "fail_mm", "slab", "rmap", "exec")
SAN_SAMPLE = ("cow", "exec", "madvise", "mmap", "mremap", "pipe", "process_vm", "procfs", "shm",
              "signal", "thread", "truncate")
LOAD_ADDRESSES = {"2M": 0x200000, "64M": 0x4000000, "150M": 0x9600000}

MB2_MAGIC = (0xE85250D6).to_bytes(4, "little")
MB2_RELOCATABLE = 10


def ask_load_address(image, start):
    """
    Return the kernel IMAGE asking the boot loader, in its multiboot2 relocatable tag, for the lowest
    place from START upwards (Multiboot2 specification, "The relocatable header tag").
    """
    image = bytearray(image)
    header = image.find(MB2_MAGIC)
    length = int.from_bytes(image[header + 8:header + 12], "little")
    at = header + 16
    while at < header + length:
        kind = int.from_bytes(image[at:at + 2], "little")
        size = int.from_bytes(image[at + 4:at + 8], "little")
        if kind == MB2_RELOCATABLE:
            image[at + 8:at + 12] = start.to_bytes(4, "little")         # min_addr
            image[at + 20:at + 24] = (1).to_bytes(4, "little")          # preference: lowest
            return bytes(image)
        at += (size + 7) & ~7
    sys.exit("test.py: the kernel has no relocatable tag in its multiboot2 header")


# ---- running ------------------------------------------------------------------------------------

def run_job(job):
    began = time.monotonic()
    try:
        result = job.run(job)
    except Exception as error:      # a broken job is a failure, not the end of the others
        result = Result(0, [f"{type(error).__name__}: {error}"])
    report(job, result, time.monotonic() - began)
    return result


def report(job, result, seconds):
    good = not result.failures
    count = f"{result.passed} cases, " if result.passed > 1 else ""
    with PRINTING:
        print(f"{'ok' if good else 'not ok'} {job.title} ({count}{seconds:.1f} s)", flush=True)
        if good:
            return
        for failure in result.failures:
            print(f"    {failure}")
        if job.log.exists():
            for line in job.log.read_text(errors="replace").replace("\r", "").splitlines()[-25:]:
                print(f"    | {line}")
        print(f"    log: {job.log}")
        if job.command:
            print(f"    repeat: {shlex.join(job.command)}", flush=True)


# What takes longest, on two CPUs: begun late it would run alone at the end.
LONG = ("boots/images", "release/build", "clang/build", "(kasan|ubsan)/build", "smp/2 CPUs", "smp/kernel", "lockdep/order", "kernel/",
        "(clang|release)/selftest", "litmus/seeds", "trials/", "oom/", "smp/", "pthread/", "host/model", "law/", "ext2/", "boots/")


def run_all(jobs, workers):
    """
    WORKERS jobs at a time, the longest first, and beside them as many of those that wait most of their time.  One worker
    takes one after the other.  A job that others of its group need comes before them.
    """
    def place(job):
        return not job.first, next((i for i, p in enumerate(LONG) if re.match(p, job.title)), len(LONG))
    pending, results, turn = sorted(jobs, key=place), [], threading.Condition()
    unready = {j.group for j in jobs if j.first}

    def work(kinds):
        while True:
            with turn:
                mine = [j for j in pending if j.waits in kinds]
                job = next((j for j in mine if j.first or j.group not in unready), None)
                if job:
                    pending.remove(job)
                elif mine:
                    turn.wait()
                else:
                    return
            if job:
                try:
                    results.append(run_job(job))
                except BaseException:
                    stop()
                    raise
                with turn:
                    if job.first:
                        unready.discard(job.group)
                    turn.notify_all()

    def stop():
        with turn:
            pending.clear()
            turn.notify_all()
    seats = [(False, True)] if workers == 1 else [(False,), (True,)] * workers
    with concurrent.futures.ThreadPoolExecutor(len(seats)) as pool:
        try:
            for done in [pool.submit(work, kinds) for kinds in seats]:
                done.result()
        except BaseException:       # ^C, or nobody reads what is printed: what has begun ends, and no more begins
            stop()
            raise
    return results


def main():
    parser = argparse.ArgumentParser(description="run the tests")
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("-T", metavar="PATTERN", default="")
    parser.add_argument("-j", metavar="N", type=int, default=2)
    parser.add_argument("--oracle", action="store_true", help="record Linux's answers instead")
    parser.add_argument("--stress", action="store_true", help="what takes long, instead")
    parser.add_argument("--list", action="store_true", help="name the jobs and stop")
    args = parser.parse_args()

    plan = Plan(args.build.resolve(), args.T)
    if args.oracle:
        plan.oracle()
    elif args.stress:
        plan.stress()
    else:
        plan.everything()
    jobs = plan.chosen()
    if args.list:
        print("\n".join(j.title for j in jobs))
        return 0
    for job in jobs:
        job.cpus = max(1, os.cpu_count() // min(args.j, len({j.group for j in jobs})))
    results = run_all(jobs, args.j)
    passed = sum(r.passed for r in results)
    failed = sum(len(r.failures) for r in results)
    if not passed and not failed:
        print(f"nothing matches {args.T!r}", file=sys.stderr)
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
