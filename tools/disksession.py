"""
tools/disksession.py - `make run DISK=1` as its user has it

play() takes the QEMU command of `make run DISK=1`, types at its console twice, with a power-off between, and looks into
the image afterwards. A program four times as large as memory computes the right sum in the background while the shell
answers; what was written to /mnt is there on the next day, for the guest and for debugfs.
"""
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import time

import mkdisk
import session
from session import Failed, Terminal

os.environ["PATH"] += ":/sbin:/usr/sbin"        # where Debian keeps e2fsprogs

PROGRAM_SECONDS = 500       # of `swap 256`; the shell has to answer within a few
ANSWER_SECONDS = 60


def make_disk(root, image):
    """A new disk, by the tool that make uses."""
    image.unlink(missing_ok=True)
    subprocess.run([str(root / "tools/mkdisk.py"), str(image)], check=True)


def command(root, build, image):
    """QEMU's command line of the last line of `make run DISK=1`, with another file for the disk."""
    told = subprocess.run(["make", "-n", "-C", str(root), "run", "DISK=1", f"BUILD={os.path.relpath(build, root)}"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    boot = next(line for line in told.splitlines()[::-1] if "boot-with" in line)
    words = [w.replace(f"{os.path.relpath(build, root)}/disk.img", str(image)) for w in shlex.split(boot)]
    assert any(str(image) in w for w in words), words
    return shlex.split(subprocess.run([*words, "-n"], cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout)


def start(qemu, log, limit):
    """Boot to the prompt; the terminal and what was said before."""
    t = Terminal(qemu, log, time.monotonic() + limit)
    banner = t.expect(r"[#$] $", 120)
    t.type(session.SET_PROMPT)
    t.expect("^" + session.PROMPT)
    return t, banner


def must(good, text):
    if not good:
        raise Failed(text)


def large_program(t, check):
    """256 MiB in 64, in the background; meanwhile the shell runs commands, each within ANSWER_SECONDS."""
    memory = int(re.search(r"MemTotal: *(\d+)", t.shell("cat /proc/meminfo")).group(1))
    check(memory < 64 * 1024, f"the machine has {memory} kB")
    t.shell("(swap 256 > /tmp/sum; echo ended >> /tmp/sum) &")
    answered, slowest, swapped = 0, 0.0, 0
    end = time.monotonic() + PROGRAM_SECONDS
    while True:
        began = time.monotonic()
        out = t.shell(f"cat /tmp/sum; ps | grep 'swap 25[6]'; echo $(({answered}+1000)); grep SwapFree /proc/meminfo", ANSWER_SECONDS)
        slowest = max(slowest, time.monotonic() - began)
        must(re.search(rf"^{answered + 1000}$", out, re.M), f"the shell said {out!r}")
        if "ended" in out:
            break
        if "swap 256" in out:
            answered += 1
            swapped = max(swapped, 512 * 1024 - int(re.search(r"SwapFree: *(\d+)", out).group(1)))
        must(time.monotonic() < end, f"swap 256 needs more than {PROGRAM_SECONDS} s")
    check(answered >= 3, f"the shell answered {answered} times while the program ran")
    check(swapped > 150 * 1024, f"at most {swapped} kB were in swap")
    check("256 MiB, sum" in out and ": right" in out, f"the program said {out!r}")
    t.log.write(f"\n[the shell answered {answered} times, after {slowest:.1f} s at most]\n".encode())


def first_day(t, banner, check):
    check("/dev/vda1 is mounted on /mnt" in banner and "/dev/vda2 is in use as swap" in banner,
          "init says nothing of the disk")
    out = t.shell("swap", 60)
    check(re.search(r"^after madvise\(PAGEOUT\): +area 0, slot [1-9]\d*, VmSwap [1-9]", out, re.M), f"swap said {out!r}")
    large_program(t, check)
    out = t.shell("free; cat /proc/swaps", 60)
    check(re.search(r"^/dev/vda2 +\s*partition\s+524284\s+\d+", out, re.M), f"/proc/swaps: {out!r}")
    t.shell("mkdir /mnt/kept; echo by hand > /mnt/kept/note; ln -s note /mnt/kept/link", 60)
    t.shell("dd if=/dev/urandom of=/mnt/kept/data bs=64k count=200", 120)       # 12.5 MiB
    return re.search(r"^([0-9a-f]{64}) ", t.shell("sha256sum /mnt/kept/data", 120), re.M).group(1)


def second_day(t, banner, digest, check):
    check("/dev/vda1 is mounted on /mnt" in banner and "cleanly" not in banner, "poweroff did not unmount the disk")
    out = t.shell("cat /mnt/kept/link; sha256sum /mnt/kept/data; grep -c . /proc/swaps", 120)
    check("by hand" in out and digest in out, f"the next day: {out!r}")
    t.shell("rm /mnt/kept/note; echo more >> /mnt/kept/data; mv /mnt/kept/data /mnt/data", 60)


def look_into(image, digest, name, more, check):
    """What e2fsck and debugfs say of the first partition."""
    part = f"{image}?offset={mkdisk.EXT2_AT}"
    fsck = subprocess.run(["e2fsck", "-fn", part], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(fsck.returncode == 0, "e2fsck: " + fsck.stdout.replace("\n", "; "))
    out = pathlib.Path(f"{image}.read")
    out.unlink(missing_ok=True)
    subprocess.run(["debugfs", "-R", f"dump {name} {out}", part], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    data = out.read_bytes() if out.exists() else b""
    check(data.endswith(more) and hashlib.sha256(data[:len(data) - len(more)]).hexdigest() == digest,
          f"debugfs finds {len(data)} other bytes in {name}")
    out.unlink(missing_ok=True)


def play(root, qemu, image, log, limit, check):
    """The whole of it; CHECK(good, text) is called for every claim."""
    t = None
    try:
        t, banner = start(qemu, log, limit)
        digest = first_day(t, banner, check)
        session.power_off(t, check)
        look_into(image, digest, "/kept/data", b"", check)
        subprocess.run([str(root / "tools/mkdisk.py"), str(image)], check=True)     # leaves an image alone that is there
        t, banner = start(qemu, log, limit)
        second_day(t, banner, digest, check)
        session.power_off(t, check)
        look_into(image, digest, "/data", b"more\n", check)
    except (Failed, AttributeError) as failed:
        check(False, f"{failed}")
    finally:
        if t:
            t.close()
