"""
tools/uefiplays.py - the EFI loader's menu under somebody's fingers, and what else quire.cfg may say

The firmware's console is the serial line too: what the loader prints is read there, and keys are pressed as for
screens.py, by QEMU's QMP.  The jobs of group boots in test.py that begin with uefi-menu- and uefi-config-, uefi-elsewhere and
uefi-two-screens.
"""
import pathlib
import re
import struct
import subprocess

import machine
import screens

TOOLS = pathlib.Path(__file__).resolve().parent
SHIPPED = TOOLS.parent / "boot/efi/quire.cfg"
NO_RAM = 2 << 30                # nothing has as much


def shown(s):
    """The size that the menu shows now, or None: "as it is"."""
    sizes = re.findall(r"Screen: (\d+x\d+|as it is)", s.text())
    return sizes[-1] if sizes and sizes[-1] != "as it is" else None


def chosen(s):
    """The number of the entry that the menu marks now; 1 while it counts down."""
    marked = re.findall(r"> (\d)  ", s.text())
    return int(marked[-1]) if marked else 1


def until_shown(s, result, key, what):
    """Press KEY until the menu shows another size; that one.  A firmware that gets no time loses keys."""
    before, pictures = shown(s), s.count("Enter: start")
    for _ in range(4):
        s.press(key)
        if s.wait("Enter: start", pictures + 1, 20) and shown(s) != before:
            return shown(s)
    result.check(False, f"{what}: the menu still shows {before}")
    return None


def choose_mode(s, result):
    """Right and left step through the screen's sizes; the kernel's framebuffer has the one that was shown."""
    if not s.wait("starts in", seconds=300):
        result.check(False, "no menu")
        return
    seen = [until_shown(s, result, "right", f"step {n}") for n in range(4)]
    result.check(None not in seen and len(set(seen)) == 4, f"four steps to the right show {seen}")
    if None in seen:
        return
    back = until_shown(s, result, "left", "a step back")
    result.check(back == seen[2], f"left goes from {seen[3]} to {back}, not {seen[2]}")
    s.press("ret")
    result.check(s.wait(rf"fb0: {back}\b", seconds=120), f"the kernel has no screen of {back}")
    result.check(s.wait(r"^ok 1\b", seconds=120), "the first program does not answer")


def self_tests(s, result):
    """The entry of the stick that runs the self tests: down, Enter, and the report."""
    if not s.wait("starts in", seconds=300):
        result.check(False, "no menu")
        return
    for _ in range(8):
        pictures, at = s.count("Enter: start"), chosen(s)
        if at == 2:
            break
        s.press("down" if at < 2 else "up")
        s.wait("Enter: start", pictures + 1, 20)
    if chosen(s) != 2 or not s.count("> 2  Quire: self tests"):
        result.check(False, f"down does not lead to the self tests, but to entry {chosen(s)}")
        return
    for _ in range(4):
        s.press("ret")
        if s.wait("boot: multiboot2 by", seconds=30):
            break
    screens.report(False)(s, result)


def second_screen(s, result):
    """The first screen has no framebuffer: the kernel's is the second one's, and a shell answers there."""
    s.screen = {"device": "second"}
    s.need(result, r"^~ #", "a prompt on the second screen", seconds=300)
    result.check(s.says("echo two-$((6*7))", r"^two-42"), "the shell on the second screen does not answer")


def shipped_config(suite):
    """boot/efi/quire.cfg as it is shipped, but of the self tests one suite, and with time for a busy host's keys."""
    text, changed = re.subn(r"\bselftest$", f"selftest={suite}", SHIPPED.read_text(), flags=re.M)
    text, timeouts = re.subn(r"^timeout 5$", "timeout 60", text, flags=re.M)
    if changed != 1 or timeouts != 1:
        raise ValueError(f"{SHIPPED} has {changed} entries with self tests, {timeouts} lines `timeout 5`")
    return text


def moved(image, start):
    """The kernel IMAGE, linked to lie at START in physical memory."""
    image = bytearray(image)
    headers, = struct.unpack_from("<Q", image, 32)
    size, number = struct.unpack_from("<HH", image, 54)
    loads = [at for at in range(headers, headers + size * number, size) if image[at:at + 4] == b"\1\0\0\0"]
    first = min(struct.unpack_from("<Q", image, at + 24)[0] for at in loads)
    for at in loads:
        paddr, = struct.unpack_from("<Q", image, at + 24)
        struct.pack_into("<Q", image, at + 24, paddr - first + start)
    return bytes(image)


def plays(kernel, initrd, build, logs):
    """(name, steps or patterns of a boot that ends well, machine, what makes its disc) of each job."""
    entry = "entry Test\n\tinitramfs initramfs.cpio\n\tcmdline console=ttyS0 panic=-1"

    def case(name, config, steps, start=None, initrd=initrd, **choices):
        image = logs / f"{name}.iso"

        def make():
            (logs / f"{name}.cfg").write_text(config)
            elf = kernel
            if start:
                elf = logs / f"{name}.elf"
                elf.write_bytes(moved(pathlib.Path(kernel).read_bytes(), start))
            subprocess.run([str(TOOLS / "mkiso.sh"), str(image), str(elf), str(initrd), str(logs / "boot.cfg"),
                            str(build / "BOOTX64.EFI"), str(logs / f"{name}.cfg")], check=True)
        m = machine.Machine(**{"cdrom": str(image), "memory": "256M", "uefi": True} | choices)
        return name, steps, m, make

    yield case("uefi-menu-mode", f"timeout 60\n{entry}\n", choose_mode)
    yield case("uefi-menu-selftest", shipped_config("fbcon"), self_tests, initrd=build / "initramfs.cpio", smp=2,
               debug_exit=False)
    # 4 KiB, and a line that is wrong where there is no menu to say so.
    words = " ".join("x" * 62 for _ in range(64))
    yield case("uefi-config-long-line", f"timeout 0\nnonsense\n{entry} {words}\n", (
        r"quire\.cfg, line 2 is not understood", r"\A(?![\s\S]*is too long)",
        r"command line: longer than 2047 bytes: .* \d{4} is ignored", r"command line: console=ttyS0 panic=-1 x{62} x",
        r"^ok 1\b"))
    yield case("uefi-elsewhere", f"timeout 0\n{entry}\n", (
        r"boot: multiboot2 by Quire EFI loader, kernel at physical 0x(?!0*200000\b)[0-9a-f]*[02468ace]00000\b", r"^ok 1\b"),
        start=NO_RAM, memory="64M")
    yield case("uefi-two-screens", "timeout 0\nentry Test\n\tinitramfs initramfs.cpio\n\tcmdline console=ttyS0 console=tty0\n",
               second_screen, initrd=build / "initramfs.cpio", debug_exit=False,
               extra=("-vga", "none", "-device", "virtio-gpu-pci", "-device", "bochs-display,id=second"))
