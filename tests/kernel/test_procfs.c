/*
 * tests/kernel/test_procfs.c - /proc: formats, tasks that come and go, Quire's own files
 */
#include "fs_util.h"
#include "user_task.h"
#include <sections.h>
#include <vmalloc.h>

#define PROC_TEST(name)								\
	static void procfs_body_##name(struct ktest_ctx *t, char *buf);		\
	FS_TEST(procfs, name)							\
	{									\
		char *buf = kmalloc(4096, GFP_KERNEL);				\
										\
		EXPECT(buf);							\
		do_mkdirat(AT_FDCWD, "/kt/p", 0755);				\
		if (do_mount("p", "/kt/p", "proc", 0, NULL))			\
			ktest_fail(t, __FILE__, __LINE__, "no proc");		\
		else								\
			procfs_body_##name(t, buf);				\
		sys_umount2(U("/kt/p"), t->failed ? MNT_DETACH : 0);		\
		kfree(buf);							\
	}									\
	static void procfs_body_##name(struct ktest_ctx *t, char *buf)

USER_CODE(wait_for_ever, "1:" SYS(34) "jmp 1b\n");

PROC_TEST(maps_line_is_as_on_linux)
{
	struct task_struct *task = start_user(wait_for_ever, wait_for_ever_end, NULL, 0);
	char name[40], want[80];
	long n;

	EXPECT(!IS_ERR(task));
	snprintf(name, sizeof(name), "/kt/p/%d/maps", task->pid);
	n = k_read(name, buf, 4096);
	kill_pid(task->pid, SIGKILL, true);
	wait_user(task);
	EXPECT(n > 0);
	snprintf(want, sizeof(want), "%08lx-", USER_BASE);
	EXPECT(!strncmp(buf, want, strlen(want)));
	EXPECT(strstr(buf, " 00000000 00:00 0 \n") || strstr(buf, " 00000000 00:00 0 "));
}

PROC_TEST(stat_has_52_fields)
{
	int fields = 2;
	char *p;

	EXPECT(k_read("/kt/p/self/stat", buf, 4096) > 0);
	p = strrchr(buf, ')');
	EXPECT(p);
	for (p++; *p; p++)
		fields += *p == ' ';
	EXPECT_EQ(fields, 52);
}

PROC_TEST(task_that_is_gone_is_enoent)
{
	struct path p;

	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/p/999999", 0, &p), -ENOENT);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/p/01", 0, &p), -ENOENT);
	EXPECT_EQ(kern_path(AT_FDCWD, "/kt/p/self/none", 0, &p), -ENOENT);
	EXPECT_EQ(do_mkdirat(AT_FDCWD, "/kt/p/d", 0755), -ENOENT);
}

PROC_TEST(descriptor_link_names_and_reopens_its_file)
{
	char link[40];
	long fd, again, n;

	EXPECT_EQ(k_file("/kt/f", "seen"), 0);
	fd = k_open("/kt/f", O_RDONLY);
	EXPECT(fd >= 0);
	snprintf(link, sizeof(link), "/kt/p/self/fd/%ld", fd);
	n = sys_readlink(U(link), UBUF, 100);
	EXPECT_EQ(n, 5);
	EXPECT(!copy_from_user(buf, UBUF, n));
	EXPECT(!memcmp(buf, "/kt/f", 5));
	again = k_open(link, O_RDONLY);
	EXPECT(again >= 0);
	EXPECT_EQ(sys_read(again, UBUF, 10), 4);
	EXPECT_EQ(do_unlinkat(AT_FDCWD, "/kt/f"), 0);
	EXPECT_EQ(sys_readlink(U(link), UBUF, 100), 15);	/* "/kt/f (deleted)" */
	sys_close(again);
	sys_close(fd);
	EXPECT_EQ(sys_readlink(U(link), UBUF, 100), -ENOENT);
}

PROC_TEST(pipe_has_a_name_and_opens_again)
{
	char link[40];
	int fds[2];
	long n, again;

	EXPECT_EQ(do_pipe(fds, 0), 0);
	snprintf(link, sizeof(link), "/kt/p/self/fd/%d", fds[0]);
	n = sys_readlink(U(link), UBUF, 100);
	EXPECT(n > 6);
	EXPECT(!copy_from_user(buf, UBUF, n));
	EXPECT(!memcmp(buf, "pipe:[", 6));
	again = k_open(link, O_RDONLY);
	EXPECT(again >= 0);
	EXPECT_EQ(sys_write(fds[1], UBUF, 3), 3);
	EXPECT_EQ(sys_read(again, UBUF, 10), 3);
	sys_close(again);
	sys_close(fds[0]);
	sys_close(fds[1]);
}

PROC_TEST(attributes_cannot_be_changed)
{
	EXPECT_EQ(sys_chmod(U("/kt/p/self/stat"), 0), -EPERM);
	EXPECT_EQ(sys_chown(U("/kt/p/version"), 1, 1), -EPERM);
	EXPECT_EQ(sys_utimes(U("/kt/p/self"), NULL), -EPERM);
}

