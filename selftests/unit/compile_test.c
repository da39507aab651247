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

#include "compile.h"
#include "libaf.h"
#include "no_memory.h"
#include "sim.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static uint64_t random_state;

static void seed(uint64_t value)
{
	random_state = value * 2 + 1;
}

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return ((random_state * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

/*
 * What a generated policy is like.
 * @pool: calls are from 0 to this
 * @skew: draws of which the smallest counts; makes low numbers more frequent
 * @after: percentage of rules that have a set of predecessors
 * @after_size: at most this many are in such a set
 * @tests: percentage of rules that look at arguments
 * @actions: percentage of rules that do not just permit
 * @kinds: libraries of one kind have the same rules; 0: all differ
 */
struct shape {
	unsigned int libraries;
	unsigned int common;
	unsigned int calls;
	unsigned int pool;
	unsigned int skew;
	unsigned int after;
	unsigned int after_size;
	unsigned int tests;
	unsigned int actions;
	unsigned int kinds;
	uint32_t deny;
};

static const struct af_place somewhere = { .line = 7, .column = 3 };

static struct af_rule *add_rule(struct af_caller *caller, unsigned int nr)
{
	struct af_rule *rule;

	ck_assert_int_eq(af_caller_add_rule(caller, nr, &somewhere, &rule), 0);
	rule->any_prev = true;
	return rule;
}

static unsigned int draw(const struct shape *shape)
{
	unsigned int nr = below(shape->pool);

	for (unsigned int i = 1; i < shape->skew; i++) {
		unsigned int other = below(shape->pool);

		if (other < nr)
			nr = other;
	}
	return nr;
}

static bool is_full(const struct af_caller *caller, unsigned int nr)
{
	size_t n = 0;

	for (size_t i = 0; i < caller->nr_rules; i++)
		n += caller->rules[i].nr == nr;
	return n == AF_MAX_ALTERNATIVES;
}

static uint64_t random_bits(void)
{
	return (uint64_t)below(UINT32_MAX) << 32 ^ (uint64_t)below(UINT32_MAX)
							   << 1;
}

/* Those at the ends of a range, of a half, and what programs pass. */
static uint64_t random_value(void)
{
	static const uint64_t values[] = {
		0,
		1,
		2,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		INT64_MAX,
		(uint64_t)INT64_MAX + 1,
		UINT64_MAX,
		UINT64_MAX << 32,
	};

	if (below(2))
		return values[below(ARRAY_SIZE(values))];
	return random_bits() >> below(64);
}

static void add_test(struct af_rule *rule)
{
	struct af_test test = {
		.arg = below(AF_NR_ARGS),
		.op = below(AF_OP_GE + 1),
		.mask = below(3) ? UINT64_MAX : random_value(),
		.value = random_value(),
	};

	/* One that cannot hold is rarely meant. */
	if (below(8))
		test.value &= test.mask;
	ck_assert_int_eq(af_rule_add_test(rule, &test), 0);
}

static const uint32_t some_actions[] = {
	SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_ERRNO | ENOSYS,
	SECCOMP_RET_ERRNO | EACCES,
	SECCOMP_RET_TRAP,
	SECCOMP_RET_LOG,
	SECCOMP_RET_ALLOW,
};

static void fill(struct af_caller *caller, const struct shape *shape,
		 unsigned int calls)
{
	for (unsigned int i = 0; i < calls; i++) {
		unsigned int nr = draw(shape);
		struct af_rule *rule;

		if (is_full(caller, nr))
			continue;
		rule = add_rule(caller, nr);
		if (below(100) < shape->tests) {
			for (unsigned int n = below(3) + 1; n; n--)
				add_test(rule);
		}
		if (below(100) < shape->actions)
			rule->action =
				some_actions[below(ARRAY_SIZE(some_actions))];
		if (below(100) >= shape->after)
			continue;
		rule->any_prev = false;
		rule->after_start = shape->actions && below(2);
		rule->after_signal = shape->actions && below(2);
		for (unsigned int n = 1 + below(shape->after_size); n; n--)
			af_nrset_add(&rule->after, draw(shape));
	}
}

static struct libaf_policy *new_policy(uint32_t deny)
{
	struct libaf_policy *policy = af_policy_alloc("test", 4);

	ck_assert_ptr_nonnull(policy);
	policy->deny = deny;
	return policy;
}

static struct af_caller *add_library(struct libaf_policy *policy)
{
	struct af_caller *caller;
	char name[32];
	int len = snprintf(name, sizeof(name), "lib%zu.so", policy->nr_callers);

	ck_assert_int_eq(af_policy_add_library(policy, name, len, &somewhere,
					       &caller),
			 0);
	return caller;
}

static struct libaf_policy *generate(const struct shape *shape)
{
	struct libaf_policy *policy = new_policy(shape->deny);
	struct af_caller *unknown = &policy->callers[AF_ID_UNKNOWN];
	uint64_t kinds_state = random_state;

	fill(&policy->common, shape, shape->common);
	fill(&policy->callers[AF_ID_PROGRAM], shape, shape->calls);
	if (below(2))
		fill(unknown, shape, shape->calls / 2);
	for (size_t i = 0; i < policy->common.nr_rules && below(4); i++)
		add_rule(unknown, policy->common.rules[i].nr);
	if (shape->actions && below(2)) {
		policy->has_newer = true;
		policy->newer = SECCOMP_RET_ERRNO | ENOSYS;
		for (unsigned int nr = below(4); nr < 360; nr += 1 + !below(50))
			af_nrset_add(&policy->known, nr);
	}
	for (unsigned int i = 0; i < shape->libraries; i++) {
		struct af_caller *library = add_library(policy);

		if (shape->kinds)
			seed(kinds_state + i * 7919 % shape->kinds);
		fill(library, shape, shape->calls);
	}
	return policy;
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

/* Only what the kernel's emulator of constant actions knows. */
static void check_codes(const struct af_program *prog)
{
	for (size_t i = 0; i < prog->len; i++) {
		switch (prog->insns[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
		case BPF_RET | BPF_K:
			break;
		default:
			ck_abort_msg("instruction code %#x",
				     prog->insns[i].code);
		}
	}
}

/* The action of a call if all programs are constant; -1 if not. */
static int64_t constant_action(const struct af_programs *progs, uint32_t nr,
			       uint32_t arch)
{
	const struct libaf_seccomp_data data = { .nr = nr, .arch = arch };

	for (size_t i = 0; i < progs->nr; i++) {
		if (!af_sim_is_constant(progs->programs[i].insns, nr, arch))
			return -1;
	}
	return af_sim_run_all(progs, &data, NULL);
}

#define MAX_PREVS 24

static size_t prevs_from(const struct af_caller *caller, int nr,
			 int32_t prevs[MAX_PREVS], size_t n)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		unsigned int prev = below(AF_NR_MAX);

		if (caller->rules[i].nr != (unsigned int)nr)
			continue;
		while (prev < AF_NR_MAX &&
		       !af_nrset_has(&caller->rules[i].after, prev))
			prev++;
		if (n + 2 > MAX_PREVS)
			return n;
		prevs[n++] = prev;
		prevs[n++] = prev + 1;
	}
	return n;
}

/*
 * What to try as predecessors of @nr: special values, itself, its
 * neighbours, and what the rules name for it.
 */
static size_t collect_prevs(const struct libaf_policy *policy,
			    const struct af_caller *extra, int nr,
			    int32_t prevs[MAX_PREVS])
{
	static const int32_t special[] = { -1, -2, 0, 1023, 1024, 0x7fffffff };
	size_t n = 0;

	memcpy(prevs, special, sizeof(special));
	n += ARRAY_SIZE(special);
	prevs[n++] = nr;
	prevs[n++] = (int)((unsigned int)nr | 0x40000000);
	prevs[n++] = below(500);
	prevs[n++] = below(500);
	if (extra)
		n = prevs_from(extra, nr, prevs, n);
	n = prevs_from(&policy->common, nr, prevs, n);
	for (size_t id = 0; id < policy->nr_callers; id++)
		n = prevs_from(&policy->callers[id], nr, prevs, n);
	return n;
}

#define MAX_VECTORS 16

/* An argument that a test is sensitive to. */
static uint64_t close_to(const struct af_test *test)
{
	uint64_t other = random_bits() & ~test->mask;

	switch (below(6)) {
	case 0:
		return (test->value + 1) ^ other;
	case 1:
		return (test->value - 1) ^ other;
	case 2:
		return test->value ^ (uint64_t)1 << below(64);
	case 3:
		return random_value();
	default:
		return test->value ^ other;
	}
}

static void vary(const struct af_rule *rule, uint64_t args[AF_NR_ARGS])
{
	for (size_t i = 0; i < rule->nr_tests; i++)
		args[rule->tests[i].arg] = close_to(&rule->tests[i]);
}

static size_t collect_from(const struct af_caller *caller, int nr,
			   uint64_t vectors[MAX_VECTORS][AF_NR_ARGS], size_t n)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr != (unsigned int)nr || !rule->nr_tests)
			continue;
		for (int again = 0; again < 2 && n < MAX_VECTORS; again++) {
			memcpy(vectors[n], vectors[below(n)],
			       sizeof(vectors[n]));
			vary(rule, vectors[n++]);
		}
	}
	return n;
}

