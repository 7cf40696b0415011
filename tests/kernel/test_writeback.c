/*
 * tests/kernel/test_writeback.c - limits of what is dirty, and errors, over a file that the test plays
 */
#include <err.h>
#include <fs.h>
#include <ktest.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <time.h>

static int no_writepage(struct address_space *m, struct page *page)
{
	return -EIO;
}

static const struct address_space_operations written_aops = { .writepage = no_writepage };
static struct inode host;
static struct file file;

static void make_file(void)
{
	memset(&host, 0, sizeof(host));
	memset(&file, 0, sizeof(file));
	address_space_init(&host.i_data, &host, &written_aops);
	host.i_mapping = &host.i_data;
	file.f_inode = &host;
}

/* ---- limits ---- */

static bool running, let_go;
static struct completion ended;

static int writer(void *unused)
{
	WRITE_ONCE(running, true);
	balance_dirty_pages(&host.i_data);
	WRITE_ONCE(let_go, true);
	complete(&ended);
	return 0;
}

#define LOTS (1L << 40)

KTEST(writeback, who_is_over_the_limit_waits_until_others_are_written)
{
	make_file();
	init_completion(&ended);
	running = let_go = false;
	atomic_long_add(LOTS, &nr_dirty_pages);
	if (IS_ERR(kthread_run(writer, NULL, "writer"))) {
		atomic_long_sub(LOTS, &nr_dirty_pages);
		EXPECT(false);
	}
	while (!READ_ONCE(running))
		msleep(1);
	msleep(50);
	if (READ_ONCE(let_go)) {
		atomic_long_sub(LOTS, &nr_dirty_pages);
		EXPECT(!let_go);
	}
	atomic_long_sub(LOTS, &nr_dirty_pages);
	wait_for_completion(&ended);
	EXPECT(let_go);
}

KTEST(writeback, a_file_in_memory_never_waits)
{
	static const struct address_space_operations memory_aops;

	make_file();
	host.i_data.a_ops = &memory_aops;
	atomic_long_add(LOTS, &nr_dirty_pages);
	balance_dirty_pages(&host.i_data);
	atomic_long_sub(LOTS, &nr_dirty_pages);
}

KTEST(writeback, limits_are_shares_of_what_could_be_file_pages)
{
	unsigned long background, limit, pages = nr_free_pages();
	int ratio = vm_dirty_ratio, low = dirty_background_ratio;

	dirty_limits(&background, &limit);
	EXPECT(background < limit);
	EXPECT(limit > pages / 6 && limit < pages / 4);
	vm_dirty_ratio = 0;
	dirty_background_ratio = 100;
	dirty_limits(&background, &limit);
	vm_dirty_ratio = ratio;
	dirty_background_ratio = low;
	EXPECT(limit > 0 && limit < 100);		/* or nobody would ever get on */
	EXPECT(background < limit);
}

/* ---- errors ---- */

KTEST(writeback, an_error_is_told_once_to_each_open_file)
{
	struct file other;

	make_file();
	other = file;
	EXPECT_EQ(file_check_wb_err(&file), 0);
	mapping_set_error(&host.i_data, -EIO);
	EXPECT_EQ(file_check_wb_err(&file), -EIO);
	EXPECT_EQ(file_check_wb_err(&file), 0);
	EXPECT_EQ(file_check_wb_err(&other), -EIO);
	EXPECT_EQ(file_check_wb_err(&other), 0);
	mapping_set_error(&host.i_data, -EIO);		/* the same once more is another one */
	mapping_set_error(&host.i_data, -ENOSPC);	/* the last of those that nobody has been told */
	EXPECT_EQ(file_check_wb_err(&file), -ENOSPC);
	EXPECT_EQ(file_check_wb_err(&other), -ENOSPC);
	mapping_set_error(&host.i_data, 0);
	EXPECT_EQ(file_check_wb_err(&file), 0);
}

KTEST(writeback, who_opens_later_is_told_only_what_nobody_was)
{
	struct file later;

	make_file();
	later = file;
	mapping_set_error(&host.i_data, -EIO);
	later.f_wb_err = mapping_sample_wb_err(&host.i_data);
	EXPECT_EQ(file_check_wb_err(&later), -EIO);
	later.f_wb_err = mapping_sample_wb_err(&host.i_data);
	EXPECT_EQ(file_check_wb_err(&later), 0);
	mapping_set_error(&host.i_data, -EIO);
	EXPECT_EQ(file_check_wb_err(&later), -EIO);
}
