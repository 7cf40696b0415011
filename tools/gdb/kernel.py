"""
tools/gdb/kernel.py - Quire's structures as a debugger sees them

Everything comes from memory by way of the debug information (DWARF): names of variables, types and
members.  Constants that are macros, and therefore not in DWARF, are typed here once more, from the
architecture's manual and Linux's documentation.  No code is shared with the kernel, so that what is
shown can disagree with what the kernel believes.
"""
import struct

import gdb

PAGE_SHIFT, PAGE = 12, 4096
PAGE_OFFSET = 0xffff888000000000        # the direct map of all RAM
VMEMMAP = 0xffffea0000000000            # struct page number pfn
IMAGE = 0xffffffff80000000              # the kernel itself
PFN_MASK = 0x000ffffffffff000
MASK64 = (1 << 64) - 1
MAX_LIST = 1 << 22                      # a list that is longer goes round in circles

VM_READ, VM_WRITE, VM_EXEC, VM_SHARED = 1, 2, 4, 8
VM_MAYSHARE, VM_GROWSDOWN, VM_PFNMAP, VM_NONLINEAR = 0x80, 0x100, 0x400, 0x800000
VM_PKEY_SHIFT = 32


class Missing(gdb.GdbError):
    """What was asked for is not there; gdb prints the text and no traceback."""


# ---- variables and structures -------------------------------------------------------------------------

def variable(name, unit=None):
    """A global variable; UNIT: the source file of a static one."""
    try:
        return gdb.parse_and_eval(f"'{unit}'::{name}" if unit else name)
    except gdb.MemoryError:
        raise Missing("the kernel's own page tables are not loaded yet: continue to start_kernel") from None
    except gdb.error as error:
        raise Missing(f"{name}: {error} (is this the kernel's ELF file?)") from None


def load(pointer):
    """What POINTER points to, read at once: each field is then at hand."""
    value = pointer.dereference()
    try:
        value.fetch_lazy()
    except gdb.MemoryError:
        raise Missing(f"no memory at {int(pointer) & MASK64:#x}") from None
    return value


def pointer_to(type_name, address):
    return gdb.Value(address & MASK64).cast(gdb.lookup_type(type_name).pointer())


def address_of(pointer):
    return int(pointer) & MASK64


def offset_of(type_name, member):
    for field in gdb.lookup_type(type_name).fields():
        if field.name == member:
            return field.bitpos // 8
        if not field.name:              # an unnamed union or structure
            inner = offset_of_in(field.type, member)
            if inner is not None:
                return field.bitpos // 8 + inner
    raise Missing(f"{type_name} has no {member}")


def offset_of_in(kind, member):
    for field in kind.fields():
        if field.name == member:
            return field.bitpos // 8
        if not field.name:
            inner = offset_of_in(field.type, member)
            if inner is not None:
                return field.bitpos // 8 + inner
    return None


def list_of(head, type_name, member):
    """Pointers to the structures on the list_head HEAD, linked through MEMBER."""
    offset, end = offset_of(type_name, member), address_of(head.address)
    at = address_of(head["next"])
    for _ in range(MAX_LIST):
        if at == end:
            return
        yield pointer_to(type_name, at - offset)
        at = read_words(at, 1)[0]       # next comes first in a list_head
    raise Missing(f"the list at {end:#x} has no end")


def read_words(address, count):
    """COUNT 64-bit words of kernel memory."""
    try:
        data = gdb.selected_inferior().read_memory(address, count * 8)
    except gdb.MemoryError:
        raise Missing(f"no memory at {address:#x}") from None
    return struct.unpack(f"<{count}Q", bytes(data))


def text(pointer):
    """The C string at POINTER; bytes that are no UTF-8 show as they do in a snapshot of Latin-1."""
    return pointer.string("latin-1") if int(pointer) else ""


def enum_names(type_name, prefix):
    """{number: name without PREFIX} of an enum."""
    return {f.enumval: f.name[len(prefix):] for f in gdb.lookup_type(type_name).fields()
            if f.name.startswith(prefix)}


def parse_number(word, base=0):
    """An argument: a number, or an expression of C."""
    try:
        return int(word, base)
    except ValueError:
        try:
            return int(gdb.parse_and_eval(word)) & MASK64
        except gdb.error as error:
            raise Missing(str(error)) from None


# ---- tasks ----------------------------------------------------------------------------------------------

def processor():
    """The CPU that gdb looks at (QEMU makes a thread of each)."""
    thread = gdb.selected_thread()
    return thread.num - 1 if thread else 0


def idle_tasks():
    return [cpu["idle"] for cpu in (variable("cpus")[i] for i in range(int(variable("nr_cpus"))))
            if int(cpu["idle"])]


def all_tasks():
    """Pointers to all tasks: the processes in order, each with its threads."""
    for leader in list_of(variable("task_list"), "struct task_struct", "tasks"):
        signal = leader["signal"]
        if not int(signal):
            yield leader
            continue
        yield from list_of(signal["threads"], "struct task_struct", "thread_node")


def current_task():
    return variable("cpus")[processor()]["curr"]


def find_task(pid):
    for task in [*idle_tasks(), *all_tasks()]:
        if int(task["pid"]) == pid:
            return task
    raise Missing(f"there is no task {pid}: see ps")


def task_or_current(word):
    return find_task(parse_number(word)) if word else current_task()


def state_letter(task):
    """As /proc/PID/stat; the numbers of include/sched.h."""
    for bits, field, letter in ((32, "exit_state", "X"), (16, "exit_state", "Z"), (4, "state", "T"),
                                (2, "state", "D"), (1, "state", "S")):
        if int(task[field]) & bits:
            return letter
    return "R"


