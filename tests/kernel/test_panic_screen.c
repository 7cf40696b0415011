/*
 * tests/kernel/test_panic_screen.c - where a panic may draw (drivers/panic_screen.c); that it does is seen in
 * tools/screens.py, by machines that stop early
 */
#include <asm/page.h>
#include <boot_info.h>
#include <ktest.h>
#include <panic.h>
#include <sections.h>

static struct boot_framebuffer at(phys_addr_t addr)
{
	return (struct boot_framebuffer){ .addr = addr, .width = 640, .height = 480, .pitch = 4 * 640, .bpp = 32 };
}

/* The largest piece of RAM. */
static const struct boot_mem *some_ram(void)
{
	const struct boot_mem *best = &boot_info.mem[0];

	for (unsigned int i = 0; i < boot_info.nr_mem; i++)
		if (boot_info.mem[i].type == BOOT_MEM_RAM && boot_info.mem[i].size > best->size)
			best = &boot_info.mem[i];
	return best;
}

static bool may_draw(phys_addr_t addr)
{
	struct boot_framebuffer f = at(addr);

	return panic_screen_may_draw(&f);
}

KTEST(panic_screen, nothing_is_drawn_over_ram)
{
	const struct boot_mem *m = some_ram();
	phys_addr_t size = 480 * 4 * 640, end = m->base + m->size, far = 1UL << 45;

	EXPECT(may_draw(far));
	EXPECT(!may_draw(m->base));
	EXPECT(!may_draw(end - 1));
	EXPECT(!may_draw(m->base - 1));			/* its last line would lie in RAM */
	EXPECT(!may_draw(~0UL - size + 2));		/* wraps */
}

/* The loader gave no memory map: that is a panic too. */
KTEST(panic_screen, nothing_is_drawn_over_the_kernel_when_no_ram_is_known)
{
	unsigned int nr_mem = boot_info.nr_mem;
	bool kernel, below;

	boot_info.nr_mem = 0;
	kernel = may_draw(__pa(_text));
	below = may_draw(__pa(_text) - 1);
	boot_info.nr_mem = nr_mem;
	EXPECT(!kernel);
	EXPECT(!below);
}
