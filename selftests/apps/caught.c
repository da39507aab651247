// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that makes calls which its policy denies: each of its arguments is
 * something to do.  libcalls.so makes the directory "made", after a getppid of
 * its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int (*calls_getppid)(void);
static long (*calls_any)(long nr, long a, long b, long c, long d);

_Noreturn static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void open_library(void)
{
	void *library = dlopen("libcalls.so", RTLD_NOW);

	if (!library)
		fail("libcalls.so");
	*(void **)&calls_getppid = dlsym(library, "calls_getppid");
	*(void **)&calls_any = dlsym(library, "calls_any");
	if (!calls_getppid || !calls_any)
		fail("libcalls.so");
}

static void do_mkdir(void)
{
	long ret;

	calls_getppid();
	ret = calls_any(SYS_mkdir, (long)"made", 0755, 0, 0);
	printf("mkdir: %s\n", ret ? strerrorname_np((int)-ret) : "made");
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	static const char text[] = "handled\n";

	(void)context;
	if (sig == SIGSYS && info->si_syscall == SYS_mkdir &&
	    write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
}

static void do_handle(void)
{
	const struct sigaction action = {
		.sa_sigaction = on_sigsys,
		.sa_flags = SA_SIGINFO,
	};

	sigaction(SIGSYS, &action, NULL);
}

static void do_ignore(void)
{
	sigset_t mask;

	signal(SIGSYS, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGSYS);
	sigprocmask(SIG_BLOCK, &mask, NULL);
}

static void *thread(void *unused)
{
	do_mkdir();
	return unused;
}

static void do_thread(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, thread, NULL))
		fail("pthread_create");
	pthread_join(id, NULL);
}

/* What becomes of a child, as its parent sees it. */
static void wait_for(long pid)
{
	int status;

	if (pid < 0 || waitpid((pid_t)pid, &status, __WALL) != pid)
		fail("child");
	if (WIFSIGNALED(status))
		printf("child: signal %d\n", WTERMSIG(status));
	else
		printf("child: status %d\n", WEXITSTATUS(status));
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid) {
		do_mkdir();
		fflush(stdout);
		_exit(0);
	}
	wait_for(pid);
}

/* A child that no tracer gets. */
static void do_untraced(void)
{
	long pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(calls_any(SYS_mkdir, (long)"made", 0755, 0, 0) ==
				      -ENOSYS ?
			      38 :
			      0);
	wait_for(pid);
}

/* Become a supervisor, which could let any call pass. */
static void do_supervise(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &insn };
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);

	printf("listener: %s\n", fd < 0 ? strerrorname_np(errno) : "installed");
}

/* getpid(), as 32-bit programs make it. */
static void do_foreign(void)
{
	long nr = 20;

	__asm__ volatile("int $0x80" : "+a"(nr) : : "memory");
	printf("foreign: %s\n", nr > 0 ? "made" : "failed");
}

static void do_raise(void)
{
	raise(SIGTERM);
}

static void on_sigterm(int sig)
{
	static const char text[] = "terminated\n";

	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0 || sig != SIGTERM)
		_exit(1);
	_exit(5);
}

static void do_term(void)
{
	signal(SIGTERM, on_sigterm);
}

static void do_pause(void)
{
	puts("waiting");
	fflush(stdout);
	pause();
}

static const struct {
	const char *name;
	void (*run)(void);
} all[] = {
	{ "mkdir", do_mkdir },         { "handle", do_handle },
	{ "ignore", do_ignore },       { "thread", do_thread },
	{ "fork", do_fork },           { "untraced", do_untraced },
	{ "supervise", do_supervise }, { "foreign", do_foreign },
	{ "raise", do_raise },         { "term", do_term },
	{ "pause", do_pause },
};

int main(int argc, char **argv)
{
	open_library();
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "exec"))
			execv(argv[0], (argv[i] = argv[0], argv + i));
		for (size_t j = 0; j < sizeof(all) / sizeof(*all); j++) {
			if (!strcmp(argv[i], all[j].name))
				all[j].run();
		}
		fflush(stdout);
	}
	return 7;
}
