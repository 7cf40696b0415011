/*
 * tests/kernel/test_vt.c - what terminfo's entry "linux" promises (drivers/vc.c), on a terminal of 20 x 6 without a
 * screen; and the dots of characters (drivers/fbcon.c), in memory instead of a card's
 */
#include <fbcon.h>
#include <ktest.h>
#include <printk.h>
#include <string.h>
#include <time.h>
#include <asm/processor.h>
#include <vmalloc.h>
#include <vt.h>

#define COLS 20
#define ROWS 6

static struct vc vc;

static bool begin(const char *s)
{
	if (!vc_alloc(&vc, COLS, ROWS))
		return false;
	vc_write(&vc, (const u8 *)s, strlen(s));
	return true;
}

static void more(const char *s)
{
	vc_write(&vc, (const u8 *)s, strlen(s));
}

/* Line @y without the blanks at its end; what is not ASCII as '?'. */
static const char *row(unsigned int y)
{
	static char text[COLS + 1];
	const cell_t *line = vc_line(&vc, y);
	unsigned int n = 0;

	for (unsigned int x = 0; x < COLS; x++) {
		text[x] = cell_code(line[x]) < 0x7f ? cell_code(line[x]) : '?';
		if (text[x] != ' ')
			n = x + 1;
	}
	text[n] = 0;
	return text;
}

static u16 code(unsigned int x, unsigned int y) { return cell_code(vc_line(&vc, y)[x]); }
static u8 attr(unsigned int x, unsigned int y) { return cell_attr(vc_line(&vc, y)[x]); }
static bool at(unsigned int x, unsigned int y) { return vc.s.x == x && vc.s.y == y; }

/* What the program is told, which is then forgotten. */
static bool answers(const char *want)
{
	bool same = !strcmp(vc.answer, want);

	vc.answer[0] = 0;
	return same;
}

/*
 * A case: on a screen of its own that @start has been written to, each of what follows holds.  The screen goes away
 * whatever happens.
 */
#define VC_TEST(_name, _start) \
	static void vc_##_name(struct ktest_ctx *t); \
	KTEST(vt, _name) { \
		if (!begin(_start)) { ktest_skip(t, "no memory"); return; } \
		vc_##_name(t); \
		vc_free(&vc); \
	} \
	static void vc_##_name(struct ktest_ctx *t)
#define ROW(y, want) EXPECT(!strcmp(row(y), want))

VC_TEST(cursor_moves_and_stays_on_the_screen, "")
{
	more("\033[3;5H");	/* cup */
	EXPECT(at(4, 2));
	more("\033[A\033[2B\033[3C\033[D");	/* cuu cud cuf cub */
	EXPECT(at(6, 3));
	more("\033[99B\033[99C");
	EXPECT(at(19, 5));
	more("\033[99A\033[99D");
	EXPECT(at(0, 0));
	more("\033[7G\033[4d");		/* hpa vpa */
	EXPECT(at(6, 3));
	more("\033[2E");		/* a line further down, at its start */
	EXPECT(at(0, 5));
	more("\033[3C\033[F\033[5`\033[2a\033[1e");
	EXPECT(at(6, 5));
	more("\b\b\r\t");
	EXPECT(at(8, 5));
	more("\033[H");
	EXPECT(at(0, 0));
	more("\033[0;0H\033[;3H");	/* 0 and nothing are 1 */
	EXPECT(at(2, 0));
}

VC_TEST(text_wraps_at_the_next_character_only, "12345678901234567890")
{
	EXPECT(at(19, 0));
	more("\r\n2");
	ROW(1, "2");
	more("\033[HABCDEFGHIJKLMNOPQRSTU");
	ROW(0, "ABCDEFGHIJKLMNOPQRST");
	ROW(1, "U");
}

VC_TEST(without_autowrap_the_last_column_is_overwritten, "\033[?7l12345678901234567890xyz")
{
	ROW(0, "1234567890123456789z");
	more("\033[?7h\rABCDEFGHIJKLMNOPQRSTU");
	ROW(1, "U");
}

VC_TEST(display_and_lines_are_erased, "aaaa\r\nbbbb\r\ncccc\r\ndddd")
{
	more("\033[2;3H\033[K");	/* el */
	ROW(1, "bb");
	more("\033[3;2H\033[1K");	/* el1 */
	ROW(2, "  cc");
	more("\033[2K");
	ROW(2, "");
	more("\033[4;3H\033[J");	/* ed */
	ROW(3, "dd");
	ROW(0, "aaaa");
	more("\033[2;2H\033[1J");
	ROW(0, "");
	ROW(1, "");
	ROW(3, "dd");
	more("\033[2J");
	ROW(3, "");
	EXPECT(at(1, 1));
}

