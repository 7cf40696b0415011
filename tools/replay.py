"""
tools/replay.py - the law of replay: a snapshot and the events since give the next snapshot

State holds what events tell of: tasks, address spaces with their areas, tables and raw entries,
frames, buddies, per-CPU lists, slabs and cached pages of files.  tell() applies one event as its text
in include/uapi/quire/events.h says, and complains in .errors where it does not fit what came before;
differences() compares with a Snapshot (docs/tracing.md has its form).  What follows from the state is
derived here and compared too: counters of areas and tables, rss, mapcounts, reverse maps.

A State made from a Snapshot is whole: whatever an event names must be there.  One that begins empty
(a recording without a snapshot) follows the address spaces whose beginning it sees.

Masked: accessed and dirty bits that the hardware may have set meanwhile.  It never clears one, so a
bit that an event has told must still be there.  Counters of areas are compared unless somebody holds
mmap_sem to change them: a snapshot may come while he sleeps.
"""
import bisect
from array import array

from snapshot import (ACCESSED, DIRTY, PAGE, PFN, PG_ACTIVE, PG_LRU, PG_SWAPBACKED, PG_UNEVICTABLE, PG_WRITEBACK,
                      PRESENT, PROTNONE, SPECIAL, VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, VM_WRITE, has_file, runs,
                      slot_of, whole)

AD = ACCESSED | DIRTY
MAPPED = PRESENT | PROTNONE
TABLE_ENTRY = 0x67
MASK_RECLAIM = 0x400
MASK_OBJECTS = 0x20000

CLONE_VM, CLONE_PARENT, CLONE_THREAD = 0x100, 0x8000, 0x10000

# What a frame is to a State.  OTHER: it has an owner of whom events do not tell.
OTHER, BUDDY, PCP, SLAB, TABLE, UNKNOWN = range(6)
USES = ("allocated", "free", "pcp", "slab", "table", "unknown")
KINDS = ("anon", "none", "reserved", "zero", "table", "kept_table", "ring", "stack", "vmalloc", "kernel",
         "free", "pcp", "slab", "file", "shmem")
ERRORS_MAX = 50

# What vmstat counts, and the events that tell of it: how many, or the sum of a field.
COUNTED = {"pgcache_add": ("file.cache_add", None), "pgcache_del": ("file.cache_del", None),
           "nr_written": ("file.written", None), "pswpin": ("swap.in", None), "pswpout": ("swap.out", None)}
COUNTED_RECLAIM = {"pgscan_kswapd": ("reclaim.scan kswapd", "scanned"), "pgsteal_kswapd": ("reclaim.scan kswapd", "freed"),
                   "pgscan_direct": ("reclaim.scan direct", "scanned"), "pgsteal_direct": ("reclaim.scan direct", "freed"),
                   "pageoutrun": ("reclaim.wake", None), "slabs_scanned": ("reclaim.slab", "scanned"),
                   "oom_kill": ("reclaim.oom", None)}

# ---- snapshots ------------------------------------------------------------------------------------

class Snapshot:
    """The lines of one snapshot (bytes), checked and sorted by kind."""

    def __init__(self, raw):
        lines, self.wrong = whole(raw)
        self.raw, self.begin = raw, lines[0]
        self.kinds = {}
        for line in lines:
            self.kinds.setdefault(line["k"][5:], []).append(line)
        self.seq = self.begin["seq"]
        self.levels = self.begin["levels"]
        self.max_pfn = self.begin["max_pfn"]

        self.kind_of_frame = {}

    def of(self, kind):
        return self.kinds.get(kind, ())

    def file_kind(self, pfn):
        """Of a file's page: "file" or "shmem"."""
        if not self.kind_of_frame:
            for line in self.of("page"):
                if line["use"] in ("file", "shmem"):
                    for i in range(line["pfn"], line["pfn"] + line["n"]):
                        self.kind_of_frame[i] = line["use"]
        return self.kind_of_frame.get(pfn, "file")


# ---- the state ------------------------------------------------------------------------------------

class Mm:
    """One address space."""
    __slots__ = ("users", "count", "pgd", "starts", "vmas", "tables", "ptes")

    def __init__(self, pgd, users=1, count=1):
        self.users, self.count, self.pgd = users, count, pgd
        self.starts = []        # of the areas, sorted
        self.vmas = {}          # start: [end, flags, pgoff, ino]
        self.tables = {}        # (level, address >> what it serves): frame
        self.ptes = {}          # address >> 21: {index: raw entry}; only tables that are there


class Task:
    __slots__ = ("tgid", "ppid", "comm", "mm", "ended")

    def __init__(self, tgid, ppid, comm, mm, ended=False):
        self.tgid, self.ppid, self.comm, self.mm, self.ended = tgid, ppid, comm, mm, ended


def counted(entry):
    """The frame whose mapcount the entry holds, or None."""
    if entry & MAPPED and not entry & SPECIAL:
        return (entry & PFN) >> 12
    return None


def lists_of(snap):
    """(frame, list) of each page that reclaim may find."""
    for line in snap.of("page"):
        flags = int(line.get("flags", "0"), 16)
        if flags & PG_LRU:
            name = "unevictable" if flags & PG_UNEVICTABLE else \
                f"{'' if flags & PG_ACTIVE else 'in'}active_{'anon' if flags & PG_SWAPBACKED else 'file'}"
            for pfn in range(line["pfn"], line["pfn"] + line["n"]):
                yield pfn, name


def written_to(snap):
    """Frames on their way to the disk."""
    for line in snap.of("page"):
        if int(line.get("flags", "0"), 16) & PG_WRITEBACK:
            yield from range(line["pfn"], line["pfn"] + line["n"])


def in_use(per, free):
    """Of a slab's PER slots, those that the bitmap does not call free."""
    free = int(free, 16)
    return {i for i in range(per) if not free >> i & 1}


