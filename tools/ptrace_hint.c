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
	if (denial->self)
		return af_copy("that is af record itself");
	if (denial->tracer)
		return af_make_text("process %d traces %s already; end that",
				    (int)denial->tracer,
				    denial->attached ? "it" : "af record");
	if (denial->ended)
		return af_copy("it has ended, and waits for its parent");
	if (denial->kernel)
		return af_copy("it is a thread of the kernel");
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

/* What is behind @key in a file, or at its start; "" if there is nothing. */
static void read_value(const char *path, const char *key, char value[256])
{
	FILE *file = fopen(path, "re");
	char line[256];

	value[0] = 0;
	while (file && fgets(line, sizeof(line), file)) {
		const char *pos = line + strlen(key);

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		strcpy(value, pos + strspn(pos, " \t"));
		break;
	}
	if (file)
		fclose(file);
}

static int read_number(const char *path, const char *key)
{
	char value[256];

	read_value(path, key, value);
	return atoi(value);
}

static void look_at(struct af_ptrace_denial *denial, pid_t pid)
{
	char path[32], value[256];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	denial->tracer = read_number(path, "TracerPid:");
	if (!denial->attached)
		return;
	denial->self = pid == getpid();
	read_value(path, "State:", value);
	denial->ended = value[0] == 'Z' || value[0] == 'X';
	/* Who has ended has no memory either, nor has who is not there. */
	denial->kernel = value[0] && !denial->ended &&
			 !read_number(path, "VmSize:");
}

struct af_ptrace_denial af_ptrace_denial(pid_t pid)
{
	struct af_ptrace_denial denial = {
		.attached = pid != 0,
		.root = !geteuid(),
		.yama = read_number("/proc/sys/kernel/yama/ptrace_scope", ""),
	};

	look_at(&denial, pid ? pid : getpid());
	return denial;
}

void af_print_ptrace_hint(pid_t pid)
{
	const struct af_ptrace_denial denial = af_ptrace_denial(pid);
	char *hint = af_ptrace_hint(&denial);

	fprintf(stderr, "af: hint: %s\n", hint);
	free(hint);
}
