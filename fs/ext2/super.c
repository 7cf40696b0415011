/*
 * fs/ext2/super.c - a file system as a whole: mounted, watched, synced, taken away
 *
 * Purpose:    believe a disk only as far as it was checked: all numbers that others compute with are looked at here,
 *             once, and kept as copies.
 * Invariants: while it may be written its s_state on the disk is not EXT2_VALID_FS, so that who finds it after a crash
 *             knows; counters in the super block are those of the groups, summed up.
 * Lock order: sb->s_sync_mutex > sbi->s_lock.
 * Sources:    Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem"; ext4(5), Mount options
 *             for ext2; mount(2).
 */
#include <mm.h>
#include <number.h>
#include <pagemap.h>
#include <printk.h>
#include <random.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include "ext2.h"

#define MAX_REPORTS	20		/* lines in the log about one mount; a damaged disk has no end of them */

static int write_super(struct super_block *sb);

/* ---- errors ---- */

int ext2_error(struct super_block *sb, const char *fmt, ...)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 told = __atomic_fetch_add(&sbi->s_reported, 1, __ATOMIC_RELAXED);
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (told < MAX_REPORTS)
		pr_err("EXT2-fs (%s): error: %s\n", bdev_name(sb->s_bdev), text);
	else if (told == MAX_REPORTS)
		pr_err("EXT2-fs (%s): more errors are not shown\n", bdev_name(sb->s_bdev));
	if (sbi->s_errors == EXT2_ERRORS_PANIC)
		panic("EXT2-fs (%s): errors=panic: %s", bdev_name(sb->s_bdev), text);
	if (sb_readonly(sb))
		return -EUCLEAN;
	sbi->s_mount_state |= EXT2_ERROR_FS;
	sbi->s_es->s_state |= EXT2_ERROR_FS;
	write_super(sb);
	if (sbi->s_errors == EXT2_ERRORS_RO) {
		pr_err("EXT2-fs (%s): mounted for reading only from here on\n", bdev_name(sb->s_bdev));
		__atomic_or_fetch(&sb->s_flags, MS_RDONLY, __ATOMIC_RELAXED);
	}
	return -EUCLEAN;
}

/* ---- group descriptors ---- */

struct ext2_group_desc *ext2_get_group_desc(struct super_block *sb, u32 group)
{
	VM_BUG_ON(group >= EXT2_SB(sb)->s_groups_count);
	return &EXT2_SB(sb)->s_gd[group];
}

void ext2_dirty_group_desc(struct super_block *sb, u32 group)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_buf *b = &sbi->s_gdb[group / sbi->s_desc_per_block];

	memcpy(b->data + group % sbi->s_desc_per_block * sizeof(struct ext2_group_desc), &sbi->s_gd[group],
	       sizeof(struct ext2_group_desc));
	ext2_bdirty(sb, b);
}

static void free_group_descs(struct ext2_sb_info *sbi)
{
	for (u32 i = 0; sbi->s_gdb && i < sbi->s_gdb_count; i++)
		ext2_brelse(&sbi->s_gdb[i]);
	kfree(sbi->s_gdb);
	kfree(sbi->s_gd);
	kfree(sbi->s_checked);
}

/* Bitmaps and inode table lie in their group. */
static bool group_plausible(const struct ext2_sb_info *sbi, u32 group)
{
	const struct ext2_group_desc *gd = &sbi->s_gd[group];
	u64 first = ext2_group_first_block(sbi, group);
	u64 end = min(first + sbi->s_blocks_per_group, (u64)sbi->s_blocks_count);

	return gd->bg_block_bitmap >= first && gd->bg_block_bitmap < end &&
	       gd->bg_inode_bitmap >= first && gd->bg_inode_bitmap < end &&
	       gd->bg_inode_table >= first && (u64)gd->bg_inode_table + sbi->s_itb_per_group <= end;
}

