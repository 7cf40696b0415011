/* links: ALL_MM tests/host/model.c */
/*
 * tests/host/refine.c - mm/ against the model, call by call
 *
 * Purpose:    bytes become calls; each is made of the kernel and of the model (model.c), and then
 *             both must tell the same: result, areas, contents of every page, which pages are one.
 *             After that mm_verify_all(), and no translation in the TLB may be stale.
 * Invariants: eight bytes are one call, whatever they are, so that a fuzzer may shuffle them and a
 *             minimiser may leave some out.
 *             When memory ran out the kernel may stop after any step of the model's call, with the
 *             answer that the model has for it; nothing else is allowed.
 * Use:        refine -n STEPS -s SEED -f FRAMES      random calls on a machine of so many pages
 *             refine -f FRAMES FILE...               replay; -v prints every call
 *             -a: in every call each allocation fails once, then the call is made again
 *             -5: page tables of five levels; no odd addresses, because some of them mean something then
 *             -o FILE: what failed goes there        -k N: mm_verify_all() after every Nth call only
 *             refine -m FILE                         make a failing input small
 *             with libFuzzer (-DFUZZER): FRAMES from the environment
 */
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <rmap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <syscalls_remote.h>
#include <uapi/fcntl.h>
#include "mm/internal.h"
#include "model.h"
#include "shim.h"

/* Of the host, whose headers do not agree with the kernel's. */
int printf(const char *fmt, ...);
int fflush(void *f);
int fork(void);
int waitpid(int pid, int *status, int flags);
int dup2(int from, int to);
int open(const char *name, int flags, ...);
int close(int fd);
ssize_t read(int fd, void *p, size_t n);
ssize_t write(int fd, const void *p, size_t n);
void _exit(int code) __noreturn;
void abort(void) __noreturn;
char *getenv(const char *name);
long atol(const char *s);

#define REGION 64			/* pages of each of four places where things happen */
#define MAX_LEN 32
#define HEAP 0x5550ff0000UL
#define RO_FD M_NAMED			/* descriptors 0..2 are the files, this is file 0 for reading */
#define OP_BYTES 8

enum call_type { MMAP, MUNMAP, MPROTECT, MREMAP, MADVISE, MLOCK, MUNLOCK, BRK, FORK, EXIT, LOAD, STORE, POKE,
		 TRUNCATE, WRITE, REMAP };

struct call {
	enum call_type type;
	int who;			/* space */
	unsigned long addr, len, prot, flags, addr2, len2;
	int file;			/* -1, or descriptor */
	unsigned int word;
	int fail;			/* this allocation fails, 0: none */
	bool for_good;			/* and all after it */
};

static struct task_struct *task[M_SPACES];
static struct file *file[M_NAMED], *ro_file;
static struct { struct inode *inode; unsigned int birth; } object[M_FILES];
static int frame_owner[FAKE_RAM_SIZE / PAGE_SIZE];	/* private page last seen there, or -1 */
static struct m_state saved;
static int budget = -1;			/* the model's steps that still succeed; -1: all */
static enum { FOR_GOOD, ONCE, NO_PAGES } shortage;	/* all after it fail; none; those that need a page */
static bool exhausted;			/* one did not succeed */
static unsigned long frames = 4096, free_at_start, steps_done;
static unsigned int verify_every = 1;
static u64 stamp;
static unsigned long touched;		/* last: often the next call is about that page, too */
static bool verbose, sweeping, five_levels;
static char why[200];

/* ---- what went wrong ---- */

static bool differ(const char *what, unsigned long where, unsigned long kernel, unsigned long wanted)
{
	snprintf(why, sizeof(why), "%s at %lx: kernel %lx, model %lx", what, where, kernel, wanted);
	return false;
}

static void print_call(const struct call *c)
{
	static const char *const names[] = { "mmap", "munmap", "mprotect", "mremap", "madvise", "mlock", "munlock",
		"brk", "fork", "exit", "load", "store", "poke", "truncate", "write",
		"remap_file_pages" };

	printf("%lu: [%d] %s(%lx, %lx, prot %lx, flags %lx, file %d, to %lx, len %lx, word %u)%s",
	       steps_done, c->who, names[c->type], c->addr, c->len, c->prot, c->flags, c->file, c->addr2,
	       c->len2, c->word, c->fail ? "" : "\n");
	if (c->fail)
		printf(" allocation %d fails%s\n", c->fail, c->for_good ? " and all after it" : "");
}

static const char *failed_name;		/* where the input that failed goes */
static const u8 *running;
static size_t running_len;

static void write_file(const char *name, const u8 *bytes, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, bytes, len) == (ssize_t)len)
		printf("%lu calls are in %s\n", len / OP_BYTES, name);
	close(fd);
}

