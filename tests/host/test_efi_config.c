/* links: boot/efi/config.c */
/*
 * tests/host/test_efi_config.c - quire.cfg as people and editors write it, and as nobody does
 */
#include "cmocka_shim.h"
#include <stdio.h>
#include <stdlib.h>
#include "boot/efi/loader.h"

static struct config c;

/* Parse LEN bytes of TEXT in memory of exactly that size and a NUL, so that ASan sees a step too far. */
static void parse_bytes(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = 0;
	memset(&c, 0x5a, sizeof(c));
	config_parse(&c, copy, len);
	free(copy);
}

static void parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

/* What holds of every configuration, whatever the file said. */
static void check_sane(void)
{
	assert_in_range(c.nr, 1, MAX_ENTRIES);
	assert_in_range(c.preset, 0, c.nr - 1);
	assert_in_range(c.timeout, 0, 1000000);
	for (unsigned int i = 0; i < c.nr; i++) {
		assert_non_null(memchr(c.entries[i].title, 0, MAX_TEXT));
		assert_non_null(memchr(c.entries[i].kernel, 0, MAX_TEXT));
		assert_non_null(memchr(c.entries[i].initramfs, 0, MAX_TEXT));
		assert_non_null(memchr(c.entries[i].cmdline, 0, MAX_CMDLINE));
		assert_true(c.entries[i].title[0] && c.entries[i].kernel[0]);
	}
}

static void check_entry(unsigned int nr, const char *title, const char *kernel, const char *initramfs,
			const char *cmdline)
{
	assert_string_equal(c.entries[nr].title, title);
	assert_string_equal(c.entries[nr].kernel, kernel);
	assert_string_equal(c.entries[nr].initramfs, initramfs);
	assert_string_equal(c.entries[nr].cmdline, cmdline);
}

static void an_ordinary_file_is_read(void **state)
{
	parse("# a comment\ntimeout 7\ndefault 2\nmode 1024x768\n\nentry One\n\tkernel a/b.elf\n"
	      "entry Two words \n  initramfs i.cpio\n\tcmdline  x=1 y  z \n");
	check_sane();
	assert_int_equal(c.nr, 2);
	assert_int_equal(c.timeout, 7);
	assert_int_equal(c.preset, 1);
	assert_int_equal(c.mode.width, 1024);
	assert_int_equal(c.mode.height, 768);
	assert_int_equal(c.bad_line, 0);
	check_entry(0, "One", "a/b.elf", "", "");
	check_entry(1, "Two words", "quire.elf", "i.cpio", "x=1 y  z");
}

static void nothing_gives_the_usual_entry(void **state)
{
	for (const char *const *text = (const char *const[]){ "", "\n", "\r\n\r\n", "# only this", " \t", NULL }; *text; text++) {
		parse(*text);
		check_sane();
		assert_int_equal(c.nr, 1);
		assert_int_equal(c.timeout, 5);
		assert_int_equal(c.bad_line, 0);
		check_entry(0, "Quire", "quire.elf", "initramfs.cpio", "console=ttyS0 console=tty0");
	}
}

static void line_ends_of_windows_and_a_byte_order_mark_do_not_matter(void **state)
{
	parse("\xef\xbb\xbf" "timeout 3\r\n\r\n# x\r\nentry A\r\n\tkernel k\r\n\tcmdline a b\r\n");
	check_sane();
	assert_int_equal(c.bad_line, 0);
	assert_int_equal(c.timeout, 3);
	check_entry(0, "A", "k", "", "a b");
}

static void the_last_line_needs_no_end(void **state)
{
	parse("entry A\n\tcmdline quiet");
	assert_int_equal(c.bad_line, 0);
	check_entry(0, "A", "quire.elf", "", "quiet");
	parse("entry A\n\tcmdline");
	check_entry(0, "A", "quire.elf", "", "");
}

static void the_first_line_that_makes_no_sense_is_named(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} bad[] = {
		{ "nonsense\n", 1 }, { "timeout 5\nTimeout 5\nxyz", 2 }, { "timeout\n", 1 }, { "timeout five\n", 1 },
		{ "timeout -1\n", 1 }, { "timeout 5 s\n", 1 }, { "default\n", 1 }, { "mode 1024\n", 1 }, { "mode 1024x\n", 1 },
		{ "mode x768\n", 1 }, { "mode 1024x768x32\n", 1 }, { "kernel k\nentry A\n", 1 }, { "entry A\n\tinit x\n", 2 },
		{ "entry\n", 1 }, { "entry  \t\r\n", 1 }, { "entry A\n\tkernel\n", 2 }, { "\xff\xfe" "e\0n", 1 },
		{ "timeout 99999999999999999999\n", 1 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(bad[i].text);
		check_sane();
		assert_int_equal(c.bad_line, bad[i].line);
	}
}

static void bad_values_leave_what_was_said_before(void **state)
{
	parse("timeout 9\ntimeout x\nmode 640x480\nmode 1x\nentry A\n\tkernel k\n\tkernel\n");
	assert_int_equal(c.timeout, 9);
	assert_int_equal(c.mode.width, 640);
	assert_int_equal(c.mode.height, 480);
	check_entry(0, "A", "k", "", "");
	assert_int_equal(c.bad_line, 2);
}

static void a_default_that_is_not_there_is_the_first(void **state)
{
	for (const char *const *text = (const char *const[]){ "default 0\nentry A\nentry B", "default 3\nentry A\nentry B",
							       "default 99999\nentry A", NULL }; *text; text++) {
		parse(*text);
		check_sane();
		assert_int_equal(c.preset, 0);
	}
}

