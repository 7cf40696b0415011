/*
 * boot/efi/config.c - quire.cfg: what the menu offers
 *
 *     timeout 5                     seconds; 0: no menu
 *     default 1                     the entry that starts by itself, from 1 on
 *     mode 1024x768                 the screen; without it, as the firmware has it
 *     entry Shell                   begins an entry, and its title follows
 *         kernel quire.elf          a file of the volume the loader lies on
 *         initramfs initramfs.cpio
 *         cmdline console=tty0
 *
 * A line is a word and the rest; blanks before and behind it, lines with a # and the marks that editors leave (CR,
 * a byte order mark at the beginning) are nothing.  A line whose word is not known, or whose value is missing, wrong or
 * too long, is passed over and remembered: the menu names it.  So is an entry too many, with what belongs to it.  Of
 * a command line that is too long the words that fit are kept, and that is remembered too.
 */
#include "loader.h"

static bool is(const char *word, UINTN len, const char *known)
{
	return strlena((const CHAR8 *)known) == len && !CompareMem(word, known, len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Copy @from if it fits into the @size bytes at @to. */
static bool copy(char *to, UINTN size, const char *from)
{
	UINTN len = strlena((const CHAR8 *)from);

	if (len >= size)
		return false;
	CopyMem(to, from, len + 1);
	return true;
}

/*
 * Of what does not fit into @e->cmdline the words that do.  One word that is longer than all of it is cut, so that the
 * kernel has it in its log.
 */
static void set_cmdline(struct config *c, struct entry *e, const char *value)
{
	UINTN len = MAX_CMDLINE - 1;

	if (copy(e->cmdline, sizeof(e->cmdline), value))
		return;
	if (!c->long_line)
		c->long_line = c->line;
	while (len && !is_blank(value[len]))
		len--;
	if (!len)
		len = MAX_CMDLINE - 1;
	CopyMem(e->cmdline, value, len);
	e->cmdline[len] = 0;
}

/* The number at *@s, which is moved behind it; false if there is none. */
static bool number(const char **s, UINT32 *n)
{
	const char *p = *s;

	*n = 0;
	while (*p >= '0' && *p <= '9' && *n < 10000)		/* what is left over is no end of the value */
		*n = *n * 10 + (*p++ - '0');
	if (p == *s)
		return false;
	*s = p;
	return true;
}

static bool set_number(const char *value, UINT32 *n)
{
	UINT32 v;

	if (!number(&value, &v) || *value)
		return false;
	*n = v;
	return true;
}

static bool set_mode(const char *value, struct mode *m)
{
	struct mode v;

	if (!number(&value, &v.width) || *value++ != 'x' || !number(&value, &v.height) || *value)
		return false;
	*m = v;
	return true;
}

static bool begin_entry(struct config *c, const char *title)
{
	struct entry *e;

	c->open = NULL;
	if (c->nr == MAX_ENTRIES || !*title)
		return false;
	e = &c->entries[c->nr];
	if (!copy(e->title, sizeof(e->title), title))
		return false;
	copy(e->kernel, sizeof(e->kernel), "quire.elf");
	c->open = e;
	c->nr++;
	return true;
}

/* A word of the entry that is open. */
static bool in_entry(struct config *c, const char *word, UINTN len, const char *value)
{
	struct entry *e = c->open;

	if (!e)
		return false;
	if (is(word, len, "kernel"))
		return *value && copy(e->kernel, sizeof(e->kernel), value);
	if (is(word, len, "initramfs"))
		return copy(e->initramfs, sizeof(e->initramfs), value);
	if (!is(word, len, "cmdline"))
		return false;
	set_cmdline(c, e, value);
	return true;
}

/* One line, [s, end): *@end may be written to. */
static bool line(struct config *c, char *s, char *end)
{
	char *word;
	UINTN len;

	while (s < end && is_blank(*s))
		s++;
	while (end > s && is_blank(end[-1]))
		end--;
	*end = 0;
	if (s == end || *s == '#')
		return true;
	if (strlena((const CHAR8 *)s) != (UINTN)(end - s))
		return false;			/* a NUL is no text */
	for (word = s; *s && !is_blank(*s); s++)
		;
	len = s - word;
	while (is_blank(*s))
		s++;
	if (is(word, len, "timeout"))
		return set_number(s, (UINT32 *)&c->timeout);
	if (is(word, len, "default"))
		return set_number(s, &c->preset);
	if (is(word, len, "mode"))
		return set_mode(s, &c->mode);
	if (is(word, len, "entry"))
		return begin_entry(c, s);
	return in_entry(c, word, len, s);
}

static void preset_entry(struct config *c)
{
	begin_entry(c, "Quire");
	copy(c->entries[0].initramfs, MAX_TEXT, "initramfs.cpio");
	copy(c->entries[0].cmdline, MAX_CMDLINE, "console=ttyS0 console=tty0");
}

void config_parse(struct config *c, char *text, UINTN len)
{
	char *s = text, *end = text + len, *next;

	ZeroMem(c, sizeof(*c));
	c->timeout = 5;
	if (len >= 3 && !CompareMem(text, "\xef\xbb\xbf", 3))
		s += 3;
	for (; s < end; s = next) {
		for (next = s; next < end && *next != '\n'; next++)
			;
		c->line++;
		if (!line(c, s, next) && !c->bad_line)
			c->bad_line = c->line;
		next++;
	}
	if (!c->nr)
		preset_entry(c);
	c->open = NULL;
	c->preset = c->preset && c->preset <= c->nr ? c->preset - 1 : 0;
}
