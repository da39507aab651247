// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel stops a thread at SECCOMP_RET_TRACE, before the call, and goes on
 * with what the tracer makes of it: another number, or another result.  Without
 * a tracer the call fails with ENOSYS; when the tracer dies, all that it traces
 * are killed.
 *
 * What is to be killed must end by SIGSYS, whatever it does about that signal,
 * as parents see it.  So its call gets a number for which a filter in front of
 * the policy's kills: the kernel asks all filters once more about a call that a
 * tracer has changed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "af.h"
#include "tracee.h"
#include "watch.h"

#define OPTIONS                                                             \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

/* No call has this number, in any convention. */
#define KILL_NR 0x3fffffff

/* si_code of a SIGSYS that is seccomp's; not in all headers. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* The lower half of an argument. */
#define ARG(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(__u64))

/*
 * A supervisor of the program's own takes precedence over a tracer, and could
 * let it make calls that the policy denies.  The error is that for a second
 * supervisor.
 */
static const struct sock_filter gate[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KILL_NR, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG(1)),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EBUSY),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int install_gate(void)
{
	const struct sock_fprog prog = {
		.len = sizeof(gate) / sizeof(*gate),
		.filter = (struct sock_filter *)gate,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/*
 * Signals that are sent to this process are meant for the program, but for those
 * of the terminal, which all of its processes get.
 */

/* Only for the signal handler: the first process, 0 when it has ended. */
static volatile sig_atomic_t first;

/* Those of real time are forwarded, too. */
static const int forwarded[] = {
	SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM,   SIGUSR1, SIGUSR2,
	SIGALRM, SIGCONT, SIGPROF,  SIGVTALRM, SIGIO,   SIGPWR,
	SIGURG,  SIGXCPU, SIGWINCH, SIGSTKFLT,
};

#define NR_FORWARDED (sizeof(forwarded) / sizeof(*forwarded))

static void forward(int sig, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	if (!first) {
		/* The others end with this process. */
		signal(sig, SIG_DFL);
		raise(sig);
	} else if (info->si_code == SI_QUEUE) {
		sigqueue(first, sig, info->si_value);
	} else if (info->si_code <= 0) {
		kill(first, sig);
	}
	errno = error;
}

static void catch_signals(void)
{
	struct sigaction action = {
		.sa_sigaction = forward,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	for (size_t i = 0; i < NR_FORWARDED; i++)
		sigaction(forwarded[i], &action, NULL);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		sigaction(sig, &action, NULL);
	/* Reports that nobody takes are not to end the program. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* Whoever reads what the program writes is to see its end. */
static void leave_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * Events
 */

static bool set_register(pid_t tid, size_t offset, long value)
{
	return !ptrace(PTRACE_POKEUSER, tid, offset, value);
}

#define REGISTER(name) offsetof(struct user_regs_struct, name)

/* Have the kernel do what was decided about the call that @tid is stopped at. */
static void carry_out(pid_t tid, uint32_t action)
{
	bool done;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return;
	case SECCOMP_RET_ERRNO:
		done = set_register(tid, REGISTER(rax),
				    -(long)(action & SECCOMP_RET_DATA)) &&
		       set_register(tid, REGISTER(orig_rax), -1);
		break;
	default:
		done = set_register(tid, REGISTER(orig_rax), KILL_NR);
	}
	/* If it has been killed meanwhile, this comes to nothing. */
	if (!done)
		kill(tid, SIGKILL);
}

static void handle_call(struct af_watch *watch, pid_t tid)
{
	struct __ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		carry_out(tid, SECCOMP_RET_KILL_PROCESS);
	else
		carry_out(tid, watch->denied(watch, tid, &info,
					     info.seccomp.ret_data));
}

/* The kernel has put back what the call has changed. */
static void handle_trap(struct af_watch *watch, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct regs;
	siginfo_t siginfo;

	if (ptrace(PTRACE_GETSIGINFO, tid, 0, &siginfo) ||
	    siginfo.si_code != SYS_SECCOMP ||
	    ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	info = (struct __ptrace_syscall_info){
		.op = PTRACE_SYSCALL_INFO_SECCOMP,
		.arch = siginfo.si_arch,
		.instruction_pointer = regs.rip,
		.stack_pointer = regs.rsp,
		.seccomp = {
			.nr = (uint32_t)siginfo.si_syscall,
			.args = { regs.rdi, regs.rsi, regs.rdx, regs.r10,
				  regs.r8, regs.r9 },
		},
	};
	watch->trapped(watch, tid, &info, (unsigned int)siginfo.si_errno);
}

static void handle_stop(struct af_watch *watch, pid_t tid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_STOP && af_tracee_is_stop(sig)) {
		ptrace(PTRACE_LISTEN, tid, 0, 0);
		return;
	}
	if (event == PTRACE_EVENT_SECCOMP)
		handle_call(watch, tid);
	else if (event == PTRACE_EVENT_EXEC)
		watch->executed(watch, tid);
	else if (!event && sig == SIGSYS)
		handle_trap(watch, tid);
	ptrace(PTRACE_CONT, tid, 0, (long)(event ? 0 : sig));
}

static void follow(struct af_watch *watch)
{
	int status;

	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno != EINTR)
			return;
		if (tid > 0 && WIFSTOPPED(status)) {
			handle_stop(watch, tid, status);
		} else if (tid > 0 && tid == first) {
			watch->status = status;
			first = 0;
		}
	}
}

struct start {
	const struct af_watch *watch;
	int (*become)(void *context);
	void *context;
};

static void __attribute__((noreturn)) become(void *context)
{
	const struct start *start = context;

	if (start->watch->enforce && install_gate()) {
		fprintf(stderr, "af: the kernel refused a filter: %s\n",
			strerror(errno));
		_exit(AF_RUN_FAILED);
	}
	_exit(start->become(start->context));
}

int af_watch_run(struct af_watch *watch, int (*become_program)(void *context),
		 void *context)
{
	struct start start = { watch, become_program, context };
	pid_t pid = af_tracee_start(OPTIONS, become, &start);

	if (pid < 0)
		return pid;
	first = pid;
	/* Nor may the program change this process, in which it is judged. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	catch_signals();
	leave_stdio();
	follow(watch);
	return 0;
}
