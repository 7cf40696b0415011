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
 * A line is a word and the rest; blanks before it and lines with a # are nothing.  A word that is not known,
 * or one too many, is passed over and remembered: the menu names its line.
 */
#include "loader.h"

static bool is(const char *word, UINTN len, const char *known)
{
	return strlena((const CHAR8 *)known) == len && !CompareMem(word, known, len);
}

static void copy(char *to, UINTN size, const char *from)
{
	UINTN i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i];
	to[i] = 0;
}

/* The number at *@s, which is moved behind it; false if there is none. */
static bool number(const char **s, UINT32 *n)
{
	const char *p = *s;

	*n = 0;
	while (*p >= '0' && *p <= '9' && *n < 100000)
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
	struct entry *e = &c->entries[c->nr];

	if (c->nr == MAX_ENTRIES)
		return false;
	copy(e->title, sizeof(e->title), title);
	copy(e->kernel, sizeof(e->kernel), "quire.elf");
	c->nr++;
	return true;
}

static bool in_entry(struct config *c, const char *word, UINTN len, const char *value)
{
	struct entry *e = &c->entries[c->nr - 1];

	if (!c->nr)
		return false;
	if (is(word, len, "kernel"))
		copy(e->kernel, sizeof(e->kernel), value);
	else if (is(word, len, "initramfs"))
		copy(e->initramfs, sizeof(e->initramfs), value);
	else if (is(word, len, "cmdline"))
		copy(e->cmdline, sizeof(e->cmdline), value);
	else
		return false;
	return true;
}

static bool line(struct config *c, char *s)
{
	char *word, *end;
	UINTN len;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!*s || *s == '#')
		return true;
	for (word = s; *s && *s != ' ' && *s != '\t'; s++)
		;
	len = s - word;
	while (*s == ' ' || *s == '\t')
		s++;
	for (end = s; *end; end++)
		;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = 0;
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
	unsigned int nr = 0;

	ZeroMem(c, sizeof(*c));
	c->timeout = 5;
	for (char *s = text, *next; s < text + len; s = next) {
		for (next = s; next < text + len && *next != '\n'; next++)
			;
		*next++ = 0;
		nr++;
		if (!line(c, s) && !c->bad_line)
			c->bad_line = nr;
	}
	if (!c->nr)
		preset_entry(c);
	c->preset = c->preset && c->preset <= c->nr ? c->preset - 1 : 0;
}
