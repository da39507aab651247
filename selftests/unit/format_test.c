// SPDX-License-Identifier: LGPL-2.1-or-later
/* af_format(): what snprintf() would have written. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

/* Both with the same arguments, into a buffer of each size. */
#define SAME(...)                                                         \
	do {                                                              \
		for (size_t size = 1; size < 80; size++) {                \
			char want[80], have[80];                          \
			size_t len;                                       \
                                                                          \
			memset(want, 'x', sizeof(want));                  \
			memset(have, 'x', sizeof(have));                  \
			snprintf(want, size, __VA_ARGS__);                \
			len = af_format(have, size, __VA_ARGS__);         \
			ck_assert_str_eq(have, want);                     \
			ck_assert_uint_eq(len, strlen(want));             \
			/* Nothing behind the end has been written to. */ \
			ck_assert_int_eq(have[len + 1], 'x');             \
		}                                                         \
	} while (0)

START_TEST(test_strings) {
	SAME("%s", "");
	SAME("plain");
	SAME("`%s` by %s, %s", "mkdir", "libx.so", "after `read`");
}
END_TEST

START_TEST(test_precision) {
	SAME("%.128s|", "short");
	SAME("%.3s|%.0s|%.12s|", "longer", "gone", "exactly that");
}
END_TEST

START_TEST(test_numbers) {
	SAME("%u %u %u", 0U, 10U, UINT_MAX);
	SAME("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("format");
	TCase *tcase = tcase_create("format");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, test_strings);
	tcase_add_test(tcase, test_precision);
	tcase_add_test(tcase, test_numbers);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