static void __noreturn failed(const struct call *c, const char *what)
{
	print_call(c);
	printf("NOT REFINED: %s\n", what);
	if (failed_name)
		write_file(failed_name, running, running_len);
	fflush(NULL);
	abort();
}

/* ---- the machine ---- */

static struct mm_struct *mm_of(int p) { return task[p]->mm; }

static void start_process(int p)
{
	struct mm_struct *mm = mm_alloc();

	BUG_ON(!mm);
	mm->start_brk = mm->brk = HEAP;
	task[p] = fake_task_new(mm);
	m_start(&model.space[p], HEAP);
	m_task_size = mm->task_size;
	m_mmap_base = mm->mmap_base;
	m_guard_gap = stack_guard_gap = 6 * PAGE_SIZE;
	m_stack_limit = rlimit(RLIMIT_STACK);
}

static void open_files(void)
{
	static const char *const names[M_NAMED] = { "zero", "one", "disk" };

	for (int i = 0; i < M_NAMED; i++) {
		struct m_file *f = &model.file[i];

		file[i] = fake_file(names[i], (4 + 4 * i) * PAGE_SIZE, i == 2);
		BUG_ON(IS_ERR(file[i]) || fake_install(file[i]) != i);
		object[i].inode = file[i]->f_inode;
		object[i].birth = f->birth = 0;
		f->disk = i == 2;
		f->size = (4 + 4 * i) * PAGE_SIZE;
		for (unsigned long n = 0; f->disk && n < f->size / PAGE_SIZE; n++)
			for (int w = 0; w < M_WORDS; w++)
				f->w[n][w] = m_offset[w] % 512 ? 0 : n << 16 | m_offset[w] / 8;
	}
	ro_file = alloc_file(&file[0]->f_path, O_RDONLY, file[0]->f_op);
	BUG_ON(!ro_file || fake_install(ro_file) != RO_FD);
}

static void close_files(void)
{
	for (int i = 0; i <= RO_FD; i++) {
		fake_close(i);
		fput(i == RO_FD ? ro_file : file[i]);
	}
}

static void boot(void)
{
	if (task[0] || free_at_start)
		return;
	fake_log_quiet = true;
	__pgtable_l5_enabled = five_levels;
	__task_size_max = five_levels ? TASK_SIZE_L5 : TASK_SIZE_L4;
	fake_boot_frames(frames);
	fake_kernel_init();
	/* once, so that every cache exists */
	open_files();
	close_files();
	mm_drain_caches();
	free_at_start = nr_free_pages();
}

static void begin(void)
{
	memset(&model, 0, sizeof(model));
	memset(frame_owner, -1, sizeof(frame_owner));
	memset(object, 0, sizeof(object));
	stamp = touched = 0;
	open_files();
	start_process(0);
}

/* All processes end, and all memory is there again. */
static void finish(void)
{
	static const struct call last = { .type = EXIT };

	for (int p = 0; p < M_SPACES; p++)
		if (model.space[p].used) {
			m_exit(&model.space[p]);
			fake_exit(task[p]);
			task[p] = NULL;
		}
	close_files();
	mm_drain_caches();
	if (mm_verify_all())
		failed(&last, "mm_verify_all() after the last exit");
	if (nr_free_pages() != free_at_start)
		failed(&last, "pages are lost");
}

/* ---- comparing ---- */

static unsigned int flags_of(const struct vm_area_struct *v)
{
	static const struct { unsigned long vm; unsigned int m; } bits[] = {
		{ VM_READ, M_R }, { VM_WRITE, M_W }, { VM_EXEC, M_X }, { VM_SHARED, M_SHARED },
		{ VM_LOCKED, M_LOCKED }, { VM_LOCKONFAULT, M_ONFAULT }, { VM_DONTCOPY, M_DONTFORK },
		{ VM_WIPEONFORK, M_WIPE }, { VM_SEQ_READ, M_SEQ }, { VM_RAND_READ, M_RAND },
		{ VM_DONTDUMP, M_DONTDUMP }, { VM_NORESERVE, M_NORESERVE }, { VM_NONLINEAR, M_NONLINEAR }, { VM_GROWSDOWN, M_DOWN },
	};
	unsigned int f = (v->vm_flags & (VM_SHARED | VM_MAYSHARE)) == VM_MAYSHARE ? M_FIXED_RO : 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		f |= v->vm_flags & bits[i].vm ? bits[i].m : 0;
	return f;
}

/* The inode behind file @i of the model; that of a new object is learnt when it is first seen. */
static bool same_file(int i, const struct vm_area_struct *v)
{
	struct inode *inode = v->vm_file ? v->vm_file->f_inode : NULL;

	if (i < 0)
		return !inode;
	if (object[i].birth != model.file[i].birth) {
		unsigned int in_use = m_files_in_use();

		for (int k = 0; k < M_FILES; k++)
			if (k != i && in_use >> k & 1 && object[k].birth == model.file[k].birth &&
			    object[k].inode == inode)
				return false;
		object[i].birth = model.file[i].birth;
		object[i].inode = inode;
	}
	return inode && object[i].inode == inode;
}

