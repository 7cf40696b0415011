/* links: boot/efi/elf.c boot/efi/pages.c */
/*
 * tests/host/test_efi_elf.c - the UEFI loader and kernels that are none
 *
 * The firmware's pages are real ones of this program, at the addresses that were asked for; behind each stretch
 * lies a page that nobody may touch, nor may what is given back be, and what the loader does not own keeps its pattern.
 */
#include "cmocka_shim.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <uapi/elf.h>
#include "boot/efi/loader.h"

#define LINKED		0x200000UL		/* where the test kernel wants to lie */
#define VIRTUAL		0xffffffff80000000UL
#define PATTERN		0xa5
#define MOST_PAGES	1024UL			/* the machine has no more */

static struct {
	char *at;
	size_t size;		/* what the loader has of it, and */
	char *all;		/* what it had at first */
	size_t all_size;
} given[4];
static unsigned int nr_given;
static bool linked_address_is_free;

static EFI_STATUS allocate_pages(int how, int type, UINTN pages, EFI_PHYSICAL_ADDRESS *at)
{
	size_t size = pages * 4096;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (how == AllocateAddress ? MAP_FIXED_NOREPLACE : MAP_32BIT);
	char *p;

	assert_int_equal(type, EfiLoaderData);
	assert_true(pages > 0);
	if (pages > MOST_PAGES)
		return EFI_OUT_OF_RESOURCES;
	if (how == AllocateAddress && (!linked_address_is_free || *at < 65536))
		return EFI_NOT_FOUND;
	p = mmap(how == AllocateAddress ? (void *)*at : NULL, size + 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		return EFI_NOT_FOUND;
	memset(p, PATTERN, size);
	mprotect(p + size, 4096, PROT_NONE);
	assert_true(nr_given < 4);
	given[nr_given].at = given[nr_given].all = p;
	given[nr_given].size = given[nr_given].all_size = size;
	nr_given++;
	*at = (EFI_PHYSICAL_ADDRESS)p;
	return EFI_SUCCESS;
}

static void check_pattern(UINT64 start, UINT64 end);

/* From either end of the one stretch. */
static EFI_STATUS free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
	char *p = (char *)at;
	size_t size = pages * 4096;

	assert_int_equal(nr_given, 1);
	assert_true(size && size < given[0].size);
	assert_true(p == given[0].at || p + size == given[0].at + given[0].size);
	check_pattern(at, at + size);
	mprotect(p, size, PROT_NONE);
	if (p == given[0].at)
		given[0].at += size;
	given[0].size -= size;
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = { .AllocatePages = allocate_pages, .FreePages = free_pages };
EFI_STATUS LibLocateProtocol(EFI_GUID *guid, void **interface) { return EFI_NOT_FOUND; }
EFI_BOOT_SERVICES *BS = &services;

/* A kernel of three segments: code, data with a tail of zeroes, zeroes alone; their bytes follow the headers. */
struct kernel {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	char code[100], data[50];
};

static struct kernel good(void)
{
	struct kernel k = {
		.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
			.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_entry = VIRTUAL + LINKED + 16,
			.e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 4 },
		.ph = { { PT_LOAD, 5, offsetof(struct kernel, code), VIRTUAL + LINKED, LINKED, 100, 100, 4096 },
			{ PT_LOAD, 6, offsetof(struct kernel, data), VIRTUAL + LINKED + 4096, LINKED + 4096, 50, 5000, 4096 },
			{ PT_LOAD, 6, 0, VIRTUAL + LINKED + 12288, LINKED + 12288, 0, 300, 4096 },
			{ PT_NOTE, 4, 0, 0, 0, 0, 0, 4 } },
	};

	memset(k.code, 'c', sizeof(k.code));
	memset(k.data, 'd', sizeof(k.data));
	return k;
}

static void check_pattern(UINT64 start, UINT64 end)
{
	const char *p = (const char *)start;

	if (start < end && ((unsigned char)*p != PATTERN || memcmp(p, p + 1, end - start - 1)))
		fail_msg("something between %#lx and %#lx was written", start, end);
}

/* What the loader took is as it was outside of [base, end). */
static void check_outside(const struct image *im)
{
	for (unsigned int i = 0; i < nr_given; i++) {
		UINT64 start = (UINT64)given[i].at, end = start + given[i].size;

		check_pattern(start, im->base < start ? start : im->base > end ? end : im->base);
		check_pattern(im->end < start ? start : im->end, end);
	}
}

/* Load the first SIZE bytes of K from memory of exactly that size. */
static EFI_STATUS load(const struct kernel *k, size_t size, struct image *im)
{
	char *copy = malloc(size);
	EFI_STATUS err;

	memcpy(copy, k, size);
	memset(im, 0, sizeof(*im));
	err = elf_load(copy, size, im);
	free(copy);
	return err;
}

static void give_back(void)
{
	while (nr_given) {
		nr_given--;
		munmap(given[nr_given].all, given[nr_given].all_size + 4096);
	}
}

