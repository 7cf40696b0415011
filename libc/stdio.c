/*
 * libc/stdio.c - buffered files and formatted output
 *
 * Purpose:    collect small reads and writes into few system calls.
 * Invariants: a buffer holds either bytes read ahead (pos..len) or bytes to be written
 *             (0..pos, len == 0), never both.
 * Simplified: stdout is flushed at each newline when it is a terminal; a file is used for
 *             reading or for writing, and by one thread at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"

#define BUFSIZE	4096

enum { EOF_SEEN = 1, ERROR = 2, BY_LINE = 4, UNBUFFERED = 8, ASK_TTY = 16, WRITES = 32 };

struct FILE {
	int	fd;
	int	flags;
	size_t	pos, len;
	FILE	*next;			/* all open files, to flush at exit */
	char	*buf;
};

static char in_buf[BUFSIZE], out_buf[BUFSIZE];
static FILE files[3] = {
	{ .fd = 0, .buf = in_buf, .next = &files[1] },
	{ .fd = 1, .buf = out_buf, .flags = ASK_TTY | WRITES, .next = &files[2] },
	{ .fd = 2, .flags = UNBUFFERED | WRITES },
};
FILE *const stdin = &files[0], *const stdout = &files[1], *const stderr = &files[2];
static FILE *all = &files[0];

static int write_all(FILE *f, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(f->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			f->flags |= ERROR;
			return EOF;
		}
		data += n;
		len -= n;
	}
	return 0;
}

int fflush(FILE *f)
{
	int err = 0;

	if (!f) {
		for (f = all; f; f = f->next)
			err |= fflush(f);
		return err;
	}
	if (f->flags & WRITES) {
		err = write_all(f, f->buf, f->pos);
		f->pos = 0;
	}
	return err;
}

void __stdio_exit(void)
{
	fflush(NULL);
}

FILE *fdopen(int fd, const char *mode)
{
	FILE *f = calloc(1, sizeof(*f) + BUFSIZE);

	if (!f)
		return NULL;
	f->fd = fd;
	f->buf = (char *)(f + 1);
	f->flags = *mode == 'r' ? 0 : WRITES;
	f->next = all;
	all = f;
	return f;
}

FILE *fopen(const char *path, const char *mode)
{
	int flags = *mode == 'r' ? O_RDONLY :
		    *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : O_WRONLY | O_CREAT | O_TRUNC;
	int fd = open(path, flags | (strchr(mode, 'e') ? O_CLOEXEC : 0), 0666);
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		close(fd);
	return f;
}

int fclose(FILE *f)
{
	int err = fflush(f);

	for (FILE **p = &all; *p; p = &(*p)->next) {
		if (*p == f) {
			*p = f->next;
			break;
		}
	}
	err |= close(f->fd);
	if (f < files || f >= files + 3)
		free(f);
	return err;
}

int fileno(FILE *f)
{
	return f->fd;
}

int feof(FILE *f)
{
	return !!(f->flags & EOF_SEEN);
}

int ferror(FILE *f)
{
	return !!(f->flags & ERROR);
}

static int fill(FILE *f)
{
	ssize_t n;

	if (f == stdin)
		fflush(stdout);		/* a prompt must be seen before the answer */
	do {
		n = read(f->fd, f->buf, BUFSIZE);
	} while (n < 0 && errno == EINTR);
	f->pos = 0;
	f->len = n > 0 ? n : 0;
	if (n > 0)
		return 0;
	f->flags |= n ? ERROR : EOF_SEEN;
	return EOF;
}

int fgetc(FILE *f)
{
	if (f->pos == f->len && fill(f))
		return EOF;
	return (unsigned char)f->buf[f->pos++];
}

int getchar(void)
{
	return fgetc(stdin);
}

int ungetc(int c, FILE *f)
{
	if (c == EOF || !f->pos)
		return EOF;
	f->buf[--f->pos] = c;
	return c;
}

size_t fread(void *mem, size_t size, size_t count, FILE *f)
{
	size_t want = size * count, done = 0;

	while (done < want) {
		size_t n = f->len - f->pos;

		if (!n && fill(f))
			break;
		n = f->len - f->pos;
		if (n > want - done)
			n = want - done;
		memcpy((char *)mem + done, f->buf + f->pos, n);
		f->pos += n;
		done += n;
	}
	return size ? done / size : 0;
}

char *fgets(char *line, int size, FILE *f)
{
	int n = 0, c = 0;

	while (n < size - 1 && c != '\n' && (c = fgetc(f)) != EOF)
		line[n++] = c;
	if (!n)
		return NULL;
	line[n] = '\0';
	return line;
}

/* A line of any length, with its newline; *line grows by realloc. -1 at the end. */
ssize_t getline(char **line, size_t *size, FILE *f)
{
	size_t n = 0;
	int c = 0;

	while (c != '\n' && (c = fgetc(f)) != EOF) {
		if (n + 2 > *size) {
			char *bigger = realloc(*line, n + 128);

			if (!bigger)
				return -1;
			*line = bigger;
			*size = n + 128;
		}
		(*line)[n++] = c;
	}
	if (!n)
		return -1;
	(*line)[n] = '\0';
	return n;
}

size_t fwrite(const void *mem, size_t size, size_t count, FILE *f)
{
	const char *data = mem;
	size_t len = size * count;

	if (f->flags & ASK_TTY) {
		f->flags &= ~ASK_TTY;
		if (isatty(f->fd))
			f->flags |= BY_LINE;
	}
	if (len >= BUFSIZE - f->pos && fflush(f))
		return 0;
	if ((f->flags & UNBUFFERED) || len >= BUFSIZE)
		return write_all(f, data, len) ? 0 : count;
	memcpy(f->buf + f->pos, data, len);
	f->pos += len;
	if ((f->flags & BY_LINE) && memchr(data, '\n', len) && fflush(f))
		return 0;
	return count;
}

int fputc(int c, FILE *f)
{
	char byte = c;

	return fwrite(&byte, 1, 1, f) == 1 ? (unsigned char)byte : EOF;
}

int putchar(int c)
{
	return fputc(c, stdout);
}

int fputs(const char *s, FILE *f)
{
	return !*s || fwrite(s, strlen(s), 1, f) == 1 ? 0 : EOF;
}

int puts(const char *s)
{
	return fputs(s, stdout) || fputc('\n', stdout) == EOF ? EOF : 0;
}

int vfprintf(FILE *f, const char *fmt, va_list ap)
{
	char small[512], *text = small;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	if (len >= (int)sizeof(small)) {
		text = malloc(len + 1);
		if (text)
			vsnprintf(text, len + 1, fmt, again);
	}
	va_end(again);
	if (!text || (len && fwrite(text, len, 1, f) != 1))
		len = -1;
	if (text != small)
		free(text);
	return len;
}

int vprintf(const char *fmt, va_list ap)
{
	return vfprintf(stdout, fmt, ap);
}

int fprintf(FILE *f, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vfprintf(f, fmt, ap);
	va_end(ap);
	return len;
}

int printf(const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vfprintf(stdout, fmt, ap);
	va_end(ap);
	return len;
}

/* Straight to a descriptor, in one write when it fits. */
int dprintf(int fd, const char *fmt, ...)
{
	FILE f = { .fd = fd, .flags = UNBUFFERED | WRITES };
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vfprintf(&f, fmt, ap);
	va_end(ap);
	return len;
}