/* One kernel area must be made of areas of the model that are alike, from *@i on. */
static bool area_refines(const struct m_space *s, int *i, const struct vm_area_struct *v, struct m_area *out)
{
	unsigned long at = v->vm_start, pgoff = v->vm_file ? v->vm_pgoff : 0;

	while (*i < s->nr_areas && s->area[*i].end <= at)
		return differ("area is missing", s->area[*i].start, v->vm_start, s->area[*i].end);
	*out = (struct m_area){ v->vm_start, v->vm_end, flags_of(v), -1, pgoff };
	for (; at < v->vm_end; ++*i) {
		const struct m_area *a = &s->area[*i];

		if (*i == s->nr_areas || a->start > at)
			return differ("area is too much", at, v->vm_start, v->vm_end);
		if (a->flags != out->flags)
			return differ("flags of an area", at, out->flags, a->flags);
		if (!same_file(a->file, v))
			return differ("file of an area", at, (unsigned long)v->vm_file, a->file);
		if (a->file >= 0 && a->pgoff + (at - a->start) / PAGE_SIZE != pgoff + (at - v->vm_start) / PAGE_SIZE)
			return differ("offset of an area", at, v->vm_pgoff, a->pgoff);
		out->file = a->file;
		at = min(a->end, v->vm_end);
		if (a->end > v->vm_end)
			break;		/* the kernel has a border here */
	}
	return true;
}

/* Areas alike; the model takes over the kernel's borders. */
static bool areas_refine(struct m_space *s, struct mm_struct *mm)
{
	static struct m_area borders[M_AREAS];
	int n = 0, i = 0;

	for (struct vm_area_struct *v = mm->mmap; v; v = v->vm_next) {
		if (n == M_AREAS)
			return differ("number of areas", 0, mm->map_count, s->nr_areas);
		if (!area_refines(s, &i, v, &borders[n++]))
			return false;
	}
	if (i < s->nr_areas && (!n || s->area[i].end > borders[n - 1].end))
		return differ("area is missing", s->area[i].start, 0, s->area[i].end);
	memcpy(s->area, borders, n * sizeof(borders[0]));
	s->nr_areas = n;
	s->area[n] = M_NOTHING;
	if (mm->brk != s->brk)
		return differ("brk", 0, mm->brk, s->brk);
	return true;
}

static bool contents_refine(struct page *page, const word *want, unsigned long addr, bool whole)
{
	const char *p = page_address(page);

	for (int w = 0; w < M_WORDS; w++)
		if (*(const word *)(p + m_offset[w]) != (want ? want[w] : 0))
			return differ("contents", addr + m_offset[w], *(const word *)(p + m_offset[w]),
				      want ? want[w] : 0);
	for (unsigned int o = 0, w = 0; whole && o < PAGE_SIZE; o += 8) {
		if (w < M_WORDS && o == m_offset[w])
			w++;
		else if (*(const word *)(p + o))
			return differ("contents", addr + o, *(const word *)(p + o), 0);
	}
	return true;
}

static unsigned int round;		/* of comparison: what was seen in it */
static bool thorough;			/* now and then: all bytes, and rmap */
static unsigned int dirty_seen[M_FILES];	/* bit n: some entry of file page n is dirty */
static struct { unsigned int round; int seen; } page_seen[M_PAGES];

/* A private page: where it was, with its contents, mapped once for every space that has it. */
static bool private_refines(struct page *page, int m, unsigned long addr, bool whole)
{
	unsigned long pfn = page_to_pfn(page);
	struct m_page *mp = &model.page[m];
	int owners = m_owners(mp);
	int owner = frame_owner[pfn];

	if (!PageAnon(page))
		return differ("page of a file instead of a private one", addr, pfn, m);
	if (!mp->frame)
		mp->frame = pfn;
	if (mp->frame != pfn)
		return differ("frame of a private page", addr, pfn, mp->frame);
	if (owner != m && owner >= 0 && m_owners(&model.page[owner]) && model.page[owner].frame == pfn)
		return differ("one frame for two private pages", addr, m, owner);
	frame_owner[pfn] = m;
	if (page_seen[m].round != round) {
		page_seen[m].round = round;
		page_seen[m].seen = 0;
		if (!contents_refine(page, mp->w, addr, whole))
			return false;
		if (thorough && page_referenced_count(page) != owners)
			return differ("entries found by rmap", addr, page_referenced_count(page), owners);
	}
	page_seen[m].seen++;
	return page_mapcount(page) == owners || differ("mapcount", addr, page_mapcount(page), owners);
}

