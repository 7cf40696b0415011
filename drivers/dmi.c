/*
 * drivers/dmi.c - what the machine is called, out of the SMBIOS table
 *
 * Purpose:    a report of tests that is photographed should say of which machine.
 * Invariants: nothing outside of the table is read, whatever its structures say; a table with a wrong checksum is none.
 * Simplified: four strings of the structures 0 (firmware) and 1 (system); found by the loader's copy of the entry point
 *             (UEFI), or in the BIOS area.
 * Sources:    DMTF DSP0134, "System Management BIOS Reference Specification": "Table convention",
 *             "Structure header format", "Text strings".
 */
#include <asm/acpi.h>
#include <boot_info.h>
#include <machine_facts.h>
#include <string.h>
#include <vmalloc.h>

#define BIOS_AREA	0xf0000
#define BIOS_AREA_SIZE	0x10000
#define TABLE_MAX	0x40000

#define TYPE_FIRMWARE	0
#define TYPE_SYSTEM	1
#define TYPE_END	127

struct dmi_header {
	u8 type, length;		/* of the part without strings */
	u16 handle;
} __packed;		/* it lies at any address */

/* An entry point at @p, of which @n bytes can be read: where its table is; false if it is none. */
static bool entry_point(const u8 *p, size_t n, phys_addr_t *table, size_t *size)
{
	u32 addr;
	u16 len;

	if (n >= 24 && !memcmp(p, "_SM3_", 5) && p[6] <= n && p[6] >= 24 && acpi_checksum_ok(p, p[6])) {
		memcpy(table, p + 16, sizeof(*table));
		memcpy(&addr, p + 12, sizeof(addr));
		*size = min(addr, (u32)TABLE_MAX);
		return true;
	}
	if (n >= 31 && !memcmp(p, "_SM_", 4) && !memcmp(p + 16, "_DMI_", 5) && acpi_checksum_ok(p + 16, 15)) {
		memcpy(&len, p + 22, sizeof(len));
		memcpy(&addr, p + 24, sizeof(addr));
		*table = addr;
		*size = len;
		return true;
	}
	return false;
}

static bool find_table(phys_addr_t *table, size_t *size)
{
	bool found = entry_point(boot_info.smbios, sizeof(boot_info.smbios), table, size);
	u8 *area;

	if (found)
		return true;
	area = memremap(BIOS_AREA, BIOS_AREA_SIZE);
	if (!area)
		return false;
	for (size_t at = 0; at < BIOS_AREA_SIZE && !found; at += 16)
		found = entry_point(area + at, BIOS_AREA_SIZE - at, table, size);
	iounmap(area);
	return found;
}

/* String @number (from 1) of the structure at @p, blanks at its end cut off; strings end at @end at the latest. */
static void copy_string(const u8 *p, const u8 *end, u8 number, char *out, size_t size)
{
	const u8 *s = p + ((const struct dmi_header *)p)->length;
	size_t n;

	if (!number)
		return;
	while (--number && s < end && *s)
		s += strnlen((const char *)s, end - s) + 1;
	if (s >= end)
		return;
	n = min(strnlen((const char *)s, end - s), size - 1);
	for (size_t i = 0; i < n; i++)
		out[i] = s[i] >= ' ' && s[i] < 0x7f ? s[i] : '?';
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
}

/* Behind the strings of the structure at @p, which end with two zeroes; or @end. */
static const u8 *next_structure(const u8 *p, const u8 *end)
{
	p += ((const struct dmi_header *)p)->length;
	while (p + 1 < end && (p[0] || p[1]))
		p++;
	return min(p + 2, end);
}

static void read_table(const u8 *p, const u8 *end, struct dmi_names *names)
{
	while (p + sizeof(struct dmi_header) <= end) {
		const struct dmi_header *h = (const struct dmi_header *)p;

		if (h->type == TYPE_END || h->length < 6 || p + h->length > end)
			return;
		if (h->type == TYPE_FIRMWARE) {
			copy_string(p, end, p[4], names->firmware, sizeof(names->firmware));
			copy_string(p, end, p[5], names->firmware_version, sizeof(names->firmware_version));
		} else if (h->type == TYPE_SYSTEM) {
			copy_string(p, end, p[4], names->vendor, sizeof(names->vendor));
			copy_string(p, end, p[5], names->product, sizeof(names->product));
		}
		p = next_structure(p, end);
	}
}

void dmi_find(struct dmi_names *names)
{
	phys_addr_t at;
	size_t size;
	u8 *table;

	memset(names, 0, sizeof(*names));
	if (!find_table(&at, &size) || !size)
		return;
	table = memremap(at, size);
	if (!table)
		return;
	read_table(table, table + size, names);
	iounmap(table);
}
