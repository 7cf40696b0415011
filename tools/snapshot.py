#!/usr/bin/env python3
"""
tools/snapshot.py - read a snapshot (/proc/quire/snapshot, the port's `snap`) and check it by itself

load(text) parses the lines and refuses what is torn; a Snapshot has the state as dictionaries.
check(snapshot) recomputes from one part what another part says: sums from areas, mapcounts from
tables, the reverse map from the tables, free frames from the buddies' lists.  It shares no code with
the kernel, and knows the form from docs/snapshot.md alone.

    tools/snapshot.py FILE...       check files; - is standard input
"""
import bisect
import json
import sys
import zlib

PAGE = 4096
PRESENT, RW, USER, ACCESSED, DIRTY, PSE, PROTNONE, SPECIAL = 1, 2, 4, 0x20, 0x40, 0x80, 0x100, 0x200
NONLINEAR = 0x80                        # in an entry that is not present
PFN = 0x000ffffffffff000
GAP_LARGE, GUARD_GAP = 1 << 44, 256 * PAGE
NX = 1 << 63
VM_READ, VM_WRITE, VM_EXEC, VM_SHARED, VM_MAYWRITE, VM_MAYSHARE, VM_GROWSDOWN = 1, 2, 4, 8, 0x20, 0x80, 0x100
VM_PFNMAP, VM_LOCKED, VM_IO, VM_DONTEXPAND, VM_NONLINEAR = 0x400, 0x2000, 0x4000, 0x40000, 0x800000
PG_DIRTY, PG_BUDDY, PG_SLAB, PG_TABLE, PG_SWAPBACKED, PG_MLOCKED, PG_PCP = [1 << n for n in (3, 7, 8, 9, 11, 12, 14)]
PG_RESERVED = 1 << 6
PG_LRU, PG_ACTIVE, PG_WRITEBACK, PG_UNEVICTABLE = [1 << n for n in (4, 5, 13, 17)]
# Flags that go with a use, and with no other.
FLAGS_OF = {"free": PG_BUDDY, "pcp": PG_PCP, "slab": PG_SLAB, "table": PG_TABLE, "kept_table": PG_TABLE,
            "reserved": PG_RESERVED, "zero": PG_RESERVED}

# The kinds in the order of their lines, each with its fields.
KINDS = {
    "snap.begin": "version build t seq cpus levels page_size max_pfn mask what",
    "snap.cpu": "cpu tid told cr3 mm lazy",
    "snap.task": "tid tgid ppid comm mm active_mm state cpu muted",
    "snap.mm": "mm pgd mmap rb_root users count mmlist mmap_sem map_count vmacache_seqnum nr_ptes nr_tables "
               "total_vm locked_vm pinned_vm shared_vm exec_vm stack_vm data_vm hiwater_rss hiwater_vm rss "
               "mmap_base mmap_legacy_base task_size highest_vm_end code data brk stack arg env auxv flags "
               "def_flags cpus exe pkeys execute_only_pkey binfmt get_unmapped_area",
    "snap.vma": "mm s e f prot pgoff ino name av avc pins gap rb",
    "snap.av": "id root parent vmas children refs list",
    "snap.pt": "mm level va pfn ents",
    "snap.page": "pfn n use order flags ref map mlock mapping index",
    "snap.rmap": "pfn at",
    "snap.buddy": "zone order pfns",
    "snap.pcp": "zone cpu order pfns",
    "snap.slab": "cache size per order active total kept slabs",
    "snap.file": "ino path nrpages pages i_mmap nonlinear writable",
    "snap.swap": "total slots",
    "snap.vmstat": None,
    "snap.end": "lines crc32",
}
ORDER = {kind: i for i, kind in enumerate(KINDS)}
ORDER["snap.pcp"] = ORDER["snap.buddy"]         # zone by zone


def has_file(ino, flags):
    """Has an area a file?  Not all have an inode number: the first System V segment's is its id, 0.  But what is shared has one."""
    return ino or flags & VM_MAYSHARE


def slot_of(raw):
    """The slot of swap that an entry names (area << 50 | slot), or None."""
    if raw and not raw & (PRESENT | PROTNONE | NONLINEAR):
        return (raw >> 9 & 31) << 50 | raw >> 14
    return None


def numbers(record, names):
    """The hexadecimal strings of RECORD (and lists of them) become numbers."""
    for name in names.split():
        value = record[name]
        record[name] = [int(v, 16) for v in value] if isinstance(value, list) else \
            None if value is None else int(value, 16)


