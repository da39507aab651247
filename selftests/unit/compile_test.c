// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compiled policies: each decides as af_policy_eval() does, fits the kernel's
 * rules for filters, and is small.  Policies are generated from fixed seeds.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../proofs/generate.h"
#include "../proofs/judge.h"
#include "compile.h"
#include "libaf.h"
#include "no_memory.h"
#include "sim.h"

void mistake(const struct mistake *m)
{
	ck_abort_msg("%s: arch %#x nr %d prev %d caller %u: %#jx, not %#jx",
		     m->what, m->data.arch, m->data.nr, m->data.prev_nr,
		     m->data.caller_id, (intmax_t)m->value,
		     (intmax_t)m->expected);
}

static size_t total_len(const struct af_programs *progs)
{
	size_t len = 0;

	for (size_t i = 0; i < progs->nr; i++)
		len += progs->programs[i].len;
	return len;
}

static int compile(const struct libaf_policy *policy,
		   const struct af_caller *extra, struct af_programs *progs)
{
	struct libaf_error err;
	int ret = af_compile(policy, extra, progs, &err);

	if (ret)
		return ret;
	for (size_t i = 0; i < progs->nr; i++) {
		const struct af_program *prog = &progs->programs[i];

		ck_assert_uint_le(prog->len, BPF_MAXINSNS);
		ck_assert_int_eq(af_sim_check(prog->insns, prog->len), 0);
	}
	return 0;
}

static void compile_ok(const struct libaf_policy *policy,
		       const struct af_caller *extra, struct af_programs *progs)
{
	ck_assert_int_eq(compile(policy, extra, progs), 0);
}

static bool loads(const struct af_programs *progs, size_t offset)
{
	const struct af_program *prog = &progs->programs[0];

	ck_assert_uint_eq(progs->nr, 1);
	for (size_t i = 0; i < prog->len; i++) {
		if (prog->insns[i].code == (BPF_LD | BPF_W | BPF_ABS) &&
		    prog->insns[i].k == offset)
			return true;
	}
	return false;
}

#define LOADS(progs, field) \
	loads(progs, offsetof(struct libaf_seccomp_data, field))

#define NR_POLICIES 2000

START_TEST(test_generated) {
	struct tally tally = { 0 };

	for (unsigned int i = 0; i < NR_POLICIES / 8; i++)
		check_generated(_i * NR_POLICIES + i, &tally);
	/* The test is worth something only if all of this happens. */
	ck_assert_uint_lt(tally.too_big, NR_POLICIES / 8 / 4);
	ck_assert_uint_gt(tally.far_jumps, 100);
	ck_assert_uint_gt(tally.split, 0);
	ck_assert_uint_gt(tally.allowed, tally.checked / 100);
	ck_assert_uint_lt(tally.allowed, tally.checked / 2);
	ck_assert_uint_gt(tally.constant, 100);
	ck_assert_uint_gt(tally.told, 0);
}
END_TEST

static struct shape unrelated(unsigned int libraries, unsigned int after)
{
	return (struct shape){
		.libraries = libraries,
		.common = 10,
		.calls = 40,
		.pool = 350,
		.after = after,
		.after_size = 4,
		.deny = SECCOMP_RET_KILL_PROCESS,
	};
}

/* As many libraries as fit into one program: the longest jumps. */
START_TEST(test_largest) {
	struct tally tally = { 0 };
	size_t longest = 0, nr = 1;

	for (unsigned int libraries = 10; nr == 1; libraries += 2) {
		struct shape shape = unrelated(libraries, _i ? 20 : 0);
		struct libaf_policy *policy;
		struct af_programs progs;

		seed(libraries);
		policy = generate(&shape);
		compile_ok(policy, NULL, &progs);
		nr = progs.nr;
		if (nr > 1 || total_len(&progs) > 3000)
			check_program(policy, NULL, &progs, &tally);
		if (nr == 1)
			longest = total_len(&progs);
		libaf_policy_free(policy);
		af_programs_release(&progs);
	}
	ck_assert_uint_gt(longest, BPF_MAXINSNS - 400);
	ck_assert_uint_gt(tally.checked, 0);
}
END_TEST