PROC_TEST(text_is_read_in_pieces_as_one)
{
	long fd = k_open("/kt/p/self/status", O_RDONLY), n, total = 0;

	EXPECT(fd >= 0);
	while ((n = sys_read(fd, UBUF, 7)) > 0)
		total += n;
	EXPECT_EQ(n, 0);
	EXPECT_EQ(sys_lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(sys_read(fd, UBUF, 39 * PAGE_SIZE), total);
	sys_close(fd);
}

/* The walk of @addr in a process that waits; its text in buf, -errno. */
static long ask_walk(const char *question, char *buf, long *refused)
{
	struct task_struct *task = start_user(wait_for_ever, wait_for_ever_end, NULL, 0);
	char path[40];
	long fd, n;

	if (IS_ERR(task))
		return PTR_ERR(task);
	snprintf(path, sizeof(path), "/kt/p/%d/pagewalk", task->pid);
	fd = k_open(path, O_RDWR);
	*refused = sys_read(fd, UBUF, 100);		/* nothing was asked yet */
	n = sys_write(fd, U(question), strlen(question));
	if (n == (long)strlen(question))
		n = sys_read(fd, UBUF, 1000);
	if (n > 0 && copy_from_user(buf, UBUF, n))
		n = -EFAULT;
	if (n > 0)
		buf[n] = '\0';
	kill_pid(task->pid, SIGKILL, true);
	wait_user(task);
	if (fd >= 0 && n > 0 && sys_lseek(fd, 0, SEEK_SET) == 0 && sys_read(fd, UBUF, 1000))
		n = -EEXIST;				/* the address space is gone: empty */
	sys_close(fd);
	return n;
}

PROC_TEST(pagewalk_shows_every_level_and_the_page)
{
	char ask[40];
	long refused;

	snprintf(ask, sizeof(ask), "%lx\n", USER_BASE);
	EXPECT(ask_walk(ask, buf, &refused) > 100);
	EXPECT_EQ(refused, -EINVAL);
	EXPECT(strstr(buf, "pgd[") && strstr(buf, pgtable_l5_enabled() ? "p4d[" : "p4d folded") && strstr(buf, "pud["));
	EXPECT(strstr(buf, "pmd[") && strstr(buf, "pte[") && strstr(buf, " user "));
	EXPECT(strstr(buf, ": anonymous, refcount 1, mapcount 1, flags ") ||
	       strstr(buf, ": shmem, refcount 2, mapcount 1, flags "));
	snprintf(ask, sizeof(ask), "0x%lx", USER_BASE + (1UL << 40));
	EXPECT(ask_walk(ask, buf, &refused) > 0);
	EXPECT(strstr(buf, " none\n") && !strstr(buf, "page pfn"));
}

PROC_TEST(pagewalk_takes_only_an_address)
{
	static const char *const bad[] = { "nonsense", "", " 4", "0x", "4 4", "11111111111111111" };
	long fd = k_open("/kt/p/self/pagewalk", O_RDWR);

	/* a kernel thread has no address space: the file opens and reads as empty */
	EXPECT(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(sys_write(fd, U(bad[i]), strlen(bad[i])), -EINVAL);
	EXPECT_EQ(sys_read(fd, UBUF, 100), -EINVAL);
	EXPECT_EQ(sys_write(fd, U("0x10"), 4), 4);
	sys_close(fd);
}

/* A file whatever its length, with a NUL behind; the caller frees it by vfree().  NULL: an error, or no memory. */
static char *read_whole(const char *name)
{
	long fd = k_open(name, O_RDONLY), n = 1;
	size_t len = 0, size = 4096;
	char *text = vmalloc(size), *more;

	while (fd >= 0 && text && n > 0) {
		if (len + PAGE_SIZE >= size) {
			more = vmalloc(size * 2);
			if (more)
				memcpy(more, text, len);
			vfree(text);
			text = more;
			size *= 2;
			continue;
		}
		n = sys_read(fd, UBUF, PAGE_SIZE);
		if (n > 0 && copy_from_user(text + len, UBUF, n))
			n = -EFAULT;
		len += max(n, 0L);
	}
	if (fd >= 0)
		sys_close(fd);
	if (!text || fd < 0 || n < 0) {
		vfree(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

PROC_TEST(kernel_page_tables_names_each_area_with_its_rights)
{
	char *text = read_whole("/kt/p/kernel_page_tables");
	bool named, code, wx;
	char want[64];

	EXPECT(text);
	snprintf(want, sizeof(want), "---[ kernel text ]---\n0x%016lx-0x%016lx", (unsigned long)_text,
		 (unsigned long)_etext);
	named = strstr(text, "---[ direct map ]---\n0xffff888000000000-") && strstr(text, "---[ vmalloc, ") &&
		strstr(text, "---[ vmemmap: ");
	code = strstr(text, want);
	wx = strstr(text, "RW x ");
	vfree(text);
	EXPECT(named);
	EXPECT(code);
	EXPECT(!wx);				/* nothing is writable and executable */
}

PROC_TEST(counts_of_files_and_names_are_true)
{
	unsigned long unused, before = nr_open_files();
	long fd = k_open("/kt", O_RDONLY);

	EXPECT(fd >= 0);
	EXPECT_EQ(nr_open_files(), before + 1);
	sys_close(fd);
	EXPECT_EQ(nr_open_files(), before);
	EXPECT(k_read("/kt/p/sys/fs/dentry-state", buf, 4096) > 0);
	EXPECT(nr_dentries(&unused) >= nr_inodes() / 2);
	EXPECT(unused >= 1);			/* the one just read */
	drop_dcache();
	nr_dentries(&unused);
	EXPECT_EQ(unused, 0);
	EXPECT_EQ(k_read("/kt/p/sys/kernel/random/uuid", buf, 4096), 37);
}

PROC_TEST(mounts_names_every_mount)
{
	EXPECT(k_read("/kt/p/self/mounts", buf, 4096) > 0);
	EXPECT(strstr(buf, "rootfs / rootfs rw"));
	EXPECT(strstr(buf, "kt /kt tmpfs rw,relatime"));
	EXPECT(strstr(buf, "p /kt/p proc rw,relatime 0 0\n"));
}
