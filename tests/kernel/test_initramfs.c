/*
 * tests/kernel/test_initramfs.c - cpio archives, good and damaged
 */
#include "fs_util.h"

struct archive {
	char *buf;
	size_t len;
};

#define ARCHIVE_MAX 8192

static void pad4(struct archive *a)
{
	while (a->len % 4)
		a->buf[a->len++] = 0;
}

/* Append one entry; @size bytes of @data. */
static void add(struct archive *a, const char *name, u32 mode, u32 ino, u32 nlink,
		const char *data, u32 size)
{
	char header[111];

	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 ino, mode, 7, 8, nlink, 1000000000, size, 0, 1, 1, 3, (u32)strlen(name) + 1, 0);
	memcpy(a->buf + a->len, header, 110);
	a->len += 110;
	memcpy(a->buf + a->len, name, strlen(name) + 1);
	a->len += strlen(name) + 1;
	pad4(a);
	memcpy(a->buf + a->len, data, size);
	a->len += size;
	pad4(a);
}

static void add_end(struct archive *a)
{
	add(a, "TRAILER!!!", 0, 0, 1, "", 0);
}

/* Unpack and free; the number of entries, *error and *offset as unpack_cpio() gives them. */
static unsigned int unpack(struct archive *a, const char **error, size_t *offset)
{
	return unpack_cpio(a->buf, a->len, error, offset);
}

#define ARCHIVE_TEST(name)							\
	static void initramfs_body_##name(struct ktest_ctx *t, struct archive *a);	\
	FS_TEST(initramfs, name)						\
	{									\
		struct archive a = { kmalloc(ARCHIVE_MAX, GFP_KERNEL), 0 };	\
										\
		EXPECT(a.buf);							\
		initramfs_body_##name(t, &a);					\
		kfree(a.buf);							\
	}									\
	static void initramfs_body_##name(struct ktest_ctx *t, struct archive *a)

ARCHIVE_TEST(every_type_is_made_with_its_attributes)
{
	const char *error;
	size_t offset;
	struct stat st;
	char buf[16];

	add(a, "kt/d", S_IFDIR | 0750, 1, 2, "", 0);
	add(a, "kt/d/f", S_IFREG | 04751, 2, 1, "text\n", 5);
	add(a, "./kt/d/l", S_IFLNK | 0777, 3, 1, "f", 1);
	add(a, "kt/d/c", S_IFCHR | 0600, 4, 1, "", 0);
	add(a, "/kt/d/p", S_IFIFO | 0600, 5, 1, "", 0);
	add(a, "kt/d/s", S_IFSOCK | 0600, 6, 1, "", 0);
	add(a, "kt/d/e", S_IFREG | 0644, 7, 1, "", 0);
	add_end(a);
	EXPECT_EQ(unpack(a, &error, &offset), 7);
	EXPECT(!error);
	EXPECT_EQ(k_read("/kt/d/l", buf, sizeof(buf)), 5);
	EXPECT(!strcmp(buf, "text\n"));
	EXPECT_EQ(k_lstat("/kt/d/f", &st), 0);
	EXPECT_EQ(st.st_mode, S_IFREG | 04751);
	EXPECT_EQ(st.st_uid, 7);
	EXPECT_EQ(st.st_gid, 8);
	EXPECT_EQ(st.st_mtime, 1000000000);
	EXPECT_EQ(k_lstat("/kt/d", &st), 0);
	EXPECT_EQ(st.st_mode, S_IFDIR | 0750);
	EXPECT_EQ(st.st_mtime, 1000000000);
	EXPECT_EQ(k_lstat("/kt/d/c", &st), 0);
	EXPECT_EQ(st.st_mode, S_IFCHR | 0600);
	EXPECT_EQ(st.st_rdev, 0x103);
	EXPECT_EQ(k_lstat("/kt/d/s", &st), 0);
	EXPECT(S_ISSOCK(st.st_mode));
}

