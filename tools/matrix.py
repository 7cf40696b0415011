#!/usr/bin/env python3
"""
tools/matrix.py - the self tests of the kernel on a few hundred machines that differ in everything at once

  matrix.py [--build DIR] [-T PATTERN] [-n ROWS] [--seed N] [-j N] [--whole] [--list | --pairs]

A fault of a boot path shows itself in few of its circumstances at once, most of the time in two.  So the rows are
a covering array: FACTORS has the circumstances with their values, LIMITS says which do not go together and why,
and each two values of two factors that can meet are together in at least one row.  That is proved at the end of
the making, not assumed (prove()).  Further rows by chance fill up to ROWS (220), and two Bochs machines come last.  The
same seed gives the same rows.

What a row is believed for: the kernel itself ended the machine with success by isa-debug-exit; or, where there is a
screen and no such device, the report stands on the serial line, and on the picture of the screen in the letters of
the font.  It must also say the loader, the firmware, the CPUs and the depth of page tables that were meant, and have
found all of the RAM.

Most rows run the suites that look at the machine (CORE).  Some of those by PVH run all of them, with instructions
counted, because some suites measure time; firmware does not get far with that.
"""
import argparse
import collections
import concurrent.futures
import itertools
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import machine
import screentext
from machine import Machine
from qmp import Qmp

ROOT = pathlib.Path(__file__).resolve().parent.parent

# ---- what may differ ----------------------------------------------------------------------------

FACTORS = {
    "machine": ("q35", "pc", "microvm"),
    "firmware": ("seabios", "ovmf"),
    "loader": ("pvh", "grubcd", "grubdisk", "usb", "eficd", "efidisk"),     # usb: whatever the firmware starts from a stick
    "cpu": ("qemu64", "Nehalem", "Haswell", "Skylake-Client", "EPYC", "max", "max-la57"),
    "memory": ("16M", "17M", "33M", "63M", "64M", "100M", "1023M", "3071M", "4097M", "6G", "16G"),
    "cpus": (1, 2, 3, 5, 8, 16),
    "nodes": (1, 2),
    "screen": ("std", "virtio", "bochs", "ramfb", "none"),
}
MEGABYTES = {m: machine.megabytes(m) for m in FACTORS["memory"]}


def has(row, **wanted):
    """Has the row, maybe not complete yet, one of the values for each factor?"""
    return all(row.get(factor) in values for factor, values in wanted.items())


def small(limit):
    return [m for m, size in MEGABYTES.items() if size < limit]


# Why some values do not meet: (reason, the values that make it).
LIMITS = (
    ("OVMF starts EFI programs: it has no use for the PVH entry of -kernel",
     {"firmware": ("ovmf",), "loader": ("pvh",)}),
    ("an EFI loader needs EFI", {"firmware": ("seabios",), "loader": ("eficd", "efidisk")}),
    ("microvm is a machine without disks that a BIOS knows: QEMU itself loads the kernel",
     {"machine": ("microvm",), "loader": tuple(v for v in FACTORS["loader"] if v != "pvh")}),
    ("Debian has no OVMF for microvm", {"machine": ("microvm",), "firmware": ("ovmf",)}),
    ("OVMF leaves no room for a kernel and an initramfs below 56 MiB",
     {"firmware": ("ovmf",), "memory": tuple(small(56))}),
)


def violated(row):
    return next((reason for reason, values in LIMITS if has(row, **values)), None)


def complete(row, order=None, reasons=None):
    """
    A full row with the values of ROW, or None if there is none.  ORDER: {factor: its values in the order to be tried};
    why values were refused goes into REASONS.
    """
    reason = violated(row)
    if reason:
        if reasons is not None:
            reasons.add(reason)
        return None
    missing = next((f for f in FACTORS if f not in row), None)
    if not missing:
        return row
    for value in (order or FACTORS)[missing]:
        full = complete(row | {missing: value}, order, reasons)
        if full:
            return full
    return None


