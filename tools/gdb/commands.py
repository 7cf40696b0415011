"""
tools/gdb/commands.py - ps, vmmap, pagewalk, page, buddy, slab: what the structures hold, as text

Each command says its usage in its documentation string (`help ps`).  Lines are made for people, one
object a line, and tools/gdb/check.py takes them apart again.
"""
import gdb

import kernel as k


class Command(gdb.Command):
    """A command whose name is that of the class in small letters."""

    def __init__(self):
        super().__init__(type(self).__name__.lower(), gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        usage = self.__doc__.split(":")[0]
        if not self.least <= len(words) <= self.most:
            raise k.Missing(f"usage: {usage}")
        self.run(*words)

    least = most = 0


# ---- tasks, areas ------------------------------------------------------------------------------------------

class Ps(Command):
    """ps: all tasks.  S is the state as in /proc/PID/stat, MM the number of the address space, BORROWED that
    of another whose tables a kernel thread uses; the structure's address comes last."""

    def run(self):
        print(f"{'PID':>6} {'TGID':>6} {'PPID':>6} S CPU {'MM':>4} {'BORROWED':>8} {'COMMAND':16} task_struct")
        for pointer in [*k.idle_tasks(), *k.all_tasks()]:
            task = k.load(pointer)
            mm, active = task["mm"], task["active_mm"]
            parent = task["real_parent"]
            number = int(mm["id"]) if int(mm) else "-"
            borrowed = int(active["id"]) if int(active) and not int(mm) else "-"
            comm = task["comm"].string("latin-1")
            print(f"{int(task['pid']):6} {int(task['tgid']):6} {int(parent['tgid']) if int(parent) else 0:6} "
                  f"{k.state_letter(task)} {int(task['cpu']):3} {number:>4} {borrowed:>8} {comm:16} "
                  f"{k.address_of(pointer):#x}")


class TaskFunction(gdb.Function):
    """$task([PID]): a pointer to the task_struct, for print; without a PID that of the task that runs."""

    def __init__(self):
        super().__init__("task")

    def invoke(self, pid=None):
        return k.current_task() if pid is None else k.find_task(int(pid))


class Vmmap(Command):
    """vmmap [PID]: the areas of an address space, as /proc/PID/maps, with vm_flags in hexadecimal and the
    address of each vm_area_struct.  Without a PID: of the task that the CPU runs."""
    most = 1

    def run(self, pid=""):
        mm = k.mm_of(k.task_or_current(pid))
        print(f"{'start':>12}-{'end':12} {'perm':4} {'flags':>9} {'pgoff':>9} {'inode':>6} "
              f"{'vm_area_struct':18} name")
        for vma in k.areas(mm):
            flags = int(vma["vm_flags"])
            inode = int(vma["vm_file"]["f_inode"]["i_ino"]) if int(vma["vm_file"]) else 0
            print(f"{int(vma['vm_start']):12x}-{int(vma['vm_end']):<12x} {k.permissions(flags)} {flags:9x} "
                  f"{int(vma['vm_pgoff']):9x} {inode:6} {k.address_of(vma.address):#18x} "
                  f"{k.area_name(vma, mm)}".rstrip())


# ---- entries, frames -----------------------------------------------------------------------------------------

class Pagewalk(Command):
    """pagewalk ADDR [PID]: each level of the page tables on the way to an address: the frame of the table,
    the index, the entry.  Addresses of the kernel are in everybody's tables."""
    least, most = 1, 2

    def run(self, word, pid=""):
        address = k.parse_number(word)
        if not k.canonical(address):
            raise k.Missing(f"{address:#x} is not canonical: no tables can lead there")
        task = k.task_or_current(pid)
        pgd = task["mm"]["pgd"] if int(task["mm"]) else k.variable("init_pgd")
        level = entry = 0
        for level, frame, index, entry in k.walk(k.address_of(pgd), address):
            name = "PGD" if level == k.levels() else k.LEVELS[level]       # with 4 levels the P4D is folded into it
            print(f"{name} level {level} table {frame} index {index:3} entry {entry:016x}  "
                  f"{k.describe_entry(entry, level)}")
        if not entry & k.PRESENT:
            print(f"{address:#x} is not mapped")
            return
        inside = address & ((k.PAGE << 9 * (level - 1)) - 1)
        physical = (entry & k.PFN_MASK & ~((k.PAGE << 9 * (level - 1)) - 1)) + inside
        print(f"{address:#x} is physical {physical:#x}, frame {physical >> k.PAGE_SHIFT}")


def free_block(pfn):
    """(first frame, order) of the buddies' free block that PFN lies in, or None."""
    for order in range(11):
        head = pfn & ~((1 << order) - 1)
        page = k.page_of(head)
        if "buddy" in k.page_flags(page) and int(page["order"]) >= order:
            return head, int(page["order"])
    return None


def compound_head(pfn, page):
    """The first frame of the compound page that PFN is part of."""
    link = k.address_of(page["compound_head"])
    return k.pfn_of(k.pointer_to("struct page", link - 1)) if link & 1 else pfn


def anon_mapping(page):
    return int(page["mapping"]) & 1


def use_of(pfn, page):
    """(what the frame is used for, more about it)"""
    flags = k.page_flags(page)
    block = free_block(pfn)
    if block:
        return "free", f"in a free block of order {block[1]} from {block[0]} on"
    if "pcp" in flags:
        return "pcp", "free, on a CPU's own list"
    head = k.page_of(compound_head(pfn, page)) if "compound" in flags else page
    if "slab" in k.page_flags(head):
        return "slab", (f"of {k.text(head['slab_cache']['name'])}, {int(head['inuse'])} of "
                        f"{int(head['objects'])} objects out")
    if "table" in flags:
        mm = page["pt_mm"]
        return "table", f"of mm {int(mm['id'])}, {int(page['pt_entries'])} entries" if int(mm) else "of the kernel"
    if pfn == k.pfn_of(k.variable("empty_zero_page")):
        return "zero", "what is read where nothing was written"
    if "reserved" in flags:
        return "reserved", "the kernel's image, firmware, or a hole"
    if "compound" not in flags and int(page["mapping"]):
        if anon_mapping(page):
            return "anon", f"anon_vma {int(page['mapping']) - 1 & k.MASK64:#x}, index {int(page['index']):x}"
        return ("shmem" if "swapbacked" in flags else "file",
                f"inode {int(page['mapping']['host']['i_ino'])}, page {int(page['index'])} of it")
    return "kernel", "allocated, and neither a user's nor a cache's"


class Page(Command):
    """page PFN: what struct page says of a frame, in words."""
    least = most = 1

    def run(self, word):
        pfn = k.parse_number(word)
        page = k.page_of(pfn)
        use, more = use_of(pfn, page)
        print(f"frame {pfn}  physical {pfn << k.PAGE_SHIFT:#x}  struct page {k.address_of(page.address):#x}")
        print(f"use {use}: {more}")
        print(f"flags {int(page['flags']) & (1 << 56) - 1:x}: {' '.join(k.page_flags(page)) or 'none'}, "
              f"zone {k.text(k.variable('zones')[int(page['flags']) >> 56 & 0xff]['name'])}")
        print(f"references {k.atomic(page['_refcount'])}, entries that map it {k.atomic(page['_mapcount']) + 1}")


# ---- allocators ---------------------------------------------------------------------------------------------------

class Buddy(Command):
    """buddy [-v]: the free blocks of each zone by order, and the CPUs' own lists; -v: which frames."""
    most = 1

    def run(self, verbose=""):
        if verbose not in ("", "-v"):
            raise k.Missing("usage: buddy [-v]")
        zones = [k.load(k.variable("zones")[i].address) for i in range(k.variable("zones").type.range()[1] + 1)]
        cpus = int(k.variable("nr_cpus"))
        print(f"{'zone':8}" + "".join(f"{order:>7}" for order in range(11)) + "   pages free")
        for zone in zones:
            counts = [int(zone["free_area"][order]["nr_free"]) for order in range(11)]
            print(f"{k.text(zone['name']):8}" + "".join(f"{n:7}" for n in counts) +
                  f"   {sum(n << order for order, n in enumerate(counts))}")
        for zone in zones:
            lists = " ".join(f"CPU {cpu}: {int(zone['pcp'][cpu]['count'])}" for cpu in range(cpus))
            print(f"{k.text(zone['name'])} lists of the CPUs  {lists}")
        if verbose:
            for zone in zones:
                self.frames(zone, cpus)

    @staticmethod
    def frames(zone, cpus):
        name = k.text(zone["name"])
        for order in range(11):
            blocks = zone["free_area"][order]["free_list"]
            pfns = [k.pfn_of(p) for p in k.list_of(blocks, "struct page", "buddy_list")]
            if pfns:
                print(f"{name} order {order} frames {' '.join(map(str, pfns))}")
        for cpu in range(cpus):
            pfns = [k.pfn_of(p) for p in k.list_of(zone["pcp"][cpu]["list"], "struct page", "buddy_list")]
            if pfns:
                print(f"{name} CPU {cpu} frames {' '.join(map(str, pfns))}")


def caches():
    return [k.load(c) for c in k.list_of(k.variable("caches", "mm/slab.c"), "struct kmem_cache", "list")]


def in_arrays(cache):
    """The objects that wait in the CPUs' arrays: addresses."""
    found = set()
    for cpu in range(int(k.variable("nr_cpus"))):
        array = cache["cpu"][cpu]
        if int(array):
            first = k.address_of(array["entry"][0].address)
            found.update(k.read_words(first, int(array["avail"])) if int(array["avail"]) else ())
    return found


def slabs_of(cache):
    """The slabs, read: with objects out first."""
    for name in ("full", "partial", "free"):
        for page in k.list_of(cache[name], "struct page", "slab_list"):
            yield k.load(page)


def free_in_slab(cache, page):
    """The slots on the slab's own free list: their numbers."""
    base = k.direct_map(k.pfn_of(page.address) << k.PAGE_SHIFT)
    at, found = k.address_of(page["freelist"]), set()
    while at and len(found) <= int(page["objects"]):
        found.add((at - base) // int(cache["size"]))
        at = k.read_words(at + int(cache["off_next"]), 1)[0]
    return found


class Slab(Command):
    """slab [CACHE]: the caches of objects: bytes of an object and of its slot, objects of a slab, its order,
    objects handed out, all slots, slabs.  With a name: the slabs of that cache, and which slots are free."""
    most = 1

    def run(self, name=""):
        if name:
            return self.one(name)
        print(f"{'cache':24} {'object':>7} {'slot':>6} {'per':>5} {'order':>5} {'active':>7} {'total':>7} "
              f"{'slabs':>6}")
        for cache in caches():
            slabs = int(cache["nr_slabs"])
            active = int(cache["inuse"]) - len(in_arrays(cache))
            print(f"{k.text(cache['name']):24} {int(cache['object_size']):7} {int(cache['size']):6} "
                  f"{int(cache['num']):5} {int(cache['order']):5} {active:7} {slabs * int(cache['num']):7} {slabs:6}")
        return None

    @staticmethod
    def one(name):
        cache = next((c for c in caches() if k.text(c["name"]) == name), None)
        if cache is None:
            raise k.Missing(f"no cache is called {name}: see slab")
        waiting = in_arrays(cache)
        for page in slabs_of(cache):
            pfn = k.pfn_of(page.address)
            base, size = k.direct_map(pfn << k.PAGE_SHIFT), int(cache["size"])
            own = free_in_slab(cache, page)
            arrays = {(a - base) // size for a in waiting if base <= a < base + size * int(page["objects"])}
            print(f"slab at frame {pfn}: {int(page['inuse'])} of {int(page['objects'])} off its list; free "
                  f"{' '.join(map(str, sorted(own))) or 'none'}; in a CPU's array "
                  f"{' '.join(map(str, sorted(arrays))) or 'none'}")
