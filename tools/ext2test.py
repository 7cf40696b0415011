"""
tools/ext2test.py - ext2 on images of mkfs.ext2, looked at afterwards by e2fsck and debugfs

A machine gets an image as /dev/vda and runs tests/user/ext2 on it, then programs that are about files in general with
their /tmp on the disk; it reads what mkfs.ext2 -d has put there, and sends checksums. Afterwards e2fsck must have
nothing to say, and debugfs must find in the image what the machine says it has written.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

os.environ["PATH"] += ":/sbin:/usr/sbin"        # where Debian keeps e2fsprogs

# mkfs.ext2's words for each image.
IMAGES = {
    "1k": "-b 1024",
    "2k": "-b 2048",
    "4k": "-b 4096",
    "rev0": "-r 0 -b 1024",
    "old": "-b 1024 -I 128 -O none,^resize_inode,^dir_index,^filetype,^sparse_super,^large_file,^ext_attr",
    "groups": "-b 1024 -g 1024 -N 4096",
}
SIZE = "16M"
# Programs of tests/user that want such a disk, and are not run without.
OWN = ("ext2", "ext2fail", "ext2fuzz", "ext2odd", "ext2swap", "powercut")
# Programs of tests/user that run with /tmp on the disk.
PROGRAMS = ("dir", "file", "filemap", "msync", "truncate")

INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
for m in /modules/*; do [ -f $m ] && insmod $m; done
echo "@@ given"
mkdir -p /mnt
mount -t ext2 -o ro /dev/vda /mnt
(cd /mnt; find given -type f | sort | xargs sha256sum; find given -type l | sort | xargs -n1 readlink)
umount /mnt
echo "@@ tests"
echo "@@ program ext2"
/tests/ext2
echo "@@ program ext2fail"
/tests/ext2fail
echo "@@ program ext2swap"
/tests/ext2swap
umount /tmp
mount -t ext2 /dev/vda /tmp || echo "@@ failed to mount"
chmod 1777 /tmp
for t in PROGRAMS; do
	echo "@@ program $t"
	/tests/$t
done
echo "@@ written"
cd /tmp/given/many
for i in $(seq 100); do rm a-file-of-many-$i; echo $i > $i; done
cd /tmp
find . -type f | sort | xargs sha256sum
cd /
umount /tmp || echo "@@ failed to unmount"
if [ -f /proc/lockdep ]; then
	echo "@@ classes"
	cat /proc/lockdep
	echo "@@ chains"
	cat /proc/lockdep_chains
fi
echo "@@ end"
poweroff -f
""".replace("PROGRAMS", " ".join(PROGRAMS))

ODD_INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for m in /modules/*; do [ -f $m ] && insmod $m; done
echo "@@ program ext2odd"
/tests/ext2odd
echo "@@ end"
poweroff -f
"""

FUZZ_INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for m in /modules/*; do [ -f $m ] && insmod $m; done
/tests/ext2fuzz FIRST LAST
if [ -f /proc/sys/vm/verify ]; then
	echo 1 > /proc/sys/vm/verify || echo "@@ the kernel finds its structures damaged"
	head -n 3 /proc/sys/vm/verify
fi
echo "@@ end"
poweroff -f
"""


def run(*command):
    """Its output; an exception with it when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def given(where):
    """What mkfs.ext2 -d puts into an image: a tree with all kinds of files."""
    where = pathlib.Path(where)
    for d in range(4):
        (where / f"dir{d}/sub").mkdir(parents=True)
        for i in range(8):
            (where / f"dir{d}/file{i}").write_bytes(bytes((k * i + d) & 255 for k in range(i * 700)))
        (where / f"dir{d}/sub/deep").write_text("deep")
    (where / "many").mkdir()
    for i in range(200):
        (where / f"many/a-file-of-many-{i}").write_text(str(i))
    (where / "short").symlink_to("dir1/file2")
    (where / "long").symlink_to("x" * 200)
    (where / "second").hardlink_to(where / "dir0/file3")
    (where / "big").write_bytes(bytes((k * 7) & 255 for k in range(400000)))
    with open(where / "sparse", "wb") as f:
        f.truncate(20 << 20)
        for at in (70000, 10 << 20):
            f.seek(at)
            f.write(b"data" * 700)


def make_image(path, words, size=SIZE, name="given"):
    """A new image with the given tree; its checksums and link texts as the machine will say them."""
    with tempfile.TemporaryDirectory() as tmp:
        top = pathlib.Path(tmp) / "top"
        tree = top / name if name else top
        given(tree)
        pathlib.Path(path).unlink(missing_ok=True)
        run("mkfs.ext2", "-q", "-F", *words.split(), "-d", str(top), str(path), size)
        # -D: indexes for large directories, where the image may have them; 1: it has changed something
        fsck = subprocess.run(["e2fsck", "-fyD", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert fsck.returncode <= 1
        files = sorted(p.relative_to(top) for p in tree.rglob("*"))
        sums = [f"{hashlib.sha256((top / p).read_bytes()).hexdigest()}  {p}" for p in files
                if (top / p).is_file() and not (top / p).is_symlink()]
        links = [str((top / p).readlink()) for p in files if (top / p).is_symlink()]
    return sorted(sums, key=lambda line: line.split("  ")[1]) + links


def part(lines, mark):
    """The lines from "@@ MARK" to the next mark."""
    inside, found = False, []
    for line in lines:
        if line.startswith("@@ "):
            inside = line == f"@@ {mark}"
        elif inside:
            found.append(line)
    return found


def check_image(path, sums, check):
    """e2fsck is content, and debugfs finds the files with the checksums that the machine has sent."""
    fsck = subprocess.run(["e2fsck", "-fn", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(fsck.returncode == 0, "e2fsck: " + fsck.stdout.decode(errors="replace").replace("\n", "; "))
    with tempfile.TemporaryDirectory() as tmp:
        run("debugfs", "-R", f"rdump / {tmp}", str(path))
        wrong = []
        for line in sums:
            match = re.fullmatch(r"([0-9a-f]{64})  \./(.*)", line)
            if not match:
                wrong.append(f"no checksum: {line}")
                continue
            file = pathlib.Path(tmp) / match.group(2)
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != match.group(1):
                wrong.append(match.group(2))
        check(len(sums) > 100, f"only {len(sums)} files were sent")
        check(not wrong, f"debugfs finds other contents: {wrong[:5]}")


def answers(lines):
    """[(program, result line without its reason)] of all programs, to be compared with Linux's."""
    program, found = "", []
    for line in lines:
        mark = re.match(r"@@ program (\S+)", line)
        result = re.match(r"(?:not )?ok \d+ - \w+|1\.\.\d+$", line)
        if mark:
            program = mark.group(1)
        elif result and program:
            found.append(f"{program}: {result.group(0)}")
    return found


def possible():
    """Are the tools of e2fsprogs here?"""
    return all(shutil.which(tool) for tool in ("mkfs.ext2", "e2fsck", "debugfs"))
