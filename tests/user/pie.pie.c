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

TEST(the_program_lies_in_the_upper_part_below_the_mappings)
{
	char *map = map_pages(1);

	CHECK((unsigned long)&variable > 0x500000000000);
	CHECK((char *)&variable < map || (unsigned long)&variable > 0x7f0000000000);
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
