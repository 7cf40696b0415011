/*
 * tests/kernel/test_random.c - the random generator (kernel/random.c)
 */
#include <ktest.h>
#include <random.h>
#include <string.h>

/* RFC 8439, appendix A.1, test vector 1. */
KTEST(random, chacha20_gives_the_published_key_stream)
{
	static const u8 expected[64] = {
		0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86,
		0xbd, 0x28, 0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc,
		0x8b, 0x77, 0x0d, 0xc7, 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24,
		0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c,
		0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
	};
	u32 key[8] = { 0 }, out[16];

	chacha20_block(key, 0, out);
	EXPECT(!memcmp(out, expected, sizeof(expected)));
}

KTEST(random, no_two_requests_are_alike)
{
	u64 seen[64];

	for (int i = 0; i < 64; i++) {
		seen[i] = get_random_u64();
		for (int j = 0; j < i; j++)
			EXPECT(seen[i] != seen[j]);
	}
}

/* A long answer must not repeat a block, and about half of its bits are set. */
KTEST(random, long_request_does_not_repeat)
{
	static u8 buf[1024];
	unsigned int bits = 0;

	get_random_bytes(buf, sizeof(buf));
	for (size_t i = 64; i < sizeof(buf); i += 64)
		EXPECT(memcmp(buf, buf + i, 64));
	for (size_t i = 0; i < sizeof(buf); i++)
		for (int b = 0; b < 8; b++)
			bits += buf[i] >> b & 1;
	EXPECT(bits > 3700 && bits < 4500);
}

KTEST(random, request_stays_inside_its_buffer)
{
	u8 buf[16];

	memset(buf, 0xee, sizeof(buf));
	get_random_bytes(buf + 4, 5);
	for (int i = 0; i < 16; i++)
		EXPECT((i >= 4 && i < 9) || buf[i] == 0xee);
}
