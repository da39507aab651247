// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What lists have in common.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "bases.h"
#include "no_memory.h"

#define DENY 0
#define LEN  40
#define MAX  64

static uint16_t lists[MAX * LEN];
static struct af_bases found;

/* As many lists, each from what is written in a row of digits. */
static void write_list(size_t i, const char *digits)
{
	for (size_t j = 0; j < LEN; j++)
		lists[i * LEN + j] = digits[j] - '0';
}

static void find(size_t nr)
{
	found = (struct af_bases){
		.lists = lists,
		.nr = nr,
		.len = LEN,
		.deny = DENY,
	};
	ck_assert_int_eq(af_bases_find(&found), 0);
}

static void teardown(void)
{
	af_bases_release(&found);
	found = (struct af_bases){ .nr = 0 };
}

START_TEST(test_nothing_in_common) {
	write_list(0, "1010101010000000000000000000000000000000");
	write_list(1, "0000000000101010101000000000000000000000");
	write_list(2, "0000000000000000000010101010100000000000");
	find(3);
	ck_assert_uint_eq(found.nr_bases, 0);
	for (size_t i = 0; i < found.nr; i++) {
		ck_assert_uint_eq(found.base_of[i], AF_NO_BASE);
		ck_assert_uint_eq(found.cost[i], 5);
	}
}
END_TEST

/* One list, and none at all. */
START_TEST(test_few) {
	write_list(0, "1010101010101010101010101010101010101010");
	find(1);
	ck_assert_uint_eq(found.nr_bases, 0);
	ck_assert_uint_eq(found.cost[0], LEN / 2);
	teardown();
	found = (struct af_bases){ .lists = lists, .nr = 1 };
	ck_assert_int_eq(af_bases_find(&found), 0);
	ck_assert_uint_eq(found.cost[0], 0);
}
END_TEST

/* The base is what most say, not one of the lists. */
START_TEST(test_majority) {
	write_list(0, "2101010101010101010100000000000000000000");
	write_list(1, "0121010101010101010100000000000000000000");
	write_list(2, "0101210101010101010100000000000000000000");
	write_list(3, "0101010101010101010100000000000000000020");
	write_list(4, "0000000000000000000000000000000000000200");
	find(5);
	ck_assert_uint_eq(found.nr_bases, 1);
	for (size_t i = 0; i < LEN; i++)
		ck_assert_uint_eq(found.bases[i], i < 20 && i % 2);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(found.base_of[i], 0);
		ck_assert_uint_eq(found.cost[i], 1);
	}
	ck_assert_uint_eq(found.base_of[4], AF_NO_BASE);
	ck_assert_uint_eq(found.cost[4], 1);
}
END_TEST

/* Two families; each list finds its own. */
START_TEST(test_families) {
	for (size_t i = 0; i < 20; i++) {
		write_list(i,
			   i % 2 ? "1010101010101010101010101010000000000000" :
				   "0000000002020202020202020202020202020202");
		lists[i * LEN + i] = 3;
	}
	find(20);
	ck_assert_uint_eq(found.nr_bases, 2);
	ck_assert_uint_eq(found.base_of[0], 0);
	ck_assert_uint_eq(found.base_of[1], 1);
	for (size_t i = 2; i < 20; i++)
		ck_assert_uint_eq(found.base_of[i], found.base_of[i % 2]);
	for (size_t i = 0; i < 20; i++)
		ck_assert_uint_eq(found.cost[i], 1);
}
END_TEST

/* More families than there can be bases: what is left has none. */
START_TEST(test_too_many) {
	for (size_t i = 0; i < MAX; i++) {
		size_t family = i / 2;

		for (size_t j = 0; j < LEN; j++)
			lists[i * LEN + j] = j % 2 ? 1 + family : DENY;
		lists[i * LEN + i % LEN] = 100;
	}
	find(MAX);
	ck_assert_uint_eq(found.nr_bases, AF_MAX_BASES);
	ck_assert_uint_eq(found.base_of[0], 0);
	ck_assert_uint_eq(found.base_of[MAX - 1], AF_NO_BASE);
}
END_TEST

START_TEST(test_no_memory) {
	unsigned int n;
	int ret = -ENOMEM;

	write_list(0, "1010101010000000000000000000000000000000");
	for (n = 1; ret; n++) {
		found = (struct af_bases){
			.lists = lists,
			.nr = 1,
			.len = LEN,
			.deny = DENY,
		};
		fail_in = n;
		ret = af_bases_find(&found);
		fail_in = 0;
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		af_bases_release(&found);
	}
	ck_assert_uint_eq(n, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bases");
	TCase *tcase = tcase_create("bases");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_nothing_in_common);
	tcase_add_test(tcase, test_few);
	tcase_add_test(tcase, test_majority);
	tcase_add_test(tcase, test_families);
	tcase_add_test(tcase, test_too_many);
	tcase_add_test(tcase, test_no_memory);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
