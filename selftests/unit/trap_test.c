// SPDX-License-Identifier: LGPL-2.1-or-later
/* What filters tell the handler of SIGSYS, or a tracer, and that they still deny. */
#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "compile.h"
#include "policy.h"
#include "sim.h"
#include "trap.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* The most callers that are told with the call before, the reporter too. */
#define MAX_BOTH 128

static struct libaf_policy *policy;
static struct af_caller reporter;
static struct sock_filter *prog;
static size_t len;

/* A policy with this many callers, besides the extra one. */
static void make_policy(const char *head, size_t nr_callers)
{
	static char text[65536];
	int end = sprintf(text, "%s\n", head);

	for (size_t i = AF_ID_LIBRARY; i < nr_callers; i++)
		end += sprintf(text + end, "library l%zu.so { read }\n", i);
	ck_assert_int_eq(libaf_policy_parse(text, (size_t)end, "a.af", &policy,
					    NULL),
			 0);
	ck_assert_uint_eq(policy->nr_callers, nr_callers);
}

static void compile(enum af_caller_kind kind)
{
	struct af_programs programs;

	free(prog);
	reporter.kind = kind;
	ck_assert_int_eq(af_compile(policy, &reporter, &programs, NULL), 0);
	ck_assert_uint_eq(programs.nr, 1);
	prog = programs.programs[0].insns;
	len = programs.programs[0].len;
	ck_assert_int_eq(af_sim_check(prog, len), 0);
}

static void teardown(void)
{
	free(prog);
	libaf_policy_free(policy);
	prog = NULL;
	policy = NULL;
}

/* Besides those that can be: some that would reach into the action. */
static const int prevs[] = {
	LIBAF_SECCOMP_PREV_NONE,
	LIBAF_SECCOMP_PREV_SIGNAL,
	SYS_read,
	SYS_write,
	SYS_execve,
	508,
	509,
	510,
	511,
	512,
	1023,
	0xfffc,
	0xfffd,
	0xffff,
	0x10000,
	0x40000000,
	0x7ffbfffd,
	0x7ffbffff,
	0x7fffffff,
	-3,
	-4,
	-512,
};

static bool is_told(int prev)
{
	return prev >= LIBAF_SECCOMP_PREV_SIGNAL && prev <= 508;
}

/* What comes through of a call: all, or not the call before, or nothing. */
static struct libaf_call expected(uint32_t id, int prev, bool tells_prev)
{
	bool has_prev = tells_prev && is_told(prev);

	return (struct libaf_call){
		.caller_id = id || has_prev || !tells_prev ?
				     id :
				     LIBAF_CALLER_NOT_TOLD,
		.prev_nr = has_prev ? prev : LIBAF_PREV_NOT_TOLD,
	};
}

/* Let each of the first callers make a call after each other. */
static void check_all(size_t nr_ids, bool tells_prev, uint32_t action)
{
	struct libaf_seccomp_data data = {
		.nr = SYS_mkdir,
		.arch = AUDIT_ARCH_X86_64,
	};

	for (size_t i = 0; i < nr_ids * ARRAY_SIZE(prevs); i++) {
		struct libaf_call call = { .nr = 7 }, want;
		uint32_t verdict;

		data.caller_id = (uint32_t)(i / ARRAY_SIZE(prevs));
		data.prev_nr = prevs[i % ARRAY_SIZE(prevs)];
		want = expected(data.caller_id, data.prev_nr, tells_prev);
		verdict = af_sim_run(prog, len, &data, NULL);
		ck_assert_uint_eq(verdict & SECCOMP_RET_ACTION_FULL, action);
		af_trap_read(af_trap_for(policy->nr_callers + 1),
			     verdict & SECCOMP_RET_DATA, &call);
		ck_assert_int_eq(call.nr, 7);
		ck_assert_uint_eq(call.caller_id, want.caller_id);
		ck_assert_int_eq(call.prev_nr, want.prev_nr);
	}
}

START_TEST(test_caller_and_call_before_are_told) {
	static const size_t sizes[] = { 2, 3, 50, MAX_BOTH - 1 };

	make_policy("default trap\nprogram { write after read\n}", sizes[_i]);
	compile(AF_CALLER_REPORTER);
	check_all(policy->nr_callers + 1, true, SECCOMP_RET_TRAP);
}
END_TEST

START_TEST(test_of_too_many_callers_the_caller_is_told) {
	static const size_t sizes[] = { MAX_BOTH, 300, AF_ID_LIBRARY + 500 };

	make_policy("default trap\nprogram { write after read\n}", sizes[_i]);
	compile(AF_CALLER_REPORTER);
	check_all(policy->nr_callers + 1, false, SECCOMP_RET_TRAP);
}
END_TEST

/* Where a rule traps, and where nothing else asks who it is. */
START_TEST(test_a_rule_tells) {
	make_policy("default kill\nunknown { mkdir then trap\n}\n"
		    "common { mkdir then trap\n}",
		    3);
	compile(AF_CALLER_REPORTER);
	check_all(policy->nr_callers, true, SECCOMP_RET_TRAP);
}
END_TEST

/* Without the reporter, too, if the policy is to tell. */
START_TEST(test_a_policy_that_tells) {
	static const size_t sizes[] = { 2, MAX_BOTH - 1, MAX_BOTH };

	make_policy("default trap\nprogram { write after read\n}", sizes[_i]);
	policy->tells = true;
	compile(AF_CALLER_LAUNCHER);
	check_all(policy->nr_callers + 1, sizes[_i] < MAX_BOTH,
		  SECCOMP_RET_TRAP);
}
END_TEST