/* What to try as arguments: zeros, and what the rules ask for. */
static size_t collect_args(const struct libaf_policy *policy,
			   const struct af_caller *extra, int nr,
			   uint64_t vectors[MAX_VECTORS][AF_NR_ARGS])
{
	size_t n = 1;

	memset(vectors[0], 0, sizeof(vectors[0]));
	if (extra)
		n = collect_from(extra, nr, vectors, n);
	for (size_t id = below(policy->nr_callers); id < policy->nr_callers;
	     id++)
		n = collect_from(&policy->callers[id], nr, vectors, n);
	n = collect_from(&policy->common, nr, vectors, n);
	for (size_t id = 0; id < policy->nr_callers; id++)
		n = collect_from(&policy->callers[id], nr, vectors, n);
	return n;
}

static uint32_t run(const struct af_programs *progs,
		    const struct libaf_seccomp_data *data)
{
	return af_sim_run_all(progs, data, NULL);
}

/*
 * Assertions of the framework are slow, also where they hold: the loops below
 * compare first.
 */
static void must_be(int64_t value, int64_t expected,
		    const struct libaf_seccomp_data *data)
{
	if (value != expected)
		ck_abort_msg("arch %#x nr %d prev %d caller %u: %#jx, not %#jx",
			     data->arch, data->nr, data->prev_nr,
			     data->caller_id, (intmax_t)value,
			     (intmax_t)expected);
}

