// SPDX-License-Identifier: GPL-2.0
/* seccomp_data.prev_nr in signal handlers, and after them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common.h"
#include "kselftest_harness.h"
#include "prev.h"
#include "sigreturn.h"

/* What a probe shows for SECCOMP_PREV_SIGNAL. */
#define PROBE_SIGNAL (SECCOMP_PREV_SIGNAL & PROBE_MASK)

/* So many handlers that have not returned are remembered. */
#define REMEMBERED 8

/* Numbers of i386. */
#define I386_getpid 20
#define I386_probe  188

/* A filter that has no interest in prev_nr. */
static const struct sock_filter plain_filter[] = {
	LOAD(nr),
	IS(DENIED, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

/* mkdir is allowed after umask. */
static const struct sock_filter ordered_filter[] = {
	LOAD(nr),
	IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),
	IS(SYS_mkdir, 0, 3),
	LOAD(prev_nr),
	IS(SYS_umask, 1, 0),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

typedef void handler_fn(int signal, siginfo_t *info, void *context);

static int handle(int signal, handler_fn *handler, int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | flags,
	};

	return sigaction(signal, &action, NULL);
}

/* The last call before the handler is tgkill. */
static void send_signal(int signal)
{
	long pid = raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	long tid = raw_syscall(SYS_gettid, 0, 0, 0, 0, 0);

	raw_syscall(SYS_tgkill, pid, tid, signal, 0, 0);
}

/* SIGTRAP without any call. */
static void trap(void)
{
	__asm__ volatile("int3" : : : "memory");
}

/* What handlers saw, in order. */
static volatile long seen[64];
static volatile int nr_seen;

static void see(void)
{
	seen[nr_seen++] = prev();
}

static void look(int signal, siginfo_t *info, void *context)
{
	see();
}

static void look_and_call(int signal, siginfo_t *info, void *context)
{
	see();
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	see();
}

static void send_usr2(int signal, siginfo_t *info, void *context)
{
	see();
	send_signal(SIGUSR2);
	see();
}

FIXTURE(handled){};

FIXTURE_VARIANT(handled)
{
	const struct sock_filter *filter;
	size_t len;
};

FIXTURE_VARIANT_ADD(handled, at_a_bitmap_hit){
	.filter = probe_filter,
	.len = COUNT(probe_filter),
};

FIXTURE_VARIANT_ADD(handled, when_the_filter_runs){
	.filter = uncached_probe_filter,
	.len = COUNT(uncached_probe_filter),
};

FIXTURE_SETUP(handled)
{
	ASSERT_EQ(0, install(variant->filter, variant->len));
}

FIXTURE_TEARDOWN(handled)
{
}

TEST_F(handled, a_handler_that_a_call_was_interrupted_for)
{
	long after;

	ASSERT_EQ(0, handle(SIGUSR1, look_and_call, 0));
	send_signal(SIGUSR1);
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(SYS_tgkill, after);
}

TEST_F(handled, a_handler_between_two_calls)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, look_and_call, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(SYS_getpid, after);
}

TEST_F(handled, a_handler_that_makes_no_call)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, look, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	trap();
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(PROBE_SIGNAL, seen[1]);
	EXPECT_EQ(SYS_getpid, after);
}

