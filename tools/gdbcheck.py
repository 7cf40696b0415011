"""
tools/gdbcheck.py - the commands of tools/gdb against the kernel's own snapshot

The guest runs tests/user/zoo, which stops; then the port is asked for a snapshot.  gdb stops the kernel
when the snapshot is cut and not yet sent (snap_end), runs every command, and lets go.  So both speak of
the same moment.  compare() takes gdb's lines apart and looks each of them up in the snapshot; why has
no line there, and is compared with a table and with the kernel's own `why`.
"""
import json
import re
import shutil
import subprocess

import snapshot

INIT = """#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mkdir -p /tmp
zoo hold >/tmp/said &
until grep -q "^State:.T" /proc/$!/status 2>/dev/null; do :; done
cat /tmp/said
sleep 100000
"""

ZOO, CAGE, PAGE = 0x100000000, 0x200000, 4096
ZONES = ("DMA", "DMA32", "Normal")
# What gdb cannot tell from struct page alone: the snapshot asks the owners.
KERNELS = {"kernel": ("kernel", "stack", "vmalloc", "ring", "kept_table"), "table": ("table", "kept_table"),
           "none": ("none",)}

# cage, page in it, then the outcome of a read, a write, an execution (tests/user/zoo.c), by the parent
EXPECTED = (
    (0, 0, "no_fault wp_reuse segv_accerr"),                    # the child has a copy: nobody else has this one
    (0, 1, "no_fault no_fault segv_accerr"),                    # copied by the parent
    (0, 5, "no_fault wp_copy segv_accerr"),                     # shared with the child
    (0, 7, "no_fault wp_copy segv_accerr"),                     # the zero page
    (0, 9, "anon_read_zero_page anon_zero segv_accerr"),        # never touched
    (0, 16, "segv_maperr segv_maperr segv_maperr"),             # behind the area
    (1, 4, "no_fault segv_accerr segv_accerr"),                 # read-only by mprotect
    (1, 8, "segv_accerr segv_accerr segv_accerr"),              # PROT_NONE, with a page
    (2, 0, "segv_accerr segv_accerr segv_accerr"),              # PROT_NONE, never touched
    (5, 0, "no_fault wp_copy no_fault"),                        # executable
    (5, 3, "segv_maperr segv_maperr segv_maperr"),              # the hole
    (5, 9, "anon_read_zero_page anon_zero anon_read_zero_page"),    # given back
    (8, 0, "no_fault no_fault segv_accerr"),                    # MADV_DONTFORK: nobody shares it
    (14, 0, "anon_read_zero_page anon_zero segv_accerr"),       # MAP_GROWSDOWN
    (14, -1, "anon_read_zero_page anon_zero segv_accerr"),               # below it
    (16, 2, "no_fault no_fault segv_accerr"),                   # a file, shared
    (16, 6, "file_read file_shared segv_accerr"),               # a hole of the file
    (17, 0, "no_fault segv_accerr segv_accerr"),                # read-only
    (17, 5, "file_read segv_accerr segv_accerr"),               # the file's last page, not touched through here
    (17, 6, "sigbus segv_accerr segv_accerr"),                  # behind the end of the file
    (18, 1, "no_fault wp_copy segv_accerr"),                    # private: the file's page
    (18, 3, "no_fault wp_copy segv_accerr"),                    # private: its own, and the child's
    (18, 7, "file_read file_cow segv_accerr"),
)
OTHERS = ((0, "segv_maperr segv_maperr segv_maperr"), (0x7ffffffff000, "segv_maperr segv_maperr segv_maperr"),
          (0xffff888000000000, "segv_maperr segv_maperr segv_maperr"),
          (1 << 60, "general_protection general_protection general_protection"),
          (0x402000, "no_fault segv_accerr no_fault"))


def missing():
    """What to install, or None."""
    if not shutil.which("gdb"):
        return "gdb is not installed: apt-get install gdb"
    run = subprocess.run(["gdb", "-nx", "-batch", "-ex", "python print(6 * 7)"], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, check=False)
    return None if "42" in run.stdout else "this gdb has no Python: apt-get install gdb"


