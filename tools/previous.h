/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which call a thread made before, as the kernel's filters are told. */
#ifndef AF_PREVIOUS_H
#define AF_PREVIOUS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/policy.h"

/*
 * The calls that may be the one before.  There can be more than one: calls
 * that the vDSO serves on other machines, or at other times, are not seen
 * there.
 * @known: these are all; else nothing is known, and there are none
 */
struct af_prevs {
	struct af_nrset calls;
	bool start;
	bool signal;
	bool known;
};

/* As SECCOMP_MAX_SIGNALS of the kernel. */
#define AF_MAX_SIGNALS 8

/*
 * A handler that has not returned.
 * @sp: the stack pointer that it was entered with
 * @end: the lower end of its stack, if that is an alternate one; else 0
 */
struct af_handler {
	uint64_t sp;
	uint64_t end;
	struct af_prevs before;
};

/* @handlers: those that the thread is in, the innermost last */
struct af_previous {
	struct af_prevs prevs;
	struct af_handler handlers[AF_MAX_SIGNALS];
	unsigned int depth;
};

/* The thread makes a call, with this stack pointer. */
void af_previous_call(struct af_previous *previous, unsigned int nr,
		      uint64_t sp);

/* It makes one that no policy can name. */
void af_previous_foreign(struct af_previous *previous);

/* It enters a signal handler. */
void af_previous_signal(struct af_previous *previous, uint64_t sp,
			uint64_t end);

/*
 * Before the first call of a child: @parent has just made the call that made
 * it.  @same_stack: it goes on on its parent's stack, or on a copy
 */
void af_previous_fork(struct af_previous *child,
		      const struct af_previous *parent, bool same_stack);

/* The program has been executed by this call. */
void af_previous_exec(struct af_previous *previous, unsigned int nr);

#endif /* AF_PREVIOUS_H */
