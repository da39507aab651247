// SPDX-License-Identifier: GPL-2.0
/* What the audit record of a system call says of its caller and predecessor. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "common.h"
#include "kselftest_harness.h"
#include "register.h"

#define ID 7

/* Without a daemon that asks for them, audit records go to the kernel's log. */
#define RECORD_TYPE "type=1326 "

/* Much longer than it ever takes; a record that never comes is a failure. */
#define PATIENCE_MS 20000

FIXTURE(record)
{
	int log;
};

FIXTURE_SETUP(record)
{
	self->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->log);
	ASSERT_LE(0, lseek(self->log, 0, SEEK_END));
}

FIXTURE_TEARDOWN(record)
{
	close(self->log);
}

/* The first record of process @pid that is written after the setup. */
static const char *record_of(int log, pid_t pid)
{
	static char text[8192];
	struct pollfd ready = { .fd = log, .events = POLLIN };
	char want[32];
	ssize_t len;

	snprintf(want, sizeof(want), " pid=%d ", pid);
	for (;;) {
		len = read(log, text, sizeof(text) - 1);
		if (len < 0) {
			if (errno == EPIPE)
				continue;
			if (errno != EAGAIN ||
			    poll(&ready, 1, PATIENCE_MS) != 1)
				return NULL;
			continue;
		}
		text[len] = 0;
		if (strstr(text, RECORD_TYPE) && strstr(text, want))
			return text;
	}
}

static const struct sock_filter log_getppid[] = {
	LOAD(nr),
	IS(SYS_getppid, 0, 1),
	RETURN(SECCOMP_RET_LOG),
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct sock_filter kill_denied[] = {
	LOAD(nr),
	IS(DENIED, 0, 2),
	LOAD(caller_id),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

/* The old members, as they were, and the new ones behind them. */
TEST_F(record, of_a_call_that_is_only_logged_has_the_previous_call)
{
	const char *text;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (install(log_getppid, COUNT(log_getppid)))
			_exit(1);
		raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
		_exit(raw_syscall(SYS_getppid, 0, 0, 0, 0, 0) <= 0);
	}

	text = record_of(self->log, pid);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, " sig=0 arch=c000003e syscall=110 "
				     "compat=0 ip=0x"));
	EXPECT_NE(NULL, strstr(text, " code=0x7ffc0000 prev=102 caller=0"));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_F(record, of_a_call_that_kills_has_the_caller)
{
	struct registration reg = {};
	const char *text;
	int status;
	pid_t pid;

	ASSERT_EQ(0, add_loaded(&reg, (const void *)record_of, ID));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (install_callers(&reg, kill_denied, COUNT(kill_denied)))
			_exit(1);
		raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
		raw_syscall(DENIED, 0, 0, 0, 0, 0);
		_exit(2);
	}

	text = record_of(self->log, pid);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, " sig=31 arch=c000003e syscall=182 "
				     "compat=0 ip=0x"));
	EXPECT_NE(NULL, strstr(text, " code=0x80000000 prev=39 caller=7"));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSYS, WTERMSIG(status));
}

TEST_HARNESS_MAIN