/* Whatever the file says: an error that has taken nothing, or an image inside of what was taken. */
static bool load_checked(const struct kernel *k, size_t size)
{
	struct image im;
	EFI_STATUS err = load(k, size, &im);

	if (!EFI_ERROR(err)) {
		assert_true(im.base < im.end && im.end <= 1UL << 32 && !(im.base % (2 << 20)));
		assert_true(im.entry >= im.base && im.entry < im.end);
		assert_int_equal(nr_given, 1);
		assert_true(im.base == (UINT64)given[0].at);		/* no page more or less than the image's */
		assert_int_equal(EFI_SIZE_TO_PAGES(im.end - im.base), given[0].size / 4096);
		check_outside(&im);
	} else {
		assert_int_equal(nr_given, 0);
	}
	give_back();
	return !EFI_ERROR(err);
}

static void check_contents(const struct image *im)
{
	const char *at = (const char *)im->base;

	for (int i = 0; i < 12288 + 300; i++)
		assert_int_equal(at[i], i < 100 ? 'c' : i >= 4096 && i < 4096 + 50 ? 'd' : 0);
	assert_int_equal(im->end, im->base + 12288 + 300);
	assert_int_equal(im->entry, im->base + 16);
}

static void a_kernel_lies_where_it_was_linked(void **state)
{
	struct kernel k = good();
	struct image im;

	linked_address_is_free = true;
	assert_int_equal(load(&k, sizeof(k), &im), EFI_SUCCESS);
	assert_int_equal(im.base, LINKED);
	check_contents(&im);
	check_outside(&im);
	give_back();
}

static void or_at_another_multiple_of_2_mib(void **state)
{
	struct kernel k = good();
	struct image im;

	linked_address_is_free = false;
	assert_int_equal(load(&k, sizeof(k), &im), EFI_SUCCESS);
	assert_int_not_equal(im.base, LINKED);
	assert_int_equal(im.base % 0x200000, 0);
	check_contents(&im);
	check_outside(&im);
	assert_int_equal(given[0].size, EFI_SIZE_TO_PAGES(im.end - im.base) * 4096);
	give_back();
}

static void cut_at_any_length_it_is_refused(void **state)
{
	struct kernel k = good();

	for (size_t size = 0; size < offsetof(struct kernel, data) + sizeof(k.data); size++)
		assert_false(load_checked(&k, size));
	assert_true(load_checked(&k, sizeof(k)));
}

static void a_wrong_header_is_refused(void **state)
{
	static const struct {
		size_t at, size;
		UINT64 value;
	} wrong[] = {
#define EH(field, v) { offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field), v }
#define PH(nr, field, v) { offsetof(struct kernel, ph[nr]) + offsetof(Elf64_Phdr, field), sizeof(((Elf64_Phdr *)0)->field), v }
		{ 0, 1, 0 }, { 3, 1, 'f' }, { EI_CLASS, 1, ELFCLASS32 }, { EI_DATA, 1, 2 },
		EH(e_type, ET_DYN), EH(e_machine, EM_386), EH(e_phentsize, 32), EH(e_phentsize, 0), EH(e_phnum, 0),
		EH(e_phnum, 0xffff), EH(e_phnum, 8), EH(e_phoff, ~0UL), EH(e_phoff, ~0UL - 55), EH(e_phoff, sizeof(struct kernel)),
		EH(e_phoff, 1UL << 63), EH(e_entry, 0), EH(e_entry, VIRTUAL + LINKED + 100), EH(e_entry, VIRTUAL + LINKED - 1),
		PH(0, p_offset, ~0UL), PH(0, p_offset, sizeof(struct kernel) + 1), PH(0, p_filesz, ~0UL), PH(0, p_filesz, 101),
		PH(0, p_filesz, 1UL << 32), PH(1, p_memsz, ~0UL), PH(1, p_memsz, 49), PH(1, p_memsz, 1UL << 32),
		PH(1, p_memsz, 0xffffffff), PH(1, p_memsz, 8193), PH(0, p_paddr, LINKED + 4096), PH(0, p_paddr, ~0UL),
		PH(1, p_paddr, LINKED + 50), PH(1, p_paddr, LINKED), PH(1, p_paddr, 0), PH(2, p_paddr, 1UL << 32),
		PH(2, p_paddr, 0xfffffff0), PH(2, p_paddr, ~0UL - 100), PH(2, p_paddr, LINKED + 4096), PH(2, p_paddr, 0x10000000),
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kernel k = good();

		memcpy((char *)&k + wrong[i].at, &wrong[i].value, wrong[i].size);
		if (load_checked(&k, sizeof(k)))
			fail_msg("case %zu is taken for a kernel", i);
	}
}

static void any_damage_to_the_headers_does_no_harm(void **state)
{
	uint64_t seed = 1;

	linked_address_is_free = true;
	for (size_t at = 0; at < offsetof(struct kernel, code); at++)
		for (int bit = 0; bit < 8; bit++) {
			struct kernel k = good();

			((char *)&k)[at] ^= 1 << bit;
			load_checked(&k, sizeof(k));
		}
	for (int round = 0; round < 3000; round++) {
		struct kernel k = good();

		for (int n = 0; n < 1 + round % 4; n++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			((char *)&k)[(seed >> 33) % offsetof(struct kernel, code)] = seed >> 56;
		}
		load_checked(&k, sizeof(k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_lies_where_it_was_linked),
		cmocka_unit_test(or_at_another_multiple_of_2_mib),
		cmocka_unit_test(cut_at_any_length_it_is_refused),
		cmocka_unit_test(a_wrong_header_is_refused),
		cmocka_unit_test(any_damage_to_the_headers_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
