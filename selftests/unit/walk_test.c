// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attribution of calls, in a process that consists of tables. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/walk.h"
#include "libaf/abi.h"
#include "unwind.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Texts of 0x1000 bytes each, one behind the other from here on. */
#define TEXTS 0x10000
#define TEXT  0x1000

/* Two callers, with a library between them that is looked through. */
enum {
	FIRST,
	LIBC,
	SECOND,
	NR_TEXTS,
};

#define AT(text, offset) (TEXTS + (text)*TEXT + (offset))

/* Where functions of LIBC begin, each with its rule. */
enum {
	AT_SP8 = 0x000, /* has nothing on the stack */
	AT_SP32 = 0x100, /* has saved the frame pointer */
	AT_FP16 = 0x200, /* has a frame pointer */
	AT_LOST = 0x300, /* has overwritten it */
	AT_ARG0 = 0x400, /* keeps its return address, as vfork() */
	AT_END = 0x500,
	AT_NONE = 0x600,
	AT_SP0 = 0x700, /* whose frame is not above the stack pointer */
	AT_REST = 0x800, /* not described */
};

static const struct libaf_seccomp_unwind_rule rules[] = {
	{ .cfa = LIBAF_SECCOMP_CFA_SP, .offset = 8 },
	{ .cfa = LIBAF_SECCOMP_CFA_SP, .offset = 32, .fp = -16 },
	{ .cfa = LIBAF_SECCOMP_CFA_FP, .offset = 16, .fp = -16 },
	{ .cfa = LIBAF_SECCOMP_CFA_SP,
	  .offset = 8,
	  .fp = LIBAF_SECCOMP_FP_LOST },
	{ .cfa = LIBAF_SECCOMP_CFA_SP, .ra = LIBAF_SECCOMP_RA_ARG0 },
	{ .cfa = LIBAF_SECCOMP_CFA_END },
	{ .cfa = LIBAF_SECCOMP_CFA_NONE },
	{ .cfa = LIBAF_SECCOMP_CFA_SP, .offset = 0 },
	{ .cfa = LIBAF_SECCOMP_CFA_NONE },
};

static const uint16_t starts[] = {
	AT_SP8, AT_SP32, AT_FP16, AT_LOST, AT_ARG0,
	AT_END, AT_NONE, AT_SP0,  AT_REST,
};

static struct {
	struct libaf_seccomp_unwind head;
	struct libaf_seccomp_unwind_rule rules[ARRAY_SIZE(rules)];
	uint32_t blocks[1];
	struct libaf_seccomp_unwind_row rows[ARRAY_SIZE(rules)];
} table;

static struct af_walk_text texts[NR_TEXTS];

/* The stack is readable from its bottom on, at this address. */
#define STACK 0x70000000

static uint64_t stack[256];

static const struct af_walk_text *find(void *context, uint64_t addr,
				       uint64_t *offset)
{
	(void)context;
	if (addr < TEXTS || addr >= TEXTS + NR_TEXTS * TEXT)
		return NULL;
	*offset = addr % TEXT;
	return &texts[(addr - TEXTS) / TEXT];
}

static bool read_word(void *context, uint64_t addr, uint64_t *word)
{
	(void)context;
	if (addr < STACK || addr % 8 || addr >= STACK + sizeof(stack))
		return false;
	*word = stack[(addr - STACK) / 8];
	return true;
}

static const struct af_walk walk = { .find = find, .read = read_word };

static void setup(void)
{
	memset(stack, 0, sizeof(stack));
	table.head.nr_rules = ARRAY_SIZE(rules);
	table.head.nr_rows = ARRAY_SIZE(rules);
	memcpy(table.rules, rules, sizeof(rules));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		table.rows[i].pc = starts[i];
		table.rows[i].rule = i;
	}
	for (size_t i = 0; i < NR_TEXTS; i++)
		texts[i] = (struct af_walk_text){ .len = TEXT };
	texts[LIBC].table = &table;
	texts[LIBC].table_size = sizeof(table);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), TEXT), 0);
}

/* Where the walk ended if it led nowhere. */
static uint64_t where;

/* The index of the caller of a call that is made at @ip, or -1. */
static int caller_at(uint64_t ip, uint64_t fp, uint64_t arg0)
{
	const struct af_walk_regs regs = {
		.ip = ip,
		.sp = STACK,
		.fp = fp,
		.arg0 = arg0,
	};
	const struct af_walk_text *text = af_walk_caller(&walk, &regs, &where);

	return text ? (int)(text - texts) : -1;
}

/* A call in the middle of a function of LIBC. */
static int caller_in(unsigned int function)
{
	return caller_at(AT(LIBC, function + 0x20), STACK + 64, 0);
}

START_TEST(test_call_of_its_own_code_is_the_callers) {
	ck_assert_int_eq(caller_at(AT(FIRST, 0x20), 0, 0), FIRST);
	ck_assert_int_eq(caller_at(AT(SECOND, 0x20), 0, 0), SECOND);
}
END_TEST

START_TEST(test_call_at_the_end_of_a_text_belongs_to_that_text) {
	ck_assert_int_eq(caller_at(AT(SECOND, TEXT), 0, 0), SECOND);
	ck_assert_int_eq(caller_at(AT(FIRST, TEXT), 0, 0), FIRST);
}
END_TEST

START_TEST(test_return_address_at_the_end_of_a_text_belongs_to_that_text) {
	stack[0] = AT(SECOND, TEXT);
	ck_assert_int_eq(caller_in(AT_SP8), SECOND);
}
END_TEST

START_TEST(test_caller_is_behind_a_transparent_frame) {
	stack[0] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_SP8), SECOND);
	stack[0] = AT(FIRST, 0x20);
	ck_assert_int_eq(caller_in(AT_SP8), FIRST);
}
END_TEST