/* "x" times COUNT behind BEFORE. */
static void parse_long(const char *before, size_t count)
{
	size_t len = strlen(before) + count;
	char *text = malloc(len + 1);

	memset(text, 'x', len);
	memcpy(text, before, strlen(before));
	parse_bytes(text, len);
	free(text);
}

static void what_is_too_long_is_not_cut_in_silence(void **state)
{
	parse_long("entry A\n\tcmdline ", MAX_CMDLINE - 1);
	assert_int_equal(c.bad_line, 0);
	assert_int_equal(strlen(c.entries[0].cmdline), MAX_CMDLINE - 1);
	parse_long("entry A\n\tkernel ", MAX_TEXT);
	check_sane();
	assert_int_equal(c.bad_line, 2);
	assert_string_equal(c.entries[0].kernel, "quire.elf");
	parse_long("entry ", 100000);
	check_sane();
	assert_int_equal(c.bad_line, 1);
	parse_long("", 100000);
	assert_int_equal(c.bad_line, 1);
}

/* LEN bytes of words of 63, each with its number, as the command line of the second line. */
static void parse_words(size_t len)
{
	char *text = malloc(len + 100);
	size_t begin = sprintf(text, "entry A\n\tcmdline ");

	for (size_t i = 0; i < len; i += 64)
		sprintf(text + begin + i, "%-63.63s ", (char[64]){ 'a' + i / 64 % 26, [1 ... 62] = 'x' });
	text[begin + len] = 0;
	parse_bytes(text, begin + len);
	free(text);
}

static void a_command_line_of_4_kib_is_whole(void **state)
{
	for (size_t len = 2040; len <= 4200; len++) {
		if (len % 64 == 0)
			continue;			/* the blank at its end would not count */
		parse_words(len);
		check_sane();
		assert_int_equal(c.bad_line, 0);
		assert_int_equal(c.long_line, 0);
		assert_int_equal(strlen(c.entries[0].cmdline), len);
	}
}

static void a_command_line_of_9_kib_keeps_the_words_that_fit(void **state)
{
	parse_words(9 * 1024 - 1);
	check_sane();
	assert_int_equal(c.bad_line, 0);
	assert_int_equal(c.long_line, 2);
	assert_int_equal(strlen(c.entries[0].cmdline), MAX_CMDLINE - 1);	/* a word ends exactly there */
	parse_long("entry A\n\tcmdline one two ", MAX_CMDLINE);
	assert_int_equal(c.long_line, 2);
	assert_string_equal(c.entries[0].cmdline, "one two");
	parse_long("entry A\n\tcmdline ", MAX_CMDLINE);	/* a single word: the kernel will say that it is too long */
	check_sane();
	assert_int_equal(c.bad_line, 0);
	assert_int_equal(c.long_line, 2);
	assert_int_equal(strlen(c.entries[0].cmdline), MAX_CMDLINE - 1);
}

static void entries_beyond_the_last_change_nothing(void **state)
{
	char text[4000] = "";

	for (int i = 1; i <= MAX_ENTRIES + 3; i++)
		sprintf(text + strlen(text), "entry E%d\n\tkernel k%d\n\tcmdline c%d\n", i, i, i);
	parse(text);
	check_sane();
	assert_int_equal(c.nr, MAX_ENTRIES);
	assert_int_equal(c.bad_line, 3 * MAX_ENTRIES + 1);
	check_entry(MAX_ENTRIES - 1, "E16", "k16", "", "c16");
}

static void a_nul_byte_makes_a_line_bad_and_no_other(void **state)
{
	static const char text[] = "timeout 3\nentry A\0B\n\tkernel k\n\0\nentry C\n";

	parse_bytes(text, sizeof(text) - 1);
	check_sane();
	assert_int_equal(c.bad_line, 2);
	assert_int_equal(c.timeout, 3);
	assert_int_equal(c.nr, 1);
	assert_string_equal(c.entries[0].title, "C");
}

static uint64_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % below;
}

static void random_bytes_and_words_do_no_harm(void **state)
{
	static const char *const words[] = { "timeout", "default", "mode", "entry", "kernel", "initramfs", "cmdline", " ",
					     "\t", "\n", "\r\n", "#", "7", "99999", "x", "640x480", "A title", "\xef\xbb\xbf" };

	for (int round = 0; round < 100000; round++) {
		char text[400];
		size_t len = 0, want = rnd(300);

		while (len < want) {
			const char *word = words[rnd(sizeof(words) / sizeof(words[0]))];

			if (!rnd(4)) {
				text[len++] = rnd(256);
				continue;
			}
			memcpy(text + len, word, strlen(word));
			len += strlen(word);
		}
		parse_bytes(text, len);
		check_sane();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_file_is_read),
		cmocka_unit_test(nothing_gives_the_usual_entry),
		cmocka_unit_test(line_ends_of_windows_and_a_byte_order_mark_do_not_matter),
		cmocka_unit_test(the_last_line_needs_no_end),
		cmocka_unit_test(the_first_line_that_makes_no_sense_is_named),
		cmocka_unit_test(bad_values_leave_what_was_said_before),
		cmocka_unit_test(a_default_that_is_not_there_is_the_first),
		cmocka_unit_test(what_is_too_long_is_not_cut_in_silence),
		cmocka_unit_test(a_command_line_of_4_kib_is_whole),
		cmocka_unit_test(a_command_line_of_9_kib_keeps_the_words_that_fit),
		cmocka_unit_test(entries_beyond_the_last_change_nothing),
		cmocka_unit_test(a_nul_byte_makes_a_line_bad_and_no_other),
		cmocka_unit_test(random_bytes_and_words_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