def addresses():
    """Where pagewalk looks: every page of the zoo, the program, the stack, holes, the kernel's own."""
    user = [ZOO + cage * CAGE + page * PAGE for cage in range(20) for page in range(-2, 17)]
    return user + [0x400000 + i * PAGE for i in range(12)] + [0x7fffffffe000, 0x7fffffff0000, 0, 0x7ffff7ffd000]


def asked():
    """Where gdb's why and the kernel's are asked about the child, which is stopped as well."""
    return addresses()[::2] + [0x7ffffffdd000, 0x7fffff000000, 0x7ffff7ff9000, 0xffff888000001000, 1 << 60]


def expectations():
    """(address, outcomes) of why"""
    return [(ZOO + cage * CAGE + page * PAGE, words) for cage, page, words in EXPECTED] + list(OTHERS)


def script(root, gdb_socket, pids):
    """gdb's commands.  The answer of each follows a line "@@ COMMAND"."""
    return f"""
set pagination off
set width 0
source {root}/tools/gdb/quire.py
target remote {gdb_socket}
tbreak snap_end
python
def ask(command):
    print("@@ " + command)
    try:
        gdb.execute(command)
    except gdb.error as error:
        print("error: " + str(error))
print("@@ ready", flush=True)
gdb.execute("continue")
for command in ("ps", "buddy -v", "buddy", "slab", "ps 1", "buddy -x", "vmmap 31999", "vmmap 0", "page 99999999",
                "page x y", "pagewalk", "pagewalk 0x1000000000000000", "why nonsense+",
                "slab no-such-cache", "why 0 w r"):
    ask(command)
caches = kernel.list_of(kernel.variable("caches", "mm/slab.c"), "struct kmem_cache", "list")
for cache in [c["name"].string() for c in caches]:
    ask("slab " + cache)
for pid in (1, {pids[0]}, {pids[1]}):
    ask(f"vmmap {{pid}}")
    for address in {addresses()!r}:
        ask(f"pagewalk {{address:#x}} {{pid}}")
for address in {[a for a, _ in expectations()]!r}:
    ask(f"why {{address:#x}} {pids[0]}")
for address in {asked()!r}:
    ask(f"why {{address:#x}} {pids[1]}")
ask("pagewalk &init_task")
ask("print $task({pids[0]})->pid")
for pfn in [*range(0, int(kernel.variable("max_pfn")), 97), *kernel_frames({pids[0]})]:
    ask(f"page {{pfn}}")
print("@@ end", flush=True)
end
detach
""".replace("python\ndef ask", """python
import kernel
def kernel_frames(pid):
    found = []
    mm = kernel.mm_of(kernel.find_task(pid))
    for address in ADDRESSES:
        for level, frame, _, entry in kernel.walk(kernel.address_of(mm["pgd"]), address):
            found.append(frame)
        if entry & 0x101 and level == 1:
            found.append((entry & kernel.PFN_MASK) >> 12)
    return sorted(set(found))
def ask""".replace("ADDRESSES", repr(addresses())), 1)


def answers(text):
    """{command: its lines}"""
    parts = re.split(r"^@@ (.*)\n", text, flags=re.M)
    return {command: body.rstrip("\n").split("\n") if body.strip() else []
            for command, body in zip(parts[1::2], parts[2::2])}


# ---- each command -----------------------------------------------------------------------------------------------

def told_tasks(lines):
    for line in lines[1:]:
        pid, tgid, ppid, state, cpu, mm, borrowed, rest = line.split(None, 7)
        yield {"tid": int(pid), "tgid": int(tgid), "ppid": int(ppid), "state": state, "cpu": int(cpu),
               "mm": 0 if mm == "-" else int(mm), "borrowed": 0 if borrowed == "-" else int(borrowed),
               "comm": rest.rsplit(None, 1)[0].rstrip()}


