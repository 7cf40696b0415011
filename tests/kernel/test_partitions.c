/*
 * tests/kernel/test_partitions.c - tables of partitions, good and bad, over a disk that is an array
 *
 * A disk of 1,000 sectors, of which the first 64 and the last 40 can be written.
 */
#include <err.h>
#include <genhd.h>
#include <ktest.h>
#include <slab.h>
#include <string.h>

#define CAPACITY	1000
#define HEAD		64
#define TAIL		40

static u8 (*sectors)[SECTOR_SIZE];	/* HEAD, then TAIL */
static struct partition parts[DISK_MAX_PARTS];
static unsigned int nr_reads;
static sector_t bad_sector;

static u8 *at(sector_t n)
{
	return n < HEAD ? sectors[n] : n >= CAPACITY - TAIL ? sectors[HEAD + n - (CAPACITY - TAIL)] : NULL;
}

static int fake_read(struct partition_reader *r, sector_t n, void *buf)
{
	nr_reads++;
	if (n >= r->capacity || n == bad_sector)
		return -EIO;
	if (at(n))
		memcpy(buf, at(n), SECTOR_SIZE);
	else
		memset(buf, 0, SECTOR_SIZE);
	return 0;
}

static struct partition_reader reader = { .read = fake_read, .capacity = CAPACITY, .logical_block_size = 512 };

static bool make(void)
{
	sectors = kzalloc((HEAD + TAIL) * SECTOR_SIZE, GFP_KERNEL);
	nr_reads = 0;
	bad_sector = ~0UL;
	reader.logical_block_size = 512;
	return sectors;
}

static void drop(void)
{
	kfree(sectors);
}

static void put_le(u8 *p, u64 v, unsigned int bytes)
{
	while (bytes--) {
		*p++ = v;
		v >>= 8;
	}
}

/* Entry @i (0 ... 3) of the table in sector @n, which gets its signature too. */
static void entry(sector_t n, unsigned int i, u8 type, u32 start, u32 size)
{
	u8 *e = at(n) + 446 + 16 * i;

	e[4] = type;
	put_le(e + 8, start, 4);
	put_le(e + 12, size, 4);
	at(n)[510] = 0x55;
	at(n)[511] = 0xaa;
}

#define EXPECT_PART(n, s, len) do { \
	EXPECT_EQ(parts[n].start, s); \
	EXPECT_EQ(parts[n].nr_sectors, len); \
} while (0)

KTEST(partitions, four_entries_of_an_mbr_keep_their_numbers)
{
	EXPECT(make());
	entry(0, 0, 0x83, 10, 90);
	entry(0, 2, 0x82, 100, 300);
	entry(0, 3, 0x83, 400, 600);
	EXPECT_EQ(read_partitions(&reader, parts), 3);
	EXPECT_PART(1, 10, 90);
	EXPECT_PART(2, 0, 0);
	EXPECT_PART(3, 100, 300);
	EXPECT_PART(4, 400, 600);
	drop();
}

KTEST(partitions, without_signature_or_with_strange_flags_there_are_none)
{
	EXPECT(make());
	EXPECT_EQ(read_partitions(&reader, parts), 0);
	entry(0, 0, 0x83, 10, 90);
	at(0)[510] = 0;
	EXPECT_EQ(read_partitions(&reader, parts), 0);
	at(0)[510] = 0x55;
	at(0)[446 + 16] = 0x7f;			/* neither active nor not: code of a boot sector */
	EXPECT_EQ(read_partitions(&reader, parts), 0);
	at(0)[446 + 16] = 0x80;
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	bad_sector = 0;
	EXPECT_EQ(read_partitions(&reader, parts), -EIO);
	drop();
}

KTEST(partitions, what_leaves_the_disk_is_cut_or_left_out)
{
	EXPECT(make());
	entry(0, 0, 0x83, 900, 500);
	entry(0, 1, 0x83, 1000, 10);
	entry(0, 2, 0x83, 0xffffffff, 0xffffffff);
	entry(0, 3, 0x83, 850, 100);		/* overlaps: Linux shows it too */
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	EXPECT_PART(1, 900, 100);
	EXPECT_PART(2, 0, 0);
	EXPECT_PART(3, 0, 0);
	EXPECT_PART(4, 850, 100);
	drop();
}

KTEST(partitions, logical_ones_are_numbered_from_five)
{
	EXPECT(make());
	entry(0, 1, 0x05, 20, 500);
	entry(20, 0, 0x83, 2, 8);
	entry(20, 1, 0x05, 10, 100);		/* from the beginning of the whole: sector 30 */
	entry(30, 0, 0x83, 1, 9);
	EXPECT_EQ(read_partitions(&reader, parts), 3);
	EXPECT_PART(2, 20, 2);			/* of the whole only its table */
	EXPECT_PART(5, 22, 8);
	EXPECT_PART(6, 31, 9);
	drop();
}

