/*
 * fs/procfs/overcommit.c - /proc/sys/vm/overcommit_*: how much may be promised (mm/commit.c)
 *
 * overcommit_ratio and overcommit_kbytes are two ways to say one thing: writing one forgets
 * the other.
 */
#include "internal.h"

static void ratio_written(void)
{
	sysctl_overcommit_kbytes = 0;
}

static void kbytes_written(void)
{
	sysctl_overcommit_ratio = 0;
}

static const struct proc_number numbers[] = {
	{ "sys/vm/overcommit_memory", .value = &sysctl_overcommit_memory,
	  .low = OVERCOMMIT_GUESS, .high = OVERCOMMIT_NEVER },
	{ "sys/vm/overcommit_ratio", .value = &sysctl_overcommit_ratio, .high = 0x7fffffff,
	  .written = ratio_written },
	{ "sys/vm/overcommit_kbytes", .word = &sysctl_overcommit_kbytes, .written = kbytes_written },
	{ "sys/vm/user_reserve_kbytes", .word = &sysctl_user_reserve_kbytes },
	{ "sys/vm/admin_reserve_kbytes", .word = &sysctl_admin_reserve_kbytes },
};

void proc_overcommit_init(void)
{
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
}
