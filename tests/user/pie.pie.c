/*
 * tests/user/pie.pie.c - a static PIE: loaded anywhere, relocated by itself
 */
#include <sys/auxv.h>
#include <uapi/elf.h>
#include "mem.h"

static int variable = 5;
static int *const pointer = &variable;
static const char *const words[] = { "one", "two" };

TEST(pointers_in_data_are_relocated)
{
	EQ(pointer, &variable);
	EQ(*pointer, 5);
	STREQ(words[1], "two");
}

TEST(the_program_is_not_at_its_link_address)
{
	const Elf64_Ehdr *elf = (void *)((getauxval(AT_PHDR) & -PAGE));

	EQ(memcmp(elf->e_ident, ELFMAG, SELFMAG), 0);
	EQ(elf->e_type, ET_DYN);
	CHECK(getauxval(AT_ENTRY) != elf->e_entry);
	EQ(getauxval(AT_ENTRY) - elf->e_entry, (unsigned long)elf);
	EQ(getauxval(AT_BASE), 0);
}

/*
 * Without an interpreter it is the first of the mappings, and they grow downwards.  They begin below the
 * stack's room (its limit, 16 GiB of chance, the guard gap) and up to 1 TiB of chance.
 */
TEST(without_an_interpreter_the_program_lies_among_the_mappings)
{
	const unsigned long top = 0x7ffffffff000, chance = 1UL << 40, room = 1UL << 35;
	char *map = map_pages(1);

	CHECK((unsigned long)&variable > top - chance - room && (unsigned long)&variable < top);
	CHECK(map < (char *)&variable && (unsigned long)map > top - chance - room);
}

TEST(text_is_executable_and_data_is_not)
{
	CHECK(strstr(maps_line((void *)&maps_line), " r-xp "));
	CHECK(strstr(maps_line(&variable), " rw-p "));
	CHECK(strstr(maps_line(words[0]), " r--p "));
}

TEST(heap_and_stack_work)
{
	char *p = malloc(100000);

	memset(p, 1, 100000);
	CHECK(strstr(maps_line(p), "[heap]"));
	EXITS(CHILD(variable = 6), 0);
	EQ(variable, 5);
}
