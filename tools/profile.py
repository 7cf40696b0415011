#!/usr/bin/env python3
"""
tools/profile.py - where the instructions of a benchmark go, function by function

  profile.py [--build DIR] [-n SAMPLES] [-s SIZE] [-a FUNCTION]... P6

Boots DIR/quire.elf, lets tests/bench repeat the operation (bench -l P6), and has QEMU write down
every instruction it executes.  Those between clock_started and clock_stopped of the benchmark are
counted.  Of the samples the shortest is shown: its instructions by function, kernel and program,
how often each function was entered, both per operation, and the sum, which must be what the
guest's own clock (one tick an instruction) said about that sample.  -a shows the instructions of a
function with the number of times each was executed.

An instruction that faults is written down but not executed, and so is one before which QEMU stops to
look at its timers; both come again and count once.
"""
import argparse
import bisect
import collections
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
import machine

KERNEL_VMA = 0xFFFFFFFF80000000
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
exec /bin/bench -l %s %d
"""


# ---- symbols ------------------------------------------------------------------------------------

class Symbols:
    """Functions by address.  Labels in assembly (f.label) and what gcc splits off (f.cold) belong to f."""

    def __init__(self, *files):
        names = {}
        self.address = {}
        for elf in files:
            for line in subprocess.check_output(["nm", "-n", elf], text=True).splitlines():
                fields = line.split()
                if len(fields) == 3 and fields[1] in "tTwW":
                    addr, name = int(fields[0], 16), fields[2]
                    self.address.setdefault(name, addr)
                    if not name.startswith(("clock_started", "clock_stopped", ".")):
                        names.setdefault(addr, []).append(name)
        self.repeat = self.repeating(*files)
        self.starts = sorted(names)
        # the compiler makes one function of two that do the same (sys_munmap, vm_munmap)
        self.names = ["=".join(sorted({n.partition(".")[0] for n in names[a]})) for a in self.starts]

    def at(self, pc):
        i = bisect.bisect_right(self.starts, pc) - 1
        return ("" if pc >= KERNEL_VMA else "user: ") + (self.names[i] if i >= 0 else "?")

    def entries(self):
        """Addresses where a function begins: what has a label of its own inside of it does not count."""
        return {a for a, n in zip(self.starts, self.names) if any(
            self.address.get(one) == a for one in n.split("="))}

    @staticmethod
    def repeating(*files):
        """Instructions that execute many times in a row: each turn of a rep is one for QEMU."""
        found = set()
        for elf in files:
            for line in subprocess.check_output(["objdump", "-D", "-j", ".text", "--no-show-raw-insn", elf], text=True).splitlines():
                if "\trep" in line:
                    found.add(int(line[:line.index(":")], 16))
        return found

    def stubs(self):
        """Where the processor goes on an exception, an interrupt."""
        return {self.address[f"stub_{v}"] for v in range(256) if f"stub_{v}" in self.address}


# ---- recording ----------------------------------------------------------------------------------

def monitor(path, commands):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        for command in commands:
            s.send((command + "\n").encode())
        s.settimeout(20)
        seen = b""
        while seen.count(b"(qemu)") < len(commands) + 1:
            seen += s.recv(4096)


class Sample:
    """The instructions between the two readings of the clock."""

    def __init__(self):
        self.executed = collections.Counter()

    def total(self):
        return sum(self.executed.values())


def samples(log, symbols, wanted):
    """Read QEMU's lines "Trace CPU: HOST [CS/PC/FLAGS/CFLAGS]"; yield a Sample for each."""
    begin, end = symbols.address["clock_started"], symbols.address["clock_stopped"]
    stubs, current, last = symbols.stubs(), None, 0
    for line in log:
        at = line.find(b"/") + 1
        try:
            pc = int(line[at:line.index(b"/", at)], 16)
        except ValueError:
            continue
        if pc == begin:
            current, count = Sample(), collections.defaultdict(int)
        elif current is not None:
            if pc == end:
                current.executed.update(count)
                yield current
                wanted -= 1
                current = None
                if not wanted:
                    return
                continue
            if pc in stubs and last != begin:   # what came before was interrupted: it will come again
                count[last] -= 1
            elif pc == last and pc not in symbols.repeat:
                continue
        if current is not None:
            count[pc] += 1
        last = pc


