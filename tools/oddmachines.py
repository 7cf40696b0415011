"""
tools/oddmachines.py - machines that lack something, or lie: what the boots group asks of each

cases() gives (name, Machine, patterns, status): the machine must end with that status and say something like
each pattern.  Every one of them boots in a second or so.
"""
import pathlib
import struct

from machine import Machine, SUCCESS

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


def cpuinfo(*cpus):
    """/proc/cpuinfo of a machine, by (package, siblings, core, cores) of each of its CPUs."""
    return "(?s)" + ".*".join(
        rf"processor\t: {i}\n(?:(?!processor).)*physical id\t: {package}\nsiblings\t: {siblings}\n"
        rf"core id\t\t: {core}\ncpu cores\t: {cores}\napicid\t\t: {i}\n"
        for i, (package, siblings, core, cores) in enumerate(cpus))


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

    yield boots("timer-hpet", "TSC .* measured by the HPET")
    yield boots("timer-pm", "TSC .* measured by the PM timer", type="q35,hpet=off")
    yield boots("timer-pit", "TSC .* measured by the PIT", type="isapc")
    bare = "microvm,pit=off,pic=off,rtc=off,acpi=off"
    yield boots("timer-apic", "TSC .* measured by the local APIC timer", type=bare)
    yield boots("timer-none", "nothing to measure the TSC by: taking it for 1000 MHz", type=bare, cpu="max,-hypervisor")

    clock = 'rdinit=/bin/busybox -- sh -c "date -u +clock:%F-%H; reboot -f"'
    yield ends("clock-set", r"^clock:2028-02-29-12\r?$", words=clock, extra=("-rtc", "base=2028-02-29T12:10:00"))
    yield ends("clock-none", r"^clock:1970-01-01-00\r?$", words=clock, type=bare, cpu="max,-hypervisor")

    yield boots("pci-ecam", "pci: configuration space at 0xb0000000, buses 0-255", "vda: virtio-blk at 00:", extra=DISK)
    yield boots("pci-ports", r"(?s)\A(?!.*pci: )(?=.*vda: virtio-blk at 00:)", type="pc", extra=DISK)

    smt = "8,sockets=2,cores=2,threads=2"
    yield ends("smt-intel", cpuinfo(*((cpu // 4, 4, cpu // 2 % 2, 2) for cpu in range(8))), words=SCRIPT,
               smp=smt, cpu="Nehalem")
    yield ends("smt-amd", cpuinfo(*((cpu // 4, 4, cpu % 4, 4) for cpu in range(8))), words=SCRIPT, smp=smt,
               cpu="EPYC")
    yield boots("smt-ids-with-gaps", "smp: 6 CPUs", smp="6,sockets=2,cores=3,threads=1", cpu="Nehalem")

    yield boots("memory-at-1T", r"\[0x010000000000-0x01003fffffff\] usable", memory="3G,slots=1,maxmem=1T",
                cpu="max,phys-bits=44")

    yield boots("bad-no-acpi", "acpi: no tables, assuming a plain PC", type="pc,acpi=off", smp=2)
    yield boots("bad-acpi-tables", "acpi: a second table APIC is ignored", "acpi: a second table HPET is ignored",
                r"acpi: MCFG: no buses 0-255 can be at 0xffffffff00000000", "smp: 2 CPUs",
                "pci: no configuration space at 0x10000000, where MCFG says: by ports", "vda: virtio-blk at 00:",
                type="pc", smp=2, extra=(*write_tables(directory), *DISK))
    nothing = "keyboard: there is none"
    yield boots("bad-no-keyboard", "keyboard: no PS/2 controller", nothing, type="q35,i8042=off")
    yield ends("bad-no-usb-keyboard", nothing, type="q35,i8042=off", extra=("-device", "qemu-xhci"), reboot=True,
               words='rdinit=/bin/busybox -- sh -c "until dmesg | grep -q t[h]ere.is.none; do sleep 1; done; poweroff -f"')
    yield boots("ps2-keyboard", r"(?s)\A(?!.*there is none)(?=.*keyboard: PS/2, layout us)")
    yield boots("bad-long-command-line", r"command line: longer than 2047 bytes: .* \d{4} is ignored",
                words=" ".join("x" * 62 for _ in range(64)))