static bool file_page_refines(pte_t e, const struct m_area *a, unsigned long index, unsigned long addr, bool whole)
{
	struct page *page = pfn_to_page(pte_pfn(e));
	struct inode *inode = object[a->file].inode;

	if (PageAnon(page))
		return differ("private page instead of the file's", addr, page_to_pfn(page), index);
	if (page->mapping != inode->i_mapping || page->index != index ||
	    page_tree_lookup(&inode->i_mapping->page_tree, index) != page)
		return differ("page is not the file's", addr, page->index, index);
	if (thorough && page_referenced_count(page) != page_mapcount(page))
		return differ("entries found by rmap", addr, page_referenced_count(page), page_mapcount(page));
	if (pte_dirty(e))
		dirty_seen[a->file] |= 1U << index;
	return contents_refine(page, model.file[a->file].w[index], addr, whole && !model.file[a->file].disk);
}

/* What one entry says of @addr.  @p: the model's page there, or NULL. */
static bool entry_refines(pte_t e, const struct m_area *a, unsigned long addr, struct m_page *p, bool whole)
{
	bool shows = p && a->flags & M_SHARED;
	unsigned long index = shows ? p->shows : a->pgoff + (addr - a->start) / PAGE_SIZE;
	struct page *page;

	if (pte_file(e) || (shows && pte_none(e)))
		return (shows && pte_file(e) && pte_to_pgoff(e) == index) ||
		       differ("the file page that is shown", addr, e.pte, index);
	if (pte_none(e) || pte_special(e)) {
		if (p)
			return differ("a private page is lost", addr, e.pte, p - model.page);
		return pte_none(e) || a->file < 0 || differ("zero page in a file", addr, e.pte, 0);
	}
	page = pfn_to_page(pte_pfn(e));
	if ((a->flags & M_LOCKED) && !PageMlocked(page))
		return differ("a page of locked memory is not marked", addr, e.pte, 0);
	if (p && !shows)
		return private_refines(page, p - model.page, addr, whole && (a->file < 0 || !model.file[a->file].disk));
	if (a->file < 0)
		return differ("a private page too much", addr, pte_pfn(e), 0);
	return file_page_refines(e, a, index, addr, whole);
}

/* The model's pages by address: a table of places, looked into one after the other from where @addr should be. */
#define PLACES 4096
static unsigned short place[PLACES];	/* page + 1; 0: free */

static unsigned short *place_of(const struct m_space *s, unsigned long addr)
{
	unsigned int n = addr / PAGE_SIZE % PLACES;

	while (place[n] && s->where[place[n] - 1] != addr)
		n = (n + 1) % PLACES;
	return &place[n];
}

static int place_all(const struct m_space *s)
{
	int n = 0;

	memset(place, 0, sizeof(place));
	for (int i = 0; i < M_PAGES; i++)
		if (s->where[i] != M_NOWHERE) {
			*place_of(s, s->where[i]) = i + 1;
			n++;
		}
	return n;
}

/* The model takes over that a page which MADV_FREE gave up is gone. */
static bool pages_refine(struct m_space *s, struct mm_struct *mm, bool whole)
{
	int left = place_all(s);

	for (int i = 0; i < s->nr_areas; i++) {
		const struct m_area *a = &s->area[i];
		pmd_t *pmd = NULL;

		for (unsigned long addr = a->start; addr < a->end; addr += PAGE_SIZE) {
			int m = *place_of(s, addr) - 1;
			pte_t e;

			if (addr == a->start || !(addr & ~PMD_MASK))
				pmd = mm_find_pmd(mm, addr);
			left -= m >= 0;
			e = pmd ? *pte_offset_kernel(pmd, addr) : __pte(0);
			if (m >= 0 && s->lazy[m] && m_owners(&model.page[m]) == 1 && pte_none(e)) {
				s->where[m] = M_NOWHERE;
				m = -1;
			}
			if (!entry_refines(e, a, addr, m < 0 ? NULL : &model.page[m], whole))
				return false;
		}
	}
	return !left || differ("the model has pages outside areas", 0, 0, left);
}

/* The cache of the files that have a name: pages that nobody maps, too. */
static bool files_refine(bool whole)
{
	for (int i = 0; i < M_NAMED; i++) {
		struct inode *inode = object[i].inode;
		const struct m_file *f = &model.file[i];

		if ((unsigned long)inode->i_size != f->size)
			return differ("size of a file", i, inode->i_size, f->size);
		for (unsigned long n = 0; n < M_FILE_PAGES; n++) {
			struct page *page = page_tree_lookup(&inode->i_mapping->page_tree, n);

			if (page && !contents_refine(page, f->w[n], n << PAGE_SHIFT, whole && !f->disk))
				return false;
			if (page && !PageDirty(page) && (f->dirty & ~dirty_seen[i]) >> n & 1)
				return differ("a page of a file was written and is not dirty", n, 0, i);
			if (!page && !f->disk && (f->w[n][0] | f->w[n][1] | f->w[n][2] | f->w[n][3]))
				return differ("a page of a file is lost", n, 0, i);
		}
	}
	return true;
}

