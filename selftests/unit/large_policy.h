/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy that does not fit into one program, for several tests. */
#ifndef LARGE_POLICY_H
#define LARGE_POLICY_H

#include <stdio.h>
#include <stdlib.h>

/* Each call has predecessors of its own.  Returns what free() takes, or NULL. */
static inline char *large_policy(void)
{
	static const char *const calls[] = {
		"read",   "write",  "open",       "close", "mmap",
		"munmap", "ioctl",  "exit_group", "prctl", "seccomp",
		"socket", "execve", "openat",     "kill",  "futex",
	};
	const size_t nr = sizeof(calls) / sizeof(*calls);
	char *text = NULL;
	size_t size, i, j;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "default errno EPERM\n");
	for (i = 0; i < 400; i++) {
		fprintf(f, "optional library libnot-there-%zu.so {\n", i);
		for (j = 0; j < nr; j++) {
			if ((i * 2654435761U >> 7 ^ i * j * 40503U >> 9) & 1)
				fprintf(f, "%s after %s\n", calls[j],
					calls[(i + j) % nr]);
		}
		fprintf(f, "}\n");
	}
	fprintf(f, "program { getpid }\ntransparent libc.so.6\n");
	fclose(f);
	return text;
}

#endif /* LARGE_POLICY_H */
