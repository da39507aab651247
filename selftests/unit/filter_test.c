// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Making filters and handing them over, to a kernel that is made up: what it
 * would be given, and what its errors become.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "filter.h"
#include "launch.h"
#include "large_policy.h"
#include "libaf.h"
#include "policy.h"
#include "sim.h"
#include "sys.h"
#include "unwind.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* The kernel: what it can do, what it answers, and what it was asked. */
static unsigned int features;
static int no_new_privs_answer;
static long answer;
static const struct sock_filter *set_filter;
static const struct libaf_seccomp_caller_filter *set_caller;
static unsigned int nr_in_order;
static struct af_launch launched;
static unsigned int nr_asked;
/* Which of the next questions has this answer instead; 0 for none. */
static unsigned int fail_at;
#define FAILURE (-ENOMEM)

/* Number of the mapping that fails, counted down; 0 for none. */
static unsigned int fail_in;
static long nr_mapped;

unsigned int __wrap_af_sys_features(void);
int __wrap_af_sys_no_new_privs(void);
int __wrap_af_sys_set_filter(const struct sock_filter *prog, unsigned int len);
int __wrap_af_sys_set_caller_filter(
	const struct libaf_seccomp_caller_filter *args);
long __wrap_af_launch(const struct af_launch *launch);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __real_munmap(void *addr, size_t len);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_munmap(void *addr, size_t len);

unsigned int __wrap_af_sys_features(void)
{
	return features;
}

int __wrap_af_sys_no_new_privs(void)
{
	return no_new_privs_answer;
}

int __wrap_af_sys_set_filter(const struct sock_filter *prog, unsigned int len)
{
	nr_asked++;
	set_filter = prog;
	if (nr_asked == fail_at)
		return FAILURE;
	return af_sim_check(prog, len) ? -EFAULT : (int)answer;
}

int __wrap_af_sys_set_caller_filter(
	const struct libaf_seccomp_caller_filter *args)
{
	nr_asked++;
	if (set_caller && args > set_caller)
		nr_in_order++;
	set_caller = args;
	return nr_asked == fail_at ? FAILURE : (int)answer;
}

long __wrap_af_launch(const struct af_launch *launch)
{
	nr_asked++;
	launched = *launch;
	return answer;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (fail_in && --fail_in == 0) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	nr_mapped++;
	return __real_mmap(addr, len, prot, flags, fd, offset);
}

int __wrap_munmap(void *addr, size_t len)
{
	nr_mapped--;
	return __real_munmap(addr, len);
}

#define ALL (LIBAF_SECCOMP_FEATURE_PREV_NR | LIBAF_SECCOMP_FEATURE_CALLER_ID)

/* Needs to know who asks; looks through two. */
#define POLICY                                    \
	"default errno EPERM\nprogram { read }\n" \
	"library libm.so.6 { write }\ntransparent libc.so.6 ld-linux-x86-64.so.2\n"

/* The same for all. */
#define SIMPLE "common { getpid exit_group }\nunknown { getpid exit_group }\n"

static struct libaf_policy *policy;
static struct libaf_filter *filter;
static struct libaf_error err;

static void setup(void)
{
	unsetenv("LD_LIBRARY_PATH");
	features = ALL;
	answer = no_new_privs_answer = 0;
	nr_asked = 0;
	nr_in_order = 0;
	fail_at = 0;
	nr_mapped = 0;
	set_filter = NULL;
	set_caller = NULL;
}

static void teardown(void)
{
	libaf_filter_free(filter);
	filter = NULL;
	libaf_policy_free(policy);
	policy = NULL;
	ck_assert_int_eq(nr_mapped, 0);
}

static int make(const char *text, const char *program, unsigned int flags)
{
	libaf_filter_free(filter);
	libaf_policy_free(policy);
	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "name.af",
					    &policy, &err),
			 0);
	return libaf_filter_new(policy, program, flags, &filter, &err);
}

