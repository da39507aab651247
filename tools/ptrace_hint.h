/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do when ptrace(2) says EPERM. */
#ifndef AF_PTRACE_HINT_H
#define AF_PTRACE_HINT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * @attached: the process was there already, else it is a child
 * @self: it is this one
 * @ended: it has, and its parent has not asked how
 * @kernel: it has no program
 * @root: who asks is root
 * @tracer: who traces the process, or this one if it is a child; 0 if nobody
 *	does
 * @yama: kernel.yama.ptrace_scope, 0 if there is none
 */
struct af_ptrace_denial {
	bool attached;
	bool self;
	bool ended;
	bool kernel;
	bool root;
	pid_t tracer;
	int yama;
};

/* Allocated. */
char *af_ptrace_hint(const struct af_ptrace_denial *denial);

/* Of a process that could not be attached; 0 for a child. */
struct af_ptrace_denial af_ptrace_denial(pid_t pid);

/* The hint for the one or the other. */
void af_print_ptrace_hint(pid_t pid);

#endif /* AF_PTRACE_HINT_H */
