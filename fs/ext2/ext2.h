/*
 * fs/ext2/ext2.h - the second extended file system: its form on the disk, and what is kept in memory
 *
 * The disk is cut into blocks of 1, 2 or 4 KiB, and these into groups.  Block 0 of the file system (1 with blocks of
 * 1 KiB, where the first is left to boot loaders) begins group 0:
 *
 *   | super block | group descriptors | block bitmap | inode bitmap | inode table | data ...
 *     ---- a copy in some groups ----   ------------------ in every group ------------------
 *
 * An inode is a fixed record in the table of its group; its number says where.  It holds the numbers of the file's
 * first 12 blocks, and of an indirect, a doubly and a triply indirect block, which hold the rest.  A directory is a
 * file of records (inode number, length, name).
 *
 * All numbers are little-endian, as this machine's.
 *
 * Sources: Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem"; Poirier, "The Second
 *          Extended File System: Internal Layout"; Linux Documentation/filesystems/ext2.
 */
#ifndef EXT2_H
#define EXT2_H

#include <blkdev.h>
#include <err.h>
#include <fs.h>
#include <mutex.h>
#include <types.h>

/* ---- on the disk ---- */

#define EXT2_ROOT_INO		2
#define EXT2_GOOD_OLD_FIRST_INO	11
#define EXT2_GOOD_OLD_INODE_SIZE 128
#define EXT2_SUPER_OFFSET	1024		/* bytes from the beginning */
#define EXT2_MIN_BLOCK_SIZE	1024
#define EXT2_MAX_BLOCK_SIZE	4096
#define EXT2_NAME_LEN		255
#define EXT2_LINK_MAX		65000		/* as Linux's ext4 driver, which serves ext2 too */

/* s_state */
#define EXT2_VALID_FS		1		/* unmounted cleanly */
#define EXT2_ERROR_FS		2
/* s_errors, errors= */
#define EXT2_ERRORS_CONTINUE	1
#define EXT2_ERRORS_RO		2
#define EXT2_ERRORS_PANIC	3

#define EXT2_COMPAT_RESIZE_INODE 0x0010
#define EXT2_INCOMPAT_FILETYPE	0x0002
#define EXT2_RO_COMPAT_SPARSE_SUPER 0x0001
#define EXT2_RO_COMPAT_LARGE_FILE 0x0002
#define EXT2_RO_COMPAT_BTREE_DIR 0x0004
#define EXT2_INCOMPAT_SUPP	EXT2_INCOMPAT_FILETYPE
#define EXT2_RO_COMPAT_SUPP	(EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE | \
				 EXT2_RO_COMPAT_BTREE_DIR)

struct ext2_super_block {
	u32 s_inodes_count;
	u32 s_blocks_count;
	u32 s_r_blocks_count;			/* for root */
	u32 s_free_blocks_count;
	u32 s_free_inodes_count;
	u32 s_first_data_block;
	u32 s_log_block_size;			/* 0: 1 KiB */
	u32 s_log_frag_size;
	u32 s_blocks_per_group;
	u32 s_frags_per_group;
	u32 s_inodes_per_group;
	u32 s_mtime;
	u32 s_wtime;
	u16 s_mnt_count;
	u16 s_max_mnt_count;
	u16 s_magic;
	u16 s_state;
	u16 s_errors;
	u16 s_minor_rev_level;
	u32 s_lastcheck;
	u32 s_checkinterval;
	u32 s_creator_os;
	u32 s_rev_level;			/* 0: what follows is not there */
	u16 s_def_resuid;
	u16 s_def_resgid;
	u32 s_first_ino;
	u16 s_inode_size;
	u16 s_block_group_nr;
	u32 s_feature_compat;
	u32 s_feature_incompat;
	u32 s_feature_ro_compat;
	u8 s_uuid[16];
	char s_volume_name[16];
	char s_last_mounted[64];
	u32 s_algorithm_usage_bitmap;
	u8 s_prealloc_blocks;
	u8 s_prealloc_dir_blocks;
	u16 s_reserved_gdt_blocks;
	u8 s_unused[816];
};
_Static_assert(sizeof(struct ext2_super_block) == 1024, "on the disk");

struct ext2_group_desc {
	u32 bg_block_bitmap;
	u32 bg_inode_bitmap;
	u32 bg_inode_table;
	u16 bg_free_blocks_count;
	u16 bg_free_inodes_count;
	u16 bg_used_dirs_count;
	u16 bg_pad;
	u32 bg_reserved[3];
};
_Static_assert(sizeof(struct ext2_group_desc) == 32, "on the disk");

#define EXT2_NDIR_BLOCKS	12
#define EXT2_IND_BLOCK		12
#define EXT2_DIND_BLOCK		13
#define EXT2_TIND_BLOCK		14
#define EXT2_N_BLOCKS		15

