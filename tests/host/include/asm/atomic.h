/* Compiler built-ins, as on the target; only the fence is the host's. */
#include "../../../../arch/x86_64/include/asm/atomic.h"
#undef smp_mb
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
