// SPDX-License-Identifier: LGPL-2.1-or-later
/* libaf on a kernel without the series, and what goes wrong on any kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../cases.h"
#include "libaf.h"

#define POLICY                                             \
	"transparent libc.so.6\n"                          \
	"default errno EPERM\n"                            \
	"library libc.so.6 { getuid exit_group access }\n" \
	"program { getpid }\n"

static int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

static void expect_untouched(void)
{
	expect(status_of("Seccomp") == 0);
	expect(status_of("NoNewPrivs") == 0);
}

/* Try a policy that must fail with @code; leaves what was said in @err. */
static void load_fails(const char *text, unsigned int flags, int code,
		       struct libaf_error *err)
{
	int ret = libaf_load_explain(text_file(text), flags, err);

	if (ret != code)
		fprintf(stderr, "# %d, %s\n", ret, err->text);
	expect(ret == code);
	expect(err->text[0]);
	expect_untouched();
}

static void stock_is_told(void)
{
	expect(libaf_abi() == LIBAF_ABI_STOCK);
}

static void stock_is_refused(void)
{
	struct libaf_error err;

	load_fails(POLICY, 0, -EOPNOTSUPP, &err);
	expect(strstr(err.text, "who asks"));
	expect(err.hint[0]);
}

static void prev_is_refused(void)
{
	struct libaf_error err;

	load_fails("unknown { getpid after getuid }\n"
		   "program { getpid after getuid }\n",
		   0, -EOPNOTSUPP, &err);
	expect(strstr(err.text, "previous"));
}

static void degraded_is_the_union(void)
{
	int ret = libaf_load(text_file(POLICY), LIBAF_ALLOW_DEGRADED);

	expect(ret == LIBAF_DEGRADED);
	/* The program may do what only libc was to. */
	expect(!error_of(syscall(SYS_getpid)));
	expect(!error_of(syscall(SYS_getuid)));
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(access("denied", F_OK) < 0);
}

static void degrade(const char *text)
{
	expect(libaf_load(text_file(text), LIBAF_ALLOW_DEGRADED) ==
	       LIBAF_DEGRADED);
}

/* The twin of the above: what libc may do has its effect, whoever asks. */
static void degraded_permits_what_any_list_has(void)
{
	degrade("transparent libc.so.6\n"
		"default errno EPERM\n"
		"library libc.so.6 { mkdir exit_group access }\n"
		"program { getpid }\n");
	expect(!error_of(syscall(SYS_mkdir, "allowed", 0700)));
	expect(!access("allowed", F_OK));
	expect(error_of(syscall(SYS_rmdir, "allowed")) == EPERM);
	expect(!access("allowed", F_OK));
}

/* With a default that permits, what some list denies is still to be denied. */
static void degraded_denies_what_all_lists_deny(void)
{
	degrade("default log\n"
		"common {\n"
		"	getppid then errno EACCES\n"
		"}\n"
		"unknown {\n"
		"	getppid then errno EACCES\n"
		"}\n"
		"program {\n"
		"	getpgrp then errno EACCES\n"
		"}\n");
	expect(error_of(syscall(SYS_getppid)) == EACCES);
	/* Unknown callers may. */
	expect(!error_of(syscall(SYS_getpgrp)));
	expect(!error_of(syscall(SYS_getuid)));
}

static void degraded_kills_where_all_lists_do(void)
{
	degrade("default errno EPERM\n"
		"common {\n"
		"	getppid then kill\n"
		"}\n"
		"unknown {\n"
		"	getppid then kill\n"
		"}\n"
		"program { getpid exit_group }\n");
	expect(!error_of(syscall(SYS_getpid)));
	expect(error_of(syscall(SYS_getuid)) == EPERM);
	syscall(SYS_getppid);
}

