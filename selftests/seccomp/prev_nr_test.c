// SPDX-License-Identifier: GPL-2.0
/* seccomp_data.prev_nr: what is recorded, when, and for whom. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "common.h"
#include "kselftest_harness.h"
#include "prev.h"

/* Numbers of i386. */
#define I386_getpid 20
#define I386_probe  188

static long int80(long nr)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

FIXTURE(recorded){};

FIXTURE_VARIANT(recorded)
{
	const struct sock_filter *filter;
	size_t len;
};

FIXTURE_VARIANT_ADD(recorded, at_a_bitmap_hit){
	.filter = probe_filter,
	.len = COUNT(probe_filter),
};

FIXTURE_VARIANT_ADD(recorded, when_the_filter_runs){
	.filter = uncached_probe_filter,
	.len = COUNT(uncached_probe_filter),
};

FIXTURE_SETUP(recorded)
{
	ASSERT_EQ(0, install(variant->filter, variant->len));
}

FIXTURE_TEARDOWN(recorded)
{
}

TEST_F(recorded, the_attaching_call_is_the_first)
{
	EXPECT_EQ(SYS_seccomp, prev());
}

TEST_F(recorded, the_last_call_is_seen_and_looking_changes_nothing)
{
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_EQ(SYS_getpid, prev());
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getuid, prev());
}

TEST_F(recorded, a_call_that_fails_in_the_kernel_counts)
{
	EXPECT_EQ(-EBADF, raw_syscall(SYS_close, -1, 0, 0, 0, 0));
	EXPECT_EQ(SYS_close, prev());
}

TEST_F(recorded, a_number_that_no_call_has_counts)
{
	EXPECT_EQ(-ENOSYS, raw_syscall(DENIED, 0, 0, 0, 0, 0));
	EXPECT_EQ(DENIED, prev());
}

TEST_F(recorded, negative_numbers_cannot_pass_for_none)
{
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(-ENOSYS, raw_syscall(-1, 0, 0, 0, 0, 0));
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_EQ(-ENOSYS, raw_syscall(-2, 0, 0, 0, 0, 0));
	EXPECT_EQ(SYS_getpid, prev());
}

/* Without a uprobe the call does nothing but fail or raise a signal. */
TEST_F(recorded, the_calls_of_uprobes_are_not)
{
	signal(SIGILL, SIG_IGN);
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	raw_syscall(335, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getpid, prev());
}

TEST_F(recorded, a_forked_child_sees_fork)
{
	pid_t pid = raw_syscall(SYS_fork, 0, 0, 0, 0, 0);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(prev() == SYS_fork ? 0 : 1);
	EXPECT_EQ(SYS_fork, prev());
	EXPECT_EQ(0, exit_status(pid));
}

TEST_F(recorded, a_cloned_child_sees_clone)
{
	pid_t pid = raw_syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(prev() == SYS_clone ? 0 : 1);
	EXPECT_EQ(SYS_clone, prev());
	EXPECT_EQ(0, exit_status(pid));
}

TEST_F(recorded, a_child_of_clone3_sees_clone3)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = raw_syscall(SYS_clone3, (long)&args, sizeof(args), 0, 0, 0);

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(prev() == SYS_clone3 ? 0 : 1);
	EXPECT_EQ(SYS_clone3, prev());
	EXPECT_EQ(0, exit_status(pid));
}

TEST_F(recorded, a_child_of_vfork_sees_vfork_and_so_does_its_parent)
{
	pid_t pid = vfork();

	ASSERT_LE(0, pid);
	if (!pid) {
		if (prev() != SYS_vfork)
			_exit(1);
		raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
		_exit(prev() == SYS_getuid ? 0 : 2);
	}
	/* The child's calls are not the parent's. */
	EXPECT_EQ(SYS_vfork, prev());
	EXPECT_EQ(0, exit_status(pid));
}

static char stack[65536] __attribute__((aligned(16)));

struct turns {
	int turn;
	long first;
	long second;
};

static int clone_thread(void *arg)
{
	struct turns *turns = arg;

	turns->first = prev();
	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	give(&turns->turn, 1);
	wait_for(&turns->turn, 2);
	turns->second = prev();
	give(&turns->turn, 3);
	return 0;
}

