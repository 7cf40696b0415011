/*
 * tests/user/umip.c - the instructions that tell where descriptor tables lie
 *
 * On a CPU with UMIP they fault, and the kernel gives values in their place that say nothing; on one
 * without they are executed, and must not say where the kernel's image is.
 */
#include <cpuid.h>
#include "mem.h"

#define CR0	0x80050033UL

static unsigned char buf[32];

static int have_umip(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c >> 2 & 1);
}
#define NEED_UMIP	do { if (!have_umip()) return; } while (0)

#define FILL		memset(buf, 0xee, sizeof(buf))

/* What a table's register says: limit and base, and not a byte more. */
static void table(unsigned long *base, unsigned int *limit)
{
	unsigned short l;

	memcpy(&l, buf, 2);
	memcpy(base, buf + 2, 8);
	*limit = l;
	EQ(buf[10], 0xee);
}

#define SGDT_IS_DUMMY do {							\
	unsigned long base_;							\
	unsigned int limit_;							\
	table(&base_, &limit_);							\
	EQ(base_, 0xfffffffffffe0000);						\
	EQ(limit_, 0);								\
} while (0)

/* The instruction on a register that held all 0xee. */
#define ON_REGISTER(insn) ({							\
	unsigned long r_ = 0xeeeeeeeeeeeeeeee;					\
	asm volatile(insn : "+r"(r_) :: "memory");				\
	r_; })

TEST(no_table_lies_in_the_image_of_the_kernel)
{
	unsigned long base;
	unsigned int limit;

	FILL;
	asm volatile("sgdt %0" : "=m"(buf));
	table(&base, &limit);
	CHECK(base < 0xffffffff80000000 || base >= 0xfffffffffffe0000);
	FILL;
	asm volatile("sidt %0" : "=m"(buf));
	table(&base, &limit);
	CHECK(base < 0xffffffff80000000 || base >= 0xfffffffffffe0000);
}

TEST(tables_seem_to_lie_where_nothing_is)
{
	unsigned long base;
	unsigned int limit;

	NEED_UMIP;
	FILL;
	asm volatile("sgdt %0" : "=m"(buf));
	SGDT_IS_DUMMY;
	FILL;
	asm volatile("sidt %0" : "=m"(buf));
	table(&base, &limit);
	EQ(base, 0xffffffffffff0000);
	EQ(limit, 0);
	EQ(FAULTS(peek((char *)base)), SIGSEGV);
}

TEST(selectors_are_constants)
{
	FILL;
	asm volatile("sldt %0" : "=m"(*(short *)buf));
	EQ(*(short *)buf, 0);
	EQ(buf[2], 0xee);
	NEED_UMIP;
	FILL;
	asm volatile("str %0" : "=m"(*(short *)buf));
	EQ(*(short *)buf, 0x40);
	EQ(buf[2], 0xee);
}

TEST(machine_status_word_is_a_constant)
{
	FILL;
	asm volatile("smsw %0" : "=m"(*(short *)buf));
	EQ(*(unsigned short *)buf, CR0 & 0xffff);
	EQ(buf[2], 0xee);
	EQ(ON_REGISTER("smsw %0"), CR0);
	EQ(ON_REGISTER("smsw %w0"), 0xeeeeeeeeeeee0033);
}

TEST(registers_take_as_many_bytes_as_the_operand_has)
{
	NEED_UMIP;
	EQ(ON_REGISTER("sldt %w0"), 0xeeeeeeeeeeee0000);
	EQ(ON_REGISTER("sldt %k0"), 0xeeeeeeee00000000);
	EQ(ON_REGISTER("sldt %0"), 0xeeeeeeee00000000);
	EQ(ON_REGISTER("str %w0"), 0xeeeeeeeeeeee0040);
	EQ(ON_REGISTER("str %k0"), 0xeeeeeeee00000040);
	EQ(ON_REGISTER("str %0"), 0xeeeeeeee00000040);
	EQ(ON_REGISTER("smsw %k0"), 0xeeeeeeee80050033);
}

/* The bytes of an instruction on RAX, which held all 0xee: the assembler leaves out prefixes. */
#define ON_RAX(bytes) ({							\
	unsigned long r_ = 0xeeeeeeeeeeeeeeee;					\
	asm volatile(".byte " bytes : "+a"(r_) :: "memory");			\
	r_; })

TEST(a_wide_operand_takes_eight_bytes_whatever_else_is_said)
{
	NEED_UMIP;
	EQ(ON_RAX("0x48, 0x0f, 0x00, 0xc0"), 0);		/* SLDT */
	EQ(ON_RAX("0x48, 0x0f, 0x00, 0xc8"), 0x40);		/* STR */
	EQ(ON_RAX("0x48, 0x0f, 0x01, 0xe0"), CR0);		/* SMSW */
	EQ(ON_RAX("0x66, 0x48, 0x0f, 0x00, 0xc0"), 0);
	EQ(ON_RAX("0x66, 0x48, 0x0f, 0x00, 0xc8"), 0x40);
	EQ(ON_RAX("0x66, 0x48, 0x0f, 0x01, 0xe0"), CR0);
	EQ(FAULTS(ON_RAX("0x48, 0x66, 0x0f, 0x00, 0xc8")), SIGSEGV);	/* REX comes last, or is not understood */
}

