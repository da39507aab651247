// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "generate.h"
#include "judge.h"
#include "sim.h"
#include "trap.h"

/*
 * @policy, @extra, @progs: what is compared
 * @data: the call
 * @nr_ids: callers
 * @first: verdict on the first of all calls of this number
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

static void must_be(const struct check *c, const char *what, int64_t value,
		    int64_t expected)
{
	const struct mistake m = {
		.what = what,
		.policy = c->policy,
		.extra = c->extra,
		.data = c->data,
		.value = value,
		.expected = expected,
	};

	if (value != expected)
		mistake(&m);
}

/* Only what the kernel's emulator of constant actions knows. */
static bool is_known(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_RET | BPF_K:
		return true;
	default:
		return false;
	}
}

/* Behind all decisions, where a trap tells who is denied. */
static bool is_telling(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_IMM:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_MISC | BPF_TAX:
	case BPF_RET | BPF_A:
		return true;
	default:
		return false;
	}
}

/* Does @action tell the reporter anything? */
static bool tells(const struct af_caller *extra, uint32_t action)
{
	return extra && extra->kind == AF_CALLER_REPORTER &&
	       action == SECCOMP_RET_TRAP;
}

static void check_form(const struct check *c, const struct af_program *prog)
{
	bool may_tell = tells(c->extra, SECCOMP_RET_TRAP);

	must_be(c, "validity of a program",
		af_sim_check(prog->insns, prog->len), 0);
	for (size_t i = 0; i < prog->len; i++)
		must_be(c, "is an instruction that the kernel emulates",
			is_known(prog->insns[i].code) ||
				(may_tell && is_telling(prog->insns[i].code)),
			true);
}

int64_t constant_action(const struct af_programs *progs, uint32_t nr,
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

/* A number of the set, or any if it is empty. */
static unsigned int some_of(const struct af_nrset *set)
{
	unsigned int nr = below(AF_NR_MAX);

	for (unsigned int i = 0; i < AF_NR_MAX && !af_nrset_has(set, nr); i++)
		nr = (nr + 1) % AF_NR_MAX;
	return nr;
}

static size_t prevs_from(const struct af_caller *caller, int nr,
			 int32_t prevs[MAX_PREVS], size_t n)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		unsigned int prev;

		if (caller->rules[i].nr != (unsigned int)nr)
			continue;
		prev = some_of(&caller->rules[i].after);
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

static void vary(const struct af_rule *rule, uint64_t args[AF_NR_ARGS])
{
	for (size_t i = 0; i < rule->nr_tests; i++)
		args[rule->tests[i].arg] = value_near(&rule->tests[i]);
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

uint32_t run(const struct af_programs *progs,
	     const struct libaf_seccomp_data *data)
{
	return af_sim_run_all(progs, data, NULL);
}

/* @action, with what it tells if it is a trap: see lib/trap.c. */
static uint32_t add_told(const struct libaf_policy *policy,
			 const struct af_caller *extra,
			 const struct libaf_seccomp_data *data, uint32_t action)
{
	uint32_t prev = (uint32_t)data->prev_nr + 3;
	uint32_t told = data->caller_id + 1;

	if (!tells(extra, action))
		return action;
	if (af_trap_for(policy->nr_callers + 1) == AF_TRAP_BOTH)
		told = data->caller_id * 512 + (prev < 512 ? prev : 0);
	return action | (told & SECCOMP_RET_DATA);
}

uint32_t right_verdict(const struct libaf_policy *policy,
		       const struct af_caller *extra,
		       const struct libaf_seccomp_data *data)
{
	return add_told(policy, extra, data,
			af_policy_eval(policy, extra, data));
}

/*
 * An id that does not exist is denied, but for calls on which all callers
 * get the same verdict: these are decided without a look at the id.
 */
static void check_bad_ids(struct check c)
{
	const uint32_t ids[] = {
		c.nr_ids,
		c.nr_ids + 1,
		c.nr_ids + 1000,
		UINT32_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		c.data.caller_id = ids[i];
		must_be(&c, "verdict on a caller that there is not",
			run(c.progs, &c.data),
			add_told(c.policy, c.extra, &c.data, c.policy->deny));
	}
}

/* One call, by all callers. */
static void check_callers(struct check *c, struct tally *tally)
{
	uint32_t expected = 0, first = 0;
	bool uniform = true;

	for (size_t id = 0; id < c->nr_ids; id++) {
		c->data.caller_id = id;
		expected = af_policy_eval(c->policy, c->extra, &c->data);
		must_be(c, "verdict", run(c->progs, &c->data),
			add_told(c->policy, c->extra, &c->data, expected));
		if (!id)
			first = expected;
		uniform &= expected == first;
		if (c->first < 0)
			c->first = expected;
		c->same &= expected == c->first;
		tally->checked++;
		tally->allowed += expected == SECCOMP_RET_ALLOW;
		tally->told += tells(c->extra, expected);
	}
	if (!uniform || first == c->policy->deny)
		check_bad_ids(*c);
}

static bool has_conditions(const struct af_caller *caller, int nr)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr == (unsigned int)nr &&
		    (!rule->any_prev || rule->nr_tests || rule->ip))
			return true;
	}
	return false;
}

