// SPDX-License-Identifier: LGPL-2.1-or-later
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "build_id.h"
#include "calls.h"
#include "memory.h"
#include "newer.h"

/*
 * Of x86-64.  Where programs with filters have met these:
 *
 *  openat		servo/gaol pull 40, brendangregg/perf-tools pull 87
 *  prlimit64		microsoft/WSL issue 2493
 *  clock_nanosleep	iovisor/bcc pull 3204
 *  semtimedop		pmem/syscall_intercept pull 122; glibc 765cdd0bffd7
 *  newfstatat		francma/wob issue 62, bemoody/lightwave issue 3
 *  pselect6		corelight.com, "Tracking down a glibc regression"
 *  faccessat2		systemd pull 16739; glibc 3d3ab573a5f3
 *  pipe2		glibc, sysdeps/unix/sysv/linux/pipe.c, of 2021
 *  getrandom		systemd pull 20191; glibc fc859c304898
 *  clone3		moby issue 42680; glibc d8ea0d0168b1
 *  rseq		cloud-hypervisor pull 4004
 *  fstat		Fedora's glibc 2.38.9000-10, "Do not implement fstat
 *			with fstatat"
 *  fchmodat2		systemd issue 31469; glibc 65341f7bbe
 *  madvise		bdwgc issue 816; glibc a6fbe36b7f31
 */
static const struct af_replacement replacements[] = {
	{ .older = "open",
	  .newer = "openat",
	  .since = 26,
	  .functions = "open(), fopen(), opendir()" },
	{ .older = "getrlimit",
	  .newer = "prlimit64",
	  .since = 26,
	  .functions = "getrlimit()" },
	{ .older = "setrlimit",
	  .newer = "prlimit64",
	  .since = 26,
	  .functions = "setrlimit()" },
	{ .older = "nanosleep",
	  .newer = "clock_nanosleep",
	  .since = 31,
	  .functions = "nanosleep(), sleep(), usleep()" },
	{ .older = "semop",
	  .newer = "semtimedop",
	  .since = 31,
	  .functions = "semop()" },
	{ .older = "stat",
	  .newer = "newfstatat",
	  .since = 33,
	  .functions = "stat()" },
	{ .older = "lstat",
	  .newer = "newfstatat",
	  .since = 33,
	  .functions = "lstat()" },
	{ .older = "fstat",
	  .newer = "newfstatat",
	  .since = 33,
	  .functions = "fstat(), stdio" },
	{ .older = "select",
	  .newer = "pselect6",
	  .since = 33,
	  .functions = "select()" },
	{ .older = "faccessat",
	  .newer = "faccessat2",
	  .since = 33,
	  .falls_back = true,
	  .functions = "faccessat()" },
	{ .older = "pipe",
	  .newer = "pipe2",
	  .since = 34,
	  .functions = "pipe()" },
	{ .older = "brk",
	  .newer = "getrandom",
	  .since = 34,
	  .falls_back = true,
	  .functions = "malloc() at first",
	  .but = "ld-linux-x86-64.so.2" },
	{ .older = "clone",
	  .newer = "clone3",
	  .since = 34,
	  .falls_back = true,
	  .functions = "pthread_create(), posix_spawn(), system(), popen()" },
	{ .older = "set_robust_list",
	  .newer = "rseq",
	  .since = 35,
	  .falls_back = true,
	  .functions = "each new thread" },
	{ .older = "newfstatat",
	  .newer = "fstat",
	  .since = 39,
	  .functions = "fstat(), stdio" },
	{ .older = "chmod",
	  .with = "newfstatat",
	  .newer = "fchmodat2",
	  .since = 39,
	  .falls_back = true,
	  .functions = "fchmodat() with AT_SYMLINK_NOFOLLOW" },
	{ .older = "mprotect",
	  .with = "clone3",
	  .newer = "madvise",
	  .since = 42,
	  .falls_back = true,
	  .functions = "pthread_create()" },
};

#define NR_REPLACEMENTS (sizeof(replacements) / sizeof(*replacements))

/* What is searched for, and what has been found. */
struct search {
	const struct libaf_policy *policy;
	bool looked_through;
	struct af_newer *list;
	size_t nr;
};

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* The first rule about a call; one that permits it, if @permits. */
static const struct af_rule *find_rule(const struct af_caller *caller, int nr,
				       bool permits)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if ((int)rule->nr == nr && (!permits || lets_run(rule->action)))
			return rule;
	}
	return NULL;
}

/* In the caller's block, or in the common one. */
static bool has_rule(const struct search *search,
		     const struct af_caller *caller, int nr, bool permits)
{
	return find_rule(caller, nr, permits) ||
	       (caller->kind != AF_CALLER_UNKNOWN &&
		find_rule(&search->policy->common, nr, permits));
}

static void look_at(struct search *search, const struct af_caller *caller,
		    const struct af_replacement *replacement)
{
	int newer = af_call_number(replacement->newer);
	const struct af_rule *rule;

	rule = find_rule(caller, af_call_number(replacement->older), true);
	if (!rule || (newer < 0 && search->policy->has_newer) ||
	    has_rule(search, caller, newer, false))
		return;
	if (replacement->with &&
	    !has_rule(search, caller, af_call_number(replacement->with), true))
		return;
	search->list =
		af_grow(search->list, search->nr + 1, sizeof(*search->list));
	search->list[search->nr++] = (struct af_newer){
		.caller = caller,
		.replacement = replacement,
		.place = rule->place,
		.has_name = newer >= 0,
	};
}

static bool is_called(const struct af_caller *caller, const char *name)
{
	return caller->name && name && !strcmp(caller->name, name);
}

static void look_at_all(struct search *search, const struct af_caller *caller,
			unsigned int glibc)
{
	/* Else the C library's calls are not this caller's. */
	if (!search->looked_through && !is_called(caller, AF_GLIBC))
		return;
	for (size_t i = 0; i < NR_REPLACEMENTS; i++) {
		if (replacements[i].since > glibc &&
		    !is_called(caller, replacements[i].but))
			look_at(search, caller, &replacements[i]);
	}
}

static bool looks_through_glibc(const struct libaf_policy *policy)
{
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (caller->transparent && !caller->part &&
		    !strcmp(caller->name, AF_GLIBC))
			return true;
	}
	return false;
}

size_t af_newer_find(const struct libaf_policy *policy, unsigned int glibc,
		     struct af_newer **list)
{
	struct search search = {
		.policy = policy,
		.looked_through = looks_through_glibc(policy),
	};

	/* What no rule is about happens anyway. */
	if (!lets_run(policy->deny)) {
		look_at_all(&search, &policy->common, glibc);
		for (size_t id = 0; id < policy->nr_callers; id++)
			look_at_all(&search, &policy->callers[id], glibc);
	}
	*list = search.list;
	return search.nr;
}
