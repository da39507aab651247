// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints how long a process has had a processor, in microseconds, all of its
 * threads together: cputime PID.  What it waited for does not count.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? (pid_t)atol(argv[1]) : 0;
	struct timespec t;
	clockid_t clock;

	if (pid < 1) {
		fputs("usage: cputime PID\n", stderr);
		return 2;
	}
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) {
		perror("cputime");
		return 1;
	}
	printf("%lld\n", t.tv_sec * 1000000LL + t.tv_nsec / 1000);
	return 0;
}
