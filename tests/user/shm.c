/*
 * tests/user/shm.c - System V shared memory, and /dev/shm
 */
#include <sys/shm.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <time.h>
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)
#define BAD	((void *)0x1000)

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds d;

	memset(&d, 0x55, sizeof(d));
	EQ(OK(shmctl(id, IPC_STAT, &d)), 0);
	return d;
}

static long nattch(int id)
{
	return stat_of(id).shm_nattch;
}

static int private(size_t size)
{
	return OK(shmget(IPC_PRIVATE, size, IPC_CREAT | 0600));
}

static char *attach(int id)
{
	return (char *)OK(shmat(id, NULL, 0));
}

/* Is there such a segment (in any state)? */
static int exists(int id)
{
	struct shmid_ds d;

	return shmctl(id, IPC_STAT, &d) == 0;
}

/* A key that belongs to this case alone. */
static int key(int n)
{
	return 0x51000000 + getpgrp() * 16 + n;
}

/* The line of /proc/self/maps that holds p, from its permissions on. */
static const char *mapping(const void *p)
{
	const char *space = strchr(maps_line(p), ' ');

	CHECK(space);
	return space + 1;
}

static long read_sysctl(const char *name)
{
	char buf[64] = "";
	int fd = OK(open(name, O_RDONLY));

	OK(read(fd, buf, sizeof(buf) - 1));
	close(fd);
	return strtoul(buf, NULL, 10);
}

static int write_sysctl(const char *name, const char *text)
{
	int fd = OK(open(name, O_WRONLY)), n = write(fd, text, strlen(text)), e = errno;

	close(fd);
	errno = e;
	return n;
}