static int read_group_descs(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 first = sbi->s_first_data_block + 1;

	sbi->s_gdb_count = (sbi->s_groups_count + sbi->s_desc_per_block - 1) / sbi->s_desc_per_block;
	sbi->s_gdb = kcalloc(sbi->s_gdb_count, sizeof(*sbi->s_gdb), GFP_KERNEL);
	sbi->s_gd = kcalloc(sbi->s_groups_count, sizeof(*sbi->s_gd), GFP_KERNEL);
	sbi->s_checked = kzalloc(sbi->s_groups_count, GFP_KERNEL);
	if (!sbi->s_gdb || !sbi->s_gd || !sbi->s_checked)
		return -ENOMEM;
	for (u32 i = 0; i < sbi->s_gdb_count; i++) {
		u32 n = min(sbi->s_groups_count - i * sbi->s_desc_per_block, sbi->s_desc_per_block);
		int err = ext2_bread(sb, first + i, &sbi->s_gdb[i]);

		if (err)
			return err;
		memcpy(&sbi->s_gd[i * sbi->s_desc_per_block], sbi->s_gdb[i].data, n * sizeof(*sbi->s_gd));
	}
	for (u32 g = 0; g < sbi->s_groups_count; g++)
		if (!group_plausible(sbi, g)) {
			pr_err("EXT2-fs (%s): the descriptor of group %u is damaged\n", bdev_name(sb->s_bdev), g);
			return -EUCLEAN;
		}
	return 0;
}

/* ---- the super block ---- */

/* The page with the super block; its data in *@es.  ERR_PTR. */
static struct page *read_super_page(struct super_block *sb, struct ext2_super_block **es)
{
	struct page *page = read_mapping_page(bdev_inode(sb->s_bdev)->i_mapping, 0);

	if (!IS_ERR(page))
		*es = page_address(page) + EXT2_SUPER_OFFSET;
	return page;
}

/* Our copy to its place, with counters that are true. */
static int write_super(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_super_block *es;
	struct page *page = read_super_page(sb, &es);

	if (IS_ERR(page))
		return PTR_ERR(page);
	sbi->s_es->s_free_blocks_count = sbi->s_free_blocks;
	sbi->s_es->s_free_inodes_count = sbi->s_free_inodes;
	sbi->s_es->s_wtime = current_time_ns() / NSEC_PER_SEC;
	memcpy(es, sbi->s_es, sizeof(*es));
	bdev_dirty_part(page, EXT2_SUPER_OFFSET, sizeof(*es));
	put_page(page);
	return 0;
}

static int ext2_sync_fs(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	int err;

	mutex_lock(&sbi->s_lock);
	err = write_super(sb);
	mutex_unlock(&sbi->s_lock);
	return err;
}

static int refuse(struct super_block *sb, const char *why)
{
	pr_err("EXT2-fs (%s): %s\n", bdev_name(sb->s_bdev), why);
	return -EINVAL;
}

static int check_features(struct super_block *sb, const struct ext2_super_block *es, bool write)
{
	if (!es->s_rev_level)
		return 0;		/* has none */
	if (es->s_rev_level > 1)
		return refuse(sb, "a revision that is not known");
	if (es->s_feature_incompat & ~EXT2_INCOMPAT_SUPP)
		return refuse(sb, "features that are not known");
	if (write && (es->s_feature_ro_compat & ~EXT2_RO_COMPAT_SUPP))
		return refuse(sb, "features that are not known: may only be read");
	return 0;
}

