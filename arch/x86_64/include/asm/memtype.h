/*
 * asm/memtype.h - memory types: how the CPU may cache and combine accesses to physical memory
 */
#ifndef ASM_MEMTYPE_H
#define ASM_MEMTYPE_H

#include <asm/pgtable.h>

enum page_cache_mode {
	_PAGE_CACHE_MODE_WB,		/* write-back: RAM */
	_PAGE_CACHE_MODE_WC,		/* write-combining: frame buffers */
	_PAGE_CACHE_MODE_UC_MINUS,	/* uncached, unless an MTRR says write-combining */
	_PAGE_CACHE_MODE_UC,		/* uncached: registers */
	_PAGE_CACHE_MODE_WT,		/* write-through */
	_PAGE_CACHE_MODE_WP,		/* write-protected */
	_PAGE_CACHE_MODE_NUM
};

struct seq_file;

/* The bits of a PTE that choose @mode, and back. */
unsigned long cachemode2protval(enum page_cache_mode mode);
enum page_cache_mode pgprot2cachemode(pgprot_t prot);
pgprot_t pgprot_set_cachemode(pgprot_t prot, enum page_cache_mode mode);
/* For buffers that are written in long runs; for registers. */
pgprot_t pgprot_writecombine(pgprot_t prot);
pgprot_t pgprot_noncached(pgprot_t prot);

/* Load IA32_PAT on this CPU: before it runs with anything but write-back mappings. */
void pat_cpu_init(void);

/*
 * Every mapping of device memory reserves its range first.  [start, end) is page aligned.
 * *type: what is wanted; on success what the mapping must use, because others use it already
 * or an MTRR forbids caching.  May sleep.  0, -EBUSY (two types in the range, or a type that
 * would break what the caller relies on), -EINVAL (wraps, or RAM not wanted as write-back),
 * -ENOMEM.
 */
int memtype_reserve(phys_addr_t start, phys_addr_t end, enum page_cache_mode *type);
/* Exactly a range that was reserved (or split off).  Needs no memory. */
void memtype_free(phys_addr_t start, phys_addr_t end);
/* One reservation becomes two, each to be freed by itself; and back.  0 or -ENOMEM. */
int memtype_split(phys_addr_t start, phys_addr_t at, phys_addr_t end);
void memtype_join(phys_addr_t start, phys_addr_t at, phys_addr_t end);
/* The type mappings of the page at @pa have now, or would get for write-back. */
enum page_cache_mode memtype_lookup(phys_addr_t pa);
/* Is exactly [start, end) reserved, or does it need no reservation?  (verify) */
bool memtype_reserved(phys_addr_t start, phys_addr_t end);
/* The list as text, in the format of Linux's pat_memtype_list. */
int memtype_show(struct seq_file *m);

/* The hardware's numbers of the types, for IA32_PAT and MTRRs. */
enum { HW_UC = 0, HW_WC = 1, HW_WT = 4, HW_WP = 5, HW_WB = 6, HW_UC_MINUS = 7 };

/* arch/x86_64/mtrr.c: note what the firmware gave the first CPU; the same on one more, interrupts off. */
void mtrr_init(void);
void mtrr_cpu_init(void);
/* Would the MTRRs let all of [start, end), above 1 MiB, be cached? */
bool mtrr_write_back(phys_addr_t start, phys_addr_t end);

#endif