def check_ps(lines, snap, check):
    told = {t["tid"]: t for t in told_tasks(lines)}
    check(set(told) == set(snap.tasks), f"ps: {sorted(set(told) ^ set(snap.tasks))} are on one side only")
    for tid, task in snap.tasks.items():
        want = {f: task[f] for f in ("tid", "tgid", "ppid", "state", "cpu", "mm", "comm")}
        want["borrowed"] = 0 if task["mm"] else task["active_mm"]
        check(told.get(tid) == want, f"ps: {told.get(tid)} instead of {want}")


def check_vmmap(lines, snap, mm, check):
    told = []
    for line in lines[1:]:
        place, perms, flags, pgoff, ino, _, *name = line.strip().split(None, 6)
        start, end = place.split("-")
        told.append((int(start, 16), int(end, 16), perms, int(flags, 16), int(pgoff, 16), int(ino), "".join(name)))
    want = [(v["s"], v["e"], "".join(c if v["f"] & b else "-" for c, b in zip("rwx", (1, 2, 4))) +
             ("s" if v["f"] & 0x80 else "p"), v["f"], v["pgoff"], v["ino"], v["name"]) for v in snap.vmas[mm]]
    check(told == want, f"vmmap of mm {mm}: {[p for p in zip(told, want) if p[0] != p[1]][:2] or len(told)}")


def check_walk(lines, snap, mm, address, check):
    """Each level that gdb shows is in the snapshot's table, and so is where it ends."""
    found = [re.match(r"\w+ level (\d) table (\d+) index +(\d+) entry (\w{16})", line) for line in lines]
    told = [(int(m[1]), int(m[2]), int(m[3]), int(m[4], 16)) for m in found if m]
    want = []
    for level in range(snap.begin["levels"], 0, -1):
        shift = 12 + 9 * level
        table = snap.tables.get((mm, level, address >> shift << shift if level < snap.begin["levels"] else 0))
        if table is None:
            break
        index = address >> (shift - 9) & 511
        want.append((level, table["pfn"], index, table["ents"].get(index, 0)))
    check(told == want, f"pagewalk {address:#x} of mm {mm}: {told} instead of {want}")
    entry = want[-1][3]
    mapped = len(want) == snap.begin["levels"] and entry & 1
    end = f"frame {(entry & snapshot.PFN) >> 12}" if mapped else "is not mapped"
    check(lines[-1].endswith(end), f"pagewalk {address:#x}: ends with {lines[-1]!r}, not {end!r}")


def check_page(lines, snap, pfn, check):
    run, text = snap.frame(pfn), "\n".join(lines)
    if run["use"] == "none":
        return check("no memory" in text, f"page {pfn}: {text!r}, but there is none")
    use = re.search(r"^use (\w+): (.*)$", text, re.M)
    flags = re.search(r"^flags (\w+):", text, re.M)
    counts = re.search(r"^references (-?\d+), entries that map it (-?\d+)$", text, re.M)
    if not (use and flags and counts):
        return check(False, f"page {pfn}: {text!r}")
    check(run["use"] in KERNELS.get(use[1], (use[1],)), f"page {pfn}: {use[1]} instead of {run['use']}")
    if run["use"] == "free":        # only the first frame of a block is told
        want = f"in a free block of order {run['order']} from"
        return check(use[2].startswith(want), f"page {pfn}: {use[2]!r} instead of {want!r}")
    check((int(flags[1], 16), int(counts[1]), int(counts[2])) == (run["flags"], run["ref"], run["map"]),
          f"page {pfn}: {flags[1]} {counts[1]} {counts[2]} instead of {run}")
    of_file = f"inode {run['mapping']}, page {run['index']} "
    more = {"anon": f"index {run['index']:x}", "table": f"of mm {run['mapping']},", "file": of_file, "shmem": of_file}
    if run["use"] in more:
        check(more[run["use"]] in use[2], f"page {pfn}: {use[2]!r} instead of {more[run['use']]!r}")
    return None


