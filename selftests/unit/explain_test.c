// SPDX-License-Identifier: LGPL-2.1-or-later
/* Explanations: that they are true, and what they say. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "explain.h"
#include "policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static const char text[] = "default kill\n"
			   "newer errno ENOSYS\n"
			   "transparent libc.so.6\n"
			   "common { futex }\n"
			   "library libssl.so.3 {\n"
			   "	read write\n"
			   "	mprotect after mmap if arg2 & PROT_EXEC == 0\n"
			   "	mprotect after start then log\n"
			   "}\n"
			   "program {\n"
			   "	socket if arg0 == AF_UNIX\n"
			   "	socket if arg0 == AF_INET then errno EACCES\n"
			   "	ptrace then trap\n"
			   "	getpid after signal\n"
			   "}\n"
			   "part parser of library libssl.so.3 symbol parse {\n"
			   "	read\n"
			   "}\n"
			   "part start of program section startup\n";

/* Callers that have the same rules, as these two that have none, follow. */
enum {
	UNKNOWN,
	PROGRAM,
	LIBC,
	START,
	LIBSSL,
	PARSER,
	LAUNCHER,
	VDSO,
};

static struct libaf_policy *policy;

/* How often libseccomp, which allocates, was asked for a name. */
static unsigned int nr_asked;

char *__real_seccomp_syscall_resolve_num_arch(uint32_t arch, int nr);
char *__wrap_seccomp_syscall_resolve_num_arch(uint32_t arch, int nr);

char *__wrap_seccomp_syscall_resolve_num_arch(uint32_t arch, int nr)
{
	nr_asked++;
	return __real_seccomp_syscall_resolve_num_arch(arch, nr);
}

static void setup(void)
{
	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "a.af", &policy,
					    NULL),
			 0);
}

static void teardown(void)
{
	libaf_policy_free(policy);
}