/* What is needed to load the next program, or to say that it failed. */
static void check_order(const struct af_programs *progs)
{
	static const unsigned int needed[] = { 1, 59, 157, 231, 317 };

	for (size_t i = 0; i + 1 < progs->nr; i++) {
		const struct sock_filter *insns = progs->programs[i].insns;
		struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };

		for (size_t j = 0; j < ARRAY_SIZE(needed); j++) {
			data.nr = needed[j];
			ck_assert(
				af_sim_is_constant(insns, data.nr, data.arch));
			ck_assert_uint_eq(af_sim_run(insns,
						     progs->programs[i].len,
						     &data, NULL),
					  SECCOMP_RET_ALLOW);
		}
	}
}

/* All programs together decide; each has something to deny. */
static void check_each_counts(const struct af_programs *progs)
{
	for (size_t i = 0; i < progs->nr; i++) {
		struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
		size_t decided = 0;

		for (data.nr = 0; data.nr < 350; data.nr++)
			decided += !af_sim_is_constant(progs->programs[i].insns,
						       data.nr, data.arch);
		ck_assert_uint_gt(decided, 0);
	}
}

/* Two hundred libraries that have nothing to do with each other. */
START_TEST(test_split) {
	struct shape shape = unrelated(200, _i ? 5 : 0);
	struct libaf_policy *policy;
	struct tally tally = { 0 };
	struct af_programs progs;

	seed(_i);
	policy = generate(&shape);
	compile_ok(policy, NULL, &progs);
	ck_assert_uint_gt(progs.nr, 1);
	check_program(policy, NULL, &progs, &tally);
	check_order(&progs);
	check_each_counts(&progs);
	ck_assert_uint_gt(tally.allowed, 0);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_many_libraries) {
	static const struct shape shape = {
		.libraries = 200,
		.common = 30,
		.calls = 40,
		.pool = 350,
		.skew = 2,
		.after = 10,
		.after_size = 5,
		.kinds = 12,
		.deny = SECCOMP_RET_ERRNO | ENOSYS,
	};
	struct libaf_policy *policy;
	struct tally tally = { 0 };
	struct af_programs progs;

	seed(200);
	policy = generate(&shape);
	compile_ok(policy, NULL, &progs);
	check_program(policy, NULL, &progs, &tally);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_oversize) {
	static const struct shape shape = {
		.libraries = 1000,
		.calls = 40,
		.pool = 350,
		.deny = SECCOMP_RET_KILL_PROCESS,
	};
	struct af_programs progs;
	struct libaf_policy *policy;
	struct libaf_error err;
	struct af_caller *largest;
	struct af_rule *rule;

	seed(1);
	policy = generate(&shape);
	largest = &policy->callers[17];
	largest->place = (struct af_place){ .line = 44, .column = 9 };
	/* Common rules for any predecessor cost nothing, many as they are. */
	for (unsigned int nr = 400; nr < 1000; nr++)
		add_rule(&policy->common, nr);
	rule = add_rule(largest, 7);
	rule->any_prev = false;
	memset(&rule->after, 0xff, sizeof(rule->after));
	ck_assert_int_eq(af_compile(policy, NULL, &progs, &err), -E2BIG);
	ck_assert_str_eq(
		err.text,
		"the filter has more instructions than the kernel takes; "
		"the largest part is that of library lib17.so");
	ck_assert_str_eq(err.file, "test");
	ck_assert_uint_eq(err.line, 44);
	ck_assert_uint_eq(err.column, 9);
	ck_assert_str_ne(err.hint, "");
	ck_assert_int_eq(af_compile(policy, NULL, &progs, NULL), -E2BIG);
	libaf_policy_free(policy);
}
END_TEST

/*
 * What the kernel takes of all filters together is less than that of as many
 * programs as there can be: a larger policy is refused here, not by the kernel.
 */