TEST(bytes_written_by_one_process_are_read_by_another)
{
	int id = private(3 * PAGE);
	char *p = attach(id);
	pid_t child;

	EQ(p[0], 0);
	EQ(p[3 * PAGE - 1], 0);
	strcpy(p + PAGE - 2, "across");
	child = CHILD({
		char *q = attach(id);

		CHECK(q != p);
		STREQ(q + PAGE - 2, "across");
		q[2 * PAGE] = 7;
		p[2 * PAGE + 1] = 8;
	});
	EXITS(child, 0);
	EQ(p[2 * PAGE], 7);
	EQ(p[2 * PAGE + 1], 8);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(contents_outlive_the_last_detach_until_removed)
{
	int id = private(1);
	char *p = attach(id);

	p[0] = 'x';
	OK(shmdt(p));
	SEGV(peek(p), SEGV_MAPERR, p);
	p = attach(id);
	EQ(p[0], 'x');
	OK(shmdt(p));
	OK(shmctl(id, IPC_RMID, NULL));
	CHECK(!exists(id));
	ERR(shmat(id, NULL, 0), EINVAL);
}

TEST(stat_tells_who_and_when)
{
	long before = time(NULL);
	int id = OK(shmget(key(0), 5000, IPC_CREAT | 0640));
	struct shmid_ds d = stat_of(id);
	char *p;

	EQ(d.shm_perm.key, key(0));
	EQ(d.shm_perm.uid, 0);
	EQ(d.shm_perm.cuid, 0);
	EQ(d.shm_perm.mode, 0640);
	EQ(d.shm_perm.seq, id >> 15);
	EQ(d.shm_segsz, 5000);
	EQ(d.shm_cpid, getpid());
	EQ(d.shm_lpid, 0);
	EQ(d.shm_nattch, 0);
	EQ(d.shm_atime, 0);
	EQ(d.shm_dtime, 0);
	CHECK(d.shm_ctime >= before && d.shm_ctime <= time(NULL));
	p = attach(id);
	d = stat_of(id);
	EQ(d.shm_lpid, getpid());
	EQ(d.shm_nattch, 1);
	CHECK(d.shm_atime >= before);
	EQ(d.shm_dtime, 0);
	EXITS(CHILD({ OK(shmdt(p)); }), 0);
	d = stat_of(id);
	EQ(d.shm_nattch, 1);
	CHECK(d.shm_lpid != getpid() && d.shm_lpid > 0);
	CHECK(d.shm_dtime >= before);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(nattch_counts_through_fork_exit_and_exec)
{
	int id = private(PAGE), up[2], down[2];
	char c, *p = attach(id);
	pid_t child;

	attach(id);
	EQ(nattch(id), 2);
	OK(pipe(up));
	OK(pipe(down));
	child = CHILD({
		OK(write(up[1], "x", 1));
		OK(read(down[0], &c, 1));
	});
	OK(read(up[0], &c, 1));
	EQ(nattch(id), 4);
	OK(write(down[1], "x", 1));
	EXITS(child, 0);
	EQ(nattch(id), 2);
	child = CHILD({
		char *argv[] = { "shm", "no_such_case", NULL };

		close(1);
		execv("/proc/self/exe", argv);
	});
	EXITS(child, 0);
	EQ(nattch(id), 2);
	OK(shmdt(p));
	EQ(nattch(id), 1);
	ERR(shmdt(p), EINVAL);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(nattch_counts_areas_that_are_split_and_unmapped)
{
	int id = private(6 * PAGE);
	char *p = attach(id);

	OK(munmap(p + 2 * PAGE, PAGE));
	EQ(nattch(id), 2);
	OK(mprotect(p + 4 * PAGE, PAGE, PROT_READ));
	EQ(nattch(id), 4);
	STREQ(areas(p, 6), "0+2 rw-s, 3+1 rw-s, 4+1 r--s, 5+1 rw-s");
	OK(mprotect(p + 4 * PAGE, PAGE, RW));		/* areas with a close are not merged */
	EQ(nattch(id), 4);
	OK(munmap(p + 5 * PAGE, PAGE));
	EQ(nattch(id), 3);
	OK(shmdt(p));
	EQ(nattch(id), 0);
	STREQ(areas(p, 6), "");
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(shmdt_finds_what_is_left_when_the_first_page_is_gone)
{
	int id = private(4 * PAGE);
	char *p = attach(id);

	OK(munmap(p, PAGE));
	ERR(shmdt(p + PAGE), EINVAL);
	EQ(nattch(id), 1);
	OK(shmdt(p));
	EQ(nattch(id), 0);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(shmdt_leaves_other_segments_and_other_memory_alone)
{
	int a = private(2 * PAGE), b = private(2 * PAGE);
	char *p = lonely(8), *q;

	EQ(OK(shmat(a, p, 0)), p);
	q = (char *)OK(shmat(b, p + 2 * PAGE, 0));
	map_at(p + 4 * PAGE, 1, PROT_READ, MAP_FIXED);
	OK(munmap(p + PAGE, PAGE));
	OK(shmdt(p));
	EQ(nattch(a), 0);
	EQ(nattch(b), 1);
	STREQ(areas(p, 8), "2+2 rw-s, 4+1 r--p");
	OK(shmdt(q));
	OK(shmctl(a, IPC_RMID, NULL));
	OK(shmctl(b, IPC_RMID, NULL));
}

TEST(mremap_moves_an_attachment_and_counts_it_once)
{
	int id = private(4 * PAGE);
	char *p = attach(id), *q = lonely(8);

	p[3 * PAGE] = 3;
	EQ(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q), q);
	EQ(nattch(id), 1);
	EQ(q[3 * PAGE], 3);
	EQ(mremap(q, 4 * PAGE, 6 * PAGE, 0), q);
	EQ(nattch(id), 1);
	SIGBUS_AT(poke(q + 4 * PAGE, 1), q + 4 * PAGE);
	/* an old length of 0 makes a second one */
	p = mremap(q, 0, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED);
	EQ(nattch(id), 2);
	EQ(p[0], 0);
	p[PAGE] = 9;
	EQ(q[PAGE], 9);
	OK(munmap(p, 2 * PAGE));
	OK(shmdt(q));
	EQ(nattch(id), 0);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(removed_segment_lives_on_until_the_last_detach)
{
	int id = OK(shmget(key(0), PAGE, IPC_CREAT | 0600)), other;
	char *p = attach(id), *q;
	struct shmid_ds d;

	p[0] = 1;
	OK(shmctl(id, IPC_RMID, NULL));
	d = stat_of(id);
	EQ(d.shm_perm.mode, SHM_DEST | 0600);
	EQ(d.shm_perm.key, IPC_PRIVATE);
	ERR(shmget(key(0), PAGE, 0600), ENOENT);
	other = OK(shmget(key(0), PAGE, IPC_CREAT | IPC_EXCL | 0600));
	CHECK(other != id);
	q = attach(id);					/* the id still works, as only on Linux */
	EQ(q[0], 1);
	OK(shmdt(p));
	EQ(nattch(id), 1);
	OK(shmctl(id, IPC_RMID, NULL));
	OK(shmdt(q));
	CHECK(!exists(id));
	OK(shmctl(other, IPC_RMID, NULL));
}

TEST(exit_of_the_last_user_ends_a_removed_segment)
{
	int id = private(PAGE);

	EXITS(CHILD({
		attach(id);
		OK(shmctl(id, IPC_RMID, NULL));
		EQ(nattch(id), 1);
	}), 0);
	CHECK(!exists(id));
}

TEST(keys_collide_as_the_flags_say)
{
	int id = OK(shmget(key(1), 2 * PAGE, IPC_CREAT | 0600));

	EQ(OK(shmget(key(1), 0, 0)), id);
	EQ(OK(shmget(key(1), 2 * PAGE, IPC_CREAT)), id);
	ERR(shmget(key(1), 2 * PAGE, IPC_CREAT | IPC_EXCL), EEXIST);
	EQ(OK(shmget(key(1), PAGE, IPC_EXCL)), id);
	ERR(shmget(key(1), 2 * PAGE + 1, 0), EINVAL);
	ERR(shmget(key(1), 2 * PAGE + 1, IPC_CREAT | IPC_EXCL), EEXIST);
	ERR(shmget(key(2), PAGE, 0600), ENOENT);
	CHECK(private(1) != private(1));
	OK(shmctl(id, IPC_RMID, NULL));
	ERR(shmget(key(1), PAGE, 0), ENOENT);
}

TEST(sizes_at_the_rims)
{
	int id;

	ERR(shmget(IPC_PRIVATE, 0, IPC_CREAT), EINVAL);
	ERR(shmget(IPC_PRIVATE, -1UL, IPC_CREAT), EINVAL);
	ERR(shmget(IPC_PRIVATE, -1UL - (1 << 24) + 1, IPC_CREAT), EINVAL);
	ERR(shmget(IPC_PRIVATE, 1UL << 63, IPC_CREAT), EINVAL);
	ERR(shmget(IPC_PRIVATE, 1UL << 46, IPC_CREAT), ENOMEM);
	id = OK(shmget(IPC_PRIVATE, 1UL << 47, IPC_CREAT | SHM_NORESERVE | 0600));
	ERR(shmat(id, NULL, 0), ENOMEM);		/* more than there is user space */
	EQ(nattch(id), 0);
	OK(shmctl(id, IPC_RMID, NULL));
	ERR(shmget(IPC_PRIVATE, 2UL << 20, IPC_CREAT | SHM_HUGETLB | 0600), ENOMEM);
}

TEST(addresses_are_checked_and_rounded)
{
	int id = private(2 * PAGE);
	char *p = lonely(4);
	volatile char *v = p;

	ERR(shmat(id, p + 1, 0), EINVAL);
	EQ(OK(shmat(id, p + 1, SHM_RND)), p);
	ERR(shmat(id, p, 0), EINVAL);			/* taken */
	ERR(shmat(id, p + PAGE, 0), EINVAL);
	ERR(shmat(id, p - PAGE, 0), EINVAL);
	EQ(nattch(id), 1);
	ERR(shmat(id, NULL, SHM_REMAP), EINVAL);
	ERR(shmat(id, (void *)1, SHM_REMAP | SHM_RND), EINVAL);
	EQ(OK(shmat(id, p + PAGE, SHM_REMAP)), p + PAGE);
	STREQ(areas(p, 4), "0+1 rw-s, 1+2 rw-s");
	EQ(nattch(id), 2);
	v[PAGE] = 5;
	EQ(v[0], 5);					/* both show page 0 */
	ERR(shmat(id, (void *)0xffff800000000000, 0), ENOMEM);
	ERR(shmat(id, (void *)-PAGE, 0), EINVAL);	/* wraps */
	ERR(shmat(id, (void *)-(PAGE * 16), 0), ENOMEM);
	ERR(shmat(-1, NULL, 0), EINVAL);
	ERR(shmat(id + 1, NULL, 0), EINVAL);
	ERR(shmat(id + (1 << 15), NULL, 0), EINVAL);	/* right place, wrong sequence */
	ERR(shmdt(p + 1), EINVAL);
	ERR(shmdt((void *)-PAGE), EINVAL);
	EQ(nattch(id), 2);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(read_only_and_executable_attachments)
{
	int id = private(PAGE);
	char *w = attach(id), *r = (char *)OK(shmat(id, NULL, SHM_RDONLY)), *x;

	w[0] = (char)0xc3;				/* ret */
	EQ(r[0], (char)0xc3);
	SEGV(poke(r, 1), SEGV_ACCERR, r);
	ERR(mprotect(r, PAGE, RW), EACCES);
	EQ(strncmp(mapping(r), "r--s", 4), 0);
	x = (char *)OK(shmat(id, NULL, SHM_EXEC));
	EQ(strncmp(mapping(x), "rwxs", 4), 0);
	((void (*)(void))x)();
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(maps_shows_the_key_and_the_id)
{
	int id = OK(shmget(0x1234, PAGE, IPC_CREAT | IPC_EXCL | 0600));
	char *p = attach(id), want[64], perms[8], name[64], deleted[64];
	unsigned long offset, inode;
	unsigned int major, minor;

	EQ(sscanf(mapping(p), "%7s %lx %x:%x %lu %60s %60s", perms, &offset, &major, &minor,
		  &inode, name, deleted), 7);
	STREQ(perms, "rw-s");
	EQ(offset, 0);
	EQ(major, 0);
	EQ(minor, 1);
	EQ(inode, id);
	STREQ(name, "/SYSV00001234");
	STREQ(deleted, "(deleted)");
	snprintf(want, sizeof(want), "/SYSV00001234 (deleted)");
	STREQ(strchr(mapping(p), '/'), want);
	OK(shmctl(id, IPC_RMID, NULL));
	STREQ(strchr(mapping(p), '/'), want);
	p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	STREQ(strchr(mapping(p), '/'), "/dev/zero (deleted)");
}

/* Become somebody else, for good. */
static void become(int id)
{
	OK(setgid(id));
	OK(setuid(id));
}

TEST(permissions_of_owner_group_and_others)
{
	int id = OK(shmget(key(0), PAGE, IPC_CREAT | 0640));
	struct shmid_ds d = stat_of(id);

	d.shm_perm.uid = 100;
	d.shm_perm.gid = 200;
	d.shm_perm.mode = 07640;			/* only rwx bits are taken */
	OK(shmctl(id, IPC_SET, &d));
	d = stat_of(id);
	EQ(d.shm_perm.uid, 100);
	EQ(d.shm_perm.cuid, 0);
	EQ(d.shm_perm.mode, 0640);
	EXITS(CHILD({					/* the owner */
		become(100);
		attach(id);
		ERR(shmat(id, NULL, SHM_EXEC), EACCES);
		OK(shmctl(id, IPC_SET, &d));
	}), 0);
	EXITS(CHILD({					/* the group: reads */
		OK(setgid(200));
		OK(setuid(300));
		OK(shmat(id, NULL, SHM_RDONLY));
		ERR(shmat(id, NULL, 0), EACCES);
		EQ(OK(shmget(key(0), PAGE, 0440)), id);
		ERR(shmget(key(0), PAGE, 0600), EACCES);
		EQ(nattch(id), 1);
		ERR(shmctl(id, IPC_SET, &d), EPERM);
		ERR(shmctl(id, IPC_RMID, NULL), EPERM);
	}), 0);
	EXITS(CHILD({					/* others: nothing */
		become(300);
		ERR(shmat(id, NULL, SHM_RDONLY), EACCES);
		EQ(OK(shmget(key(0), PAGE, 0)), id);
		ERR(shmctl(id, IPC_STAT, &d), EACCES);
		ERR(shmctl(id & 0x7fff, SHM_STAT, &d), EACCES);
		EQ(OK(shmctl(id & 0x7fff, SHM_STAT_ANY, &d)), id);
		ERR(shmctl(id, SHM_LOCK, NULL), EPERM);
	}), 0);
	d.shm_perm.uid = -1;
	ERR(shmctl(id, IPC_SET, &d), EINVAL);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(info_counts_segments_and_pages)
{
	struct shm_info a, b;
	struct shminfo limits;
	struct shmid_ds d;
	int id, index;
	char *p;

	OK(shmctl(0, SHM_INFO, &a));
	id = private(3 * PAGE + 1);
	p = attach(id);
	p[0] = p[PAGE] = 1;
	index = OK(shmctl(0, SHM_INFO, &b));
	EQ(b.used_ids, a.used_ids + 1);
	EQ(b.shm_tot, a.shm_tot + 4);
	EQ(b.shm_rss, a.shm_rss + 2);
	EQ(b.shm_swp, 0);
	CMP(index, >=, id & 0x7fff);
	EQ(OK(shmctl(id & 0x7fff, SHM_STAT, &d)), id);
	EQ(d.shm_segsz, 3 * PAGE + 1);
	EQ(OK(shmctl(0, IPC_INFO, &limits)), index);
	EQ(limits.shmmax, -1UL - (1UL << 24));
	EQ(limits.shmall, -1UL - (1UL << 24));
	EQ(limits.shmmni, 4096);
	EQ(limits.shmseg, 4096);
	EQ(limits.shmmin, 1);
	OK(shmctl(id, IPC_RMID, NULL));
	OK(shmdt(p));
	OK(shmctl(0, SHM_INFO, &b));
	EQ(b.used_ids, a.used_ids);
	EQ(b.shm_tot, a.shm_tot);
	EQ(b.shm_rss, a.shm_rss);
}

TEST(control_commands_at_the_rims)
{
	int id = private(PAGE);
	struct shmid_ds d;

	ERR(shmctl(-1, IPC_STAT, &d), EINVAL);
	ERR(shmctl(id, -1, &d), EINVAL);
	ERR(shmctl(id, 4, &d), EINVAL);
	ERR(shmctl(id, 99, &d), EINVAL);
	ERR(shmctl(id + (1 << 15), IPC_STAT, &d), EINVAL);
	ERR(shmctl(id, IPC_STAT, BAD), EFAULT);
	ERR(shmctl(id, IPC_SET, BAD), EFAULT);
	ERR(shmctl(id + (1 << 15), IPC_SET, BAD), EFAULT);
	ERR(shmctl(id, SHM_INFO, BAD), EFAULT);
	ERR(shmctl(id, IPC_INFO, BAD), EFAULT);
	ERR(shmctl(20000, SHM_STAT, &d), EINVAL);
	OK(shmctl(id, IPC_RMID, BAD));
	ERR(shmctl(id, IPC_RMID, NULL), EINVAL);
}

TEST(lock_is_seen_in_the_mode)
{
	int id = private(PAGE);

	OK(shmctl(id, SHM_LOCK, NULL));
	EQ(stat_of(id).shm_perm.mode, SHM_LOCKED | 0600);
	OK(shmctl(id, SHM_LOCK, NULL));
	OK(shmctl(id, SHM_UNLOCK, NULL));
	EQ(stat_of(id).shm_perm.mode, 0600);
	OK(shmctl(id, SHM_UNLOCK, NULL));
	OK(shmctl(id, IPC_RMID, NULL));
	ERR(shmctl(id, SHM_LOCK, NULL), EINVAL);
}

TEST(ids_go_round_before_one_comes_again)
{
	int first = private(PAGE), id, n = 0;
	struct shm_info info;

	OK(shmctl(0, SHM_INFO, &info));
	OK(shmctl(first, IPC_RMID, NULL));
	do {
		id = private(PAGE);
		OK(shmctl(id, IPC_RMID, NULL));
		CHECK(id != first);
		CHECK(++n <= 64);
	} while ((id & 0x7fff) != (first & 0x7fff));
	EQ(n, 64 - (info.used_ids - 1));
	EQ(id >> 15, (first >> 15) + 1);
}

TEST(table_in_proc_has_a_line_for_each_segment)
{
	int id = OK(shmget(0x77, 2 * PAGE, IPC_CREAT | IPC_EXCL | 0604));
	char line[512], want[512], *p = attach(id);
	struct shmid_ds d;
	FILE *f;

	p[0] = 1;
	OK(shmctl(id, SHM_LOCK, NULL));
	d = stat_of(id);
	snprintf(want, sizeof(want), "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10lu "
		 "%10lu %10lu %21lu %21lu\n", 0x77, id, 02604, 2 * PAGE, getpid(), getpid(), 1UL,
		 0, 0, 0, 0, d.shm_atime, 0UL, d.shm_ctime, PAGE, 0UL);
	f = fopen("/proc/sysvipc/shm", "r");
	CHECK(f);
	CHECK(fgets(line, sizeof(line), f));
	STREQ(line, "       key      shmid perms                  size  cpid  lpid nattch   uid   "
		    "gid  cuid  cgid      atime      dtime      ctime                   rss"
		    "                  swap\n");
	while (fgets(line, sizeof(line), f))
		if (!strcmp(line, want))
			break;
	STREQ(line, want);
	fclose(f);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(limits_can_be_turned)
{
	const char *max = "/proc/sys/kernel/shmmax", *all = "/proc/sys/kernel/shmall",
		   *mni = "/proc/sys/kernel/shmmni";
	struct shm_info info;
	char text[32];

	EQ(read_sysctl(max), -1UL - (1UL << 24));
	EQ(read_sysctl(all), -1UL - (1UL << 24));
	EQ(read_sysctl(mni), 4096);
	EQ(read_sysctl("/proc/sys/kernel/shm_rmid_forced"), 0);
	OK(write_sysctl(max, "8192\n"));
	ERR(shmget(IPC_PRIVATE, 8193, 0600), EINVAL);
	private(8192);
	OK(write_sysctl(max, "18446744073692774399\n"));
	OK(shmctl(0, SHM_INFO, &info));
	snprintf(text, sizeof(text), "%lu", info.shm_tot + 2);
	OK(write_sysctl(all, text));
	ERR(shmget(IPC_PRIVATE, 3 * PAGE, 0600), ENOSPC);
	private(2 * PAGE);
	OK(write_sysctl(all, "18446744073692774399\n"));
	snprintf(text, sizeof(text), "%d", info.used_ids + 1);
	OK(write_sysctl(mni, text));
	ERR(shmget(IPC_PRIVATE, PAGE, 0600), ENOSPC);
	ERR(write_sysctl(mni, "32769"), EINVAL);
	ERR(write_sysctl(mni, "-1"), EINVAL);
	OK(write_sysctl(mni, "4096"));
	private(PAGE);
}

TEST(next_id_can_be_asked_for)
{
	int id;

	OK(write_sysctl("/proc/sys/kernel/shm_next_id", "6553700"));
	id = private(PAGE);
	EQ(id, 6553700);
	EQ(stat_of(id).shm_perm.seq, 200);
	CHECK(private(PAGE) != 6553701);
	OK(shmctl(id, IPC_RMID, NULL));
}

TEST(forced_removal_takes_what_nobody_has)
{
	const char *forced = "/proc/sys/kernel/shm_rmid_forced";
	int mine = private(PAGE), orphan, fd[2], other;
	char *p;

	OK(pipe(fd));
	EXITS(CHILD({ orphan = private(PAGE); OK(write(fd[1], &orphan, 4)); }), 0);
	OK(read(fd[0], &orphan, 4));
	CHECK(exists(orphan));
	OK(write_sysctl(forced, "1"));
	CHECK(!exists(orphan));
	CHECK(exists(mine));				/* its creator lives */
	p = attach(mine);
	OK(shmdt(p));
	CHECK(!exists(mine));
	EXITS(CHILD({ other = private(PAGE); OK(write(fd[1], &other, 4)); }), 0);
	OK(read(fd[0], &other, 4));
	CHECK(!exists(other));
	OK(write_sysctl(forced, "0"));
}

TEST(punching_and_syncing_an_attachment)
{
	int id = private(3 * PAGE);
	char *p = attach(id);
	struct shm_info a, b;

	memset(p, 1, 3 * PAGE);
	OK(shmctl(0, SHM_INFO, &a));
	OK(msync(p, 3 * PAGE, MS_SYNC));
	OK(madvise(p + PAGE, PAGE, MADV_REMOVE));
	OK(shmctl(0, SHM_INFO, &b));
	EQ(b.shm_rss, a.shm_rss - 1);
	EQ(p[PAGE - 1], 1);
	EQ(p[PAGE], 0);
	EQ(p[2 * PAGE], 1);
	OK(shmctl(id, IPC_RMID, NULL));
}

/* ---- POSIX: files of a tmpfs ---- */

TEST(dev_shm_is_a_tmpfs_for_all)
{
	struct sysinfo info;
	struct statfs fs;
	struct stat st, dev;
	char *p, *q;
	int fd;

	mkdir("/dev/shm", 0755);
	OK(stat("/dev", &dev));
	OK(stat("/dev/shm", &st));
	if (st.st_dev == dev.st_dev) {			/* left to init, which is not here */
		OK(mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
	}
	OK(stat("/dev/shm", &st));
	EQ(st.st_mode, S_IFDIR | 01777);
	OK(statfs("/dev/shm", &fs));
	EQ(fs.f_type, 0x01021994);
	OK(sysinfo(&info));
	EQ(fs.f_blocks, info.totalram / PAGE / 2);
	fd = OK(open("/dev/shm/name", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	OK(ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	EXITS(CHILD({
		int f = OK(open("/dev/shm/name", O_RDWR));

		q = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, f, 0);
		strcpy(q + PAGE, "hello");
	}), 0);
	STREQ(p + PAGE, "hello");
	STREQ(strchr(mapping(p), '/'), "/dev/shm/name");
	EXITS(CHILD({ become(1000); ERR(unlink("/dev/shm/name"), EPERM); }), 0);
	OK(unlink("/dev/shm/name"));
	STREQ(strchr(mapping(p), '/'), "/dev/shm/name (deleted)");
	ERR(open("/dev/shm/name", O_RDWR), ENOENT);
}
