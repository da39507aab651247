/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Following a program with ptrace(2), from system call to system call. */
#ifndef AF_TRACE_H
#define AF_TRACE_H

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#include "maps.h"
#include "previous.h"
#include "walk.h"

/*
 * A thread.
 * @maps: NULL before the program has been executed
 * @waits: it is stopped until what made it has been seen
 * @effect: of the call that it is in
 * @filtered: it may have filters of its own, which can keep a call from
 *	stopping it as all do; so it stops at the entry of each, too
 * @entered: there it has stopped
 * @stepping: it is to stop at the first instruction of a handler
 * @prevs: the calls before the one that it is making
 * @shares_memory, @same_stack, @is_thread: of the child that it is making
 */
struct af_thread {
	pid_t tid;
	struct af_maps *maps;
	struct af_previous previous;
	struct af_prevs prevs;
	enum af_map_effect effect;
	unsigned int last_nr;
	bool waits;
	bool filtered;
	bool entered;
	bool stepping;
	bool shares_memory;
	bool same_stack;
	bool is_thread;
	struct af_thread *next;
};

#define AF_THREAD_BUCKETS 256

/*
 * @call: a thread makes a call of x86-64; it is as it was before
 * @foreign: one makes a call by another convention
 * @executed: the first program has been executed, or the process is attached;
 *	returns 0 or a positive errno, which ends the trace
 * @tick: after @due was set
 * @context: for these
 *
 * @first: the process that was started, or attached; 0 when it has ended
 * @attached: it was; calls before are unknown, and it goes on in the end
 * @hides_vdso: programs do not find its functions, so that the calls are seen
 *	that it serves here and not everywhere
 * @status: of the first process, as of wait(2)
 * @due, @stop: set by signal handlers: call tick(), end the trace
 * @nr_processes: that there have been; @nr_threads: that there are
 */
struct af_trace {
	void (*call)(struct af_trace *trace, struct af_thread *thread,
		     const struct __ptrace_syscall_info *info);
	void (*foreign)(struct af_trace *trace, struct af_thread *thread,
			const struct __ptrace_syscall_info *info);
	int (*executed)(struct af_trace *trace, pid_t pid);
	void (*tick)(struct af_trace *trace);
	void *context;

	pid_t first;
	bool attached;
	bool hides_vdso;
	bool running;
	bool ending;
	int error;
	int status;
	volatile sig_atomic_t due;
	volatile sig_atomic_t stop;
	unsigned int nr_processes;
	unsigned int nr_threads;
	struct af_thread *threads[AF_THREAD_BUCKETS];
};

/*
 * Start a program, which will be executed when the trace runs.  Returns 0, or
 * a positive errno if it cannot be traced; *executes tells whether it was the
 * program that could not be executed.
 */
int af_trace_start(struct af_trace *trace, const char *path, char **argv,
		   bool *executes);

/* Follow a process that is there.  Returns 0 or a positive errno. */
int af_trace_attach(struct af_trace *trace, pid_t pid);

/* Follow it to its end.  Returns 0, or what executed() returned. */
int af_trace_run(struct af_trace *trace);

#endif /* AF_TRACE_H */
