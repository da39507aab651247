// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that is started here gets a seccomp filter by which each call stops
 * it once, before it is made.  One that is attached stops a second time, after
 * the call; so does one that has a filter of its own, as that can decide what
 * becomes of a call instead of ours.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "memory.h"
#include "trace.h"
#include "tracee.h"

#define OPTIONS                                                               \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

/* What tells a stop at the entry of a handler, signal_delivered(). */
#define STEPPED_INTO_HANDLER SIGTRAP

/* A program's auxiliary vector is looked for in so many words. */
#define MAX_STACK_WORDS (1U << 20)

/* The code segment of 64-bit programs. */
#define USER_CS 0x33

static struct af_thread **find_place(struct af_trace *trace, pid_t tid)
{
	struct af_thread **place;

	place = &trace->threads[(unsigned int)tid % AF_THREAD_BUCKETS];
	while (*place && (*place)->tid != tid)
		place = &(*place)->next;
	return place;
}

static struct af_thread *find_thread(struct af_trace *trace, pid_t tid)
{
	return *find_place(trace, tid);
}

static struct af_thread *add_thread(struct af_trace *trace, pid_t tid)
{
	struct af_thread **place = find_place(trace, tid);
	struct af_thread *thread = af_grow(NULL, 1, sizeof(*thread));

	*thread = (struct af_thread){ .tid = tid };
	*place = thread;
	trace->nr_threads++;
	return thread;
}

/* The call that a thread was in has taken effect, or the thread has ended. */
static void settle(struct af_thread *thread)
{
	if (thread->maps)
		af_maps_after_call(thread->maps, thread->effect);
	thread->effect = AF_MAP_NONE;
}

static void drop_maps(struct af_thread *thread)
{
	settle(thread);
	if (thread->maps)
		af_maps_put(thread->maps);
	thread->maps = NULL;
}

static void remove_thread(struct af_trace *trace, pid_t tid)
{
	struct af_thread **place = find_place(trace, tid);
	struct af_thread *thread = *place;

	if (!thread)
		return;
	*place = thread->next;
	trace->nr_threads--;
	drop_maps(thread);
	free(thread);
}

/* It may have been killed meanwhile, which waitpid() will tell. */
static void go_on(const struct af_trace *trace, const struct af_thread *thread,
		  int sig)
{
	bool enters = trace->attached || thread->filtered;

	ptrace(enters ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, 0,
	       (long)sig);
}

/*
 * Starting and attaching
 */

/* Every call stops. */
static int install_filter(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	struct sock_fprog prog = { .len = 1, .filter = &insn };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* What the child says if it cannot become the program. */
struct failure {
	int error;
	bool executes;
};

/* @result: where the child says it */
struct start {
	const char *path;
	char **argv;
	int result;
};

/* Once the filter is there, all calls stop, and fail without a tracer. */
static void __attribute__((noreturn)) become(void *context)
{
	const struct start *start = context;
	struct failure failure = { .executes = false };

	if (!install_filter()) {
		failure.executes = true;
		execv(start->path, start->argv);
	}
	failure.error = errno;
	if (write(start->result, &failure, sizeof(failure)) < 0)
		_exit(1);
	_exit(0);
}

int af_trace_start(struct af_trace *trace, const char *path, char **argv,
		   bool *executes)
{
	struct start start = { .path = path, .argv = argv };
	struct failure failure = { .error = 0 };
	struct af_thread *thread;
	int result[2];
	pid_t pid;

	*executes = false;
	if (pipe2(result, O_CLOEXEC))
		return errno;
	start.result = result[1];
	pid = af_tracee_start(OPTIONS, become, &start);
	close(result[1]);
	if (pid < 0) {
		close(result[0]);
		return -pid;
	}
	trace->first = pid;
	thread = add_thread(trace, pid);
	thread->last_nr = SYS_execve;
	af_trace_run(trace);
	if (read(result[0], &failure, sizeof(failure)) < 0)
		failure.error = errno;
	close(result[0]);
	*executes = failure.executes;
	return failure.error;
}

static struct af_thread *seize(struct af_trace *trace, pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, 0, OPTIONS))
		return NULL;
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	return add_thread(trace, tid);
}

