/*
 * kernel/snapshot.c - one consistent cut through all of memory, as JSON lines
 *
 * Purpose:    with a snapshot a reader knows the state, with the events since (kernel/trace.c) every
 *             state after it.  Here: who may have which part, the buffer, the stopped machine, the
 *             first and the last line, cpus and tasks.
 *
 *   measure -> allocate -> [ stop; meta.snap 0; write all; meta.snap 1; go on ] -> crc -> reader
 *                  ^                                                |
 *                  +------ it did not fit: free, and once more -----+
 *
 * Invariants: the cut lies in the order of events exactly: between the two meta.snap no CPU has
 *             another event, and snap.begin says the number of the one that follows.
 *             While the machine stands nothing is allocated and nothing waits: the text goes into memory
 *             that was there before, and is in the snapshot itself.  It does not fit: only
 *             counted.  A reader gets a finished text; how slowly is his affair alone.
 *             Buffers are allocated and freed as told events, also by a task that is muted.
 *             Nobody is killed for a snapshot: memory that is not simply free is not asked for.
 * Lock order: none: takes no sleeping lock.  The kernel is not preemptible and a spinlock is never
 *             held across a sleep, so when a task stops the machine no spinlock is taken on its CPU; the others are
 *             parked where they hold none.
 */
#include <asm/processor.h>
#include <asm/smp.h>
#include <boot_info.h>
#include <mm.h>
#include <number.h>
#include <sched.h>
#include <slab.h>
#include <snapshot.h>
#include <string.h>
#include <time.h>
#include <trace.h>
#include <utsname.h>
#include <vmalloc.h>

#define TRIES	4
#define SLACK(n) ((n) / 8 + 32768)	/* what the allocation of the buffer itself may add */
#define END_MAX	96			/* the last line, written after the cut */

/* ---- what is wanted ---- */

/* A decimal number, and the blanks after it. */
static bool take_argument(const char **text, unsigned long *n)
{
	if (!take_number(text, 10, ~0UL, n))
		return false;
	*text += strspn(*text, " ");
	return true;
}

static bool take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) || ((*text)[len] && (*text)[len] != ' '))
		return false;
	for (*text += len; **text == ' '; ++*text)
		;
	return true;
}

int snap_parse(const char *text, size_t len, struct snap_what *what)
{
	unsigned long a, b;
	char copy[64];
	const char *p = copy;

	if (len && text[len - 1] == '\n')
		len--;
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*what = (struct snap_what){ .kind = SNAP_ALL };
	if (!*p || (take_word(&p, "all") && !*p))
		return 0;
	if (take_word(&p, "mm") && take_argument(&p, &a) && !*p && a && a <= ~0U) {
		*what = (struct snap_what){ .kind = SNAP_MM, .mm = a };
		return 0;
	}
	if (take_word(&p, "pages") && take_argument(&p, &a) && take_argument(&p, &b) && !*p && a < b) {
		*what = (struct snap_what){ .kind = SNAP_PAGES, .from = a, .to = b };
		return 0;
	}
	return -EINVAL;
}

/* ---- writing ---- */

void snap_puts(struct snapshot *s, const char *text)
{
	while (*text)
		snap_char(s, *text++);
}

static void put_number(struct snapshot *s, unsigned long n, unsigned int base)
{
	char digits[20];
	int i = 0;

	do
		digits[i++] = "0123456789abcdef"[n % base];
	while (n /= base);
	while (i)
		snap_char(s, digits[--i]);
}

void snap_dec(struct snapshot *s, unsigned long n)
{
	put_number(s, n, 10);
}

void snap_hex(struct snapshot *s, unsigned long n)
{
	put_number(s, n, 16);
}

