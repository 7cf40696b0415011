"""
tools/gdb/why.py - why ADDR: what an access would come to, decided from the structures alone

The kernel has such a table of its own (/proc/quire/why).  This one is written from the outside, after
the manual's chapter on paging and Linux's rules, so that the two can disagree.
"""
import gdb

import kernel as k
from commands import Command

PAGE_MASK = ~(k.PAGE - 1)
NEEDS = {"r": k.VM_READ | k.VM_WRITE | k.VM_EXEC, "w": k.VM_WRITE, "x": k.VM_EXEC}
VERBS = {"r": "read", "w": "write", "x": "execute"}


class Why(Command):
    """why ADDR [PID] [r|w|x]: what would become of an access by the program: which area, what the entry says,
    the verdict.  Without a letter: of all three.  Changes nothing."""
    least, most = 1, 3

    def run(self, word, *more):
        address = k.parse_number(word)
        kinds = [m for m in more if m in NEEDS]
        pids = [m for m in more if m not in NEEDS]
        if len(kinds) > 1 or len(pids) > 1:
            raise k.Missing("usage: why ADDR [PID] [r|w|x]")
        mm = k.mm_of(k.task_or_current("".join(pids)))
        for kind in kinds or "rwx":
            steps, verdict = explain(mm, address, kind)
            print("\n".join(f"  {step}" for step in steps))
            print(f"{VERBS[kind]} {address:#x}: {verdict}")


def explain(mm, address, kind):
    """(sentences, outcome)"""
    if not k.canonical(address):
        return ["no tables can lead there: the CPU does not even ask them"], "general_protection"
    if address >> 63:
        return ["the kernel's half"], "segv_maperr"
    vma, above = covering(mm, address)
    steps = []
    if vma is None:
        vma = above
        steps, grows = outside(mm, address, above)
        if not grows:
            return steps, "segv_maperr"
    flags = int(vma["vm_flags"])
    place = f"{int(vma['vm_start']):x}-{int(vma['vm_end']):x}"
    steps.append(f"area {place} {k.permissions(flags)} {k.area_name(vma, mm)}".rstrip())
    level, entry = k.leaf(k.address_of(mm["pgd"]), address)
    steps.append(f"entry {entry:x}: {k.describe_entry(entry, 1)}" if level else
                 "no table leads there: as an entry that is none")
    if allows(entry, kind):
        return steps + ["the hardware allows it"], "no_fault"
    key = flags >> k.VM_PKEY_SHIFT & 15
    if key:
        steps.append(f"protection key {key}: the thread's PKRU, not looked at here, may forbid it (segv_pkuerr)")
    if not flags & NEEDS[kind]:
        return steps + ["the area does not allow it"], "segv_accerr"
    return fault(vma, address & PAGE_MASK, entry, kind, steps)


def covering(mm, address):
    """(the area with ADDRESS or None, the first one above it or None)"""
    for vma in k.areas(mm):
        if int(vma["vm_end"]) > address:
            return (vma, None) if int(vma["vm_start"]) <= address else (None, vma)
    return None, None


def outside(mm, address, above):
    """No area: (sentences, may a stack grow down to it?)"""
    if above is None:
        return ["no area lies there or above"], False
    start = int(above["vm_start"])
    if not int(above["vm_flags"]) & k.VM_GROWSDOWN:
        return [f"no area: the next one begins at {start:x} and does not grow down"], False
    steps = [f"no area: the next one, from {start:x} on, grows down"]
    page = address & PAGE_MASK
    below = above["vm_prev"]
    if page < int(k.variable("sysctl_mmap_min_addr")):
        return steps + ["not below mmap_min_addr"], False
    if int(below):
        neighbour = k.load(below)
        flags, end = int(neighbour["vm_flags"]), int(neighbour["vm_end"])
        if flags & NEEDS["r"] and not flags & k.VM_GROWSDOWN and page - end < int(k.variable("stack_guard_gap")):
            return steps + [f"but the guard gap above {end:x} must stay free"], False
    signal = next((t["signal"] for t in k.all_tasks() if k.address_of(t["mm"]) == k.address_of(mm.address)), None)
    limit = int(signal["rlim"][3]["rlim_cur"]) & k.MASK64 if signal is not None else k.MASK64     # RLIMIT_STACK
    if int(above["vm_end"]) - page > limit:
        return steps + [f"but it would be larger than RLIMIT_STACK, {limit} bytes"], False
    return steps + ["the area grows down to it"], True


def allows(entry, kind):
    """Would the hardware let a program do it?"""
    if not entry & k.PRESENT or not entry & k.USER:
        return False
    return {"r": True, "w": entry & k.RW, "x": not entry & k.NO_EXEC}[kind]


def fault(vma, page, entry, kind, steps):
    """The area allows what the entry does not: what the kernel has to bring about."""
    shared = int(vma["vm_flags"]) & k.VM_SHARED
    nonlinear = entry & k.LARGE and not entry & (k.PRESENT | k.PROTNONE)
    if not entry or nonlinear:
        if not int(vma["vm_ops"]):
            return steps + ["memory without a file"], "anon_zero" if kind == "w" else "anon_read_zero_page"
        if beyond_end(vma, page, entry if nonlinear else 0):
            return steps + ["the file ends before that page"], "sigbus"
        if kind != "w":
            return steps + ["a page of the file"], "file_read"
        return steps + ["a page of the file"], "file_shared" if shared else "file_cow"
    if not entry & (k.PRESENT | k.PROTNONE):
        return steps + ["no swap made that entry"], "sigbus"
    if kind != "w" or entry & k.RW:
        return steps + ["the entry only waits for its bits"], "spurious"
    return write_protected(entry, shared, steps)


def write_protected(entry, shared, steps):
    if shared:
        return steps + ["a shared page that was clean until now"], "wp_shared"
    if entry & k.SPECIAL:
        return steps + ["the zero page, or a bare frame: copied"], "wp_copy"
    page = k.page_of((entry & k.PFN_MASK) >> k.PAGE_SHIFT)
    references, anonymous = k.atomic(page["_refcount"]), int(page["mapping"]) & 1
    if anonymous and references == 1:
        return steps + ["nobody else has the page: it becomes writable"], "wp_reuse"
    reason = f"{references} references to the page" if anonymous else "the file's own page"
    return steps + [f"{reason}: copied"], "wp_copy"


def beyond_end(vma, page, nonlinear):
    """Is the page behind the end of the file?"""
    file = vma["vm_file"]
    if not int(file):
        return False
    if nonlinear:
        index = nonlinear >> 12
    else:
        index = int(vma["vm_pgoff"]) + (page - int(vma["vm_start"]) >> k.PAGE_SHIFT)
    return index << k.PAGE_SHIFT >= int(file["f_inode"]["i_size"])


Why()
