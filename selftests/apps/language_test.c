// SPDX-License-Identifier: LGPL-2.1-or-later
/* What rules say, in a kernel that supports it: arguments, actions, phases. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../cases.h"
#include "libaf.h"
#include "policies.h"

/* What libc and the loader themselves may do in all of these policies. */
#define SYSTEM                                                              \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                      \
	"common { brk mmap munmap mprotect futex close read exit_group }\n" \
	"default errno EPERM\n"

static int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

static void load(const char *text)
{
	expect(libaf_filter_load(compile(parse(text))) == LIBAF_ENFORCED);
}

static void an_argument_is_right_or_nothing_happens(void)
{
	struct stat st;

	load(SYSTEM "program {\n"
		    "access\n"
		    "mkdir if arg1 == 0700\n"
		    "chmod if arg1 & 06000 == 0\n"
		    "stat newfstatat\n"
		    "}\n");
	expect(error_of(mkdir("denied", 0777)) == EPERM);
	expect(error_of(access("denied", F_OK)) == ENOENT);
	expect(!mkdir("allowed", 0700));
	expect(!access("allowed", F_OK));

	expect(error_of(chmod("allowed", 02700)) == EPERM);
	expect(!stat("allowed", &st) && (st.st_mode & 07777) == 0700);
	expect(!chmod("allowed", 01500));
	expect(!stat("allowed", &st) && (st.st_mode & 07777) == 01500);
}

/* What the kernel does not look at must not make a rule fail to fit. */
static void upper_bits_do_not_evade_a_rule(void)
{
	const long upper = 1L << 32;

	load(SYSTEM "program {\n"
		    "socket if arg0 == AF_INET then errno EACCES\n"
		    "socket if arg1 & 0xf == SOCK_RAW then errno EACCES\n"
		    "socket\n"
		    "}\n");
	expect(error_of(syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0)) == EACCES);
	expect(error_of(syscall(SYS_socket, AF_INET | upper, SOCK_DGRAM, 0)) ==
	       EACCES);
	expect(error_of(syscall(SYS_socket, AF_UNIX, SOCK_RAW | upper, 0)) ==
	       EACCES);
	expect(error_of(syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | upper, 0)) ==
	       0);
}

static void sixty_four_bits_count_where_the_kernel_takes_them(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	load(SYSTEM "program {\n"
		    "lseek if arg1 < 0x100000000 and arg2 == SEEK_SET\n"
		    "}\n");
	expect(fd >= 0);
	expect(lseek(fd, 0xffffffff, SEEK_SET) == 0xffffffff);
	expect(error_of(lseek(fd, 0x100000000, SEEK_SET)) == EPERM);
	expect(error_of(lseek(fd, -1, SEEK_SET)) == EPERM);
	expect(error_of(lseek(fd, 0, SEEK_END)) == EPERM);
}

static void the_first_rule_that_fits_decides(void)
{
	load(SYSTEM "program {\n"
		    "umask if arg0 == 022\n"
		    "umask if arg0 < 0100 then errno ENOTTY\n"
		    "}\n"
		    "unknown { umask }\n");
	expect(!error_of(syscall(SYS_umask, 022)));
	expect(error_of(syscall(SYS_umask, 021)) == ENOTTY);
	expect(error_of(syscall(SYS_umask, 0777)) == EPERM);
}

static void own_rules_come_before_common_ones(void)
{
	load("transparent libc.so.6 ld-linux-x86-64.so.2\n"
	     "common { getuid getpid getppid exit_group }\n"
	     "program { getppid after getuid then errno EACCES\n}\n");
	expect(!error_of(syscall(SYS_getppid)));
	syscall(SYS_getuid);
	expect(error_of(syscall(SYS_getppid)) == EACCES);
	syscall(SYS_getpid);
	expect(!error_of(syscall(SYS_getppid)));
}

static volatile long in_handler;