/* Names are bytes: what is not ASCII stands as its code. */
void snap_text(struct snapshot *s, const char *text)
{
	snap_char(s, '"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c > '~') {
			snap_printf(s, "\\u%04x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			snap_char(s, '\\');
		snap_char(s, c);
	}
	snap_char(s, '"');
}

void snap_printf(struct snapshot *s, const char *fmt, ...)
{
	size_t room = s->len < s->size ? s->size - s->len : 0;
	va_list ap;

	va_start(ap, fmt);
	s->len += vsnprintf(room ? s->buf + s->len : NULL, room, fmt, ap);
	va_end(ap);
}

void snap_line_end(struct snapshot *s)
{
	snap_puts(s, "}\n");
	s->lines++;
}

/* ---- the first lines ---- */

static void put_what(struct snapshot *s)
{
	const struct snap_what *w = &s->what;

	if (w->kind == SNAP_MM)
		snap_printf(s, "\"mm %u\"", w->mm);
	else if (w->kind == SNAP_PAGES)
		snap_printf(s, "\"pages %lu %lu\"", w->from, w->to);
	else
		snap_puts(s, "\"all\"");
}

static void snap_begin(struct snapshot *s)
{
	snap_printf(s, "{\"k\":\"snap.begin\",\"version\":%d,\"build\":\"%s\",\"t\":%lu,\"seq\":[",
		    SNAPSHOT_VERSION, init_uts.version, (unsigned long)rdtsc());
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		snap_printf(s, "%s%u", cpu ? "," : "", trace_next_seq(cpu));
	snap_printf(s, "],\"cpus\":%u,\"levels\":%d,\"page_size\":%lu,\"max_pfn\":%lu,\"mask\":\"%x\",\"what\":",
		    nr_cpus, pgtable_l5_enabled() ? 5 : 4, PAGE_SIZE, max_pfn, trace_mask);
	put_what(s);
	snap_line_end(s);
}

static void snap_cpus(struct snapshot *s)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		const struct task_struct *t = cpus[cpu].curr;

		snap_printf(s, "{\"k\":\"snap.cpu\",\"cpu\":%u,\"tid\":%d,\"told\":%u,\"cr3\":%lu,\"mm\":%u,\"lazy\":%d",
			    cpu, t->pid, trace_last_switched(cpu),
			    PFN_DOWN(__pa(cpus[cpu].loaded_mm->pgd)), cpus[cpu].loaded_mm->id, !t->mm);
		snap_line_end(s);
	}
}

static void snap_task(struct snapshot *s, const struct task_struct *t)
{
	char comm[TASK_COMM_LEN + 1] = "";

	if (s->what.kind == SNAP_MM && !(t->mm && snap_wants_mm(s, t->mm)))
		return;
	memcpy(comm, t->comm, TASK_COMM_LEN);
	snap_printf(s, "{\"k\":\"snap.task\",\"tid\":%d,\"tgid\":%d,\"ppid\":%d,\"comm\":", t->pid, t->tgid,
		    t->real_parent ? t->real_parent->tgid : 0);
	snap_text(s, comm);
	snap_printf(s, ",\"mm\":%u,\"active_mm\":%u,\"state\":\"%c\",\"cpu\":%d,\"muted\":%d",
		    t->mm ? t->mm->id : 0, t->active_mm ? t->active_mm->id : 0, task_state_letter(t), t->cpu,
		    t->trace.muted);
	snap_line_end(s);
}

static void snap_tasks(struct snapshot *s)
{
	struct task_struct *p, *t;

	snap_task(s, &init_task);
	for_each_process(p)
		for_each_thread(p, t)
			snap_task(s, t);
}

/* ---- the last line ---- */

