// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What libaf_load() costs at the start of a program: one process, one
 * measurement, since a program starts once and nothing is warm then.
 *
 *	startup load POLICY		time by stage; POLICY may be compiled
 *	startup memory POLICY		bytes of the heap at its peak, of the filter
 *	startup libseccomp POLICY	the same, for libseccomp's filter of the
 *					union of the policy's lists: time, bytes
 *	startup rows FILE...		time to convert their unwind tables
 *
 * Prints numbers in one line, times in nanoseconds, stages as in enum stage.
 * On a kernel without the patch series the filter is made as for one that has
 * it, and not loaded: that stage is 0.
 *
 * The functions where a stage begins are wrapped by the linker (see
 * selftests/Makefile), so that the library need not know of clocks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compile.h"
#include "elf.h"
#include "filter.h"
#include "libaf.h"
#include "objects.h"
#include "parse.h"
#include "policy.h"
#include "read.h"
#include "restore.h"
#include "sys.h"
#include "unwind.h"

enum stage {
	OUTSIDE,
	READ,
	PARSE,
	COMPILE,
	RESOLVE,
	ELF,
	ROWS,
	PACK,
	REGISTER,
	NR_STAGES,
};

static uint64_t took[NR_STAGES];
static enum stage current;
static uint64_t since;

static bool dry;
static size_t filter_size;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Time goes to the innermost stage.  Returns the one to go back to. */
static enum stage enter(enum stage stage)
{
	enum stage before = current;
	uint64_t time = now();

	took[current] += time - since;
	since = time;
	current = stage;
	return before;
}

/* The Makefile looks for the names of wrappers, hence written out. */
#define WRAP(where, wrapper, real, parameters, arguments) \
	int real parameters;                              \
	int wrapper parameters;                           \
	int wrapper parameters                            \
	{                                                 \
		enum stage before = enter(where);         \
		int ret = real arguments;                 \
                                                          \
		enter(before);                            \
		return ret;                               \
	}

WRAP(READ, __wrap_libaf_policy_read, __real_libaf_policy_read,
     (const char *path, struct libaf_policy **policy, struct libaf_error *err),
     (path, policy, err))
WRAP(PARSE, __wrap_af_parse, __real_af_parse,
     (const char *text, size_t len, const char *name, bool from_file,
      struct libaf_policy **policy, struct libaf_error *err),
     (text, len, name, from_file, policy, err))
WRAP(COMPILE, __wrap_af_compile, __real_af_compile,
     (const struct libaf_policy *policy, const struct af_caller *extra,
      struct af_programs *programs, struct libaf_error *err),
     (policy, extra, programs, err))
WRAP(RESOLVE, __wrap_af_objects_find, __real_af_objects_find,
     (struct af_objects * objects, const struct libaf_policy *policy,
      const char *program, const struct af_own_text *own,
      struct libaf_error *err),
     (objects, policy, program, own, err))
WRAP(ELF, __wrap_af_elf_read_fd, __real_af_elf_read_fd,
     (struct af_elf * elf, int fd, unsigned int flags), (elf, fd, flags))
WRAP(ELF, __wrap_af_elf_read_loaded, __real_af_elf_read_loaded,
     (struct af_elf * elf, uintptr_t bias, const void *phdr, size_t nr_phdr),
     (elf, bias, phdr, nr_phdr))
WRAP(ROWS, __wrap_af_unwind_build, __real_af_unwind_build,
     (const struct af_elf *elf, const struct af_segment *segment,
      struct af_unwind *unwind),
     (elf, segment, unwind))
/* The stages of a compiled policy that are most like those of a policy. */
WRAP(READ, __wrap_af_read_image, __real_af_read_image,
     (const char *path, char **data, size_t *size, struct libaf_error *err),
     (path, data, size, err))
WRAP(PARSE, __wrap_af_image_decode, __real_af_image_decode,
     (struct af_image * image, const void *data, size_t size, const char *name,
      struct libaf_error *err),
     (image, data, size, name, err))
WRAP(RESOLVE, __wrap_af_restore, __real_af_restore,
     (const struct af_image *image, const char *program, unsigned int flags,
      struct libaf_filter **filter, struct libaf_error *err),
     (image, program, flags, filter, err))
WRAP(ELF, __wrap_af_identity_check, __real_af_identity_check,
     (const struct af_identity *identity, int fd, uint64_t size),
     (identity, fd, size))
WRAP(PACK, __wrap_libaf_filter_new, __real_libaf_filter_new,
     (const struct libaf_policy *policy, const char *program,
      unsigned int flags, struct libaf_filter **filter,
      struct libaf_error *err),
     (policy, program, flags, filter, err))