/* All threads; those that they make meanwhile can be missed. */
static int seize_new(struct af_trace *trace, pid_t pid, struct af_maps **maps)
{
	char path[32];
	struct dirent *entry;
	int nr = 0, error = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct af_thread *thread;

		if (tid <= 0 || find_thread(trace, tid))
			continue;
		thread = seize(trace, tid);
		if (!thread) {
			error = errno;
			continue;
		}
		if (*maps)
			(*maps)->users++;
		else
			*maps = af_maps_new(pid);
		thread->maps = *maps;
		nr++;
	}
	closedir(dir);
	return *maps ? nr : -error;
}

int af_trace_attach(struct af_trace *trace, pid_t pid)
{
	struct af_maps *maps = NULL;
	int nr;

	trace->attached = true;
	trace->first = pid;
	trace->nr_processes = 1;
	trace->running = true;
	/* Until there is none that has not been seen. */
	do {
		nr = seize_new(trace, pid, &maps);
	} while (nr > 0);
	if (nr < 0)
		return nr == -ENOENT ? ESRCH : -nr;
	return trace->executed(trace, pid);
}

/*
 * Events
 */

/*
 * Where the vDSO is in a program that has just been executed, or 0.  The
 * kernel has put the auxiliary vector behind the arguments and the
 * environment.
 */
static uint64_t find_vdso(pid_t pid)
{
	struct user_regs_struct regs;
	unsigned int nulls = 0; /* ends of lists */
	uint64_t addr, word;

	/* A 32-bit program has another one. */
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) || regs.cs != USER_CS)
		return 0;
	addr = regs.rsp + sizeof(word);
	for (unsigned int i = 0; i < MAX_STACK_WORDS; i++) {
		errno = 0;
		word = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, addr, 0);
		if (errno || (nulls == 2 && word == AT_NULL))
			return 0;
		addr += sizeof(word);
		if (nulls == 2 && word == AT_SYSINFO_EHDR)
			return (uint64_t)ptrace(PTRACE_PEEKDATA, pid, addr, 0);
		addr += nulls == 2 ? sizeof(word) : 0;
		nulls += nulls < 2 && !word;
	}
	return 0;
}

/* Change a letter of the image that is at @here and, in @pid, at @there. */
static void spoil(pid_t pid, const uint8_t *here, uint64_t there)
{
	uint64_t word = 0;

	errno = 0;
	memcpy(&word, here, sizeof(word));
	if ((uint64_t)ptrace(PTRACE_PEEKDATA, pid, there, 0) != word || errno)
		return;
	ptrace(PTRACE_POKEDATA, pid, there, (long)(word ^ 1));
}

/*
 * A program that finds none of the vDSO's functions by their names makes the
 * calls.  That there is one it must not miss: the loader would need less
 * memory, and make other calls.  The vDSO here is of the same text.
 */
static void hide_vdso(pid_t pid)
{
	static const char prefix[] = "__vdso_";
	uint64_t there = find_vdso(pid);
	const uint8_t *image = (const void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *ehdr = (const void *)image;
	const uint8_t *pos, *end;

	if (!there || !image)
		return;
	/* The section headers are the last part of the image. */
	end = image + ehdr->e_shoff;
	for (pos = image; pos < end; pos += sizeof(prefix) - 1) {
		pos = memmem(pos, end - pos, prefix, sizeof(prefix) - 1);
		if (!pos)
			break;
		spoil(pid, pos, there + (pos - image));
	}
}

/* Other threads have ended, and the one that lives on has the process's id. */
static void handle_exec(struct af_trace *trace, pid_t pid)
{
	struct af_thread *thread;
	unsigned long former = (unsigned long)pid;
	unsigned int nr = SYS_execve;
	bool filtered = false;

	ptrace(PTRACE_GETEVENTMSG, pid, 0, &former);
	thread = find_thread(trace, (pid_t)former);
	if (thread) {
		nr = thread->last_nr;
		filtered = thread->filtered;
	}
	if (former != (unsigned long)pid)
		remove_thread(trace, (pid_t)former);
	thread = find_thread(trace, pid);
	if (!thread)
		thread = add_thread(trace, pid);
	drop_maps(thread);
	thread->maps = af_maps_new(pid);
	thread->filtered = filtered;
	thread->entered = false;
	af_previous_exec(&thread->previous, nr);
	if (trace->hides_vdso)
		hide_vdso(pid);
	if (trace->running)
		return;
	trace->running = true;
	trace->nr_processes++;
	trace->error = trace->executed(trace, pid);
	if (trace->error)
		kill(pid, SIGKILL);
}

/* The child gets what it has of its parent, and may go on. */
static void inherit(struct af_trace *trace, const struct af_thread *parent,
		    struct af_thread *child)
{
	trace->nr_processes += !parent->is_thread;
	af_previous_fork(&child->previous, &parent->previous,
			 parent->same_stack);
	if (!parent->maps) {
		child->maps = af_maps_new(child->tid);
	} else if (parent->shares_memory) {
		parent->maps->users++;
		child->maps = parent->maps;
	} else {
		child->maps = af_maps_copy(parent->maps);
	}
	child->filtered = parent->filtered;
	if (child->waits)
		go_on(trace, child, 0);
	child->waits = false;
}

static void handle_fork(struct af_trace *trace, struct af_thread *parent)
{
	struct af_thread *child;
	unsigned long tid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, &tid) || !tid)
		return;
	child = find_thread(trace, (pid_t)tid);
	if (!child)
		child = add_thread(trace, (pid_t)tid);
	inherit(trace, parent, child);
}