ARCHIVE_TEST(hard_links_share_the_data_of_the_last_one)
{
	const char *error;
	size_t offset;
	struct stat st;
	char buf[16];

	add(a, "kt/a", S_IFREG | 0644, 9, 2, "", 0);
	add(a, "kt/b", S_IFREG | 0644, 9, 2, "shared", 6);
	add_end(a);
	EXPECT_EQ(unpack(a, &error, &offset), 2);
	EXPECT(!error);
	EXPECT_EQ(k_read("/kt/a", buf, sizeof(buf)), 6);
	EXPECT_EQ(k_lstat("/kt/a", &st), 0);
	EXPECT_EQ(st.st_nlink, 2);
}

ARCHIVE_TEST(archives_follow_each_other_and_the_later_wins)
{
	const char *error;
	size_t offset;
	char buf[16];

	add(a, "kt/f", S_IFREG | 0644, 1, 1, "first one", 9);
	add_end(a);
	for (int i = 0; i < 512; i++)
		a->buf[a->len++] = 0;
	add(a, "kt/f", S_IFREG | 0644, 1, 1, "second", 6);
	add_end(a);
	EXPECT_EQ(unpack(a, &error, &offset), 2);
	EXPECT(!error);
	EXPECT_EQ(k_read("/kt/f", buf, sizeof(buf)), 6);
}

ARCHIVE_TEST(cut_anywhere_keeps_what_came_before)
{
	const char *error;
	size_t offset, first, whole;
	struct stat st;

	add(a, "kt/one", S_IFREG | 0644, 1, 1, "1", 1);
	first = a->len;
	add(a, "kt/two", S_IFREG | 0644, 2, 1, "0123456789", 10);
	whole = a->len;
	for (size_t cut = first + 1; cut < whole - 2; cut++) {
		EXPECT_EQ(unpack_cpio(a->buf, cut, &error, &offset), 1);
		EXPECT(error);
		EXPECT_EQ(offset, first);
		EXPECT_EQ(k_lstat("/kt/one", &st), 0);
		EXPECT_EQ(k_lstat("/kt/two", &st), -ENOENT);
	}
	EXPECT_EQ(unpack_cpio(a->buf, whole, &error, &offset), 2);	/* no end mark */
	EXPECT(error);
}

ARCHIVE_TEST(damaged_numbers_are_named_with_their_offset)
{
	static const struct { unsigned int at; const char *with; } harm[] = {
		{ 0, "07070x" }, { 6, "zzzzzzzz" }, { 54, "ffffffff" }, { 94, "00000000" },
		{ 94, "ffffffff" }, { 94, "00000003" }, { 54, "7fffffff" },
	};
	const char *error;
	size_t offset, second;
	char saved[8];

	add(a, "kt/one", S_IFREG | 0644, 1, 1, "1", 1);
	second = a->len;
	add(a, "kt/two", S_IFREG | 0644, 2, 1, "2", 1);
	add_end(a);
	for (unsigned int i = 0; i < ARRAY_SIZE(harm); i++) {
		size_t n = strlen(harm[i].with);
		char *p = a->buf + second + harm[i].at;

		memcpy(saved, p, n);
		memcpy(p, harm[i].with, n);
		EXPECT_EQ(unpack(a, &error, &offset), 1);
		EXPECT(error);
		EXPECT_EQ(offset, second);
		memcpy(p, saved, n);
	}
	EXPECT_EQ(unpack(a, &error, &offset), 2);
	EXPECT(!error);
}

ARCHIVE_TEST(packed_archive_is_named)
{
	const char *error;
	size_t offset;

	memcpy(a->buf, "\x1f\x8b\x08\x00garbage", 11);
	a->len = 11;
	EXPECT_EQ(unpack(a, &error, &offset), 0);
	EXPECT(error && strstr(error, "gzip"));
	EXPECT_EQ(offset, 0);
}