/* Does the kernel's state mean the model's? */
static bool refines(bool whole)
{
	round++;
	thorough = whole;
	memset(dirty_seen, 0, sizeof(dirty_seen));
	for (int p = 0; p < M_SPACES; p++) {
		if (model.space[p].used != (task[p] != NULL))
			return differ("process", p, !!task[p], model.space[p].used);
		if (task[p] && (!areas_refine(&model.space[p], mm_of(p)) ||
				!pages_refine(&model.space[p], mm_of(p), whole)))
			return false;
	}
	for (int m = 0; m < M_PAGES; m++)
		if (page_seen[m].round == round && page_seen[m].seen != m_owners(&model.page[m]))
			return differ("who shares a private page", m, page_seen[m].seen, m_owners(&model.page[m]));
	return files_refine(whole);
}

/* ---- making a call of both ---- */

static int store_value(const struct call *c, word v, bool write, word *seen)
{
	void *p;
	enum fake_fault f = fake_touch(c->addr + m_offset[c->word], write, &p);

	if (f != FAKE_OK)
		return f;
	if (write)
		*(word *)p = v;
	else
		*seen = *(word *)p;
	return M_OK;
}

static long kernel_fork(int p)
{
	for (int k = 0; k < M_SPACES; k++) {
		struct task_struct *t;

		if (task[k])
			continue;
		t = fake_fork();
		if (IS_ERR(t))
			return PTR_ERR(t);
		task[k] = t;
		return 0;
	}
	return -EAGAIN;
}

static long call_kernel(const struct call *c, word *seen)
{
	word v = stamp;

	fake_switch(task[c->who]);
	switch (c->type) {
	case MMAP:	return sys_mmap(c->addr, c->len, c->prot, c->flags, c->file, c->len2);
	case MUNMAP:	return sys_munmap(c->addr, c->len);
	case MPROTECT:	return sys_mprotect(c->addr, c->len, c->prot);
	case MREMAP:	return sys_mremap(c->addr, c->len, c->len2, c->flags, c->addr2);
	case MADVISE:	return sys_madvise(c->addr, c->len, c->flags);
	case MLOCK:	return sys_mlock2(c->addr, c->len, c->flags & 1 ? MLOCK_ONFAULT : 0);
	case MUNLOCK:	return sys_munlock(c->addr, c->len);
	case BRK:	return sys_brk(c->addr);
	case FORK:	return kernel_fork(c->who);
	case EXIT:
		fake_exit(task[c->who]);
		task[c->who] = NULL;
		return 0;
	case LOAD:	return store_value(c, 0, false, seen);
	case STORE:	return store_value(c, v, true, seen);
	case POKE:	return access_remote_vm(mm_of(c->who), c->addr + m_offset[c->word], &v, 8,
						FOLL_WRITE | FOLL_FORCE);
	case TRUNCATE:	return fake_truncate(file[c->file], c->len);
	case REMAP:	return sys_remap_file_pages(c->addr, c->len, c->prot, c->addr2, c->flags);
	default:	return kernel_write(file[c->file], &v, 8, c->len * PAGE_SIZE + m_offset[c->word]);
	}
}

static long model_fork(struct m_space *s)
{
	for (int k = 0; k < M_SPACES; k++)
		if (!model.space[k].used)
			return m_fork(s, &model.space[k]);
	return -EAGAIN;
}

static long call_model(const struct call *c, word *seen)
{
	struct m_space *s = &model.space[c->who];
	word v = stamp;

	switch (c->type) {
	case MMAP:	return m_mmap(s, c->addr, c->len, c->prot, c->flags, c->file == RO_FD ? 0 : c->file,
				      c->file == RO_FD, c->len2);
	case MUNMAP:	return m_munmap(s, c->addr, c->len);
	case MPROTECT:	return m_mprotect(s, c->addr, c->len, c->prot);
	case MREMAP:	return m_mremap(s, c->addr, c->len, c->len2, c->flags, c->addr2);
	case MADVISE:	return m_madvise(s, c->addr, c->len, c->flags);
	case MLOCK:	return m_mlock(s, c->addr, c->len, c->flags & 1 ? M_LOCKED | M_ONFAULT : M_LOCKED);
	case MUNLOCK:	return m_mlock(s, c->addr, c->len, 0);
	case BRK:	return m_brk(s, c->addr);
	case FORK:	return model_fork(s);
	case EXIT:
		m_exit(s);
		return 0;
	case LOAD:	return m_access(s, c->addr, M_LOAD, c->word, seen);
	case STORE:	return m_access(s, c->addr, M_STORE, c->word, &v);
	case POKE:	return m_access(s, c->addr, M_POKE, c->word, &v) == M_OK ? 8 : 0;
	case TRUNCATE:	return m_truncate(c->file, c->len);
	case REMAP:	return c->prot ? -EINVAL : m_remap(s, c->addr, c->len, c->addr2, c->flags & MAP_NONBLOCK);
	default:	return m_write(c->file, c->len, c->word, stamp);
	}
}

