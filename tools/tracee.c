// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracee.h"

/* Whoever wants more than these bytes reads ahead. */
#define MAX_PEEK 64

/* The child, until there is a byte to be read, or will never be one. */
static void __attribute__((noreturn))
wait_and_become(int ready, void (*become)(void *context), void *context)
{
	char byte;

	if (read(ready, &byte, 1) == 1) {
		close(ready);
		become(context);
	}
	_exit(1);
}

/* Returns 0 or -errno. */
static int seize(pid_t pid, unsigned long options, int ready)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, options | PTRACE_O_EXITKILL) ||
	    write(ready, "", 1) != 1)
		return -errno;
	return 0;
}

pid_t af_tracee_start(unsigned long options, void (*become)(void *context),
		      void *context)
{
	int ready[2], ret;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		close(ready[1]);
		wait_and_become(ready[0], become, context);
	}
	ret = pid < 0 ? -errno : 0;
	close(ready[0]);
	/* Who ignores it is not told of the end of children. */
	signal(SIGCHLD, SIG_DFL);
	if (!ret)
		ret = seize(pid, options, ready[1]);
	close(ready[1]);
	if (ret && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return ret ? ret : pid;
}

bool af_tracee_is_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
	       sig == SIGTTOU;
}

/*
 * For kernels without CONFIG_CROSS_MEMORY_ATTACH: word by word, so that of what
 * is read ahead there is only the first.
 */
static ssize_t peek(pid_t tid, uint64_t addr, void *buffer, size_t size)
{
	size_t done;
	uint64_t word;

	if (size > MAX_PEEK)
		size = sizeof(word);
	for (done = 0; done + sizeof(word) <= size; done += sizeof(word)) {
		errno = 0;
		word = (uint64_t)ptrace(PTRACE_PEEKDATA, tid, addr + done, 0);
		if (errno)
			break;
		memcpy((char *)buffer + done, &word, sizeof(word));
	}
	return (ssize_t)done;
}

size_t af_tracee_read(pid_t tid, uint64_t addr, void *buffer, size_t size)
{
	struct iovec local = { buffer, size };
	struct iovec remote = { (void *)(uintptr_t)addr, size };
	ssize_t len = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	if (len < 0 && errno == ENOSYS)
		len = peek(tid, addr, buffer, size);
	return len > 0 ? (size_t)len : 0;
}

/* By the same check as all memory is read. */
bool af_tracee_can_be_read(pid_t tid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != EACCES && errno != EPERM;
	close(fd);
	return true;
}

uint64_t af_tracee_fp(pid_t tid)
{
	return (uint64_t)ptrace(PTRACE_PEEKUSER, tid,
				offsetof(struct user_regs_struct, rbp), 0);
}

bool af_tracee_is_stopped(pid_t tid)
{
	unsigned long message;

	return !ptrace(PTRACE_GETEVENTMSG, tid, 0, &message);
}

int af_tracee_pass_on(int status)
{
	const struct rlimit no_core = { 0, 0 };

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}
