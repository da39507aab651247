// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af run: confine a program from its first instruction.  The filter is
 * installed by this process, which then becomes the program, so that there is
 * no moment at which the program is free, and no process besides it.  Only who
 * asks for reports gets a second one, see run_watched.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "af.h"
#include "run.h"

static const char usage[] =
	"usage: af run [OPTION...] POLICY [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Run a program under a policy, libaf-policy(5), which `af compile` can have\n"
	"compiled for it.  The program and all that it starts are confined from\n"
	"their first instruction on, for good.\n"
	"\n"
	"  --degraded  on a kernel that cannot tell callers apart, permit to\n"
	"              all of the program what the policy permits to any part,\n"
	"              and execve, write and exit_group, which starting it takes\n"
	"  --warn      deny nothing, but report what would be denied\n"
	"  --explain   report what is denied\n"
	"  --log FILE  append each denial, or what would be one, as a line of JSON\n"
	"  --help      show this\n"
	"\n"
	"The exit status is the program's; 125 if it could not be confined, 126\n"
	"if it could not be executed, 127 if it was not found.\n";

/* Nobody will be left to put it together.  NULL if memory runs out. */
static char *make_failure(const struct af_run *run)
{
	char *failure = NULL;
	size_t len;
	FILE *out = open_memstream(&failure, &len);

	if (!out)
		return NULL;
	fputs("af: ", out);
	af_print_clean(out, run->program);
	fputs(": the kernel cannot execute it\n", out);
	fclose(out);
	return failure;
}

int af_run_execute(const struct af_run *run, const struct libaf_filter *filter)
{
	char *failure = make_failure(run);
	int ret;

	fflush(NULL);
	ret = libaf_filter_exec(filter, run->program, run->command, environ,
				failure);
	fprintf(stderr, "af: the kernel refused the filter: %s\n",
		strerror(-ret));
	free(failure);
	return AF_RUN_FAILED;
}

int af_run_cannot(int error, const struct libaf_error *err)
{
	af_print_error(err);
	if (error == -EOPNOTSUPP)
		fputs("af: hint: or use --degraded, which does not tell callers apart\n",
		      stderr);
	return AF_RUN_FAILED;
}

/* Confine this process, and become the program. */
static int run_alone(const struct af_run *run)
{
	struct libaf_filter *filter;
	struct libaf_error err;
	int ret, status;

	ret = libaf_filter_read(run->policy, run->program, run->flags, &filter,
				&err);
	if (ret)
		return af_run_cannot(ret, &err);
	status = af_run_execute(run, filter);
	libaf_filter_free(filter);
	return status;
}

static int not_found(const char *name)
{
	int status = errno == ENOENT || errno == ENOTDIR ?
			     AF_RUN_NOT_FOUND :
			     AF_RUN_CANNOT_EXECUTE;

	af_program_error(name, errno);
	return status;
}

/* Returns whether the option is right. */
static bool read_option(struct af_run *run, int option)
{
	switch (option) {
	case 'd':
		run->flags |= LIBAF_ALLOW_DEGRADED;
		return true;
	case 'w':
		run->warn = true;
		return !run->explain;
	case 'e':
		run->explain = true;
		return !run->warn;
	case 'l':
		run->log = optarg;
		return true;
	default:
		return false;
	}
}

static int run_program(struct af_run *run)
{
	char *program = af_find_program(run->command[0]);
	int status;

	if (!program)
		return not_found(run->command[0]);
	run->program = program;
	if (run->warn || run->explain || run->log)
		status = af_run_watched(run);
	else
		status = run_alone(run);
	free(program);
	return status;
}

int af_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "degraded", no_argument, NULL, 'd' },
		{ "warn", no_argument, NULL, 'w' },
		{ "explain", no_argument, NULL, 'e' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct af_run run = { .warn = false };
	int option;

	/* Options of the program are none of ours: stop at the policy. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return AF_OK;
		}
		if (!read_option(&run, option)) {
			fputs(usage, stderr);
			return AF_RUN_FAILED;
		}
	}
	run.policy = argv[optind];
	run.command = argv + optind + 1;
	if (optind < argc && run.command[0] && !strcmp(run.command[0], "--"))
		run.command++;
	if (optind >= argc || !run.command[0]) {
		fputs(usage, stderr);
		return AF_RUN_FAILED;
	}
	return run_program(&run);
}