/* The sizes everything is computed from. */
static int check_geometry(struct super_block *sb, const struct ext2_super_block *es)
{
	u64 size = 1024UL << (es->s_log_block_size & 31), device = bdev_nr_sectors(sb->s_bdev) << SECTOR_SHIFT;
	u32 inode_size = es->s_rev_level ? es->s_inode_size : EXT2_GOOD_OLD_INODE_SIZE;
	u64 groups;

	if (es->s_log_block_size > 2 || size < bdev_logical_block_size(sb->s_bdev))
		return refuse(sb, "a block size that cannot be used");
	if (inode_size < EXT2_GOOD_OLD_INODE_SIZE || inode_size > size || (inode_size & (inode_size - 1)))
		return refuse(sb, "a size of inodes that cannot be");
	if (!es->s_blocks_per_group || es->s_blocks_per_group > size * 8 || (es->s_blocks_per_group & 7))
		return refuse(sb, "a number of blocks in a group that cannot be");
	if (es->s_inodes_per_group < size / inode_size || es->s_inodes_per_group > size * 8 ||
	    es->s_inodes_per_group % (size / inode_size))
		return refuse(sb, "a number of inodes in a group that cannot be");
	if (es->s_blocks_count > device / size)
		return refuse(sb, "more blocks than the device has");
	if (es->s_first_data_block != (size == EXT2_MIN_BLOCK_SIZE) || es->s_first_data_block >= es->s_blocks_count)
		return refuse(sb, "a first block that cannot be");
	groups = (es->s_blocks_count - es->s_first_data_block + (u64)es->s_blocks_per_group - 1) / es->s_blocks_per_group;
	if (groups * es->s_inodes_per_group != es->s_inodes_count)
		return refuse(sb, "a number of inodes that its groups have not");
	if (es->s_rev_level && (es->s_first_ino < EXT2_GOOD_OLD_FIRST_INO || es->s_first_ino > es->s_inodes_per_group))
		return refuse(sb, "a first inode that cannot be");
	return 0;
}

/* The largest file: what the tree of blocks reaches, or else what i_blocks can count, indirect blocks included. */
static u64 max_file_size(unsigned int bits)
{
	u64 n = 1UL << (bits - 2), reach = EXT2_NDIR_BLOCKS + n + n * n + n * n * n;
	u64 limit = 0xffffffffUL >> (bits - SECTOR_SHIFT), rest, meta = 3 + 2 * n + n * n;

	if (reach + meta <= limit)
		return reach << bits;
	rest = limit - EXT2_NDIR_BLOCKS - n - n * n;		/* below the triply indirect block */
	meta = 1 + (1 + n) + (1 + DIV_ROUND_UP(rest, n) + DIV_ROUND_UP(rest, n * n));
	return (limit - meta) << bits;
}

static void take_geometry(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_super_block *es = sbi->s_es;

	sb->s_blocksize = EXT2_MIN_BLOCK_SIZE << es->s_log_block_size;
	sbi->s_blocksize_bits = 10 + es->s_log_block_size;
	sbi->s_inode_size = es->s_rev_level ? es->s_inode_size : EXT2_GOOD_OLD_INODE_SIZE;
	sbi->s_first_ino = es->s_rev_level ? es->s_first_ino : EXT2_GOOD_OLD_FIRST_INO;
	sbi->s_inodes_per_block = sb->s_blocksize / sbi->s_inode_size;
	sbi->s_desc_per_block = sb->s_blocksize / sizeof(struct ext2_group_desc);
	sbi->s_addr_per_block = sb->s_blocksize / sizeof(u32);
	sbi->s_blocks_count = es->s_blocks_count;
	sbi->s_first_data_block = es->s_first_data_block;
	sbi->s_blocks_per_group = es->s_blocks_per_group;
	sbi->s_inodes_count = es->s_inodes_count;
	sbi->s_inodes_per_group = es->s_inodes_per_group;
	sbi->s_itb_per_group = es->s_inodes_per_group / sbi->s_inodes_per_block;
	sbi->s_groups_count = (es->s_blocks_count - es->s_first_data_block - 1) / es->s_blocks_per_group + 1;
	sbi->s_maxbytes = max_file_size(sbi->s_blocksize_bits);
	sbi->s_mount_state = es->s_state;
	sbi->s_next_generation = get_random_u64();
}

