// SPDX-License-Identifier: LGPL-2.1-or-later
/* af: confine programs that one did not write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/suggest.h"
#include "af.h"

static int help(int argc, char **argv);

/* @unwritten: the exit status if what it prints cannot be written */
static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	int unwritten;
	const char *about;
} verbs[] = {
	{ "run", af_run, AF_RUN_FAILED, "run a program under a policy" },
	{ "record", af_record, AF_RUN_FAILED,
	  "watch a program, and write its policy" },
	{ "check", af_check, AF_FAILED,
	  "say what the kernel supports; check a policy" },
	{ "compile", af_compile_policy, AF_FAILED,
	  "compile a policy into a file" },
	{ "explain", af_explain, AF_USAGE,
	  "say why a policy permits or denies a call" },
	{ "list", af_list, AF_FAILED, "print the names that a policy can use" },
	{ "score", af_score, AF_USAGE,
	  "say what a policy buys over plain seccomp" },
	{ "report", af_report, AF_FAILED,
	  "write what a policy permits, as HTML" },
	{ "export", af_export, AF_FAILED,
	  "write a policy as a profile for containers" },
	{ "import", af_import, AF_FAILED,
	  "write a policy from a profile or whitelist" },
	{ "dump", af_dump, AF_FAILED,
	  "print the program that a policy compiles to" },
	{ "help", help, AF_FAILED, "list the verbs, or say what one does" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char help_usage[] =
	"usage: af help [VERB]\n"
	"\n"
	"List the verbs, or say what one does, as `af VERB --help`.\n"
	"\n"
	"  --help  show this\n";

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: af VERB [ARGUMENT...]\n\n", out);
	for (i = 0; i < NR_VERBS; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].about);
	fputs("\n'af help VERB' says more, as does af-VERB(1).\n", out);
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < NR_VERBS; i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	}
	return NULL;
}

static int no_verb(const char *name)
{
	struct af_suggestion suggestion;
	struct libaf_error err;
	size_t i;

	af_suggest_begin(&suggestion, name, strlen(name));
	for (i = 0; i < NR_VERBS; i++)
		af_suggest(&suggestion, verbs[i].name);
	af_error(&err, 0, NULL, NULL, "no verb `%s`", name);
	if (!af_suggest_end(&suggestion, &err))
		af_hint(&err, "see `af help`");
	af_print_error(&err);
	return AF_USAGE;
}

static int help(int argc, char **argv)
{
	char option[] = "--help", *args[] = { argv[1], option, NULL };
	const struct verb *verb;

	if (argc == 1) {
		print_usage(stdout);
		return AF_OK;
	}
	if (argc > 2) {
		fputs(help_usage, stderr);
		return AF_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		fputs(help_usage, stdout);
		return AF_OK;
	}
	verb = find_verb(argv[1]);
	return verb ? verb->run(2, args) : no_verb(argv[1]);
}

/*
 * No file that is opened is to become standard output, or error, because that is
 * closed.  It stays closed for programs that are run.
 */
static void keep_closed(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* What was printed is good for nothing if it did not get there. */
static int finish(int status, int unwritten)
{
	bool failed = ferror(stdout);

	if (fflush(stdout))
		fprintf(stderr, "af: standard output: cannot be written: %s\n",
			strerror(errno));
	else if (failed)
		fputs("af: standard output: cannot be written\n", stderr);
	else
		return status;
	return unwritten;
}

int main(int argc, char **argv)
{
	static char name[] = "af";
	const struct verb *verb;

	keep_closed();
	if (argc < 2) {
		print_usage(stderr);
		return AF_USAGE;
	}
	if (!strcmp(argv[1], "--help")) {
		print_usage(stdout);
		return finish(AF_OK, AF_FAILED);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("af %d.%d\n", LIBAF_VERSION_MAJOR, LIBAF_VERSION_MINOR);
		return finish(AF_OK, AF_FAILED);
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return no_verb(argv[1]);
	/* What getopt(3) says begins as all else does. */
	argv[1] = name;
	return finish(verb->run(argc - 1, argv + 1), verb->unwritten);
}
