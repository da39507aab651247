// SPDX-License-Identifier: GPL-2.0
/*
 * Threads and processes that do everything at once that a filter has to keep
 * up with, while each verdict is checked.
 *
 *	stress [ROUNDS [PROCESSES [THREADS]]]
 *
 * The callers are the program, the libraries A and B, and T, which is looked
 * through, as is libc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../fuzz/fuzz_lib.h"
#include "../fuzz/random.h"
#include "../seccomp/common.h"
#include "../seccomp/register.h"

#define ID_PROGRAM 11
#define ID_A       12
#define ID_B       13
#define ID_T       14
#define ID_LIBC    15

#define PAGE        4096UL
#define MAX_THREADS 16

/* A number that has never been implemented, for A alone. */
#define ONLY_A 183
/* One that only getppid may precede. */
#define AFTER_GETPPID 212
/* Those that filters deny to B which are installed on the way. */
static const unsigned int later_denied[] = { 184, 185, 214, 215 };

#define LIBRARY(name) TEST_HELPERS "/../fuzz/libfuzz_" name ".so"

static const struct fuzz_lib *a, *b, *t;
static struct registration reg;
static const char *self_path;

/* How many of @later_denied are denied, and who may add the next. */
static atomic_uint nr_denied;
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;

struct worker {
	pthread_t thread;
	struct random r;
	unsigned int rounds;
	unsigned long checks;
};

static struct worker workers[MAX_THREADS];
static unsigned int nr_workers;
static pthread_barrier_t barrier;

static const struct sock_filter filter[] = {
	LOAD(nr),
	IS(PROBE_CALLER, 0, 4),
	SHOW(caller_id),
	IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),
	IS(ONLY_A, 0, 2),
	LOAD(caller_id),
	IS(ID_A, 4, 3),
	IS(AFTER_GETPPID, 0, 3),
	LOAD(prev_nr),
	IS(SYS_getppid, 1, 0),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

/*
 * Checks.  They make no calls but those that are judged, and can be made
 * anywhere: in handlers, and in the child of vfork().
 */
__attribute__((noreturn)) static void wrong(const char *what, long have,
					    long want)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "# %s gave %ld, not %ld\n", what,
			   have, want);

	if (write(STDOUT_FILENO, text, len) != len)
		_exit(3);
	raw_syscall(SYS_exit_group, 1, 0, 0, 0, 0);
	__builtin_unreachable();
}

static void check(const char *what, long have, long want)
{
	if (have != want)
		wrong(what, have, want);
}

static const unsigned long none[4];

static void check_callers(void)
{
	check("the program", raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0),
	      -ID_PROGRAM);
	check("A", a->own(PROBE_CALLER, none), -ID_A);
	check("B", b->own(PROBE_CALLER, none), -ID_B);
	check("A through libc", a->libc(PROBE_CALLER, none), -ID_A);
	check("B through T", b->through(t->own, PROBE_CALLER, none), -ID_B);
	check("A through T and libc", a->through(t->libc, PROBE_CALLER, none),
	      -ID_A);
	check("B called by A", a->through(b->own, PROBE_CALLER, none), -ID_B);
}

static void check_verdicts(void)
{
	unsigned int i,
		nr = atomic_load_explicit(&nr_denied, memory_order_acquire);

	check("A's own", a->own(ONLY_A, none), -ENOSYS);
	check("A's own, of B", b->own(ONLY_A, none), -EPERM);
	check("A's own, of B through libc", b->libc(ONLY_A, none), -EPERM);
	check("A's own, of A through T", a->through(t->own, ONLY_A, none),
	      -ENOSYS);
	for (i = 0; i < nr; i++) {
		check("denied to B", b->own(later_denied[i], none), -EACCES);
		check("permitted to A", a->own(later_denied[i], none), -ENOSYS);
	}
}

/* Whatever signal comes in between. */
static void check_order(void)
{
	raw_syscall(SYS_getppid, 0, 0, 0, 0, 0);
	check("what may follow", b->own(AFTER_GETPPID, none), -ENOSYS);
	check("what may not follow", b->own(AFTER_GETPPID, none), -EPERM);
	check("the previous call", prev(), AFTER_GETPPID);
}

static void check_all(void)
{
	check_callers();
	check_verdicts();
	check_order();
}

