"""
tools/machine.py - one QEMU, described once: for boot-with, for the tests and for the documents

Machine holds the choices and gives the command line; make_initramfs() calls mkcpio.py; and
linux_image() finds, or fetches when asked, Debian's Linux kernel, which answers what is right.

No hardware virtualisation is used, so that a run is the same everywhere.
"""
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent

# A guest that writes V to this port ends QEMU with status 2 * V + 1.
DEBUG_EXIT = "isa-debug-exit,iobase=0xf4,iosize=0x04"
SUCCESS, FAILURE = 0x10 * 2 + 1, 0x11 * 2 + 1

# UEFI firmware, where Debian, Fedora and Arch keep it; %s is CODE or VARS.
OVMF = ("/usr/share/OVMF/OVMF_%s_4M.fd", "/usr/share/edk2/ovmf/OVMF_%s.fd",
        "/usr/share/edk2/x64/OVMF_%s.4m.fd")

# Linux without what would only blur a comparison: no mitigations, no huge pages, fixed layout.
LINUX_WORDS = ("mitigations=off init_on_alloc=0 randomize_kstack_offset=off "
               "cgroup_disable=memory transparent_hugepage=never")


@dataclasses.dataclass
class Machine:
    """What to boot, and on what."""
    kernel: str = ""            # an ELF with a PVH note, or a bzImage: QEMU loads it itself ...
    initrd: str = ""
    append: str = "console=ttyS0"
    cdrom: str = ""             # ... or an image that firmware boots
    disk: str = ""
    uefi: bool = False
    type: str = "q35"
    cpu: str = "max"
    smp: int = 1
    memory: str = "1G"
    icount: bool = False        # 1 ns = 1 TSC tick = 1 guest instruction
    reboot: bool = False        # a triple fault reboots instead of ending QEMU with status 0
    monitor: bool = False       # serial line and QEMU's monitor share the terminal (Ctrl-A)
    debug_exit: bool = True     # the device by which a guest ends QEMU with a status of its own
    explore: str = ""           # a chardev ("socket,path=..."): the port of kernel/explore.c
    disks: tuple = ()           # virtio disks: IMAGE[,write][,ro][,format=F][,PROPERTY=VALUE]...
    extra: tuple = ()

    def command(self):
        """The QEMU command line as a list."""
        thread = "single" if self.icount else "multi"
        cmd = ["qemu-system-x86_64", "-accel", f"tcg,thread={thread}", "-M", self.type,
               "-cpu", self.cpu, "-smp", str(self.smp), "-m", self.memory,
               "-display", "none", "-nic", "none"]
        cmd += ["-serial", "mon:stdio"] if self.monitor else ["-monitor", "none", "-serial", "stdio"]
        if self.debug_exit:
            cmd += ["-device", DEBUG_EXIT]
        if not self.reboot:
            cmd.append("-no-reboot")
        if self.icount:
            cmd += ["-icount", "shift=0,sleep=off", "-seed", "1",
                    "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
        if self.uefi:       # the variables in a snapshot: a stale boot order hangs the next boot
            ovmf = next((f for f in OVMF if os.path.exists(f % "CODE")), OVMF[0])
            for unit, (part, mode) in enumerate((("CODE", "readonly=on"), ("VARS", "snapshot=on"))):
                cmd += ["-drive", f"if=pflash,format=raw,unit={unit},{mode},file={ovmf % part}"]
        if self.cdrom:
            cmd += ["-boot", "d", "-cdrom", self.cdrom]
        if self.disk:
            cmd += ["-drive", f"format=raw,snapshot=on,file={self.disk}"]
        if self.kernel:
            cmd += ["-kernel", self.kernel, "-append", self.append]
            if self.initrd:
                cmd += ["-initrd", self.initrd]
        if self.explore:
            cmd += ["-device", "virtio-serial-pci", "-chardev", f"{self.explore},id=explore",
                    "-device", "virtserialport,chardev=explore,name=org.quire.explore"]
        for number, disk in enumerate(self.disks):
            cmd += disk_options(number, disk)
        return cmd + list(self.extra)


def disk_options(number, disk):
    """
    QEMU's words for one virtio disk.  What the guest writes is forgotten, unless `write` is said;
    `ro`: the disk cannot be written; further words are properties of QEMU's virtio-blk-pci.
    """
    image, *words = disk.split(",")
    kind = next((w[7:] for w in words if w.startswith("format=")), "raw")
    drive = f"if=none,id=disk{number},format={kind},file={image}"
    drive += ",readonly=on" if "ro" in words else ",snapshot=on" if "write" not in words else ""
    device = [w for w in words if "=" in w and not w.startswith("format=")]
    return ["-drive", drive, "-device", ",".join(["virtio-blk-pci", f"drive=disk{number}", *device])]


def megabytes(size):
    """Of QEMU's -m: 64M, 4G."""
    return int(size[:-1]) * {"M": 1, "G": 1024}[size[-1]]


def ram_problems(text, megabytes, firmware=1, screen=0):
    """
    Does the kernel's TEXT say that it has the MEGABYTES that QEMU was given?  The holes below 1 MiB and the ACPI tables
    are half of one MiB; FIRMWARE: MiB that it may keep with that, SCREEN: MiB of RAM for a framebuffer.  Of what is
    left, struct pages, their owners in a debug build and the log take less than 1/40; the kernel, an initramfs and the
    first MiB, which nobody gets, 8 MiB.
    A list of sentences.
    """
    told = re.search(r"Memory: (\d+)K of (\d+)K RAM available", text)
    if not told:
        return ["the kernel does not say how much RAM there is"]
    free, found = (int(kib) / 1024 for kib in told.groups())
    wrong = []
    if not megabytes - firmware - screen <= found <= megabytes:
        wrong.append(f"of {megabytes} MiB of RAM {found:.1f} were found")
    if free < found - found / 40 - 8:
        wrong.append(f"of {found:.1f} MiB of RAM only {free:.1f} can be used")
    return wrong


def make_initramfs(out, files=(), init=None, busybox=True):
    """Write the archive OUT: busybox, FILES ("file:dest") and, if given, the script INIT."""
    cmd = [sys.executable, str(TOOLS / "mkcpio.py"), "-o", str(out)]
    if os.environ.get("BUSYBOX"):
        cmd += ["--busybox", os.environ["BUSYBOX"]]
    if not busybox:
        cmd.append("--no-busybox")
    if init is not None:
        cmd += ["--init", init]
    subprocess.run(cmd + list(files), check=True)
    return str(out)


# What Debian's kernel needs before it sees a virtio disk and mounts ext2, in the order of insmod.
LINUX_MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci",
                 "virtio_blk", "crc32c_generic", "crc16", "mbcache", "jbd2", "ext4")