START_TEST(test_limit) {
	size_t len = 0, nr = 0;
	int ret = 0;

	for (unsigned int libraries = 300; !ret; libraries += 20) {
		struct shape shape = unrelated(libraries, 0);
		struct libaf_policy *policy;
		struct af_programs progs;

		seed(libraries);
		policy = generate(&shape);
		ret = compile(policy, NULL, &progs);
		libaf_policy_free(policy);
		if (ret)
			break;
		len = total_len(&progs);
		nr = progs.nr;
		af_programs_release(&progs);
	}
	ck_assert_int_eq(ret, -E2BIG);
	/* Some instructions become two, and each return does. */
	ck_assert_uint_gt(len, 32768 / 2);
	ck_assert_uint_lt(len, 32768 * 4 / 5);
	ck_assert_uint_lt(nr, AF_MAX_PROGRAMS);
}
END_TEST

/* A caller of each kind can be the one that is too large. */
START_TEST(test_oversize_kinds) {
	static const char *const names[] = { "unknown", "program", "common" };
	struct libaf_policy *policy = new_policy(SECCOMP_RET_TRAP);
	struct af_caller *callers[] = {
		&policy->callers[AF_ID_UNKNOWN],
		&policy->callers[AF_ID_PROGRAM],
		&policy->common,
	};
	struct af_programs progs;
	struct libaf_error err;

	for (unsigned int nr = 0; nr < 100; nr++) {
		struct af_rule *rule = add_rule(callers[_i], nr);

		rule->any_prev = false;
		for (unsigned int prev = nr; prev < 500; prev += 2)
			af_nrset_add(&rule->after, prev);
	}
	ck_assert_int_eq(af_compile(policy, NULL, &progs, &err), -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.text, names[_i]));
	ck_assert_uint_eq(err.line, 0);
	libaf_policy_free(policy);
}
END_TEST

static void add_calls(struct af_caller *caller, unsigned int first,
		      unsigned int last, unsigned int step)
{
	for (unsigned int nr = first; nr < last; nr += step)
		add_rule(caller, nr);
}

static size_t compiled_size(const struct libaf_policy *policy)
{
	struct tally tally = { 0 };
	struct af_programs progs;

	compile_ok(policy, NULL, &progs);
	check_program(policy, NULL, &progs, &tally);
	af_programs_release(&progs);
	return total_len(&progs);
}

/* Libraries with two different lists in turn: two lists in the program. */
START_TEST(test_shared_lists) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);

	for (unsigned int i = 0; i < 100; i++)
		add_calls(add_library(policy), i % 2, 80, 2);
	ck_assert_uint_lt(compiled_size(policy), 350);
	libaf_policy_free(policy);
}
END_TEST

/*
 * Seven lists of libraries in turn, such that no two calls have the same
 * callers: the shorter program decides by the caller before the number.
 */
START_TEST(test_order) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);

	for (unsigned int i = 0; i < 21; i++) {
		struct af_caller *library = add_library(policy);

		for (unsigned int nr = 0; nr < 128; nr++) {
			if (nr >> (i % 7) & 1)
				add_rule(library, nr);
		}
	}
	ck_assert_uint_lt(compiled_size(policy), 500);
	libaf_policy_free(policy);
}
END_TEST

/* One set of predecessors for many calls: one set in the program. */
START_TEST(test_shared_after) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);
	struct af_caller *program = &policy->callers[AF_ID_PROGRAM];

	for (unsigned int nr = 0; nr < 100; nr++) {
		struct af_rule *rule = add_rule(program, nr);

		rule->any_prev = false;
		for (unsigned int prev = 0; prev < 100; prev++)
			af_nrset_add(&rule->after, prev);
		for (unsigned int prev = 101; prev < 400; prev += 10)
			af_nrset_add(&rule->after, prev);
	}
	ck_assert_uint_lt(compiled_size(policy), 100);
	libaf_policy_free(policy);
}
END_TEST

