/*
 * stdio.h - buffered files and formatted text (libc/stdio.c, vsnprintf.c, sscanf.c)
 */
#ifndef _STDIO_H
#define _STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include <uapi/unistd.h>

#define EOF	(-1)
#define __PRINTF(f, a)	__attribute__((format(printf, f, a)))

typedef struct FILE FILE;
extern FILE *const stdin, *const stdout, *const stderr;

FILE *fopen(const char *path, const char *mode);
FILE *fdopen(int fd, const char *mode);
int fclose(FILE *f);
int fflush(FILE *f);
int fileno(FILE *f);
int feof(FILE *f);
int ferror(FILE *f);
size_t fread(void *mem, size_t size, size_t count, FILE *f);
size_t fwrite(const void *mem, size_t size, size_t count, FILE *f);
int fgetc(FILE *f);
int getchar(void);
int ungetc(int c, FILE *f);
char *fgets(char *line, int size, FILE *f);
ssize_t getline(char **line, size_t *size, FILE *f);
int fputc(int c, FILE *f);
int putchar(int c);
int fputs(const char *s, FILE *f);
int puts(const char *s);
int printf(const char *fmt, ...) __PRINTF(1, 2);
int fprintf(FILE *f, const char *fmt, ...) __PRINTF(2, 3);
int dprintf(int fd, const char *fmt, ...) __PRINTF(2, 3);
int vprintf(const char *fmt, va_list ap) __PRINTF(1, 0);
int vfprintf(FILE *f, const char *fmt, va_list ap) __PRINTF(2, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __PRINTF(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __PRINTF(3, 0);
int sscanf(const char *text, const char *fmt, ...) __attribute__((format(scanf, 2, 3)));
int rename(const char *old, const char *path);
void perror(const char *what);

#endif
