#!/usr/bin/env python3
"""
tools/gendocs.py - fill the generated parts of README.md and docs/ from the real thing

  gendocs.py [--build DIR]          run what has to be run and rewrite the blocks
  gendocs.py [--build DIR] --check  change nothing; fail when a block or the table is out of date

A block stands between the lines `<!-- generated: NAME -->` and `<!-- end -->`:

  transcript    what `make run` shows, from a real boot, with a few commands typed
  screenshot    docs/images/screen.png, of build/quire.iso in a machine with a UEFI screen and a USB keyboard
  notes-table   docs/notes-table.tsv as a table: line of the notes, the command that shows it, file
                and function, test.  Every file, function, program and test it names must exist.
  events        the kinds of events, from include/uapi/quire/events.h
  bench         docs/bench.json as a table: Quire beside Linux (make bench DOCS=1)
  run COMMAND   what COMMAND prints, typed into one shell that all chapters share (norandmaps)

Every page is also read for what it names, and all of it must exist: the file and the heading behind a link, the
functions in backquotes right after a link to a source file ([mm/mm.c](../../mm/mm.c) `dup_mm`,
`mmput`), tests in backquotes (`kernel/suite.case`, `user/program`, `user/program.case`).  Any other single
word in backquotes in a chapter must occur in some source.

--check boots once, for the `run` blocks, and compares what the commands print now with what the
page says, numbers aside (where busybox is another one, its areas are too: then the blocks only have
to be there).  It looks at everything but the transcript and the screenshot.
"""
import argparse
import json
import pathlib
import re
import sys
import time

sys.dont_write_bytecode = True
import bench
import machine
import screens
import session
import vmload

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/notes-table.tsv"
BLOCK = re.compile(r"(<!-- generated: ([^\n]+) -->\n)(.*?)(<!-- end -->)", re.S)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)((?:(?:,|\s|and)*`[A-Za-z_0-9]+`)*)")
TEST = re.compile(r"`((?:kernel|user|host|session)/[a-z_0-9]+(?:\.[a-z_0-9]+)?)`")
# What the chapters call by a name that is not ours: Linux's, or of tools.
OF_OTHERS = {"mmap_lock", "set_policy", "get_policy", "no5lvl"}
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
    return re.search(rf"^[A-Za-z_][^;\n]*\b{word}\(|^{word}:|^#define {word}\b|^struct {word} \{{|"
                     rf"^[a-z][^;\n(]*\b{word}(?:\[\w*\])? = \{{",
                     text, re.M)


def has_test(name):
    """kernel/suite.case, user/program or host/program"""
    group, _, rest = name.partition("/")
    if group == "kernel":
        suite, _, case = rest.partition(".")
        wanted = re.compile(rf"\b(?:K|MM_|FS_)TEST\({re.escape(suite)},\s*{re.escape(case)}\)|"
                            rf"\b{suite[:4].upper()}_TEST\({re.escape(case)}\)")
        return any(wanted.search(p.read_text()) for p in (ROOT / "tests/kernel").glob("*.c"))
    if group == "user" and "." in rest:
        program, _, case = rest.partition(".")
        source = ROOT / f"tests/user/{program}.c"
        return source.exists() and re.search(rf"\bTEST(?:_LIMIT)?\({re.escape(case)}[,)]", source.read_text())
    if group == "user":
        return any((ROOT / f"tests/user/{rest}{end}").exists() for end in (".c", ".pie.c"))
    if group == "host":
        return (ROOT / f"tests/host/{rest}.c").exists()
    return group == "session" and rest in session.STEPS


def has_command(command, applets):
    """Every program of the command line is one of ours or an applet of busybox."""
    builtins = {"cd", "echo", "exec", "wait", "jobs", "fg", "kill", "while", "for", "[", "ulimit"}
    words = [part.split()[0] for part in re.split(r"[|;]+|(?<![<>])&+", command) if part.split()]
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


# ---- the events ---------------------------------------------------------------------------------

EVENT = re.compile(r'EVENT\(\w+, \w+, \d+, "([^"]+)", ((?:"[^"]*"\s*)+),((?:\s*F\([^)]*\))+)\)')


def events_table(build):
    """The list in events.h as a table: name, fields, what it says."""
    text = (ROOT / "include/uapi/quire/events.h").read_text().replace("\\\n", " ")
    out = ["| event | fields | what it says |", "|---|---|---|"]
    for name, says, fields in EVENT.findall(text):
        says = "".join(re.findall(r'"([^"]*)"', says)).replace("|", "\\|")
        names = ", ".join(f"`{f}`" for f in re.findall(r"F\(\w+, (\w+),", fields))
        out.append(f"| `{name}` | {names} | {says} |")
    if len(out) - 2 != text.count("EVENT(") - text.count(" * EVENT("):
        sys.exit("gendocs: not every event of events.h could be read")
    return "\n".join(out)


def bench_table(build):
    """What the last `make bench DOCS=1` measured."""
    return bench.markdown(json.loads((ROOT / "docs/bench.json").read_text()))


def vmload_table(build):
    """What Linux says after the load of tests/user/vmload.c, and how near an answer must be."""
    return vmload.markdown()


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