/* Rare calls of many libraries: little for each. */
START_TEST(test_sparse) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);

	for (unsigned int i = 0; i < 200; i++)
		add_rule(add_library(policy), 2 * i);
	ck_assert_uint_lt(compiled_size(policy), 200 * 5);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_fields_loaded) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);
	struct af_caller *unknown = &policy->callers[AF_ID_UNKNOWN];
	struct af_rule *rule;
	struct af_programs progs;

	/* Nothing is permitted: not even the number matters. */
	compile_ok(policy, NULL, &progs);
	ck_assert_uint_eq(total_len(&progs), 1);
	af_programs_release(&progs);

	/* What everybody may do does not depend on the caller. */
	add_rule(&policy->common, 0);
	add_rule(unknown, 0);
	compile_ok(policy, NULL, &progs);
	ck_assert(LOADS(&progs, arch) && LOADS(&progs, nr));
	ck_assert(!LOADS(&progs, caller_id) && !LOADS(&progs, prev_nr));
	af_programs_release(&progs);

	/* Nor what everybody may do after the same calls. */
	rule = add_rule(&policy->common, 1);
	rule->any_prev = false;
	rule = add_rule(unknown, 1);
	rule->any_prev = false;
	compile_ok(policy, NULL, &progs);
	ck_assert(!LOADS(&progs, caller_id) && LOADS(&progs, prev_nr));
	af_programs_release(&progs);

	/* With any_prev elsewhere the caller matters. */
	add_rule(&policy->common, 1);
	compile_ok(policy, NULL, &progs);
	ck_assert(LOADS(&progs, caller_id) && LOADS(&progs, prev_nr));
	af_programs_release(&progs);

	/* No `after`: no predecessor. */
	add_rule(unknown, 1);
	add_rule(unknown, 2);
	compile_ok(policy, NULL, &progs);
	ck_assert(LOADS(&progs, caller_id) && !LOADS(&progs, prev_nr));
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

/* The extra caller has its own rules and none of the common ones. */
START_TEST(test_extra) {
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);
	struct af_caller launcher = { .kind = AF_CALLER_LAUNCHER };
	struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
	struct af_programs progs;

	add_rule(&policy->common, 1);
	add_rule(&launcher, 59);
	compile_ok(policy, &launcher, &progs);
	data.caller_id = policy->nr_callers;
	data.nr = 59;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_ALLOW);
	data.nr = 1;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_KILL_PROCESS);
	data.caller_id = AF_ID_PROGRAM;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_ALLOW);
	data.nr = 59;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_KILL_PROCESS);
	af_programs_release(&progs);
	af_caller_release(&launcher);
	libaf_policy_free(policy);
}
END_TEST

/* A rule with an instruction pointer is one for no other, all 64 bits of it. */
START_TEST(test_ip) {
	static const uint64_t ips[] = {
		1,
		0xfffffffe,
		0xffffffff,
		0x100000000,
		0x7f1234567890,
		0x7f1200000000,
		0xffffffff00000001,
		UINT64_MAX,
	};
	uint64_t ip = ips[_i];
	uint64_t others[] = { 0,
			      ip - 1,
			      ip + 1,
			      ip ^ 0x100000000,
			      ip ^ 0x80000000,
			      ip << 32 | ip >> 32 };
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);
	struct af_caller launcher = { .kind = AF_CALLER_LAUNCHER };
	struct libaf_seccomp_data data = {
		.arch = AUDIT_ARCH_X86_64,
		.nr = 59,
		.prev_nr = 317,
		.instruction_pointer = ip,
	};
	struct af_programs progs;

	add_rule(&policy->common, 1);
	add_rule(&launcher, 59);
	launcher.rules[0].ip = ip;
	launcher.rules[0].any_prev = false;
	af_nrset_add(&launcher.rules[0].after, 317);
	compile_ok(policy, &launcher, &progs);
	data.caller_id = policy->nr_callers;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(af_policy_eval(policy, &launcher, &data),
			  SECCOMP_RET_ALLOW);
	data.prev_nr = 318;
	ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_KILL_PROCESS);
	data.prev_nr = 317;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i] == ip)
			continue;
		data.instruction_pointer = others[i];
		ck_assert_uint_eq(run(&progs, &data), SECCOMP_RET_KILL_PROCESS);
		ck_assert_uint_eq(af_policy_eval(policy, &launcher, &data),
				  SECCOMP_RET_KILL_PROCESS);
	}
	af_programs_release(&progs);
	af_caller_release(&launcher);
	libaf_policy_free(policy);
}
END_TEST

