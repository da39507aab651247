// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A model of what the kernel keeps for seccomp_data.prev_nr.  Handlers are
 * followed by its rules, kernel/seccomp_signal.c, so that those that are left
 * by siglongjmp(), or that nest, are known in the same cases.
 */
#include <string.h>
#include <sys/syscall.h>

#include "previous.h"

/* How far a trampoline may have moved the stack pointer up. */
#define SIGNAL_SLACK 16

static bool holds(const struct af_handler *handler, uint64_t sp)
{
	if (sp > handler->sp && sp - handler->sp > SIGNAL_SLACK)
		return false;
	return !handler->end || sp >= handler->end;
}

/* Forget handlers that have been left. */
static void leave(struct af_previous *previous, uint64_t sp)
{
	while (previous->depth &&
	       !holds(&previous->handlers[previous->depth - 1], sp))
		previous->depth--;
}

/* Is this a return from a handler?  Then it is again as before the signal. */
static bool pop(struct af_previous *previous, uint64_t sp)
{
	const struct af_handler *last;

	leave(previous, sp);
	if (!previous->depth)
		return false;
	last = &previous->handlers[previous->depth - 1];
	if (sp < last->sp)
		return false;
	previous->prevs = last->before;
	previous->depth--;
	return true;
}

static void set_call(struct af_prevs *prevs, unsigned int nr)
{
	memset(prevs, 0, sizeof(*prevs));
	prevs->known = true;
	af_nrset_add(&prevs->calls, nr);
}

/* What the vDSO serves, if the machine's clock is such that it can. */
static bool is_of_vdso(unsigned int nr)
{
	return nr == SYS_clock_gettime || nr == SYS_clock_getres ||
	       nr == SYS_gettimeofday || nr == SYS_time || nr == SYS_getcpu;
}

void af_previous_call(struct af_previous *previous, unsigned int nr,
		      uint64_t sp)
{
	/* Still the call that was made before. */
	if (nr == SYS_restart_syscall)
		return;
	if (nr == SYS_rt_sigreturn) {
		if (pop(previous, sp))
			return;
	} else {
		leave(previous, sp);
	}
	if (is_of_vdso(nr) && previous->prevs.known)
		af_nrset_add(&previous->prevs.calls, nr);
	else
		set_call(&previous->prevs, nr);
}

void af_previous_foreign(struct af_previous *previous)
{
	memset(&previous->prevs, 0, sizeof(previous->prevs));
	previous->prevs.known = true;
	previous->prevs.start = true;
}

void af_previous_signal(struct af_previous *previous, uint64_t sp, uint64_t end)
{
	struct af_handler *handlers = previous->handlers;

	/* A frame cannot lie above one of the same stack that is in use. */
	while (previous->depth) {
		const struct af_handler *last = &handlers[previous->depth - 1];

		if ((end && end != last->end) ||
		    (holds(last, sp) && sp != last->sp))
			break;
		previous->depth--;
	}
	if (previous->depth == AF_MAX_SIGNALS) {
		previous->depth--;
		memmove(handlers, handlers + 1,
			previous->depth * sizeof(*handlers));
	}
	handlers[previous->depth++] = (struct af_handler){
		.sp = sp,
		.end = end,
		.before = previous->prevs,
	};
	memset(&previous->prevs, 0, sizeof(previous->prevs));
	previous->prevs.known = true;
	previous->prevs.signal = true;
}

void af_previous_fork(struct af_previous *child,
		      const struct af_previous *parent, bool same_stack)
{
	*child = *parent;
	if (!same_stack)
		child->depth = 0;
}

void af_previous_exec(struct af_previous *previous, unsigned int nr)
{
	previous->depth = 0;
	set_call(&previous->prevs, nr);
}
