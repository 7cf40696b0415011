/*
 * kernel/cmdline.c - the words of the kernel command line
 *
 * Purpose:    a word is "name" or "name=value"; double quotes keep blanks inside a value.
 *             Everything after the word "--" belongs to init.
 * Invariants: only whole words match ("wait0" is not "wait"); the last of several wins.
 *             A word that somebody asked for is remembered, so that the rest can be logged.
 */
#include <boot.h>
#include <boot_info.h>
#include <printk.h>
#include <string.h>

#define MAX_WORDS (COMMAND_LINE_SIZE / 2)
#define MAX_NAMED 5		/* unknown words: a line full of them must not push all else off the screen */

static u64 known_words[MAX_WORDS / 64];		/* bit n: word n was asked for */

/* Words that are read when they are needed, or that a later Quire will honour. */
static const char *const accepted[] = {
	"panic", "nokaslr", "norandmaps", "ro", "rw", "BOOT_IMAGE", "reboot",
	"litmus.seeds", "litmus.rounds",		/* tests/user/litmus.c reads them */
};

struct word {
	const char *start;
	size_t len;
	unsigned int index;
	const char *end;	/* of the line */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Step to the next word; false at the end of the line. */
static bool next_word(struct word *w)
{
	const char *p = w->start + w->len;
	bool quoted = false;

	while (p < w->end && is_blank(*p))
		p++;
	if (p == w->end)
		return false;
	w->start = p;
	for (; p < w->end && (quoted || !is_blank(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	w->len = p - w->start;
	if (*w->start == '"') {		/* GRUB writes name="a b" as "name=a b" */
		w->start++;
		w->len--;
	}
	w->index++;
	return true;
}

static bool is_dashes(const struct word *w)
{
	return w->len == 2 && w->start[0] == '-' && w->start[1] == '-';
}

static bool word_is(const struct word *w, const char *name)
{
	size_t len = strlen(name);

	return w->len >= len && !memcmp(w->start, name, len) &&
	       (w->len == len || w->start[len] == '=');
}

/* Copy without the quotes. */
static void copy_word(char *buf, size_t size, const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++)
		if (s[i] != '"')
			buf[n++] = s[i];
	if (size)
		buf[n] = 0;
}

static void first_word(struct word *w)
{
	*w = (struct word){ boot_info.cmdline, 0, -1U, boot_info.cmdline + strlen(boot_info.cmdline) };
}

bool cmdline_line_has(const char *line, size_t len, const char *name)
{
	struct word w = { line, 0, -1U, line + len };

	while (next_word(&w) && !is_dashes(&w))
		if (word_is(&w, name))
			return true;
	return false;
}

const char *cmdline_get_nth(const char *name, unsigned int n, char *buf, size_t size)
{
	size_t skip = strlen(name) + 1;
	struct word w;

	for (first_word(&w); next_word(&w) && !is_dashes(&w);) {
		if (!word_is(&w, name))
			continue;
		known_words[w.index / 64] |= BIT(w.index % 64);
		if (n--)
			continue;
		copy_word(buf, size, w.len >= skip ? w.start + skip : "",
			  w.len >= skip ? w.len - skip : 0);
		return buf;
	}
	return NULL;
}

const char *cmdline_get(const char *name, char *buf, size_t size)
{
	const char *found = NULL;

	for (unsigned int n = 0; cmdline_get_nth(name, n, buf, size); n++)
		found = buf;
	return found;
}

bool cmdline_has(const char *word)
{
	char buf[2];

	return cmdline_get(word, buf, sizeof(buf)) != NULL;
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return 99;
}

static unsigned int suffix_shift(char c)
{
	switch (c | 32) {
	case 'k': return 10;
	case 'm': return 20;
	case 'g': return 30;
	default:  return 0;
	}
}

unsigned long cmdline_num(const char *name, unsigned long def)
{
	char buf[32];
	const char *p = cmdline_get(name, buf, sizeof(buf));
	unsigned int base = 10, shift;
	unsigned long v = 0;
	bool negative;

	if (!p)
		return def;
	negative = *p == '-';
	p += negative;
	if (p[0] == '0' && (p[1] | 32) == 'x') {
		base = 16;
		p += 2;
	}
	if (digit(*p) >= base)
		return def;
	for (; digit(*p) < base; p++)
		v = v * base + digit(*p);
	shift = suffix_shift(*p);
	if (p[shift ? 1 : 0])
		return def;
	v <<= shift;
	return negative ? -v : v;
}

void cmdline_report_cut(void)
{
	if (boot_info.cmdline_cut)
		pr_err("command line: longer than %d bytes: what comes after the first %zu is ignored\n",
		       COMMAND_LINE_SIZE - 1, strlen(boot_info.cmdline));
}

void cmdline_report_unknown(void)
{
	unsigned int nr = 0;
	char buf[64];
	struct word w;

	for (first_word(&w); next_word(&w) && !is_dashes(&w);) {
		bool known = known_words[w.index / 64] & BIT(w.index % 64);

		for (size_t i = 0; i < ARRAY_SIZE(accepted) && !known; i++)
			known = word_is(&w, accepted[i]);
		if (known || nr++ >= MAX_NAMED)
			continue;
		copy_word(buf, sizeof(buf), w.start, w.len);
		pr_notice("command line: unknown word \"%s\" ignored\n", buf);
	}
	if (nr > MAX_NAMED)
		pr_notice("command line: and %u more\n", nr - MAX_NAMED);
	cmdline_report_cut();		/* it was said at the very beginning, which has left the screen by now */
}

int cmdline_init_args(const char **argv, int max, char *buf, size_t size)
{
	bool after = false;
	struct word w;
	int n = 0;

	for (first_word(&w); next_word(&w);) {
		if (!after) {
			after = is_dashes(&w);
			continue;
		}
		if (n == max || w.len + 1 > size) {
			pr_warn("command line: no room for more than %d words for init; left out from \"%.*s\" on\n", n,
				(int)min(w.len, 40UL), w.start);
			break;
		}
		copy_word(buf, w.len + 1, w.start, w.len);
		argv[n++] = buf;
		buf += w.len + 1;
		size -= w.len + 1;
	}
	return n;
}
