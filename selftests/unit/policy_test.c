// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The evaluator, against verdicts worked out by hand, and building policies.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "libaf.h"
#include "no_memory.h"
#include "policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static const struct af_place somewhere = { .line = 5, .column = 2 };

static struct af_rule *add(struct af_caller *caller, unsigned int nr)
{
	struct af_rule *rule;

	ck_assert_int_eq(af_caller_add_rule(caller, nr, &somewhere, &rule), 0);
	return rule;
}

enum {
	LIB = AF_ID_LIBRARY,
	EXTRA,
	BEYOND,
};

/*
 * common:   10; 11 after 1 and 1000; and what would be -1
 * unknown:  20
 * program:  30; 11 after 2
 * lib:      40 after nothing; 1023
 * launcher: 50
 */
static struct libaf_policy *policy;
static struct af_caller launcher;

static void setup(void)
{
	struct af_caller *lib;
	struct af_rule *rule;

	policy = af_policy_alloc("name.af", 7);
	ck_assert_ptr_nonnull(policy);
	ck_assert_uint_eq(policy->deny, SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(policy->nr_callers, 2);
	policy->deny = SECCOMP_RET_ERRNO | EPERM;

	add(&policy->common, 10)->any_prev = true;
	rule = add(&policy->common, 11);
	af_nrset_add(&rule->after, 1);
	af_nrset_add(&rule->after, 1000);
	add(&policy->common, UINT32_MAX)->any_prev = true;
	add(&policy->callers[AF_ID_UNKNOWN], 20)->any_prev = true;
	add(&policy->callers[AF_ID_PROGRAM], 30)->any_prev = true;
	af_nrset_add(&add(&policy->callers[AF_ID_PROGRAM], 11)->after, 2);
	ck_assert_int_eq(af_policy_add_library(policy, "lib.so.1x", 8,
					       &somewhere, &lib),
			 0);
	lib->rest = true;
	add(lib, 40);
	add(lib, 1023)->any_prev = true;

	memset(&launcher, 0, sizeof(launcher));
	launcher.kind = AF_CALLER_LAUNCHER;
	add(&launcher, 50)->any_prev = true;
}

static void teardown(void)
{
	libaf_policy_free(policy);
	af_caller_release(&launcher);
}

#define X32 0x40000000

static const struct {
	int nr;
	int32_t prev;
	uint32_t caller;
	bool allowed;
} verdicts[] = {
	/* common rules are everybody's but UNKNOWN's and the launcher's */
	{ 10, -1, AF_ID_PROGRAM, true },
	{ 10, -1, LIB, true },
	{ 10, 10, LIB, true },
	{ 10, -1, AF_ID_UNKNOWN, false },
	{ 10, 10, AF_ID_UNKNOWN, false },
	{ 10, -1, EXTRA, false },
	/* own rules are nobody else's */
	{ 20, -1, AF_ID_UNKNOWN, true },
	{ 20, -1, AF_ID_PROGRAM, false },
	{ 20, -1, LIB, false },
	{ 20, -1, EXTRA, false },
	{ 30, 7, AF_ID_PROGRAM, true },
	{ 30, 7, LIB, false },
	{ 30, 7, AF_ID_UNKNOWN, false },
	{ 50, -1, EXTRA, true },
	{ 50, -1, AF_ID_UNKNOWN, false },
	{ 50, -1, AF_ID_PROGRAM, false },
	/* ids that do not exist */
	{ 10, -1, BEYOND, false },
	{ 20, -1, BEYOND, false },
	{ 50, -1, BEYOND, false },
	{ 10, -1, UINT32_MAX, false },
	/* predecessors: of the rule, of both rules, itself, others */
	{ 11, 1, LIB, true },
	{ 11, 1000, LIB, true },
	{ 11, 2, LIB, false },
	{ 11, 1, AF_ID_PROGRAM, true },
	{ 11, 2, AF_ID_PROGRAM, true },
	{ 11, 3, AF_ID_PROGRAM, false },
	{ 11, 11, LIB, true },
	{ 11, 1, AF_ID_UNKNOWN, false },
	{ 11, -1, LIB, false },
	{ 11, -2, LIB, false },
	{ 11, 1 + AF_NR_MAX, LIB, false },
	{ 11, 1 | X32, LIB, false },
	{ 11, 11 | X32, LIB, false },
	{ 11, INT32_MAX, LIB, false },
	{ 11, INT32_MIN, LIB, false },
	{ 11, INT32_MIN | 1, LIB, false },
	{ 40, 40, LIB, true },
	{ 40, 0, LIB, false },
	{ 40, -1, LIB, false },
	/* numbers: the largest, none, x32's */
	{ 1023, -1, LIB, true },
	{ 1022, -1, LIB, false },
	{ 1024, -1, LIB, false },
	{ 1024, 1024, LIB, false },
	{ -1, -1, LIB, false },
	{ -1, -1, AF_ID_UNKNOWN, false },
	{ 10 | X32, -1, LIB, false },
	{ 10 | X32, 10 | X32, LIB, false },
	{ INT32_MIN | 10, -1, LIB, false },
	{ INT32_MAX, -1, LIB, false },
};

static struct libaf_seccomp_data verdict_data(int i)
{
	return (struct libaf_seccomp_data){
		.nr = verdicts[i].nr,
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = verdicts[i].prev,
		.caller_id = verdicts[i].caller,
	};
}

START_TEST(test_verdicts) {
	static const uint32_t archs[] = {
		0,
		AUDIT_ARCH_I386,
		AUDIT_ARCH_AARCH64,
		AUDIT_ARCH_X86_64 + 1,
	};
	struct libaf_seccomp_data data = verdict_data(_i);
	uint32_t deny = SECCOMP_RET_ERRNO | EPERM;

	ck_assert_uint_eq(af_policy_eval(policy, &launcher, &data),
			  verdicts[_i].allowed ? SECCOMP_RET_ALLOW : deny);
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		data.arch = archs[i];
		ck_assert_uint_eq(af_policy_eval(policy, &launcher, &data),
				  deny);
	}
}
END_TEST