/* What the child, if there will be one, is to its parent. */
static void remember_child(struct af_thread *thread, unsigned int nr,
			   const uint64_t *args)
{
	uint64_t flags = 0, stack = 0, clone_args[6];

	switch (nr) {
	case SYS_clone:
		flags = args[0];
		stack = args[1];
		break;
	case SYS_clone3:
		if (af_tracee_read(thread->tid, args[0], clone_args,
				   sizeof(clone_args)) != sizeof(clone_args))
			return;
		flags = clone_args[0];
		stack = clone_args[5];
		break;
	case SYS_vfork:
		flags = CLONE_VM | CLONE_VFORK;
		break;
	case SYS_fork:
		break;
	default:
		return;
	}
	thread->shares_memory = flags & CLONE_VM;
	thread->is_thread = flags & CLONE_THREAD;
	thread->same_stack = !stack;
}

/* A filter can be for all threads of a process. */
static void remember_filter(struct af_trace *trace,
			    const struct af_thread *thread, unsigned int nr,
			    const uint64_t *args)
{
	if (nr != SYS_seccomp && (nr != SYS_prctl || args[0] != PR_SET_SECCOMP))
		return;
	for (size_t i = 0; i < AF_THREAD_BUCKETS; i++) {
		for (struct af_thread *t = trace->threads[i]; t; t = t->next)
			t->filtered |= t->maps == thread->maps;
	}
}

static void handle_call(struct af_trace *trace, struct af_thread *thread,
			const struct __ptrace_syscall_info *info)
{
	uint64_t args[6];
	unsigned int nr = (unsigned int)info->entry.nr;

	/* The launcher's own, or one that a tracer of its own has taken away */
	if (!thread->maps || info->entry.nr == UINT64_MAX)
		return;
	if (info->arch != AUDIT_ARCH_X86_64 || nr >= AF_NR_MAX) {
		trace->foreign(trace, thread, info);
		af_previous_foreign(&thread->previous);
		return;
	}
	/* To attach a process has interrupted this call. */
	if (nr == SYS_restart_syscall && !thread->previous.prevs.known)
		return;
	for (int i = 0; i < 6; i++)
		args[i] = info->entry.args[i];
	thread->prevs = thread->previous.prevs;
	thread->last_nr = nr;
	trace->call(trace, thread, info);
	af_previous_call(&thread->previous, nr, info->stack_pointer);
	thread->effect = af_maps_before_call(thread->maps, nr, args);
	remember_child(thread, nr, args);
	remember_filter(trace, thread, nr, args);
}

static void handle_call_stop(struct af_trace *trace, struct af_thread *thread)
{
	struct __ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof(info), &info) <
	    0)
		return;
	thread->entered = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	/* Both begin with the number and the arguments. */
	if (info.op == PTRACE_SYSCALL_INFO_SECCOMP ||
	    info.op == PTRACE_SYSCALL_INFO_ENTRY)
		handle_call(trace, thread, &info);
}

/* The thread is at the first instruction of a handler. */
static void enter_handler(struct af_thread *thread)
{
	struct user_regs_struct regs;
	uint64_t stack[3], end = 0;

	_Static_assert(sizeof(stack_t) == sizeof(stack), "sp, flags, size");
	if (ptrace(PTRACE_GETREGS, thread->tid, 0, &regs))
		return;
	/* The third argument is the context, with the alternate stack. */
	if (af_tracee_read(thread->tid,
			   regs.rdx + offsetof(ucontext_t, uc_stack), stack,
			   sizeof(stack)) == sizeof(stack) &&
	    regs.rsp > stack[0] && regs.rsp - stack[0] <= stack[2])
		end = stack[0];
	af_previous_signal(&thread->previous, regs.rsp, end);
}

