// SPDX-License-Identifier: GPL-2.0
/*
 * What happens if memory runs out: every allocation fails once, in turn.
 *
 * Each attempt is a process of its own, in which the Nth allocation of the
 * operation fails.  The operation has to fail with the right error and leave
 * nothing behind, or to do without that memory, and works the next time.  What
 * is not freed is found by kmemleak, when the guest ends.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/wait.h>

#include "../cases.h"
#include "../seccomp/common.h"
#include "../seccomp/register.h"

#define ID        7
#define MAX_NTH   2000
#define INJECTION "/proc/thread-self/fail-nth"

/* How an attempt ended. */
enum {
	OVER,
	REFUSED,
	DONE_WITHOUT,
	WRONG
};

static struct registration reg;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		_exit(1);
	}
	close(fd);
}

/* Allocations that may sleep fail, too, of any size, and without a word. */
static void set_up_injection(void)
{
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/failslab/verbose", "0");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
}

/*
 * The file is opened before, for opening it allocates.  Written with pwrite(),
 * which moves no offset.
 */
static int injection = -1;

static void fail_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(injection, text, len, 0) != len)
		_exit(WRONG);
}

/* Has an allocation failed?  -1: it is not over. */
static int has_failed = -1;

static void stop_injection(void)
{
	char text[16] = "";

	if (has_failed >= 0)
		return;
	if (pread(injection, text, sizeof(text) - 1, 0) <= 0)
		_exit(WRONG);
	fail_nth(0);
	has_failed = atoi(text) == 0;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int nr = 0;

	if (!dir)
		_exit(WRONG);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/*
 * One operation, of which a process makes one attempt.  Each returns what a
 * system call does.
 */
struct operation {
	/* Before anything fails */
	void (*prepare)(void);
	long (*attempt)(void);
	/* Right, after it was done, with or without that memory? */
	bool (*done)(long ret, bool without);
	/* What it may fail with besides ENOMEM */
	int error;
	/* It has to do without the memory */
	bool never_fails;
};

static long caller(void)
{
	return -raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0);
}

static const struct sock_filter show[] = {
	LOAD(nr),        IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),   IS(PROBE_CALLER, 0, 4),
	SHOW(caller_id), RETURN(SECCOMP_RET_ALLOW),
};

/* Where nothing has to be allocated for the kernel to read it. */
static struct sock_filter prog[COUNT(show)];
static struct seccomp_caller_filter args;

static void prepare_args(void)
{
	memcpy(prog, show, sizeof(prog));
	args = (struct seccomp_caller_filter){
		.size = sizeof(args),
		.prog_len = COUNT(prog),
		.prog = (unsigned long)prog,
		.objects = (unsigned long)reg.objects,
		.nr_objects = reg.nr,
	};
}

static long install_with(unsigned int flags)
{
	return raw_syscall(SYS_seccomp, SECCOMP_SET_MODE_CALLER, flags,
			   (long)&args, 0, 0);
}

static long attempt_install(void)
{
	return install_with(0);
}