/* i_flags */
#define EXT2_SYNC_FL		0x00000008
#define EXT2_NODUMP_FL		0x00000040
#define EXT2_NOATIME_FL		0x00000080
#define EXT2_INDEX_FL		0x00001000	/* the directory has an index, for those who know it */
#define EXT2_DIRSYNC_FL		0x00010000
#define EXT2_TOPDIR_FL		0x00020000
#define EXT2_FL_INHERITED	(EXT2_SYNC_FL | EXT2_NODUMP_FL | EXT2_NOATIME_FL | EXT2_DIRSYNC_FL)

struct ext2_inode {
	u16 i_mode;
	u16 i_uid;
	u32 i_size;
	u32 i_atime;
	u32 i_ctime;
	u32 i_mtime;
	u32 i_dtime;				/* when it was freed */
	u16 i_gid;
	u16 i_links_count;
	u32 i_blocks;				/* of 512 bytes, indirect ones included */
	u32 i_flags;
	u32 i_osd1;
	u32 i_block[EXT2_N_BLOCKS];		/* or the text of a short symlink, or a device number */
	u32 i_generation;
	u32 i_file_acl;				/* a block with attributes that we only give back */
	u32 i_size_high;			/* of regular files */
	u32 i_faddr;
	u16 i_reserved;
	u16 i_pad;
	u16 i_uid_high;
	u16 i_gid_high;
	u32 i_reserved2;
	/* with more than 128 bytes, and as far as i_extra_isize says: */
	u16 i_extra_isize;			/* bytes used from here on */
	u16 i_checksum_hi;
	u32 i_ctime_extra;			/* two more bits of seconds, and nanoseconds << 2 */
	u32 i_mtime_extra;
	u32 i_atime_extra;
	u32 i_crtime;
	u32 i_crtime_extra;
};
#define EXT2_EXTRA_ISIZE	24		/* what of it we fill */

/* A directory's record.  The last of a block reaches to its end; inode 0: unused. */
struct ext2_dirent {
	u32 inode;
	u16 rec_len;
	u8 name_len;
	u8 file_type;				/* with EXT2_INCOMPAT_FILETYPE, else 0 */
	char name[];
};
#define EXT2_DIR_PAD		4
#define EXT2_DIR_REC_LEN(len)	(((len) + 8 + EXT2_DIR_PAD - 1) & ~(EXT2_DIR_PAD - 1))

struct ext2_xattr_header {
	u32 h_magic;				/* EXT2_XATTR_MAGIC */
	u32 h_refcount;				/* inodes that share the block */
	u32 h_blocks;
};
#define EXT2_XATTR_MAGIC	0xea020000

/* ---- in memory ---- */

/* A block of metadata: a part of a page of the device's cache, referenced. */
struct ext2_buf {
	struct page *page;
	void *data;
	u32 block;
};

struct ext2_sb_info {
	struct ext2_super_block *s_es;		/* our copy of it; s_lock */
	struct ext2_group_desc *s_gd;		/* copies of all descriptors, so that what was checked stays; s_lock */
	struct ext2_buf *s_gdb;			/* the blocks that they go back to */
	unsigned int s_gdb_count;
	unsigned int s_blocksize_bits;
	unsigned int s_inode_size, s_inodes_per_block, s_desc_per_block;
	unsigned int s_addr_per_block;		/* block numbers in an indirect block */
	u32 s_groups_count, s_itb_per_group;
	u32 s_blocks_count, s_first_data_block, s_blocks_per_group;
	u32 s_inodes_count, s_inodes_per_group, s_first_ino;
	u32 s_overhead;				/* blocks that hold no data */
	u64 s_maxbytes;
	/* bitmaps, descriptors, counters: one lock for all groups */
	struct mutex s_lock;
	u64 s_free_blocks;			/* s_lock */
	u32 s_free_inodes;			/* s_lock */
	unsigned char *s_checked;		/* one byte a group: BITMAP_*; s_lock */
	u16 s_mount_state;			/* s_state before this mount: goes back at its end */
	unsigned int s_errors;			/* EXT2_ERRORS_*: what an error does */
	uid_t s_resuid;				/* who may use the reserved blocks beside root */
	gid_t s_resgid;
	bool s_minixdf, s_grpid;		/* options */
	u32 s_reported;				/* errors told; too many are not */
	u32 s_next_generation;			/* s_lock */
};

struct ext2_inode_info {
	u32 i_data[EXT2_N_BLOCKS];		/* truncate_mutex */
	u32 i_flags;
	u32 i_dtime;
	u32 i_file_acl;
	u32 i_block_group;
	unsigned int i_extra_isize;		/* as on the disk: 0 when there is none */
	/* Which blocks the file has: looked up, added, taken away. */
	struct mutex truncate_mutex;
	u64 i_last_iblock;			/* truncate_mutex: allocated last, and where */
	u32 i_last_block;
};

