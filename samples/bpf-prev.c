// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Raw classic BPF on seccomp_data.prev_nr, without libaf: the system call
 * msgrcv is permitted only directly after prctl, msgsnd or clone.
 *
 * The first three receptions follow one of these, the last one follows write
 * and ends the process.  libaf/abi.h stands in for the kernel header, which an
 * unpatched system does not have with the new member.
 *
 * Exit status: killed by SIGSYS if all went as it should, 1 if a call ended
 * otherwise, 2 if the kernel did not take the filter.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libaf/abi.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_SIZE      128
#define MESSAGE_TYPE   1
#define EXIT_NO_FILTER 2

struct message {
	long type;
	char text[TEXT_SIZE];
};

static _Noreturn void fail(const char *what)
{
	dprintf(STDERR_FILENO, "bpf-prev: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static _Noreturn void fail_with(const char *reason)
{
	dprintf(STDERR_FILENO, "bpf-prev: %s\n", reason);
	exit(EXIT_FAILURE);
}

/*
 * Print a line at once.  Output in a buffer would be lost when the process is
 * killed, and be printed twice when it is copied by clone.
 */
#define say(...)                                             \
	do {                                                 \
		if (dprintf(STDOUT_FILENO, __VA_ARGS__) < 0) \
			fail("standard output");             \
	} while (0)

#define LOAD(member)                       \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct libaf_seccomp_data, member))
#define IF_EQUAL(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

/* Returns false if the kernel cannot load prev_nr. */
static bool install_filter(void)
{
	struct sock_filter insns[] = {
		/* Numbers mean nothing before the architecture is known. */
		LOAD(arch),
		IF_EQUAL(AUDIT_ARCH_X86_64, 0, 8),
		LOAD(nr),
		/* x32 calls have the same architecture and this bit. */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 6, 0),
		IF_EQUAL(SYS_msgrcv, 0, 4),
		LOAD(prev_nr),
		IF_EQUAL(SYS_prctl, 2, 0),
		IF_EQUAL(SYS_msgsnd, 1, 0),
		IF_EQUAL(SYS_clone, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = {
		.len = sizeof(insns) / sizeof(*insns),
		.filter = insns,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("prctl(PR_SET_NO_NEW_PRIVS)");
	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
		return true;
	if (errno != EINVAL)
		fail("prctl(PR_SET_SECCOMP)");
	return false;
}

/*
 * The calls are made directly: what the C library does around them could come
 * between them and their predecessors.
 */
static void send_text(int queue, const char *text)
{
	struct message message = { .type = MESSAGE_TYPE };

	strncpy(message.text, text, sizeof(message.text) - 1);
	if (syscall(SYS_msgsnd, queue, &message, sizeof(message.text), 0))
		fail("msgsnd");
}

/* Does not wait: all that is received has been sent. */
static long receive(int queue, struct message *message)
{
	return syscall(SYS_msgrcv, queue, message, sizeof(message->text),
		       MESSAGE_TYPE, IPC_NOWAIT);
}

static void check_received(long size, const struct message *message,
			   const char *text)
{
	if (size < 0)
		fail("msgrcv");
	if (size != TEXT_SIZE || strcmp(message->text, text))
		fail_with("msgrcv: not the message that was sent");
}

static void wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) != pid) {
		if (errno != EINTR)
			fail("waitpid");
	}
}

/*
 * fork() would not do: after the clone, the child of the C library's makes
 * other calls before it returns.
 */
static void receive_in_child(int queue)
{
	struct message message;
	pid_t pid;
	long size;
	int status;

	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		fail("clone");
	if (!pid) {
		size = receive(queue, &message);
		check_received(size, &message, "this is mars");
		say("child msgrcv after clone: %s (%ld bytes)\n", message.text,
		    size);
		_exit(EXIT_SUCCESS);
	}

	wait_for(pid, &status);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_with("the child did not receive the message");
	say("parent: child %d exited with status %d\n", pid,
	    WEXITSTATUS(status));
}

/* What the sample is about.  *@last becomes true before its last call. */
static _Noreturn void work(int queue, volatile bool *last)
{
	static const char prompt[] = "Should fail: ";
	struct message message;
	long size;

	say("parent msgsnd: hello\n");
	send_text(queue, "hello");
	if (!install_filter()) {
		dprintf(STDERR_FILENO,
			"bpf-prev: this kernel does not know prev_nr: it did "
			"not take the filter\n");
		exit(EXIT_NO_FILTER);
	}
	size = receive(queue, &message);
	check_received(size, &message, "hello");
	say("parent msgrcv after prctl: %s (%ld bytes)\n", message.text, size);

	say("parent msgsnd: world\n");
	send_text(queue, "world");
	size = receive(queue, &message);
	check_received(size, &message, "world");
	say("parent msgrcv after msgsnd: %s (%ld bytes)\n", message.text, size);

	say("parent msgsnd: this is mars\n");
	send_text(queue, "this is mars");
	receive_in_child(queue);

	*last = true;
	if (write(STDOUT_FILENO, prompt, sizeof(prompt) - 1) < 0)
		fail("standard output");
	receive(queue, &message);
	fail_with("msgrcv after write was not stopped");
}

/* A signal must not end the process before the queue is removed. */
static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, old))
		fail("sigprocmask");
}

/*
 * Make a queue, run work() in another process, and remove the queue when that
 * has ended.  Returns how it ended.
 */
static int run_worker(volatile bool *last)
{
	sigset_t old;
	int queue, status;
	pid_t pid;

	block_signals(&old);
	queue = msgget(IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600);
	if (queue < 0)
		fail("msgget");
	pid = fork();
	if (!pid) {
		if (sigprocmask(SIG_SETMASK, &old, NULL))
			fail("sigprocmask");
		work(queue, last);
	}
	if (pid > 0)
		wait_for(pid, &status);
	if (msgctl(queue, IPC_RMID, NULL))
		fail("msgctl(IPC_RMID)");
	if (pid < 0)
		fail_with("cannot fork");
	if (sigprocmask(SIG_SETMASK, &old, NULL))
		fail("sigprocmask");
	return status;
}

int main(void)
{
	const struct rlimit no_core = { 0, 0 };
	volatile bool *last;
	int status;

	if (setrlimit(RLIMIT_CORE, &no_core))
		fail("setrlimit");
	last = mmap(NULL, sizeof(*last), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (last == MAP_FAILED)
		fail("mmap");

	status = run_worker(last);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGSYS || !*last) {
		dprintf(STDERR_FILENO, "bpf-prev: ended too early: %s\n",
			strsignal(WTERMSIG(status)));
		return EXIT_FAILURE;
	}

	/* End as the worker did, so that the shell says why. */
	signal(SIGSYS, SIG_DFL);
	raise(SIGSYS);
	return EXIT_FAILURE;
}