/* One test of the second argument. */
static const struct {
	enum af_op op;
	uint64_t mask;
	uint64_t value;
	uint64_t arg;
	bool holds;
} comparisons[] = {
	{ AF_OP_EQ, UINT64_MAX, 5, 5, true },
	{ AF_OP_EQ, UINT64_MAX, 5, 6, false },
	/* all 64 bits count */
	{ AF_OP_EQ, UINT64_MAX, 5, 5 | 1ULL << 32, false },
	{ AF_OP_EQ, UINT32_MAX, 5, 5 | 1ULL << 32, true },
	{ AF_OP_NE, UINT64_MAX, 5, 5, false },
	{ AF_OP_NE, UINT64_MAX, 5, 5 | 1ULL << 63, true },
	/* unsigned */
	{ AF_OP_LT, UINT64_MAX, 5, 4, true },
	{ AF_OP_LT, UINT64_MAX, 5, 5, false },
	{ AF_OP_LT, UINT64_MAX, 5, UINT64_MAX, false },
	{ AF_OP_LT, UINT64_MAX, 1ULL << 32, UINT32_MAX, true },
	{ AF_OP_LE, UINT64_MAX, 5, 5, true },
	{ AF_OP_LE, UINT64_MAX, 5, 6, false },
	{ AF_OP_GT, UINT64_MAX, 5, 5, false },
	{ AF_OP_GT, UINT64_MAX, 5, 6, true },
	{ AF_OP_GE, UINT64_MAX, 5, 5, true },
	{ AF_OP_GE, UINT64_MAX, 5, 4, false },
	/* of masked bits */
	{ AF_OP_EQ, 6, 2, 3, true },
	{ AF_OP_EQ, 6, 2, 6, false },
	{ AF_OP_GT, 6, 2, 4, true },
	{ AF_OP_GT, 6, 2, 3, false },
	/* never and always */
	{ AF_OP_EQ, 6, 1, 1, false },
	{ AF_OP_NE, 6, 1, 1, true },
	{ AF_OP_EQ, 0, 0, 77, true },
};

