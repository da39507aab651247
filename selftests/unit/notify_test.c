// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters with a supervisor, with a kernel that this test plays. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "filter.h"
#include "large_policy.h"
#include "libaf.h"
#include "policy.h"
#include "sim.h"
#include "sys.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#define POLICY                  \
	"default errno EPERM\n" \
	"program { read\n mkdir then notify\n}\n"

/* The same for all, so that any kernel will do. */
#define SIMPLE "default notify\nunknown { read }\ncommon { read }\n"

#define LISTENER 17

/* The kernel: what it can do, what it answers, and what it was asked. */
static unsigned int features;
static int no_new_privs_answer;
static int answer;
static unsigned int op;
static const void *args;

unsigned int __wrap_af_sys_features(void);
int __wrap_af_sys_no_new_privs(void);
int __wrap_af_sys_set_notifier(unsigned int with, const void *what);
int __wrap_af_sys_ioctl(int fd, unsigned long request, void *arg);

unsigned int __wrap_af_sys_features(void)
{
	return features;
}

int __wrap_af_sys_no_new_privs(void)
{
	return no_new_privs_answer;
}

int __wrap_af_sys_set_notifier(unsigned int with, const void *what)
{
	op = with;
	args = what;
	return answer;
}

/* As the kernel counts: an unpatched one has a request for 80 bytes only. */
int __wrap_af_sys_ioctl(int fd, unsigned long request, void *arg)
{
	const struct libaf_seccomp_data data = {
		.nr = SYS_mkdir,
		.arch = AUDIT_ARCH_X86_64,
		.args = { 1, 2, 3, 4, 5, 6 },
		.prev_nr = SYS_read,
		.caller_id = 3,
	};
	struct seccomp_notif *notif = arg;
	size_t size = _IOC_SIZE(request);

	ck_assert_int_eq(fd, LISTENER);
	ck_assert_uint_eq(_IOC_TYPE(request), '!');
	ck_assert_uint_eq(_IOC_NR(request), 0);
	for (size_t i = 0; i < size; i++)
		ck_assert_int_eq(((char *)arg)[i], 0);
	if (answer)
		return answer;
	if (!features && size != 80)
		return -EINVAL;
	ck_assert_uint_eq(size, features ? 88 : 80);
	notif->id = 0x123456789;
	notif->pid = 4711;
	memcpy(&notif->data, &data, size - 16);
	return 0;
}

static struct libaf_policy *policy;
static struct libaf_filter *filter;
static struct libaf_error err;

static int make(const char *text, const char *program, unsigned int flags)
{
	libaf_filter_free(filter);
	libaf_policy_free(policy);
	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "a.af", &policy,
					    &err),
			 0);
	return libaf_filter_new(policy, program, flags, &filter, &err);
}

static void setup(void)
{
	features = LIBAF_SECCOMP_FEATURE_PREV_NR |
		   LIBAF_SECCOMP_FEATURE_CALLER_ID;
}

static void teardown(void)
{
	libaf_filter_free(filter);
	libaf_policy_free(policy);
}

START_TEST(test_load) {
	int listener = -1;

	answer = LISTENER;
	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener),
			 LIBAF_ENFORCED);
	ck_assert_int_eq(listener, LISTENER);
	ck_assert_uint_eq(op, LIBAF_SECCOMP_SET_MODE_CALLER);
	ck_assert_ptr_eq(args, filter->args);

	ck_assert_int_eq(make(SIMPLE, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener),
			 LIBAF_ENFORCED);
	ck_assert_uint_eq(op, SECCOMP_SET_MODE_FILTER);
	ck_assert_ptr_eq(args, filter->fprogs);
}
END_TEST

/* Without a listener, the kernel would say that there are no such calls. */
START_TEST(test_no_load_without_listener) {
	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load(filter), -EINVAL);
	ck_assert_int_eq(make(POLICY, "/bin/true", 0), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "`notify`"));
}
END_TEST

START_TEST(test_no_listener_for_nothing) {
	int listener = -1;

	ck_assert_int_eq(make("program { read }", NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener), -EINVAL);
	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load_notify(filter, NULL), -EINVAL);
	ck_assert_int_eq(libaf_filter_load_notify(NULL, &listener), -EINVAL);
	ck_assert_int_eq(listener, -1);
}
END_TEST

static const struct {
	int kernel;
	int expected;
} load_errors[] = {
	{ -EBUSY, -EBUSY },           { -ESRCH, -EBUSY },
	{ -ENOMEM, -ENOMEM },         { -EMFILE, -ECANCELED },
	{ -EOPNOTSUPP, -EOPNOTSUPP },
};