/* The union knows calls only: neither what came before nor arguments. */
static void degraded_has_no_conditions(void)
{
	degrade("default errno EPERM\n"
		"common { exit_group }\n"
		"program {\n"
		"	getpid after getuid\n"
		"	umask if arg0 == 022\n"
		"	getppid then log\n"
		"	getgid then errno EACCES\n"
		"}\n");
	expect(!error_of(syscall(SYS_getpid)));
	expect(!error_of(syscall(SYS_umask, 077)));
	expect(!error_of(syscall(SYS_getppid)));
	/* What no list permits is denied as anything else is. */
	expect(error_of(syscall(SYS_getgid)) == EPERM);
	expect(error_of(syscall(SYS_getuid)) == EPERM);
}

static void degraded_denies_as_the_policy_says(void)
{
	degrade("default errno EXDEV\n"
		"newer errno ENOSYS\n"
		"program { getpid exit_group }\n");
	expect(!error_of(syscall(SYS_getpid)));
	expect(error_of(syscall(SYS_getuid)) == EXDEV);
	expect(error_of(syscall(1000)) == ENOSYS);
	/* By the convention of x32. */
	expect(error_of(syscall(SYS_getpid | 0x40000000)) == EXDEV);
}

static void degraded_kills(void)
{
	degrade("program { getpid exit_group }\n");
	syscall(SYS_getpid);
	syscall(SYS_getuid);
}

static int gate[2];
static long in_thread;

static void *wait_and_call(void *unused)
{
	char byte;

	/* The call is permitted under the union as well. */
	while (read(gate[0], &byte, 1) < 0)
		;
	in_thread = error_of(syscall(SYS_getppid));
	return unused;
}

static void degraded_holds_for_all_threads(void)
{
	pthread_t thread;

	expect(!pipe(gate));
	expect(!pthread_create(&thread, NULL, wait_and_call, NULL));
	degrade("default errno EPERM\n"
		"program { @thread @memory read write\n"
		"rt_sigprocmask\n}\n");
	expect(write(gate[1], "x", 1) == 1);
	expect(!pthread_join(thread, NULL));
	expect(in_thread == EPERM);
}

static struct libaf_policy *parse(const char *text)
{
	struct libaf_policy *policy;

	expect(!libaf_policy_parse(text, strlen(text), "text", &policy, NULL));
	return policy;
}

static struct libaf_filter *degraded_filter(const struct libaf_policy *policy)
{
	struct libaf_filter *filter;

	expect(!libaf_filter_new(policy, NULL, LIBAF_ALLOW_DEGRADED, &filter,
				 NULL));
	return filter;
}

static void degraded_phases_tighten(void)
{
	struct libaf_policy *policy =
		parse("default errno EPERM\n"
		      "program { getpid getuid prctl seccomp exit_group }\n"
		      "phase serve {\n"
		      "program { getpid getppid exit_group }\n"
		      "}\n");
	const struct libaf_policy *serve = libaf_policy_phase(policy, "serve");
	struct libaf_filter *first = degraded_filter(policy);
	struct libaf_filter *second = degraded_filter(serve);

	expect(libaf_filter_load(first) == LIBAF_DEGRADED);
	expect(!error_of(syscall(SYS_getuid)));
	expect(libaf_filter_load(second) == LIBAF_DEGRADED);
	expect(!error_of(syscall(SYS_getpid)));
	expect(error_of(syscall(SYS_getuid)) == EPERM);
	/* The phase alone would permit it. */
	expect(error_of(syscall(SYS_getppid)) == EPERM);
}

/* A policy that says the same of everybody needs no new kernel. */
static void what_stock_can_do_is_done(void)
{
	int ret = libaf_load(text_file("default errno EPERM\n"
				       "common { getpid exit_group }\n"
				       "unknown { getpid exit_group }\n"),
			     0);

	expect(ret == LIBAF_ENFORCED);
	expect(!error_of(syscall(SYS_getpid)));
	expect(error_of(syscall(SYS_getppid)) == EPERM);
}

