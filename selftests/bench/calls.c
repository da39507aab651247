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
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libaf.h"

#define CALLS   1000
#define BATCHES 30

#define MAX_FILTERS 16

/*
 * The part of a policy that is for this program.  After getppid comes getppid,
 * for the language implies that.
 */
#define PROGRAM(rule)                                                        \
	"program { getpid write exit_group seccomp prctl mmap munmap\n" rule \
	" }\n"

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

static long direct_call6(long nr, long a, long b, long c, long d, long e,
			 long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* In libdeep.so: one call through five frames, one through a wrapper alone. */
static long (*deep_call)(long nr);
static long (*wrapper_call)(long nr);

/* Something that changes the mappings and costs no lookup of its own. */
static void map_and_unmap(void)
{
	long at = direct_call6(SYS_mmap, 0, 4096, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	direct_call6(SYS_munmap, at, 4096, 0, 0, 0, 0);
}

static long no_call(long nr)
{
	(void)nr;
	return 0;
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

/* The calls alone, with a change of mappings before each. */
static uint64_t measure_between(long (*call)(long nr))
{
	uint64_t least = UINT64_MAX;
	int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		uint64_t start, took = 0;

		for (i = 0; i < CALLS; i++) {
			map_and_unmap();
			start = instructions();
			call(SYS_getppid);
			took += instructions() - start;
		}
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

/* Makes @nr_filters filters of a policy before it loads the first. */
static void load_text(const char *text, int nr_filters)
{
	struct libaf_filter *filters[MAX_FILTERS];
	struct libaf_policy *policy;
	struct libaf_error err;
	int i;

	if (libaf_policy_parse(text, strlen(text), "bench", &policy, &err))
		goto fail;
	for (i = 0; i < nr_filters; i++)
		if (libaf_filter_new(policy, NULL, 0, &filters[i], &err))
			goto fail;
	for (i = 0; i < nr_filters; i++)
		if (libaf_filter_load(filters[i]) != LIBAF_ENFORCED)
			_exit(1);
	return;
fail:
	fprintf(stderr, "bench: %s\n", err.text);
	_exit(1);
}

static void by_caller(void)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "transparent libc.so.6 %s\n" PROGRAM("getppid"), deep_path);
	load_text(text, 1);
}

static void by_prev(void)
{
	load_text("common { getpid write exit_group }\n"
		  "unknown { getpid write exit_group\n"
		  " getppid after getpid }\n"
		  "program { getppid after getpid }\n",
		  1);
}

static void load_by_both(int nr_filters)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "transparent libc.so.6 %s\n" PROGRAM(
			 "getppid after getpid munmap"),
		 deep_path);
	load_text(text, nr_filters);
}

static void by_both(void)
{
	load_by_both(1);
}

static void by_both_4(void)
{
	load_by_both(4);
}

static void by_both_16(void)
{
	load_by_both(16);
}

static void smallest_4(void)
{
	int i;

	for (i = 0; i < 4; i++)
		smallest();
}

static void smallest_16(void)
{
	int i;

	for (i = 0; i < 16; i++)
		smallest();
}

/* A library of its own for each object: a copy of one that is there. */
static void copy_library(const char *to)
{
	char buf[65536];
	ssize_t len;
	int in = open(deep_path, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	while ((len = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, len) != len)
			len = -1;
	if (in < 0 || out < 0 || len < 0) {
		perror(to);
		_exit(1);
	}
	close(in);
	close(out);
}

static void load_objects(int nr_objects)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int i;

	if (!f)
		_exit(1);
	fprintf(f,
		"transparent libc.so.6 %s\n" PROGRAM(
			"getppid after getpid munmap"),
		deep_path);
	/* The program, libc and libdeep.so are objects, too. */
	for (i = 3; i < nr_objects; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/tmp/libbench-%d.so", i);
		copy_library(path);
		fprintf(f, "library %s { getppid after getpid munmap }\n",
			path);
	}
	fclose(f);
	load_text(text, 1);
}

static void objects_16(void)
{
	load_objects(16);
}

static void objects_64(void)
{
	load_objects(64);
}

static void objects_256(void)
{
	load_objects(256);
}

enum way {
	DIRECT,
	WRAPPER,
	DEEP,
	MAPPING,
};

static const struct row {
	const char *name;
	void (*prepare)(void);
	enum way way;
	int patched;
} rows[] = {
	{ "none", no_filter, DIRECT, 0 },
	{ "bitmap", bitmap, DIRECT, 0 },
	{ "smallest", smallest, DIRECT, 0 },
	{ "smallest-wrapper", smallest, WRAPPER, 0 },
	{ "smallest-deep", smallest, DEEP, 0 },
	{ "smallest-4", smallest_4, DIRECT, 0 },
	{ "smallest-16", smallest_16, DIRECT, 0 },
	{ "prev", by_prev, DIRECT, 1 },
	{ "caller", by_caller, WRAPPER, 1 },
	{ "both", by_both, WRAPPER, 1 },
	{ "both-deep", by_both, DEEP, 1 },
	{ "both-mapping", by_both, MAPPING, 1 },
	{ "objects-16", objects_16, WRAPPER, 1 },
	{ "objects-64", objects_64, WRAPPER, 1 },
	{ "objects-256", objects_256, WRAPPER, 1 },
	{ "objects-16-mapping", objects_16, MAPPING, 1 },
	{ "objects-64-mapping", objects_64, MAPPING, 1 },
	{ "objects-256-mapping", objects_256, MAPPING, 1 },
	{ "filters-4", by_both_4, WRAPPER, 1 },
	{ "filters-16", by_both_16, WRAPPER, 1 },
};

static uint64_t measure_way(enum way way)
{
	switch (way) {
	case WRAPPER:
		return measure(wrapper_call);
	case DEEP:
		return measure(deep_call);
	case MAPPING:
		return measure_between(wrapper_call) - measure_between(no_call);
	default:
		return measure(direct_call);
	}
}

static int run_row(const struct row *row)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char line[128];
		uint64_t cost;
		int len;

		row->prepare();
		direct_call(SYS_getpid);
		cost = measure_way(row->way);
		len = snprintf(line, sizeof(line), "%s\t%llu\n", row->name,
			       (unsigned long long)cost);
		_exit(write(1, line, len) != len);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static void *symbol(void *lib, const char *name)
{
	void *address = lib ? dlsym(lib, name) : NULL;

	if (!address) {
		fprintf(stderr, "bench: %s\n", dlerror());
		exit(1);
	}
	return address;
}

int main(void)
{
	const char *build = getenv("AF_BUILD");
	size_t i;
	void *lib;

	snprintf(deep_path, sizeof(deep_path), "%s/selftests/bench/libdeep.so",
		 build ? build : ".");
	lib = dlopen(deep_path, RTLD_NOW);
	deep_call = (long (*)(long))symbol(lib, "deep_call");
	wrapper_call = (long (*)(long))symbol(lib, "wrapper_call");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].patched && libaf_abi() < LIBAF_ABI_CALLER_ID)
			continue;
		if (run_row(&rows[i])) {
			fprintf(stderr, "bench: %s failed\n", rows[i].name);
			return 1;
		}
	}
	return 0;
}
