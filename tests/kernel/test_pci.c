/*
 * tests/kernel/test_pci.c - configuration space in memory and by ports (drivers/pci.c)
 */
#include <asm/processor.h>
#include <ktest.h>
#include <pci.h>

static u32 by_ports(const struct pci_dev *d, u8 reg)
{
	outl(0xcf8, 1U << 31 | d->bus << 16 | d->devfn << 8 | reg);
	return inl(0xcfc);
}

KTEST(pci, both_ways_show_the_same)
{
	struct pci_dev host;

	if (!pci_find_class(0x060000, 0, &host))
		return ktest_skip(t, "this machine has no PCI");
	for (unsigned int devfn = 0; devfn < 256; devfn += 8) {
		struct pci_dev d = { .devfn = devfn };

		for (unsigned int reg = 0; reg < 0x40; reg += 4)
			if (reg != 4)			/* the status may change */
				EXPECT_EQ(pci_read32(&d, reg), by_ports(&d, reg));
	}
	EXPECT_EQ(pci_read16(&host, 2), pci_read32(&host, 0) >> 16);
	EXPECT_EQ(pci_read8(&host, 3), pci_read32(&host, 0) >> 24);
}

KTEST(pci, beyond_configuration_space_all_bits_are_set)
{
	struct pci_dev host;

	if (!pci_find_class(0x060000, 0, &host))
		return ktest_skip(t, "this machine has no PCI");
	EXPECT_EQ(pci_read32(&host, 4096), ~0U);
	if (!pci_uses_ecam(0))
		EXPECT_EQ(pci_read32(&host, 256), ~0U);
}
