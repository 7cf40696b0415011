/*
 * tests/kernel/test_acpi.c - firmware tables (arch/x86_64/acpi.c)
 */
#include <asm/acpi.h>
#include <ktest.h>

KTEST(acpi, checksum_catches_one_changed_byte)
{
	u8 table[8] = { 1, 2, 3, 4, 5, 6, 7, 0 };

	table[7] = -(1 + 2 + 3 + 4 + 5 + 6 + 7);
	EXPECT(acpi_checksum_ok(table, sizeof(table)));
	table[3]++;
	EXPECT(!acpi_checksum_ok(table, sizeof(table)));
}

KTEST(acpi, s5_is_found_in_its_encodings)
{
	static const u8 zeroes[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0, 0, 0, 0, 0 };
	static const u8 bytes[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x0a, 0x04,
				    0x0a, 5, 0x0a, 7, 0x0a, 0, 0x0a, 0 };
	static const u8 longer[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x46, 0x00, 0x04, 1, 0x0a, 3, 0, 0 };
	u8 a = 9, b = 9;

	EXPECT(acpi_find_s5(zeroes, sizeof(zeroes), &a, &b));
	EXPECT(a == 0 && b == 0);
	EXPECT(acpi_find_s5(bytes, sizeof(bytes), &a, &b));
	EXPECT(a == 5 && b == 7);
	EXPECT(acpi_find_s5(longer, sizeof(longer), &a, &b));
	EXPECT(a == 1 && b == 3);
}

KTEST(acpi, cut_or_foreign_s5_is_refused)
{
	static const u8 cut[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a };
	static const u8 method[] = { 0x14, '_', 'S', '5', '_', 0x00, 0xa4, 0x12, 0x06, 0x04, 0, 0 };
	u8 a, b;

	EXPECT(!acpi_find_s5(cut, sizeof(cut), &a, &b));
	EXPECT(!acpi_find_s5(method, sizeof(method), &a, &b));
	EXPECT(!acpi_find_s5(cut, 0, &a, &b));
}

KTEST(acpi, machine_has_controllers)
{
	EXPECT(acpi_info.nr_ioapics >= 1);
	EXPECT(acpi_info.lapic_addr != 0);
	for (int i = 0; i < 16; i++)
		EXPECT(acpi_info.isa_gsi[i] < 256);
}
