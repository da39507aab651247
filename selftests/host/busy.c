// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program to be recorded.  Each of its arguments is something to do, and each
 * of these makes calls that nothing else here makes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In libbusy.so: makes this call, from its own code. */
typedef long calls_fn(long nr);

static sigjmp_buf out;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *thread(void *unused)
{
	syscall(SYS_getuid);
	syscall(SYS_getgid);
	return unused;
}

static void do_threads(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		if (pthread_create(&threads[i], NULL, thread, NULL))
			fail("pthread_create");
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void wait_for(pid_t pid)
{
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		fail("child");
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_getpgrp);
		_exit(0);
	}
	wait_for(pid);
	pid = vfork();
	if (!pid) {
		syscall(SYS_getppid);
		_exit(0);
	}
	wait_for(pid);
}

static void handler(int sig)
{
	syscall(SYS_geteuid);
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	if (sig == SIGALRM)
		siglongjmp(out, 1);
	syscall(SYS_getegid);
}

/* Nested, on another stack, and one that does not return. */
static void do_signals(void)
{
	static char stack[1 << 16];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_handler = handler,
		.sa_flags = SA_ONSTACK,
	};

	sigaltstack(&alternate, NULL);
	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = 0;
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	syscall(SYS_getpid);
	raise(SIGUSR1);
	syscall(SYS_getsid, 0);
	if (!sigsetjmp(out, 1))
		raise(SIGALRM);
	syscall(SYS_sync);
}

static calls_fn *find_calls(void *library)
{
	calls_fn *calls = NULL;

	if (library)
		*(void **)&calls = dlsym(library, "calls");
	if (!calls)
		fail("library");
	return calls;
}

static calls_fn *open_library(void)
{
	return find_calls(dlopen("libbusy.so", RTLD_NOW));
}

static void do_dlopen(void)
{
	if (open_library()(SYS_getpgrp) < 0)
		fail("call");
}

static void call_of(const char *name, long nr)
{
	void *library = dlopen(name, RTLD_NOW);

	find_calls(library)(nr);
	dlclose(library);
}

/* liba.so goes, and libb.so comes, here, with what was in it. */
static void do_replace(void)
{
	static char text[1 << 20];
	FILE *file = fopen("liba.so", "re");
	size_t len;

	if (!file)
		fail("liba.so");
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	call_of("liba.so", SYS_getpgrp);
	unlink("liba.so");
	file = fopen("libb.so", "we");
	if (!file || fwrite(text, 1, len, file) != len || fclose(file))
		fail("libb.so");
	call_of("libb.so", SYS_getsid);
}

/* What the library's text was stays what it is, but nobody can know. */
static void do_rewrite(void)
{
	calls_fn *calls = open_library();
	uintptr_t page = (uintptr_t)calls & ~(uintptr_t)4095;
	volatile char *byte = (void *)page;

	if (mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
		fail("mprotect");
	*byte = *byte;
	if (mprotect((void *)page, 4096, PROT_READ | PROT_EXEC))
		fail("mprotect");
	calls(SYS_getsid);
}

/* mov $SYS_getpriority, %eax; syscall; ret */
static const unsigned char code[] = {
	0xb8, SYS_getpriority, 0, 0, 0, 0x0f, 0x05, 0xc3
};

static void do_generated(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*generated)(void);

	if (page == MAP_FAILED)
		fail("mmap");
	memcpy(page, code, sizeof(code));
	*(void **)&generated = page;
	generated();
}

/* getpid(), as 32-bit programs make it. */
static void do_foreign(void)
{
	long nr = 20;

	__asm__ volatile("int $0x80" : "+a"(nr) : : "memory");
}

static void do_time(void)
{
	struct timespec now;

	syscall(SYS_getuid);
	clock_gettime(CLOCK_MONOTONIC, &now);
	syscall(SYS_getgid);
}

static void *execute(void *unused)
{
	execl("/bin/echo", "echo", "executed", NULL);
	return unused;
}

/* By another thread than the first. */
static void do_exec(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, execute, NULL))
		fail("pthread_create");
	pthread_join(id, NULL);
	fail("exec");
}

static void do_crash(void)
{
	syscall(SYS_getpgrp);
	raise(SIGSEGV);
}

/* Until somebody says SIGTERM; one of the threads tells that it is alive. */
static void *wait_long(void *tells)
{
	const struct timespec shortly = { .tv_nsec = 10000000 };

	for (int i = 0;; i++) {
		nanosleep(&shortly, NULL);
		syscall(tells ? SYS_getpgrp : SYS_getppid);
		if (tells && i % 8 == 0)
			puts("alive");
	}
	return tells;
}

static void do_wait(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, wait_long, NULL))
		fail("pthread_create");
	setvbuf(stdout, NULL, _IOLBF, 0);
	wait_long(&id);
}

/* From then on only root can read what it is. */
static void do_hide(void)
{
	if (prctl(PR_SET_DUMPABLE, 0))
		fail("prctl");
	syscall(SYS_getpgrp);
}

/* A filter of its own: some calls fail, in children and threads, too. */
static void do_filter(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgrp, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog prog = {
		.len = sizeof(insns) / sizeof(*insns),
		.filter = insns,
	};
	pid_t pid;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		fail("filter");
	if (syscall(SYS_getpgrp) != -1)
		fail("getpgrp");
	syscall(SYS_getgid);
	pid = fork();
	if (!pid) {
		syscall(SYS_getppid);
		_exit(0);
	}
	wait_for(pid);
}

static const struct {
	const char *name;
	void (*run)(void);
} all[] = {
	{ "threads", do_threads }, { "fork", do_fork },
	{ "signals", do_signals }, { "dlopen", do_dlopen },
	{ "rewrite", do_rewrite }, { "generated", do_generated },
	{ "foreign", do_foreign }, { "time", do_time },
	{ "exec", do_exec },       { "crash", do_crash },
	{ "wait", do_wait },       { "replace", do_replace },
	{ "hide", do_hide },       { "filter", do_filter },
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		for (size_t j = 0; j < sizeof(all) / sizeof(*all); j++) {
			if (!strcmp(argv[i], all[j].name))
				all[j].run();
		}
	}
	return 7;
}