static const struct {
	unsigned int caller;
	int nr;
	int prev;
	int has_args;
	unsigned long long arg0;
	unsigned long long arg2;
	int verdict;
	unsigned int line;
	const char *text;
	const char *hint;
} cases[] = {
	/* rules that decide */
	{ LIBSSL, SYS_read, SYS_open, 0, 0, 0, LIBAF_PERMITS, 6,
	  "`read` by libssl.so.3, after `open`: permitted by line 6", "" },
	{ LIBC, SYS_futex, -1, 0, 0, 0, LIBAF_PERMITS, 4,
	  "`futex` by libc.so.6, after no other: permitted by line 4", "" },
	{ LIBSSL, SYS_mprotect, -1, 0, 0, 0, LIBAF_PERMITS, 8,
	  "`mprotect` by libssl.so.3, after no other: permitted and logged by "
	  "line 8",
	  "" },
	{ PROGRAM, SYS_ptrace, -2, 0, 0, 0, LIBAF_DENIES, 13,
	  "`ptrace` by the program, first in a signal handler: denied with "
	  "SIGSYS by line 13",
	  "line 13 would have to permit it" },
	{ PROGRAM, SYS_socket, -1, 1, 2, 0, LIBAF_DENIES, 12,
	  "`socket` by the program, after no other: denied with EACCES by "
	  "line 12",
	  "line 12 would have to permit it" },
	{ PROGRAM, SYS_socket, -1, 1, 1, 0, LIBAF_PERMITS, 11,
	  "permitted by line 11", "" },
	/* arguments that are not known, or wrong */
	{ PROGRAM, SYS_socket, -1, 0, 0, 0, LIBAF_DEPENDS, 11,
	  "whether line 11 holds (permitted) depends on its arguments", "" },
	{ PROGRAM, SYS_socket, -1, 1, 10, 0, LIBAF_DENIES, 11,
	  "denied, and the process killed; line 11 permits it only with other "
	  "arguments",
	  "see the tests in line 11" },
	{ LIBSSL, SYS_mprotect, SYS_mmap, 1, 0, 4, LIBAF_DENIES, 7,
	  "line 7 permits it only with other arguments", "in line 7" },
	{ LIBSSL, SYS_mprotect, SYS_mmap, 1, 0, 3, LIBAF_PERMITS, 7,
	  "permitted by line 7", "" },
	/* the order */
	{ LIBSSL, SYS_mprotect, SYS_read, 0, 0, 0, LIBAF_DENIES, 7,
	  "line 7 permits it only after other calls",
	  "add `read` to its `after`" },
	{ PROGRAM, SYS_getpid, -1, 0, 0, 0, LIBAF_DENIES, 14,
	  "only after other calls", "add `start` to its `after`" },
	{ LIBSSL, SYS_mprotect, -2, 0, 0, 0, LIBAF_DENIES, 7,
	  "only after other calls", "add `signal` to its `after`" },
	/* no rule */
	{ PROGRAM, SYS_mkdir, SYS_read, 0, 0, 0, LIBAF_DENIES, 10,
	  "`mkdir` by the program, after `read`: denied, and the process "
	  "killed, as no rule permits it",
	  "add `mkdir` to the block in line 10" },
	{ LIBC, SYS_mkdir, SYS_read, 0, 0, 0, LIBAF_DENIES, 0,
	  "`mkdir` by libc.so.6",
	  "add a block: `library libc.so.6 { mkdir }`" },
	{ UNKNOWN, SYS_futex, SYS_read, 0, 0, 0, LIBAF_DENIES, 0,
	  "`futex` by unknown code", "add a block: `unknown { futex }`" },
	{ LAUNCHER, SYS_mkdir, SYS_read, 0, 0, 0, LIBAF_DENIES, 0,
	  "`mkdir` by libaf itself", "" },
	{ VDSO, SYS_mkdir, SYS_read, 0, 0, 0, LIBAF_DENIES, 0,
	  "by a caller that is not the policy's", "" },
	/* what is not told */
	{ LIBSSL, SYS_mprotect, LIBAF_PREV_NOT_TOLD, 1, 0, 0, LIBAF_DENIES, 7,
	  "`mprotect` by libssl.so.3, after one that is not told: denied, and "
	  "the process killed; line 7 permits it only after other calls",
	  "see the `after` in line 7" },
	{ LIBSSL, SYS_read, LIBAF_PREV_NOT_TOLD, 1, 0, 0, LIBAF_PERMITS, 6,
	  "permitted by line 6", "" },
	{ LIBAF_CALLER_NOT_TOLD, SYS_read, SYS_open, 1, 0, 0, LIBAF_DENIES, 0,
	  "`read` by a caller that is not told, after `open`: denied, and the "
	  "process killed, as no rule permits it",
	  "" },
	/* parts of files */
	{ PARSER, SYS_read, SYS_open, 0, 0, 0, LIBAF_PERMITS, 17,
	  "`read` by part parser of libssl.so.3, after `open`: permitted by "
	  "line 17",
	  "" },
	{ PARSER, SYS_write, SYS_open, 0, 0, 0, LIBAF_DENIES, 16,
	  "`write` by part parser of libssl.so.3, after `open`: denied",
	  "add `write` to the block in line 16" },
	{ PARSER, SYS_futex, SYS_open, 0, 0, 0, LIBAF_PERMITS, 4,
	  "by part parser of libssl.so.3, after `open`: permitted by line 4",
	  "" },
	{ START, SYS_read, SYS_open, 0, 0, 0, LIBAF_DENIES, 0,
	  "`read` by part start of the program, after `open`: denied",
	  "add a block: `part start { read }`" },
	/* numbers without a name */
	{ PROGRAM, 1000, 1001, 0, 0, 0, LIBAF_DENIES, 0,
	  "`call 1000` by the program, after `call 1001`: denied with ENOSYS, "
	  "as `newer` says",
	  "" },
	{ PROGRAM, -1, -3, 0, 0, 0, LIBAF_DENIES, 10,
	  "`call -1` by the program, after `call -3`: denied, and the process "
	  "killed",
	  "" },
};

