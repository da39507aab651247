// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libaf-policy(5) and the library agree: its examples are right, and its lists
 * are those that the library has.  Runs in the top directory.
 */
#include <check.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "groups.h"
#include "names.h"
#include "parse.h"
#include "policy.h"

#define MANUAL "lib/man/libaf-policy.5"

static FILE *manual;
static char line[1024];

static void open_manual(void)
{
	manual = fopen(MANUAL, "re");
	ck_assert_msg(manual, "no " MANUAL " here");
}

static void close_manual(void)
{
	fclose(manual);
}

static bool begins_with(const char *s, const char *start)
{
	return !strncmp(s, start, strlen(start));
}

/* Files that an example includes are not there, which is found out last. */
static bool parses(const char *format, const char *example)
{
	struct libaf_policy *policy;
	char text[4096];
	int ret, len = snprintf(text, sizeof(text), format, example);

	ck_assert_int_lt(len, sizeof(text));
	ret = af_parse(text, len, "example", true, &policy, NULL);
	if (ret)
		return ret == -ENOENT;
	libaf_policy_free(policy);
	return true;
}

/* As a policy, as a part of one, or as rules. */
static void check_example(const char *example)
{
	ck_assert_msg(parses("%s", example) ||
			      parses("%scommon { }\n", example) ||
			      parses("common {\n%s}\n", example),
		      "this example is wrong:\n%s", example);
}

static size_t check_examples_to(const char *end)
{
	char example[2048] = "";
	bool inside = false;
	size_t n = 0;

	while (fgets(line, sizeof(line), manual) && !begins_with(line, end)) {
		if (begins_with(line, ".Bd -literal")) {
			inside = true;
			*example = '\0';
		} else if (begins_with(line, ".Ed")) {
			inside = false;
			check_example(example);
			n++;
		} else if (inside) {
			ck_assert_uint_lt(strlen(example) + strlen(line),
					  sizeof(example));
			strcat(example, line);
		}
	}
	return n;
}

static void skip_to(const char *start)
{
	while (fgets(line, sizeof(line), manual)) {
		if (begins_with(line, start))
			return;
	}
	ck_abort_msg("no line begins with %s", start);
}

START_TEST(test_each_example_is_a_policy) {
	size_t n = check_examples_to(".Sh GRAMMAR");

	ck_assert_uint_eq(n, 1);
	skip_to(".Sh STATEMENTS");
	n = check_examples_to(".Sh LIMITS");
	ck_assert_uint_ge(n, 17);
}
END_TEST

/* Each construct has an example; this is what they all begin with. */
START_TEST(test_each_word_has_an_example) {
	static const char *const words[] = {
		"include", "phase",   "default",  "newer",   "transparent",
		"common",  "library", "optional", "program", "unknown",
		"after",   "start",   "signal",   "exec",    "if",
		"and",     "then",    "allow",    "kill",    "errno",
		"log",     "notify",  "@io",      "==",      "!=",
		">=",      "&",       "arg0",     "part",    "of",
		"section", "symbol",  "range",    "0x",
	};
	static char examples[8192];
	bool inside = false;

	skip_to(".Sh STATEMENTS");
	while (fgets(line, sizeof(line), manual)) {
		if (begins_with(line, ".Bd -literal"))
			inside = true;
		else if (begins_with(line, ".Ed"))
			inside = false;
		else if (inside)
			strncat(examples, line,
				sizeof(examples) - strlen(examples) - 1);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		ck_assert_msg(strstr(examples, words[i]), "no example of %s",
			      words[i]);
}
END_TEST

START_TEST(test_groups_are_those_of_the_manual) {
	skip_to(".Sh GROUPS");
	for (size_t i = 0; i < af_nr_groups; i++) {
		char head[64], calls[2048] = "";

		snprintf(head, sizeof(head), ".It Cm @%s\n", af_groups[i].name);
		skip_to(head);
		/* What it is for. */
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), manual));
		while (fgets(line, sizeof(line), manual) && *line != '.') {
			line[strcspn(line, "\n")] = '\0';
			if (*calls)
				strcat(calls, " ");
			strcat(calls, line);
		}
		ck_assert_str_eq(calls, af_groups[i].calls);
		/* The line was the next one's first, or the end. */
		fseek(manual, -(long)strlen(line), SEEK_CUR);
	}
	skip_to(".El");
}
END_TEST

START_TEST(test_calls_of_groups_exist_and_are_in_one) {
	struct af_nrset seen = { 0 };

	for (size_t i = 0; i < af_nr_groups; i++) {
		char calls[2048], *rest = calls, *name;

		snprintf(calls, sizeof(calls), "%s", af_groups[i].calls);
		while ((name = strsep(&rest, " "))) {
			int nr = seccomp_syscall_resolve_name_arch(
				SCMP_ARCH_X86_64, name);

			ck_assert_msg(nr >= 0, "@%s: %s", af_groups[i].name,
				      name);
			ck_assert_msg(!af_nrset_has(&seen, nr), "%s twice",
				      name);
			af_nrset_add(&seen, nr);
		}
	}
}
END_TEST

/* Those that libseccomp has a name for, and in this order. */
START_TEST(test_next_call_finds_each_call) {
	unsigned int nr = 0, n = 0;

	for (unsigned int i = 0; i < 2 * AF_NR_MAX; i++) {
		char *want = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64,
							      (int)i);
		char *name;

		if (!want)
			continue;
		name = af_next_call(&nr);
		ck_assert_ptr_nonnull(name);
		ck_assert_str_eq(name, want);
		ck_assert_uint_eq(nr++, i);
		free(name);
		free(want);
		n++;
	}
	ck_assert_ptr_null(af_next_call(&nr));
	ck_assert_uint_gt(n, 300);
}
END_TEST

START_TEST(test_constants_differ_and_have_their_values) {
	const char *name, *other;
	int64_t value;
	size_t i;

	for (i = 0; (name = af_constant(i, &value)); i++) {
		for (size_t j = 0; j < i; j++) {
			other = af_constant(j, &value);
			ck_assert_str_ne(name, other);
		}
		af_constant(i, &value);
		if (!strcmp(name, "AF_UNIX"))
			ck_assert_int_eq(value, AF_UNIX);
		if (!strcmp(name, "AT_FDCWD"))
			ck_assert_int_eq(value, -100);
	}
	ck_assert_uint_gt(i, 200);
}
END_TEST

/* openat(int, const char *, int, umode_t), mremap() of longs, and no call */
START_TEST(test_widths_are_the_kernels) {
	static const unsigned int openat_widths[] = { 32, 64, 32, 16, 64, 64 };

	for (unsigned int arg = 0; arg < AF_NR_ARGS; arg++) {
		ck_assert_uint_eq(af_arg_width(257, arg), openat_widths[arg]);
		ck_assert_uint_eq(af_arg_width(25, arg), 64);
		ck_assert_uint_eq(af_arg_width(AF_NR_MAX, arg), 64);
		ck_assert_uint_eq(af_arg_width(UINT32_MAX, arg), 64);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manual");
	TCase *tcase = tcase_create("manual");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_manual, close_manual);
	tcase_add_test(tcase, test_each_example_is_a_policy);
	tcase_add_test(tcase, test_each_word_has_an_example);
	tcase_add_test(tcase, test_groups_are_those_of_the_manual);
	tcase_add_test(tcase, test_calls_of_groups_exist_and_are_in_one);
	tcase_add_test(tcase, test_next_call_finds_each_call);
	tcase_add_test(tcase, test_constants_differ_and_have_their_values);
	tcase_add_test(tcase, test_widths_are_the_kernels);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
