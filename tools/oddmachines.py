"""
tools/oddmachines.py - machines that lack something, or lie: what the boots group asks of each

cases() gives (name, Machine, patterns, status): the machine must end with that status and say something like
each pattern.  Every one of them boots in a second or so.  screen_cases() gives those with a screen, which must
tell a person the same.
"""
import pathlib
import struct

from machine import FAILURE, Machine, SUCCESS, megabytes, ram_problems

OK = r"^ok 1\b"
SCRIPT = 'rdinit=/bin/busybox -- sh -c "mount -t proc proc /proc; cat /proc/cpuinfo; poweroff -f"'

# A disk without an image.
DISK = ("-drive", "if=none,id=null,driver=null-co,size=1M,read-zeroes=on", "-device", "virtio-blk-pci,drive=null")


def write_tables(directory):
    """Bodies of ACPI tables that QEMU adds to its own, with right checksums and wrong contents."""
    def body(name, data):
        path = pathlib.Path(directory) / f"acpi-{name}.bin"
        path.write_bytes(data)
        return str(path)

    mcfg = body("mcfg", bytes(8) + struct.pack("<QHBBI", 0x10000000, 0, 0, 255, 0) +    # nobody there
                struct.pack("<QHBBI", 0xffffffff00000000, 0, 0, 255, 0))                # no such address
    madt = body("madt", struct.pack("<II", 0xfee00000, 1) + bytes(64))                  # entries of no length
    ssdt = body("ssdt", b"\x08_S5_\x12\xff")                                            # cut
    return [word for sig, path in (("MCFG", mcfg), ("APIC", madt), ("SSDT", ssdt), ("HPET", ssdt))
            for word in ("-acpitable", f"sig={sig},data={path}")]


def table_with_bad_checksum(directory):
    """A whole MADT of two CPUs that GRUB can put in the place of the firmware's."""
    entries = (struct.pack("<II", 0xfee00000, 1) + bytes([0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1, 0, 0, 0, 1, 12, 0, 0]) +
               struct.pack("<II", 0xfec00000, 0))
    header = struct.pack("<4sIBB6s8sIII", b"APIC", 36 + len(entries), 1, 0, b"QUIRE", b"BAD", 1, 1, 1)
    table = bytearray(header + entries)
    table[9] = 1 - sum(table) & 0xff        # one more than is right
    path = pathlib.Path(directory) / "bad-madt.bin"
    path.write_bytes(table)
    return str(path)


def has_ram(memory):
    """A pattern for test.py's run_boot(): is all of it there?"""
    return lambda text: ram_problems(text, megabytes(memory))


def cpuinfo(*cpus):
    """/proc/cpuinfo of a machine, by (package, siblings, core, cores) of each of its CPUs."""
    return "(?s)" + ".*".join(
        rf"processor\t: {i}\n(?:(?!processor).)*physical id\t: {package}\nsiblings\t: {siblings}\n"
        rf"core id\t\t: {core}\ncpu cores\t: {cores}\napicid\t\t: {i}\n"
        for i, (package, siblings, core, cores) in enumerate(cpus))


# The words of the menu on a stick; and a line of 4 KiB, of which the last are not known to anybody.
MENU_WORDS = "console=ttyS0 console=tty0"
LONG_WORDS = " ".join("x" * 62 for _ in range(64))
SHORT_WORDS = " ".join("x" * 8 for _ in range(455))

# GRUB takes the table with the bad checksum out of the initramfs.
ARCHIVE = "insmod newc\nloopback archive /boot/initramfs.cpio\nacpi --exclude=APIC (archive)/madt\n"
# What GRUB is told: (name of the image, words for the kernel, is there an initramfs, command before `boot`).
GRUB_IMAGES = (
    ("odd-no-initramfs", "", False, "set gfxpayload=text"),
    ("odd-long-line", LONG_WORDS, True, "set gfxpayload=text"),
    ("odd-small-mode", "", True, "set gfxpayload=320x200x32"),
    ("odd-24-bit", "", True, "set gfxpayload=800x600x24"),
    ("odd-bad-checksum", "", True, f"{ARCHIVE}set gfxpayload=text"),
)


