/*
 * libc/string.c - memory and string functions, for the kernel and for programs
 *
 * Purpose:    the same code on both sides of the system call; it may use neither errno
 *             nor allocation nor floating-point registers.
 * Simplified: `rep movsq` and `rep stosq` plus a byte tail. Modern CPUs copy whole cache
 *             lines with them, and an emulator turns them into a fast loop.
 * Sources:    Intel SDM vol. 1, "String Operations"; AMD64 psABI (direction flag clear on
 *             every call).
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef QUIRE_KASAN
#include <kasan.h>
#else
#define kasan_check_read(p, n) ((void)0)
#define kasan_check_write(p, n) ((void)0)
#endif

#if defined(__GNUC__) && !defined(__clang__)
/* A loop that looks like strlen must not become a call of strlen. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	void *d = dst;
	size_t words = len / 8;

	kasan_check_read(src, len);
	kasan_check_write(dst, len);
	asm volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words) : : "memory");
	len &= 7;
	asm volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(len) : : "memory");
	return dst;
}

/*
 * Copy from the end down, whole words first. Not by `std; rep movs`: an interrupt in the
 * middle would run its handler with the direction flag set.
 */
static void copy_backward(char *dst, const char *src, size_t len)
{
	for (; len >= 8; len -= 8) {
		uint64_t word;

		__builtin_memcpy(&word, src + len - 8, 8);
		__builtin_memcpy(dst + len - 8, &word, 8);
	}
	while (len--)
		dst[len] = src[len];
}

void *memmove(void *dst, const void *src, size_t len)
{
	if ((uintptr_t)dst - (uintptr_t)src >= len)
		return memcpy(dst, src, len);
	kasan_check_read(src, len);
	kasan_check_write(dst, len);
	copy_backward(dst, src, len);
	return dst;
}

void *memset(void *dst, int byte, size_t len)
{
	void *d = dst;
	uint64_t pattern = 0x0101010101010101UL * (unsigned char)byte;
	size_t words = len / 8;

	kasan_check_write(dst, len);
	asm volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
	len &= 7;
	asm volatile("rep stosb" : "+D"(d), "+c"(len) : "a"(pattern) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *mem, int byte, size_t len)
{
	const unsigned char *p = mem;

	for (; len; len--, p++)
		if (*p == (unsigned char)byte)
			return (void *)p;
	return NULL;
}

/* First byte that differs from the given one, or NULL: finds trampled poison. */
void *memchr_inv(const void *mem, int byte, size_t len)
{
	const unsigned char *p = mem;

	for (; len; len--, p++)
		if (*p != (unsigned char)byte)
			return (void *)p;
	return NULL;
}

void *memrchr(const void *mem, int byte, size_t len)
{
	const unsigned char *p = mem;

	while (len--)
		if (p[len] == (unsigned char)byte)
			return (void *)(p + len);
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t len)
{
	for (; len; len--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b))
		a++, b++;
	return lower((unsigned char)*a) - lower((unsigned char)*b);
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}

char *strstr(const char *s, const char *word)
{
	size_t len = strlen(word);

	for (; strncmp(s, word, len) != 0; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

/* Cut the next word off *string; NULL at the end. Empty words are given too. */
char *strsep(char **string, const char *delimiters)
{
	char *word = *string, *end;

	if (!word)
		return NULL;
	end = strpbrk(word, delimiters);
	if (end)
		*end++ = '\0';
	*string = end;
	return word;
}

char *strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	return dst;
}

char *strncpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	memcpy(dst, src, len);
	memset(dst + len, 0, size - len);
	return dst;
}

char *strcat(char *dst, const char *src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

/* Always ends with a NUL (size > 0); returns strlen(src), so >= size means it was cut. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	return len + strlcpy(dst + len, src, size - len);
}