static void check_program(const struct libaf_seccomp_caller_filter *args,
			  uintptr_t start, uintptr_t end)
{
	ck_assert_uint_eq(args->size, sizeof(*args));
	ck_assert_uint_eq(args->reserved, 0);
	ck_assert_uint_ge(args->prog, start);
	ck_assert_uint_le(
		args->prog + args->prog_len * sizeof(struct sock_filter), end);
	ck_assert_int_eq(
		af_sim_check((void *)(uintptr_t)args->prog, args->prog_len), 0);
}

/* All that the kernel reads lies within the mapping, and it would take it. */
static void check_args(void)
{
	const struct libaf_seccomp_caller_filter *args = filter->args;
	const struct libaf_seccomp_object *objects =
		(const void *)(uintptr_t)args->objects;
	uintptr_t start = (uintptr_t)filter, end = start + filter->size;

	for (size_t i = 0; i < filter->nr_programs; i++)
		check_program(&filter->args[i], start, end);
	ck_assert_uint_le(args->objects + args->nr_objects * sizeof(*objects),
			  end);
	for (size_t i = 0; i < args->nr_objects; i++) {
		const struct libaf_seccomp_object *object = &objects[i];

		if (!(object->flags & LIBAF_SECCOMP_OBJECT_TRANSPARENT))
			continue;
		ck_assert_uint_ge(object->unwind, start);
		ck_assert_uint_le(object->unwind + object->unwind_size, end);
		ck_assert_int_eq(
			af_unwind_check((void *)(uintptr_t)object->unwind,
					object->unwind_size, object->len),
			0);
	}
}

START_TEST(test_packed) {
	/* The program, three libraries, and the vDSO, which Valgrind hides. */
	const size_t nr = 4 + (getauxval(AT_SYSINFO_EHDR) != 0);
	const struct sock_filter *prog;
	size_t len;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(make(POLICY, i ? "/bin/true" : NULL, 0), 0);
		/* The policy is not needed any longer. */
		libaf_policy_free(policy);
		policy = NULL;
		ck_assert_uint_ge(filter->args->nr_objects, nr + i);
		ck_assert(!filter->degraded);
		ck_assert_int_eq(filter->launches, i);
		check_args();
		prog = libaf_filter_program(filter, 0, &len);
		ck_assert_uint_eq((uintptr_t)prog, filter->args->prog);
		ck_assert_uint_eq(len, filter->args->prog_len);
	}
}
END_TEST

START_TEST(test_needs) {
	static const unsigned int loads[] = { 0, 4, 16, 60, 64, 68 };
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 64),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 68),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		unsigned int needs = loads[i] < 64 ? 0 : 1U << (loads[i] == 68);

		prog[1].k = loads[i];
		ck_assert_uint_eq(af_filter_needs(prog, ARRAY_SIZE(prog)),
				  needs);
		ck_assert_uint_eq(af_filter_needs(prog, 1), 0);
	}
}
END_TEST

/* What this library does not know may be what makes a filter stronger. */
START_TEST(test_unknown_flag) {
	ck_assert_int_eq(make(POLICY, NULL, 1U << 31), -EINVAL);
	ck_assert_ptr_null(filter);
	ck_assert_str_eq(err.text, "unknown flag 0x80000000");
	ck_assert_int_eq(make(POLICY, NULL,
			      LIBAF_ALLOW_DEGRADED | LIBAF_REPORT << 1),
			 -EINVAL);
	ck_assert_int_eq(make(POLICY, NULL, LIBAF_ALLOW_DEGRADED), 0);
}
END_TEST

