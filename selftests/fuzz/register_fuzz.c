// SPDX-License-Identifier: GPL-2.0
/*
 * Does SECCOMP_SET_MODE_CALLER come to what section 7 of the ABI says, for
 * input that is nearly right?
 *
 *	register_fuzz [INPUTS [FIRST [SEED]]]
 *
 * Nothing may be installed, or there would soon be no room for more: most input
 * is tried where there is none left, which is the last thing that is checked.
 * Some of what is right is tried again where there is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../seccomp/common.h"
#include "maps.h"
#include "random.h"
#include "register_input.h"
#include "register_model.h"

/* As many inputs are tried by one process. */
#define BATCH 20000
/* So many processes at a time. */
#define PARALLEL   2
#define MAX_ERRORS 4096

struct totals {
	atomic_ulong tried;
	atomic_ulong wrong;
	atomic_ulong installed;
	/* How often each error was right; 0 is what was refused for want of room */
	atomic_ulong errors[MAX_ERRORS];
};

static struct totals *totals;

static int try_input(const struct register_input *input)
{
	long ret = raw_syscall(SYS_seccomp, SECCOMP_SET_MODE_CALLER,
			       input->flags, (long)input->args, 0, 0);

	return ret < 0 ? (int)-ret : 0;
}

static void check(unsigned long nr, int want, int have)
{
	if (want == have)
		return;
	if (atomic_fetch_add(&totals->wrong, 1) < 20)
		printf("# input %lu gave %d (%s), not %d (%s)\n", nr, have,
		       strerror(have), want, strerror(want));
}

/* A listener, and as many instructions as there can be. */
static int fill_chain(void)
{
	static struct sock_filter prog[BPF_MAXINSNS];
	const struct sock_filter allow = RETURN(SECCOMP_RET_ALLOW);
	size_t i, len = COUNT(prog);

	for (i = 0; i < COUNT(prog); i++)
		prog[i] = allow;
	if (install_flags(prog, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0)
		return -1;
	while (len) {
		if (install(prog, len))
			len /= 2;
	}
	return errno == ENOMEM ? 0 : -1;
}

static void refuse_one(unsigned long seed, unsigned long nr)
{
	struct register_input input;
	struct random r;
	int want;

	random_seed(&r, seed, nr);
	generate_input(&r, &input);
	want = register_model(input.flags, input.args);
	totals->tried++;
	totals->errors[want]++;
	if (!want)
		want = input.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? EBUSY :
									ENOMEM;
	check(nr, want, try_input(&input));
}

static void refuse(unsigned long seed, unsigned long first, unsigned long end)
{
	unsigned long nr;

	if (fill_chain()) {
		printf("# cannot fill a path of filters: %s\n",
		       strerror(errno));
		totals->wrong++;
		return;
	}
	for (nr = first; nr < end; nr++)
		refuse_one(seed, nr);
}

/* If the model thinks so. */
static void accept_one(unsigned long seed, unsigned long nr)
{
	struct register_input input;
	struct random r;

	random_seed(&r, seed, nr);
	generate_input(&r, &input);
	/* What a changed program permits is not the point. */
	if (!input.permits || register_model(input.flags, input.args))
		return;
	totals->installed++;
	check(nr, 0, try_input(&input));
	/* The filter has never denied anything, whatever was registered. */
	check(nr, ENOSYS, (int)-raw_syscall(DENIED, 0, 0, 0, 0, 0));
}

/* @pid: or -1, any */
static void end_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0 || status) {
		printf("# a child did not end well\n");
		totals->wrong++;
	}
}

/* In a process of its own, which has no filter. */
static void batch(unsigned long seed, unsigned long first, unsigned long end)
{
	unsigned long nr;
	pid_t pid = fork();

	if (!pid) {
		refuse(seed, first, end);
		_exit(0);
	}
	end_child(pid);
	for (nr = first; nr < end; nr += 97) {
		pid = fork();
		if (!pid) {
			accept_one(seed, nr);
			_exit(0);
		}
		end_child(pid);
	}
}

static void all_batches(unsigned long seed, unsigned long first,
			unsigned long end)
{
	unsigned long nr;
	unsigned int running = 0;

	for (nr = first; nr < end && totals->wrong < 1000; nr += BATCH) {
		pid_t pid;

		if (running == PARALLEL) {
			end_child(-1);
			running--;
		}
		pid = fork();
		if (!pid) {
			batch(seed, nr, nr + BATCH < end ? nr + BATCH : end);
			_exit(0);
		}
		running++;
	}
	while (running--)
		end_child(-1);
}

/* Every error that is not for want of memory has been seen. */
static bool varied(unsigned long inputs)
{
	static const int errors[] = { 0, EINVAL, EFAULT, E2BIG, ENXIO, ENODEV };
	bool all = totals->installed > inputs / 2000;
	unsigned int i;

	for (i = 0; i < COUNT(errors); i++) {
		printf("# %s: %lu\n",
		       errors[i] ? strerrorname_np(errors[i]) : "right",
		       totals->errors[errors[i]]);
		if (totals->errors[errors[i]] < inputs / 1000)
			all = false;
	}
	return all;
}

int main(int argc, char **argv)
{
	unsigned long inputs = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned long seed = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
	bool all;

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("TAP version 13\n1..2\n");
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED || register_input_setup() || maps_read() ||
	    no_new_privs()) {
		printf("Bail out! cannot set up\n");
		return 1;
	}
	all_batches(seed, first, first + inputs);
	printf("# %lu inputs, %lu installed\n", totals->tried,
	       totals->installed);
	printf("%sok 1 - registrations come to what the model says\n",
	       totals->wrong ? "not " : "");
	all = varied(inputs);
	printf("%sok 2 - every error is met\n", all ? "" : "not ");
	return totals->wrong || !all;
}
