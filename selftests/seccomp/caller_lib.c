// SPDX-License-Identifier: GPL-2.0
/*
 * A library that makes system calls in many ways.  Built twice, so that the
 * same calls come from two objects.  No function may end in a tail call: the
 * frame of the library would be gone when the call is made.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "caller_lib.h"
#include "common.h"

static long own(void)
{
	return -raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0);
}

static long wrapper(void)
{
	return syscall(PROBE_CALLER) == -1 ? errno : 0;
}

static long stdio(void)
{
	FILE *file;
	long error;

	if (dup2(STDERR_FILENO, STDIO_FD) != STDIO_FD)
		return -1;
	file = fdopen(STDIO_FD, "w");
	if (!file)
		return -1;
	fprintf(file, "%s %d\n", "not to be seen", 1);
	error = fflush(file) ? errno : 0;
	/* What is buffered must not be written later. */
	close(STDIO_FD);
	return error;
}

/* qsort() calls access(), both of libc, and nobody in between. */
static long callback(void)
{
	char array[2][8] = { "one", "two" };

	errno = 0;
	qsort(array, 2, sizeof(array[0]),
	      (int (*)(const void *, const void *))(void *)access);
	return errno;
}

/* A clock that the vDSO knows nothing of, so that it asks the kernel. */
static long vdso(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) ? errno : 0;
}

/* A name that is in no file, and of a kind that no server is asked for. */
static long resolve(void)
{
	struct addrinfo *list = NULL;

	return getaddrinfo(NULL, "no-such-service", NULL, &list) ? 0 : -1;
}

static long makes(const char *path)
{
	return mkdir(path, 0700) ? errno : 0;
}

static long vforks(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static long spawns(void)
{
	char *argv[] = { "prev_exec_nolibc_helper", NULL };
	int status;
	pid_t pid;
	long error;

	error = posix_spawn(&pid, TEST_HELPERS "/prev_exec_nolibc_helper", NULL,
			    NULL, argv, NULL);
	if (error)
		return error;
	return waitpid(pid, &status, 0) == pid ? 0 : -1;
}

static void *thread(void *arg)
{
	return arg;
}

static long threads(void)
{
	pthread_t id;
	long error = pthread_create(&id, NULL, thread, NULL);

	if (error)
		return error;
	return pthread_join(id, NULL);
}

static long calls(long (*function)(void))
{
	volatile long ret = function();

	return ret;
}

const struct caller_lib caller_lib = {
	.own = own,
	.wrapper = wrapper,
	.stdio = stdio,
	.callback = callback,
	.vdso = vdso,
	.resolve = resolve,
	.makes = makes,
	.vforks = vforks,
	.spawns = spawns,
	.threads = threads,
	.calls = calls,
};
