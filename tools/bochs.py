#!/usr/bin/env python3
"""
tools/bochs.py - boot Quire in Bochs, a second processor made of software

  bochs.py [-c MODEL] [-m MB] [-t SECS] [-e TEXT] [-a WORDS] [-g COMMANDS] [-s] KERNEL INITRAMFS

Bochs is slower than QEMU and stricter: its models check reserved bits that QEMU lets pass, and have
what QEMU's own CPU lacks, such as PCIDs.  Boots from a CD as a PC would, shows what the kernel writes to
COM1, and ends when the machine is switched off, or after a line that begins with TEXT.  Exit status 0: so it was;
124: not within SECS.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

TOOLS = pathlib.Path(__file__).resolve().parent

GRUB = """set timeout=0
menuentry Quire {{
    {commands}
    multiboot2 /boot/quire.elf {words}
    module2 /boot/initramfs.cpio
    boot
}}
"""

# Bochs' own BIOS cannot start GRUB 2.06, SeaBIOS can.
CONFIG = """megs: {memory}
cpu: model={model}, count=1, ips=200000000, reset_on_triple_fault=0, ignore_bad_msrs={lenient}
romimage: file=/usr/share/seabios/bios.bin
vgaromimage: file=/usr/share/seabios/vgabios-stdvga.bin
ata0: enabled=1
ata0-master: type=cdrom, path={work}/quire.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={work}/serial
display_library: rfb, options="timeout=0"
log: {work}/log
clock: sync=none
sound: driver=dummy
"""


def make_disc(work, kernel, initramfs, words, commands):
    quoted = " ".join(f'"{word}"' for word in words.split())
    (work / "grub.cfg").write_text(GRUB.format(words=quoted, commands=commands))
    subprocess.run([str(TOOLS / "mkiso.sh"), str(work / "quire.iso"), kernel, initramfs,
                    str(work / "grub.cfg")], check=True)


def follow(path, bochs, end):
    """Copy what is written to PATH to our output until BOCHS ends, or a line that begins with END (if any) is complete."""
    seen = b""
    with open(path, "rb") as serial:
        while not (end and re.search(rb"^" + re.escape(end.encode()) + rb".*\n", seen, re.M)):
            data = serial.read(65536)
            seen = seen[-400:] + data
            if data:
                sys.stdout.buffer.write(data.replace(b"\r", b""))
                sys.stdout.buffer.flush()
            elif bochs.poll() is not None:
                return
            else:
                try:
                    bochs.wait(0.2)
                except subprocess.TimeoutExpired:
                    pass


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", metavar="MODEL", default="corei7_haswell_4770", help="see bochs --help cpu")
    parser.add_argument("-m", metavar="MB", type=int, default=256)
    parser.add_argument("-t", metavar="SECS", type=float, default=600)
    parser.add_argument("-e", metavar="TEXT", default="")
    parser.add_argument("-a", metavar="WORDS", default="console=ttyS0 panic=-1")
    parser.add_argument("-g", metavar="COMMANDS", default="", help="for GRUB, before it loads the kernel")
    parser.add_argument("-s", action="store_true", help="an MSR that Bochs does not know faults, as it should")
    parser.add_argument("kernel")
    parser.add_argument("initramfs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        make_disc(work, args.kernel, args.initramfs, args.a, args.g)
        (work / "bochsrc").write_text(CONFIG.format(memory=args.m, model=args.c, work=work,
                                                      lenient=int(not args.s)))
        (work / "commands").write_text("c\n")       # Debian's Bochs stops in its debugger first
        (work / "serial").touch()
        bochs = subprocess.Popen(["bochs", "-q", "-f", str(work / "bochsrc"), "-rc", str(work / "commands")],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        late = threading.Event()
        timer = threading.Timer(args.t, lambda: (late.set(), bochs.kill()))
        timer.start()
        try:
            follow(work / "serial", bochs, args.e)
        finally:
            timer.cancel()
            bochs.kill()
            bochs.wait()
    return 124 if late.is_set() else 0


sys.exit(main())