# ---- the covering array -------------------------------------------------------------------------

def pairs_of(row):
    """The pairs ((factor, value), (factor, value)) of a row."""
    return set(itertools.combinations([(f, row[f]) for f in FACTORS], 2))


def all_pairs():
    """(the pairs that can meet, {a pair that cannot: why})."""
    valid, invalid = set(), {}
    for a, b in itertools.combinations(FACTORS, 2):
        for x, y in itertools.product(FACTORS[a], FACTORS[b]):
            reasons = set()
            if complete({a: x, b: y}, reasons=reasons):
                valid.add(((a, x), (b, y)))
            else:
                direct = violated({a: x, b: y})
                invalid[((a, x), (b, y))] = direct or "; ".join(sorted(reasons))
    return valid, invalid


def shuffled(rng):
    return {f: rng.sample(values, len(values)) for f, values in FACTORS.items()}


def best_row(rng, missing, tries=40):
    """Of some rows round a pair that is still missing, the one that has most of the missing pairs."""
    best = None
    for pair in rng.sample(sorted(missing, key=str), min(tries, len(missing))):
        row = dict(pair)
        for factor in rng.sample([f for f in FACTORS if f not in row], len(FACTORS) - 2):
            def gain(value, factor=factor, row=row):
                return sum((tuple(sorted(((f, v), (factor, value)), key=lambda p: list(FACTORS).index(p[0]))) in missing)
                           for f, v in row.items())
            values = [v for v in rng.sample(FACTORS[factor], len(FACTORS[factor])) if complete(row | {factor: v})]
            row = row | {factor: max(values, key=gain)}
        count = len(pairs_of(row) & missing)
        if not best or count > best[0]:
            best = count, row
    return {f: best[1][f] for f in FACTORS}


def make_rows(count, seed):
    """At least COUNT rows in which all pairs that can meet do."""
    rng = random.Random(seed)
    missing, _ = all_pairs()
    rows = []
    while missing:
        rows.append(best_row(rng, missing))
        missing -= pairs_of(rows[-1])
    covering = len(rows)
    while len(rows) < count:
        pair = [(f, rng.choice(FACTORS[f])) for f in rng.sample(list(FACTORS), 2)]
        row = complete(dict(pair), shuffled(rng))
        row = row and {f: row[f] for f in FACTORS}
        if row and row not in rows:
            rows.append(row)
    prove(rows)
    return rows, covering


def prove(rows):
    """Count anew, by other means than the making: every row is allowed, every pair that can meet does."""
    met = collections.Counter(pair for row in rows for pair in pairs_of(row))
    valid, invalid = all_pairs()
    assert not any(violated(row) for row in rows), "a row breaks a limit"
    assert valid == set(met), f"not covered: {valid - set(met)}"
    assert not set(invalid) & set(met), "a pair that cannot meet did"
    return len(valid), invalid


def name_of(row):
    return f"{row['machine']}-{row['firmware']}-{row['loader']}-{row['cpu']}-{row['memory']}-{row['cpus']}cpu-" \
           f"{row['nodes']}node-{row['screen']}"


# Every loader with every firmware, every screen, the least and much memory, in little time: for `make test`.
SAMPLE = [dict(zip(FACTORS, words)) for words in (
    ("microvm", "seabios", "pvh", "qemu64", "16M", 2, 1, "none"),
    ("pc", "seabios", "pvh", "Nehalem", "17M", 1, 1, "std"),
    ("q35", "seabios", "pvh", "Haswell", "3071M", 3, 2, "none"),
    ("pc", "seabios", "grubcd", "EPYC", "63M", 2, 2, "virtio"),
    ("q35", "seabios", "grubdisk", "Skylake-Client", "1023M", 1, 1, "bochs"),
    ("q35", "seabios", "usb", "max", "100M", 2, 1, "ramfb"),
    ("q35", "ovmf", "grubcd", "Nehalem", "100M", 1, 1, "virtio"),
    ("pc", "ovmf", "grubdisk", "qemu64", "1023M", 2, 1, "std"),
    ("q35", "ovmf", "usb", "max-la57", "1023M", 2, 2, "bochs"),
    ("q35", "ovmf", "eficd", "Haswell", "100M", 1, 1, "ramfb"),
    ("pc", "ovmf", "efidisk", "max", "64M", 2, 1, "none"),
    ("q35", "ovmf", "efidisk", "EPYC", "1023M", 5, 2, "std"),
)]

