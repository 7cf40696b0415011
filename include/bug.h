/*
 * bug.h - asserts: what the kernel promises itself, never user input
 *
 * BUG_ON is always compiled; VM_BUG_ON* only in the debug build (and then dumps
 * the object).  WARN_ON_ONCE reports a surprise that can be lived with.
 */
#ifndef BUG_H
#define BUG_H

#include <types.h>

struct page;
struct vm_area_struct;
struct mm_struct;

void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
void __bug(const char *file, int line, const char *expr) __noreturn;
void __warn(const char *file, int line, const char *expr);
void dump_page(const struct page *page, const char *why);
void dump_vma(const struct vm_area_struct *vma);
void dump_mm(const struct mm_struct *mm);

#define BUG() __bug(__FILE__, __LINE__, "BUG()")
#define BUG_ON(c) do { if (unlikely(c)) __bug(__FILE__, __LINE__, #c); } while (0)
#define WARN_ON_ONCE(c) ({ static bool _done; bool _c = !!(c); \
	if (unlikely(_c && !_done)) { _done = true; __warn(__FILE__, __LINE__, #c); } _c; })

#ifdef QUIRE_DEBUG
#define VM_BUG_ON(c) BUG_ON(c)
#define VM_BUG_ON_PAGE(c, p) do { if (unlikely(c)) { dump_page(p, #c); BUG(); } } while (0)
#define VM_BUG_ON_VMA(c, v) do { if (unlikely(c)) { dump_vma(v); \
	__bug(__FILE__, __LINE__, #c); } } while (0)
#define VM_BUG_ON_MM(c, m) do { if (unlikely(c)) { dump_mm(m); \
	__bug(__FILE__, __LINE__, #c); } } while (0)
#else
#define VM_BUG_ON(c) ((void)sizeof(!!(c)))
#define VM_BUG_ON_PAGE(c, p) VM_BUG_ON(c)
#define VM_BUG_ON_VMA(c, v) VM_BUG_ON(c)
#define VM_BUG_ON_MM(c, m) VM_BUG_ON(c)
#endif

#endif