def runs(entries):
    """Of snap.pt: (index, raw) for each entry; a run's pfns rise by one."""
    for entry in entries:
        first, n, raw = entry[0], entry[1] if len(entry) == 3 else 1, int(entry[-1], 16)
        for i in range(n):
            yield first + i, raw + i * PAGE


def whole(lines):
    """LINES (bytes, without their newlines) as objects, and what the last of them finds missing, as texts."""
    found, wrong = [json.loads(line) for line in lines], []
    end = found[-1] if found else {}
    if end.get("k") != "snap.end" or end.get("lines") != len(lines) - 1:
        wrong.append(f"{len(lines) - 1} lines, and the end says {end}")
    crc = zlib.crc32(b"".join(line + b"\n" for line in lines[:-1]))
    if end.get("crc32") != f"{crc:08x}":
        wrong.append(f"the crc is {crc:08x}, and the end says {end.get('crc32')}")
    return found, wrong


class Snapshot:
    """The state at one moment.

    begin, end      the first and the last line
    cpus            number: line;  tasks  tid: line;  mms  id: line
    vmas            mm: its areas in order, addresses and flags as numbers
    avs             id: line
    tables          (mm, level, first address served): {"pfn", "ents": {index: raw entry}}
    runs            snap.page lines in order; frame(pfn) finds the one of a frame
    rmap            pfn: [(mm, address), ...]
    buddy           (zone, order): pfns;  pcp  (zone, cpu): pfns
    slabs           cache: line, slabs as {pfn: (inuse, free bitmap)}
    files           lines (an inode number may appear twice: file systems count for themselves)
    slots           of swap that are in use: {entry: (references, frame in the swap cache or 0, unwritten)}
    vmstat          name: number
    """

    def __init__(self):
        self.begin = self.end = None
        self.cpus, self.tasks, self.mms, self.vmas, self.avs = {}, {}, {}, {}, {}
        self.tables, self.runs, self.starts, self.rmap = {}, [], [], {}
        self.buddy, self.pcp, self.slabs, self.files, self.vmstat = {}, {}, {}, [], {}
        self.slots, self.total_swap = {}, 0

    # one method for each kind of line

    def snap_begin(self, r):
        numbers(r, "mask")
        self.begin = r

    def snap_cpu(self, r):
        self.cpus[r["cpu"]] = r

    def snap_task(self, r):
        self.tasks[r["tid"]] = r

    def snap_mm(self, r):
        numbers(r, "mmap rb_root mmap_base mmap_legacy_base task_size highest_vm_end code data brk stack arg env "
                   "flags def_flags cpus pkeys")
        r["auxv"] = [(kind, int(value, 16)) for kind, value in r["auxv"]]
        self.mms[r["mm"]] = r
        self.vmas[r["mm"]] = []

    def snap_vma(self, r):
        numbers(r, "s e f prot gap")
        if r["rb"]:
            left, right, colour, gap = r["rb"]
            r["rb"] = (left and int(left, 16), right and int(right, 16), colour, int(gap, 16))
        self.vmas[r["mm"]].append(r)

    def snap_av(self, r):
        r["list"] = [(mm, int(s, 16)) for mm, s in r["list"]]
        self.avs[r["id"]] = r

    def snap_pt(self, r):
        self.tables[r["mm"], r["level"], int(r["va"], 16)] = {"pfn": r["pfn"], "ents": dict(runs(r["ents"]))}

    def snap_page(self, r):
        numbers(r, "flags index")
        self.runs.append(r)
        self.starts.append(r["pfn"])

    def snap_rmap(self, r):
        self.rmap[r["pfn"]] = [(mm, int(va, 16)) for mm, va in r["at"]]

    def snap_buddy(self, r):
        self.buddy[r["zone"], r["order"]] = r["pfns"]

    def snap_pcp(self, r):
        self.pcp[r["zone"], r["cpu"]] = r["pfns"]

    def snap_slab(self, r):
        r["slabs"] = {pfn: (inuse, int(free, 16)) for pfn, inuse, free in r["slabs"]}
        self.slabs[r["cache"]] = r

    def snap_file(self, r):
        r["i_mmap"] = [(mm, int(s, 16), last) for mm, s, last in r["i_mmap"]]
        r["nonlinear"] = [(mm, int(s, 16)) for mm, s in r["nonlinear"]]
        self.files.append(r)

    def snap_swap(self, r):
        self.slots = {int(entry, 16): rest for entry, *rest in r["slots"]}
        self.total_swap = r["total"]

    def snap_vmstat(self, r):
        self.vmstat = {name: value for name, value in r.items() if name != "k"}

    def snap_end(self, r):
        self.end = r

    # questions

    @property
    def what(self):
        return self.begin["what"]

    def frame(self, pfn):
        """What is known of a frame: its run, with the index that is the frame's own.  None: not told."""
        i = bisect.bisect_right(self.starts, pfn) - 1
        if i < 0 or pfn >= self.starts[i] + self.runs[i]["n"]:
            return None
        run = dict(self.runs[i])
        if run["use"] in ("anon", "file", "shmem"):
            run["index"] += pfn - run["pfn"]
        run["pfn"], run["n"] = pfn, 1
        return run

    def tables_of(self, mm):
        return {key[1:]: table for key, table in self.tables.items() if key[0] == mm}

    def ptes(self, mm):
        """Address: raw entry, for every entry of a last-level table that is not none."""
        return {va + i * PAGE: raw for (level, va), table in self.tables_of(mm).items() if level == 1
                for i, raw in table["ents"].items()}

    def vma_at(self, mm, addr):
        areas = self.vmas.get(mm, [])
        i = bisect.bisect_right([v["s"] for v in areas], addr) - 1
        return areas[i] if i >= 0 and addr < areas[i]["e"] else None

    def count(self, *uses):
        """Frames that are used so."""
        return sum(r["n"] for r in self.runs if r["use"] in uses)

    def is_still(self, mm):
        """Nobody is in the middle of changing it, and it is not going away: sums hold."""
        return self.mms[mm]["mmap_sem"] >= 0 and self.mms[mm]["users"] > 0


