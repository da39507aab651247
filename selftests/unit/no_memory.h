/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes an allocation of the library fail.  The linker lets these functions
 * take malloc()'s place in a test that includes this file, see ../Makefile.
 */
#ifndef AF_UNIT_NO_MEMORY_H
#define AF_UNIT_NO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Number of the allocation that fails, counted down; 0 for none. */
static unsigned int fail_in;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool must_fail(void)
{
	return fail_in && --fail_in == 0;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __real_realloc(old, size);
}

#endif /* AF_UNIT_NO_MEMORY_H */
