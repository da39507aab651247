// SPDX-License-Identifier: LGPL-2.1-or-later
/* af: confine programs that one did not write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "af.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} verbs[] = {
	{ "run", af_run, "run a program under a policy" },
	{ "check", af_check, "say what the kernel supports; check a policy" },
	{ "compile", af_compile_policy, "compile a policy into a file" },
	{ "explain", af_explain, "say why a policy permits or denies a call" },
	{ "list", af_list, "print the names that a policy can use" },
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

void af_print_error(const struct libaf_error *err)
{
	fputs("af: ", stderr);
	if (err->file[0])
		fprintf(stderr, "%s:", err->file);
	if (err->file[0] && err->line)
		fprintf(stderr, "%u:", err->line);
	if (err->file[0] && err->line && err->column)
		fprintf(stderr, "%u:", err->column);
	if (err->file[0])
		fputc(' ', stderr);
	fprintf(stderr, "%s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "af: hint: %s\n", err->hint);
}

/* Like execvp(3), and with a precise error. */
static int try_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

char *af_find_program(const char *name)
{
	const char *dirs = getenv("PATH");
	int error = ENOENT, this_error;
	char *path;

	if (strchr(name, '/')) {
		errno = try_program(name);
		return errno ? NULL : strdup(name);
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	while (name[0]) {
		size_t len = strcspn(dirs, ":");

		if (asprintf(&path, "%.*s%s%s", (int)len, dirs, len ? "/" : "",
			     name) < 0)
			return NULL;
		this_error = try_program(path);
		if (!this_error)
			return path;
		free(path);
		/* One that may not be executed says more than none. */
		if (this_error == EACCES)
			error = EACCES;
		if (!dirs[len])
			break;
		dirs += len + 1;
	}
	errno = error;
	return NULL;
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
