/*
 * stdlib.h - memory, environment, numbers, exit
 */
#ifndef _STDLIB_H
#define _STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1

void *malloc(size_t bytes);
void *calloc(size_t count, size_t size);
void *realloc(void *mem, size_t bytes);
void free(void *mem);

__attribute__((noreturn)) void exit(int status);
__attribute__((noreturn)) void abort(void);
int atexit(void (*fn)(void));
char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);

unsigned long strtoul(const char *s, char **end, int base);
long strtol(const char *s, char **end, int base);
int atoi(const char *s);
void qsort(void *mem, size_t count, size_t size, int (*cmp)(const void *, const void *));

#endif