# ---- the chapters -------------------------------------------------------------------------------

def run_commands(build, commands):
    """Type the commands into one shell, addresses not by chance; what each of them printed."""
    m = machine.Machine(str(build / "quire.elf"), str(build / "initramfs.cpio"), reboot=True,
                        debug_exit=False, append="console=ttyS0 quiet nokaslr norandmaps")
    out = {}
    with open(build / "chapters.log", "wb") as log:
        t = session.Terminal(m.command(), log, time.monotonic() + 120)
        try:
            t.expect(r"# \Z")
            t.type(session.SET_PROMPT)
            t.expect("\n" + re.escape(session.PROMPT))
            t.shell("stty columns 400")
            for command in commands:
                lines = [line.rstrip() for line in t.shell(command).strip("\n").split("\n")]
                out[command] = "\n".join(["```", f"~ # {command}"] + lines + ["```"])
        finally:
            t.close()
    return out


def same_busybox(build):
    """Is the busybox of this build the one whose areas the documents show?"""
    banner = re.search(r"^BusyBox v[^\n]*?\)", (ROOT / "README.md").read_text(), re.M)
    return banner and banner.group().encode() in (build / "initramfs.cpio").read_bytes()


def masked(text):
    """The text with its numbers, hexadecimal ones too, made equal, and so its columns."""
    text = re.sub(r"\b(?:0x)?[0-9a-f]*[0-9][0-9a-f]*\b", "N", text)
    return re.sub(r"[ \t]+", " ", re.sub(r"\b[0-9]+[KMG]?", "N", text))


def has_heading(path, anchor):
    """Has the page a heading that a link reaches by @anchor, as GitHub makes it?"""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return anchor in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def names_missing(page, text):
    """What the page names and does not exist: files, headings, functions, tests."""
    wrong = []
    for match in LINK.finditer(text):
        target, _, anchor = match.group(1).partition("#")
        if "://" in target:
            continue
        path = page.parent / target if target else page
        if not path.exists():
            wrong.append(f"no file {target}")
        elif path.suffix == ".md" and anchor and not has_heading(path, anchor):
            wrong.append(f"no heading #{anchor} in {path.name}")
        elif path.suffix in (".c", ".h", ".asm"):
            wrong += [f"no {name} in {target}" for name in re.findall(r"`(\w+)`", match.group(2))
                      if not has_function(path, name)]
    wrong += [f"no test {name}" for name in TEST.findall(text)
              if not name.endswith((".c", ".h", ".asm")) and not has_test(name)]
    return [f"{page.relative_to(ROOT)}: {w}" for w in wrong]


def words_of_sources():
    """Every word of the kernel, its programs and tests."""
    words = set()
    for path in ROOT.glob("**/*"):
        if path.suffix in (".c", ".h", ".asm", ".ld", ".py") and "build" not in path.parts:
            words.update(re.findall(r"\w+", path.read_text(errors="replace")))
    return words


def names_unknown(page, text, words):
    """What a chapter calls by a name (in backquotes, outside of transcripts) that no source has."""
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return [f"{page.relative_to(ROOT)}: no source says {name}"
            for name in re.findall(r"`([A-Za-z_]\w+)`", text)
            if name not in words and name not in OF_OTHERS]


def all_pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


# ---- the blocks ---------------------------------------------------------------------------------

MAKERS = {"transcript": transcript, "notes-table": notes_table, "events": events_table,
          "bench": bench_table, "vmload": vmload_table, "screenshot": screens.screenshot}


def main():
    parser = argparse.ArgumentParser(description="fill the generated parts of the documents")
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    texts = {page: page.read_text() for page in all_pages()}
    commands = [name[4:] for text in texts.values() for _, name, _, _ in BLOCK.findall(text)
                if name.startswith("run ")]
    made = {f"run {c}": shown for c, shown in run_commands(args.build, commands).items()}
    stale, wrong, words = [], [], words_of_sources()
    comparable = same_busybox(args.build)

    def fill(match):
        head, name, old, end = match.groups()
        if args.check and name in ("transcript", "screenshot"):
            return match.group(0)
        if name not in made:
            if name not in MAKERS:
                sys.exit(f"gendocs: nothing makes {name!r}")
            made[name] = MAKERS[name](args.build)
        if args.check and name.startswith("run ") and old.startswith("```") and (
                not comparable or masked(old) == masked(made[name] + "\n")):
            return match.group(0)
        return f"{head}{made[name]}\n{end}"

    for page, old in texts.items():
        new = BLOCK.sub(fill, old)
        wrong += names_missing(page, new)
        if page.parent.name == "book":
            wrong += names_unknown(page, new, words)
        if new == old:
            continue
        stale.append(str(page.relative_to(ROOT)))
        if not args.check:
            page.write_text(new)
    if wrong:
        sys.exit("\n".join(wrong))
    if args.check and stale:
        sys.exit(f"gendocs: out of date, run make docs: {' '.join(stale)}")
    print("1..1\nok 1 - generated parts of the documents" if args.check else
          f"gendocs: {len(stale)} pages changed")


main()
