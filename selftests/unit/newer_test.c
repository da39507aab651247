// SPDX-License-Identifier: LGPL-2.1-or-later
/* What newer C libraries make instead of older calls, and a policy denies. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/calls.h"
#include "../../tools/newer.h"

#define LOOK_THROUGH "transparent libc.so.6 ld-linux-x86-64.so.2\n"

static struct libaf_policy *policy;
static struct af_newer *list;
static size_t nr;

static void teardown(void)
{
	free(list);
	libaf_policy_free(policy);
	list = NULL;
	policy = NULL;
}

/* The policy is released with the next one, or at the end. */
static size_t find(const char *text, unsigned int glibc)
{
	teardown();
	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "p.af", &policy,
					    NULL),
			 0);
	nr = af_newer_find(policy, glibc, &list);
	return nr;
}

static bool has(const char *older, const char *newer)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(list[i].replacement->older, older) &&
		    !strcmp(list[i].replacement->newer, newer))
			return true;
	}
	return false;
}

START_TEST(test_older_call_without_the_newer_one_is_found) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program {\n read\n open\n}\n", 0),
			  1);
	ck_assert(has("open", "openat"));
	ck_assert_ptr_eq(list->caller, &policy->callers[AF_ID_PROGRAM]);
	ck_assert_uint_eq(list->place.line, 4);
	ck_assert_uint_eq(list->replacement->since, 26);
	ck_assert(!list->replacement->falls_back);
	ck_assert(list->has_name);
}
END_TEST

START_TEST(test_with_the_newer_call_nothing_is) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program { open openat }\n", 0), 0);
	ck_assert_uint_eq(find(LOOK_THROUGH "program { open }\n"
					    "common { openat }\n",
			       0),
			  0);
}
END_TEST

START_TEST(test_what_another_may_does_not_help) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program { open }\n"
					    "library a.so { openat }\n",
			       0),
			  1);
}
END_TEST

START_TEST(test_newer_call_that_is_denied_on_purpose_is_not_missed) {
	ck_assert_uint_eq(find(LOOK_THROUGH
			       "program { clone }\n"
			       "common { clone3 then errno ENOSYS }\n",
			       0),
			  0);
	ck_assert_uint_eq(
		find(LOOK_THROUGH "program {\nclone\nclone3 then kill\n}\n", 0),
		0);
}
END_TEST

START_TEST(test_older_call_that_is_denied_is_nothing) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program { open then kill }\n", 0),
			  0);
}
END_TEST

START_TEST(test_older_call_under_conditions_is_one) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program {\nopen if arg1 == 0\n"
					    "nanosleep after open\n}\n",
			       0),
			  2);
	ck_assert(has("open", "openat"));
	ck_assert(has("nanosleep", "clock_nanosleep"));
}
END_TEST

START_TEST(test_only_what_is_newer_than_recorded_is_found) {
	static const char text[] = LOOK_THROUGH
		"program { clone newfstatat nanosleep }\n";

	ck_assert_uint_eq(find(text, 30), 3);
	ck_assert_uint_eq(find(text, 31), 2);
	ck_assert(!has("nanosleep", "clock_nanosleep"));
	ck_assert_uint_eq(find(text, 36), 1);
	ck_assert(has("newfstatat", "fstat"));
	ck_assert_uint_eq(find(text, 39), 0);
}
END_TEST

START_TEST(test_common_rules_are_found_once) {
	ck_assert_uint_eq(find(LOOK_THROUGH "common { open }\n"
					    "library a.so { read }\n"
					    "program { write }\n",
			       0),
			  1);
	ck_assert_ptr_eq(list->caller, &policy->common);
}
END_TEST

START_TEST(test_common_rules_do_not_serve_unknown_code) {
	ck_assert_uint_eq(find(LOOK_THROUGH "common { openat }\n"
					    "unknown { open }\n",
			       0),
			  1);
	ck_assert_ptr_eq(list->caller, &policy->callers[AF_ID_UNKNOWN]);
}
END_TEST

START_TEST(test_c_library_that_is_a_caller_makes_its_own_calls) {
	ck_assert_uint_eq(
		find("program { open }\nlibrary libc.so.6 { stat }\n", 0), 1);
	ck_assert(has("stat", "newfstatat"));
	ck_assert_uint_eq(find("transparent libz.so.1\nprogram { open }\n", 0),
			  0);
}
END_TEST

START_TEST(test_default_that_permits_denies_nothing) {
	ck_assert_uint_eq(
		find("default log\n" LOOK_THROUGH "program { open }", 0), 0);
}
END_TEST

