// SPDX-License-Identifier: LGPL-2.1-or-later
/* af: confine programs that one did not write. */
#include <stdio.h>
#include <string.h>

#include "af.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} verbs[] = {
	{ "run", af_run, "run a program under a policy" },
	{ "record", af_record, "watch a program, and write its policy" },
	{ "check", af_check, "say what the kernel supports; check a policy" },
	{ "compile", af_compile_policy, "compile a policy into a file" },
	{ "explain", af_explain, "say why a policy permits or denies a call" },
	{ "list", af_list, "print the names that a policy can use" },
	{ "score", af_score, "say what a policy buys over plain seccomp" },
	{ "report", af_report, "write what a policy permits, as HTML" },
	{ "export", af_export, "write a policy as a profile for containers" },
	{ "import", af_import, "write a policy from a profile or whitelist" },
	{ "dump", af_dump, "print the program that a policy compiles to" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: af VERB [ARGUMENT...]\n\n", out);
	for (i = 0; i < NR_VERBS; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].about);
	fputs("\n'af VERB --help' says more, as does af-VERB(1).\n", out);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		print_usage(stderr);
		return AF_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return AF_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("af %d.%d\n", LIBAF_VERSION_MAJOR, LIBAF_VERSION_MINOR);
		return AF_OK;
	}
	for (i = 0; i < NR_VERBS; i++) {
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "af: no verb '%s'\n", argv[1]);
	print_usage(stderr);
	return AF_USAGE;
}
