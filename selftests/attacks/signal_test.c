// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Forged frames of signals: rt_sigreturn(2) gives an attacker all registers,
 * and so the library's own system call instruction.  The library may call
 * mkdir() only after getuid(), and rt_sigreturn() is not that, even if getuid()
 * came before it: what was before a signal comes back only with the frame of
 * that signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"
#include "sigframe.h"

#define RULES "mkdir after getuid"

static sigjmp_buf out;
static ucontext_t *left; /* where the frame of a handler was */
static long result;

static void on_trap(void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO | flags };

	expect(!sigaction(SIGILL, &action, NULL));
}

static void use_other_stack(void)
{
	static char memory[65536];
	const stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

	expect(!sigaltstack(&stack, NULL));
}

static long without_a_signal(void)
{
	getuid();
	return forged_sigreturn(NULL);
}

static void forging_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	result = forged_sigreturn(NULL);
	siglongjmp(out, 1);
}

/* There is a frame to return to, but this is another one. */
static long another_in_a_handler(void)
{
	on_trap(forging_handler, 0);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	return result;
}

static long another_on_the_other_stack(void)
{
	use_other_stack();
	on_trap(forging_handler, SA_ONSTACK);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	return result;
}

/*
 * The real frame with forged contents.  What comes back is what was before the
 * signal, not what the handler did.
 */
static void returning_handler(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signal;
	(void)info;
	aim(uc);
	getuid();
	result = pivot(sigreturn_insn, uc, NULL, 0, 0, NULL);
	siglongjmp(out, 1);
}

static long contents_of_the_real_one(void)
{
	on_trap(returning_handler, 0);
	if (!sigsetjmp(out, 1))
		signal_after_getppid();
	return result;
}

static void leaving_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	left = context;
	siglongjmp(out, 1);
}

/* The frame was left long ago, and its place is used again. */
static long one_that_was_left(void)
{
	on_trap(leaving_handler, 0);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	getppid();
	getuid();
	return forged_sigreturn(left);
}

static long one_that_was_left_on_the_other_stack(void)
{
	use_other_stack();
	on_trap(leaving_handler, SA_ONSTACK);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	getppid();
	getuid();
	return forged_sigreturn(left);
}

static void harmless_handler(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signal;
	(void)info;
	left = context;
	getppid();
	uc->uc_mcontext.gregs[REG_RIP] += TRAP_LEN;
}

/* Each signal is returned from once. */
static long one_that_was_returned_to(void)
{
	on_trap(harmless_handler, 0);
	signal_after_getuid();
	getuid();
	return forged_sigreturn(left);
}

static void *forging_thread(void *arg)
{
	getuid();
	result = forged_sigreturn(arg);
	return NULL;
}

static void handler_with_a_thread(int signal, siginfo_t *info, void *context)
{
	static ucontext_t saved;
	pthread_t thread;

	(void)signal;
	(void)info;
	memcpy(&saved, context, sizeof(saved));
	expect(!pthread_create(&thread, NULL, forging_thread, context));
	expect(!pthread_join(thread, NULL));
	memcpy(context, &saved, sizeof(saved));
	siglongjmp(out, 1);
}

/* A signal of one thread is none of another, although it knows the place. */
static long one_of_another_thread(void)
{
	on_trap(handler_with_a_thread, 0);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	return result;
}

/* The library's mkdir(), without its getuid(). */
static long mkdir_at_once(const char *path)
{
	fake_stack()[0] = word(landing);
	return pivot(good->insn, fake_stack(), path, 0700, SYS_mkdir, NULL);
}

static void calling_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	result = mkdir_at_once(PRIZE);
	siglongjmp(out, 1);
}

/* What the signal interrupted is not what the handler comes after. */
static long from_a_handler(void)
{
	on_trap(calling_handler, 0);
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	return result;
}

static const struct attack attacks[] = {
	{ "a forged frame", RULES, NULL, learn_frame, without_a_signal },
	{ "a forged frame in a handler", RULES, NULL, learn_frame,
	  another_in_a_handler },
	{ "a forged frame in a handler on the other stack", RULES, NULL,
	  learn_frame, another_on_the_other_stack },
	{ "forged contents of the real frame", RULES, NULL, learn_frame,
	  contents_of_the_real_one },
	{ "a forged frame in the place of one that was left", RULES, NULL,
	  learn_frame, one_that_was_left },
	{ "a forged frame in the place of one left on the other stack", RULES,
	  NULL, learn_frame, one_that_was_left_on_the_other_stack },
	{ "a forged frame in the place of one that was returned to", RULES,
	  NULL, learn_frame, one_that_was_returned_to },
	{ "a forged frame in the place of another thread's", RULES, NULL,
	  learn_frame, one_of_another_thread },
	{ "a handler's first call", RULES, NULL, learn_frame, from_a_handler },
};

/* The twin of them all: a handler that returns has changed nothing. */
static void a_handler_that_returns(void)
{
	enter_scene();
	on_trap(harmless_handler, 0);
	confine(POLICY, RULES);
	signal_after_getppid();
	expect(mkdir_at_once(PRIZE) == -EPERM && !exists(PRIZE));
	signal_after_getuid();
	expect(!mkdir_at_once(TWIN) && exists(TWIN));
}

static void a_handler_that_returns_on_the_other_stack(void)
{
	enter_scene();
	use_other_stack();
	on_trap(harmless_handler, SA_ONSTACK);
	confine(POLICY, RULES);
	signal_after_getppid();
	expect(mkdir_at_once(PRIZE) == -EPERM && !exists(PRIZE));
	signal_after_getuid();
	expect(!mkdir_at_once(TWIN) && exists(TWIN));
}

static const struct test_case tests[] = {
	{ "what was before a signal is before what comes after it",
	  a_handler_that_returns, 0 },
	{ "and so it is for a handler on the other stack",
	  a_handler_that_returns_on_the_other_stack, 0 },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), tests,
			   sizeof(tests) / sizeof(tests[0]));
}