bool m_step(bool page)
{
	if (budget == 0 && (page || shortage != NO_PAGES)) {
		exhausted = true;
		budget -= shortage == ONCE;
		return false;
	}
	budget -= budget > 0;
	return true;
}

/* Memory ran out: is there a step whose failure, and that of those after it (shortage), explains it all? */
static bool some_step_failed(const struct call *c, long result, bool whole)
{
	bool same = false;
	word seen;

	for (int steps = 0; !same; steps++) {
		model = saved;
		budget = steps;
		exhausted = false;
		same = call_model(c, &seen) == result && refines(whole);
		if (!exhausted)
			break;
	}
	budget = -1;
	return same;
}

static void check_kernel(const struct call *c)
{
	if (fake_stale_uses || fake_tlb_stale(false)) {
		fake_log_quiet = false;
		fake_tlb_stale(true);
		failed(c, "a translation is stale");
	}
	if (fake_early_frees)
		failed(c, "a page was freed before its translation was flushed");
	if (steps_done % verify_every == 0 && mm_verify_all()) {
		fake_log_quiet = false;
		mm_verify_all();
		failed(c, "mm_verify_all()");
	}
}

/* Returns how many allocations were made to fail. */
static unsigned long make_call(const struct call *c)
{
	bool may_fail = c->fail || nr_free_pages() < 128, whole = steps_done % 32 == 0, same;
	word seen_kernel = 0, seen_model = 0;
	unsigned long denied = 0;
	long result, wanted;

	if (verbose)
		print_call(c);
	stamp++;
	if (may_fail)
		saved = model;
	if (c->fail) {
		fake_switch(task[c->who]);
		fail_alloc(c->fail, c->for_good);
	}
	result = call_kernel(c, &seen_kernel);
	if (c->fail)
		denied = fail_alloc(0, false);
	if (c->fail && !denied && nr_free_pages() >= 128)
		may_fail = false;
	wanted = call_model(c, &seen_model);
	same = result == wanted ? refines(whole) : differ("result", 0, result, wanted);
	if (!same && may_fail) {
		char first[sizeof(why)];

		memcpy(first, why, sizeof(first));
		for (shortage = FOR_GOOD; !same && shortage <= NO_PAGES; shortage++)
			same = some_step_failed(c, result, whole);
		if (!same)
			memcpy(why, first, sizeof(first));
	}
	if (!same)
		failed(c, why);
	if (c->type == LOAD && result == M_OK && seen_kernel != seen_model) {
		differ("a load", c->addr, seen_kernel, seen_model);
		failed(c, why);
	}
	check_kernel(c);
	steps_done++;
	return denied;
}

/* ---- from bytes to a call ---- */

/* Near borders of a page table, of its parent, of mmap_base, and where the heap is. */
static unsigned long address(u8 where, u8 page)
{
	const unsigned long base[4] = { 0x10000000 - REGION / 2 * PAGE_SIZE, m_mmap_base - REGION * PAGE_SIZE,
					HEAP, (1UL << 30) - REGION / 2 * PAGE_SIZE };
	static const unsigned long odd[] = { 0, ~0UL, -PAGE_SIZE, TASK_SIZE_L4, TASK_SIZE_L4 - PAGE_SIZE, 1, 0x8000,
					     0x10000001 };

	if (page >= 248 && !five_levels)
		return odd[page - 248];
	if (page >= 192 && touched)
		return touched;
	if (page < 160)			/* mostly the same few, around the border */
		return base[where & 4 ? 0 : where & 3] + (REGION / 2 - 4 + page % 8) * PAGE_SIZE;
	return base[where & 3] + (page % REGION) * PAGE_SIZE;
}

static unsigned long length(u8 b)
{
	static const unsigned long odd[] = { 0, ~0UL, TASK_SIZE_L4 + PAGE_SIZE, 1, 4097, -PAGE_SIZE, TASK_SIZE_L4 + 1, 0 };

	if (b >= 248 && !five_levels)
		return odd[b - 248];
	return (1 + (b < 128 ? b % 4 : b % MAX_LEN)) * PAGE_SIZE;
}