VC_TEST(characters_are_inserted_deleted_erased, "abcdefgh\033[3G")
{
	more("\033[2@");		/* ich */
	ROW(0, "ab  cdefgh");
	more("\033[2P");		/* dch */
	ROW(0, "abcdefgh");
	more("\033[3X");		/* ech */
	ROW(0, "ab   fgh");
	EXPECT(at(2, 0));
	more("\033[4hXY\033[4lZ");	/* smir rmir */
	ROW(0, "abXYZ  fgh");
	more("\033[99P\033[1G\033[99X");
	ROW(0, "");
}

VC_TEST(lines_are_inserted_and_deleted, "a\r\nb\r\nc\r\nd\r\ne\r\nf\033[2H")
{
	more("\033[2L");		/* il */
	ROW(1, "");
	ROW(2, "");
	ROW(3, "b");
	ROW(5, "d");
	more("\033[2M");		/* dl */
	ROW(1, "b");
	ROW(3, "d");
	ROW(4, "");
	more("\033[S");
	ROW(0, "b");
	more("\033[2T");
	ROW(2, "b");
	ROW(1, "");
}

VC_TEST(only_the_region_scrolls, "a\r\nb\r\nc\r\nd\r\ne\r\nf")
{
	more("\033[2;4r");		/* csr */
	EXPECT(at(0, 0));
	more("\033[4HX\n");		/* ind */
	ROW(0, "a");
	ROW(1, "c");
	ROW(2, "X");
	ROW(3, "");
	ROW(4, "e");
	more("\033[2H\033M");		/* ri */
	ROW(1, "");
	ROW(2, "c");
	ROW(4, "e");
	more("\033[6H\n\n");		/* below it nothing scrolls */
	ROW(5, "f");
	more("\033[6H\033[L");		/* nor is a line inserted */
	ROW(5, "f");
	more("\033[4;2r\033[9;99r");	/* no regions */
	EXPECT(vc.top == 1 && vc.bottom == 3);
	more("\033[r");
	EXPECT(vc.top == 0 && vc.bottom == ROWS - 1);
}

VC_TEST(origin_mode_counts_from_the_region, "\033[2;4r\033[?6h")
{
	EXPECT(at(0, 1));
	more("\033[2;3H");
	EXPECT(at(2, 2));
	more("\033[6n");
	EXPECT(answers("\033[2;3R"));
	more("\033[99H");
	EXPECT(at(0, 3));
	more("\033[99A");
	EXPECT(at(0, 1));
	more("\033[?6l");
	EXPECT(at(0, 0));
}

VC_TEST(attributes_are_colours_as_on_a_vga, "")
{
	more("\033[31;44mA\033[1mB\033[22;39;49mC");
	EXPECT_EQ(attr(0, 0), 0x14);
	EXPECT_EQ(attr(1, 0), 0x1c);
	EXPECT_EQ(attr(2, 0), 0x07);
	more("\033[7mD\033[27mE\033[2mF\033[0;4mG\033[24mH\033[3mI\033[23mJ\033[92;102mK\033[mL");
	EXPECT_EQ(attr(3, 0), 0x70);
	EXPECT_EQ(attr(4, 0), 0x07);
	EXPECT_EQ(attr(5, 0), 0x08);
	EXPECT_EQ(attr(6, 0), 0x03);
	EXPECT_EQ(attr(7, 0), 0x07);
	EXPECT_EQ(attr(8, 0), 0x02);
	EXPECT_EQ(attr(9, 0), 0x07);
	EXPECT_EQ(attr(10, 0), 0x2a);
	EXPECT_EQ(attr(11, 0), 0x07);
	more("\033[0;10;7;4;5;2;1;11mM\033[0;10m\017N");	/* sgr, sgr0 */
	EXPECT_EQ(attr(12, 0), 0xb8);
	EXPECT_EQ(attr(13, 0), 0x07);
	more("\033[44m\033[K");		/* bce */
	EXPECT_EQ(attr(18, 0), 0x17);
}