TEST_F(handled, a_handler_in_a_handler)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, send_usr2, 0));
	ASSERT_EQ(0, handle(SIGUSR2, look_and_call, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(4, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(PROBE_SIGNAL, seen[1]);
	EXPECT_EQ(SYS_getuid, seen[2]);
	EXPECT_EQ(SYS_tgkill, seen[3]);
	EXPECT_EQ(SYS_getpid, after);
}

/* The frame of one is made before the handler of the other begins. */
TEST_F(handled, signals_that_are_delivered_at_once)
{
	sigset_t set;
	long after;
	int i;

	ASSERT_EQ(0, handle(SIGUSR1, look_and_call, 0));
	ASSERT_EQ(0, handle(SIGUSR2, look_and_call, 0));
	ASSERT_EQ(0, handle(SIGHUP, look_and_call, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGHUP);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	send_signal(SIGUSR1);
	send_signal(SIGUSR2);
	send_signal(SIGHUP);
	ASSERT_EQ(0, sigprocmask(SIG_UNBLOCK, &set, NULL));
	after = prev();

	ASSERT_EQ(6, nr_seen);
	for (i = 0; i < 6; i += 2) {
		EXPECT_EQ(PROBE_SIGNAL, seen[i]);
		EXPECT_EQ(SYS_getuid, seen[i + 1]);
	}
	EXPECT_EQ(SYS_rt_sigprocmask, after);
}

/* A denied call can raise a signal: the handler is one like any other. */
TEST(a_handler_of_a_call_that_traps)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		IS(DENIED, 0, 1),
		RETURN(SECCOMP_RET_TRAP),
		RETURN(SECCOMP_RET_ALLOW),
	};
	long after;

	ASSERT_EQ(0, handle(SIGSYS, look_and_call, 0));
	ASSERT_EQ(0, install(filter, COUNT(filter)));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	raw_syscall(DENIED, 0, 0, 0, 0, 0);
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(SYS_getpid, after);
}

/* SIGUSR1 finds no stack, and so becomes a SIGSEGV. */
TEST_F(handled, a_frame_that_cannot_be_made_does_not_count)
{
	stack_t stack = { .ss_size = 65536 };
	long after;

	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, stack.ss_sp);
	ASSERT_EQ(0, sigaltstack(&stack, NULL));
	ASSERT_EQ(0, handle(SIGUSR1, look, SA_ONSTACK));
	ASSERT_EQ(0, handle(SIGSEGV, look_and_call, 0));
	send_signal(SIGUSR1);
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(SYS_tgkill, after);
}