class State:
    """See above."""

    def __init__(self, snapshot=None):
        self.errors = []
        self.gaps = False               # events may be missing
        self.ends = 0                   # address spaces that were seen to their end
        self.events = 0
        self.whole = snapshot is not None
        self.levels = snapshot.levels if snapshot else 4
        self.max_pfn = snapshot.max_pfn if snapshot else 1 << 20
        self.use = bytearray([OTHER if self.whole else UNKNOWN]) * self.max_pfn
        self.maps = array("i", bytes(4 * self.max_pfn))
        self.kind = bytearray(self.max_pfn)     # what it was when it was no file's and got mapped: KINDS
        self.buddy = [set() for _ in range(11)]
        self.pcp = {}                   # cpu: frames
        self.slabs = {}                 # first frame: (cache, order, objects)
        self.per = {}                   # cache: order and objects of its slabs
        self.objects = None             # first frame: indices in use; None: not told
        self.moving = set()             # frames that are told to be mapped once more than entries say
        self.cache = {}                 # frame: [ino, pgoff, dirty]
        self.left = {}                  # frame: what it was in the cache, until it is free
        self.writing = {}               # frame: the slot or page of a file that it is on its way to
        self.slots = {}                 # of swap, in use: frame in the swap cache, or 0
        self.slot_in = {}               # frame in the swap cache: slot
        self.written = set()            # slots that hold what they should
        self.refs = {}                  # slot: entries, and files in memory, that name it
        self.file_slots = {}            # (ino, pgoff): slot
        self.lru = None                 # frame: its list; None: not told
        self.stolen = {}                # tid: pages since it told of a scan
        self.goes = set()               # frames that reclaim has taken and that are not free yet
        self.awake = None               # is kswapd?  None: not known
        self.counts, self.vmstat = {}, {}
        self.tasks, self.mms = {}, {}
        self.loaded, self.lazy, self.running = {}, {}, {}     # by CPU
        self.stale = {}                 # mm: {address: frame} that a TLB may still lead to
        self.nr_stale = {}              # frame: in how many places
        self.last_seq = {}
        self.handlers = {name.replace("_", ".", 1): getattr(self, name) for name in dir(self)
                         if name.split("_")[0] in ("meta", "task", "syscall", "vma", "fault", "pte", "page",
                                                   "slab", "tlb", "file", "swap", "reclaim") and "_" in name}
        if snapshot:
            self.load(snapshot)

    def wrong(self, ev, text):
        if len(self.errors) < ERRORS_MAX:
            self.errors.append(f"seq {ev['seq']} {ev['k']}: {text}")

    def tell(self, ev):
        """Take one event."""
        kind, cpu, seq = ev["k"], ev["cpu"], ev["seq"]
        self.events += 1
        if kind == "meta.lost":
            self.wrong(ev, f"{ev['n']} events are missing")
            seq -= 1
        elif self.last_seq.get(cpu, seq - 1) != seq - 1 and not self.gaps:
            self.wrong(ev, f"comes after seq {self.last_seq[cpu]}")
        self.last_seq[cpu] = seq
        self.add_up(ev)
        handler = self.handlers.get(kind)
        if handler:
            handler(ev)

    def add_up(self, ev):
        """For what vmstat counts."""
        name = f"{ev['k']} {ev['by']}" if "by" in ev else ev["k"]
        for field in (None, "scanned", "freed"):
            if field is None or field in ev:
                self.counts[name, field] = self.counts.get((name, field), 0) + (ev[field] if field else 1)

    def mm_of(self, ev):
        mm = self.mms.get(ev["mm"])
        if mm is None and self.whole:
            self.wrong(ev, f"there is no mm {ev['mm']}")
        return mm

    # ---- tasks and counts ----

    def task_fork(self, ev):
        parent, child = self.tasks.get(ev["parent"]), ev["child"]
        if self.whole and (parent is None or child in self.tasks):
            self.wrong(ev, "the parent is not there" if parent is None else "the child is there already")
        if parent is not None and self.whole:
            flags, child_mm = int(ev["clone_flags"], 16), ev["child_mm"]
            tgid = parent.tgid if flags & CLONE_THREAD else child
            ppid = 0 if not child_mm else parent.ppid if flags & (CLONE_THREAD | CLONE_PARENT) else parent.tgid
            if (tgid, ppid) != (ev["tgid"], ev["ppid"]) or flags & CLONE_VM and child_mm not in (0, parent.mm):
                self.wrong(ev, f"tgid and ppid should be {tgid} and {ppid}")
        self.tasks[child] = Task(ev["tgid"], ev["ppid"], parent.comm if parent else "", ev["child_mm"])

    def task_of(self, ev, tid):
        task = self.tasks.get(tid)
        if task is None:
            if self.whole:
                self.wrong(ev, f"there is no task {tid}")
            task = Task(tid, 0, "", 0)
        return task

    def task_exec(self, ev):
        task = self.task_of(ev, ev["tid"])
        if self.whole and task.mm != ev["old_mm"]:
            self.wrong(ev, f"its mm was {task.mm}")
        task.mm = ev["new_mm"]
        self.lazy[ev["cpu"]] = 0        # a thread of the kernel that begins a program borrows no more

    def task_exit(self, ev):
        self.task_of(ev, ev["tid"]).ended = True

    def task_leave_mm(self, ev):
        task = self.task_of(ev, ev["tid"])
        if self.whole and task.mm != ev["old_mm"]:
            self.wrong(ev, f"its mm was {task.mm}")
        task.mm = 0
        self.lazy[ev["cpu"]] = 1

    def task_reap(self, ev):
        task = self.tasks.pop(ev["reaped"], None)
        if self.whole and (task is None or not task.ended):
            self.wrong(ev, "it has not ended" if task else "no such task")

    def task_trade(self, ev):
        was, now = ev["was"], ev["is"]
        me, leader = self.tasks.get(was), self.tasks.get(now)
        if me is None or leader is None or not leader.ended or leader.tgid != now:
            if self.whole:
                self.wrong(ev, f"{now} is no leader that has ended" if leader else "no such tasks")
            return
        self.tasks[was], self.tasks[now] = leader, me
        for cpu, tid in self.running.items():
            if tid == was:
                self.running[cpu] = now

    def task_comm(self, ev):
        self.task_of(ev, ev["of"]).comm = ev["comm"]

    def task_reparent(self, ev):
        found = False
        for task in self.tasks.values():
            if task.tgid == ev["child"]:
                task.ppid, found = ev["parent"], True
        if self.whole and not found:
            self.wrong(ev, "no such process")

    def task_switch(self, ev):
        cpu = ev["cpu"]
        if self.whole and self.running.get(cpu, ev["prev"]) != ev["prev"]:
            self.wrong(ev, f"{self.running[cpu]} was running")
        self.running[cpu] = ev["next"]
        if self.whole:
            task, mm = self.task_of(ev, ev["next"]), ev["next_mm"]
            if task.mm != mm:
                self.wrong(ev, f"its mm is {task.mm}")
            if ev["lazy"] != (mm == 0) or ev["cr3"] != (mm != 0 and mm != self.loaded.get(cpu)):
                self.wrong(ev, f"mm {self.loaded.get(cpu)} is loaded")

    def task_mm_new(self, ev):
        if ev["mm"] in self.mms:
            self.wrong(ev, "there was one already")
        self.mms[ev["mm"]] = Mm(ev["pgd"])
        self.new_table(ev, ev["pgd"])

    def count(self, ev, step):
        mm = self.mm_of(ev) if ev["mm"] else None       # 0: the kernel's own
        if mm is None:
            return
        if ev["why"] == "users":
            mm.users += step
        else:
            mm.count += step
        if mm.users != ev["users"] or mm.count != ev["count"]:
            self.wrong(ev, f"users and count should be {mm.users} and {mm.count}")
            mm.users, mm.count = ev["users"], ev["count"]

    def task_mm_get(self, ev):
        self.count(ev, 1)

    def task_mm_put(self, ev):
        self.count(ev, -1)

    def task_mm_free(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        for what in ("vmas", "tables"):
            if getattr(mm, what):
                self.wrong(ev, f"there are {len(getattr(mm, what))} {what} left")
        if mm.pgd != ev["pgd"]:
            self.wrong(ev, f"its pgd was {mm.pgd}")
        if mm.users or mm.count:
            self.wrong(ev, f"users and count are {mm.users} and {mm.count}")
        self.old_table(ev, mm.pgd)
        self.ends += 1
        del self.mms[ev["mm"]]

    # ---- areas ----

    def vma_add(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        start, end = int(ev["start"], 16), int(ev["end"], 16)
        self.place(ev, mm, start, [end, int(ev["flags"], 16), ev["pgoff"], ev["ino"]])

    def place(self, ev, mm, start, area):
        """Into the list; it must not overlap its neighbours."""
        at = bisect.bisect_left(mm.starts, start)
        if at and mm.vmas[mm.starts[at - 1]][0] > start:
            self.wrong(ev, f"overlaps the area that begins at {mm.starts[at - 1]:x}")
        if at < len(mm.starts) and mm.starts[at] < area[0]:
            self.wrong(ev, f"overlaps the area that begins at {mm.starts[at]:x}")
        if start not in mm.vmas:
            mm.starts.insert(at, start)
        mm.vmas[start] = area

    def take(self, ev, mm, start, end):
        """Out of the list: the area that must be there, or None."""
        area = mm.vmas.get(start)
        if area is None or area[0] != end:
            self.wrong(ev, f"no such area; {area[0]:x} is the end" if area else "no such area")
            if area is None:
                return None
        del mm.vmas[start]
        del mm.starts[bisect.bisect_left(mm.starts, start)]
        return area

    def vma_del(self, ev):
        mm = self.mm_of(ev)
        if mm is not None:
            self.take(ev, mm, int(ev["start"], 16), int(ev["end"], 16))

    def vma_adjust(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        old, start = int(ev["old_start"], 16), int(ev["start"], 16)
        area = self.take(ev, mm, old, int(ev["old_end"], 16))
        if area:
            area[0] = int(ev["end"], 16)
            area[2] += (start - old) // PAGE
            self.place(ev, mm, start, area)

    def vma_prot(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        area = mm.vmas.get(int(ev["start"], 16))
        if area is None or area[0] != int(ev["end"], 16) or area[1] != int(ev["old"], 16):
            self.wrong(ev, f"the area was {area and (hex(area[0]), hex(area[1]))}")
        if area:
            area[1] = int(ev["flags"], 16)

    # ---- entries and tables ----

    def change(self, ev, mm, addr, old, new):
        """The entry for addr, which was OLD."""
        table = mm.ptes.get(addr >> 21)
        if old and not old & MAPPED:
            self.name_slot(ev, slot_of(old), -1)
        if new and not new & MAPPED:
            self.name_slot(ev, slot_of(new), 1)
        if old & MAPPED and not old & SPECIAL:
            pfn = (old & PFN) >> 12
            if pfn < self.max_pfn:
                self.maps[pfn] -= 1
                if self.maps[pfn] < 0 and self.whole:
                    self.wrong(ev, f"frame {pfn} has fewer than no mappings")
            if old & PRESENT and (old ^ new) & PFN:
                self.forget(ev["mm"], addr)
                self.stale.setdefault(ev["mm"], {})[addr] = pfn
                self.nr_stale[pfn] = self.nr_stale.get(pfn, 0) + 1
        if not new:
            if table is not None:
                table.pop(addr >> 12 & 511, None)
            return
        if table is None:
            self.wrong(ev, f"no table serves {addr:x}")
            return
        table[addr >> 12 & 511] = new
        if new & MAPPED and not new & SPECIAL:
            pfn = (new & PFN) >> 12
            if pfn >= self.max_pfn:
                self.wrong(ev, f"{addr:x} maps frame {pfn}, which is none")
                return
            self.maps[pfn] += 1
            if self.use[pfn] not in (OTHER, UNKNOWN):
                self.wrong(ev, f"{addr:x} maps frame {pfn}, which is {USES[self.use[pfn]]}")

    def name_slot(self, ev, slot, step):
        """An entry or a file names the slot, or does not any more."""
        if slot is None:
            return
        if step > 0 and self.whole and slot not in self.slots:
            self.wrong(ev, f"slot {slot:x} is free")
        self.refs[slot] = self.refs.get(slot, 0) + step
        if not self.refs[slot]:
            del self.refs[slot]

    def pte_set(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        addr, old, new = int(ev["addr"], 16), int(ev["old"], 16), int(ev["new"], 16)
        has = mm.ptes.get(addr >> 21, {}).get(addr >> 12 & 511, 0)
        if ev.get("level", 1) != 1:
            self.wrong(ev, "leaf entries are in tables of level 1")
        if (has ^ old) & ~AD or has & ~old:
            self.wrong(ev, f"{addr:x} was {has:x}, not {old:x}")
        self.change(ev, mm, addr, has, new)

    def pte_age(self, ev):
        if (int(ev["old"], 16) ^ int(ev["new"], 16)) & ~AD:
            self.wrong(ev, "more than accessed and dirty bits changed")
        self.pte_set(ev)

    def pte_batch(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        first, keep, bits = int(ev["addr"], 16), int(ev["keep"], 16), int(ev["with"], 16)
        base, low = first & ~0x1fffff, first >> 12 & 511
        high, kind = low + ev["n"], ev["kind"]
        if high > 512:
            self.wrong(ev, "it leaves the table")
        source = mm
        if kind == "copy":
            source = self.mms.get(ev["from"])
            if source is None:      # copied from one whose beginning was not seen
                if self.whole:
                    self.wrong(ev, "there is no such mm to copy from")
                for pfn in [*mm.tables.values(), mm.pgd]:
                    self.use[pfn] = UNKNOWN
                del self.mms[ev["mm"]]
                return
        table = source.ptes.get(first >> 21)
        if table is None:
            if self.whole:
                self.wrong(ev, f"no table serves {first:x}")
            return
        for i in [i for i in table if low <= i < high]:
            old, addr = table[i], base + (i << 12)
            mapped = old & MAPPED
            if kind == "zap":
                self.change(ev, mm, addr, old, 0)
            elif kind == "protect":
                if mapped:
                    self.change(ev, mm, addr, old, old & keep | bits)
            else:
                if mm.ptes.get(addr >> 21, {}).get(i):
                    self.wrong(ev, f"{addr:x} was {mm.ptes[addr >> 21][i]:x}, not none")
                self.change(ev, mm, addr, 0, old & keep if mapped else old)
                if mapped:
                    table[i] = old & ~bits

    def new_table(self, ev, pfn):
        if pfn >= self.max_pfn or self.use[pfn] not in (OTHER, UNKNOWN):
            self.wrong(ev, f"frame {pfn} is {USES[self.use[pfn]] if pfn < self.max_pfn else 'none'}")
        else:
            if self.maps[pfn] or pfn in self.cache:
                self.wrong(ev, f"frame {pfn} is mapped, or a file's")
            self.use[pfn] = TABLE

    def old_table(self, ev, pfn):
        if pfn < self.max_pfn and self.use[pfn] == TABLE:
            self.use[pfn] = OTHER

    def pte_pt_alloc(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        level, va = ev["level"], int(ev["va"], 16)
        key = (level, va >> (12 + 9 * level))
        if key in mm.tables:
            self.wrong(ev, "there was one already")
        if level + 1 < self.levels and (level + 1, key[1] >> 9) not in mm.tables:
            self.wrong(ev, "the table above it is missing")
        mm.tables[key] = ev["pfn"]
        if level == 1:
            mm.ptes[key[1]] = {}
        self.new_table(ev, ev["pfn"])

    def pte_pt_free(self, ev):
        mm = self.mm_of(ev)
        if mm is None:
            return
        level = ev["level"]
        key = (level, int(ev["va"], 16) >> (12 + 9 * level))
        if mm.tables.pop(key, None) != ev["pfn"]:
            self.wrong(ev, "no such table")
        elif level == 1:
            if mm.ptes.pop(key[1]):
                self.wrong(ev, "it still has entries")
        elif any(k[0] == level - 1 and k[1] >> 9 == key[1] for k in mm.tables):
            self.wrong(ev, "there are tables below it")
        self.old_table(ev, ev["pfn"])

    # ---- translations ----

    def tlb_flush(self, ev):
        addrs = self.stale.get(ev["mm"])
        if not addrs:
            return
        start, end = int(ev["start"], 16), int(ev["end"], 16)
        if (end - start) // PAGE < len(addrs):
            addrs = range(start, end, PAGE)
        for addr in [a for a in addrs if start <= a < end]:
            self.forget(ev["mm"], addr)

    def forget(self, mm, addr):
        """No TLB leads from ADDR to its former frame any more."""
        pfn = self.stale.get(mm, {}).pop(addr, None)
        if pfn is not None:
            self.nr_stale[pfn] -= 1

    def tlb_cr3(self, ev):
        cpu = ev["cpu"]
        if self.whole and self.loaded.get(cpu) != ev["old"]:
            self.wrong(ev, f"mm {self.loaded.get(cpu)} was loaded")
        if ev["mm"]:
            self.mm_of(ev)
        self.loaded[cpu] = ev["mm"]

    def tlb_lazy(self, ev):
        cpu = ev["cpu"]
        if self.whole and self.lazy.get(cpu, 1 - ev["enter"]) == ev["enter"]:
            self.wrong(ev, "it was already so")
        # when a task with an mm takes over, tlb.cr3 has told already that its own is loaded
        if self.whole and ev["enter"] and self.loaded.get(cpu) != ev["mm"] or ev["enter"] > 1:
            self.wrong(ev, f"mm {self.loaded.get(cpu)} is loaded")
        if self.whole and ev["mm"]:
            self.mm_of(ev)
        self.lazy[cpu] = ev["enter"]

    # ---- frames ----

    def block(self, ev):
        """(first frame, number, fill) of an event with an order; None if it cannot be."""
        pfn, order = ev["pfn"], ev["order"]
        if order > 10 or pfn & (1 << order) - 1 or pfn + (1 << order) > self.max_pfn:
            self.wrong(ev, "there is no such block")
            return None, None
        return pfn, 1 << order

    def page_alloc(self, ev):
        pfn, n = self.block(ev)
        if pfn is None:
            return
        if self.whole:
            where = self.buddy[ev["order"]] if ev["order"] else self.pcp.get(ev["cpu"], ())
            if pfn not in where:
                self.wrong(ev, f"frame {pfn} was {USES[self.use[pfn]]}")
            else:
                where.remove(pfn)
        self.use[pfn:pfn + n] = bytes(n)        # OTHER
        self.kind[pfn:pfn + n] = bytes(n)       # anonymous, if it is mapped and no file's

    def page_free(self, ev):
        pfn, n = self.block(ev)
        if pfn is None:
            return
        use = self.use[pfn:pfn + n]
        if use.count(OTHER) + use.count(UNKNOWN) != n:
            bad = next(i for i in range(n) if use[i] not in (OTHER, UNKNOWN))
            self.wrong(ev, f"frame {pfn + bad} is {USES[use[bad]]}")
        for i in range(pfn, pfn + n):
            if self.nr_stale.get(i):
                self.wrong(ev, f"frame {i} is freed before the flush")
            if self.whole and self.maps[i]:
                self.wrong(ev, f"frame {i} is mapped {self.maps[i]} times")
            if i in self.cache:
                self.wrong(ev, f"frame {i} is page {self.cache[i][1]} of file {self.cache[i][0]}")
            if i in self.slot_in:
                self.wrong(ev, f"frame {i} has slot {self.slot_in[i]:x}")
            if i in self.writing:
                self.wrong(ev, f"frame {i} is on its way to {self.writing[i]}")
            if self.lru and i in self.lru:
                self.wrong(ev, f"frame {i} is on the list {self.lru[i]}")
            self.left.pop(i, None)
            self.goes.discard(i)
        if n > 1:
            self.use[pfn:pfn + n] = bytes([BUDDY]) * n
            if self.whole:
                self.buddy[ev["order"]].add(pfn)
        else:
            self.use[pfn] = PCP
            if self.whole:
                self.pcp.setdefault(ev["cpu"], set()).add(pfn)

    def take_block(self, ev, pfn, order):
        if pfn in self.buddy[order]:
            self.buddy[order].remove(pfn)
        else:
            self.wrong(ev, f"there is no free block of order {order} at {pfn}")

    def page_split(self, ev):
        if not self.whole:
            return
        pfn, order = ev["pfn"], ev["order"]
        self.take_block(ev, pfn, order)
        self.buddy[order - 1].update((pfn, pfn + (1 << order - 1)))

    def page_coalesce(self, ev):
        if not self.whole:
            return
        pfn, order = ev["pfn"], ev["order"]
        self.take_block(ev, pfn, order - 1)
        self.take_block(ev, pfn + (1 << order - 1), order - 1)
        self.buddy[order].add(pfn)

    def page_pcp_in(self, ev):
        pfn, n = self.block(ev)
        if pfn is None or not self.whole:
            return
        self.take_block(ev, pfn, ev["order"])
        self.pcp.setdefault(ev["cpu"], set()).update(range(pfn, pfn + n))
        self.use[pfn:pfn + n] = bytes([PCP]) * n

    def page_pcp_out(self, ev):
        if not self.whole:
            return
        pfn = ev["pfn"]
        where = self.pcp.get(ev["cpu"], ())
        if pfn in where:
            where.remove(pfn)
        else:
            self.wrong(ev, f"frame {pfn} is {USES[self.use[pfn]]}")
        self.buddy[0].add(pfn)
        self.use[pfn] = BUDDY

    def witness(self, ev):
        """The count is true after all: an entry that moves is told as gone and as there, and counts all the time."""
        pfn, n, moves = ev["pfn"], ev["count"], ev["k"] == "page.rmap_del"
        if not self.whole or pfn >= self.max_pfn:
            return
        if self.maps[pfn] == n:
            self.moving.discard(pfn)
        elif moves and self.maps[pfn] == n - 1 and pfn not in self.moving:
            self.moving.add(pfn)
        else:
            self.wrong(ev, f"frame {pfn} is mapped {self.maps[pfn]} times")

    page_rmap_add = page_rmap_del = witness

    def page_lru(self, ev):
        if self.lru is None:
            return
        pfn, to = ev["pfn"], ev["list"]
        if to == self.lru.get(pfn, "none") or self.use[pfn] not in (OTHER, UNKNOWN):
            self.wrong(ev, f"frame {pfn}, {USES[self.use[pfn]]}, was on {self.lru.get(pfn, 'none')}")
        if to == "none":
            self.lru.pop(pfn, None)
        else:
            self.lru[pfn] = to

    # ---- slabs ----

    def slab_grow(self, ev):
        pfn, n = self.block(ev)
        if pfn is None:
            return
        use = self.use[pfn:pfn + n]
        if use.count(OTHER) + use.count(UNKNOWN) != n:
            self.wrong(ev, f"a frame of it is {USES[max(use)]}")
        self.add_slab(pfn, ev["cache"], ev["order"], ev["objects"])
        if self.per[ev["cache"]] != (ev["order"], ev["objects"]):
            self.wrong(ev, f"other slabs of it have order and objects {self.per[ev['cache']]}")
        if self.objects is not None:
            self.objects[pfn] = set()

    def add_slab(self, pfn, cache, order, objects):
        self.slabs[pfn] = (cache, order, objects)
        self.use[pfn:pfn + (1 << order)] = bytes([SLAB]) * (1 << order)
        self.per.setdefault(cache, (order, objects))

    def slab_shrink(self, ev):
        pfn, n = self.block(ev)
        if pfn is None:
            return
        slab = self.slabs.pop(pfn, None)
        if self.whole and (slab is None or slab[:2] != (ev["cache"], ev["order"])):
            self.wrong(ev, f"it was {slab}")
        self.use[pfn:pfn + n] = bytes(n)
        if self.objects is not None and self.objects.pop(pfn, None):
            self.wrong(ev, "it has objects that are in use")

    def slab_obj_alloc(self, ev):
        self.object(ev, False)

    def slab_obj_free(self, ev):
        self.object(ev, True)

    def object(self, ev, was):
        if self.objects is None:
            return
        slab, used = self.slabs.get(ev["pfn"]), self.objects.get(ev["pfn"])
        if slab is None or slab[0] != ev["cache"] or ev["index"] >= slab[2]:
            self.wrong(ev, f"the slab is {slab}")
            return
        if (ev["index"] in used) != was:
            self.wrong(ev, "the object is in use" if not was else "the object is not in use")
        (used.discard if was else used.add)(ev["index"])

    # ---- the page cache ----

    def file_cache_add(self, ev):
        pfn = ev["pfn"]
        if pfn in self.cache or self.use[pfn] not in (OTHER, UNKNOWN):
            self.wrong(ev, f"frame {pfn} is {self.cache.get(pfn) or USES[self.use[pfn]]}")
        self.cache[pfn] = [ev["ino"], ev["pgoff"], 0]

    def file_cache_del(self, ev):
        page = self.left[ev["pfn"]] = self.cache.pop(ev["pfn"], None)
        if self.whole and (page is None or page[:2] != [ev["ino"], ev["pgoff"]]):
            self.wrong(ev, f"it was {page}")
        if ev["pfn"] in self.writing:
            self.wrong(ev, "the disk reads it")

    def file_dirty(self, ev):
        page = self.cache.get(ev["pfn"])
        if page is not None and page[:2] == [ev["ino"], ev["pgoff"]]:
            page[2] = 1
        elif self.whole:
            self.wrong(ev, f"it was {page}")

    def file_clean(self, ev):
        page = self.cache.get(ev["pfn"])
        if page == [ev["ino"], ev["pgoff"], 1]:
            page[2] = 0
        elif self.whole:
            self.wrong(ev, f"it was {page}")

    def file_writeback(self, ev):
        page = self.cache.get(ev["pfn"])
        if self.whole and (page != [ev["ino"], ev["pgoff"], 0] or ev["pfn"] in self.writing):
            self.wrong(ev, f"it was {page}")
        self.writing[ev["pfn"]] = (ev["ino"], ev["pgoff"])

    def file_written(self, ev):
        if self.whole and (ev["pfn"] not in self.cache or self.writing.get(ev["pfn"]) != (ev["ino"], ev["pgoff"])):
            self.wrong(ev, f"on its way was {self.writing.get(ev['pfn'])}")
        self.writing.pop(ev["pfn"], None)

    def file_to_swap(self, ev):
        slot = self.file_slots[ev["ino"], ev["pgoff"]] = int(ev["entry"], 16)
        self.name_slot(ev, slot, 1)

    def file_from_swap(self, ev):
        slot, was = int(ev["entry"], 16), self.file_slots.pop((ev["ino"], ev["pgoff"]), None)
        if self.whole and (was or slot) != slot or was is None and slot in self.file_slots.values():
            self.wrong(ev, f"its slot was {was}")
        self.name_slot(ev, slot, -1)

    # ---- swap ----

    def swap_get(self, ev):
        slot = int(ev["entry"], 16)
        if slot in self.slots or slot in self.refs:
            self.wrong(ev, "it was in use")
        self.slots[slot] = 0
        self.written.discard(slot)

    def swap_free(self, ev):
        slot = int(ev["entry"], 16)
        page = self.slots.pop(slot, None)
        if self.whole and page != 0:
            self.wrong(ev, "it was free" if page is None else f"frame {page} of the swap cache is its")
        if self.refs.get(slot) and self.whole:
            self.wrong(ev, f"{self.refs[slot]} entries name it")

    def swap_cache_add(self, ev):
        slot, pfn = int(ev["entry"], 16), ev["pfn"]
        if self.whole and self.slots.get(slot) != 0 or pfn in self.cache or self.use[pfn] not in (OTHER, UNKNOWN):
            self.wrong(ev, f"the slot is {self.slots.get(slot, 'free')}, the frame {USES[self.use[pfn]]}")
        self.slots[slot] = pfn
        self.slot_in[pfn] = slot

    def cached_slot(self, ev):
        """The slot of an event about a page of the swap cache, which must have this frame."""
        slot = int(ev["entry"], 16)
        if self.whole and self.slots.get(slot) != ev["pfn"]:
            self.wrong(ev, f"its frame is {self.slots.get(slot)}")
        return slot

    def swap_cache_del(self, ev):
        slot = self.cached_slot(ev)
        if ev["pfn"] in self.writing:
            self.wrong(ev, "it is on its way to the slot")
        if self.refs.get(slot) and slot not in self.written and self.whole:
            self.wrong(ev, "entries name the slot, and it was never written")
        self.slots[slot] = 0
        self.slot_in.pop(ev["pfn"], None)

    def swap_out(self, ev):
        slot = self.cached_slot(ev)
        if ev["pfn"] in self.writing:
            self.wrong(ev, "it is on its way already")
        self.writing[ev["pfn"]] = slot
        self.written.discard(slot)

    def swap_written(self, ev):
        slot = self.cached_slot(ev)
        if self.writing.pop(ev["pfn"], None) != slot and self.whole:
            self.wrong(ev, "it was not on its way")
        if not ev["error"]:
            self.written.add(slot)

    def swap_in(self, ev):
        if self.cached_slot(ev) not in self.written and self.whole:
            self.wrong(ev, "the slot was never written")

    # ---- reclaim ----

    def reclaim_steal(self, ev):
        pfn = ev["pfn"]
        self.goes.add(pfn)
        self.stolen[ev["tid"]] = self.stolen.get(ev["tid"], 0) + 1
        if pfn in self.cache or pfn in self.slot_in or pfn in self.writing or self.maps[pfn] or \
                self.use[pfn] not in (OTHER, UNKNOWN):
            self.wrong(ev, f"frame {pfn}, {USES[self.use[pfn]]}, is still in use")
        ino, pgoff, dirty = self.left.get(pfn) or (0, 0, 0)
        if dirty and (ino, pgoff) not in self.file_slots:
            self.wrong(ev, f"frame {pfn} was not written")

    def reclaim_scan(self, ev):
        if self.stolen.pop(ev["tid"], 0) != ev["freed"] and self.whole:
            self.wrong(ev, "the pages freed were not as many")
        if ev["by"] != "advice" and ev["scanned"] < ev["freed"]:
            self.wrong(ev, "more was freed than looked at")

    def reclaim_wake(self, ev):
        if self.awake:
            self.wrong(ev, "it was awake")
        self.awake = True

    def reclaim_sleep(self, ev):
        if self.awake is False:
            self.wrong(ev, "it slept")
        self.awake = False

    # ---- from a snapshot, and against one ----

    def load(self, snap):
        """Become what the snapshot says."""
        for line in snap.of("task"):
            self.tasks[line["tid"]] = Task(line["tgid"], line["ppid"], line["comm"], line["mm"],
                                           line["state"] in "ZX")
        for line in snap.of("mm"):
            self.mms[line["mm"]] = Mm(line["pgd"], line["users"], line["count"])
            self.use[line["pgd"]] = TABLE
        for line in snap.of("vma"):
            mm, start = self.mms[line["mm"]], int(line["s"], 16)
            mm.starts.append(start)
            mm.vmas[start] = [int(line["e"], 16), int(line["f"], 16), line["pgoff"], line["ino"]]
        for line in snap.of("pt"):
            self.load_table(line)
        for line in snap.of("cpu"):
            self.running[line["cpu"]] = line["told"]
            self.loaded[line["cpu"]], self.lazy[line["cpu"]] = line["mm"], line["lazy"]
        self.load_frames(snap)
        for cpu, seq in enumerate(snap.seq):
            self.last_seq[cpu] = seq - 1

    def load_table(self, line):
        mm, level, va = self.mms[line["mm"]], line["level"], int(line["va"], 16)
        if level < self.levels:
            mm.tables[level, va >> (12 + 9 * level)] = line["pfn"]
            self.use[line["pfn"]] = TABLE
        if level == 1:
            table = mm.ptes[va >> 21] = dict(runs(line["ents"]))
            for entry in table.values():
                pfn = counted(entry)
                if pfn is not None and pfn < self.max_pfn:
                    self.maps[pfn] += 1

    def load_frames(self, snap):
        for line in snap.of("buddy"):
            order = line["order"]
            self.buddy[order].update(line["pfns"])
            for pfn in line["pfns"]:
                self.use[pfn:pfn + (1 << order)] = bytes([BUDDY]) * (1 << order)
        for line in snap.of("pcp"):
            for pfn in line["pfns"]:
                self.pcp.setdefault(line["cpu"], set()).add(pfn)
                self.use[pfn] = PCP
        if int(snap.begin.get("mask", "0"), 16) & MASK_OBJECTS:
            self.objects = {}
        for line in snap.of("slab"):
            for pfn, _, free in line["slabs"]:
                self.add_slab(pfn, line["cache"], line["order"], line["per"])
                if self.objects is not None:
                    self.objects[pfn] = in_use(line["per"], free)
        for line in snap.of("file"):
            for pgoff, pfn, dirty in line["pages"]:
                self.cache[pfn] = [line["ino"], pgoff, dirty]
        for line in snap.of("page"):
            pfn, n = line["pfn"], line["n"]
            self.kind[pfn:pfn + n] = bytes([KINDS.index(line["use"])]) * n
        self.load_swap(snap)
        if int(snap.begin.get("mask", "0"), 16) & MASK_RECLAIM:
            self.lru = dict(lists_of(snap))
        for line in snap.of("vmstat"):
            self.vmstat = line

    def load_swap(self, snap):
        """Of a slot's references some may be files'; a snapshot does not tell their places."""
        for line in snap.of("swap"):
            for entry, count, frame, unwritten in line["slots"]:
                slot = int(entry, 16)
                self.slots[slot] = frame
                if not unwritten:
                    self.written.add(slot)
                if frame:
                    self.slot_in[frame] = slot
                if count:
                    self.refs[slot] = count
        for pfn in written_to(snap):
            self.writing[pfn] = self.slot_in[pfn] if pfn in self.slot_in else tuple(self.cache.get(pfn, (0, 0))[:2])

    def differences(self, snap):
        """What the snapshot says otherwise, as texts; none: the law holds."""
        diff = Differences()
        if self.moving:
            diff.add(f"frames {sorted(self.moving)[:8]} are told to be mapped once more than entries say")
        self.compare_tasks(snap, diff)
        self.compare_mms(snap, diff)
        self.compare_areas(snap, diff)
        self.compare_tables(snap, diff)
        self.compare_frames(snap, diff)
        self.compare_pages(snap, diff)
        self.compare_swap(snap, diff)
        self.compare_counts(snap, diff)
        return diff.texts

    def compare_tasks(self, snap, diff):
        cpus = {line["cpu"]: line for line in snap.of("cpu")}
        there = {line["tid"]: line for line in snap.of("task")}
        running = {line["tid"]: line["cpu"] for line in cpus.values()}
        diff.sets("tasks", self.tasks, there)
        diff.sets("CPUs", self.loaded, cpus)
        for tid, line in there.items():
            task = self.tasks.get(tid)
            if task is None:
                continue
            active = task.mm or (self.loaded.get(running[tid]) if tid in running else 0)
            diff.fields(f"task {tid}", line, {"tgid": task.tgid, "ppid": task.ppid, "comm": task.comm,
                                              "mm": task.mm, "active_mm": active})
            if task.ended != (line["state"] in "ZX"):
                diff.add(f"task {tid} is {line['state']}, and has {'' if task.ended else 'not '}ended")
        for cpu, line in cpus.items():
            mm = self.mms.get(self.loaded.get(cpu))
            diff.fields(f"cpu {cpu}", line, {"mm": self.loaded.get(cpu), "cr3": mm and mm.pgd,
                                             "lazy": self.lazy.get(cpu), "told": self.running.get(cpu)})

    def compare_mms(self, snap, diff):
        there = {line["mm"]: line for line in snap.of("mm")}
        diff.sets("address spaces", self.mms, there)
        for ident, line in there.items():
            mm = self.mms.get(ident)
            if mm is None:
                continue
            diff.fields(f"mm {ident}", line, {"users": mm.users, "count": mm.count, "pgd": mm.pgd,
                                              "rss": self.rss(mm, snap)})
            # while somebody changes it, or takes it down, counters are not yet what they will be
            if line["mmap_sem"] >= 0 and mm.users:
                diff.fields(f"mm {ident}", line, self.sums(mm))

    @staticmethod
    def sums(mm):
        """What mm_struct counts of areas and tables."""
        s = dict.fromkeys(("total_vm", "locked_vm", "shared_vm", "exec_vm", "stack_vm", "data_vm"), 0)
        for start, (end, flags, _, ino) in mm.vmas.items():
            pages = (end - start) // PAGE
            s["total_vm"] += pages
            s["locked_vm"] += pages if flags & VM_LOCKED else 0
            s["shared_vm"] += pages if has_file(ino, flags) else 0
            if flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN) == VM_EXEC:
                s["exec_vm"] += pages
            s["stack_vm"] += pages if flags & VM_GROWSDOWN else 0
            if flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN) == VM_WRITE:
                s["data_vm"] += pages
        levels = [level for level, _ in mm.tables]
        s["map_count"] = len(mm.vmas)
        s["nr_ptes"] = levels.count(1)
        s["nr_tables"] = levels.count(1) + levels.count(2) + levels.count(3)
        s["highest_vm_end"] = f"{mm.vmas[mm.starts[-1]][0] if mm.starts else 0:x}"
        return s

    def rss(self, mm, snap):
        """Mapped frames by what they are: a file's by the file, others by how they came."""
        n = {"anon": 0, "file": 0, "shmem": 0, "swap": 0}
        for table in mm.ptes.values():
            for entry in table.values():
                pfn = counted(entry)
                n["swap"] += slot_of(entry) is not None
                if pfn is None or pfn >= self.max_pfn:
                    continue
                if pfn in self.cache:
                    n[snap.file_kind(pfn)] += 1
                else:
                    n["file" if self.kind[pfn] else "anon"] += 1
        return n

    def compare_areas(self, snap, diff):
        there = {}
        for line in snap.of("vma"):
            there.setdefault(line["mm"], {})[int(line["s"], 16)] = [
                int(line["e"], 16), int(line["f"], 16), line["pgoff"], line["ino"]]
        for ident, mm in self.mms.items():
            areas = there.get(ident, {})
            if areas == mm.vmas:
                continue
            for start in sorted(areas.keys() | mm.vmas.keys()):
                has, should = areas.get(start), mm.vmas.get(start)
                if has != should:
                    diff.add(f"mm {ident}, area at {start:x}: events say {text(should)}, snapshot {text(has)}")

    def compare_tables(self, snap, diff):
        tables, entries, tops = {}, {}, {}
        for line in snap.of("pt"):
            level, va = line["level"], int(line["va"], 16)
            ents = dict(runs(line["ents"]))
            if va & (1 << 12 + 9 * level) - 1:
                diff.add(f"{line['mm']}: a table of level {level} does not begin at {va:x}")
            if level == self.levels:
                tops[line["mm"]] = line["pfn"]
            else:
                tables.setdefault(line["mm"], {})[level, va >> (12 + 9 * level)] = line["pfn"]
            if level == 1:
                entries.setdefault(line["mm"], {})[va >> 21] = ents
            elif line["mm"] in self.mms:
                self.compare_upper(line, level, va, ents, diff)
        diff.maps("top table of mm", {ident: mm.pgd for ident, mm in self.mms.items()}, tops)
        for ident, mm in self.mms.items():
            diff.maps(f"mm {ident}, table", mm.tables, tables.get(ident, {}))
            there = entries.get(ident, {})
            for key, table in mm.ptes.items():
                if there.get(key) != table:
                    compare_entries(f"mm {ident}", key << 21, table, there.get(key, {}), diff)

    def compare_upper(self, line, level, va, ents, diff):
        """Entries that point to tables: all of these, and nothing else in them."""
        tables, first = self.mms[line["mm"]].tables, va >> (12 + 9 * (level - 1))
        n = 256 if level == self.levels else 512
        should = {i: tables[level - 1, first + i] << 12 | TABLE_ENTRY for i in range(n)
                  if (level - 1, first + i) in tables}
        if should != ents:
            compare_entries(f"mm {line['mm']}, level {level}", va, should, ents, diff, 12 + 9 * (level - 1))

    def compare_frames(self, snap, diff):
        buddy, pcp, slabs, objects, cache = [set() for _ in range(11)], {}, {}, {}, {}
        for line in snap.of("buddy"):
            buddy[line["order"]].update(line["pfns"])
        for line in snap.of("pcp"):
            pcp.setdefault(line["cpu"], set()).update(line["pfns"])
            if line.get("order", 0):
                diff.add("a block on the list of a CPU")
        for line in snap.of("slab"):
            for pfn, _, free in line["slabs"]:
                slabs[pfn] = (line["cache"], line["order"], line["per"])
                if self.objects is not None:
                    objects[pfn] = in_use(line["per"], free)
        for line in snap.of("file"):
            for pgoff, pfn, dirty in line["pages"]:
                cache[pfn] = [line["ino"], pgoff, int(dirty)]
        for order in range(11):
            diff.sets(f"free blocks of order {order}", self.buddy[order], buddy[order])
        for cpu in self.pcp.keys() | pcp.keys():
            diff.sets(f"frames on the list of CPU {cpu}", self.pcp.get(cpu, set()), pcp.get(cpu, set()))
        diff.maps("slab at frame", self.slabs, slabs)
        if self.objects is not None:
            diff.maps("objects of slab", self.objects, objects)
        diff.maps("cached page in frame", self.cache, cache)

    def compare_swap(self, snap, diff):
        slots, refs = {}, {}
        for line in snap.of("swap"):
            for entry, count, frame, _ in line["slots"]:
                slots[int(entry, 16)] = frame
                if count:
                    refs[int(entry, 16)] = count
        diff.maps("frame of slot", self.slots, slots)
        diff.maps("references to slot", self.refs, refs)
        diff.sets("frames that reclaim took and did not free", self.goes, set())
        diff.sets("frames on their way to the disk", set(self.writing), set(written_to(snap)))
        if self.lru is not None:
            diff.maps("list of frame", self.lru, dict(lists_of(snap)))

    def compare_counts(self, snap, diff):
        """vmstat went on by as much as events say."""
        if self.vmstat and not snap.of("vmstat"):
            diff.add("no vmstat")
        for line in snap.of("vmstat") if self.vmstat else ():
            for name, (kind, field) in {**COUNTED, **(COUNTED_RECLAIM if self.lru is not None else {})}.items():
                told = self.counts.get((kind, field), 0)
                if line[name] - self.vmstat[name] != told:
                    diff.add(f"{name} went on by {line[name] - self.vmstat[name]}, events say {told}")

    def compare_pages(self, snap, diff):
        """Each frame's own words: what it is, and how often it is mapped; and who is said to map it."""
        names = {"free": BUDDY, "pcp": PCP, "slab": SLAB, "table": TABLE}
        for line in snap.of("page"):
            first, n = line["pfn"], line["n"]
            self.compare_run(first, n, names.get(line["use"], OTHER), line, diff)
        self.compare_owners(snap, diff)
        there = {line["pfn"]: sorted((mm, int(va, 16)) for mm, va in line["at"]) for line in snap.of("rmap")}
        here = {}
        for ident, mm in self.mms.items():
            for key, table in mm.ptes.items():
                for i, entry in table.items():
                    pfn = counted(entry)
                    if pfn is not None:
                        here.setdefault(pfn, []).append((ident, (key << 21) + (i << 12)))
        wanted = {pfn for pfn in here if pfn in self.cache or not self.kind[pfn]}
        diff.sets("frames that rmap knows", wanted, wanted & there.keys())
        for pfn, at in there.items():
            if at != sorted(here.get(pfn, [])):
                diff.add(f"frame {pfn} is mapped at {text(sorted(here.get(pfn, [])))}, found by rmap: {text(at)}")

    def compare_owners(self, snap, diff):
        """A file's pages are called so, and what is mapped else is what it was when it began to be."""
        for line in snap.of("page"):
            use = line["use"]
            if use in ("free", "pcp", "slab", "table"):
                continue
            is_file = use in ("file", "shmem")
            for pfn in range(line["pfn"], line["pfn"] + line["n"]):
                if is_file != (pfn in self.cache) or not is_file and self.maps[pfn] and KINDS[self.kind[pfn]] != use:
                    diff.add(f"frame {pfn}: events say {self.cache.get(pfn) or KINDS[self.kind[pfn]]}, snapshot {use}")

    def compare_run(self, first, n, use, line, diff):
        has = self.use[first:first + n]
        if has.count(use) != n:
            for i in range(n):
                # one that waits for its flush, or is not hung in yet, is a table by its flag alone
                if has[i] != use and not (has[i] == OTHER and use == TABLE):
                    diff.add(f"frame {first + i}: events say {USES[has[i]]}, snapshot {line['use']}")
        maps = self.maps[first:first + n]
        if maps.count(line["map"]) != n:
            for i in range(n):
                if maps[i] != line["map"]:
                    diff.add(f"frame {first + i} ({line['use']}): {maps[i]} entries name it, mapcount {line['map']}")


def compare_entries(name, va, should, has, diff, shift=12):
    """Raw entries of a table; the hardware may have set accessed and dirty bits."""
    for i in sorted(should.keys() | has.keys()):
        a, b = should.get(i, 0), has.get(i, 0)
        if a != b and ((a ^ b) & ~AD or a & ~b or not b & MAPPED):
            diff.add(f"{name}, entry for {va + (i << shift):x}: events say {a:x}, snapshot {b:x}")


def text(value):
    if isinstance(value, (list, tuple)):
        return "(" + " ".join(text(v) if isinstance(v, (list, tuple)) else f"{v:x}" if isinstance(v, int) else str(v)
                              for v in value) + ")"
    return str(value)


class Differences:
    """A list of texts that does not grow without end."""

    def __init__(self):
        self.texts = []

    def add(self, words):
        if len(self.texts) < ERRORS_MAX:
            self.texts.append(words)

    def sets(self, name, should, has):
        if should == has:
            return
        more, less = sorted(set(should) - set(has)), sorted(set(has) - set(should))
        if more:
            self.add(f"{name}: only by the events {more[:8]} ({len(more)})")
        if less:
            self.add(f"{name}: only in the snapshot {less[:8]} ({len(less)})")

    def maps(self, name, should, has):
        if should == has:
            return
        for key in sorted(should.keys() | has.keys()):
            a, b = should.get(key), has.get(key)
            if a != b:
                self.add(f"{name} {text(key)}: events say {text(a)}, snapshot {text(b)}")

    def fields(self, name, line, should):
        for field, value in should.items():
            if field in line and line[field] != value:
                self.add(f"{name}: {field} is {line[field]}, should be {value}")