/* Is it the stop of a step, and none of the program's own signals? */
static bool is_step(struct af_thread *thread, const siginfo_t *info)
{
	if (!thread->stepping || info->si_signo != SIGTRAP)
		return false;
	return info->si_code == STEPPED_INTO_HANDLER ||
	       info->si_code == TRAP_TRACE || info->si_code == TRAP_BRKPT;
}

/*
 * The kernel decides what becomes of a signal.  If that is a handler, a step
 * ends at its first instruction, when its frame is there.
 */
static void handle_signal(struct af_trace *trace, struct af_thread *thread,
			  int sig)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, thread->tid, 0, &info))
		return;
	if (is_step(thread, &info)) {
		thread->stepping = false;
		if (info.si_code == STEPPED_INTO_HANDLER)
			enter_handler(thread);
		go_on(trace, thread, 0);
		return;
	}
	thread->stepping = true;
	ptrace(PTRACE_SINGLESTEP, thread->tid, 0, (long)sig);
}

static void handle_event(struct af_trace *trace, struct af_thread *thread,
			 int event)
{
	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		handle_call_stop(trace, thread);
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		handle_fork(trace, thread);
		break;
	case PTRACE_EVENT_EXEC:
		handle_exec(trace, thread->tid);
		break;
	}
}

/* A stop at the end: the thread goes on without us, or not at all. */
static void leave(struct af_trace *trace, pid_t tid, int sig)
{
	if (!trace->attached) {
		kill(tid, SIGKILL);
		return;
	}
	ptrace(PTRACE_DETACH, tid, 0, (long)sig);
	remove_thread(trace, tid);
}

static void handle_stop(struct af_trace *trace, pid_t tid, int status)
{
	struct af_thread *thread = find_thread(trace, tid);
	int sig = WSTOPSIG(status), event = status >> 16;

	if (trace->ending) {
		leave(trace, tid, event || sig == (SIGTRAP | 0x80) ? 0 : sig);
		return;
	}
	if (!thread) {
		thread = add_thread(trace, tid);
		thread->waits = true;
		return;
	}
	/* The call has been seen, and has not been made yet. */
	if (event == PTRACE_EVENT_SECCOMP && thread->entered) {
		go_on(trace, thread, 0);
		return;
	}
	settle(thread);
	if (event == PTRACE_EVENT_STOP && af_tracee_is_stop(sig)) {
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	} else if (event) {
		thread->stepping = false;
		handle_event(trace, thread, event);
		go_on(trace, thread, 0);
	} else if (sig == (SIGTRAP | 0x80)) {
		handle_call_stop(trace, thread);
		thread->stepping = false;
		go_on(trace, thread, 0);
	} else {
		handle_signal(trace, thread, sig);
	}
}

static void handle(struct af_trace *trace, pid_t tid, int status)
{
	if (WIFSTOPPED(status)) {
		handle_stop(trace, tid, status);
		return;
	}
	if (tid == trace->first) {
		trace->status = status;
		trace->first = 0;
	}
	remove_thread(trace, tid);
}

/* What was started ends, and what was there before goes on. */
static void end(struct af_trace *trace)
{
	trace->ending = true;
	for (size_t i = 0; i < AF_THREAD_BUCKETS; i++) {
		for (struct af_thread *t = trace->threads[i]; t; t = t->next) {
			if (trace->attached)
				ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
			else
				kill(t->tid, SIGKILL);
		}
	}
}

static void free_threads(struct af_trace *trace)
{
	for (size_t i = 0; i < AF_THREAD_BUCKETS; i++) {
		while (trace->threads[i])
			remove_thread(trace, trace->threads[i]->tid);
	}
}

int af_trace_run(struct af_trace *trace)
{
	bool was_running = trace->running;
	int status;

	while (trace->nr_threads) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid > 0)
			handle(trace, tid, status);
		else if (errno != EINTR)
			break;
		if (trace->due) {
			trace->due = 0;
			trace->tick(trace);
		}
		/* For af_trace_start(). */
		if (trace->running && !was_running)
			return trace->error;
		if (trace->stop && !trace->ending)
			end(trace);
	}
	free_threads(trace);
	return trace->error;
}