def record(args, symbols):
    """Boot, and return the samples and what the guest's clock said about each that it printed."""
    said = []
    with tempfile.TemporaryDirectory() as work:
        fifo, sock = os.path.join(work, "log"), os.path.join(work, "monitor")
        os.mkfifo(fifo)
        initrd = machine.make_initramfs(os.path.join(work, "initrd"), [f"{args.bench}:/bin/bench"],
                                        INIT % (args.measure, args.size))
        m = machine.Machine(kernel=str(args.build / "quire.elf"), initrd=initrd, cpu="qemu64", icount=True,
                            append="console=ttyS0 quiet panic=-1 nokaslr norandmaps " + args.append,
                            extra=("-monitor", f"unix:{sock},server=on,wait=off"))
        qemu = subprocess.Popen(m.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        watchdog = threading.Timer(args.limit, qemu.kill)
        watchdog.start()
        try:
            for line in qemu.stdout:
                if line.startswith(b"sample"):
                    break
                sys.stderr.write(line.decode(errors="replace"))
            else:
                raise SystemExit("profile: the benchmark did not run")

            def listen():
                for line in qemu.stdout:
                    if line.startswith(b"sample"):
                        said.append(int(line.split()[1]))
            listener = threading.Thread(target=listen, daemon=True)
            listener.start()
            starter = threading.Thread(target=monitor, daemon=True,
                                       args=(sock, ["singlestep on", f"logfile {fifo}", "log exec,nochain"]))
            starter.start()
            with open(fifo, "rb", buffering=1 << 20) as log:
                taken = list(samples(log, symbols, args.samples))
                # let the guest say what its clock measured of the last one
                for _ in log:
                    if len(said) and said[-1] in {s.total() for s in taken[-1:]}:
                        break
                    if len(said) > args.samples + 2:
                        break
        finally:
            watchdog.cancel()
            qemu.kill()
            qemu.wait()
    return taken, said


# ---- reporting ----------------------------------------------------------------------------------

def row_of(measure):
    """From the row in tests/bench: the name, the size of a sample, the operations of size 1."""
    for path in (pathlib.Path(__file__).parent.parent / "tests/bench").glob("*.c"):
        row = re.search(rf'\{{ "{measure}", "([^"]*)", \w+, (\d+), (\d+), (\d+),', path.read_text())
        if row:     # what is measured as a difference of two sizes is large, and every instruction is written down
            return row[1], int(row[2]) // (8 if int(row[3]) else 1), int(row[4])
    raise SystemExit(f"profile: no measure {measure} in tests/bench")


def report(measure, name, ops, sample, said, symbols):
    executed, entered = collections.Counter(), collections.Counter()
    entries = symbols.entries()
    for pc, times in sample.executed.items():
        executed[symbols.at(pc)] += times
        if pc in entries:
            entered[symbols.at(pc)] += times
    total = sample.total()
    agree = "as the guest's clock says" if total in said else f"but the guest's clock never said so: {sorted(said)[:3]}"
    print(f"{measure} {name}: {total} instructions in {ops} operations, {total / ops:.2f} each; {agree}")
    print(f"{'instructions':>12} {'per op':>10} {'entered/op':>10}  function")
    for function, times in sorted(executed.items(), key=lambda x: (-x[1], x[0])):
        if times:
            print(f"{times:12} {times / ops:10.2f} {entered[function] / ops:10.2f}  {function}")
    print(f"{sum(executed.values()):12} {sum(executed.values()) / ops:10.2f} {'':10}  sum")


def annotate(elf, function, ops, sample, symbols):
    """The function's instructions, with how often each was executed per operation."""
    pcs = sorted(pc for pc in sample.executed if function in symbols.at(pc).replace("user: ", "").split("="))
    if not pcs:
        print(f"\n{function}: never executed")
        return
    print(f"\n{function}, per operation:")
    first = 0
    while first < len(pcs):     # the hot part and the cold one lie far apart
        last = first
        while last + 1 < len(pcs) and pcs[last + 1] - pcs[last] < 4096:
            last += 1
        text = subprocess.check_output(["objdump", "-D", "-j", ".text", "--no-show-raw-insn", f"--start-address={pcs[first]:#x}",
                                        f"--stop-address={pcs[last] + 1:#x}", elf], text=True)
        for line in text.splitlines():
            match = re.match(r"\s*([0-9a-f]+):\t(.*)", line)
            if match:
                times = sample.executed.get(int(match.group(1), 16), 0)
                print(f"{times / ops:10.2f}  {match.group(1)[-8:]}  {match.group(2)}")
        first = last + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", type=pathlib.Path)
    parser.add_argument("-n", dest="samples", type=int, default=7)
    parser.add_argument("-s", dest="size", type=int, help="operations of a sample")
    parser.add_argument("-a", dest="annotate", action="append", default=[], metavar="FUNCTION")
    parser.add_argument("--append", default="", metavar="WORDS", help="more kernel arguments")
    parser.add_argument("--limit", type=float, default=900, metavar="SECONDS")
    parser.add_argument("measure", metavar="P1..P18")
    args = parser.parse_args()
    args.bench = args.build / "bench/bench"
    name, size, per = row_of(args.measure)
    args.size = args.size or size
    ops = args.size * per
    symbols = Symbols(str(args.build / "quire.elf"), str(args.bench))
    taken, said = record(args, symbols)
    if not taken:
        raise SystemExit("profile: not one whole sample")
    shortest = min(taken, key=lambda s: (s.total() not in said, s.total()))
    report(args.measure, name, ops, shortest, said, symbols)
    for function in args.annotate:
        elf = args.build / "quire.elf" if symbols.address.get(function, 0) >= KERNEL_VMA else args.bench
        annotate(str(elf), function, ops, shortest, symbols)


main()
