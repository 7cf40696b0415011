#!/usr/bin/env python3
"""
tools/mkcpio.py - make an initramfs

  mkcpio.py -o OUT [--busybox FILE] [--no-busybox] [--init TEXT] FILE:DEST...

Writes a newc archive without needing root for its device nodes, and the same bytes for the same
input.  It holds the directories a small system expects, /dev/console and /dev/null, a few files in
/etc, Debian's busybox with a link for each of its applets, and every FILE at DEST.  --init makes
/init a shell script with that text.
"""
import argparse
import os
import re
import shutil
import sys

DIRECTORIES = ("bin", "dev", "etc", "mnt", "proc", "root", "sys", "tmp", "usr", "var")

FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "etc/hostname": "quire\n",
    "etc/profile": "export PATH=/bin HOME=${HOME:-/root} TERM=${TERM:-linux}\nPS1='\\w # '\n",
}


class Archive:
    """A newc archive in memory (cpio(5), "New ASCII Format")."""

    def __init__(self):
        self.data = bytearray()
        self.names = set()

    def add(self, name, mode, body=b"", rdev=(0, 0), nlink=1):
        name = name.strip("/")
        if name in self.names:
            return
        self.names.add(name)
        self._entry(len(self.names), name, mode, body, rdev, nlink)

    def _entry(self, ino, name, mode, body, rdev, nlink):
        raw = name.encode() + b"\0"
        fields = (ino, mode, 0, 0, nlink, 0, len(body), 0, 0, *rdev, len(raw), 0)
        self.data += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self._pad()
        self.data += body
        self._pad()

    def _pad(self):
        self.data += b"\0" * (-len(self.data) % 4)

    def parents(self, name):
        parts = name.strip("/").split("/")[:-1]
        for i in range(len(parts)):
            self.add("/".join(parts[:i + 1]), 0o40755, nlink=2)

    def file(self, name, body, mode=0o100644):
        self.parents(name)
        self.add(name, mode, body)

    def symlink(self, name, target):
        self.parents(name)
        self.add(name, 0o120777, target.encode())

    def finish(self):
        self._entry(0, "TRAILER!!!", 0, b"", (0, 0), 1)
        return bytes(self.data)


def busybox_applets(image):
    """
    The applet names, read from the binary itself: they stand in it sorted, each ended by a NUL,
    the list by one more.  Asking the program (busybox --list) would need an x86 host.
    """
    found = re.search(rb"\0(\[\0\[\[\0(?:[A-Za-z0-9._+\[-]+\0)+)\0", image)
    if not found:
        sys.exit("mkcpio: no list of applets in this busybox")
    return [name.decode() for name in found.group(1).split(b"\0") if name]


def check_static(path, image):
    """Stop unless IMAGE is a static x86-64 program: a dynamic one would not start."""
    if image[:5] != b"\x7fELF\x02" or image[18:20] != b"\x3e\x00":
        sys.exit(f"mkcpio: {path} is not an x86-64 program; give one with BUSYBOX=file")
    phoff, phnum = int.from_bytes(image[32:40], "little"), int.from_bytes(image[56:58], "little")
    types = [int.from_bytes(image[phoff + 56 * i:phoff + 56 * i + 4], "little") for i in range(phnum)]
    if 3 in types:      # PT_INTERP
        sys.exit(f"mkcpio: {path} is dynamically linked; install busybox-static")


def add_busybox(archive, path):
    path = path or shutil.which("busybox")
    if not path:
        sys.exit("mkcpio: no busybox; install busybox-static")
    with open(path, "rb") as f:
        image = f.read()
    check_static(path, image)
    archive.file("bin/busybox", image, 0o100755)
    for applet in busybox_applets(image):
        archive.symlink("bin/" + applet, "busybox")


def main():
    parser = argparse.ArgumentParser(description="make an initramfs")
    parser.add_argument("-o", required=True, metavar="OUT")
    parser.add_argument("--busybox", metavar="FILE")
    parser.add_argument("--no-busybox", action="store_true")
    parser.add_argument("--init", metavar="TEXT")
    parser.add_argument("files", nargs="*", metavar="FILE:DEST")
    args = parser.parse_args()

    archive = Archive()
    for name in DIRECTORIES:
        archive.add(name, 0o41777 if name == "tmp" else 0o40755, nlink=2)
    archive.add("dev/console", 0o20600, rdev=(5, 1))
    archive.add("dev/null", 0o20666, rdev=(1, 3))
    for name in ("sbin", "usr/bin", "usr/sbin"):
        archive.symlink(name, "/bin")
    if args.init is not None:
        archive.file("init", args.init.encode(), 0o100755)
    for spec in args.files:         # first: what is given wins over an applet or file of that name
        source, _, dest = spec.partition(":")
        with open(source, "rb") as f:
            body = f.read()
        mode = 0o100755 if os.access(source, os.X_OK) else 0o100644
        archive.file(dest or "/bin/" + os.path.basename(source), body, mode)
    for name, text in FILES.items():
        archive.file(name, text.encode())
    if not args.no_busybox:
        add_busybox(archive, args.busybox)

    with open(args.o + ".tmp", "wb") as f:
        f.write(archive.finish())
    os.replace(args.o + ".tmp", args.o)


main()
