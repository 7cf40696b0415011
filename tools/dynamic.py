"""
tools/dynamic.py - this machine's own dynamic programs inside Quire

An archive gets bash, coreutils, Lua and a musl program with their loaders and libraries, as the
packages installed here provide them, and tests/dynamic/dynamic.sh, which uses them.  With
norandmaps the areas that the programs find in /proc/self/maps must be those that Linux showed:
address, permissions, offset and name.  What Linux showed is recorded together with a hash of the
files, and compared only for programs that consist of the same files here; of others only the shape
is checked, which no version changes.
"""
import hashlib
import pathlib
import platform
import re
import shutil
import subprocess

import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests/dynamic"
RECORD = ROOT / "tests/user/oracle/dynamic.maps"
PROGRAMS = ("bash", "cat", "ls", "sort", "seq", "wc", "date", "env", "lua5.4")
SHOWN = ("cat", "bash", "lua5.4", "musl")       # whose areas the script prints
STACK_TOP, PIE_BASE = 0x7ffffffff000, 0x555555554000
PAGE = 4096


def possible():
    """Are programs of this machine x86-64 ones?"""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def libraries(program):
    """The loader and the libraries that PROGRAM needs, by their paths here."""
    out = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"(?:^|\s)(/\S+) \(0x", out)


def musl_program(directory):
    """Compile the musl program; its path and that of its loader."""
    out = directory / "dynamic-musl"
    subprocess.run(["musl-gcc", "-O2", "-o", str(out), str(SOURCES / "musl.c")], check=True)
    return str(out), "/lib/ld-musl-x86_64.so.1"


def files(directory):
    """For each program its files: {name: [path, library, ...]}."""
    found = {name: [shutil.which(name), *libraries(shutil.which(name))] for name in PROGRAMS}
    found["musl"] = list(musl_program(directory))
    return found


def make_archive(out, build):
    """The initramfs OUT; returns the files of each program."""
    programs = files(out.parent)
    specs = {f"{build}/tests/run:/init", f"{SOURCES}/dynamic.sh:/tests/dynamic"}
    for name, (program, *needed) in programs.items():
        specs.add(f"{program}:/dyn/{name}")
        specs.update(f"{path}:{path}" for path in needed)
    machine.make_initramfs(out, sorted(specs))
    return programs


def identity(paths):
    """A short hash of the contents of all PATHS."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(pathlib.Path(path).read_bytes()).digest())
    return digest.hexdigest()[:16]


def areas(lines, name):
    """The areas that the script showed of NAME, without device and inode."""
    found = [re.match(rf"# maps {re.escape(name)} (\S+ \S+ \S+) \S+ \d+ *(.*)$", line) for line in lines]
    return [" ".join(m.groups()).strip() for m in found if m]


def record(lines, programs):
    """Keep what Linux showed."""
    text = ["# The areas of dynamic programs on Linux, with norandmaps: make oracle T=dynamic"]
    for name in SHOWN:
        text += ["", f"{name} {identity(programs[name])}", *areas(lines, name)]
    RECORD.write_text("\n".join(text) + "\n")


def recorded(name, programs):
    """What Linux showed of NAME, or None if it was made of other files."""
    for part in RECORD.read_text().split("\n\n")[1:]:
        head, *rest = part.strip().split("\n")
        if head == f"{name} {identity(programs[name])}":
            return rest
    return None


def misshapen(found, paths):
    """What is wrong with the areas of a program made of PATHS, whatever its version; or None."""
    parsed = [(*(int(x, 16) for x in a.split()[0].split("-")), *a.split()[1:]) for a in found]
    named = {}
    for start, end, perms, _, *name in parsed:
        named.setdefault("".join(name), []).append((start, end, perms))
    for path in paths[1:]:
        if not any(p == "r-xp" for *_, p in named.get(path, [])):
            return f"no code of {path}"
    if parsed[0][0] > PIE_BASE or parsed[0][0] < PIE_BASE - (1 << 21):
        return f"the program lies at {parsed[0][0]:x}"
    if not named.get("[heap]"):
        return "no heap"
    if [p for *_, p in named.get("[vvar]", [])] != ["r--p"] or \
       [p for *_, p in named.get("[vdso]", [])] != ["r-xp"]:
        return "no vvar, no vdso"
    vvar, vdso = named["[vvar]"][0], named["[vdso]"][0]
    if (vvar[1] - vvar[0], vdso[1] - vdso[0]) != (4 * PAGE, 2 * PAGE) or vvar[1] != vdso[0]:
        return "vvar and vdso are not side by side"
    if not any(vdso[1] == start for start, *_ in sum((named.get(p, []) for p in paths), [])):
        return "the loader does not follow the vdso"
    if parsed[-1][1] != STACK_TOP or parsed[-1][-1] != "[stack]":
        return "the stack is not at the top"
    return None


def check_areas(lines, programs, check):
    """Count one case for each program whose areas are shown."""
    for name in SHOWN:
        found, expected = areas(lines, name), recorded(name, programs)
        if not found:
            check(False, f"{name}: no areas shown")
        elif expected is None:
            check(not misshapen(found, programs[name]), f"{name}: {misshapen(found, programs[name])}")
        else:
            differ = [f"{a or 'nothing'} instead of {b or 'nothing'}"
                      for a, b in zip(found + [""] * len(expected), expected + [""] * len(found))
                      if a != b]
            check(not differ, f"{name}: {differ[:1]}")