static struct libaf_call call_of_case(int i)
{
	return (struct libaf_call){
		.nr = cases[i].nr,
		.prev_nr = cases[i].prev,
		.caller_id = cases[i].caller,
		.has_args = cases[i].has_args,
		.args = { cases[i].arg0, 0, cases[i].arg2 },
	};
}

START_TEST(test_explanation) {
	const struct libaf_call call = call_of_case(_i);
	struct libaf_explanation why;

	ck_assert_int_eq(libaf_policy_explain(policy, &call, &why), 0);
	ck_assert_msg(strstr(why.text, cases[_i].text), "%s", why.text);
	ck_assert_msg(strstr(why.hint, cases[_i].hint), "%s", why.hint);
	ck_assert_int_eq(why.verdict, cases[_i].verdict);
	ck_assert_uint_eq(why.line, cases[_i].line);
	ck_assert_str_eq(why.file, why.line ? "a.af" : "");
	if (why.verdict == LIBAF_PERMITS)
		ck_assert_str_eq(why.hint, "");
}
END_TEST

/* As in a signal handler. */
START_TEST(test_prepared_names_are_the_same) {
	static struct af_call_names names;
	const struct libaf_call call = call_of_case(_i);
	struct libaf_explanation why, prepared;

	af_call_names_fill(&names);
	ck_assert_int_eq(libaf_policy_explain(policy, &call, &why), 0);
	ck_assert_uint_gt(nr_asked, 0);
	nr_asked = 0;
	memset(&prepared, 0xff, sizeof(prepared));
	af_explain_call(policy, &names, &call, &prepared);
	ck_assert_uint_eq(nr_asked, 0);
	ck_assert_mem_eq(&prepared, &why, sizeof(why));
}
END_TEST

START_TEST(test_all_names_are_prepared) {
	static struct af_call_names names;

	af_call_names_fill(&names);
	for (int nr = 0; nr < AF_NR_MAX; nr++) {
		char *name = __real_seccomp_syscall_resolve_num_arch(
			SCMP_ARCH_X86_64, nr);

		ck_assert_str_eq(names.text + names.start[nr],
				 name ? name : "");
		free(name);
	}
}
END_TEST

/* With all arguments known it is what the policy does. */
START_TEST(test_verdicts_are_those_of_the_policy) {
	static const int prevs[] = { -2, -1, SYS_mmap, SYS_read, SYS_mprotect };
	static const unsigned long long args[] = { 0, 1, 2, 4, 10 };
	size_t permitted = 0, denied = 0;

	for (unsigned int id = 0; id <= VDSO; id++) {
		for (int i = 0; i < 1100 * 25; i++) {
			struct libaf_call call = {
				.nr = i / 25,
				.prev_nr = prevs[i % 5],
				.caller_id = id,
				.has_args = 1,
				.args = { args[i / 5 % 5], 0, args[i / 5 % 5] },
			};
			struct libaf_seccomp_data data = {
				.nr = call.nr,
				.arch = AUDIT_ARCH_X86_64,
				.args = { call.args[0], 0, call.args[2] },
				.prev_nr = call.prev_nr,
				.caller_id = id,
			};
			uint32_t action = af_policy_eval(policy, NULL, &data);
			bool runs = action == SECCOMP_RET_ALLOW ||
				    action == SECCOMP_RET_LOG;
			struct libaf_explanation why;

			libaf_policy_explain(policy, &call, &why);
			if (why.verdict !=
			    (runs ? LIBAF_PERMITS : LIBAF_DENIES))
				ck_abort_msg("%s", why.text);
			permitted += runs;
			denied += !runs;
		}
	}
	ck_assert_uint_gt(permitted, 100);
	ck_assert_uint_gt(denied, 100);
}
END_TEST