static inline struct ext2_sb_info *EXT2_SB(const struct super_block *sb) { return sb->s_fs_info; }
static inline struct ext2_inode_info *EXT2_I(const struct inode *i) { return i->i_private; }
/* Blocks of the file system as the 512-byte units of i_blocks. */
static inline unsigned long ext2_sectors(const struct super_block *sb, unsigned long blocks)
{
	return blocks << (EXT2_SB(sb)->s_blocksize_bits - SECTOR_SHIFT);
}
static inline u32 ext2_group_first_block(const struct ext2_sb_info *sbi, u32 group)
{
	return sbi->s_first_data_block + group * sbi->s_blocks_per_group;
}

/* super.c */
/* The disk says what cannot be: log it, note it in the super block, and do what errors= says.  Returns -EUCLEAN. */
int ext2_error(struct super_block *sb, const char *fmt, ...) __printf(2, 3);
struct ext2_group_desc *ext2_get_group_desc(struct super_block *sb, u32 group);
void ext2_dirty_group_desc(struct super_block *sb, u32 group);

/* block.c */
int ext2_bread(struct super_block *sb, u32 block, struct ext2_buf *b);	/* 0, -EIO, -ENOMEM */
int ext2_bread_patient(struct super_block *sb, u32 block, struct ext2_buf *b);	/* does not give up soon for want of memory */
int ext2_bnew(struct super_block *sb, u32 block, struct ext2_buf *b);	/* the same, zeroed; the caller marks it dirty */
int ext2_first_block(struct inode *inode, struct ext2_buf *b);	/* of a new directory or symlink: zeroed, not dirty yet */
void ext2_brelse(struct ext2_buf *b);
void ext2_bdirty(struct super_block *sb, struct ext2_buf *b);
void ext2_bforget(struct super_block *sb, u32 block);	/* holds metadata no more: what is dirty of it is not written */

/* balloc.c */
bool ext2_has_super(const struct super_block *sb, u32 group);
bool ext2_block_valid(const struct super_block *sb, u32 block);	/* may it belong to a file? */
/* Up to *@count blocks in a row, near @goal: their number, and the first in *@block.  0, -ENOSPC, -EIO. */
int ext2_new_blocks(struct inode *inode, u32 goal, u32 *count, u32 *block);
int ext2_free_blocks(struct super_block *sb, u32 block, u32 count);	/* 0, -EUCLEAN, -EIO */
u64 ext2_count_free_blocks(struct super_block *sb);	/* from the descriptors */

/* ialloc.c */
struct inode *ext2_new_inode(struct inode *dir, umode_t mode);	/* hashed, no block yet; ERR_PTR */
void ext2_free_inode(struct inode *inode);
u32 ext2_count_free_inodes(struct super_block *sb);

/* inode.c */
struct inode *ext2_iget(struct super_block *sb, u32 ino);	/* ERR_PTR(-EUCLEAN, -EIO, -ENOMEM, -ESTALE) */
void ext2_set_operations(struct inode *inode);
struct ext2_inode_info *ext2_alloc_info(void);
int ext2_write_inode(struct inode *inode);
void ext2_getattr(struct inode *inode);
void ext2_evict_inode(struct inode *inode);
/*
 * Where blocks @iblock ... of the file are: how many (up to @max) lie in a row, and the first in *@block; 0 in it: they
 * are a hole, which @create fills (*@new, may be NULL, then tells).  Or -ENOSPC, -EFBIG, -EUCLEAN, -EIO.
 */
long ext2_get_blocks(struct inode *inode, u64 iblock, unsigned long max, bool create, u32 *block,
		     bool *new);
int ext2_truncate_blocks(struct inode *inode, u64 first);	/* frees all from block @first on */
int ext2_setsize(struct inode *inode, loff_t size);

/* file.c */
extern const struct address_space_operations ext2_aops;
extern const struct file_operations ext2_file_operations;
extern const struct inode_operations ext2_file_inode_operations;
int ext2_fsync(struct file *file, int datasync);

/* dir.c */
extern const struct file_operations ext2_dir_operations;
/* A record, and the one before it in its block (NULL: it is the first). */
struct ext2_entry {
	struct ext2_buf buf;
	struct ext2_dirent *de, *prev;
};
int ext2_find_entry(struct inode *dir, const char *name, unsigned int len, struct ext2_entry *e);
int ext2_add_link(struct inode *dir, const char *name, unsigned int len, struct inode *inode);
int ext2_delete_entry(struct inode *dir, struct ext2_entry *e);
void ext2_set_link(struct inode *dir, struct ext2_entry *e, struct inode *inode);
int ext2_make_empty(struct inode *inode, struct inode *parent);
int ext2_empty_dir(struct inode *inode);	/* 0, -ENOTEMPTY, or what is wrong */
int ext2_dotdot(struct inode *dir, struct ext2_entry *e);

/* namei.c, symlink.c */
extern const struct inode_operations ext2_dir_inode_operations, ext2_special_inode_operations;
extern const struct inode_operations ext2_symlink_inode_operations, ext2_fast_symlink_inode_operations;
bool ext2_is_fast_symlink(const struct inode *inode);
int ext2_set_symlink(struct inode *inode, const char *target, unsigned int len);

#endif
