#!/usr/bin/env python3
"""
tools/gendocs.py - fill the generated parts of README.md and docs/ from the real thing

  gendocs.py [--build DIR]          run what has to be run and rewrite the blocks
  gendocs.py [--build DIR] --check  change nothing; fail when a block or the table is out of date

A block stands between the lines `<!-- generated: NAME -->` and `<!-- end -->`:

  transcript    what `make run` shows, from a real boot, with a few commands typed
  notes-table   docs/notes-table.tsv as a table: line of the notes, the command that shows it, file
                and function, test.  Every file, function, program and test it names must exist.

--check does not boot: it looks at everything but the transcript.
"""
import argparse
import pathlib
import re
import sys
import time

sys.dont_write_bytecode = True
import machine
import session

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/notes-table.tsv"
BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.S)
TYPED = ("ls -l / | sort | head -n 4", "cat /proc/self/maps")


# ---- the table of the notes ---------------------------------------------------------------------

def rows():
    """The lines of the table: (note, command, 'file:function', test)."""
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4:
            sys.exit(f"{TABLE}:{number}: {len(fields)} fields instead of 4")
        yield number, [f.strip() for f in fields]


def has_function(path, name):
    """Does the file define NAME: a function, an assembly label, a macro or a structure?"""
    text = path.read_text()
    word = re.escape(name)
    return re.search(rf"^[A-Za-z_][^;\n]*\b{word}\(|^{word}:|^#define {word}\b|^struct {word} \{{",
                     text, re.M)


def has_test(name):
    """kernel/suite.case, user/program or host/program"""
    group, _, rest = name.partition("/")
    if group == "kernel":
        suite, _, case = rest.partition(".")
        wanted = re.compile(rf"\b(?:K|MM_)TEST\({re.escape(suite)},\s*{re.escape(case)}\)")
        return any(wanted.search(p.read_text()) for p in (ROOT / "tests/kernel").glob("*.c"))
    if group == "user":
        return any((ROOT / f"tests/user/{rest}{end}").exists() for end in (".c", ".pie.c"))
    if group == "host":
        return (ROOT / f"tests/host/{rest}.c").exists()
    return group == "session" and rest in session.STEPS


def has_command(command, applets):
    """Every program of the command line is one of ours or an applet of busybox."""
    builtins = {"cd", "echo", "wait", "jobs", "fg", "kill", "while", "for", "[", "ulimit"}
    words = [part.split()[0] for part in re.split(r"[|;&]+", command) if part.split()]
    return all(word == "make" or word in builtins or word in applets or
               (ROOT / f"user/{word}.c").exists() for word in words)


def notes_table(build):
    """The table in Markdown; stops with a list of what it names but does not exist."""
    applets = set(re.findall(rb"bin/([a-z0-9_]+)\0", (build / "initramfs.cpio").read_bytes()))
    applets = {name.decode() for name in applets}
    out = ["| the notes say | see it | read it | test |", "|---|---|---|---|"]
    wrong = []
    for number, (note, command, place, test) in rows():
        path, _, function = place.partition(":")
        if not (ROOT / path).is_file():
            wrong.append(f"{number}: no file {path}")
        elif not has_function(ROOT / path, function):
            wrong.append(f"{number}: no {function} in {path}")
        if not has_test(test):
            wrong.append(f"{number}: no test {test}")
        if not has_command(command, applets):
            wrong.append(f"{number}: no command {command}")
        shown = command.replace("|", "\\|")
        out.append(f"| {note} | `{shown}` | [{path}]({path}) `{function}` | `{test}` |")
    if wrong:
        sys.exit("\n".join(f"{TABLE.relative_to(ROOT)}:{w}" for w in wrong))
    return "\n".join(out)


# ---- the transcript -----------------------------------------------------------------------------

def transcript(build):
    """Boot as `make run` does, type a few commands, and return what the terminal showed."""
    m = machine.Machine(str(build / "quire.elf"), str(build / "initramfs.cpio"), reboot=True,
                        debug_exit=False)
    with open(build / "transcript.log", "wb") as log:
        t = session.Terminal(m.command(), log, time.monotonic() + 120)
        prompt = r"^[^\n]*[#$] \Z"
        try:
            screen = t.expect(prompt)
            for line in TYPED:
                t.type(line + "\n")
                screen += t.expect(prompt)
            t.type("poweroff\n")
            while t.read(10):
                pass
            screen += t.text
        finally:
            t.close()
    lines = [line.rstrip() for line in screen.strip("\n").split("\n")]
    return "\n".join(["```", "$ make run"] + shorten(lines) + ["```"])


def shorten(lines, keep=3):
    """The kernel's own messages, when they are many, become their beginning and end."""
    log = [i for i, line in enumerate(lines) if re.match(r"\[ *\d+\.\d+\]", line)]
    run = [i for n, i in enumerate(log) if i == log[0] + n] if log else []
    if len(run) <= 2 * keep:
        return lines
    return lines[:run[keep]] + [f"    ... {len(run) - 2 * keep} more lines ..."] + lines[run[-keep]:]


# ---- the blocks ---------------------------------------------------------------------------------

MAKERS = {"transcript": transcript, "notes-table": notes_table}


def main():
    parser = argparse.ArgumentParser(description="fill the generated parts of the documents")
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    made, stale = {}, []

    def fill(match):
        name = match.group(2)
        if name not in MAKERS:
            sys.exit(f"gendocs: nothing makes {name!r}")
        if args.check and name == "transcript":
            return match.group(0)
        if name not in made:
            made[name] = MAKERS[name](args.build)
        return f"{match.group(1)}{made[name]}\n{match.group(3)}"

    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if not page.exists():
            continue
        old = page.read_text()
        new = BLOCK.sub(fill, old)
        if new == old:
            continue
        stale.append(str(page.relative_to(ROOT)))
        if not args.check:
            page.write_text(new)
    if args.check and stale:
        sys.exit(f"gendocs: out of date, run make docs: {' '.join(stale)}")
    print("1..1\nok 1 - generated parts of the documents" if args.check else
          f"gendocs: {len(stale)} pages changed")


main()
