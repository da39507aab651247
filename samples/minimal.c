// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The least that a program has to do.  Run it as: minimal policies/minimal.af
 *
 * It does not use printf() when it is confined, as that would need more calls
 * than write: for a buffer, and to find out what standard output is.
 */
#include <libaf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char text[] = "write is permitted, execve is not\n";
	int ret = libaf_load(argc > 1 ? argv[1] : NULL, 0);

	if (ret != LIBAF_ENFORCED) {
		fprintf(stderr, "libaf_load: %s\n", strerror(-ret));
		return 1;
	}
	if (write(1, text, sizeof(text) - 1) < 0)
		return 1;
	execl("/bin/echo", "echo", "execve was not stopped", NULL);
	return 1;
}