TEST_F(recorded, each_thread_has_its_own)
{
	struct turns turns = {};

	ASSERT_LT(0, clone(clone_thread, stack + sizeof(stack),
			   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				   CLONE_THREAD | CLONE_SYSVSEM,
			   &turns));
	EXPECT_EQ(SYS_clone, prev());
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	wait_for(&turns.turn, 1);
	EXPECT_EQ(SYS_getpid, prev());
	give(&turns.turn, 2);
	wait_for(&turns.turn, 3);
	EXPECT_EQ(SYS_clone, turns.first);
	EXPECT_EQ(SYS_getuid, turns.second);
}

TEST_F(recorded, a_new_image_sees_execve)
{
	char *argv[] = { "prev_exec_nolibc_helper", NULL };
	pid_t pid = raw_syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	ASSERT_LE(0, pid);
	if (!pid) {
		execv(TEST_HELPERS "/prev_exec_nolibc_helper", argv);
		_exit(127);
	}
	EXPECT_EQ(0, exit_status(pid));
}

/* poll(2) goes on under the number of restart_syscall after a stop. */
TEST_F(recorded, restart_syscall_is_not)
{
	char path[64], line[64];
	int fds[2], fd, status;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = raw_syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	ASSERT_LE(0, pid);
	if (!pid) {
		struct pollfd poll = { .fd = fds[0], .events = POLLIN };

		if (raw_syscall(SYS_poll, (long)&poll, 1, -1, 0, 0) != 1)
			_exit(1);
		_exit(prev() == SYS_poll ? 0 : 2);
	}

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (status = 0; status < 2; status++) {
		const char *number = status ? "219 " : "7 ";

		do {
			ssize_t len;

			fd = open(path, O_RDONLY);
			ASSERT_LE(0, fd);
			len = read(fd, line, sizeof(line) - 1);
			close(fd);
			ASSERT_LE(0, len);
			line[len] = 0;
		} while (strncmp(line, number, strlen(number)));

		if (!status) {
			ASSERT_EQ(0, kill(pid, SIGSTOP));
			ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
			ASSERT_EQ(0, kill(pid, SIGCONT));
		}
	}
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(0, exit_status(pid));
}

TEST_F(recorded, a_second_filter_goes_on_from_where_the_first_was)
{
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	ASSERT_EQ(0, install(probe_filter, COUNT(probe_filter)));
	EXPECT_EQ(SYS_seccomp, prev());
}

TEST(prctl_is_seen_if_prctl_attached)
{
	struct sock_fprog prog = {
		.len = COUNT(probe_filter),
		.filter = (struct sock_filter *)probe_filter,
	};

	ASSERT_EQ(0, no_new_privs());
	ASSERT_EQ(0, raw_syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
				 (long)&prog, 0, 0));
	EXPECT_EQ(SYS_prctl, prev());
}

/*
 * Denied calls.  mkdir is denied, and mkdirat is its allowed twin.
 */
static void deny_mkdir(struct __test_metadata *_metadata, __u32 action)
{
	struct sock_filter filter[] = {
		LOAD(nr),       IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),  IS(SYS_mkdir, 0, 1),
		RETURN(action), RETURN(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install(filter, COUNT(filter)));
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void make_scratch_dir(struct __test_metadata *_metadata)
{
	char path[] = "/tmp/prev_nr.XXXXXX";

	ASSERT_NE(NULL, mkdtemp(path));
	ASSERT_EQ(0, chdir(path));
}

static long raw_mkdir(const char *path)
{
	return raw_syscall(SYS_mkdir, (long)path, 0700, 0, 0, 0);
}

static long raw_mkdirat(const char *path)
{
	return raw_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0);
}

TEST(a_call_denied_with_an_error_is_not_recorded)
{
	make_scratch_dir(_metadata);
	deny_mkdir(_metadata, SECCOMP_RET_ERRNO | EPERM);

	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(-EPERM, raw_mkdir("denied"));
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_EQ(0, raw_mkdirat("allowed"));
	EXPECT_EQ(SYS_mkdirat, prev());

	EXPECT_FALSE(exists("denied"));
	EXPECT_TRUE(exists("allowed"));
}

static volatile long seen_in_handler;

