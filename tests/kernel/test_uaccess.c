/*
 * tests/kernel/test_uaccess.c - user copies: bounds, exact counts at a bad page
 */
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <ktest.h>
#include <mm.h>
#include <string.h>

/* User memory for one case: two pages, and nothing after them. */
struct playground {
	struct mm_struct *mm;
	char *base, *end;
};

static bool enter(struct playground *p, unsigned long prot)
{
	unsigned long addr;

	p->mm = ktest_use_mm();
	if (!p->mm)
		return false;
	addr = vm_mmap(NULL, 0x10000000, 2 * PAGE_SIZE, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	p->base = (char *)addr;
	p->end = p->base + 2 * PAGE_SIZE;
	if (!IS_ERR_VALUE(addr))
		return true;
	ktest_unuse_mm(p->mm);
	return false;
}

/* EXPECT for a case that must leave the playground first. */
#define CHECK(p, c) do { if (!(c)) { ktest_fail(t, __FILE__, __LINE__, "%s", #c); \
	ktest_unuse_mm((p)->mm); return; } } while (0)

#define RW (PROT_READ | PROT_WRITE)

KTEST(uaccess, range_check_does_not_overflow)
{
	EXPECT(access_ok((void *)(TASK_SIZE_MAX - 8), 8));
	EXPECT(!access_ok((void *)(TASK_SIZE_MAX - 7), 8));
	EXPECT(!access_ok((void *)-8UL, 16));
	EXPECT(!access_ok((void *)8, -1UL));
	EXPECT(!access_ok((void *)PAGE_OFFSET, 1));
}

KTEST(uaccess, kernel_addresses_are_refused)
{
	char secret[16] = "kernel", buf[16];
	u32 old = 0;

	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(copy_to_user((void *)secret, buf, 8), 8);
	EXPECT_EQ(copy_from_user(buf, (void *)secret, 9), 9);
	EXPECT(!memchr(buf, 'k', sizeof(buf)));
	EXPECT_EQ(buf[8], 0);
	EXPECT_EQ(buf[9], 'x');
	EXPECT_EQ(clear_user(secret, 3), 3);
	EXPECT_EQ(strncpy_from_user(buf, secret, 16), -EFAULT);
	EXPECT_EQ(strnlen_user(secret, 16), 0);
	EXPECT_EQ(cmpxchg_user_u32((u32 *)secret, &old, 1), -EFAULT);
	EXPECT(!strcmp(secret, "kernel"));
}

KTEST(uaccess, without_an_mm_every_user_address_is_bad)
{
	char buf[24];

	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(copy_from_user(buf, (void *)0x10000, 8), 8);
	EXPECT_EQ(copy_from_user(buf + 8, (void *)0x10000, 13), 13);
	EXPECT_EQ(buf[0], 0);
	EXPECT_EQ(buf[20], 0);
	EXPECT_EQ(copy_to_user((void *)0x10000, buf, 24), 24);
}

KTEST(uaccess, bytes_arrive_at_every_alignment)
{
	char src[64], dst[64];
	struct playground p;

	for (unsigned int i = 0; i < sizeof(src); i++)
		src[i] = i + 1;
	EXPECT(enter(&p, RW));
	for (unsigned int off = 0; off < 9; off++) {
		for (unsigned int n = 0; n <= 40; n++) {
			memset(dst, 0xee, sizeof(dst));
			CHECK(&p, !clear_user(p.base, 128));
			CHECK(&p, !copy_to_user(p.base + off, src, n));
			CHECK(&p, !copy_from_user(dst, p.base + off, n + 1));
			CHECK(&p, !memcmp(dst, src, n));
			CHECK(&p, dst[n] == 0 && (u8)dst[n + 1] == 0xee);
		}
	}
	ktest_unuse_mm(p.mm);
}

