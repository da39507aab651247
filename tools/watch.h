/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a program with a tracer that gets what its filter denies. */
#ifndef AF_WATCH_H
#define AF_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>

/*
 * @executed: the program has been executed by @pid
 * @denied: the filter has left a call to the tracer, with @data.  Returns a
 *	SECCOMP_RET_* value: SECCOMP_RET_ALLOW and the call is made,
 *	SECCOMP_RET_ERRNO with an errno and it fails, else the process ends
 * @trapped: a SIGSYS of seccomp's is about to be delivered
 * @context: for these
 * @enforce: calls are denied
 * @status: of the program, as of wait(2)
 */
struct af_watch {
	void (*executed)(struct af_watch *watch, pid_t pid);
	uint32_t (*denied)(struct af_watch *watch, pid_t tid,
			   const struct __ptrace_syscall_info *info,
			   unsigned int data);
	void (*trapped)(struct af_watch *watch, pid_t tid,
			const struct __ptrace_syscall_info *info,
			unsigned int data);
	void *context;
	bool enforce;
	int status;
};

/*
 * Have a child call @become, which installs the filter and executes the program,
 * or returns an exit status; watch all that it starts, up to the end of the last
 * process.  Standard input and output are the child's from then on.  Returns 0,
 * or -errno if the child could not be traced: then it has done nothing.
 */
int af_watch_run(struct af_watch *watch, int (*become)(void *context),
		 void *context);

#endif /* AF_WATCH_H */
