/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of seccomp_data.prev_nr share. */
#ifndef SECCOMP_TEST_PREV_H
#define SECCOMP_TEST_PREV_H

#include <sys/wait.h>

#include "common.h"

/* Shows prev_nr at PROBE_PREV and allows all else. */
static const struct sock_filter probe_filter[] = {
	LOAD(nr),
	IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),
	RETURN(SECCOMP_RET_ALLOW),
};

/* The same, but no action is constant: the kernel's bitmap stays empty. */
static const struct sock_filter uncached_probe_filter[] = {
	LOAD(args[0]),
	LOAD(nr),
	IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),
	RETURN(SECCOMP_RET_ALLOW),
};

/* The exit status of a child, or -1 if it did not exit. */
static inline int exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Pass the turn on, with all that was written before. */
static inline void give(int *turn, int value)
{
	__atomic_store_n(turn, value, __ATOMIC_RELEASE);
}

static inline void wait_for(const int *turn, int value)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != value)
		;
}

#endif /* SECCOMP_TEST_PREV_H */
