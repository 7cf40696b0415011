/*
 * syscalls_sys.h - system calls about the task itself and the machine (kernel/sys.c)
 */
#ifndef SYSCALLS_SYS_H
#define SYSCALLS_SYS_H

#include <types.h>
#include <uapi/resource.h>
#include <uapi/sysinfo.h>
#include <uapi/time.h>
#include <uapi/utsname.h>

struct task_struct;

long sys_getpid(void);
long sys_gettid(void);
long sys_getppid(void);
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_setuid(uid_t uid);
long sys_setgid(gid_t gid);
long sys_setreuid(uid_t ruid, uid_t euid);
long sys_setregid(gid_t rgid, gid_t egid);
long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid);
long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid);
long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid);
long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid);
long sys_setfsuid(uid_t uid);
long sys_setfsgid(gid_t gid);
long sys_getgroups(int size, gid_t __user *list);
long sys_setgroups(int size, const gid_t __user *list);
long sys_setpgid(pid_t pid, pid_t pgid);
long sys_getpgid(pid_t pid);
long sys_getpgrp(void);
long sys_getsid(pid_t pid);
long sys_setsid(void);

long sys_newuname(struct new_utsname __user *buf);
long sys_sethostname(const char __user *name, int len);
long sys_setdomainname(const char __user *name, int len);
long sys_getrlimit(unsigned int which, struct rlimit __user *rlim);
long sys_setrlimit(unsigned int which, const struct rlimit __user *rlim);
long sys_prlimit64(pid_t pid, unsigned int which, const struct rlimit64 __user *new,
		   struct rlimit64 __user *old);
long sys_getrusage(int who, struct rusage __user *ru);
long sys_times(struct tms __user *buf);
long sys_sysinfo(struct sysinfo __user *info);
long sys_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5);
long prctl_set_mm(int op, unsigned long addr, unsigned long arg4, unsigned long arg5);	/* prctl_mm.c */
long sys_personality(unsigned int persona);
long sys_getpriority(int which, int who);
long sys_setpriority(int which, int who, int nice);
long sys_sched_yield(void);
long sys_sched_setaffinity(pid_t pid, unsigned int len, const unsigned long __user *mask);
long sys_sched_getaffinity(pid_t pid, unsigned int len, unsigned long __user *mask);
long sys_sched_getscheduler(pid_t pid);
long sys_sched_getparam(pid_t pid, int __user *param);
long sys_sched_get_priority_max(int policy);
long sys_sched_get_priority_min(int policy);
long sys_getcpu(unsigned int __user *cpu, unsigned int __user *node, void __user *unused);
long sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg);
long sys_set_tid_address(int __user *tidptr);
long sys_arch_prctl(int code, unsigned long addr);
long sys_syslog(int type, char __user *buf, int len);
long sys_capget(void __user *header, void __user *data);
long sys_membarrier(int cmd, unsigned int flags, int cpu);

/* Resources used by @t's process (RUSAGE_SELF ...), also for wait4. */
void getrusage(struct task_struct *t, int who, struct rusage *ru);

#endif