static long attempt_listener(void)
{
	return install_with(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static long attempt_tsync(void)
{
	return install_with(SECCOMP_FILTER_FLAG_TSYNC);
}

static bool installed(long ret, bool without)
{
	(void)without;
	return ret >= 0 && status_of("Seccomp_filters") == 1 && caller() == ID;
}

static bool listening(long ret, bool without)
{
	return ret > 0 && fcntl(ret, F_GETFD) == FD_CLOEXEC &&
	       installed(ret, without);
}

static void prepare_confined(void)
{
	prepare_args();
	if (install_with(0))
		_exit(WRONG);
}

static long attempt_lookup(void)
{
	long own = caller();

	/* The same through libc, which takes a table. */
	return syscall(PROBE_CALLER) == -1 && errno == own ? own : -EINVAL;
}

static bool is_caller(long ret, bool without)
{
	(void)without;
	return ret == ID && attempt_lookup() == ID;
}

static void on_signal(int sig)
{
	(void)sig;
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
}

/* The kernel is to find memory for the frames of signals. */
static void touch_stack(void)
{
	volatile char room[64 << 10];
	size_t i;

	for (i = 0; i < sizeof(room); i += 512)
		room[i] = 1;
}

static void prepare_handler(void)
{
	touch_stack();
	signal(SIGUSR1, on_signal);
	prepare_confined();
}

/* Returns what is seen as the previous call after the handler. */
static long attempt_handler(void)
{
	long tid = raw_syscall(SYS_gettid, 0, 0, 0, 0, 0);

	raw_syscall(SYS_tkill, tid, SIGUSR1, 0, 0, 0);
	return prev();
}

/* Without memory for what was before, sigreturn is a call like any other. */
static bool restored(long ret, bool without)
{
	if (ret != SYS_tkill && !(without && ret == SYS_rt_sigreturn))
		return false;
	return attempt_handler() == SYS_tkill;
}

static volatile long forked;
static volatile int child_status;

static void fork_in_handler(int sig)
{
	int status = 0;

	(void)sig;
	forked = raw_syscall(SYS_fork, 0, 0, 0, 0, 0);
	/* The rest is about memory that they share. */
	if (forked)
		stop_injection();
	if (forked > 0 && waitpid(forked, &status, 0) != forked)
		_exit(WRONG);
	child_status = status;
}

static void prepare_fork(void)
{
	touch_stack();
	signal(SIGUSR1, fork_in_handler);
	prepare_confined();
}

/* The child returns from the handler, too, and sees what its parent sees. */
static long attempt_fork(void)
{
	long seen = attempt_handler();

	if (forked == 0)
		_exit(seen == SYS_tkill ? 0 : 1);
	if (forked < 0)
		return forked;
	return child_status == (seen == SYS_tkill ? 0 : 1 << 8) ? seen :
								  -EINVAL;
}

/*
 * Attempts
 */
static int judge_failure(const struct operation *op, long ret, int filters,
			 int fds)
{
	if (op->never_fails || (ret != -ENOMEM && ret != -op->error))
		return WRONG;
	if (status_of("Seccomp_filters") != filters || count_fds() != fds)
		return WRONG;
	/* And now there is memory. */
	ret = op->attempt();
	return ret >= 0 && op->done(ret, false) ? REFUSED : WRONG;
}

static int attempt(const struct operation *op, unsigned int nth)
{
	int filters, fds;
	long ret;

	op->prepare();
	injection = open(INJECTION, O_RDWR | O_CLOEXEC);
	filters = status_of("Seccomp_filters");
	fds = count_fds();
	if (injection < 0)
		return WRONG;
	fail_nth(nth);
	ret = op->attempt();
	stop_injection();
	if (ret < 0 && has_failed)
		return judge_failure(op, ret, filters, fds);
	if (ret < 0 || !op->done(ret, has_failed))
		return WRONG;
	return has_failed ? DONE_WITHOUT : OVER;
}

static int attempt_in_child(const struct operation *op, unsigned int nth)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(attempt(op, nth));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return WRONG;
	return WEXITSTATUS(status);
}

/* What is printed for allocations that fail is expected; this never is. */
static bool kernel_complains(int log)
{
	static const char *const words[] = {
		"BUG:",       "WARNING:",      "KASAN:",
		"UBSAN:",     "INFO: ",        "inconsistent lock state",
		"lock held",  "bad unlock",    "unreferenced object",
		"refcount_t", "possible recu",
	};
	char record[8192];
	bool found = false;
	ssize_t len;
	size_t i;

	while ((len = read(log, record, sizeof(record) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		record[len > 0 ? len : 0] = '\0';
		for (i = 0; i < COUNT(words); i++) {
			if (!strstr(record, words[i]))
				continue;
			printf("# %s", record);
			found = true;
		}
	}
	return found;
}

/* Nothing on the console for the host to take for a mistake. */
static int quiet_console(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	expect(log >= 0 && lseek(log, 0, SEEK_END) >= 0);
	/* SYSLOG_ACTION_CONSOLE_LEVEL */
	expect(klogctl(8, NULL, 1) == 0);
	return log;
}

/* Let each allocation fail.  @fewest: as many there must be. */
static void each_allocation(const struct operation *op, unsigned int fewest)
{
	unsigned int nth, refused = 0, done = 0;
	int log = quiet_console(), how = WRONG;
	bool complaint;

	for (nth = 1; nth < MAX_NTH; nth++) {
		how = attempt_in_child(op, nth);
		if (how == OVER || how == WRONG)
			break;
		refused += how == REFUSED;
		done += how == DONE_WITHOUT;
	}
	complaint = kernel_complains(log);
	klogctl(8, NULL, 5);
	printf("# %u refused, %u done without\n", refused, done);
	if (how != OVER)
		printf("# wrong when allocation %u fails\n", nth);
	expect(how == OVER);
	expect(!complaint);
	expect(refused + done >= fewest);
	expect(!op->never_fails || !refused);
}

static void registration(void)
{
	const struct operation op = {
		.prepare = prepare_args,
		.attempt = attempt_install,
		.done = installed,
	};

	each_allocation(&op, 8);
}

static void registration_with_a_listener(void)
{
	const struct operation op = {
		.prepare = prepare_args,
		.attempt = attempt_listener,
		.done = listening,
		.error = ENFILE,
	};

	each_allocation(&op, 10);
}

static void registration_for_all_threads(void)
{
	const struct operation op = {
		.prepare = prepare_args,
		.attempt = attempt_tsync,
		.done = installed,
	};

	each_allocation(&op, 8);
}

static void lookups(void)
{
	const struct operation op = {
		.prepare = prepare_confined,
		.attempt = attempt_lookup,
		.done = is_caller,
		.never_fails = true,
	};

	each_allocation(&op, 1);
}

static void handlers(void)
{
	const struct operation op = {
		.prepare = prepare_handler,
		.attempt = attempt_handler,
		.done = restored,
		.never_fails = true,
	};

	each_allocation(&op, 1);
}

static void forks(void)
{
	const struct operation op = {
		.prepare = prepare_fork,
		.attempt = attempt_fork,
		.done = restored,
		.error = EAGAIN,
	};

	each_allocation(&op, 20);
}

static const struct test_case tests[] = {
	{ "a registration without memory leaves nothing", registration, 0 },
	{ "neither does one with a listener", registration_with_a_listener, 0 },
	{ "nor one for all threads", registration_for_all_threads, 0 },
	{ "callers are right without memory to remember them", lookups, 0 },
	{ "handlers return without memory for what was before", handlers, 0 },
	{ "a fork in a handler fails or is complete", forks, 0 },
};

int main(void)
{
	set_up_injection();
	if (add_loaded(&reg, on_signal, ID) || add_system(&reg, ID + 1) ||
	    no_new_privs())
		return 1;
	return CASES(tests);
}