/* Blocks of super blocks, descriptors, bitmaps and inode tables. */
static u32 count_overhead(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u64 n = sbi->s_first_data_block, reserved = 0;

	if (sbi->s_es->s_rev_level && (sbi->s_es->s_feature_compat & EXT2_COMPAT_RESIZE_INODE))
		reserved = sbi->s_es->s_reserved_gdt_blocks;	/* for more descriptors */
	for (u32 g = 0; g < sbi->s_groups_count; g++)
		n += ext2_has_super(sb, g) ? 1 + sbi->s_gdb_count + reserved : 0;
	n += (u64)sbi->s_groups_count * (2 + sbi->s_itb_per_group);
	return min(n, (u64)sbi->s_blocks_count);
}

/* ---- options ---- */

/* What a mount or remount says. */
struct options {
	unsigned int errors;
	uid_t resuid;
	gid_t resgid;
	bool minixdf, grpid;
};

static bool option_number(const char *s, u32 *n)
{
	unsigned long v;

	if (!take_number(&s, 10, ~0U, &v) || *s)
		return false;
	*n = v;
	return true;
}

static int option_errors(const char *s, unsigned int *errors)
{
	static const char *const words[] = {
		[EXT2_ERRORS_CONTINUE] = "continue", [EXT2_ERRORS_RO] = "remount-ro", [EXT2_ERRORS_PANIC] = "panic",
	};

	for (unsigned int i = 1; i < ARRAY_SIZE(words); i++)
		if (!strcmp(s, words[i])) {
			*errors = i;
			return 0;
		}
	return -EINVAL;
}