/* A kernel that cannot do what is needed is not asked to. */
START_TEST(test_features) {
	features = LIBAF_SECCOMP_FEATURE_PREV_NR;
	ck_assert_int_eq(make(POLICY, NULL, 0), -EOPNOTSUPP);
	ck_assert_ptr_null(filter);
	ck_assert_ptr_nonnull(strstr(err.text, "who asks"));
	ck_assert_str_ne(err.hint, "");
	features = LIBAF_SECCOMP_FEATURE_CALLER_ID;
	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(make("unknown { getpid after getuid }\n"
			      "program { getpid after getuid }\n",
			      NULL, 0),
			 -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(err.text, "previous"));
	features = 0;
	ck_assert_int_eq(make(SIMPLE, NULL, 0), 0);
	ck_assert_uint_eq(filter->args->nr_objects, 0);
	ck_assert(!filter->degraded);
}
END_TEST

/* What a kernel is worth: the levels that its features make up. */
START_TEST(test_abi) {
	features = 0;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_STOCK);
	/* As it is built without SECCOMP_CALLER */
	features = LIBAF_SECCOMP_FEATURE_PREV_NR;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_PREV_NR);
	features |= LIBAF_SECCOMP_FEATURE_CALLER_ID;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_CALLER_ID);
	/* A level has all that is below it, and none does what is unknown. */
	features = LIBAF_SECCOMP_FEATURE_CALLER_ID;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_STOCK);
	features = ~(unsigned int)ALL;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_STOCK);
	features = ~0U;
	ck_assert_int_eq(libaf_abi(), LIBAF_ABI_CALLER_ID);
}
END_TEST

/* The stock kernel's filter: for everybody, and with no object. */
START_TEST(test_degraded) {
	struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
	const struct sock_filter *prog;
	size_t len;

	features = 0;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(make(POLICY, i ? "/bin/true" : NULL,
				      LIBAF_ALLOW_DEGRADED),
				 0);
		ck_assert(filter->degraded);
		ck_assert_uint_eq(filter->args->nr_objects, 0);
		ck_assert_uint_eq(filter->nr_maps, 0);
		prog = libaf_filter_program(filter, 0, &len);
		ck_assert_uint_eq(af_filter_needs(prog, len), 0);
		data.nr = SYS_write;
		ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL),
				  SECCOMP_RET_ALLOW);
		data.nr = SYS_execve;
		ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL),
				  i ? SECCOMP_RET_ALLOW :
				      (SECCOMP_RET_ERRNO | EPERM));
		data.nr = SYS_getpid;
		ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL),
				  SECCOMP_RET_ERRNO | EPERM);
	}
	ck_assert_int_eq(libaf_filter_load(filter), -EINVAL);
	ck_assert_int_eq(make(POLICY, NULL, LIBAF_ALLOW_DEGRADED), 0);
	ck_assert_int_eq(libaf_filter_load(filter), LIBAF_DEGRADED);
	ck_assert_ptr_eq(set_filter, libaf_filter_program(filter, 0, &len));
	ck_assert_uint_eq(nr_asked, 1);
	/* What can be enforced is. */
	features = ALL;
	ck_assert_int_eq(make(POLICY, NULL, LIBAF_ALLOW_DEGRADED), 0);
	ck_assert(!filter->degraded);
}
END_TEST

START_TEST(test_load) {
	size_t len;

	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load(filter), LIBAF_ENFORCED);
	ck_assert_ptr_eq(set_caller, filter->args);
	ck_assert_ptr_null(set_filter);
	ck_assert_int_eq(make(SIMPLE, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load(filter), LIBAF_ENFORCED);
	ck_assert_ptr_eq(set_filter, libaf_filter_program(filter, 0, &len));
	ck_assert_uint_eq(nr_asked, 2);
	no_new_privs_answer = -EPERM;
	ck_assert_int_eq(libaf_filter_load(filter), -ECANCELED);
	ck_assert_uint_eq(nr_asked, 2);
}
END_TEST

static const struct {
	int kernel;
	int libaf;
} errors[] = {
	{ -ESRCH, -EBUSY },
	{ -ENOMEM, -ENOMEM },
	{ -E2BIG, -E2BIG },
	{ -EOPNOTSUPP, -EOPNOTSUPP },
	{ -EINVAL, -ECANCELED },
	{ -EFAULT, -ECANCELED },
	{ -EACCES, -ECANCELED },
	/* With TSYNC of old a thread's id; never a success. */
	{ 4711, -ECANCELED },
};

