/*
 * kernel/syscall.c - the table of system calls
 *
 * Purpose:    the entry code calls sys_call_table[number]; what is not in the table is answered
 *             with ENOSYS and named once per program in the log, so that one sees what a program
 *             would have liked to have.
 * Invariants: an entry exists only for a call that does its work.
 * Sources:    AMD64 psABI, "Linux Conventions"; the numbers are Linux's.
 */
#include <err.h>
#include <futex.h>
#include <ipc_shm.h>
#include <mm.h>
#include <printk.h>
#include <random.h>
#include <rseq.h>
#include <sched.h>
#include <signal.h>
#include <syscall.h>
#include <syscalls_exec.h>
#include <syscalls_fs.h>
#include <syscalls_proc.h>
#include <syscalls_remote.h>
#include <syscalls_sys.h>
#include <time.h>
#include <tty.h>
#include <uapi/unistd.h>

/* Arguments arrive in C order whatever their types are: one pointer type fits all. */
#define CALL(name) [__NR_##name] = (sys_call_ptr_t)(void *)sys_##name
#define sys_uname sys_newuname

const sys_call_ptr_t sys_call_table[NR_SYSCALLS] = {
	CALL(read), CALL(write), CALL(open), CALL(close), CALL(stat), CALL(fstat), CALL(lstat),
	CALL(poll), CALL(lseek), CALL(mmap), CALL(mprotect), CALL(munmap), CALL(brk),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(ioctl),
	CALL(pread64), CALL(pwrite64), CALL(readv), CALL(writev), CALL(access), CALL(pipe),
	CALL(select), CALL(sched_yield), CALL(mremap), CALL(msync), CALL(mincore),
	CALL(madvise), CALL(dup), CALL(dup2), CALL(pause), CALL(nanosleep), CALL(getitimer),
	CALL(alarm), CALL(setitimer), CALL(getpid), CALL(sendfile), CALL(clone), CALL(fork),
	CALL(vfork), CALL(execve), CALL(exit), CALL(wait4), CALL(kill), CALL(fcntl),
	CALL(flock), CALL(fsync), CALL(fdatasync), CALL(truncate), CALL(ftruncate),
	CALL(getdents), CALL(getcwd), CALL(chdir), CALL(fchdir), CALL(rename), CALL(mkdir),
	CALL(rmdir), CALL(creat), CALL(link), CALL(unlink), CALL(symlink), CALL(readlink),
	CALL(chmod), CALL(fchmod), CALL(chown), CALL(fchown), CALL(lchown), CALL(umask),
	CALL(gettimeofday), CALL(getrlimit), CALL(getrusage), CALL(sysinfo), CALL(times),
	CALL(getuid), CALL(syslog), CALL(getgid), CALL(setuid), CALL(setgid), CALL(geteuid),
	CALL(getegid), CALL(setpgid), CALL(getppid), CALL(getpgrp), CALL(setsid),
	CALL(setreuid), CALL(setregid), CALL(getgroups), CALL(setgroups), CALL(setresuid),
	CALL(getresuid), CALL(setresgid), CALL(getresgid), CALL(getpgid), CALL(setfsuid),
	CALL(setfsgid), CALL(getsid), CALL(capget), CALL(rt_sigpending), CALL(rt_sigtimedwait),
	CALL(rt_sigqueueinfo), CALL(rt_sigsuspend), CALL(sigaltstack), CALL(utime),
	CALL(mknod), CALL(personality), CALL(statfs), CALL(fstatfs), CALL(getpriority),
	CALL(setpriority), CALL(sched_getparam), CALL(sched_getscheduler),
	CALL(sched_get_priority_max), CALL(sched_get_priority_min), CALL(mlock), CALL(munlock),
	CALL(mlockall), CALL(munlockall), CALL(vhangup), CALL(prctl), CALL(arch_prctl),
	CALL(setrlimit), CALL(chroot), CALL(sync), CALL(settimeofday), CALL(mount),
	CALL(umount2), CALL(swapon), CALL(swapoff), CALL(reboot), CALL(sethostname), CALL(setdomainname), CALL(gettid),
	CALL(readahead), CALL(setxattr), CALL(lsetxattr), CALL(fsetxattr), CALL(getxattr),
	CALL(lgetxattr), CALL(fgetxattr), CALL(listxattr), CALL(llistxattr), CALL(flistxattr),
	CALL(removexattr), CALL(lremovexattr), CALL(fremovexattr), CALL(tkill), CALL(time),
	CALL(futex), CALL(sched_setaffinity), CALL(sched_getaffinity), CALL(getdents64),
	CALL(set_tid_address), CALL(restart_syscall), CALL(fadvise64), CALL(clock_settime),
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(exit_group),
	CALL(tgkill), CALL(utimes), CALL(waitid), CALL(openat), CALL(mkdirat), CALL(mknodat),
	CALL(fchownat), CALL(futimesat), CALL(newfstatat), CALL(unlinkat), CALL(renameat),
	CALL(linkat), CALL(symlinkat), CALL(readlinkat), CALL(fchmodat), CALL(faccessat),
	CALL(pselect6), CALL(ppoll), CALL(set_robust_list), CALL(get_robust_list),
	CALL(sync_file_range), CALL(utimensat), CALL(fallocate), CALL(dup3), CALL(pipe2),
	CALL(preadv), CALL(pwritev), CALL(rt_tgsigqueueinfo), CALL(prlimit64), CALL(syncfs),
	CALL(getcpu), CALL(renameat2), CALL(getrandom), CALL(memfd_create), CALL(membarrier),
	CALL(copy_file_range), CALL(preadv2), CALL(pwritev2), CALL(statx), CALL(clone3),
	CALL(close_range), CALL(faccessat2), CALL(remap_file_pages), CALL(mlock2),
	CALL(process_vm_readv), CALL(process_vm_writev), CALL(process_madvise),
	CALL(pidfd_open), CALL(pidfd_send_signal),
	CALL(rseq),
	CALL(pkey_mprotect), CALL(pkey_alloc), CALL(pkey_free),
	CALL(uname),
	CALL(shmget), CALL(shmat), CALL(shmdt), CALL(shmctl),
};

#define SYSCALL(nr, name) [nr] = #name,
static const char *const names[NR_SYSCALLS] = {
#include <uapi/syscall_table.h>
};
#undef SYSCALL

long sys_ni_syscall(unsigned long nr)
{
	unsigned long slot = nr < NR_SYSCALLS ? nr : NR_SYSCALLS;

	if (!test_and_set_bit(slot, current->logged_syscalls))
		pr_debug("%s[%d]: system call %s (%lu) is not implemented\n", current->comm,
			current->tgid, nr < NR_SYSCALLS && names[nr] ? names[nr] : "unknown", nr);
	return -ENOSYS;
}
