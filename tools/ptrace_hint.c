// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "ptrace_hint.h"

char *af_ptrace_hint(const struct af_ptrace_denial *denial)
{
	if (denial->tracer)
		return af_make_text("process %d traces it already; end that",
				    (int)denial->tracer);
	if (denial->yama == 3)
		return af_copy(
			"kernel.yama.ptrace_scope is 3: boot without it to trace anything");
	if (denial->root)
		return af_copy(
			"ptrace(2) is denied, as in a container: give that CAP_SYS_PTRACE");
	if (denial->yama == 2)
		return af_copy(
			"kernel.yama.ptrace_scope is 2: run af as root, or set it to 1, see sysctl(8)");
	if (!denial->attached)
		return af_copy(
			"ptrace(2) is denied, as in a container: permit it there, or do this elsewhere");
	if (denial->yama == 1)
		return af_copy(
			"kernel.yama.ptrace_scope is 1: have af record start it, or run af as root");
	return af_copy("it is somebody else's, or privileged: run af as root");
}

/* The number behind @key in a file, or at its start; 0 if there is none. */
static int read_number(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];
	int number = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		number = atoi(line + strlen(key));
		break;
	}
	if (file)
		fclose(file);
	return number;
}

struct af_ptrace_denial af_ptrace_denial(pid_t pid)
{
	struct af_ptrace_denial denial = {
		.attached = pid != 0,
		.root = !geteuid(),
		.yama = read_number("/proc/sys/kernel/yama/ptrace_scope", ""),
	};
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (pid)
		denial.tracer = read_number(path, "TracerPid:");
	return denial;
}

void af_print_ptrace_hint(pid_t pid)
{
	const struct af_ptrace_denial denial = af_ptrace_denial(pid);
	char *hint = af_ptrace_hint(&denial);

	fprintf(stderr, "af: hint: %s\n", hint);
	free(hint);
}