/*
 * An id that does not exist is denied, but for calls on which all callers
 * get the same verdict: these are decided without a look at the id.
 */
static void check_bad_ids(const struct af_programs *progs,
			  struct libaf_seccomp_data data, uint32_t deny)
{
	const uint32_t ids[] = {
		data.caller_id,
		data.caller_id + 1,
		data.caller_id + 1000,
		UINT32_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		data.caller_id = ids[i];
		must_be(run(progs, &data), deny, &data);
	}
}

struct tally {
	size_t checked;
	size_t allowed;
	size_t constant;
};

/*
 * @policy, @extra, @progs: what is compared
 * @data: the call, without its caller
 * @nr_ids: callers
 * @first: verdict on the first of all these
 * @same: whether all have been the same
 */
struct check {
	const struct libaf_policy *policy;
	const struct af_caller *extra;
	const struct af_programs *progs;
	struct libaf_seccomp_data data;
	size_t nr_ids;
	int64_t first;
	bool same;
};

/* One call, by all callers. */
static void check_callers(struct check *c, struct tally *tally)
{
	struct libaf_seccomp_data *data = &c->data;
	uint32_t expected = 0, first = 0;
	bool uniform = true;

	for (size_t id = 0; id < c->nr_ids; id++) {
		data->caller_id = id;
		expected = af_policy_eval(c->policy, c->extra, data);
		must_be(run(c->progs, data), expected, data);
		if (!id)
			first = expected;
		uniform &= expected == first;
		if (c->first < 0)
			c->first = expected;
		c->same &= expected == c->first;
		tally->checked++;
		tally->allowed += expected == SECCOMP_RET_ALLOW;
	}
	data->caller_id = c->nr_ids;
	if (!uniform || first == c->policy->deny)
		check_bad_ids(c->progs, *data, c->policy->deny);
}

/* One call, by all callers, after various others, with various arguments. */
static void check_nr(const struct libaf_policy *policy,
		     const struct af_caller *extra,
		     const struct af_programs *progs, int nr,
		     struct tally *tally)
{
	struct check c = {
		.policy = policy,
		.extra = extra,
		.progs = progs,
		.data = {
			.nr = nr,
			.arch = AUDIT_ARCH_X86_64,
			.instruction_pointer = 0x7fffdeadbeef,
		},
		.nr_ids = policy->nr_callers + (extra ? 1 : 0),
		.first = -1,
		.same = true,
	};
	uint64_t vectors[MAX_VECTORS][AF_NR_ARGS];
	size_t nr_vectors = collect_args(policy, extra, nr, vectors);
	int32_t prevs[MAX_PREVS];
	size_t nr_prevs = collect_prevs(policy, extra, nr, prevs);