static void decode_mmap(struct call *c, const u8 *b)
{
	static const unsigned long types[] = { MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE, MAP_SHARED,
					       MAP_SHARED_VALIDATE, 0 };
	static const unsigned long fixed[] = { MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE, 0 };

	c->prot = b[5] & 8 ? PROT_READ | PROT_WRITE : b[5] & 7;
	c->file = (b[5] >> 4) % 8 - 3;		/* -3..4: half of them have no file */
	if (c->file > RO_FD || c->file < 0)
		c->file = -1;
	c->flags = types[b[6] & 7] | fixed[b[6] >> 3 & 3] | (c->file < 0 ? MAP_ANONYMOUS : 0);
	if ((b[6] >> 5) == 1)
		c->flags |= MAP_POPULATE;
	if ((b[6] >> 5) == 2)
		c->flags |= MAP_LOCKED;
	if ((b[6] >> 5) == 3)
		c->flags |= MAP_NORESERVE;
	if ((b[6] >> 5) == 4)
		c->flags |= MAP_GROWSDOWN;
	c->len2 = b[7] >= 250 ? b[7] : c->file < 0 ? 0 : (b[7] % 12) * PAGE_SIZE;
}

static void decode_mremap(struct call *c, const u8 *b)
{
	static const unsigned long flags[] = { 0, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, MREMAP_FIXED, 8 };

	c->flags = flags[b[5] & 7];
	c->len2 = b[5] & 0x80 || (c->flags & MREMAP_DONTUNMAP) ? c->len : length(b[7]);
	c->addr2 = address(b[5] >> 3, b[6]);
	if (b[6] >= 128 && b[6] < 144)		/* right beside itself */
		c->addr2 = c->addr + (b[6] & 1 ? c->len : -c->len2);
	if (b[5] >> 3 == 5)
		c->len = 0;
}

/* How often each call comes, by a byte; its arguments by seven more. */
static void decode(struct call *c, const u8 *b)
{
	static const u8 table[64] = { MMAP, MMAP, MMAP, MMAP, MUNMAP, MUNMAP, MPROTECT, MPROTECT, MPROTECT, MREMAP, MREMAP,
		MREMAP, MADVISE, MADVISE, MADVISE, MLOCK, MUNLOCK, BRK, FORK, FORK, EXIT, LOAD, LOAD, LOAD, STORE,
		STORE, STORE, STORE, REMAP, POKE, TRUNCATE, WRITE,
		[32 ... 43] = LOAD, [44 ... 57] = STORE, [58 ... 61] = MPROTECT, [62 ... 63] = MADVISE };
	static const s8 advice[32] = { MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_FREE, MADV_REMOVE,
		MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_WIPEONFORK,
		MADV_KEEPONFORK, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_POPULATE_WRITE, MADV_SEQUENTIAL,
		MADV_RANDOM, MADV_NORMAL, MADV_NORMAL, MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_DONTDUMP,
		MADV_DODUMP, MADV_DONTNEED_LOCKED, 5, -1, MADV_DONTNEED, MADV_NORMAL, MADV_KEEPONFORK, MADV_DOFORK };
	static const u16 tails[] = { 0, 8, 1024, 2056, 4088, 0, 0, 16 };
	int live = 0, n = b[1] & 7;

	memset(c, 0, sizeof(*c));
	c->type = table[b[0] & 63];
	c->file = -1;
	for (int p = 0; p < M_SPACES; p++)
		live += model.space[p].used;
	for (int p = n %= live; p >= 0; c->who++)
		p -= model.space[c->who].used;
	c->who--;
	c->addr = address(b[2], b[3]);
	c->len = length(b[4]);
	c->word = b[7] % M_WORDS;
	if (b[1] >> 3 >= 27) {
		c->fail = (b[1] >> 3) - 26;
		c->for_good = b[2] & 0x80;
	}
	switch (c->type) {
	case MMAP:
		decode_mmap(c, b);
		break;
	case MPROTECT:
		c->prot = b[5] >= 0xf0 ? b[5] : b[5] & 0x40 ? PROT_READ | PROT_WRITE :
			  b[5] & 0x20 ? PROT_READ : b[5] & 7;
		break;
	case MREMAP:
		decode_mremap(c, b);
		break;
	case MADVISE:
		c->flags = advice[b[5] & 31];
		break;
	case BRK:
		c->addr = HEAP + (b[3] % 48) * PAGE_SIZE + b[4] % 3 - (b[3] == 255 ? 2 * PAGE_SIZE : 0);
		break;
	case LOAD: case STORE: case POKE:
		touched = c->addr &= PAGE_MASK;
		break;
	case REMAP:
		c->prot = b[5] == 77;
		c->addr2 = b[6] % 16;
		c->flags = b[5] & 1 ? MAP_NONBLOCK : 0;
		break;
	case TRUNCATE:
		c->file = b[5] % M_NAMED;
		c->len = (b[3] % 12) * PAGE_SIZE + tails[b[4] & 7];
		break;
	case WRITE:
		c->file = b[5] % M_NAMED;
		c->len = b[3] % 12;
		break;
	default:
		c->flags = b[5];
	}
	if (c->type == STORE || c->type == LOAD || c->type == POKE)
		c->len = c->flags = 0;
}