/* Go on behind the two bytes of ud2, as programs do that emulate. */
static void skip(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	see();
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

TEST_F(handled, a_handler_that_changes_where_it_returns_to)
{
	long after;

	ASSERT_EQ(0, handle(SIGILL, skip, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	__asm__ volatile("ud2" : : : "memory");
	after = prev();

	ASSERT_EQ(1, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getpid, after);
}

/* The depth. */
static volatile int depth, deepest;
static volatile long after_level[2 * REMEMBERED + 1];

static void nest(int signal, siginfo_t *info, void *context)
{
	int level = ++depth;

	see();
	if (level < deepest) {
		send_signal(SIGUSR1);
		after_level[level + 1] = prev();
	}
}

/* Levels count from 1; that of the main program is 0. */
static void nest_handlers(int levels)
{
	depth = 0;
	nr_seen = 0;
	deepest = levels;
	send_signal(SIGUSR1);
	after_level[1] = prev();
}

TEST_F(handled, as_many_handlers_as_are_remembered)
{
	int i;

	ASSERT_EQ(0, handle(SIGUSR1, nest, SA_NODEFER));
	nest_handlers(REMEMBERED);
	ASSERT_EQ(REMEMBERED, nr_seen);
	for (i = 0; i < REMEMBERED; i++)
		EXPECT_EQ(PROBE_SIGNAL, seen[i]);
	for (i = 1; i <= REMEMBERED; i++)
		EXPECT_EQ(SYS_tgkill, after_level[i]);
}

/* The oldest are forgotten: what they return to sees the return itself. */
static void expect_overflow(struct __test_metadata *_metadata, int levels)
{
	int i;

	nest_handlers(levels);
	ASSERT_EQ(levels, nr_seen);
	for (i = 0; i < levels; i++)
		EXPECT_EQ(PROBE_SIGNAL, seen[i]);
	for (i = 1; i <= levels - REMEMBERED; i++)
		EXPECT_EQ(SYS_rt_sigreturn, after_level[i]);
	for (; i <= levels; i++)
		EXPECT_EQ(SYS_tgkill, after_level[i]);
}

TEST_F(handled, more_handlers_than_are_remembered)
{
	ASSERT_EQ(0, handle(SIGUSR1, nest, SA_NODEFER));
	expect_overflow(_metadata, REMEMBERED + 1);
	expect_overflow(_metadata, 2 * REMEMBERED);

	/* And then all is as it was. */
	nest_handlers(2);
	EXPECT_EQ(SYS_tgkill, after_level[2]);
	EXPECT_EQ(SYS_tgkill, after_level[1]);
}

/* Handlers that are left without a return. */
static sigjmp_buf out;

static void call_and_leave(int signal, siginfo_t *info, void *context)
{
	see();
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	siglongjmp(out, 1);
}

static void leave(int signal, siginfo_t *info, void *context)
{
	siglongjmp(out, 1);
}

TEST_F(handled, siglongjmp_leads_to_code_that_sees_the_handlers_calls)
{
	long after;

	ASSERT_EQ(0, handle(SIGUSR1, call_and_leave, SA_NODEFER));
	ASSERT_EQ(0, handle(SIGTRAP, leave, SA_NODEFER));
	if (!sigsetjmp(out, 0))
		send_signal(SIGUSR1);
	after = prev();
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, after);

	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	if (!sigsetjmp(out, 0))
		trap();
	EXPECT_EQ(PROBE_SIGNAL, prev());
}

TEST_F(handled, handlers_that_were_left_do_not_fill_the_memory)
{
	volatile int i;

	ASSERT_EQ(0, handle(SIGUSR1, call_and_leave, SA_NODEFER));
	ASSERT_EQ(0, handle(SIGTRAP, leave, SA_NODEFER));
	for (i = 0; i < 2 * REMEMBERED; i++) {
		if (!sigsetjmp(out, 0))
			send_signal(SIGUSR1);
		if (!sigsetjmp(out, 0))
			trap();
	}

	ASSERT_EQ(0, handle(SIGUSR1, nest, SA_NODEFER));
	nest_handlers(REMEMBERED);
	for (i = 1; i <= REMEMBERED; i++)
		EXPECT_EQ(SYS_tgkill, after_level[i]);
}

/* Only the inner one is left, by a jump to the outer one. */
static void outlive_usr2(int signal, siginfo_t *info, void *context)
{
	if (!sigsetjmp(out, 0))
		send_signal(SIGUSR2);
	see();
	send_signal(SIGHUP);
	see();
}

TEST_F(handled, a_handler_that_another_one_was_left_for)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, outlive_usr2, 0));
	ASSERT_EQ(0, handle(SIGUSR2, leave, SA_NODEFER));
	ASSERT_EQ(0, handle(SIGHUP, look_and_call, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(4, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(PROBE_SIGNAL, seen[1]);
	EXPECT_EQ(SYS_getuid, seen[2]);
	EXPECT_EQ(SYS_tgkill, seen[3]);
	EXPECT_EQ(SYS_getpid, after);
}

/* Alternate stacks. */
static char alternate[131072] __attribute__((aligned(16)));
static bool on_alternate[4];

static void use_alternate(struct __test_metadata *_metadata)
{
	stack_t stack = {
		.ss_sp = alternate,
		.ss_size = sizeof(alternate),
	};

	ASSERT_EQ(0, sigaltstack(&stack, NULL));
}

static bool is_alternate(const void *address)
{
	return (unsigned long)address - (unsigned long)alternate <
	       sizeof(alternate);
}

static void look_where(int signal, siginfo_t *info, void *context)
{
	on_alternate[nr_seen] = is_alternate(context);
	look_and_call(signal, info, context);
}

static void send_usr2_from(int signal, siginfo_t *info, void *context)
{
	on_alternate[nr_seen] = is_alternate(context);
	send_usr2(signal, info, context);
}

TEST_F(handled, a_handler_on_the_alternate_stack)
{
	long after;

	use_alternate(_metadata);
	ASSERT_EQ(0, handle(SIGUSR1, look_where, SA_ONSTACK));
	send_signal(SIGUSR1);
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_TRUE(on_alternate[0]);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(SYS_tgkill, after);
}

/* SIGTRAP, and in its handler SIGUSR2, each with its own flags. */
static void nest_on_stacks(struct __test_metadata *_metadata, int outer,
			   int inner)
{
	long after;

	use_alternate(_metadata);
	ASSERT_EQ(0, handle(SIGTRAP, send_usr2_from, outer));
	ASSERT_EQ(0, handle(SIGUSR2, look_where, inner));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(4, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(PROBE_SIGNAL, seen[1]);
	EXPECT_EQ(SYS_getuid, seen[2]);
	EXPECT_EQ(SYS_tgkill, seen[3]);
	EXPECT_EQ(SYS_getpid, after);
}

TEST_F(handled, two_handlers_on_the_alternate_stack)
{
	nest_on_stacks(_metadata, SA_ONSTACK, SA_ONSTACK);
	EXPECT_TRUE(on_alternate[0]);
	EXPECT_TRUE(on_alternate[1]);
}

TEST_F(handled, a_handler_on_the_main_stack_then_one_on_the_alternate)
{
	nest_on_stacks(_metadata, 0, SA_ONSTACK);
	EXPECT_FALSE(on_alternate[0]);
	EXPECT_TRUE(on_alternate[1]);
}

TEST_F(handled, a_handler_on_the_alternate_stack_then_any_other)
{
	nest_on_stacks(_metadata, SA_ONSTACK, 0);
	EXPECT_TRUE(on_alternate[0]);
	EXPECT_TRUE(on_alternate[1]);
}

TEST_F(handled, handlers_on_the_alternate_stack_that_were_left)
{
	volatile int i;

	use_alternate(_metadata);
	ASSERT_EQ(0, handle(SIGUSR1, call_and_leave, SA_NODEFER | SA_ONSTACK));
	for (i = 0; i < 2 * REMEMBERED; i++) {
		if (!sigsetjmp(out, 0))
			send_signal(SIGUSR1);
	}
	nr_seen = 0;
	nest_on_stacks(_metadata, 0, SA_ONSTACK);
	nr_seen = 0;
	nest_on_stacks(_metadata, SA_ONSTACK, SA_ONSTACK);
}

/* Calls that a signal interrupts. */
static int pipe_fds[2];

static void write_to_pipe(int signal, siginfo_t *info, void *context)
{
	see();
	raw_syscall(SYS_write, pipe_fds[1], (long)"x", 1, 0, 0);
}

/* read is allowed after getpid, and after itself. */
static int install_read_filter(void)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		IS(SYS_read, 0, 4),
		LOAD(prev_nr),
		IS(SYS_getpid, 2, 0),
		IS(SYS_read, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(filter, COUNT(filter));
}

/* A child that waits in read() for what its handler writes. */
static pid_t start_reader(long *result, int flags)
{
	pid_t pid;
	char byte;

	if (pipe(pipe_fds))
		return -1;
	pid = fork();
	if (pid)
		return pid;
	if (handle(SIGUSR1, write_to_pipe, flags) || install_read_filter())
		_exit(100);
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	*result = raw_syscall(SYS_read, pipe_fds[0], (long)&byte, 1, 0, 0);
	if (prev() != SYS_read)
		_exit(101);
	_exit(nr_seen != 1 || seen[0] != PROBE_SIGNAL);
}

/* Returns when @pid sleeps in a call whose number is @number, with a blank. */
static void wait_until_in(struct __test_metadata *_metadata, pid_t pid,
			  const char *number)
{
	char path[64], line[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (strncmp(line, number, strlen(number))) {
		int fd = open(path, O_RDONLY);
		ssize_t len;

		ASSERT_LE(0, fd);
		len = read(fd, line, sizeof(line) - 1);
		close(fd);
		ASSERT_LE(0, len);
		line[len] = 0;
	}
}

static long interrupt_reader(struct __test_metadata *_metadata, int flags)
{
	long *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_NE(MAP_FAILED, result);
	pid = start_reader(result, flags);
	ASSERT_LT(0, pid);
	wait_until_in(_metadata, pid, "0 ");
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	EXPECT_EQ(0, exit_status(pid));
	return *result;
}

TEST(a_call_that_a_signal_ends)
{
	EXPECT_EQ(-EINTR, interrupt_reader(_metadata, 0));
}

TEST(a_call_that_is_made_anew_after_the_handler_sees_itself)
{
	EXPECT_EQ(1, interrupt_reader(_metadata, SA_RESTART));
}

/* Children of handlers. */
static volatile pid_t child;

static void look_and_fork(int signal, siginfo_t *info, void *context)
{
	see();
	child = raw_syscall(SYS_fork, 0, 0, 0, 0, 0);
	see();
}

TEST_F(handled, a_handler_that_forks_returns_in_both)
{
	bool right;
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, look_and_fork, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();
	right = nr_seen == 2 && seen[0] == PROBE_SIGNAL &&
		seen[1] == SYS_fork && after == SYS_getpid;

	if (!child)
		_exit(!right);
	ASSERT_LT(0, child);
	EXPECT_TRUE(right);
	EXPECT_EQ(0, exit_status(child));
}

static char stack[65536] __attribute__((aligned(16)));

struct visitor {
	ucontext_t *context;
	long first;
	long returned;
	int turn;
};

static struct visitor visitor;

static int visit(void *arg)
{
	struct visitor *visitor = arg;

	visitor->first = prev();
	visitor->returned =
		-sigreturn_to(visitor->context, 0, PROBE_PREV, 0, 0);
	give(&visitor->turn, 1);
	return 0;
}

/* Let somebody else use this handler's frame, and restore it after that. */
static void lend(int signal, siginfo_t *info, void *context)
{
	char saved[CONTEXT_SIZE];

	memcpy(saved, context, sizeof(saved));
	visitor.context = context;
	clone(visit, stack + sizeof(stack),
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		      CLONE_SYSVSEM,
	      &visitor);
	wait_for(&visitor.turn, 1);
	memcpy(context, saved, sizeof(saved));
}

TEST_F(handled, a_thread_that_a_handler_creates_has_no_part_in_it)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, lend, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	EXPECT_EQ(SYS_clone, visitor.first);
	EXPECT_EQ(SYS_rt_sigreturn, visitor.returned);
	EXPECT_EQ(SYS_getpid, after);
}

/* The twin: what a thread cannot do a forked child can. */
static void fork_and_return(int signal, siginfo_t *info, void *context)
{
	child = raw_syscall(SYS_fork, 0, 0, 0, 0, 0);
	if (!child)
		_exit(-sigreturn_to(context, 0, PROBE_PREV, 0, 0));
}

TEST_F(handled, a_forked_child_can_return_from_the_handler_by_hand)
{
	ASSERT_EQ(0, handle(SIGTRAP, fork_and_return, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_EQ(SYS_getpid, exit_status(child));
}

/* exec: the frame is where nothing is mapped in the new image. */
#define FAR_STACK      0x100000000000UL
#define FAR_STACK_SIZE 65536

static void look_and_exec(int signal, siginfo_t *info, void *context)
{
	char address[17];
	char *argv[] = { "prev_signal_nolibc_helper", address, NULL };

	snprintf(address, sizeof(address), "%016lx", (unsigned long)context);
	execv(TEST_HELPERS "/prev_signal_nolibc_helper", argv);
	_exit(127);
}

static int signal_far_away(void *arg)
{
	if (handle(SIGTRAP, look_and_exec, 0))
		return 126;
	trap();
	return 125;
}

TEST_F(handled, exec_out_of_a_handler)
{
	char *far =
		mmap((void *)FAR_STACK, FAR_STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	pid_t pid;

	ASSERT_EQ((char *)FAR_STACK, far);
	pid = clone(signal_far_away, far + FAR_STACK_SIZE, SIGCHLD, NULL);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, exit_status(pid));
}

/* Threads. */
static void die(int signal, siginfo_t *info, void *context)
{
	see();
	for (;;)
		raw_syscall(SYS_exit, 0, 0, 0, 0, 0);
}

static void *run_into_signal(void *arg)
{
	send_signal(SIGUSR1);
	return arg;
}

TEST_F(handled, threads_that_die_in_a_handler)
{
	pthread_t thread;
	long after;
	int i;

	ASSERT_EQ(0, handle(SIGUSR1, die, 0));
	ASSERT_EQ(0, handle(SIGTRAP, look_and_call, 0));
	for (i = 0; i < 32; i++) {
		ASSERT_EQ(0,
			  pthread_create(&thread, NULL, run_into_signal, NULL));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_EQ(PROBE_SIGNAL, seen[i]);
	}
	ASSERT_EQ(32, nr_seen);
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();
	EXPECT_EQ(PROBE_SIGNAL, seen[32]);
	EXPECT_EQ(SYS_getpid, after);
}

struct guest {
	int turn;
	long inside;
	long after;
};

static struct guest guest;

static void wait_in_handler(int signal, siginfo_t *info, void *context)
{
	give(&guest.turn, 1);
	wait_for(&guest.turn, 2);
	guest.inside = prev();
}

static void *be_interrupted(void *arg)
{
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	trap();
	guest.after = prev();
	return arg;
}

static pthread_t start_guest(struct __test_metadata *_metadata)
{
	pthread_t thread;

	ASSERT_EQ(0, handle(SIGTRAP, wait_in_handler, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, be_interrupted, NULL));
	wait_for(&guest.turn, 1);
	return thread;
}

TEST_F(handled, the_handler_of_one_thread_is_nothing_to_another)
{
	pthread_t thread = start_guest(_metadata);

	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getpid, prev());
	give(&guest.turn, 2);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(PROBE_SIGNAL, guest.inside);
	EXPECT_EQ(SYS_getuid, guest.after);
}

TEST_F(handled, another_filter_by_tsync_in_a_handler_changes_nothing)
{
	pthread_t thread = start_guest(_metadata);

	ASSERT_EQ(0, install_flags(probe_filter, COUNT(probe_filter),
				   SECCOMP_FILTER_FLAG_TSYNC));
	give(&guest.turn, 2);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(PROBE_SIGNAL, guest.inside);
	EXPECT_EQ(SYS_getuid, guest.after);
}

/* Nobody has watched this handler begin. */
TEST(the_first_filter_by_tsync_in_a_handler)
{
	pthread_t thread = start_guest(_metadata);

	ASSERT_EQ(0, install_flags(probe_filter, COUNT(probe_filter),
				   SECCOMP_FILTER_FLAG_TSYNC));
	give(&guest.turn, 2);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(PROBE_NONE, guest.inside);
	EXPECT_EQ(SYS_rt_sigreturn, guest.after);
}

/* Filters that come while a handler runs. */
static volatile int installed;

static void install_in_handler(int signal, siginfo_t *info, void *context)
{
	installed = install(probe_filter, COUNT(probe_filter));
	see();
}

static void expect_untracked(struct __test_metadata *_metadata)
{
	long after;

	installed = -1;
	ASSERT_EQ(0, handle(SIGTRAP, install_in_handler, 0));
	trap();
	after = prev();
	ASSERT_EQ(0, installed);
	EXPECT_EQ(SYS_seccomp, seen[0]);
	EXPECT_EQ(SYS_rt_sigreturn, after);

	/* The next one is known from its beginning. */
	ASSERT_EQ(0, handle(SIGTRAP, look_and_call, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();
	EXPECT_EQ(PROBE_SIGNAL, seen[1]);
	EXPECT_EQ(SYS_getuid, seen[2]);
	EXPECT_EQ(SYS_getpid, after);
}

TEST(the_first_filter_in_a_handler)
{
	expect_untracked(_metadata);
}

TEST(the_first_filter_in_a_handler_that_loads_prev_nr)
{
	ASSERT_EQ(0, install(plain_filter, COUNT(plain_filter)));
	expect_untracked(_metadata);
}

TEST_F(handled, a_further_filter_in_a_handler)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, install_in_handler, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();
	ASSERT_EQ(0, installed);
	EXPECT_EQ(SYS_seccomp, seen[0]);
	EXPECT_EQ(SYS_getpid, after);
}

/* Returns that are denied. */
#define MARK 0x7e57

static volatile long denied, after_denied;

static void return_in_vain(int signal, siginfo_t *info, void *context)
{
	char saved[CONTEXT_SIZE];

	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	memcpy(saved, context, sizeof(saved));
	denied = sigreturn_to(context, MARK, PROBE_PREV, 0, 0);
	memcpy(context, saved, sizeof(saved));
	after_denied = prev();
}

TEST(a_return_that_the_filter_denies_is_none)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		IS(SYS_rt_sigreturn, 0, 3),
		LOAD(args[0]),
		IS(MARK, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	long after;

	ASSERT_EQ(0, install(filter, COUNT(filter)));
	ASSERT_EQ(0, handle(SIGTRAP, return_in_vain, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	EXPECT_EQ(-EPERM, denied);
	EXPECT_EQ(SYS_getuid, after_denied);
	/* The second attempt, which is allowed, is the handler's return. */
	EXPECT_EQ(SYS_getpid, after);
}

/* Returns that are forged. */
static ucontext_t forged;

TEST_F(handled, a_forged_return_outside_of_a_handler)
{
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_rt_sigreturn,
		  -sigreturn_to(&forged, 0, PROBE_PREV, 0, 0));
	EXPECT_EQ(SYS_rt_sigreturn, prev());
}

static void forge(int signal, siginfo_t *info, void *context)
{
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	seen[nr_seen++] = -sigreturn_to(&forged, 0, PROBE_PREV, 0, 0);
	see();
}

TEST_F(handled, a_forged_return_in_a_handler)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, forge, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(SYS_rt_sigreturn, seen[0]);
	EXPECT_EQ(SYS_rt_sigreturn, seen[1]);
	/* The handler's own return is still to come, and does come. */
	EXPECT_EQ(SYS_getpid, after);
}

/* What is restored is not in the frame, and there only once. */
static void return_twice(int signal, siginfo_t *info, void *context)
{
	char saved[CONTEXT_SIZE];

	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	memcpy(saved, context, sizeof(saved));
	seen[nr_seen++] = -sigreturn_to(context, 0, PROBE_PREV, 0, 0);
	memcpy(context, saved, sizeof(saved));
}

TEST_F(handled, a_second_return_from_the_same_handler)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, return_twice, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = prev();

	ASSERT_EQ(1, nr_seen);
	EXPECT_EQ(SYS_getpid, seen[0]);
	EXPECT_EQ(SYS_rt_sigreturn, after);
}

static ucontext_t *volatile left;

static void leave_behind(int signal, siginfo_t *info, void *context)
{
	left = context;
	siglongjmp(out, 1);
}

/*
 * The frame is in the part of the stack that is not in use: only this function,
 * which returns to its caller, touches it. With @call, that happens after a
 * system call that was made with the stack pointer above it.
 */
static __attribute__((noinline)) long return_to_left(bool call)
{
	if (!sigsetjmp(out, 0))
		trap();
	if (call)
		raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	return -sigreturn_to(left, 0, PROBE_PREV, 0, 0);
}

TEST_F(handled, a_return_from_a_handler_that_was_left)
{
	ASSERT_EQ(0, handle(SIGTRAP, leave_behind, SA_NODEFER));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_rt_sigreturn, return_to_left(true));

	/* Without the call nobody could know that it was left. */
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getpid, return_to_left(false));
}

/* What it is for: calls that are allowed only after another one. */
FIXTURE(ordered){};

FIXTURE_SETUP(ordered)
{
	char path[] = "/tmp/prev_signal.XXXXXX";

	ASSERT_NE(NULL, mkdtemp(path));
	ASSERT_EQ(0, chdir(path));
	ASSERT_EQ(0, install(ordered_filter, COUNT(ordered_filter)));
}

FIXTURE_TEARDOWN(ordered)
{
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static long raw_mkdir(const char *path)
{
	return raw_syscall(SYS_mkdir, (long)path, 0700, 0, 0, 0);
}

static volatile long inside;

static void make_inside(int signal, siginfo_t *info, void *context)
{
	inside = raw_mkdir("inside");
}

TEST_F(ordered, a_handler_does_not_profit_from_what_it_interrupts)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, make_inside, 0));
	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
	trap();
	after = raw_mkdir("after");

	EXPECT_EQ(-EPERM, inside);
	EXPECT_FALSE(exists("inside"));
	EXPECT_EQ(0, after);
	EXPECT_TRUE(exists("after"));
}