static const u32 crc_of_nibble[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static u32 crc32(const char *p, size_t len)
{
	u32 crc = ~0U;

	while (len--) {
		crc ^= (u8)*p++;
		crc = crc >> 4 ^ crc_of_nibble[crc & 15];
		crc = crc >> 4 ^ crc_of_nibble[crc & 15];
	}
	return ~crc;
}

static void snap_end(struct snapshot *s)
{
	u32 crc = crc32(s->buf, s->len);

	snap_printf(s, "{\"k\":\"snap.end\",\"lines\":%lu,\"crc32\":\"%08x\"}\n", s->lines, crc);
}

/* ---- the cut ---- */

unsigned long snapshot_stop_machine(void)
{
	smp_park_others();
	return local_irq_save();
}

void snapshot_go_on(unsigned long irqs)
{
	local_irq_restore(irqs);
	smp_unpark();
}

/* All that is wanted.  The machine stands. */
static void write_lines(struct snapshot *s)
{
	static u32 cuts;

	s->number = ++cuts;
	s->len = s->lines = 0;
	s->found = false;
	snap_begin(s);
	if (s->what.kind != SNAP_MM)
		snap_ask_owners(s);
	if (s->what.kind != SNAP_PAGES) {
		snap_cpus(s);
		snap_tasks(s);
		snap_mms(s);
	}
	if (s->what.kind != SNAP_MM)
		snap_frames(s);
	if (s->what.kind == SNAP_ALL) {
		snap_allocators(s);
		snap_files(s);
		snap_swap(s);
		snap_vmstat(s);
	}
}

static bool fits(const struct snapshot *s)
{
	return s->len + END_MAX <= s->size;
}

/* How long will it be?  Tells no event. */
static size_t measure(struct snapshot *s)
{
	unsigned long irqs = snapshot_stop_machine();

	write_lines(s);
	snapshot_go_on(irqs);
	return s->len;
}

static void cut(struct snapshot *s)
{
	unsigned long irqs = snapshot_stop_machine();

	trace_snap(0, 0);
	write_lines(s);
	trace_snap(1, fits(s) ? s->lines : 0);
	snapshot_go_on(irqs);
}

/* ---- the buffer ---- */

/* A muted task's memory is told of like any other: it is in the snapshot. */
static bool unmute(void)
{
	bool was = current->trace.muted;

	current->trace.muted = false;
	return was;
}

/* Without emptying caches or killing anybody: half of what is free above the reserve will do. */
static bool is_simply_free(size_t bytes)
{
	unsigned long free = nr_free_pages(), keep = min_free_pages();

	return free > keep && PAGE_ALIGN(bytes) >> PAGE_SHIFT < (free - keep) / 2;
}

static int set_size(struct snapshot *s, size_t size)
{
	bool muted = unmute();

	vfree(s->buf);
	s->buf = is_simply_free(size) ? vmalloc(size) : NULL;
	s->size = s->buf ? size : 0;
	current->trace.muted = muted;
	return s->buf ? 0 : -ENOMEM;
}

static struct snapshot *snapshot_alloc(const struct snap_what *what)
{
	bool muted = unmute();
	struct snapshot *s = kzalloc(sizeof(*s), GFP_KERNEL | __GFP_NOWARN);

	if (s) {
		s->what = *what;
		s->uses = is_simply_free(nr_frames()) ? vzalloc(nr_frames()) : NULL;
		if (!s->uses) {
			kfree(s);
			s = NULL;
		}
	}
	current->trace.muted = muted;
	return s;
}

void snapshot_free(struct snapshot *s)
{
	bool muted = unmute();

	if (s) {
		vfree(s->buf);
		vfree(s->uses);
		kfree(s);
	}
	current->trace.muted = muted;
}

static int take(struct snapshot *s)
{
	size_t need = measure(s);

	for (int i = 0; i < TRIES; i++) {
		if (s->what.kind == SNAP_MM && !s->found)
			return -ESRCH;
		if (set_size(s, need + SLACK(need)))
			return -ENOMEM;
		cut(s);
		if (fits(s))
			return s->what.kind == SNAP_MM && !s->found ? -ESRCH : 0;
		need = s->len;
	}
	return -EAGAIN;
}

struct snapshot *snapshot_take(const struct snap_what *what)
{
	struct snapshot *s;
	int err;

	if (what->kind == SNAP_PAGES && (what->from >= what->to || what->to > max_pfn))
		return ERR_PTR(-EINVAL);
	s = snapshot_alloc(what);
	if (!s)
		return ERR_PTR(-ENOMEM);
	if (what->kind == SNAP_ALL)
		s->what.to = max_pfn;
	err = take(s);
	if (err) {
		snapshot_free(s);
		return ERR_PTR(err);
	}
	snap_end(s);
	return s;
}

/* ---- the port's command ---- */

int cmd_snap(struct explore_out *o, const char *args)
{
	struct snap_what what;
	struct snapshot *s;
	int err = snap_parse(args, strlen(args), &what);

	if (err)
		return err;
	s = snapshot_take(&what);
	if (IS_ERR(s))
		return PTR_ERR(s);
	explore_write(o, s->buf, s->len);
	snapshot_free(s);
	return 0;
}
