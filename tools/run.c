// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af run: confine a program from its first instruction.  The filter is
 * installed by this process, which then becomes the program, so that there is
 * no moment at which the program is free, and no process besides it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "af.h"

static const char usage[] =
	"usage: af run [--degraded] POLICY [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Run a program under a policy, libaf-policy(5), which `af compile` can have\n"
	"compiled for it.  The program and all that it starts are confined from\n"
	"their first instruction on, for good.\n"
	"\n"
	"  --degraded  on a kernel that cannot tell callers apart, permit to\n"
	"              all of the program what the policy permits to any part,\n"
	"              and execve, write and exit_group, which starting it takes\n"
	"  --help      show this\n"
	"\n"
	"The exit status is the program's; 125 if it could not be confined, 126\n"
	"if it could not be executed, 127 if it was not found.\n";

static int execute(const struct libaf_filter *filter, const char *program,
		   char **argv)
{
	char *failure;
	int ret;

	/* Nobody will be left to put a message together. */
	if (asprintf(&failure, "af: %s: the kernel cannot execute it\n",
		     program) < 0)
		failure = NULL;
	fflush(NULL);
	ret = libaf_filter_exec(filter, program, argv, environ, failure);
	fprintf(stderr, "af: the kernel refused the filter: %s\n",
		strerror(-ret));
	free(failure);
	return AF_RUN_FAILED;
}

static int not_found(const char *name)
{
	int status = errno == ENOENT || errno == ENOTDIR ?
			     AF_RUN_NOT_FOUND :
			     AF_RUN_CANNOT_EXECUTE;

	af_program_error(name, errno);
	return status;
}

int af_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "degraded", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct libaf_filter *filter;
	struct libaf_error err;
	unsigned int flags = 0;
	char **command, *program;
	int option, status, ret;

	/* Options of the program are none of ours: stop at the policy. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			flags |= LIBAF_ALLOW_DEGRADED;
			break;
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		default:
			fputs(usage, stderr);
			return AF_RUN_FAILED;
		}
	}
	command = argv + optind + 1;
	if (optind < argc && command[0] && !strcmp(command[0], "--"))
		command++;
	if (optind >= argc || !command[0]) {
		fputs(usage, stderr);
		return AF_RUN_FAILED;
	}

	program = af_find_program(command[0]);
	if (!program)
		return not_found(command[0]);
	status = AF_RUN_FAILED;
	ret = libaf_filter_read(argv[optind], program, flags, &filter, &err);
	if (ret) {
		af_print_error(&err);
		if (ret == -EOPNOTSUPP)
			fputs("af: hint: or use --degraded, which does not tell callers apart\n",
			      stderr);
	} else {
		status = execute(filter, program, command);
		libaf_filter_free(filter);
	}
	free(program);
	return status;
}
