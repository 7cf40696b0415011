/*
 * asm/acpi.h - what the firmware tables told, copied out once at boot
 */
#ifndef ASM_ACPI_H
#define ASM_ACPI_H

#include <asm/percpu.h>
#include <types.h>

/* A register as ACPI's generic address structure names it. */
struct acpi_reg {
	u8 space;		/* ACPI_SPACE_* */
	u64 addr;		/* 0: absent */
	volatile void *mapped;	/* memory space: where the kernel sees it */
};
#define ACPI_SPACE_MEMORY	0
#define ACPI_SPACE_IO		1
#define ACPI_SPACE_PCI_CONFIG	2	/* addr: device << 32 | function << 16 | offset, on bus 0 */

#define ACPI_MAX_IOAPICS 8
struct acpi_ioapic {
	u8 id;
	u32 addr;
	u32 gsi_base;
};

/* Buses whose configuration space lies in memory (PCI Express, table MCFG): 1 MiB for each. */
#define ACPI_MAX_ECAM 4
struct acpi_ecam {
	phys_addr_t base;	/* of bus 0, even where the first bus is another */
	u8 first_bus, last_bus;
};

/* Polarity and trigger of an interrupt line, as in the MADT's flags. */
#define MADT_ACTIVE_LOW		0x3	/* of the two polarity bits */
#define MADT_LEVEL		0xc	/* of the two trigger bits */

/* Constant after acpi_init(). */
struct acpi_info {
	bool present;
	phys_addr_t lapic_addr;
	unsigned int nr_lapics;
	u32 lapic_id[NR_CPUS];
	unsigned int nr_lapics_left_out;	/* more than NR_CPUS */
	unsigned int nr_high_lapics;		/* of all: with an id above 255, for x2APIC mode only */
	u8 nmi_pins;		/* bit n: LINTn of the local APICs is the NMI; 0: not told */
	unsigned int nr_ecam;
	struct acpi_ecam ecam[ACPI_MAX_ECAM];	/* segment 0 */
	unsigned int nr_ioapics;
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	u32 isa_gsi[16];	/* ISA line -> global interrupt */
	u16 isa_flags[16];	/* MADT_* */
	u16 pm_timer_port;	/* 0: none */
	u8 rtc_century;		/* the battery clock's register for it; 0: none */
	phys_addr_t hpet_addr;	/* 0: none */
	struct acpi_reg reset_reg;
	u8 reset_value;
	struct acpi_reg pm1a_sts, pm1b_sts;	/* the first half of the event blocks */
	struct acpi_reg pm1a_cnt, pm1b_cnt;
	struct acpi_reg sleep_control, sleep_status;	/* hardware-reduced machines: a byte each */
	bool have_s5;
	u8 s5_typa, s5_typb;	/* SLP_TYP values that mean "off" */
	u32 smi_cmd;
	u8 acpi_enable;
};
extern struct acpi_info acpi_info;

/* Find the S5 sleep types in @aml; true if found.  (Split out for the tests.) */
bool acpi_find_s5(const u8 *aml, size_t len, u8 *typa, u8 *typb);
bool acpi_checksum_ok(const void *table, size_t len);

#endif
