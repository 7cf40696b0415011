/*
 * fs/procfs/ipc.c - /proc/sysvipc and /proc/sys/kernel/shm*: System V shared memory as files
 *
 * Sources: proc(5), sysvipc(7).
 */
#include <ipc_shm.h>

#include "internal.h"

#define IPCMNI 32768

static void rmid_forced_written(void)
{
	if (shm_rmid_forced)
		shm_destroy_orphaned();
}

static const struct proc_number numbers[] = {
	{ "sys/kernel/shmmax", .word = &shm_ctlmax },
	{ "sys/kernel/shmall", .word = &shm_ctlall },
	{ "sys/kernel/shmmni", .value = &shm_ctlmni, .high = IPCMNI },
	{ "sys/kernel/shm_next_id", .value = &shm_next_id, .high = 0x7fffffff },
	{ "sys/kernel/shm_rmid_forced", .value = &shm_rmid_forced, .high = 1,
	  .written = rmid_forced_written },
};

void proc_ipc_init(void)
{
	proc_create("sysvipc/shm", 0444, sysvipc_shm_show, NULL);
	proc_create_numbers(numbers, ARRAY_SIZE(numbers));
}
