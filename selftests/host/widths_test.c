// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arguments of which this kernel takes 32 bits, although they are longs or are
 * not in the prototypes that the library's table is made of: with more in the
 * upper half, the kernel does the same, and so must a policy.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "../../lib/policy.h"
#include "../cases.h"
#include "libaf.h"

#define UPPER (1UL << 32)

/* A file of a page, both ends of a pipe, and a child that only waits. */
static struct {
	int file;
	int pipe[2];
	pid_t child;
} made;

static void make(void)
{
	made.file = memfd_create("file", 0);
	expect(made.file >= 0 && !ftruncate(made.file, 4096));
	expect(!pipe(made.pipe));
	made.child = fork();
	if (!made.child) {
		close(made.pipe[1]);
		if (!read(made.pipe[0], &made, 1))
			_exit(0);
	}
	expect(made.child > 0);
}

/* What a call returns, or an error as the kernel says it. */
static long called(unsigned int nr, const unsigned long *args)
{
	long ret = syscall(nr, args[0], args[1], args[2], args[3], args[4],
			   args[5]);

	return ret < 0 ? -errno : ret;
}

/* Of argument @arg, the kernel and the library see the lower half. */
static void takes_half(unsigned int nr, unsigned int arg,
		       const unsigned long *args)
{
	unsigned long other[AF_NR_ARGS];
	long lower = called(nr, args), both;

	memcpy(other, args, sizeof(other));
	other[arg] |= UPPER;
	both = called(nr, other);
	if (lower != both || af_arg_width(nr, arg) != 32)
		fprintf(stderr, "# call %u, argument %u: %ld, %ld\n", nr, arg,
			lower, both);
	expect(lower == both);
	expect(af_arg_width(nr, arg) == 32);
}

#define HALF(nr, arg, ...) \
	takes_half(nr, arg, (unsigned long[AF_NR_ARGS]){ __VA_ARGS__ })

static void take_half_of_vectors(unsigned int arg)
{
	static const unsigned int nrs[] = {
		SYS_readv,   SYS_writev,  SYS_preadv,
		SYS_pwritev, SYS_preadv2, SYS_pwritev2,
	};

	make();
	for (size_t i = 0; i < sizeof(nrs) / sizeof(*nrs); i++)
		HALF(nrs[i], arg, made.file);
}

static void files_of_vectors(void)
{
	take_half_of_vectors(0);
}

static void lengths_of_vectors(void)
{
	take_half_of_vectors(2);
	HALF(SYS_vmsplice, 2, made.pipe[1]);
	HALF(SYS_process_vm_readv, 2, getpid());
	HALF(SYS_process_vm_writev, 2, getpid());
	HALF(SYS_process_madvise, 2, syscall(SYS_pidfd_open, getpid(), 0), 0, 0,
	     MADV_COLD);
}

static void mapped_file(void)
{
	char *page;

	make();
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(page != MAP_FAILED);
	/* To the same place, so that the same is returned. */
	HALF(SYS_mmap, 4, (unsigned long)page, 4096, PROT_READ,
	     MAP_SHARED | MAP_FIXED, made.file);
}

static void memory_policy(void)
{
	char *page =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(page != MAP_FAILED);
	HALF(SYS_mbind, 2, (unsigned long)page, 4096);
}

static void calls_of_x86(void)
{
	unsigned long base;
	char entries[8];

	HALF(SYS_arch_prctl, 0, ARCH_GET_FS, (unsigned long)&base);
	HALF(SYS_modify_ldt, 0, 0, (unsigned long)entries, sizeof(entries));
	HALF(SYS_iopl, 0, 0);
}

static void clone_flags(void)
{
	int status;
	pid_t pid = syscall(SYS_clone, UPPER | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(7);
	expect(pid > 0 && waitpid(pid, &status, 0) == pid);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	expect(af_arg_width(SYS_clone, 0) == 32);
}

static void traced_process(void)
{
	make();
	expect(!syscall(SYS_ptrace, PTRACE_SEIZE, UPPER | made.child, 0, 0));
	expect(af_arg_width(SYS_ptrace, 1) == 32);
}

static void compared_file(void)
{
	make();
	HALF(SYS_kcmp, 3, getpid(), getpid(), KCMP_FILE, made.file, made.file);
}

/* The mask is of 64 bits on machines of 64, and the path a pointer. */
static void watched_file(void)
{
	static const unsigned int widths[] = { 32, 32, 64, 32, 64, 64 };

	for (unsigned int arg = 0; arg < AF_NR_ARGS; arg++)
		expect(af_arg_width(SYS_fanotify_mark, arg) == widths[arg]);
}

/* Load rules that hold for whoever asks, as this kernel cannot say. */
static void load(const char *rules)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "default log\nprogram { %s }\nunknown { %s }\n", rules, rules);
	expect(!libaf_load(text_file(text), 0));
}

static void upper_half_evades_no_rule(void)
{
	unsigned long gs = 1;

	load("writev if arg0 == 1 then errno EPERM\n"
	     "arch_prctl if arg0 == 0x1001 then errno EPERM");
	expect(syscall(SYS_writev, 1UL, 0, 0) < 0 && errno == EPERM);
	expect(syscall(SYS_writev, UPPER | 1, 0, 0) < 0 && errno == EPERM);
	expect(!syscall(SYS_writev, 2UL, 0, 0));
	expect(syscall(SYS_arch_prctl, UPPER | ARCH_SET_GS, 4096) < 0 &&
	       errno == EPERM);
	/* Nothing was set. */
	expect(!syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) && gs == 0);
}

static const struct test_case tests[] = {
	{ "a file to read and write with vectors is an int", files_of_vectors,
	  0 },
	{ "so is how many vectors there are", lengths_of_vectors, 0 },
	{ "so is a file to map", mapped_file, 0 },
	{ "so is a mode of mbind", memory_policy, 0 },
	{ "so is what arch_prctl, modify_ldt and iopl are to do", calls_of_x86,
	  0 },
	{ "so are the flags of clone", clone_flags, 0 },
	{ "so is a process to trace", traced_process, 0 },
	{ "so is a file to compare", compared_file, 0 },
	{ "the events of fanotify_mark are 64 bits", watched_file, 0 },
	{ "no rule is evaded by the upper half of an int",
	  upper_half_evades_no_rule, 0 },
};

int main(void)
{
	return CASES(tests);
}