	for (size_t i = 0; i < nr_prevs; i++) {
		c.data.prev_nr = prevs[i];
		for (size_t j = 0; j < nr_vectors; j++) {
			memcpy(c.data.args, vectors[j], sizeof(c.data.args));
			check_callers(&c, tally);
		}
	}
	/*
	 * Arguments that would make a difference may not be among them.  Of
	 * what is denied the kernel keeps no record.
	 */
	if (c.same && nr_vectors == 1 && c.first != policy->deny) {
		must_be(constant_action(progs, nr, c.data.arch), c.first,
			&c.data);
		tally->constant += c.first == SECCOMP_RET_ALLOW;
	}
}

static void check_arch(const struct libaf_policy *policy,
		       const struct af_programs *progs)
{
	static const uint32_t archs[] = {
		0,
		1,
		AUDIT_ARCH_X86_64 - 1,
		AUDIT_ARCH_X86_64 + 1,
		AUDIT_ARCH_I386,
		AUDIT_ARCH_AARCH64,
		UINT32_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		struct libaf_seccomp_data data = { .arch = archs[i] };

		for (data.nr = -1; data.nr < 500; data.nr++)
			must_be(constant_action(progs, data.nr, data.arch),
				policy->deny, &data);
	}
}

static void check_program(const struct libaf_policy *policy,
			  const struct af_caller *extra,
			  const struct af_programs *progs, struct tally *tally)
{
	static const int edges[] = {
		-1,         -2,          1022,       1023,
		1024,       0x40000000,  0x40000001, 0x40000000 + 59,
		0x7fffffff, -0x7fffffff,
	};

	for (size_t i = 0; i < progs->nr; i++)
		check_codes(&progs->programs[i]);
	check_arch(policy, progs);
	for (int nr = 0; nr <= 500; nr++)
		check_nr(policy, extra, progs, nr, tally);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		check_nr(policy, extra, progs, edges[i], tally);
}

static const uint32_t denials[] = {
	SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_ERRNO | EPERM,
	SECCOMP_RET_TRAP,
	SECCOMP_RET_LOG,
};

static struct shape random_shape(void)
{
	static const unsigned int pools[] = { 4, 30, 350, 456, 1024 };
	static const unsigned int afters[] = { 0, 10, 50, 100 };
	static const unsigned int sizes[] = { 1, 3, 12, 200 };

	return (struct shape){
		.libraries = below(below(10) ? 5 : 20),
		.common = below(15),
		.calls = below(below(4) ? 12 : 50),
		.pool = pools[below(ARRAY_SIZE(pools))],
		.skew = 1 + below(3),
		.after = afters[below(ARRAY_SIZE(afters))],
		.after_size = sizes[below(ARRAY_SIZE(sizes))],
		.tests = below(3) ? 0 : 40,
		.actions = below(3) ? 0 : 30,
		.kinds = below(3),
		.deny = denials[below(ARRAY_SIZE(denials))],
	};
}

static size_t count_far_jumps(const struct af_programs *progs)
{
	size_t nr = 0;

	for (size_t i = 0; i < progs->nr; i++) {
		const struct af_program *prog = &progs->programs[i];

		for (size_t j = 0; j < prog->len; j++)
			nr += prog->insns[j].code == (BPF_JMP | BPF_JA);
	}
	return nr;
}

#define NR_POLICIES 2000

START_TEST(test_generated) {
	size_t compiled = 0, far_jumps = 0, split = 0;
	struct tally tally = { 0 };

	for (unsigned int i = 0; i < NR_POLICIES / 8; i++) {
		struct shape shape;
		struct libaf_policy *policy;
		struct af_caller launcher = { .kind = AF_CALLER_LAUNCHER };
		struct af_caller *extra = i % 3 ? NULL : &launcher;
		struct af_programs progs;
		int ret;

		seed(_i * NR_POLICIES + i);
		shape = random_shape();
		policy = generate(&shape);
		fill(&launcher, &shape, 3);
		ret = compile(policy, extra, &progs);
		if (!ret) {
			check_program(policy, extra, &progs, &tally);
			far_jumps += count_far_jumps(&progs);
			split += progs.nr > 1;
			af_programs_release(&progs);
			compiled++;
		} else {
			ck_assert_int_eq(ret, -E2BIG);
		}
		af_caller_release(&launcher);
		libaf_policy_free(policy);
	}
	/* The test is worth something only if all of this happens. */
	ck_assert_uint_gt(compiled, NR_POLICIES / 8 * 3 / 4);
	ck_assert_uint_gt(far_jumps, 100);
	ck_assert_uint_gt(split, 0);
	ck_assert_uint_gt(tally.allowed, tally.checked / 100);
	ck_assert_uint_lt(tally.allowed, tally.checked / 2);
	ck_assert_uint_gt(tally.constant, 100);
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