START_TEST(test_a_tracer_is_told_the_same) {
	static const size_t sizes[] = { 2, MAX_BOTH - 1, MAX_BOTH };

	make_policy("default trap\nprogram { write after read\n}", sizes[_i]);
	policy->tells = true;
	policy->deny = SECCOMP_RET_TRACE;
	compile(AF_CALLER_LAUNCHER);
	check_all(policy->nr_callers + 1, sizes[_i] < MAX_BOTH,
		  SECCOMP_RET_TRACE);
}
END_TEST

/* Some calls are trapped, and others left to a tracer. */
START_TEST(test_each_is_told_with_its_action) {
	make_policy("default trap\nunknown { mkdir then trap\n}\n"
		    "common { mkdir then trap\n}",
		    3);
	policy->tells = true;
	policy->deny = SECCOMP_RET_TRACE;
	compile(AF_CALLER_LAUNCHER);
	check_all(policy->nr_callers, true, SECCOMP_RET_TRAP);
}
END_TEST

/* Such data comes from a filter that does not tell. */
START_TEST(test_no_data_tells_nothing) {
	for (enum af_trap trap = AF_TRAP_PLAIN; trap <= AF_TRAP_CALLER;
	     trap++) {
		struct libaf_call call = { 0 };

		af_trap_read(trap, 0, &call);
		ck_assert_uint_eq(call.caller_id, LIBAF_CALLER_NOT_TOLD);
		ck_assert_int_eq(call.prev_nr, LIBAF_PREV_NOT_TOLD);
	}
}
END_TEST

/* A program that somebody loads with ids of his own. */
START_TEST(test_any_id_is_denied) {
	static const uint32_t ids[] = { 128,        1U << 7,    1U << 16,
					0x3ffe00,   0x3ffe8000, 0x7ffc0000,
					0x7fff0000, UINT32_MAX };
	struct libaf_seccomp_data data = {
		.nr = SYS_mkdir,
		.arch = AUDIT_ARCH_X86_64,
	};

	make_policy("default trap\nprogram { read }",
		    _i ? MAX_BOTH : AF_ID_LIBRARY);
	compile(AF_CALLER_REPORTER);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		data.caller_id = ids[i];
		ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL) &
					  SECCOMP_RET_ACTION_FULL,
				  SECCOMP_RET_TRAP);
	}
}
END_TEST

/* Calls by other conventions are denied as well, and tell the same. */
START_TEST(test_other_conventions_tell) {
	struct libaf_seccomp_data data = {
		.nr = SYS_mkdir,
		.arch = AUDIT_ARCH_I386,
		.prev_nr = SYS_read,
	};
	struct libaf_call call;

	make_policy("default trap\nprogram { read }", AF_ID_LIBRARY);
	compile(AF_CALLER_REPORTER);
	af_trap_read(AF_TRAP_BOTH, af_sim_run(prog, len, &data, NULL), &call);
	ck_assert_int_eq(call.prev_nr, SYS_read);
	ck_assert_uint_eq(call.caller_id, AF_ID_UNKNOWN);
}
END_TEST

static size_t steps_of(int nr)
{
	const struct libaf_seccomp_data data = {
		.nr = nr,
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = AF_ID_LIBRARY,
		.prev_nr = SYS_read,
	};
	size_t steps;

	af_sim_run(prog, len, &data, &steps);
	return steps;
}

/* Hardly anybody but who is denied pays: the program has one end for all. */
START_TEST(test_what_it_costs) {
	size_t plain_len, plain_allowed, plain_denied;

	make_policy("default trap\nprogram {\nwrite after read\n"
		    "open then trap\n}\ncommon { close getpid dup }",
		    20);
	compile(AF_CALLER_LAUNCHER);
	plain_len = len;
	plain_allowed = steps_of(SYS_read);
	plain_denied = steps_of(SYS_mkdir);
	compile(AF_CALLER_REPORTER);
	/* In place of one return, and jumps to it in place of two copies. */
	ck_assert_uint_le(len, plain_len + AF_TRAP_INSNS - 1 + 2);
	ck_assert_uint_le(steps_of(SYS_read), plain_allowed + 2);
	ck_assert_uint_le(steps_of(SYS_mkdir),
			  plain_denied + AF_TRAP_INSNS - 1 + 2);
}
END_TEST

/* What does not trap is as it was. */
START_TEST(test_a_policy_without_traps_tells_nothing) {
	struct sock_filter *plain;
	size_t plain_len;

	make_policy("default errno EPERM\nprogram { write after read\n}", 5);
	compile(AF_CALLER_LAUNCHER);
	plain = prog;
	plain_len = len;
	prog = NULL;
	compile(AF_CALLER_REPORTER);
	ck_assert_uint_eq(len, plain_len);
	ck_assert_mem_eq(prog, plain, len * sizeof(*prog));
	free(plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trap");
	TCase *tcase = tcase_create("trap");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, test_caller_and_call_before_are_told, 0, 4);
	tcase_add_loop_test(tcase, test_of_too_many_callers_the_caller_is_told,
			    0, 3);
	tcase_add_test(tcase, test_a_rule_tells);
	tcase_add_loop_test(tcase, test_a_policy_that_tells, 0, 3);
	tcase_add_loop_test(tcase, test_a_tracer_is_told_the_same, 0, 3);
	tcase_add_test(tcase, test_each_is_told_with_its_action);
	tcase_add_test(tcase, test_no_data_tells_nothing);
	tcase_add_loop_test(tcase, test_any_id_is_denied, 0, 2);
	tcase_add_test(tcase, test_other_conventions_tell);
	tcase_add_test(tcase, test_what_it_costs);
	tcase_add_test(tcase, test_a_policy_without_traps_tells_nothing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