unsigned int __real_af_sys_features(void);
unsigned int __wrap_af_sys_features(void);
unsigned int __wrap_af_sys_features(void)
{
	return LIBAF_SECCOMP_FEATURE_PREV_NR | LIBAF_SECCOMP_FEATURE_CALLER_ID;
}

int __real_libaf_filter_load(const struct libaf_filter *filter);
int __wrap_libaf_filter_load(const struct libaf_filter *filter);
int __wrap_libaf_filter_load(const struct libaf_filter *filter)
{
	enum stage before;
	int ret;

	filter_size = filter->size;
	if (dry)
		return LIBAF_ENFORCED;
	before = enter(REGISTER);
	ret = __real_libaf_filter_load(filter);
	enter(before);
	return ret;
}

static void print(const uint64_t *numbers, size_t nr)
{
	char line[512];
	size_t i, len = 0;

	for (i = 0; i < nr; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len,
					"%llu%c",
					(unsigned long long)numbers[i],
					i + 1 < nr ? ' ' : '\n');
	/* No stdio: the policy has write and exit_group, and no more. */
	_exit(write(1, line, len) != (ssize_t)len);
}

static void fail(const char *what)
{
	fprintf(stderr, "startup: %s\n", what);
	exit(1);
}

static void load(const char *policy)
{
	struct libaf_error err;

	since = now();
	if (libaf_load_explain(policy, 0, &err) < 0)
		fail(err.text);
	enter(OUTSIDE);
}

static void measure_load(const char *policy)
{
	load(policy);
	print(took, NR_STAGES);
}

/* Have the heap grow by what is allocated and never shrink. */
static const char *prepare_heap(void)
{
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	mallopt(M_TOP_PAD, 0);
	malloc_trim(0);
	return sbrk(0);
}

/* Bytes: of the heap at its peak, of the filter. */
static void measure_memory(const char *policy)
{
	const char *start = prepare_heap();
	uint64_t numbers[2];

	load(policy);
	numbers[0] = (uint64_t)((const char *)sbrk(0) - start);
	numbers[1] = filter_size;
	print(numbers, 2);
}

static __attribute__((noinline)) void
build_libseccomp(const struct af_nrset *set, int fd)
{
	/* Valgrind does not know the call by which to ask for other actions. */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_THREAD);
	int nr;

	if (!ctx)
		fail("seccomp_init() failed");
	for (nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(set, (unsigned int)nr) &&
		    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0))
			fail("seccomp_rule_add() failed");
	}
	if (seccomp_export_bpf(ctx, fd))
		fail("seccomp_export_bpf() failed");
	seccomp_release(ctx);
}

/* In a process of its own, whose heap the policy was never in. */
static const struct af_nrset *read_union(const char *path)
{
	struct af_nrset *set = mmap(NULL, sizeof(*set), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct libaf_policy *policy;
	struct libaf_error err;
	int status = -1;
	pid_t pid;

	if (set == MAP_FAILED)
		fail("no memory");
	pid = fork();
	if (!pid) {
		if (libaf_policy_read(path, &policy, &err))
			fail(err.text);
		af_policy_union(policy, set);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail("cannot read the policy");
	return set;
}

/* Nanoseconds, bytes of the heap at its peak. */
static void measure_libseccomp(const char *path)
{
	const struct af_nrset *set = read_union(path);
	uint64_t numbers[2];
	const char *start;
	int fd = memfd_create("filter", MFD_CLOEXEC);

	start = prepare_heap();
	numbers[0] = now();
	build_libseccomp(set, fd);
	numbers[0] = now() - numbers[0];
	numbers[1] = (uint64_t)((const char *)sbrk(0) - start);
	print(numbers, 2);
}

static void convert(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct af_elf elf;
	size_t i;

	if (fd < 0 || af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS))
		fail(path);
	for (i = 0; i < elf.nr_segments; i++) {
		struct af_unwind unwind;

		if (!elf.segments[i].exec)
			continue;
		if (af_unwind_build(&elf, &elf.segments[i], &unwind))
			fail(path);
		af_unwind_release(&unwind);
	}
	af_elf_release(&elf);
	close(fd);
}

/* Nanoseconds. */
static void measure_rows(char *const *paths)
{
	for (; *paths; paths++)
		convert(*paths);
	print(&took[ROWS], 1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	dry = __real_af_sys_features() != __wrap_af_sys_features();
	if (!strcmp(what, "load"))
		measure_load(argv[2]);
	else if (!strcmp(what, "memory"))
		measure_memory(argv[2]);
	else if (!strcmp(what, "libseccomp"))
		measure_libseccomp(argv[2]);
	else if (!strcmp(what, "rows"))
		measure_rows(argv + 2);
	fail("see the top of startup.c");
}
