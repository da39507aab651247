// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "memory.h"

void af_out_of_memory(void)
{
	fputs("af: out of memory\n", stderr);
	exit(AF_RUN_FAILED);
}

void *af_grow(void *array, size_t nr, size_t size)
{
	void *larger = reallocarray(array, nr, size);

	if (!larger)
		af_out_of_memory();
	return larger;
}

char *af_copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		af_out_of_memory();
	return copy;
}

char *af_make_text(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		af_out_of_memory();
	return text;
}