/* The model's arrays are small: when one is nearly full the process that would fill it ends. */
static bool too_full(const struct call *c)
{
	const struct m_space *s = &model.space[c->who];
	int pages = 0, objects = __builtin_popcount(m_files_in_use()) - M_NAMED;

	for (int i = 0; i < M_PAGES; i++)
		pages += m_owners(&model.page[i]) > 0;
	return s->nr_areas > M_AREAS - 8 || pages > M_PAGES - 2 * MAX_LEN ||
	       objects > M_FILES - M_NAMED - 2;
}

/* The same call again and again: its first, second, ... allocation fails, and all after it, until none does. */
static void sweep(struct call c)
{
	for (int n = 2; model.space[c.who].used && !too_full(&c); n++) {
		c.fail = n / 2;
		c.for_good = n & 1;
		if (!make_call(&c) && c.for_good)
			return;
	}
}

static void one_step(const u8 *bytes)
{
	struct call c;
	int live = 0;

	decode(&c, bytes);
	if (too_full(&c))
		c = (struct call){ .type = EXIT, .who = c.who, .file = -1 };
	if (sweeping)
		sweep(c);
	else
		make_call(&c);
	for (int p = 0; p < M_SPACES; p++)
		live += model.space[p].used;
	if (!live)
		start_process(0);
}

static void run(const u8 *bytes, size_t len)
{
	boot();
	begin();
	running = bytes;
	for (running_len = OP_BYTES; running_len <= len; running_len += OP_BYTES)
		one_step(bytes + running_len - OP_BYTES);
	finish();
}

#ifdef FUZZER

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	if (getenv("FRAMES"))
		frames = atol(getenv("FRAMES"));
	run(bytes, len);
	return 0;
}

#else

#define MAX_INPUT (1 << 20)
static u8 input[MAX_INPUT], smaller[MAX_INPUT];

static size_t read_input(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, input, sizeof(input));

	close(fd);
	if (n < 0) {
		printf("cannot read %s\n", name);
		_exit(2);
	}
	return n;
}

/* Does it fail, in a process of its own? */
static bool fails(const u8 *bytes, size_t len)
{
	int pid, status = 0;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		run(bytes, len);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

/* Leave calls out, many at first, as long as it still fails. */
static size_t minimise(size_t len)
{
	for (size_t chunk = len / OP_BYTES / 2; chunk; chunk /= 2)
		for (size_t at = 0; at + chunk * OP_BYTES <= len; ) {
			size_t cut = chunk * OP_BYTES;

			memcpy(smaller, input, at);
			memcpy(smaller + at, input + at + cut, len - at - cut);
			if (fails(smaller, len - cut)) {
				memcpy(input, smaller, len - cut);
				len -= cut;
			} else {
				at += cut;
			}
		}
	return len;
}

#define CALLS_PER_RUN 500

static u64 random_state;

static void random_run(u64 seed, unsigned long calls)
{
	random_state = seed * 0x9e3779b97f4a7c15UL + 1;
	for (size_t i = 0; i < calls * OP_BYTES; i++) {
		random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
		input[i] = random_state >> 33 >> (i & 7);
	}
	run(input, calls * OP_BYTES);
}

int main(int argc, char **argv)
{
	unsigned long steps = 0, seed = 1;
	bool make_small = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-n")) {
			steps = atol(argv[++i]);
		} else if (!strcmp(argv[i], "-s")) {
			seed = atol(argv[++i]);
		} else if (!strcmp(argv[i], "-f")) {
			frames = atol(argv[++i]);
		} else if (!strcmp(argv[i], "-k")) {
			verify_every = atol(argv[++i]);
		} else if (!strcmp(argv[i], "-v")) {
			verbose = true;
		} else if (!strcmp(argv[i], "-5")) {
			five_levels = true;
		} else if (!strcmp(argv[i], "-a")) {
			sweeping = true;
		} else if (!strcmp(argv[i], "-m")) {
			make_small = true;
		} else if (!strcmp(argv[i], "-o")) {
			failed_name = argv[++i];
		} else if (make_small) {
			size_t len = read_input(argv[i]);

			if (fails(input, len))
				write_file(argv[i], input, minimise(len));
		} else {
			run(input, read_input(argv[i]));
		}
	}
	for (; steps_done < steps; seed++)
		random_run(seed, min(steps, (unsigned long)CALLS_PER_RUN));
	printf("1..1\nok 1 %lu calls refine the model, %lu frames\n", steps_done, frames);
	return 0;
}

#endif