VC_TEST(what_blinks_has_bit_7, "\033[31;44;5mA\033[7mB\033[1mC\033[27;22;25mD")
{
	EXPECT_EQ(attr(0, 0), 0x94);		/* blink */
	EXPECT_EQ(attr(1, 0), 0xc1);
	EXPECT_EQ(attr(2, 0), 0xc9);
	EXPECT_EQ(attr(3, 0), 0x14);
	more("\033[5mE\033[mF");
	EXPECT_EQ(attr(4, 0), 0x94);
	EXPECT_EQ(attr(5, 0), 0x07);
	more("\033[5m\0337\033[m\0338G\033[K\033[6;0mH\033[6mI");	/* 6 is nothing */
	EXPECT_EQ(attr(6, 0), 0x87);
	EXPECT_EQ(attr(9, 0), 0x87);		/* bce */
	EXPECT_EQ(attr(7, 0), 0x07);
	EXPECT_EQ(attr(8, 0), 0x07);
	more("\033[5m\033cJ");
	EXPECT_EQ(attr(0, 0), 0x07);
	more("\033[105;5mK\033[48;5;9mL");	/* a background has three bits of its own */
	EXPECT_EQ(attr(1, 0), 0xd7);
	EXPECT_EQ(attr(2, 0), 0xc7);
}

/* Is the palette the default one but for colour @n, which is @rgb? */
static bool only_changed(unsigned int n, u32 rgb)
{
	struct palette want = default_palette;

	want.rgb[n][0] = rgb >> 16;
	want.rgb[n][1] = rgb >> 8;
	want.rgb[n][2] = rgb;
	return !memcmp(&vc.palette, &want, sizeof(want));
}

static bool palette_is_default(void)
{
	return !memcmp(&vc.palette, &default_palette, sizeof(default_palette));
}

VC_TEST(palette_is_changed_and_comes_back, "\033[31mr\033]P1123456")	/* initc */
{
	EXPECT(only_changed(4, 0x123456));	/* red, as attributes count */
	EXPECT_EQ(attr(0, 0), 0x04);
	more("\033]P1bC0001\033]P400");
	EXPECT(only_changed(4, 0xbc0001));	/* the other one is not whole yet */
	more("FFfFx");
	EXPECT_EQ(vc.palette.rgb[1][2], 0xff);
	ROW(0, "rx");
	more("\033]Ry");			/* oc */
	EXPECT(palette_is_default());
	ROW(0, "rxy");
	more("\033]PC00fF80");
	EXPECT(only_changed(9, 0x00ff80));	/* bright blue */
	more("\033c");				/* as on Linux; rs1 says the other one too */
	EXPECT(only_changed(9, 0x00ff80));
	more("\033]R");
	EXPECT(palette_is_default());
}

VC_TEST(half_a_palette_entry_changes_nothing, "\033]P112345ga")
{
	EXPECT(palette_is_default());
	ROW(0, "a");
	more("\033]Pg123456\r");
	ROW(0, "a123456");
	more("\033]P11\033[31mb\033]P222222\030c\033]P");
	EXPECT(palette_is_default());
	EXPECT_EQ(attr(0, 0), 0x04);
	ROW(0, "bc23456");
	vc_write_log(&vc, "log\n", 4);		/* between two digits nothing of it is one */
	more("1");
	vc_write_log(&vc, "add\033]R\n", 7);
	more("000000");
	EXPECT(only_changed(4, 0));
	more("\033]P7\r0102\t03d");		/* control characters work inside of it */
	EXPECT_EQ(vc.palette.rgb[7][2], 3);
	EXPECT_EQ(vc.palette.rgb[4][0], 0);
}

VC_TEST(palette_is_of_one_terminal, "")
{
	static struct vc other;

	if (!vc_alloc(&other, COLS, ROWS)) {
		ktest_skip(t, "no memory");
		return;
	}
	more("\033]P1000001");
	vc_write(&other, (const u8 *)"\033]P2000002", 10);
	vc_free(&other);			/* its palette is not in what goes */
	EXPECT(only_changed(4, 1));
	more("\033]R");
	EXPECT(palette_is_default());
	EXPECT_EQ(other.palette.rgb[2][2], 2);
	EXPECT_EQ(other.palette.rgb[4][2], default_palette.rgb[4][2]);
}

VC_TEST(of_256_colours_the_nearest_is_taken, "")
{
	more("\033[38;5;1mA\033[38;5;9mB\033[38;5;46mC\033[38;5;21mD\033[38;5;232mE\033[38;5;250mF");
	EXPECT_EQ(attr(0, 0), 0x04);
	EXPECT_EQ(attr(1, 0), 0x0c);
	EXPECT_EQ(attr(2, 0), 0x0a);
	EXPECT_EQ(attr(3, 0), 0x09);
	EXPECT_EQ(attr(4, 0), 0x08);
	EXPECT_EQ(attr(5, 0), 0x0f);
	more("\033[0;48;5;196;1mG\033[0;38;2;0;0;170mH\033[0;48;2;170;0;170;34mI");
	EXPECT_EQ(attr(6, 0), 0x4f);
	EXPECT_EQ(attr(7, 0), 0x01);
	EXPECT_EQ(attr(8, 0), 0x51);
	more("\033[0;38;5mJ\033[0;38;9;1mK\033[38;5;999mL");	/* cut short, unknown, too large */
	EXPECT_EQ(attr(9, 0), 0x07);
	EXPECT_EQ(attr(10, 0), 0x07);
	EXPECT_EQ(attr(11, 0), 0x0f);
}

