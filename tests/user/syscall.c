/*
 * tests/user/syscall.c - the border itself: numbers, registers, unknown calls
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <uapi/personality.h>
#include "mem.h"

TEST(unknown_numbers_are_enosys)
{
	static const long numbers[] = { 335, 400, 423, 500, 1000, 0x7fffffff, -1, -4096, 1L << 32 };

	for (size_t i = 0; i < 8; i++)
		EQ(syscall0(numbers[i]), -ENOSYS);
	ERR(syscall(600), ENOSYS);
}

TEST(registers_are_kept_but_rcx_and_r11)
{
	unsigned long bad = 0;

	asm volatile(
		"mov $0x1111, %%ebx; mov $0x2222, %%edx; mov $0x3333, %%esi; mov $0x4444, %%edi\n\t"
		"mov $0x5555, %%r8d; mov $0x6666, %%r9d; mov $0x7777, %%r10d; mov $0x8888, %%r12d\n\t"
		"mov $0x9999, %%r13d; mov $0xaaaa, %%r14d; mov $0xbbbb, %%r15d\n\t"
		"mov $39, %%eax\n\t"
		"syscall\n\t"
		"xor $0x1111, %%rbx; xor $0x2222, %%rdx; xor $0x3333, %%rsi; xor $0x4444, %%rdi\n\t"
		"xor $0x5555, %%r8; xor $0x6666, %%r9; xor $0x7777, %%r10; xor $0x8888, %%r12\n\t"
		"xor $0x9999, %%r13; xor $0xaaaa, %%r14; xor $0xbbbb, %%r15\n\t"
		"or %%rdx, %%rbx; or %%rsi, %%rbx; or %%rdi, %%rbx; or %%r8, %%rbx; or %%r9, %%rbx\n\t"
		"or %%r10, %%rbx; or %%r12, %%rbx; or %%r13, %%rbx; or %%r14, %%rbx; or %%r15, %%rbx\n\t"
		"mov %%rbx, %0"
		: "=m"(bad) : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		"r12", "r13", "r14", "r15", "memory", "cc");
	EQ(bad, 0);
}

TEST(rcx_is_the_return_address_and_r11_the_flags)
{
	unsigned long rcx, r11, here;

	asm volatile("stc; mov $39, %%eax; syscall; 1: lea 1b(%%rip), %2"
		     : "=c"(rcx), "=&a"(here), "=r"(here) : : "memory", "cc");
	asm volatile("stc; mov $39, %%eax; syscall; mov %%r11, %0"
		     : "=r"(r11) : : "rax", "rcx", "r11", "memory", "cc");
	EQ(rcx, here);
	EQ(r11 & 1, 1);
	EQ(r11 & 0x200, 0x200);
}

TEST(direction_flag_is_kept_across_a_call)
{
	unsigned long flags;

	asm volatile("std; mov $39, %%eax; syscall; pushf; cld; pop %0"
		     : "=r"(flags) : : "rax", "rcx", "r11", "memory", "cc");
	EQ(flags & 0x400, 0x400);
}

TEST(a_program_can_not_turn_interrupts_off_by_popf)
{
	unsigned long flags;

	asm volatile("pushf; andq $~0x200, (%%rsp); orq $0x3000, (%%rsp); popf; pushf; pop %0"
		     : "=r"(flags) : : "memory", "cc");
	EQ(flags & 0x200, 0x200);
	EQ(flags & 0x3000, 0);
}

TEST(arch_prctl_sets_and_reads_fs_and_gs)
{
	unsigned long fs = 0, gs = 0, loaded;
	static unsigned long there = 0x123456789;

	OK(syscall(__NR_arch_prctl, ARCH_GET_FS, &fs));
	CHECK(fs);
	OK(syscall(__NR_arch_prctl, ARCH_SET_GS, &there));
	OK(syscall(__NR_arch_prctl, ARCH_GET_GS, &gs));
	EQ(gs, &there);
	asm volatile("mov %%gs:0, %0" : "=r"(loaded));
	EQ(loaded, there);
	usleep(20000);
	asm volatile("mov %%gs:0, %0" : "=r"(loaded));
	EQ(loaded, there);
	EXITS(CHILD(
		asm volatile("mov %%gs:0, %0" : "=r"(loaded));
		EQ(loaded, there)
	), 0);
	ERR(syscall(__NR_arch_prctl, ARCH_SET_GS, 0x8000000000000000), EPERM);
	ERR(syscall(__NR_arch_prctl, 0x9999, 0), EINVAL);
}

TEST(uname_fills_all_names)
{
	struct utsname u;

	OK(uname(&u));
	STREQ(u.sysname, "Linux");
	STREQ(u.machine, "x86_64");
	CHECK(u.release[0] >= '4' && strchr(u.release, '.'));
	CHECK(u.version[0]);
	OK(sethostname("tester", 6));
	OK(uname(&u));
	STREQ(u.nodename, "tester");
}

TEST(ids_of_root_are_zero)
{
	EQ(getuid() + geteuid() + getgid() + getegid(), 0);
	EXITS(CHILD(
		OK(setgid(7));
		OK(setuid(5));
		EQ(getuid(), 5);
		EQ(geteuid(), 5);
		EQ(getgid(), 7);
		ERR(setgid(0), EPERM)
	), 0);
}

TEST(personality_tells_and_sets)
{
	long old = OK(syscall(__NR_personality, 0xffffffff));

	EQ(syscall(__NR_personality, old | ADDR_NO_RANDOMIZE), old);
	EQ(syscall(__NR_personality, 0xffffffff), old | ADDR_NO_RANDOMIZE);
}

TEST(sched_getaffinity_names_the_cpus)
{
	unsigned long mask = 0;

	CMP(syscall(__NR_sched_getaffinity, 0, 8, &mask), ==, 8);
	CHECK(mask & 1);
	ERR(syscall(__NR_sched_getaffinity, 0, 1, &mask), EINVAL);
}

TEST(set_tid_address_returns_the_thread_id)
{
	static int word;

	EQ(syscall(__NR_set_tid_address, &word), gettid());
}

TEST(calls_on_bad_descriptors_are_ebadf)
{
	char c = 0;

	ERR(read(-1, &c, 1), EBADF);
	ERR(write(1000, &c, 1), EBADF);
	ERR(close(-1), EBADF);
	ERR(lseek(1 << 30, 0, SEEK_SET), EBADF);
	ERR(dup(-5), EBADF);
	ERR(syscall(__NR_fstat, 77, &c), EBADF);
	ERR(fsync(77), EBADF);
	ERR(ftruncate(77, 0), EBADF);
	ERR(fchdir(77), EBADF);
	ERR(syscall(__NR_getdents64, 77, &c, 1), EBADF);
}