def names_page(raw):
    """Does an entry hold a mapcount?"""
    return bool(raw & (PRESENT | PROTNONE)) and not raw & SPECIAL


def load(text):
    """A Snapshot from its lines (str or bytes).  ValueError: torn, or not of this form."""
    data = text.encode() if isinstance(text, str) else bytes(text)
    lines = data.splitlines(keepends=True)
    if not lines:
        raise ValueError("empty")
    records, wrong = whole([line.removesuffix(b"\n") for line in lines])
    snap, place = Snapshot(), 0
    for number, (line, record) in enumerate(zip(lines, records)):
        kind, fields = record.get("k"), KINDS.get(record.get("k"))
        if kind not in KINDS or not line.endswith(b"\n"):
            raise ValueError(f"line {number + 1}: {line[:60]!r} is no line of a snapshot")
        if ORDER[kind] < place:
            raise ValueError(f"line {number + 1}: {kind} comes too late")
        if fields is not None and list(record) != ["k", *fields.split()]:
            raise ValueError(f"line {number + 1}: the fields of {kind} are {list(record)}")
        if (kind == "snap.begin") != (number == 0) or (kind == "snap.end") != (number == len(lines) - 1):
            raise ValueError(f"line {number + 1}: {kind} in the wrong place")
        place = ORDER[kind]
        getattr(snap, kind.replace(".", "_"))(record)
    if wrong:
        raise ValueError(wrong[0])
    return snap


def ask(line, command="snap"):
    """Ask at the port (LINE: an explore.Line) and return the snapshot; events that come before it are kept
    in line.events.  LookupError: the kernel refused, with its reason."""
    line.send(command)
    text = []
    while True:
        raw = line.file.readline()
        if not raw:
            raise EOFError("the port was closed")
        kind = json.loads(raw)["k"]
        if kind == "err":
            raise LookupError(json.loads(raw)["why"])
        if kind.startswith("snap."):
            text.append(raw)
        elif "seq" in json.loads(raw):
            line.events.append(json.loads(raw))
        if kind == "snap.end":
            return load(b"".join(text))


# ---- checking ---------------------------------------------------------------------------------------

