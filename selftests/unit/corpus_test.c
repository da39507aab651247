// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What coverage-guided fuzzing has found worth keeping, once more and without
 * it: see ../guided/README.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guided/target.h"

#define CORPUS "selftests/guided/corpus/"

static const struct {
	const char *file;
	target_fn *run;
} targets[] = {
	{ CORPUS "audit", fuzz_audit }, { CORPUS "eh_frame", fuzz_eh_frame },
	{ CORPUS "elf", fuzz_elf },     { CORPUS "filter", fuzz_filter },
	{ CORPUS "image", fuzz_image }, { CORPUS "policy", fuzz_policy },
	{ CORPUS "table", fuzz_table },
};

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

static unsigned int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	ck_assert_ptr_nonnull(found);
	return (unsigned int)(found - digits);
}

/* In memory of exactly its size, for what looks at accesses. */
static bool run_input(target_fn *run, const char *hex)
{
	size_t size = strlen(hex) / 2;
	uint8_t *input = malloc(size);
	bool valid;

	ck_assert_uint_eq(strlen(hex) % 2, 0);
	ck_assert(input || !size);
	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(digit(hex[2 * i]) << 4 |
				     digit(hex[2 * i + 1]));
	valid = run(input, size);
	free(input);
	return valid;
}

/* A line is a name and the bytes of an input. */
START_TEST(test_corpus) {
	FILE *file = fopen(targets[_i].file, "re");
	unsigned int valid = 0;
	char *line = NULL, *hex;
	size_t size = 0;

	ck_assert_ptr_nonnull(file);
	while (getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		hex = strchr(line, ' ');
		ck_assert_ptr_nonnull(hex);
		*hex++ = '\0';
		fprintf(stderr, "%s\n", line);
		valid += run_input(targets[_i].run, hex);
	}
	free(line);
	fclose(file);
	/* What is refused at once would show nothing. */
	ck_assert_uint_ge(valid, 5);
}
END_TEST

/* Inputs too short to be anything. */
START_TEST(test_short) {
	uint8_t bytes[128] = { 0 };

	for (size_t size = 0; size < sizeof(bytes); size++)
		targets[_i].run(bytes, size);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("corpus");
	TCase *tcase = tcase_create("corpus");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_corpus, 0, NR_TARGETS);
	tcase_add_loop_test(tcase, test_short, 0, NR_TARGETS);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
