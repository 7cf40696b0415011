#!/usr/bin/env python3
"""
tools/profile.py - how many instructions each kernel function takes on a path

  profile.py [--per FUNCTION] [--after S] [--seconds S] [--top N] KERNEL.elf PROGRAM

Boots KERNEL with PROGRAM, a static executable that repeats one operation for ever, as process 1.
QEMU then logs every instruction for a moment; they are counted by function and divided by the
number of times FUNCTION was entered.  One line a function: instructions, entries, name.

  profile.py --per page_fault_entry build/release/quire.elf touch-pages
"""
import argparse
import bisect
import collections
import os
import socket
import subprocess
import sys
import tempfile
import time

KERNEL_VMA = 0xFFFFFFFF80000000


def functions(elf):
    """
    Addresses of the kernel's functions, ascending, and the names of each: the compiler makes one function of two
    that do the same (sys_munmap, vm_munmap).
    """
    table = {}
    for line in subprocess.check_output(["nm", "-n", elf], text=True).splitlines():
        addr, kind, name = line.split()
        if kind in "tT" and int(addr, 16) >= KERNEL_VMA and not name.startswith("."):
            table.setdefault(int(addr, 16), []).append(name)
    return sorted(table), ["=".join(table[a]) for a in sorted(table)]


def make_initramfs(program, path):
    mkcpio = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mkcpio.py")
    subprocess.run([sys.executable, mkcpio, "-o", path, program + ":/init"], check=True)


def record(kernel, initramfs, after, seconds, work):
    """Boot, let it run in, and log the program counter of every instruction for a while."""
    monitor, log = os.path.join(work, "monitor"), os.path.join(work, "log")
    qemu = subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-singlestep", "-icount", "shift=0,sleep=off",
         "-cpu", "qemu64", "-m", "1G", "-display", "none", "-serial", "null", "-no-reboot", "-nic", "none",
         "-monitor", f"unix:{monitor},server,nowait", "-kernel", kernel, "-initrd", initramfs,
         "-append", "quiet"])
    try:
        time.sleep(after)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(monitor)
            for command, wait in (("stop", 0.1), (f"logfile {log}", 0.1),
                                  ("log exec,nochain", 0.1), ("cont", seconds), ("stop", 0.1),
                                  ("quit", 0)):
                s.send((command + "\n").encode())
                time.sleep(wait)
            qemu.wait(10)  # the monitor reads "quit" while the socket is open
    finally:
        qemu.kill()
    return log


def count(log, starts, names):
    """Instructions and entries by function; user code counts as one."""
    taken, entered = collections.Counter(), collections.Counter()
    with open(log, errors="replace") as f:
        for line in f:
            fields = line[line.find("[") + 1:].split("/")
            if len(fields) < 3:
                continue
            pc = int(fields[1], 16)
            if pc < KERNEL_VMA:
                taken["(user)"] += 1
                continue
            i = bisect.bisect_right(starts, pc) - 1
            taken[names[i]] += 1
            entered[names[i]] += starts[i] == pc
    return taken, entered


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per", default="entry_syscall", metavar="FUNCTION")
    parser.add_argument("--after", type=float, default=6, metavar="S", help="seconds to boot and run in")
    parser.add_argument("--seconds", type=float, default=0.6)
    parser.add_argument("--top", type=int, default=40)
    parser.add_argument("kernel")
    parser.add_argument("program")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        init = os.path.join(work, "init")
        subprocess.check_call(["cp", args.program, init])
        initramfs = os.path.join(work, "initramfs.cpio")
        make_initramfs(init, initramfs)
        taken, entered = count(record(args.kernel, initramfs, args.after, args.seconds, work),
                               *functions(args.kernel))
    n = sum(times for names, times in entered.items() if args.per in names.split("="))
    if not n:
        raise SystemExit(f"{args.per} was never entered")
    print(f"{sum(taken.values())} instructions, {n} times {args.per}: "
          f"{sum(taken.values()) / n:.1f} each")
    for name, instructions in taken.most_common(args.top):
        print(f"{instructions / n:9.1f} {entered[name] / n:7.2f} {name}")


main()