def grub_cfg(words, initramfs, last):
    """GRUB's commands for one of GRUB_IMAGES."""
    return ("serial --unit=0\nterminal_output serial\ninsmod all_video\n"
            f"multiboot2 /boot/quire.elf {MENU_WORDS} {words}\n" +
            ("module2 /boot/initramfs.cpio\n" if initramfs else "") + f"{last}\nboot\n")


def screen_cases(kernel, programs, directory):
    """
    (name, Machine, what its screen must tell, how: ends_with, tells or tells_at_once of screens.py): machines with a screen
    that lack something.
    In DIRECTORY are the GRUB_IMAGES, in whose initramfs is table_with_bad_checksum() as /madt.
    """
    def direct(name, *sentences, how="tells", words="", **choices):
        m = Machine(**{"kernel": kernel, "initrd": programs, "append": f"{MENU_WORDS} {words}".strip(), "memory": "128M",
                       "debug_exit": False} | choices)
        return f"screen-{name}", m, sentences, how

    def grub(name, image, *sentences, how="tells", where="cdrom"):
        file = f"{directory}/{image}.iso"
        m = Machine(memory="128M", debug_exit=False, **{where: file} if where != "stick" else {"extra": (
            "-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={file}",
            "-device", "usb-storage,drive=stick,bootindex=1")})
        return f"screen-{name}", m, sentences, how

    none, long = "no initramfs: pass one with -initrd", "command line: longer than 2047 bytes: what comes after the first"
    yield direct("no-acpi", "acpi: no tables, assuming a plain PC", type="pc,acpi=off")
    yield direct("bad-acpi-tables", "acpi: a second table APIC is ignored",
                 "acpi: MCFG: no buses 0-255 can be at 0xffffffff00000000", type="pc", extra=tuple(write_tables(directory)))
    yield direct("no-keyboard", "keyboard: no PS/2 controller", type="q35,i8042=off",
                 extra=("-device", "qemu-xhci", "-device", "usb-kbd"))
    yield direct("usb-undriven", "keyboard: none found, neither PS/2 nor USB; no driver for this machine's USB controllers: EHCI",
                 type="q35,i8042=off", extra=("-device", "usb-ehci,id=old", "-device", "usb-kbd,bus=old.0"))
    yield direct("no-initramfs", none, how="ends_with", initrd="")
    yield direct("long-command-line", long, words=LONG_WORDS)
    yield direct("many-words", "command line: and 2", long, words=SHORT_WORDS, how="tells_at_once")
    yield grub("bad-acpi-checksum", "odd-bad-checksum", "has a wrong checksum, ignored")
    yield grub("disk-no-initramfs", "odd-no-initramfs", none, how="ends_with", where="disk")
    yield grub("stick-no-initramfs", "odd-no-initramfs", none, how="ends_with", where="stick")
    yield grub("grub-long-command-line", "odd-long-line", long)
    yield grub("small-mode", "odd-small-mode", "fb0: 320x200", "vt: framebuffer, 40 columns, 12 rows")
    yield grub("24-bit", "odd-24-bit", "fb0: 800x600, 24 bits", "vt: framebuffer, 100 columns, 37 rows")