VC_TEST(cursor_and_attributes_are_kept_and_come_back, "\033[3;4H\033[31m\016\0337")
{
	more("\033[H\033[0m\017xyz\0338q");	/* sc rc */
	EXPECT_EQ(code(3, 2), 0x2500);
	EXPECT_EQ(attr(3, 2), 0x04);
	more("\033[5;6H\033[s\033[H\033[u");
	EXPECT(at(5, 4));
}

VC_TEST(tabs_are_set_and_cleared, "\ta\tb")
{
	EXPECT_EQ(code(8, 0), 'a');
	EXPECT_EQ(code(16, 0), 'b');
	more("\r\033[3g\033[5G\033H\r\tc\td");	/* tbc hts */
	EXPECT_EQ(code(4, 0), 'c');
	EXPECT_EQ(code(19, 0), 'd');
	more("\r\033[5G\033[g\r\te");
	EXPECT_EQ(code(19, 0), 'e');
	more("\033c\tf");
	EXPECT_EQ(code(8, 0), 'f');
}

VC_TEST(line_drawing_is_in_g1, "\033)0lqk\016lqk\017lqk")	/* enacs smacs rmacs */
{
	static const u16 corner[3] = { 0x250c, 0x2500, 0x2510 };

	for (unsigned int x = 0; x < 3; x++) {
		EXPECT_EQ(code(x, 0), "lqk"[x]);
		EXPECT_EQ(code(3 + x, 0), corner[x]);
		EXPECT_EQ(code(6 + x, 0), "lqk"[x]);
	}
	more("\r\033(0xX\033(Bx");
	EXPECT_EQ(code(0, 0), 0x2502);
	EXPECT_EQ(code(1, 0), 'X');
	EXPECT_EQ(code(2, 0), 'x');
	more("\r\016_`~\017");
	EXPECT_EQ(code(0, 0), 0xa0);
	EXPECT_EQ(code(1, 0), 0x25c6);
	EXPECT_EQ(code(2, 0), 0xb7);
}

VC_TEST(utf8_is_the_usual_and_can_be_left, "\303\274\342\202\254\303(a\314\200b\360\237\230\200")
{
	EXPECT_EQ(code(0, 0), 0xfc);
	EXPECT_EQ(code(1, 0), 0x20ac);
	EXPECT_EQ(code(2, 0), 0xfffd);
	EXPECT_EQ(code(3, 0), '(');
	EXPECT_EQ(code(5, 0), 'b');		/* an accent of its own takes no room */
	EXPECT_EQ(code(6, 0), 0xfffd);		/* not in the first plane */
	more("\r\033%@\374\033%G\303\266");
	EXPECT_EQ(code(0, 0), 0xfc);
	EXPECT_EQ(code(1, 0), 0xf6);
}

VC_TEST(modes_are_set_and_reset, "\033[?1h\033[?25l\033[20h")
{
	EXPECT(vc.application_keys && !vc.cursor_visible);
	more("ab\nc");
	ROW(1, "c");
	more("\033[?1;25l\033[?25h\033[20l\033[?1l");
	EXPECT(!vc.application_keys && vc.cursor_visible && !vc.newline);
	more("\033[?25h\033[?0c\033[?25l\033[?1c\033[?25h\033[?8c");	/* cnorm civis cvvis: shapes are not ours */
	EXPECT(vc.cursor_visible && answers(""));
	more("\033[?5h\033[?5l\033[?1000h\033[?1049h\033[?2004h\033=\033>");
	ROW(1, "c");
	more("\033[?1h\033[?25l\033[4h\033[2;3r\033c");	/* rs1 */
	EXPECT(!vc.application_keys && vc.cursor_visible && !vc.insert && vc.bottom == ROWS - 1);
	ROW(1, "");
}

VC_TEST(questions_are_answered, "\033[3;7H\033[6n")
{
	EXPECT(answers("\033[3;7R"));		/* u7 */
	more("\033[5n");
	EXPECT(answers("\033[0n"));
	more("\033[c\033Z\033[0c");			/* u9 */
	EXPECT(answers("\033[?6c\033[?6c\033[?6c"));
	more("\033[>c\033[=c\033[?6n\033[1c\033[7n");
	EXPECT(answers(""));
	for (int i = 0; i < 40; i++)		/* nobody reads: nothing is written past its end */
		more("\033[6n");
	EXPECT(strlen(vc.answer) < VC_ANSWER && vc.answer[strlen(vc.answer) - 1] == 'R');	/* nor by half */
}