START_TEST(test_innermost_opaque_frame_is_the_caller) {
	stack[0] = AT(LIBC, AT_SP8 + 0x20);
	stack[1] = AT(SECOND, 0x20);
	stack[2] = AT(FIRST, 0x20);
	ck_assert_int_eq(caller_in(AT_SP8), SECOND);
}
END_TEST

START_TEST(test_frame_pointer_leads_to_the_caller) {
	stack[9] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_FP16), SECOND);
}
END_TEST

START_TEST(test_saved_frame_pointer_is_that_of_the_next_frame) {
	stack[2] = STACK + 160;
	stack[3] = AT(LIBC, AT_FP16 + 0x20);
	stack[21] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_SP32), SECOND);
}
END_TEST

START_TEST(test_lost_frame_pointer_leads_nowhere) {
	stack[0] = AT(LIBC, AT_FP16 + 0x20);
	stack[9] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_SP8), SECOND);
	ck_assert_int_eq(caller_in(AT_LOST), -1);
}
END_TEST

START_TEST(test_lost_frame_pointer_does_not_matter_without_need) {
	stack[0] = AT(LIBC, AT_SP8 + 0x20);
	stack[1] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_LOST), SECOND);
}
END_TEST

START_TEST(test_return_address_can_be_in_a_register) {
	ck_assert_int_eq(caller_at(AT(LIBC, AT_ARG0 + 0x20), 0,
				   AT(SECOND, 0x20)),
			 SECOND);
}
END_TEST

START_TEST(test_register_of_an_outer_frame_is_not_known) {
	stack[0] = AT(LIBC, AT_ARG0 + 0x20);
	ck_assert_int_eq(
		caller_at(AT(LIBC, AT_SP8 + 0x20), 0, AT(SECOND, 0x20)), -1);
}
END_TEST

START_TEST(test_proper_end_is_a_call_of_the_library) {
	ck_assert_int_eq(caller_in(AT_END), LIBC);
	stack[0] = AT(LIBC, AT_END + 0x20);
	ck_assert_int_eq(caller_in(AT_SP8), LIBC);
}
END_TEST

START_TEST(test_frame_without_description_leads_nowhere) {
	ck_assert_int_eq(caller_in(AT_NONE), -1);
	ck_assert_uint_eq(where, AT(LIBC, AT_NONE + 0x20) - 1);
}
END_TEST

START_TEST(test_code_of_no_file_leads_nowhere) {
	stack[0] = 0x5000;
	ck_assert_int_eq(caller_in(AT_SP8), -1);
	ck_assert_uint_eq(where, 0x4fff);
}
END_TEST

START_TEST(test_frame_that_does_not_grow_leads_nowhere) {
	stack[0] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_in(AT_SP0), -1);
	ck_assert_int_eq(caller_at(AT(LIBC, AT_FP16 + 0x20), STACK - 64, 0),
			 -1);
}
END_TEST

START_TEST(test_frame_that_is_not_aligned_leads_nowhere) {
	stack[9] = AT(SECOND, 0x20);
	ck_assert_int_eq(caller_at(AT(LIBC, AT_FP16 + 0x20), STACK + 60, 0),
			 -1);
}
END_TEST

START_TEST(test_stack_that_cannot_be_read_leads_nowhere) {
	ck_assert_int_eq(caller_at(AT(LIBC, AT_FP16 + 0x20),
				   STACK + sizeof(stack), 0),
			 -1);
}
END_TEST

/* So many frames that are looked through, then SECOND. */
static int caller_behind(size_t nr_frames)
{
	for (size_t i = 0; i + 1 < nr_frames; i++)
		stack[i] = AT(LIBC, AT_SP8 + 0x20);
	stack[nr_frames - 1] = AT(SECOND, 0x20);
	return caller_in(AT_SP8);
}

START_TEST(test_as_many_frames_are_followed_as_by_the_kernel) {
	ck_assert_int_eq(caller_behind(LIBAF_SECCOMP_MAX_FRAMES), SECOND);
	ck_assert_int_eq(caller_behind(LIBAF_SECCOMP_MAX_FRAMES + 1), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *tcase = tcase_create("walk");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_call_of_its_own_code_is_the_callers);
	tcase_add_test(tcase,
		       test_call_at_the_end_of_a_text_belongs_to_that_text);
	tcase_add_test(
		tcase,
		test_return_address_at_the_end_of_a_text_belongs_to_that_text);
	tcase_add_test(tcase, test_caller_is_behind_a_transparent_frame);
	tcase_add_test(tcase, test_innermost_opaque_frame_is_the_caller);
	tcase_add_test(tcase, test_frame_pointer_leads_to_the_caller);
	tcase_add_test(tcase,
		       test_saved_frame_pointer_is_that_of_the_next_frame);
	tcase_add_test(tcase, test_lost_frame_pointer_leads_nowhere);
	tcase_add_test(tcase,
		       test_lost_frame_pointer_does_not_matter_without_need);
	tcase_add_test(tcase, test_return_address_can_be_in_a_register);
	tcase_add_test(tcase, test_register_of_an_outer_frame_is_not_known);
	tcase_add_test(tcase, test_proper_end_is_a_call_of_the_library);
	tcase_add_test(tcase, test_frame_without_description_leads_nowhere);
	tcase_add_test(tcase, test_code_of_no_file_leads_nowhere);
	tcase_add_test(tcase, test_frame_that_does_not_grow_leads_nowhere);
	tcase_add_test(tcase, test_frame_that_is_not_aligned_leads_nowhere);
	tcase_add_test(tcase, test_stack_that_cannot_be_read_leads_nowhere);
	tcase_add_test(tcase,
		       test_as_many_frames_are_followed_as_by_the_kernel);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