static void wrong_policies_have_a_place(void)
{
	struct libaf_error err;

	load_fails("program {\n\tread\n\topnat\n}\n", 0, -EINVAL, &err);
	expect(err.line == 3 && err.column == 2);
	expect(strstr(err.file, "policy.af"));
	expect(strstr(err.hint, "openat"));
}

static void missing_libraries_have_a_place(void)
{
	struct libaf_error err;

	load_fails("program { read }\nlibrary libnone.so.7 { read }\n",
		   LIBAF_ALLOW_DEGRADED, -ENOENT, &err);
	expect(err.line == 2);
	expect(strstr(err.text, "libnone.so.7"));
}

static void two_blocks_for_one_file_are_wrong(void)
{
	struct libaf_error err;

	load_fails("library libc.so.6 { read }\n"
		   "library /lib/x86_64-linux-gnu/libc.so.6 { write }\n",
		   LIBAF_ALLOW_DEGRADED, -EINVAL, &err);
	expect(err.line == 2);
	expect(strstr(err.hint, "line 1"));
}

static void files_that_are_no_libraries_are_wrong(void)
{
	struct libaf_error err;

	load_fails("library /etc/passwd { read }\n", LIBAF_ALLOW_DEGRADED,
		   -ENOEXEC, &err);
	load_fails("library /dev/null { read }\n", LIBAF_ALLOW_DEGRADED,
		   -ENOEXEC, &err);
	load_fails("library /etc { read }\n", LIBAF_ALLOW_DEGRADED, -ENOEXEC,
		   &err);
}

static void wrong_arguments_are_refused(void)
{
	struct libaf_error err;
	struct libaf_filter *filter = NULL;

	expect(libaf_load(NULL, 0) == -EINVAL);
	expect(libaf_load_explain("/nonexistent", 0, &err) == -ENOENT);
	expect(libaf_load_explain(text_file(POLICY), 1U << 31, &err) ==
	       -EINVAL);
	expect(libaf_filter_new(NULL, NULL, 0, &filter, &err) == -EINVAL);
	expect(!filter);
	expect(libaf_filter_load(NULL) == -EINVAL);
	libaf_filter_free(NULL);
	libaf_policy_free(NULL);
	expect_untouched();
}

static void no_program_to_execute_is_an_error(void)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	struct libaf_error err;

	expect(!libaf_policy_parse("program { read }", 16, "text", &policy,
				   &err));
	expect(libaf_filter_new(policy, "/nonexistent", LIBAF_ALLOW_DEGRADED,
				&filter, &err) == -ENOENT);
	expect(!filter);
	expect(libaf_filter_new(policy, "/etc/passwd", LIBAF_ALLOW_DEGRADED,
				&filter, &err) == -ENOEXEC);
	libaf_policy_free(policy);
	expect_untouched();
}

/* @argv[0] is the program that the filter is for. */
static void execute(const char *text, const char *path, char *const argv[],
		    const char *failure)
{
	struct libaf_policy *policy = parse(text);
	struct libaf_filter *filter;

	expect(!libaf_filter_new(policy, argv[0], LIBAF_ALLOW_DEGRADED, &filter,
				 NULL));
	expect(libaf_filter_load(filter) == -EINVAL);
	libaf_filter_exec(filter, path, argv, environ, failure);
	_exit(1);
}

#define ANYTHING                                                      \
	"unknown { @io @stat @open @memory @thread @process @signal " \
	"@info @time }\n"

static void a_program_is_executed_under_the_union(void)
{
	char *argv[] = { "/bin/true", NULL };

	execute("default errno EPERM\n"
		"program { mkdir }\n" ANYTHING,
		argv[0], argv, "failed\n");
}

