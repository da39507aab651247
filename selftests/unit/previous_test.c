// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The call before, in the cases of the table in the kernel's documentation and
 * of its tests for signals (selftests/seccomp/prev_signal_test.c).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../tools/previous.h"

#define SP 0x70000000U

/* An alternate stack, below. */
#define ALT     0x60000000U
#define ALT_END 0x5fff0000U

static struct af_previous previous;

static void setup(void)
{
	memset(&previous, 0, sizeof(previous));
	af_previous_exec(&previous, SYS_execve);
}

static void call(unsigned int nr)
{
	af_previous_call(&previous, nr, SP);
}

/* Is this call the only one that can be the one before? */
static bool is(unsigned int nr)
{
	struct af_nrset one = { .bits = { 0 } };

	af_nrset_add(&one, nr);
	return previous.prevs.known && !previous.prevs.start &&
	       !previous.prevs.signal &&
	       !memcmp(&one, &previous.prevs.calls, sizeof(one));
}

static bool is_signal(void)
{
	const struct af_nrset none = { .bits = { 0 } };

	return previous.prevs.known && !previous.prevs.start &&
	       previous.prevs.signal &&
	       !memcmp(&none, &previous.prevs.calls, sizeof(none));
}

START_TEST(test_first_call_follows_execve) {
	ck_assert(is(SYS_execve));
}
END_TEST

START_TEST(test_each_call_follows_the_last) {
	call(SYS_read);
	ck_assert(is(SYS_read));
	call(SYS_write);
	ck_assert(is(SYS_write));
}
END_TEST

START_TEST(test_restart_syscall_is_no_call_of_its_own) {
	call(SYS_nanosleep);
	call(SYS_restart_syscall);
	ck_assert(is(SYS_nanosleep));
}
END_TEST

START_TEST(test_call_of_another_kind_leaves_none) {
	call(SYS_read);
	af_previous_foreign(&previous);
	ck_assert(previous.prevs.known && previous.prevs.start);
	ck_assert(!af_nrset_has(&previous.prevs.calls, SYS_read));
}
END_TEST

START_TEST(test_vdso_call_may_not_have_been_seen) {
	call(SYS_read);
	call(SYS_clock_gettime);
	call(SYS_gettimeofday);
	ck_assert(af_nrset_has(&previous.prevs.calls, SYS_read));
	ck_assert(af_nrset_has(&previous.prevs.calls, SYS_clock_gettime));
	ck_assert(af_nrset_has(&previous.prevs.calls, SYS_gettimeofday));
	call(SYS_write);
	ck_assert(is(SYS_write));
}
END_TEST

START_TEST(test_vdso_call_after_nobody_knows_what_is_known) {
	memset(&previous, 0, sizeof(previous));
	call(SYS_clock_gettime);
	ck_assert(is(SYS_clock_gettime));
}
END_TEST

START_TEST(test_handler_begins_with_signal) {
	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	ck_assert(is_signal());
	af_previous_call(&previous, SYS_write, SP - 600);
	ck_assert(is(SYS_write));
}
END_TEST

START_TEST(test_return_from_a_handler_restores_what_was_before) {
	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	af_previous_call(&previous, SYS_write, SP - 600);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_read));
}
END_TEST

START_TEST(test_handlers_nest) {
	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	af_previous_call(&previous, SYS_write, SP - 600);
	af_previous_signal(&previous, SP - 1024, 0);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 1016);
	ck_assert(is(SYS_write));
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_read));
}
END_TEST

START_TEST(test_handlers_nest_across_stacks) {
	call(SYS_read);
	af_previous_signal(&previous, ALT - 512, ALT_END);
	af_previous_call(&previous, SYS_write, ALT - 600);
	af_previous_signal(&previous, ALT - 1024, ALT_END);
	af_previous_call(&previous, SYS_rt_sigreturn, ALT - 1016);
	ck_assert(is(SYS_write));
	af_previous_call(&previous, SYS_rt_sigreturn, ALT - 504);
	ck_assert(is(SYS_read));
}
END_TEST

START_TEST(test_handler_that_is_left_is_forgotten) {
	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	call(SYS_getpid);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_handler_on_another_stack_is_forgotten_off_it) {
	call(SYS_read);
	af_previous_signal(&previous, ALT - 512, ALT_END);
	af_previous_call(&previous, SYS_getpid, ALT_END - 8);
	af_previous_call(&previous, SYS_rt_sigreturn, ALT - 504);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_sigreturn_without_a_handler_is_a_call) {
	call(SYS_rt_sigreturn);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_sigreturn_from_below_the_frame_is_a_call) {
	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 520);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_outermost_of_too_many_handlers_is_forgotten) {
	uint64_t sp = SP;

	call(SYS_read);
	for (int i = 0; i <= AF_MAX_SIGNALS; i++)
		af_previous_signal(&previous, sp -= 512, 0);
	for (int i = 0; i < AF_MAX_SIGNALS; i++, sp += 512)
		af_previous_call(&previous, SYS_rt_sigreturn, sp + 8);
	ck_assert(is_signal());
	af_previous_call(&previous, SYS_rt_sigreturn, sp + 8);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_child_sees_the_call_that_made_it) {
	struct af_previous parent = previous;

	af_previous_call(&parent, SYS_clone, SP);
	af_previous_fork(&previous, &parent, true);
	ck_assert(is(SYS_clone));
}
END_TEST

START_TEST(test_child_on_the_same_stack_returns_from_handlers) {
	struct af_previous parent;

	call(SYS_read);
	af_previous_signal(&previous, SP - 512, 0);
	af_previous_call(&previous, SYS_clone, SP - 600);
	parent = previous;
	af_previous_fork(&previous, &parent, true);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_read));
	af_previous_fork(&previous, &parent, false);
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

START_TEST(test_program_does_not_return_from_handlers_before_it) {
	af_previous_signal(&previous, SP - 512, 0);
	af_previous_exec(&previous, SYS_execveat);
	ck_assert(is(SYS_execveat));
	af_previous_call(&previous, SYS_rt_sigreturn, SP - 504);
	ck_assert(is(SYS_rt_sigreturn));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("previous");
	TCase *tcase = tcase_create("previous");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_first_call_follows_execve);
	tcase_add_test(tcase, test_each_call_follows_the_last);
	tcase_add_test(tcase, test_restart_syscall_is_no_call_of_its_own);
	tcase_add_test(tcase, test_call_of_another_kind_leaves_none);
	tcase_add_test(tcase, test_vdso_call_may_not_have_been_seen);
	tcase_add_test(tcase, test_vdso_call_after_nobody_knows_what_is_known);
	tcase_add_test(tcase, test_handler_begins_with_signal);
	tcase_add_test(tcase,
		       test_return_from_a_handler_restores_what_was_before);
	tcase_add_test(tcase, test_handlers_nest);
	tcase_add_test(tcase, test_handlers_nest_across_stacks);
	tcase_add_test(tcase, test_handler_that_is_left_is_forgotten);
	tcase_add_test(tcase,
		       test_handler_on_another_stack_is_forgotten_off_it);
	tcase_add_test(tcase, test_sigreturn_without_a_handler_is_a_call);
	tcase_add_test(tcase, test_sigreturn_from_below_the_frame_is_a_call);
	tcase_add_test(tcase, test_outermost_of_too_many_handlers_is_forgotten);
	tcase_add_test(tcase, test_child_sees_the_call_that_made_it);
	tcase_add_test(tcase,
		       test_child_on_the_same_stack_returns_from_handlers);
	tcase_add_test(tcase,
		       test_program_does_not_return_from_handlers_before_it);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
