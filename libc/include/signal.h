/*
 * signal.h - signals
 */
#ifndef _SIGNAL_H
#define _SIGNAL_H

#include <sys/types.h>
#include <uapi/signal.h>
#include <uapi/sigcontext.h>
#include <uapi/time.h>

typedef struct ucontext ucontext_t;

struct sigaction {
	union {
		sighandler_t	sa_handler;
		void		(*sa_sigaction)(int, siginfo_t *, void *);
	};
	sigset_t	sa_mask;
	int		sa_flags;
};

int sigaction(int sig, const struct sigaction *act, struct sigaction *old);
sighandler_t signal(int sig, sighandler_t handler);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *set);
int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);
int sigqueue(pid_t pid, int sig, const union sigval value);
int sigaltstack(const stack_t *stack, stack_t *old);
int kill(pid_t pid, int sig);
int tgkill(pid_t pid, pid_t tid, int sig);
int raise(int sig);

#define sigmask(sig)	(1UL << ((sig) - 1))

static inline int sigemptyset(sigset_t *set) { *set = 0; return 0; }
static inline int sigfillset(sigset_t *set) { *set = ~0UL; return 0; }
static inline int sigaddset(sigset_t *set, int sig) { *set |= sigmask(sig); return 0; }
static inline int sigdelset(sigset_t *set, int sig) { *set &= ~sigmask(sig); return 0; }
static inline int sigismember(const sigset_t *set, int sig) { return !!(*set & sigmask(sig)); }

#endif