START_TEST(test_loader_does_not_begin_to_use_malloc) {
	ck_assert_uint_eq(find(LOOK_THROUGH
			       "library ld-linux-x86-64.so.2 { brk }\n"
			       "program { brk }\n",
			       0),
			  1);
	ck_assert_ptr_eq(list->caller, &policy->callers[AF_ID_PROGRAM]);
	ck_assert(has("brk", "getrandom"));
}
END_TEST

START_TEST(test_call_that_others_go_with_needs_them) {
	ck_assert_uint_eq(find(LOOK_THROUGH "program { mprotect }\n", 0), 0);
	ck_assert_uint_eq(find(LOOK_THROUGH "program { mprotect clone3 }\n", 0),
			  1);
	ck_assert(has("mprotect", "madvise"));
	ck_assert_uint_eq(find(LOOK_THROUGH "program { mprotect }\n"
					    "common { clone3 }\n",
			       0),
			  1);
}
END_TEST

/* Whether libseccomp knows this name depends on its version. */
START_TEST(test_calls_without_a_name_are_left_to_newer) {
	static const char rules[] = LOOK_THROUGH
		"common { fstat }\nprogram { chmod newfstatat }\n";
	bool has_name = af_call_number("fchmodat2") >= 0;
	char text[256];

	ck_assert_uint_eq(find(rules, 38), 1);
	ck_assert(has("chmod", "fchmodat2"));
	ck_assert_int_eq(list->has_name, has_name);
	snprintf(text, sizeof(text), "newer errno ENOSYS\n%s", rules);
	ck_assert_uint_eq(find(text, 38), has_name);
}
END_TEST

/* What is permitted, what is then made, and from which version on. */
static const struct {
	const char *older;
	const char *newer;
	unsigned int since;
	bool falls_back;
} rows[] = {
	{ "open", "openat", 26, false },
	{ "getrlimit", "prlimit64", 26, false },
	{ "setrlimit", "prlimit64", 26, false },
	{ "nanosleep", "clock_nanosleep", 31, false },
	{ "semop", "semtimedop", 31, false },
	{ "stat", "newfstatat", 33, false },
	{ "lstat", "newfstatat", 33, false },
	{ "fstat", "newfstatat", 33, false },
	{ "select", "pselect6", 33, false },
	{ "faccessat", "faccessat2", 33, true },
	{ "pipe", "pipe2", 34, false },
	{ "brk", "getrandom", 34, true },
	{ "clone", "clone3", 34, true },
	{ "set_robust_list", "rseq", 35, true },
	{ "newfstatat", "fstat", 39, false },
};

START_TEST(test_each_call_is_replaced_from_a_version_on) {
	char text[256];

	snprintf(text, sizeof(text), LOOK_THROUGH "program { %s }\n",
		 rows[_i].older);
	ck_assert_uint_eq(find(text, rows[_i].since), 0);
	ck_assert_uint_eq(find(text, rows[_i].since - 1), 1);
	ck_assert(has(rows[_i].older, rows[_i].newer));
	ck_assert_int_eq(list->replacement->falls_back, rows[_i].falls_back);
	ck_assert(list->has_name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("newer");
	TCase *tcase = tcase_create("newer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_older_call_without_the_newer_one_is_found);
	tcase_add_test(tcase, test_with_the_newer_call_nothing_is);
	tcase_add_test(tcase, test_what_another_may_does_not_help);
	tcase_add_test(tcase,
		       test_newer_call_that_is_denied_on_purpose_is_not_missed);
	tcase_add_test(tcase, test_older_call_that_is_denied_is_nothing);
	tcase_add_test(tcase, test_older_call_under_conditions_is_one);
	tcase_add_test(tcase, test_only_what_is_newer_than_recorded_is_found);
	tcase_add_test(tcase, test_common_rules_are_found_once);
	tcase_add_test(tcase, test_common_rules_do_not_serve_unknown_code);
	tcase_add_test(tcase,
		       test_c_library_that_is_a_caller_makes_its_own_calls);
	tcase_add_test(tcase, test_default_that_permits_denies_nothing);
	tcase_add_test(tcase, test_loader_does_not_begin_to_use_malloc);
	tcase_add_test(tcase, test_call_that_others_go_with_needs_them);
	tcase_add_test(tcase, test_calls_without_a_name_are_left_to_newer);
	tcase_add_loop_test(tcase, test_each_call_is_replaced_from_a_version_on,
			    0, sizeof(rows) / sizeof(*rows));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