START_TEST(test_refused) {
	char *argv[] = { NULL };

	ck_assert_int_eq(make(POLICY, NULL, 0), 0);
	answer = errors[_i].kernel;
	ck_assert_int_eq(libaf_filter_load(filter), errors[_i].libaf);
	ck_assert_int_eq(make(SIMPLE, NULL, 0), 0);
	ck_assert_int_eq(libaf_filter_load(filter), errors[_i].libaf);
	ck_assert_int_eq(make(POLICY, "/bin/true", 0), 0);
	ck_assert_int_eq(libaf_filter_exec(filter, "/x", argv, argv, NULL),
			 errors[_i].libaf);
	ck_assert_uint_eq(nr_asked, 3);
}
END_TEST

START_TEST(test_exec) {
	char failure[5000], *argv[] = { failure, NULL }, *envp[] = { NULL };

	memset(failure, 'f', sizeof(failure));
	failure[sizeof(failure) - 1] = '\0';
	answer = -EINVAL;
	ck_assert_int_eq(make(POLICY, "/bin/true", 0), 0);
	libaf_filter_exec(filter, "/x", argv, envp, failure);
	ck_assert_uint_eq(launched.op, LIBAF_SECCOMP_SET_MODE_CALLER);
	ck_assert_ptr_eq(launched.args, filter->args);
	ck_assert_str_eq(launched.path, "/x");
	ck_assert_ptr_eq(launched.argv, argv);
	ck_assert_ptr_eq(launched.envp, envp);
	ck_assert_ptr_eq(launched.failure, failure);
	ck_assert_uint_eq(launched.failure_len, 4096);
	libaf_filter_exec(filter, "/x", argv, envp, NULL);
	ck_assert_uint_eq(launched.failure_len, 0);

	ck_assert_int_eq(libaf_filter_load(filter), -EINVAL);
	ck_assert_int_eq(libaf_filter_exec(NULL, "/x", argv, envp, ""),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_exec(filter, NULL, argv, envp, ""),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_exec(filter, "/x", NULL, envp, ""),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_exec(filter, "/x", argv, NULL, ""),
			 -EINVAL);
	ck_assert_uint_eq(nr_asked, 2);
	no_new_privs_answer = -EPERM;
	ck_assert_int_eq(libaf_filter_exec(filter, "/x", argv, envp, ""),
			 -ECANCELED);
	ck_assert_uint_eq(nr_asked, 2);

	/* A stock kernel is given no objects. */
	features = 0;
	no_new_privs_answer = 0;
	ck_assert_int_eq(make(POLICY, "/bin/true", LIBAF_ALLOW_DEGRADED), 0);
	libaf_filter_exec(filter, "/x", argv, envp, "failed");
	ck_assert_uint_eq(launched.op, SECCOMP_SET_MODE_FILTER);
	ck_assert_ptr_eq(launched.args, filter->fprogs);
	ck_assert_uint_eq(launched.failure_len, 6);

	/* Who made no filter to execute with executes nothing. */
	ck_assert_int_eq(make(POLICY, NULL, LIBAF_ALLOW_DEGRADED), 0);
	ck_assert_int_eq(libaf_filter_exec(filter, "/x", argv, envp, ""),
			 -EINVAL);
	ck_assert_uint_eq(nr_asked, 3);
}
END_TEST

/*
 * The launcher has what unknown code has in any case, and nothing that unknown
 * code has in some cases only: here, execve() after anything and from anywhere.
 */
