/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory, or the end of the program with a message. */
#ifndef AF_MEMORY_H
#define AF_MEMORY_H

#include <stddef.h>

void af_out_of_memory(void) __attribute__((noreturn));

/* As reallocarray(3). */
void *af_grow(void *array, size_t nr, size_t size);
char *af_copy(const char *text);
char *af_make_text(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* AF_MEMORY_H */