def check_buddy(lines, short, snap, check):
    told = {}
    for line in lines:
        m = re.match(r"(\w+) (order|CPU) (\d+) frames (.*)$", line)
        if m:
            told[ZONES.index(m[1]), m[2], int(m[3])] = [int(pfn) for pfn in m[4].split()]

    def zone_number(zone):
        return ZONES.index(zone) if isinstance(zone, str) else zone
    want = {(zone_number(zone), "order", order): pfns for (zone, order), pfns in snap.buddy.items() if pfns}
    want.update({(zone_number(zone), "CPU", cpu): pfns for (zone, cpu), pfns in snap.pcp.items() if pfns})
    for key in sorted(set(told) | set(want)):
        check(sorted(told.get(key, [])) == sorted(want.get(key, [])), f"buddy: {key} differs")
    counts = {ZONES.index(m[1]): [int(n) for n in m[2].split()] for m in
              (re.match(r"(\w+) +((?:\d+ +){11}\d+)$", line) for line in short) if m}
    for zone in range(3):
        orders = [len(want.get((zone, "order", order), [])) for order in range(11)]
        check(counts.get(zone) == orders + [sum(n << order for order, n in enumerate(orders))], f"buddy: zone {zone}")


def check_slab(told, snap, check):
    rows = {}
    for line in told["slab"][1:]:
        name, *numbers = line.split()
        rows[name] = [int(n) for n in numbers]
    check(set(rows) == set(snap.slabs), f"slab: {set(rows) ^ set(snap.slabs)}")
    for name, cache in snap.slabs.items():
        want = [cache[f] for f in ("size", "per", "order", "active", "total")] + [len(cache["slabs"])]
        check(rows.get(name, [0])[1:] == want, f"slab {name}: {rows.get(name)} instead of {want}")
        slabs = {}
        for line in told.get(f"slab {name}", []):
            m = re.match(r"slab at frame (\d+): (\d+) of \d+ off its list; free ([\d ]+|none); "
                         r"in a CPU's array ([\d ]+|none)$", line)
            free = sum(1 << int(n) for part in m.groups()[2:] if part != "none" for n in part.split())
            slabs[int(m[1])] = (int(m[2]), free)
        check(slabs == cache["slabs"], f"slab {name}: the slabs differ")


def check_why(told, pid, check):
    for address, words in expectations():
        lines = told.get(f"why {address:#x} {pid}", [])
        found = outcomes(lines)
        check(found == words.split(), f"why {address:#x}: {found} instead of {words}; {lines}")


def outcomes(lines):
    return [line.rsplit(" ", 1)[1] for line in lines if re.match(r"(read|write|execute) ", line)]


def check_why_kernel(told, pid, line, check):
    """The kernel's own answer to the same questions, from a table that gdb does not know."""
    for address in asked():
        theirs = [line.ask(f"why {pid} {address:x} {kind}").get("outcome") for kind in "rwx"]
        ours = outcomes(told.get(f"why {address:#x} {pid}", []))
        check(ours == theirs, f"why {address:#x}: gdb says {ours}, the kernel {theirs}")


COMPLAINTS = {"ps 1": "usage", "buddy -x": "usage", "vmmap 31999": "no task 31999", "vmmap 0": "no address space",
              "page 99999999": "memory ends before", "page x y": "usage", "pagewalk": "usage",
              "pagewalk 0x1000000000000000": "not canonical", "why nonsense+": "",
              "slab no-such-cache": "no cache is called",
              "why 0 w r": "usage"}


