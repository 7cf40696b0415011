/* links: */
/*
 * tests/host/test_dmi.c - the machine's name out of SMBIOS (drivers/dmi.c), where tables are damaged or nowhere
 *
 * What is mapped is a copy of exactly that length: who reads on behind it is seen by the sanitizers.
 */
#include "cmocka_shim.h"
#include "arch/x86_64/include/asm/acpi.h"
#include "drivers/dmi.c"

void *malloc(size_t size);
void free(void *p);

#define TABLE	0x7f000000UL
#define END	(1UL << 40)		/* of what the CPU can address */

struct boot_info boot_info;
static u8 table[0x200], bios[BIOS_AREA_SIZE];
static size_t table_len;
static int mapped, refused;

bool acpi_checksum_ok(const void *p, size_t len)
{
	u8 sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += ((const u8 *)p)[i];
	return !sum;
}

void *memremap(phys_addr_t pa, size_t size)
{
	u8 *copy;

	if (pa >= END || size > END - pa) {
		refused++;
		return NULL;
	}
	copy = malloc(size);
	for (size_t i = 0; i < size; i++)
		copy[i] = pa + i - TABLE < sizeof(table) ? table[pa + i - TABLE] :
			  pa + i - BIOS_AREA < sizeof(bios) ? bios[pa + i - BIOS_AREA] : 0xff;
	mapped++;
	return copy;
}

void iounmap(void *p)
{
	mapped--;
	free(p);
}

static void put_entry(u8 *p, u64 at, u32 size)
{
	u8 sum = 0;

	memset(p, 0, 24);
	memcpy(p, "_SM3_", 5);
	p[6] = 24;
	memcpy(p + 12, &size, 4);
	memcpy(p + 16, &at, 8);
	for (int i = 0; i < 24; i++)
		sum += p[i];
	p[5] = -sum;
}

/* A whole table: firmware, system, end. */
static void make_table(void)
{
	static const u8 bytes[] =
		"\0\6\0\0\1\2" "SeaBIOS  \0" "1.16\0"
		"\0\1\6\1\0\1\2" "QEMU\0" "Standard PC\0"
		"\0\177\4\2\0\0";

	memcpy(table, bytes, sizeof(bytes));
	table_len = sizeof(bytes);
}

static void start(u64 at)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(table, 0, sizeof(table));
	memset(bios, 0, sizeof(bios));
	make_table();
	put_entry(boot_info.smbios, at, table_len);
	mapped = refused = 0;
}

static void names_are_found(void **state)
{
	struct dmi_names names;

	start(TABLE);
	dmi_find(&names);
	assert_string_equal(names.firmware, "SeaBIOS");
	assert_string_equal(names.vendor, "QEMU");
	assert_string_equal(names.product, "Standard PC");
	memcpy(bios + 0x4560, boot_info.smbios, 24);
	memset(boot_info.smbios, 0, sizeof(boot_info.smbios));
	dmi_find(&names);
	assert_string_equal(names.product, "Standard PC");
	assert_int_equal(mapped, 0);
}

/* The checksum is right, the address is not: nothing is there, and the boot goes on. */
static void a_table_beyond_all_addresses_is_none(void **state)
{
	static const u64 places[] = { END, END - 8, 1UL << 52, 1UL << 63, ~0UL - 4 };
	struct dmi_names names;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		start(places[i]);
		dmi_find(&names);
		assert_int_equal(refused, 1);
		assert_int_equal(mapped, 0);
		assert_string_equal(names.vendor, "");
	}
}

/* What was read of @whole, which is longer than what was read before: the whole, or what the cut has left. */
static void assert_begins(const char *whole, const char *name, size_t *length)
{
	size_t n = strlen(name);

	assert_true(n <= strlen(whole) && !memcmp(whole, name, n));
	assert_true(n >= *length);
	*length = n;
}

static void a_table_that_is_cut_is_read_to_its_end(void **state)
{
	size_t lengths[4] = { 0 };
	struct dmi_names names;

	start(TABLE);
	for (size_t n = 0; n <= table_len; n++) {
		put_entry(boot_info.smbios, TABLE, n);
		dmi_find(&names);
		assert_int_equal(mapped, 0);
		assert_begins("SeaBIOS", names.firmware, &lengths[0]);
		assert_begins("1.16", names.firmware_version, &lengths[1]);
		assert_begins("QEMU", names.vendor, &lengths[2]);
		assert_begins("Standard PC", names.product, &lengths[3]);
	}
	assert_string_equal(names.firmware, "SeaBIOS");
	assert_string_equal(names.firmware_version, "1.16");
	assert_string_equal(names.vendor, "QEMU");
	assert_string_equal(names.product, "Standard PC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(a_table_beyond_all_addresses_is_none),
		cmocka_unit_test(a_table_that_is_cut_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
