// SPDX-License-Identifier: LGPL-2.1-or-later
/* libaf on a kernel without the series, and what goes wrong on any kernel. */
#define _GNU_SOURCE
#include <errno.h>
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

static void a_program_is_executed_under_the_union(void)
{
	static const char text[] = "program { exit_group }\n";
	char *argv[] = { "true", NULL };
	struct libaf_policy *policy;
	struct libaf_filter *filter;

	expect(!libaf_policy_parse(text, sizeof(text) - 1, "text", &policy,
				   NULL));
	expect(!libaf_filter_new(policy, "/bin/true", LIBAF_ALLOW_DEGRADED,
				 &filter, NULL));
	expect(libaf_filter_load(filter) == -EINVAL);
	/* The loader's first call is not permitted. */
	libaf_filter_exec(filter, "/bin/true", argv, environ, "failed\n");
	_exit(1);
}

static const struct test_case tests[] = {
	{ "a stock kernel is recognized", stock_is_told, 0 },
	{ "a policy is refused there", stock_is_refused, 0 },
	{ "a policy with after is refused there", prev_is_refused, 0 },
	{ "unless the union is good enough", degraded_is_the_union, 0 },
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
	{ "a program is executed under the union",
	  a_program_is_executed_under_the_union, SIGSYS },
};

int main(void)
{
	return CASES(tests);
}
