// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a system call costs under a filter, in instructions.
 *
 * Only meaningful under QEMU's -icount shift=0, where the time stamp counter
 * counts instructions.  A row of output is a name and a number: the least of
 * many batches, since a batch may contain an interrupt.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libaf.h"

#define CALLS   1000
#define BATCHES 30

static uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static long direct_call(long nr)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr)
			 : "rcx", "r11", "memory");
	return ret;
}

static uint64_t measure(long (*call)(long nr))
{
	uint64_t least = UINT64_MAX;
	int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		uint64_t start = instructions(), took;

		for (i = 0; i < CALLS; i++)
			call(SYS_getppid);
		took = instructions() - start;
		if (took < least)
			least = took;
	}
	return least / CALLS;
}

static void install(const struct sock_filter *filter, size_t len)
{
	struct sock_fprog prog = {
		.len = len,
		.filter = (struct sock_filter *)filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("prctl");
		_exit(1);
	}
}

static void no_filter(void)
{
}

/* Constant, so that the kernel decides by its bitmap. */
static void bitmap(void)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(filter, 1);
}

/* The smallest that has to be run. */
static void smallest(void)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(filter, 2);
}

static char deep_path[4096];

static void load(const char *format)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	struct libaf_error err;
	char *text;

	if (asprintf(&text, format, deep_path) < 0)
		_exit(1);
	if (libaf_policy_parse(text, strlen(text), "bench", &policy, &err) ||
	    libaf_filter_new(policy, NULL, 0, &filter, &err) ||
	    libaf_filter_load(filter)) {
		fprintf(stderr, "bench: %s\n", err.text);
		_exit(1);
	}
}

static void by_caller(void)
{
	load("transparent libc.so.6 %s\n"
	     "program { getpid getppid write exit_group }\n");
}

static void by_prev(void)
{
	load("common { getpid write exit_group }\n"
	     "unknown { getpid write exit_group\n getppid after getpid }\n"
	     "program %.0s { getppid after getpid }\n");
}

static void by_caller_and_prev(void)
{
	load("transparent libc.so.6 %s\n"
	     "program { getpid write exit_group\n getppid after getpid }\n");
}

static const struct row {
	const char *name;
	void (*prepare)(void);
	int deep;
	int patched;
} rows[] = {
	{ "none", no_filter, 0, 0 },
	{ "bitmap", bitmap, 0, 0 },
	{ "smallest", smallest, 0, 0 },
	{ "none-deep", no_filter, 1, 0 },
	{ "smallest-deep", smallest, 1, 0 },
	{ "prev", by_prev, 0, 1 },
	{ "caller", by_caller, 0, 1 },
	{ "caller-prev", by_caller_and_prev, 0, 1 },
	{ "caller-deep", by_caller, 1, 1 },
};

static int run_row(const struct row *row, long (*deep)(long nr))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char line[128];
		uint64_t cost;
		int len;

		row->prepare();
		direct_call(SYS_getpid);
		cost = measure(row->deep ? deep : direct_call);
		len = snprintf(line, sizeof(line), "%s\t%llu\n", row->name,
			       (unsigned long long)cost);
		_exit(write(1, line, len) != len);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
	const char *build = getenv("AF_BUILD");
	long (*deep)(long nr);
	size_t i;
	void *lib;

	snprintf(deep_path, sizeof(deep_path), "%s/selftests/bench/libdeep.so",
		 build ? build : ".");
	lib = dlopen(deep_path, RTLD_NOW);
	deep = lib ? (long (*)(long))dlsym(lib, "deep_call") : NULL;
	if (!deep) {
		fprintf(stderr, "bench: %s\n", dlerror());
		return 1;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].patched && libaf_abi() < LIBAF_ABI_CALLER_ID)
			continue;
		if (run_row(&rows[i], deep)) {
			fprintf(stderr, "bench: %s failed\n", rows[i].name);
			return 1;
		}
	}
	return 0;
}
