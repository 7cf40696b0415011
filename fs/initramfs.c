/*
 * fs/initramfs.c - unpack the initial archive over the root file system
 *
 * Purpose:    the boot loader hands over a cpio archive ("newc"); its files become the root.
 * Invariants: nothing outside the archive is read, whatever its numbers say; an entry that is
 *             damaged or cut is not made, all before it stay.
 * Simplified: no compression: a packed archive is named and refused.
 * Sources:    cpio(5), "New ASCII Format"; Linux Documentation, "initramfs buffer format".
 */
#include <fs.h>
#include <boot_info.h>
#include <err.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

#define NEWC_HEADER 110

/* A file that has several names, and the first of them. */
struct known_link {
	struct known_link *next;
	u32 ino, major, minor;
	char name[];
};

/* Directories get their times last: what is made in them would change them. */
struct late_time {
	struct late_time *next;
	u64 mtime;
	char name[];
};

struct unpacker {
	const char *buf;
	size_t len, pos;
	struct known_link *links;
	struct late_time *times;
	unsigned int files;		/* entries made */
	const char *error;		/* what is wrong, at ->pos */
};

struct entry {
	u32 ino, mode, uid, gid, nlink, mtime, size, major, minor, rmajor, rminor, namesize, check;
	bool checked;			/* 070702: ->check is the sum of the data */
	const char *name;		/* in the archive, NUL terminated */
	const char *data;
	size_t next;			/* position of the entry after it */
};

/* Eight hexadecimal digits; false if they are not. */
static bool parse_hex(const char *s, u32 *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		char c = s[i] | 0x20;

		if (s[i] >= '0' && s[i] <= '9')
			*value = *value << 4 | (s[i] - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (c - 'a' + 10);
		else
			return false;
	}
	return true;
}