def cases(kernel, initrd, programs, directory):
    """INITRD runs one small test, PROGRAMS has busybox, DIRECTORY takes what is made on the way."""
    def boots(name, *patterns, words="", **choices):
        choices = {"memory": "128M"} | choices
        m = Machine(kernel, initrd, f"console=ttyS0 panic=-1 {words}".strip(), **choices)
        return name, m, (OK, *patterns), SUCCESS

    def ends(name, *patterns, words, reboot=False, **choices):
        choices = {"memory": "128M"} | choices
        m = Machine(kernel, programs, f"console=ttyS0 panic=-1 {words}", debug_exit=False, reboot=reboot, **choices)
        return name, m, patterns, 0

    def refuses(name, sentence, cpu):
        return name, Machine(kernel, initrd, "console=ttyS0 panic=-1", memory="128M", cpu=cpu), (sentence,), FAILURE

    # A triple fault would not end the one, nor anything but a reset the other.
    def powers_off(name, **choices):
        return ends(f"poweroff-{name}", r"reboot: Power down\s*\Z", reboot=True,
                    words="rdinit=/bin/busybox -- poweroff -f", **choices)

    def restarts(name, way, words="", **choices):
        return ends(f"reboot-{name}", rf"reboot: by {way}\s*\Z",
                    words=f"rdinit=/bin/busybox {words} -- reboot -f", **choices)

    yield powers_off("q35")
    yield powers_off("pc", type="pc")
    yield powers_off("microvm", type="microvm")         # by the sleep control register
    yield powers_off("no-acpi", type="q35,acpi=off")
    yield restarts("acpi", "ACPI's reset register")
    yield restarts("acpi-memory", "ACPI's reset register", type="microvm")
    yield restarts("keyboard", "the keyboard controller", type="pc,acpi=off")
    yield restarts("chipset", "the chipset", type="q35,acpi=off,i8042=off")
    yield restarts("triple-fault", "a triple fault", type="microvm,acpi=off")
    yield restarts("asked", "a triple fault", words="reboot=t")
    # The USB controller is stopped before each end, also a panic's.  The brackets: these words are in the log too.
    for name, last, said, after in (
            ("poweroff-usb", "poweroff -f", "reboot: Power down", ""),
            ("reboot-usb", "reboot -f", "reboot: Restarting system", r"[^\n]*reboot: by [^\n]*\s*"),
            ("reboot-usb-panic", "exit 1", "Kernel panic - not syncing", r"[^\n]*reboot: by [^\n]*\s*")):
        yield ends(name, rf"(?s){said}.*\nusb_xhci_stop\s+{after}\Z",
                   words=f"rdinit=/bin/busybox -- sh -c \"until dmesg | grep -q 'boot k[e]yboard'; do sleep 0.1; done; {last}\"",
                   extra=("-device", "qemu-xhci", "-device", "usb-kbd", "-trace", "usb_xhci_run", "-trace", "usb_xhci_stop"))

    yield boots("timer-hpet", "TSC .* measured by the HPET")
    yield boots("timer-pm", "TSC .* measured by the PM timer", type="q35,hpet=off")
    yield boots("timer-pit", "TSC .* measured by the PIT", type="isapc")
    bare = "microvm,pit=off,pic=off,rtc=off,acpi=off"
    yield boots("timer-apic", "TSC .* measured by the local APIC timer", type=bare)

    yield refuses("no-long-mode", r"^Quire needs a 64-bit CPU: this one has no long mode\.", cpu="qemu32")

    clock = 'rdinit=/bin/busybox -- sh -c "date -u +clock:%F-%H; reboot -f"'
    yield ends("clock-set", r"^clock:2028-02-29-12\r?$", words=clock, extra=("-rtc", "base=2028-02-29T12:10:00"))
    yield ends("timer-clock-none", r"^clock:1970-01-01-00\r?$", "nothing to measure the TSC by: taking it for 1000 MHz",
               words=clock, type=bare, cpu="max,-hypervisor")

    yield boots("pci-ecam", "pci: configuration space at 0xb0000000, buses 0-255", "vda: virtio-blk at 00:", extra=DISK)
    yield boots("pci-ports", r"(?s)\A(?!.*pci: )(?=.*vda: virtio-blk at 00:)", type="pc", extra=DISK)

    smt = "8,sockets=2,cores=2,threads=2"
    yield ends("smt-intel", cpuinfo(*((cpu // 4, 4, cpu // 2 % 2, 2) for cpu in range(8))), words=SCRIPT,
               smp=smt, cpu="Nehalem")
    yield ends("smt-amd", cpuinfo(*((cpu // 4, 4, cpu % 4, 4) for cpu in range(8))), words=SCRIPT, smp=smt,
               cpu="EPYC")
    # CPU 1 of 3 is unlike the others; the next one is started all the same.
    yield boots("smp-no-nx", r"smp: CPU with APIC id 1 is left out: it cannot mark pages as not executable \(NX\)",
                "smp: 2 CPUs", smp="1,maxcpus=3,sockets=3,cores=1,threads=1", extra=(
                    "-device", "max-x86_64-cpu,socket-id=1,core-id=0,thread-id=0,nx=off",
                    "-device", "max-x86_64-cpu,socket-id=2,core-id=0,thread-id=0"))
    yield boots("smt-ids-with-gaps", "smp: 6 CPUs", smp="6,sockets=2,cores=3,threads=1", cpu="Nehalem")

    for memory in ("32M", "128M", "2G", "3G"):
        yield boots(f"memory-{memory}", has_ram(memory), memory=memory)
    # All that lies above 4 GiB, and above 1 TiB, is the allocator's: more than 9 of 10 MiB are free.
    yield boots("memory-above-4G", has_ram("8G"), r"RAM at 0x100000000: (5[6-9]\d\d|60\d\d|614[0-4]) of 6144 MiB are free", memory="8G",
                words="selftest=boot.large")
    # A snapshot steps over a hole of 1 TiB: a walk frame by frame takes a minute and more for each of the suite's.
    yield boots("memory-at-1T", has_ram("3G"), r"\[0x010000000000-0x01003fffffff\] usable",
                r"RAM at 0x10000000000: (9[3-9]\d|10[012]\d) of 1024 MiB are free", r"^ok \d+ snapshot\b",
                memory="3G,slots=1,maxmem=1T", cpu="max,phys-bits=44", words="selftest=boot.large,snapshot.")

    yield boots("bad-no-acpi", "acpi: no tables, assuming a plain PC", type="pc,acpi=off", smp=2)
    yield boots("bad-acpi-tables", "acpi: a second table APIC is ignored", "acpi: a second table HPET is ignored",
                r"acpi: MCFG: no buses 0-255 can be at 0xffffffff00000000", "smp: 2 CPUs",
                "pci: no configuration space at 0x10000000, where MCFG says: by ports", "vda: virtio-blk at 00:",
                type="pc", smp=2, extra=(*write_tables(directory), *DISK))
    nothing = r"keyboard: none found, neither PS/2 nor USB\r?$"
    yield boots("bad-no-keyboard", "keyboard: no PS/2 controller", nothing, type="q35,i8042=off")
    undriven = "keyboard: none found, neither PS/2 nor USB; no driver for this machine's USB controllers: "
    yield boots("bad-usb-undriven", undriven + r"EHCI, OHCI, UHCI\r?$", type="q35,i8042=off", extra=(
        "-device", "usb-ehci", "-device", "pci-ohci,id=ohci", "-device", "piix3-usb-uhci", "-device", "usb-kbd,bus=ohci.0"))
    yield ends("bad-no-usb-keyboard", nothing, type="q35,i8042=off", extra=("-device", "qemu-xhci"), reboot=True,
               words='rdinit=/bin/busybox -- sh -c "until dmesg | grep -q keyboard..n[o]ne.found; do sleep 1; done; poweroff -f"')
    yield boots("bad-long-command-line", r"command line: longer than 2047 bytes: .* \d{4} is ignored",
                words=LONG_WORDS)
    yield boots("bad-many-words", r"(?s)\A(?!(.*unknown word){6})(.*unknown word){5}.*command line: and 2\d\d more\r?\n"
                r"[^\n]*command line: longer than 2047 bytes: ", words=SHORT_WORDS)
