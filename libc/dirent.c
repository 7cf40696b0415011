/*
 * libc/dirent.c - reading directories
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct DIR {
	int	fd;
	int	pos, len;	/* of what getdents64() filled */
	char	buf[2048] __attribute__((aligned(8)));
};

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	d = malloc(sizeof(*d));
	if (!d) {
		close(fd);
		return NULL;
	}
	d->fd = fd;
	d->pos = d->len = 0;
	return d;
}

/* The next entry, valid until the next call; NULL at the end. */
struct dirent *readdir(DIR *d)
{
	struct dirent *e;

	if (d->pos == d->len) {
		d->pos = 0;
		d->len = getdents64(d->fd, d->buf, sizeof(d->buf));
		if (d->len <= 0) {
			d->len = 0;
			return NULL;
		}
	}
	e = (struct dirent *)(d->buf + d->pos);
	d->pos += e->d_reclen;
	return e;
}

void rewinddir(DIR *d)
{
	lseek(d->fd, 0, SEEK_SET);
	d->pos = d->len = 0;
}

int dirfd(DIR *d)
{
	return d->fd;
}

int closedir(DIR *d)
{
	int err = close(d->fd);

	free(d);
	return err;
}