static int status_of_child(pid_t pid)
{
	int status;

	expect(pid > 0 && waitpid(pid, &status, 0) == pid);
	expect(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The same command, which makes a directory if it may. */
static void executed_programs_make_what_the_union_has(void)
{
	char *argv[] = { "/bin/mkdir", "made", NULL };
	pid_t pid;

	/* A directory of its own. */
	free(text_file(""));
	pid = fork();
	if (!pid)
		execute("default errno EPERM\n" ANYTHING, argv[0], argv, "");
	expect(status_of_child(pid) == 1);
	expect(access("made", F_OK) < 0);
	pid = fork();
	if (!pid)
		execute("default errno EPERM\n"
			"program { mkdir }\n" ANYTHING,
			argv[0], argv, "");
	expect(!status_of_child(pid));
	expect(!access("made", F_OK));
}

static void a_program_that_cannot_be_executed_is_said(void)
{
	char *argv[] = { "/bin/true", NULL }, text[64] = "";
	int fds[2];
	pid_t pid;

	expect(!pipe(fds));
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		execute("default errno EPERM\n"
			"program { mkdir }\n" ANYTHING,
			"/nonexistent", argv, "cannot do it\n");
	}
	close(fds[1]);
	expect(status_of_child(pid) == 126);
	expect(read(fds[0], text, sizeof(text) - 1) > 0);
	expect(!strcmp(text, "cannot do it\n"));
}

static void the_first_call_of_a_program_can_be_denied(void)
{
	char *argv[] = { "/bin/true", NULL };

	/* The loader's first call is not permitted. */
	execute("program { exit_group }\n", argv[0], argv, "failed\n");
}

static void executing_needs_permission_to_degrade(void)
{
	struct libaf_policy *policy = parse("program { read }\n");
	struct libaf_filter *filter = NULL;
	struct libaf_error err;

	expect(libaf_filter_new(policy, "/bin/true", 0, &filter, &err) ==
	       -EOPNOTSUPP);
	expect(!filter);
	expect(err.hint[0]);
	libaf_policy_free(policy);
	expect_untouched();
}

static const struct test_case tests[] = {
	{ "a stock kernel is recognized", stock_is_told, 0 },
	{ "a policy is refused there", stock_is_refused, 0 },
	{ "a policy with after is refused there", prev_is_refused, 0 },
	{ "unless the union is good enough", degraded_is_the_union, 0 },
	{ "under the union, what any list has is permitted",
	  degraded_permits_what_any_list_has, 0 },
	{ "the union has no conditions", degraded_has_no_conditions, 0 },
	{ "under the union, what all lists deny is denied",
	  degraded_denies_what_all_lists_deny, 0 },
	{ "the union kills where all lists do",
	  degraded_kills_where_all_lists_do, SIGSYS },
	{ "the union denies as the policy says",
	  degraded_denies_as_the_policy_says, 0 },
	{ "the union kills if the policy does", degraded_kills, SIGSYS },
	{ "the union holds for all threads", degraded_holds_for_all_threads,
	  0 },
	{ "the union of a phase only tightens", degraded_phases_tighten, 0 },
	{ "what a stock kernel can do needs no permission",
	  what_stock_can_do_is_done, 0 },
	{ "a wrong policy is an error with a place and a suggestion",
	  wrong_policies_have_a_place, 0 },
	{ "a library that is not there is an error with a place",
	  missing_libraries_have_a_place, 0 },
	{ "two blocks for one file are an error",
	  two_blocks_for_one_file_are_wrong, 0 },
	{ "files that are no libraries are errors",
	  files_that_are_no_libraries_are_wrong, 0 },
	{ "wrong arguments are errors", wrong_arguments_are_refused, 0 },
	{ "no program to execute is an error",
	  no_program_to_execute_is_an_error, 0 },
	{ "executing a program needs permission to degrade",
	  executing_needs_permission_to_degrade, 0 },
	{ "a program is executed under the union",
	  a_program_is_executed_under_the_union, 0 },
	{ "a program can do what the union has, and nothing else",
	  executed_programs_make_what_the_union_has, 0 },
	{ "a program that cannot be executed is said to be",
	  a_program_that_cannot_be_executed_is_said, 0 },
	{ "the first call of a program can be denied",
	  the_first_call_of_a_program_can_be_denied, SIGSYS },
};

int main(void)
{
	return CASES(tests);
}