START_TEST(test_comparison) {
	const struct af_test test = {
		.arg = 1,
		.op = comparisons[_i].op,
		.mask = comparisons[_i].mask,
		.value = comparisons[_i].value,
	};
	struct libaf_seccomp_data data = {
		.nr = 60,
		.arch = AUDIT_ARCH_X86_64,
		.args = { 5, comparisons[_i].arg, 5, 5, 5, 5 },
		.caller_id = LIB,
	};
	struct af_rule *rule = add(&policy->callers[LIB], 60);

	rule->any_prev = true;
	ck_assert_int_eq(af_rule_add_test(rule, &test), 0);
	ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
			  comparisons[_i].holds ? SECCOMP_RET_ALLOW :
						  policy->deny);
}
END_TEST

/* Both tests of a rule must hold, and the first rule that fits decides. */
START_TEST(test_first_rule_that_fits) {
	static const struct af_test small = { .op = AF_OP_LT,
					      .mask = UINT64_MAX,
					      .value = 10 };
	static const struct af_test even = { .op = AF_OP_EQ, .mask = 1 };
	static const struct {
		uint64_t arg;
		uint32_t action;
	} expected[] = {
		{ 2, SECCOMP_RET_TRAP },
		{ 3, SECCOMP_RET_ALLOW },
		{ 12, SECCOMP_RET_KILL_PROCESS },
		{ 13, SECCOMP_RET_KILL_PROCESS },
	};
	struct libaf_seccomp_data data = {
		.nr = 60,
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = LIB,
	};
	struct af_rule *rule = add(&policy->callers[LIB], 60);

	rule->any_prev = true;
	rule->action = SECCOMP_RET_TRAP;
	ck_assert_int_eq(af_rule_add_test(rule, &small), 0);
	ck_assert_int_eq(af_rule_add_test(rule, &even), 0);
	rule = add(&policy->callers[LIB], 60);
	rule->any_prev = true;
	ck_assert_int_eq(af_rule_add_test(rule, &small), 0);
	/* Behind those of the library, whichever was there first. */
	rule = add(&policy->common, 60);
	rule->any_prev = true;
	rule->action = SECCOMP_RET_KILL_PROCESS;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		data.args[0] = expected[i].arg;
		ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
				  expected[i].action);
	}
}
END_TEST

START_TEST(test_start_and_signal) {
	struct libaf_seccomp_data data = {
		.nr = 60,
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = LIB,
	};
	struct af_rule *rule = add(&policy->callers[LIB], 60);

	for (int i = 0; i < 4; i++) {
		rule->after_start = i & 1;
		rule->after_signal = i & 2;
		data.prev_nr = LIBAF_SECCOMP_PREV_NONE;
		ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
				  i & 1 ? SECCOMP_RET_ALLOW : policy->deny);
		data.prev_nr = LIBAF_SECCOMP_PREV_SIGNAL;
		ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
				  i & 2 ? SECCOMP_RET_ALLOW : policy->deny);
		data.prev_nr = -3;
		ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
				  policy->deny);
	}
}
END_TEST

/* Calls without a name, but not those of another kind. */
START_TEST(test_newer) {
	static const struct {
		int nr;
		bool newer;
	} calls[] = {
		{ 10, false },  { 12, false },        { 13, true },
		{ 1023, true }, { 1024, true },       { X32 - 1, true },
		{ X32, false }, { 13 | X32, false },  { INT32_MAX, false },
		{ -1, false },  { INT32_MIN, false },
	};
	struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
	uint32_t newer = SECCOMP_RET_ERRNO | ENOSYS;

	policy->has_newer = true;
	policy->newer = newer;
	af_nrset_add(&policy->known, 10);
	af_nrset_add(&policy->known, 12);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		data.nr = calls[i].nr;
		ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
				  calls[i].newer ? newer : policy->deny);
	}
	data.nr = 13;
	data.arch = AUDIT_ARCH_I386;
	ck_assert_uint_eq(af_policy_eval(policy, NULL, &data), policy->deny);
}
END_TEST