# ---- a row becomes a machine --------------------------------------------------------------------

SCREENS = {"std": ("-vga", "std"), "virtio": ("-vga", "virtio"), "none": ("-vga", "none"),
           "bochs": ("-vga", "none", "-device", "bochs-display"), "ramfb": ("-vga", "none", "-device", "ramfb")}
MICROVM_SCREENS = {"std": ("-device", "VGA"), "virtio": ("-device", "virtio-vga"), "none": (),
                   "bochs": ("-device", "bochs-display"), "ramfb": ("-device", "ramfb")}

# The suites that look at the machine.  They measure no time, so that a busy host does not matter.
CORE = "boot.,acpi.,memblock.,page_alloc.,pgtable.,memtype.,pfnmap.,traps.,tlb.,fpu.,cow.,fault.,uaccess.,pkey.,irq.,usb."
# After each case all of memory is verified and each CPU visited, so with much or many there are fewer of them.
LESS = "boot.,acpi.,page_alloc.a,pgtable.a,memtype.,pfnmap.,tlb."
LEAST = "boot.,acpi.,memtype.,pfnmap.access"
SHORT = LEAST + ",tlb.,fpu."                                           # of the sample in `make test`
BOCHS_SUITES = "boot.,acpi.,memtype.,pfnmap.,traps.,tlb.,fpu.,pkey."
BOCHS_MEMORY = 128
BOCHS_MODELS = ("corei7_haswell_4770", "tigerlake")

# Whoever looks at the screen has time to.
INIT = "#!/bin/sh\nsleep 100000\n"

GRUB_CFG = """serial --unit=0
terminal_output serial
insmod all_video
{where}
multiboot2 {root}/quire.elf {words}
module2 {root}/initramfs.cpio
set gfxpayload=1024x768x32,800x600x32,auto
boot
"""
QUIRE_CFG = "timeout 0\nentry Matrix\n\tkernel quire.elf\n\tinitramfs initramfs.cpio\n\tcmdline {words}\n"


class Images:
    """The kernel on discs with the words of a row; each is made once."""

    def __init__(self, build):
        self.build, self.dir, self.lock = build, build / "matrix", threading.Lock()
        self.dir.mkdir(parents=True, exist_ok=True)
        self.kernel, self.made = str(build / "quire.elf"), {}

    def initramfs(self):
        with self.lock:
            if "initramfs" not in self.made:
                self.made["initramfs"] = machine.make_initramfs(self.dir / "matrix.cpio", init=INIT)
            return self.made["initramfs"]

    def disc(self, own_loader, words):
        """An image with our loader for UEFI and GRUB for a BIOS; or with GRUB for both."""
        initramfs = self.initramfs()
        with self.lock:
            if (own_loader, words) not in self.made:
                self.made[own_loader, words] = self.make_disc(f"disc{len(self.made)}", own_loader, words, initramfs)
            return self.made[own_loader, words]

    def make_disc(self, name, own_loader, words, initramfs):
        quoted = " ".join(f'"{w}"' if "," in w else w for w in words.split())
        grub, out = self.dir / f"{name}.cfg", self.dir / f"{name}.iso"
        grub.write_text(GRUB_CFG.format(words=quoted, root="(esp)" if own_loader else "/boot",
                                        where="loopback esp /efi.img" if own_loader else ""))
        loader = []
        if own_loader:
            quire = self.dir / f"{name}.quire.cfg"
            quire.write_text(QUIRE_CFG.format(words=words))
            loader = [str(self.build / "BOOTX64.EFI"), str(quire)]
        subprocess.run([str(ROOT / "tools/mkiso.sh"), str(out), self.kernel, initramfs, str(grub), *loader], check=True)
        return str(out)