/* Rules for numbers that no call can have permit nothing. */
START_TEST(test_large_numbers) {
	static const unsigned int numbers[] = {
		1024,       0x40000000, 0x40000001,
		0x7fffffff, 0x80000000, UINT32_MAX,
	};
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_rule(&policy->common, numbers[i]);
	add_rule(&policy->common, 1023);
	compiled_size(policy);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_no_memory) {
	static const struct shape shape = {
		.libraries = 5,
		.common = 5,
		.calls = 20,
		.pool = 50,
		.after = 20,
		.after_size = 5,
		.deny = SECCOMP_RET_KILL_PROCESS,
	};
	struct libaf_policy *policy;
	struct libaf_error err;
	struct af_programs progs;
	unsigned int n;
	int ret = -ENOMEM;

	seed(3);
	policy = generate(&shape);
	for (n = 1; ret; n++) {
		fail_in = n;
		ret = af_compile(policy, NULL, &progs, &err);
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_str_eq(err.text, "out of memory");
	}
	fail_in = 0;
	/* At least the compiler, its two tables and two programs. */
	ck_assert_uint_gt(n, 5);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

/* Calls of libraries: a base that many share, and some of their own. */
static struct libaf_policy *related(unsigned int libraries)
{
	struct libaf_policy *policy = new_policy(SECCOMP_RET_KILL_PROCESS);

	for (unsigned int i = 0; i < libraries; i++) {
		struct af_caller *library = add_library(policy);

		seed(1 + i % 4);
		for (unsigned int j = 0; j < 30; j++)
			add_rule(library, below(350));
		seed(100 + i);
		for (unsigned int j = 0; j < 6; j++)
			add_rule(library, below(350));
	}
	return policy;
}

static size_t count_calls(const struct libaf_policy *policy)
{
	struct af_nrset set;
	size_t calls = 0;

	af_policy_union(policy, &set);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		calls += af_nrset_has(&set, nr);
	return calls;
}

/*
 * Lists that are alike take little more than what they differ by: twelve
 * instructions each, beside one for each call, as a filter of the union has.
 */
START_TEST(test_related) {
	static const unsigned int libraries[] = { 50, 100, 200, 400 };
	struct libaf_policy *policy = related(libraries[_i]);
	struct af_programs progs;
	struct tally tally = { 0 };

	compile_ok(policy, NULL, &progs);
	check_program(policy, NULL, &progs, &tally);
	ck_assert_uint_le(total_len(&progs),
			  count_calls(policy) + 12 * libraries[_i]);
	ck_assert_uint_eq(progs.nr, total_len(&progs) > BPF_MAXINSNS ? 2 : 1);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

/* Real ones: all of their lists differ. */
START_TEST(test_real) {
	static const char *const paths[] = {
		"samples/policies/curl.af",
		"samples/policies/minimal.af",
		"selftests/bench/startup.af",
	};
	struct libaf_policy *policy;
	struct tally tally = { 0 };
	struct af_programs progs;
	size_t lists = 0;

	ck_assert_int_eq(libaf_policy_read(paths[_i], &policy, NULL), 0);
	for (size_t id = 0; id < policy->nr_callers; id++)
		lists += policy->callers[id].nr_rules > 0;
	compile_ok(policy, NULL, &progs);
	check_program(policy, NULL, &progs, &tally);
	ck_assert_uint_le(total_len(&progs),
			  count_calls(policy) + 12 * (lists + 1));
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

/*
 * @name: what the policy is like
 * @mean, @worst: limits for the instructions of a decision
 */
static const struct {
	const char *name;
	struct shape shape;
	size_t mean;
	size_t worst;
} bounds[] = {
	{ "12 libraries",
	  {
		  .libraries = 12,
		  .common = 20,
		  .calls = 40,
		  .pool = 350,
		  .skew = 2,
		  .after = 10,
		  .after_size = 4,
	  },
	  24,
	  48 },
	{ "many with short lists",
	  {
		  .libraries = 200,
		  .common = 40,
		  .calls = 8,
		  .pool = 350,
		  .skew = 3,
		  .after = 5,
		  .after_size = 3,
	  },
	  24,
	  48 },
	/* Some calls are decided by number first, and no two neighbours alike. */
	{ "many with few lists",
	  {
		  .libraries = 200,
		  .common = 10,
		  .calls = 40,
		  .pool = 350,
		  .skew = 2,
		  .after = 10,
		  .after_size = 4,
		  .kinds = 5,
	  },
	  26,
	  48 },
	{ "unrelated",
	  {
		  .libraries = 50,
		  .common = 10,
		  .calls = 40,
		  .pool = 350,
		  .after = 5,
		  .after_size = 4,
	  },
	  24,
	  48 },
	/* Several programs run one after another. */
	{ "many that are unrelated",
	  {
		  .libraries = 200,
		  .common = 10,
		  .calls = 40,
		  .pool = 350,
	  },
	  40,
	  48 },
};

/* What a call takes, by all callers and after all predecessors tried. */
static void count_steps(const struct libaf_policy *policy,
			const struct af_programs *progs, unsigned int nr,
			size_t *sum, size_t *runs, size_t *worst)
{
	struct libaf_seccomp_data data = {
		.nr = nr,
		.arch = AUDIT_ARCH_X86_64,
	};
	size_t steps;

	for (size_t id = 0; id < policy->nr_callers; id++) {
		for (int prev = -1; prev < 350; prev += 3) {
			data.caller_id = id;
			data.prev_nr = prev;
			af_sim_run_all(progs, &data, &steps);
			*sum += steps;
			++*runs;
			if (steps > *worst)
				*worst = steps;
		}
	}
}

/* Instructions per contested call. */
START_TEST(test_steps) {
	size_t sum = 0, runs = 0, worst = 0;
	struct libaf_policy *policy;
	struct af_programs progs;
	struct af_nrset set;

	seed(12);
	policy = generate(&bounds[_i].shape);
	compile_ok(policy, NULL, &progs);
	af_policy_union(policy, &set);
	for (unsigned int nr = 0; nr < 350; nr++) {
		if (af_nrset_has(&set, nr) &&
		    constant_action(&progs, nr, AUDIT_ARCH_X86_64) < 0)
			count_steps(policy, &progs, nr, &sum, &runs, &worst);
	}
	ck_assert_uint_gt(runs, 0);
	printf("%s: %zu instructions, steps: mean %.1f, worst %zu\n",
	       bounds[_i].name, total_len(&progs), (double)sum / runs, worst);
	ck_assert_uint_le(sum, bounds[_i].mean * runs);
	ck_assert_uint_le(worst, bounds[_i].worst);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile");
	TCase *tcase = tcase_create("compile");
	TCase *generated = tcase_create("generated");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_tags(generated, "slow");
	tcase_set_timeout(generated, 600);
	tcase_add_loop_test(generated, test_generated, 0, 8);
	tcase_add_loop_test(generated, test_largest, 0, 2);
	tcase_add_loop_test(generated, test_split, 0, 2);
	tcase_add_test(generated, test_limit);
	suite_add_tcase(suite, generated);

	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, test_many_libraries);
	tcase_add_test(tcase, test_oversize);
	tcase_add_loop_test(tcase, test_oversize_kinds, 0, 3);
	tcase_add_test(tcase, test_shared_lists);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_shared_after);
	tcase_add_test(tcase, test_sparse);
	tcase_add_test(tcase, test_fields_loaded);
	tcase_add_test(tcase, test_extra);
	tcase_add_loop_test(tcase, test_ip, 0, 8);
	tcase_add_test(tcase, test_large_numbers);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_loop_test(generated, test_related, 0, 4);
	tcase_add_loop_test(tcase, test_real, 0, 3);
	tcase_add_loop_test(generated, test_steps, 0, ARRAY_SIZE(bounds));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
