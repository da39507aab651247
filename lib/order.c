// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ids of callers.
 *
 * A filter finds out which of several lists is a caller's by comparing ids.
 * Callers with the same rules that have ids side by side take one comparison.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static uint64_t hash_rule(const struct af_rule *rule)
{
	uint64_t hash = mix(rule->nr, rule->action);

	hash = mix(hash, rule->any_prev | rule->after_start << 1 |
				 rule->after_signal << 2);
	for (size_t i = 0; i < AF_NR_MAX / 64; i++)
		hash = mix(hash, rule->after.bits[i]);
	for (size_t i = 0; i < rule->nr_tests; i++) {
		const struct af_test *test = &rule->tests[i];

		hash = mix(hash, test->arg << 8 | test->op);
		hash = mix(hash, test->mask);
		hash = mix(hash, test->value);
	}
	return hash;
}

/*
 * The same for the same rules in whatever order.  Others that have it by chance
 * get ids side by side for nothing.
 */
static uint64_t hash_rules(const struct af_caller *caller)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < caller->nr_rules; i++)
		hash += hash_rule(&caller->rules[i]);
	return hash;
}

/* By the first of those with the same rules, then as they were. */
struct position {
	size_t first;
	size_t old;
};

static int compare(const void *a, const void *b)
{
	const struct position *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->old < y->old ? -1 : x->old > y->old;
}

static void find_positions(const struct libaf_policy *policy,
			   struct position *positions, uint64_t *hashes)
{
	for (size_t id = 0; id < policy->nr_callers; id++) {
		size_t first = AF_ID_LIBRARY;

		hashes[id] = hash_rules(&policy->callers[id]);
		/* The first two have their ids for good. */
		if (id < AF_ID_LIBRARY)
			first = id;
		while (first < id && hashes[first] != hashes[id])
			first++;
		positions[id] = (struct position){ first, id };
	}
}

/* @new: by old id, where the caller goes */
static void move(struct libaf_policy *policy, struct af_caller *callers,
		 const size_t *new)
{
	for (size_t id = 0; id < policy->nr_callers; id++)
		callers[new[id]] = policy->callers[id];
	memcpy(policy->callers, callers, policy->nr_callers * sizeof(*callers));
	for (struct af_part *part = policy->parts; part; part = part->next)
		part->of = new[part->of];
}

int af_order_callers(struct libaf_policy *policy)
{
	size_t nr = policy->nr_callers;
	struct position *positions = calloc(nr, sizeof(*positions));
	struct af_caller *callers = calloc(nr, sizeof(*callers));
	uint64_t *hashes = calloc(nr, sizeof(*hashes));
	size_t *new = calloc(nr, sizeof(*new));
	int ret = -ENOMEM;

	if (positions && callers && hashes && new) {
		find_positions(policy, positions, hashes);
		qsort(positions, nr, sizeof(*positions), compare);
		for (size_t i = 0; i < nr; i++)
			new[positions[i].old] = i;
		move(policy, callers, new);
		ret = 0;
	}
	free(positions);
	free(callers);
	free(hashes);
	free(new);
	return ret;
}
