/*
 * drivers/partitions.c - what a disk's table says: GPT, or MBR with its chain of extended tables
 *
 * Purpose:    from sectors to a list of partitions.  Nothing here knows of queues or devices: a reader
 *             gives the sectors, so a test can be the disk.
 * Invariants: whatever the sectors hold, each partition that comes out has sectors and lies inside the disk, none
 *             has a number above DISK_MAX_PARTS - 1, and the walk ends: a chain is followed a hundred steps.
 * Simplified: partitions may overlap, as on Linux: who looks at a damaged disk may need it.
 * Sources:    UEFI Specification, "GUID Partition Table (GPT) Disk Layout", "Legacy Master Boot Record (MBR)";
 *             Bovet & Cesati, "Understanding the Linux Kernel", chapter "Block Device Drivers".
 */
#include <err.h>
#include <genhd.h>
#include <printk.h>
#include <slab.h>
#include <string.h>

/* ---- MBR ---- */

#define MBR_TABLE	446
#define MBR_SIGNATURE	510
#define MAX_CHAIN	100		/* extended tables that are followed */

struct mbr_entry {
	u8 boot, chs_first[3], type, chs_last[3];
	u8 start[4], size[4];		/* little endian, sectors; not aligned in the table */
};
_Static_assert(sizeof(struct mbr_entry) == 16, "an entry of the MBR");

static u64 get_le(const u8 *p, unsigned int bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* Entry @i of the table in @sector, in sectors of 512 bytes. */
struct slot {
	u8 type;
	sector_t start, size;
};

static struct slot mbr_slot(const struct partition_reader *r, const u8 *sector, unsigned int i)
{
	const struct mbr_entry *e = (const void *)(sector + MBR_TABLE + i * sizeof(*e));
	unsigned int factor = r->logical_block_size / SECTOR_SIZE;

	return (struct slot){ e->type, get_le(e->start, 4) * factor, get_le(e->size, 4) * factor };
}

static bool has_signature(const u8 *sector)
{
	return sector[MBR_SIGNATURE] == 0x55 && sector[MBR_SIGNATURE + 1] == 0xaa;
}

static bool is_extended(u8 type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Number @n is [start, start + size), cut at the end of the disk; one that begins behind it is left out. */
static void put_partition(const struct partition_reader *r, struct partition *out, unsigned int n, sector_t start,
			  sector_t size)
{
	if (n >= DISK_MAX_PARTS || !size)
		return;
	if (start >= r->capacity) {
		pr_warn("partition %u begins behind the end of the disk\n", n);
		return;
	}
	if (size > r->capacity - start)
		pr_warn("partition %u reaches beyond the end of the disk: cut\n", n);
	out[n].start = start;
	out[n].nr_sectors = min(size, r->capacity - start);
}

/*
 * Partitions inside an extended one, numbered from 5: each table in the chain has one, and where the next table is,
 * counted from the beginning of the whole.  Entries 3 and 4 should be empty; those that are not must lie
 * inside of this table's share.
 */
static int read_extended(struct partition_reader *r, struct partition *out, sector_t first, sector_t first_size)
{
	sector_t at = first, size = first_size;
	unsigned int n = 5;
	u8 sector[SECTOR_SIZE];

	for (int step = 0; step < MAX_CHAIN && n < DISK_MAX_PARTS; step++) {
		struct slot next = { 0 };
		int err = at < r->capacity ? r->read(r, at, sector) : -EIO;

		if (err || !has_signature(sector))
			return n;	/* what was found until here counts */
		for (unsigned int i = 0; i < 4; i++) {
			struct slot s = mbr_slot(r, sector, i);

			if (!s.size || is_extended(s.type))
				continue;
			if (i >= 2 && (s.start + s.size > size || at + s.start < first ||
				       at + s.start + s.size > first + first_size))
				continue;
			put_partition(r, out, n++, at + s.start, s.size);
		}
		for (unsigned int i = 0; i < 4 && !next.size; i++) {
			struct slot s = mbr_slot(r, sector, i);

			if (s.size && is_extended(s.type))
				next = s;
		}
		if (!next.size)
			return n;
		at = first + next.start;
		size = next.size;
	}
	return n;
}

/* A boot sector of FAT carries the same signature: its table is code then, and its flags are no flags. */
static bool is_mbr(const u8 *sector)
{
	if (!has_signature(sector))
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		u8 boot = sector[MBR_TABLE + i * sizeof(struct mbr_entry)];

		if (boot != 0 && boot != 0x80)
			return false;
	}
	return true;
}

static int count(const struct partition *out)
{
	int n = 0;

	for (unsigned int i = 1; i < DISK_MAX_PARTS; i++)
		n += out[i].nr_sectors != 0;
	return n;
}

static int read_mbr(struct partition_reader *r, const u8 *sector, struct partition *out)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct slot s = mbr_slot(r, sector, i);

		if (!s.size)
			continue;
		if (!is_extended(s.type)) {
			put_partition(r, out, i + 1, s.start, s.size);
			continue;
		}
		/* Of the whole only its table, and room for a boot loader. */
		put_partition(r, out, i + 1, s.start,
			      min(s.size, (sector_t)max(2U, r->logical_block_size / SECTOR_SIZE)));
		read_extended(r, out, s.start, s.size);
	}
	return count(out);
}

/* ---- GPT ---- */