START_TEST(test_arguments_are_there) {
	struct libaf_explanation why;
	struct libaf_call call = { 0 };

	ck_assert_int_eq(libaf_policy_explain(NULL, &call, &why), -EINVAL);
	ck_assert_int_eq(libaf_policy_explain(policy, NULL, &why), -EINVAL);
	ck_assert_int_eq(libaf_policy_explain(policy, &call, NULL), -EINVAL);
	ck_assert_int_eq(libaf_call_from_audit(NULL, &call), -EINVAL);
	ck_assert_int_eq(libaf_call_from_audit("", NULL), -EINVAL);
}
END_TEST

/* What the kernel writes, in parts that are varied below. */
#define HEAD                                                                \
	"type=SECCOMP msg=audit(1795300000.123:42): auid=4294967295 uid=0 " \
	"gid=0 ses=4294967295 pid=77 comm=\"a\" exe=\"/bin/a\" sig=31"
#define X86  " arch=c000003e"
#define REST " compat=0 ip=0x7f0012345678 code=0x80000000"

static const struct {
	const char *record;
	int nr;
	int prev;
	unsigned int caller;
} records[] = {
	{ HEAD X86 " syscall=83" REST " prev=257 caller=3", 83, 257, 3 },
	{ HEAD X86 " syscall=0" REST " prev=-1 caller=0\nnext", 0, -1, 0 },
	{ HEAD X86 " syscall=1073741824" REST " prev=-2 caller=4294967295",
	  1073741824, -2, UINT32_MAX },
	{ HEAD X86 " syscall=-1" REST " prev=0 caller=1", -1, 0, 1 },
	/* what is quoted is not the kernel's */
	{ "type=SECCOMP comm=\"x syscall=9 caller=9\"" X86 " syscall=83" REST
	  " prev=1 caller=2",
	  83, 1, 2 },
};

START_TEST(test_record) {
	struct libaf_call call;

	memset(&call, 0xff, sizeof(call));
	ck_assert_int_eq(libaf_call_from_audit(records[_i].record, &call), 0);
	ck_assert_int_eq(call.nr, records[_i].nr);
	ck_assert_int_eq(call.prev_nr, records[_i].prev);
	ck_assert_uint_eq(call.caller_id, records[_i].caller);
	ck_assert_int_eq(call.has_args, 0);
}
END_TEST

static const char *const not_records[] = {
	"",
	"\n",
	"type=SYSCALL " X86 " syscall=83",
	/* a stock kernel's */
	HEAD X86 " syscall=83" REST,
	/* other architectures */
	HEAD " arch=40000003 syscall=83" REST " prev=1 caller=1",
	HEAD X86 " syscall=83 compat=1 ip=0x0 code=0x0 prev=1 caller=1",
	/* no numbers, or too large ones */
	HEAD X86 " syscall=" REST " prev=1 caller=1",
	HEAD X86 " syscall=x" REST " prev=1 caller=1",
	HEAD X86 " syscall=8x" REST " prev=1 caller=1",
	HEAD X86 " syscall=-" REST " prev=1 caller=1",
	HEAD X86 " syscall=2147483648" REST " prev=1 caller=1",
	HEAD X86 " syscall=99999999999999999999999" REST " prev=1 caller=1",
	HEAD X86 " syscall=83" REST " prev=1 caller=-1",
	HEAD X86 " syscall=83" REST " prev=1 caller=4294967296",
	HEAD X86 " syscall=83" REST " prev=1\n caller=1",
	HEAD X86 " syscall=83" REST " xprev=1 caller=1",
};

START_TEST(test_no_record) {
	struct libaf_call call;

	ck_assert_int_eq(libaf_call_from_audit(not_records[_i], &call),
			 -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");
	TCase *tcase = tcase_create("explain");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_explanation, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_prepared_names_are_the_same, 0,
			    ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_all_names_are_prepared);
	tcase_add_test(tcase, test_verdicts_are_those_of_the_policy);
	tcase_add_test(tcase, test_arguments_are_there);
	tcase_add_loop_test(tcase, test_record, 0, ARRAY_SIZE(records));
	tcase_add_loop_test(tcase, test_no_record, 0, ARRAY_SIZE(not_records));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