def mm_of(task):
    """The address space of TASK, read; a kernel thread has none."""
    if not int(task["mm"]):
        raise Missing(f"{text(task['comm'].address.cast(gdb.lookup_type('char').pointer()))} "
                      f"({int(task['pid'])}) has no address space of its own: name a PID, see ps")
    return load(task["mm"])


# ---- areas ------------------------------------------------------------------------------------------------

def areas(mm):
    """All VMAs of MM, read, in order of address."""
    at = mm["mmap"]
    for _ in range(MAX_LIST):
        if not int(at):
            return
        vma = load(at)
        yield vma
        at = vma["vm_next"]


def path_name(path):
    """The way from the root to a file, as maps shows it."""
    dentry, mount = load(path["dentry"]), path["mnt"]
    names = []
    gone = bool(dentry["d_unlinked"]) and address_of(dentry["d_parent"]) != address_of(path["dentry"])
    at = path["dentry"]
    while True:
        here = load(at)
        if int(mount) and address_of(at) == address_of(mount["root"]):
            if not int(mount["parent"]):
                break
            at, mount = mount["mountpoint"], mount["parent"]
        elif address_of(here["d_parent"]) == address_of(at):
            break
        else:
            names.append(text(here["d_name"]))
            at = here["d_parent"]
    return "/" + "/".join(reversed(names)) + (" (deleted)" if gone else "")


def area_name(vma, mm):
    """The last column of /proc/PID/maps."""
    if address_of(vma["vm_ops"]) == address_of(variable("special_mapping_vmops", "mm/special_mapping.c").address):
        return text(vma["vm_private_data"].cast(gdb.lookup_type("struct vm_special_mapping").pointer())["name"])
    if int(vma["vm_file"]):
        return path_name(vma["vm_file"]["f_path"])
    start, end = int(vma["vm_start"]), int(vma["vm_end"])
    if start <= int(mm["brk"]) and end >= int(mm["start_brk"]):
        return "[heap]"
    if start <= int(mm["start_stack"]) <= end:
        return "[stack]"
    return ""


def permissions(flags):
    return "".join(letter if flags & bit else "-" for letter, bit in
                   (("r", VM_READ), ("w", VM_WRITE), ("x", VM_EXEC))) + ("s" if flags & VM_MAYSHARE else "p")


# ---- page tables --------------------------------------------------------------------------------------------

BITS = ((0, "present"), (1, "writable"), (2, "user"), (3, "PWT"), (4, "PCD"), (5, "accessed"), (6, "dirty"),
        (8, "global"), (9, "special"), (11, "soft-dirty"), (63, "no-exec"))
PRESENT, RW, USER, ACCESSED, DIRTY, LARGE, PROTNONE, SPECIAL = (1 << n for n in (0, 1, 2, 5, 6, 7, 8, 9))
NO_EXEC = 1 << 63
LEVELS = {1: "PTE", 2: "PMD", 3: "PUD", 4: "P4D", 5: "PGD"}


def levels():
    return 5 if int(variable("__pgtable_l5_enabled")) else 4


def canonical(address):
    """Are all bits above those that the tables look at as the topmost of these?"""
    bits = 9 * levels() + 11
    return address >> bits in (0, (1 << 64 - bits) - 1)


def direct_map(address):
    """Where the physical address can be read."""
    return PAGE_OFFSET + address


def physical(address):
    """Of an address in the direct map or in the kernel's image."""
    return (address - IMAGE + int(variable("phys_base"))) & MASK64 if address >= IMAGE else address - PAGE_OFFSET


def walk(pgd, address):
    """
    (level, frame of the table, index, entry) from the top table at the kernel address PGD down to
    where there is no further table.
    """
    table = physical(pgd)
    for level in range(levels(), 0, -1):
        index = address >> (PAGE_SHIFT + 9 * (level - 1)) & 511
        entry = read_words(direct_map(table) + index * 8, 1)[0]
        yield level, table >> PAGE_SHIFT, index, entry
        if not entry & PRESENT or level > 1 and entry & LARGE:
            return
        table = entry & PFN_MASK


def leaf(pgd, address):
    """(level, entry) of what the hardware would use, or 0 and 0: no table leads there."""
    for level, _, _, entry in walk(pgd, address):
        pass
    return (level, entry) if level == 1 or entry & LARGE and entry & PRESENT else (0, 0)


def describe_entry(entry, level):
    """The bits in words."""
    if not entry:
        return "none"
    if not entry & PRESENT:
        if entry & PROTNONE:
            return "no access allowed (PROT_NONE); the page is kept"
        if level == 1 and entry & LARGE:
            return f"page {entry >> 12} of the file, by remap_file_pages"
        return "not present"
    words = [name for bit, name in BITS if entry >> bit & 1]
    if entry & LARGE:
        words.append("large" if level > 1 else "PAT")
    key = entry >> 59 & 15
    return " ".join(words + ([f"key {key}"] if key else []))


# ---- frames ---------------------------------------------------------------------------------------------------

def page_of(pfn):
    """struct page of a frame, read."""
    if not 0 <= pfn < int(variable("max_pfn")):
        raise Missing(f"frame {pfn}: memory ends before {int(variable('max_pfn'))}")
    size = gdb.lookup_type("struct page").sizeof
    return load(pointer_to("struct page", VMEMMAP + pfn * size))


def pfn_of(page_pointer):
    return (address_of(page_pointer) - VMEMMAP) // gdb.lookup_type("struct page").sizeof


def page_flags(page):
    """The names of the flags that are set."""
    names = sorted(enum_names("enum pageflags", "PG_").items())
    return [name for bit, name in names if int(page["flags"]) >> bit & 1]


def atomic(value):
    return int(value["counter"])
