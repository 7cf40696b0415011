#!/usr/bin/env python3
"""
tools/mkdisk.py - the disk of `make run DISK=1`

  mkdisk.py OUT

A sparse image with two partitions: 64 MiB with ext2 (the first; init mounts it on /mnt) and 512 MiB of swap (the second).
An image that exists is left alone: what was written to it stays.
"""
import os
import pathlib
import struct
import subprocess
import sys

MIB = 1 << 20
EXT2_AT, EXT2_SIZE = 1 * MIB, 64 * MIB
SWAP_AT, SWAP_SIZE = EXT2_AT + EXT2_SIZE, 512 * MIB
PAGE = 4096

os.environ["PATH"] += ":/sbin:/usr/sbin"        # where Debian keeps mkfs.ext2, also when who asks is not root


def partition(kind, start, size):
    return struct.pack("<4sB3sII", b"", kind, b"", start // 512, size // 512)


def swap_header(pages):
    """As mkswap(8) makes it, version 1."""
    head = bytearray(PAGE)
    struct.pack_into("<III", head, 1024, 1, pages - 1, 0)
    head[-10:] = b"SWAPSPACE2"
    return head


def main():
    out = pathlib.Path(sys.argv[1])
    if out.exists():
        return
    new = out.with_suffix(".new")
    with open(new, "wb") as disk:
        disk.truncate(SWAP_AT + SWAP_SIZE)
        disk.seek(446)
        disk.write(partition(0x83, EXT2_AT, EXT2_SIZE) + partition(0x82, SWAP_AT, SWAP_SIZE))
        disk.seek(510)
        disk.write(b"\x55\xaa")
        disk.seek(SWAP_AT)
        disk.write(swap_header(SWAP_SIZE // PAGE))
    subprocess.run(["mkfs.ext2", "-q", "-F", "-L", "quire", "-E", f"offset={EXT2_AT}", str(new),
                    f"{EXT2_SIZE // 1024}k"], check=True)
    new.rename(out)


if __name__ == "__main__":
    main()