VC_TEST(strings_and_unknown_sequences_leave_no_trace, "a")
{
	more("\033]0;a title\007b\033]2;another\033\\c\033P1$q\033\\d\033^pm\033\\e\033_apc\033\\f\033Xsos\033\\g");
	ROW(0, "abcdefg");
	more("\033]R\033]P0aAbBcCh");		/* oc initc */
	ROW(0, "abcdefgh");
	more("\033[>1;2ci\033[!pj\033[ qk\033[1$~l\033[[Am\033[<u\033#3\033(Bn");
	ROW(0, "abcdefghijklmn");
	more("\033[12\030o\033[1\0323p\033\033[mq");
	ROW(0, "abcdefghijklmno3pq");
	more("\r\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19mA\033[99999999999999999999CB");
	EXPECT_EQ(code(19, 0), 'B');
	more("\033[2\r;1\nH");			/* control characters work inside of one */
	EXPECT(at(0, 1));
}

/* A line of the kernel's log between any two bytes of what a program says. */
static void with_log(const char *program)
{
	for (; *program; program++) {
		vc_write(&vc, (const u8 *)program, 1);
		vc_write_log(&vc, "log\n", 4);
	}
}

VC_TEST(kernels_log_does_not_disturb_what_a_program_says, "\033P1$q")
{
	vc_write_log(&vc, "panic\n", 6);	/* not swallowed by a string without an end */
	ROW(0, "panic");
	more("\033\\\033[H\033[2J\033]0;title");
	vc_write_log(&vc, "panic\n", 6);
	ROW(0, "panic");
	more("\aA\033[H\033[2J");
	with_log("\033[3;7");
	more("H");
	EXPECT(at(6, 2));
	with_log("\033[31");
	more("mX");
	EXPECT_EQ(attr(vc.s.x - 1, vc.s.y), 0x04);
	more("\033c\303");
	vc_write_log(&vc, "log\n", 4);
	more("\266");
	ROW(0, "log");
	EXPECT_EQ(code(0, 1), 0xf6);
	more("\033c\033)0\016\033[4h\033%@");
	vc_write_log(&vc, "lqk\342\202\254\b\b\bL\n", 11);
	EXPECT(code(0, 0) == 'l' && code(1, 0) == 'L' && code(2, 0) == 'k' && code(3, 0) == 0x20ac);
	EXPECT(vc.insert && !vc.utf8 && vc.s.charset == 1);
	more("\033c\033[6n");
	vc_write_log(&vc, "log\033[5n\n", 8);
	EXPECT(answers("\033[1;1R"));
	vc_write_log(&vc, "\033[", 2);		/* nor does the log's own */
	more("31mY");
	ROW(1, "31mY");
}

VC_TEST(control_characters_end_a_character, "a\303\nb")
{
	EXPECT(code(0, 0) == 'a' && code(1, 0) == 0xfffd && at(3, 1));
	more("\033c\342\202\033[Hx");
	EXPECT(code(0, 0) == 'x' && at(1, 0));
}

VC_TEST(csi_is_one_character_too, "\302\2332;3H")
{
	EXPECT(at(2, 1));
	more("\033%@\2333;4H\033%G");
	EXPECT(at(3, 2));
	more("\033]0;title\2332;2Ha");	/* ends a string, as on Linux */
	EXPECT(at(2, 1));
	more("\033\2334;4H");
	EXPECT(at(3, 3));
	more("\2331");				/* in UTF-8, by itself, no character at all */
	EXPECT_EQ(code(3, 3), 0xfffd);
	EXPECT_EQ(code(4, 3), '1');
}

VC_TEST(only_a_number_begins_an_osc, "\033]xabc\033]Rd\033]4;1\ae")
{
	ROW(0, "abcde");
}

VC_TEST(the_screen_is_filled_with_e, "\033#8")
{
	ROW(0, "EEEEEEEEEEEEEEEEEEEE");
	ROW(5, "EEEEEEEEEEEEEEEEEEEE");
}

VC_TEST(what_has_left_at_the_top_is_looked_at_again, "")
{
	char s[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(s, sizeof(s), "%d\r\n", i);
		more(s);
	}
	ROW(0, "995");
	vc_scroll_view(&vc, 4);
	ROW(0, "991");
	ROW(4, "995");
	vc_scroll_view(&vc, 5000);
	ROW(0, "495");				/* 500 are kept */
	vc_scroll_view(&vc, -5000);
	ROW(0, "995");
	vc_scroll_view(&vc, 3);
	more("x");				/* output: back to the bottom */
	ROW(0, "995");
	ROW(5, "x");
	more("\033[3J");			/* E3 */
	vc_scroll_view(&vc, 4);
	ROW(0, "");
}

