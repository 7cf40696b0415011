#!/usr/bin/env python3
"""
Break mm/ on purpose and see that a test notices.

Each tests/mutants/NAME.patch puts one fault into mm/; its first line says which.  In a copy of the
tree the fault is applied, the host programs are built again, and one of them must fail: first calls
against the model (tests/host/refine.c), then the suites of tests/host.

  tools/mutants.py --build build                 all of them
  tools/mutants.py --build build --sample 4      some; others tomorrow
  tools/mutants.py --build build --check         do all patches apply?
  tools/mutants.py --build build NAME...         these

Prints TAP; ends with 1 if a fault was not noticed.
"""
import argparse
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATCHES = ROOT / "tests/mutants"
# What the host programs are built from.
SOURCES = ["Makefile", "mm", "kernel", "include", "arch/x86_64/include", "tests/host", "tests/asm_contract.c"]
# Calls against the model, a few first (and before them the stored inputs).
MODEL_RUNS = ["-f 256 -n 20000 -s 1", "-f 4096 -n 60000 -s 1000 -k 8", "-f 4096 -a -n 60000 -s 2000 -k 8",
              "-f 256 -n 150000 -s 3000"]
LIMIT = 120     # seconds for one program: a kernel that never returns is noticed too


def apply(tree, patch, *options):
    command = ["patch", "-p1", "-s", "-f", *options, "-d", str(tree), "-i", str(patch)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def what(patch):
    return patch.read_text().split("\n", 1)[0]


def files_of(patch):
    return [line[6:].strip() for line in patch.read_text().splitlines() if line.startswith("+++ b/")]


class Tree:
    """A copy of the sources with objects of its own."""

    def __init__(self, build):
        self.root = (build / "mutants").resolve()
        self.log = self.root / "log"
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        for name in SOURCES:
            source, target = ROOT / name, self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy2(source, target)
        if build.resolve() == ROOT / "build":   # objects made already, by the same names
            for kind in ("host", "model"):
                if (build / "obj" / kind).is_dir():
                    shutil.copytree(build / "obj" / kind, self.root / "build/obj" / kind)
            if (build / ".flags").exists():
                shutil.copy2(build / ".flags", self.root / "build/.flags")

    def make(self, target):
        with open(self.log, "a") as log:
            # -o: a fault may cause warnings, and the flags of the objects made already do not matter
            command = ["make", f"-j{os.cpu_count()}", "-C", str(self.root), "-o", "build/.flags",
                       "BUILD=build", "WERROR=", target]
            return subprocess.run(command, stdout=log, stderr=log).returncode == 0

    def fails(self, *command):
        """Does the program notice?  Its last line, or None."""
        command = [str(word) for word in command]
        try:
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", timeout=LIMIT, cwd=self.root)
        except subprocess.TimeoutExpired:
            return "never ends"
        if run.returncode == 0:
            return None
        lines = [line for line in run.stdout.splitlines() if line.strip()]
        for line in lines:
            if line.startswith(("NOT REFINED", "panic:", "not ok")) or "rror:" in line:
                return line
        return lines[-1] if lines else f"exit status {run.returncode}"

    def noticed(self):
        """Who notices the fault that is in the tree now, and how; None: nobody."""
        if not self.make("build/model/refine"):
            return "does not compile"
        stored = [f"-f {n} " + " ".join(map(str, (self.root / "tests/host/corpus").glob(f"*.{n}")))
                  for n in (256, 4096)]
        for words in stored + MODEL_RUNS:
            how = self.fails("build/model/refine", *words.split())
            if how:
                return f"model: {how}"
        if not self.make("host-test"):
            return "does not compile"
        for program in sorted((self.root / "build/host").glob("test_*")):
            how = self.fails(program)
            if how:
                return f"{program.name}: {how}"
        return None

    def restore(self, patch):
        for name in files_of(patch):
            shutil.copy(ROOT / name, self.root / name)      # a new time: it is compiled again


def check(patches):
    failures = 0
    print(f"1..{len(patches)}")
    for n, patch in enumerate(patches, 1):
        run = apply(ROOT, patch, "--dry-run")
        failures += run.returncode != 0
        print(f"{'not ok' if run.returncode else 'ok'} {n} - {patch.stem} applies")
        if run.returncode:
            print("# " + run.stdout.strip().replace("\n", "\n# "))
    return failures


def hunt(patches, build):
    tree, failures = Tree(build), 0
    print(f"1..{len(patches)}")
    for n, patch in enumerate(patches, 1):
        begin = time.monotonic()
        run = apply(tree.root, patch)
        how = tree.noticed() if run.returncode == 0 else None
        if how == "does not compile":
            how = None
        tree.restore(patch)
        failures += not how
        seconds = time.monotonic() - begin
        print(f"{'ok' if how else 'not ok'} {n} - {patch.stem}: {what(patch)} ({seconds:.1f} s)")
        print(f"# {how or 'nobody noticed (or it does not build)'}", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    patches = sorted(PATCHES.glob("*.patch"))
    if args.names:
        patches = [patch for patch in patches if patch.stem in args.names]
    if args.check:
        return check(patches)
    if args.sample:
        first = datetime.date.today().toordinal() * args.sample % len(patches)
        patches = (patches + patches)[first:first + args.sample]
    return hunt(patches, args.build)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