class Checker:
    """Complaints about one snapshot."""

    LIMIT = 50

    def __init__(self, snap):
        self.s, self.errors = snap, []

    def wrong(self, text):
        if len(self.errors) < self.LIMIT:
            self.errors.append(text)

    def same(self, what, has, should):
        if has != should:
            self.wrong(f"{what} is {has}, should be {should}")

    # areas

    def areas(self):
        for mm, areas in self.s.vmas.items():
            m, end = self.s.mms[mm], 0
            for v in areas:
                if v["s"] < end or v["s"] >= v["e"] or (v["s"] | v["e"]) % PAGE or v["e"] > m["task_size"]:
                    self.wrong(f"mm {mm}: the area {v['s']:x}-{v['e']:x}")
                end = v["e"]
            self.same(f"mm {mm}: mmap", m["mmap"], areas[0]["s"] if areas else None)
            for start, end in (m["code"], m["data"], m["brk"], m["arg"], m["env"]):
                if start > end:
                    self.wrong(f"mm {mm}: {start:x} is behind {end:x}")
            if self.s.is_still(mm):
                self.layout(mm, m)
                self.sums(mm, m, areas)
                self.tree(mm, m, areas)

    def layout(self, mm, m):
        """What the addresses in an mm_struct lead to."""
        named = [v for v in self.s.vmas[mm] if v["name"] in ("[heap]", "[stack]")]
        for v in named:
            at = m["stack"] if v["name"] == "[stack]" else m["brk"][0]
            if not v["s"] <= max(at, v["s"]) <= v["e"] or (v["name"] == "[stack]" and not v["s"] <= at <= v["e"]):
                self.wrong(f"mm {mm}: {v['name']} is {v['s']:x}-{v['e']:x}, not at {at:x}")
        if m["exe"] and m["code"][1]:
            v = self.s.vma_at(mm, m["code"][0])
            if not v or v["ino"] != m["exe"] or not m["stack"]:
                self.wrong(f"mm {mm}: the code at {m['code'][0]:x} is not of inode {m['exe']}")
        if m["execute_only_pkey"] > 0 and not m["pkeys"] >> m["execute_only_pkey"] & 1:
            self.wrong(f"mm {mm}: key {m['execute_only_pkey']} was not handed out")

    def sums(self, mm, m, areas):
        def pages(wanted):
            return sum((v["e"] - v["s"]) // PAGE for v in areas if wanted(v, v["f"]))
        for name, wanted in (
                ("total_vm", lambda v, f: True),
                ("shared_vm", lambda v, f: has_file(v["ino"], f)),
                ("exec_vm", lambda v, f: f & (VM_EXEC | VM_WRITE | VM_GROWSDOWN) == VM_EXEC),
                ("stack_vm", lambda v, f: f & VM_GROWSDOWN),
                ("data_vm", lambda v, f: f & (VM_WRITE | VM_SHARED | VM_GROWSDOWN) == VM_WRITE),
                ("locked_vm", lambda v, f: f & VM_LOCKED),
                ("pinned_vm", lambda v, f: v["pins"])):
            self.same(f"mm {mm}: {name}", m[name], pages(wanted))
        self.same(f"mm {mm}: map_count", m["map_count"], len(areas))
        self.same(f"mm {mm}: highest_vm_end", m["highest_vm_end"], areas[-1]["e"] if areas else 0)

    def tree(self, mm, m, areas):
        by_start, order, blacks = {v["s"]: v for v in areas}, [], set()

        def visit(start, red_above, black):
            """The largest gap below START; appends its nodes to order."""
            if start is None:
                blacks.add(black)
                return 0
            v = by_start.pop(start, None)
            if v is None or not v["rb"]:
                self.wrong(f"mm {mm}: {start:x} is in the tree, but twice or not in the list")
                return 0
            left, right, colour, gap = v["rb"]
            if colour == "r" and red_above:
                self.wrong(f"mm {mm}: two red nodes at {start:x}")
            black += colour == "b"
            largest = max(v["gap"], visit(left, colour == "r", black))
            order.append(start)
            largest = max(largest, visit(right, colour == "r", black))
            self.same(f"mm {mm}: largest gap below {start:x}", gap, largest)
            return largest
        visit(m["rb_root"], True, 0)
        self.same(f"mm {mm}: order of the tree", order, [v["s"] for v in areas])
        if len(blacks) > 1:
            self.wrong(f"mm {mm}: paths with {sorted(blacks)} black nodes")
        end = 0
        for v in areas:
            free = v["s"] - end
            if v["f"] & VM_GROWSDOWN:
                free = max(0, free - GUARD_GAP)
            self.same(f"mm {mm}: gap before {v['s']:x}", v["gap"], min(free, GAP_LARGE))
            end = v["e"]

    def anon_vmas(self):
        for av in self.s.avs.values():
            if av["root"] not in self.s.avs or (av["parent"] or av["root"]) not in self.s.avs:
                self.wrong(f"anon_vma {av['id']}: root {av['root']} or parent {av['parent']} is missing")
            if self.s.what == "all":
                self.anon_vma(av)
        for mm, areas in self.s.vmas.items():
            for v in areas:
                self.chain(mm, v)

    def anon_vma(self, av):
        children = [a for a in self.s.avs.values() if a["parent"] == av["id"] != a["id"]]
        members = [a for a in self.s.avs.values() if a["root"] == av["id"] != a["id"]]
        pages = sum(r["n"] for r in self.s.runs if r["use"] == "anon" and r["mapping"] == av["id"])
        owners = sum(v["av"] == av["id"] for areas in self.s.vmas.values() for v in areas)
        self.same(f"anon_vma {av['id']}: children", av["children"], len(children))
        if all(self.s.is_still(mm) for mm in self.s.mms):       # else areas that are in no list
            self.same(f"anon_vma {av['id']}: vmas", av["vmas"], owners)
        self.same(f"anon_vma {av['id']}: refs", av["refs"], bool(av["list"]) + len(members) + pages)

    def chain(self, mm, v):
        where = f"mm {mm}: area {v['s']:x}"
        if v["av"] and v["av"] not in v["avc"]:
            self.wrong(f"{where}: its anon_vma {v['av']} is not in its chain")
        for av in v["avc"]:
            if av not in self.s.avs:
                self.wrong(f"{where}: anon_vma {av} is missing")
            elif (mm, v["s"]) not in self.s.avs[av]["list"]:
                self.wrong(f"{where}: not in the list of anon_vma {av}")

    # tables

    def mm_tables(self):
        found = {}                      # pfn: [(mm, va)]
        for mm, m in self.s.mms.items():
            tables = self.s.tables_of(mm)
            top = self.s.begin["levels"]
            self.same(f"mm {mm}: pgd", tables.get((top, 0), {}).get("pfn"), m["pgd"])
            self.links(mm, tables, top)
            self.same(f"mm {mm}: nr_ptes", m["nr_ptes"], sum(level == 1 for level, _ in tables))
            self.same(f"mm {mm}: nr_tables", m["nr_tables"], sum(level < 4 for level, _ in tables))
            for va, raw in self.s.ptes(mm).items():
                if names_page(raw):
                    found.setdefault((raw & PFN) // PAGE, []).append((mm, va))
            if self.s.is_still(mm):
                self.entries(mm)
        return found

    def entries(self, mm):
        """No entry is outside of the areas, or allows more than its area does."""
        areas = iter(self.s.vmas[mm])
        v = next(areas, None)
        for va, raw in sorted(self.s.ptes(mm).items()):
            while v and v["e"] <= va:
                v = next(areas, None)
            if not v or va < v["s"]:
                self.wrong(f"mm {mm}: the entry at {va:x} is outside of every area")
                continue
            more = raw & RW & ~v["prot"] and not v["f"] & VM_WRITE or ~raw & NX & v["prot"] or \
                raw & PRESENT and (not raw & USER or not v["f"] & (VM_READ | VM_WRITE | VM_EXEC))
            if raw & (PRESENT | PROTNONE) and more:
                self.wrong(f"mm {mm}: the entry {raw:x} at {va:x} allows more than {v['f']:x}, {v['prot']:x}")
            frame = self.s.frame((raw & PFN) // PAGE) if names_page(raw) else None
            index = v["pgoff"] + (va - v["s"]) // PAGE
            if frame and frame["use"] in ("anon", "file", "shmem") and frame["index"] != index and \
                    not v["f"] & VM_NONLINEAR:
                self.wrong(f"mm {mm}: {va:x} shows page {frame['index']:x}, should be {index:x}")
            if frame and frame["use"] in ("file", "shmem") and frame["mapping"] != v["ino"]:
                self.wrong(f"mm {mm}: {va:x} shows inode {frame['mapping']}, the area inode {v['ino']}")
            if frame and frame["use"] == "anon" and frame["mapping"] not in v["avc"]:
                self.wrong(f"mm {mm}: {va:x} shows a page of anon_vma {frame['mapping']}, the area has {v['avc']}")

    def locks_pages(self, mm, va):
        return self.s.vma_at(mm, va)["f"] & (VM_LOCKED | VM_IO | VM_DONTEXPAND | VM_PFNMAP) == VM_LOCKED

    def links(self, mm, tables, top):
        """Each table is named by one entry above it, and each entry leads to a table."""
        named = {(top, 0)}
        for (level, va), table in tables.items():
            for i, raw in table["ents"].items() if level > 1 else ():
                below = (level - 1, va + (i << (12 + 9 * (level - 1))))
                named.add(below)
                if tables.get(below, {}).get("pfn") != (raw & PFN) // PAGE or raw & PSE or not raw & PRESENT:
                    self.wrong(f"mm {mm}: the entry {raw:x} leads to no table for {below[1]:x}")
            frame = self.s.frame(table["pfn"])
            if frame and (frame["use"], frame["mapping"]) != ("table", mm):
                self.wrong(f"mm {mm}: frame {table['pfn']} is no table of it, but {frame}")
        self.same(f"mm {mm}: tables", set(tables), named)

    def mapcounts(self, found):
        """Map counts, the reverse map and the tables say the same; so do rss counters."""
        rss = {mm: {"anon": 0, "file": 0, "shmem": 0, "swap": 0} for mm in self.s.mms}
        for r in self.s.runs:
            if not r["map"] and not any(pfn in found for pfn in range(r["pfn"], r["pfn"] + r["n"])
                                        if r["use"] not in ("free", "none")):
                continue
            for pfn in range(r["pfn"], r["pfn"] + r["n"]):
                at = sorted(found.pop(pfn, []))
                self.same(f"frame {pfn}: mapcount", r["map"], len(at))
                if r["use"] in ("anon", "file", "shmem"):
                    self.same(f"frame {pfn}: reverse map", sorted(self.s.rmap.get(pfn, [])), at)
                if r["use"] not in ("anon", "file", "shmem", "kernel", "ring", "vmalloc"):
                    self.wrong(f"frame {pfn}, {r['use']}, is mapped at {at}")
                if r["mlock"] and all(self.s.is_still(mm) for mm, _ in at):
                    self.same(f"frame {pfn}: mlock", r["mlock"], sum(self.locks_pages(*where) for where in at))
                if r["ref"] < r["map"]:
                    self.wrong(f"frame {pfn}: {r['map']} entries, {r['ref']} references")
                kind = "anon" if r["use"] == "anon" else "shmem" if r["flags"] & PG_SWAPBACKED else "file"
                for mm, _ in at:
                    rss[mm][kind] += 1
        mapped = [r for r in self.s.runs if r["map"] > 0]
        for name, has in (("nr_anon_pages", sum(r["n"] for r in mapped if r["use"] == "anon")),
                          ("nr_mapped", sum(r["n"] for r in mapped if r["use"] != "anon")),
                          ("nr_mlock", sum(r["n"] for r in self.s.runs if r["flags"] & PG_MLOCKED))):
            self.same(name, self.s.vmstat[name], has)
        if found:
            self.wrong(f"entries name frames that are none: {sorted(found)[:5]}")
        for mm in self.s.mms:
            rss[mm]["swap"] = sum(slot_of(raw) is not None for raw in self.s.ptes(mm).values())
            self.same(f"mm {mm}: rss", self.s.mms[mm]["rss"], rss[mm])

    # frames and allocators

    def frames(self, first, last):
        pfn = first
        for r in self.s.runs:
            self.same("the first frame of a run", r["pfn"], pfn)
            pfn += r["n"]
            flag = FLAGS_OF.get(r["use"], 0)
            others = r["flags"] & (PG_BUDDY | PG_SLAB | PG_TABLE | PG_PCP | PG_RESERVED) & ~flag
            if others or (flag and not r["flags"] & flag and r["use"] != "slab"):      # not in a slab's tails
                self.wrong(f"frame {r['pfn']}, {r['use']}, has flags {r['flags']:x}")
            if r["use"] in ("free", "pcp") and (r["ref"] or r["map"] or r["mlock"]):
                self.wrong(f"frame {r['pfn']}, {r['use']}, is in use: {r}")
            if r["use"] in ("anon", "file", "shmem", "table") and r["ref"] < 1:
                self.wrong(f"frame {r['pfn']}, {r['use']}, has no reference")
            if bool(r["mlock"]) != bool(r["flags"] & PG_MLOCKED):
                self.wrong(f"frame {r['pfn']}: mlock {r['mlock']}, flags {r['flags']:x}")
        self.same("the end of the frames", pfn, last)

    def free_lists(self):
        nr = 0
        for (zone, order), pfns in self.s.buddy.items():
            for pfn in pfns:
                frame = self.s.frame(pfn)
                if pfn % (1 << order) or (frame["use"], frame["order"]) != ("free", order):
                    self.wrong(f"zone {zone}, order {order}: {pfn} is {frame}")
            nr += len(pfns) << order
            if order < 10 and {pfn ^ 1 << order for pfn in pfns} & set(pfns):
                self.wrong(f"zone {zone}, order {order}: buddies that are both free")
        self.same("frames in the buddies' lists", nr, self.s.count("free"))
        kept = [pfn for pfns in self.s.pcp.values() for pfn in pfns]
        self.same("frames in CPUs' lists", len(set(kept)), self.s.count("pcp"))
        for pfn in kept:
            self.same(f"frame {pfn} of a CPU's list", self.s.frame(pfn)["use"], "pcp")
        self.same("nr_free_pages", self.s.vmstat["nr_free_pages"], nr + len(kept))

    def slab(self):
        nr = 0
        for name, c in self.s.slabs.items():
            inuse = handed_out = 0
            for pfn, (used, free) in c["slabs"].items():
                if free >> c["per"] or used > c["per"] or c["per"] - used > bin(free).count("1"):
                    self.wrong(f"cache {name}: slab {pfn} has {used} in use, {free:x} free")
                inuse += used
                handed_out += c["per"] - bin(free).count("1")
                frame = self.s.frame(pfn)
                self.same(f"cache {name}: frame {pfn}", (frame["use"], frame["order"]), ("slab", c["order"]))
            nr += len(c["slabs"]) << c["order"]
            self.same(f"cache {name}: total", c["total"], len(c["slabs"]) * c["per"])
            self.same(f"cache {name}: active and kept", c["active"] + c["kept"], inuse)
            if not c["active"] <= handed_out <= c["active"] + c["kept"]:
                self.wrong(f"cache {name}: {c['active']} active, {handed_out} slots not free")
            if c["per"] * c["size"] > PAGE << c["order"]:
                self.wrong(f"cache {name}: {c['per']} of {c['size']} bytes do not fit order {c['order']}")
        self.same("frames of slabs", self.s.count("slab"), nr)
        self.same("frames of slabs in vmstat",
                  self.s.vmstat["nr_slab_reclaimable"] + self.s.vmstat["nr_slab_unreclaimable"], nr)
        for what, cache in (("tasks", "task_struct"), ("mms", "mm_struct"), ("avs", "anon_vma")):
            if cache in self.s.slabs and self.s.slabs[cache]["active"] < len(getattr(self.s, what)) - (what == "tasks"):
                self.wrong(f"more {what} than objects of cache {cache}")
        self.same("nr_page_table_pages", self.s.vmstat["nr_page_table_pages"], self.s.count("table"))
        if self.s.count("stack") * PAGE // 1024 < self.s.vmstat["nr_kernel_stack"]:
            self.wrong(f"{self.s.vmstat['nr_kernel_stack']} KiB of stacks in {self.s.count('stack')} frames")
        self.same("nr_shmem", self.s.vmstat["nr_shmem"], self.s.count("shmem"))

    def page_cache(self):
        nr = 0
        for f in self.s.files:
            nr += len(f["pages"])
            self.same(f"file {f['ino']}: nrpages", f["nrpages"], len(f["pages"]))
            for pgoff, pfn, dirty in f["pages"]:
                frame = self.s.frame(pfn)
                if frame["use"] not in ("file", "shmem") or frame["mapping"] != f["ino"] or \
                        frame["index"] != pgoff or bool(frame["flags"] & PG_DIRTY) != bool(dirty):
                    self.wrong(f"file {f['ino']}, page {pgoff}: frame {pfn} is {frame}")
            self.file_areas(f)
        self.same("frames of the page cache", self.s.count("file", "shmem"), nr)
        cached = sum(bool(frame) for _, frame, _ in self.s.slots.values())
        self.same("nr_swapcached", self.s.vmstat["nr_swapcached"], cached)
        self.same("nr_file_pages", self.s.vmstat["nr_file_pages"], nr + cached)

    def swap(self):
        """As many entries name a slot as its count says; a slot that is in use has one, or a page in the cache."""
        refs = {}
        for mm in self.s.mms:
            for raw in self.s.ptes(mm).values():
                slot = slot_of(raw)
                if slot is not None:
                    refs[slot] = refs.get(slot, 0) + 1
        for slot, (count, frame, _) in self.s.slots.items():
            if count < refs.get(slot, 0) or not (count or frame):
                self.wrong(f"slot {slot:x} has count {count} and frame {frame}; {refs.get(slot, 0)} entries name it")
        if refs.keys() - self.s.slots.keys():
            self.wrong(f"entries name free slots: {sorted(refs.keys() - self.s.slots.keys())[:5]}")
        if len(self.s.slots) > self.s.total_swap and self.s.total_swap:
            self.wrong(f"{len(self.s.slots)} slots in use of {self.s.total_swap}")

    def lists(self):
        """The lists of reclaim are as long as vmstat says; pages that are written are counted."""
        n = dict.fromkeys(("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"), 0)
        for r in self.s.runs:
            if r["flags"] & PG_LRU:
                kind = "anon" if r["flags"] & PG_SWAPBACKED else "file"
                n["unevictable" if r["flags"] & PG_UNEVICTABLE else
                  f"{'' if r['flags'] & PG_ACTIVE else 'in'}active_{kind}"] += r["n"]
        unlisted = max(self.s.vmstat["nr_anon_pages"] - n["unevictable"], 0)
        if self.s.vmstat["nr_zone_inactive_anon"] == n["inactive_anon"] + unlisted:
            n["inactive_anon"] += unlisted                              # memory was never short: they are on no list
        for name, has in n.items():
            self.same(f"nr_zone_{name}", self.s.vmstat[f"nr_zone_{name}"], has)
        self.same("nr_writeback", self.s.vmstat["nr_writeback"],
                  sum(r["n"] for r in self.s.runs if r["flags"] & PG_WRITEBACK))

    def file_areas(self, f):
        writable = 0
        for mm, start, *last in f["i_mmap"] + f["nonlinear"]:
            v = next((v for v in self.s.vmas.get(mm, []) if v["s"] == start), None)
            if mm in self.s.mms and self.s.is_still(mm) and (not v or v["ino"] != f["ino"]):
                self.wrong(f"file {f['ino']}: the area {start:x} of mm {mm} is {v}")
            writable += bool(v) and v["f"] & (VM_SHARED | VM_MAYWRITE) == VM_SHARED | VM_MAYWRITE
            if v and last and last[0] < v["pgoff"] + (v["e"] - v["s"]) // PAGE - 1:
                self.wrong(f"file {f['ino']}: rb_subtree_last of {start:x} is {last[0]}")
        if all(self.s.is_still(mm) for mm in self.s.mms) and (f["writable"] > 0 or writable):
            self.same(f"file {f['ino']}: writable", f["writable"], writable)

    # tasks

    def tasks(self):
        for t in self.s.tasks.values():
            for mm in {t["mm"], t["active_mm"]} - {0}:
                if mm not in self.s.mms:
                    self.wrong(f"task {t['tid']}: mm {mm} is missing")
            if t["tgid"] not in self.s.tasks or t["cpu"] >= self.s.begin["cpus"] or t["state"] not in "RSDTZX":
                self.wrong(f"task {t['tid']}: {t}")
            if t["ppid"] not in self.s.tasks:
                self.wrong(f"task {t['tid']}: its parent {t['ppid']} is missing")
        for mm, m in self.s.mms.items():
            before, after = m["mmlist"]
            self.same(f"mm {mm}: mmlist", (self.s.mms.get(before, {"mmlist": [0, mm]})["mmlist"][1],
                                           self.s.mms.get(after, {"mmlist": [mm]})["mmlist"][0]), (mm, mm))
            users = sum(t["mm"] == mm for t in self.s.tasks.values())
            borrowers = sum(not t["mm"] and t["active_mm"] == mm for t in self.s.tasks.values())
            if m["users"] < users or m["count"] < bool(m["users"]) + borrowers:
                self.wrong(f"mm {mm}: {m['users']} users, {m['count']} references, but {users} and {borrowers} tasks")
        for cpu in self.s.cpus.values():
            task = self.s.tasks.get(cpu["tid"])
            if not task or (task["state"], task["cpu"], task["active_mm"], not task["mm"]) != \
                    ("R", cpu["cpu"], cpu["mm"], bool(cpu["lazy"])):
                self.wrong(f"cpu {cpu['cpu']}: {cpu} runs {task}")
            mm = self.s.mms.get(cpu["mm"])
            if cpu["mm"] and (not mm or mm["pgd"] != cpu["cr3"] or not mm["cpus"] >> cpu["cpu"] & 1):
                self.wrong(f"cpu {cpu['cpu']}: {cpu} has {mm}")


def check(snap):
    """What does not fit together in SNAP, as a list of sentences."""
    c = Checker(snap)
    kind = snap.what.split()[0]
    if kind != "pages":
        c.areas()
        c.anon_vmas()
    if kind == "pages":
        c.frames(*[int(n) for n in snap.what.split()[1:]])
    found = c.mm_tables()
    if kind == "all":
        c.tasks()
        c.frames(0, snap.begin["max_pfn"])
        c.mapcounts(found)
        c.free_lists()
        c.slab()
        c.page_cache()
        c.swap()
        c.lists()
    return c.errors


def main():
    bad = 0
    for name in sys.argv[1:] or ["-"]:
        data = sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()
        try:
            snap = load(data)
            errors = check(snap)
        except ValueError as e:
            snap, errors = None, [str(e)]
        for e in errors:
            print(f"{name}: {e}")
        if snap and not errors:
            print(f"{name}: ok, {snap.what}, {snap.end['lines']} lines, {len(snap.mms)} mms")
        bad |= bool(errors)
    return bad


if __name__ == "__main__":
    sys.exit(main())
