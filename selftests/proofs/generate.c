// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"

/* There is no memory. */
static void must(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t random_state;

void seed(uint64_t value)
{
	random_state = value * 2 + 1;
}

unsigned int below(unsigned int limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return ((random_state * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

static const struct af_place somewhere = { .line = 7, .column = 3 };

struct af_rule *add_rule(struct af_caller *caller, unsigned int nr)
{
	struct af_rule *rule;

	must(!af_caller_add_rule(caller, nr, &somewhere, &rule));
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

uint64_t random_bits(void)
{
	return (uint64_t)below(UINT32_MAX) << 32 ^ (uint64_t)below(UINT32_MAX)
							   << 1;
}

uint64_t random_value(void)
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

uint64_t value_near(const struct af_test *test)
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
	must(!af_rule_add_test(rule, &test));
}

static const uint32_t some_actions[] = {
	SECCOMP_RET_KILL_PROCESS,   SECCOMP_RET_ERRNO | ENOSYS,
	SECCOMP_RET_ERRNO | EACCES, SECCOMP_RET_TRAP,
	SECCOMP_RET_USER_NOTIF,     SECCOMP_RET_LOG,
	SECCOMP_RET_ALLOW,
};

void fill(struct af_caller *caller, const struct shape *shape,
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

struct libaf_policy *new_policy(uint32_t deny)
{
	struct libaf_policy *policy = af_policy_alloc("test", 4);

	must(policy);
	policy->deny = deny;
	return policy;
}

struct af_caller *add_library(struct libaf_policy *policy)
{
	struct af_caller *caller;
	char name[32];
	int len = snprintf(name, sizeof(name), "lib%zu.so", policy->nr_callers);

	must(!af_policy_add_library(policy, name, len, &somewhere, &caller));
	caller->rest = true;
	return caller;
}

struct libaf_policy *generate(const struct shape *shape)
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

static const uint32_t denials[] = {
	SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_TRAP,
	SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_LOG,
};

struct shape random_shape(void)
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
