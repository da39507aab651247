// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What coverage-guided fuzzing has found worth keeping, once more and without
 * it: see ../guided/README.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "../guided/target.h"

#define CORPUS "selftests/guided/corpus/"

/* More than any input has. */
#define INPUT_SIZE (1U << 16)

static const struct {
	const char *dir;
	target_fn *run;
} targets[] = {
	{ CORPUS "audit", fuzz_audit }, { CORPUS "eh_frame", fuzz_eh_frame },
	{ CORPUS "elf", fuzz_elf },     { CORPUS "filter", fuzz_filter },
	{ CORPUS "image", fuzz_image }, { CORPUS "policy", fuzz_policy },
	{ CORPUS "table", fuzz_table },
};

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

/* In memory of exactly its size, for what looks at accesses. */
static bool run_file(target_fn *run, const char *path)
{
	static uint8_t input[INPUT_SIZE];
	FILE *file = fopen(path, "re");
	uint8_t *copy;
	size_t size;
	bool valid;

	ck_assert_ptr_nonnull(file);
	size = fread(input, 1, sizeof(input), file);
	ck_assert_uint_lt(size, sizeof(input));
	fclose(file);
	copy = malloc(size);
	ck_assert(copy || !size);
	for (size_t i = 0; i < size; i++)
		copy[i] = input[i];
	fprintf(stderr, "%s\n", path);
	valid = run(copy, size);
	free(copy);
	return valid;
}

START_TEST(test_corpus) {
	DIR *dir = opendir(targets[_i].dir);
	const struct dirent *entry;
	unsigned int valid = 0;
	char path[512];

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", targets[_i].dir,
			 entry->d_name);
		valid += run_file(targets[_i].run, path);
	}
	closedir(dir);
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
