// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which caller of a policy gets which id. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libaf.h"
#include "policy.h"

static struct libaf_policy *policy;

static void parse(const char *text)
{
	struct libaf_error err;

	ck_assert_msg(!libaf_policy_parse(text, strlen(text), "a.af", &policy,
					  &err),
		      "%s", err.text);
}

static void teardown(void)
{
	libaf_policy_free(policy);
	policy = NULL;
}

/* Names of libraries and parts, one character each, by their ids. */
static void check_order(const struct libaf_policy *of, const char *expected)
{
	ck_assert_uint_eq(of->nr_callers, AF_ID_LIBRARY + strlen(expected));
	ck_assert_int_eq(of->callers[AF_ID_UNKNOWN].kind, AF_CALLER_UNKNOWN);
	ck_assert_int_eq(of->callers[AF_ID_PROGRAM].kind, AF_CALLER_PROGRAM);
	for (size_t i = 0; expected[i]; i++)
		ck_assert_int_eq(of->callers[AF_ID_LIBRARY + i].name[0],
				 expected[i]);
}

static const struct {
	const char *text;
	const char *order;
} orders[] = {
	{ "program { read }", "" },
	{ "library a { read }\nlibrary b { write }\nlibrary c { dup }", "abc" },
	{ "library a { read }\nlibrary b { write }\nlibrary c { read }",
	  "acb" },
	{ "library a { read }\nlibrary b { write }\n"
	  "library c { write }\nlibrary d { read }\nlibrary e { write }",
	  "adbce" },
	/* not by the order of their rules */
	{ "library a { read write }\nlibrary b { dup }\n"
	  "library c {\nwrite\nread\n}",
	  "acb" },
	/* by all that rules say */
	{ "library a {\nread then log\n}\nlibrary b { dup }\n"
	  "library c { read }",
	  "abc" },
	{ "library a {\nread after dup\n}\nlibrary b { dup }\n"
	  "library c { read after write }",
	  "abc" },
	{ "library a {\nread if arg0 == 1\n}\nlibrary b { dup }\n"
	  "library c { read if arg0 == 2 }",
	  "abc" },
	{ "library a {\nread if arg0 == 1\n}\nlibrary b { dup }\n"
	  "library c { read if arg0 == 1 }",
	  "acb" },
	/* neither unknown code nor the program is moved */
	{ "library a { write }\nlibrary b { read }\nprogram { read }\n"
	  "unknown { write }",
	  "ab" },
	{ "transparent a\nlibrary b { read }\ntransparent c", "acb" },
};

START_TEST(test_those_with_the_same_rules_are_side_by_side) {
	parse(orders[_i].text);
	check_order(policy, orders[_i].order);
}
END_TEST

START_TEST(test_a_part_stays_one_of_its_file) {
	const struct af_caller *callers;

	parse("library a { read }\nlibrary b { write }\n"
	      "part x of library b symbol f { dup }\nlibrary c { read }\n"
	      "part y of library c symbol f { dup }");
	check_order(policy, "acbxy");
	callers = policy->callers;
	ck_assert_uint_eq(callers[AF_ID_LIBRARY + 3].part->of,
			  AF_ID_LIBRARY + 2);
	ck_assert_uint_eq(callers[AF_ID_LIBRARY + 4].part->of,
			  AF_ID_LIBRARY + 1);
}
END_TEST

START_TEST(test_a_phase_has_the_ids_of_the_policy) {
	parse("library a { read }\nlibrary b { write }\nlibrary c { read }\n"
	      "phase p {\nlibrary b { write }\nlibrary a { write }\n}");
	check_order(policy, "acb");
	check_order(libaf_policy_phase(policy, "p"), "acb");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order");
	TCase *tcase = tcase_create("order");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase,
			    test_those_with_the_same_rules_are_side_by_side, 0,
			    sizeof(orders) / sizeof(*orders));
	tcase_add_test(tcase, test_a_part_stays_one_of_its_file);
	tcase_add_test(tcase, test_a_phase_has_the_ids_of_the_policy);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
