/*
 * pci.h - devices on the PCI bus: find one, read its registers, let it interrupt
 *
 * Process context at boot; configuration space is reached in memory where the firmware's table MCFG says (PCI
 * Express), else through ports 0xcf8 and 0xcfc.
 */
#ifndef PCI_H
#define PCI_H

#include <irq.h>
#include <types.h>

struct pci_dev {
	u8 bus, devfn;
	u16 vendor, device;
};

#define PCI_COMMAND		0x04
#define PCI_COMMAND_MEMORY	0x0002
#define PCI_COMMAND_MASTER	0x0004
#define PCI_COMMAND_NO_INTX	0x0400
#define PCI_INTERRUPT_LINE	0x3c
#define PCI_CAP_PM		0x01
#define PCI_CAP_MSI		0x05
#define PCI_CAP_VENDOR		0x09
#define PCI_CAP_MSIX		0x11

/* @reg: below 256, or below 4096 where configuration space lies in memory; beyond that all ones are read. */
u8 pci_read8(const struct pci_dev *d, u16 reg);
u16 pci_read16(const struct pci_dev *d, u16 reg);
u32 pci_read32(const struct pci_dev *d, u16 reg);
void pci_write16(const struct pci_dev *d, u16 reg, u16 v);
void pci_write32(const struct pci_dev *d, u16 reg, u32 v);
bool pci_uses_ecam(u8 bus);
/* Device number @nth (from 0) of @vendor with one of two ids, on any root bus and behind bridges.  False: there is none. */
bool pci_find(u16 vendor, u16 device, u16 other_device, unsigned int nth, struct pci_dev *out);
/* Device number @nth (from 0) of the class @class: base class, subclass and interface, 0xBBSSII. */
bool pci_find_class(u32 class, unsigned int nth, struct pci_dev *out);
/* Bytes of a memory BAR; 0: it is none. */
u64 pci_bar_len(const struct pci_dev *d, unsigned int bar);
/* The capability @id after @after (0: the first): its place in configuration space, or 0. */
u8 pci_capability(const struct pci_dev *d, u8 id, u8 after);
#define PCI_D0			0
#define PCI_D3HOT		3	/* asleep: only configuration space can be reached */
/*
 * Put @d into D0 or D3hot, if it is not; then it does not wake the machine up any more.  Its state until now; D0 where it
 * knows no other.  To D0: sleeps 10 ms, then BARs, interrupt line and the command register are as they were.  To D3hot: any
 * context, at once.
 */
u8 pci_set_power(const struct pci_dev *d, u8 state);
/* Map @len bytes from @offset of a memory BAR, uncached; NULL: a port BAR, not assigned, no memory. */
void *pci_map_bar(const struct pci_dev *d, unsigned int bar, u32 offset, u32 len);
/* Let MSI-X message 0 of @d call @fn on this CPU.  0, -ENODEV (it has no MSI-X), -ENOMEM. */
int pci_enable_msix(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name);
/* The same by MSI, for a device that has no MSI-X. */
int pci_enable_msi(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name);
/*
 * Let @d's interrupt pin call @fn, which must quiet the device; other devices may have the same line, so it
 * may be called for nothing.  0, -ENODEV (no line), -EBUSY (the line is not PCI's; too many).
 */
int pci_enable_intx(const struct pci_dev *d, irq_handler_t fn, void *arg);

#endif