static void look(int signal)
{
	(void)signal;
	seen_in_handler = prev();
}

TEST(a_call_that_traps_is_not_recorded)
{
	struct sigaction action = { .sa_handler = look };

	make_scratch_dir(_metadata);
	ASSERT_EQ(0, sigaction(SIGSYS, &action, NULL));
	deny_mkdir(_metadata, SECCOMP_RET_TRAP);

	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	seen_in_handler = 0;
	raw_mkdir("denied");
	EXPECT_NE(0, seen_in_handler);
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_EQ(0, raw_mkdirat("allowed"));
	EXPECT_EQ(SYS_mkdirat, prev());

	EXPECT_FALSE(exists("denied"));
	EXPECT_TRUE(exists("allowed"));
}

TEST(a_call_that_is_only_logged_is_recorded)
{
	make_scratch_dir(_metadata);
	deny_mkdir(_metadata, SECCOMP_RET_LOG);

	EXPECT_EQ(0, raw_mkdir("logged"));
	EXPECT_EQ(SYS_mkdir, prev());
	EXPECT_TRUE(exists("logged"));
}

/* What prev_nr is for: a call that is allowed only after another one. */
TEST_SIGNAL(a_call_out_of_order_kills, SIGSYS)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(SYS_mkdir, 0, 3),
		LOAD(prev_nr),
		IS(SYS_umask, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};

	make_scratch_dir(_metadata);
	ASSERT_EQ(0, install(filter, COUNT(filter)));
	raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
	ASSERT_EQ(0, raw_mkdir("in_order"));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	raw_mkdir("out_of_order");
}

TEST(a_call_out_of_order_has_no_effect)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(SYS_mkdir, 0, 3),
		LOAD(prev_nr),
		IS(SYS_umask, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};
	int status;
	pid_t pid;

	make_scratch_dir(_metadata);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (install(filter, COUNT(filter)))
			_exit(1);
		raw_syscall(SYS_umask, 022, 0, 0, 0, 0);
		raw_mkdir("in_order");
		raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
		raw_mkdir("out_of_order");
		_exit(2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSYS, WTERMSIG(status));
	EXPECT_TRUE(exists("in_order"));
	EXPECT_FALSE(exists("out_of_order"));
}

/*
 * Tracers.  mkdir is traced if getpid came before it, and denied else: the
 * filter runs a second time after the tracer, and must see getpid again.
 */
FIXTURE(traced)
{
	pid_t pid;
};

static const struct sock_filter trace_filter[] = {
	LOAD(nr),
	IS(PROBE_PREV, 0, 4),
	SHOW(prev_nr),
	IS(SYS_mkdir, 0, 4),
	LOAD(prev_nr),
	IS(SYS_getpid, 0, 1),
	RETURN(SECCOMP_RET_TRACE),
	RETURN(SECCOMP_RET_ERRNO | EIO),
	RETURN(SECCOMP_RET_ALLOW),
};

/* Exits with what is seen after mkdir, less 1 if mkdir itself succeeded. */
FIXTURE_SETUP(traced)
{
	int status;

	make_scratch_dir(_metadata);
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		long made;

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (install(trace_filter, COUNT(trace_filter)))
			_exit(255);
		raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
		made = raw_mkdir("traced");
		_exit(made ? prev() : prev() - 1);
	}
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, self->pid, 0,
			    PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, 0));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8);
}

FIXTURE_TEARDOWN(traced)
{
}

static void set_number(struct __test_metadata *_metadata, pid_t pid, long nr)
{
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid,
			    offsetof(struct user_regs_struct, orig_rax), nr));
}

TEST_F(traced, a_call_that_is_filtered_twice_is_recorded_once)
{
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, 0));
	EXPECT_EQ(SYS_mkdir - 1, exit_status(self->pid));
	EXPECT_TRUE(exists("traced"));
}

TEST_F(traced, the_number_that_the_tracer_chose_is_recorded)
{
	set_number(_metadata, self->pid, SYS_getuid);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, 0));
	/* getuid is 0 for root, which runs this, or else is not. */
	EXPECT_EQ(getuid() ? SYS_getuid : SYS_getuid - 1,
		  exit_status(self->pid));
	EXPECT_FALSE(exists("traced"));
}