KTEST(partitions, a_chain_that_loops_or_leads_away_ends)
{
	EXPECT(make());
	entry(0, 0, 0x0f, 20, 500);
	entry(20, 1, 0x05, 10, 100);		/* no partition in it */
	entry(30, 1, 0x05, 10, 100);		/* itself */
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	EXPECT(nr_reads < 200);
	entry(30, 0, 0x83, 1, 1);		/* and one that is found again and again: up to the last number */
	EXPECT_EQ(read_partitions(&reader, parts), 1 + 11);
	entry(30, 1, 0x05, 0xfffffff0, 100);	/* behind the end */
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	at(30)[510] = 0;
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	drop();
}

/* ---- GPT ---- */

static u32 crc(const u8 *p, size_t len)
{
	u32 c = ~0U;

	while (len--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

#define GPT_ENTRIES 128

static void gpt_entry(sector_t table, unsigned int i, u64 first, u64 last)
{
	u8 *e = at(table + i / 4) + i % 4 * 128;

	e[0] = 0xaf;				/* any type but none */
	put_le(e + 32, first, 8);
	put_le(e + 40, last, 8);
}

/* The header in sector @n for the table at @table, with right sums. */
static void gpt_header(sector_t n, sector_t other, sector_t table)
{
	u8 *h = at(n);

	memset(h, 0, SECTOR_SIZE);
	memcpy(h, "EFI PART", 8);
	put_le(h + 8, 0x10000, 4);
	put_le(h + 12, 92, 4);
	put_le(h + 24, n, 8);
	put_le(h + 32, other, 8);
	put_le(h + 40, 34, 8);
	put_le(h + 48, CAPACITY - 34, 8);
	put_le(h + 72, table, 8);
	put_le(h + 80, GPT_ENTRIES, 4);
	put_le(h + 84, 128, 4);
	put_le(h + 88, crc(at(table), GPT_ENTRIES * 128), 4);
	put_le(h + 16, crc(h, 92), 4);
}

static void make_gpt(void)
{
	entry(0, 0, 0xee, 1, CAPACITY - 1);
	for (int copy = 0; copy < 2; copy++) {
		sector_t table = copy ? CAPACITY - 33 : 2;

		gpt_entry(table, 0, 40, 99);
		gpt_entry(table, 2, 100, CAPACITY - 34);
		gpt_entry(table, 3, 10, 20);	/* in the table itself: left out */
		gpt_entry(table, 4, 200, 100);	/* ends before it begins */
		gpt_entry(table, 30, 300, 400);	/* no number for it */
	}
	gpt_header(1, CAPACITY - 1, 2);
	gpt_header(CAPACITY - 1, 1, CAPACITY - 33);
}

KTEST(partitions, a_gpt_is_read_where_the_mbr_protects_it)
{
	EXPECT(make());
	make_gpt();
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	EXPECT_PART(1, 40, 60);
	EXPECT_PART(2, 0, 0);
	EXPECT_PART(3, 100, 867);
	entry(0, 0, 0x83, 1, 50);		/* not protected: the MBR counts */
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	EXPECT_PART(1, 1, 50);
	drop();
}

KTEST(partitions, a_damaged_gpt_gives_way_to_its_copy_and_then_to_the_mbr)
{
	EXPECT(make());
	make_gpt();
	at(2)[40]++;				/* the sum of the table is wrong */
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	EXPECT_PART(1, 40, 60);
	gpt_header(1, CAPACITY - 1, 2);		/* right again: another end of the first */
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	EXPECT_PART(1, 40, 61);
	at(1)[20] = 1;				/* the sum of the header is wrong */
	EXPECT_EQ(read_partitions(&reader, parts), 2);
	EXPECT_PART(1, 40, 60);
	at(CAPACITY - 1)[0] = 'X';
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	EXPECT_PART(1, 1, CAPACITY - 1);	/* what protects it, as Linux shows it */
	drop();
}

/* Sums are right, numbers are not. */
KTEST(partitions, a_gpt_that_lies_is_not_believed)
{
	static const struct { unsigned int off, bytes; u64 value; } lies[] = {
		{ 24, 8, 2 }, { 40, 8, CAPACITY }, { 48, 8, CAPACITY }, { 48, 8, 33 }, { 72, 8, 0 },
		{ 72, 8, CAPACITY }, { 80, 4, 0 }, { 80, 4, 0xffffffff }, { 84, 4, 64 }, { 84, 4, 0 }, { 12, 4, 91 },
		{ 12, 4, 513 },
	};

	EXPECT(make());
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		make_gpt();
		memset(at(CAPACITY - 1), 0, SECTOR_SIZE);
		put_le(at(1) + lies[i].off, lies[i].value, lies[i].bytes);
		put_le(at(1) + 16, 0, 4);
		put_le(at(1) + 16, crc(at(1), lies[i].off == 12 ? 512 : 92), 4);
		EXPECT_EQ(read_partitions(&reader, parts), 1);
		EXPECT_PART(1, 1, CAPACITY - 1);
	}
	drop();
}

KTEST(partitions, sectors_of_the_table_may_be_larger_than_512_bytes)
{
	EXPECT(make());
	reader.logical_block_size = 4096;
	entry(0, 0, 0x83, 2, 10);
	EXPECT_EQ(read_partitions(&reader, parts), 1);
	EXPECT_PART(1, 16, 80);
	drop();
}