/*
 * Signals
 */
static void on_signal(int sig)
{
	(void)sig;
	check("a handler's first call", prev(),
	      SECCOMP_PREV_SIGNAL & PROBE_MASK);
	check("A in a handler", a->own(PROBE_CALLER, none), -ID_A);
	check_order();
}

static __thread sigjmp_buf leave;

static void on_leave(int sig)
{
	on_signal(sig);
	siglongjmp(leave, 1);
}

static void catch_signals(void)
{
	struct sigaction act = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};

	sigaction(SIGUSR1, &act, NULL);
	act.sa_handler = on_leave;
	sigaction(SIGUSR2, &act, NULL);
}

static void signal_others(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		pthread_kill(workers[random_below(&w->r, nr_workers)].thread,
			     SIGUSR1);
}

/* Out of a handler, with the stack pointer above it, and then on. */
static void leave_handlers(struct worker *w)
{
	volatile unsigned int left = 1 + random_below(&w->r, 12);

	if (sigsetjmp(leave, 1))
		left--;
	if (left)
		pthread_kill(pthread_self(), SIGUSR2);
	check_order();
}

/*
 * Mappings
 */
static void map_and_unmap(struct worker *w)
{
	size_t size = PAGE * (1 + random_below(&w->r, 16));
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		wrong("mmap", errno, 0);
	memset(map, 0xcc, size);
	mprotect(map, PAGE, PROT_READ | PROT_EXEC);
	check_callers();
	munmap(map, size);
}

/* Another mapping of A's text is A, until it is written. */
static void map_text(struct worker *w)
{
	const struct seccomp_object *text = &reg.objects[0];
	unsigned long skew = text->addr % PAGE;
	size_t size = (text->len + skew + PAGE - 1) & -PAGE;
	int fd = open(LIBRARY("a"), O_RDONLY | O_CLOEXEC);
	char *map = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
			 text->offset - skew);
	fuzz_call *copy;

	close(fd);
	if (map == MAP_FAILED)
		wrong("mmap of text", errno, 0);
	copy = (fuzz_call *)(map +
			     ((unsigned long)a->own - (text->addr - skew)));
	check("other text of A", copy(PROBE_CALLER, none), -ID_A);
	if (random_one_in(&w->r, 2)) {
		mprotect(map, size, PROT_READ | PROT_WRITE | PROT_EXEC);
		check("writable text", copy(PROBE_CALLER, none), 0);
		*(volatile char *)map = *map;
		mprotect(map, size, PROT_READ | PROT_EXEC);
		check("written text", copy(PROBE_CALLER, none), 0);
		check("written text", copy(ONLY_A, none), -EPERM);
	}
	munmap(map, size);
}

static void open_and_close(struct worker *w)
{
	void *handle = dlopen(LIBRARY("c"), RTLD_NOW | RTLD_LOCAL);
	const struct fuzz_lib *lib = handle ? dlsym(handle, "fuzz_lib") : NULL;

	(void)w;
	if (!lib)
		wrong("dlopen", errno, 0);
	/* Nobody registered it; and libc is looked through to it. */
	check("an unknown library", lib->own(PROBE_CALLER, none), 0);
	check("an unknown library", lib->libc(PROBE_CALLER, none), 0);
	dlclose(handle);
}

/*
 * Processes
 */
static void expect_exit(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		wrong("a child", errno, 0);
	check("a child's exit", status, 0);
}

static void forks(struct worker *w)
{
	pid_t pid = fork();

	(void)w;
	if (!pid) {
		check_all();
		_exit(0);
	}
	expect_exit(pid);
}

static void vforks(struct worker *w)
{
	pid_t pid = vfork();

	(void)w;
	if (!pid) {
		check_callers();
		check_order();
		_exit(0);
	}
	expect_exit(pid);
}

static void executes(struct worker *w)
{
	char *argv[] = { (char *)self_path, "--executed", NULL };
	pid_t pid;
	int error = posix_spawn(&pid, self_path, NULL, NULL, argv, environ);

	(void)w;
	if (error)
		wrong("posix_spawn", error, 0);
	expect_exit(pid);
}

static void *short_thread(void *arg)
{
	check_all();
	return arg;
}