TEST(every_register_is_the_right_one)
{
	register unsigned long r8 asm("r8") = -1, r13 asm("r13") = -1;
	unsigned long a = -1, c = -1, b = -1, d = -1;

	asm volatile("smsw %0; smsw %1; smsw %2; smsw %3; smsw %4; smsw %5"
		     : "+a"(a), "+c"(c), "+b"(b), "+D"(d), "+r"(r8), "+r"(r13) :: "memory");
	EQ(a, CR0);
	EQ(c, CR0);
	EQ(b, CR0);
	EQ(d, CR0);
	EQ(r8, CR0);
	EQ(r13, CR0);
}

/* Each way to name memory; ADDRESS leads to buf. */
#define BY(address, ...) do {							\
	FILL;									\
	asm volatile("sgdt " address : : __VA_ARGS__ : "memory");		\
	SGDT_IS_DUMMY;								\
} while (0)

TEST(every_form_of_address_is_understood)
{
	char *b = (char *)buf;

	NEED_UMIP;
	asm("" : "+r"(b));		/* addresses far from it are meant */
	BY("(%0)", "a"(b));
	BY("8(%0)", "a"(b - 8));
	BY("-8(%0)", "b"(b + 8));
	BY("0x12345(%0)", "D"(b - 0x12345));
	BY("-0x12345(%0)", "S"(b + 0x12345));
	BY("(%0, %1)", "a"(b - 64), "c"(64L));
	BY("(%0, %1, 8)", "d"(b + 64), "c"(-8L));
	BY("5(%0, %1, 4)", "d"(b - 45), "b"(10L));
	BY("0x1000(, %0, 2)", "a"((unsigned long)(b - 0x1000) / 2), "b"(0));
	BY("%P0", "i"(buf));
	BY("%P0(%%rip)", "i"(buf));
	FILL;
	asm volatile("mov %0, %%r12; sgdt (%%r12)" : : "r"(b) : "r12", "memory");
	SGDT_IS_DUMMY;
	FILL;
	asm volatile("mov %0, %%r13; sgdt (%%r13)" : : "r"(b) : "r13", "memory");
	SGDT_IS_DUMMY;
	FILL;
	asm volatile("mov %0, %%r15; mov $2, %%r12d; sgdt -8(%%r15, %%r12, 4)" : : "r"(b) : "r12", "r15", "memory");
	SGDT_IS_DUMMY;
	FILL;
	asm volatile("mov %%rsp, %%rax; lea 16(%0), %%rsp; sgdt -16(%%rsp); mov %%rax, %%rsp"
		     : : "r"(b) : "rax", "memory");
	SGDT_IS_DUMMY;
}

TEST(segments_and_prefixes_are_understood)
{
	NEED_UMIP;
	OK(syscall(__NR_arch_prctl, ARCH_SET_GS, (long)buf - 0x100));
	BY("%%gs:0x100(%0)", "a"(0L));
	BY("%%gs:0x80(, %0, 2)", "a"(0x40L));
	FILL;
	asm volatile(".byte 0x67; sgdt (%0)" : : "a"((unsigned long)buf | 0x7700000000) : "memory");
	SGDT_IS_DUMMY;
	FILL;
	asm volatile(".byte 0x66; sgdt (%0)" : : "a"(buf) : "memory");
	SGDT_IS_DUMMY;
	FILL;
	asm volatile(".byte 0x2e, 0xf3; sgdt (%0)" : : "a"(buf) : "memory");
	SGDT_IS_DUMMY;
}

TEST(a_bad_operand_is_a_page_fault_at_its_address)
{
	char *p;

	NEED_UMIP;
	SEGV(asm volatile("sgdt 0" ::: "memory"), SEGV_MAPERR, 0);
	SEGV(asm volatile("sidt (%0)" :: "a"(0xffffffff80200000) : "memory"), SEGV_MAPERR, 0xffffffff80200000);
	SEGV(asm volatile("smsw (%0)" :: "a"(0x8000000000000000) : "memory"), SEGV_MAPERR, 0x8000000000000000);
	p = map_at(NULL, 1, PROT_READ, 0);
	SEGV(asm volatile("str (%0)" :: "a"(p) : "memory"), SEGV_MAPERR, p);
	EQ(*p, 0);
}

TEST(an_operand_may_lie_on_a_page_not_yet_there)
{
	char *p = map_pages(2) + PAGE - 4;

	NEED_UMIP;
	asm volatile("sgdt (%0)" :: "a"(p) : "memory");
	memcpy(buf, p, 10);
	buf[10] = 0xee;
	SGDT_IS_DUMMY;
}

TEST(loading_the_registers_stays_forbidden)
{
	EQ(FAULTS(asm volatile("lgdt %0" :: "m"(buf))), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(FAULTS(asm volatile("lidt %0" :: "m"(buf))), SIGSEGV);
	EQ(FAULTS(asm volatile("lmsw %w0" :: "r"(0))), SIGSEGV);
	EQ(FAULTS(asm volatile("lldt %w0" :: "r"(0))), SIGSEGV);
	EQ(FAULTS(asm volatile("ltr %w0" :: "r"(0))), SIGSEGV);
	EQ(fault_code, SI_KERNEL);
}

/* Cut off by the end of its page, the instruction cannot be read whole. */
TEST(an_instruction_at_the_end_of_memory_works_too)
{
	static const unsigned char code[] = { 0x0f, 0x01, 0xe0, 0xc3 };	/* smsw eax; ret */
	char *p = map_at(NULL, 2, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
	unsigned long r = 0;

	OK(munmap(p + PAGE, PAGE));
	memcpy(p + PAGE - sizeof(code), code, sizeof(code));
	asm volatile("call *%1" : "+a"(r) : "r"(p + PAGE - sizeof(code)) : "memory");
	EQ(r, CR0);
}