START_TEST(test_load_errors) {
	int listener = -1;

	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	answer = load_errors[_i].kernel;
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener),
			 load_errors[_i].expected);
	ck_assert_int_eq(listener, -1);
	no_new_privs_answer = -EINVAL;
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener),
			 -ECANCELED);
}
END_TEST

/* A chain of filters has one listener, which would miss what others decide. */
START_TEST(test_several_programs) {
	char *large = large_policy(), *text = NULL;

	ck_assert_ptr_nonnull(large);
	ck_assert_int_gt(asprintf(&text,
				  "%slibrary libm.so.6 {\n"
				  "mkdir then notify }\n",
				  large),
			 0);
	ck_assert_int_eq(make(text, NULL, 0), -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.text, "`notify`"));
	free(large);
	free(text);
}
END_TEST

/* What is left to a supervisor is in nobody's list. */
START_TEST(test_degraded) {
	struct libaf_seccomp_data data = { .nr = SYS_mkdir,
					   .arch = AUDIT_ARCH_X86_64 };
	int listener;

	features = 0;
	answer = LISTENER;
	ck_assert_int_eq(make(POLICY, NULL, LIBAF_ALLOW_DEGRADED), 0);
	ck_assert_uint_eq(af_sim_run(filter->fprogs[0].filter,
				     filter->fprogs[0].len, &data, NULL),
			  SECCOMP_RET_ERRNO | EPERM);
	ck_assert_int_eq(libaf_filter_load_notify(filter, &listener),
			 LIBAF_DEGRADED);
}
END_TEST

START_TEST(test_receive) {
	struct libaf_notify notify;

	memset(&notify, 0xff, sizeof(notify));
	features = _i ? ~0U : 0;
	ck_assert_int_eq(libaf_notify_receive(LISTENER, &notify), 0);
	ck_assert_uint_eq(notify.id, 0x123456789);
	ck_assert_int_eq(notify.pid, 4711);
	ck_assert_uint_eq(notify.arch, AUDIT_ARCH_X86_64);
	ck_assert_int_eq(notify.call.nr, SYS_mkdir);
	ck_assert_int_eq(notify.call.has_args, 1);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert_uint_eq(notify.call.args[i], i + 1);
	ck_assert_int_eq(notify.call.prev_nr,
			 _i ? SYS_read : LIBAF_PREV_NOT_TOLD);
	ck_assert_uint_eq(notify.call.caller_id,
			  _i ? 3 : LIBAF_CALLER_NOT_TOLD);
}
END_TEST

static const struct {
	int kernel;
	int expected;
} receive_errors[] = {
	{ -EINTR, -EINTR },   { -ENOENT, -ENOENT }, { -ENOMEM, -ENOMEM },
	{ -ENOTTY, -EINVAL }, { -EBADF, -EINVAL },  { -EINVAL, -EINVAL },
};

START_TEST(test_receive_errors) {
	struct libaf_notify notify;

	answer = receive_errors[_i].kernel;
	ck_assert_int_eq(libaf_notify_receive(LISTENER, &notify),
			 receive_errors[_i].expected);
	ck_assert_int_eq(libaf_notify_receive(LISTENER, NULL), -EINVAL);
}
END_TEST

START_TEST(test_explanation) {
	const struct libaf_call call = {
		.nr = SYS_mkdir,
		.prev_nr = SYS_read,
		.caller_id = AF_ID_PROGRAM,
	};
	struct libaf_explanation why;

	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(libaf_policy_explain(policy, &call, &why), 0);
	ck_assert_int_eq(why.verdict, LIBAF_DEPENDS);
	ck_assert_str_eq(why.text, "`mkdir` by the program, after `read`: left "
				   "to the supervisor by line 3");
	ck_assert_str_eq(why.hint, "");
	ck_assert_int_eq(make(SIMPLE, NULL, 0), 0);
	ck_assert_int_eq(libaf_policy_explain(policy, &call, &why), 0);
	ck_assert_int_eq(why.verdict, LIBAF_DEPENDS);
	ck_assert_str_eq(why.text, "`mkdir` by the program, after `read`: left "
				   "to the supervisor, as no rule permits it");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_load);
	tcase_add_test(tcase, test_no_load_without_listener);
	tcase_add_test(tcase, test_no_listener_for_nothing);
	tcase_add_loop_test(tcase, test_load_errors, 0,
			    ARRAY_SIZE(load_errors));
	tcase_add_test(tcase, test_several_programs);
	tcase_add_test(tcase, test_degraded);
	tcase_add_loop_test(tcase, test_receive, 0, 2);
	tcase_add_loop_test(tcase, test_receive_errors, 0,
			    ARRAY_SIZE(receive_errors));
	tcase_add_test(tcase, test_explanation);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