START_TEST(test_no_extra) {
	struct libaf_seccomp_data data = {
		.nr = 50,
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = EXTRA,
	};

	policy->deny = SECCOMP_RET_LOG;
	ck_assert_uint_eq(af_policy_eval(policy, NULL, &data), SECCOMP_RET_LOG);
	data.nr = 10;
	ck_assert_uint_eq(af_policy_eval(policy, NULL, &data), SECCOMP_RET_LOG);
	data.caller_id = LIB;
	ck_assert_uint_eq(af_policy_eval(policy, NULL, &data),
			  SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(test_union) {
	static const unsigned int expected[] = { 10, 11, 20, 30, 40, 1023 };
	struct af_nrset set;
	size_t next = 0;

	add(&policy->common, AF_NR_MAX);
	add(&policy->common, 70)->action = SECCOMP_RET_ERRNO | EPERM;
	memset(&set, 0xff, sizeof(set));
	af_policy_union(policy, &set);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		bool has = next < ARRAY_SIZE(expected) && nr == expected[next];

		ck_assert_int_eq(af_nrset_has(&set, nr), has);
		next += has;
	}
	ck_assert_uint_eq(next, ARRAY_SIZE(expected));
	ck_assert(!af_nrset_has(&set, AF_NR_MAX));
	ck_assert(!af_nrset_has(&set, UINT32_MAX));
}
END_TEST

#define EVERYBODY(rules) "common {\n" rules "\n}\nunknown {\n" rules "\n}\n"

/* What becomes of getppid where callers are not told apart. */
static const struct {
	const char *text;
	uint32_t action;
} merged[] = {
	/* Nobody may make it, whatever the default is. */
	{ "default log\n" EVERYBODY("getppid then errno EPERM"),
	  SECCOMP_RET_ERRNO | EPERM },
	{ "default notify\n" EVERYBODY("getppid then errno EPERM"),
	  SECCOMP_RET_ERRNO | EPERM },
	{ "default errno EACCES\n" EVERYBODY("getppid then kill"),
	  SECCOMP_RET_KILL_PROCESS },
	{ "default kill\n" EVERYBODY("getppid then errno EPERM"),
	  SECCOMP_RET_ERRNO | EPERM },
	{ "default log\n" EVERYBODY("getppid after read then errno EPERM\n"
				    "getppid then trap"),
	  SECCOMP_RET_TRAP },
	/* The strictest of what there is, the default included. */
	{ "default log\ncommon {\ngetppid then errno EPERM\n}\n"
	  "unknown {\ngetppid then trap\n}\n",
	  SECCOMP_RET_TRAP },
	{ "default log\ncommon {\ngetppid then trap\n}\n"
	  "unknown {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_TRAP },
	{ "default errno EACCES\nprogram {\ngetppid then kill\n}\n",
	  SECCOMP_RET_KILL_PROCESS },
	{ "default kill\nprogram {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_KILL_PROCESS },
	{ "default errno EACCES\nprogram {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_ERRNO | EACCES },
	{ "default errno EACCES\nprogram {\ngetppid then notify\n}\n",
	  SECCOMP_RET_ERRNO | EACCES },
	/* Somebody may: by a rule, by the default, or by the supervisor. */
	{ "default log\n" EVERYBODY(
		  "getppid then errno EPERM") "program { getppid }\n",
	  SECCOMP_RET_ALLOW },
	{ "default errno EPERM\nunknown {\ngetppid then log\n}\n",
	  SECCOMP_RET_LOG },
	{ "default log\ncommon {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_LOG },
	{ "default log\nunknown {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_LOG },
	{ "default log\n" EVERYBODY("getppid if arg0 == 1 then errno EPERM"),
	  SECCOMP_RET_LOG },
	{ "default log\n" EVERYBODY("getppid after read then errno EPERM"),
	  SECCOMP_RET_LOG },
	{ "default notify\ncommon {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_USER_NOTIF },
	{ "default kill\n" EVERYBODY("getppid then notify"),
	  SECCOMP_RET_USER_NOTIF },
	/* Rules that are never reached permit nothing. */
	{ "default errno EPERM\ncommon { getppid }\n"
	  "program {\ngetppid then kill\n}\n",
	  SECCOMP_RET_KILL_PROCESS },
	{ "default errno EPERM\ncommon { getppid }\n"
	  "program {\ngetppid if arg0 == 1 then kill\n}\n",
	  SECCOMP_RET_ALLOW },
	/* Nobody's list is nobody's permission, either. */
	{ "default log\nunknown {\ngetppid then errno EPERM\n}\n"
	  "program {\ngetppid then errno EPERM\n}\n"
	  "part p of library libx.so symbol f {\n"
	  "getppid then errno EPERM\n}\n",
	  SECCOMP_RET_ERRNO | EPERM },
	{ "default log\nunknown {\ngetppid then errno EPERM\n}\n"
	  "program /bin/x {\ngetppid then errno EPERM\n}\n",
	  SECCOMP_RET_ERRNO | EPERM },
	{ "default log\nunknown {\ngetppid then errno EPERM\n}\n"
	  "program {\ngetppid then errno EPERM\n}\ntransparent libx.so\n",
	  SECCOMP_RET_LOG },
};

START_TEST(test_union_of_denials) {
	const char *text = merged[_i].text;
	uint32_t actions[AF_NR_MAX];
	struct libaf_policy *parsed;
	struct af_nrset set;

	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "text", &parsed,
					    NULL),
			 0);
	af_policy_union_actions(parsed, actions);
	af_policy_union(parsed, &set);
	ck_assert_uint_eq(actions[SYS_getppid], merged[_i].action);
	ck_assert_int_eq(af_nrset_has(&set, SYS_getppid),
			 merged[_i].action == SECCOMP_RET_ALLOW ||
				 merged[_i].action == SECCOMP_RET_LOG);
	/* No rule is about it. */
	ck_assert_uint_eq(actions[SYS_getpgrp], parsed->deny);
	libaf_policy_free(parsed);
}
END_TEST

START_TEST(test_union_of_newer) {
	const char text[] = "default log\nnewer errno ENOSYS\n"
			    "program { read }\n";
	uint32_t actions[AF_NR_MAX];
	struct libaf_policy *parsed;

	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "text", &parsed,
					    NULL),
			 0);
	af_policy_union_actions(parsed, actions);
	ck_assert_uint_eq(actions[SYS_read], SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(actions[SYS_write], SECCOMP_RET_LOG);
	ck_assert_uint_eq(actions[AF_NR_MAX - 1], SECCOMP_RET_ERRNO | ENOSYS);
	libaf_policy_free(parsed);
}
END_TEST

START_TEST(test_built) {
	const struct af_caller *lib = &policy->callers[LIB];

	ck_assert_str_eq(policy->name, "name.af");
	ck_assert_uint_eq(policy->nr_callers, 3);
	ck_assert_int_eq(policy->callers[AF_ID_UNKNOWN].kind,
			 AF_CALLER_UNKNOWN);
	ck_assert_int_eq(policy->callers[AF_ID_PROGRAM].kind,
			 AF_CALLER_PROGRAM);
	ck_assert_ptr_null(policy->callers[AF_ID_PROGRAM].name);
	ck_assert_int_eq(lib->kind, AF_CALLER_LIBRARY);
	ck_assert_str_eq(lib->name, "lib.so.1");
	ck_assert(!lib->transparent);
	ck_assert_uint_eq(lib->place.line, 5);
	ck_assert_uint_eq(lib->place.column, 2);
	ck_assert_uint_eq(lib->nr_rules, 2);
	ck_assert_uint_eq(lib->rules[0].nr, 40);
	ck_assert(!lib->rules[0].any_prev);
	ck_assert_uint_eq(lib->rules[0].place.line, 5);
}
END_TEST

/* Growing keeps what is there. */
START_TEST(test_many) {
	struct af_caller *lib;
	char name[16];

	for (unsigned int i = 1; i < 600; i++) {
		int len = snprintf(name, sizeof(name), "lib%u", i);

		ck_assert_int_eq(af_policy_add_library(policy, name, len,
						       &somewhere, &lib),
				 0);
		for (unsigned int nr = 0; nr < i % 9; nr++)
			add(lib, nr + i);
	}
	ck_assert_uint_eq(policy->nr_callers, 602);
	for (unsigned int i = 1; i < 600; i++) {
		lib = &policy->callers[LIB + i];
		snprintf(name, sizeof(name), "lib%u", i);
		ck_assert_str_eq(lib->name, name);
		ck_assert_uint_eq(lib->nr_rules, i % 9);
		for (unsigned int nr = 0; nr < i % 9; nr++)
			ck_assert_uint_eq(lib->rules[nr].nr, nr + i);
	}
}
END_TEST

START_TEST(test_no_memory) {
	size_t nr_callers = policy->nr_callers;
	struct af_caller *lib;
	struct af_rule *rule;

	for (unsigned int i = 1; i <= 3; i++) {
		fail_in = i;
		ck_assert_ptr_null(af_policy_alloc("x", 1));
	}
	/* Three callers have room for a fourth: only its name is allocated. */
	fail_in = 1;
	ck_assert_int_eq(af_policy_add_library(policy, "x", 1, &somewhere,
					       &lib),
			 -ENOMEM);
	ck_assert_uint_eq(policy->nr_callers, nr_callers);
	ck_assert_int_eq(
		af_policy_add_library(policy, "x", 1, &somewhere, &lib), 0);
	fail_in = 1;
	ck_assert_int_eq(af_policy_add_library(policy, "y", 1, &somewhere,
					       &lib),
			 -ENOMEM);
	ck_assert_uint_eq(policy->nr_callers, nr_callers + 1);
	fail_in = 1;
	ck_assert_int_eq(af_caller_add_rule(&launcher, 1, &somewhere, &rule),
			 -ENOMEM);
	ck_assert_uint_eq(launcher.nr_rules, 1);
	ck_assert_uint_eq(launcher.rules[0].nr, 50);
	ck_assert_uint_eq(fail_in, 0);
}
END_TEST

START_TEST(test_free_null) {
	libaf_policy_free(NULL);
	ck_assert_ptr_nonnull(policy);
}
END_TEST

START_TEST(test_error) {
	struct af_place place = { .line = 3, .column = 14 };
	char path[400], text[400];
	struct libaf_error err;

	memset(&err, 0xff, sizeof(err));
	ck_assert_int_eq(af_error(&err, -EIO, "dir/file", &place, "%s %d", "a",
				  1),
			 -EIO);
	ck_assert_str_eq(err.file, "dir/file");
	ck_assert_str_eq(err.text, "a 1");
	ck_assert_str_eq(err.hint, "");
	ck_assert_uint_eq(err.line, 3);
	ck_assert_uint_eq(err.column, 14);
	af_hint(&err, "try %c", 'b');
	ck_assert_str_eq(err.hint, "try b");

	/* A new error has nothing of the last one. */
	af_error(&err, -EIO, NULL, NULL, "text");
	ck_assert_str_eq(err.file, "");
	ck_assert_str_eq(err.hint, "");
	ck_assert_uint_eq(err.line, 0);
	ck_assert_uint_eq(err.column, 0);

	/* Too long: the end of a path and the beginning of a text are kept. */
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = text[i] = 'a' + i % 26;
	path[sizeof(path) - 1] = text[sizeof(text) - 1] = '\0';
	af_error(&err, -EIO, path, NULL, "%s", text);
	af_hint(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.file), sizeof(err.file) - 1);
	ck_assert_str_eq(err.file, path + sizeof(path) - sizeof(err.file));
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert(!strncmp(err.text, text, sizeof(err.text) - 1));
	ck_assert_uint_eq(strlen(err.hint), sizeof(err.hint) - 1);

	af_error_clear(&err);
	ck_assert_str_eq(err.text, "");
	ck_assert_str_eq(err.file, "");

	/* Nobody wants to know. */
	ck_assert_int_eq(af_error(NULL, -EINVAL, path, &place, "x"), -EINVAL);
	af_hint(NULL, "x");
	af_error_clear(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_verdicts, 0, ARRAY_SIZE(verdicts));
	tcase_add_loop_test(tcase, test_comparison, 0, ARRAY_SIZE(comparisons));
	tcase_add_test(tcase, test_first_rule_that_fits);
	tcase_add_test(tcase, test_start_and_signal);
	tcase_add_test(tcase, test_newer);
	tcase_add_test(tcase, test_no_extra);
	tcase_add_test(tcase, test_union);
	tcase_add_loop_test(tcase, test_union_of_denials, 0,
			    ARRAY_SIZE(merged));
	tcase_add_test(tcase, test_union_of_newer);
	tcase_add_test(tcase, test_built);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_test(tcase, test_free_null);
	tcase_add_test(tcase, test_error);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