def compare(text, snap, pids, check):
    """All that gdb said against the snapshot of the same moment."""
    told = answers(text)
    check("end" in told, "gdb did not come to the end")
    check_ps(told.get("ps", []), snap, check)
    for pid in (1, *pids):
        mm = snap.tasks[pid]["mm"]
        check_vmmap(told.get(f"vmmap {pid}", []), snap, mm, check)
        for address in addresses():
            check_walk(told.get(f"pagewalk {address:#x} {pid}", ["nothing"]), snap, mm, address, check)
    pages = [command for command in told if re.fullmatch(r"page \d+", command) and command not in COMPLAINTS]
    check(len(pages) > 500, f"only {len(pages)} frames were looked at")
    for command in pages:
        check_page(told[command], snap, int(command.split()[1]), check)
    check_buddy(told.get("buddy -v", []), told.get("buddy", []), snap, check)
    check_slab(told, snap, check)
    check_why(told, pids[0], check)
    for command, words in COMPLAINTS.items():
        lines = told.get(command, ["nothing"])
        check(lines[0].startswith("error: ") and words in lines[0] and "Traceback" not in "".join(lines),
              f"{command}: said {lines[:2]}")
    kernel_walk = told.get("pagewalk &init_task", [""])
    found = re.search(r"is physical 0x\w+, frame (\d+)$", kernel_walk[-1])
    check(found and len(kernel_walk) == snap.begin["levels"] + 1 and
          snap.frame(int(found[1]))["use"] == "reserved", f"pagewalk &init_task: {kernel_walk}")
    check(told.get(f"print $task({pids[0]})->pid", [""])[0].endswith(f" = {pids[0]}"), "$task")


# What docs/debugging.md shows.
FIRST_SESSION = ("ps", "thbreak kernel_clone", "continue", "ps", "vmmap", "why &$task()->mm->brk",
                 "why $task()->mm->start_brk r", "pagewalk $task()->mm->start_stack", "print $task(1)->comm")


def check_first_session(text, check):
    for what, pattern in (
            ("the first stop", r"^Temporary breakpoint 1, start_kernel "), ("the hint", r"^  vmmap \[PID\] "),
            ("the second stop", r"^Temporary breakpoint 2, kernel_clone "),
            ("ps", r"^ +1 +1 +0 R +0 +1 +- init +0x\w+$"), ("vmmap", r"^ +400000-401000 +r--p .* /init$"),
            ("why in the kernel's half", r"^  the kernel's half\nread 0xffff\w+: segv_maperr$"),
            ("why of the heap",
             r"^  area \w+-\w+ rw-p \[heap\]\n.*\n.*\nread 0x\w+: (no_fault|anon_read_zero_page)$"),
            ("pagewalk", r"^PTE level 1 .* present .*\n0x7ffff\w+ is physical 0x\w+, frame \d+$"),
            ("$task", r'^\$1 = "init')):
        check(re.search(pattern, text, re.M), f"make gdb: {what} is not shown")


def read_snapshot(line):
    """The lines that the port sends, up to snap.end."""
    text = []
    while not text or not text[-1].startswith(b'{"k":"snap.end"'):
        got = line.file.readline()
        if not got:
            raise EOFError("the port was closed")
        if text or json.loads(got)["k"] == "snap.begin":
            text.append(got)
    return snapshot.load(b"".join(text))


def play(root, kernel, guest, port, gdb_socket, log, check):
    """GUEST runs; ask the port and gdb about the same moment."""
    import explore
    line = explore.Line(port)
    check(guest.says(r"^@@ zoo \d+ \d+$", 60), "the zoo did not come up")
    pids = [int(p) for p in re.search(r"^@@ zoo (\d+) (\d+)$", guest.text(), re.M).groups()]
    log.with_suffix(".gdb").write_text(script(root, gdb_socket, pids))
    gdb = subprocess.Popen(["gdb", "-nx", "-batch", "-x", str(log.with_suffix(".gdb")), kernel],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = ""
    try:
        for said in gdb.stdout:
            text += said
            if said == "@@ ready\n":
                line.send("snap all")
        gdb.wait(20)
    finally:
        gdb.kill()
        gdb.wait()
        log.with_suffix(".gdb.log").write_text(text)
    snap = read_snapshot(line)
    check(not snapshot.check(snap), f"the snapshot itself: {snapshot.check(snap)[:2]}")
    compare(text, snap, pids, check)
    check_why_kernel(answers(text), pids[1], line, check)
    check(line.ask("hello")["k"] == "hello", "the guest does not go on after gdb has left")
    line.close()