KTEST(uaccess, copy_stops_at_the_exact_byte)
{
	struct playground p;
	char buf[40], back[40];

	memset(buf, 'a', sizeof(buf));
	EXPECT(enter(&p, RW));
	for (unsigned int room = 0; room < 20; room++) {
		char *to = p.end - room;

		CHECK(&p, copy_to_user(to, buf, 32) == 32 - room);
		CHECK(&p, copy_to_user(to, buf, 8) == (room < 8 ? 8 - room : 0));
		CHECK(&p, !copy_from_user(back, to, room));
		CHECK(&p, !memcmp(back, buf, room));
		memset(back, 'z', sizeof(back));
		CHECK(&p, copy_from_user(back, to, 32) == 32 - room);
		CHECK(&p, !memcmp(back, buf, room) && back[room] == 0 && back[31] == 0);
		CHECK(&p, back[32] == 'z');
		CHECK(&p, clear_user(to, 32) == 32 - room);
	}
	ktest_unuse_mm(p.mm);
}

KTEST(uaccess, read_only_memory_is_not_written)
{
	struct playground p;
	u32 old = 0;
	char c = 1;

	EXPECT(enter(&p, PROT_READ));
	CHECK(&p, copy_to_user(p.base, &c, 1) == 1);
	CHECK(&p, clear_user(p.base, 1) == 1);
	CHECK(&p, cmpxchg_user_u32((u32 *)p.base, &old, 5) == -EFAULT);
	CHECK(&p, !copy_from_user(&c, p.base, 1) && c == 0);
	ktest_unuse_mm(p.mm);
}

KTEST(uaccess, strings_end_at_nul_limit_or_fault)
{
	struct playground p;
	char buf[16];

	EXPECT(enter(&p, RW));
	CHECK(&p, !copy_to_user(p.end - 6, "hello", 6));
	CHECK(&p, strncpy_from_user(buf, p.end - 6, 16) == 6);
	CHECK(&p, !strcmp(buf, "hello"));
	CHECK(&p, strncpy_from_user(buf, p.end - 6, 4) == 4);
	CHECK(&p, strnlen_user(p.end - 6, 16) == 6);
	CHECK(&p, strnlen_user(p.end - 6, 6) == 6);
	CHECK(&p, strnlen_user(p.end - 6, 5) > 5);
	CHECK(&p, !copy_to_user(p.end - 6, "hello!", 6));
	CHECK(&p, strncpy_from_user(buf, p.end - 6, 16) == -EFAULT);
	CHECK(&p, strnlen_user(p.end - 6, 16) == 0);
	ktest_unuse_mm(p.mm);
}

KTEST(uaccess, cmpxchg_stores_only_what_was_expected)
{
	struct playground p;
	u32 old = 0;

	EXPECT(enter(&p, RW));
	CHECK(&p, !cmpxchg_user_u32((u32 *)p.base, &old, 7) && old == 0);
	old = 1;
	CHECK(&p, !cmpxchg_user_u32((u32 *)p.base, &old, 9) && old == 7);
	CHECK(&p, !cmpxchg_user_u32((u32 *)p.base, &old, 9) && old == 7);
	CHECK(&p, !get_user(old, (u32 *)p.base) && old == 9);
	CHECK(&p, cmpxchg_user_u32((u32 *)p.end, &old, 1) == -EFAULT);
	ktest_unuse_mm(p.mm);
}

KTEST(uaccess, with_a_spinlock_held_a_missing_page_is_not_brought)
{
	struct playground p;
	char c = 5;
	size_t left;

	EXPECT(enter(&p, RW));
	preempt_disable();
	left = copy_to_user(p.base, &c, 1);
	preempt_enable();
	CHECK(&p, left == 1);
	CHECK(&p, !copy_to_user(p.base, &c, 1));
	preempt_disable();
	left = copy_to_user(p.base, &c, 1);
	preempt_enable();
	CHECK(&p, left == 0);
	ktest_unuse_mm(p.mm);
}