VC_TEST(history_ignores_regions_below_the_top, "")
{
	more("\033[2;6r\033[6Ha\nb\nc\nd");
	EXPECT_EQ(vc.history_nr, 0);
	more("\033[1;3r\033[3Ha\nb\n");
	EXPECT_EQ(vc.history_nr, 2);
}

VC_TEST(only_lines_that_changed_are_dirty, "a\r\nb")
{
	vc.dirty_first = ROWS;
	vc.dirty_last = 0;
	more("\033[3Hx");
	EXPECT(vc.dirty_first == 2 && vc.dirty_last == 2);
	more("\033[2;4r\033[4H\n");
	EXPECT(vc.dirty_first == 1 && vc.dirty_last == 3);
	more("\033[r\033[6H\n");
	EXPECT(vc.dirty_first == 0 && vc.dirty_last == ROWS - 1);
}

VC_TEST(any_bytes_keep_the_cursor_on_the_screen, "")
{
	static const char alphabet[] = "\033\033\033[[[];?0123456789ABCDEFGHJKLMPSTXZ@`abcdefghlmnrsu()#%78\n\r\t\b\016\017\303\274q\030";
	u32 seed = 1;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 1103515245 + 12345;
		vc_write(&vc, (const u8 *)&alphabet[(seed >> 16) % (sizeof(alphabet) - 1)], 1);
		vc.answer[0] = 0;
		EXPECT(vc.s.x < COLS && vc.s.y < ROWS && vc.top <= vc.bottom && vc.bottom < ROWS);
		EXPECT(vc.parse.nr_params <= VC_PARAMS);
	}
	for (unsigned int y = 0; y < ROWS; y++)		/* each line is there once */
		for (unsigned int other = 0; other < y; other++)
			EXPECT(vc.line[y] != vc.line[other]);
}

/* ---- dots ---------------------------------------------------------------------------------- */

#define GUARD 0xa5
#define SLACK 4096
static const struct format { u8 bpp, red, green, blue, red_size, green_size, blue_size; } formats[] = {
	{ 32, 16, 8, 0, 8, 8, 8 }, { 32, 0, 8, 16, 8, 8, 8 }, { 24, 16, 8, 0, 8, 8, 8 }, { 24, 0, 8, 16, 8, 8, 8 },
	{ 16, 11, 5, 0, 5, 6, 5 }, { 15, 10, 5, 0, 5, 5, 5 }, { 32, 20, 10, 0, 10, 10, 10 },
};

static struct boot_framebuffer mode_of(const struct format *f, u32 width, u32 height, u32 more_pitch)
{
	return (struct boot_framebuffer){
		.addr = 0x1000, .width = width, .height = height, .bpp = f->bpp,
		.pitch = width * ((f->bpp + 7) / 8) + more_pitch,
		.red_pos = f->red, .red_size = f->red_size, .green_pos = f->green, .green_size = f->green_size,
		.blue_pos = f->blue, .blue_size = f->blue_size,
	};
}

/* The dot at (@x, @y) as the card would show it: 0xRRGGBB, of what the mode has of each. */
static u32 dot(const struct fbcon *c, const u8 *memory, u32 x, u32 y)
{
	const struct boot_framebuffer *f = &c->mode;
	u32 v = 0;

	memcpy(&v, memory + (size_t)y * f->pitch + x * c->bytes, c->bytes);
	return (v >> f->red_pos & ((1U << f->red_size) - 1)) << 20 | (v >> f->green_pos & ((1U << f->green_size) - 1)) << 10 |
	       (v >> f->blue_pos & ((1U << f->blue_size) - 1));
}

static u32 wanted(const struct format *f, u32 r, u32 g, u32 b)
{
#define CUT(v, size) ((size) >= 8 ? (v) : (v) >> (8 - (size)))
	return CUT(r, f->red_size) << 20 | CUT(g, f->green_size) << 10 | CUT(b, f->blue_size);
}

/* Does the cell at column 1, line 1 show an 'A', red on blue, and nothing else was touched? */
static bool shows_a(const struct fbcon *c, const u8 *memory, size_t size, const struct format *f)
{
	const u8 *glyph = font_glyph('A');
	u32 on = wanted(f, 170, 0, 0), off = wanted(f, 0, 0, 170), w = FONT_WIDTH * c->scale, h = FONT_HEIGHT * c->scale;

	for (u32 y = 0; y < h; y++)
		for (u32 x = 0; x < w; x++)
			if (dot(c, memory, w + x, h + y) != ((glyph[y / c->scale] << x / c->scale & 0x80) ? on : off))
				return false;
	for (size_t i = 0; i < size; i++) {
		size_t y = i / c->mode.pitch, x = i % c->mode.pitch / c->bytes;

		if ((y < h || y >= 2 * h || x < w || x >= 2 * w) && memory[i] != GUARD)
			return false;
	}
	return true;
}

