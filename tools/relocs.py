#!/usr/bin/env python3
"""
tools/relocs.py - the places in the kernel that hold an address of the kernel

  relocs.py KERNEL TABLE      KERNEL was linked with --emit-relocs

Writes TABLE: a little-endian 32-bit number for each place, its distance from KERNEL_VMA, ascending.
boot/kaslr.c adds the slide, less than a GiB, to the 32 bits there.  That is enough for 64-bit numbers
too: the linker's script puts the kernel where nothing carries into the upper half.  Where something
would, and at a relocation of a kind not known here, the build ends.
"""
import array
import struct
import sys

KERNEL_VMA, SIZE = 0xFFFFFFFF80000000, 1 << 30

SHT_SYMTAB, SHT_RELA, SHF_ALLOC = 2, 4, 2
SHN_UNDEF, SHN_ABS = 0, 0xFFF1
# Relocations of x86-64 by the AMD64 psABI: an address; the distance of two places, which move together.
R_64, R_32, R_32S = 1, 10, 11
DISTANCES = {2: "PC32", 4: "PLT32", 24: "PC64"}


class Kernel:
    """The sections, relocations and symbols of an ELF file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        offset, size, count = struct.unpack_from("<Q", self.data, 40)[0], *struct.unpack_from("<HH", self.data, 58)
        # name, type, flags, address, offset, size, link, info
        self.sections = [struct.unpack_from("<IIQQQQII", self.data, offset + i * size) for i in range(count)]

    def relocations(self):
        """(address of the place, type, symbol, addend, section patched) in what is loaded."""
        for _, kind, _, _, offset, size, link, info in self.sections:
            if kind != SHT_RELA or not self.sections[info][2] & SHF_ALLOC:
                continue
            symbols = self.sections[link][4]
            for place, what, addend in struct.iter_unpack("<QQq", self.data[offset:offset + size]):
                symbol = struct.unpack_from("<IBBHQQ", self.data, symbols + (what >> 32) * 24)
                yield place, what & 0xFFFFFFFF, symbol, addend, self.sections[info]

    def word(self, section, place):
        """The low 32 bits of what the linker has put there."""
        return struct.unpack_from("<I", self.data, section[4] + place - section[3])[0]


def moves(symbol):
    """Is its value an address of the kernel, also where the linker script made it?"""
    return symbol[3] != SHN_UNDEF and KERNEL_VMA <= symbol[4] < KERNEL_VMA + SIZE


def places(kernel):
    for place, kind, symbol, addend, section in kernel.relocations():
        if kind in DISTANCES:
            if symbol[3] == SHN_ABS and not moves(symbol):
                sys.exit(f"relocs: at {place:#x} the distance to a constant")
            continue
        if not moves(symbol):
            continue
        if kind not in (R_64, R_32, R_32S):
            sys.exit(f"relocs: at {place:#x} a relocation of type {kind}, which cannot be moved")
        word = kernel.word(section, place)
        if kind == R_64 and word + SIZE > 1 << 32 or kind == R_32S and word % (1 << 31) + SIZE > 1 << 31:
            sys.exit(f"relocs: at {place:#x} a sum that may carry (addend {addend:#x})")
        yield place - KERNEL_VMA


def main():
    table = array.array("I", sorted(set(places(Kernel(sys.argv[1])))))
    if sys.byteorder == "big":
        table.byteswap()
    with open(sys.argv[2], "wb") as out:
        table.tofile(out)


main()
