// SPDX-License-Identifier: LGPL-2.1-or-later
/* af compile: a policy, compiled into a file that loads faster. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/policy.h"
#include "af.h"

static const char usage[] =
	"usage: af compile [--phase NAME] -o FILE POLICY [--] PROGRAM\n"
	"\n"
	"Compile a policy for PROGRAM, as it and the libraries that the policy names\n"
	"are now.  `af run` and libaf_load() take FILE instead of the policy, and\n"
	"refuse it if one of these files has become another.  Works on any kernel.\n"
	"\n"
	"  -o, --output FILE  where to write it\n"
	"  --phase NAME       compile this phase of the policy\n"
	"  --help             show this\n"
	"\n"
	"The exit status is 0 if all is well, 1 if not, 2 for wrong arguments.\n";

static int no_phase(const struct libaf_policy *policy, const char *phase)
{
	size_t i;

	af_complain("%s: no phase `%s`", policy->name, phase);
	fprintf(stderr, "af: hint: it has %s", policy->nr_phases ? "" : "none");
	for (i = 0; i < policy->nr_phases; i++)
		fprintf(stderr, "%s`%s`", i ? ", " : "",
			policy->phases[i].name);
	fputc('\n', stderr);
	return AF_FAILED;
}

static int compile(const struct libaf_policy *policy, const char *phase,
		   const char *program, const char *to)
{
	struct libaf_error err;

	if (phase) {
		const struct libaf_policy *part =
			libaf_policy_phase(policy, phase);

		if (!part)
			return no_phase(policy, phase);
		policy = part;
	}
	if (libaf_policy_compile(policy, program, to, &err)) {
		af_print_error(&err);
		return AF_FAILED;
	}
	return AF_OK;
}

/* Unless that overwrites what it is made from. */
static int compile_file(const char *path, const char *phase,
			const char *program, const char *to)
{
	struct libaf_policy *policy;
	int status;

	if (af_is_output(program, to, "the program"))
		return AF_USAGE;
	policy = af_read_policy(path);
	if (!policy)
		return AF_FAILED;
	if (af_is_source(policy, path, to))
		status = AF_USAGE;
	else
		status = compile(policy, phase, program, to);
	libaf_policy_free(policy);
	return status;
}

int af_compile_policy(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "phase", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *to = NULL, *phase = NULL;
	char *program;
	int option, status;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			to = optarg;
			break;
		case 'p':
			phase = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	if (!to)
		af_complain("-o is missing");
	if (!to || argc - optind != 2) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	program = af_find_program(argv[optind + 1]);
	if (!program) {
		af_program_error(argv[optind + 1], errno);
		return AF_FAILED;
	}
	status = compile_file(argv[optind], phase, program, to);
	free(program);
	return status;
}