def numa(row):
    """Two nodes with half of the memory and half of the CPUs each; one CPU leaves a node without."""
    if row["nodes"] == 1:
        return ()
    total, cpus = MEGABYTES[row["memory"]], row["cpus"]
    sizes, half = (total // 2, total - total // 2), (cpus + 1) // 2
    extra = []
    for node, size in enumerate(sizes):
        mine = (f"0-{half - 1}", f"{half}-{cpus - 1}" if half < cpus else "")[node]
        extra += ["-object", f"memory-backend-ram,id=node{node}ram,size={size}M",
                  "-numa", f"node,nodeid={node},memdev=node{node}ram" + (f",cpus={mine}" if mine else "")]
    return tuple(extra)


def is_lit(row):
    """
    Will there be text on the screen?  PVH starts without a firmware's mode: only VGA has one of its own, and that after
    the card's BIOS has set it.  microvm's firmware runs no BIOS of a card: its screens are plugged in so that the kernel
    finds a PCI device more, says that it has no screen (expected()), and ends well all the same.
    """
    if row["machine"] == "microvm" or row["screen"] == "none":
        return False
    return row["loader"] != "pvh" or row["screen"] in ("std", "virtio")


def suites_of(row):
    size, many = MEGABYTES[row["memory"]], row["cpus"] > 4
    return LEAST if size > 8192 or many and size > 2048 else LESS if many or size > 2048 else CORE


def words_of(row, suites):
    return (f"console=ttyS0 console=tty0 panic=-1 selftest{'=' if suites else ''}{suites}" +
            (" la57" if row["cpu"] == "max-la57" else ""))


def machine_of(row, images, suites, icount):
    words = words_of(row, suites)
    micro = row["machine"] == "microvm"
    pci_screen = micro and row["screen"] in ("std", "virtio", "bochs")
    m = Machine(type="microvm,pcie=on" if pci_screen else row["machine"], cpu="max" if row["cpu"] == "max-la57" else row["cpu"],
                smp=row["cpus"], memory=row["memory"], uefi=row["firmware"] == "ovmf", icount=icount,
                debug_exit=not is_lit(row))
    m.extra = (MICROVM_SCREENS if micro else SCREENS)[row["screen"]] + numa(row)
    if row["loader"] == "pvh":
        m.kernel, m.append = images.kernel, words
        if not m.debug_exit:
            m.initrd = images.initramfs()
        return m
    disc = images.disc(row["loader"] in ("eficd", "efidisk", "usb"), words)
    if row["loader"] in ("grubcd", "eficd"):
        m.cdrom = disc
    elif row["loader"] in ("grubdisk", "efidisk"):
        m.disk = disc
    else:
        m.extra += ("-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={disc}",
                    "-device", "usb-storage,drive=stick,bootindex=1")
    return m


# ---- running a row ------------------------------------------------------------------------------

REPORT = re.compile(r"^# selftest: (\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


def limit_of(row, whole):
    """Seconds: firmware, tests, more CPUs than the host has, much memory; a busy host takes several times as long."""
    seconds = {"seabios": 150, "ovmf": 300}[row["firmware"]] + (900 if whole else 0)
    return int(seconds * (1 + row["cpus"] / 8) * (1.5 if MEGABYTES[row["memory"]] > 4096 else 1))


def expected(row):
    """What the kernel's log must say: (pattern, in words)."""
    loader = {"pvh": "boot: PVH", "eficd": "by Quire EFI loader", "efidisk": "by Quire EFI loader",
              "usb": "by Quire EFI loader" if row["firmware"] == "ovmf" else "by GRUB"}.get(row["loader"], "by GRUB")
    yield loader
    if row["cpus"] > 1:
        yield rf"smp: {row['cpus']} CPUs"
    if row["cpu"] == "max-la57":
        yield "la57: 5-level paging"
    if row["machine"] == "microvm":
        yield "vt: no screen: no framebuffer that could be used, no VGA in text mode"
    if row["firmware"] == "ovmf":
        yield r"\bfirmware: UEFI\b"
    elif row["loader"] != "pvh":        # and microvm's firmware has nothing that could be asked
        yield r"\bfirmware: BIOS\b"


def problems_in(row, text):
    """What the serial line says wrong, as sentences."""
    report = REPORT.search(text)
    found = re.findall(r"^ *not ok .*|^.*Kernel panic.*|^  # tests/kernel/.*|^# the log was too small.*", text, re.M)
    if not report:
        found.append("no report of the self tests")
    elif not int(report.group(1)):
        found.append("no self test ran")
    return found + [f"no line like {p!r}" for p in expected(row) if not re.search(p, text)] + ram_problems(row, text)


def ram_problems(row, text):
    """Is all of the row's memory there?  OVMF keeps 7 MiB; ramfb is a screen in RAM, of which firmware takes up to 4 MiB."""
    return machine.ram_problems(text, machine.megabytes(row["memory"]), firmware=8 if row["firmware"] == "ovmf" else 1,
                                screen=4 if row["screen"] == "ramfb" else 0)


def read_screen(monitor, file):
    """Its lines; none if there is no picture."""
    try:
        return screentext.read_screen(monitor.picture(file))
    except RuntimeError:
        return []


def screen_problem(monitor, file, report, seconds=30):
    """The report must be there to be read, soon: its title, the number of passed cases, what the keys do."""
    wanted = [r"^ Quire's self tests: all passed", rf"^ +{report.group(1)} passed, 0 failed, ", r"^ Space, PgDn: the log"]
    end, lines = time.monotonic() + seconds, []
    while time.monotonic() < end:
        lines = read_screen(monitor, file)
        if all(any(re.search(w, line) for line in lines) for w in wanted):
            return []
        time.sleep(1)
    return ["the screen does not show the report, but\n" + "\n".join("    > " + line for line in lines if line)]


def read_log(log):
    return log.read_text(errors="replace").replace("\r", "")


def watch(row, command, log, limit, lit):
    """Run QEMU; (exit status or None, problems)."""
    room = tempfile.TemporaryDirectory()        # the name of a socket may have 107 characters
    qmp_path, picture = pathlib.Path(room.name) / "qmp", log.with_suffix(".ppm")
    with open(log, "wb") as out:
        qemu = subprocess.Popen(command + (["-qmp", f"unix:{qmp_path},server=on,wait=off"] if lit else []),
                                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        end, report = time.monotonic() + limit, None
        while qemu.poll() is None and time.monotonic() < end and not report:
            try:
                qemu.wait(0.3)
            except subprocess.TimeoutExpired:
                report = lit and REPORT.search(read_log(log))
        if not lit:
            return qemu.poll(), []
        report = REPORT.search(read_log(log))
        if not report or qemu.poll() is not None:
            return qemu.poll(), ["QEMU has ended by itself"] if qemu.poll() is not None else []
        return None, screen_problem(Qmp(qmp_path), picture, report)
    finally:
        qemu.kill()
        qemu.wait()
        room.cleanup()
        picture.unlink(missing_ok=True)


def run_row(row, images, log, suites=None, whole=False):
    """Boot one row with SUITES, or those it should have, or the WHOLE; (what is wrong, as sentences; how many cases passed; the QEMU command)."""
    m = machine_of(row, images, "" if whole else suites or suites_of(row), icount=whole and row["loader"] == "pvh")
    lit, command, limit = not m.debug_exit, m.command(), limit_of(row, whole)
    status, wrong = watch(row, command, log, limit, lit)
    text = read_log(log)
    report = REPORT.search(text)
    wrong = problems_in(row, text) + wrong
    if not report and status is None:
        wrong.append(f"time limit of {limit} s passed")
    elif not lit and status != machine.SUCCESS:
        wrong.append(f"exit status {status} instead of {machine.SUCCESS}")
    return wrong, int(report.group(1)) if report else 0, command


def run_bochs(model, images, log):
    """As run_row(): one Bochs machine, whose end is its report."""
    command = [sys.executable, str(ROOT / "tools/bochs.py"), "-c", model, "-m", str(BOCHS_MEMORY), "-t", "600", "-e", "# selftest:",
               "-a", f"console=ttyS0 panic=-1 selftest={BOCHS_SUITES}", images.kernel, images.initramfs()]
    with open(log, "wb") as out:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT).returncode
    text = read_log(log)
    report = REPORT.search(text)
    wrong = problems_in({"machine": "bochs", "firmware": "seabios", "loader": "grubcd", "cpu": model, "memory": f"{BOCHS_MEMORY}M",
                         "cpus": 1, "screen": "std"}, text)
    return wrong + ([f"bochs.py ended with status {status}"] if status else []), int(report.group(1)) if report else 0, command


# ---- the command --------------------------------------------------------------------------------

def jobs_of(args, rows):
    """(name, function of (images, log)) for every row that was asked for."""
    every = []
    for number, row in enumerate(rows):
        whole = args.whole or number % 4 == 3 and row["loader"] == "pvh" and 63 <= MEGABYTES[row["memory"]] < 2048
        every.append((name_of(row) + ("-whole" if whole else ""),
                      lambda images, log, row=row, whole=whole: run_row(row, images, log, whole=whole)))
    for model in BOCHS_MODELS:
        every.append((f"bochs-{model}", lambda images, log, model=model: run_bochs(model, images, log)))
    return [job for job in every if re.search(args.T, job[0])]


def run_job(name, run, images):
    began, log = time.monotonic(), images.dir / f"{name}.log"
    try:
        wrong, passed, command = run(images, log)
    except Exception as error:      # a broken row is a failure, not the end of the others
        wrong, passed, command = [f"{type(error).__name__}: {error}"], 0, []
    print(f"{'not ok' if wrong else 'ok'} {name} ({passed} cases, {time.monotonic() - began:.1f} s)", flush=True)
    if wrong:
        print("\n".join(f"    {line}" for line in wrong))
        print(f"    log: {log}\n    again: make test-matrix T='^{name}$'\n    repeat: {shlex.join(command)}", flush=True)
    return wrong


def show_pairs(rows, covering):
    count, invalid = prove(rows)
    print(f"{len(rows)} rows, of which the first {covering} have all {count} pairs that can meet")
    by_reason = collections.defaultdict(list)
    for ((a, x), (b, y)), reason in invalid.items():
        by_reason[reason].append(f"{x}+{y}")
    for reason, pairs in by_reason.items():
        print(f"  {len(pairs)} pairs cannot: {reason}\n      {' '.join(pairs)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("-T", metavar="PATTERN", default="", help="only rows whose name matches")
    parser.add_argument("-n", metavar="ROWS", type=int, default=220)
    parser.add_argument("--first", metavar="N", type=int, default=0, help="begin at this row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", metavar="N", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="all suites in every row")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    parser.add_argument("--pairs", action="store_true", help="say what is covered and what cannot be, and stop")
    args = parser.parse_args()

    rows, covering = make_rows(args.n, args.seed)
    jobs = jobs_of(args, rows)[args.first:]
    if args.list:
        print("\n".join(name for name, _ in jobs))
        return 0
    show_pairs(rows, covering)
    if args.pairs:
        return 0
    images = Images(args.build.resolve())
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        results = list(pool.map(lambda job: run_job(*job, images), jobs))
    failed = [name for (name, _), wrong in zip(jobs, results) if wrong]
    print(f"{len(jobs) - len(failed)} of {len(jobs)} machines passed")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
