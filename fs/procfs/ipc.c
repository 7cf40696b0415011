/*
 * fs/procfs/ipc.c - /proc/sysvipc and /proc/sys/kernel/shm*: System V shared memory as files
 *
 * Sources: proc(5), sysvipc(7).
 */
#include <ipc_shm.h>

#include "internal.h"

#define IPCMNI 32768

static int shmmax_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", shm_ctlmax);
	return 0;
}

static ssize_t shmmax_write(const char *buf, size_t len)
{
	return write_ulong(buf, len, &shm_ctlmax);
}

static int shmall_show(struct seq_file *m)
{
	seq_printf(m, "%lu\n", shm_ctlall);
	return 0;
}

static ssize_t shmall_write(const char *buf, size_t len)
{
	return write_ulong(buf, len, &shm_ctlall);
}

static int shmmni_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", shm_ctlmni);
	return 0;
}

static ssize_t shmmni_write(const char *buf, size_t len)
{
	return write_int(buf, len, 0, IPCMNI, &shm_ctlmni);
}

static int next_id_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", shm_next_id);
	return 0;
}

static ssize_t next_id_write(const char *buf, size_t len)
{
	return write_int(buf, len, 0, 0x7fffffff, &shm_next_id);
}

static int rmid_forced_show(struct seq_file *m)
{
	seq_printf(m, "%d\n", shm_rmid_forced);
	return 0;
}

static ssize_t rmid_forced_write(const char *buf, size_t len)
{
	ssize_t ret = write_int(buf, len, 0, 1, &shm_rmid_forced);

	if (ret > 0 && shm_rmid_forced)
		shm_destroy_orphaned();
	return ret;
}

void proc_ipc_init(void)
{
	proc_create("sysvipc/shm", 0444, sysvipc_shm_show, NULL);
	proc_create("sys/kernel/shmmax", 0644, shmmax_show, shmmax_write);
	proc_create("sys/kernel/shmall", 0644, shmall_show, shmall_write);
	proc_create("sys/kernel/shmmni", 0644, shmmni_show, shmmni_write);
	proc_create("sys/kernel/shm_next_id", 0644, next_id_show, next_id_write);
	proc_create("sys/kernel/shm_rmid_forced", 0644, rmid_forced_show, rmid_forced_write);
}
