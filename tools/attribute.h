/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes a call, of a thread that is stopped at it. */
#ifndef AF_ATTRIBUTE_H
#define AF_ATTRIBUTE_H

#include "trace.h"

/* What is read of a stack at once; most walks need less. */
#define AF_STACK_WINDOW 2048

/*
 * A walk over the stack of a thread.
 * @start, @len: the part of memory that is in @window
 */
struct af_stack {
	struct af_binaries *binaries;
	struct af_maps *maps;
	pid_t tid;
	uint64_t start;
	size_t len;
	uint8_t window[AF_STACK_WINDOW];
};

/*
 * Make a walk, which needs @stack until its end, from the call on at which @tid
 * is, as @info says.
 */
void af_stack_begin(struct af_stack *stack, struct af_binaries *binaries,
		    struct af_maps *maps, pid_t tid,
		    const struct __ptrace_syscall_info *info,
		    struct af_walk *walk, struct af_walk_regs *regs);

/*
 * The file that makes the call, NULL if that is not known; then *@where is the
 * address of the code that is to blame.
 */
struct af_binary *af_attribute(struct af_binaries *binaries,
			       const struct af_thread *thread,
			       const struct __ptrace_syscall_info *info,
			       uint64_t *where);

#endif /* AF_ATTRIBUTE_H */