TEST_F(traced, a_call_that_the_tracer_skips_is_not_recorded)
{
	set_number(_metadata, self->pid, -1);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, 0));
	EXPECT_EQ(SYS_getpid, exit_status(self->pid));
	EXPECT_FALSE(exists("traced"));
}

TEST_F(traced, a_number_that_the_filter_then_denies_is_not_recorded)
{
	/* Denied by the second pass, as its predecessor is not getpid. */
	set_number(_metadata, self->pid, PROBE_PREV);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, 0));
	EXPECT_EQ(SYS_getpid, exit_status(self->pid));
	EXPECT_FALSE(exists("traced"));
}

TEST(a_call_that_wants_a_tracer_that_is_not_there_is_not_recorded)
{
	make_scratch_dir(_metadata);
	ASSERT_EQ(0, install(trace_filter, COUNT(trace_filter)));
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(-ENOSYS, raw_mkdir("traced"));
	EXPECT_EQ(SYS_getpid, prev());
	EXPECT_FALSE(exists("traced"));
}

/* Supervisors. */
FIXTURE(supervised)
{
	struct seccomp_notif notif;
	struct seccomp_notif_resp reply;
	int listener;
	pid_t pid;
};

static int send_fd(int socket, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int socket)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	int fd = -1;

	if (recvmsg(socket, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

FIXTURE_SETUP(supervised)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		IS(SYS_mkdir, 0, 1),
		RETURN(SECCOMP_RET_USER_NOTIF),
		RETURN(SECCOMP_RET_ALLOW),
	};
	int pair[2];

	make_scratch_dir(_metadata);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		int fd = install_flags(filter, COUNT(filter),
				       SECCOMP_FILTER_FLAG_NEW_LISTENER);

		/* Nobody but the supervisor must keep the listener open. */
		if (fd < 0 || send_fd(pair[1], fd) || close(fd))
			_exit(255);
		raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
		raw_mkdir("supervised");
		_exit(prev());
	}
	self->listener = receive_fd(pair[0]);
	ASSERT_LE(0, self->listener);
	memset(&self->notif, 0, sizeof(self->notif));
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_RECV,
			   &self->notif));
	memset(&self->reply, 0, sizeof(self->reply));
	self->reply.id = self->notif.id;
}

FIXTURE_TEARDOWN(supervised)
{
	close(self->listener);
}

TEST_F(supervised, the_supervisor_is_shown_the_previous_call)
{
	EXPECT_EQ(SYS_mkdir, self->notif.data.nr);
	EXPECT_EQ(SYS_getpid, self->notif.data.prev_nr);
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->notif.data.caller_id);
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND,
			   &self->reply));
	EXPECT_EQ(SYS_mkdir, exit_status(self->pid));
}

TEST_F(supervised, a_call_that_is_continued_is_recorded)
{
	self->reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND,
			   &self->reply));
	EXPECT_EQ(SYS_mkdir, exit_status(self->pid));
	EXPECT_TRUE(exists("supervised"));
}

TEST_F(supervised, a_call_that_is_answered_is_recorded)
{
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND,
			   &self->reply));
	EXPECT_EQ(SYS_mkdir, exit_status(self->pid));
	EXPECT_FALSE(exists("supervised"));
}

TEST_F(supervised, a_call_that_is_refused_is_not_recorded)
{
	self->reply.error = -EPERM;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND,
			   &self->reply));
	EXPECT_EQ(SYS_getpid, exit_status(self->pid));
	EXPECT_FALSE(exists("supervised"));
}

TEST_F(supervised, a_value_that_is_an_error_counts_as_refused)
{
	self->reply.val = -EPERM;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND,
			   &self->reply));
	EXPECT_EQ(SYS_getpid, exit_status(self->pid));
	EXPECT_FALSE(exists("supervised"));
}

TEST_F(supervised, a_call_whose_supervisor_leaves_is_not_recorded)
{
	ASSERT_EQ(0, close(self->listener));
	EXPECT_EQ(SYS_getpid, exit_status(self->pid));
	EXPECT_FALSE(exists("supervised"));
}

/* Two architectures in one task. */
FIXTURE(compat){};

