"""
tools/diskimage.py - the disks of test machines

make(directory) writes the images that tests/user programs named in DISK_TESTS find as /dev/vda ...; each
boot begins with the same contents, for QEMU forgets what is written.

  vda  8 MiB, MBR: vda1, vda2, vda4 with logical vda5, vda6; sector n begins with n
  vdb  1 MiB and one sector, read-only; the same
  vdc  4 MiB, GPT: vdc1, vdc3
  vdd  16 MiB of zeroes, in blocks of 4096 bytes
For programs that want errors too:

  vde  1 MiB: what reads sector 800 or writes sector 1000 fails (QEMU's blkdebug)
  vdf  1 MiB that cannot be flushed
"""
import pathlib
import struct
import zlib

SECTOR = 512
VDD_BLOCKS = ",logical_block_size=4096,physical_block_size=4096"


def numbered(sectors):
    """Each sector begins with its number."""
    image = bytearray(sectors * SECTOR)
    for n in range(sectors):
        struct.pack_into("<Q", image, n * SECTOR, n)
    return image


def mbr(image, sector, entries):
    """A table of (type, start, size) at SECTOR, which loses its number."""
    table = bytearray(SECTOR)
    for i, (kind, start, size) in enumerate(entries):
        struct.pack_into("<4sB3sII", table, 446 + 16 * i, b"", kind, b"", start, size)
    table[510:] = b"\x55\xaa"
    image[sector * SECTOR:(sector + 1) * SECTOR] = table


def gpt(image, entries):
    """A GPT with (number, first, last), and its copy at the end."""
    sectors = len(image) // SECTOR
    table = bytearray(128 * 128)
    for number, first, last in entries:
        struct.pack_into("<16s16sQQQ", table, (number - 1) * 128, b"\xaf" * 16, bytes([number]) * 16, first, last, 0)
    mbr(image, 0, [(0xee, 1, sectors - 1)])
    for here, other, at in ((1, sectors - 1, 2), (sectors - 1, 1, sectors - 33)):
        header = bytearray(struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, 34,
                                       sectors - 34, b"\x01" * 16, at, 128, 128, zlib.crc32(table)))
        struct.pack_into("<I", header, 16, zlib.crc32(header))
        image[here * SECTOR:here * SECTOR + len(header)] = header
        image[at * SECTOR:at * SECTOR + len(table)] = table


def failing(directory, name, *errors):
    """The words for a disk of 1 MiB in which QEMU fails what ERRORS say: (event, kind of request, sector or None)."""
    image, rules = directory / f"disk-{name}.img", directory / f"disk-{name}.conf"
    image.write_bytes(numbered(2048))
    rules.write_text("".join(f"""[inject-error]
event = "{event}"
iotype = "{kind}"
errno = "5"
once = "off"
{'' if sector is None else f'sector = "{sector}"'}
""" for event, kind, sector in errors))
    return f"blkdebug:{rules}:{image},write"


def make(directory, failing_disks=None):
    """Write the images; the words for machine.Machine.disks.  FAILING_DISKS: a name of its own for vde, vdf of this machine."""
    vda = numbered(16384)
    mbr(vda, 0, [(0x83, 64, 2048), (0x82, 2112, 2048), (0, 0, 0), (5, 4160, 8000)])
    mbr(vda, 4160, [(0x83, 8, 1000), (5, 2000, 3000)])
    mbr(vda, 6160, [(0x83, 8, 1000)])
    vdc = bytearray(4 << 20)
    gpt(vdc, [(1, 40, 2087), (3, 4096, 6143)])
    images = {"vda": vda, "vdb": numbered(2049), "vdc": vdc, "vdd": bytearray(16 << 20)}
    words = {"vdb": ",ro", "vdd": VDD_BLOCKS}
    directory = pathlib.Path(directory)
    for name, image in images.items():
        path = directory / f"disk-{name}.img"
        if not path.exists() or path.read_bytes() != image:
            path.write_bytes(image)
    disks = [f"{directory}/disk-{name}.img{words.get(name, '')}" for name in images]
    if failing_disks:
        disks += [failing(directory, f"{failing_disks}-vde", ("none", "read", 800), ("none", "write", 1000)),
                  failing(directory, f"{failing_disks}-vdf", ("none", "flush", None))]
    return tuple(disks)
