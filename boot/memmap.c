/*
 * boot/memmap.c - the firmware's memory map, put in order
 *
 * Purpose:    firmware tells what lies where in any order, twice, with overlaps, in thousands of pieces.
 *             boot_info.mem[] gets one answer for each address.
 * Invariants: sorted; no piece is empty, none overlaps another, none touches one of its own type.
 *             Where two entries overlap the higher number wins: anything wins over RAM.
 *             What is not in the map is not RAM.  A map with more than BOOT_MAX_MEM pieces loses RAM, or gets
 *             a hole of its filled: it never says RAM of what the firmware wants for itself.
 * Lock order: none: boot runs on one CPU.
 * Sources:    ACPI specification, "System Address Map Interfaces"; Intel SDM vol. 3A, "Paging" (52 bits
 *             of physical address at most).
 */
#include <asm/phys_range.h>
#include <boot_info.h>
#include <string.h>

#define PHYS_END	(1UL << 52)

static struct boot_mem *const mem = boot_info.mem;

static phys_addr_t __init end_of(unsigned int i)
{
	return mem[i].base + mem[i].size;
}

static void __init insert(unsigned int at, phys_addr_t base, phys_addr_t end, enum boot_mem_type type)
{
	memmove(&mem[at + 1], &mem[at], (boot_info.nr_mem - at) * sizeof(*mem));
	mem[at] = (struct boot_mem){ base, end - base, type };
	boot_info.nr_mem++;
}

static void __init forget(unsigned int at)
{
	boot_info.nr_mem--;
	memmove(&mem[at], &mem[at + 1], (boot_info.nr_mem - at) * sizeof(*mem));
}

/* Piece @i takes in the next one, and the hole between. */
static void __init join_next(unsigned int i)
{
	mem[i].size = end_of(i + 1) - mem[i].base;
	forget(i + 1);
}

static void __init join_if_same(unsigned int i)
{
	if (i + 1 < boot_info.nr_mem && mem[i].type == mem[i + 1].type && end_of(i) == mem[i + 1].base)
		join_next(i);
}

static void __init join_neighbours(unsigned int i)
{
	join_if_same(i);
	if (i)
		join_if_same(i - 1);
}

/*
 * One piece less.  Of what is safe, the least harm: the smallest RAM is forgotten, or the smallest hole between
 * two pieces that are not RAM is filled: that costs only what a later entry says of the hole, so it may be larger.
 */
static void __init shrink(void)
{
	phys_addr_t ram = ~0UL, hole = ~0UL;
	unsigned int ram_at = 0, hole_at = 0;

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		if (mem[i].type == BOOT_MEM_RAM) {
			if (mem[i].size < ram) {
				ram = mem[i].size;
				ram_at = i;
			}
		} else if (i + 1 < boot_info.nr_mem && mem[i + 1].type != BOOT_MEM_RAM &&
			   mem[i + 1].base - end_of(i) < hole) {
			hole = mem[i + 1].base - end_of(i);
			hole_at = i;
		}
	}
	boot_info.mem_cut = true;
	if (ram < hole / 16) {
		forget(ram_at);
		return;
	}
	mem[hole_at].type = max(mem[hole_at].type, mem[hole_at + 1].type);
	join_next(hole_at);
	join_neighbours(hole_at);
}

/* [from, to) of piece @i becomes @type: up to three pieces. */
static void __init retype(unsigned int i, phys_addr_t from, phys_addr_t to, enum boot_mem_type type)
{
	phys_addr_t base = mem[i].base, end = end_of(i);
	enum boot_mem_type old = mem[i].type;

	mem[i] = (struct boot_mem){ from, to - from, type };
	if (to < end)
		insert(i + 1, to, end, old);
	if (base < from)
		insert(i, base, from, old);
}

/* The first piece that ends behind @at; nr_mem: none does. */
static unsigned int __init piece_behind(phys_addr_t at)
{
	unsigned int i = 0;

	while (i < boot_info.nr_mem && end_of(i) <= at)
		i++;
	return i;
}

/* What begins at @at, up to @end or to where the map changes, is @type; returns where that is. */
static phys_addr_t __init lay(phys_addr_t at, phys_addr_t end, enum boot_mem_type type)
{
	unsigned int i = piece_behind(at);

	if (i == boot_info.nr_mem || mem[i].base > at) {
		if (i < boot_info.nr_mem)
			end = min(end, mem[i].base);
		insert(i, at, end, type);
	} else {
		end = min(end, end_of(i));
		if (type > mem[i].type)
			retype(i, at, end, type);
	}
	join_neighbours(piece_behind(at));
	while (boot_info.nr_mem > BOOT_MAX_MEM)
		shrink();
	return end;
}

void __init boot_map_add(phys_addr_t base, phys_addr_t size, enum boot_mem_type type)
{
	phys_addr_t end = base + size < base ? PHYS_END : min(base + size, PHYS_END);

	while (base < end)
		base = lay(base, end, type);
}

bool boot_ram_overlaps(phys_addr_t base, u64 size)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++)
		if (mem[i].type == BOOT_MEM_RAM && phys_ranges_overlap(base, size, mem[i].base, mem[i].size))
			return true;
	return false;
}