/* Words that ask for what is so anyhow. */
static bool option_without_effect(const char *word)
{
	static const char *const words[] = {
		"nouid32", "nocheck", "check=none", "nouser_xattr", "noacl", "noquota", "nobh", "noreservation",
		"user_xattr", "acl",	/* as Linux built without them */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int parse_option(struct options *o, const char *word)
{
	if (!strncmp(word, "errors=", 7))
		return option_errors(word + 7, &o->errors);
	if (!strncmp(word, "resuid=", 7))
		return option_number(word + 7, &o->resuid) ? 0 : -EINVAL;
	if (!strncmp(word, "resgid=", 7))
		return option_number(word + 7, &o->resgid) ? 0 : -EINVAL;
	if (!strcmp(word, "minixdf") || !strcmp(word, "bsddf"))
		o->minixdf = *word == 'm';
	else if (!strcmp(word, "grpid") || !strcmp(word, "bsdgroups"))
		o->grpid = true;
	else if (!strcmp(word, "nogrpid") || !strcmp(word, "sysvgroups"))
		o->grpid = false;
	else if (!option_without_effect(word))
		return -EINVAL;
	return 0;
}

/* Names the word that is wrong. */
struct parse {
	struct super_block *sb;
	struct options *o;
};

static int parse_word(void *arg, char *word)
{
	const struct parse *p = arg;
	int err = parse_option(p->o, word);

	if (err == -EINVAL)
		pr_err("EXT2-fs (%s): option \"%s\" is not known or wrong\n", bdev_name(p->sb->s_bdev), word);
	return err;
}

static int parse_options(struct super_block *sb, struct options *o, const char *data)
{
	struct parse p = { sb, o };

	return for_each_option(data, parse_word, &p);
}

static struct options current_options(const struct ext2_sb_info *sbi)
{
	return (struct options){ .errors = sbi->s_errors, .resuid = sbi->s_resuid, .resgid = sbi->s_resgid,
				 .minixdf = sbi->s_minixdf, .grpid = sbi->s_grpid };
}

static void take_options(struct ext2_sb_info *sbi, const struct options *o)
{
	sbi->s_errors = o->errors;
	sbi->s_resuid = o->resuid;
	sbi->s_resgid = o->resgid;
	sbi->s_minixdf = o->minixdf;
	sbi->s_grpid = o->grpid;
}

static unsigned int default_errors(const struct ext2_super_block *es)
{
	return es->s_errors == EXT2_ERRORS_RO || es->s_errors == EXT2_ERRORS_PANIC ? es->s_errors :
	       EXT2_ERRORS_CONTINUE;
}

static void ext2_show_options(struct seq_file *m, struct super_block *sb)
{
	static const char *const words[] = {
		[EXT2_ERRORS_CONTINUE] = "continue", [EXT2_ERRORS_RO] = "remount-ro", [EXT2_ERRORS_PANIC] = "panic",
	};
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (sbi->s_minixdf)
		seq_puts(m, ",minixdf");
	if (sbi->s_grpid)
		seq_puts(m, ",grpid");
	if (sbi->s_resuid != sbi->s_es->s_def_resuid)
		seq_printf(m, ",resuid=%u", sbi->s_resuid);
	if (sbi->s_resgid != sbi->s_es->s_def_resgid)
		seq_printf(m, ",resgid=%u", sbi->s_resgid);
	if (sbi->s_errors != default_errors(sbi->s_es))
		seq_printf(m, ",errors=%s", words[sbi->s_errors]);
}

/* ---- mounting ---- */

/* From now on it may be written, and is not clean on the disk.  Waits until that is so.  0 or -EIO. */
static int begin_writing(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_super_block *es = sbi->s_es;
	int err;

	if (!(sbi->s_mount_state & EXT2_VALID_FS))
		pr_warn("EXT2-fs (%s): was not unmounted cleanly: e2fsck is recommended\n", bdev_name(sb->s_bdev));
	else if (sbi->s_mount_state & EXT2_ERROR_FS)
		pr_warn("EXT2-fs (%s): has errors: e2fsck is recommended\n", bdev_name(sb->s_bdev));
	if (!es->s_max_mnt_count)
		es->s_max_mnt_count = -1;
	es->s_state &= ~EXT2_VALID_FS;
	es->s_mnt_count++;
	es->s_mtime = current_time_ns() / NSEC_PER_SEC;
	err = ext2_sync_fs(sb);
	return err ? err : sync_blockdev(sb->s_bdev);
}

/* Everything is on its way to the disk: what it was before comes back, unless errors have been met. */
static void end_writing(struct super_block *sb)
{
	EXT2_SB(sb)->s_es->s_state = EXT2_SB(sb)->s_mount_state;
	ext2_sync_fs(sb);
}

/* The super block into sb->s_fs_info, checked.  0, -EINVAL, -EIO, -ENOMEM. */
static int take_super(struct super_block *sb)
{
	struct ext2_super_block *es;
	struct page *page;
	int err;

	if (bdev_nr_sectors(sb->s_bdev) << SECTOR_SHIFT < EXT2_SUPER_OFFSET + sizeof(*es))
		return -EINVAL;
	page = read_super_page(sb, &es);
	if (IS_ERR(page))
		return PTR_ERR(page);
	EXT2_SB(sb)->s_es = kmemdup(es, sizeof(*es), GFP_KERNEL);
	put_page(page);
	es = EXT2_SB(sb)->s_es;
	if (!es)
		return -ENOMEM;
	if (es->s_magic != EXT2_SUPER_MAGIC)
		return -EINVAL;
	err = check_features(sb, es, !sb_readonly(sb));
	return err ? err : check_geometry(sb, es);
}

static int read_root(struct super_block *sb)
{
	struct inode *root = ext2_iget(sb, EXT2_ROOT_INO);

	if (IS_ERR(root))
		return PTR_ERR(root) == -ESTALE ? -EUCLEAN : PTR_ERR(root);
	if (!S_ISDIR(root->i_mode) || !root->i_blocks || !root->i_size) {
		iput(root);
		pr_err("EXT2-fs (%s): the root directory is damaged: run e2fsck\n", bdev_name(sb->s_bdev));
		return -EINVAL;
	}
	sb->s_root = d_alloc_root(sb, root);
	if (sb->s_root)
		return 0;
	iput(root);
	return -ENOMEM;
}

static int prepare(struct super_block *sb, const char *data)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct options o;
	int err = take_super(sb);

	if (err)
		return err;
	take_geometry(sb);
	o = (struct options){ .errors = default_errors(sbi->s_es), .resuid = sbi->s_es->s_def_resuid,
			      .resgid = sbi->s_es->s_def_resgid };
	err = parse_options(sb, &o, data);
	if (err)
		return err;
	take_options(sbi, &o);
	err = read_group_descs(sb);
	if (err)
		return err;
	sbi->s_overhead = count_overhead(sb);
	sbi->s_free_blocks = ext2_count_free_blocks(sb);
	sbi->s_free_inodes = ext2_count_free_inodes(sb);
	return read_root(sb);
}

static void ext2_put_super(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (!sb_readonly(sb))
		end_writing(sb);
	free_group_descs(sbi);
	kfree(sbi->s_es);
	kfree(sbi);
	sb->s_fs_info = NULL;
}

static int ext2_statfs(struct super_block *sb, struct statfs *s)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u64 id[2], reserved = sbi->s_es->s_r_blocks_count;

	memcpy(id, sbi->s_es->s_uuid, sizeof(id));
	id[0] ^= id[1];
	memcpy(s->f_fsid.val, id, sizeof(s->f_fsid.val));
	s->f_bsize = s->f_frsize = sb->s_blocksize;
	s->f_namelen = EXT2_NAME_LEN;
	mutex_lock(&sbi->s_lock);
	s->f_blocks = sbi->s_blocks_count - (sbi->s_minixdf ? 0 : sbi->s_overhead);
	s->f_bfree = sbi->s_free_blocks;
	s->f_bavail = sbi->s_free_blocks > reserved ? sbi->s_free_blocks - reserved : 0;
	s->f_files = sbi->s_inodes_count;
	s->f_ffree = sbi->s_free_inodes;
	mutex_unlock(&sbi->s_lock);
	return 0;
}