START_TEST(test_launcher_is_not_stronger) {
	static const struct {
		const char *text;
		uint32_t verdict;
	} policies[] = {
		{ "unknown { execve }", SECCOMP_RET_ALLOW },
		{ "unknown {\nexecve if arg0 == 1\nexecve then kill\n}",
		  SECCOMP_RET_KILL_PROCESS },
		{ "unknown {\nexecve if arg0 == 0 then kill\nexecve\n}",
		  SECCOMP_RET_KILL_PROCESS },
		{ "unknown { execve then log }", SECCOMP_RET_KILL_PROCESS },
		{ "unknown { execve then kill }", SECCOMP_RET_KILL_PROCESS },
	};
	struct libaf_seccomp_data data = {
		.nr = SYS_execve,
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = SYS_read,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		const struct sock_filter *prog;
		size_t len;

		ck_assert_int_eq(make(policies[i].text, "/bin/true", 0), 0);
		prog = libaf_filter_program(filter, 0, &len);
		data.caller_id = policy->nr_callers;
		ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL),
				  policies[i].verdict);
	}
}
END_TEST

/* All are loaded, in their order, and one that fails is the last. */
START_TEST(test_several) {
	char *text = large_policy(), *argv[] = { NULL };
	const struct libaf_seccomp_caller_filter *args;
	size_t i, len;

	ck_assert_int_eq(make(text, NULL, 0), 0);
	ck_assert_uint_gt(filter->nr_programs, 1);
	check_args();
	for (i = 0; i < filter->nr_programs; i++) {
		args = &filter->args[i];
		ck_assert_uint_eq((uintptr_t)libaf_filter_program(filter, i,
								  &len),
				  args->prog);
		ck_assert_uint_eq(len, args->prog_len);
		/* The kernel keeps one copy of what is equal. */
		ck_assert_uint_eq(args->objects, filter->args->objects);
		ck_assert_uint_eq(args->nr_objects, filter->args->nr_objects);
	}
	ck_assert_ptr_null(libaf_filter_program(filter, i, &len));
	ck_assert_uint_eq(len, 0);

	ck_assert_int_eq(libaf_filter_load(filter), LIBAF_ENFORCED);
	ck_assert_uint_eq(nr_asked, filter->nr_programs);
	ck_assert_uint_eq(nr_in_order, filter->nr_programs - 1);
	ck_assert_ptr_eq(set_caller, &filter->args[filter->nr_programs - 1]);

	nr_asked = 0;
	fail_at = 2;
	ck_assert_int_eq(libaf_filter_load(filter), FAILURE);
	ck_assert_uint_eq(nr_asked, 2);

	fail_at = 0;
	answer = -EINVAL;
	ck_assert_int_eq(make(text, "/bin/true", 0), 0);
	libaf_filter_exec(filter, "/x", argv, argv, "");
	ck_assert_uint_gt(filter->nr_programs, 1);
	ck_assert_uint_eq(launched.nr_filters, filter->nr_programs);
	ck_assert_uint_eq(launched.args_size, sizeof(*filter->args));
	ck_assert_ptr_eq(launched.args, filter->args);
	free(text);
}
END_TEST

/* Mappings: of the files, and of the filter itself. */
START_TEST(test_no_mapping) {
	unsigned int i;

	for (i = 1; i < 100; i++) {
		int ret;

		fail_in = i;
		ret = make(POLICY, "/bin/true", 0);
		if (fail_in)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(filter);
		ck_assert_int_eq(nr_mapped, 0);
	}
	fail_in = 0;
	/* The program, three libraries, and the filter. */
	ck_assert_uint_eq(i, 6);
	ck_assert_uint_eq(filter->nr_maps, 4);
	ck_assert_int_eq(nr_mapped, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = tcase_create("filter");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_packed);
	tcase_add_test(tcase, test_needs);
	tcase_add_test(tcase, test_unknown_flag);
	tcase_add_test(tcase, test_features);
	tcase_add_test(tcase, test_abi);
	tcase_add_test(tcase, test_degraded);
	tcase_add_test(tcase, test_load);
	tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(errors));
	tcase_add_test(tcase, test_exec);
	tcase_add_test(tcase, test_launcher_is_not_stronger);
	tcase_add_test(tcase, test_several);
	tcase_add_test(tcase, test_no_mapping);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