FIXTURE_SETUP(compat)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		IS(AUDIT_ARCH_I386, 0, 3),
		LOAD(nr),
		IS(I386_probe, 3, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(nr),
		IS(PROBE_PREV, 0, 4),
		SHOW(prev_nr),
		RETURN(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install(filter, COUNT(filter)));
}

FIXTURE_TEARDOWN(compat)
{
}

TEST_F(compat, a_number_of_i386_is_none_for_a_64_bit_call)
{
	ASSERT_EQ(getpid(), int80(I386_getpid));
	EXPECT_EQ(PROBE_NONE, prev());
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(SYS_getpid, prev());
}

TEST_F(compat, a_64_bit_number_is_none_for_a_call_of_i386)
{
	raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
	EXPECT_EQ(-PROBE_NONE, int80(I386_probe));
	ASSERT_EQ(getpid(), int80(I386_getpid));
	EXPECT_EQ(-I386_getpid, int80(I386_probe));
}

/* Filters that a thread gets from another one. */
struct sibling {
	int turn;
	long first;
};

static void *sibling_run(void *arg)
{
	struct sibling *sibling = arg;

	raw_syscall(SYS_getuid, 0, 0, 0, 0, 0);
	give(&sibling->turn, 1);
	wait_for(&sibling->turn, 2);
	sibling->first = prev();
	return NULL;
}

TEST(a_thread_that_gets_its_first_filter_by_tsync_sees_none)
{
	struct sibling sibling = {};
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, sibling_run, &sibling));
	wait_for(&sibling.turn, 1);
	ASSERT_EQ(0, install_flags(probe_filter, COUNT(probe_filter),
				   SECCOMP_FILTER_FLAG_TSYNC));
	EXPECT_EQ(SYS_seccomp, prev());
	give(&sibling.turn, 2);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(PROBE_NONE, sibling.first);
}

TEST(a_thread_that_gets_another_filter_by_tsync_keeps_its_own)
{
	struct sibling sibling = {};
	pthread_t thread;

	ASSERT_EQ(0, install(probe_filter, COUNT(probe_filter)));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sibling_run, &sibling));
	wait_for(&sibling.turn, 1);
	ASSERT_EQ(0, install_flags(probe_filter, COUNT(probe_filter),
				   SECCOMP_FILTER_FLAG_TSYNC));
	EXPECT_EQ(SYS_seccomp, prev());
	give(&sibling.turn, 2);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(SYS_getuid, sibling.first);
}

/* The interface. */
static int install_load(__u32 offset)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(filter, COUNT(filter)) ? errno : 0;
}

TEST(prev_nr_is_at_offset_64_and_the_end_is_at_72)
{
	EXPECT_EQ(64, offsetof(struct seccomp_data, prev_nr));
	EXPECT_EQ(68, offsetof(struct seccomp_data, caller_id));
	EXPECT_EQ(72, sizeof(struct seccomp_data));

	EXPECT_EQ(0, install_load(60));
	EXPECT_EQ(0, install_load(64));
	EXPECT_EQ(EINVAL, install_load(65));
	EXPECT_EQ(EINVAL, install_load(66));
	EXPECT_EQ(EINVAL, install_load(72));
	EXPECT_EQ(EINVAL, install_load(0xfffffffc));
}

TEST(caller_id_cannot_be_loaded_without_objects)
{
	EXPECT_EQ(EINVAL, install_load(68));
	EXPECT_EQ(0, install_load(64));
}

/* Shows BPF_LEN as an error, after a load of a given offset. */
static long shown_length(struct __test_metadata *_metadata, __u32 offset)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
		LOAD(nr),
		IS(PROBE_PREV, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_A, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install(filter, COUNT(filter)));
	return prev();
}

TEST(a_program_that_does_not_know_prev_nr_sees_a_length_of_64)
{
	EXPECT_EQ(64, shown_length(_metadata, 60));
}

TEST(a_program_that_loads_prev_nr_sees_a_length_of_72)
{
	EXPECT_EQ(72, shown_length(_metadata, 64));
}

TEST(features_are_told_to_whoever_asks_correctly)
{
	EXPECT_EQ(SECCOMP_FEATURE_PREV_NR | SECCOMP_FEATURE_CALLER_ID,
		  seccomp(SECCOMP_GET_FEATURES, 0, NULL));
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 1, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 0, &errno));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