def linux_cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))) / "quire"


def fetch_linux(cache):
    """Debian's kernel and the modules for disks, by apt, into the user's cache directory."""
    cache.mkdir(parents=True, exist_ok=True)
    print("Fetching Debian's Linux kernel, once ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        script = """
            set -e
            package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/{print $2; exit}')
            apt-get -q -o APT::Sandbox::User=root download "$package"
            for m in $1; do wanted="$wanted */$m.ko"; done
            dpkg --fsys-tarfile "$package"_*.deb | tar -xf - --wildcards './boot/vmlinuz-*' $wanted
            cp boot/vmlinuz-* "$0"
            version=$(basename boot/vmlinuz-* | sed s/vmlinuz-//)
            mkdir -p "$0/modules-$version"
            find . -name '*.ko' -exec cp '{}' "$0/modules-$version" ';'
        """
        subprocess.run(["sh", "-c", script, str(cache), " ".join(LINUX_MODULES)], cwd=tmp, check=True,
                       stdout=sys.stderr)


def linux_image(fetch=True):
    """
    The path of Debian's Linux kernel.  Kept in the user's cache directory; when it is not there,
    fetched by apt (Debian only) or, with fetch=False, None.
    """
    found = sorted(linux_cache().glob("vmlinuz-*"))
    if found or not fetch:
        return str(found[-1]) if found else None
    fetch_linux(linux_cache())
    return str(sorted(linux_cache().glob("vmlinuz-*"))[-1])


def linux_modules():
    """The files of LINUX_MODULES, which belong to linux_image(); fetched when they are not there."""
    where = linux_cache() / pathlib.Path(linux_image()).name.replace("vmlinuz-", "modules-")
    if not all((where / f"{m}.ko").exists() for m in LINUX_MODULES):
        fetch_linux(linux_cache())
    return [str(where / f"{m}.ko") for m in LINUX_MODULES]
