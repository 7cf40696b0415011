"""
tools/vmload.py - one load on Linux and on Quire: do /proc and free tell the same story?

tests/user/vmload does known amounts of work in a machine with ext2 and swap (tools/mkdisk.py) and prints what each
counter did, in percent of the amount.  What Linux says is kept in tests/user/oracle/vmload.txt; what Quire says may
differ from it by NOISE.  docs/vmload.md shows both.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORACLE = ROOT / "tests/user/oracle/vmload.txt"
MEMORY = "256M"

INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for m in /modules/*; do [ -f $m ] && insmod $m; done
mkdir -p /mnt
mount -t tmpfs tmp /tmp
mount -t ext2 /dev/vda1 /mnt && swapon /dev/vda2 && /tests/vmload
[ -f /proc/sys/vm/verify ] && { echo 1 > /proc/sys/vm/verify || echo "@@ failed: the kernel's structures are damaged"; }
poweroff -f
"""

# By how many points of a percent a value may differ: exactly, unless it stands here.
CLOSE, ROUGH = 5, 15
NOISE = {
    # metadata of the file system, and what the programs themselves are, are part of the count
    "write Cached": CLOSE, "write nr_dirtied": CLOSE, "write nr_written": CLOSE, "write pgpgout": CLOSE,
    "write Dirty": CLOSE, "write Writeback": CLOSE, "drop Cached": CLOSE, "read pgpgin": CLOSE, "read Cached": CLOSE,
    "read Active(file)+Inactive(file)": CLOSE, "read pgpgin-again": CLOSE, "anon pgfault": CLOSE, "exit MemFree": ROUGH,
    "exit SwapUsed": CLOSE, "exit swaps": CLOSE, "exit SwapCached": CLOSE, "exit AnonPages": CLOSE,
    "names dentries": CLOSE, "names inodes": CLOSE, "delete Cached": CLOSE, "delete Cached-all": CLOSE, "delete Dirty": CLOSE,
    # how much is kept free, and how far ahead of need reclaim works, is each kernel's choice
    "anon pswpout": ROUGH, "anon pgsteal_anon": ROUGH, "anon SwapUsed": ROUGH, "anon swaps": ROUGH, "anon VmSwap": ROUGH,
    "anon VmRSS": ROUGH, "anon AnonPages": ROUGH, "anon Active(anon)+Inactive(anon)": ROUGH, "anon MemFree": CLOSE,
    "anon MemAvailable": CLOSE, "again pswpin": ROUGH, "free mem-used": ROUGH, "free swap-used": ROUGH,
}
# Less is as good.
AT_MOST = {"again pswpin"}


def make_image(path):
    path.unlink(missing_ok=True)
    subprocess.run([sys.executable, str(ROOT / "tools/mkdisk.py"), str(path)], check=True)


def answers(lines):
    """{"step counter": value} from what the machine said; what free(1) says is one of them."""
    found = {}
    for line in lines:
        words = line.split()
        if len(words) == 4 and words[0] == "@@" and re.fullmatch(r"-?\d+", words[3]):
            found[f"{words[1]} {words[2]}"] = int(words[3])
        elif words and words[0] in ("Mem:", "Swap:"):
            found[f"free {words[0][:-1].lower()}-used"] = int(words[2]) * 100 // int(words[1])
    return found


def load():
    return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in ORACLE.read_text().splitlines())}


def save(found):
    ORACLE.write_text("".join(f"{name} {value}\n" for name, value in found.items()))


def check(found, complain):
    """Call COMPLAIN(ok, text) for each answer."""
    recorded = load() if ORACLE.exists() else {}
    complain(recorded, f"{ORACLE} is missing: make oracle")
    for name in recorded.keys() | found.keys():
        linux, ours = recorded.get(name), found.get(name)
        near = None not in (linux, ours) and (abs(linux - ours) <= NOISE.get(name, 0) or
                                              name in AT_MOST and ours <= linux)
        complain(near, f"{name}: Linux {linux}, here {ours}, may differ by {NOISE.get(name, 0)}")


def markdown():
    """The recorded story as a table."""
    out = ["| after | what | Linux 6.1 | may differ by |", "|---|---|---|---|"]
    for name, value in load().items():
        step, what = name.split(" ")
        noise = f"{NOISE[name]}{', or be less' if name in AT_MOST else ''}" if name in NOISE else ""
        out.append(f"| {step} | {what} | {value} | {noise} |")
    return "\n".join(out)
