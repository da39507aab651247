/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a program under a policy. */
#ifndef AF_RUN_H
#define AF_RUN_H

#include <stdbool.h>

#include "libaf.h"

/*
 * What af run was asked for.
 * @warn: make the calls that the policy denies, and report them
 * @explain: report what is denied
 * @log: where each denial is logged, or NULL
 * @flags: for libaf_filter_new()
 * @policy, @program: their paths
 * @command: the arguments of the program
 */
struct af_run {
	bool warn;
	bool explain;
	const char *log;
	unsigned int flags;
	const char *policy;
	const char *program;
	char **command;
};

/* Become the program.  Returns an exit status if that cannot be. */
int af_run_execute(const struct af_run *run, const struct libaf_filter *filter);

/* Say why the program cannot be confined.  Returns the exit status for that. */
int af_run_cannot(int error, const struct libaf_error *err);

/*
 * Run it in a child and report what the policy denies.  Returns an exit status,
 * if not ended by a signal as the program was.
 */
int af_run_watched(const struct af_run *run);

#endif /* AF_RUN_H */
