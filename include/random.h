/*
 * random.h - numbers nobody can guess
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <types.h>

void random_init(void);
void get_random_bytes(void *buf, size_t len);	/* any context */
u64 get_random_u64(void);
void random_mix(const void *buf, size_t len);	/* stir in what somebody else thinks is random */
/* 64 bytes of key stream for @counter, with a nonce of zero (RFC 8439). */
void chacha20_block(const u32 key[8], u64 counter, u32 out[16]);
long sys_getrandom(char __user *buf, size_t len, unsigned int flags);

#endif