static bool any_conditions(const struct libaf_policy *policy,
			   const struct af_caller *extra, int nr)
{
	bool any = has_conditions(&policy->common, nr) ||
		   (extra && has_conditions(extra, nr));

	for (size_t id = 0; id < policy->nr_callers && !any; id++)
		any = has_conditions(&policy->callers[id], nr);
	return any;
}

void check_nr(const struct libaf_policy *policy, const struct af_caller *extra,
	      const struct af_programs *progs, int nr, struct tally *tally)
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
	 * What would make a difference may not be among what was tried.  Of
	 * what is denied the kernel keeps no record.
	 */
	if (c.same && c.first != policy->deny && !tells(extra, c.first) &&
	    !any_conditions(policy, extra, nr)) {
		must_be(&c, "constant action",
			constant_action(progs, nr, c.data.arch), c.first);
		tally->constant += c.first == SECCOMP_RET_ALLOW;
	}
}

static void check_other_arch(const struct check *c)
{
	uint32_t deny = c->policy->deny;

	must_be(c, "verdict on another architecture", run(c->progs, &c->data),
		add_told(c->policy, c->extra, &c->data, deny));
	if (!tells(c->extra, deny))
		must_be(c, "constant action of another architecture",
			constant_action(c->progs, c->data.nr, c->data.arch),
			deny);
}

static void check_arch(struct check c)
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
		c.data.arch = archs[i];
		for (c.data.nr = -1; c.data.nr < 500; c.data.nr++)
			check_other_arch(&c);
	}
}

void check_program(const struct libaf_policy *policy,
		   const struct af_caller *extra,
		   const struct af_programs *progs, struct tally *tally)
{
	static const int edges[] = {
		-1,         -2,          1022,       1023,
		1024,       0x40000000,  0x40000001, 0x40000000 + 59,
		0x7fffffff, -0x7fffffff,
	};
	const struct check c = {
		.policy = policy,
		.extra = extra,
		.progs = progs,
	};

	for (size_t i = 0; i < progs->nr; i++)
		check_form(&c, &progs->programs[i]);
	check_arch(c);
	for (int nr = 0; nr <= 500; nr++)
		check_nr(policy, extra, progs, nr, tally);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		check_nr(policy, extra, progs, edges[i], tally);
}

static size_t count_far_jumps(const struct af_program *prog)
{
	size_t nr = 0;

	for (size_t i = 0; i < prog->len; i++)
		nr += prog->insns[i].code == (BPF_JMP | BPF_JA);
	return nr;
}

static void check_compiled(const struct libaf_policy *policy,
			   const struct af_caller *extra, struct tally *tally)
{
	const struct check c = { .policy = policy, .extra = extra };
	struct af_programs progs;
	int ret;

	tally->policies++;
	ret = af_compile(policy, extra, &progs, NULL);
	if (ret == -E2BIG) {
		tally->too_big++;
		return;
	}
	must_be(&c, "return value of af_compile()", ret, 0);
	check_program(policy, extra, &progs, tally);
	for (size_t i = 0; i < progs.nr; i++)
		tally->far_jumps += count_far_jumps(&progs.programs[i]);
	tally->split += progs.nr > 1;
	af_programs_release(&progs);
}

void check_generated(uint64_t number, struct tally *tally)
{
	struct af_caller extra = {
		.kind = number % 2 ? AF_CALLER_REPORTER : AF_CALLER_LAUNCHER,
	};
	struct libaf_policy *policy;
	struct shape shape;

	seed(number);
	shape = random_shape();
	policy = generate(&shape);
	fill(&extra, &shape, 3);
	check_compiled(policy, number % 3 ? NULL : &extra, tally);
	af_caller_release(&extra);
	libaf_policy_free(policy);
}