static int ext2_remount(struct super_block *sb, unsigned long *flags, const char *data)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct options o = current_options(sbi);
	bool was_ro = sb_readonly(sb), ro = *flags & MS_RDONLY;
	int err = parse_options(sb, &o, data);

	if (err)
		return err;
	if (was_ro && !ro) {
		if (bdev_read_only(sb->s_bdev))
			return -EACCES;
		if (sbi->s_es->s_rev_level && (sbi->s_es->s_feature_ro_compat & ~EXT2_RO_COMPAT_SUPP))
			return -EROFS;
		sbi->s_mount_state = sbi->s_es->s_state;
		err = begin_writing(sb);
		if (err)
			return err;
	} else if (!was_ro && ro) {
		end_writing(sb);
		err = sync_blockdev(sb->s_bdev);
		if (err)
			return err;
	}
	take_options(sbi, &o);
	return 0;
}

static const struct super_operations ext2_sops = {
	.evict_inode = ext2_evict_inode,
	.write_inode = ext2_write_inode,
	.sync_fs = ext2_sync_fs,
	.put_super = ext2_put_super,
	.statfs = ext2_statfs,
	.show_options = ext2_show_options,
	.remount = ext2_remount,
};

static int ext2_fill_super(struct super_block *sb, const char *data)
{
	struct ext2_sb_info *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	int err;

	if (!sbi)
		return -ENOMEM;
	mutex_init_class(&sbi->s_lock, "ext2_sb->s_lock");
	sb->s_fs_info = sbi;
	sb->s_op = &ext2_sops;
	sb->s_magic = EXT2_SUPER_MAGIC;
	err = prepare(sb, data);
	if (!err && !sb_readonly(sb))
		err = begin_writing(sb);
	if (!err)
		return 0;
	if (sb->s_root)
		dput(sb->s_root);
	evict_inodes(sb);
	free_group_descs(sbi);
	kfree(sbi->s_es);
	kfree(sbi);
	return err;
}

static struct super_block *ext2_mount(struct file_system_type *t, unsigned long flags, const char *source,
				      const char *data)
{
	return mount_bdev(t, flags, source, data, ext2_fill_super);
}

static struct file_system_type ext2_type = {
	.name = "ext2", .mount = ext2_mount, .kill_sb = kill_block_super,
};

void __init ext2_init(void)
{
	register_filesystem(&ext2_type);
}