static void draws_a(struct ktest_ctx *t, const struct format *f, u32 width, u32 height, u32 more_pitch)
{
	struct boot_framebuffer mode = mode_of(f, width, height, more_pitch);
	size_t size = (size_t)mode.pitch * height;
	u8 *memory = vmalloc(size + SLACK);
	struct fbcon c;

	if (!memory) {
		ktest_skip(t, "no memory");
		return;
	}
	memset(memory, GUARD, size + SLACK);
	if (fbcon_setup(&c, &mode)) {
		ktest_fail(t, __FILE__, __LINE__, "%ux%u, %u bits are refused", width, height, f->bpp);
	} else {
		c.fb = memory;
		fbcon_draw(&c, 1, 1, make_cell('A', 0x14), false);
		if (!shows_a(&c, memory, size + SLACK, f))
			ktest_fail(t, __FILE__, __LINE__, "%ux%u, %u bits, red at %u, pitch %u", width, height, f->bpp, f->red,
				   mode.pitch);
	}
	vfree(memory);
}

KTEST(fbcon, dots_are_right_in_every_format_and_size)
{
	static const struct { u32 width, height, more_pitch; } sizes[] = {
		{ 640, 480, 0 }, { 803, 601, 0 }, { 640, 400, 64 }, { 641, 97, 13 }, { 320, 200, 0 }, { 1921, 80, 7 }, { 1920, 80, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			draws_a(t, &formats[i], sizes[j].width, sizes[j].height, sizes[j].more_pitch);
			if (t->failed)
				return;
		}
}

/* Is the upper left dot of a blank with @attr, or of the cursor on it, colour @n of @p, where the mode is @f? */
static bool blank_is(const struct fbcon *c, u8 *memory, const struct format *f, u8 attr, bool cursor, const u8 *rgb)
{
	fbcon_draw(c, 2, 1, make_cell(' ', attr), cursor);
	return dot(c, memory, 2 * FONT_WIDTH * c->scale, FONT_HEIGHT * c->scale) == wanted(f, rgb[0], rgb[1], rgb[2]);
}

static bool has_16_backgrounds(const struct fbcon *c, u8 *memory, const struct format *f, const struct palette *p)
{
	for (unsigned int n = 0; n < 16; n++)
		if (!blank_is(c, memory, f, n << 4 | (15 - n), false, p->rgb[n]) ||
		    !blank_is(c, memory, f, (15 - n) << 4 | n, true, p->rgb[n]))
			return false;
	return true;
}

/* The default palette, then @p, which draws nothing by itself, in @memory for a screen of @width x @height. */
static bool palettes_are_shown(u8 *memory, const struct format *f, u32 width, u32 height, const struct palette *p)
{
	struct boot_framebuffer mode = mode_of(f, width, height, 0);
	const size_t size = (size_t)mode.pitch * height;
	struct fbcon c;

	if (fbcon_setup(&c, &mode))
		return false;
	c.fb = memory;
	if (!has_16_backgrounds(&c, memory, f, &default_palette))
		return false;
	memset(memory, GUARD, size);
	fbcon_set_palette(&c, p);
	for (size_t i = 0; i < size; i++)
		if (memory[i] != GUARD)
			return false;
	return has_16_backgrounds(&c, memory, f, p);
}

KTEST(fbcon, backgrounds_and_palettes_have_16_colours)
{
	static struct palette odd;
	u8 *memory = vmalloc(1600 * 80 * 4);		/* the larger one */
	size_t i = 0;

	if (!memory) {
		ktest_skip(t, "no memory");
		return;
	}
	for (unsigned int byte = 0; byte < sizeof(odd); byte++)
		((u8 *)&odd)[byte] = 251 * byte + 7;
	while (i < ARRAY_SIZE(formats) && palettes_are_shown(memory, &formats[i], 320, 200, &odd) &&
	       palettes_are_shown(memory, &formats[i], 1600, 80, &odd))
		i++;
	vfree(memory);
	EXPECT_EQ(i, ARRAY_SIZE(formats));
}

KTEST(fbcon, last_cell_ends_inside_the_memory)
{
	struct boot_framebuffer mode = mode_of(&formats[2], 803, 601, 5);
	size_t size = (size_t)mode.pitch * mode.height;
	u8 *memory = vmalloc(size + 64);
	struct fbcon c;
	bool good;

	if (!memory) {
		ktest_skip(t, "no memory");
		return;
	}
	memset(memory, GUARD, size + 64);
	good = !fbcon_setup(&c, &mode);
	c.fb = memory;
	for (unsigned int y = 0; good && y < c.rows; y++)
		for (unsigned int x = 0; x < c.cols; x++)
			fbcon_draw(&c, x, y, make_cell('W', 0x70), true);
	for (unsigned int i = 0; i < 64; i++)
		good = good && memory[size + i] == GUARD;
	vfree(memory);
	EXPECT(good);
	EXPECT_EQ(c.cols, 100);
	EXPECT_EQ(c.rows, 37);
}

KTEST(fbcon, what_cannot_be_a_screen_is_refused_with_a_reason)
{
	struct boot_framebuffer mode = mode_of(&formats[0], 800, 600, 0), bad = mode;
	struct fbcon c;

	EXPECT(!fbcon_setup(&c, &mode));
	bad.addr = 0;
	EXPECT(!strcmp(fbcon_setup(&c, &bad), "it has no address"));
	bad = mode;
	bad.bpp = 8;
	EXPECT(fbcon_setup(&c, &bad));
	bad = mode;
	bad.pitch = 799 * 4;
	EXPECT(fbcon_setup(&c, &bad));
	bad = mode;
	bad.width = BIT(30) + 800;		/* times 4 that is 3200 again, in 32 bits */
	EXPECT(fbcon_setup(&c, &bad));
	bad = mode;
	bad.height = 20;
	EXPECT(!strcmp(fbcon_setup(&c, &bad), "it is too small"));
	bad = mode_of(&formats[0], 16384, 8640, 0);
	EXPECT(!fbcon_setup(&c, &bad));
	EXPECT(c.cols <= SCREEN_MAX_COLS && c.rows <= SCREEN_MAX_ROWS);
}

#define FRAMES 8
#define MOST_PER_FRAME 6000000UL	/* instructions: at 200 million a second, 33 frames */

/* What a frame costs on a screen of @c when each of its cells changes: ticks of the TSC. */
static u64 frame_cost(struct vc *v, const struct fbcon *c)
{
	static cell_t old[SCREEN_MAX_COLS];
	u64 start = rdtsc();

	for (unsigned int frame = 0; frame < FRAMES; frame++) {
		vc_write(v, (const u8 *)"\r\n", 2);
		for (unsigned int y = 0; y < c->rows; y++) {
			const cell_t *line = vc_line(v, y);

			for (unsigned int x = 0; x < c->cols; x++)
				if (old[x] != line[x])		/* neighbours differ: all are drawn */
					fbcon_draw(c, x, y, old[x] = line[x], false);
		}
	}
	return (rdtsc() - start) / FRAMES;
}

/* The same on one of @width x @height in memory, 32 bits a dot; 0: no memory. */
static u64 frame_cost_of(u32 width, u32 height)
{
	struct boot_framebuffer mode = mode_of(&formats[0], width, height, 0);
	static struct vc v;
	struct fbcon c;
	u8 *memory;
	u64 ticks = 0;

	if (fbcon_setup(&c, &mode))
		return 0;
	memory = vmalloc((size_t)mode.pitch * mode.height);
	if (memory && vc_alloc(&v, c.cols, c.rows)) {
		c.fb = memory;
		for (unsigned int i = 0; i < c.cols * c.rows; i++)
			v.line[i / c.cols][i % c.cols] = make_cell('!' + (i + i / c.cols) % 90, 0x07);
		ticks = frame_cost(&v, &c);
		vc_free(&v);
	}
	vfree(memory);
	if (ticks)
		pr_info("fbcon: %ux%u, every cell: %lu ticks a frame, %lu frames a second\n", width, height, ticks,
			tsc_khz * 1000 / ticks);
	return ticks;
}

static void scrolls_fast(struct ktest_ctx *t, u32 width, u32 height)
{
	u64 ticks = frame_cost_of(width, height);

	if (!ticks)
		ktest_skip(t, "no memory");
	else if (tsc_khz < 999000 || tsc_khz > 1001000)
		ktest_skip(t, "the time stamp counter does not count instructions");
	else
		EXPECT(ticks < MOST_PER_FRAME);
}

KTEST(fbcon, full_screen_of_1280x800_scrolls_30_times_a_second)
{
	scrolls_fast(t, 1280, 800);
}

KTEST(fbcon, full_screen_of_1920x1080_scrolls_30_times_a_second)
{
	scrolls_fast(t, 1920, 1080);
}