static void makes_thread(struct worker *w)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, short_thread, w);

	if (error)
		wrong("pthread_create", error, 0);
	pthread_join(thread, NULL);
}

/*
 * Filters
 */
static int deny_to_b(unsigned int nr)
{
	const struct sock_filter deny[] = {
		LOAD(nr),
		IS(nr, 0, 3),
		LOAD(caller_id),
		IS(ID_B, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EACCES),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct seccomp_caller_filter args = {
		.size = sizeof(args),
		.prog_len = COUNT(deny),
		.prog = (unsigned long)deny,
		.objects = (unsigned long)reg.objects,
		.nr_objects = reg.nr,
	};

	return seccomp(SECCOMP_SET_MODE_CALLER, SECCOMP_FILTER_FLAG_TSYNC,
		       &args);
}

static void installs(struct worker *w)
{
	unsigned int nr;

	(void)w;
	pthread_mutex_lock(&install_lock);
	nr = atomic_load_explicit(&nr_denied, memory_order_relaxed);
	if (nr < COUNT(later_denied)) {
		check("a filter for all threads", deny_to_b(later_denied[nr]),
		      0);
		atomic_store_explicit(&nr_denied, nr + 1, memory_order_release);
	}
	pthread_mutex_unlock(&install_lock);
	check_verdicts();
}

/*
 * All of it
 */
static void (*const actions[])(struct worker *w) = {
	signal_others, signal_others, leave_handlers, map_and_unmap,
	map_and_unmap, map_text,      map_text,       open_and_close,
	forks,         vforks,        makes_thread,   makes_thread,
};

/* What takes long, or cannot be done often. */
static void (*const rare_actions[])(struct worker *w) = { executes, installs };

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	pthread_barrier_wait(&barrier);
	for (i = 0; i < w->rounds; i++) {
		check_all();
		if (random_one_in(&w->r, 16))
			RANDOM_OF(&w->r, rare_actions)(w);
		else
			RANDOM_OF(&w->r, actions)(w);
	}
	/* Nobody may be signalled who is not there any more. */
	pthread_barrier_wait(&barrier);
	return NULL;
}

static const struct fuzz_lib *open_library(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	return handle ? dlsym(handle, "fuzz_lib") : NULL;
}

static int open_libraries(void)
{
	a = open_library(LIBRARY("a"));
	b = open_library(LIBRARY("b"));
	t = open_library(LIBRARY("t"));
	return a && b && t ? 0 : -1;
}

/* map_text() takes the first for A. */
static int confine(void)
{
	if (add_loaded(&reg, a, ID_A) || add_loaded(&reg, b, ID_B) ||
	    add_transparent(&reg, t, ID_T) || add_system(&reg, ID_LIBC) ||
	    add_loaded(&reg, confine, ID_PROGRAM))
		return -1;
	return install_callers(&reg, filter, COUNT(filter));
}

static void play_process(unsigned int seed, unsigned int rounds)
{
	unsigned int i;

	if (confine())
		wrong("the first filter", errno, 0);
	catch_signals();
	pthread_barrier_init(&barrier, NULL, nr_workers);
	for (i = 0; i < nr_workers; i++) {
		workers[i].rounds = rounds;
		random_seed(&workers[i].r, seed, i);
	}
	workers[0].thread = pthread_self();
	for (i = 1; i < nr_workers; i++) {
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			wrong("pthread_create", errno, 0);
	}
	work(&workers[0]);
	for (i = 1; i < nr_workers; i++)
		pthread_join(workers[i].thread, NULL);
}

static unsigned int argument(int argc, char **argv, int i, unsigned int other)
{
	return argc > i ? strtoul(argv[i], NULL, 0) : other;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argument(argc, argv, 1, 200);
	unsigned int processes = argument(argc, argv, 2, 3);
	unsigned int i;
	int status, failed = 0;

	self_path = realpath("/proc/self/exe", NULL);
	if (open_libraries())
		return 1;
	if (argc > 1 && !strcmp(argv[1], "--executed")) {
		check_all();
		return 0;
	}
	nr_workers = argument(argc, argv, 3, 4);
	if (!nr_workers || nr_workers > MAX_THREADS)
		return 2;
	for (i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (!pid) {
			play_process(i, rounds);
			exit(0);
		}
		failed |= pid < 0;
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}
