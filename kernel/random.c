/*
 * kernel/random.c - numbers nobody can guess: a ChaCha20 generator
 *
 * Purpose:    getrandom(), /dev/urandom, and the kernel's own needs (stack and mmap offsets).
 * Invariants: the key is replaced by output of its own block before any other output is
 *             handed out, so that a later look at memory does not reveal earlier numbers.
 * Lock order: random_lock is innermost; interrupts off.
 * Simplified: there is one pool and it counts as ready from boot on; its seed is RDRAND where
 *             the CPU has it, the CMOS clock, and the jitter of the time stamp counter.
 * Sources:    RFC 8439, "ChaCha20 and Poly1305 for IETF Protocols"; D. J. Bernstein,
 *             "Fast-key-erasure random-number generators".
 */
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <printk.h>
#include <random.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

#define CHUNK		256		/* user copies go through the stack in pieces */
#define RESEED_NS	(60 * NSEC_PER_SEC)

static DEFINE_SPINLOCK(random_lock);
static u32 key[8];		/* random_lock */
static u64 last_seed;		/* random_lock */
static bool have_rdrand;

static inline u32 rotl(u32 v, int n)
{
	return v << (n & 31) | v >> (-n & 31);
}

static void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 7);
}

void chacha20_block(const u32 k[8], u64 counter, u32 out[16])
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		       k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7],
		       (u32)counter, (u32)(counter >> 32), 0, 0 };

	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		quarter_round(out, 0, 4, 8, 12);
		quarter_round(out, 1, 5, 9, 13);
		quarter_round(out, 2, 6, 10, 14);
		quarter_round(out, 3, 7, 11, 15);
		quarter_round(out, 0, 5, 10, 15);
		quarter_round(out, 1, 6, 11, 12);
		quarter_round(out, 2, 7, 8, 13);
		quarter_round(out, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		out[i] += in[i];
}

static u64 rdrand(void)
{
	u64 v = 0;
	u8 ok = 0;

	for (int i = 0; have_rdrand && i < 10 && !ok; i++)
		asm volatile("rdrand %0; setc %1" : "=r"(v), "=qm"(ok) :: "cc");
	return ok ? v : 0;
}

/* Stir in 256 bits: the generator itself does the mixing. */
static void reseed(void)
{
	u32 out[16];

	for (int i = 0; i < 8; i += 2) {
		u64 v = rdrand() ^ rotl(rdtsc(), i) ^ rdtsc() << 32;

		key[i] ^= (u32)v;
		key[i + 1] ^= (u32)(v >> 32);
	}
	chacha20_block(key, 0, out);
	memcpy(key, out, sizeof(key));
	last_seed = clock_read_ns();
}

void random_init(void)
{
	u32 a, b, c, d;

	cpuid(1, 0, &a, &b, &c, &d);
	have_rdrand = c & BIT(30);
	key[0] ^= (u32)rtc_read_seconds();
	for (int i = 0; i < 64; i++)		/* each round takes a slightly different time */
		reseed();
	pr_info("random: seeded by %s\n", have_rdrand ? "RDRAND and TSC jitter" : "TSC jitter");
}

void get_random_bytes(void *buf, size_t len)
{
	u32 block[16], mine[8];
	unsigned long flags;
	u64 counter = 1;
	u8 *p = buf;

	spin_lock_irqsave(&random_lock, flags);
	if (clock_read_ns() - last_seed > RESEED_NS)
		reseed();
	chacha20_block(key, 0, block);
	memcpy(key, block, sizeof(key));		/* erase */
	memcpy(mine, block + 8, sizeof(mine));		/* this request's own key */
	spin_unlock_irqrestore(&random_lock, flags);
	while (len) {
		size_t n = min(len, sizeof(block));

		chacha20_block(mine, counter++, block);
		memcpy(p, block, n);
		p += n;
		len -= n;
	}
	memset(block, 0, sizeof(block));
	memset(mine, 0, sizeof(mine));
	barrier();
}

void random_mix(const void *buf, size_t len)
{
	const u8 *p = buf;
	unsigned long flags;
	u32 out[16];

	spin_lock_irqsave(&random_lock, flags);
	for (size_t i = 0; i < len; i++) {
		((u8 *)key)[i % sizeof(key)] ^= p[i];
		if (i % sizeof(key) == sizeof(key) - 1 || i == len - 1) {
			chacha20_block(key, 0, out);
			memcpy(key, out, sizeof(key));
		}
	}
	spin_unlock_irqrestore(&random_lock, flags);
}

u64 get_random_u64(void)
{
	u64 v;

	get_random_bytes(&v, sizeof(v));
	return v;
}

long sys_getrandom(char __user *buf, size_t len, unsigned int flags)
{
	u8 chunk[CHUNK];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & GRND_RANDOM) && (flags & GRND_INSECURE))
		return -EINVAL;
	len = min_t(size_t, len, INT32_MAX);
	while (done < len) {
		size_t n = min(len - done, sizeof(chunk)), left;

		get_random_bytes(chunk, n);
		left = copy_to_user(buf + done, chunk, n);
		done += n - left;
		if (left)
			return done ? (long)done : -EFAULT;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done || !len ? (long)done : -EINTR;
}
