// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Has one of two libraries make one of two system calls.  The program itself
 * makes no system call but exit_group: even what it prints is written by
 * libwrite.so, so that under two-libraries.af nothing else can write.
 *
 * Exit status: 0 the call was made, 1 it failed, 2 wrong usage, 3 the process
 * could not be confined.
 */
#include <libaf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libgetpid.h"
#include "libwrite.h"
#include "union.h"

#define EXIT_USAGE      2
#define EXIT_UNCONFINED 3

static const char usage[] =
	"usage: two-libraries [--load POLICY | --union] LIBRARY CALL\n"
	"LIBRARY, getpid or write, makes the system call CALL, getpid or write\n";

static int load_policy(const char *path)
{
	struct libaf_error err;
	char place[sizeof(err.file) + 32] = "", line[1024];

	if (libaf_load_explain(path, 0, &err) == LIBAF_ENFORCED)
		return 0;
	if (err.line)
		snprintf(place, sizeof(place), "%s:%u:%u: ", err.file, err.line,
			 err.column);
	snprintf(line, sizeof(line), "two-libraries: %s%s\n", place, err.text);
	libwrite_write(STDERR_FILENO, line);
	return EXIT_UNCONFINED;
}

static int load_list(void)
{
	char line[128];
	int ret = load_union();

	if (!ret)
		return 0;
	snprintf(line, sizeof(line), "two-libraries: libseccomp: %s\n",
		 strerror(-ret));
	libwrite_write(STDERR_FILENO, line);
	return EXIT_UNCONFINED;
}

static int make_getpid(const char *library, int (*call)(pid_t *pid))
{
	char line[64];
	pid_t pid;

	if (call(&pid))
		return 1;
	snprintf(line, sizeof(line), "%s made getpid: %d\n", library, pid);
	return libwrite_write(STDOUT_FILENO, line) ? 1 : 0;
}

static int make_write(const char *library,
		      int (*call)(int fd, const char *text))
{
	char line[64];

	snprintf(line, sizeof(line), "%s made write\n", library);
	return call(STDOUT_FILENO, line) ? 1 : 0;
}

static int make_call(const char *library, const char *call)
{
	static const struct {
		const char *arg;
		const char *name;
		int (*getpid)(pid_t *pid);
		int (*write)(int fd, const char *text);
	} libraries[] = {
		{ "getpid", "libgetpid.so", libgetpid_getpid, libgetpid_write },
		{ "write", "libwrite.so", libwrite_getpid, libwrite_write },
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		if (strcmp(library, libraries[i].arg))
			continue;
		if (!strcmp(call, "getpid"))
			return make_getpid(libraries[i].name,
					   libraries[i].getpid);
		if (!strcmp(call, "write"))
			return make_write(libraries[i].name,
					  libraries[i].write);
	}
	libwrite_write(STDERR_FILENO, usage);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int ret = 0, i = 1;

	if (argc == 5 && !strcmp(argv[1], "--load")) {
		ret = load_policy(argv[2]);
		i = 3;
	} else if (argc == 4 && !strcmp(argv[1], "--union")) {
		ret = load_list();
		i = 2;
	} else if (argc != 3) {
		libwrite_write(STDERR_FILENO, usage);
		return EXIT_USAGE;
	}
	return ret ? ret : make_call(argv[i], argv[i + 1]);
}