static void prepare_inside(int signal, siginfo_t *info, void *context)
{
	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
	inside = raw_mkdir("inside");
	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
}

TEST_F(ordered, what_a_handler_interrupts_does_not_profit_from_it)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, prepare_inside, 0));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	trap();
	after = raw_mkdir("after");

	EXPECT_EQ(0, inside);
	EXPECT_TRUE(exists("inside"));
	EXPECT_EQ(-EPERM, after);
	EXPECT_FALSE(exists("after"));
}

TEST_F(ordered, a_forged_return_to_a_call_makes_it_one_out_of_order)
{
	long made;

	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
	made = sigreturn_to(&forged, 0, SYS_mkdir, (long)"forged", 0700);
	EXPECT_EQ(-EPERM, made);
	EXPECT_FALSE(exists("forged"));

	/* The same return is all right if it leads to the first of the two. */
	made = sigreturn_to(&forged, 0, SYS_umask, 022, 0);
	EXPECT_EQ(022, made);
	EXPECT_EQ(0, raw_mkdir("in_order"));
	EXPECT_TRUE(exists("in_order"));
}

static void forge_call(int signal, siginfo_t *info, void *context)
{
	inside = sigreturn_to(&forged, 0, SYS_mkdir, (long)"inside", 0700);
}

TEST_F(ordered, a_forged_return_in_a_handler_does_not_give_what_it_saved)
{
	long after;

	ASSERT_EQ(0, handle(SIGTRAP, forge_call, 0));
	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
	trap();
	after = raw_mkdir("after");

	EXPECT_EQ(-EPERM, inside);
	EXPECT_FALSE(exists("inside"));
	EXPECT_EQ(0, after);
	EXPECT_TRUE(exists("after"));
}

/* Two architectures in one task. */
static long int80(long nr)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

TEST(the_architecture_of_the_last_call_is_restored_with_it)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		IS(AUDIT_ARCH_I386, 0, 3),
		LOAD(nr),
		IS(I386_probe, 3, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		RETURN(SECCOMP_RET_ALLOW),
	};
	long native, compat;

	ASSERT_EQ(0, install(filter, COUNT(filter)));
	ASSERT_EQ(0, handle(SIGTRAP, look_and_call, 0));
	int80(I386_getpid);
	trap();
	native = prev();
	compat = -int80(I386_probe);

	ASSERT_EQ(2, nr_seen);
	EXPECT_EQ(PROBE_SIGNAL, seen[0]);
	EXPECT_EQ(SYS_getuid, seen[1]);
	EXPECT_EQ(PROBE_NONE, native);
	EXPECT_EQ(I386_getpid, compat);
}

TEST_HARNESS_MAIN