static void on_signal(int sig)
{
	(void)sig;
	in_handler = error_of(syscall(SYS_getppid));
}

static void a_rule_for_handlers_holds_in_handlers(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	load(SYSTEM "program {\n"
		    "getppid after signal\n"
		    "getpid gettid tgkill kill rt_sigprocmask\n"
		    "}\n"
		    "library libc.so.6 { rt_sigreturn }\n");
	in_handler = -1;
	expect(!error_of(syscall(SYS_kill, syscall(SYS_getpid), SIGUSR1)));
	expect(in_handler == 0);
	syscall(SYS_getpid);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
}

static void a_rule_may_kill_where_the_policy_does_not(void)
{
	load(SYSTEM "program {\n"
		    "access\n"
		    "mkdir if arg1 == 0777 then kill\n"
		    "}\n");
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	mkdir("denied", 0777);
}

static void a_group_permits_its_calls(void)
{
	load(SYSTEM "program { @stat @time }\n");
	expect(!access(".", F_OK));
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(error_of(access("denied", F_OK)) == ENOENT);
}

/* 1000 has no name, and will not have one for a long time. */
static void a_call_without_a_name_does_not_exist(void)
{
	load(SYSTEM "newer errno ENOSYS\nprogram { getppid }\n");
	expect(error_of(syscall(1000)) == ENOSYS);
	expect(error_of(syscall(SYS_getuid)) == EPERM);
	expect(!error_of(syscall(SYS_getppid)));
}

static void a_call_without_a_name_is_denied_otherwise(void)
{
	load(SYSTEM "program { getppid }\n");
	expect(error_of(syscall(1000)) == EPERM);
}

static void a_phase_takes_away_and_cannot_add(void)
{
	struct libaf_policy *policy = parse(
		SYSTEM "program { mkdir access getppid prctl seccomp }\n"
		       "phase serve {\n"
		       "common { futex read exit_group brk mmap munmap }\n"
		       "program { access getppid getuid }\n"
		       "}\n");
	const struct libaf_policy *serve = libaf_policy_phase(policy, "serve");
	struct libaf_filter *first, *second;

	expect(serve);
	first = compile(policy);
	second = compile(serve);
	expect(libaf_filter_load(first) == LIBAF_ENFORCED);
	expect(!mkdir("allowed", 0700));
	expect(error_of(syscall(SYS_getuid)) == EPERM);

	expect(libaf_filter_load(second) == LIBAF_ENFORCED);
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(error_of(access("denied", F_OK)) == ENOENT);
	expect(!access("allowed", F_OK));
	expect(!error_of(syscall(SYS_getppid)));
	expect(error_of(syscall(SYS_getuid)) == EPERM);
}

static const struct test_case tests[] = {
	{ "an argument is right or nothing happens",
	  an_argument_is_right_or_nothing_happens, 0 },
	{ "upper bits do not evade a rule", upper_bits_do_not_evade_a_rule, 0 },
	{ "sixty four bits count where the kernel takes them",
	  sixty_four_bits_count_where_the_kernel_takes_them, 0 },
	{ "the first rule that fits decides", the_first_rule_that_fits_decides,
	  0 },
	{ "own rules come before common ones",
	  own_rules_come_before_common_ones, 0 },
	{ "a rule for handlers holds in handlers",
	  a_rule_for_handlers_holds_in_handlers, 0 },
	{ "a rule may kill where the policy does not",
	  a_rule_may_kill_where_the_policy_does_not, SIGSYS },
	{ "a group permits its calls", a_group_permits_its_calls, 0 },
	{ "a call without a name does not exist",
	  a_call_without_a_name_does_not_exist, 0 },
	{ "a call without a name is denied otherwise",
	  a_call_without_a_name_is_denied_otherwise, 0 },
	{ "a phase takes away and cannot add",
	  a_phase_takes_away_and_cannot_add, 0 },
};

int main(void)
{
	return CASES(tests);
}
