// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A byte goes to and fro between two processes: pingpong TIMES.  Nothing but
 * read and write, which is where a filter costs most.  Prints how long the two
 * had a processor for it, in microseconds.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pass_on(int from, int to, long times, int begins)
{
	char byte = 0;

	if (begins && write(to, &byte, 1) != 1)
		return -1;
	for (long i = begins; i < times; i++) {
		if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
			return -1;
	}
	return !begins || read(from, &byte, 1) == 1 ? 0 : -1;
}

/* Of one process: what it used for @times, in microseconds; -1 if it failed. */
static double used(int from, int to, long times, int begins)
{
	struct timespec start, end;

	/* What is done first costs more: pages are copied, places learnt. */
	if (pass_on(from, to, 10, begins) ||
	    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start) ||
	    pass_on(from, to, times, begins) ||
	    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end))
		return -1;
	return (end.tv_sec - start.tv_sec) * 1e6 +
	       (end.tv_nsec - start.tv_nsec) / 1e3;
}

int main(int argc, char **argv)
{
	long times = argc == 2 ? atol(argv[1]) : 0;
	double of_child, of_parent;
	int to[2], fro[2], status;
	pid_t child;

	if (times < 1 || pipe(to) || pipe(fro)) {
		fputs("usage: pingpong TIMES\n", stderr);
		return 2;
	}
	child = fork();
	if (!child) {
		of_child = used(to[0], fro[1], times, 0);
		_exit(of_child < 0 ||
		      write(fro[1], &of_child, sizeof(of_child)) < 0);
	}
	of_parent = used(fro[0], to[1], times, 1);
	if (child < 0 || of_parent < 0 ||
	    read(fro[0], &of_child, sizeof(of_child)) != sizeof(of_child) ||
	    waitpid(child, &status, 0) != child || status)
		return 1;
	printf("%.0f\n", of_parent + of_child);
	return 0;
}