#define GPT_TYPE	0xee		/* of the MBR's entry that protects it */
#define GPT_MAX_ENTRIES	1024

struct gpt_header {
	char signature[8];		/* "EFI PART" */
	u32 revision, header_size, header_crc, reserved;
	u64 my_lba, alternate_lba, first_usable, last_usable;
	u8 disk_guid[16];
	u64 entries_lba;
	u32 nr_entries, entry_size, entries_crc;
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_header) == 92, "the header of a GPT");

struct gpt_entry {
	u8 type[16], guid[16];
	u64 first, last, attributes;
	u16 name[36];
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_entry) == 128, "an entry of a GPT");

/* CRC-32 of ISO 3309 and ITU-T V.42, bit by bit: it is done once a disk. */
static u32 crc32(u32 crc, const u8 *p, size_t len)
{
	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

static bool header_good(const struct partition_reader *r, const u8 *sector, u64 lba, struct gpt_header *h)
{
	u64 last = r->capacity / (r->logical_block_size / SECTOR_SIZE) - 1;
	u8 copy[SECTOR_SIZE];

	memcpy(h, sector, sizeof(*h));
	if (memcmp(h->signature, "EFI PART", 8) || h->header_size < sizeof(*h) || h->header_size > SECTOR_SIZE)
		return false;
	memcpy(copy, sector, sizeof(copy));
	memset(copy + offsetof(struct gpt_header, header_crc), 0, 4);
	if (~crc32(~0U, copy, h->header_size) != h->header_crc)
		return false;
	return h->my_lba == lba && h->first_usable <= last && h->last_usable <= last &&
	       h->last_usable >= h->first_usable && h->entry_size == sizeof(struct gpt_entry) && h->nr_entries &&
	       h->nr_entries <= GPT_MAX_ENTRIES && h->entries_lba && h->entries_lba <= last;
}

/* The table of the header into @table (PAGE_SIZE pieces follow each other); 0, -EIO, or -EINVAL: damaged. */
static int read_entries(struct partition_reader *r, const struct gpt_header *h, u8 *table, size_t bytes)
{
	sector_t at = h->entries_lba * (r->logical_block_size / SECTOR_SIZE);
	u32 crc = ~0U;

	for (size_t done = 0; done < bytes; done += SECTOR_SIZE, at++) {
		int err = at < r->capacity ? r->read(r, at, table + done) : -EINVAL;

		if (err)
			return err;
	}
	crc = ~crc32(crc, table, (size_t)h->nr_entries * sizeof(struct gpt_entry));
	return crc == h->entries_crc ? 0 : -EINVAL;
}

static void take_entries(struct partition_reader *r, const struct gpt_header *h, const u8 *table,
			 struct partition *out)
{
	static const u8 unused[16];
	unsigned int factor = r->logical_block_size / SECTOR_SIZE;

	for (u32 i = 0; i < h->nr_entries && i + 1 < DISK_MAX_PARTS; i++) {
		struct gpt_entry e;

		memcpy(&e, table + i * sizeof(e), sizeof(e));
		if (!memcmp(e.type, unused, sizeof(unused)) || e.first < h->first_usable || e.last < e.first ||
		    e.last > h->last_usable)
			continue;
		put_partition(r, out, i + 1, e.first * factor, (e.last - e.first + 1) * factor);
	}
}

/* The GPT whose header is in block @lba: 0, -ENOMEM, -EIO, or -EINVAL: none, or damaged. */
static int read_gpt_at(struct partition_reader *r, u64 lba, struct partition *out)
{
	u8 sector[SECTOR_SIZE];
	struct gpt_header h;
	size_t bytes;
	u8 *table;
	int err;

	err = r->read(r, lba * (r->logical_block_size / SECTOR_SIZE), sector);
	if (err)
		return err;
	if (!header_good(r, sector, lba, &h))
		return -EINVAL;
	bytes = DIV_ROUND_UP((size_t)h.nr_entries * sizeof(struct gpt_entry), SECTOR_SIZE) * SECTOR_SIZE;
	table = kmalloc(bytes, GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	err = read_entries(r, &h, table, bytes);
	if (!err)
		take_entries(r, &h, table, out);
	kfree(table);
	return err;
}

/* The first table, or its copy at the end of the disk. */
static int read_gpt(struct partition_reader *r, struct partition *out)
{
	u64 blocks = r->capacity / (r->logical_block_size / SECTOR_SIZE);
	int err;

	if (blocks < 3)
		return 0;
	err = read_gpt_at(r, 1, out);
	if (!err || err == -ENOMEM)
		return err ? err : count(out);
	err = read_gpt_at(r, blocks - 1, out);
	if (!err) {
		pr_warn("the first GPT is damaged, its copy is used\n");
		return count(out);
	}
	return err == -ENOMEM ? err : 0;
}

int read_partitions(struct partition_reader *r, struct partition out[DISK_MAX_PARTS])
{
	u8 sector[SECTOR_SIZE];
	int err;

	memset(out, 0, DISK_MAX_PARTS * sizeof(*out));
	if (!r->capacity)
		return 0;
	err = r->read(r, 0, sector);
	if (err)
		return err;
	if (!is_mbr(sector))
		return 0;
	for (unsigned int i = 0; i < 4; i++)
		if (mbr_slot(r, sector, i).type == GPT_TYPE) {
			int n = read_gpt(r, out);

			if (n)
				return n;
		}
	return read_mbr(r, sector, out);
}