static const char *packed_with(const char *p, size_t len)
{
	static const struct { const char *magic; size_t len; const char *name; } kinds[] = {
		{ "\x1f\x8b", 2, "packed with gzip: hand it over unpacked" },
		{ "BZh", 3, "packed with bzip2: hand it over unpacked" },
		{ "\xfd" "7zXZ", 5, "packed with xz: hand it over unpacked" },
		{ "\x28\xb5\x2f\xfd", 4, "packed with zstd: hand it over unpacked" },
		{ "\x02\x21\x4c\x18", 4, "packed with lz4: hand it over unpacked" },
		{ "070707", 6, "an old cpio format: make it with cpio -H newc" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (len >= kinds[i].len && !memcmp(p, kinds[i].magic, kinds[i].len))
			return kinds[i].name;
	return "not a cpio archive";
}

/* Read the entry at u->pos.  false: u->error says why. */
static bool read_header(struct unpacker *u, struct entry *e)
{
	const char *p = u->buf + u->pos;
	size_t left = u->len - u->pos;
	u32 *fields[] = { &e->ino, &e->mode, &e->uid, &e->gid, &e->nlink, &e->mtime, &e->size,
			  &e->major, &e->minor, &e->rmajor, &e->rminor, &e->namesize, &e->check };

	if (left < 6 || (memcmp(p, "070701", 6) && memcmp(p, "070702", 6))) {
		u->error = packed_with(p, left);
		return false;
	}
	u->error = "cut short in a header";
	if (left < NEWC_HEADER)
		return false;
	e->checked = p[5] == '2';
	u->error = "a header with a bad number";
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		if (!parse_hex(p + 6 + 8 * i, fields[i]))
			return false;
	u->error = "a name that is too long, empty or not ended";
	if (!e->namesize || e->namesize > PATH_MAX - 2)
		return false;
	if (e->namesize > left - NEWC_HEADER) {
		u->error = "cut short in a name";
		return false;
	}
	e->name = p + NEWC_HEADER;
	if (e->name[e->namesize - 1] || strlen(e->name) != e->namesize - 1)
		return false;
	return true;
}

/* The data that follows the header. */
static bool read_data(struct unpacker *u, struct entry *e)
{
	size_t data = ALIGN_UP(u->pos + NEWC_HEADER + e->namesize, 4UL);

	u->error = "cut short in the data of a file";
	if (data > u->len || e->size > u->len - data)
		return false;
	e->data = u->buf + data;
	e->next = min(ALIGN_UP(data + e->size, 4UL), u->len);
	if (e->checked && S_ISREG(e->mode)) {
		u32 sum = 0;

		for (u32 i = 0; i < e->size; i++)
			sum += (unsigned char)e->data[i];
		u->error = "a file whose checksum is wrong";
		if (sum != e->check)
			return false;
	}
	u->error = NULL;
	return true;
}

/* ---- making the entries ---- */

static void set_attributes(const char *name, const struct entry *e)
{
	struct iattr a = {
		.valid = ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_MTIME,
		.uid = e->uid, .gid = e->gid, .mode = e->mode,
		.atime = e->mtime * NSEC_PER_SEC, .mtime = e->mtime * NSEC_PER_SEC,
	};
	struct path path;

	if (kern_path(AT_FDCWD, name, 0, &path))
		return;
	notify_change(&path, &a);
	if (!S_ISLNK(e->mode)) {
		a.valid = ATTR_MODE;
		notify_change(&path, &a);
	}
	path_put(&path);
}

/* What stands at @name already and is of another kind makes way. */
static void make_way(const char *name, const struct entry *e)
{
	struct path path;
	umode_t was;

	if (kern_path(AT_FDCWD, name, 0, &path))
		return;
	was = path.dentry->d_inode->i_mode;
	path_put(&path);
	if (S_ISDIR(was) && S_ISDIR(e->mode))
		return;
	if (S_ISREG(was) && S_ISREG(e->mode) && e->nlink < 2)
		return;			/* written over */
	if (S_ISDIR(was))
		do_rmdir(AT_FDCWD, name);
	else
		do_unlinkat(AT_FDCWD, name);
}

static struct known_link *find_link(struct unpacker *u, const struct entry *e)
{
	struct known_link *l;

	for (l = u->links; l; l = l->next)
		if (l->ino == e->ino && l->major == e->major && l->minor == e->minor)
			return l;
	return NULL;
}

static int remember_link(struct unpacker *u, const struct entry *e, const char *name)
{
	struct known_link *l = kmalloc(sizeof(*l) + strlen(name) + 1, GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	l->ino = e->ino;
	l->major = e->major;
	l->minor = e->minor;
	memcpy(l->name, name, strlen(name) + 1);
	l->next = u->links;
	u->links = l;
	return 0;
}

/* A regular file; of several names only one carries the data, usually the last. */
static int make_file(struct unpacker *u, const struct entry *e, const char *name)
{
	struct known_link *l = e->nlink > 1 ? find_link(u, e) : NULL;
	int flags = O_WRONLY | O_CREAT | O_LARGEFILE | (l ? 0 : O_TRUNC);
	struct file *f;
	ssize_t n = 0;
	int err = 0;

	if (l)
		err = do_linkat(AT_FDCWD, l->name, AT_FDCWD, name, 0);
	else if (e->nlink > 1)
		err = remember_link(u, e, name);
	if (err)
		return err;
	f = filp_open(name, flags, 0600);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (e->size)
		n = kernel_write(f, e->data, e->size, 0);
	fput(f);
	if (n < 0)
		return n;
	return (size_t)n < e->size ? -ENOSPC : 0;
}

static int make_symlink(const struct entry *e, const char *name)
{
	char *target;
	int err;

	if (!e->size || e->size >= PATH_MAX)
		return -EINVAL;
	target = kmalloc(e->size + 1, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = 0;
	err = do_symlinkat(target, AT_FDCWD, name);
	kfree(target);
	return err;
}

static int make_dir(struct unpacker *u, const struct entry *e, const char *name)
{
	struct late_time *t;
	int err = do_mkdirat(AT_FDCWD, name, e->mode);

	if (err && err != -EEXIST)
		return err;
	t = kmalloc(sizeof(*t) + strlen(name) + 1, GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->mtime = e->mtime * NSEC_PER_SEC;
	memcpy(t->name, name, strlen(name) + 1);
	t->next = u->times;
	u->times = t;
	return 0;
}

static int make_entry(struct unpacker *u, const struct entry *e, const char *name)
{
	make_way(name, e);
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return make_file(u, e, name);
	case S_IFDIR:
		return make_dir(u, e, name);
	case S_IFLNK:
		return make_symlink(e, name);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return do_mknodat(AT_FDCWD, name, e->mode, MKDEV(e->rmajor, e->rminor));
	default:
		return -EINVAL;
	}
}

/* One entry under its absolute name.  An error of one file does not end the archive. */
static void unpack_entry(struct unpacker *u, const struct entry *e)
{
	char *name = kmalloc(PATH_MAX, GFP_KERNEL);
	int err = -ENOMEM;

	if (name) {
		snprintf(name, PATH_MAX, "/%s", *e->name == '/' ? e->name + 1 : e->name);
		err = make_entry(u, e, name);
		if (!err)
			set_attributes(name, e);
	}
	if (err)
		pr_warn("initramfs: cannot make %s at offset %lu: error %d\n", e->name, u->pos, -err);
	else
		u->files++;
	kfree(name);
}

static void forget_links(struct unpacker *u)
{
	while (u->links) {
		struct known_link *l = u->links;

		u->links = l->next;
		kfree(l);
	}
}

static void set_late_times(struct unpacker *u)
{
	while (u->times) {
		struct late_time *t = u->times;
		struct iattr a = { .valid = ATTR_ATIME | ATTR_MTIME,
				   .atime = t->mtime, .mtime = t->mtime };
		struct path path;

		if (!kern_path(AT_FDCWD, t->name, 0, &path)) {
			notify_change(&path, &a);
			path_put(&path);
		}
		u->times = t->next;
		kfree(t);
	}
}

/*
 * Unpack all archives that stand one after another in @buf over /.  Returns how many entries were
 * made; *error: NULL, or what is wrong at *offset, where the unpacking ended.
 */
unsigned int unpack_cpio(const char *buf, size_t len, const char **error, size_t *offset)
{
	struct unpacker u = { .buf = buf, .len = len };
	bool in_archive = false;
	struct entry e;

	while (u.pos < u.len) {
		if (!in_archive && !buf[u.pos]) {	/* padding between archives */
			u.pos++;
			continue;
		}
		if (!read_header(&u, &e))
			break;
		if (!strcmp(e.name, "TRAILER!!!")) {
			u.error = NULL;
			u.pos = min(ALIGN_UP(u.pos + NEWC_HEADER + e.namesize, 4UL), u.len);
			in_archive = false;
			forget_links(&u);
			continue;
		}
		in_archive = true;
		if (!read_data(&u, &e))
			break;
		unpack_entry(&u, &e);
		u.pos = e.next;
		cond_resched();
	}
	if (!u.error && in_archive)
		u.error = "cut short: the end mark is missing";
	forget_links(&u);
	set_late_times(&u);
	*error = u.error;
	*offset = u.pos;
	return u.files;
}

/* What every root has even without an archive: a console for init. */
static void __init make_default_nodes(void)
{
	do_mkdirat(AT_FDCWD, "/dev", 0755);
	do_mknodat(AT_FDCWD, "/dev/console", S_IFCHR | 0600, MKDEV(5, 1));
	do_mkdirat(AT_FDCWD, "/root", 0700);
}

void __init populate_rootfs(void)
{
	const char *error;
	unsigned int files;
	size_t offset;

	make_default_nodes();
	if (!boot_info.initrd_size)
		return;
	files = unpack_cpio(__va(boot_info.initrd), boot_info.initrd_size, &error, &offset);
	if (error)
		pr_err("initramfs: %s, at offset %lu of %lu; kept the %u files before it\n", error,
		       offset, (unsigned long)boot_info.initrd_size, files);
	else
		pr_info("initramfs: %u files, %lu KiB\n", files,
			(unsigned long)boot_info.initrd_size >> 10);
	free_reserved_area(max(boot_info.initrd, LOW_MEMORY_END), boot_info.initrd_end_of_ram);
	boot_info.initrd_size = 0;
}
